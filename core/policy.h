/* Rules that judge a request by its mask, its scopes and the contexts it is made in, before
 * anything has happened to it. Parts B, D and E of RULES.md; what depends on how the request goes
 * on is in ladder.h. Inside the guard, under the writer lock. */
#ifndef LDL_POLICY_H
#define LDL_POLICY_H

#include "rules.h"

/* NOFAIL requests of more pages than 2 to the power of this are findings (rule B6). */
#define LDL_NOFAIL_ORDER_MAX 1u

/* A place's request with one mask under one set of scopes and held locks, once: rules B3, B4, B11,
 * D3, D4, D6 to D9, D14, D16, D17. judgement->acquisition has both masks and the place's class. */
void ldl_policy_alloc(struct ldl_judgement *judgement);

/* A request of 2^order pages: rule B6, and the inventory's largest. */
void ldl_policy_order(struct ldl_judgement *judgement, ldl_alloc_id alloc, uint32_t order);

/* A scope (LDL_SCOPE_ bits) is about to be opened: rule B1 when it would say NOFAIL. */
void ldl_policy_scope(struct ldl_judgement *judgement, uint32_t scope);

/* What code breaks that counts on a failure of a request with these masks: rule B2, E1 or none. */
enum ldl_rule ldl_policy_counts_on_failure(uint32_t asked, uint32_t effective);

/* The code at judgement->acquisition does so, and breaks one. */
void ldl_policy_may_fail(struct ldl_judgement *judgement);

/* Requests that were judged before it was known that locks of this class are contended: rule D16
 * for each place in the inventory that was seen to reclaim under it. */
void ldl_policy_contended(struct ldl_judgement *judgement, ldl_class_id lock);

/* What breaks a rule, and what to do about it. */
struct ldl_policy_breach {
	enum ldl_rule rule;
	enum ldl_severity severity;
	const struct ldl_held *entry; /* the lock or context concerned, or NULL */
	const char *advice;           /* goes into the note, after the masks in words */
};

/* Records it as a policy finding about judgement->acquisition. Where that has no stack, its place
 * is kept. */
void ldl_policy_add(struct ldl_judgement *judgement, const struct ldl_policy_breach *breach);

#endif
