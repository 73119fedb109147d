/* SPDX-License-Identifier: MIT
 *
 * How completions, semaphores, wait queues and threads' ends are told to the checker: as events,
 * that somebody waits for and somebody else wakes (rules L11, A5, A6).
 *
 * A part of <lockdep_lite/kernel.h>. An event is known by the address of what it belongs to. */
#ifndef LOCKDEP_LITE_KERNEL_EVENT_H
#define LOCKDEP_LITE_KERNEL_EVENT_H

#include <lockdep_lite/kernel/preempt.h>
#include <lockdep_lite/kernel/time.h>

/* Events with one name are one class: the place is a part of the name. */
#ifdef __FILE_NAME__
#define LDLK_FILE __FILE_NAME__
#else
#define LDLK_FILE __FILE__
#endif
#define LDLK_EVENT_NAME(what) #what " (" LDLK_FILE ":" __stringify(__LINE__) ")"

static __always_inline void ldlk_event_init(const void *event, const char *name)
{
	if (likely(!ldlk_thread.lockdep_off))
		ldl_event_init(event, name);
}

/* Before a wait of `ticks`, whether it will block or not. */
static __always_inline void ldlk_event_wait(const void *event, long ticks)
{
	if (unlikely(ldlk_thread.lockdep_off))
		return;
	ldlk_check_sleep();
	if (ticks >= MAX_JIFFY_OFFSET)
		ldl_might_wait(event);
	else
		ldl_might_wait_timed(event, ldlk_ticks_to_ns(ticks) + 1);
}

/* Tells of a try that it succeeded; returns what it is given. */
static __always_inline bool ldlk_event_tried(const void *event, bool is_got)
{
	if (is_got && likely(!ldlk_thread.lockdep_off))
		ldl_event_taken(event);
	return is_got;
}

static __always_inline void ldlk_event_wake(const void *event)
{
	if (likely(!ldlk_thread.lockdep_off))
		ldl_wake(event);
}

#endif
