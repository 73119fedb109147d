/* Masks and scopes by the kernel's names: fs_reclaim, non-blocking sections, places that must not
 * sleep, orders. */
#include "tests/unit/test_kernel_memory.h"

static void fs_reclaim_is_entered_by_masks_that_reclaim_alone(void)
{
	memory_begin();
	fs_reclaim_acquire(GFP_KERNEL);
	might_alloc(GFP_NOFS);
	might_alloc(GFP_NOWAIT);
	fs_reclaim_release(GFP_KERNEL);
	fs_reclaim_acquire(GFP_NOWAIT);
	might_alloc(GFP_KERNEL);
	fs_reclaim_release(GFP_NOWAIT);
	fs_reclaim_acquire(GFP_KERNEL | __GFP_NOLOCKDEP);
	might_alloc(GFP_KERNEL);
	fs_reclaim_release(GFP_KERNEL | __GFP_NOLOCKDEP);
	fs_reclaim_acquire(GFP_NOIO);
	fs_reclaim_release(GFP_NOIO);
	CU_SILENT();
}

static void a4_a_kernel_allocation_in_fs_reclaim_is_reported(void)
{
	memory_begin();
	fs_reclaim_acquire(GFP_KERNEL);
	might_alloc(GFP_KERNEL);
	fs_reclaim_release(GFP_KERNEL);
	CU_REPORTS(A4);
}

static void a4_a_scope_protects_fs_reclaim(void)
{
	unsigned int flags;

	memory_begin();
	fs_reclaim_acquire(GFP_KERNEL);
	flags = memalloc_nofs_save();
	might_alloc(GFP_KERNEL);
	memalloc_nofs_restore(flags);
	fs_reclaim_release(GFP_KERNEL);
	CU_SILENT();
}

static void a2_a_kernel_allocation_in_a_non_blocking_section_is_reported(void)
{
	memory_begin();
	non_block_start();
	kfree(kmalloc(1, GFP_KERNEL));
	non_block_end();
	CU_REPORTS(A2);
}

static void a3_nofs_counts_in_a_non_blocking_section(void)
{
	memory_begin();
	non_block_start();
	kfree(kmalloc(1, GFP_NOFS));
	non_block_end();
	CU_REPORTS(A3);
}

static void a2_atomic_in_a_non_blocking_section_is_silent(void)
{
	memory_begin();
	non_block_start();
	kfree(kmalloc(1, GFP_ATOMIC));
	non_block_end();
	kfree(kmalloc(1, GFP_KERNEL));
	CU_SILENT();
}

static void scopes_narrow_masks_and_nest(void)
{
	unsigned int outer, inner;

	memory_begin();
	outer = memalloc_noio_save();
	inner = memalloc_flags_save(PF_MEMALLOC_NOFS | PF_MEMALLOC_PIN);
	CU_ASSERT_EQUAL(
		current_gfp_context(GFP_HIGHUSER_MOVABLE) & (__GFP_IO | __GFP_FS | __GFP_MOVABLE),
		0);
	memalloc_flags_restore(inner);
	CU_ASSERT_EQUAL(current_gfp_context(GFP_KERNEL | __GFP_MOVABLE), GFP_NOIO | __GFP_MOVABLE);
	memalloc_noio_restore(outer);
	CU_ASSERT_EQUAL(current_gfp_context(GFP_KERNEL), GFP_KERNEL);
	outer = memalloc_pin_save();
	inner = memalloc_pin_save();
	memalloc_pin_restore(inner);
	CU_ASSERT_EQUAL(current_gfp_context(GFP_KERNEL | __GFP_MOVABLE), GFP_KERNEL);
	memalloc_pin_restore(outer);
	CU_SILENT();
}

static void e2_crossed_scopes_are_reported(void)
{
	unsigned int first, second;

	memory_begin();
	first = memalloc_nofs_save();
	second = memalloc_noio_save();
	memalloc_nofs_restore(first);
	memalloc_noio_restore(second);
	CU_REPORTS(E2);
}

static void b6_nofail_above_order_1_is_reported(void)
{
	memory_begin();
	free_pages(__get_free_pages(GFP_KERNEL | __GFP_NOFAIL, 2), 2);
	CU_REPORTS(B6);
}

static void b6_nofail_in_pages_is_silent(void)
{
	memory_begin();
	free_pages(__get_free_pages(GFP_KERNEL | __GFP_NOFAIL, 1), 1);
	kvfree(kvmalloc(5 * PAGE_SIZE, GFP_KERNEL | __GFP_NOFAIL));
	CU_SILENT();
}

/* The kernel's might_sleep() in might_alloc(). */
static void l14_a_sleeping_request_without_preemption_is_reported(void)
{
	memory_begin();
	preempt_disable();
	kfree(kmalloc(1, GFP_ATOMIC));
	CU_SILENT();
	kfree(kmalloc(1, GFP_KERNEL));
	preempt_enable();
	CU_REPORTS(MISUSE);
}

static void l13_a_sleeping_request_under_a_spin_lock_is_reported(void)
{
	static DEFINE_SPINLOCK(lock);

	memory_begin();
	spin_lock(&lock);
	kfree(kmalloc(1, GFP_ATOMIC));
	CU_SILENT();
	kfree(kmalloc(1, GFP_KERNEL));
	spin_unlock(&lock);
	CU_REPORTS(WAIT_TYPE);
}

LDL_SUITE(kernel_memory_masks)
{
	LDL_TEST(fs_reclaim_is_entered_by_masks_that_reclaim_alone);
	LDL_TEST(a4_a_kernel_allocation_in_fs_reclaim_is_reported);
	LDL_TEST(a4_a_scope_protects_fs_reclaim);
	LDL_TEST(a2_a_kernel_allocation_in_a_non_blocking_section_is_reported);
	LDL_TEST(a3_nofs_counts_in_a_non_blocking_section);
	LDL_TEST(a2_atomic_in_a_non_blocking_section_is_silent);
	LDL_TEST(scopes_narrow_masks_and_nest);
	LDL_TEST(e2_crossed_scopes_are_reported);
	LDL_TEST(b6_nofail_above_order_1_is_reported);
	LDL_TEST(b6_nofail_in_pages_is_silent);
	LDL_TEST(l14_a_sleeping_request_without_preemption_is_reported);
	LDL_TEST(l13_a_sleeping_request_under_a_spin_lock_is_reported);
}
