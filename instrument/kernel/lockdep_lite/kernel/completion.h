/* SPDX-License-Identifier: MIT
 *
 * struct completion: waiting until somebody says that it is done.
 *
 * A part of <lockdep_lite/kernel.h>. May live on the waiter's stack: complete() does not touch it
 * any more once the waiter can go on. */
#ifndef LOCKDEP_LITE_KERNEL_COMPLETION_H
#define LOCKDEP_LITE_KERNEL_COMPLETION_H

#include <lockdep_lite/kernel/counter.h>
#include <lockdep_lite/kernel/event.h>

struct completion {
	struct ldlk_counter done; /* open: complete_all() */
};

#define COMPLETION_INITIALIZER(name)                                                               \
	{                                                                                          \
		.done = { 0 }                                                                      \
	}
#define DECLARE_COMPLETION(name) struct completion name = COMPLETION_INITIALIZER(name)
#define COMPLETION_INITIALIZER_ONSTACK(name)                                                       \
	(*({                                                                                       \
		init_completion(&(name));                                                          \
		&(name);                                                                           \
	}))
#define DECLARE_COMPLETION_ONSTACK(name)                                                           \
	struct completion name = COMPLETION_INITIALIZER_ONSTACK(name)

static __always_inline void ldlk_completion_init(struct completion *completion, const char *name)
{
	completion->done.word = 0;
	ldlk_event_init(completion, name);
}

#define init_completion(completion) ldlk_completion_init(completion, LDLK_EVENT_NAME(completion))

#define init_completion_map(completion, map) ((void)(map), init_completion(completion))

/* For the next use of a completed one. */
static __always_inline void reinit_completion(struct completion *completion)
{
	__atomic_store_n(&completion->done.word, 0, __ATOMIC_RELAXED);
}

/* One waiter goes on. */
static __always_inline void complete(struct completion *completion)
{
	ldlk_event_wake(completion);
	ldlk_counter_give(&completion->done, false);
}

/* All waiters go on, and those that come until it is initialised again. */
static __always_inline void complete_all(struct completion *completion)
{
	ldlk_event_wake(completion);
	ldlk_counter_give(&completion->done, true);
}
#define complete_on_current_cpu(completion) complete(completion)

static __always_inline void wait_for_completion(struct completion *completion)
{
	ldlk_event_wait(completion, MAX_SCHEDULE_TIMEOUT);
	(void)ldlk_counter_take(&completion->done, LDLK_UNINTERRUPTIBLE, LDLK_FOREVER);
}

/* 0, or -ERESTARTSYS when a signal's handler ran while it waited. */
static __always_inline int __must_check wait_for_completion_interruptible(
	struct completion *completion)
{
	ldlk_event_wait(completion, MAX_SCHEDULE_TIMEOUT);
	return ldlk_counter_take(&completion->done, LDLK_INTERRUPTIBLE, LDLK_FOREVER) ? -ERESTARTSYS
										      : 0;
}

static __always_inline int __must_check wait_for_completion_killable(struct completion *completion)
{
	wait_for_completion(completion);
	return 0;
}

/* The ticks that were left, at least 1; 0: they are over; -ERESTARTSYS as above. */
static __always_inline long ldlk_completion_wait_timed(
	struct completion *completion, unsigned long ticks, enum ldlk_patience patience)
{
	u64 deadline = ldlk_deadline((long)ticks);
	int result;

	ldlk_event_wait(completion, (long)ticks);
	result = ldlk_counter_take(&completion->done, patience, deadline);
	if (result)
		return result == -ETIMEDOUT ? 0 : -ERESTARTSYS;
	return max(ldlk_ticks_left(deadline), 1L);
}

static __always_inline unsigned long wait_for_completion_timeout(
	struct completion *completion, unsigned long ticks)
{
	return (unsigned long)ldlk_completion_wait_timed(completion, ticks, LDLK_UNINTERRUPTIBLE);
}

static __always_inline long __must_check wait_for_completion_interruptible_timeout(
	struct completion *completion, unsigned long ticks)
{
	return ldlk_completion_wait_timed(completion, ticks, LDLK_INTERRUPTIBLE);
}

static __always_inline long __must_check wait_for_completion_killable_timeout(
	struct completion *completion, unsigned long ticks)
{
	return ldlk_completion_wait_timed(completion, ticks, LDLK_UNINTERRUPTIBLE);
}

#define wait_for_completion_io(completion) wait_for_completion(completion)
#define wait_for_completion_io_timeout(completion, ticks)                                          \
	wait_for_completion_timeout(completion, ticks)

/* Takes a completion that is there; does not wait. */
static __always_inline bool try_wait_for_completion(struct completion *completion)
{
	return ldlk_counter_try(&completion->done);
}

/* Whether nobody would have to wait. */
static __always_inline bool completion_done(struct completion *completion)
{
	return ldlk_counter_count(&completion->done) != 0;
}

#endif
