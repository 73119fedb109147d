/* Condition variables and the C11 family: a wait releases its mutex and takes it again. */
#define _GNU_SOURCE
#include "turns.h"
#include <errno.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock_m = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t lock_x = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int is_ready;

static struct timespec in_ms(clockid_t clock, long ms)
{
	struct timespec when;

	clock_gettime(clock, &when);
	when.tv_nsec += ms * 1000000;
	when.tv_sec += when.tv_nsec / 1000000000;
	when.tv_nsec %= 1000000000;
	return when;
}

static void m_then_x(int index)
{
	pthread_mutex_lock(&lock_m);
	pthread_mutex_lock(&lock_x);
	pthread_mutex_unlock(&lock_x);
	pthread_mutex_unlock(&lock_m);
}

static void *make_ready(void *unused)
{
	pthread_mutex_lock(&lock_m);
	is_ready = 1;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock_m);
	return NULL;
}

enum wait_by { BY_WAIT, BY_TIMEDWAIT, BY_CLOCKWAIT };

static void wait_until_ready(enum wait_by how)
{
	struct timespec realtime = in_ms(CLOCK_REALTIME, 5000);
	struct timespec monotonic = in_ms(CLOCK_MONOTONIC, 5000);

	while (!is_ready)
		switch (how) {
		case BY_WAIT:
			pthread_cond_wait(&changed, &lock_m);
			break;
		case BY_TIMEDWAIT:
			pthread_cond_timedwait(&changed, &lock_m, &realtime);
			break;
		case BY_CLOCKWAIT:
			pthread_cond_clockwait(&changed, &lock_m, CLOCK_MONOTONIC, &monotonic);
			break;
		}
}

static void wait_with_only_m(int index)
{
	pthread_t other;

	is_ready = 0;
	pthread_mutex_lock(&lock_m);
	pthread_create(&other, NULL, make_ready, NULL);
	wait_until_ready((enum wait_by)index);
	pthread_mutex_unlock(&lock_m);
	pthread_join(other, NULL);
}

static void only_the_mutex(void)
{
	turns_take(3, NULL, wait_with_only_m);
}

/* Holding x it only tried for m; the one place where it waits for m under x is inside the wait. */
static void x_then_wait_on_m(enum wait_by how)
{
	pthread_t other;

	is_ready = 0;
	pthread_mutex_lock(&lock_x);
	if (pthread_mutex_trylock(&lock_m) == 0) {
		pthread_create(&other, NULL, make_ready, NULL);
		wait_until_ready(how);
		pthread_mutex_unlock(&lock_m);
		pthread_join(other, NULL);
	}
	pthread_mutex_unlock(&lock_x);
}

static void x_then_wait(int index)
{
	x_then_wait_on_m(BY_WAIT);
}

static void x_then_timedwait(int index)
{
	x_then_wait_on_m(BY_TIMEDWAIT);
}

static void x_then_clockwait(int index)
{
	x_then_wait_on_m(BY_CLOCKWAIT);
}

static void reacquire_in_wait(void)
{
	turns_two(m_then_x, x_then_wait);
}

static void reacquire_in_timedwait(void)
{
	turns_two(m_then_x, x_then_timedwait);
}

static void reacquire_in_clockwait(void)
{
	turns_two(m_then_x, x_then_clockwait);
}

/* While it waits it does not hold m: x, which the signaller takes meanwhile, is not under m. */
static sem_t is_waiting;

static void *x_while_the_other_waits(void *unused)
{
	sem_wait(&is_waiting);
	pthread_mutex_lock(&lock_m);
	is_ready = 1;
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&lock_m);
	pthread_mutex_lock(&lock_x);
	pthread_mutex_unlock(&lock_x);
	return NULL;
}

static void wait_then_nothing(int index)
{
	pthread_t other;
	struct timespec past = {0, 0};

	is_ready = 0;
	sem_init(&is_waiting, 0, 0);
	pthread_create(&other, NULL, x_while_the_other_waits, NULL);
	pthread_mutex_lock(&lock_m);
	printf("timedwait says %s\n",
		strerrorname_np(pthread_cond_timedwait(&changed, &lock_m, &past)));
	sem_post(&is_waiting);
	wait_until_ready(BY_WAIT);
	pthread_mutex_unlock(&lock_m);
	pthread_join(other, NULL);
}

static void x_then_m(int index)
{
	pthread_mutex_lock(&lock_x);
	pthread_mutex_lock(&lock_m);
	pthread_mutex_unlock(&lock_m);
	pthread_mutex_unlock(&lock_x);
}

static void released_while_waiting(void)
{
	turns_two(wait_then_nothing, x_then_m);
}

/* Cancelled in its wait: the program's handler finds m locked, unlocks it, and may then take x. */
static void unlock_m_then_take_x(void *unused)
{
	printf("unlock says %d\n", pthread_mutex_unlock(&lock_m));
	pthread_mutex_lock(&lock_x);
	pthread_mutex_unlock(&lock_x);
}

static void *wait_for_ever(void *unused)
{
	pthread_mutex_lock(&lock_m);
	pthread_cleanup_push(unlock_m_then_take_x, NULL);
	sem_post(&is_waiting);
	while (1)
		pthread_cond_wait(&changed, &lock_m);
	pthread_cleanup_pop(0);
	return NULL;
}

static void cancel_a_waiter(int index)
{
	pthread_t waiter;
	void *result;

	sem_init(&is_waiting, 0, 0);
	pthread_create(&waiter, NULL, wait_for_ever, NULL);
	sem_wait(&is_waiting);
	pthread_mutex_lock(&lock_m); /* it waits now, or it would hold this */
	pthread_mutex_unlock(&lock_m);
	pthread_cancel(waiter);
	pthread_join(waiter, &result);
	printf("cancelled: %s\n", result == PTHREAD_CANCELED ? "yes" : "no");
}

static void cancelled_wait(void)
{
	turns_two(cancel_a_waiter, x_then_m);
}

/* The twin: a handler that takes x before it unlocks m does nest them. */
static void take_x_then_unlock_m(void *unused)
{
	pthread_mutex_lock(&lock_x);
	pthread_mutex_unlock(&lock_x);
	pthread_mutex_unlock(&lock_m);
}

static void *wait_for_ever_and_nest(void *unused)
{
	pthread_mutex_lock(&lock_m);
	pthread_cleanup_push(take_x_then_unlock_m, NULL);
	sem_post(&is_waiting);
	while (1)
		pthread_cond_wait(&changed, &lock_m);
	pthread_cleanup_pop(0);
	return NULL;
}

static void cancel_a_nesting_waiter(int index)
{
	pthread_t waiter;

	sem_init(&is_waiting, 0, 0);
	pthread_create(&waiter, NULL, wait_for_ever_and_nest, NULL);
	sem_wait(&is_waiting);
	pthread_mutex_lock(&lock_m);
	pthread_mutex_unlock(&lock_m);
	pthread_cancel(waiter);
	pthread_join(waiter, NULL);
}

static void cancelled_wait_nests(void)
{
	turns_two(cancel_a_nesting_waiter, x_then_m);
}

static mtx_t mtx_a, mtx_b, mtx_again;
static cnd_t mtx_changed;

static void mtx_a_then_b(int index)
{
	mtx_lock(&mtx_a);
	mtx_lock(&mtx_b);
	mtx_unlock(&mtx_b);
	mtx_unlock(&mtx_a);
}

static void mtx_b_then_a(int index)
{
	mtx_lock(&mtx_b);
	mtx_lock(&mtx_a);
	mtx_unlock(&mtx_a);
	mtx_unlock(&mtx_b);
}

static void mtx_b_then_try_a(int index)
{
	mtx_lock(&mtx_b);
	if (mtx_trylock(&mtx_a) == thrd_success)
		mtx_unlock(&mtx_a);
	mtx_unlock(&mtx_b);
}

static void c11_make(void)
{
	mtx_init(&mtx_a, mtx_timed);
	mtx_init(&mtx_b, mtx_plain);
	mtx_init(&mtx_again, mtx_plain | mtx_recursive);
	cnd_init(&mtx_changed);
}

static void c11_abba(void)
{
	c11_make();
	turns_two(mtx_a_then_b, mtx_b_then_a);
}

static void c11_try_second(void)
{
	c11_make();
	turns_two(mtx_a_then_b, mtx_b_then_try_a);
}

static int c11_signal(void *unused)
{
	mtx_lock(&mtx_a);
	is_ready = 1;
	cnd_signal(&mtx_changed);
	mtx_unlock(&mtx_a);
	return 7;
}

static void c11_wait(int index)
{
	struct timespec past = {1, 0}, soon = in_ms(CLOCK_REALTIME, 5000);
	thrd_t other;
	int result;

	is_ready = 0;
	mtx_lock(&mtx_a);
	printf("cnd_timedwait: %d\n", cnd_timedwait(&mtx_changed, &mtx_a, &past) == thrd_timedout);
	thrd_create(&other, c11_signal, NULL);
	while (!is_ready)
		if (index == 0)
			cnd_wait(&mtx_changed, &mtx_a);
		else
			cnd_timedwait(&mtx_changed, &mtx_a, &soon);
	mtx_unlock(&mtx_a);
	thrd_join(other, &result);
	printf("the other says %d\n", result);
	printf("mtx_timedlock: %d\n", mtx_timedlock(&mtx_a, &soon) == thrd_success);
	printf("mtx_trylock: %d\n", mtx_trylock(&mtx_a) == thrd_busy);
	mtx_unlock(&mtx_a);
	mtx_lock(&mtx_again);
	mtx_lock(&mtx_again);
	mtx_unlock(&mtx_again);
	mtx_unlock(&mtx_again);
}

static void c11_waits(void)
{
	c11_make();
	turns_take(2, NULL, c11_wait);
	mtx_destroy(&mtx_a);
	mtx_destroy(&mtx_b);
	cnd_destroy(&mtx_changed);
}

static void c11_x_then_wait_on_a(int index)
{
	thrd_t other;

	is_ready = 0;
	mtx_lock(&mtx_b);
	if (mtx_trylock(&mtx_a) == thrd_success) {
		thrd_create(&other, c11_signal, NULL);
		while (!is_ready)
			cnd_wait(&mtx_changed, &mtx_a);
		mtx_unlock(&mtx_a);
		thrd_join(other, NULL);
	}
	mtx_unlock(&mtx_b);
}

static void c11_reacquire(void)
{
	c11_make();
	turns_two(mtx_a_then_b, c11_x_then_wait_on_a);
}

static const struct turns_case cases[] = {
	{"only_the_mutex", only_the_mutex},
	{"reacquire_in_wait", reacquire_in_wait},
	{"reacquire_in_timedwait", reacquire_in_timedwait},
	{"reacquire_in_clockwait", reacquire_in_clockwait},
	{"released_while_waiting", released_while_waiting},
	{"cancelled_wait", cancelled_wait},
	{"cancelled_wait_nests", cancelled_wait_nests},
	{"c11_abba", c11_abba},
	{"c11_try_second", c11_try_second},
	{"c11_waits", c11_waits},
	{"c11_reacquire", c11_reacquire},
};

TURNS_MAIN(cases)
