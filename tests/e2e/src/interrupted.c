/* Signal handlers and callbacks that come in while a lock or a condition is waited for: they lock,
 * fork, or hold the loader's lock. Each case hangs or crashes where the watcher is careless. */
#define _GNU_SOURCE
#include "turns.h"
#include <errno.h>
#include <link.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static volatile sig_atomic_t is_there;
static volatile pid_t child = -1;

static int wait_a_moment(long milliseconds)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += milliseconds * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	return pthread_cond_timedwait(&condition, &mutex, &until);
}

static void signal_me_soon(void (*handler)(int))
{
	struct itimerspec soon = {.it_value.tv_nsec = 100000000};
	timer_t timer;

	signal(SIGALRM, handler);
	timer_create(CLOCK_MONOTONIC, NULL, &timer);
	timer_settime(timer, 0, &soon, NULL);
}

static void lock_in_handler(int number)
{
	pthread_mutex_lock(&mutex);
	is_there = 1;
	pthread_cond_signal(&condition);
	pthread_mutex_unlock(&mutex);
	pthread_mutex_lock(&other);
	pthread_mutex_unlock(&other);
}

/* The handler takes the very mutex that the interrupted wait has released. */
static void handler_takes_the_waited_mutex(void)
{
	signal_me_soon(lock_in_handler);
	pthread_mutex_lock(&mutex);
	while (!is_there)
		wait_a_moment(500);
	pthread_mutex_unlock(&mutex);
	puts("woken");
}

static void fork_in_handler(int number)
{
	child = fork();
}

static void handler_forks_during_a_wait(void)
{
	int status = -1;

	signal_me_soon(fork_in_handler);
	pthread_mutex_lock(&mutex);
	while (child < 0 && wait_a_moment(500) == 0)
		;
	pthread_mutex_unlock(&mutex);
	if (child == 0)
		_exit(7);
	waitpid(child, &status, 0);
	printf("the child ended with %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

static int lock_in_callback(struct dl_phdr_info *info, size_t size, void *argument)
{
	is_there = 1;
	pthread_mutex_lock(&mutex);
	pthread_mutex_unlock(&mutex);
	return 1;
}

static void *walk_modules(void *argument)
{
	dl_iterate_phdr(lock_in_callback, NULL);
	return NULL;
}

/* Its thread holds the loader's lock and wants ours; we meet a new chain meanwhile. */
static void callback_of_the_loader_locks(void)
{
	struct timespec moment = {.tv_nsec = 50000000};
	pthread_t thread;

	pthread_mutex_lock(&mutex);
	pthread_create(&thread, NULL, walk_modules, NULL);
	while (!is_there)
		nanosleep(&moment, NULL);
	nanosleep(&moment, NULL);
	pthread_mutex_lock(&other);
	pthread_mutex_unlock(&other);
	pthread_mutex_unlock(&mutex);
	pthread_join(thread, NULL);
	puts("all modules seen");
}

/* A wait that is refused holds nothing afterwards. */
static void refused_wait(void)
{
	pthread_mutexattr_t attributes;
	pthread_mutex_t checked;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&checked, &attributes);
	printf("wait: %s\n", strerror(pthread_cond_wait(&condition, &checked)));
	printf("lock: %d\n", pthread_mutex_lock(&checked));
	printf("unlock: %d\n", pthread_mutex_unlock(&checked));
	pthread_mutex_destroy(&checked);
}

static const struct turns_case cases[] = {
	{"handler_takes_the_waited_mutex", handler_takes_the_waited_mutex},
	{"handler_forks_during_a_wait", handler_forks_during_a_wait},
	{"callback_of_the_loader_locks", callback_of_the_loader_locks},
	{"refused_wait", refused_wait},
};

TURNS_MAIN(cases)
