/* Pairs of locks taken in both orders, with classes of every kind; a twin file has static locks and
 * functions of the same names. -DUNRELATED puts code and data before all that matters, as a rebuild
 * does; -DTOUCHED changes a function that takes the locks. */
#define _GNU_SOURCE
#include "turns.h"

void twin_abba(void);

#ifdef UNRELATED
static int unrelated_data[33] = {1, 2, 3};
static pthread_mutex_t unrelated_lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void unrelated(void)
{
	pthread_mutex_lock(&unrelated_lock);
	for (int i = 1; i < 33; i++)
		unrelated_data[i] += unrelated_data[i - 1] * i;
	pthread_mutex_unlock(&unrelated_lock);
}
#endif

static pthread_mutex_t lock_a = PTHREAD_MUTEX_INITIALIZER, lock_b = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t *first, *second;

__attribute__((noinline)) static void nest(pthread_mutex_t *outer, pthread_mutex_t *inner)
{
	pthread_mutex_lock(outer);
	pthread_mutex_lock(inner);
	pthread_mutex_unlock(inner);
	pthread_mutex_unlock(outer);
}

__attribute__((noinline)) static void forth(int index)
{
	nest(first, second);
}

__attribute__((noinline)) static void back(int index)
{
	nest(second, first);
}

static void abba(pthread_mutex_t *one, pthread_mutex_t *other)
{
	first = one;
	second = other;
	turns_take(2, (const turns_act[]){forth, back}, NULL);
}

__attribute__((noinline)) static pthread_mutex_t *make_first(void)
{
	pthread_mutex_t *lock = malloc(sizeof(*lock));

	pthread_mutex_init(lock, NULL);
	return lock;
}

__attribute__((noinline)) static pthread_mutex_t *make_second(void)
{
	pthread_mutex_t *lock = malloc(sizeof(*lock));

#ifdef TOUCHED
	memset(lock, 0x55, sizeof(*lock));
	printf("touched\n");
#endif
	pthread_mutex_init(lock, NULL);
	return lock;
}

/* Locks that nobody initialises have the class of the place that takes them first. */
__attribute__((noinline)) static void warm_one(pthread_mutex_t *lock)
{
	pthread_mutex_lock(lock);
	pthread_mutex_unlock(lock);
}

__attribute__((noinline)) static void warm_other(pthread_mutex_t *lock)
{
	pthread_mutex_lock(lock);
	pthread_mutex_unlock(lock);
}

static void uninitialised(void)
{
	pthread_mutex_t *one = calloc(2, sizeof(*one)), *other = one + 1;

	warm_one(one);
	warm_other(other);
	abba(one, other);
}

int main(void)
{
	abba(&lock_a, &lock_b);
	abba(make_first(), make_second());
	uninitialised();
	twin_abba();
	return 0;
}
