/* What a new edge costs, and a new class, in graphs of different sizes.
 *
 * dense: 1000 static locks, pairs in a random order that is consistent with a hidden one: the
 * incremental order has much to move. sparse: each edge joins two locks that nothing else touches.
 * Each lock is first taken alone, so that the edge's cost is not mixed with its locks' own. The
 * ratio of a row is to the smallest graph's cost: how it grows, not what it is. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

#define WINDOW       1000 /* edges of which one time is taken */
#define EDGES        (100000 + WINDOW / 2)
#define DENSE_LOCKS  1000
#define SPARSE_LOCKS (2 * EDGES)

static const int window_middle[] = {1000, 10000, 100000};
static const char *const window_name[] = {"1k", "10k", "100k"};

static pthread_mutex_t locks[SPARSE_LOCKS]; /* static storage: each is a class of its own */
static pthread_mutex_t *outer[EDGES], *inner[EDGES];

static void plan_sparse(void)
{
	for (int i = 0; i < EDGES; i++) {
		outer[i] = &locks[2 * i];
		inner[i] = &locks[2 * i + 1];
	}
}

static bool plan_dense(void)
{
	unsigned char(*drawn)[DENSE_LOCKS] = calloc(DENSE_LOCKS, sizeof(*drawn));
	int order[DENSE_LOCKS];
	uint64_t seed = 7;

	if (!drawn)
		return false;
	for (int i = 0; i < DENSE_LOCKS; i++)
		order[i] = i;
	for (int i = DENSE_LOCKS - 1; i > 0; i--) {
		int other = (int)((bench_random(&seed) >> 32) % (unsigned)(i + 1)), kept = order[i];

		order[i] = order[other];
		order[other] = kept;
	}
	for (int i = 0; i < EDGES;) {
		unsigned a = (unsigned)(bench_random(&seed) >> 32) % DENSE_LOCKS;
		unsigned b = (unsigned)(bench_random(&seed) >> 32) % DENSE_LOCKS;

		if (a >= b || drawn[a][b])
			continue;
		drawn[a][b] = 1;
		outer[i] = &locks[order[a]];
		inner[i++] = &locks[order[b]];
	}
	free(drawn);
	return true;
}

static double take_alone(const struct calls *calls, int first, int past)
{
	double start = bench_cpu_ns();

	for (int i = first; i < past; i++) {
		calls->mutex_lock(outer[i]);
		calls->mutex_unlock(outer[i]);
		calls->mutex_lock(inner[i]);
		calls->mutex_unlock(inner[i]);
	}
	return (bench_cpu_ns() - start) / (2 * (past - first));
}

static double take_pairs(const struct calls *calls, int first, int past)
{
	double start = bench_cpu_ns();

	for (int i = first; i < past; i++) {
		calls->mutex_lock(outer[i]);
		calls->mutex_lock(inner[i]);
		calls->mutex_unlock(inner[i]);
		calls->mutex_unlock(outer[i]);
	}
	return (bench_cpu_ns() - start) / (past - first);
}

static void print_row(const char *name, int window, double bare, double ours, double smallest)
{
	double growth = ours / smallest;
	const struct bench_sample sample = {growth, growth, growth, growth, bare, ours};

	bench_row_print(name, window_name[window], &sample);
}

bool bench_edges(const char *shape)
{
	bool is_dense = strcmp(shape, "dense") == 0;
	double smallest = 0, smallest_alone = 0;
	int done = 0;

	if (!is_dense)
		plan_sparse();
	else if (!plan_dense())
		return false;
	for (int i = 0; i < (int)BENCH_ARRAY_LEN(window_middle); i++) {
		int first = window_middle[i] - WINDOW / 2, past = window_middle[i] + WINDOW / 2;
		double bare, ours, bare_alone, ours_alone;

		take_alone(&bench_ours, done, first);
		take_pairs(&bench_ours, done, first);
		bare_alone = take_alone(&bench_bare, first, past);
		ours_alone = take_alone(&bench_ours, first, past);
		bare = take_pairs(&bench_bare, first, past);
		ours = take_pairs(&bench_ours, first, past);
		done = past;
		if (i == 0) {
			smallest = ours;
			smallest_alone = ours_alone;
		}
		print_row(is_dense ? "edge.dense." : "edge.sparse.", i, bare, ours, smallest);
		if (!is_dense)
			print_row("class.", i, bare_alone, ours_alone, smallest_alone);
	}
	return true;
}
