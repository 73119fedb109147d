/* The rules: what an acquisition, a release or a lock's end breaks. Decides, never prints.
 *
 * Everything here runs under the writer lock and inside the guard. */
#ifndef LDL_RULES_H
#define LDL_RULES_H

#include "finding.h"
#include "witness.h"

struct ldl_judgement {
	struct ldl_arena *arena;
	struct ldl_work *work;
	struct ldl_thread *thread;
	const struct ldl_acquisition *acquisition;
	uint32_t fresh_count; /* findings that are new, for whoever prints */
	ldl_finding_id fresh[LDL_FRESH_MAX];
};

/* A relock of a lock that this thread holds: is it one that blocks for good? */
bool ldl_rules_relock_blocks(
	const struct ldl_acquisition *acquisition, const struct ldl_held *entry);

/* Checks an acquisition that may wait against all that is held (rules L1 to L3, L5): adds the edges
 * that are new and records the cycles that they close. Nothing is checked for a try. */
void ldl_rules_acquire(struct ldl_judgement *judgement);

/* Rule L4: the acquisition waits for what `entry` holds. */
void ldl_rules_self_deadlock(struct ldl_judgement *judgement, const struct ldl_held *entry);

/* Rules L6 to L10: misuse of the lock named by the acquisition; `entry`: how it is held, or NULL.
 */
void ldl_rules_misuse(
	struct ldl_judgement *judgement, enum ldl_rule rule, const struct ldl_held *entry);

/* Primes the graph with a declared order, outer → inner. LDL_FULL when there is no room. */
ldl_status ldl_rules_declare(
	struct ldl_judgement *judgement, ldl_class_id outer, ldl_class_id inner);

#endif
