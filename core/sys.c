/* Raw system calls. See sys.h. */
#include "sys.h"

#include "sys_call.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <time.h>

static __thread uint32_t own_tid;

#define call(nr, a, b, c, d) ldl_sys_call((nr), (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

int ldl_sys_open(const char *path, int flags, int mode)
{
	return (int)call(SYS_openat, AT_FDCWD, path, flags, mode);
}

int ldl_sys_openat(int folder, const char *name, int flags)
{
	return (int)call(SYS_openat, folder, name, flags, 0);
}

int ldl_sys_close(int fd)
{
	return (int)call(SYS_close, fd, 0, 0, 0);
}

int ldl_sys_ftruncate(int fd, uint64_t size)
{
	return (int)call(SYS_ftruncate, fd, size, 0, 0);
}

int ldl_sys_fallocate(int fd, uint64_t size)
{
	return (int)call(SYS_fallocate, fd, 0, 0, size);
}

int ldl_sys_unlink(const char *path)
{
	return (int)call(SYS_unlinkat, AT_FDCWD, path, 0, 0);
}

int ldl_sys_unlinkat(int folder, const char *name)
{
	return (int)call(SYS_unlinkat, folder, name, 0, 0);
}

int ldl_sys_memfd_create(const char *name, unsigned int flags)
{
	return (int)call(SYS_memfd_create, name, flags, 0, 0);
}

int ldl_sys_fstat(int fd, struct stat *about)
{
	return (int)call(SYS_fstat, fd, about, 0, 0);
}

int ldl_sys_stat(const char *path, struct stat *about)
{
	return (int)call(SYS_newfstatat, AT_FDCWD, path, about, 0);
}

int ldl_sys_lstatat(int folder, const char *name, struct stat *about)
{
	return (int)call(SYS_newfstatat, folder, name, about, AT_SYMLINK_NOFOLLOW);
}

int64_t ldl_sys_getdents(int folder, void *entries, size_t size)
{
	return call(SYS_getdents64, folder, entries, size, 0);
}

int ldl_sys_fcntl(int fd, int command, long argument)
{
	return (int)call(SYS_fcntl, fd, command, argument, 0);
}

int64_t ldl_sys_pread(int fd, void *bytes, size_t len, int64_t offset)
{
	return call(SYS_pread64, fd, bytes, len, offset);
}

int64_t ldl_sys_write(int fd, const void *bytes, size_t len)
{
	return call(SYS_write, fd, bytes, len, 0);
}

bool ldl_sys_can_write(int fd)
{
	struct pollfd about = {.fd = fd, .events = POLLOUT};
	struct timespec at_once = {0};

	if (call(SYS_ppoll, &about, 1, &at_once, 0) != 1)
		return false;
	return (about.revents & POLLOUT) && !(about.revents & (POLLERR | POLLNVAL));
}

int64_t ldl_sys_lseek(int fd, int64_t offset, int whence)
{
	return call(SYS_lseek, fd, offset, whence, 0);
}

int64_t ldl_sys_readlink(const char *path, char *target, size_t size)
{
	return call(SYS_readlinkat, AT_FDCWD, path, target, size);
}

void *ldl_sys_mmap(void *where, size_t len, int protection, int flags, int fd, int *error)
{
	long result = ldl_sys_call(SYS_mmap, (long)where, (long)len, protection, flags, fd, 0);

	if (result < 0 && result > -4096) {
		if (error)
			*error = (int)-result;
		return NULL;
	}
	return (void *)result;
}

int ldl_sys_munmap(void *start, size_t len)
{
	return (int)call(SYS_munmap, start, len, 0, 0);
}

int ldl_sys_madvise(void *start, size_t len, int advice)
{
	return (int)call(SYS_madvise, start, len, advice, 0);
}

int ldl_sys_getpid(void)
{
	return (int)call(SYS_getpid, 0, 0, 0, 0);
}

int ldl_sys_getppid(void)
{
	return (int)call(SYS_getppid, 0, 0, 0, 0);
}

int ldl_sys_gettid(void)
{
	return (int)call(SYS_gettid, 0, 0, 0, 0);
}

uint32_t ldl_sys_geteuid(void)
{
	return (uint32_t)call(SYS_geteuid, 0, 0, 0, 0);
}

uint32_t ldl_sys_own_tid(void)
{
	if (!own_tid) {
		int tid = ldl_sys_gettid();

		own_tid = tid > 0 ? (uint32_t)tid : LDL_TID_UNKNOWN;
	}
	return own_tid;
}

void ldl_sys_forget_own_tid(void)
{
	own_tid = 0;
}

int ldl_sys_tgkill(int pid, int tid, int signal)
{
	return (int)call(SYS_tgkill, pid, tid, signal, 0);
}

int ldl_sys_thread_name(char name[16])
{
	return (int)call(SYS_prctl, PR_GET_NAME, name, 0, 0);
}

int ldl_sys_futex_wait(uint32_t *word, uint32_t value, uint64_t timeout_ns)
{
	struct timespec timeout = {.tv_sec = (time_t)(timeout_ns / 1000000000),
		.tv_nsec = (long)(timeout_ns % 1000000000)};

	return (int)call(SYS_futex, word, FUTEX_WAIT, value, &timeout);
}

int ldl_sys_futex_wake(uint32_t *word, int waiters)
{
	return (int)call(SYS_futex, word, FUTEX_WAKE, waiters, 0);
}

#define BIT(signal) (1ull << ((signal)-1))
#define FAULTS                                                                                     \
	(BIT(SIGILL) | BIT(SIGTRAP) | BIT(SIGABRT) | BIT(SIGBUS) | BIT(SIGFPE) | BIT(SIGSEGV) |    \
		BIT(SIGSYS))

uint64_t ldl_sys_hold_signals(bool may)
{
	uint64_t held = ~(uint64_t)FAULTS, before = LDL_SIGNALS_AS_THEY_ARE;

	/* The kernel's own set, eight bytes: libc's would leave out the signal of cancellation. */
	if (may)
		(void)call(SYS_rt_sigprocmask, SIG_SETMASK, &held, &before, sizeof(held));
	return before;
}

void ldl_sys_give_signals(uint64_t mask)
{
	/* No mask that was ever set: SIGKILL cannot be kept away. */
	if (mask != LDL_SIGNALS_AS_THEY_ARE)
		(void)call(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof(mask));
}

bool ldl_sys_is_readable(const uint64_t *word)
{
	/* The kernel reads the set before it refuses to do what is asked for with it. */
	return call(SYS_rt_sigprocmask, -1, word, NULL, sizeof(*word)) == -EINVAL;
}

uint64_t ldl_sys_rlimit(int resource)
{
	struct rlimit64 limit;

	/* A sandbox may allow the older one alone; both write two words of 64 bits. */
	if (call(SYS_prlimit64, 0, resource, 0, &limit) < 0 &&
		call(SYS_getrlimit, resource, &limit, 0, 0) < 0)
		return UINT64_MAX;
	if (limit.rlim_cur == RLIM64_INFINITY)
		return UINT64_MAX;
	return limit.rlim_cur;
}

uint64_t ldl_sys_clock_ns(int clock)
{
	struct timespec now;

	/* libc's, because only the vDSO is fast; it sets errno only for clocks that do not exist.
	 */
	if (clock_gettime(clock, &now) != 0)
		return 0;
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
