/* SPDX-License-Identifier: MIT
 *
 * Interrupts: disabled or not, and the handlers of both kinds.
 *
 * A part of <lockdep_lite/kernel.h>. Nothing interrupts a thread of a program but its signals, and
 * those are not blocked: what counts is what the checker is told, which is that a handler may run
 * wherever interrupts are enabled (rule L12). A program that plays interrupts calls irq_enter() and
 * irq_exit() around its handlers, in any thread. */
#ifndef LOCKDEP_LITE_KERNEL_IRQFLAGS_H
#define LOCKDEP_LITE_KERNEL_IRQFLAGS_H

#include <lockdep_lite/kernel/preempt.h>

static __always_inline void local_irq_disable(void)
{
	if (ldlk_thread.is_irq_disabled)
		return;
	ldlk_thread.is_irq_disabled = true;
	ldl_irq_disable(LDL_HARDIRQ);
}

static __always_inline void local_irq_enable(void)
{
	if (!ldlk_thread.is_irq_disabled)
		return;
	ldlk_thread.is_irq_disabled = false;
	ldl_irq_enable(LDL_HARDIRQ);
}

static __always_inline unsigned long ldlk_irq_save(void)
{
	unsigned long flags = ldlk_thread.is_irq_disabled;

	local_irq_disable();
	return flags;
}

static __always_inline void ldlk_irq_restore(unsigned long flags)
{
	if (!flags)
		local_irq_enable();
}

#define local_irq_save(flags)                                                                      \
	do {                                                                                       \
		(flags) = ldlk_irq_save();                                                         \
	} while (0)
#define local_irq_restore(flags)   ldlk_irq_restore(flags)
#define local_save_flags(flags)    ((flags) = ldlk_thread.is_irq_disabled)
#define irqs_disabled_flags(flags) (!!(flags))

#define raw_local_irq_disable()      local_irq_disable()
#define raw_local_irq_enable()       local_irq_enable()
#define raw_local_irq_save(flags)    local_irq_save(flags)
#define raw_local_irq_restore(flags) local_irq_restore(flags)

/* Soft interrupts. Nests. */
static __always_inline void local_bh_disable(void)
{
	ldlk_thread.softirq_disabled_depth++;
	ldl_irq_disable(LDL_SOFTIRQ);
}

static __always_inline void local_bh_enable(void)
{
	if (WARN_ON(ldlk_thread.softirq_disabled_depth <= 0))
		return;
	ldlk_thread.softirq_disabled_depth--;
	ldl_irq_enable(LDL_SOFTIRQ);
}

/* A hard interrupt's handler begins and ends: one that runs as such on every kernel. */
static __always_inline void irq_enter(void)
{
	ldlk_thread.hardirq_depth++;
	ldl_irq_enter(LDL_HARDIRQ, 0);
}

static __always_inline void irq_exit(void)
{
	if (WARN_ON(ldlk_thread.hardirq_depth <= 0))
		return;
	ldlk_thread.hardirq_depth--;
	ldl_irq_exit(LDL_HARDIRQ);
}

#define __irq_enter()     irq_enter()
#define __irq_exit()      irq_exit()
#define irq_enter_rcu()   irq_enter()
#define irq_exit_rcu()    irq_exit()
#define __irq_enter_raw() irq_enter()
#define __irq_exit_raw()  irq_exit()

/* Right after irq_enter(): this handler is a thread of its own on a real-time kernel, so that it
 * may take spin locks that sleep there. */
static __always_inline void lockdep_hardirq_threaded(void)
{
	ldl_irq_threaded(1);
}

/* A soft interrupt's handler. */
static __always_inline void lockdep_softirq_enter(void)
{
	ldlk_thread.softirq_depth++;
	ldl_irq_enter(LDL_SOFTIRQ, 1);
}

static __always_inline void lockdep_softirq_exit(void)
{
	if (WARN_ON(ldlk_thread.softirq_depth <= 0))
		return;
	ldlk_thread.softirq_depth--;
	ldl_irq_exit(LDL_SOFTIRQ);
}

#define lockdep_assert_irqs_enabled()                                                              \
	ldlk_assert(!irqs_disabled(), NULL, "interrupts are to be enabled here")
#define lockdep_assert_irqs_disabled()                                                             \
	ldlk_assert(irqs_disabled(), NULL, "interrupts are to be disabled here")
#define lockdep_assert_in_irq() ldlk_assert(in_irq(), NULL, "to be called by a hard interrupt only")
#define lockdep_assert_no_hardirq()                                                                \
	ldlk_assert(!in_irq(), NULL, "not to be called by a hard interrupt")
#define lockdep_assert_in_softirq()                                                                \
	ldlk_assert(in_softirq() && !in_irq(), NULL,                                               \
		"to be called with soft interrupts disabled, or by one")
#define lockdep_assert_bh_enabled()                                                                \
	ldlk_assert(!in_softirq(), NULL, "soft interrupts are to be enabled here")

#endif
