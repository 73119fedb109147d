/* Locks that handlers take, and interrupts that are enabled while the same lock, or one that it
 * depends on, is held: 210 cases. A lock that is only read on both sides makes no harm. */
#include "tests/selftest/selftest.h"

static void a_in_irq(const struct selftest_variant *variant)
{
	enter_irq(variant->irq);
	pass(variant->kind, A);
	exit_irq(variant->irq);
}

static void a_with_irqs_on(const struct selftest_variant *variant)
{
	pass(variant->kind, A);
}

static void b_with_irqs_on(const struct selftest_variant *variant)
{
	pass(variant->kind, B);
}

static void a_read_with_irqs_on(const struct selftest_variant *variant)
{
	pass(RLOCK, A);
}

static void a_held_while_hardirqs_come_on(const struct selftest_variant *variant)
{
	disable_irq(HARD);
	take(variant->kind, A);
	enable_irq(HARD);
	drop(variant->kind, A);
}

static void a_held_while_irqs_come_on(const struct selftest_variant *variant)
{
	disable_irq(variant->irq);
	take(variant->kind, A);
	enable_irq(variant->irq);
	drop(variant->kind, A);
}

static void a_in_softirq(const struct selftest_variant *variant)
{
	enter_irq(SOFT);
	pass(variant->kind, A);
	exit_irq(SOFT);
}

static void b_inside_a(const struct selftest_variant *variant)
{
	nest(variant->kind, A, variant->kind, B);
}

static void irqs_off(const struct selftest_variant *variant, enum selftest_kind outer_kind,
	enum selftest_lock outer, enum selftest_kind inner_kind, enum selftest_lock inner)
{
	disable_irq(variant->irq);
	nest(outer_kind, outer, inner_kind, inner);
	enable_irq(variant->irq);
}

static void b_inside_a_irqs_off(const struct selftest_variant *variant)
{
	irqs_off(variant, variant->kind, A, variant->kind, B);
}

static void b_inside_written_a_irqs_off(const struct selftest_variant *variant)
{
	irqs_off(variant, WLOCK, A, variant->kind, B);
}

static void a_inside_spin_b_irqs_off(const struct selftest_variant *variant)
{
	irqs_off(variant, SPIN, B, variant->kind, A);
}

static void a_inside_written_b_irqs_off(const struct selftest_variant *variant)
{
	irqs_off(variant, WLOCK, B, variant->kind, A);
}

static void a_written_irqs_off(const struct selftest_variant *variant)
{
	disable_irq(variant->irq);
	pass(WLOCK, A);
	enable_irq(variant->irq);
}

static void a_read_in_irq(const struct selftest_variant *variant)
{
	enter_irq(variant->irq);
	pass(RLOCK, A);
	exit_irq(variant->irq);
}

static void b_read_in_irq(const struct selftest_variant *variant)
{
	enter_irq(variant->irq);
	pass(RLOCK, B);
	exit_irq(variant->irq);
}

static void spin_b_in_irq(const struct selftest_variant *variant)
{
	enter_irq(variant->irq);
	pass(SPIN, B);
	exit_irq(variant->irq);
}

static void spin_b_inside_a_in_irq(const struct selftest_variant *variant)
{
	enter_irq(variant->irq);
	nest(variant->kind, A, SPIN, B);
	exit_irq(variant->irq);
}

#define IN_IRQ  .kinds = KINDS_IN_IRQ, .silent = KIND(RLOCK), .irqs = true, .rules = RULE_INTERRUPT
#define RWLOCKS .kinds = KINDS_RWLOCKS, .silent = KIND(RLOCK), .irqs = true, .rules = RULE_INTERRUPT

static const struct selftest_row rows[] = {
	{"irqsafe1", IN_IRQ, .events = {a_in_irq, a_with_irqs_on}},
	{"irqsafe2A", .kinds = KINDS_IN_IRQ, .silent = KIND(RLOCK), .rules = RULE_INTERRUPT,
		.events = {a_in_softirq, a_held_while_hardirqs_come_on}},
	{"irqsafe2B", IN_IRQ, .events = {a_in_irq, a_held_while_irqs_come_on}},
	{"irqsafe3", IN_IRQ, .events = {b_inside_a, b_with_irqs_on, a_in_irq}},
	{"irqsafe4", IN_IRQ, .events = {b_inside_a_irqs_off, b_with_irqs_on, a_in_irq}},
	{"irq_inversion", IN_IRQ,
		.events = {b_inside_written_a_irqs_off, b_with_irqs_on, a_read_in_irq}},
	{"irq_read_recursion", RWLOCKS,
		.events = {a_written_irqs_off, a_read_with_irqs_on, spin_b_inside_a_in_irq}},
	{"irq_read_recursion2", RWLOCKS,
		.events = {a_inside_spin_b_irqs_off, a_read_with_irqs_on, spin_b_in_irq}},
	{"irq_read_recursion3", RWLOCKS,
		.events = {a_inside_written_b_irqs_off, a_read_with_irqs_on, b_read_in_irq}},
};

void selftest_add_irq_cases(void)
{
	unsigned int i;

	selftest_add_section("interrupts", selftest_kind_names, false);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		selftest_add_row(&rows[i]);
}
