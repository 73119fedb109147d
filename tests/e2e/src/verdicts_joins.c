/* The order that creating and joining threads makes: what comes before the one, and after the
 * other, never meets. */
#define _GNU_SOURCE
#include "verdicts.h"
#include <errno.h>
#include <threads.h>
#include <time.h>

ACT(a_b, &lock_a, &lock_b)
ACT(b_a, &lock_b, &lock_a)

static void nothing(int index)
{
}

/* Before any thread. */
static void init_phase(void)
{
	a_b(0);
	turns_two(b_a, b_a);
}

static void init_phase_and_again(void)
{
	struct live live;

	a_b(0);
	live_begin(&live, b_a);
	a_b(0);
	live_end(&live);
}

static void init_phase_one_order(void)
{
	struct live live;

	a_b(0);
	live_begin(&live, a_b);
	a_b(0);
	live_end(&live);
}

static void init_after_an_idle_thread(void)
{
	struct live idle;

	live_begin(&idle, nothing);
	a_b(0);
	in_a_thread(b_a);
	live_end(&idle);
}

/* Before main() begins, and after it has ended. */
__attribute__((constructor)) static void before_main(int argc, char **argv)
{
	if (argc > 1 && strncmp(argv[1], "constructor", 11) == 0)
		a_b(0);
}

static void constructor(void)
{
	turns_two(b_a, b_a);
}

static void constructor_and_again(void)
{
	struct live live;

	live_begin(&live, b_a);
	a_b(0);
	live_end(&live);
}

static void a_b_at_exit(void)
{
	a_b(0);
}

static void at_exit_after_joining(void)
{
	atexit(a_b_at_exit);
	turns_two(b_a, b_a);
}

static void at_exit_with_a_thread(void)
{
	atexit(a_b_at_exit);
	live_for_ever(b_a);
}

/* By a thread that creates others. */
static void then_create_b_a(int index)
{
	a_b(index);
	in_a_thread(b_a);
}

static void parent_before_create(void)
{
	struct live idle;

	live_begin(&idle, nothing);
	in_a_thread(then_create_b_a);
	live_end(&idle);
}

static void create_b_a_live_then(int index)
{
	struct live live;

	live_begin(&live, b_a);
	a_b(index);
	live_end(&live);
}

static void parent_after_create(void)
{
	in_a_thread(create_b_a_live_then);
}

static void parent_before_and_after_create(void)
{
	struct live live;

	a_b(0);
	live_begin(&live, create_b_a_live_then);
	live_end(&live);
}

static void create_b_a(int index)
{
	in_a_thread(b_a);
}

static void grandparent_before_create(void)
{
	a_b(0);
	in_a_thread(create_b_a);
}

static void grandparent_meanwhile(void)
{
	struct live live;

	live_begin(&live, create_b_a);
	a_b(0);
	live_end(&live);
}

/* A thread that its elder sister created came after what that one did before. */
static struct live younger;

static void a_b_then_create_younger(int index)
{
	a_b(index);
	live_begin(&younger, b_a);
}

static void created_by_the_elder(void)
{
	in_a_thread(a_b_then_create_younger);
	live_end(&younger);
}

static void create_younger_then_a_b(int index)
{
	live_begin(&younger, b_a);
	a_b(index);
}

static void elder_after_creating(void)
{
	in_a_thread(create_younger_then_a_b);
	live_end(&younger);
}

/* By whoever joined the others. */
static void joined_before(void)
{
	in_a_thread(b_a);
	a_b(0);
}

static void joined_all_before(void)
{
	turns_two(b_a, b_a);
	a_b(0);
}

static void joined_before_and_again(void)
{
	struct live live;

	in_a_thread(b_a);
	a_b(0);
	live_begin(&live, b_a);
	a_b(0);
	live_end(&live);
}

/* Joined before the thread can so much as begin, again and again. */
static void joined_at_once(void)
{
	for (int i = 0; i < 200; i++) {
		in_a_thread(b_a);
		a_b(0);
	}
}

static void joined_the_other_one(void)
{
	struct live one, other;

	live_begin(&one, b_a);
	live_begin(&other, nothing);
	sem_post(&one.may_leave);
	live_end(&other);
	a_b(0);
	pthread_join(one.thread, NULL);
}

/* A thread that created and joined others takes what they did along. */
static void join_of_a_joiner(void)
{
	in_a_thread(create_b_a);
	a_b(0);
}

static void leave_b_a_behind(int index)
{
	live_for_ever(b_a);
}

static void join_of_one_that_did_not_join(void)
{
	in_a_thread(leave_b_a_behind);
	a_b(0);
}

static void end_younger(int index)
{
	live_end(&younger);
}

static void joined_by_a_child(void)
{
	live_begin(&younger, b_a);
	in_a_thread(end_younger);
	a_b(0);
}

/* The forms of join. */
static void *run_b_a(void *unused)
{
	b_a(0);
	return NULL;
}

static int run_b_a_c11(void *unused)
{
	b_a(0);
	return 0;
}

static pthread_t begin_b_a(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run_b_a, NULL) != 0)
		exit(3);
	return thread;
}

static struct timespec in_seconds(clockid_t clock, int seconds)
{
	struct timespec time;

	clock_gettime(clock, &time);
	time.tv_sec += seconds;
	return time;
}

static void tryjoin(void)
{
	pthread_t thread = begin_b_a();

	while (pthread_tryjoin_np(thread, NULL) == EBUSY)
		sched_yield();
	a_b(0);
}

static void timedjoin(void)
{
	struct timespec until = in_seconds(CLOCK_REALTIME, 30);

	if (pthread_timedjoin_np(begin_b_a(), NULL, &until) != 0)
		exit(3);
	a_b(0);
}

static void clockjoin(void)
{
	struct timespec until = in_seconds(CLOCK_MONOTONIC, 30);

	if (pthread_clockjoin_np(begin_b_a(), NULL, CLOCK_MONOTONIC, &until) != 0)
		exit(3);
	a_b(0);
}

static void c11_join(void)
{
	thrd_t thread;

	if (thrd_create(&thread, run_b_a_c11, NULL) != thrd_success)
		exit(3);
	thrd_join(thread, NULL);
	a_b(0);
}

static void joins_in_vain(void)
{
	struct timespec until = in_seconds(CLOCK_REALTIME, 0);
	struct live live;

	live_begin(&live, b_a);
	printf("%d ", pthread_tryjoin_np(live.thread, NULL) == EBUSY);
	printf("%d\n", pthread_timedjoin_np(live.thread, NULL, &until) == ETIMEDOUT);
	a_b(0);
	live_end(&live);
}

/* The ends of a thread. */
static void *run_b_a_then_exit(void *unused)
{
	b_a(0);
	pthread_exit(NULL);
}

static void joined_after_pthread_exit(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run_b_a_then_exit, NULL) != 0)
		exit(3);
	pthread_join(thread, NULL);
	a_b(0);
}

static void joined_after_cancel(void)
{
	struct live live;

	live_begin(&live, b_a);
	pthread_cancel(live.thread);
	pthread_join(live.thread, NULL);
	a_b(0);
}

static pthread_key_t key;

static void b_a_at_thread_exit(void *unused)
{
	b_a(0);
}

static void *set_key(void *unused)
{
	pthread_setspecific(key, &key);
	return NULL;
}

static void joined_after_destructors(void)
{
	pthread_t thread;

	pthread_key_create(&key, b_a_at_thread_exit);
	if (pthread_create(&thread, NULL, set_key, NULL) != 0)
		exit(3);
	pthread_join(thread, NULL);
	a_b(0);
}

const struct turns_case join_cases[] = {
	CASE(init_phase),
	CASE(init_phase_and_again),
	CASE(init_phase_one_order),
	CASE(init_after_an_idle_thread),
	CASE(constructor),
	CASE(constructor_and_again),
	CASE(at_exit_after_joining),
	CASE(at_exit_with_a_thread),
	CASE(parent_before_create),
	CASE(parent_after_create),
	CASE(parent_before_and_after_create),
	CASE(grandparent_before_create),
	CASE(grandparent_meanwhile),
	CASE(created_by_the_elder),
	CASE(elder_after_creating),
	CASE(joined_before),
	CASE(joined_all_before),
	CASE(joined_before_and_again),
	CASE(joined_at_once),
	CASE(joined_the_other_one),
	CASE(join_of_a_joiner),
	CASE(join_of_one_that_did_not_join),
	CASE(joined_by_a_child),
	CASE(tryjoin),
	CASE(timedjoin),
	CASE(clockjoin),
	CASE(c11_join),
	CASE(joins_in_vain),
	CASE(joined_after_pthread_exit),
	CASE(joined_after_cancel),
	CASE(joined_after_destructors),
	{NULL, NULL},
};
