/* SPDX-License-Identifier: MIT
 *
 * A count in one word that is taken from, and waited for when it is 0: what completions and
 * semaphores are made of.
 *
 * A part of <lockdep_lite/kernel.h>; checks nothing. word = count + OPEN * (taking takes nothing
 * and never waits) + AWAITED * (somebody may be asleep). */
#ifndef LOCKDEP_LITE_KERNEL_COUNTER_H
#define LOCKDEP_LITE_KERNEL_COUNTER_H

#include <lockdep_lite/kernel/futex.h>

#define LDLK_COUNTER_AWAITED 0x80000000u
#define LDLK_COUNTER_OPEN    0x40000000u
#define LDLK_COUNTER_COUNT   0x3fffffffu

struct ldlk_counter {
	unsigned int word;
};

static inline bool ldlk_counter_swap(
	struct ldlk_counter *counter, unsigned int *seen, unsigned int next)
{
	return __atomic_compare_exchange_n(
		&counter->word, seen, next, true, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

static inline unsigned int ldlk_counter_count(const struct ldlk_counter *counter)
{
	return __atomic_load_n(&counter->word, __ATOMIC_ACQUIRE) & ~LDLK_COUNTER_AWAITED;
}

static inline bool ldlk_counter_try(struct ldlk_counter *counter)
{
	unsigned int seen = __atomic_load_n(&counter->word, __ATOMIC_ACQUIRE);

	while (!(seen & LDLK_COUNTER_OPEN)) {
		if (!(seen & LDLK_COUNTER_COUNT))
			return false;
		if (ldlk_counter_swap(counter, &seen, seen - 1))
			return true;
	}
	return true;
}

/* Takes one: 0, -EINTR or -ETIMEDOUT. */
LDLK_SLOW int ldlk_counter_take(
	struct ldlk_counter *counter, enum ldlk_patience patience, u64 deadline_ns)
{
	unsigned int seen;
	int result = 0;

	while (!ldlk_counter_try(counter)) {
		if (result || lockdep_no_block)
			return result;
		seen = __atomic_load_n(&counter->word, __ATOMIC_RELAXED);
		if (seen & ~LDLK_COUNTER_AWAITED)
			continue;
		if (!seen && !ldlk_counter_swap(counter, &seen, LDLK_COUNTER_AWAITED))
			continue;
		result = ldlk_futex_wait_patiently(
			&counter->word, LDLK_COUNTER_AWAITED, patience, deadline_ns);
	}
	return 0;
}

/* Adds one, or opens it for good. */
LDLK_SLOW void ldlk_counter_give(struct ldlk_counter *counter, bool opens)
{
	unsigned int seen = __atomic_load_n(&counter->word, __ATOMIC_RELAXED), next;

	do {
		next = seen & ~LDLK_COUNTER_AWAITED;
		if (opens)
			next |= LDLK_COUNTER_OPEN;
		else if ((next & LDLK_COUNTER_COUNT) < LDLK_COUNTER_COUNT)
			next++;
	} while (!ldlk_counter_swap(counter, &seen, next));
	if (seen & LDLK_COUNTER_AWAITED)
		ldlk_futex_wake(&counter->word, INT_MAX);
}

#endif
