/* The arena's bytes, second part: findings, their rules and their paths. See format.h. */
#ifndef LDL_FORMAT_FINDING_H
#define LDL_FORMAT_FINDING_H

#include "types.h"

enum ldl_finding_kind {
	LDL_FINDING_NONE = 0,
	LDL_FINDING_LOCK_ORDER,
	LDL_FINDING_RECURSION,
	LDL_FINDING_RECLAIM,
	LDL_FINDING_NONBLOCK,
	LDL_FINDING_RESERVE,
	LDL_FINDING_EVENT,
	LDL_FINDING_SIGNAL,
	LDL_FINDING_FORK,
	LDL_FINDING_POLICY,
	LDL_FINDING_MISUSE,
	LDL_FINDING_KIND_COUNT,
};

/* The rule that was broken, as printed: ids of RULES.md get their numbers when they come; the
 * lock-order rules are the kernel self-test's. */
enum ldl_rule {
	LDL_RULE_NONE = 0,
	LDL_RULE_ORDER,          /* L1: a strong cycle of lock classes */
	LDL_RULE_INSTANCE_ORDER, /* L2: a strong cycle of instances of one class */
	LDL_RULE_DECLARED_ORDER, /* L3: an order against one that ldl_order() declared */
	LDL_RULE_SELF_DEADLOCK,  /* L4: a thread waits for a lock that it holds itself */
	LDL_RULE_SAME_CLASS,     /* L5: two locks of a declared class, no nesting declared */
	LDL_RULE_UNLOCK_UNHELD,  /* L6: a release of a lock that nobody holds */
	LDL_RULE_UNLOCK_FOREIGN, /* L7: a release by a thread that is not the holder */
	LDL_RULE_INIT_HELD,      /* L8: a lock was initialised while held */
	LDL_RULE_DESTROY_HELD,   /* L9: a lock was destroyed while held */
	LDL_RULE_NOT_HELD,       /* L10: ldl_assert_held() on a lock that is not */
	LDL_RULE_EVENT,          /* L11: a strong cycle through a wait for an event */
	LDL_RULE_INTERRUPT,      /* L12: a lock of a handler, and interrupts enabled under it */
	LDL_RULE_WAIT_TYPE, /* L13: a lock that sleeps inside one, or a context, that may not */
	LDL_RULE_MISUSE,    /* L14: what an interface built on ours found wrong: see the note */
	LDL_RULE_CATALOGUE = 15, /* from here on: the ids of RULES.md, parts A to E */
	LDL_RULE_A1 = LDL_RULE_CATALOGUE,
	LDL_RULE_A2,
	LDL_RULE_A3,
	LDL_RULE_A4,
	LDL_RULE_A5,
	LDL_RULE_A6,
	LDL_RULE_A7,
	LDL_RULE_A8,
	LDL_RULE_A9,
	LDL_RULE_A10,
	LDL_RULE_A11,
	LDL_RULE_A12,
	LDL_RULE_A13,
	LDL_RULE_B1,
	LDL_RULE_B2,
	LDL_RULE_B3,
	LDL_RULE_B4,
	LDL_RULE_B5,
	LDL_RULE_B6,
	LDL_RULE_B7,
	LDL_RULE_B8,
	LDL_RULE_B9,
	LDL_RULE_B10,
	LDL_RULE_B11,
	LDL_RULE_B12,
	LDL_RULE_B13,
	LDL_RULE_C1,
	LDL_RULE_C2,
	LDL_RULE_C3,
	LDL_RULE_C4,
	LDL_RULE_C5,
	LDL_RULE_C6,
	LDL_RULE_C7,
	LDL_RULE_C8,
	LDL_RULE_D1,
	LDL_RULE_D2,
	LDL_RULE_D3,
	LDL_RULE_D4,
	LDL_RULE_D5,
	LDL_RULE_D6,
	LDL_RULE_D7,
	LDL_RULE_D8,
	LDL_RULE_D9,
	LDL_RULE_D10,
	LDL_RULE_D11,
	LDL_RULE_D12,
	LDL_RULE_D13,
	LDL_RULE_D14,
	LDL_RULE_D15,
	LDL_RULE_D16,
	LDL_RULE_D17,
	LDL_RULE_D18,
	LDL_RULE_E1,
	LDL_RULE_E2,
	LDL_RULE_E3,
	LDL_RULE_E4,
	LDL_RULE_HOLDER_GONE, /* L15: a lock is waited for whose holder has ended; observers' */
	LDL_RULE_COUNT,
};

enum ldl_severity { LDL_SEVERITY_INFO = 0, LDL_SEVERITY_WARNING, LDL_SEVERITY_ERROR };

enum ldl_verdict {
	LDL_VERDICT_NONE = 0, /* not a cycle: a rule was broken, nothing to weigh */
	LDL_VERDICT_POTENTIAL,
	LDL_VERDICT_PREDICTED,
	LDL_VERDICT_CONFIRMED,
	LDL_VERDICT_DEADLOCKED,
	LDL_VERDICT_BOUNDED,
	LDL_VERDICT_GATED,
	LDL_VERDICT_ORDERED,
	LDL_VERDICT_SINGLE_THREAD,
	LDL_VERDICT_COUNT,
};

/* Owner: writer; `count` and what follows from new evidence may change later. */
struct ldl_finding {
	uint64_t id; /* hash of kind, rule and class keys around the cycle: stable across runs */
	uint64_t time_ns;
	uint8_t kind, rule, severity, verdict;
	uint32_t count;
	uint32_t path_first;    /* in LDL_TABLE_PATHS */
	uint32_t path_count;    /* steps; a finding that is no cycle has one */
	uint32_t thread_serial; /* who closed the cycle */
	ldl_string_id note;     /* one line more, or 0 */
};

/* One edge of a cycle: step i's to-node is step i+1's from-node; the last leads back to the first.
 */
struct ldl_path_step {
	ldl_edge_id edge; /* 0 when the finding is no cycle */
	ldl_witness_id
		witness; /* the evidence to show; never 0 in a finding, unless the table was full */
	ldl_class_id from, to; /* also when edge is 0 */
	uint32_t type;         /* the ldl_edge_type bit by which the cycle is strong */
	uint32_t turns; /* the first step of a gated cycle whose locks are passed on in turn: how
				  often that was seen (struct ldl_turn). Else 0 */
};

_Static_assert(sizeof(struct ldl_finding) == 40, "format");
_Static_assert(sizeof(struct ldl_path_step) == 24, "format");

#endif
