/* Shared memory's only door: each access names its order. Alone includes <stdatomic.h>.
 *
 * The arena is plain memory that other processes map, so its fields are plain integers and these
 * wrappers use the compiler's __atomic forms on them. All are lock-free on x86-64 and aarch64;
 * all but the compare-and-swap loops built upon them are wait-free. */
#ifndef LDL_ATOMIC_H
#define LDL_ATOMIC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define ldl_load_relaxed(p)        __atomic_load_n((p), __ATOMIC_RELAXED)
#define ldl_load_acquire(p)        __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define ldl_store_relaxed(p, v)    __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define ldl_store_release(p, v)    __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define ldl_add_relaxed(p, v)      __atomic_fetch_add((p), (v), __ATOMIC_RELAXED)
#define ldl_sub_relaxed(p, v)      __atomic_fetch_sub((p), (v), __ATOMIC_RELAXED)
#define ldl_or_relaxed(p, v)       __atomic_fetch_or((p), (v), __ATOMIC_RELAXED)
#define ldl_and_relaxed(p, v)      __atomic_fetch_and((p), (v), __ATOMIC_RELAXED)
#define ldl_exchange_acquire(p, v) __atomic_exchange_n((p), (v), __ATOMIC_ACQUIRE)
#define ldl_exchange_release(p, v) __atomic_exchange_n((p), (v), __ATOMIC_RELEASE)
#define ldl_exchange_acq_rel(p, v) __atomic_exchange_n((p), (v), __ATOMIC_ACQ_REL)

/* Stores `v` where `*expected` is found; else loads what is there into `*expected`. Acquire on both
 * outcomes, release when it stored. */
#define ldl_cas_acq_rel(p, expected, v)                                                            \
	__atomic_compare_exchange_n((p), (expected), (v), 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)

/* The same with one order, where it stored. */
#define ldl_cas_acquire(p, expected, v)                                                            \
	__atomic_compare_exchange_n((p), (expected), (v), 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)
#define ldl_cas_release(p, expected, v)                                                            \
	__atomic_compare_exchange_n((p), (expected), (v), 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED)

/* Whether the 64 bits at `p` are `v`; acquire. In one instruction: left to itself the compiler
 * loads an atomic first and compares then. */
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define ldl_is_acquire(p, v)                                                                       \
	({                                                                                         \
		bool is_equal;                                                                     \
		__asm__ volatile("cmpq %2, %1"                                                     \
				 : "=@cce"(is_equal)                                               \
				 : "m"(*(p)), "r"((uint64_t)(v))                                   \
				 : "memory");                                                      \
		is_equal;                                                                          \
	})
#else
#define ldl_is_acquire(p, v) (ldl_load_acquire(p) == (v))
#endif

/* A full barrier where a compare-and-swap of the same thread came before, whichever way that went:
 * on x86-64 it was one itself. */
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define ldl_fence_after_cas() atomic_signal_fence(memory_order_seq_cst)
#else
#define ldl_fence_after_cas() atomic_thread_fence(memory_order_seq_cst)
#endif
#define ldl_fence_full() atomic_thread_fence(memory_order_seq_cst)

/* Stores two words, of which the first is aligned to both: on x86-64 in one instruction. Each of
 * them is relaxed. */
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
typedef uint64_t ldl_pair __attribute__((vector_size(16), may_alias));
#define ldl_store_pair(p, v, w) (*(volatile ldl_pair *)(p) = (ldl_pair){(v), (w)})
#else
#define ldl_store_pair(p, v, w) (ldl_store_relaxed((p), (v)), ldl_store_relaxed((p) + 1, (w)))
#endif

/* Clears bits of a word that this thread alone writes, others read: in place, in one instruction
 * where the compiler is let. Relaxed. */
#if defined(__SANITIZE_THREAD__)
#define ldl_and_own(p, v) ldl_store_relaxed((p), ldl_load_relaxed(p) & (v))
#else
#define ldl_and_own(p, v) ((void)(*(p) &= (v)))
#endif

#define ldl_fence_acquire() atomic_thread_fence(memory_order_acquire)
#define ldl_fence_release() atomic_thread_fence(memory_order_release)

#endif
