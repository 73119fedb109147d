/* Surroundings that leave an interposer little: forbidden system calls, few descriptors, no memory,
 * another root. Each case then makes the a-b-b-a order and ends as it would alone. */
#define _GNU_SOURCE
#include "abba.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t fresh[2000];

#define ALLOW(call)                                                                                \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1),                                     \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/* What a sandboxed worker needs, and no call for files, clocks or names. */
static const struct sock_filter common_calls[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	ALLOW(read),
	ALLOW(write),
	ALLOW(futex),
	ALLOW(exit),
	ALLOW(exit_group),
	ALLOW(mmap),
	ALLOW(munmap),
	ALLOW(madvise),
	ALLOW(mprotect),
	ALLOW(clone3),
	ALLOW(rseq),
	ALLOW(set_robust_list),
	ALLOW(rt_sigprocmask),
	ALLOW(brk),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
};

static const struct sock_filter least_calls[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	ALLOW(read),
	ALLOW(write),
	ALLOW(futex),
	ALLOW(exit),
	ALLOW(exit_group),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
};

static void forbid_all_but(const struct sock_filter *filter, int len)
{
	struct sock_fprog program = {.len = len, .filter = (struct sock_filter *)filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		exit(77);
}

static void put(const char *text)
{
	if (write(1, text, strlen(text)) < 0)
		exit(3);
}

static void do_nothing(int index)
{
}

static void sandboxed_threads(void)
{
	void *volatile warm = malloc(1); /* libc asks for random numbers the first time … */

	free(warm);
	turns_take(1, NULL, do_nothing); /* … and sets up its own signals for the first thread */
	forbid_all_but(common_calls, sizeof(common_calls) / sizeof(common_calls[0]));
	abba();
	for (int i = 0; i < 2000; i++)
		nest(&lock_a, &fresh[i]);
	put("the sandbox has held\n");
	_exit(0);
}

static void sandboxed_main(void)
{
	forbid_all_but(least_calls, sizeof(least_calls) / sizeof(least_calls[0]));
	for (int i = 0; i < 2000; i++)
		nest(&lock_a, &fresh[i]);
	nest(&lock_b, &lock_a);
	put("the sandbox has held\n");
	_exit(0);
}

/* seccomp's oldest mode: read, write, _exit and sigreturn. */
static void strict_sandbox(void)
{
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0)
		exit(77);
	for (int i = 0; i < 2000; i++)
		nest(&lock_a, &fresh[i]);
	put("the sandbox has held\n");
	syscall(SYS_exit, 0);
}

/* The program gives its own limits to itself, so that the watcher finds them too late. */
static void limit(int resource, rlim_t value)
{
	struct rlimit limits = {value, value};

	if (setrlimit(resource, &limits) != 0)
		exit(77);
}

static void limited_address_space(void)
{
	limit(RLIMIT_AS, 100 << 20);
	abba();
}

static void limited_files(void)
{
	signal(SIGXFSZ, SIG_IGN); /* our own output may be a file */
	limit(RLIMIT_NOFILE, 4);
	limit(RLIMIT_FSIZE, 0);
	abba();
}

static void lowest_descriptor(void)
{
	printf("the first is %d\n", open("/dev/null", O_RDONLY));
	abba();
	printf("the next is %d\n", open("/dev/null", O_RDONLY));
}

/* Run with 0, 1 and 2 closed: the program's files get those numbers. */
static void closed_descriptors(void)
{
	int first = open("/dev/null", O_RDWR);

	abba();
	_exit(10 + first + open("/dev/null", O_RDWR));
}

static void closes_everything(void)
{
	if (close_range(3, ~0u, 0) != 0)
		exit(77);
	abba();
	printf("the next is %d\n", open("/dev/null", O_RDONLY));
}

/* A root without /proc, without our libraries and without the program itself. */
static void other_root(void)
{
	if (chroot("/tmp") != 0)
		exit(77);
	if (chdir("/") != 0)
		exit(3);
	abba();
}

static void unmapped_lock(void)
{
	for (int i = 0; i < 100; i++) {
		pthread_mutex_t *page = mmap(
			NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		nest(&lock_a, page);
		munmap(page, 4096);
	}
	abba();
}

#define KEEPS_ERRNO(call)                                                                          \
	do {                                                                                       \
		errno = 4711;                                                                      \
		(void)(call);                                                                      \
		if (errno != 4711)                                                                 \
			printf("%s changes errno to %d\n", #call, errno);                          \
	} while (0)

static void errno_of_mutexes(int index)
{
	struct timespec past = {1, 0};
	pthread_mutex_t mutex;
	pthread_cond_t cond = PTHREAD_COND_INITIALIZER;

	KEEPS_ERRNO(pthread_mutex_init(&mutex, NULL));
	KEEPS_ERRNO(pthread_mutex_lock(&mutex));
	KEEPS_ERRNO(pthread_mutex_trylock(&mutex));
	KEEPS_ERRNO(pthread_mutex_timedlock(&mutex, &past));
	KEEPS_ERRNO(pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &past));
	KEEPS_ERRNO(nest(&fresh[index], &lock_b));
	KEEPS_ERRNO(pthread_cond_timedwait(&cond, &mutex, &past));
	KEEPS_ERRNO(pthread_cond_clockwait(&cond, &mutex, CLOCK_MONOTONIC, &past));
	KEEPS_ERRNO(pthread_cond_signal(&cond));
	KEEPS_ERRNO(pthread_cond_broadcast(&cond));
	KEEPS_ERRNO(pthread_mutex_unlock(&mutex));
	KEEPS_ERRNO(pthread_mutex_destroy(&mutex));
	KEEPS_ERRNO(nest(&lock_b, &fresh[index]));
}

static void errno_of_the_rest(void)
{
	pthread_rwlock_t rwlock;
	pthread_spinlock_t spin;

	KEEPS_ERRNO(pthread_rwlock_init(&rwlock, NULL));
	KEEPS_ERRNO(pthread_rwlock_rdlock(&rwlock));
	KEEPS_ERRNO(pthread_rwlock_tryrdlock(&rwlock));
	KEEPS_ERRNO(pthread_rwlock_trywrlock(&rwlock));
	KEEPS_ERRNO(pthread_rwlock_unlock(&rwlock));
	KEEPS_ERRNO(pthread_rwlock_unlock(&rwlock));
	KEEPS_ERRNO(pthread_rwlock_wrlock(&rwlock));
	KEEPS_ERRNO(pthread_rwlock_unlock(&rwlock));
	KEEPS_ERRNO(pthread_rwlock_destroy(&rwlock));
	KEEPS_ERRNO(pthread_spin_init(&spin, 0));
	KEEPS_ERRNO(pthread_spin_lock(&spin));
	KEEPS_ERRNO(pthread_spin_trylock(&spin));
	KEEPS_ERRNO(pthread_spin_unlock(&spin));
	KEEPS_ERRNO(pthread_spin_destroy(&spin));
}

/* Each call is met with known and with unknown locks, on the fast and on the slow path. */
static void errno_stays(void)
{
	for (int round = 0; round < 3; round++) {
		errno_of_the_rest();
		turns_take(3, NULL, errno_of_mutexes);
	}
}

static const struct turns_case cases[] = {
	{"sandboxed_threads", sandboxed_threads},
	{"sandboxed_main", sandboxed_main},
	{"strict_sandbox", strict_sandbox},
	{"limited_address_space", limited_address_space},
	{"limited_files", limited_files},
	{"abba", abba},
	{"lowest_descriptor", lowest_descriptor},
	{"closed_descriptors", closed_descriptors},
	{"closes_everything", closes_everything},
	{"other_root", other_root},
	{"unmapped_lock", unmapped_lock},
	{"errno_stays", errno_stays},
};

TURNS_MAIN(cases)
