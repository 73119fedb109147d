/* Rows of two working threads: readers of one lock, pairs out of 1000 mutexes, signal and wait.
 *
 * The main thread and one helper run the same block at the same time; between blocks they meet at
 * a spinning barrier. A block's time is what both took together. */
#include "bench.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#define MUTEXES    1000
#define WARM_PAIRS 1000
#define COLD_OPS   250
#define COLD_QUADS 31
#define COLD_PAIRS (2 * 2 * COLD_QUADS * COLD_OPS) /* two threads, two slices a quad */

typedef double (*thread_part)(
	const struct calls *calls, void *arg, long ops, int slice, int thread);

/* What the helper is to do next. Written by the main thread before it raises `asked`. */
static struct {
	thread_part part;
	const struct calls *calls;
	void *arg;
	long ops;
	int slice;
	double took_ns;
	atomic_int asked, answered;
} job;

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_mutex_t of_own_class[MUTEXES]; /* static storage: each is a class of its own */
static pthread_mutex_t of_one_class[MUTEXES]; /* initialised at one place */

struct pair {
	pthread_mutex_t *outer, *inner;
};

static struct pair warm[WARM_PAIRS], warm_in_class[WARM_PAIRS], cold[COLD_PAIRS];

static void wait_for(atomic_int *word, int value)
{
	for (long spins = 0; atomic_load_explicit(word, memory_order_acquire) != value; spins++)
		if (spins > 2000)
			sched_yield();
}

static void *helper_main(void *unused)
{
	bench_pin(1);
	for (int turn = 1;; turn++) {
		wait_for(&job.asked, turn);
		if (!job.part)
			return NULL;
		job.took_ns = job.part(job.calls, job.arg, job.ops, job.slice, 1);
		atomic_store_explicit(&job.answered, turn, memory_order_release);
	}
}

/* `part` by both threads at once; the helper's share begins with the store to `asked`. */
static double run_both(thread_part part, const struct calls *calls, void *arg, long ops, int slice)
{
	int turn = atomic_load(&job.asked) + 1;
	double took_ns;

	job.part = part;
	job.calls = calls;
	job.arg = arg;
	job.ops = ops;
	job.slice = slice;
	atomic_store_explicit(&job.asked, turn, memory_order_release);
	if (!part)
		return 0;
	took_ns = part(calls, arg, ops, slice, 0);
	wait_for(&job.answered, turn);
	return (took_ns + job.took_ns) / 2;
}

static double part_read(const struct calls *calls, void *arg, long ops, int slice, int thread)
{
	int (*lock)(pthread_rwlock_t *) = calls->read_lock;
	int (*unlock)(pthread_rwlock_t *) = calls->rw_unlock;
	double start = bench_cpu_ns();

	for (long i = 0; i < ops; i++) {
		lock(&rwlock);
		unlock(&rwlock);
	}
	return bench_cpu_ns() - start;
}

static inline void lock_pair(const struct calls *calls, const struct pair *pair)
{
	calls->mutex_lock(pair->outer);
	calls->mutex_lock(pair->inner);
	calls->mutex_unlock(pair->inner);
	calls->mutex_unlock(pair->outer);
}

struct pair_pool {
	struct pair *pairs;
	uint64_t count;
};

static double part_pairs(const struct calls *calls, void *arg, long ops, int slice, int thread)
{
	const struct pair_pool *pool = arg;
	uint64_t seed = 0x9e3779b97f4a7c15ull * (uint64_t)(2 * slice + thread + 1);
	double start = bench_cpu_ns();

	for (long i = 0; i < ops; i++)
		lock_pair(calls, &pool->pairs[(bench_random(&seed) >> 32) % pool->count]);
	return bench_cpu_ns() - start;
}

/* Each slice and thread has its own part of the list: no pair was ever locked before. */
static double part_cold(const struct calls *calls, void *arg, long ops, int slice, int thread)
{
	const struct pair *own = &cold[(2 * slice + thread) * COLD_OPS];
	double start = bench_cpu_ns();

	for (long i = 0; i < ops; i++)
		lock_pair(calls, &own[i]);
	return bench_cpu_ns() - start;
}

/* Ping-pong: `arg` is whose turn it is. Sleeping counts, so this is measured on the wall. */
static pthread_mutex_t table_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn_cond[2] = {PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER};

static double part_ping_pong(const struct calls *calls, void *arg, long ops, int slice, int thread)
{
	int *whose = arg;
	double start = bench_now_ns();

	for (long i = 0; i < ops; i++) {
		calls->mutex_lock(&table_mutex);
		while (*whose != thread)
			calls->cond_wait(&turn_cond[thread], &table_mutex);
		*whose = !thread;
		calls->cond_signal(&turn_cond[!thread]);
		calls->mutex_unlock(&table_mutex);
	}
	return bench_now_ns() - start;
}

static double block_read(const struct calls *calls, void *arg, long ops, int slice)
{
	return run_both(part_read, calls, arg, ops, slice);
}

static double block_pairs(const struct calls *calls, void *arg, long ops, int slice)
{
	return run_both(part_pairs, calls, arg, ops, slice);
}

static double block_cold(const struct calls *calls, void *arg, long ops, int slice)
{
	return run_both(part_cold, calls, arg, ops, slice);
}

static double block_ping_pong(const struct calls *calls, void *arg, long ops, int slice)
{
	return run_both(part_ping_pong, calls, arg, ops, slice);
}

/* Distinct pairs out of `mutexes`, in the order of the array, so that there is no cycle. */
static void draw_pairs(struct pair *pairs, int count, pthread_mutex_t *mutexes, uint64_t seed)
{
	unsigned char(*drawn)[MUTEXES] = calloc(MUTEXES, sizeof(*drawn));

	for (int i = 0; drawn && i < count;) {
		unsigned a = (unsigned)(bench_random(&seed) >> 32) % MUTEXES;
		unsigned b = (unsigned)(bench_random(&seed) >> 32) % MUTEXES;

		if (a >= b || drawn[a][b])
			continue;
		drawn[a][b] = 1;
		pairs[i++] = (struct pair){&mutexes[a], &mutexes[b]};
	}
	free(drawn);
}

static void run_warm(const struct bench_load *load)
{
	struct pair_pool *pool = load->arg;

	if (!bench_is_wanted(load->name))
		return;
	for (uint64_t i = 0; i < pool->count; i++)
		lock_pair(&bench_ours, &pool->pairs[i]);
	for (int i = 0; i < 20; i++)
		load->block(&bench_ours, load->arg, load->ops, i);
	bench_run(load, "");
}

void bench_rows_two_threads(void)
{
	static int whose;
	struct pair_pool warm_pool = {warm, WARM_PAIRS}, cold_pool = {cold, COLD_PAIRS};
	struct pair_pool class_pool = {warm_in_class, WARM_PAIRS};
	const struct bench_load readers = {"readers2", block_read, NULL, 3000, 201};
	const struct bench_load pairs = {"pairs.warm", block_pairs, &warm_pool, 2000, 101};
	const struct bench_load in_class = {"pairs.class", block_pairs, &class_pool, 2000, 101};
	const struct bench_load fresh = {"pairs.cold", block_cold, NULL, COLD_OPS, COLD_QUADS};
	const struct bench_load all = {"pairs.all", block_pairs, &cold_pool, 2000, 101};
	const struct bench_load cond = {"cond", block_ping_pong, &whose, 200, 41};
	pthread_t helper;

	for (int i = 0; i < MUTEXES; i++)
		pthread_mutex_init(&of_one_class[i], NULL);
	draw_pairs(warm, WARM_PAIRS, of_own_class, 1);
	draw_pairs(warm_in_class, WARM_PAIRS, of_one_class, 1);
	draw_pairs(cold, COLD_PAIRS, of_own_class, 2);
	if (pthread_create(&helper, NULL, helper_main, NULL) != 0)
		return;
	readers.block(&bench_ours, NULL, readers.ops, 0);
	bench_run(&readers, "");
	run_warm(&pairs);
	run_warm(&in_class);
	bench_run(&fresh, "");
	run_warm(&all);
	bench_run(&cond, "");
	run_both(NULL, NULL, NULL, 0, 0);
	pthread_join(helper, NULL);
}
