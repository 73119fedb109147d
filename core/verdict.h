/* Verdicts: what the witnesses of a cycle's edges say about it, taken together.
 *
 * A cycle is a deadlock when its threads stand at its edges at one time. So for each edge one
 * witness is picked, of any type that leaves the cycle a strong one, and the best combination
 * counts:
 *
 *	predicted	the same locks, threads that are pairwise different and were alive together,
 *			no gate between any two of them, no order by creation or join
 *	potential	classes only, or threads that never met, or fewer threads than edges; but at
 *			least two threads, no gate, and no order
 *	ordered		in each combination of several threads without a gate, two are ordered
 *	single-thread	all combinations without a gate are of one thread
 *	gated		all combinations have a gate; or all steps nest locks of one class, and
 *			these are passed on in turn (turn.h)
 *
 * and a predicted or potential one is bounded when in each such combination one of the waits ends
 * by itself. An order that was declared has no gate. In cycles
 * through what is no lock (reclaim, contexts, handlers, events) contexts run whenever they like,
 * and locks that the annotation API names count as in the kernel: neither is ever ordered or
 * single-thread.
 *
 * Changes marks of segments, nothing else. Under the writer lock. */
#ifndef LDL_VERDICT_H
#define LDL_VERDICT_H

#include "table.h"

/* Picks the witnesses of that combination into the steps' `witness`, their types into `type`, and
 * returns the verdict. The steps' edge, type, from and to are set. Cost: at most LDL_VERDICT_STEPS
 * comparisons for each line of the table above; a cycle that needs more is potential. */
enum ldl_verdict ldl_verdict_of_cycle(
	struct ldl_arena *arena, struct ldl_path_step *steps, uint32_t count);

enum ldl_severity ldl_verdict_severity(enum ldl_verdict verdict);

#endif
