/* What a process may do to itself half-way: become another program or another user, be in another
 * root or within tighter limits, or be copied by ways that libc does not know. Each case makes one
 * half of the a-b-b-a order before, and the other one afterwards. */
#define _GNU_SOURCE
#include "abba.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

static pthread_mutex_t fresh[200];

static void put(const char *text)
{
	if (write(1, text, strlen(text)) < 0)
		exit(3);
}

/* What the watcher has to make room for. */
static void learn_more(void)
{
	for (int i = 0; i < 200; i++)
		nest(&lock_a, &fresh[i]);
	turns_two(b_then_a, a_then_b);
}

static void wait_for(pid_t child)
{
	char text[40];
	int status = 0;

	if (child < 0 || waitpid(child, &status, __WALL) != child)
		exit(3);
	snprintf(text, sizeof(text), "the child says %x\n", status);
	put(text);
}

static void fork_and_learn(void)
{
	pid_t child = fork();

	if (child == 0) {
		learn_more();
		_exit(5);
	}
	wait_for(child);
}

/* Others are inside the watcher, or hold locks, when the program is replaced. */
static void *keep_busy(void *lock)
{
	pthread_mutex_lock(&lock_a);
	for (;;)
		nest(&fresh[0], (pthread_mutex_t *)lock);
	return NULL;
}

static char *self;

static void exec_midway(void)
{
	char *arguments[] = {self, "learn", NULL};
	pthread_t thread;

	a_then_b(0);
	if (pthread_create(&thread, NULL, keep_busy, &fresh[1]) != 0)
		exit(3);
	usleep(20000);
	execv(self, arguments);
	exit(3);
}

static void *exec_here(void *unused)
{
	char *arguments[] = {self, "learn", NULL};

	nest(&lock_a, &fresh[2]);
	execv(self, arguments);
	exit(3);
	return unused;
}

static void exec_in_a_thread(void)
{
	pthread_t thread;

	a_then_b(0);
	if (pthread_create(&thread, NULL, exec_here, NULL) == 0)
		pthread_join(thread, NULL);
	exit(3);
}

static int locks_and_leaves(void *unused)
{
	b_then_a(0);
	for (int i = 0; i < 50; i++)
		nest(&lock_a, &fresh[i]);
	syscall(SYS_exit, 6);
	return 0;
}

static char other_stack[64 << 10] __attribute__((aligned(64)));

static void clone_with(int flags)
{
	a_then_b(0);
	wait_for(clone(locks_and_leaves, other_stack + sizeof(other_stack), flags | SIGCHLD, NULL));
	learn_more();
}

/* As vfork() and posix_spawn() do it: memory and thread pointer are the parent's. */
static void clone_vfork(void)
{
	clone_with(CLONE_VM | CLONE_VFORK);
}

static void clone_vm(void)
{
	clone_with(CLONE_VM);
}

static void clone_copy(void)
{
	clone_with(0);
}

static void fork_unknown_to_libc(void)
{
	pid_t child;

	a_then_b(0);
	child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (child == 0)
		locks_and_leaves(NULL);
	wait_for(child);
	learn_more();
}

static void under_fork(void)
{
	pid_t child;

	a_then_b(0);
	child = _Fork();
	if (child == 0)
		locks_and_leaves(NULL);
	wait_for(child);
	learn_more();
}

/* As daemons do it that open their ports as root. */
static void setuid_midway(void)
{
	turns_two(a_then_b, a_then_b);
	if (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0)
		exit(77);
	learn_more();
	fork_and_learn();
}

static void chroot_midway(void)
{
	turns_two(a_then_b, a_then_b);
	if (chroot("/proc/self/fdinfo") != 0 || chdir("/") != 0)
		exit(77);
	learn_more();
	fork_and_learn();
}

static void limited(int resource, rlim_t most)
{
	struct rlimit limit = {most, most};

	signal(SIGXFSZ, SIG_IGN); /* our own output may be a file */
	turns_two(a_then_b, a_then_b);
	if (setrlimit(resource, &limit) != 0)
		exit(77);
	learn_more();
	fork_and_learn();
}

static void limited_memory(void)
{
	limited(RLIMIT_AS, 200 << 20);
}

static void limited_data(void)
{
	limited(RLIMIT_DATA, 16 << 20);
}

static void limited_files(void)
{
	limited(RLIMIT_NOFILE, 3);
}

static void limited_stack(void)
{
	limited(RLIMIT_STACK, 64 << 10);
}

static void limited_locks(void)
{
	limited(RLIMIT_MEMLOCK, 0);
}

/* No file, ours included, can grow: a child finds no place for its arena. */
static void limited_size(void)
{
	struct rlimit none = {0, 0};

	signal(SIGXFSZ, SIG_IGN);
	turns_two(a_then_b, a_then_b);
	if (setrlimit(RLIMIT_FSIZE, &none) != 0)
		exit(77);
	learn_more();
	if (fork() == 0) {
		learn_more();
		_exit(5);
	}
	wait(NULL);
	_exit(9);
}

static const struct turns_case cases[] = {
	{"learn", learn_more},
	{"exec_midway", exec_midway},
	{"exec_in_a_thread", exec_in_a_thread},
	{"clone_vfork", clone_vfork},
	{"clone_vm", clone_vm},
	{"clone_copy", clone_copy},
	{"fork_unknown_to_libc", fork_unknown_to_libc},
	{"under_fork", under_fork},
	{"setuid_midway", setuid_midway},
	{"chroot_midway", chroot_midway},
	{"limited_memory", limited_memory},
	{"limited_data", limited_data},
	{"limited_files", limited_files},
	{"limited_stack", limited_stack},
	{"limited_locks", limited_locks},
	{"limited_size", limited_size},
};

int main(int argc, char **argv)
{
	self = argv[0];
	return turns_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));
}
