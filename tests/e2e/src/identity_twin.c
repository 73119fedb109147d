/* The second file of identity.c: static locks of the same names, which are others. */
#define _GNU_SOURCE
#include "turns.h"

void twin_abba(void);

static pthread_mutex_t lock_a = PTHREAD_MUTEX_INITIALIZER, lock_b = PTHREAD_MUTEX_INITIALIZER;

__attribute__((noinline)) static void forth(int index)
{
	pthread_mutex_lock(&lock_a);
	pthread_mutex_lock(&lock_b);
	pthread_mutex_unlock(&lock_b);
	pthread_mutex_unlock(&lock_a);
}

__attribute__((noinline)) static void back(int index)
{
	pthread_mutex_lock(&lock_b);
	pthread_mutex_lock(&lock_a);
	pthread_mutex_unlock(&lock_a);
	pthread_mutex_unlock(&lock_b);
}

void twin_abba(void)
{
	turns_take(2, (const turns_act[]){forth, back}, NULL);
}
