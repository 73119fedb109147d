/* Events and pools that begin and end while other threads wait for them, wake them, take from them
 * and give back: whatever a program does wrong, the checker's tables must stay whole.
 *
 *	places [--steps=N] [--threads=N] [--seed=N]
 *
 * All threads use the same few addresses, each as an event, a pool, an element and a lock. Nothing
 * is checked of what is found; at the end each address must be known once, and once only, and no
 * record be lost. */
#include <getopt.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <lockdep_lite.h>
#include "core/arena.h"
#include "core/engine.h"

#define PLACES      4
#define THREADS_MAX 16
#define RECORDS_MAX 40 /* each place is three at most, and there are the reclaim domains */

struct worker {
	pthread_t thread;
	uint64_t random;
	char elements[PLACES];
};

static struct worker workers[THREADS_MAX];
static char places[PLACES];
static const char *failure;
static unsigned int steps = 20000;

static uint32_t random_below(struct worker *worker, uint32_t bound)
{
	uint64_t z = worker->random += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return (uint32_t)((((z ^ (z >> 31)) >> 32) * bound) >> 32);
}

static void use_lock(void *lock)
{
	ldl_lock_acquire(lock, LDL_EXCLUSIVE);
	ldl_lock_acquired(lock, LDL_EXCLUSIVE);
	ldl_lock_release(lock);
}

static void use_pool(struct worker *worker, void *pool)
{
	void *element = &worker->elements[random_below(worker, PLACES)];

	ldl_mempool_alloc(pool, random_below(worker, 2) ? LDL_GFP_NOIO : LDL_GFP_NOWAIT);
	ldl_mempool_taken(pool, element, LDL_MEMPOOL_RESERVE);
	ldl_mempool_free(pool, element);
}

static void do_step(struct worker *worker)
{
	void *place = &places[random_below(worker, PLACES)];

	switch (random_below(worker, 16)) {
	case 0:
		ldl_event_init(place, "event");
		break;
	case 1:
		ldl_event_destroy(place);
		break;
	case 2:
		ldl_mempool_create(place, "pool", 2, 2);
		break;
	case 3:
		ldl_mempool_destroy(place);
		break;
	case 4:
		ldl_lock_init(place, 0, 0);
		break;
	case 5:
		ldl_lock_destroy(place);
		break;
	case 6:
		use_lock(place);
		break;
	case 7 ... 9:
		ldl_might_wait(place);
		break;
	case 10 ... 12:
		ldl_wake(place);
		break;
	default:
		use_pool(worker, place);
	}
}

static void *work(void *argument)
{
	struct worker *worker = argument;

	for (unsigned int i = 0; i < steps; i++)
		do_step(worker);
	return NULL;
}

/* Records in use, by their addresses; and those that can be handed out again. */
static void check(struct ldl_arena *arena)
{
	const struct ldl_table *table = ldl_arena_table(arena, LDL_TABLE_INSTANCES);
	uint32_t live = 0, is_free = 0;

	for (uint32_t id = 1; id < table->used; id++) {
		const struct ldl_instance *one = ldl_instance_at(arena, id);

		live += one->addr != 0;
		for (uint32_t other = 1; one->addr && other < id; other++)
			if (ldl_instance_at(arena, other)->addr == one->addr)
				failure = "one address has two records";
	}
	for (uint32_t id = table->free_head; id && id < table->used && is_free < table->used;
		id = ldl_instance_info_at(arena, id)->next_free)
		is_free++;
	if (live + is_free > table->used - 1)
		failure = "the free list goes round";
	if (table->used > RECORDS_MAX)
		failure = "records were lost";
}

static void run(unsigned int threads, uint64_t seed)
{
	for (unsigned int i = 0; i < threads; i++) {
		workers[i].random = seed * 1000003 + i;
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i])) {
			perror("stress: cannot create a thread");
			abort();
		}
	}
	for (unsigned int i = 0; i < threads; i++)
		pthread_join(workers[i].thread, NULL);
	check((struct ldl_arena *)ldl_engine_arena());
}

int main(int argc, char **argv)
{
	static const struct option known[] = {
		{"steps", required_argument, NULL, 'n'},
		{"threads", required_argument, NULL, 't'},
		{"seed", required_argument, NULL, 'r'},
		{NULL, 0, NULL, 0},
	};
	unsigned int threads = 4;
	uint64_t seed = (uint64_t)time(NULL);
	int c;

	if (!getenv("LOCKDEP_LITE")) {
		/* The engine reads this before main(): findings are wanted here, not printed. */
		setenv("LOCKDEP_LITE", "mode=check:quiet:memory=16M", 1);
		execv("/proc/self/exe", argv);
	}
	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 'n')
			steps = (unsigned int)strtoul(optarg, NULL, 0);
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
	run(threads, seed);
	printf("stress places: %u threads, %u steps each, seed %llu: %s\n", threads, steps,
		(unsigned long long)seed, failure ? failure : "ok");
	return failure ? 1 : 0;
}
