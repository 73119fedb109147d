/* SPDX-License-Identifier: MIT
 *
 * What kernel C expects of its compiler: fixed-width integers, attributes, branch hints, atomic
 * access to plain variables, and the few macros that all of it takes for granted.
 *
 * A part of <lockdep_lite/kernel.h>. Markers that mean something to the kernel's linker or to its
 * static checkers only (__init, __user, __acquires and so on) are empty. Internal names of this
 * header begin with ldlk_. */
#ifndef LOCKDEP_LITE_KERNEL_COMPILER_H
#define LOCKDEP_LITE_KERNEL_COMPILER_H

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <lockdep_lite.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef long long s64;
typedef uint64_t phys_addr_t;

#ifndef __always_inline
#define __always_inline inline __attribute__((__always_inline__))
#endif
#ifndef __maybe_unused
#define __maybe_unused __attribute__((__unused__))
#endif
#ifndef __must_check
#define __must_check __attribute__((__warn_unused_result__))
#endif
#ifndef __printf
#define __printf(format, first) __attribute__((__format__(__printf__, format, first)))
#endif

/* A function of this header that is too long to be inlined: one copy in each file that uses it. */
#define LDLK_SLOW static __attribute__((__unused__, __noinline__))
/* A variable of this header: one in the program, whichever files include it. */
#define LDLK_GLOBAL __attribute__((__weak__))

#define __init
#define __exit
#define __user
#define __kernel
#define __iomem
#define __percpu
#define __rcu
#define __read_mostly
#define __sched
#define __lockfunc
#define asmlinkage
#define __acquires(lock)
#define __releases(lock)
#define __must_hold(lock)
#define __acquire(lock)                ((void)0)
#define __release(lock)                ((void)0)
#define EXPORT_SYMBOL(symbol)          struct ldlk_nothing
#define EXPORT_SYMBOL_GPL(symbol)      struct ldlk_nothing
#define MODULE_LICENSE(text)           struct ldlk_nothing
#define MODULE_AUTHOR(text)            struct ldlk_nothing
#define MODULE_DESCRIPTION(text)       struct ldlk_nothing
#define early_initcall(function)       struct ldlk_nothing
#define module_init(function)          struct ldlk_nothing
#define module_exit(function)          struct ldlk_nothing
#define IS_ENABLED(option)             0
#define __stringify_1(...)             #__VA_ARGS__
#define __stringify(...)               __stringify_1(__VA_ARGS__)
#define __UNIQUE_ID_1(prefix, counter) ldlk_##prefix##_##counter
#define __UNIQUE_ID_2(prefix, counter) __UNIQUE_ID_1(prefix, counter)
#define __UNIQUE_ID(prefix)            __UNIQUE_ID_2(prefix, __COUNTER__)

#define likely(condition)   __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

#define barrier() __asm__ __volatile__("" ::: "memory")

/* For what fits in a register; no tearing, no ordering. */
#define READ_ONCE(variable)         __atomic_load_n(&(variable), __ATOMIC_RELAXED)
#define WRITE_ONCE(variable, value) __atomic_store_n(&(variable), value, __ATOMIC_RELAXED)

/* gcc's thread sanitizer knows no fences: there, an atomic operation that is one. */
#ifdef __SANITIZE_THREAD__
LDLK_GLOBAL unsigned int ldlk_fence_word;
#define ldlk_fence(order) ((void)__atomic_fetch_add(&ldlk_fence_word, 0, __ATOMIC_SEQ_CST))
#else
#define ldlk_fence(order) __atomic_thread_fence(order)
#endif

#define smp_mb()                          ldlk_fence(__ATOMIC_SEQ_CST)
#define smp_rmb()                         ldlk_fence(__ATOMIC_ACQUIRE)
#define smp_wmb()                         ldlk_fence(__ATOMIC_RELEASE)
#define mb()                              smp_mb()
#define rmb()                             smp_rmb()
#define wmb()                             smp_wmb()
#define smp_load_acquire(pointer)         __atomic_load_n(pointer, __ATOMIC_ACQUIRE)
#define smp_store_release(pointer, value) __atomic_store_n(pointer, value, __ATOMIC_RELEASE)
#define smp_store_mb(variable, value)     __atomic_store_n(&(variable), value, __ATOMIC_SEQ_CST)
#define xchg(pointer, value)              __atomic_exchange_n(pointer, value, __ATOMIC_SEQ_CST)
#define cmpxchg(pointer, old, new)                                                                 \
	({                                                                                         \
		__typeof__(*(pointer)) ldlk_seen = (old);                                          \
		__atomic_compare_exchange_n(                                                       \
			pointer, &ldlk_seen, (new), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);    \
		ldlk_seen;                                                                         \
	})

#if defined(__x86_64__) || defined(__i386__)
#define cpu_relax() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define cpu_relax() __asm__ __volatile__("yield" ::: "memory")
#else
#define cpu_relax() barrier()
#endif

#ifndef container_of
#define container_of(pointer, type, member)                                                        \
	((type *)((char *)(pointer) - __builtin_offsetof(type, member) +                           \
		  0 * sizeof((pointer) == &((type *)0)->member)))
#endif

#define ARRAY_SIZE(array)   (sizeof(array) / sizeof((array)[0]))
#define BIT(number)         (1UL << (number))
#define BUILD_BUG_ON(claim) _Static_assert(!(claim), "BUILD_BUG_ON: " #claim)

#ifndef min
#define min(a, b)                                                                                  \
	({                                                                                         \
		__typeof__(a) ldlk_min_a = (a);                                                    \
		__typeof__(b) ldlk_min_b = (b);                                                    \
		ldlk_min_a < ldlk_min_b ? ldlk_min_a : ldlk_min_b;                                 \
	})
#define max(a, b)                                                                                  \
	({                                                                                         \
		__typeof__(a) ldlk_max_a = (a);                                                    \
		__typeof__(b) ldlk_max_b = (b);                                                    \
		ldlk_max_a > ldlk_max_b ? ldlk_max_a : ldlk_max_b;                                 \
	})
#endif
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max_t(type, a, b) max((type)(a), (type)(b))

#endif
