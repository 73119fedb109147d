/* viz/merge as a union of sets: its laws, on random runs, byte by byte; and what it finds, against
 * the naive model. Then what it says of damaged files. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/arena.h"
#include "tests/model/naive.h"
#include "tests/support/damage.h"
#include "tests/support/runs.h"
#include "tests/support/suite.h"

#define ROUNDS     8u
#define NAIVE_RUNS 4u
#define DAMAGES    60u

static char text[2000];

static const char *merge_of(const char *one, const char *other)
{
	const char *merged = ldl_runs_merge((const char *const[]){one, other}, other ? 2 : 1);

	if (!merged)
		printf("refused: %s ", ldl_runs_error());
	CU_ASSERT_PTR_NOT_NULL_FATAL(merged);
	return merged;
}

static void equal(const char *law, const char *one, const char *other)
{
	if (ldl_runs_are_equal(one, other))
		return;
	printf("not %s, seed %llu: %s ", law, (unsigned long long)ldl_random_seed(), text);
	CU_FAIL("a law is broken");
}

static void check_laws(struct ldl_random *random)
{
	const char *a, *b, *c, *ab, *all;

	ldl_runs_begin();
	a = ldl_runs_make(0, NULL, ldl_runs_random(random, 6, true, text, sizeof(text)));
	b = ldl_runs_make(1, NULL, ldl_runs_random(random, 6, true, text, sizeof(text)));
	c = ldl_runs_make(2, NULL, ldl_runs_random(random, 6, true, text, sizeof(text)));
	ab = merge_of(a, b);
	all = ldl_runs_merge((const char *const[]){a, b, c}, 3);
	equal("commutative", ab, merge_of(b, a));
	equal("idempotent", merge_of(a, NULL), merge_of(a, a));
	equal("idempotent", ab, merge_of(ab, ab));
	equal("idempotent", ab, merge_of(ab, a));
	equal("associative", all, merge_of(ab, c));
	equal("associative", all, merge_of(a, merge_of(b, c)));
	equal("a union", all, merge_of(ab, merge_of(b, c)));
	equal("a union", all, merge_of(all, merge_of(c, a)));
	ldl_runs_end();
}

static void merging_is_commutative_associative_and_idempotent(void)
{
	struct ldl_random random = ldl_random_make(0x6d65);

	for (unsigned int i = 0; i < ROUNDS * ldl_random_effort(); i++)
		check_laws(&random);
}

/* Classes of all runs by their names, "A" to "F". */
static unsigned int number_of(const struct ldl_snapshot *snapshot, ldl_class_id id)
{
	return (unsigned int)(ldl_snapshot_string(
				      snapshot, ldl_snapshot_class(snapshot, id)->name)[0] -
			      'A');
}

/* Adds an arena's graph of classes to `graph`. */
static void read_graph(const char *path, struct naive_graph *graph)
{
	struct ldl_snapshot snapshot;

	ldl_runs_open(&snapshot, path);
	for (ldl_edge_id id = 1; id < ldl_snapshot_count(&snapshot, LDL_TABLE_EDGES); id++) {
		const struct ldl_edge *edge = ldl_snapshot_edge(&snapshot, id);

		graph->types[number_of(&snapshot, ldl_snapshot_node(&snapshot, edge->from)->class)]
			    [number_of(&snapshot, ldl_snapshot_node(&snapshot, edge->to)->class)] |=
			edge->types & LDL_EDGE_TYPES;
	}
	ldl_snapshot_close(&snapshot);
}

static bool has_strong_cycle(const struct naive_graph *graph)
{
	struct naive_closure closure;

	naive_close(graph, &closure);
	for (unsigned int from = 0; from < graph->count; from++) {
		for (unsigned int to = 0; to < graph->count; to++) {
			for (unsigned int type = 1; type <= LDL_EDGE_SR; type <<= 1) {
				if ((graph->types[from][to] & type) &&
					naive_is_on_cycle(&closure, from, to, type))
					return true;
			}
		}
	}
	return false;
}

/* Checks a finding that the merge alone has; returns whether it is one. */
static bool check_finding(const struct ldl_snapshot *snapshot, ldl_finding_id id,
	const struct naive_graph *graph, const struct naive_graph *runs)
{
	const struct ldl_finding *finding = ldl_snapshot_finding(snapshot, id);
	unsigned int nodes[NAIVE_NODES * 2], types[NAIVE_NODES * 2];
	uint32_t count;
	const struct ldl_path_step *steps = ldl_snapshot_path(snapshot, id, &count);

	if (finding->thread_serial)
		return false;
	CU_ASSERT_FATAL(count <= NAIVE_NODES * 2);
	for (uint32_t i = 0; i < count; i++) {
		nodes[i] = number_of(snapshot, steps[i].from);
		types[i] = steps[i].type;
		CU_ASSERT_NOT_EQUAL(steps[i].witness, 0);
	}
	CU_ASSERT_TRUE(naive_is_strong_walk(graph, nodes, types, count));
	/* The note says that no single run saw it. */
	for (unsigned int run = 0; run < NAIVE_RUNS && finding->note; run++)
		CU_ASSERT_FALSE(naive_is_strong_walk(&runs[run], nodes, types, count));
	/* A gate between two steps that one run made holds in all. */
	CU_ASSERT(finding->verdict == LDL_VERDICT_POTENTIAL ||
		  finding->verdict == LDL_VERDICT_BOUNDED || finding->verdict == LDL_VERDICT_GATED);
	return true;
}

/* Returns 1 when the merge of so many runs found something that none of them had, else 0. */
static unsigned int compare_with_model(struct ldl_random *random, unsigned int count)
{
	struct naive_graph whole = {.count = 6}, merged = {.count = 6}, runs[NAIVE_RUNS] = {0};
	const char *paths[NAIVE_RUNS], *path;
	struct ldl_snapshot snapshot;
	bool is_silent = true;
	unsigned int found = 0;

	ldl_runs_begin();
	for (unsigned int i = 0; i < count; i++) {
		paths[i] = ldl_runs_make(
			i, NULL, ldl_runs_random(random, 6, false, text, sizeof(text)));
		runs[i] = (struct naive_graph){.count = 6};
		read_graph(paths[i], &runs[i]);
		read_graph(paths[i], &whole);
		is_silent &= !has_strong_cycle(&runs[i]);
	}
	path = ldl_runs_merge(paths, count);
	CU_ASSERT_PTR_NOT_NULL_FATAL(path);
	read_graph(path, &merged);
	CU_ASSERT_EQUAL(memcmp(&merged, &whole, sizeof(whole)), 0);
	ldl_runs_open(&snapshot, path);
	for (ldl_finding_id id = 1; id < ldl_snapshot_count(&snapshot, LDL_TABLE_FINDINGS); id++)
		found += check_finding(&snapshot, id, &whole, runs);
	ldl_snapshot_close(&snapshot);
	if (is_silent)
		CU_ASSERT_EQUAL(found > 0, has_strong_cycle(&whole));
	ldl_runs_end();
	return found > 0;
}

static void a_merge_has_every_edge_and_finds_what_the_naive_model_does(void)
{
	struct ldl_random random = ldl_random_make(0x6e61);
	unsigned int rounds = 4 * ROUNDS * ldl_random_effort(), found = 0;

	for (unsigned int i = 0; i < rounds; i++)
		found += compare_with_model(&random, 1 + i % NAIVE_RUNS);
	/* Not of one run, and of several nearly always. */
	CU_ASSERT(found > 0 && found <= rounds - rounds / NAIVE_RUNS);
}

static unsigned char *read_file(const char *path, size_t *size)
{
	struct stat status;
	int fd = open(path, O_RDONLY);
	unsigned char *bytes;

	CU_ASSERT_FATAL(fd >= 0 && fstat(fd, &status) == 0);
	*size = (size_t)status.st_size;
	bytes = malloc(*size);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
	CU_ASSERT_EQUAL(read(fd, bytes, *size), status.st_size);
	close(fd);
	return bytes;
}

static void write_file(const char *path, const unsigned char *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, bytes, size), (ssize_t)size);
	close(fd);
}

/* Spoils the runs behind the arena, or the arena, or cuts the file. */
static size_t spoil(struct ldl_random *random, unsigned char *bytes, size_t size, size_t arena_size)
{
	uint32_t tail = (uint32_t)(size - arena_size);

	if (ldl_random_one_in(random, 4))
		return arena_size + ldl_random_below(random, tail);
	if (ldl_random_one_in(random, 4)) {
		ldl_damage_bytes(random, bytes, arena_size);
		return size;
	}
	for (uint32_t i = 1 + ldl_random_below(random, 8); i > 0; i--) {
		/* The first page of a run decides where all the rest is. */
		uint32_t most = ldl_random_one_in(random, 2) && tail > 5000 ? 5000 : tail;

		bytes[arena_size + ldl_random_below(random, most)] =
			(unsigned char)ldl_random_next(random);
	}
	return size;
}

/* Whatever is done to a merge, merging it again makes a whole file, or says why not in one line. */
static void a_damaged_merge_is_refused_or_read_as_what_it_says(void)
{
	struct ldl_random random = ldl_random_make(0x6461);
	unsigned int refused = 0;
	const char *good, *a, *b;
	size_t size, arena_size;
	unsigned char *bytes;

	ldl_runs_begin();
	a = ldl_runs_make(0, NULL, "T1: AB; T2: BA, X1 X2");
	b = ldl_runs_make(1, NULL, "A timed(C), W(B) R(C)");
	good = merge_of(a, b);
	bytes = read_file(good, &size);
	arena_size = ((const struct ldl_header *)bytes)->size;
	for (unsigned int i = 0; i < DAMAGES * ldl_random_effort(); i++) {
		unsigned char *copy = malloc(size);
		const char *again;
		struct ldl_snapshot snapshot;

		memcpy(copy, bytes, size);
		write_file(a, copy, spoil(&random, copy, size, arena_size));
		free(copy);
		again = ldl_runs_merge((const char *const[]){a}, 1);
		refused += !again;
		if (again) {
			ldl_runs_open(&snapshot, again);
			ldl_snapshot_close(&snapshot);
			continue;
		}
		CU_ASSERT_PTR_NULL(strchr(ldl_runs_error(), '\n'));
		CU_ASSERT_PTR_NOT_NULL(strstr(ldl_runs_error(), ": "));
	}
	CU_ASSERT(refused > 0);
	free(bytes);
	ldl_runs_end();
}

LDL_SUITE(merge_laws)
{
	LDL_TEST(merging_is_commutative_associative_and_idempotent);
	LDL_TEST(a_merge_has_every_edge_and_finds_what_the_naive_model_does);
	LDL_TEST(a_damaged_merge_is_refused_or_read_as_what_it_says);
}
