/* Where what looks like a cycle through interrupts is none: per-CPU locks, which a handler on
 * another processor never meets, and paths whose two ends are of different interrupts; with the
 * true cycles next to them. And allocations inside of reclaim. */
#include "tests/selftest/selftest.h"

/* A is taken by a hard handler. */
static void a_in_hardirq(void)
{
	enter_irq(HARD);
	pass(SPIN, A);
	exit_irq(HARD);
}

static void local_inside_a(void)
{
	disable_irq(HARD);
	take(SPIN, A);
	local_lock(&locks.local);
	local_unlock(&locks.local);
	drop(SPIN, A);
	enable_irq(HARD);
}

/* The local lock is held with interrupts on; but no handler takes it. */
static void local_lock_2(const struct selftest_variant *variant)
{
	local_lock(&locks.local);
	local_unlock(&locks.local);

	a_in_hardirq();
	local_inside_a();
}

/* A handler's A waits for the local lock, and its holder for B, held with interrupts on: not by
 * the same processor's local lock. */
static void local_lock_3a(const struct selftest_variant *variant)
{
	local_lock(&locks.local);
	pass(SPIN, B);
	local_unlock(&locks.local);

	a_in_hardirq();
	local_inside_a();
}

/* The same, and a way from A to B without it. */
static void local_lock_3b(const struct selftest_variant *variant)
{
	local_lock_3a(variant);

	disable_irq(HARD);
	nest(SPIN, A, SPIN, B);
	enable_irq(HARD);
}

static void inside_irqs_off(enum selftest_lock outer, enum selftest_lock inner)
{
	disable_irq(HARD);
	nest(SPIN, outer, SPIN, inner);
	enable_irq(HARD);
}

/* The last step makes two paths at once: from a mutex held with all interrupts on to D, which soft
 * handlers take (no deadlock: D's holders keep them off); and from A, which hard handlers take, by
 * B and C to D, held with hard ones on (a deadlock). */
static void hardirq_deadlock_softirq_not_deadlock(const struct selftest_variant *variant)
{
	mutex_lock(&locks.mutex[A]);
	disable_irq(HARD);
	pass(SPIN, C);
	enable_irq(HARD);
	mutex_unlock(&locks.mutex[A]);

	a_in_hardirq();
	inside_irqs_off(A, B);
	inside_irqs_off(B, C);

	enter_irq(SOFT);
	pass(SPIN, D);
	exit_irq(SOFT);

	disable_irq(SOFT);
	pass(SPIN, D);
	enable_irq(SOFT);

	inside_irqs_off(C, D);
}

void selftest_add_local_cases(void)
{
	static const char *const columns[] = {"", NULL};

	selftest_add_section("local locks and mixed interrupts", columns, false);
	selftest_add_cell(NULL, 0, "local_lock_2", SILENT, local_lock_2);
	selftest_add_cell(NULL, 0, "local_lock_3A", SILENT, local_lock_3a);
	selftest_add_cell(NULL, 0, "local_lock_3B", RULE_INTERRUPT, local_lock_3b);
	selftest_add_cell(NULL, 0, "hardirq_deadlock_softirq_not_deadlock", RULE_INTERRUPT,
		hardirq_deadlock_softirq_not_deadlock);
}

static void correct_nesting(const struct selftest_variant *variant)
{
	fs_reclaim_acquire(GFP_KERNEL);
	might_alloc(GFP_NOFS);
	fs_reclaim_release(GFP_KERNEL);
}

static void wrong_nesting(const struct selftest_variant *variant)
{
	fs_reclaim_acquire(GFP_KERNEL);
	might_alloc(GFP_KERNEL);
	fs_reclaim_release(GFP_KERNEL);
}

static void protected_nesting(const struct selftest_variant *variant)
{
	unsigned int scope;

	fs_reclaim_acquire(GFP_KERNEL);
	scope = memalloc_nofs_save();
	might_alloc(GFP_KERNEL);
	memalloc_nofs_restore(scope);
	fs_reclaim_release(GFP_KERNEL);
}

void selftest_add_reclaim_cases(void)
{
	static const char *const columns[] = {"", NULL};

	selftest_add_section("allocations inside of reclaim", columns, false);
	selftest_add_cell(NULL, 0, "fs_reclaim_correct_nesting", SILENT, correct_nesting);
	selftest_add_cell(NULL, 0, "fs_reclaim_wrong_nesting", RULE(A4), wrong_nesting);
	selftest_add_cell(NULL, 0, "fs_reclaim_protected_nesting", SILENT, protected_nesting);
}
