/* viz/explain and repair: findings as stories, for each verdict, each kind of wait, each rule. */
#include <lockdep_lite.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/compiler.h"
#include "tests/support/command.h"
#include "tests/support/samples.h"
#include "tests/support/suite.h"
#include "tests/support/verdicts.h"
#include "tests/support/waits.h"
#include "viz/cmd.h"
#include "viz/explain.h"
#include "viz/repair.h"
#include "viz/view.h"

#define OUT ldl_command_out

static bool has(const char *words)
{
	if (!strstr(OUT, words))
		printf("lacks: %s\n%s", words, OUT);
	return strstr(OUT, words) != NULL;
}

static bool lacks(const char *words)
{
	if (strstr(OUT, words))
		printf("has: %s\n%s", words, OUT);
	return strstr(OUT, words) == NULL;
}

/* The story of a finding of the arena that was laid down last, into OUT. */
static void tell(ldl_finding_id id, bool is_full)
{
	const struct viz_text_options options = {.is_full = is_full};
	struct viz_run *run;
	char error[400];
	FILE *out = fmemopen(OUT, sizeof(OUT), "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_EQUAL_FATAL(viz_run_open(&run, ldl_waits_path(), error, sizeof(error)), LDL_OK);
	viz_explain(out, run, id, &options);
	viz_run_close(run);
	fclose(out);
}

/* Two locks in both orders by two threads; `seen` more often in the first one. */
static ldl_finding_id two_locks(unsigned int seen)
{
	ldl_class_id one, two;
	ldl_edge_id edges[2];

	ldl_waits_begin();
	one = ldl_waits_class(LDL_KIND_MUTEX, "one");
	two = ldl_waits_class(LDL_KIND_MUTEX, "two");
	edges[0] = ldl_waits_edge(one, two, 1, 0, 0);
	edges[1] = ldl_waits_edge(two, one, 2, 0, 0);
	for (unsigned int i = 1; i < seen; i++)
		ldl_waits_again(edges[0], 1);
	return ldl_waits_cycle(LDL_FINDING_LOCK_ORDER, LDL_RULE_ORDER, edges, 2);
}

static void a_lock_order_is_told_step_by_step(void)
{
	char words[200];

	ldl_waits_verdict(two_locks(1), LDL_VERDICT_PREDICTED);
	tell(1, false);
	snprintf(words, sizeof(words),
		"possible deadlock: lock order inversion between one and two\n"
		"  finding %s: error, lock-order, rule L1, verdict predicted\n",
		ldl_waits_id(1));
	CU_ASSERT_TRUE(has(words));
	CU_ASSERT_TRUE(
		has("  what was seen:\n"
		    "    1. worker (tid 101, thread #1) took one in sample+0x1020 and then asked "
		    "for two in\n"
		    "       sample+0x1030; seen once, by worker #1.\n"
		    "    2. worker (tid 102, thread #2) took two in sample+0x1040 and then asked "
		    "for one in\n"
		    "       sample+0x1050; seen once, by worker #2.\n"));
	CU_ASSERT_TRUE(
		has("  how it hangs:\n"
		    "    1. worker #1 holds one, from sample+0x1020.\n"
		    "    2. worker #2 holds two, from sample+0x1040.\n"
		    "    3. worker #1 wants two, in sample+0x1030: it waits for worker #2, who has "
		    "it.\n"
		    "    4. worker #2 wants one, in sample+0x1050: it waits for worker #1, who has "
		    "it.\n"
		    "    = Nobody goes on, ever.\n"));
	CU_ASSERT_TRUE(has("  why it is called predicted:\n"));
	CU_ASSERT_TRUE(has("  if it is harmless:\n"));
	CU_ASSERT_TRUE(has("ldl_order(outer, inner), here of one and two;"));
	snprintf(words, sizeof(words), "`id:%s`", ldl_waits_id(1));
	CU_ASSERT_TRUE(has(words));
}

static void the_order_to_keep_is_the_one_seen_more_often(void)
{
	two_locks(3);
	tell(1, false);
	CU_ASSERT_TRUE(
		has("One order: one, two. Step 2 is the one against it, and the one that was "
		    "seen least."));
	CU_ASSERT_TRUE(has("Take them in the other order: one before two, in sample+0x1050."));
	CU_ASSERT_TRUE(
		has("in sample+0x1050 only try one; when it is taken, release two and begin"));
	CU_ASSERT_TRUE(has("release two, taken in sample+0x1040, before one is asked for in"));
}

static void where_no_order_is_rarer_either_will_do(void)
{
	two_locks(1);
	tell(1, false);
	CU_ASSERT_TRUE(
		has("One order: two, one. Step 1 is the one against it; another choice would "
		    "do as well."));
}

static void what_was_declared_is_not_what_has_to_change(void)
{
	ldl_sample_lay("declared");
	tell(1, false);
	CU_ASSERT_TRUE(has("1. The program declared in sample+0x1030 that one comes before two."));
	CU_ASSERT_TRUE(has("1. Somebody takes one, as declared."));
	CU_ASSERT_TRUE(has("One order: one, two. Step 2 is the one against it"));
}

static void each_verdict_says_what_it_rests_on(void)
{
	static const struct {
		enum ldl_verdict verdict;
		const char *words[2];
	} expected[] = {
		{LDL_VERDICT_DEADLOCKED, {"It is more than confirmed", "Nobody goes on, ever."}},
		{LDL_VERDICT_CONFIRMED, {"It is more than predicted", "Deadlocked would be"}},
		{LDL_VERDICT_PREDICTED,
			{"2 threads made the 2 steps, and each was there", "It is not confirmed"}},
		{LDL_VERDICT_POTENTIAL, {"two of one class, so",
						"Predicted would be the same locks in every step"}},
		{LDL_VERDICT_BOUNDED, {"Step 2 waits with a time limit, in sample+0x",
					      "until a time limit ends one of these waits"}},
		{LDL_VERDICT_GATED, {"gate was held at step 1, from 0x0, and at step 2",
					    "how to do without that lock"}},
		{LDL_VERDICT_ORDERED,
			{"worker #2 made step 1 after 0.002000 s; worker #3, which made step 2, "
			 "was first seen after",
				"It could not come to that in this run"}},
		{LDL_VERDICT_SINGLE_THREAD, {"One thread made all of the shown steps: worker #2.",
						    "one like worker #2 holds single-thread_two"}},
	};

	ldl_verdicts_begin();
	for (size_t i = 0; i < ldl_array_len(expected); i++) {
		tell(ldl_verdicts_finding(expected[i].verdict), false);
		CU_ASSERT_TRUE(has(expected[i].words[0]));
		CU_ASSERT_TRUE(has(expected[i].words[1]));
		CU_ASSERT_TRUE(expected[i].verdict == LDL_VERDICT_GATED || lacks("gate was held"));
	}
}

/* Both steps of the gated cycle as readers of the gate, or one of them. */
static void read_gate(bool both)
{
	struct ldl_arena *arena = ldl_waits_arena();
	ldl_edge_id edge = ldl_verdicts_edge(LDL_VERDICT_GATED);

	for (ldl_edge_id id = edge; id < edge + 1 + both; id++) {
		const struct ldl_witness *witness =
			ldl_witness_at(arena, ldl_edge_at(arena, id)->witness_first);

		ldl_also_held_at(arena, witness->also_first)->mode = LDL_MODE_SHARED;
	}
	tell(ldl_verdicts_finding(LDL_VERDICT_GATED), false);
}

static void two_readers_of_one_lock_are_not_kept_apart(void)
{
	ldl_verdicts_begin();
	read_gate(true);
	CU_ASSERT_TRUE(lacks("gate was held at step"));
	ldl_verdicts_begin();
	read_gate(false);
	CU_ASSERT_TRUE(has("gate was held at step 1"));
}

/* The cycle of this rule among the samples, told. */
static void tell_cycle(const char *title)
{
	struct viz_run *run;
	char error[400], text[1200];
	size_t count;
	const ldl_finding_id *ids;
	ldl_finding_id wanted = 0;

	ldl_sample_lay("cycles");
	CU_ASSERT_EQUAL_FATAL(viz_run_open(&run, ldl_waits_path(), error, sizeof(error)), LDL_OK);
	ids = viz_run_findings(run, &count);
	for (size_t i = 0; i < count; i++) {
		if (strstr(viz_finding_title(run, ids[i], text, sizeof(text)), title))
			wanted = ids[i];
	}
	viz_run_close(run);
	CU_ASSERT_FATAL(wanted != 0);
	tell(wanted, false);
}

static void a_reclaimer_is_mended_by_mask_place_or_trylock(void)
{
	tell_cycle("inode_lock is held over an allocation");
	CU_ASSERT_TRUE(has("Allocate first: move the request in "));
	CU_ASSERT_TRUE(has("GFP_NOFS, or a nofs scope around it (ldl_nofs_save(), "));
	CU_ASSERT_TRUE(has("Let the reclaimer only try inode_lock, in "));
	CU_ASSERT_TRUE(has("reclaim.fs (any thread that allocates) takes inode_lock"));
	CU_ASSERT_TRUE(lacks("the other order"));
	tell_cycle("retry_lock is held over");
	CU_ASSERT_TRUE(has("GFP_NOIO, or a noio scope around it (ldl_noio_save(), "));
}

static void contexts_reserves_events_and_handlers_have_their_own_ways(void)
{
	tell_cycle("oom_reaper waits for mmap_lock");
	CU_ASSERT_TRUE(has("Let the context only try mmap_lock, in "));
	CU_ASSERT_TRUE(has("Ask for less: GFP_NOWAIT, or an element of a filled reserve in "));
	CU_ASSERT_TRUE(has("= The context, which must not wait, waits as long as the allocation"));
	tell_cycle("wait for each other's elements");
	CU_ASSERT_TRUE(has("Give each layer a reserve of its own: what is held of mempool 'bio'"));
	CU_ASSERT_TRUE(has("has the last element of mempool 'crypt'"));
	tell_cycle("free_lock is held across a wait for mempool 'request'");
	CU_ASSERT_TRUE(has("Give elements of mempool 'request' back without free_lock"));
	tell_cycle("work_lock is held across a wait for event 'work_done'");
	CU_ASSERT_TRUE(has("Wait with nothing held: release work_lock, taken in "));
	CU_ASSERT_TRUE(has("Wake without it: wake event 'work_done', in "));
	tell_cycle("softirq takes counter_lock");
	CU_ASSERT_TRUE(has("Keep the handler out: disable softirq (block the signal) while "));
	CU_ASSERT_TRUE(has("Keep counter_lock out of the handler, in "));
}

static void each_rule_has_a_repair(void)
{
	CU_ASSERT_STRING_EQUAL(viz_rule_repair(LDL_RULE_NONE), "");
	CU_ASSERT_STRING_EQUAL(viz_rule_repair(LDL_RULE_COUNT), "");
	for (unsigned int rule = 1; rule < LDL_RULE_COUNT; rule++) {
		const char *repair = viz_rule_repair(rule);

		if (!*repair || repair[strlen(repair) - 1] != '.')
			printf("rule %s: '%s'\n", viz_rule_id(rule), repair);
		CU_ASSERT_TRUE(*repair && repair[strlen(repair) - 1] == '.');
	}
}

/* Every line but the title is within the width of a page. */
static bool fits(size_t columns)
{
	for (const char *line = strchr(OUT, '\n') + 1; *line; line += strcspn(line, "\n") + 1) {
		size_t width = 0, len = strcspn(line, "\n");

		for (size_t i = 0; i < len; i++)
			width += ((unsigned char)line[i] & 0xc0) != 0x80;
		if (width > columns) {
			printf("%zu columns: %.*s\n", width, (int)len, line);
			return false;
		}
	}
	return true;
}

static void tell_all(const char *sample, bool is_narrow)
{
	struct viz_run *run;
	char error[400];
	size_t count;

	ldl_sample_lay(sample);
	CU_ASSERT_EQUAL_FATAL(viz_run_open(&run, ldl_waits_path(), error, sizeof(error)), LDL_OK);
	viz_run_findings(run, &count);
	viz_run_close(run);
	CU_ASSERT_TRUE(count > 0);
	for (ldl_finding_id id = 1; id <= count; id++) {
		tell(id, false);
		CU_ASSERT_TRUE(has("  the rule:\n    - "));
		CU_ASSERT_TRUE(strstr(OUT, "  how to mend it") || has("  how to do without that"));
		CU_ASSERT_TRUE(has("  if it is harmless:\n"));
		CU_ASSERT_TRUE(!is_narrow || fits(100));
	}
}

static void every_finding_has_a_rule_a_repair_and_a_way_to_declare_it(void)
{
	tell_all("rules", true);
	tell_all("cycles", true);
	tell_all("verdicts", true);
	tell_all("hostile", false);
	CU_ASSERT_TRUE(lacks("\x1b"));
}

static void a_broken_rule_is_mended_where_it_was_broken(void)
{
	ldl_class_id lock, place;

	ldl_waits_begin();
	lock = ldl_waits_class(LDL_KIND_MUTEX, "some_lock");
	place = ldl_waits_class(LDL_KIND_ALLOCATION, NULL);
	ldl_waits_breach(&(struct ldl_waits_breach){.kind = LDL_FINDING_POLICY,
		.rule = LDL_RULE_D16,
		.severity = LDL_SEVERITY_WARNING,
		.from = lock,
		.to = place,
		.gfp = LDL_GFP_KERNEL,
		.gfp_asked = LDL_GFP_KERNEL});
	tell(1, false);
	CU_ASSERT_TRUE(has("    - In sample+0x1030: ask with GFP_NOWAIT first;"));
	CU_ASSERT_TRUE(has("    - What is held there begins in sample+0x1020."));
	CU_ASSERT_TRUE(lacks("why it is called"));
	CU_ASSERT_TRUE(lacks("how it hangs"));
}

static void nesting_in_one_class_can_be_declared(void)
{
	ldl_class_id class;
	ldl_edge_id edges[2];

	ldl_waits_begin();
	class = ldl_waits_class(LDL_KIND_MUTEX, "node");
	edges[0] = ldl_waits_edge(class, class, 1, 0, 0);
	edges[1] = ldl_waits_edge(class, class, 2, 0, 0);
	ldl_waits_move(edges[0], 0x9000, 0xa000);
	ldl_waits_move(edges[1], 0xa000, 0x9000);
	ldl_waits_cycle(LDL_FINDING_LOCK_ORDER, LDL_RULE_INSTANCE_ORDER, edges, 2);
	tell(1, false);
	CU_ASSERT_TRUE(has("worker #1 holds node@0x9000, from "));
	CU_ASSERT_TRUE(has("Nest locks of this class by one rule: by address, by index, or"));
	CU_ASSERT_TRUE(has("keeps the locks of node apart: say so with ldl_nest(lock, outer)."));
	CU_ASSERT_TRUE(has("ldl_lock_acquire_nested(lock, mode, 1)"));
}

static void a_long_cycle_is_cut_unless_all_is_asked_for(void)
{
	ldl_sample_lay("long");
	tell(1, false);
	CU_ASSERT_TRUE(has("    … 19 more steps (--full shows them)\n"));
	CU_ASSERT_TRUE(lacks("    12. "));
	tell(1, true);
	CU_ASSERT_TRUE(lacks("more steps"));
	CU_ASSERT_TRUE(has("    12. "));
}

static int report(const char *option, const char *id, const char *other)
{
	return ldl_command(viz_cmd_report, "report", option, id, ldl_waits_path(), other, NULL);
}

static void the_command_explains_what_an_id_begins(void)
{
	char id[VIZ_ID_MAX];

	two_locks(1);
	snprintf(id, sizeof(id), "%.15s", ldl_waits_id(1));
	CU_ASSERT_EQUAL(report("--explain", id, NULL), 1);
	CU_ASSERT_TRUE(has("  how it hangs:\n"));
	ldl_waits_verdict(1, LDL_VERDICT_GATED);
	CU_ASSERT_EQUAL(report("--explain", ldl_waits_id(1), NULL), 0);
	CU_ASSERT_TRUE(has("verdict gated"));
}

static void an_id_that_is_none_costs_one_line(void)
{
	int vague = 0;

	two_locks(1);
	CU_ASSERT_EQUAL(report("--explain", "beef", NULL), 2);
	CU_ASSERT_STRING_EQUAL(OUT, "");
	CU_ASSERT_STRING_EQUAL(ldl_command_err, "lockdep-lite: no such finding: beef: lockdep-lite "
						"report --all FILE lists the ids\n");
	ldl_verdicts_begin();
	for (char digit[] = "0"; *digit <= 'f'; *digit = *digit == '9' ? 'a' : (char)(*digit + 1)) {
		CU_ASSERT_NOT_EQUAL(report("--explain", digit, NULL), 125);
		vague += strstr(ldl_command_err, "several findings begin so") &&
			 strstr(ldl_command_err, "give more of its digits\n");
	}
	CU_ASSERT_TRUE(vague > 0);
	CU_ASSERT_EQUAL(report("--explain", "0000", "--json"), 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(ldl_command_err, "go with text only"));
	CU_ASSERT_EQUAL(report("--explain", "0000", "--finding=1"), 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(ldl_command_err, "do not go together"));
}

LDL_SUITE(explain)
{
	LDL_TEST(a_lock_order_is_told_step_by_step);
	LDL_TEST(the_order_to_keep_is_the_one_seen_more_often);
	LDL_TEST(where_no_order_is_rarer_either_will_do);
	LDL_TEST(what_was_declared_is_not_what_has_to_change);
	LDL_TEST(each_verdict_says_what_it_rests_on);
	LDL_TEST(two_readers_of_one_lock_are_not_kept_apart);
	LDL_TEST(a_reclaimer_is_mended_by_mask_place_or_trylock);
	LDL_TEST(contexts_reserves_events_and_handlers_have_their_own_ways);
	LDL_TEST(each_rule_has_a_repair);
	LDL_TEST(every_finding_has_a_rule_a_repair_and_a_way_to_declare_it);
	LDL_TEST(a_broken_rule_is_mended_where_it_was_broken);
	LDL_TEST(nesting_in_one_class_can_be_declared);
	LDL_TEST(a_long_cycle_is_cut_unless_all_is_asked_for);
	LDL_TEST(the_command_explains_what_an_id_begins);
	LDL_TEST(an_id_that_is_none_costs_one_line);
}
