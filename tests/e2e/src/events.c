/* Events of a program whose locks are POSIX's: each case is one way to the wake. */
#include <lockdep_lite.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static sem_t queue, done;
static int is_locking;

static void wait_for(sem_t *event)
{
	ldl_might_wait(event);
	while (sem_wait(event))
		;
}

static void wake(sem_t *event)
{
	ldl_wake(event);
	sem_post(event);
}

static void *serve(void *unused)
{
	wait_for(&queue);
	if (is_locking)
		pthread_mutex_lock(&mutex);
	if (is_locking)
		pthread_mutex_unlock(&mutex);
	wake(&done);
	return unused;
}

static void *wait_with_mutex(void *unused)
{
	pthread_mutex_lock(&mutex);
	wait_for(&done);
	pthread_mutex_unlock(&mutex);
	return unused;
}

/* Asks with the mutex held, unless the worker needs it; then somebody else waits with it, later. */
int main(int argc, char **argv)
{
	pthread_t worker, waiter;

	is_locking = argc > 1 && !strcmp(argv[1], "between");
	sem_init(&queue, 0, 0);
	sem_init(&done, 0, 0);
	ldl_event_init(&queue, "queue");
	ldl_event_init(&done, "done");
	pthread_create(&worker, NULL, serve, NULL);
	if (!is_locking)
		pthread_mutex_lock(&mutex);
	wake(&queue);
	if (!is_locking)
		wait_for(&done);
	if (!is_locking)
		pthread_mutex_unlock(&mutex);
	pthread_join(worker, NULL);
	if (is_locking) {
		pthread_create(&waiter, NULL, wait_with_mutex, NULL);
		pthread_join(waiter, NULL);
	}
	puts("done");
	return 0;
}
