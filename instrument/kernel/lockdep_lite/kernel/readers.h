/* SPDX-License-Identifier: MIT
 *
 * The lock of readers and writers in one word that rwlock_t and rw_semaphore are made of.
 *
 * A part of <lockdep_lite/kernel.h>; checks nothing. At any time
 *
 *	word = readers + WRITER * (a writer holds it) + AWAITED * (somebody may be asleep)
 *		+ QUEUED_WRITER * (writers that wait)
 *
 * with readers and a writer excluding each other. A fair reader waits behind queued writers, one
 * that overtakes does not. */
#ifndef LOCKDEP_LITE_KERNEL_READERS_H
#define LOCKDEP_LITE_KERNEL_READERS_H

#include <lockdep_lite/kernel/futex.h>

#define LDLK_READERS       0xffffu
#define LDLK_WRITER        0x10000u
#define LDLK_AWAITED       0x20000u
#define LDLK_QUEUED_WRITER 0x40000u

enum ldlk_side { LDLK_READ_FAIR, LDLK_READ_OVERTAKING, LDLK_WRITE };

struct ldlk_readers {
	unsigned int word;
};

static inline bool ldlk_readers_is_open(unsigned int word, enum ldlk_side side)
{
	if (side == LDLK_WRITE)
		return !(word & (LDLK_READERS | LDLK_WRITER));
	return !(word & LDLK_WRITER) && (word & LDLK_READERS) != LDLK_READERS &&
	       (side == LDLK_READ_OVERTAKING || word < LDLK_QUEUED_WRITER);
}

static inline bool ldlk_readers_swap(
	struct ldlk_readers *lock, unsigned int *seen, unsigned int next)
{
	return __atomic_compare_exchange_n(
		&lock->word, seen, next, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static inline bool ldlk_readers_try(struct ldlk_readers *lock, enum ldlk_side side)
{
	unsigned int seen = __atomic_load_n(&lock->word, __ATOMIC_RELAXED);

	while (ldlk_readers_is_open(seen, side))
		if (ldlk_readers_swap(lock, &seen, seen + (side == LDLK_WRITE ? LDLK_WRITER : 1)))
			return true;
	return false;
}

/* Sleeps while it is closed to this side; 0 (look again) or -EINTR. */
static inline int ldlk_readers_sleep(
	struct ldlk_readers *lock, enum ldlk_side side, enum ldlk_patience patience)
{
	unsigned int seen = __atomic_load_n(&lock->word, __ATOMIC_RELAXED);

	if (ldlk_readers_is_open(seen, side))
		return 0;
	if (!(seen & LDLK_AWAITED) && !ldlk_readers_swap(lock, &seen, seen | LDLK_AWAITED))
		return 0;
	return ldlk_futex_wait_patiently(&lock->word, seen | LDLK_AWAITED, patience, LDLK_FOREVER);
}

LDLK_SLOW int ldlk_readers_wait(
	struct ldlk_readers *lock, enum ldlk_side side, enum ldlk_patience patience)
{
	unsigned int queued = side == LDLK_WRITE ? LDLK_QUEUED_WRITER : 0;
	unsigned int left;
	int result = 0;

	if (lockdep_no_block)
		return 0;
	__atomic_fetch_add(&lock->word, queued, __ATOMIC_RELAXED);
	while (!result && !ldlk_readers_try(lock, side))
		result = ldlk_readers_sleep(lock, side, patience);
	left = __atomic_fetch_sub(&lock->word, queued, __ATOMIC_RELAXED);
	/* Readers that waited behind a writer who gave up. */
	if (result && queued && (left & LDLK_AWAITED))
		ldlk_futex_wake(&lock->word, INT_MAX);
	return result;
}

/* 0 or -EINTR. */
static inline int ldlk_readers_lock(
	struct ldlk_readers *lock, enum ldlk_side side, enum ldlk_patience patience)
{
	return likely(ldlk_readers_try(lock, side)) ? 0 : ldlk_readers_wait(lock, side, patience);
}

/* The last reader wakes all. When nobody reads: no effect. */
static inline void ldlk_readers_unlock_read(struct ldlk_readers *lock)
{
	unsigned int seen = __atomic_load_n(&lock->word, __ATOMIC_RELAXED), next;

	do {
		if (!(seen & LDLK_READERS))
			return;
		next = seen - 1;
		if (!(next & LDLK_READERS))
			next &= ~LDLK_AWAITED;
	} while (!ldlk_readers_swap(lock, &seen, next));
	if ((seen & ~next) & LDLK_AWAITED)
		ldlk_futex_wake(&lock->word, INT_MAX);
}

/* A writer lets go, and, with `readers` 1, goes on as a reader. When nobody writes: no effect. */
static inline void ldlk_readers_end_write(struct ldlk_readers *lock, unsigned int readers)
{
	unsigned int seen = __atomic_load_n(&lock->word, __ATOMIC_RELAXED);

	do {
		if (!(seen & LDLK_WRITER))
			return;
	} while (!ldlk_readers_swap(lock, &seen, (seen & ~(LDLK_WRITER | LDLK_AWAITED)) + readers));
	if (seen & LDLK_AWAITED)
		ldlk_futex_wake(&lock->word, INT_MAX);
}

static inline bool ldlk_readers_is_held(const struct ldlk_readers *lock, unsigned int mask)
{
	return __atomic_load_n(&lock->word, __ATOMIC_RELAXED) & mask;
}

#endif
