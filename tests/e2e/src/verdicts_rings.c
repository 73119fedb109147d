/* Locks of one class in a ring, which threads pass on in turn. */
#define _GNU_SOURCE
#include <unistd.h>
#include "verdicts.h"

enum { NODES = 12 };

static pthread_mutex_t nodes[NODES];

static void make_nodes(void)
{
	/* One place, so one class: not to be unrolled. */
	for (volatile int i = 0; i < NODES; i++)
		pthread_mutex_init(&nodes[i], NULL);
}

/* A ring that threads pass on in turn: only the holder of the current node goes on to the next, and
 * whoever wants to go on looks for the current one until it has it. No lock is around that. */
static volatile int current, ring_size;

static void go_on(void)
{
	for (;;) {
		int at = current, next = (at + 1) % ring_size;

		pthread_mutex_lock(&nodes[at]);
		if (at == current) {
			pthread_mutex_lock(&nodes[next]);
			current = next;
			pthread_mutex_unlock(&nodes[at]);
			pthread_mutex_unlock(&nodes[next]);
			return;
		}
		pthread_mutex_unlock(&nodes[at]);
	}
}

static void *go_on_a_thousand_times(void *unused)
{
	for (int i = 0; i < 1000; i++) {
		go_on();
		if (i % 50 == 0)
			usleep(100); /* let others go on, too */
	}
	return unused;
}

enum { RUNNERS = 4 };

static void pass_on_in_turn(int size)
{
	pthread_t threads[RUNNERS];

	make_nodes();
	ring_size = size;
	for (int i = 0; i < RUNNERS; i++)
		if (pthread_create(&threads[i], NULL, go_on_a_thousand_times, NULL) != 0)
			exit(3);
	for (int i = 0; i < RUNNERS; i++)
		pthread_join(threads[i], NULL);
}

static void ring_in_turn(void)
{
	pass_on_in_turn(8);
}

/* The current one is at 4000 % 8. */
static void nest_elsewhere(int index)
{
	TAKE(&nodes[2], &nodes[3]);
}

static void ring_in_turn_but_once(void)
{
	pass_on_in_turn(8);
	live_for_ever(nest_elsewhere);
}

static void go_on_once(int index)
{
	go_on();
}

/* Not three times round. */
static void ring_in_turn_for_a_while(void)
{
	make_nodes();
	ring_size = 12;
	turns_take(30, NULL, go_on_once);
}

const struct turns_case ring_cases[] = {
	CASE(ring_in_turn),
	CASE(ring_in_turn_but_once),
	CASE(ring_in_turn_for_a_while),
	{NULL, NULL},
};
