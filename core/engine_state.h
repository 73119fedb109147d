/* What the engine's files share: its state, and the guard around every slow path. Private. */
#ifndef LDL_ENGINE_STATE_H
#define LDL_ENGINE_STATE_H

#include "engine.h"
#include "governor.h"
#include "observe.h"
#include "options.h"
#include "rules.h"
#include "spin.h"

struct ldl_engine {
	struct ldl_arena arena;
	struct ldl_options options;
	struct ldl_work work;
	uint64_t signals; /* writer: the mask that was, for who has the lock */
	int pid;
	bool is_ready;
	bool has_posix_locks; /* they are not remembered when they were got: see engine_event.c */
	bool takes_plain;     /* see ldl_engine_take_plain() */
	bool is_child;   /* forked: locks that other threads of the parent held were never seen here
			  */
	uint32_t resets; /* a thread of an earlier one attaches anew */
	uint64_t mark_factor; /* odd; another one in each arena, and after each reset */
	uint32_t *alive; /* a word that reads 1 here and 0 in a forked child; NULL: not started */
};

extern struct ldl_engine ldl_engine;

/* Enters the guard: the calling thread, attached if it was new; NULL: this event is to be passed
 * through (not ready, off, inside the guard, no slot). Keeps errno.
 *
 * A handler may jump out of the guarded code. So a mark is left in the caller's frame while that
 * lives; where a later call finds something else in its place, the frame is gone, whatever stack it
 * was on, and the guard is open again. Where the mark still stands nothing is certain but after
 * LDL_STUCK_MAX calls. Hence these are macros: to be used in the function that also leaves, and not
 * in a block within it, nor as the body of an `if`. */
#define ldl_engine_enter() ldl_engine_enter_marked(&(uint64_t){0})
struct ldl_thread *ldl_engine_enter_marked(uint64_t *mark);
void ldl_engine_leave(struct ldl_thread *thread);

/* The same for what counts in LDL_RUN_NONBLOCK as well (rule A13): contexts, allocations, waits,
 * sleeps. Locks are not looked at there: they are passed through, and cost one test. */
#define ldl_engine_enter_any() ldl_engine_enter_any_marked(&(uint64_t){0})
struct ldl_thread *ldl_engine_enter_any_marked(uint64_t *mark);

/* The same in every mode: for ends. What began while it was watched is not left open when somebody
 * switches the mode meanwhile. */
#define ldl_engine_enter_end() ldl_engine_enter_end_marked(&(uint64_t){0})
struct ldl_thread *ldl_engine_enter_end_marked(uint64_t *mark);

/* Whether no graph is kept: only non-blocking contexts are watched, or nothing is. */
LDL_INLINE bool ldl_engine_has_no_graph(void)
{
	return (ldl_load_relaxed(ldl_engine_control) & LDL_RUN_MASK) != LDL_RUN_FULL;
}

/* The fast path is open again for a thread. */
LDL_INLINE void ldl_engine_reopen(struct ldl_thread *thread)
{
	thread->control = thread->armed ? 0 : thread->saved_control;
	thread->plain = ldl_engine.takes_plain && thread->control;
}

/* Opens the guard of frames that are gone: what they may have left half-done is forgotten, which is
 * all that the thread holds, and counted. By the thread itself. */
void ldl_engine_mend(struct ldl_thread *thread);

/* The writer lock, with signals kept away; false: busy, or closed since a thread died with it:
 * counted. In production it is tried once, and being turned away costs one load. */
bool ldl_engine_lock(void) LDL_MUST_USE;
void ldl_engine_unlock(void);

/* Whether a try of it would be in vain now, in production: then nothing is prepared for it, and it
 * counts as one. False in mode=check, where one waits. */
bool ldl_engine_is_busy(void);

/* Whether this may be done now (governor.h); to be turned away is counted. engine_governor.c, as
 * all down to ldl_engine_watch_end(). */
bool ldl_engine_admits(
	struct ldl_thread *thread, enum ldl_effort effort, uint64_t key) LDL_MUST_USE;

/* Before the guard, in production. Whether a lock is not known and may not become known now: then
 * it passes through, counted. */
bool ldl_engine_refuses_lock(const void *lock, const void *ip) LDL_MUST_USE;

/* Before the guard. Whether the lock is not known, and the guard would do nothing else either. */
bool ldl_engine_has_no_lock(const void *lock) LDL_MUST_USE;

/* Before the guard, in production. Whether the thread releases what passed through, and nothing
 * else is to be done for it: then it is. */
bool ldl_engine_release_refused(const void *lock) LDL_MUST_USE;

/* Whether the calling thread, which has no slot, gets none now; then its event is counted. */
bool ldl_engine_refuses_thread(void) LDL_MUST_USE;

/* Tells the arena of what the thread was refused; of the events of threads without a slot. */
void ldl_engine_count_refused(struct ldl_thread *thread);
void ldl_engine_count_events(void);

/* A new arena: what was not told the old one is none of its. */
void ldl_engine_begin_counts(void);

/* Around a slow path that is timed for all of its like; and around rare work that always is. */
void ldl_engine_sample_begin(struct ldl_thread *thread);
void ldl_engine_sample_end(struct ldl_thread *thread);
uint64_t ldl_engine_watch_begin(void) LDL_MUST_USE;
void ldl_engine_watch_end(uint64_t since_ns);

/* A judgement of this thread on `acquisition`, for whoever has the writer lock or needs none.
 * engine_judge.c, as all as far as ldl_engine_observe_wait(). */
struct ldl_judgement ldl_engine_judge(
	struct ldl_thread *thread, const struct ldl_acquisition *acquisition);

/* How many frames of a stack are kept at present: in production few, but all where more evidence of
 * an edge into the class is wanted (0: no class), and one while stacks are given up. */
uint32_t ldl_engine_stack_depth(ldl_class_id class);

/* Fills in the stack of an acquisition: taken now, interned. Takes and gives back the writer lock
 * when the stack is new. */
void ldl_engine_take_site(struct ldl_acquisition *acquisition);

/* Around rules: the stack is taken unless it is there, and then the writer lock; which is given
 * back before what was found is printed. False: the writer is busy, or this is above the rate or
 * the budget; then there is no end. */
bool ldl_engine_judge_start(struct ldl_judgement *judgement, struct ldl_thread *thread,
	struct ldl_acquisition *acquisition) LDL_MUST_USE;
void ldl_engine_judge_end(const struct ldl_judgement *judgement);

/* Records one breach, and prints it. */
void ldl_engine_say(struct ldl_thread *thread, struct ldl_acquisition *acquisition,
	const struct ldl_breach *breach);

/* An event that is about an instance; or about the place in the program alone, its stack taken and
 * its class (KIND_ALLOCATION) made. */
struct ldl_acquisition ldl_engine_about(ldl_instance_id id, uint32_t mode, const void *ip);
struct ldl_acquisition ldl_engine_here(const void *ip);

/* The acquisition as the entry that it would be on top of what is held: for its chain's key, and to
 * be remembered. */
struct ldl_held ldl_engine_as_entry(
	const struct ldl_thread *thread, const struct ldl_acquisition *acquisition);

/* Tells those who watch an armed thread. Takes the writer lock for it. */
void ldl_engine_observe(struct ldl_judgement *judgement, const struct ldl_observed *observed);
void ldl_engine_observe_wait(struct ldl_thread *thread, const struct ldl_acquisition *acquisition);

/* The instance at `lock`, made when unknown, by the rules of class identity. 0: cannot be tracked
 * now. Inside the guard, without the writer lock. */
ldl_instance_id ldl_engine_instance(struct ldl_thread *thread, const void *lock,
	const struct ldl_lock_type *type, const void *ip);

/* An acquisition of what is no lock, by a thread that is inside the guard already: checked, and
 * pushed as held. False: not tracked. */
bool ldl_engine_acquire_inside(struct ldl_thread *thread, const void *lock,
	const struct ldl_lock_type *type, uint32_t mode, const void *ip);

/* Pushes an entry as held, unchecked. False: no room. */
bool ldl_engine_push_entry(struct ldl_thread *thread, const struct ldl_held *entry);

/* Takes a held entry from whatever other thread has it. False: none has. engine_steal.c */
bool ldl_engine_steal(const struct ldl_thread *self, uint64_t addr);

/* Takes out what other threads have released, unless an acquisition is pending: what is left is
 * held. Before a chain's key is made of it. */
/* Judges an acquisition whose chain is new, or watched, or without evidence of this thread;
 * `relocked`: the entry by which the thread holds the lock already, and would wait for itself. The
 * chain's key; *is_fresh: it was seen for the first time. engine_chain.c */
uint64_t ldl_engine_check_chain(struct ldl_thread *thread, struct ldl_acquisition *acquisition,
	uint32_t class_mode, const struct ldl_held *relocked, bool *is_fresh);

/* The acquisition is wanted, inside another lock of its class: whether these are taken in turn, and
 * what that says of the class's findings. engine_turn.c */
void ldl_engine_take_turn(struct ldl_thread *thread, const struct ldl_acquisition *acquisition);

/* Whether the lock at a known address is a new tenant of it, of which this is the first news. Then
 * its mark is the caller's, to settle or to give back. engine_tenant.c, as all down to
 * ldl_engine_check_tenants() */
bool ldl_engine_move_in(ldl_instance_id id, const void *lock, const struct ldl_lock_type *type);

/* The same, for who may do nothing about it now. */
bool ldl_engine_is_new_tenant(
	ldl_instance_id id, const void *lock, const struct ldl_lock_type *type);

/* Gives the lock its mark: whoever made its instance, or moved in; and whoever found it. */
void ldl_engine_settle_in(ldl_instance_id id, const void *lock, const struct ldl_lock_type *type);
void ldl_engine_show_mark(ldl_instance_id id, const void *lock, const struct ldl_lock_type *type);

/* The instance is about to end, though its memory may stay the mutex that it was: annotations may
 * give one another class. */
void ldl_engine_clear_mark(ldl_instance_id id, const void *lock);

/* The instance gets its next life, as a lock of `class`, and the new tenant its mark. False: there
 * was no room for the class (0), or the table of instances is busy; then the next who meets this
 * tenant is the first. */
bool ldl_engine_renew(struct ldl_thread *thread, ldl_instance_id id, ldl_class_id class,
	const void *lock, const struct ldl_lock_type *type);

/* The same for all locks of the class that the thread holds: the fast path took them as they were
 * known. */
void ldl_engine_check_tenants(
	struct ldl_thread *thread, ldl_class_id class, const struct ldl_lock_type *type);

void ldl_engine_purge(struct ldl_thread *thread);

/* Takes the held entry at this place out. */
void ldl_engine_drop(struct ldl_thread *thread, uint32_t at);

/* Tells the inventory of the requests that the thread has counted for itself. */
void ldl_engine_count_allocs(struct ldl_thread *thread);

/* The thread's latest request was one that the fast path knew: makes it known to all others. */
void ldl_engine_settle_alloc(struct ldl_thread *thread);

/* The class (KIND_ALLOCATION) of the place in the program where the acquisition is. 0: no room. */
ldl_class_id ldl_engine_site_class(const struct ldl_acquisition *acquisition);

/* A wait before an allocation is tried again: for memory, whatever its mask (rule B9). */
void ldl_engine_retry_wait(struct ldl_thread *thread, uint32_t gfp, const void *ip);

/* Reports that a scope is not closed as it should be (rule E2). */
void ldl_engine_scope_broken(struct ldl_thread *thread, const void *ip, const char *how);

/* The class of a subclass level; the class itself for level 0 or when there is no room. 0: not now,
 * the writer is busy: to take it for the class itself would be a recursion that there is none. */
ldl_class_id ldl_engine_subclass(ldl_class_id class, uint32_t subclass);

/* In a forked child, at its first event: a new arena, and this thread's held stack. */
void ldl_engine_fork_child(void);

/* One line on the program's stderr, unless the user, or a launcher that speaks for us, wants none.
 */
void ldl_engine_tell(const char *text);

/* Makes the arena that the options ask for, in a file or in memory; `serial` is 0 at the start of a
 * program, which is also when older files are removed. False: no memory. engine_file.c */
bool ldl_engine_make_arena(uint32_t serial);

/* The same, and puts it to use. */
bool ldl_engine_open_arena(uint32_t serial);

/* The calling thread's slot, made; or begun again, when it is of a time before ldl_reset(). */
struct ldl_thread *ldl_engine_attach(void);

/* What was checked without a graph is not checked once there is one: its keys are others. */
LDL_INLINE uint64_t ldl_engine_key_of_mode(uint64_t key)
{
	return ldl_engine_has_no_graph() ? ldl_hash_add(key, LDL_RUN_NONBLOCK) : key;
}

/* In production nobody waits for a lock of ours. */
LDL_INLINE enum ldl_patience ldl_engine_patience(void)
{
	if (ldl_engine.options.prod)
		return LDL_PATIENCE_NONE;
	return ldl_engine.arena.may_syscall ? LDL_PATIENCE_SLEEP : LDL_PATIENCE_SPIN;
}

LDL_INLINE void ldl_engine_count(enum ldl_counter counter)
{
	ldl_add_relaxed(&ldl_engine.arena.header->counters[counter], 1);
}

#endif
