/* Processes: fork in its forms, exec, modules that come and go, exit in its forms, signals. */
#define _GNU_SOURCE
#include "abba.h"
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static void wait_for(pid_t child)
{
	int status = 0;

	waitpid(child, &status, 0);
	printf("the child says %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -status);
}

static void fork_and_invert(int index)
{
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		turns_two(a_then_b, b_then_a);
		_exit(5);
	}
	wait_for(child);
}

/* The parent's threads agree; those of the child, forked by one of them, do not. */
static void fork_child_inverts(void)
{
	turns_two(a_then_b, fork_and_invert);
}

/* What the forking thread holds, it holds in the child as well. */
static void fork_under_a(int index)
{
	pid_t child;

	fflush(stdout);
	pthread_mutex_lock(&lock_a);
	child = fork();
	pthread_mutex_lock(&lock_b);
	pthread_mutex_unlock(&lock_b);
	pthread_mutex_unlock(&lock_a);
	if (child == 0)
		_exit(0);
	wait_for(child);
}

static void fork_holding(void)
{
	turns_two(fork_under_a, b_then_a);
}

static void forks_100(void)
{
	for (int i = 0; i < 100; i++) {
		pid_t child = fork();

		if (child == 0) {
			a_then_b(0);
			_exit(i == 99 ? 9 : 0);
		}
		if (i == 99)
			wait_for(child);
		else
			waitpid(child, NULL, 0);
	}
}

static void vfork_exec(int index)
{
	char *arguments[] = {"sh", "-c", "exit 4", NULL};
	pid_t child = vfork();

	if (child == 0) {
		execv("/bin/sh", arguments);
		_exit(127);
	}
	wait_for(child);
	a_then_b(index);
}

static void vforks(void)
{
	turns_two(vfork_exec, b_then_a);
}

static void spawn_sh(int index)
{
	char *arguments[] = {"sh", "-c", "exit 6", NULL};
	pid_t child;

	if (posix_spawn(&child, "/bin/sh", NULL, NULL, arguments, environ) == 0)
		wait_for(child);
	printf("system says %d\n", WEXITSTATUS(system("exit 7")));
	a_then_b(index);
}

static void spawns(void)
{
	turns_two(spawn_sh, b_then_a);
}

/* As a daemon does it: the first parent is gone before the work begins. */
static void daemonise(void)
{
	fflush(stdout);
	if (fork() != 0)
		_exit(0);
	setsid();
	if (fork() != 0)
		_exit(0);
	usleep(100000);
	turns_two(a_then_b, b_then_a);
	puts("the daemon has worked");
}

static char module_path[4096];

static void *load(void)
{
	void *module = dlopen(module_path, RTLD_NOW);

	if (!module) {
		fprintf(stderr, "%s\n", dlerror());
		exit(3);
	}
	return module;
}

static void find_module(void)
{
	ssize_t len = readlink("/proc/self/exe", module_path, sizeof(module_path) - 16);

	module_path[len > 0 ? len : 0] = '\0';
	strcpy(strrchr(module_path, '/') + 1, "module.so");
}

/* The same module three times; it may come to another address, and stays the same locks. */
static void reloaded_module(void)
{
	find_module();
	for (int i = 0; i < 3; i++) {
		void *module = load();

		turns_two((turns_act)dlsym(module, i ? "module_b_then_a" : "module_a_then_b"),
			(turns_act)dlsym(module, "module_a_then_b"));
		dlclose(module);
	}
}

static void invert_at_exit(void)
{
	turns_two(a_then_b, b_then_a);
}

static void at_exit(void)
{
	atexit(invert_at_exit);
}

static void *wait_a_little_and_invert(void *unused)
{
	usleep(50000);
	turns_two(a_then_b, b_then_a);
	puts("the last thread is done");
	return NULL;
}

static void main_thread_leaves(void)
{
	pthread_t last;

	pthread_create(&last, NULL, wait_a_little_and_invert, NULL);
	pthread_exit(NULL);
}

static void killed_by_itself(void)
{
	turns_two(a_then_b, b_then_a);
	puts("about to die");
	fflush(stdout);
	kill(getpid(), SIGKILL);
}

static void underscore_exit(void)
{
	turns_two(a_then_b, b_then_a);
	_exit(33);
}

static void name_and_a_then_b(int index)
{
	pthread_setname_np(pthread_self(), "writer-of-b");
	a_then_b(index);
}

static void name_and_b_then_a(int index)
{
	pthread_setname_np(pthread_self(), "writer-of-a");
	b_then_a(index);
}

static void named_threads(void)
{
	turns_two(name_and_a_then_b, name_and_b_then_a);
}

/* libc is told these once, at the start; whoever disturbs its beginning loses them for good. */
static void environment(void)
{
	int count = 0;

	while (environ && environ[count])
		count++;
	printf("%s, %s, %d, %s, %s\n", program_invocation_name, program_invocation_short_name,
		count > 0, getenv("HOME"), getenv("LDL_TEST_VARIABLE"));
	fflush(stdout);
	if (system("echo $LDL_TEST_VARIABLE") != 0)
		exit(3);
}

static pthread_mutex_t in_handler = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t fresh[20000];
static volatile sig_atomic_t handled;

static void lock_in_handler(int number)
{
	int kept = errno;

	if (pthread_mutex_trylock(&in_handler) == 0)
		pthread_mutex_unlock(&in_handler);
	handled++;
	errno = kept;
}

/* Every lock of the main line is new, so the handler interrupts the watcher's slow path. */
static void signal_in_slow_path(void)
{
	struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};
	struct sigaction action = {.sa_handler = lock_in_handler, .sa_flags = SA_RESTART};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (int round = 0; round < 50 && handled < 200; round++)
		for (int i = 0; i < 20000; i++)
			nest(&lock_a, &fresh[i]);
	setitimer(ITIMER_REAL, &never, NULL);
	turns_two(a_then_b, b_then_a);
}

static const struct turns_case cases[] = {
	{"fork_child_inverts", fork_child_inverts},
	{"fork_holding", fork_holding},
	{"forks_100", forks_100},
	{"vforks", vforks},
	{"spawns", spawns},
	{"daemonise", daemonise},
	{"reloaded_module", reloaded_module},
	{"at_exit", at_exit},
	{"main_thread_leaves", main_thread_leaves},
	{"killed_by_itself", killed_by_itself},
	{"underscore_exit", underscore_exit},
	{"environment", environment},
	{"named_threads", named_threads},
	{"signal_in_slow_path", signal_in_slow_path},
};

TURNS_MAIN(cases)
