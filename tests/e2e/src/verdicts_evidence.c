/* What is known of a cycle grows while the program runs, and its verdict with it; also behind much
 * that brings nothing new. */
#define _GNU_SOURCE
#include "verdicts.h"

ACT(a_b, &lock_a, &lock_b)
ACT(b_a, &lock_b, &lock_a)
ACT(b_c, &lock_b, &lock_c)
ACT(g_a_b, &gate, &lock_a, &lock_b)
ACT(g_b_a, &gate, &lock_b, &lock_a)

static void nothing(int index)
{
}

static void both(int index)
{
	a_b(index);
	b_a(index);
}

/* What a gate makes impossible becomes possible without it, though not by one thread. */
static void gated_then_alone(void)
{
	g_a_b(0);
	g_b_a(0);
	both(0);
}

static void gated_then_ordered(void)
{
	g_a_b(0);
	g_b_a(0);
	in_a_thread(b_a);
}

/* What one thread did alone is harmless until others do it. */
static void rises_with_threads(void)
{
	both(0);
	turns_two(a_b, b_a);
}

static void rises_late(void)
{
	for (int i = 0; i < 1000; i++)
		both(0);
	turns_two(a_b, b_a);
}

static void rises_never(void)
{
	struct live idle;

	both(0);
	live_begin(&idle, nothing);
	for (int i = 0; i < 100; i++)
		both(0);
	live_end(&idle);
}

/* main goes through both orders each time that it makes a thread. */
static void rises_after_many_threads(void)
{
	for (int i = 0; i < 40; i++) {
		both(0);
		in_a_thread(nothing);
	}
	turns_two(a_b, b_a);
}

static void many_threads_between(void)
{
	for (int i = 0; i < 40; i++) {
		both(0);
		in_a_thread(nothing);
	}
}

/* One order by main before each of many threads, and by one of them; the other one at last. */
static void late_worker(void)
{
	struct live live;

	for (int i = 0; i < 40; i++) {
		a_b(0);
		in_a_thread(nothing);
	}
	live_begin(&live, a_b);
	b_a(0);
	live_end(&live);
}

static void no_late_worker(void)
{
	struct live live;

	for (int i = 0; i < 40; i++) {
		a_b(0);
		in_a_thread(nothing);
	}
	live_begin(&live, nothing);
	b_a(0);
	live_end(&live);
}

/* main alone goes on, while a thread is there that does the other order. */
static void again_after_many_threads(void)
{
	struct live live;

	for (int i = 0; i < 40; i++) {
		a_b(0);
		in_a_thread(nothing);
	}
	live_begin(&live, b_a);
	a_b(0);
	live_end(&live);
}

static void not_again_after_many_threads(void)
{
	for (int i = 0; i < 40; i++) {
		a_b(0);
		in_a_thread(nothing);
	}
	in_a_thread(b_a);
	a_b(0);
}

/* A hundred thousand threads come and go, with the same locks, before two meet. */
static void churn(int threads, turns_act last)
{
	struct live live;

	for (int i = 0; i < threads; i++) {
		in_a_thread(a_b);
		b_c(0);
	}
	live_begin(&live, last);
	a_b(0);
	live_end(&live);
}

static void churn_of_100000(void)
{
	churn(100000, b_a);
}

static void churn_of_one_order(void)
{
	churn(10000, a_b);
}

const struct turns_case evidence_cases[] = {
	CASE(gated_then_alone),
	CASE(gated_then_ordered),
	CASE(rises_with_threads),
	CASE(rises_late),
	CASE(rises_never),
	CASE(rises_after_many_threads),
	CASE(many_threads_between),
	CASE(late_worker),
	CASE(no_late_worker),
	CASE(again_after_many_threads),
	CASE(not_again_after_many_threads),
	CASE(churn_of_100000),
	CASE(churn_of_one_order),
	{NULL, NULL},
};
