/* The loops that are run under every checker: plain pthread calls, so that any of them can watch.
 *
 *	peer_loop SCALE     prints "ROW NANOSECONDS" lines; SCALE divides the iterations (1: all)
 *
 * A second thread is alive from the start. The cold row locks each pair for the first time. Times
 * are the thread's own on a CPU, so that other programs disturb them less. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define MUTEXES    1000
#define WARM_PAIRS 1000
#define COLD_PAIRS 8000 /* of each thread */

static pthread_mutex_t nested[3] = {
	PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};
static pthread_mutex_t mutexes[MUTEXES];
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static int warm[WARM_PAIRS][2], cold[2 * COLD_PAIRS][2];
static pthread_barrier_t meeting;
static double took[2];
static long scale = 1;

static double cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Each thread on a CPU of its own, if there are two: else the readers may or may not meet. */
static void pin(int which)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(which, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

static unsigned draw(uint64_t *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned)(*state >> 33);
}

static double nest(int depth, long ops)
{
	double start = cpu_ns();

	for (long i = 0; i < ops; i++) {
		for (int level = 0; level < depth; level++)
			pthread_mutex_lock(&nested[level]);
		for (int level = depth - 1; level >= 0; level--)
			pthread_mutex_unlock(&nested[level]);
	}
	return (cpu_ns() - start) / (double)ops;
}

static void lock_pair(const int *pair)
{
	pthread_mutex_lock(&mutexes[pair[0]]);
	pthread_mutex_lock(&mutexes[pair[1]]);
	pthread_mutex_unlock(&mutexes[pair[1]]);
	pthread_mutex_unlock(&mutexes[pair[0]]);
}

static double warm_part(int thread, long ops)
{
	uint64_t seed = (uint64_t)thread + 5;
	double start;

	for (int i = 0; i < WARM_PAIRS; i++)
		lock_pair(warm[i]);
	start = cpu_ns();
	for (long i = 0; i < ops; i++)
		lock_pair(warm[draw(&seed) % WARM_PAIRS]);
	return (cpu_ns() - start) / (double)ops;
}

static double cold_part(int thread, long ops)
{
	double start = cpu_ns();

	for (long i = 0; i < ops; i++)
		lock_pair(cold[thread * COLD_PAIRS + i]);
	return (cpu_ns() - start) / (double)ops;
}

static double read_part(int thread, long ops)
{
	double start = cpu_ns();

	for (long i = 0; i < ops; i++) {
		pthread_rwlock_rdlock(&rwlock);
		pthread_rwlock_unlock(&rwlock);
	}
	return (cpu_ns() - start) / (double)ops;
}

struct part {
	double (*run)(int thread, long ops);
	long ops;
};

static const struct part parts[] = {
	{cold_part, COLD_PAIRS}, {warm_part, 300000}, {read_part, 500000}};
static const char *const part_name[] = {"pairs.cold", "pairs.warm", "readers2"};

static void run_parts(int thread)
{
	for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		long ops = parts[i].ops / (parts[i].run == cold_part && scale < 8 ? 1 : scale);

		pthread_barrier_wait(&meeting);
		took[thread] = parts[i].run(thread, ops);
		pthread_barrier_wait(&meeting);
		if (thread == 0)
			printf("%s %.2f\n", part_name[i], (took[0] + took[1]) / 2);
	}
}

static void *second_main(void *unused)
{
	pin(1);
	run_parts(1);
	return NULL;
}

/* Distinct pairs in the order of the array: no cycle, nothing to report. */
static void draw_pairs(int (*pairs)[2], int count, uint64_t seed)
{
	unsigned char(*drawn)[MUTEXES] = calloc(MUTEXES, sizeof(*drawn));

	for (int i = 0; drawn && i < count;) {
		int a = (int)(draw(&seed) % MUTEXES), b = (int)(draw(&seed) % MUTEXES);

		if (a >= b || drawn[a][b])
			continue;
		drawn[a][b] = 1;
		pairs[i][0] = a;
		pairs[i++][1] = b;
	}
	free(drawn);
}

int main(int argc, char **argv)
{
	pthread_t second;

	if (argc > 1 && atol(argv[1]) > 0)
		scale = atol(argv[1]);
	draw_pairs(warm, WARM_PAIRS, 1);
	draw_pairs(cold, 2 * COLD_PAIRS, 2);
	pthread_barrier_init(&meeting, NULL, 2);
	pin(0);
	if (pthread_create(&second, NULL, second_main, NULL) != 0)
		return 1;
	for (int depth = 1; depth <= 3; depth += 2) {
		nest(depth, 1000);
		printf("depth%d %.2f\n", depth, nest(depth, 2000000 / depth / scale));
	}
	run_parts(0);
	pthread_join(second, NULL);
	return 0;
}
