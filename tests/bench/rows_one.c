/* Rows of one working thread: nested mutexes, many mutexes in turn, the other kinds of lock.
 *
 * Each loop reads its two function pointers once and calls through them, so that both sets of
 * functions run the very same instructions. The measured pair has an empty critical section: the
 * worst case for a ratio. */
#include "bench.h"

#define MANY 1024

static pthread_mutex_t nested[8] = {
	PTHREAD_MUTEX_INITIALIZER,
	PTHREAD_MUTEX_INITIALIZER,
	PTHREAD_MUTEX_INITIALIZER,
	PTHREAD_MUTEX_INITIALIZER,
	PTHREAD_MUTEX_INITIALIZER,
	PTHREAD_MUTEX_INITIALIZER,
	PTHREAD_MUTEX_INITIALIZER,
	PTHREAD_MUTEX_INITIALIZER,
};
static pthread_mutex_t in_turn[MANY];
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t spin;

static double block_one(const struct calls *calls, void *arg, long ops, int slice)
{
	int (*lock)(pthread_mutex_t *) = calls->mutex_lock;
	int (*unlock)(pthread_mutex_t *) = calls->mutex_unlock;
	double start = bench_cpu_ns();

	for (long i = 0; i < ops; i++) {
		lock(&nested[0]);
		unlock(&nested[0]);
	}
	return bench_cpu_ns() - start;
}

static double block_nested(const struct calls *calls, void *arg, long ops, int slice)
{
	int (*lock)(pthread_mutex_t *) = calls->mutex_lock;
	int (*unlock)(pthread_mutex_t *) = calls->mutex_unlock;
	int depth = *(int *)arg;
	double start = bench_cpu_ns();

	for (long i = 0; i < ops; i++) {
		for (int level = 0; level < depth; level++)
			lock(&nested[level]);
		for (int level = depth - 1; level >= 0; level--)
			unlock(&nested[level]);
	}
	return bench_cpu_ns() - start;
}

static double block_in_turn(const struct calls *calls, void *arg, long ops, int slice)
{
	int (*lock)(pthread_mutex_t *) = calls->mutex_lock;
	int (*unlock)(pthread_mutex_t *) = calls->mutex_unlock;
	double start = bench_cpu_ns();

	for (long i = 0; i < ops; i++) {
		lock(&in_turn[i % MANY]);
		unlock(&in_turn[i % MANY]);
	}
	return bench_cpu_ns() - start;
}

static double block_try(const struct calls *calls, void *arg, long ops, int slice)
{
	int (*try_lock)(pthread_mutex_t *) = calls->mutex_trylock;
	int (*unlock)(pthread_mutex_t *) = calls->mutex_unlock;
	double start = bench_cpu_ns();

	for (long i = 0; i < ops; i++) {
		try_lock(&nested[0]);
		unlock(&nested[0]);
	}
	return bench_cpu_ns() - start;
}

/* One loop for reading and for writing: `arg` tells. */
static double block_rwlock(const struct calls *calls, void *arg, long ops, int slice)
{
	int (*lock)(pthread_rwlock_t *) = arg ? calls->write_lock : calls->read_lock;
	int (*unlock)(pthread_rwlock_t *) = calls->rw_unlock;
	double start = bench_cpu_ns();

	for (long i = 0; i < ops; i++) {
		lock(&rwlock);
		unlock(&rwlock);
	}
	return bench_cpu_ns() - start;
}

static double block_spin(const struct calls *calls, void *arg, long ops, int slice)
{
	int (*lock)(pthread_spinlock_t *) = calls->spin_lock;
	int (*unlock)(pthread_spinlock_t *) = calls->spin_unlock;
	double start = bench_cpu_ns();

	for (long i = 0; i < ops; i++) {
		lock(&spin);
		unlock(&spin);
	}
	return bench_cpu_ns() - start;
}

/* A mutex that lives for one lock, at an address that is used again and again. */
static double block_churn(const struct calls *calls, void *arg, long ops, int slice)
{
	int (*lock)(pthread_mutex_t *) = calls->mutex_lock;
	int (*unlock)(pthread_mutex_t *) = calls->mutex_unlock;
	double start = bench_cpu_ns();
	pthread_mutex_t mutex;

	for (long i = 0; i < ops; i++) {
		calls->mutex_init(&mutex, NULL);
		lock(&mutex);
		unlock(&mutex);
		calls->mutex_destroy(&mutex);
	}
	return bench_cpu_ns() - start;
}

void bench_rows_one_thread(const char *suffix)
{
	static int depth_2 = 2, depth_3 = 3, depth_8 = 8, writing = 1;
	static bool is_ready;
	const struct bench_load rows[] = {
		{"depth1", block_one, NULL, 6000, 151},
		{"depth2", block_nested, &depth_2, 3000, 151},
		{"depth3", block_nested, &depth_3, 2000, 151},
		{"depth8", block_nested, &depth_8, 1000, 151},
		{"turn1024", block_in_turn, NULL, 8 * MANY, 151},
		{"trylock", block_try, NULL, 6000, 101},
		{"read", block_rwlock, NULL, 4000, 101},
		{"write", block_rwlock, &writing, 4000, 101},
		{"spin", block_spin, NULL, 6000, 101},
		{"churn", block_churn, NULL, 500, 61},
	};

	if (!is_ready) {
		is_ready = true;
		pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
		for (int i = 0; i < MANY; i++)
			pthread_mutex_init(&in_turn[i], NULL);
	}
	for (size_t i = 0; i < BENCH_ARRAY_LEN(rows); i++) {
		if (!bench_is_wanted(rows[i].name))
			continue;
		rows[i].block(&bench_ours, rows[i].arg, rows[i].ops, 0);
		rows[i].block(&bench_bare, rows[i].arg, rows[i].ops, 0);
		bench_run(&rows[i], suffix);
	}
}
