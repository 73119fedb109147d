/* What two witnesses say of each other: could their threads stand where they stood at one time?
 *
 * Each answer is about the two alone; verdict.c asks it of every pair on a cycle. Under the writer
 * lock, for the marks of ldl_segment_is_ordered(). */
#ifndef LDL_EVIDENCE_H
#define LDL_EVIDENCE_H

#include "table.h"

/* The lock that the one waited for is the very lock that the next one held: same life, same
 * instance. */
bool ldl_evidence_meets(const struct ldl_witness *one, const struct ldl_witness *next);

/* Both held one lock that keeps them apart (not both as readers), and that is not one of many locks
 * of a vertex of the cycle itself: a gate. They were not there at one time, and never are. What a
 * witness does not know of its held stack (above 32) is no gate. */
bool ldl_evidence_is_gated(const struct ldl_arena *arena, const struct ldl_path_step *steps,
	uint32_t count, const struct ldl_witness *one, const struct ldl_witness *other);

/* Two threads, and the creation or the join of one by the other, or by its descendants, stands
 * between what they did. */
bool ldl_evidence_is_ordered(
	struct ldl_arena *arena, const struct ldl_witness *one, const struct ldl_witness *other);

/* Two threads that were alive at one time, as far as it was seen. */
bool ldl_evidence_lived_together(const struct ldl_arena *arena, const struct ldl_witness *one,
	const struct ldl_witness *other);

#endif
