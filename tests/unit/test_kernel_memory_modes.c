/* What a request's mask says of failure, by the kernel's names: rules of parts B, C and D that need
 * nothing but the allocators of the header. */
#include "tests/unit/test_kernel_memory.h"

static struct mutex lock;

static void request(gfp_t gfp)
{
	memory_begin();
	kfree(kmalloc(8, gfp));
}

static void b3_nofail_that_may_not_sleep_is_reported(void)
{
	request(GFP_NOWAIT | __GFP_NOFAIL);
	CU_REPORTS(B3);
}

static void b3_nofail_that_may_sleep_is_silent(void)
{
	request(GFP_NOFS | __GFP_NOFAIL);
	CU_SILENT();
}

static void b4_nofail_with_noretry_is_reported(void)
{
	request(GFP_KERNEL | __GFP_NOFAIL | __GFP_NORETRY);
	CU_REPORTS(B4);
}

static void d3_both_ways_to_retry_are_reported(void)
{
	request(GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NORETRY);
	CU_REPORTS(D3);
}

static void d3_b4_one_of_them_is_silent(void)
{
	request(GFP_KERNEL | __GFP_RETRY_MAYFAIL);
	kfree(kmalloc(8, GFP_KERNEL | __GFP_NORETRY));
	CU_SILENT();
}

static void d4_a_retry_modifier_on_atomic_is_reported(void)
{
	request(GFP_ATOMIC | __GFP_NORETRY);
	CU_REPORTS(D4);
}

static void d4_atomic_alone_is_silent(void)
{
	request(GFP_ATOMIC);
	CU_SILENT();
}

static void d5_a_warning_for_a_failure_that_is_handled_is_reported(void)
{
	memory_begin();
	fail_requests(1);
	CU_ASSERT_PTR_NULL(kmalloc(8, GFP_KERNEL));
	ldl_alloc_fallback();
	CU_REPORTS(D5);
}

static void d5_a_fallback_after_nowarn_is_silent(void)
{
	memory_begin();
	fail_requests(1);
	kvfree(kvmalloc(100000, GFP_KERNEL));
	CU_SILENT();
}

static void c5_a_reserve_scope_that_only_takes_is_reported(void)
{
	unsigned int flags;
	void *object;

	memory_begin();
	flags = memalloc_noreclaim_save();
	object = kmalloc(1000, GFP_KERNEL);
	memalloc_noreclaim_restore(flags);
	CU_REPORTS(C5);
	kfree(object);
}

static void c5_a_reserve_scope_that_frees_more_is_silent(void)
{
	unsigned int flags;
	void *object;

	memory_begin();
	object = (void *)__get_free_page(GFP_KERNEL);
	flags = memalloc_noreclaim_save();
	kfree(kmalloc(1000, GFP_KERNEL));
	free_page((unsigned long)object);
	memalloc_noreclaim_restore(flags);
	CU_SILENT();
}

static int take_range(gfp_t gfp)
{
	unsigned long start = 50 * LDLK_BLOCK_PAGES;
	int error = alloc_contig_range(start, start + 10, MIGRATE_MOVABLE, gfp);

	if (!error)
		free_contig_range(start, 10);
	return error;
}

static void d11_a_range_without_waiting_is_silent(void)
{
	memory_begin();
	non_block_start();
	CU_ASSERT_EQUAL(take_range(GFP_NOWAIT), 0);
	non_block_end();
	CU_SILENT();
}

/* An allocator of the program's own. */
static void allocate_by(gfp_t asked, gfp_t supported, gfp_t gfp, bool is_locking)
{
	memory_begin();
	mutex_init(&lock);
	ldl_alloc_begin(asked, supported);
	if (is_locking)
		mutex_lock(&lock);
	kfree(kmalloc(8, gfp));
	if (is_locking)
		mutex_unlock(&lock);
	ldl_alloc_end(false);
}

static void d11_a_nowait_call_that_takes_a_mutex_is_reported(void)
{
	allocate_by(GFP_NOWAIT, __GFP_BITS_MASK, GFP_NOWAIT, true);
	CU_HAS(D11);
}

static void d12_nofail_is_rejected(void)
{
	memory_begin();
	CU_ASSERT_EQUAL(take_range(GFP_KERNEL | __GFP_NOFAIL), -EINVAL);
	CU_ASSERT_EQUAL(take_range(GFP_KERNEL | __GFP_HIGH), -EINVAL);
	CU_SILENT();
}

static void d12_a_flag_that_is_accepted_and_not_supported_is_reported(void)
{
	allocate_by(GFP_KERNEL | __GFP_NOFAIL, GFP_KERNEL, GFP_KERNEL, false);
	CU_HAS(D12);
}

static void d13_a_wider_nested_mask_is_reported(void)
{
	allocate_by(GFP_NOFS, __GFP_BITS_MASK, GFP_KERNEL, false);
	CU_HAS(D13);
}

static void d13_the_nested_mask_of_the_kernel_is_silent(void)
{
	allocate_by(GFP_NOFS, __GFP_BITS_MASK, gfp_nested_mask(GFP_NOFS), false);
	CU_SILENT();
}

static void d14_the_hard_mode_at_first_is_reported(void)
{
	memory_begin();
	CU_ASSERT_EQUAL(take_range(GFP_KERNEL | LDL_GFP_HARD), 0);
	CU_REPORTS(D14);
}

static void d14_a_mode_that_gets_harder_is_silent(void)
{
	memory_begin();
	ldlk_memory_limit(1);
	CU_ASSERT_EQUAL(take_range(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN), -EBUSY);
	CU_ASSERT_EQUAL(take_range(GFP_KERNEL | __GFP_NOWARN), -EBUSY);
	ldlk_memory_limit(0);
	CU_ASSERT_EQUAL(take_range(GFP_KERNEL | __GFP_NOWARN | LDL_GFP_HARD), 0);
	CU_SILENT();
}

LDL_SUITE(kernel_memory_modes)
{
	LDL_TEST(b3_nofail_that_may_not_sleep_is_reported);
	LDL_TEST(b3_nofail_that_may_sleep_is_silent);
	LDL_TEST(b4_nofail_with_noretry_is_reported);
	LDL_TEST(d3_both_ways_to_retry_are_reported);
	LDL_TEST(d3_b4_one_of_them_is_silent);
	LDL_TEST(d4_a_retry_modifier_on_atomic_is_reported);
	LDL_TEST(d4_atomic_alone_is_silent);
	LDL_TEST(d5_a_warning_for_a_failure_that_is_handled_is_reported);
	LDL_TEST(d5_a_fallback_after_nowarn_is_silent);
	LDL_TEST(c5_a_reserve_scope_that_only_takes_is_reported);
	LDL_TEST(c5_a_reserve_scope_that_frees_more_is_silent);
	LDL_TEST(d11_a_range_without_waiting_is_silent);
	LDL_TEST(d11_a_nowait_call_that_takes_a_mutex_is_reported);
	LDL_TEST(d12_nofail_is_rejected);
	LDL_TEST(d12_a_flag_that_is_accepted_and_not_supported_is_reported);
	LDL_TEST(d13_a_wider_nested_mask_is_reported);
	LDL_TEST(d13_the_nested_mask_of_the_kernel_is_silent);
	LDL_TEST(d14_the_hard_mode_at_first_is_reported);
	LDL_TEST(d14_a_mode_that_gets_harder_is_silent);
}
