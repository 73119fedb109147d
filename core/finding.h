/* Findings: each cycle or broken rule once, with a count. Under the writer lock. */
#ifndef LDL_FINDING_H
#define LDL_FINDING_H

#include "cycle_rule.h"
#include "verdict.h"

/* Records a strong cycle, or counts it once more when it is known: its verdict then rises if the
 * evidence does. Where more evidence could still raise it, the cycle's edges are watched. Returns
 * its id, negative when that is no news (known, or of INFO severity: it cannot happen as far as one
 * knows); 0: the table is full (counted). */
int64_t ldl_finding_add_cycle(struct ldl_arena *arena, const struct ldl_cycle_step *steps,
	uint32_t count, uint32_t thread_serial);

/* An edge that findings show (LDL_EDGE_SHOWN) has evidence that it had not: weighs each of them
 * again, and with `is_more` evidence than before watches their edges once more. Writes those that
 * can happen by now, and could not before, to risen[0 … most-1]; returns how many. */
uint32_t ldl_finding_weigh_again(struct ldl_arena *arena, ldl_edge_id edge, bool is_more,
	ldl_finding_id *risen, uint32_t most);

/* Whether the locks of the class are passed on in turn (turn.h) is seen anew: weighs the findings
 * again that are about nothing else, which may fall as well as rise. Writes those that can happen
 * by now, and could not before, to risen[0 … most-1]; returns how many. */
uint32_t ldl_finding_weigh_turn(
	struct ldl_arena *arena, ldl_class_id class, ldl_finding_id *risen, uint32_t most);

/* Whether what ldl_finding_add_cycle() returned cannot happen, as far as one knows. */
bool ldl_finding_is_harmless(const struct ldl_arena *arena, int64_t finding);

/* The same for a broken rule that is no cycle. `from` may be 0. Known by rule, classes, and
 * `told_apart`, which is 0 unless a rule can be broken in more than one way. */
int64_t ldl_finding_add_rule(struct ldl_arena *arena, enum ldl_finding_kind kind,
	enum ldl_rule rule, enum ldl_severity severity, ldl_class_id from, ldl_class_id to,
	uint64_t told_apart, uint32_t thread_serial);

/* How many there are, without cycles that cannot happen. At any time. */
uint32_t ldl_finding_shown(const struct ldl_arena *arena);

/* Gives the evidence of a finding that ldl_finding_add_rule() just made. */
void ldl_finding_set_witness(struct ldl_arena *arena, int64_t finding, ldl_witness_id witness);

#endif
