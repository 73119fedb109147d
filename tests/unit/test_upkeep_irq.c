/* Interrupts that are disabled and enabled again and again: the steady state takes the fast path,
 * and what was found there is found still (rule L12). */
#include <lockdep_lite.h>
#include <stdio.h>
#include "core/arena.h"
#include "core/engine.h"
#include "tests/support/breach.h"
#include "tests/support/suite.h"

static char a, outer;

static void make_classes(void)
{
	ldl_lock_init(&a, ldl_class("a", LDL_CLASS_STRICT | LDL_CLASS_IRQ), 0);
	ldl_lock_init(&outer, ldl_class("outer", LDL_CLASS_STRICT | LDL_CLASS_IRQ), 0);
}

static void lock(const void *which)
{
	ldl_lock_acquire(which, LDL_EXCLUSIVE);
	ldl_lock_acquired(which, LDL_EXCLUSIVE);
}

/* Whoever enters the guard sets this to 0. */
static void look_for_guard(void)
{
	ldl_self.thread->refused = 1;
}

static bool was_fast(void)
{
	return ldl_self.thread->refused == 1;
}

__attribute__((noinline)) static bool disable_around(unsigned int interrupt, const void *which)
{
	bool is_fast;

	look_for_guard();
	ldl_irq_disable(interrupt);
	is_fast = was_fast();
	lock(which);
	ldl_lock_release(which);
	look_for_guard();
	ldl_irq_enable(interrupt);
	return is_fast && was_fast();
}

/* Two keys that share a place in the thread's cache drive each other out: which ones do depends on
 * where the program lies. So each of several classes is tried, and most must be fast. */
#define TRIES 8

static char tried[TRIES];

static void make_tried(void)
{
	char name[16];

	make_classes();
	for (int i = 0; i < TRIES; i++) {
		snprintf(name, sizeof(name), "tried %d", i);
		ldl_lock_init(&tried[i], ldl_class(name, LDL_CLASS_STRICT | LDL_CLASS_IRQ), 0);
	}
}

static void disabling_takes_the_fast_path_once_it_is_known(void)
{
	int fast = 0;

	make_tried();
	CU_ASSERT_FALSE(disable_around(LDL_HARDIRQ, &a));
	for (int i = 0; i < TRIES; i++) {
		for (unsigned int irq = LDL_HARDIRQ; irq <= LDL_SOFTIRQ; irq++) {
			(void)disable_around(irq, &tried[i]);
			(void)disable_around(irq, &tried[i]);
			fast += disable_around(irq, &tried[i]);
		}
	}
	CU_ASSERT_TRUE(fast > TRIES);
	CU_ASSERT_EQUAL(ldl_self.thread->record->depth, 0);
	CU_ASSERT(breach_is_silent());
}

static void so_it_does_under_a_lock(void)
{
	bool is_fast = false;
	int fast = 0;

	make_tried();
	for (int i = 0; i < TRIES; i++) {
		for (int turn = 0; turn < 4; turn++) {
			lock(&tried[i]);
			is_fast = disable_around(LDL_HARDIRQ, &a);
			ldl_lock_release(&tried[i]);
		}
		fast += is_fast;
	}
	CU_ASSERT_TRUE(fast > TRIES / 2);
	CU_ASSERT(breach_is_silent());
}

static void take_in_handler(const void *which)
{
	ldl_irq_disable(LDL_HARDIRQ);
	ldl_irq_enter(LDL_HARDIRQ, 0);
	lock(which);
	ldl_lock_release(which);
	ldl_irq_exit(LDL_HARDIRQ);
	ldl_irq_enable(LDL_HARDIRQ);
}

/* Enabled under `outer`, whichever comes first. */
static void l12_interrupts_that_come_on_under_a_lock_are_reported(void)
{
	for (int is_handler_first = 0; is_handler_first < 2; is_handler_first++) {
		ldl_reset();
		make_classes();
		if (is_handler_first)
			take_in_handler(&outer);
		for (int i = 0; i < 4; i++) {
			ldl_irq_disable(LDL_HARDIRQ);
			lock(&outer);
			ldl_irq_enable(LDL_HARDIRQ);
			ldl_lock_release(&outer);
		}
		if (!is_handler_first)
			take_in_handler(&outer);
		CU_ASSERT(breach_is_reported(LDL_RULE_INTERRUPT));
	}
}

static void l12_interrupts_that_stay_off_under_it_are_silent(void)
{
	int fast = 0;

	make_tried();
	take_in_handler(&a);
	for (int i = 0; i < TRIES; i++) {
		take_in_handler(&tried[i]);
		for (int turn = 0; turn < 4; turn++) {
			ldl_irq_disable(LDL_SOFTIRQ);
			ldl_irq_disable(LDL_SOFTIRQ);
			fast += disable_around(LDL_HARDIRQ, &tried[i]) && turn == 3;
			ldl_irq_enable(LDL_SOFTIRQ);
			CU_ASSERT_EQUAL(ldl_irq_is_disabled(LDL_SOFTIRQ), 1);
			ldl_irq_enable(LDL_SOFTIRQ);
			CU_ASSERT_EQUAL(ldl_irq_is_disabled(LDL_SOFTIRQ), 0);
		}
	}
	CU_ASSERT_TRUE(fast > TRIES / 2);
	CU_ASSERT_EQUAL(ldl_self.thread->record->depth, 0);
	CU_ASSERT(breach_is_silent());
}

static void switch_to(enum ldl_run_mode mode)
{
	uint32_t *control = &ldl_engine_arena()->header->control;

	*control = ((*control & ~(uint32_t)LDL_RUN_MASK) + LDL_RUN_EPOCH) | mode;
}

static void what_was_disabled_before_it_was_switched_off_is_enabled_meanwhile(void)
{
	make_classes();
	(void)disable_around(LDL_HARDIRQ, &a);
	ldl_irq_disable(LDL_HARDIRQ);
	switch_to(LDL_RUN_OFF);
	ldl_irq_enable(LDL_HARDIRQ);
	ldl_irq_disable(LDL_HARDIRQ);
	switch_to(LDL_RUN_FULL);
	CU_ASSERT_EQUAL(ldl_irq_is_disabled(LDL_HARDIRQ), 0);
	ldl_irq_enable(LDL_HARDIRQ);
	CU_ASSERT_EQUAL(ldl_self.thread->record->depth, 0);
}

LDL_SUITE(upkeep_irq)
{
	LDL_TEST(disabling_takes_the_fast_path_once_it_is_known);
	LDL_TEST(so_it_does_under_a_lock);
	LDL_TEST(l12_interrupts_that_come_on_under_a_lock_are_reported);
	LDL_TEST(l12_interrupts_that_stay_off_under_it_are_silent);
	LDL_TEST(what_was_disabled_before_it_was_switched_off_is_enabled_meanwhile);
}
