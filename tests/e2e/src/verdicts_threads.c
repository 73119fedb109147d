/* Threads: which of them made the edges of a cycle, and when they were alive. */
#define _GNU_SOURCE
#include "verdicts.h"
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

ACT(a_b, &lock_a, &lock_b)
ACT(b_a, &lock_b, &lock_a)
ACT(b_c, &lock_b, &lock_c)
ACT(c_a, &lock_c, &lock_a)

ACT(g_a_b, &gate, &lock_a, &lock_b)
ACT(g_b_a, &gate, &lock_b, &lock_a)

static void both(int index)
{
	a_b(index);
	b_a(index);
}

static void nothing(int index)
{
}

static void two_threads(void)
{
	turns_two(a_b, b_a);
}

static void two_threads_one_order(void)
{
	turns_two(a_b, a_b);
}

static void main_alone(void)
{
	both(0);
}

static void main_alone_often(void)
{
	for (int i = 0; i < 1000; i++)
		both(0);
}

/* In many roles, but always the same one. */
static void worker_alone(void)
{
	struct live idle;

	live_begin(&idle, nothing);
	in_a_thread(both);
	live_end(&idle);
}

static void one_does_both_other_one(void)
{
	turns_two(both, a_b);
}

static void three_edges_three_threads(void)
{
	const turns_act acts[] = {a_b, b_c, c_a};

	turns_take(3, acts, NULL);
}

static void b_c_then_c_a(int index)
{
	b_c(index);
	c_a(index);
}

static void three_edges_two_threads(void)
{
	turns_two(a_b, b_c_then_c_a);
}

static void all_three(int index)
{
	a_b(index);
	b_c_then_c_a(index);
}

static void three_edges_one_thread(void)
{
	in_a_thread(all_three);
}

static void three_edges_each_by_all(void)
{
	turns_take(3, NULL, all_three);
}

static void a_b_c_d(int index)
{
	TAKE(&lock_a, &lock_b);
	TAKE(&lock_c, &lock_d);
}

static void b_c_d_a(int index)
{
	TAKE(&lock_b, &lock_c);
	TAKE(&lock_d, &lock_a);
}

static void four_edges_two_threads(void)
{
	turns_two(a_b_c_d, b_c_d_a);
}

/* One after the other. Nothing but chance kept them apart. */
static void siblings_apart(void)
{
	in_a_thread(a_b);
	in_a_thread(b_a);
}

static void siblings_apart_one_order(void)
{
	in_a_thread(a_b);
	in_a_thread(a_b);
}

static void a_thread_for_each_task(void)
{
	for (int i = 0; i < 100; i++)
		in_a_thread(i % 2 ? a_b : b_a);
}

static void a_thread_for_each_task_one_order(void)
{
	for (int i = 0; i < 100; i++)
		in_a_thread(a_b);
}

/* A pool does the tasks of both orders, by whichever thread is free. */
static sem_t has_task, has_done;
static turns_act task;

static void *pool_thread(void *unused)
{
	for (;;) {
		sem_wait(&has_task);
		if (!task)
			return NULL;
		task(0);
		sem_post(&has_done);
	}
}

static void do_task(turns_act act)
{
	task = act;
	sem_post(&has_task);
	if (act)
		sem_wait(&has_done);
}

static void pool_of_one(void)
{
	pthread_t thread;

	sem_init(&has_task, 0, 0);
	sem_init(&has_done, 0, 0);
	pthread_create(&thread, NULL, pool_thread, NULL);
	for (int i = 0; i < 20; i++)
		do_task(i % 2 ? a_b : b_a);
	do_task(NULL);
	pthread_join(thread, NULL);
}

/* Every thread of the pool does one task of each kind. */
static void pool_of_four(void)
{
	turns_take(4, NULL, a_b);
	turns_take(4, NULL, both);
}

/* Detached: nobody knows when they end. */
static void detached_side(void)
{
	live_for_ever(a_b);
	b_a(0);
}

static void detached_one_order(void)
{
	live_for_ever(a_b);
	a_b(0);
}

static void detached_alone(void)
{
	live_for_ever(both);
}

static void *act_detached(void *unused)
{
	a_b(0);
	sem_post(&has_done);
	return NULL;
}

/* That it has ended when main goes on is chance: it was not joined. */
static void detached_before(void)
{
	pthread_attr_t detached;
	pthread_t thread;

	sem_init(&has_done, 0, 0);
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	pthread_create(&thread, &detached, act_detached, NULL);
	sem_wait(&has_done);
	b_a(0);
}

/* Five thousand other locks come between the two orders. */
static pthread_mutex_t many[5000];

static void take_many(int index)
{
	for (int i = 0; i < 5000; i++) {
		pthread_mutex_init(&many[i], NULL);
		TAKE(&lock_c, &many[i], &lock_d);
	}
}

static void far_apart(void)
{
	const turns_act acts[] = {a_b, take_many, b_a};

	turns_take(3, acts, NULL);
}

static void far_apart_one_order(void)
{
	const turns_act acts[] = {a_b, take_many, a_b};

	turns_take(3, acts, NULL);
}

/* A wait with a limit: a stall, no deadlock. */
static void nest_timed(pthread_mutex_t *first, pthread_mutex_t *second)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 30;
	pthread_mutex_lock(first);
	if (pthread_mutex_timedlock(second, &until) != 0)
		exit(3);
	pthread_mutex_unlock(second);
	pthread_mutex_unlock(first);
}

static void a_timed_b(int index)
{
	nest_timed(&lock_a, &lock_b);
}

static void b_timed_a(int index)
{
	nest_timed(&lock_b, &lock_a);
}

static void timed_second(void)
{
	turns_two(a_timed_b, b_a);
}

static void timed_second_on_both_sides(void)
{
	turns_two(a_timed_b, b_timed_a);
}

static void timed_and_not(void)
{
	const turns_act acts[] = {a_timed_b, b_a, a_b};

	turns_take(3, acts, NULL);
}

static void timed_by_one_thread(void)
{
	a_timed_b(0);
	b_a(0);
}

static void timed_siblings_apart(void)
{
	in_a_thread(a_timed_b);
	in_a_thread(b_a);
}

/* Without a limit it happens under a gate only, which the other side has too. */
static void g_a_b_then_a_timed_b(int index)
{
	g_a_b(index);
	a_timed_b(index);
}

static void timed_unless_gated(void)
{
	turns_two(g_a_b_then_a_timed_b, g_b_a);
}

/* Parent and child are different programs from then on. */
static void forked_child_inverts(void)
{
	pid_t child;

	a_b(0);
	fflush(stdout);
	child = fork();
	if (child == 0) {
		b_a(0);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void forked_child_goes_on(void)
{
	pid_t child;
	int status;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		both(0);
		in_a_thread(a_b);
		_exit(0);
	}
	waitpid(child, &status, 0);
	turns_two(a_b, b_a);
}

const struct turns_case thread_cases[] = {
	CASE(two_threads),
	CASE(two_threads_one_order),
	CASE(main_alone),
	CASE(main_alone_often),
	CASE(worker_alone),
	CASE(one_does_both_other_one),
	CASE(three_edges_three_threads),
	CASE(three_edges_two_threads),
	CASE(three_edges_one_thread),
	CASE(three_edges_each_by_all),
	CASE(four_edges_two_threads),
	CASE(siblings_apart),
	CASE(siblings_apart_one_order),
	CASE(a_thread_for_each_task),
	CASE(a_thread_for_each_task_one_order),
	CASE(pool_of_one),
	CASE(pool_of_four),
	CASE(detached_side),
	CASE(detached_one_order),
	CASE(detached_alone),
	CASE(detached_before),
	CASE(far_apart),
	CASE(far_apart_one_order),
	CASE(timed_second),
	CASE(timed_second_on_both_sides),
	CASE(timed_and_not),
	CASE(timed_by_one_thread),
	CASE(timed_siblings_apart),
	CASE(timed_unless_gated),
	CASE(forked_child_inverts),
	CASE(forked_child_goes_on),
	{NULL, NULL},
};
