/* SPDX-License-Identifier: MIT
 *
 * Subscriptions to a process's memory: a notifier is told of every range whose pages are about to
 * go. What makes them run is in mmu_notifier.h. A running notifier keeps its unregistration
 * waiting, so that a lock held over the latter and taken in the former is a cycle. */
#ifndef LOCKDEP_LITE_KERNEL_MMU_SUBSCRIPTION_H
#define LOCKDEP_LITE_KERNEL_MMU_SUBSCRIPTION_H

#include <stdio.h>
#include <stdlib.h>
#include <lockdep_lite/kernel/lockdep_map.h>
#include <lockdep_lite/kernel/sched_mm.h>

struct mmu_notifier;
struct mmu_interval_notifier;

/* The notifiers of a process's memory. Zeroed memory is one that nobody has subscribed to. */
struct mm_struct {
	unsigned int ldlk_lock; /* of the lists below */
	struct mmu_notifier *ldlk_notifiers;
	struct mmu_interval_notifier *ldlk_intervals;
	unsigned int ldlk_active; /* invalidations under way */
	unsigned int ldlk_seq;    /* odd while intervals are invalidated; see mmu_interval.h */
	int mm_users;
};

enum mmu_notifier_event {
	MMU_NOTIFY_UNMAP = 0,
	MMU_NOTIFY_CLEAR,
	MMU_NOTIFY_PROTECTION_VMA,
	MMU_NOTIFY_PROTECTION_PAGE,
	MMU_NOTIFY_SOFT_DIRTY,
	MMU_NOTIFY_RELEASE,
	MMU_NOTIFY_MIGRATE,
	MMU_NOTIFY_EXCLUSIVE
};

#define MMU_NOTIFIER_RANGE_BLOCKABLE (1u << 0)

struct mmu_notifier_range {
	struct mm_struct *mm;
	unsigned long start, end; /* [start, end) */
	unsigned int flags;
	enum mmu_notifier_event event;
	void *owner;
};

struct mmu_notifier_ops {
	void (*release)(struct mmu_notifier *subscription, struct mm_struct *mm);
	/* 0; -EAGAIN only for a range that is not blockable, and only by a notifier without an
	 * invalidate_range_end, since ends are called whether or not the start succeeded. */
	int (*invalidate_range_start)(
		struct mmu_notifier *subscription, const struct mmu_notifier_range *range);
	void (*invalidate_range_end)(
		struct mmu_notifier *subscription, const struct mmu_notifier_range *range);
	void (*free_notifier)(struct mmu_notifier *subscription);
};

struct mmu_notifier {
	const struct mmu_notifier_ops *ops;
	struct mm_struct *mm;

	/* The header's own. */
	struct mmu_notifier *ldlk_next;
	unsigned int ldlk_users; /* calls under way: it stays in the list until there is none */
	bool ldlk_is_leaving;
	char ldlk_running; /* stands for "a call is under way" in the checker */
};

static inline void mmu_notifier_range_init(struct mmu_notifier_range *range,
	enum mmu_notifier_event event, unsigned int flags, struct mm_struct *mm,
	unsigned long start, unsigned long end)
{
	*range = (struct mmu_notifier_range){
		.mm = mm, .start = start, .end = end, .flags = flags, .event = event};
}

static inline bool mmu_notifier_range_blockable(const struct mmu_notifier_range *range)
{
	return range->flags & MMU_NOTIFIER_RANGE_BLOCKABLE;
}

static inline struct mm_struct *mm_alloc(void)
{
	struct mm_struct *mm = (struct mm_struct *)calloc(1, sizeof(*mm));

	if (mm)
		mm->mm_users = 1;
	return mm;
}

/* Names what unregistering a notifier waits for. */
static __always_inline void ldlk_running_init(char *running, const char *kind, const char *name)
{
	char text[120];

	snprintf(text, sizeof(text), "run of %s %s", kind, name);
	ldl_lock_init(running, ldl_class(text, LDL_CLASS_STRICT), 0);
}

/* Unregistering waits here until no call is under way, which may need what its caller holds. */
#define ldlk_running_drain(running, is_gone)                                                       \
	do {                                                                                       \
		ldl_lock_acquire(running, LDL_EXCLUSIVE);                                          \
		while (!(is_gone))                                                                 \
			ldlk_sleep(100000);                                                        \
		ldl_lock_acquired(running, LDL_EXCLUSIVE);                                         \
		ldl_lock_release(running);                                                         \
		ldl_lock_destroy(running);                                                         \
	} while (0)

/* Subscribes. A macro: a notifier is called by its expression in findings. May sleep. */
#define mmu_notifier_register(subscription, mm)                                                    \
	ldlk_notifier_register(subscription, mm, #subscription)
#define __mmu_notifier_register(subscription, mm)                                                  \
	ldlk_notifier_register(subscription, mm, #subscription)

static __always_inline int ldlk_notifier_register(
	struct mmu_notifier *subscription, struct mm_struct *mm, const char *name)
{
	might_alloc(GFP_KERNEL);
	subscription->mm = mm;
	subscription->ldlk_users = 0;
	subscription->ldlk_is_leaving = false;
	ldl_notifier_register(subscription, name, 0, 0);
	ldlk_running_init(&subscription->ldlk_running, "notifier", name);
	ldlk_lock(&mm->ldlk_lock);
	subscription->ldlk_next = mm->ldlk_notifiers;
	mm->ldlk_notifiers = subscription;
	ldlk_unlock(&mm->ldlk_lock);
	return 0;
}

/* Tells the checker that the notifier cares for [start, end) alone (rule A7). Not in the kernel. */
static __always_inline void mmu_notifier_interest(
	struct mmu_notifier *subscription, const char *name, unsigned long start, unsigned long end)
{
	ldl_notifier_register(subscription, name, start, end);
}

/* Tells the checker which lock a notifier, of whichever kind, takes, so that a fault shows before
 * it was ever called (A11); any lock of this header. Not in the kernel. */
#define mmu_notifier_might_lock(subscription, lock)                                                \
	ldlk_notifier_might_lock(subscription, &(lock)->dep_map)

static __always_inline void ldlk_notifier_might_lock(
	const void *subscription, struct lockdep_map *map)
{
	ldlk_map_know(map);
	ldl_notifier_lock(subscription, map);
}

/* As with shrinkers: out of the list when no call is under way, else no further ones. */
static inline bool ldlk_notifier_unlink(struct mmu_notifier *subscription)
{
	struct mm_struct *mm = subscription->mm;
	struct mmu_notifier **place = &mm->ldlk_notifiers;
	bool is_idle;

	ldlk_lock(&mm->ldlk_lock);
	subscription->ldlk_is_leaving = true;
	is_idle = !__atomic_load_n(&subscription->ldlk_users, __ATOMIC_ACQUIRE);
	while (*place && *place != subscription)
		place = &(*place)->ldlk_next;
	if (*place && is_idle)
		*place = subscription->ldlk_next;
	ldlk_unlock(&mm->ldlk_lock);
	return is_idle;
}

/* Ends a subscription and waits for its calls to end. */
static __always_inline void mmu_notifier_unregister(
	struct mmu_notifier *subscription, struct mm_struct *mm)
{
	ldlk_running_drain(&subscription->ldlk_running, ldlk_notifier_unlink(subscription));
	ldl_notifier_unregister(subscription);
	if (subscription->ops->release)
		subscription->ops->release(subscription, mm);
}

/* The next subscription, which stays until it is let go. NULL: the first. */
static inline struct mmu_notifier *ldlk_notifier_next(
	struct mm_struct *mm, struct mmu_notifier *subscription)
{
	struct mmu_notifier *next;

	ldlk_lock(&mm->ldlk_lock);
	next = subscription ? subscription->ldlk_next : mm->ldlk_notifiers;
	while (next && next->ldlk_is_leaving)
		next = next->ldlk_next;
	if (next)
		__atomic_add_fetch(&next->ldlk_users, 1, __ATOMIC_RELAXED);
	ldlk_unlock(&mm->ldlk_lock);
	return next;
}

static inline void ldlk_notifier_put(struct mmu_notifier *subscription)
{
	__atomic_sub_fetch(&subscription->ldlk_users, 1, __ATOMIC_RELEASE);
}

/* Calls one notifier's start. */
static __always_inline int ldlk_notifier_call(
	struct mmu_notifier *subscription, const struct mmu_notifier_range *range)
{
	bool may_block = mmu_notifier_range_blockable(range);
	int result;

	ldl_lock_acquired(&subscription->ldlk_running, LDL_SHARED_RECURSIVE | LDL_TRY);
	ldl_notifier_begin(subscription, range->start, range->end, may_block);
	result = subscription->ops->invalidate_range_start(subscription, range);
	ldl_notifier_end(subscription, result);
	ldl_lock_release(&subscription->ldlk_running);
	if (result && (may_block || result != -EAGAIN))
		ldl_misuse(subscription, "a notifier failed that may not fail");
	if (result && subscription->ops->invalidate_range_end)
		ldl_misuse(subscription, "a notifier that has an end failed to start");
	return may_block ? 0 : result;
}

/* Calls every notifier's end. */
static __always_inline void ldlk_notifiers_end(const struct mmu_notifier_range *range)
{
	struct mmu_notifier *at = ldlk_notifier_next(range->mm, NULL), *next;

	while (at) {
		if (at->ops->invalidate_range_end)
			at->ops->invalidate_range_end(at, range);
		next = ldlk_notifier_next(range->mm, at);
		ldlk_notifier_put(at);
		at = next;
	}
}

/* Calls every notifier's start; -EAGAIN when one of them could not do its work without waiting: the
 * ends were called then. */
static __always_inline int ldlk_notifiers_start(const struct mmu_notifier_range *range)
{
	struct mmu_notifier *at = ldlk_notifier_next(range->mm, NULL), *next;
	int error = 0;

	while (at) {
		if (at->ops->invalidate_range_start && ldlk_notifier_call(at, range))
			error = -EAGAIN;
		next = ldlk_notifier_next(range->mm, at);
		ldlk_notifier_put(at);
		at = next;
	}
	if (error)
		ldlk_notifiers_end(range);
	return error;
}

#endif
