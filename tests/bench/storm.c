/* The worst program for a watcher: all that it does, it does for the first time. Each thread is
 * new, and each of its locks is of a new class, and each pair of them a new edge: static mutexes,
 * every one a class of its own, and mutexes that live for one lock, made at ever new places.
 *
 *	storm ROUNDS [WHAT…]	each round two threads; WHAT: static, made, or calm (a few pairs of
 *				one order that everybody knows); nothing: static and made
 *
 * Prints how much it did, which depends on nothing but its arguments. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATIC  (1 << 19) /* more than any arena of 16 MiB has room for, so all are new */
#define PAIRS   48        /* of a thread, of either kind */
#define THREADS 2

static pthread_mutex_t locks[STATIC], calm[4];
static unsigned long done[THREADS];
static int does_static, does_made, does_calm;

/* A return address of its own for each of 32 calls; and the frame has to stay. */
#define CALL_1(call)                                                                               \
	call;                                                                                      \
	__asm__ volatile("" ::: "memory")
#define CASE_1(n, c)                                                                               \
	case n:                                                                                    \
		CALL_1(c);                                                                         \
		break;
#define CASE_4(n, c)  CASE_1(n, c) CASE_1(n + 1, c) CASE_1(n + 2, c) CASE_1(n + 3, c)
#define CASE_16(n, c) CASE_4(n, c) CASE_4(n + 4, c) CASE_4(n + 8, c) CASE_4(n + 12, c)
#define CASES(c)      CASE_16(0, c) CASE_16(16, c)

static __attribute__((noinline)) void make_1(pthread_mutex_t *mutex, unsigned int path)
{
	switch (path % 32) {
		CASES(pthread_mutex_init(mutex, NULL))
	}
}

static __attribute__((noinline)) void make_2(pthread_mutex_t *mutex, unsigned int path)
{
	switch (path % 32) {
		CASES(make_1(mutex, path / 32))
	}
}

/* 32,768 places. */
static __attribute__((noinline)) void make(pthread_mutex_t *mutex, unsigned int path)
{
	switch (path % 32) {
		CASES(make_2(mutex, path / 32))
	}
}

static unsigned long nest(pthread_mutex_t *outer, pthread_mutex_t *inner)
{
	unsigned long count = 0;

	count += pthread_mutex_lock(outer) == 0;
	count += pthread_mutex_lock(inner) == 0;
	count += pthread_mutex_unlock(inner) == 0;
	count += pthread_mutex_unlock(outer) == 0;
	return count;
}

static unsigned long nest_static(unsigned long number)
{
	unsigned long at = number * 2 % STATIC;

	return nest(&locks[at], &locks[at + 1]);
}

static unsigned long nest_made(unsigned long number)
{
	pthread_mutex_t outer, inner;
	unsigned long count;

	make(&outer, (unsigned int)number * 2);
	make(&inner, (unsigned int)number * 2 + 1);
	count = nest(&outer, &inner);
	count += pthread_mutex_destroy(&inner) == 0;
	count += pthread_mutex_destroy(&outer) == 0;
	return count;
}

struct turn {
	unsigned long number; /* of its first pair */
	unsigned long *done;
};

static void *run(void *argument)
{
	const struct turn *turn = argument;

	for (unsigned long i = 0; i < PAIRS; i++) {
		if (does_static)
			*turn->done += nest_static(turn->number + i);
		if (does_made)
			*turn->done += nest_made(turn->number + i);
		if (does_calm)
			*turn->done += nest(&calm[i % 3], &calm[3]);
	}
	return NULL;
}

static int run_round(unsigned long round)
{
	pthread_t threads[THREADS];
	struct turn turns[THREADS];

	for (int i = 0; i < THREADS; i++) {
		turns[i] = (struct turn){(round * THREADS + (unsigned long)i) * PAIRS, &done[i]};
		if (pthread_create(&threads[i], NULL, run, &turns[i]) != 0)
			return 0;
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return 1;
}

int main(int argc, char **argv)
{
	unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 0, sum = 0;

	for (int i = 2; i < argc; i++) {
		does_static |= strcmp(argv[i], "static") == 0;
		does_made |= strcmp(argv[i], "made") == 0;
		does_calm |= strcmp(argv[i], "calm") == 0;
	}
	if (!does_static && !does_made && !does_calm)
		does_static = does_made = 1;
	for (unsigned long round = 0; round < rounds; round++) {
		if (!run_round(round))
			return 1;
	}
	for (int i = 0; i < THREADS; i++)
		sum += done[i];
	printf("%lu rounds, %lu calls\n", rounds, sum);
	return 0;
}
