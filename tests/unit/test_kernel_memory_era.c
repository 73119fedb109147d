/* Masks of the seeds' era: LDL_SEED_ERA brings __GFP_ATOMIC back. */
#define LDL_SEED_ERA
#include "tests/unit/test_kernel_memory.h"

static void d9_atomic_without_high_is_reported(void)
{
	memory_begin();
	kfree(kmalloc(8, __GFP_ATOMIC | __GFP_KSWAPD_RECLAIM));
	CU_REPORTS(D9);
}

static void d9_atomic_as_it_was_composed_is_silent(void)
{
	memory_begin();
	CU_ASSERT(GFP_ATOMIC & __GFP_ATOMIC);
	CU_ASSERT_EQUAL(GFP_NOWAIT, __GFP_KSWAPD_RECLAIM);
	kfree(kmalloc(8, GFP_ATOMIC));
	CU_SILENT();
}

LDL_SUITE(kernel_memory_era)
{
	LDL_TEST(d9_atomic_without_high_is_reported);
	LDL_TEST(d9_atomic_as_it_was_composed_is_silent);
}
