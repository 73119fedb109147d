/* Takes locks of all kinds, always in the same order, until the file that its argument names is
 * there; then, once, two of them in the wrong order. Prints "done" when all was as it should be. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define WORKERS 3

static pthread_mutex_t lock_a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t lock_b = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static pthread_mutex_t queue = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static pthread_mutex_t again;
static int is_over, items;
static long protected_by_b, counted;

static void check(int result)
{
	if (result != 0)
		abort();
}

/* A lock that is made, used and destroyed all the time. */
static void use_short_lived(void)
{
	pthread_mutex_t *lock = malloc(sizeof(*lock));

	check(pthread_mutex_init(lock, NULL));
	check(pthread_mutex_lock(lock));
	check(pthread_mutex_lock(&lock_b));
	protected_by_b++;
	check(pthread_mutex_unlock(&lock_b));
	check(pthread_mutex_unlock(lock));
	check(pthread_mutex_destroy(lock));
	free(lock);
}

static void use_recursive(void)
{
	check(pthread_mutex_lock(&again));
	check(pthread_mutex_lock(&again));
	check(pthread_mutex_unlock(&again));
	check(pthread_mutex_unlock(&again));
}

static void give_item(void)
{
	check(pthread_mutex_lock(&queue));
	items++;
	check(pthread_cond_signal(&filled));
	check(pthread_mutex_unlock(&queue));
}

static void use_timed(void)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec = (until.tv_nsec + 1000000) % 1000000000;
	if (pthread_mutex_timedlock(&lock_b, &until) == 0)
		check(pthread_mutex_unlock(&lock_b));
}

static void *work(void *argument)
{
	long count = 0, mine = 0;

	for (; !__atomic_load_n(&is_over, __ATOMIC_RELAXED); count++) {
		check(pthread_mutex_lock(&lock_a));
		check(pthread_rwlock_rdlock(&table));
		check(pthread_mutex_lock(&lock_b));
		protected_by_b++;
		mine++;
		check(pthread_mutex_unlock(&lock_a)); /* not the innermost */
		check(pthread_mutex_unlock(&lock_b));
		check(pthread_rwlock_unlock(&table));
		if (pthread_rwlock_trywrlock(&table) == 0)
			check(pthread_rwlock_unlock(&table));
		use_short_lived();
		mine++;
		use_recursive();
		use_timed();
		if (count % 16 == 0)
			give_item();
	}
	__atomic_add_fetch(&counted, mine, __ATOMIC_RELAXED);
	return argument;
}

static void *take_items(void *argument)
{
	check(pthread_mutex_lock(&queue));
	while (!is_over) {
		while (!items && !is_over)
			check(pthread_cond_wait(&filled, &queue));
		items = 0;
	}
	check(pthread_mutex_unlock(&queue));
	return argument;
}

static void *take_wrong(void *argument)
{
	check(pthread_mutex_lock(&lock_b));
	check(pthread_mutex_lock(&lock_a));
	check(pthread_mutex_unlock(&lock_a));
	check(pthread_mutex_unlock(&lock_b));
	return argument;
}

static pthread_t start(void *(*run)(void *))
{
	pthread_t thread;

	check(pthread_create(&thread, NULL, run, NULL));
	return thread;
}

int main(int argc, char **argv)
{
	pthread_mutexattr_t attributes;
	pthread_t workers[WORKERS], taker;

	if (argc != 2)
		return 2;
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
	check(pthread_mutex_init(&again, &attributes));
	for (int i = 0; i < WORKERS; i++)
		workers[i] = start(work);
	taker = start(take_items);
	while (access(argv[1], F_OK) != 0)
		usleep(10000);
	check(pthread_mutex_lock(&queue));
	__atomic_store_n(&is_over, 1, __ATOMIC_RELAXED);
	check(pthread_cond_broadcast(&filled));
	check(pthread_mutex_unlock(&queue));
	for (int i = 0; i < WORKERS; i++)
		check(pthread_join(workers[i], NULL));
	check(pthread_join(taker, NULL));
	check(pthread_join(start(take_wrong), NULL));
	puts(protected_by_b == counted ? "done" : "a lock did not exclude");
	return 0;
}
