/* SPDX-License-Identifier: MIT
 *
 * Ticks: jiffies, and what turns them into times and back. A tick is a millisecond.
 *
 * A part of <lockdep_lite/kernel.h>. */
#ifndef LOCKDEP_LITE_KERNEL_TIME_H
#define LOCKDEP_LITE_KERNEL_TIME_H

#include <lockdep_lite/kernel/futex.h>

#undef HZ
#define HZ                   1000
#define MAX_SCHEDULE_TIMEOUT LONG_MAX
#define MAX_JIFFY_OFFSET     ((LONG_MAX >> 1) - 1)
#define NSEC_PER_SEC         1000000000L
#define NSEC_PER_MSEC        1000000L
#define NSEC_PER_USEC        1000L
#define MSEC_PER_SEC         1000L
#define USEC_PER_MSEC        1000L

typedef s64 ktime_t;

#define LDLK_NS_PER_TICK (LDLK_NS_PER_SECOND / HZ)

static inline unsigned long ldlk_jiffies(void)
{
	return (unsigned long)(ktime_get_ns() / LDLK_NS_PER_TICK);
}
#define jiffies ldlk_jiffies()

static inline ktime_t ktime_get(void)
{
	return (ktime_t)ktime_get_ns();
}

static inline unsigned long msecs_to_jiffies(unsigned int milliseconds)
{
	return milliseconds;
}

static inline unsigned long usecs_to_jiffies(unsigned int microseconds)
{
	return (microseconds + 999ul) / 1000;
}

static inline unsigned long nsecs_to_jiffies(u64 nanoseconds)
{
	return (unsigned long)(nanoseconds / LDLK_NS_PER_TICK);
}

static inline unsigned int jiffies_to_msecs(unsigned long ticks)
{
	return (unsigned int)ticks;
}

#define time_after(a, b)     ((long)((b) - (a)) < 0)
#define time_before(a, b)    time_after(b, a)
#define time_after_eq(a, b)  ((long)((a) - (b)) >= 0)
#define time_before_eq(a, b) time_after_eq(b, a)

static inline u64 ldlk_ticks_to_ns(long ticks)
{
	return ticks > 0 ? (u64)ticks * LDLK_NS_PER_TICK : 0;
}

/* When a wait of so many ticks ends; LDLK_FOREVER for one that does not. */
static inline u64 ldlk_deadline(long ticks)
{
	return ticks >= MAX_JIFFY_OFFSET ? LDLK_FOREVER : ktime_get_ns() + ldlk_ticks_to_ns(ticks);
}

/* Ticks that are left until a deadline, 0 when it is over; for a wait that succeeded at least 1. */
static inline long ldlk_ticks_left(u64 deadline_ns)
{
	u64 now = ktime_get_ns();

	if (deadline_ns == LDLK_FOREVER)
		return MAX_SCHEDULE_TIMEOUT;
	return now >= deadline_ns ? 0 : (long)((deadline_ns - now) / LDLK_NS_PER_TICK);
}

#endif
