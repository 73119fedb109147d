/* A deadlock that is happening, or a wait that lasts: who, for which locks, held and wanted where.
 *
 * Made by observer.h from what threads wrote down of themselves; complete in itself, so that it
 * outlives the looks and the processes. deadlock_finding.h makes a finding of it. */
#ifndef VIZ_DEADLOCK_H
#define VIZ_DEADLOCK_H

#include "core/format.h"

/* A thread's part. */
struct viz_deadlock_step {
	const void *process; /* as it was given to the observer */
	uint32_t pid;
	struct ldl_thread_record thread;
	struct ldl_held holds; /* what the thread of the step before waits for */
	struct ldl_held wants; /* what this one waits for; addr 0: nothing, it has ended */
	struct ldl_held held[LDL_ALSO_HELD_MAX]; /* all that it holds, the innermost ones */
	uint32_t held_count;
};

struct viz_deadlock {
	uint64_t hash; /* tells it from others while they last */
	bool is_gone;  /* the last step's thread has ended: no cycle, the first one waits for it */
	bool is_process_gone; /* and so has its whole process */
	bool is_frozen;       /* the process has ended, and this is how */
	uint64_t wait_ns;     /* for so long the same was seen */
	char behind[64];      /* a writer that the first step's reader waits behind; "": none */
	size_t count;
	struct viz_deadlock_step steps[];
};

/* A wait that lasts and is no deadlock, as far as is known. */
struct viz_stall {
	uint64_t wait_ns;
	struct viz_deadlock_step waiter; /* `wants` is what it waits for */
	struct viz_deadlock_step holder; /* `holds` is that; pid 0: nobody is known to hold it */
	bool is_holder_waiting;          /* for a lock, too: `holder.wants` */
	bool is_holder_asleep;           /* in a wait for a condition variable */
	size_t more_waiters;             /* of the same process, for the same lock */
	size_t more_holders;             /* readers, beside the one that is shown */
};

#endif
