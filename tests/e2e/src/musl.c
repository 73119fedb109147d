/* A program of another C library: locks, threads, waits and forks, then perhaps another program. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int is_there;

static void locks(void)
{
	pthread_mutex_t other;
	pthread_rwlock_t rwlock;
	pthread_spinlock_t spin;
	mtx_t plain;

	printf("init %d\n", pthread_mutex_init(&other, NULL));
	printf("lock %d\n", pthread_mutex_lock(&other));
	printf("try %s\n", strerror(pthread_mutex_trylock(&other)));
	printf("unlock %d\n", pthread_mutex_unlock(&other));
	printf("destroy %d\n", pthread_mutex_destroy(&other));
	pthread_rwlock_init(&rwlock, NULL);
	printf("read %d\n", pthread_rwlock_rdlock(&rwlock) + pthread_rwlock_unlock(&rwlock));
	printf("write %d\n", pthread_rwlock_wrlock(&rwlock) + pthread_rwlock_unlock(&rwlock));
	pthread_spin_init(&spin, 0);
	printf("spin %d\n", pthread_spin_lock(&spin) + pthread_spin_unlock(&spin));
	mtx_init(&plain, mtx_plain);
	printf("mtx %d\n", mtx_lock(&plain) + mtx_unlock(&plain));
}

static void *come(void *argument)
{
	pthread_mutex_lock(&mutex);
	is_there = 1;
	pthread_cond_signal(&condition);
	pthread_mutex_unlock(&mutex);
	pthread_exit(argument);
}

static void threads(void)
{
	pthread_t thread;
	void *result = NULL;

	printf("create %d\n", pthread_create(&thread, NULL, come, &mutex));
	pthread_join(thread, &result);
	printf("result %d\n", result == &mutex);
}

static void unlock(void *lock)
{
	pthread_mutex_unlock((pthread_mutex_t *)lock);
}

static void *wait_for_ever(void *unused)
{
	pthread_mutex_lock(&mutex);
	pthread_cleanup_push(unlock, &mutex);
	for (;;)
		pthread_cond_wait(&condition, &mutex);
	pthread_cleanup_pop(1);
	return NULL;
}

static void waits(void)
{
	struct timespec past = {1, 0};
	pthread_t thread;
	void *result = NULL;

	pthread_create(&thread, NULL, come, NULL);
	pthread_mutex_lock(&mutex);
	while (!is_there)
		pthread_cond_wait(&condition, &mutex);
	printf("%s\n", strerror(pthread_cond_timedwait(&condition, &mutex, &past)));
	pthread_mutex_unlock(&mutex);
	pthread_join(thread, NULL);
	pthread_create(&thread, NULL, wait_for_ever, NULL);
	pthread_cancel(thread);
	pthread_join(thread, &result);
	printf("cancelled %d\n", result == PTHREAD_CANCELED);
	printf("free again %d\n", pthread_mutex_lock(&mutex));
}

static void forks(void)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0)
		_exit(pthread_mutex_lock(&mutex) + 7);
	waitpid(child, &status, 0);
	printf("the child ended with %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

int main(int argc, char **argv)
{
	const char *part = argc > 1 ? argv[1] : "";

	if (strcmp(part, "locks") == 0)
		locks();
	else if (strcmp(part, "threads") == 0)
		threads();
	else if (strcmp(part, "waits") == 0)
		waits();
	else if (strcmp(part, "forks") == 0)
		forks();
	else if (strcmp(part, "exec") == 0)
		execv(argv[2], argv + 2);
	return strcmp(part, "exec") == 0 ? 3 : 4;
}
