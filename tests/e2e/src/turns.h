/* Threads that are all alive together but act one at a time, in a given order: the way to make a
 * lock order without ever risking the deadlock. A test program names its cases in a table. */
#ifndef TURNS_H
#define TURNS_H

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void (*turns_act)(int index);

struct turns_thread {
	pthread_t thread;
	turns_act act;
	int index;
	sem_t may_act, has_acted, may_leave;
};

static void *turns_run(void *argument)
{
	struct turns_thread *self = (struct turns_thread *)argument;

	sem_wait(&self->may_act);
	self->act(self->index);
	sem_post(&self->has_acted);
	sem_wait(&self->may_leave);
	return NULL;
}

/* Runs acts[i](i) in a thread of its own for each i < count; `one` instead of acts[i] when acts is
 * NULL. Returns when all have ended. */
static void turns_take(int count, const turns_act *acts, turns_act one)
{
	struct turns_thread *all = (struct turns_thread *)calloc(count, sizeof(*all));
	pthread_attr_t small;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 128 << 10);
	for (int i = 0; i < count; i++) {
		all[i].act = acts ? acts[i] : one;
		all[i].index = i;
		sem_init(&all[i].may_act, 0, 0);
		sem_init(&all[i].has_acted, 0, 0);
		sem_init(&all[i].may_leave, 0, 0);
		if (pthread_create(&all[i].thread, &small, turns_run, &all[i]) != 0) {
			printf("no thread %d\n", i);
			exit(3);
		}
	}
	for (int i = 0; i < count; i++) {
		sem_post(&all[i].may_act);
		sem_wait(&all[i].has_acted);
	}
	for (int i = 0; i < count; i++) {
		sem_post(&all[i].may_leave);
		pthread_join(all[i].thread, NULL);
	}
	pthread_attr_destroy(&small);
	free(all);
}

/* Two threads, the most frequent number. */
__attribute__((unused)) static void turns_two(turns_act first, turns_act second)
{
	const turns_act acts[] = {first, second};

	turns_take(2, acts, NULL);
}

struct turns_case {
	const char *name;
	void (*run)(void);
};

/* Runs the case that the first argument names, and says so on stdout. */
__attribute__((unused)) static int turns_main(
	int argc, char **argv, const struct turns_case *cases, int count)
{
	for (int i = 0; i < count; i++)
		if (argc > 1 && strcmp(argv[1], cases[i].name) == 0) {
			cases[i].run();
			printf("%s is done\n", cases[i].name);
			return 0;
		}
	fprintf(stderr, "%s: no such case\n", argc > 1 ? argv[1] : "(none)");
	return 2;
}

#define TURNS_MAIN(cases)                                                                          \
	int main(int argc, char **argv)                                                            \
	{                                                                                          \
		return turns_main(argc, argv, cases, sizeof(cases) / sizeof((cases)[0]));          \
	}

#endif
