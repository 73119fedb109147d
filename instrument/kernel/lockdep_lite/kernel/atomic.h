/* SPDX-License-Identifier: MIT
 *
 * atomic_t and refcount_t: counters that need no lock.
 *
 * A part of <lockdep_lite/kernel.h>. Operations that return a value are fully ordered, the others
 * are relaxed, as in the kernel. */
#ifndef LOCKDEP_LITE_KERNEL_ATOMIC_H
#define LOCKDEP_LITE_KERNEL_ATOMIC_H

#include <lockdep_lite/kernel/bug.h>

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	s64 counter;
} atomic64_t;

typedef struct {
	long counter;
} atomic_long_t;

#define ATOMIC_INIT(value)                                                                         \
	{                                                                                          \
		(value)                                                                            \
	}
#define ATOMIC64_INIT(value)    ATOMIC_INIT(value)
#define ATOMIC_LONG_INIT(value) ATOMIC_INIT(value)

/* One set of operations for each of the three. */
#define LDLK_ATOMIC_OPERATIONS(prefix, number)                                                     \
	static inline number prefix##_read(const prefix##_t *atomic)                               \
	{                                                                                          \
		return __atomic_load_n(&atomic->counter, __ATOMIC_RELAXED);                        \
	}                                                                                          \
	static inline void prefix##_set(prefix##_t *atomic, number value)                          \
	{                                                                                          \
		__atomic_store_n(&atomic->counter, value, __ATOMIC_RELAXED);                       \
	}                                                                                          \
	static inline void prefix##_add(number value, prefix##_t *atomic)                          \
	{                                                                                          \
		__atomic_fetch_add(&atomic->counter, value, __ATOMIC_RELAXED);                     \
	}                                                                                          \
	static inline void prefix##_sub(number value, prefix##_t *atomic)                          \
	{                                                                                          \
		__atomic_fetch_sub(&atomic->counter, value, __ATOMIC_RELAXED);                     \
	}                                                                                          \
	static inline void prefix##_inc(prefix##_t *atomic)                                        \
	{                                                                                          \
		prefix##_add(1, atomic);                                                           \
	}                                                                                          \
	static inline void prefix##_dec(prefix##_t *atomic)                                        \
	{                                                                                          \
		prefix##_sub(1, atomic);                                                           \
	}                                                                                          \
	static inline number prefix##_add_return(number value, prefix##_t *atomic)                 \
	{                                                                                          \
		return __atomic_add_fetch(&atomic->counter, value, __ATOMIC_SEQ_CST);              \
	}                                                                                          \
	static inline number prefix##_sub_return(number value, prefix##_t *atomic)                 \
	{                                                                                          \
		return __atomic_sub_fetch(&atomic->counter, value, __ATOMIC_SEQ_CST);              \
	}                                                                                          \
	static inline number prefix##_inc_return(prefix##_t *atomic)                               \
	{                                                                                          \
		return prefix##_add_return(1, atomic);                                             \
	}                                                                                          \
	static inline number prefix##_dec_return(prefix##_t *atomic)                               \
	{                                                                                          \
		return prefix##_sub_return(1, atomic);                                             \
	}                                                                                          \
	static inline bool prefix##_dec_and_test(prefix##_t *atomic)                               \
	{                                                                                          \
		return prefix##_dec_return(atomic) == 0;                                           \
	}                                                                                          \
	static inline bool prefix##_inc_and_test(prefix##_t *atomic)                               \
	{                                                                                          \
		return prefix##_inc_return(atomic) == 0;                                           \
	}                                                                                          \
	static inline number prefix##_xchg(prefix##_t *atomic, number value)                       \
	{                                                                                          \
		return __atomic_exchange_n(&atomic->counter, value, __ATOMIC_SEQ_CST);             \
	}                                                                                          \
	static inline number prefix##_cmpxchg(prefix##_t *atomic, number old, number value)        \
	{                                                                                          \
		__atomic_compare_exchange_n(                                                       \
			&atomic->counter, &old, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
		return old;                                                                        \
	}                                                                                          \
	static inline bool prefix##_add_unless(prefix##_t *atomic, number value, number unless)    \
	{                                                                                          \
		number seen = prefix##_read(atomic);                                               \
		while (seen != unless)                                                             \
			if (__atomic_compare_exchange_n(&atomic->counter, &seen, seen + value,     \
				    true, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))                     \
				return true;                                                       \
		return false;                                                                      \
	}                                                                                          \
	static inline bool prefix##_inc_not_zero(prefix##_t *atomic)                               \
	{                                                                                          \
		return prefix##_add_unless(atomic, 1, 0);                                          \
	}                                                                                          \
	struct ldlk_nothing

LDLK_ATOMIC_OPERATIONS(atomic, int);
LDLK_ATOMIC_OPERATIONS(atomic64, s64);
LDLK_ATOMIC_OPERATIONS(atomic_long, long);

typedef struct {
	atomic_t refs;
} refcount_t;

#define REFCOUNT_INIT(value)                                                                       \
	{                                                                                          \
		.refs = ATOMIC_INIT(value)                                                         \
	}

static inline void refcount_set(refcount_t *refcount, int value)
{
	atomic_set(&refcount->refs, value);
}

static inline unsigned int refcount_read(const refcount_t *refcount)
{
	return (unsigned int)atomic_read(&refcount->refs);
}

static inline void refcount_inc(refcount_t *refcount)
{
	WARN_ON(atomic_inc_return(&refcount->refs) <= 1);
}

static inline bool refcount_inc_not_zero(refcount_t *refcount)
{
	return atomic_inc_not_zero(&refcount->refs);
}

static inline bool refcount_dec_and_test(refcount_t *refcount)
{
	int left = atomic_dec_return(&refcount->refs);

	WARN_ON(left < 0);
	return left == 0;
}

#endif
