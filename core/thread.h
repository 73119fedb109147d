/* A watched thread: its private caches, and its record in the arena.
 *
 * The private part is mapped in chunks that the kernel wipes in forked children (MADV_WIPEONFORK):
 * a child finds `control` 0, whatever way it was forked, and takes the slow path into
 * engine_fork.c. Slots are never given back at thread exit, since locks are used in the last
 * destructor of a thread; a slot is taken over once the kernel says that its thread is gone. */
#ifndef LDL_THREAD_H
#define LDL_THREAD_H

#include "callback.h"
#include "context.h"
#include "governor.h"
#include "held.h"
#include "ladder.h"

/* A lock that was taken while another one of its class was held. */
struct ldl_nesting {
	uint64_t inner; /* ldl_instance_word(); 0: none yet */
	ldl_class_id class;
};

/* What the fast path reads and writes, first, in one line of the cache. Everything is the owning
 * thread's own. */
struct ldl_thread {
	_Alignas(64) uint32_t
		control; /* the control word that the caches are good for; 0: in the guard, or
			     wiped */
	uint32_t limit;  /* capacity of the held run */
	struct ldl_thread_record *record;
	struct ldl_held *held;
	const struct ldl_instance *instances;
	uint64_t mark_factor; /* see ldl_engine_mark(); the arena's */
	uint32_t tid;
	uint32_t plain; /* 1: the wrappers take plain locks themselves; never where control is 0 */
	uint32_t settled; /* so many entries from the bottom, held or popped, are as the fast path
			     left them: each ends a chain that passed, over the ones below it */

	ldl_thread_id id;
	uint32_t guard;   /* 1: inside the engine */
	uint32_t refused; /* calls since then that came from signal handlers, or so it seems */
	const uint64_t *guard_mark; /* in the frame of the call that is inside */
	uint32_t saved_control;
	int saved_errno;
	uint32_t reset;   /* engine.resets when it was attached */
	uint32_t unseen;  /* acquisitions passed through: as many releases will find nothing */
	uint32_t stuck;   /* passed through in a row because a wish was pending */
	uint32_t name_id; /* interned `record->name` */
	void *(*start)(void *); /* of a thread that is being started */
	void *start_argument;
	uint32_t last_alloc;    /* slot of the latest request, until the slow path hears of it */
	uint32_t armed;         /* ldl_armed bits: each event takes the slow path; see observe.h */
	uint64_t handle;        /* what it is joined by; 0: not known */
	ldl_segment_id segment; /* its latest; 0: none yet. See segment.h */
	ldl_segment_id created_in; /* of its creator */
	bool segment_is_over;      /* evidence from now on is of a new one */
	bool has_evidence;         /* left some since its latest segment began */
	uint32_t work_left; /* waits for events whose work is to be watched: see engine_event.c */
	uint32_t unused;
	struct ldl_context context;
	struct ldl_ladder ladder;
	struct ldl_callbacks callbacks;

	ldl_instance_id instance_cache[LDL_INSTANCE_CACHE];
	uint64_t chain_cache[LDL_CHAIN_CACHE];
	uint64_t passed[LDL_PASSED / 64]; /* chains that it left its evidence of, in this segment */
	uint64_t alloc_memo[LDL_ALLOC_MEMO]; /* see ldl_engine_alloc_is_known() */
	/* Requests counted at one place, in one chain, and not told the inventory yet: the chain's
	 * key; how many are left until it hears of them (LDL_ALLOC_FLUSH less the count); its
	 * record. */
	uint64_t alloc_key[LDL_ALLOC_CACHE];
	uint32_t alloc_left[LDL_ALLOC_CACHE];
	ldl_alloc_id alloc_id[LDL_ALLOC_CACHE];
	/* See engine_governor.c. At the end: the fast path's offsets are in its code. */
	uint32_t turned_away[LDL_EFFORTS]; /* not told the arena yet */
	uint32_t sample_left;              /* slow paths before the next one that is timed */
	uint32_t sample_seed;
	uint64_t sampled_ns;        /* when the one that is timed began; 0: this one is not */
	struct ldl_nesting nesting; /* its latest: see turn.h */
};

/* Stands for a thread before its first lock call: its control is 0, which sends every call down the
 * slow path without a test for NULL. Its record is memory of nobody. */
extern struct ldl_thread ldl_thread_none;

/* The calling thread: its private part, or &ldl_thread_none; and a copy of thread->record, for
 * acquisitions that were just pushed. All that a forked child must not believe is behind `thread`,
 * which is wiped. */
struct ldl_self {
	struct ldl_thread *thread;
	struct ldl_thread_record *record;
};

extern __thread struct ldl_self ldl_self LDL_HIDDEN;

/* A field of it, read anew: left to itself the compiler keeps the variable's offset over the real
 * call, in a register that every call would have to save. */
#if defined(__x86_64__)
#define LDL_SELF(field)                                                                            \
	({                                                                                         \
		__typeof__(ldl_self.field) self_value;                                             \
		__asm__ volatile("mov ldl_self@gottpoff(%%rip), %0\n\tmov %%fs:%c1(%0), %0"        \
				 : "=r"(self_value)                                                \
				 : "i"(offsetof(struct ldl_self, field)));                         \
		self_value;                                                                        \
	})
#else
#define LDL_SELF(field) ldl_self.field
#endif

/* The calling thread where it may be missing: NULL before its first lock call. */
LDL_INLINE struct ldl_thread *ldl_thread_known(void)
{
	struct ldl_thread *thread = ldl_self.thread;

	return thread == &ldl_thread_none ? NULL : thread;
}

/* The private part of a slot; NULL: never used. Another thread's may change while it is read. */
struct ldl_thread *ldl_thread_private(ldl_thread_id id);

/* How many entries the thread holds; a wanted one is not held. */
LDL_INLINE uint32_t ldl_thread_depth(const struct ldl_thread *thread)
{
	return ldl_held_depth(ldl_load_relaxed(&thread->record->depth));
}

/* Makes `thread` the calling thread; &ldl_thread_none: none. */
void ldl_thread_become(struct ldl_thread *thread);

/* A slot for a new thread: its private part and a record in state `state`, tid not set. NULL: the
 * table or the memory is used up (counted). Under the writer lock. */
struct ldl_thread *ldl_thread_take(struct ldl_arena *arena, enum ldl_thread_state state,
	uint32_t creator, int pid) LDL_MUST_USE;

/* Starts the slot's record anew, with an empty held stack: after ldl_reset() the arena knows
 * nothing of it. False: no held run to be had. Under the writer lock, by the thread itself. */
bool ldl_thread_begin_again(struct ldl_arena *arena, struct ldl_thread *thread) LDL_MUST_USE;

/* Gives back a slot that no thread uses (its creation failed). Under the writer lock. */
void ldl_thread_give(struct ldl_arena *arena, struct ldl_thread *thread);

/* The same without the lock: the slot is that of a thread that is gone, for the next one that needs
 * one to find. */
void ldl_thread_leave(struct ldl_thread *thread);

/* Empties the caches and notes the control word that they are good for from now on. */
void ldl_thread_flush(struct ldl_thread *thread, uint32_t control);

/* A byte, never 0, that tells most threads apart. */
LDL_INLINE uint8_t ldl_thread_who(const struct ldl_thread *thread)
{
	uint8_t who = (uint8_t)ldl_hash_strong(thread->record->serial);

	return who ? who : 1;
}

/* Whether the thread looks at this chain for the first time in its segment, as far as it remembers:
 * of two chains that share a bit the later one counts as seen. */
LDL_INLINE bool ldl_thread_pass(struct ldl_thread *thread, uint64_t key)
{
	uint64_t *word = &thread->passed[key >> (64 - 10)];
	uint64_t bit = 1ull << (key >> (64 - 16) & 63);
	bool is_first = !(*word & bit);

	*word |= bit;
	return is_first;
}

_Static_assert(LDL_PASSED == 1u << 16, "shifts");

/* Reads the thread's current name from the kernel; its interned id. Calling thread only. */
ldl_string_id ldl_thread_name(struct ldl_arena *arena, struct ldl_thread *thread);

/* In a forked child: all slots are gone, their memory may be used again. */
void ldl_thread_forget_all(void);

#endif
