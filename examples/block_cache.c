/* A block cache that stalls its users until it has evicted something, under a lock that eviction
 * takes: the kernel's reclaim deadlock, in an ordinary program.
 *
 * Source: rule A4, in the form that storage engines have; the table "in ordinary programs" of the
 * rules.
 *
 *	user				evictor
 *	lock(index)
 *	block_alloc(): the cache is	evict_some()
 *	full, wait for the evictor	lock(index)  waits
 *
 * expect: error A4 insert_block block_alloc evict_some
 * expect (--repaired): clean
 * picture: octagon block cache
 *
 * The locks and the thread are plain POSIX threads, which `lockdep-lite run` sees by itself. Four
 * calls say what it cannot see: the cache's name, where its eviction begins and ends, and where
 * somebody may have to wait for it. That place is announced whether or not the cache is full, and
 * in this program it never is. The repaired twin gets its block before it takes the lock. */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lockdep_lite.h>

enum { BLOCKS = 64, CAPACITY = 2 * BLOCKS, BLOCK_SIZE = 512 };

struct block {
	unsigned long number;
	struct block *next;
	char data[BLOCK_SIZE];
};

static struct {
	unsigned int used;
	pthread_mutex_t lock; /* of it */
	pthread_cond_t has_room;
} cache = {.lock = PTHREAD_MUTEX_INITIALIZER, .has_room = PTHREAD_COND_INITIALIZER};

static pthread_mutex_t index_lock = PTHREAD_MUTEX_INITIALIZER;
static struct block *blocks; /* the index: which blocks are in the cache */

/* Memory for a block. Waits for the evictor when the cache is full. */
static struct block *block_alloc(void)
{
	ldl_might_wait(&cache);
	pthread_mutex_lock(&cache.lock);
	while (cache.used == CAPACITY)
		pthread_cond_wait(&cache.has_room, &cache.lock);
	cache.used++;
	pthread_mutex_unlock(&cache.lock);
	return calloc(1, sizeof(struct block));
}

static void block_free(struct block *block)
{
	free(block);
	pthread_mutex_lock(&cache.lock);
	cache.used--;
	pthread_cond_signal(&cache.has_room);
	pthread_mutex_unlock(&cache.lock);
}

static void link_block(struct block *block, unsigned long number)
{
	block->number = number;
	block->next = blocks;
	blocks = block;
}

static void insert_block(unsigned long number)
{
	pthread_mutex_lock(&index_lock);
	link_block(block_alloc(), number);
	pthread_mutex_unlock(&index_lock);
}

static void insert_block_repaired(unsigned long number)
{
	struct block *block = block_alloc();

	pthread_mutex_lock(&index_lock);
	link_block(block, number);
	pthread_mutex_unlock(&index_lock);
}

/* Frees half of what is there. */
static void *evict_some(void *unused)
{
	ldl_reclaim_enter(&cache);
	for (int i = 0; i < BLOCKS / 2; i++) {
		struct block *victim;

		pthread_mutex_lock(&index_lock);
		victim = blocks;
		blocks = victim->next;
		pthread_mutex_unlock(&index_lock);
		block_free(victim);
	}
	ldl_reclaim_exit(&cache);
	return NULL;
}

int main(int argc, char **argv)
{
	bool is_repaired = argc > 1 && !strcmp(argv[1], "--repaired");
	pthread_t evictor;

	ldl_reclaim_init(&cache, "block cache");
	for (unsigned long number = 0; number < BLOCKS; number++) {
		if (is_repaired)
			insert_block_repaired(number);
		else
			insert_block(number);
	}
	pthread_create(&evictor, NULL, evict_some, NULL);
	pthread_join(evictor, NULL);
	printf("%u blocks are left\n", cache.used);
	return 0;
}
