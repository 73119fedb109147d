/* Rows of allocations: malloc and free, by the allocator itself and through the wrappers of `run
 * --alloc`; and the annotation ldl_might_alloc() beside an empty function.
 *
 * The block is of a size that the allocator keeps at hand, so that the pair is at its cheapest:
 * the worst case for a ratio. The lock is taken outside the loop: what is measured is the
 * allocation's own share. */
#include "bench.h"

#include <lockdep_lite/gfp.h>

#define LIVE 10

static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER;

static double pairs(const struct calls *calls, long ops)
{
	void *(*allocate)(size_t) = calls->allocate;
	void (*give_back)(void *) = calls->give_back;
	double start = bench_cpu_ns();

	for (long i = 0; i < ops; i++)
		give_back(allocate(64));
	return bench_cpu_ns() - start;
}

static double block_pairs(const struct calls *calls, void *arg, long ops, int slice)
{
	return pairs(calls, ops);
}

static double block_locked(const struct calls *calls, void *arg, long ops, int slice)
{
	double took;

	calls->mutex_lock(&outer);
	took = pairs(calls, ops);
	calls->mutex_unlock(&outer);
	return took;
}

/* Several places, several sizes, blocks that live for a while. */
static double block_mixed(const struct calls *calls, void *arg, long ops, int slice)
{
	void *live[LIVE];
	double start;

	calls->mutex_lock(&outer);
	start = bench_cpu_ns();
	for (long i = 0; i < ops; i += LIVE) {
		for (size_t at = 0; at < LIVE; at++)
			live[at] = calls->allocate(16 + 40 * at * at);
		for (size_t at = 0; at < LIVE; at++)
			calls->give_back(live[at]);
	}
	start = bench_cpu_ns() - start;
	calls->mutex_unlock(&outer);
	return start;
}

static double announcements(const struct calls *calls, long ops)
{
	void (*might_alloc)(unsigned int) = calls->might_alloc;
	double start = bench_cpu_ns();

	for (long i = 0; i < ops; i++)
		might_alloc(LDL_GFP_KERNEL);
	return bench_cpu_ns() - start;
}

static double block_announced(const struct calls *calls, void *arg, long ops, int slice)
{
	return announcements(calls, ops);
}

static double block_announced_locked(const struct calls *calls, void *arg, long ops, int slice)
{
	double took;

	calls->mutex_lock(&outer);
	took = announcements(calls, ops);
	calls->mutex_unlock(&outer);
	return took;
}

void bench_rows_alloc(const char *suffix)
{
	const struct bench_load rows[] = {
		{"malloc", block_pairs, NULL, 8000, 151},
		{"malloc.locked", block_locked, NULL, 8000, 151},
		{"malloc.mixed", block_mixed, NULL, 8000, 101},
		{"might-alloc", block_announced, NULL, 8000, 101},
		{"might-alloc.locked", block_announced_locked, NULL, 8000, 101},
	};

	for (size_t i = 0; i < BENCH_ARRAY_LEN(rows); i++) {
		rows[i].block(&bench_ours, rows[i].arg, rows[i].ops, 0);
		rows[i].block(&bench_bare, rows[i].arg, rows[i].ops, 0);
		bench_run(&rows[i], suffix);
	}
}
