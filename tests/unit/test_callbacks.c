/* Shrinkers and notifiers: what reclaim calls. Rules A7 to A12 and B10 of the catalogue. */
#include <errno.h>
#include <lockdep_lite.h>
#include "tests/support/breach.h"
#include "tests/support/suite.h"

#define ERROR   LDL_SEVERITY_ERROR
#define WARNING LDL_SEVERITY_WARNING

static char a, b, shrinker, notifier;

static void make_classes(void)
{
	ldl_lock_init(&a, ldl_class("a", LDL_CLASS_STRICT), 0);
	ldl_lock_init(&b, ldl_class("b", LDL_CLASS_STRICT), 0);
	ldl_shrinker_register(&shrinker, "shrinker");
	ldl_notifier_register(&notifier, "notifier", 0x1000, 0x2000);
}

static void take(const void *which)
{
	ldl_lock_acquire(which, LDL_EXCLUSIVE);
	ldl_lock_acquired(which, LDL_EXCLUSIVE);
	ldl_lock_release(which);
}

static void allocate_under_a(unsigned int gfp)
{
	ldl_lock_acquire(&a, LDL_EXCLUSIVE);
	ldl_lock_acquired(&a, LDL_EXCLUSIVE);
	ldl_might_alloc(gfp);
	ldl_lock_release(&a);
}

static void call_off_range(void)
{
	ldl_notifier_begin(&notifier, 0x2000, 0x3000, 0);
}

static void call_in_range(void)
{
	ldl_notifier_begin(&notifier, 0x1fff, 0x3000, 0);
}

static void a7_a_lock_off_range_is_reported(void)
{
	make_classes();
	call_off_range();
	take(&a);
	ldl_notifier_end(&notifier, 0);
	CU_ASSERT(breach_is_alone(LDL_RULE_A7, WARNING, "ranges"));
}

static void a7_eagain_off_range_is_reported(void)
{
	make_classes();
	call_off_range();
	ldl_notifier_end(&notifier, -EAGAIN);
	CU_ASSERT(breach_is_alone(LDL_RULE_A7, WARNING, "return 0"));
}

static void a7_nothing_done_off_range_is_silent(void)
{
	make_classes();
	call_off_range();
	ldl_notifier_end(&notifier, 0);
	call_in_range();
	ldl_lock_acquired(&a, LDL_TRY);
	ldl_lock_release(&a);
	ldl_notifier_end(&notifier, 0);
	ldl_notifier_begin(&notifier, 0x1000, 0x2000, 1);
	take(&b);
	ldl_notifier_end(&notifier, 0);
	CU_ASSERT(breach_is_silent());
}

static void a8_eagain_without_a_try_is_reported(void)
{
	make_classes();
	call_in_range();
	ldl_notifier_end(&notifier, -EAGAIN);
	CU_ASSERT(breach_is_alone(LDL_RULE_A8, WARNING, "try the lock"));
}

/* One call of it got somewhere: it does not always refuse. */
static void a8_a_try_before_eagain_is_silent(void)
{
	make_classes();
	call_in_range();
	ldl_lock_acquired(&a, LDL_TRY);
	ldl_lock_release(&a);
	ldl_notifier_end(&notifier, 0);
	call_in_range();
	ldl_notifier_end(&notifier, -EAGAIN);
	CU_ASSERT(breach_is_silent());
}

static void a9_a_lock_after_the_try_is_reported(void)
{
	make_classes();
	call_in_range();
	ldl_lock_acquired(&a, LDL_TRY);
	take(&b);
	ldl_lock_release(&a);
	ldl_notifier_end(&notifier, 0);
	CU_ASSERT(breach_is_alone(LDL_RULE_A9, ERROR, "detach"));
}

static void a9_an_allocation_after_the_try_is_reported(void)
{
	make_classes();
	call_in_range();
	ldl_lock_acquired(&a, LDL_TRY);
	ldl_might_alloc(LDL_GFP_KERNEL);
	ldl_lock_release(&a);
	ldl_notifier_end(&notifier, 0);
	CU_ASSERT(breach_is_reported(LDL_RULE_A9));
	CU_ASSERT(breach_is_reported(LDL_RULE_A2));
}

static void a9_to_detach_and_return_is_silent(void)
{
	make_classes();
	call_in_range();
	ldl_lock_acquired(&a, LDL_TRY);
	ldl_might_alloc(LDL_GFP_NOWAIT);
	ldl_lock_release(&a);
	ldl_notifier_end(&notifier, 0);
	CU_ASSERT(breach_is_silent());
}

static void a10_a_counting_callback_that_locks_is_reported(void)
{
	make_classes();
	ldl_shrinker_count_begin(&shrinker);
	take(&a);
	ldl_shrinker_count_end(&shrinker);
	CU_ASSERT(breach_is_alone(LDL_RULE_A10, ERROR, "counter"));
}

static void a10_a_counting_callback_that_allocates_is_reported(void)
{
	make_classes();
	ldl_shrinker_count_begin(&shrinker);
	ldl_might_alloc(LDL_GFP_NOIO);
	ldl_shrinker_count_end(&shrinker);
	CU_ASSERT(breach_is_alone(LDL_RULE_A10, ERROR, NULL));
}

static void a10_a_counting_callback_that_reads_is_silent(void)
{
	make_classes();
	ldl_shrinker_count_begin(&shrinker);
	ldl_lock_acquired(&a, LDL_TRY);
	ldl_lock_release(&a);
	ldl_shrinker_count_end(&shrinker);
	ldl_shrinker_scan_begin(&shrinker, LDL_GFP_KERNEL);
	take(&a);
	ldl_shrinker_scan_end(&shrinker, 1);
	CU_ASSERT(breach_is_silent());
}

/* The shrinker never ran: what it will do was said at its registration. */
static void a11_a_registered_lock_held_over_an_allocation_is_reported(void)
{
	make_classes();
	ldl_shrinker_lock(&shrinker, &a);
	allocate_under_a(LDL_GFP_KERNEL);
	CU_ASSERT(breach_is_cycle(LDL_RULE_A4, "a -> reclaim.fs -> a"));
}

static void a11_a_notifiers_registered_lock_is_reported(void)
{
	make_classes();
	ldl_notifier_lock(&notifier, &a);
	allocate_under_a(LDL_GFP_NOIO);
	CU_ASSERT(breach_is_cycle(LDL_RULE_A1, "a -> mmu_notifier -> a"));
}

static void a11_a_lock_free_callback_is_silent(void)
{
	make_classes();
	allocate_under_a(LDL_GFP_KERNEL);
	ldl_shrinker_scan_begin(&shrinker, LDL_GFP_KERNEL);
	ldl_shrinker_scan_end(&shrinker, 1);
	CU_ASSERT(breach_is_silent());
}

/* What a shrinker, called for one mask, asks for with another. */
static void scan(unsigned int gfp, unsigned int nested)
{
	ldl_shrinker_scan_begin(&shrinker, gfp);
	ldl_might_alloc(nested);
	ldl_shrinker_scan_end(&shrinker, 1);
}

static void a12_a_callback_that_widens_the_mask_is_reported(void)
{
	make_classes();
	scan(LDL_GFP_NOIO, LDL_GFP_NOFS);
	CU_ASSERT(breach_is_reported(LDL_RULE_A12));
}

/* A scope of the allocating thread narrows what its callbacks are called for. */
static void a12_a_callback_that_widens_the_scope_is_reported(void)
{
	unsigned int saved = ldl_noio_save();

	make_classes();
	ldl_shrinker_scan_begin(&shrinker, LDL_GFP_KERNEL);
	ldl_noio_restore(saved);
	ldl_might_alloc(LDL_GFP_NOFS);
	ldl_shrinker_scan_end(&shrinker, 1);
	CU_ASSERT(breach_is_reported(LDL_RULE_A12));
}

static void a12_a_callback_that_narrows_the_mask_is_silent(void)
{
	unsigned int saved = ldl_nofs_save();

	make_classes();
	scan(LDL_GFP_KERNEL, LDL_GFP_NOWAIT);
	ldl_nofs_restore(saved);
	scan(LDL_GFP_KERNEL, LDL_GFP_NOFS);
	scan(LDL_GFP_NOFS, LDL_GFP_NOIO);
	CU_ASSERT(breach_is_silent());
}

static void a12_the_effective_mask_is_the_request_less_the_scopes_and_silent(void)
{
	unsigned int noio = ldl_noio_save(), noreclaim;

	CU_ASSERT_EQUAL(ldl_alloc_mask(LDL_GFP_KERNEL), LDL_GFP_NOIO);
	noreclaim = ldl_noreclaim_save();
	CU_ASSERT_EQUAL(ldl_alloc_mask(LDL_GFP_KERNEL), LDL_GFP_MEMALLOC);
	CU_ASSERT_EQUAL(ldl_alloc_mask(LDL_GFP_KERNEL | LDL_GFP_NOMEMALLOC), LDL_GFP_NOMEMALLOC);
	ldl_noreclaim_restore(noreclaim);
	CU_ASSERT_EQUAL(ldl_alloc_mask(LDL_GFP_NOFS | LDL_GFP_ZERO), LDL_GFP_NOIO | LDL_GFP_ZERO);
	ldl_noio_restore(noio);
	CU_ASSERT_EQUAL(ldl_alloc_mask(LDL_GFP_KERNEL), LDL_GFP_KERNEL);
	CU_ASSERT(breach_is_silent());
}

/* Five runs for a request with this mask, of which every one, or every other one, frees nothing. */
static void scan_in_vain(unsigned int gfp, bool frees_sometimes)
{
	for (int i = 0; i < 5; i++) {
		ldl_shrinker_scan_begin(&shrinker, gfp);
		ldl_shrinker_scan_end(&shrinker, frees_sometimes && i % 2);
	}
}

static void b10_a_shrinker_that_frees_nothing_for_nofail_is_reported(void)
{
	make_classes();
	scan_in_vain(LDL_GFP_KERNEL | LDL_GFP_NOFAIL, false);
	CU_ASSERT(breach_is_alone(LDL_RULE_B10, WARNING, "nothing was freed"));
}

static void b10_a_shrinker_that_frees_is_silent(void)
{
	make_classes();
	scan_in_vain(LDL_GFP_KERNEL | LDL_GFP_NOFAIL, true);
	scan_in_vain(LDL_GFP_KERNEL, false);
	CU_ASSERT(breach_is_silent());
}

/* The request need not run the shrinker itself, nor wait by ldl_alloc_retry_wait(). */
static void b10_a_nofail_request_that_failed_waits_and_reported(void)
{
	make_classes();
	for (int i = 0; i < 5; i++) {
		ldl_might_alloc(LDL_GFP_NOFS | LDL_GFP_NOFAIL);
		ldl_alloc_failed();
		ldl_alloc_retry_wait(LDL_GFP_NOFS);
		ldl_shrinker_scan_begin(&shrinker, LDL_GFP_NOFS);
		ldl_shrinker_scan_end(&shrinker, 0);
	}
	CU_ASSERT(breach_is_alone(LDL_RULE_B10, WARNING, "nothing was freed"));
}

LDL_SUITE(callbacks)
{
	LDL_TEST(a7_a_lock_off_range_is_reported);
	LDL_TEST(a7_eagain_off_range_is_reported);
	LDL_TEST(a7_nothing_done_off_range_is_silent);
	LDL_TEST(a8_eagain_without_a_try_is_reported);
	LDL_TEST(a8_a_try_before_eagain_is_silent);
	LDL_TEST(a9_a_lock_after_the_try_is_reported);
	LDL_TEST(a9_an_allocation_after_the_try_is_reported);
	LDL_TEST(a9_to_detach_and_return_is_silent);
	LDL_TEST(a10_a_counting_callback_that_locks_is_reported);
	LDL_TEST(a10_a_counting_callback_that_allocates_is_reported);
	LDL_TEST(a10_a_counting_callback_that_reads_is_silent);
	LDL_TEST(a11_a_registered_lock_held_over_an_allocation_is_reported);
	LDL_TEST(a11_a_notifiers_registered_lock_is_reported);
	LDL_TEST(a11_a_lock_free_callback_is_silent);
	LDL_TEST(a12_a_callback_that_widens_the_mask_is_reported);
	LDL_TEST(a12_a_callback_that_widens_the_scope_is_reported);
	LDL_TEST(a12_a_callback_that_narrows_the_mask_is_silent);
	LDL_TEST(a12_the_effective_mask_is_the_request_less_the_scopes_and_silent);
	LDL_TEST(b10_a_shrinker_that_frees_nothing_for_nofail_is_reported);
	LDL_TEST(b10_a_shrinker_that_frees_is_silent);
	LDL_TEST(b10_a_nofail_request_that_failed_waits_and_reported);
}
