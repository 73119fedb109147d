/* Worker threads with a semaphore to start a step and one that tells its end. */
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <errno.h>
#include "core/spin.h"
#include "tests/support/lockstep.h"
#include "tests/support/suite.h"

struct worker {
	bool started;
	pthread_t thread;
	sem_t go, done;
	void (*function)(void *argument); /* NULL: end */
	void *argument;
};

static struct worker workers[LOCKSTEP_THREADS];

static void wait_for(sem_t *semaphore)
{
	while (sem_wait(semaphore) && errno == EINTR)
		;
}

static void *work(void *argument)
{
	struct worker *worker = argument;

	for (;;) {
		wait_for(&worker->go);
		if (!worker->function)
			return NULL;
		worker->function(worker->argument);
		sem_post(&worker->done);
	}
}

static void start(struct worker *worker)
{
	if (sem_init(&worker->go, 0, 0) || sem_init(&worker->done, 0, 0) ||
		pthread_create(&worker->thread, NULL, work, worker)) {
		perror("lockstep: cannot start a thread");
		abort();
	}
	worker->started = true;
}

void lockstep_call(unsigned int thread, void (*function)(void *argument), void *argument)
{
	struct worker *worker = &workers[thread];

	if (!thread) {
		function(argument);
		return;
	}
	if (!worker->started)
		start(worker);
	worker->function = function;
	worker->argument = argument;
	sem_post(&worker->go);
	wait_for(&worker->done);
}

static void hold(void *word)
{
	CU_ASSERT_TRUE(ldl_spin_try(word));
}

static void give_back(void *word)
{
	ldl_spin_unlock(word);
}

void lockstep_hold(unsigned int thread, uint32_t *word)
{
	lockstep_call(thread, hold, word);
}

void lockstep_give_back(unsigned int thread, uint32_t *word)
{
	lockstep_call(thread, give_back, word);
}

void lockstep_end(unsigned int thread)
{
	struct worker *worker = &workers[thread];

	if (!worker->started)
		return;
	worker->function = NULL;
	sem_post(&worker->go);
	pthread_join(worker->thread, NULL);
	sem_destroy(&worker->go);
	sem_destroy(&worker->done);
	worker->started = false;
}

void lockstep_stop(void)
{
	unsigned int thread;

	for (thread = 1; thread < LOCKSTEP_THREADS; thread++)
		lockstep_end(thread);
}
