/* SPDX-License-Identifier: MIT
 *
 * What the memory half of the kernel-style header stands on: a lock that the checker does not
 * see, and the place where failures are put in.
 *
 * Everything shared is a weak definition, so that all translation units of a program have one. */
#ifndef LOCKDEP_LITE_KERNEL_BACKING_H
#define LOCKDEP_LITE_KERNEL_BACKING_H

#include <limits.h>
#include <sched.h>
#include <string.h>
#include <lockdep_lite/kernel/futex.h>
#include <lockdep_lite/kernel/gfp.h>

/* Fault injection: each hook is asked before a request is served, and true makes it fail, as the
 * kernel's functions of these names do. Requests with __GFP_NOFAIL are not asked about. NULL, the
 * default: nothing fails but for lack of memory. Set them while nothing allocates. */
struct kmem_cache;
struct ldlk_faults {
	bool (*should_failslab)(struct kmem_cache *cache, size_t size, gfp_t gfp);
	bool (*should_fail_alloc_page)(gfp_t gfp, unsigned int order);
	bool (*should_fail_vmalloc)(unsigned long size, gfp_t gfp);
};
LDLK_GLOBAL struct ldlk_faults ldlk_faults;

static inline bool should_failslab(struct kmem_cache *cache, size_t size, gfp_t gfp)
{
	return ldlk_faults.should_failslab && !(gfp & __GFP_NOFAIL) &&
	       ldlk_faults.should_failslab(cache, size, gfp);
}

static inline bool should_fail_alloc_page(gfp_t gfp, unsigned int order)
{
	return ldlk_faults.should_fail_alloc_page && !(gfp & __GFP_NOFAIL) &&
	       ldlk_faults.should_fail_alloc_page(gfp, order);
}

static inline bool ldlk_should_fail_vmalloc(unsigned long size, gfp_t gfp)
{
	return ldlk_faults.should_fail_vmalloc && !(gfp & __GFP_NOFAIL) &&
	       ldlk_faults.should_fail_vmalloc(size, gfp);
}

/* Changes the word (release: what was written before it is seen by who sees the change) and wakes
 * all that wait for that. */
static inline void ldlk_wake(unsigned int *word)
{
	__atomic_add_fetch(word, 1, __ATOMIC_RELEASE);
	ldlk_futex_wake(word, INT_MAX);
}

/* A lock for this header's own lists: held for some instructions, never over a call of the
 * program's, so that it needs no checking. 0 is free. */
static inline void ldlk_lock(unsigned int *word)
{
	unsigned int free = 0;

	while (!__atomic_compare_exchange_n(
		word, &free, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
		free = 0;
		sched_yield();
	}
}

static inline void ldlk_unlock(unsigned int *word)
{
	__atomic_store_n(word, 0, __ATOMIC_RELEASE);
}

static inline void ldlk_sleep(unsigned long ns)
{
	struct timespec length = {
		.tv_sec = (time_t)(ns / 1000000000u),
		.tv_nsec = (long)(ns % 1000000000u),
	};

	nanosleep(&length, NULL);
}

/* Hides what a pointer points to from the compiler's checks: bytes behind an object's requested
 * size are written too, and ZERO_SIZE_PTR is no object. */
static inline void *ldlk_hide(void *object)
{
	__asm__ volatile("" : "+r"(object));
	return object;
}

#endif
