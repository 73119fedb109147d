/* One finding of each verdict. See verdicts.h. */
#include "tests/support/verdicts.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/waits.h"
#include "viz/words.h"

static ldl_finding_id findings[LDL_VERDICT_COUNT];
static ldl_edge_id edges[LDL_VERDICT_COUNT];

static ldl_class_id put_class(enum ldl_verdict verdict, const char *which)
{
	char name[64];

	snprintf(name, sizeof(name), "%s_%s", viz_verdict_name(verdict), which);
	return ldl_waits_class(LDL_KIND_MUTEX, name);
}

/* What the witnesses have to show for the verdict to be one that the engine could have given. */
static void put_evidence(struct ldl_arena *arena, enum ldl_verdict verdict, const ldl_edge_id *pair,
	ldl_class_id gate)
{
	struct ldl_witness *one = ldl_witness_at(arena, ldl_edge_at(arena, pair[0])->witness_first);
	struct ldl_witness *two = ldl_witness_at(arena, ldl_edge_at(arena, pair[1])->witness_first);

	one->time_ns = 2000000;
	two->time_ns = 5000000;
	one->thread_start_ns = 1000000;
	two->thread_start_ns = verdict == LDL_VERDICT_ORDERED ? 4000000 : 1500000;
	if (verdict == LDL_VERDICT_GATED) {
		ldl_waits_also(pair[0], gate);
		ldl_waits_also(pair[1], gate);
	}
	if (verdict == LDL_VERDICT_POTENTIAL) {
		two->to_addr += 64; /* another lock of the class */
		two->to_generation++;
	}
	if (verdict == LDL_VERDICT_BOUNDED) {
		two->to_mode = LDL_MODE_TIMED;
		two->type = LDL_EDGE_EN;
		ldl_edge_at(arena, pair[1])->types = LDL_EDGE_EN;
	}
}

void ldl_verdicts_begin(void)
{
	struct ldl_arena *arena = ldl_waits_begin();
	ldl_class_id gate = ldl_waits_class(LDL_KIND_MUTEX, "gate");
	ldl_class_id released = ldl_waits_class(LDL_KIND_MUTEX, "released");

	for (unsigned int verdict = 1; verdict < LDL_VERDICT_COUNT; verdict++) {
		uint32_t other = verdict == LDL_VERDICT_SINGLE_THREAD ? 2 : 3;
		ldl_class_id one = put_class(verdict, "one"), two = put_class(verdict, "two");
		ldl_edge_id pair[2] = {
			ldl_waits_edge(one, two, 2, 0, 0), ldl_waits_edge(two, one, other, 0, 0)};

		put_evidence(arena, verdict, pair, gate);
		edges[verdict] = pair[0];
		findings[verdict] =
			ldl_waits_cycle(LDL_FINDING_LOCK_ORDER, LDL_RULE_ORDER, pair, 2);
		ldl_waits_verdict(findings[verdict], verdict);
	}
	findings[LDL_VERDICT_NONE] =
		ldl_waits_breach(&(struct ldl_waits_breach){.kind = LDL_FINDING_MISUSE,
			.rule = LDL_RULE_UNLOCK_FOREIGN,
			.severity = LDL_SEVERITY_ERROR,
			.from = released,
			.to = released});
}

ldl_finding_id ldl_verdicts_finding(enum ldl_verdict verdict)
{
	return findings[verdict];
}

ldl_edge_id ldl_verdicts_edge(enum ldl_verdict verdict)
{
	return edges[verdict];
}
