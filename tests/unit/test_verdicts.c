/* core/verdict: what the witnesses of a cycle's edges say about it. */
#include <lockdep_lite.h>
#include "core/format.h"
#include "core/verdict.h"
#include "tests/support/scenario.h"
#include "tests/support/suite.h"

static void two_threads_on_the_same_locks_make_a_predicted_deadlock(void)
{
	ldl_reports("T1: AB; T2: BA", .path = "A -> B -> A", .verdict = LDL_VERDICT_PREDICTED);
	ldl_reports("T1: AB; T2: BC; T3: CA", .verdict = LDL_VERDICT_PREDICTED);
	ldl_reports("T1: AB; T1: BC; T2: CA", .verdict = LDL_VERDICT_PREDICTED);
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

/* C makes it another chain: one that is known brings no more evidence. */
static void evidence_that_comes_later_raises_the_verdict(void)
{
	ldl_reports("T1: A1 B1; T2: B2 A2; T3: C B1 A1", .path = "A -> B -> A", .count = 1,
		.verdict = LDL_VERDICT_PREDICTED);
	ldl_reports("AB, BA, T1: C B A", .path = "A -> B -> A", .count = 1,
		.verdict = LDL_VERDICT_PREDICTED);
}

static void a_lock_around_both_sides_is_no_prediction(void)
{
	ldl_reports(
		"T1: G A B; T2: G B A", .path = "A -> B -> A", .verdict = LDL_VERDICT_POTENTIAL);
	ldl_reports(
		"T1: G A B; T2: H B A", .path = "A -> B -> A", .verdict = LDL_VERDICT_PREDICTED);
	ldl_reports("T1: R(G) A B; T2: R(G) B A", .path = "A -> B -> A",
		.verdict = LDL_VERDICT_PREDICTED);
	ldl_reports(
		"T1: G1 A B; T2: G2 B A", .path = "A -> B -> A", .verdict = LDL_VERDICT_PREDICTED);
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
	LDL_TEST(a_lock_around_both_sides_is_no_prediction);
	LDL_TEST(a_timed_wait_bounds_the_cycle_until_an_unbounded_one_is_seen);
	LDL_TEST(what_is_likely_to_hang_ranks_above_what_is_not);
}
