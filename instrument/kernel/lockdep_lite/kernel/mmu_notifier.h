/* SPDX-License-Identifier: MIT
 *
 * MMU notifiers, and what makes them run: invalidations by the program, and an oom_reaper, in whose
 * context nothing may wait. */
#ifndef LOCKDEP_LITE_KERNEL_MMU_NOTIFIER_H
#define LOCKDEP_LITE_KERNEL_MMU_NOTIFIER_H

#include <lockdep_lite/kernel/mmu_subscription.h>
#include <lockdep_lite/kernel/mmu_interval.h>

/* Pages of the range are about to go; until the matching end nobody may use them. May sleep. */
static __always_inline void mmu_notifier_invalidate_range_start(struct mmu_notifier_range *range)
{
	might_sleep();
	range->flags |= MMU_NOTIFIER_RANGE_BLOCKABLE;
	ldlk_intervals_start(range);
	ldlk_notifiers_start(range);
}

/* The same without waiting: -EAGAIN when that cannot be; there is no end then. */
static __always_inline int mmu_notifier_invalidate_range_start_nonblock(
	struct mmu_notifier_range *range)
{
	int error;

	range->flags &= ~MMU_NOTIFIER_RANGE_BLOCKABLE;
	error = ldlk_intervals_start(range);
	if (error)
		return error;
	error = ldlk_notifiers_start(range);
	if (error)
		ldlk_intervals_end(range->mm);
	return error;
}

static __always_inline void mmu_notifier_invalidate_range_end(struct mmu_notifier_range *range)
{
	ldlk_notifiers_end(range);
	ldlk_intervals_end(range->mm);
}

/* What the oom_reaper does with a victim's memory: in its context, without waiting, it invalidates
 * the range. False: a notifier had to wait, so nothing of it was reaped. */
static __always_inline bool oom_reap_range(
	struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct mmu_notifier_range range;
	bool is_reaped;

	ldl_context_enter(LDL_CTX_OOM_REAPER);
	mmu_notifier_range_init(&range, MMU_NOTIFY_UNMAP, 0, mm, start, end);
	is_reaped = !mmu_notifier_invalidate_range_start_nonblock(&range);
	if (is_reaped)
		mmu_notifier_invalidate_range_end(&range);
	ldl_context_exit(LDL_CTX_OOM_REAPER);
	return is_reaped;
}

static __always_inline bool oom_reap_task_mm(struct mm_struct *mm)
{
	return oom_reap_range(mm, 0, ~0ul);
}

/* For code of the program's own that is to run as the oom_reaper does. */
static __always_inline void oom_reap_begin(void)
{
	ldl_context_enter(LDL_CTX_OOM_REAPER);
}

static __always_inline void oom_reap_end(void)
{
	ldl_context_exit(LDL_CTX_OOM_REAPER);
}

#endif
