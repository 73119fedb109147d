/* A cycle over three locks: no two functions disagree, all three together do.
 *
 * expect: error lock-order cache_lock -> log_lock -> index_lock -> cache_lock
 *
 * Each function alone, and each pair of them, is fine. That is what makes such a cycle hard to find
 * by reading and easy to find in a graph. */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>

static pthread_mutex_t cache_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t index_lock = PTHREAD_MUTEX_INITIALIZER;

struct worker {
	void (*act)(void);
	pthread_t thread;
	sem_t turn;
	sem_t done;
	sem_t may_leave;
};

static void evict_from_cache(void)
{
	pthread_mutex_lock(&cache_lock);
	pthread_mutex_lock(&log_lock);
	pthread_mutex_unlock(&log_lock);
	pthread_mutex_unlock(&cache_lock);
}

static void rotate_log(void)
{
	pthread_mutex_lock(&log_lock);
	pthread_mutex_lock(&index_lock);
	pthread_mutex_unlock(&index_lock);
	pthread_mutex_unlock(&log_lock);
}

static void rebuild_index(void)
{
	pthread_mutex_lock(&index_lock);
	pthread_mutex_lock(&cache_lock);
	pthread_mutex_unlock(&cache_lock);
	pthread_mutex_unlock(&index_lock);
}

static struct worker workers[] = {
	{.act = evict_from_cache},
	{.act = rotate_log},
	{.act = rebuild_index},
};
enum { WORKERS = sizeof(workers) / sizeof(workers[0]) };

static void *work(void *argument)
{
	struct worker *worker = argument;

	sem_wait(&worker->turn);
	worker->act();
	sem_post(&worker->done);
	sem_wait(&worker->may_leave);
	return NULL;
}

int main(void)
{
	for (int i = 0; i < WORKERS; i++) {
		sem_init(&workers[i].turn, 0, 0);
		sem_init(&workers[i].done, 0, 0);
		sem_init(&workers[i].may_leave, 0, 0);
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	}
	for (int i = 0; i < WORKERS; i++) {
		sem_post(&workers[i].turn);
		sem_wait(&workers[i].done);
	}
	for (int i = 0; i < WORKERS; i++) {
		sem_post(&workers[i].may_leave);
		pthread_join(workers[i].thread, NULL);
	}
	puts("three threads are done");
	return 0;
}
