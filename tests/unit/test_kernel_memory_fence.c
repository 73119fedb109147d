/* DMA fences by the kernel's names: that they work, and what a signalling section may not do. */
#include <pthread.h>
#include "tests/unit/test_kernel_memory.h"
#include <lockdep_lite/kernel/dma_fence.h>

static const struct dma_fence_ops ops;
static DEFINE_SPINLOCK(fence_lock);
static struct dma_fence fence;
static struct mutex lock;

static void begin_with_fence(void)
{
	memory_begin();
	mutex_init(&lock);
	dma_fence_init(&fence, &ops, &fence_lock, dma_fence_context_alloc(1), 1);
}

static void *signal_later(void *argument)
{
	ldlk_sleep(20000000);
	dma_fence_signal(&fence);
	return NULL;
}

static void a_wait_ends_with_the_signal(void)
{
	pthread_t thread;

	begin_with_fence();
	CU_ASSERT_EQUAL(dma_fence_wait_timeout(&fence, false, 5), 0);
	CU_ASSERT_EQUAL(dma_fence_get_status(&fence), 0);
	pthread_create(&thread, NULL, signal_later, NULL);
	CU_ASSERT_EQUAL(dma_fence_wait(&fence, false), 0);
	pthread_join(thread, NULL);
	CU_ASSERT(dma_fence_is_signaled(&fence));
	CU_ASSERT_EQUAL(dma_fence_get_status(&fence), 1);
	CU_ASSERT(dma_fence_wait_timeout(&fence, true, 100) > 0);
	CU_ASSERT_EQUAL(dma_fence_signal(&fence), -EINVAL);
	CU_SILENT();
}

static unsigned int called;

static void count_call(struct dma_fence *of, struct dma_fence_cb *callback)
{
	called++;
}

static void callbacks_are_called_once(void)
{
	struct dma_fence_cb first, second, late;

	begin_with_fence();
	called = 0;
	CU_ASSERT_EQUAL(dma_fence_add_callback(&fence, &first, count_call), 0);
	CU_ASSERT_EQUAL(dma_fence_add_callback(&fence, &second, count_call), 0);
	CU_ASSERT(dma_fence_remove_callback(&fence, &second));
	CU_ASSERT_EQUAL(dma_fence_signal(&fence), 0);
	CU_ASSERT_EQUAL(called, 1);
	CU_ASSERT_EQUAL(dma_fence_add_callback(&fence, &late, count_call), -ENOENT);
	CU_ASSERT(!dma_fence_remove_callback(&fence, &first));
	CU_SILENT();
}

static void the_last_reference_frees_a_fence(void)
{
	struct dma_fence *made;

	memory_begin();
	made = kzalloc(sizeof(*made), GFP_KERNEL);
	dma_fence_init(made, &ops, &fence_lock, 1, 1);
	dma_fence_put(dma_fence_get(made));
	CU_ASSERT_EQUAL(dma_fence_signal(made), 0);
	dma_fence_put(made);
	dma_fence_put(NULL);
	CU_SILENT();
}

static void in_section(void (*function)(void))
{
	bool cookie = dma_fence_begin_signalling();

	function();
	dma_fence_end_signalling(cookie);
}

static void wait_for_fence(void)
{
	dma_fence_wait_timeout(&fence, false, 1);
}

static void take_lock(void)
{
	mutex_lock(&lock);
	mutex_unlock(&lock);
}

static void allocate_nofs(void)
{
	kfree(kmalloc(1, GFP_NOFS));
}

static void allocate_atomic(void)
{
	kfree(kmalloc(1, GFP_ATOMIC));
}

static void nest(void)
{
	in_section(take_lock);
}

static void l4_a_wait_in_a_signalling_section_is_reported(void)
{
	begin_with_fence();
	in_section(wait_for_fence);
	CU_ASSERT_EQUAL(ldl_finding_count(), 1);
}

static void l1_a_lock_held_over_a_wait_and_taken_in_a_section_is_reported(void)
{
	begin_with_fence();
	in_section(take_lock);
	mutex_lock(&lock);
	wait_for_fence();
	mutex_unlock(&lock);
	CU_REPORTS(ORDER);
}

static void l1_a_section_that_begins_under_such_a_lock_is_silent(void)
{
	begin_with_fence();
	mutex_lock(&lock);
	in_section(allocate_atomic);
	wait_for_fence();
	mutex_unlock(&lock);
	in_section(nest);
	CU_ASSERT_EQUAL(ldl_finding_count(), 1);
}

static void a1_an_allocation_in_a_signalling_section_is_reported(void)
{
	begin_with_fence();
	in_section(allocate_nofs);
	CU_HAS(A1);
}

static void a1_an_atomic_allocation_there_is_silent(void)
{
	begin_with_fence();
	in_section(allocate_atomic);
	wait_for_fence();
	allocate_nofs();
	CU_SILENT();
}

LDL_SUITE(kernel_memory_fence)
{
	LDL_TEST(a_wait_ends_with_the_signal);
	LDL_TEST(callbacks_are_called_once);
	LDL_TEST(the_last_reference_frees_a_fence);
	LDL_TEST(l4_a_wait_in_a_signalling_section_is_reported);
	LDL_TEST(l1_a_lock_held_over_a_wait_and_taken_in_a_section_is_reported);
	LDL_TEST(l1_a_section_that_begins_under_such_a_lock_is_silent);
	LDL_TEST(a1_an_allocation_in_a_signalling_section_is_reported);
	LDL_TEST(a1_an_atomic_allocation_there_is_silent);
}
