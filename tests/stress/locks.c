/* Threads that create, use and destroy locks and threads, always in one order: the checker must
 * stay silent, and the program's own counts must come out right.
 *
 *	locks [--seconds=N] [--threads=N] [--seed=N] [--bare]
 *
 * By default the program tells the checker of each lock call by the annotation API. --bare leaves
 * that out: then run it under the preload library. */
#include <errno.h>
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

#define LEVELS      4
#define PER_LEVEL   8
#define SLOTS       16
#define THREADS_MAX 64

/* A lock that the program makes, uses and destroys all the time. */
struct object {
	pthread_mutex_t mutex;
	unsigned long value;
};

struct slot {
	pthread_mutex_t mutex;
	struct object *object;
};

/* Locks go inside one another by level, and within a level by index. */
struct table {
	pthread_mutex_t locks[LEVELS][PER_LEVEL];
	unsigned long counts[LEVELS][PER_LEVEL]; /* each under its lock */
	pthread_rwlock_t twins_lock;
	unsigned long twins[2]; /* equal, except while written */
	struct slot slots[SLOTS];
	unsigned long value; /* of all objects, at the end */
};

struct worker {
	pthread_t thread;
	uint64_t random;
	unsigned long locked; /* increments of table.counts */
	unsigned long wrote;  /* of the twins */
	unsigned long used;   /* increments of objects */
	unsigned long made, ended, children;
	const char *error; /* what went wrong, or NULL */
};

static struct table table;
static struct worker workers[THREADS_MAX];
static bool annotate = true;
static bool stop;
static unsigned long objects_alive;
static ldl_class_t level_class[LEVELS], slot_class, object_class, twins_class;

static uint32_t random_below(struct worker *worker, uint32_t bound)
{
	uint64_t z = worker->random += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return (uint32_t)((((z ^ (z >> 31)) >> 32) * bound) >> 32);
}

static void must(int error, const char *what)
{
	if (!error)
		return;
	fprintf(stderr, "stress: %s: %s\n", what, strerror(error));
	abort();
}

static void mutex_init(pthread_mutex_t *mutex, ldl_class_t class)
{
	must(pthread_mutex_init(mutex, NULL), "mutex_init");
	if (annotate)
		ldl_lock_init(mutex, class, 0);
}

static void mutex_destroy(pthread_mutex_t *mutex)
{
	if (annotate)
		ldl_lock_destroy(mutex);
	must(pthread_mutex_destroy(mutex), "mutex_destroy");
}

static void mutex_lock(pthread_mutex_t *mutex)
{
	if (annotate)
		ldl_lock_acquire(mutex, LDL_EXCLUSIVE);
	must(pthread_mutex_lock(mutex), "mutex_lock");
	if (annotate)
		ldl_lock_acquired(mutex, LDL_EXCLUSIVE);
}

static bool mutex_trylock(pthread_mutex_t *mutex)
{
	int error = pthread_mutex_trylock(mutex);

	if (error == EBUSY)
		return false;
	must(error, "mutex_trylock");
	if (annotate)
		ldl_lock_acquired(mutex, LDL_EXCLUSIVE | LDL_TRY);
	return true;
}

static void mutex_unlock(pthread_mutex_t *mutex)
{
	if (annotate)
		ldl_lock_release(mutex);
	must(pthread_mutex_unlock(mutex), "mutex_unlock");
}

static void twins_lock(bool write)
{
	unsigned int mode = write ? LDL_EXCLUSIVE : LDL_SHARED_RECURSIVE;

	if (annotate)
		ldl_lock_acquire(&table.twins_lock, mode);
	must(write ? pthread_rwlock_wrlock(&table.twins_lock)
		   : pthread_rwlock_rdlock(&table.twins_lock),
		"rwlock");
	if (annotate)
		ldl_lock_acquired(&table.twins_lock, mode);
}

static void twins_unlock(void)
{
	if (annotate)
		ldl_lock_release(&table.twins_lock);
	must(pthread_rwlock_unlock(&table.twins_lock), "rwlock_unlock");
}

static void count_in(struct worker *worker, unsigned int level, unsigned int index)
{
	mutex_lock(&table.locks[level][index]);
	table.counts[level][index]++;
	worker->locked++;
}

/* Takes some locks from outer to inner level, two of a level now and then, and lets them go in any
 * order. */
static void use_levels(struct worker *worker)
{
	pthread_mutex_t *held[2 * LEVELS];
	unsigned int level, count = 0;

	for (level = 0; level < LEVELS; level++) {
		unsigned int first = random_below(worker, PER_LEVEL);
		unsigned int second = random_below(worker, PER_LEVEL);

		if (!random_below(worker, 3))
			continue;
		count_in(worker, level, first);
		held[count++] = &table.locks[level][first];
		if (second <= first)
			continue;
		count_in(worker, level, second);
		held[count++] = &table.locks[level][second];
	}
	while (count) {
		unsigned int place = random_below(worker, count);

		mutex_unlock(held[place]);
		held[place] = held[--count];
	}
}

static void use_twins(struct worker *worker)
{
	bool write = !random_below(worker, 8);

	twins_lock(write);
	if (table.twins[0] != table.twins[1])
		worker->error = "a reader saw a half-done write";
	if (write) {
		table.twins[0]++;
		table.twins[1]++;
		worker->wrote++;
	}
	twins_unlock();
}

static struct object *object_make(struct worker *worker)
{
	struct object *object = malloc(sizeof(*object));

	if (!object)
		must(ENOMEM, "malloc");
	mutex_init(&object->mutex, object_class);
	object->value = 0;
	worker->made++;
	__atomic_fetch_add(&objects_alive, 1, __ATOMIC_RELAXED);
	return object;
}

static void object_end(struct worker *worker, struct object *object)
{
	mutex_destroy(&object->mutex);
	free(object);
	worker->ended++;
	__atomic_fetch_sub(&objects_alive, 1, __ATOMIC_RELAXED);
}

/* The new object takes over what the old one counted: always newer outside older. */
static void hand_over(struct object *from, struct object *to)
{
	mutex_lock(&to->mutex);
	mutex_lock(&from->mutex);
	to->value += from->value;
	mutex_unlock(&to->mutex);
	mutex_unlock(&from->mutex);
}

/* Slot, then its object; a replaced object ends outside of both. */
static void use_slot(struct worker *worker)
{
	struct slot *slot = &table.slots[random_below(worker, SLOTS)];
	struct object *old = NULL;

	if (random_below(worker, 2))
		mutex_lock(&slot->mutex);
	else if (!mutex_trylock(&slot->mutex))
		return;
	if (!slot->object || !random_below(worker, 4)) {
		old = slot->object;
		slot->object = object_make(worker);
		if (old)
			hand_over(old, slot->object);
	}
	mutex_lock(&slot->object->mutex);
	slot->object->value++;
	worker->used++;
	mutex_unlock(&slot->object->mutex);
	mutex_unlock(&slot->mutex);
	if (old)
		object_end(worker, old);
}

static void *child(void *argument)
{
	struct worker *worker = argument;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		use_levels(worker);
		use_slot(worker);
	}
	return NULL;
}

/* The child works on our account: we wait for it. */
static void use_child(struct worker *worker)
{
	pthread_t thread;

	must(pthread_create(&thread, NULL, child, worker), "create");
	must(pthread_join(thread, NULL), "join");
	worker->children++;
}

static void *work(void *argument)
{
	struct worker *worker = argument;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED) && !worker->error) {
		unsigned int dice = random_below(worker, 256);

		if (dice < 128)
			use_levels(worker);
		else if (dice < 192)
			use_slot(worker);
		else if (dice < 254)
			use_twins(worker);
		else
			use_child(worker);
	}
	return NULL;
}

static void make_table(void)
{
	unsigned int level, i;
	char name[16];

	for (level = 0; level < LEVELS; level++) {
		snprintf(name, sizeof(name), "level-%u", level);
		level_class[level] = annotate ? ldl_class(name, LDL_CLASS_BY_INSTANCE) : 0;
		for (i = 0; i < PER_LEVEL; i++)
			mutex_init(&table.locks[level][i], level_class[level]);
	}
	slot_class = annotate ? ldl_class("slot", LDL_CLASS_STRICT) : 0;
	object_class = annotate ? ldl_class("object", LDL_CLASS_BY_INSTANCE) : 0;
	twins_class = annotate ? ldl_class("twins", LDL_CLASS_STRICT) : 0;
	for (i = 0; i < SLOTS; i++)
		mutex_init(&table.slots[i].mutex, slot_class);
	must(pthread_rwlock_init(&table.twins_lock, NULL), "rwlock_init");
	if (annotate)
		ldl_lock_init(&table.twins_lock, twins_class, 0);
}

static void end_table(struct worker *worker)
{
	unsigned int level, i;

	for (i = 0; i < SLOTS; i++) {
		if (table.slots[i].object) {
			table.value += table.slots[i].object->value;
			object_end(worker, table.slots[i].object);
		}
		mutex_destroy(&table.slots[i].mutex);
	}
	for (level = 0; level < LEVELS; level++)
		for (i = 0; i < PER_LEVEL; i++)
			mutex_destroy(&table.locks[level][i]);
}

/* What the checker did not see, though nothing here is beyond its room: NULL, or what it was. */
static const char *unseen(void)
{
	const struct ldl_header *header = ldl_engine_arena()->header;

	if (header->counters[LDL_COUNT_THREADS_UNWATCHED])
		return "threads were not watched";
	if (header->counters[LDL_COUNT_HELD_OVERFLOW])
		return "held locks were not tracked";
	if (header->tables[LDL_TABLE_INSTANCES].dropped ||
		header->tables[LDL_TABLE_INSTANCE_HASH].dropped)
		return "locks were not tracked";
	if (header->tables[LDL_TABLE_EDGES].dropped || header->tables[LDL_TABLE_CHAINS].dropped)
		return "dependencies were dropped";
	return NULL;
}

/* Adds all up in `total` and returns what is wrong, or NULL. */
static const char *check(struct worker *total, unsigned int threads)
{
	unsigned long counted = 0;
	unsigned int level, i;

	for (i = 0; i < threads; i++) {
		total->locked += workers[i].locked;
		total->wrote += workers[i].wrote;
		total->used += workers[i].used;
		total->made += workers[i].made;
		total->ended += workers[i].ended;
		total->children += workers[i].children;
		if (workers[i].error)
			return workers[i].error;
	}
	for (level = 0; level < LEVELS; level++)
		for (i = 0; i < PER_LEVEL; i++)
			counted += table.counts[level][i];
	if (counted != total->locked)
		return "increments under a lock were lost";
	if (table.twins[0] != total->wrote)
		return "writes under the rwlock were lost";
	if (table.value != total->used)
		return "increments of objects were lost";
	if (total->made != total->ended || objects_alive)
		return "objects were lost";
	if (!total->locked || !total->made || !total->wrote || !total->children)
		return "some kind of work was never done";
	if (annotate && ldl_finding_count())
		return "the checker reported a program that keeps its order";
	return annotate ? unseen() : NULL;
}

static int run(unsigned int seconds, unsigned int threads, uint64_t seed)
{
	struct worker total = {.random = seed};
	const char *error;
	unsigned int i;

	make_table();
	for (i = 0; i < threads; i++) {
		workers[i].random = seed * 1000003 + i;
		must(pthread_create(&workers[i].thread, NULL, work, &workers[i]), "create");
	}
	sleep(seconds);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < threads; i++)
		must(pthread_join(workers[i].thread, NULL), "join");
	end_table(&total);
	error = check(&total, threads);
	printf("stress locks: %lu locked, %lu written, %lu made, %lu threads, seed %llu: %s\n",
		total.locked, total.wrote, total.made, total.children + threads,
		(unsigned long long)seed, error ? error : "ok");
	return error ? 1 : 0;
}

int main(int argc, char **argv)
{
	static const struct option known[] = {
		{"seconds", required_argument, NULL, 's'},
		{"threads", required_argument, NULL, 't'},
		{"seed", required_argument, NULL, 'r'},
		{"bare", no_argument, NULL, 'b'},
		{NULL, 0, NULL, 0},
	};
	unsigned int seconds = 3, threads = 8;
	uint64_t seed = (uint64_t)time(NULL);
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 's')
			seconds = (unsigned int)strtoul(optarg, NULL, 0);
		else if (c == 't')
			threads = (unsigned int)strtoul(optarg, NULL, 0);
		else if (c == 'r')
			seed = strtoull(optarg, NULL, 0);
		else if (c == 'b')
			annotate = false;
		else
			return 2;
	}
	if (!threads || threads > THREADS_MAX) {
		fprintf(stderr, "stress: --threads: from 1 to %d\n", THREADS_MAX);
		return 2;
	}
	return run(seconds, threads, seed);
}
