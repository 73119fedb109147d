/* The instruction that enters the kernel, on x86-64 and aarch64. Alone in its file, so that a build
 * for tests may put a kernel that refuses in its place (tests/faults/). Only sys.c includes it. */
#ifndef LDL_SYS_CALL_H
#define LDL_SYS_CALL_H

#include "compiler.h"

/* What the kernel returns: a result, or -errno. */
#if defined(__x86_64__)
LDL_INLINE long ldl_sys_call(long nr, long a, long b, long c, long d, long e, long f)
{
	long result;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}
#elif defined(__aarch64__)
LDL_INLINE long ldl_sys_call(long nr, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;
	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}
#else
#error "lockdep-lite knows the system calls of x86-64 and aarch64"
#endif

#endif
