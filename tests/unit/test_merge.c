/* viz/merge: what the union of runs has, and what it finds that none of them did. */
#include <lockdep_lite.h>
#include <stdio.h>
#include <string.h>
#include "tests/support/runs.h"
#include "tests/support/suite.h"
#include "viz/model.h"

static struct viz_run *merged;

/* Merges runs of these scenarios, up to NULL. */
static const char *merge(const struct ldl_scenario_kind *kind, const char *const *texts)
{
	const char *paths[RUNS_MAX], *path;
	unsigned int count = 0;
	char error[400];

	for (; texts[count]; count++)
		paths[count] = ldl_runs_make(count, kind, texts[count]);
	path = ldl_runs_merge(paths, count);
	if (!path)
		printf("refused: %s ", ldl_runs_error());
	CU_ASSERT_PTR_NOT_NULL_FATAL(path);
	CU_ASSERT_EQUAL_FATAL(viz_run_open(&merged, path, error, sizeof(error)), LDL_OK);
	CU_ASSERT_EQUAL(viz_run_snapshot(merged)->repairs, 0);
	return path;
}

#define MERGE_AS(kind, ...) merge((kind), (const char *const[]){__VA_ARGS__, NULL})
#define MERGE(...)          MERGE_AS(NULL, __VA_ARGS__)

/* "A -> B -> A", from the smallest name on. */
static void read_path(ldl_finding_id id, char *text, size_t size)
{
	uint32_t count, first = 0;
	const struct ldl_path_step *steps = ldl_snapshot_path(viz_run_snapshot(merged), id, &count);
	size_t used = 0;

	for (uint32_t i = 1; i < count; i++) {
		if (strcmp(viz_class_name(merged, steps[i].from),
			    viz_class_name(merged, steps[first].from)) < 0)
			first = i;
	}
	for (uint32_t i = 0; i <= count; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? " -> " : "",
			viz_class_name(merged, steps[(first + i) % count].from));
}

/* The merge has one finding: this one. `note` is a part of it; "" for none. */
static void has_one(const char *path, enum ldl_verdict verdict, uint32_t times, const char *note)
{
	size_t count;
	const ldl_finding_id *ids = viz_run_findings(merged, &count);
	const struct ldl_finding *finding;
	char text[400];

	CU_ASSERT_EQUAL_FATAL(count, 1);
	finding = ldl_snapshot_finding(viz_run_snapshot(merged), ids[0]);
	read_path(ids[0], text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, path);
	CU_ASSERT_EQUAL(finding->verdict, verdict);
	CU_ASSERT_EQUAL(finding->severity,
		verdict == LDL_VERDICT_BOUNDED ? LDL_SEVERITY_WARNING : LDL_SEVERITY_ERROR);
	CU_ASSERT_EQUAL(finding->count, times);
	if (*note)
		CU_ASSERT_PTR_NOT_NULL(strstr(viz_finding_note(merged, ids[0]), note));
	if (!*note)
		CU_ASSERT_STRING_EQUAL(viz_finding_note(merged, ids[0]), "");
	viz_run_close(merged);
	ldl_runs_end();
}

static void has_none(void)
{
	size_t count;

	viz_run_findings(merged, &count);
	CU_ASSERT_EQUAL(count, 0);
	viz_run_close(merged);
	ldl_runs_end();
}

#define NOBODY "no single run saw it: "

static void orders_of_two_runs_close_a_cycle(void)
{
	ldl_runs_begin();
	MERGE("AB", "BA");
	has_one("A -> B -> A", LDL_VERDICT_POTENTIAL, 1, NOBODY);
}

static void its_twin_has_one_order(void)
{
	ldl_runs_begin();
	MERGE("AB", "AB, A, B", "BC");
	has_none();
}

static void three_runs_close_a_longer_one(void)
{
	ldl_runs_begin();
	MERGE("AB", "T1: BC", "CD, DA");
	has_one("A -> B -> C -> D -> A", LDL_VERDICT_POTENTIAL, 1, NOBODY);
}

static void readers_that_overtake_close_none(void)
{
	ldl_runs_begin();
	MERGE("r(A) r(B)", "r(B) r(A)");
	has_none();
	ldl_runs_begin();
	MERGE("r(A) W(B)", "r(B) W(A)");
	has_one("A -> B -> A", LDL_VERDICT_POTENTIAL, 1, NOBODY);
}

static void a_try_closes_none(void)
{
	ldl_runs_begin();
	MERGE("A try(B)", "BA");
	has_none();
}

static void what_one_run_saw_stays_as_it_saw_it(void)
{
	ldl_runs_begin();
	MERGE("T1: AB; T2: BA", "AB", "BC");
	has_one("A -> B -> A", LDL_VERDICT_PREDICTED, 1, "");
}

static void the_same_finding_of_two_runs_is_one_with_both_counts(void)
{
	ldl_runs_begin();
	MERGE("AB, BA", "T1: AB; T2: BA", "AB");
	has_one("A -> B -> A", LDL_VERDICT_PREDICTED, 2, "");
}

static void a_timed_wait_bounds_a_cycle_of_two_runs(void)
{
	ldl_runs_begin();
	MERGE("A timed(B)", "BA");
	has_one("A -> B -> A", LDL_VERDICT_BOUNDED, 1, NOBODY);
	ldl_runs_begin();
	MERGE("A timed(B)", "BA", "AB");
	has_one("A -> B -> A", LDL_VERDICT_POTENTIAL, 1, NOBODY);
}

static void what_kept_a_cycle_harmless_in_one_run_may_be_missing_in_another(void)
{
	ldl_runs_begin();
	MERGE("A timed(B), BA");
	has_one("A -> B -> A", LDL_VERDICT_BOUNDED, 1, "");
	ldl_runs_begin();
	MERGE("A timed(B), BA", "AB");
	has_one("A -> B -> A", LDL_VERDICT_POTENTIAL, 1, "no single run saw it so: ");
	ldl_runs_begin();
	MERGE("A timed(B), BA", "A timed(B)");
	has_one("A -> B -> A", LDL_VERDICT_BOUNDED, 1, "");
}

static void a_level_of_nesting_is_a_class_in_the_merge_too(void)
{
	ldl_runs_begin();
	MERGE("sub1(A) B", "B sub1(A)");
	has_one("A/1 -> B -> A/1", LDL_VERDICT_POTENTIAL, 1, NOBODY);
	ldl_runs_begin();
	MERGE("sub1(A) B", "B sub2(A)");
	has_none();
}

static void locks_of_one_class_are_each_run_s_own(void)
{
	static const struct ldl_scenario_kind by_instance = {
		"by instance", .properties = LDL_CLASS_BY_INSTANCE};

	ldl_runs_begin();
	MERGE_AS(&by_instance, "X1 X2", "X2 X1");
	has_none();
	ldl_runs_begin();
	MERGE_AS(&by_instance, "X1 X2, X2 X1", "X2 X1");
	has_one("X -> X -> X", LDL_VERDICT_POTENTIAL, 1, "");
}

static void threads_and_times_of_runs_are_kept_apart(void)
{
	const struct ldl_snapshot *snapshot;
	uint64_t times[2] = {0, 0};
	uint32_t serials[2] = {0, 0};

	ldl_runs_begin();
	MERGE("T1: AB", "T1: CD");
	snapshot = viz_run_snapshot(merged);
	CU_ASSERT_EQUAL_FATAL(ldl_snapshot_count(snapshot, LDL_TABLE_WITNESSES), 3);
	for (unsigned int i = 0; i < 2; i++) {
		const struct ldl_witness *witness = ldl_snapshot_witness(snapshot, i + 1);

		serials[i] = witness->thread_serial;
		times[i] = witness->time_ns;
		CU_ASSERT(witness->thread_start_ns <= witness->time_ns);
	}
	CU_ASSERT_NOT_EQUAL(serials[0], serials[1]);
	CU_ASSERT(times[0] < times[1]);
	CU_ASSERT(ldl_snapshot_witness(snapshot, 2)->thread_start_ns > times[0]);
	has_none();
}

static void numbers_are_added_up(void)
{
	struct ldl_snapshot one, both;
	const char *paths[2];

	ldl_runs_begin();
	paths[0] = ldl_runs_make(0, NULL, "AB, AB, T1: C");
	paths[1] = ldl_runs_make(1, NULL, "AB, D");
	ldl_runs_open(&both, ldl_runs_merge(paths, 2));
	for (unsigned int counter = 0; counter < LDL_COUNT_MAX; counter++) {
		uint64_t sum = 0;

		for (unsigned int i = 0; i < 2; i++) {
			ldl_runs_open(&one, paths[i]);
			sum += one.arena.header->counters[counter];
			ldl_snapshot_close(&one);
		}
		CU_ASSERT_EQUAL(both.arena.header->counters[counter], sum);
	}
	CU_ASSERT_EQUAL(both.arena.header->pid, 0);
	CU_ASSERT_EQUAL(ldl_snapshot_count(&both, LDL_TABLE_CLASSES), 4 + 1);
	CU_ASSERT_EQUAL(ldl_snapshot_count(&both, LDL_TABLE_EDGES), 1 + 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(
		ldl_snapshot_string(&both, both.arena.header->command), "2 runs merged: /tmp/"));
	ldl_snapshot_close(&both);
	ldl_runs_end();
}

LDL_SUITE(merge)
{
	LDL_TEST(orders_of_two_runs_close_a_cycle);
	LDL_TEST(its_twin_has_one_order);
	LDL_TEST(three_runs_close_a_longer_one);
	LDL_TEST(readers_that_overtake_close_none);
	LDL_TEST(a_try_closes_none);
	LDL_TEST(what_one_run_saw_stays_as_it_saw_it);
	LDL_TEST(the_same_finding_of_two_runs_is_one_with_both_counts);
	LDL_TEST(a_timed_wait_bounds_a_cycle_of_two_runs);
	LDL_TEST(what_kept_a_cycle_harmless_in_one_run_may_be_missing_in_another);
	LDL_TEST(a_level_of_nesting_is_a_class_in_the_merge_too);
	LDL_TEST(locks_of_one_class_are_each_run_s_own);
	LDL_TEST(threads_and_times_of_runs_are_kept_apart);
	LDL_TEST(numbers_are_added_up);
}
