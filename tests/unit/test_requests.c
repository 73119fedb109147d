/* Requests and their replies: a thread wakes a worker, and waits for what the worker wakes. What it
 * woke itself it does not wait for, so that the pair closes no cycle, in whatever order their steps
 * come; while a wait that nobody asked for does (rules C3 and L11). */
#include <lockdep_lite.h>
#include "tests/support/breach.h"
#include "tests/support/lockstep.h"
#include "tests/support/orders.h"
#include "tests/support/suite.h"

static char a, b, c, queue, second_queue, accepted, done, pool, element, other_element;

static void make(void)
{
	ldl_lock_init(&a, ldl_class("a", LDL_CLASS_STRICT), 0);
	ldl_lock_init(&b, ldl_class("b", LDL_CLASS_STRICT), 0);
	ldl_lock_init(&c, ldl_class("c", LDL_CLASS_STRICT), 0);
	ldl_event_init(&queue, "queue");
	ldl_event_init(&second_queue, "second queue");
	ldl_event_init(&accepted, "accepted");
	ldl_event_init(&done, "done");
	ldl_mempool_create(&pool, "pool", 2, 2);
}

static void take(void *which)
{
	ldl_mempool_alloc(&pool, LDL_GFP_NOIO);
	ldl_mempool_taken(&pool, which, LDL_MEMPOOL_RESERVE);
}

static void give(void *which)
{
	ldl_mempool_free(&pool, which);
}

static void lock(void *which)
{
	ldl_lock_acquire(which, LDL_EXCLUSIVE);
	ldl_lock_acquired(which, LDL_EXCLUSIVE);
}

static void unlock(void *which)
{
	ldl_lock_release(which);
}

static void wait_for(void *event)
{
	ldl_might_wait(event);
}

static void wake(void *event)
{
	ldl_wake(event);
}

static void init_done(void *event)
{
	ldl_event_init(event, "done");
}

/* The submitter holds an element until the worker gives it back. */
static void c3_a_request_that_gives_its_element_away_is_silent(void)
{
	struct play play = {
		.rounds = 2,
		.begin = make,
		.is_expected = breach_is_silent,
		.steps =
			{
				[1] = {STEP(take, &element), STEP(wake, &queue),
					STEP(wait_for, &done), AFTER(2, 3, init_done, &done)},
				[2] = {STEP(wait_for, &queue), AFTER(1, 2, give, &element),
					STEP(wake, &done)},
			},
	};

	CU_ASSERT(orders_are_as_expected(&play));
}

/* The completion is made once. */
static void c3_a_request_for_a_lasting_event_is_silent(void)
{
	struct play play = {
		.rounds = 2,
		.begin = make,
		.is_expected = breach_is_silent,
		.steps =
			{
				[1] = {AFTER(2, 0, take, &element), STEP(wake, &queue),
					STEP(wait_for, &done)},
				[2] = {STEP(wait_for, &queue), AFTER(1, 2, give, &element),
					STEP(wake, &done)},
			},
	};

	CU_ASSERT(orders_are_as_expected(&play));
}

static bool is_cycle_of_the_pool(void)
{
	return breach_is_cycle(LDL_RULE_C3, "done -> pool -> done");
}

static void c3_a_worker_that_needs_an_element_first_is_reported(void)
{
	struct play play = {
		.rounds = 1,
		.begin = make,
		.is_expected = is_cycle_of_the_pool,
		.steps =
			{
				[1] = {STEP(take, &element), STEP(wake, &queue),
					STEP(wait_for, &done)},
				[2] = {STEP(wait_for, &queue), AFTER(1, 2, take, &other_element),
					STEP(give, &other_element), AFTER(1, 3, give, &element),
					STEP(wake, &done)},
			},
	};

	CU_ASSERT(orders_are_as_expected(&play));
}

static void l11_a_request_under_a_lock_is_silent(void)
{
	struct play play = {
		.rounds = 2,
		.begin = make,
		.is_expected = breach_is_silent,
		.steps =
			{
				[1] = {STEP(lock, &a), STEP(wake, &queue), STEP(wait_for, &done),
					AFTER(2, 2, unlock, &a)},
				[2] = {STEP(wait_for, &queue), AFTER(1, 2, wake, &done)},
			},
	};

	CU_ASSERT(orders_are_as_expected(&play));
}

/* As with prepare_to_wait(): the waiter looks at its condition, and waits again. */
static void l11_a_wait_that_goes_on_is_silent(void)
{
	struct play play = {
		.rounds = 2,
		.begin = make,
		.is_expected = breach_is_silent,
		.steps =
			{
				[1] = {STEP(lock, &a), STEP(wake, &queue), STEP(wait_for, &done),
					STEP(wait_for, &done), AFTER(2, 2, unlock, &a)},
				[2] = {STEP(wait_for, &queue), AFTER(1, 2, wake, &done)},
			},
	};

	CU_ASSERT(orders_are_as_expected(&play));
}

static void l11_two_replies_to_one_request_are_silent(void)
{
	struct play play = {
		.rounds = 2,
		.begin = make,
		.is_expected = breach_is_silent,
		.steps =
			{
				[1] = {STEP(lock, &a), STEP(wake, &queue),
					STEP(wait_for, &accepted), AFTER(2, 2, wait_for, &done),
					AFTER(2, 3, unlock, &a)},
				[2] = {STEP(wait_for, &queue), AFTER(1, 2, wake, &accepted),
					STEP(wake, &done)},
			},
	};

	CU_ASSERT(orders_are_as_expected(&play));
}

/* The first worker hands the request on to the second. */
static void l11_a_request_through_two_workers_is_silent(void)
{
	struct play play = {
		.rounds = 1,
		.begin = make,
		.is_expected = breach_is_silent,
		.steps =
			{
				[1] = {STEP(lock, &a), STEP(wake, &queue), STEP(wait_for, &done),
					AFTER(3, 2, unlock, &a)},
				[2] = {STEP(wait_for, &queue), AFTER(1, 2, wake, &second_queue)},
				[3] = {STEP(wait_for, &second_queue), AFTER(2, 2, wake, &done)},
			},
	};

	CU_ASSERT(orders_are_as_expected(&play));
}

static bool is_cycle_of_the_second_worker(void)
{
	return breach_is_cycle(LDL_RULE_EVENT, "a -> done -> second queue -> a");
}

static void l11_a_worker_between_that_needs_the_lock_is_reported(void)
{
	struct play play = {
		.rounds = 1,
		.begin = make,
		.is_expected = is_cycle_of_the_second_worker,
		.steps =
			{
				[1] = {STEP(lock, &a), STEP(wake, &queue), STEP(wait_for, &done),
					STEP(unlock, &a)},
				[2] = {STEP(wait_for, &queue), AFTER(1, 2, lock, &a),
					STEP(unlock, &a), STEP(wake, &second_queue)},
				[3] = {STEP(wait_for, &second_queue), AFTER(2, 4, wake, &done)},
			},
	};

	CU_ASSERT(orders_are_as_expected(&play));
}

static bool is_cycle_of_the_request(void)
{
	return breach_is_cycle(LDL_RULE_EVENT, "a -> done -> queue -> a");
}

/* Who asks needs the lock that the other waiter holds. */
static void l11_a_wait_that_somebody_else_asks_for_is_reported(void)
{
	struct play play = {
		.rounds = 1,
		.begin = make,
		.is_expected = is_cycle_of_the_request,
		.steps =
			{
				[1] = {STEP(lock, &a), STEP(wake, &queue), STEP(unlock, &a)},
				[2] = {STEP(wait_for, &queue), AFTER(1, 2, wake, &done)},
				[3] = {STEP(lock, &a), STEP(wait_for, &done), STEP(unlock, &a)},
			},
	};

	CU_ASSERT(orders_are_as_expected(&play));
}

/* One waiter asks, the other does not: beside the cycle that is none there is one. */
static void l11_a_wait_beside_one_that_was_asked_for_is_reported(void)
{
	struct play play = {
		.rounds = 1,
		.begin = make,
		.is_expected = is_cycle_of_the_request,
		.steps =
			{
				[1] = {STEP(lock, &a), STEP(wake, &queue), STEP(wait_for, &done),
					AFTER(2, 2, unlock, &a)},
				[2] = {STEP(wait_for, &queue), AFTER(1, 2, wake, &done)},
				[3] = {STEP(lock, &a), STEP(wait_for, &done), STEP(unlock, &a)},
			},
	};

	CU_ASSERT(orders_are_as_expected(&play));
}

/* Semaphores: there is room at first. */
static void l11_a_bounded_buffer_is_silent(void)
{
	struct play play = {
		.rounds = 3,
		.begin = make,
		.is_expected = breach_is_silent,
		.steps =
			{
				[1] = {STEP(wait_for, &accepted), STEP(wake, &queue)},
				[2] = {STEP(wait_for, &queue), AFTER(1, 2, wake, &accepted)},
			},
	};

	CU_ASSERT(orders_are_as_expected(&play));
}

/* From here on one thread after the other. */
struct pair {
	void *outer, *inner;
};

static void lock_both(void *argument)
{
	const struct pair *pair = argument;

	lock(pair->outer);
	lock(pair->inner);
	unlock(pair->inner);
	unlock(pair->outer);
}

static void wake_under(void *argument)
{
	const struct pair *pair = argument;

	lock(pair->outer);
	wake(pair->inner);
	unlock(pair->outer);
}

static void wait_under(void *argument)
{
	const struct pair *pair = argument;

	lock(pair->outer);
	wait_for(pair->inner);
	unlock(pair->outer);
}

static void ask_under(void *argument)
{
	const struct pair *pair = argument;

	lock(pair->outer);
	wake(&queue);
	wait_for(pair->inner);
	unlock(pair->outer);
}

static void answer(void *unused)
{
	wait_for(&queue);
	wake(&done);
}

static void answer_after_b(void *unused)
{
	wait_for(&queue);
	lock(&b);
	unlock(&b);
	wake(&done);
}

#define CALL(who, function, first, second)                                                         \
	lockstep_call(who, function, &(struct pair){first, second})

/* The wait closes a short cycle, which is none, and a longer one beside it. */
static void l11_a_longer_cycle_around_a_request_is_reported(void)
{
	make();
	CALL(3, wake_under, &a, &queue);
	lockstep_call(2, answer_after_b, NULL);
	CALL(3, lock_both, &b, &c);
	CALL(3, lock_both, &c, &a);
	CU_ASSERT(breach_is_silent());
	CALL(1, ask_under, &a, &done);
	CU_ASSERT(breach_is_cycle(LDL_RULE_EVENT, "a -> done -> b -> c -> a"));
	lockstep_stop();
}

/* The same of a worker's wake: who has b did not ask. */
static void l11_a_longer_cycle_around_a_wait_that_was_asked_for_is_reported(void)
{
	make();
	CALL(1, ask_under, &a, &done);
	CALL(3, wait_under, &b, &done);
	CALL(4, wake_under, &c, &queue);
	CALL(4, lock_both, &c, &b);
	CU_ASSERT(breach_is_silent());
	lockstep_call(2, answer, NULL);
	CU_ASSERT(breach_is_cycle(LDL_RULE_EVENT, "b -> done -> queue -> c -> b"));
	lockstep_stop();
}

static void pass_on(void *argument)
{
	const struct pair *pair = argument;

	wait_for(pair->outer);
	wake(pair->inner);
}

/* `queue` waits for `done` in one thread, and is woken by another one that waits for nothing. */
static void pass_round(bool is_free)
{
	make();
	wake(&accepted);
	CALL(1, pass_on, &accepted, &done);
	CALL(2, pass_on, &done, &queue);
	if (is_free)
		lockstep_call(3, wake, &queue);
	CALL(4, pass_on, &queue, &done);
	lockstep_stop();
}

static void l11_an_event_that_is_also_woken_freely_is_silent(void)
{
	pass_round(true);
	CU_ASSERT(breach_is_silent());
}

static void l11_events_that_wait_for_each_other_are_reported(void)
{
	pass_round(false);
	CU_ASSERT(breach_is_cycle(LDL_RULE_EVENT, "done -> queue -> done"));
}

/* The wait is remembered, however many locks come after it. */
static void l11_a_wait_before_many_locks_is_reported(void)
{
	make();
	CALL(3, wake_under, &a, &queue);
	lockstep_call(2, wait_for, &queue);
	for (int i = 0; i < 100; i++)
		CALL(2, lock_both, &b, &c);
	lockstep_call(2, wake, &done);
	CU_ASSERT(breach_is_silent());
	CALL(1, wait_under, &a, &done);
	CU_ASSERT(breach_is_cycle(LDL_RULE_EVENT, "a -> done -> queue -> a"));
	lockstep_stop();
}

static void wait_in_a_loop(void *unused)
{
	lock(&a);
	wait_for(&queue);
	for (int i = 0; i < 10; i++)
		wait_for(&done);
	wake(&queue);
	unlock(&a);
}

/* As a semaphore is, that was taken with the lock held. */
static void l11_what_is_given_back_after_a_loop_of_waits_is_silent(void)
{
	make();
	lockstep_call(1, wait_in_a_loop, NULL);
	CALL(2, wait_under, &a, &queue);
	CU_ASSERT(breach_is_silent());
	lockstep_stop();
}

/* The request's record was once that of an event which the thread had waited for. */
static void l11_a_request_in_the_place_of_an_older_event_is_silent(void)
{
	make();
	lockstep_call(1, wait_for, &done);
	ldl_event_destroy(&queue);
	ldl_event_destroy(&done);
	ldl_event_init(&queue, "queue");
	ldl_event_init(&done, "done");
	CALL(1, ask_under, &a, &done);
	lockstep_call(2, answer, NULL);
	CU_ASSERT(breach_is_silent());
	lockstep_stop();
}

LDL_SUITE(requests)
{
	LDL_TEST(c3_a_request_that_gives_its_element_away_is_silent);
	LDL_TEST(c3_a_request_for_a_lasting_event_is_silent);
	LDL_TEST(c3_a_worker_that_needs_an_element_first_is_reported);
	LDL_TEST(l11_a_request_under_a_lock_is_silent);
	LDL_TEST(l11_a_wait_that_goes_on_is_silent);
	LDL_TEST(l11_two_replies_to_one_request_are_silent);
	LDL_TEST(l11_a_request_through_two_workers_is_silent);
	LDL_TEST(l11_a_worker_between_that_needs_the_lock_is_reported);
	LDL_TEST(l11_a_wait_that_somebody_else_asks_for_is_reported);
	LDL_TEST(l11_a_wait_beside_one_that_was_asked_for_is_reported);
	LDL_TEST(l11_a_bounded_buffer_is_silent);
	LDL_TEST(l11_a_longer_cycle_around_a_request_is_reported);
	LDL_TEST(l11_a_longer_cycle_around_a_wait_that_was_asked_for_is_reported);
	LDL_TEST(l11_an_event_that_is_also_woken_freely_is_silent);
	LDL_TEST(l11_events_that_wait_for_each_other_are_reported);
	LDL_TEST(l11_a_wait_before_many_locks_is_reported);
	LDL_TEST(l11_what_is_given_back_after_a_loop_of_waits_is_silent);
	LDL_TEST(l11_a_request_in_the_place_of_an_older_event_is_silent);
}
