/* core/turn: locks of one class that threads pass on in turn, and those that look like it. */
#include <lockdep_lite.h>
#include "core/class.h"
#include "core/engine_state.h"
#include "core/turn.h"
#include "tests/support/lockstep.h"
#include "tests/support/random.h"
#include "tests/support/suite.h"

enum { LOCKS = 12, ENOUGH = 100 };

static char locks[LOCKS];
static ldl_class_t class;

/* What a thread is to do. */
struct act {
	int outer, inner;
	unsigned int mode;
};

static void begin(void)
{
	class = ldl_class("ring", LDL_CLASS_BY_INSTANCE);
	for (int i = 0; i < LOCKS; i++)
		ldl_lock_init(&locks[i], class, 0);
}

static void wish(void *argument)
{
	const struct act *act = argument;

	ldl_lock_acquire(&locks[act->outer], act->mode);
	ldl_lock_acquired(&locks[act->outer], act->mode);
	ldl_lock_acquire(&locks[act->inner], act->mode);
}

static void wish_again(void *argument)
{
	const struct act *act = argument;

	ldl_lock_acquired(&locks[act->inner], act->mode);
	ldl_lock_release(&locks[act->inner]);
	ldl_lock_acquire(&locks[act->inner], act->mode);
}

static void end_wish(void *argument)
{
	const struct act *act = argument;

	ldl_lock_acquired(&locks[act->inner], act->mode);
	ldl_lock_release(&locks[act->outer]);
	ldl_lock_release(&locks[act->inner]);
}

static void nest(void *argument)
{
	wish(argument);
	end_wish(argument);
}

/* One of 10, 11, … takes two locks of the ring. */
static void pass(unsigned int thread, int outer, int inner)
{
	lockstep_call(thread, nest, &(struct act){outer, inner, LDL_EXCLUSIVE});
}

/* So many nestings in turn around a ring of `size` locks from lock `from` on, each by another one
 * of three threads than the last; returns the lock at which the last one ends. */
static int go_round(int from, int size, int count)
{
	static unsigned int latest;

	for (int i = 0; i < count; i++) {
		latest = (latest + 1) % 3;
		pass(1 + latest, from, (from + 1) % size);
		from = (from + 1) % size;
	}
	return from;
}

static const struct ldl_turn *turn(void)
{
	return ldl_turn_at(&ldl_engine.arena, ldl_class_at(&ldl_engine.arena, class)->turn);
}

/* The verdict of the only finding; LDL_VERDICT_NONE when there is none. */
static enum ldl_verdict verdict(void)
{
	const struct ldl_arena *arena = &ldl_engine.arena;

	CU_ASSERT(ldl_arena_table(arena, LDL_TABLE_FINDINGS)->used <= 2);
	return ldl_arena_table(arena, LDL_TABLE_FINDINGS)->used == 2
		       ? ldl_finding_at(arena, 1)->verdict
		       : LDL_VERDICT_NONE;
}

static uint32_t turns_shown(void)
{
	const struct ldl_arena *arena = &ldl_engine.arena;

	return ldl_path_step_at(arena, ldl_finding_at(arena, 1)->path_first)->turns;
}

/* It can happen: the verdict of three threads that were alive together. */
static void expect_error(void)
{
	CU_ASSERT(verdict() == LDL_VERDICT_PREDICTED || verdict() == LDL_VERDICT_POTENTIAL);
	CU_ASSERT_EQUAL(turns_shown(), 0);
	CU_ASSERT_EQUAL(ldl_finding_count(), 1);
	lockstep_stop();
}

static void expect_gated(void)
{
	CU_ASSERT_EQUAL(verdict(), LDL_VERDICT_GATED);
	CU_ASSERT(turns_shown() >= LDL_TURNS_LEAST);
	CU_ASSERT_EQUAL(ldl_finding_at(&ldl_engine.arena, 1)->severity, LDL_SEVERITY_INFO);
	CU_ASSERT_EQUAL(turn()->lock, 0);
	lockstep_stop();
}

static void a_ring_that_is_passed_on_in_turn_is_gated(void)
{
	begin();
	(void)go_round(0, 5, ENOUGH);
	expect_gated();
}

static void two_locks_may_be_a_ring(void)
{
	begin();
	(void)go_round(0, 2, 2 * ENOUGH);
	expect_gated();
}

static void it_is_an_error_until_that_was_seen_often_enough(void)
{
	int at;

	begin();
	at = go_round(0, 5, LDL_TURNS_LEAST); /* the first one takes over from nobody */
	CU_ASSERT(verdict() == LDL_VERDICT_PREDICTED || verdict() == LDL_VERDICT_POTENTIAL);
	CU_ASSERT_EQUAL(ldl_finding_count(), 1);
	(void)go_round(at, 5, 1);
	expect_gated();
}

static void the_figure_grows_with_the_nestings(void)
{
	begin();
	(void)go_round(0, 5, 1025);
	CU_ASSERT_EQUAL(turns_shown(), 1025);
	CU_ASSERT_EQUAL(turn()->handed, 1024);
	expect_gated();
}

/* Three rounds, if that is more than the least number. */
static void a_long_ring_must_come_round_three_times(void)
{
	const struct ldl_arena *arena = &ldl_engine.arena;

	begin();
	(void)go_round(0, 5, ENOUGH);
	CU_ASSERT_EQUAL(ldl_turn_kept(arena, class, ENOUGH / LDL_TURNS_ROUNDS), ENOUGH);
	CU_ASSERT_EQUAL(ldl_turn_kept(arena, class, ENOUGH / LDL_TURNS_ROUNDS + 1), 0);
	CU_ASSERT_EQUAL(ldl_turn_kept(arena, class, 1), 0);
	expect_gated();
}

/* One walks round and round; others do so once each, later: they only did not meet. */
static void walks_one_after_another_are_an_error(void)
{
	begin();
	for (int i = 0; i < 1010; i++)
		pass(i < 1000 ? 1 : i < 1005 ? 2 : 3, i % 5, (i + 1) % 5);
	expect_error();
}

static void one_nesting_out_of_turn_makes_it_an_error(void)
{
	int at;

	begin();
	at = go_round(0, LOCKS, 1000);
	CU_ASSERT_EQUAL(verdict(), LDL_VERDICT_GATED);
	pass(2, (at + 3) % LOCKS, (at + 4) % LOCKS);
	expect_error();
}

static void for_good(void)
{
	int at;

	begin();
	at = go_round(0, LOCKS, 1000);
	pass(2, (at + 3) % LOCKS, (at + 4) % LOCKS);
	(void)go_round(at, LOCKS, 1000);
	expect_error();
}

static void nor_may_it_end_elsewhere(void)
{
	int at;

	begin();
	at = go_round(0, 5, 1000);
	pass(2, at, LOCKS - 1);
	pass(2, at, (at + 1) % 5);
	expect_error();
}

/* What was made a moment ago may be the beginning of another row; one that nobody takes on is not.
 */
static void a_single_late_nesting_is_out_of_turn_when_it_is_passed(void)
{
	int at;

	begin();
	at = go_round(0, 5, 1000);
	pass(2, (at + 2) % 5, (at + 3) % 5);
	(void)go_round(at, 5, 5);
	expect_error();
}

static void a_second_row_may_follow_the_first(void)
{
	int at;

	begin();
	at = go_round(0, 8, 1000);
	for (int i = 0; i < 20; i++) {
		pass(2, (at + 8 - 2 + i) % 8, (at + 8 - 1 + i) % 8);
		(void)go_round((at + i) % 8, 8, 1);
	}
	CU_ASSERT_EQUAL(turn()->state & LDL_TURN_FORKED, LDL_TURN_FORKED);
	CU_ASSERT_NOT_EQUAL(turn()->batons[1].at, 0);
	/* It comes as far as the first. */
	pass(2, (at + 18) % 8, (at + 19) % 8);
	pass(2, (at + 19) % 8, (at + 20) % 8);
	CU_ASSERT_EQUAL(turn()->batons[1].at, 0);
	(void)go_round((at + 20) % 8, 8, 20);
	expect_gated();
}

static void no_third_one(void)
{
	int at;

	begin();
	at = go_round(0, 8, 1000);
	pass(2, (at + 8 - 2) % 8, (at + 8 - 1) % 8);
	pass(2, (at + 8 - 3) % 8, (at + 8 - 2) % 8);
	expect_error();
}

static void with_two_rows_two_locks_can_close_a_cycle(void)
{
	begin();
	(void)go_round(0, 8, 1000);
	CU_ASSERT_NOT_EQUAL(ldl_turn_kept(&ldl_engine.arena, class, 2), 0);
	pass(2, 1000 % 8 + 8 - 2, 1000 % 8 + 8 - 1);
	CU_ASSERT_EQUAL(ldl_turn_kept(&ldl_engine.arena, class, 2), 0);
	CU_ASSERT_NOT_EQUAL(ldl_turn_kept(&ldl_engine.arena, class, 3), 0);
	lockstep_stop();
}

static void the_same_nesting_may_be_made_again(void)
{
	begin();
	for (int i = 0; i < 500; i++) {
		pass(1 + (unsigned int)i % 3, i % 5, (i + 1) % 5);
		pass(1 + (unsigned int)i % 2, i % 5, (i + 1) % 5);
	}
	CU_ASSERT_EQUAL(turn()->passed, 500);
	expect_gated();
}

/* Each in a seat of its own, and every one after the other: nothing but luck. */
static void philosophers_who_eat_in_turn_are_an_error(void)
{
	begin();
	for (int i = 0; i < 1000; i++)
		pass(1 + (unsigned int)i % 5, i % 5, (i + 1) % 5);
	expect_error();
}

static void philosophers_who_eat_their_fill_in_turn_are_an_error(void)
{
	begin();
	for (int i = 0; i < 1000; i++)
		pass(1 + (unsigned int)(i / 20) % 5, i / 20 % 5, (i / 20 + 1) % 5);
	expect_error();
}

static void philosophers_who_eat_at_random_are_an_error(void)
{
	struct ldl_random random = ldl_random_make(0x7ea7);

	begin();
	for (int i = 0; i < 1000; i++) {
		uint32_t seat = ldl_random_below(&random, 5);

		pass(1 + ldl_random_below(&random, 5), (int)seat, (int)(seat + 1) % 5);
	}
	expect_error();
}

static void one_who_goes_from_seat_to_seat_alone_is_an_error(void)
{
	begin();
	for (int i = 0; i < 1000; i++)
		pass(i < 500 ? 1 : 2, 0, 1);
	for (int i = 1; i < 1000; i++)
		pass(1, i % 5, (i + 1) % 5);
	expect_error();
}

static void two_rings_at_once_are_an_error(void)
{
	begin();
	for (int i = 0; i < 1000; i++) {
		pass(1 + (unsigned int)i % 3, i % 5, (i + 1) % 5);
		pass(1 + (unsigned int)i % 2, 5 + i % 5, 5 + (i + 1) % 5);
	}
	expect_error();
}

/* Seen by the record of the thread that waits: the next one could only go on past it. */
static void nobody_goes_on_past_one_who_waits(void)
{
	struct act waits;
	int at;

	begin();
	at = go_round(0, 5, 1000);
	waits = (struct act){at, (at + 1) % 5, LDL_EXCLUSIVE};
	lockstep_call(4, wish, &waits);
	CU_ASSERT_EQUAL(verdict(), LDL_VERDICT_GATED);
	pass(1, (at + 1) % 5, (at + 2) % 5);
	lockstep_call(4, end_wish, &waits);
	expect_error();
}

/* It had the lock, so the next one may have it by now. */
static void but_past_one_who_waits_for_it_again(void)
{
	struct act waits, waits_too;
	int at;

	begin();
	at = go_round(0, 5, 1000);
	waits = (struct act){at, (at + 1) % 5, LDL_EXCLUSIVE};
	lockstep_call(4, wish, &waits);
	lockstep_call(4, wish_again, &waits);
	waits_too = (struct act){(at + 1) % 5, (at + 2) % 5, LDL_EXCLUSIVE};
	lockstep_call(5, wish, &waits_too);
	lockstep_call(5, wish_again, &waits_too);
	CU_ASSERT_EQUAL(verdict(), LDL_VERDICT_GATED);
	CU_ASSERT_EQUAL(turn()->state & LDL_TURN_BROKEN, 0);
	/* Two wait: a third one may not. */
	pass(1, (at + 2) % 5, (at + 3) % 5);
	lockstep_call(4, end_wish, &waits);
	lockstep_call(5, end_wish, &waits_too);
	expect_error();
}

static void who_waits_for_something_else_is_not_in_the_way(void)
{
	struct act waits;
	int at;

	begin();
	at = go_round(0, 5, 1000);
	pass(4, at, (at + 1) % 5);
	/* The same lock, but with nothing held. */
	waits = (struct act){LOCKS - 1, (at + 1) % 5, LDL_EXCLUSIVE};
	ldl_lock_init(&locks[LOCKS - 1], ldl_class("another", LDL_CLASS_BY_INSTANCE), 0);
	lockstep_call(4, wish, &waits);
	at = go_round((at + 1) % 5, 5, 1);
	lockstep_call(4, end_wish, &waits);
	(void)go_round(at, 5, 10);
	expect_gated();
}

static void readers_take_no_turns(void)
{
	begin();
	for (int i = 0; i < 1000; i++)
		lockstep_call(1 + (unsigned int)(i * 7 / 3) % 3, nest,
			&(struct act){i % 5, (i + 1) % 5, i == 500 ? LDL_SHARED : LDL_EXCLUSIVE});
	expect_error();
}

static void take_three(void *argument)
{
	int at = *(int *)argument;

	ldl_lock_acquire(&locks[at], LDL_EXCLUSIVE);
	ldl_lock_acquired(&locks[at], LDL_EXCLUSIVE);
	nest(&(struct act){(at + 1) % 5, (at + 2) % 5, LDL_EXCLUSIVE});
	ldl_lock_release(&locks[at]);
}

static void nor_does_who_holds_three(void)
{
	int at;

	begin();
	at = go_round(0, 5, 1000);
	lockstep_call(2, take_three, &at);
	CU_ASSERT_EQUAL(turn()->state & LDL_TURN_BROKEN, LDL_TURN_BROKEN);
	CU_ASSERT_EQUAL(ldl_finding_at(&ldl_engine.arena, 1)->severity, LDL_SEVERITY_ERROR);
	lockstep_stop();
}

/* In production nobody waits for our locks; what was missed was out of turn. */
static void a_turn_that_cannot_be_told_is_broken(void)
{
	int at;

	begin();
	at = go_round(0, 5, 1000);
	ldl_engine.options.prod = true;
	lockstep_hold(9, &ldl_turn_at(&ldl_engine.arena, 1)->lock);
	pass(1, at, (at + 1) % 5);
	lockstep_give_back(9, &ldl_turn_at(&ldl_engine.arena, 1)->lock);
	ldl_engine.options.prod = false;
	expect_error();
}

static void a_verdict_that_cannot_rise_now_rises_at_the_next_nesting(void)
{
	int at;

	begin();
	at = go_round(0, LOCKS, 1000);
	ldl_engine.options.prod = true;
	lockstep_hold(9, &ldl_engine.arena.header->writer);
	pass(1, (at + 3) % LOCKS, (at + 4) % LOCKS);
	CU_ASSERT_EQUAL(verdict(), LDL_VERDICT_GATED);
	CU_ASSERT_EQUAL(turn()->state & LDL_TURN_UNSETTLED, LDL_TURN_UNSETTLED);
	lockstep_give_back(9, &ldl_engine.arena.header->writer);
	pass(1, at, (at + 1) % LOCKS);
	ldl_engine.options.prod = false;
	CU_ASSERT_EQUAL(turn()->state & LDL_TURN_UNSETTLED, 0);
	expect_error();
}

static void a_lock_made_anew_is_another_one(void)
{
	int at;

	begin();
	at = go_round(0, LOCKS, 1000);
	ldl_lock_destroy(&locks[at]);
	ldl_lock_init(&locks[at], class, 0);
	pass(1, at, (at + 1) % LOCKS);
	expect_error();
}

LDL_SUITE(turn)
{
	LDL_TEST(a_ring_that_is_passed_on_in_turn_is_gated);
	LDL_TEST(two_locks_may_be_a_ring);
	LDL_TEST(it_is_an_error_until_that_was_seen_often_enough);
	LDL_TEST(the_figure_grows_with_the_nestings);
	LDL_TEST(a_long_ring_must_come_round_three_times);
	LDL_TEST(walks_one_after_another_are_an_error);
	LDL_TEST(one_nesting_out_of_turn_makes_it_an_error);
	LDL_TEST(for_good);
	LDL_TEST(nor_may_it_end_elsewhere);
	LDL_TEST(a_single_late_nesting_is_out_of_turn_when_it_is_passed);
	LDL_TEST(a_second_row_may_follow_the_first);
	LDL_TEST(no_third_one);
	LDL_TEST(with_two_rows_two_locks_can_close_a_cycle);
	LDL_TEST(the_same_nesting_may_be_made_again);
	LDL_TEST(philosophers_who_eat_in_turn_are_an_error);
	LDL_TEST(philosophers_who_eat_their_fill_in_turn_are_an_error);
	LDL_TEST(philosophers_who_eat_at_random_are_an_error);
	LDL_TEST(one_who_goes_from_seat_to_seat_alone_is_an_error);
	LDL_TEST(two_rings_at_once_are_an_error);
	LDL_TEST(nobody_goes_on_past_one_who_waits);
	LDL_TEST(but_past_one_who_waits_for_it_again);
	LDL_TEST(who_waits_for_something_else_is_not_in_the_way);
	LDL_TEST(readers_take_no_turns);
	LDL_TEST(nor_does_who_holds_three);
	LDL_TEST(a_turn_that_cannot_be_told_is_broken);
	LDL_TEST(a_verdict_that_cannot_rise_now_rises_at_the_next_nesting);
	LDL_TEST(a_lock_made_anew_is_another_one);
}
