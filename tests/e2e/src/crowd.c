/* Many of everything: locks held at once, live locks, threads, orders. What does not fit is counted
 * by the watcher; the program does not notice. */
#define _GNU_SOURCE
#include "abba.h"

enum { MANY = 200000 };

static pthread_mutex_t held[5000]; /* zero: static mutexes */
static pthread_mutex_t many[MANY];
static int held_count;

static void hold_all(int index)
{
	for (int i = 0; i < held_count; i++)
		pthread_mutex_lock(&held[i]);
	for (int i = 0; i < held_count; i++)
		pthread_mutex_unlock(&held[i]);
}

static void last_then_first(int index)
{
	nest(&held[held_count - 1], &held[0]);
}

static void hold_and_close(int count)
{
	held_count = count;
	turns_two(hold_all, last_then_first);
}

static void hold_65(void)
{
	hold_and_close(65);
}

static void hold_129(void)
{
	hold_and_close(129);
}

static void hold_1000(void)
{
	hold_and_close(1000);
}

/* Tried, not waited for: so many locks held, and no order among them to be learned. */
static void try_all_twice(int index)
{
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < held_count; i++)
			if (pthread_mutex_trylock(&held[i]) != 0)
				exit(3);
		for (int i = 0; i < held_count; i++)
			pthread_mutex_unlock(&held[i]);
	}
}

/* More than a held stack can take; afterwards everything is as before. */
static void hold_5000(void)
{
	const turns_act acts[] = {try_all_twice, a_then_b, b_then_a};

	held_count = 5000;
	turns_take(3, acts, NULL);
}

static void live_100000(void)
{
	enum { LIVE = 100000 };
	pthread_mutex_t *live = malloc(LIVE * sizeof(*live));

	for (int i = 0; i < LIVE; i++)
		pthread_mutex_init(&live[i], NULL);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < LIVE; i++)
			nest(&lock_a, &live[i]);
	for (int i = 0; i < LIVE; i++)
		pthread_mutex_destroy(&live[i]);
	free(live);
	turns_two(a_then_b, b_then_a);
}

static void *a_then_b_thread(void *unused)
{
	nest(&lock_a, &lock_b);
	return NULL;
}

static void threads_10000(void)
{
	for (int i = 0; i < 10000; i++) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, a_then_b_thread, NULL) != 0)
			exit(3);
		pthread_join(thread, NULL);
	}
	turns_two(a_then_b, b_then_a);
}

static pthread_barrier_t all_hold_theirs;

static void *hold_own_then_a(void *own)
{
	pthread_mutex_lock(own);
	pthread_barrier_wait(&all_hold_theirs);
	pthread_mutex_lock(&lock_a);
	pthread_mutex_unlock(&lock_a);
	pthread_mutex_unlock(own);
	return NULL;
}

static void threads_at_once(int count)
{
	pthread_t *threads = calloc(count, sizeof(*threads));
	pthread_attr_t small;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 128 << 10);
	pthread_barrier_init(&all_hold_theirs, NULL, count);
	for (int i = 0; i < count; i++)
		if (pthread_create(&threads[i], &small, hold_own_then_a, &many[i]) != 0)
			exit(3);
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	free(threads);
}

static void threads_2000(void)
{
	threads_at_once(2000);
	turns_two(a_then_b, b_then_a);
}

static sem_t has_ended;

static void *end_soon(void *unused)
{
	nest(&lock_a, &lock_b);
	sem_post(&has_ended);
	return NULL;
}

static void detached_1000(void)
{
	pthread_attr_t detached;

	sem_init(&has_ended, 0, 0);
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	for (int i = 0; i < 1000; i++) {
		pthread_t thread;

		if (pthread_create(&thread, &detached, end_soon, NULL) != 0)
			exit(3);
		sem_wait(&has_ended);
	}
	turns_two(a_then_b, b_then_a);
}

/* What fills each of the watcher's tables, when they are small. */

static void fill_classes(void)
{
	for (int i = 0; i < MANY; i++)
		nest(&lock_a, &many[i]);
}

static void fill_instances(void)
{
	pthread_mutex_t *live = malloc(MANY * sizeof(*live));

	for (int i = 0; i < MANY; i++)
		pthread_mutex_init(&live[i], NULL);
	for (int i = 0; i < MANY; i++)
		nest(&lock_a, &live[i]);
	for (int i = 0; i < MANY; i++)
		pthread_mutex_destroy(&live[i]);
	free(live);
}

static void fill_edges(void)
{
	for (int i = 0; i < 300; i++)
		for (int k = i + 1; k < 300; k++)
			nest(&many[i], &many[k]);
}

static void fill_chains(void)
{
	unsigned int random = 12345;

	for (int i = 0; i < 20000; i++) {
		for (int k = 0; k < 16; k++)
			if (random >> k & 1)
				pthread_mutex_lock(&many[k]);
		for (int k = 0; k < 16; k++)
			if (random >> k & 1)
				pthread_mutex_unlock(&many[k]);
		random = random * 1103515245 + 12345;
	}
}

static void fill_threads(void)
{
	threads_at_once(2000);
}

static void fill_held(void)
{
	held_count = 300;
	for (int round = 0; round < 20; round++)
		turns_take(20, NULL, hold_all);
}

static void both_ways(int index)
{
	for (int i = 0; i < 60; i++)
		for (int k = 0; k < 60; k++)
			if (i != k)
				nest(&many[i], &many[k]);
}

static void fill_findings(void)
{
	turns_two(both_ways, both_ways);
}

/* Each number is a path of its own through two functions, so a stack of its own. */
static void right(int depth, int number);

__attribute__((noinline)) static void left(int depth, int number)
{
	if (depth == 0)
		nest(&many[number], &lock_a);
	else if (number >> (depth - 1) & 1)
		right(depth - 1, number);
	else
		left(depth - 1, number);
	__asm__ volatile("");
}

__attribute__((noinline)) static void right(int depth, int number)
{
	if (depth == 0)
		nest(&many[number], &lock_b);
	else if (number >> (depth - 1) & 1)
		right(depth - 1, number);
	else
		left(depth - 1, number);
	__asm__ volatile("");
}

static void fill_sites(void)
{
	for (int number = 0; number < 4096; number++)
		left(12, number);
}

static void *named(void *argument)
{
	char name[16];

	snprintf(name, sizeof(name), "t%d", *(int *)argument);
	pthread_setname_np(pthread_self(), name);
	nest(&many[*(int *)argument], &lock_a);
	return NULL;
}

static void fill_strings(void)
{
	for (int i = 0; i < 5000; i++) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, named, &i) != 0)
			exit(3);
		pthread_join(thread, NULL);
	}
}

static const struct turns_case cases[] = {
	{"hold_65", hold_65},
	{"hold_129", hold_129},
	{"hold_1000", hold_1000},
	{"hold_5000", hold_5000},
	{"live_100000", live_100000},
	{"threads_10000", threads_10000},
	{"threads_2000", threads_2000},
	{"detached_1000", detached_1000},
	{"fill_classes", fill_classes},
	{"fill_instances", fill_instances},
	{"fill_edges", fill_edges},
	{"fill_chains", fill_chains},
	{"fill_threads", fill_threads},
	{"fill_held", fill_held},
	{"fill_findings", fill_findings},
	{"fill_sites", fill_sites},
	{"fill_strings", fill_strings},
};

TURNS_MAIN(cases)
