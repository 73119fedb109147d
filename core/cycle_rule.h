/* Which rule a cycle breaks, told by what kinds of nodes lie on it. Reads the graph only. */
#ifndef LDL_CYCLE_RULE_H
#define LDL_CYCLE_RULE_H

#include "cycle.h"

struct ldl_cycle_rule {
	enum ldl_finding_kind kind;
	enum ldl_rule rule;
};

/* A cycle through a non-blocking context is A1, or A5 when an event or a reserve is a step of it;
 * through reclaim A4; through reserves alone C2, through reserves and others C3; through a handler
 * L12; through an event L11; of locks L1 to L3.
 * One that waits for reclaim only to try again is B9. */
struct ldl_cycle_rule ldl_cycle_rule_of(
	const struct ldl_arena *arena, const struct ldl_cycle_step *steps, uint32_t count);

#endif
