/* What a tool must not report: five habits that look like a lock-order fault and are none.
 *
 * expect: clean
 *
 * One order everywhere; a try against that order, with a way out; readers in any order; a recursive
 * lock taken again inside another one; a list walked hand over hand. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>

enum { NODES = 8, ROUNDS = 100 };

static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t inner = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t again = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static pthread_rwlock_t names = PTHREAD_RWLOCK_INITIALIZER;
static pthread_rwlock_t sizes = PTHREAD_RWLOCK_INITIALIZER;
static pthread_mutex_t node_lock[NODES];

static void keep_the_order(void)
{
	pthread_mutex_lock(&outer);
	pthread_mutex_lock(&inner);
	pthread_mutex_unlock(&inner);
	pthread_mutex_unlock(&outer);
}

static void try_against_the_order(void)
{
	pthread_mutex_lock(&inner);
	if (pthread_mutex_trylock(&outer) == 0)
		pthread_mutex_unlock(&outer);
	pthread_mutex_unlock(&inner);
}

static void read_both(pthread_rwlock_t *first, pthread_rwlock_t *second)
{
	pthread_rwlock_rdlock(first);
	pthread_rwlock_rdlock(second);
	pthread_rwlock_unlock(second);
	pthread_rwlock_unlock(first);
}

static void take_it_again(void)
{
	pthread_mutex_lock(&again);
	pthread_mutex_lock(&inner);
	pthread_mutex_lock(&again);
	pthread_mutex_unlock(&again);
	pthread_mutex_unlock(&inner);
	pthread_mutex_unlock(&again);
}

static void walk_the_list(void)
{
	pthread_mutex_lock(&node_lock[0]);
	for (int i = 1; i < NODES; i++) {
		pthread_mutex_lock(&node_lock[i]);
		pthread_mutex_unlock(&node_lock[i - 1]);
	}
	pthread_mutex_unlock(&node_lock[NODES - 1]);
}

static void *work(void *unused)
{
	for (int i = 0; i < ROUNDS; i++) {
		keep_the_order();
		try_against_the_order();
		read_both(&names, &sizes);
		read_both(&sizes, &names);
		take_it_again();
		walk_the_list();
	}
	return NULL;
}

int main(void)
{
	pthread_t other;

	for (int i = 0; i < NODES; i++)
		pthread_mutex_init(&node_lock[i], NULL);
	pthread_create(&other, NULL, work, NULL);
	work(NULL);
	pthread_join(other, NULL);
	puts("nothing to report");
	return 0;
}
