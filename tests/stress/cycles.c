/* Threads that all learn new dependencies at once: the graph must end up as the union of what each
 * of them did, its ranks must be in order, and cycles must be found when, and only when, there are.
 *
 *	cycles [--rounds=N] [--threads=N] [--seed=N]
 *
 * The locks are only told to the checker, never really taken, and each thread has its own: so the
 * program can do what would deadlock. */
#include <getopt.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <lockdep_lite.h>
#include "core/arena.h"
#include "core/engine.h"

#define CLASSES     48
#define THREADS_MAX 64
#define HELD        4

struct worker {
	pthread_t thread;
	uint64_t random;
	bool ascending; /* keeps one order */
	unsigned int sections;
	uint64_t after[CLASSES]; /* bit c of after[d]: c was taken while d was held */
	char locks[CLASSES];
};

static struct worker workers[THREADS_MAX];
static ldl_class_t classes[CLASSES];
static const char *failure;
/* The thread sanitizer makes a round twenty times as long. */
#ifdef __SANITIZE_THREAD__
#define ROUNDS 20
#else
#define ROUNDS 60
#endif

static unsigned int gave_up; /* rounds in which the machine was too busy for the checker */

static void fail(const char *what)
{
	if (!failure)
		failure = what;
}

static uint32_t random_below(struct worker *worker, uint32_t bound)
{
	uint64_t z = worker->random += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return (uint32_t)((((z ^ (z >> 31)) >> 32) * bound) >> 32);
}

static unsigned int choose(struct worker *worker, unsigned int place)
{
	if (worker->ascending)
		return random_below(worker, CLASSES / HELD) + place * (CLASSES / HELD);
	return random_below(worker, CLASSES);
}

static bool is_among(unsigned int class, const unsigned int *some, unsigned int count)
{
	while (count)
		if (some[--count] == class)
			return true;
	return false;
}

static void do_section(struct worker *worker)
{
	unsigned int held[HELD];
	unsigned int i, j, count = 0;

	for (i = 0; i < HELD; i++) {
		unsigned int class = choose(worker, i);

		if (is_among(class, held, count))
			continue;
		ldl_lock_acquire(&worker->locks[class], LDL_EXCLUSIVE);
		ldl_lock_acquired(&worker->locks[class], LDL_EXCLUSIVE);
		for (j = 0; j < count; j++)
			worker->after[held[j]] |= 1ull << class;
		held[count++] = class;
	}
	while (count)
		ldl_lock_release(&worker->locks[held[--count]]);
}

static void *work(void *argument)
{
	struct worker *worker = argument;
	unsigned int i;

	for (i = 0; i < CLASSES; i++)
		ldl_lock_init(&worker->locks[i], classes[i], 0);
	for (i = 0; i < worker->sections; i++)
		do_section(worker);
	for (i = 0; i < CLASSES; i++)
		ldl_lock_destroy(&worker->locks[i]);
	return NULL;
}

static unsigned int class_number(ldl_class_id id)
{
	unsigned int i;

	for (i = 0; i < CLASSES; i++)
		if (classes[i] == id)
			return i;
	fail("the graph has a class that is not the program's");
	return 0;
}

/* Reads the graph's edges into `after` and checks the ranks on the way. */
static void read_edges(const struct ldl_arena *arena, uint64_t after[CLASSES])
{
	uint32_t id, used = ldl_arena_table(arena, LDL_TABLE_EDGES)->used;

	for (id = 1; id < used; id++) {
		const struct ldl_edge *edge = ldl_edge_at(arena, id);
		const struct ldl_node *from = ldl_node_at(arena, edge->from);
		const struct ldl_node *to = ldl_node_at(arena, edge->to);

		if (!edge->from)
			continue;
		if (from->rank > to->rank)
			fail("an edge leads to a smaller rank");
		after[class_number(from->class)] |= 1ull << class_number(to->class);
	}
}

static bool has_cycle(const uint64_t after[CLASSES])
{
	uint64_t reach[CLASSES];
	unsigned int i, middle;

	memcpy(reach, after, sizeof(reach));
	for (middle = 0; middle < CLASSES; middle++)
		for (i = 0; i < CLASSES; i++)
			if (reach[i] >> middle & 1)
				reach[i] |= reach[middle];
	for (i = 0; i < CLASSES; i++)
		if (reach[i] >> i & 1)
			return true;
	return false;
}

static void check_finding(const struct ldl_arena *arena, ldl_finding_id id)
{
	const struct ldl_finding *finding = ldl_finding_at(arena, id);
	uint32_t i;
	ldl_finding_id other;

	if (finding->rule != LDL_RULE_ORDER || !finding->path_count)
		fail("a finding that is no cycle");
	for (i = 0; i < finding->path_count; i++) {
		const struct ldl_path_step *steps = ldl_path_step_at(arena, finding->path_first);
		const struct ldl_path_step *next = &steps[(i + 1) % finding->path_count];
		const struct ldl_edge *edge = ldl_edge_at(arena, steps[i].edge);

		if (!steps[i].edge || steps[i].to != next->from)
			fail("a finding's path is broken");
		if (ldl_node_at(arena, edge->from)->class != steps[i].from ||
			ldl_node_at(arena, edge->to)->class != steps[i].to)
			fail("a finding's edge is another one");
	}
	for (other = 1; other < id; other++)
		if (ldl_finding_at(arena, other)->id == finding->id)
			fail("the same cycle was reported twice");
}

static void check(unsigned int threads)
{
	const struct ldl_arena *arena = ldl_engine_arena();
	uint32_t findings = ldl_arena_table(arena, LDL_TABLE_FINDINGS)->used - 1;
	uint64_t expected[CLASSES] = {0}, found[CLASSES] = {0};
	unsigned int i, class;
	ldl_finding_id id;

	for (i = 0; i < threads; i++)
		for (class = 0; class < CLASSES; class ++)
			expected[class] |= workers[i].after[class];
	read_edges(arena, found);
	if (memcmp(expected, found, sizeof(found)))
		fail("the graph is not what the threads did");
	if (has_cycle(expected) != (findings > 0))
		fail("cycles without a finding, or a finding without a cycle");
	for (id = 1; id <= findings; id++)
		check_finding(arena, id);
}

static unsigned int run_round(unsigned int round, unsigned int threads, uint64_t seed)
{
	unsigned int i;
	char name[24];

	ldl_reset();
	memset(workers, 0, sizeof(workers));
	for (i = 0; i < CLASSES; i++) {
		snprintf(name, sizeof(name), "class-%u", i);
		classes[i] = ldl_class(name, LDL_CLASS_STRICT);
	}
	for (i = 0; i < threads; i++) {
		workers[i].random = (seed * 1000003 + round) * 1000003 + i;
		workers[i].ascending = round % 2 == 0;
		workers[i].sections = 20 << round % 5;
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i])) {
			perror("stress: cannot create a thread");
			abort();
		}
	}
	for (i = 0; i < threads; i++)
		pthread_join(workers[i].thread, NULL);
	/* What was put off may have had no second chance. */
	if (ldl_engine_arena()->header->counters[LDL_COUNT_WRITER_BUSY])
		gave_up++;
	else
		check(threads);
	return ldl_finding_count();
}

static int run(unsigned int rounds, unsigned int threads, uint64_t seed)
{
	unsigned int round, with = 0;

	for (round = 0; round < rounds && !failure; round++)
		with += run_round(round, threads, seed) > 0;
	if (!failure && (!with || with == rounds))
		fail("all rounds were alike: nothing was compared");
	if (gave_up)
		printf("stress cycles: SKIPPED: %u rounds, in which the checker gave up waiting\n",
			gave_up);
	printf("stress cycles: %u rounds, %u with cycles, %u threads, seed %llu: %s\n", round, with,
		threads, (unsigned long long)seed, failure ? failure : "ok");
	return failure ? 1 : 0;
}

int main(int argc, char **argv)
{
	static const struct option known[] = {
		{"rounds", required_argument, NULL, 'n'},
		{"threads", required_argument, NULL, 't'},
		{"seed", required_argument, NULL, 'r'},
		{NULL, 0, NULL, 0},
	};
	unsigned int rounds = ROUNDS, threads = 8;
	uint64_t seed = (uint64_t)time(NULL);
	int c;

	if (!getenv("LOCKDEP_LITE")) {
		/* The engine reads this before main(): findings are wanted here, not printed. */
		setenv("LOCKDEP_LITE", "mode=check:quiet:memory=16M", 1);
		execv("/proc/self/exe", argv);
	}
	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 'n')
			rounds = (unsigned int)strtoul(optarg, NULL, 0);
		else if (c == 't')
			threads = (unsigned int)strtoul(optarg, NULL, 0);
		else if (c == 'r')
			seed = strtoull(optarg, NULL, 0);
		else
			return 2;
	}
	if (!threads || threads > THREADS_MAX) {
		fprintf(stderr, "stress: --threads: from 1 to %d\n", THREADS_MAX);
		return 2;
	}
	return run(rounds, threads, seed);
}
