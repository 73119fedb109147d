/* The a-b-b-a order on two locks, for programs whose story is something else. */
#ifndef ABBA_H
#define ABBA_H

#include "turns.h"

static pthread_mutex_t lock_a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t lock_b = PTHREAD_MUTEX_INITIALIZER;

static void nest(pthread_mutex_t *first, pthread_mutex_t *second)
{
	pthread_mutex_lock(first);
	pthread_mutex_lock(second);
	pthread_mutex_unlock(second);
	pthread_mutex_unlock(first);
}

static void a_then_b(int index)
{
	nest(&lock_a, &lock_b);
}

static void b_then_a(int index)
{
	nest(&lock_b, &lock_a);
}

__attribute__((unused)) static void abba(void)
{
	turns_two(a_then_b, b_then_a);
}

#endif
