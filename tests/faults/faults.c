/* A kernel that refuses one call of ours.
 *
 * All system calls of core and of the preload library go through one instruction, in
 * core/sys_call.h. faults.mk builds core/sys.c once more with this file in between, and links the
 * preload library's other objects, which are the shipped ones, with that; so the shipped library
 * has no trace of it.
 *
 * The variable LDL_FAULTS is CALL,KIND,LOG: the CALLth call of a process (a forked child goes on
 * counting) is not made, but fails with the KINDth of the errors that its number may bring, a
 * half-done transfer among them; and its number goes to the file LOG, as a line. A "+" behind CALL:
 * so do all later calls of that number, as under a filter. CALL 0: nothing fails, and LOG gets the
 * number of every call. Errors that no kernel brings are left out: signals that were kept away are
 * always given back, and a descriptor is closed even though close() says otherwise.
 *
 * This code runs where ours does: in signal handlers, before libc, in threads without slots. So it
 * calls nothing, and its own system calls are raw. */
#include "core/atomic.h"
#include "core/compiler.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "sys_call.h"
#undef ldl_sys_call

#define HALF       4096 /* no errno: the call is made for half of what was asked */
#define KINDS      4
#define LONGEST    4096 /* bytes of LOG */
#define SPACE_SIZE 65536

static const struct {
	long nr;
	int errors[KINDS]; /* likeliest first; 0: no more */
} faults[] = {
	{SYS_openat, {EMFILE, EACCES, ENOSPC, EINTR}},
	{SYS_close, {EINTR, EIO}},
	{SYS_ftruncate, {ENOSPC, EINTR, EPERM, EFBIG}},
	{SYS_fallocate, {ENOSPC, EOPNOTSUPP, EINTR, EPERM}},
	{SYS_unlinkat, {EROFS, EACCES, EPERM}},
	{SYS_memfd_create, {EMFILE, ENOSYS, EPERM, ENOMEM}},
	{SYS_fstat, {EIO, EPERM}},
	{SYS_pread64, {EIO, HALF, EINTR, EPERM}},
	{SYS_write, {ENOSPC, HALF, EINTR, EAGAIN}},
	{SYS_ppoll, {EINTR, ENOMEM, EPERM}},
	{SYS_lseek, {EINVAL, EPERM}},
	{SYS_readlinkat, {EACCES, ENOENT, HALF, EPERM}},
	{SYS_mmap, {ENOMEM, EPERM, EAGAIN, ENODEV}},
	{SYS_munmap, {ENOMEM, EPERM}},
	{SYS_madvise, {ENOMEM, EINVAL, EFAULT, EPERM}},
	{SYS_getpid, {EPERM}},
	{SYS_getppid, {EPERM}},
	{SYS_gettid, {EPERM}},
	{SYS_tgkill, {EPERM, EAGAIN}},
	{SYS_prctl, {EPERM, EFAULT}},
	{SYS_futex, {EINTR, EAGAIN, EPERM, ENOMEM}},
	{SYS_rt_sigprocmask, {EPERM}},
	{SYS_prlimit64, {EPERM, EFAULT}},
};

enum { UNREAD, READING, NONE, COUNTING, FAILING };

static uint32_t state, made;
static uint32_t wanted, kind;
static bool goes_on;     /* the same for all later calls of `refused` */
static uint32_t refused; /* number of the call that failed, and 1 more; 0: none yet */
static char log_path[LONGEST];
static char space[SPACE_SIZE]; /* the environment, as the process was started with */

static long raw(long nr, long a, long b, long c, long d)
{
	return ldl_sys_call(nr, a, b, c, d, 0, 0);
}

static uint32_t read_number(const char **at)
{
	uint32_t number = 0;

	for (; **at >= '0' && **at <= '9'; (*at)++)
		number = number * 10 + (uint32_t)(**at - '0');
	return number;
}

static void parse(const char *at)
{
	size_t len = 0;

	wanted = read_number(&at);
	goes_on = *at == '+';
	at += goes_on;
	at += *at == ',';
	kind = read_number(&at);
	at += *at == ',';
	for (; at[len] && len + 1 < sizeof(log_path); len++)
		log_path[len] = at[len];
	ldl_store_release(&state, wanted ? FAILING : COUNTING);
}

static bool is_ours(const char *entry)
{
	const char *name = "LDL_FAULTS=";

	while (*name && *entry == *name) {
		entry++;
		name++;
	}
	return !*name;
}

static void read_environment(void)
{
	long fd = raw(SYS_openat, AT_FDCWD, (long)"/proc/self/environ", O_RDONLY | O_CLOEXEC, 0);
	long len = 0, got = 1;

	while (fd >= 0 && got > 0 && len + 1 < SPACE_SIZE) {
		got = raw(SYS_read, fd, (long)(space + len), SPACE_SIZE - 1 - len, 0);
		len += got > 0 ? got : 0;
	}
	if (fd >= 0)
		raw(SYS_close, fd, 0, 0, 0);
	for (long at = 0; at < len; at++) {
		if (is_ours(space + at)) {
			parse(space + at + sizeof("LDL_FAULTS=") - 1);
			return;
		}
		while (space[at])
			at++;
	}
	ldl_store_release(&state, NONE);
}

static void note(long nr)
{
	char line[24];
	size_t at = sizeof(line);
	long fd = raw(SYS_openat, AT_FDCWD, (long)log_path,
		O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);

	line[--at] = '\n';
	do
		line[--at] = (char)('0' + nr % 10);
	while ((nr /= 10) != 0);
	if (fd < 0)
		return;
	raw(SYS_write, fd, (long)(line + at), (long)(sizeof(line) - at), 0);
	raw(SYS_close, fd, 0, 0, 0);
}

static bool gives_signals_back(long nr, long a, long c)
{
	return nr == SYS_rt_sigprocmask && a == SIG_SETMASK && c == 0;
}

static int error_for(long nr)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		if (faults[i].nr == nr)
			return kind < KINDS ? faults[i].errors[kind] : 0;
	}
	return kind ? 0 : EPERM;
}

/* Whether this call is the one. */
static bool is_chosen(long nr)
{
	uint32_t number = ldl_add_relaxed(&made, 1) + 1;

	if (number == wanted) {
		ldl_store_relaxed(&refused, (uint32_t)nr + 1);
		return true;
	}
	return goes_on && ldl_load_relaxed(&refused) == (uint32_t)nr + 1;
}

long ldl_faults_call(long nr, long a, long b, long c, long d, long e, long f)
{
	uint32_t unread = UNREAD;
	int error;

	if (ldl_load_acquire(&state) == UNREAD && ldl_cas_acq_rel(&state, &unread, READING))
		read_environment();
	if (ldl_load_acquire(&state) == COUNTING)
		note(nr);
	if (ldl_load_acquire(&state) != FAILING || gives_signals_back(nr, a, c) || !is_chosen(nr))
		return ldl_sys_call(nr, a, b, c, d, e, f);
	error = error_for(nr);
	if (!error)
		return ldl_sys_call(nr, a, b, c, d, e, f);
	note(nr);
	if (error == HALF)
		return ldl_sys_call(nr, a, b, c / 2, d, e, f);
	if (nr == SYS_close)
		ldl_sys_call(nr, a, b, c, d, e, f);
	return -error;
}
