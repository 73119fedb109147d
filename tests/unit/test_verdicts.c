/* core/verdict: what the witnesses of a cycle's edges say about it. */
#include <string.h>
#include <lockdep_lite.h>
#include "core/format.h"
#include "core/verdict.h"
#include "tests/support/scenario.h"
#include "tests/support/suite.h"

static void two_threads_on_the_same_locks_make_a_predicted_deadlock(void)
{
	ldl_reports("T1: AB; T2: BA", .path = "A -> B -> A", .verdict = LDL_VERDICT_PREDICTED);
	ldl_reports("T1: AB; T2: BC; T3: CA", .verdict = LDL_VERDICT_PREDICTED);
}

static void one_thread_alone_makes_a_potential_one(void)
{
	ldl_reports("AB, BA", .path = "A -> B -> A", .verdict = LDL_VERDICT_POTENTIAL);
	ldl_reports("T1: AB; T1: BC; T1: CA", .verdict = LDL_VERDICT_POTENTIAL);
}

static void locks_of_one_class_that_never_meet_make_a_potential_one(void)
{
	ldl_reports(
		"T1: A1 B1; T2: B2 A2", .path = "A -> B -> A", .verdict = LDL_VERDICT_POTENTIAL);
	ldl_reports(
		"T1: A1 B1; T2: B1 A2", .path = "A -> B -> A", .verdict = LDL_VERDICT_POTENTIAL);
}

/* A deadlock of three edges needs three threads, each at one of them. */
static void fewer_threads_than_edges_make_a_potential_one(void)
{
	ldl_reports("T1: AB; T1: BC; T2: CA", .path = "A -> B -> C -> A",
		.verdict = LDL_VERDICT_POTENTIAL);
	ldl_reports("T1: AB; T2: BC; T2: CA", .path = "A -> B -> C -> A",
		.verdict = LDL_VERDICT_POTENTIAL);
	ldl_reports("T1: AB; T1: BC; T2: CA; T3: BC", .path = "A -> B -> C -> A", .count = 1,
		.verdict = LDL_VERDICT_PREDICTED);
}

/* That a chain is known does not mean that every thread's evidence is. */
static void each_thread_leaves_its_own_evidence(void)
{
	ldl_reports(
		"T1: AB; T2: AB; T1: BA", .path = "A -> B -> A", .verdict = LDL_VERDICT_PREDICTED);
	ldl_reports("T1: BA; T1: AB; T2: AB", .path = "A -> B -> A", .count = 1,
		.verdict = LDL_VERDICT_PREDICTED);
}

static void evidence_that_comes_later_raises_the_verdict(void)
{
	ldl_reports("T1: A1 B1; T2: B2 A2; T3: C B1 A1", .path = "A -> B -> A", .count = 1,
		.verdict = LDL_VERDICT_PREDICTED);
	/* The same chain of the same thread: it is watched. */
	ldl_reports("T1: A1 B1; T2: B2 A2; T1: A2 B2", .path = "A -> B -> A", .count = 1,
		.verdict = LDL_VERDICT_PREDICTED);
	ldl_reports("AB, BA, T1: C B A", .path = "A -> B -> A", .count = 1,
		.verdict = LDL_VERDICT_PREDICTED);
}

/* Sixteen threads have left all the evidence that an unsuspected edge keeps. */
static void a_watched_edge_has_room_for_more_evidence(void)
{
#define FOUR(order, a, b, c, d)                                                                    \
	"T" #a ": " order "; T" #b ": " order "; T" #c ": " order "; T" #d ": " order "; "
#define SIXTEEN                                                                                    \
	FOUR("A1 B1", 4, 5, 6, 7)                                                                  \
	FOUR("A1 B1", 8, 9, 10, 11)                                                                \
	FOUR("C A1 B1", 12, 13, 14, 15) FOUR("C A1 B1", 16, 17, 18, 19)
	ldl_reports(SIXTEEN "T1: B2 A2; T2: A2 B2", .path = "A -> B -> A", .count = 1,
		.verdict = LDL_VERDICT_PREDICTED);
	ldl_reports(SIXTEEN "T1: B2 A2; T2: A3 B3", .path = "A -> B -> A", .count = 1,
		.verdict = LDL_VERDICT_POTENTIAL);
}

static void a_lock_around_both_sides_is_a_gate(void)
{
	ldl_reports("T1: G A B; T2: G B A", .path = "A -> B -> A", .verdict = LDL_VERDICT_GATED);
	ldl_reports("T1: G A B; T1: G B A", .path = "A -> B -> A", .verdict = LDL_VERDICT_GATED);
	ldl_reports(
		"T1: W(G) A B; T2: r(G) B A", .path = "A -> B -> A", .verdict = LDL_VERDICT_GATED);
	ldl_reports("T1: G A B; T2: G B C; T3: C A", .path = "A -> B -> C -> A",
		.verdict = LDL_VERDICT_GATED);
}

static void a_gate_that_does_not_keep_them_apart_is_none(void)
{
	ldl_reports(
		"T1: G A B; T2: H B A", .path = "A -> B -> A", .verdict = LDL_VERDICT_PREDICTED);
	ldl_reports("T1: r(G) A B; T2: r(G) B A", .path = "A -> B -> A",
		.verdict = LDL_VERDICT_PREDICTED);
	ldl_reports(
		"T1: G1 A B; T2: G2 B A", .path = "A -> B -> A", .verdict = LDL_VERDICT_PREDICTED);
	ldl_reports("T1: G A B; T2: B A", .path = "A -> B -> A", .verdict = LDL_VERDICT_PREDICTED);
}

/* The writer's hold has a gate, the reader's has none. */
static void each_type_of_an_edge_is_weighed(void)
{
	ldl_reports("T1: G W(A) B; T2: R(A) B; T3: G B W(A)", .path = "A -> B -> A",
		.types = "SN EN", .verdict = LDL_VERDICT_PREDICTED);
	ldl_reports("T1: G W(A) B; T2: G R(A) B; T3: G B W(A)", .path = "A -> B -> A",
		.verdict = LDL_VERDICT_GATED);
	ldl_reports("T1: G W(A) B; T2: r(A) B; T3: G B r(A)", .path = "A -> B -> A",
		.verdict = LDL_VERDICT_GATED);
}

/* A lock of its class is one of many, unless there is no other. */
static void a_vertex_without_other_locks_is_a_gate(void)
{
	ldl_reports("T1: G B A; T2: A G B", .path = "A -> G -> A", .count = 3,
		.verdict = LDL_VERDICT_PREDICTED);
	CU_ASSERT_EQUAL(ldl_scenario_findings()->findings[1].verdict, LDL_VERDICT_GATED);
	CU_ASSERT_EQUAL(ldl_scenario_findings()->findings[2].verdict, LDL_VERDICT_GATED);
}

static enum ldl_verdict verdict_of(const char *path)
{
	const struct ldl_scenario_result *result = ldl_scenario_findings();

	for (unsigned int i = 0; i < result->count && i < LDL_SCENARIO_FINDINGS; i++)
		if (!strcmp(result->findings[i].path, path))
			return result->findings[i].verdict;
	return LDL_VERDICT_NONE;
}

static void a_harmless_cycle_hides_no_longer_one(void)
{
	ldl_reports("T1: A C; T2: C B; T3: G A B; T4: G B A", .path = "A -> B -> A", .count = 2,
		.verdict = LDL_VERDICT_GATED);
	CU_ASSERT_EQUAL(verdict_of("A -> C -> B -> A"), LDL_VERDICT_PREDICTED);
	ldl_reports("T1: G A B; T1: H A C; T2: H C B; T3: A D; T4: D E; T5: E B; T6: G H B A",
		.path = "A -> B -> A", .count = 3, .verdict = LDL_VERDICT_GATED);
	CU_ASSERT_EQUAL(verdict_of("A -> C -> B -> A"), LDL_VERDICT_GATED);
	CU_ASSERT_EQUAL(verdict_of("A -> D -> E -> B -> A"), LDL_VERDICT_PREDICTED);
}

/* One cycle for each edge is enough, as long as it can happen. */
static void a_cycle_that_can_happen_stands_for_longer_ones(void)
{
	ldl_reports("T1: A C; T2: C B; T3: A B; T4: B A", .path = "A -> B -> A", .count = 1,
		.verdict = LDL_VERDICT_PREDICTED);
}

/* Though the shortest cycle through its edge is another one. */
static void evidence_raises_each_cycle_that_it_is_about(void)
{
	ldl_reports("T1: G A B; T2: G B C; T3: C A; T4: B A", .path = "A -> B -> C -> A",
		.count = 2, .verdict = LDL_VERDICT_GATED);
	ldl_reports("T1: G A B; T2: G B C; T3: C A; T4: B A; T5: A B", .path = "A -> B -> C -> A",
		.count = 2, .verdict = LDL_VERDICT_PREDICTED);
}

/* What was held where it was declared has nothing to do with it. */
static void a_declared_order_has_no_gate(void)
{
	ldl_reports(
		"G order(A,B), T1: G B A", .path = "A -> B -> A", .verdict = LDL_VERDICT_POTENTIAL);
}

static const struct ldl_scenario_kind by_instance = {
	.name = "by instance", .properties = LDL_CLASS_BY_INSTANCE};

/* As a vertex, A stands for all locks of its class: others may be held by the next thread. */
static void a_vertex_of_the_cycle_is_no_gate(void)
{
	ldl_reports("T1: A1 B A2", .kind = &by_instance, .path = "A -> B -> A",
		.verdict = LDL_VERDICT_POTENTIAL);
}

/* The parent keeps them apart, though it is of their class. */
static void a_parent_is_a_gate_for_the_order_of_its_children(void)
{
	ldl_reports("T1: A1 A2 A3; T2: A1 A3 A2", .kind = &by_instance, .count = 1,
		.verdict = LDL_VERDICT_GATED);
	ldl_reports("T1: A2 A3; T2: A3 A2", .kind = &by_instance, .count = 1,
		.verdict = LDL_VERDICT_PREDICTED);
	ldl_reports("T1: A1 A2 A3; T2: A4 A3 A2", .kind = &by_instance, .count = 1,
		.verdict = LDL_VERDICT_PREDICTED);
}

/* Several threads are inside at one time. */
static void a_lock_that_keeps_nobody_out_is_no_gate(void)
{
	static const struct ldl_scenario_kind virtual = {
		.name = "virtual", .flags = LDL_LOCK_VIRTUAL};

	ldl_reports("T1: G A B; T2: G B A", .kind = &virtual, .path = "A -> B -> A",
		.verdict = LDL_VERDICT_PREDICTED);
}

/* Whether that comes before the cycle is known, or after. */
static void one_time_without_the_gate_makes_it_real(void)
{
	ldl_reports("T1: G A B; T2: G B A; T2: B A", .path = "A -> B -> A", .count = 1,
		.verdict = LDL_VERDICT_PREDICTED);
	ldl_reports("T1: A B; T1: G A B; T2: G B A", .path = "A -> B -> A", .count = 1,
		.verdict = LDL_VERDICT_PREDICTED);
	ldl_reports("T1: G A B; T2: G B A; T1: G A B; T1: A B", .path = "A -> B -> A", .count = 1,
		.verdict = LDL_VERDICT_PREDICTED);
}

/* B -> A is gated, A -> C -> B goes round the gate. */
static void a_longer_cycle_is_found_where_the_shortest_is_gated(void)
{
	const struct ldl_scenario_result *result =
		ldl_scenario_run(NULL, "T1: G B A; T2: B C; T3: C A; T4: G A B");

	CU_ASSERT_EQUAL_FATAL(result->count, 2);
	CU_ASSERT_STRING_EQUAL(result->findings[0].path, "A -> B -> A");
	CU_ASSERT_EQUAL(result->findings[0].verdict, LDL_VERDICT_GATED);
	CU_ASSERT_STRING_EQUAL(result->findings[1].path, "A -> B -> C -> A");
	CU_ASSERT_EQUAL(result->findings[1].verdict, LDL_VERDICT_PREDICTED);
}

static void a_timed_wait_bounds_the_cycle_until_an_unbounded_one_is_seen(void)
{
	ldl_reports(
		"T1: A timed(B); T2: BA", .path = "A -> B -> A", .verdict = LDL_VERDICT_BOUNDED);
	ldl_reports("T1: A timed(B); T2: B timed(A)", .verdict = LDL_VERDICT_BOUNDED);
	ldl_reports("T1: A timed(B); T2: BA; T1: AB", .path = "A -> B -> A", .count = 1,
		.verdict = LDL_VERDICT_PREDICTED);
	ldl_reports("T1: AB; T2: B timed(A); T2: BA", .path = "A -> B -> A", .count = 1,
		.verdict = LDL_VERDICT_PREDICTED);
}

static void a_wait_without_limit_counts_where_it_can_happen(void)
{
	ldl_reports("T1: G A B; T1: A timed(B); T2: G B A", .path = "A -> B -> A", .count = 1,
		.verdict = LDL_VERDICT_BOUNDED);
	ldl_reports("T1: G A B; T1: A timed(B); T2: G B A; T1: A B", .path = "A -> B -> A",
		.count = 1, .verdict = LDL_VERDICT_PREDICTED);
}

static void what_is_likely_to_hang_ranks_above_what_is_not(void)
{
	CU_ASSERT_EQUAL(ldl_verdict_severity(LDL_VERDICT_PREDICTED), LDL_SEVERITY_ERROR);
	CU_ASSERT_EQUAL(ldl_verdict_severity(LDL_VERDICT_POTENTIAL), LDL_SEVERITY_ERROR);
	CU_ASSERT_EQUAL(ldl_verdict_severity(LDL_VERDICT_DEADLOCKED), LDL_SEVERITY_ERROR);
	CU_ASSERT_EQUAL(ldl_verdict_severity(LDL_VERDICT_BOUNDED), LDL_SEVERITY_WARNING);
	CU_ASSERT_EQUAL(ldl_verdict_severity(LDL_VERDICT_GATED), LDL_SEVERITY_INFO);
}

LDL_SUITE(verdicts)
{
	LDL_TEST(two_threads_on_the_same_locks_make_a_predicted_deadlock);
	LDL_TEST(one_thread_alone_makes_a_potential_one);
	LDL_TEST(locks_of_one_class_that_never_meet_make_a_potential_one);
	LDL_TEST(evidence_that_comes_later_raises_the_verdict);
	LDL_TEST(a_watched_edge_has_room_for_more_evidence);
	LDL_TEST(fewer_threads_than_edges_make_a_potential_one);
	LDL_TEST(each_thread_leaves_its_own_evidence);
	LDL_TEST(a_lock_around_both_sides_is_a_gate);
	LDL_TEST(a_gate_that_does_not_keep_them_apart_is_none);
	LDL_TEST(each_type_of_an_edge_is_weighed);
	LDL_TEST(a_harmless_cycle_hides_no_longer_one);
	LDL_TEST(a_cycle_that_can_happen_stands_for_longer_ones);
	LDL_TEST(evidence_raises_each_cycle_that_it_is_about);
	LDL_TEST(a_declared_order_has_no_gate);
	LDL_TEST(a_vertex_of_the_cycle_is_no_gate);
	LDL_TEST(a_vertex_without_other_locks_is_a_gate);
	LDL_TEST(a_parent_is_a_gate_for_the_order_of_its_children);
	LDL_TEST(a_lock_that_keeps_nobody_out_is_no_gate);
	LDL_TEST(one_time_without_the_gate_makes_it_real);
	LDL_TEST(a_longer_cycle_is_found_where_the_shortest_is_gated);
	LDL_TEST(a_timed_wait_bounds_the_cycle_until_an_unbounded_one_is_seen);
	LDL_TEST(a_wait_without_limit_counts_where_it_can_happen);
	LDL_TEST(what_is_likely_to_hang_ranks_above_what_is_not);
}
