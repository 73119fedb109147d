/* What an armed thread does, event by event: for rules that must watch a thread closely for a short
 * while (the body of a notifier, the time between a failed allocation and its retry).
 *
 * Arming a thread keeps its `control` at 0, so that every event takes the slow path, which tells
 * ladder.h and callback.h of it: inside the guard, under the writer lock, after it was judged. What
 * LDL_ARMED_WORK is for needs neither of them. */
#ifndef LDL_OBSERVE_H
#define LDL_OBSERVE_H

#include "types.h"

/* Why a thread is armed: bits of thread->armed. */
enum ldl_armed {
	LDL_ARMED_LADDER = 1,    /* an allocation failed, or an allocator's body runs: ladder.h */
	LDL_ARMED_CALLBACKS = 2, /* a shrinker or notifier runs, or a pool's waiter woke */
	LDL_ARMED_OBSERVED = LDL_ARMED_LADDER | LDL_ARMED_CALLBACKS,
	LDL_ARMED_WORK = 4, /* it waited for an event: the locks that it takes are remembered */
};

enum ldl_observed_kind {
	LDL_OBSERVED_ACQUIRE = 1, /* of a lock, and may wait for it */
	LDL_OBSERVED_TRY,         /* of a lock, without waiting */
	LDL_OBSERVED_TRY_FAILED,  /* what was told as a try did not get it */
	LDL_OBSERVED_RELEASE,     /* of a lock that was held */
	LDL_OBSERVED_ALLOC,       /* `gfp` is the effective mask, `alloc` the inventory's record */
	LDL_OBSERVED_WAIT,        /* for an event, a reserve or a reclaim domain */
	LDL_OBSERVED_SLEEP,
};

struct ldl_observed {
	enum ldl_observed_kind kind;
	uint64_t addr;
	ldl_class_id class;
	uint32_t gfp;
	ldl_alloc_id alloc;
};

#endif
