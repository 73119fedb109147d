/* Verdicts: what the witnesses of a cycle's edges say about it. Reads the graph, changes nothing.
 *
 * Known here so far: predicted (the cycle closes on the same instances, its edges were made by at
 * least two threads that were alive together, and no lock was held around all of them), bounded
 * (a wait on it ends by itself), else potential. */
#ifndef LDL_VERDICT_H
#define LDL_VERDICT_H

#include "table.h"

/* Picks for each step of a cycle the witness that tells most, into step->witness, and returns the
 * verdict. The steps' edge, type, from and to are set. Cost: steps × LDL_WITNESS_MAX². */
enum ldl_verdict ldl_verdict_of_cycle(
	const struct ldl_arena *arena, struct ldl_path_step *steps, uint32_t count);

enum ldl_severity ldl_verdict_severity(enum ldl_verdict verdict);

#endif
