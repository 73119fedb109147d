/* Lock order as the engine judges it: what counts as a dependency, and when a cycle is one. */
#include <lockdep_lite.h>
#include "tests/support/scenario.h"
#include "tests/support/suite.h"

static const struct ldl_scenario_kind by_instance = {
	.name = "by instance", .properties = LDL_CLASS_BY_INSTANCE};
static const struct ldl_scenario_kind recursive = {
	.name = "recursive", .flags = LDL_LOCK_RECURSIVE};

static void second_order_reversal_is_reported(void)
{
	ldl_silent("AB, AB");
	ldl_reports("AB, BA", .path = "A -> B -> A", .types = "EN EN", .rule = LDL_RULE_ORDER);
	ldl_reports("T1: AB; T2: BA", .path = "A -> B -> A");
	ldl_silent("T1: AB; T2: AB");
}

static void locks_that_are_never_held_together_have_no_order(void)
{
	ldl_silent("A, B, A, B");
	ldl_silent("T1: A; T2: B; T1: B; T2: A");
	ldl_silent("A -A B, B -B A");
}

/* Both threads hold one lock each: neither thread has both, so nothing was learned. */
static void what_another_thread_holds_makes_no_dependency(void)
{
	ldl_silent("T1: A T2: B; T1: ; T1: B T2: A");
	ldl_reports("T1: A T2: C T1: B; T2: ; T2: BA", .path = "A -> B -> A");
}

static void a_cycle_over_three_threads_is_reported(void)
{
	ldl_reports("T1: AB; T2: BC; T3: CA", .path = "A -> B -> C -> A");
	ldl_silent("T1: AB; T2: BC; T3: AC");
}

static void a_cycle_over_twenty_locks_is_reported(void)
{
	ldl_reports(
		"AB, BC, CD, DE, EF, FG, GH, HI, IJ, JK, KL, LM, MN, NO, OP, PQ, QR, RS, SU, UA",
		.path = "A -> B -> C -> D -> E -> F -> G -> H -> I -> J -> K -> L -> M -> N -> O "
			"-> P -> Q -> R -> S -> U -> A");
	ldl_silent(
		"AB, BC, CD, DE, EF, FG, GH, HI, IJ, JK, KL, LM, MN, NO, OP, PQ, QR, RS, SU, AU");
}

static void the_shortest_cycle_is_shown(void)
{
	ldl_reports("AB, BC, CD, AD, DA", .path = "A -> D -> A");
}

static void one_cycle_is_reported_once(void)
{
	ldl_reports("AB, BA, AB, BA, T1: BA; T2: AB", .count = 1, .path = "A -> B -> A");
	ldl_reports("AB, BC, CA, T1: BC; T2: CA", .count = 1, .path = "A -> B -> C -> A");
}

static void checking_goes_on_after_a_finding(void)
{
	ldl_reports("AB, BA, CD, DC", .count = 2, .path = "A -> B -> A");
	ldl_reports("AB, BA, CD, CD", .count = 1, .path = "A -> B -> A");
}

static void every_held_lock_is_a_source(void)
{
	ldl_reports("ABC, CA", .path = "A -> C -> A");
	ldl_silent("ABC, AC");
}

static void a_lock_destroyed_in_the_middle_hides_nothing(void)
{
	ldl_reports("ABC, destroy(B), CA", .path = "A -> C -> A");
	ldl_reports("AB -B destroy(B) C, CA", .path = "A -> C -> A");
	ldl_silent("ABC, destroy(B), AC");
}

static void locks_may_be_released_in_any_order(void)
{
	ldl_silent("A B -A C -B -C, A C, B C");
	ldl_reports("A B -A C -B -C, C B", .path = "B -> C -> B");
	ldl_silent("A B -A C -B -C, A C");
	ldl_reports("A B -A C -B -C, C A", .path = "A -> B -> C -> A");
}

static void a_try_waits_for_nothing(void)
{
	ldl_silent("AB, B try(A)");
	ldl_silent("A try(B), B try(A)");
	ldl_reports("AB, BA", .path = "A -> B -> A");
}

static void a_lock_that_was_tried_is_held_like_any_other(void)
{
	ldl_reports("try(A) B, BA", .path = "A -> B -> A");
	ldl_silent("try(A) B, AB");
}

static void a_wait_in_vain_was_a_wait(void)
{
	ldl_reports("A fail(B), BA", .path = "A -> B -> A");
	ldl_silent("A fail(B), AB");
}

static void a_lock_that_was_not_got_is_not_held(void)
{
	ldl_silent("fail(A) B, BA");
	ldl_silent("A fail(B) C, CB");
}

static void readers_against_readers_are_silent_only_when_they_overtake(void)
{
	ldl_silent("r(A) r(B), r(B) r(A)");
	ldl_reports("R(A) R(B), R(B) R(A)", .path = "A -> B -> A", .types = "SN SN");
	ldl_reports("r(A) R(B), R(B) W(A)", .path = "A -> B -> A", .types = "SN SN");
	ldl_silent("R(A) r(B), R(B) r(A)");
}

static void a_writer_against_a_reader_is_reported(void)
{
	ldl_reports("W(A) r(B), W(B) r(A)", .path = "A -> B -> A", .types = "ER ER");
	ldl_reports("r(A) W(B), r(B) W(A)", .path = "A -> B -> A", .types = "SN SN");
	ldl_silent("r(A) W(B), W(B) r(A)");
}

static void a_downgraded_writer_is_a_reader(void)
{
	ldl_reports("W(A) B, B r(A)", .path = "A -> B -> A", .types = "EN ER");
	ldl_silent("W(A) down(A) B, B r(A)");
	/* What was learned of the reader must not pass for the writer's. */
	ldl_reports("W(A) down(A) B, W(A) B, B r(A)", .path = "A -> B -> A", .types = "EN ER");
	ldl_reports("W(A) down(A) B, B W(A)", .path = "A -> B -> A", .types = "SN EN");
}

static void taking_a_lock_again_is_a_deadlock_unless_it_is_recursive(void)
{
	ldl_reports("A A", .path = "A", .rule = LDL_RULE_SELF_DEADLOCK);
	ldl_reports("A A", .kind = &recursive, .silent = true);
	ldl_reports("A timed(A)", .rule = LDL_RULE_SELF_DEADLOCK);
	ldl_silent("A -A A");
}

/* The second hold of a recursive lock cannot block, so nothing is learned from it. */
static void taking_a_recursive_lock_again_makes_no_dependency(void)
{
	ldl_silent_as(&recursive, "A B A -A, A B");
	ldl_reports("A B A -A, B A", .kind = &recursive, .path = "A -> B -> A");
	ldl_reports("A A -A B, B A", .kind = &recursive, .path = "A -> B -> A");
	ldl_silent_as(&recursive, "A A -A -A B, B A");
}

static void order_within_a_class_is_learned_lock_by_lock(void)
{
	ldl_silent_as(&by_instance, "X1 X2, X1 X2");
	ldl_silent_as(&by_instance, "X1 X2, X2 X3, X1 X3");
	ldl_reports("X1 X2, X2 X1", .kind = &by_instance, .path = "X1 -> X2 -> X1",
		.rule = LDL_RULE_INSTANCE_ORDER);
	ldl_reports("X1 X2, X2 X3, X3 X1", .kind = &by_instance, .path = "X1 -> X2 -> X3 -> X1",
		.rule = LDL_RULE_INSTANCE_ORDER);
	ldl_reports("T1: X1 X2; T2: X2 X1", .kind = &by_instance, .path = "X1 -> X2 -> X1");
}

/* The locks of another class between them do not matter. */
static void order_within_a_class_is_learned_across_other_locks(void)
{
	ldl_reports("X1 try(A) X2, X2 try(A) X1", .kind = &by_instance, .path = "X1 -> X2 -> X1");
	ldl_silent_as(&by_instance, "X1 try(A) X2, X1 try(A) X2");
}

static void a_new_lock_at_an_old_address_has_no_past(void)
{
	ldl_silent_as(&by_instance, "X1 X2, destroy(X1) init(X1), X2 X1");
	ldl_silent_as(&by_instance, "X1 X2, init(X1), X2 X1");
	ldl_silent_as(&by_instance, "X1 X2, X2 X3, destroy(X2), X3 X1");
	ldl_silent_as(&by_instance, "X1 X2, X2 X3, destroy(X2) init(X2), X3 X1");
	ldl_reports("X1 X2, destroy(X3) init(X3), X2 X1", .kind = &by_instance,
		.path = "X1 -> X2 -> X1");
}

static void what_a_class_has_learned_outlives_its_locks(void)
{
	ldl_reports("AB, destroy(A) destroy(B) init(A) init(B), BA", .path = "A -> B -> A");
}

static void nesting_in_a_strict_class_is_an_error(void)
{
	ldl_reports("X1 X2", .path = "X", .rule = LDL_RULE_SAME_CLASS);
	ldl_reports("X1 X2, X2 X3, X3 X1", .count = 1, .path = "X");
	ldl_silent("X1, X2");
	ldl_silent("X1 try(X2)");
}

static void subclasses_declare_the_nesting(void)
{
	ldl_silent("X1 sub1(X2), X2 sub1(X1)");
	ldl_silent("X1 sub1(X2) sub2(X3)");
	ldl_reports("X1 sub1(X2), sub1(X1) X2", .path = "X -> X/1 -> X", .rule = LDL_RULE_ORDER);
	ldl_reports("sub1(X1) sub1(X2)", .rule = LDL_RULE_SAME_CLASS);
}

static void an_outer_lock_declares_any_nesting(void)
{
	ldl_silent("nest(X1,A), A X1 X2, A X2 X1");
	ldl_reports("nest(X1,A), X1 X2", .path = "X", .rule = LDL_RULE_SAME_CLASS);
	ldl_reports("B X1 X2", .path = "X", .rule = LDL_RULE_SAME_CLASS);
	ldl_silent_as(&by_instance, "nest(X1,A), A X1 X2, A X2 X1");
}

static void a_declared_order_needs_no_second_thread(void)
{
	ldl_reports("order(A,B), BA", .path = "A -> B -> A", .rule = LDL_RULE_DECLARED_ORDER);
	ldl_silent("order(A,B), AB");
	ldl_reports("order(A,B), AB, BA", .path = "A -> B -> A", .rule = LDL_RULE_DECLARED_ORDER);
	ldl_reports("order(A,B), order(B,C), CA", .path = "A -> B -> C -> A",
		.rule = LDL_RULE_DECLARED_ORDER);
}

static void an_assertion_about_a_lock_is_checked(void)
{
	ldl_silent("A held(A)");
	ldl_silent("r(A) held(A)");
	ldl_silent("A -A unheld(A)");
	ldl_reports("held(A)", .path = "A", .rule = LDL_RULE_NOT_HELD);
	ldl_reports("A unheld(A)", .path = "A", .rule = LDL_RULE_NOT_HELD);
	ldl_reports("T1: A T2: held(A)", .path = "A", .rule = LDL_RULE_NOT_HELD);
}

static void a_release_without_a_hold_is_reported(void)
{
	ldl_reports("-A", .path = "A", .rule = LDL_RULE_UNLOCK_UNHELD);
	ldl_reports("A -A -A", .path = "A", .rule = LDL_RULE_UNLOCK_UNHELD);
	ldl_silent("A -A, A -A");
}

static void a_release_of_another_threads_lock_is_reported(void)
{
	ldl_reports("T1: A T2: -A", .path = "A", .rule = LDL_RULE_UNLOCK_FOREIGN);
	ldl_silent("T1: A -A T2: A -A");
}

/* After the foreign release the lock is nobody's: it orders nothing any more. */
static void a_lock_that_was_released_elsewhere_is_no_source(void)
{
	ldl_reports("T1: A T2: -A T1: B; T2: BA", .count = 1, .rule = LDL_RULE_UNLOCK_FOREIGN);
}

static void ending_or_beginning_a_held_lock_is_reported(void)
{
	ldl_reports("A destroy(A)", .path = "A", .rule = LDL_RULE_DESTROY_HELD);
	ldl_reports("A init(A)", .path = "A", .rule = LDL_RULE_INIT_HELD);
	ldl_silent("A -A destroy(A) init(A), A");
}

LDL_SUITE(order_rules)
{
	LDL_TEST(second_order_reversal_is_reported);
	LDL_TEST(locks_that_are_never_held_together_have_no_order);
	LDL_TEST(what_another_thread_holds_makes_no_dependency);
	LDL_TEST(a_cycle_over_three_threads_is_reported);
	LDL_TEST(a_cycle_over_twenty_locks_is_reported);
	LDL_TEST(the_shortest_cycle_is_shown);
	LDL_TEST(one_cycle_is_reported_once);
	LDL_TEST(checking_goes_on_after_a_finding);
	LDL_TEST(every_held_lock_is_a_source);
	LDL_TEST(a_lock_destroyed_in_the_middle_hides_nothing);
	LDL_TEST(locks_may_be_released_in_any_order);
	LDL_TEST(a_try_waits_for_nothing);
	LDL_TEST(a_lock_that_was_tried_is_held_like_any_other);
	LDL_TEST(a_wait_in_vain_was_a_wait);
	LDL_TEST(a_lock_that_was_not_got_is_not_held);
	LDL_TEST(readers_against_readers_are_silent_only_when_they_overtake);
	LDL_TEST(a_writer_against_a_reader_is_reported);
	LDL_TEST(a_downgraded_writer_is_a_reader);
	LDL_TEST(taking_a_lock_again_is_a_deadlock_unless_it_is_recursive);
	LDL_TEST(taking_a_recursive_lock_again_makes_no_dependency);
	LDL_TEST(order_within_a_class_is_learned_lock_by_lock);
	LDL_TEST(order_within_a_class_is_learned_across_other_locks);
	LDL_TEST(a_new_lock_at_an_old_address_has_no_past);
	LDL_TEST(what_a_class_has_learned_outlives_its_locks);
	LDL_TEST(nesting_in_a_strict_class_is_an_error);
	LDL_TEST(subclasses_declare_the_nesting);
	LDL_TEST(an_outer_lock_declares_any_nesting);
	LDL_TEST(a_declared_order_needs_no_second_thread);
	LDL_TEST(an_assertion_about_a_lock_is_checked);
	LDL_TEST(a_release_without_a_hold_is_reported);
	LDL_TEST(a_release_of_another_threads_lock_is_reported);
	LDL_TEST(a_lock_that_was_released_elsewhere_is_no_source);
	LDL_TEST(ending_or_beginning_a_held_lock_is_reported);
}
