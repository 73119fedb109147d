/* A writer makes the cycle: readers of one lock alone would be harmless.
 *
 * expect: error lock-order config_lock -> stats_lock -> config_lock
 *
 * A reader of the configuration counts itself under stats_lock. The other thread, holding
 * stats_lock, replaces the configuration, so it waits for the readers. With the argument
 * `readers` it only reads: glibc's default readers pass one another, and nothing is reported.
 *
 * expect (readers): clean */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

static pthread_rwlock_t config_lock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_mutex_t stats_lock = PTHREAD_MUTEX_INITIALIZER;
static sem_t first_is_done, second_is_done;
static int only_reads;

static void *read_config(void *unused)
{
	pthread_rwlock_rdlock(&config_lock);
	pthread_mutex_lock(&stats_lock);
	pthread_mutex_unlock(&stats_lock);
	pthread_rwlock_unlock(&config_lock);
	sem_post(&first_is_done);
	sem_wait(&second_is_done);
	return NULL;
}

static void *reload_config(void *unused)
{
	sem_wait(&first_is_done);
	pthread_mutex_lock(&stats_lock);
	if (only_reads)
		pthread_rwlock_rdlock(&config_lock);
	else
		pthread_rwlock_wrlock(&config_lock);
	pthread_rwlock_unlock(&config_lock);
	pthread_mutex_unlock(&stats_lock);
	sem_post(&second_is_done);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t reader, reloader;

	only_reads = argc > 1 && strcmp(argv[1], "readers") == 0;
	sem_init(&first_is_done, 0, 0);
	sem_init(&second_is_done, 0, 0);
	pthread_create(&reader, NULL, read_config, NULL);
	pthread_create(&reloader, NULL, reload_config, NULL);
	pthread_join(reader, NULL);
	pthread_join(reloader, NULL);
	puts("the configuration is loaded");
	return 0;
}
