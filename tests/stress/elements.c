/* Elements that one thread takes and another one gives back, while the first one's held stack moves
 * under it: the checker must know of each that it is held no more.
 *
 *	elements [--rounds=N] [--pairs=N] [--seed=N]
 *
 * An owner takes elements between locks, in a random order, and hands them over; then it lets the
 * locks go from the oldest on, so that every release moves what lies above it. In the first round
 * of each run its stack grows meanwhile. When all elements are back it must hold nothing; else an
 * allocation from the same pool would be a finding (rule C1). */
#include <getopt.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <lockdep_lite.h>
#include "core/engine.h"

#define PAIRS_MAX 16
#define LOCKS     8
#define ELEMENTS  12
#define RUNS      20 /* each with an engine that has forgotten everything */

struct pair {
	pthread_t owner, freer;
	uint64_t random;
	char locks[LOCKS];
	char elements[ELEMENTS];
	_Atomic(void *) given[ELEMENTS]; /* NULL: taken from here, or not given yet */
	atomic_uint freed;               /* elements, of all rounds */
	atomic_bool is_over;
};

static struct pair pairs[PAIRS_MAX];
static char pool;
static _Atomic(const char *) failure;
static unsigned int rounds = 200;

static uint32_t random_below(struct pair *pair, uint32_t bound)
{
	uint64_t z = pair->random += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return (uint32_t)((((z ^ (z >> 31)) >> 32) * bound) >> 32);
}

static void *give_back(void *argument)
{
	struct pair *pair = argument;

	while (!atomic_load(&pair->is_over)) {
		for (unsigned int i = 0; i < ELEMENTS; i++) {
			void *element = atomic_exchange(&pair->given[i], NULL);

			if (!element)
				continue;
			ldl_mempool_free(&pool, element);
			atomic_fetch_add(&pair->freed, 1);
		}
		sched_yield();
	}
	return NULL;
}

/* Takes all locks in their order, and elements in between; `count` of them. */
static void take_all(struct pair *pair, unsigned int count)
{
	unsigned int taken = 0;

	for (unsigned int i = 0; i < LOCKS; i++) {
		ldl_lock_acquire(&pair->locks[i], LDL_EXCLUSIVE);
		ldl_lock_acquired(&pair->locks[i], LDL_EXCLUSIVE);
		for (; taken < count && (i + 1 == LOCKS || random_below(pair, 2)); taken++)
			ldl_mempool_taken(&pool, &pair->elements[taken], LDL_MEMPOOL_BACKING);
	}
}

static unsigned int depth_of_self(void)
{
	return ldl_self.thread->record->depth;
}

static void do_round(struct pair *pair, unsigned int count, unsigned int freed)
{
	take_all(pair, count);
	for (unsigned int i = 0; i < LOCKS; i++) {
		for (unsigned int at = 0; at < count; at++) {
			if (at % LOCKS == i)
				atomic_store(&pair->given[at], &pair->elements[at]);
		}
		ldl_lock_release(&pair->locks[i]);
	}
	while (atomic_load(&pair->freed) != freed + count)
		sched_yield();
	ldl_mempool_alloc(&pool, LDL_GFP_NOWAIT); /* takes out what others gave back */
	ldl_mempool_failed(&pool);
	if (depth_of_self())
		atomic_store(&failure, "an element that was given back is still held");
}

static void *own(void *argument)
{
	struct pair *pair = argument;
	unsigned int freed = 0;

	for (unsigned int i = 0; i < rounds && !atomic_load(&failure); i++) {
		unsigned int count = i ? 1 + random_below(pair, ELEMENTS) : ELEMENTS;

		do_round(pair, count, freed);
		freed += count;
	}
	atomic_store(&pair->is_over, true);
	return NULL;
}

static void start(pthread_t *thread, void *(*function)(void *), struct pair *pair)
{
	if (pthread_create(thread, NULL, function, pair)) {
		perror("stress: cannot create a thread");
		abort();
	}
}

static void run_once(unsigned int count, uint64_t seed)
{
	char name[16];

	ldl_reset();
	ldl_mempool_create(&pool, "pool", 1, 1);
	for (unsigned int i = 0; i < count; i++) {
		pairs[i].random = seed + i;
		atomic_store(&pairs[i].freed, 0);
		atomic_store(&pairs[i].is_over, false);
		for (unsigned int lock = 0; lock < LOCKS; lock++) {
			snprintf(name, sizeof(name), "lock-%u", lock);
			ldl_lock_init(&pairs[i].locks[lock], ldl_class(name, LDL_CLASS_STRICT), 0);
		}
		start(&pairs[i].owner, own, &pairs[i]);
		start(&pairs[i].freer, give_back, &pairs[i]);
	}
	for (unsigned int i = 0; i < count; i++) {
		pthread_join(pairs[i].owner, NULL);
		pthread_join(pairs[i].freer, NULL);
	}
	if (ldl_finding_count())
		atomic_store(&failure, "a finding");
}

int main(int argc, char **argv)
{
	static const struct option known[] = {
		{"rounds", required_argument, NULL, 'n'},
		{"pairs", required_argument, NULL, 'p'},
		{"seed", required_argument, NULL, 'r'},
		{NULL, 0, NULL, 0},
	};
	unsigned int count = 2, run = 0;
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
		else if (c == 'p')
			count = (unsigned int)strtoul(optarg, NULL, 0);
		else if (c == 'r')
			seed = strtoull(optarg, NULL, 0);
		else
			return 2;
	}
	if (!count || count > PAIRS_MAX) {
		fprintf(stderr, "stress: --pairs: from 1 to %d\n", PAIRS_MAX);
		return 2;
	}
	while (run < RUNS && !atomic_load(&failure))
		run_once(count, seed * 1000003 + run++);
	printf("stress elements: %u runs of %u rounds, %u pairs, seed %llu: %s\n", run, rounds,
		count, (unsigned long long)seed, failure ? failure : "ok");
	return failure ? 1 : 0;
}
