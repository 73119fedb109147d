/* What the engine's files share: its state, and the guard around every slow path. Private. */
#ifndef LDL_ENGINE_STATE_H
#define LDL_ENGINE_STATE_H

#include "engine.h"
#include "options.h"
#include "rules.h"

struct ldl_engine {
	struct ldl_arena arena;
	struct ldl_options options;
	struct ldl_work work;
	int pid;
	bool is_ready;
	bool is_child;   /* forked: locks that other threads of the parent held were never seen here
			  */
	uint32_t resets; /* a thread of an earlier one attaches anew */
	uint32_t *alive; /* a word that reads 1 here and 0 in a forked child; NULL: no such page */
};

extern struct ldl_engine ldl_engine;

/* Where ldl_engine_control points while there is no arena: equal to no thread's, so that every
 * event takes the slow path and is passed through there. */
extern const uint32_t ldl_engine_no_control;

/* Enters the guard: the calling thread, attached if it was new; NULL: this event is to be passed
 * through (not ready, off, inside the guard, no slot). Keeps errno. */
struct ldl_thread *ldl_engine_enter(void);
void ldl_engine_leave(struct ldl_thread *thread);

/* The writer lock; false: busy, counted. */
bool ldl_engine_lock(void) LDL_MUST_USE;
void ldl_engine_unlock(void);

/* A judgement of this thread on `acquisition`, and the printing of what it found (outside the
 * writer lock). */
struct ldl_judgement ldl_engine_judge(
	struct ldl_thread *thread, const struct ldl_acquisition *acquisition);
void ldl_engine_print(const struct ldl_judgement *judgement);

/* Fills in the stack of an acquisition: taken now, interned. Takes and gives back the writer lock
 * when the stack is new. */
void ldl_engine_take_site(struct ldl_acquisition *acquisition);

/* The instance at `lock`, made when unknown, by the rules of class identity. 0: cannot be tracked
 * now. Inside the guard, without the writer lock. */
ldl_instance_id ldl_engine_instance(struct ldl_thread *thread, const void *lock,
	const struct ldl_lock_type *type, const void *ip);

/* The class of a subclass level; the class itself for level 0 or when there is no room. */
ldl_class_id ldl_engine_subclass(ldl_class_id class, uint32_t subclass);

/* In a forked child, at its first event: a new arena, and this thread's held stack. */
void ldl_engine_fork_child(void);

/* Makes the arena that the options ask for and puts it to use. */
bool ldl_engine_open_arena(uint32_t serial);

/* The calling thread's slot, made; or begun again, when it is of a time before ldl_reset(). */
struct ldl_thread *ldl_engine_attach(void);

LDL_INLINE bool ldl_engine_may_wait(void)
{
	return !ldl_engine.options.prod && ldl_engine.arena.may_syscall;
}

LDL_INLINE void ldl_engine_count(enum ldl_counter counter)
{
	ldl_add_relaxed(&ldl_engine.arena.header->counters[counter], 1);
}

#endif
