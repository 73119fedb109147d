/* Threads that are cut off at any instruction: cancelled asynchronously, ended by a handler's
 * pthread_exit(), or carried away by its siglongjmp(). Their locks are all new to the watcher, so
 * that most of the time is spent in its slow path, which must survive that for the others' sake. */
#define _GNU_SOURCE
#include "abba.h"
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define ROWS  48
#define LOCKS 40 /* 780 orders in a row, each met once */

static pthread_mutex_t rows[ROWS][LOCKS]; /* each thread has a row: nobody misses its locks */
static sigjmp_buf back;

static void nest_one_that_passes(pthread_mutex_t *outer)
{
	pthread_mutex_t passing;

	pthread_mutex_init(&passing, NULL);
	nest(outer, &passing);
	pthread_mutex_destroy(&passing);
}

/* New orders, locks that come and go, and no end. Where the thread lives on, none goes: one that is
 * held when the thread is cut off stays held, and its class is that of all others. */
static void use_row(pthread_mutex_t *row, bool is_the_end)
{
	for (;;) {
		for (int first = 0; first < LOCKS; first++) {
			for (int second = first + 1; second < LOCKS; second++) {
				nest(&row[first], &row[second]);
				if (is_the_end)
					nest_one_that_passes(&row[first]);
			}
		}
	}
}

static void *be_cancelled(void *row)
{
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	use_row((pthread_mutex_t *)row, true);
	return NULL;
}

static void *be_signalled(void *row)
{
	use_row((pthread_mutex_t *)row, true);
	return NULL;
}

static void exit_in_handler(int number)
{
	pthread_exit(NULL);
}

/* Lets each row's thread run for a while, four at a time, and cuts it off. */
static void cut_off(void *(*run)(void *), int (*cut)(pthread_t))
{
	pthread_t threads[4];

	for (int at = 0; at < ROWS; at += 4) {
		for (int i = 0; i < 4; i++)
			pthread_create(&threads[i], NULL, run, rows[at + i]);
		for (int i = 0; i < 4; i++) {
			usleep(100 + (at + i) * 37);
			cut(threads[i]);
		}
		for (int i = 0; i < 4; i++)
			pthread_join(threads[i], NULL);
	}
}

static void cancelled_asynchronously(void)
{
	cut_off(be_cancelled, pthread_cancel);
	turns_two(a_then_b, b_then_a);
}

static int signal_it(pthread_t thread)
{
	return pthread_kill(thread, SIGUSR1);
}

static void exit_in_a_handler(void)
{
	signal(SIGUSR1, exit_in_handler);
	cut_off(be_signalled, signal_it);
	turns_two(a_then_b, b_then_a);
}

static void jump_in_handler(int number)
{
	siglongjmp(back, 1);
}

/* What is held or wanted at a jump stays so, for good: the next row is free. Then the same thread
 * goes on, and is seen again, however the last jump left it. */
static void jump_out_of_a_handler(void)
{
	static volatile int row;
	struct itimerval never = {0};

	signal(SIGALRM, jump_in_handler);
	while (row < ROWS) {
		struct itimerval soon = {.it_value.tv_usec = 100 + row * 37};

		if (sigsetjmp(back, 1) == 0) {
			setitimer(ITIMER_REAL, &soon, NULL);
			use_row(rows[row], false);
		}
		setitimer(ITIMER_REAL, &never, NULL);
		row++;
	}
	signal(SIGALRM, SIG_IGN);
	for (int i = 0; i < 1100000; i++)
		nest(&lock_a, &lock_b);
	turns_take(1, NULL, b_then_a);
}

static const struct turns_case cases[] = {
	{"cancelled_asynchronously", cancelled_asynchronously},
	{"exit_in_a_handler", exit_in_a_handler},
	{"jump_out_of_a_handler", jump_out_of_a_handler},
};

TURNS_MAIN(cases)
