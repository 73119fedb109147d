/* The governor: keeps the engine's own work within bounds, whatever the program does.
 *
 * Two bounds. Rates (production only): so many new chains, locks and threads a second in all, and
 * fewer from any one class or place, so that one that is new without end does not starve the
 * others; what was not used is saved up for a burst. And a budget: a share of one processor's time.
 * Our own time is sampled in the slow path and weighed once a window against the time on the clock;
 * what the budget left over is saved up too (a process begins with LDL_SAVED_NS worth), so that a
 * start, or a new kind of load, is seen in full. When nothing is left, one level more is given up
 * (ldl_shed, format_governor.h); after LDL_CALM_NS well within the budget, one level less.
 *
 * What is turned away stays unseen, and is tried again the next time that the program does it.
 *
 * The clock is CLOCK_MONOTONIC_COARSE, as fine as the kernel's tick: through the vDSO a few
 * nanoseconds, no system call and no read of the processor's counter. It is read in slow paths
 * only: a warm program reads no clock at all, and its windows are closed by the next slow path.
 *
 * All calls: from any thread, in signal handlers, inside malloc. Wait-free. */
#ifndef LDL_GOVERNOR_H
#define LDL_GOVERNOR_H

#include "atomic.h"
#include "compiler.h"
#include "format.h"

/* What a slow path is about to do, dearest first. */
enum ldl_effort {
	LDL_EFFORT_CHAIN,  /* check a chain, or an event like it: a stack, the graph, a search */
	LDL_EFFORT_LOCK,   /* know a lock: a stack for its class, the instance, the class */
	LDL_EFFORT_THREAD, /* watch a thread: its slot, caches, name */
	LDL_EFFORTS,
};

/* Begins anew, with everything saved up. `budget_ppm` 0: nothing is measured. Without rates and
 * budget everything is admitted, at the cost of a load. By one thread. */
void ldl_governor_start(struct ldl_header *header, uint32_t budget_ppm, bool has_rates);

/* Whether there is anything to keep to. */
bool ldl_governor_is_on(void);

/* Whether this may be done now; then it counts. `key`: whose it is: a class, or a place while the
 * class is not known; 0: nobody's. To be turned away costs the clock and two loads. */
bool ldl_governor_admits(enum ldl_effort effort, uint64_t key) LDL_MUST_USE;

/* The same, without counting: whether it is worth a try. */
bool ldl_governor_may_admit(enum ldl_effort effort, uint64_t key) LDL_MUST_USE;

/* Whether this is given up at present. */
bool ldl_governor_sheds(enum ldl_shed what);

/* Our own time: nanoseconds, weighed by whoever samples. */
void ldl_governor_spend(uint64_t ns);

/* Closes the window if it is over; `now_ns` by CLOCK_MONOTONIC_COARSE. For tests: the calls above
 * do it themselves. */
void ldl_governor_tick(uint64_t now_ns);

#endif
