/* SPDX-License-Identifier: MIT
 *
 * struct semaphore: a count of which anybody may take and anybody may give.
 *
 * A part of <lockdep_lite/kernel.h>. It has no holder, so it is no lock to the checker but an
 * event: down() waits for it, up() wakes it. */
#ifndef LOCKDEP_LITE_KERNEL_SEMAPHORE_H
#define LOCKDEP_LITE_KERNEL_SEMAPHORE_H

#include <lockdep_lite/kernel/counter.h>
#include <lockdep_lite/kernel/event.h>

struct semaphore {
	struct ldlk_counter count;
};

#define __SEMAPHORE_INITIALIZER(name, n)                                                           \
	{                                                                                          \
		.count = {(n) }                                                                    \
	}
/* DEFINE_SEMAPHORE(name, n), or, as it was once, DEFINE_SEMAPHORE(name) for 1. */
#define LDLK_PICK_SECOND(first, second, ...) second
#define DEFINE_SEMAPHORE(name, ...)                                                                \
	struct semaphore name =                                                                    \
		__SEMAPHORE_INITIALIZER(name, LDLK_PICK_SECOND(0, ##__VA_ARGS__, 1, 0))

static __always_inline void ldlk_sema_init(struct semaphore *semaphore, int count, const char *name)
{
	semaphore->count.word = (unsigned int)count;
	ldlk_event_init(semaphore, name);
}

#define sema_init(semaphore, n) ldlk_sema_init(semaphore, n, LDLK_EVENT_NAME(semaphore))

static __always_inline void down(struct semaphore *semaphore)
{
	ldlk_event_wait(semaphore, MAX_SCHEDULE_TIMEOUT);
	(void)ldlk_counter_take(&semaphore->count, LDLK_UNINTERRUPTIBLE, LDLK_FOREVER);
}

/* 0, or -EINTR when a signal's handler ran while it waited. */
static __always_inline int __must_check down_interruptible(struct semaphore *semaphore)
{
	ldlk_event_wait(semaphore, MAX_SCHEDULE_TIMEOUT);
	return ldlk_counter_take(&semaphore->count, LDLK_INTERRUPTIBLE, LDLK_FOREVER);
}

static __always_inline int __must_check down_killable(struct semaphore *semaphore)
{
	down(semaphore);
	return 0;
}

/* 0, or -ETIME. */
static __always_inline int __must_check down_timeout(struct semaphore *semaphore, long ticks)
{
	ldlk_event_wait(semaphore, ticks);
	return ldlk_counter_take(&semaphore->count, LDLK_UNINTERRUPTIBLE, ldlk_deadline(ticks))
		       ? -ETIME
		       : 0;
}

/* 0 when it was taken, 1 when not: the other way round than other trylocks, as in the kernel. */
static __always_inline int __must_check down_trylock(struct semaphore *semaphore)
{
	return !ldlk_event_tried(semaphore, ldlk_counter_try(&semaphore->count));
}

static __always_inline void up(struct semaphore *semaphore)
{
	ldlk_event_wake(semaphore);
	ldlk_counter_give(&semaphore->count, false);
}

#endif
