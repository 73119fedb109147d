/* SPDX-License-Identifier: MIT
 *
 * Interval notifiers: subscriptions to a part of a process's memory, called for ranges that meet it
 * and for no others, with a sequence number by which a reader sees that it was interrupted.
 *
 * The process's number is odd while intervals are invalidated. invalidate() stores it in the
 * subscription; mmu_interval_read_begin() waits while both are the same. */
#ifndef LOCKDEP_LITE_KERNEL_MMU_INTERVAL_H
#define LOCKDEP_LITE_KERNEL_MMU_INTERVAL_H

#include <lockdep_lite/kernel/mmu_subscription.h>

/* What readers wait for, in findings. */
#define LDLK_INVALIDATION "end of an invalidation"

struct mmu_interval_notifier_ops {
	/* True; false only for a range that is not blockable. Calls mmu_interval_set_seq() under
	 * the lock that readers hold in mmu_interval_read_retry(). */
	bool (*invalidate)(struct mmu_interval_notifier *subscription,
		const struct mmu_notifier_range *range, unsigned long seq);
};

struct interval_tree_node {
	unsigned long start, last; /* both belong to it */
};

struct mmu_interval_notifier {
	struct interval_tree_node interval_tree;
	const struct mmu_interval_notifier_ops *ops;
	struct mm_struct *mm;
	unsigned long invalidate_seq;

	/* The header's own, as in struct mmu_notifier. */
	struct mmu_interval_notifier *ldlk_next;
	unsigned int ldlk_users;
	bool ldlk_is_leaving;
	char ldlk_running;
};

#define mmu_interval_notifier_insert(subscription, mm, start, length, ops)                         \
	ldlk_interval_insert(subscription, mm, start, length, ops, #subscription)

static __always_inline int ldlk_interval_insert(struct mmu_interval_notifier *subscription,
	struct mm_struct *mm, unsigned long start, unsigned long length,
	const struct mmu_interval_notifier_ops *ops, const char *name)
{
	if (!length || start + length - 1 < start)
		return -EOVERFLOW;
	*subscription = (struct mmu_interval_notifier){
		.interval_tree = {.start = start, .last = start + length - 1},
		.ops = ops,
		.mm = mm,
	};
	might_alloc(GFP_KERNEL);
	ldl_notifier_register(subscription, name, start, start + length);
	ldlk_running_init(&subscription->ldlk_running, "interval notifier", name);
	ldl_event_init(&mm->ldlk_seq, LDLK_INVALIDATION);
	ldlk_lock(&mm->ldlk_lock);
	/* During an invalidation it may be met by that, which nobody told it: wait for its end. */
	subscription->invalidate_seq = mm->ldlk_seq & 1 ? mm->ldlk_seq : mm->ldlk_seq - 1;
	subscription->ldlk_next = mm->ldlk_intervals;
	mm->ldlk_intervals = subscription;
	ldlk_unlock(&mm->ldlk_lock);
	return 0;
}

static inline bool ldlk_interval_unlink(struct mmu_interval_notifier *subscription)
{
	struct mm_struct *mm = subscription->mm;
	struct mmu_interval_notifier **place = &mm->ldlk_intervals;
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
static __always_inline void mmu_interval_notifier_remove(struct mmu_interval_notifier *subscription)
{
	ldlk_running_drain(&subscription->ldlk_running, ldlk_interval_unlink(subscription));
	ldl_notifier_unregister(subscription);
}

static inline bool ldlk_interval_meets(
	const struct mmu_interval_notifier *subscription, const struct mmu_notifier_range *range)
{
	return range->start <= subscription->interval_tree.last &&
	       range->end > subscription->interval_tree.start;
}

/* The next subscription that meets the range, which stays until it is let go. NULL: the first. */
static inline struct mmu_interval_notifier *ldlk_interval_next(
	const struct mmu_notifier_range *range, struct mmu_interval_notifier *subscription)
{
	struct mm_struct *mm = range->mm;
	struct mmu_interval_notifier *next;

	ldlk_lock(&mm->ldlk_lock);
	next = subscription ? subscription->ldlk_next : mm->ldlk_intervals;
	while (next && (next->ldlk_is_leaving || !ldlk_interval_meets(next, range)))
		next = next->ldlk_next;
	if (next)
		__atomic_add_fetch(&next->ldlk_users, 1, __ATOMIC_RELAXED);
	ldlk_unlock(&mm->ldlk_lock);
	return next;
}

/* An invalidation is under way; the number that its notifiers are called with. */
static __always_inline unsigned int ldlk_intervals_mark(struct mm_struct *mm, bool is_met)
{
	unsigned int seq;
	bool is_first;

	ldlk_lock(&mm->ldlk_lock);
	mm->ldlk_active++;
	is_first = is_met && !(mm->ldlk_seq & 1);
	if (is_met)
		mm->ldlk_seq |= 1;
	seq = mm->ldlk_seq;
	ldlk_unlock(&mm->ldlk_lock);
	if (is_first)
		ldl_event_init(&mm->ldlk_seq, LDLK_INVALIDATION);
	return seq;
}

/* The last invalidation to end lets the readers in. */
static __always_inline void ldlk_intervals_end(struct mm_struct *mm)
{
	bool is_last;

	ldlk_lock(&mm->ldlk_lock);
	is_last = --mm->ldlk_active == 0 && (mm->ldlk_seq & 1);
	if (is_last)
		ldlk_wake(&mm->ldlk_seq);
	ldlk_unlock(&mm->ldlk_lock);
	if (is_last)
		ldl_wake(&mm->ldlk_seq);
}

static __always_inline bool ldlk_interval_call(struct mmu_interval_notifier *subscription,
	const struct mmu_notifier_range *range, unsigned int seq)
{
	bool may_block = mmu_notifier_range_blockable(range), is_done;

	ldl_lock_acquired(&subscription->ldlk_running, LDL_SHARED_RECURSIVE | LDL_TRY);
	ldl_notifier_begin(subscription, range->start, range->end, may_block);
	is_done = subscription->ops->invalidate(subscription, range, seq);
	ldl_notifier_end(subscription, is_done ? 0 : -EAGAIN);
	ldl_lock_release(&subscription->ldlk_running);
	if (!is_done && may_block)
		ldl_misuse(subscription, "a notifier failed that may not fail");
	return is_done || may_block;
}

/* Calls all subscriptions that the range meets; -EAGAIN when one could not do its work without
 * waiting: it is over then. */
static __always_inline int ldlk_intervals_start(const struct mmu_notifier_range *range)
{
	struct mmu_interval_notifier *at = ldlk_interval_next(range, NULL), *next;
	unsigned int seq = ldlk_intervals_mark(range->mm, at);
	int error = 0;

	while (at) {
		if (!ldlk_interval_call(at, range, seq))
			error = -EAGAIN;
		next = ldlk_interval_next(range, at);
		__atomic_sub_fetch(&at->ldlk_users, 1, __ATOMIC_RELEASE);
		at = next;
	}
	if (error)
		ldlk_intervals_end(range->mm);
	return error;
}

static inline void mmu_interval_set_seq(
	struct mmu_interval_notifier *subscription, unsigned long seq)
{
	__atomic_store_n(&subscription->invalidate_seq, seq, __ATOMIC_RELEASE);
}

/* Waits for invalidations of the interval to end; the number for mmu_interval_read_retry(). What is
 * held here, no notifier may need. */
static __always_inline unsigned long mmu_interval_read_begin(
	struct mmu_interval_notifier *subscription)
{
	struct mm_struct *mm = subscription->mm;
	unsigned int seq;
	bool is_busy;

	ldl_might_wait(&mm->ldlk_seq);
	ldlk_lock(&mm->ldlk_lock);
	seq = (unsigned int)__atomic_load_n(&subscription->invalidate_seq, __ATOMIC_ACQUIRE);
	is_busy = seq == mm->ldlk_seq;
	ldlk_unlock(&mm->ldlk_lock);
	while (is_busy && __atomic_load_n(&mm->ldlk_seq, __ATOMIC_ACQUIRE) == seq)
		ldlk_futex_wait(&mm->ldlk_seq, seq, LDLK_FOREVER);
	return seq;
}

/* Whether the interval was invalidated since: what was read is void. */
static inline bool mmu_interval_read_retry(
	struct mmu_interval_notifier *subscription, unsigned long seq)
{
	return (unsigned int)__atomic_load_n(&subscription->invalidate_seq, __ATOMIC_ACQUIRE) !=
	       (unsigned int)seq;
}

static inline bool mmu_interval_check_retry(
	struct mmu_interval_notifier *subscription, unsigned long seq)
{
	return mmu_interval_read_retry(subscription, seq);
}

#endif
