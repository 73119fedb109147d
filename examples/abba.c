/* Two threads take two locks in opposite orders: the deadlock that every other one is built from.
 *
 * expect: error lock-order lock_a -> lock_b -> lock_a
 *
 * The threads take turns, so that nothing hangs, now or ever, in this program. That is the point:
 * the order alone is enough for a report. Both threads are alive all the time; only luck, or here
 * a semaphore, keeps them apart. */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>

static pthread_mutex_t lock_a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t lock_b = PTHREAD_MUTEX_INITIALIZER;
static sem_t first_is_done, second_is_done;

static void *take_a_then_b(void *unused)
{
	pthread_mutex_lock(&lock_a);
	pthread_mutex_lock(&lock_b);
	pthread_mutex_unlock(&lock_b);
	pthread_mutex_unlock(&lock_a);
	sem_post(&first_is_done);
	sem_wait(&second_is_done);
	return NULL;
}

static void *take_b_then_a(void *unused)
{
	sem_wait(&first_is_done);
	pthread_mutex_lock(&lock_b);
	pthread_mutex_lock(&lock_a);
	pthread_mutex_unlock(&lock_a);
	pthread_mutex_unlock(&lock_b);
	sem_post(&second_is_done);
	return NULL;
}

int main(void)
{
	pthread_t first, second;

	sem_init(&first_is_done, 0, 0);
	sem_init(&second_is_done, 0, 0);
	pthread_create(&first, NULL, take_a_then_b, NULL);
	pthread_create(&second, NULL, take_b_then_a, NULL);
	pthread_join(first, NULL);
	pthread_join(second, NULL);
	puts("both threads are done");
	return 0;
}
