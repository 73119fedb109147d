/* SPDX-License-Identifier: MIT
 *
 * Whether this place may sleep: preempt_disable(), in_atomic(), might_sleep().
 *
 * A part of <lockdep_lite/kernel.h>. A thread cannot keep the scheduler away, so disabling
 * preemption is a promise only, and sleeping nevertheless is a finding (rule L14; in a spin lock,
 * rule L13). */
#ifndef LOCKDEP_LITE_KERNEL_PREEMPT_H
#define LOCKDEP_LITE_KERNEL_PREEMPT_H

#include <sched.h>

#include <lockdep_lite/kernel/lockdep_assert.h>

static __always_inline void preempt_disable(void)
{
	ldlk_thread.preempt_depth++;
	barrier();
}

static __always_inline void preempt_enable(void)
{
	barrier();
	if (ldlk_thread.preempt_depth > 0)
		ldlk_thread.preempt_depth--;
}

/* The same for a lock that spins. */
static __always_inline void ldlk_spin_begin(void)
{
	ldlk_thread.spin_depth++;
	preempt_disable();
}

static __always_inline void ldlk_spin_end(void)
{
	preempt_enable();
	if (ldlk_thread.spin_depth > 0)
		ldlk_thread.spin_depth--;
}

#define preempt_disable_notrace()   preempt_disable()
#define preempt_enable_notrace()    preempt_enable()
#define preempt_enable_no_resched() preempt_enable()
#define get_cpu()                   (preempt_disable(), 0)
#define put_cpu()                   preempt_enable()
#define migrate_disable()           ((void)0)
#define migrate_enable()            ((void)0)

#define hardirq_count() (ldlk_thread.hardirq_depth)
#define softirq_count() (ldlk_thread.softirq_disabled_depth + ldlk_thread.softirq_depth)
#define preempt_count() (ldlk_thread.preempt_depth + hardirq_count() + softirq_count())

#define in_nmi()             false
#define in_irq()             (hardirq_count() > 0)
#define in_hardirq()         (hardirq_count() > 0)
#define in_softirq()         (softirq_count() > 0)
#define in_serving_softirq() (ldlk_thread.softirq_depth > 0)
#define in_interrupt()       (hardirq_count() + softirq_count() > 0)
#define in_task()            (!in_irq() && !in_serving_softirq())
#define in_atomic()          (preempt_count() > 0)
#define irqs_disabled()      (ldlk_thread.is_irq_disabled || in_irq())
#define preemptible()        (!in_atomic() && !irqs_disabled())

/* Whether the checker sees by itself that this place must not sleep: in a spin lock, a reader of
 * RCU, a handler (rule L13). */
static __always_inline bool ldlk_is_spinning(void)
{
	return ldlk_thread.spin_depth || ldlk_thread.rcu_depth[0] || ldlk_thread.rcu_depth[1] ||
	       ldlk_thread.rcu_depth[2] || hardirq_count() || ldlk_thread.softirq_depth;
}

/* Whether this place may sleep, or the checker says so if it may not. */
static __always_inline bool ldlk_may_sleep(void)
{
	return likely(preemptible()) || ldlk_is_spinning() || ldlk_thread.lockdep_off;
}

/* A place that sleeps, by whatever means. */
static __always_inline void ldlk_check_sleep(void)
{
	if (unlikely(!ldlk_may_sleep()))
		ldl_misuse(NULL, "may sleep where preemption or interrupts are disabled");
}

/* This place may sleep: a finding when that is not allowed here, even if it never does. */
static __always_inline void might_sleep(void)
{
	ldlk_check_sleep();
	ldl_might_sleep();
}

#define might_sleep_if(condition)                                                                  \
	do {                                                                                       \
		if (condition)                                                                     \
			might_sleep();                                                             \
	} while (0)
#define might_resched() might_sleep()
#define cant_sleep()    ldlk_assert(!preemptible(), NULL, "may be preempted where it must not be")

static __always_inline int cond_resched(void)
{
	might_sleep();
	sched_yield();
	return 0;
}

#define lockdep_assert_preemption_enabled()                                                        \
	ldlk_assert(preemptible(), NULL, "preemption is to be enabled here")
#define lockdep_assert_preemption_disabled()                                                       \
	ldlk_assert(!preemptible(), NULL, "preemption is to be disabled here")

#endif
