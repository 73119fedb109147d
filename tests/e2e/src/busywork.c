/* Threads that give the watcher all the work they can, until somebody ends the program: new locks,
 * orders and threads all the time, in all directions, so that its writer is nearly always at work.
 * Each wait has a limit that is over, or there would be a deadlock; a wait makes an order, while a
 * trylock does not. busywork SEED [abort|overflow|_exit|exit AFTER_MICROSECONDS] */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define WORKERS 4
#define LOCKS   256
#define LIVES   8 /* locks of a worker that are made and destroyed all the time */

static pthread_mutex_t locks[LOCKS]; /* each is a class of its own: it is static */

static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state >> 11;
}

/* Locks that are nobody else's, of classes that are made by where they are made: four places. */
static void make(pthread_mutex_t *lock, unsigned int place)
{
	switch (place % 4) {
	case 0:
		pthread_mutex_init(lock, NULL);
		break;
	case 1:
		pthread_mutex_init(lock, NULL);
		break;
	case 2:
		pthread_mutex_init(lock, NULL);
		break;
	default:
		pthread_mutex_init(lock, NULL);
	}
}

static void hold_some(uint64_t *random, pthread_mutex_t *own)
{
	static const struct timespec past = {1, 0};
	pthread_mutex_t *held[4];
	int count = 0;

	for (int i = 0; i < 4; i++) {
		pthread_mutex_t *lock = next(random) % 4 ? &locks[next(random) % LOCKS]
							 : &own[next(random) % LIVES];

		if (pthread_mutex_timedlock(lock, &past) == 0)
			held[count++] = lock;
	}
	while (count > 0)
		pthread_mutex_unlock(held[--count]);
}

static void *do_little(void *seed)
{
	uint64_t random = (uintptr_t)seed | 1;
	pthread_mutex_t own[LIVES];

	for (int i = 0; i < LIVES; i++)
		make(&own[i], next(&random));
	for (int i = 0; i < 10; i++)
		hold_some(&random, own);
	for (int i = 0; i < LIVES; i++)
		pthread_mutex_destroy(&own[i]);
	return NULL;
}

static void *work(void *seed)
{
	uint64_t random = (uintptr_t)seed | 1;
	pthread_mutex_t own[LIVES];

	for (int i = 0; i < LIVES; i++)
		make(&own[i], next(&random));
	for (;;) {
		pthread_mutex_t *renewed = &own[next(&random) % LIVES];
		pthread_t thread;

		for (int i = 0; i < 20; i++)
			hold_some(&random, own);
		pthread_mutex_destroy(renewed);
		make(renewed, next(&random));
		if (next(&random) % 4 == 0 &&
			pthread_create(&thread, NULL, do_little, (void *)next(&random)) == 0)
			pthread_join(thread, NULL);
	}
	return NULL;
}

static volatile int depth;

#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Winfinite-recursion"
__attribute__((noinline)) static int overflow(int value)
{
	volatile char frame[4096];

	frame[0] = (char)value;
	depth++;
	return overflow(value + 1) + frame[0];
}

/* On its own stack, as programs do it that print where they crashed: it takes locks, too. */
static void on_fault(int number)
{
	uint64_t random = 4711;
	pthread_mutex_t own[LIVES];

	for (int i = 0; i < LIVES; i++)
		make(&own[i], next(&random));
	hold_some(&random, own);
	signal(number, SIG_DFL);
	raise(number);
}

static void end_by_overflow(void)
{
	struct sigaction action = {.sa_handler = on_fault, .sa_flags = SA_ONSTACK};
	stack_t stack = {.ss_size = 64 << 10};

	stack.ss_sp = malloc(stack.ss_size);
	sigaltstack(&stack, NULL);
	sigaction(SIGSEGV, &action, NULL);
	overflow(0);
}

int main(int argc, char **argv)
{
	uint64_t random = argc > 1 ? strtoull(argv[1], NULL, 10) * 2654435761u + 1 : 1;
	const char *end = argc > 2 ? argv[2] : "";

	for (int i = 0; i < WORKERS; i++) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, work, (void *)next(&random)) != 0)
			return 3;
	}
	if (write(1, "at work\n", 8) != 8)
		return 3;
	if (argc > 3)
		usleep((useconds_t)atoi(argv[3]));
	if (strcmp(end, "abort") == 0)
		abort();
	if (strcmp(end, "overflow") == 0)
		end_by_overflow();
	if (strcmp(end, "_exit") == 0)
		_exit(33);
	if (strcmp(end, "exit") == 0)
		exit(34);
	for (;;)
		pause();
}
