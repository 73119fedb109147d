/* SPDX-License-Identifier: MIT
 *
 * Waiting for a word in memory to change: what all locks of this header wait by.
 *
 * A part of <lockdep_lite/kernel.h>. The locks are made of atomics and futexes, not of pthread
 * mutexes, so that the preload library, where it is loaded as well, does not see each lock twice.
 *
 * Each lock is one word, and its release is one atomic instruction on it, the last touch of the
 * lock's memory: who gets it next may free it. Waking up after that only names the address. */
#ifndef LOCKDEP_LITE_KERNEL_FUTEX_H
#define LOCKDEP_LITE_KERNEL_FUTEX_H

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <lockdep_lite/kernel/thread.h>

#define LDLK_NS_PER_SECOND 1000000000ull
#define LDLK_FOREVER       0ull /* as a deadline */

/* Whether a signal that the thread's handler has dealt with ends the wait: the calls named
 * _interruptible. Those named _killable need no such thing here: such a signal ends the program. */
enum ldlk_patience { LDLK_UNINTERRUPTIBLE, LDLK_INTERRUPTIBLE };

/* The steady clock, in nanoseconds. Never 0. */
static inline u64 ktime_get_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * LDLK_NS_PER_SECOND + (u64)now.tv_nsec + 1;
}

/* Sleeps while *word is `seen`, until a wake or until `deadline_ns` by the steady clock. 0: look
 * again; -EINTR: a handler ran; -ETIMEDOUT. Keeps errno. */
LDLK_SLOW int ldlk_futex_wait(unsigned int *word, unsigned int seen, u64 deadline_ns)
{
	struct timespec deadline = {
		.tv_sec = (time_t)(deadline_ns / LDLK_NS_PER_SECOND),
		.tv_nsec = (long)(deadline_ns % LDLK_NS_PER_SECOND),
	};
	int saved = errno, result = 0;

	if (syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, seen,
		    deadline_ns ? &deadline : NULL, NULL, FUTEX_BITSET_MATCH_ANY) &&
		(errno == EINTR || errno == ETIMEDOUT))
		result = -errno;
	errno = saved;
	return result;
}

/* The same, for a lock that asks what it has to give up for: 0 or the error to return. */
static inline int ldlk_futex_wait_patiently(
	unsigned int *word, unsigned int seen, enum ldlk_patience patience, u64 deadline_ns)
{
	int result = ldlk_futex_wait(word, seen, deadline_ns);

	return result == -EINTR && patience == LDLK_UNINTERRUPTIBLE ? 0 : result;
}

LDLK_SLOW void ldlk_futex_wake(unsigned int *word, int count)
{
	int saved = errno;

	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
	errno = saved;
}

#endif
