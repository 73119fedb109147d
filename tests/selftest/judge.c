/* Compares what the engine found with what a case expects: an error for each of its rules, of the
 * rule's kind, and nothing else; or nothing at all. */
#include <stdio.h>
#include <string.h>
#include <lockdep_lite.h>
#include "core/arena.h"
#include "core/catalogue.h"
#include "core/engine.h"
#include "tests/selftest/selftest.h"

static char complaint[512];

static enum ldl_finding_kind kind_of_rule(unsigned int rule)
{
	switch (rule) {
	case LDL_RULE_ORDER:
		return LDL_FINDING_LOCK_ORDER;
	case LDL_RULE_SELF_DEADLOCK:
	case LDL_RULE_SAME_CLASS:
	case LDL_RULE_WAIT_TYPE:
		return LDL_FINDING_RECURSION;
	case LDL_RULE_INTERRUPT:
		return LDL_FINDING_SIGNAL;
	case LDL_RULE_A4:
		return LDL_FINDING_RECLAIM;
	default:
		return LDL_FINDING_MISUSE;
	}
}

static void say(const char *format, const char *word)
{
	size_t used = strlen(complaint);

	snprintf(complaint + used, sizeof(complaint) - used, format, word);
}

/* The finding's rule as a bit; 0: there is no bit for it, or it is no error of the rule's kind. */
static uint64_t bit_of(const struct ldl_finding *finding)
{
	bool is_good = finding->rule < 64 && finding->severity == LDL_SEVERITY_ERROR &&
		       finding->kind == kind_of_rule(finding->rule);

	return is_good ? 1ull << finding->rule : 0;
}

const char *selftest_judge(const struct selftest_case *it)
{
	const struct ldl_arena *arena = ldl_engine_arena();
	uint32_t at, used = ldl_arena_table(arena, LDL_TABLE_FINDINGS)->used;
	unsigned int count = used ? used - 1 : 0;
	uint64_t found = 0;
	bool is_good = ldl_finding_count() == count;
	unsigned int rule;

	snprintf(complaint, sizeof(complaint), "expected");
	for (rule = 1; rule < 64; rule++)
		if (it->rules & 1ull << rule)
			say(" %s", ldl_catalogue_entry(rule)->id);
	say("%s and got", it->rules ? "" : " nothing");
	for (at = 1; at <= count; at++) {
		const struct ldl_finding *finding = ldl_finding_at(arena, at);
		uint64_t bit = bit_of(finding);

		found |= bit;
		is_good &= bit != 0;
		say(" %s", ldl_catalogue_entry(finding->rule)->id);
		say("%s", bit ? "" : " (no error, or of another kind)");
	}
	say("%s", count ? "" : " nothing");
	return is_good && found == it->rules ? NULL : complaint;
}
