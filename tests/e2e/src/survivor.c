/* Small programs that touch all that the watcher asks the kernel for: threads that come and go, new
 * classes and orders, forks, modules, allocations. What one does depends on nothing else. */
#define _GNU_SOURCE
#include "abba.h"
#include <dlfcn.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t fresh[64];

static void fork_and_invert(int index)
{
	int status = 0;
	pid_t child;

	fflush(stdout);
	pthread_mutex_lock(&lock_a);
	child = fork();
	pthread_mutex_unlock(&lock_a);
	if (child == 0) {
		abba();
		fflush(stdout);
		_exit(5);
	}
	waitpid(child, &status, 0);
	printf("the child says %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -status);
}

static void forks(void)
{
	abba();
	turns_two(a_then_b, fork_and_invert);
}

/* A thread's start takes a slot, its first lock attaches it; each nests what nobody has nested. */
static void *take_one(void *lock)
{
	nest(&lock_a, (pthread_mutex_t *)lock);
	return NULL;
}

static void churn(void)
{
	for (int i = 0; i < 20; i++) {
		pthread_t thread;

		pthread_mutex_init(&fresh[i], NULL);
		if (pthread_create(&thread, NULL, take_one, &fresh[i]) != 0)
			exit(3);
		pthread_join(thread, NULL);
		pthread_mutex_destroy(&fresh[i]);
	}
	abba();
}

static void modules(void)
{
	char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 16);

	path[len > 0 ? len : 0] = '\0';
	strcpy(strrchr(path, '/') + 1, "module.so");
	for (int i = 0; i < 2; i++) {
		void *module = dlopen(path, RTLD_NOW);

		if (!module)
			exit(3);
		turns_two((turns_act)dlsym(module, "module_a_then_b"),
			(turns_act)dlsym(module, "module_b_then_a"));
		dlclose(module);
	}
	abba();
}

/* For the library that stands before the allocator too. */
static void allocates(void)
{
	for (int i = 0; i < 50; i++) {
		void *volatile memory = malloc((size_t)1 << (i % 20));

		pthread_mutex_lock(&lock_a);
		free(memory);
		memory = calloc(3, 1000);
		pthread_mutex_unlock(&lock_a);
		free(memory);
	}
	abba();
}

/* One side waits for the other's lock, so that our own locks are met too. */
static void *busy(void *unused)
{
	for (int i = 0; i < 64; i++)
		nest(&lock_a, &fresh[i]);
	return unused;
}

static void crowd(void)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++) {
		if (pthread_create(&threads[i], NULL, busy, NULL) != 0)
			exit(3);
	}
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	abba();
}

static const struct turns_case cases[] = {
	{"abba", abba},
	{"forks", forks},
	{"churn", churn},
	{"modules", modules},
	{"allocates", allocates},
	{"crowd", crowd},
};

TURNS_MAIN(cases)
