/* seccomp(2), which libc has no function for: programs install their filters by syscall(2). */
#include "instrument/preload/event.h"
#include "instrument/preload/real.h"

#include <linux/seccomp.h>
#include <sys/syscall.h>

/* Ends in a jump to the real one, which finds every argument where its caller put it: a call that
 * comes back on another stack, or twice, must not come back to us. On x86-64 the seventh argument
 * is on the stack, or what is there is the caller's own when it gave fewer: it is not touched. */
#if defined(__x86_64__)
#define PARAMETERS long number, long a, long b, long c, long d, long e
#define ARGUMENTS  number, a, b, c, d, e
#else
#define PARAMETERS long number, long a, long b, long c, long d, long e, long f
#define ARGUMENTS  number, a, b, c, d, e, f
#endif

long ldl_syscall(PARAMETERS) __asm__("syscall");

LDL_EXPORT long ldl_syscall(PARAMETERS)
{
	long (*real)(PARAMETERS);

	/* Before: the filter may kill whoever makes a call that it does not know. */
	if (ldl_unlikely(number == SYS_seccomp) &&
		(a == SECCOMP_SET_MODE_FILTER || a == SECCOMP_SET_MODE_STRICT))
		ldl_engine_stop_syscalls();
	real = (long (*)(PARAMETERS))(void *)ldl_real.syscall;
	return real(ARGUMENTS);
}
