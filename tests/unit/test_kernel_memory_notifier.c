/* MMU notifiers by the kernel's names: that they are called as they should be, and what is checked
 * of them. */
#include <pthread.h>
#include "tests/unit/test_kernel_memory.h"

/* A device that mirrors [start, end) of a process behind a lock. */
static struct device {
	struct mmu_notifier notifier;
	struct mmu_interval_notifier interval;
	struct mutex lock;
	unsigned long start, end;
	unsigned int started, ended, released;
	bool looks_at_range, tries_first, allocates, refuses;
} device;

static struct mm_struct *mm;

static int device_start(struct mmu_notifier *notifier, const struct mmu_notifier_range *range)
{
	struct device *of = container_of(notifier, struct device, notifier);

	of->started++;
	if (of->looks_at_range && (range->start >= of->end || range->end <= of->start))
		return 0;
	if (of->refuses && !mmu_notifier_range_blockable(range))
		return -EAGAIN;
	if (mmu_notifier_range_blockable(range) || !of->tries_first)
		mutex_lock(&of->lock);
	else if (!mutex_trylock(&of->lock))
		return -EAGAIN;
	if (of->allocates)
		kfree(kmalloc(1, GFP_NOIO));
	mutex_unlock(&of->lock);
	return 0;
}

static void device_end(struct mmu_notifier *notifier, const struct mmu_notifier_range *range)
{
	container_of(notifier, struct device, notifier)->ended++;
}

static void device_release(struct mmu_notifier *notifier, struct mm_struct *of)
{
	container_of(notifier, struct device, notifier)->released++;
}

static const struct mmu_notifier_ops start_only = {.invalidate_range_start = device_start};
static const struct mmu_notifier_ops both_ends = {
	.invalidate_range_start = device_start,
	.invalidate_range_end = device_end,
	.release = device_release,
};

static void begin_with(const struct mmu_notifier_ops *ops, bool tries_first)
{
	memory_begin();
	memset(&device, 0, sizeof(device));
	mutex_init(&device.lock);
	device.notifier.ops = ops;
	device.start = 0x1000;
	device.end = 0x5000;
	device.tries_first = tries_first;
	mm = mm_alloc();
	CU_ASSERT_EQUAL(mmu_notifier_register(&device.notifier, mm), 0);
}

static void end_with(void)
{
	mmu_notifier_unregister(&device.notifier, mm);
	free(mm);
}

static void invalidate(unsigned long start, unsigned long end)
{
	struct mmu_notifier_range range;

	mmu_notifier_range_init(&range, MMU_NOTIFY_CLEAR, 0, mm, start, end);
	mmu_notifier_invalidate_range_start(&range);
	mmu_notifier_invalidate_range_end(&range);
}

static void allocate_under_lock(gfp_t gfp)
{
	mutex_lock(&device.lock);
	kfree(kmalloc(1, gfp));
	mutex_unlock(&device.lock);
}

static void a_notifier_is_told_of_both_ends(void)
{
	begin_with(&both_ends, true);
	invalidate(0, 0x2000);
	CU_ASSERT_EQUAL(device.started, 1);
	CU_ASSERT_EQUAL(device.ended, 1);
	CU_ASSERT(oom_reap_task_mm(mm));
	CU_ASSERT_EQUAL(device.ended, 2);
	end_with();
	CU_ASSERT_EQUAL(device.released, 1);
	CU_SILENT();
}

static void *hold_the_lock(void *step)
{
	mutex_lock(&device.lock);
	ldlk_wake(step);
	while (__atomic_load_n((unsigned int *)step, __ATOMIC_ACQUIRE) != 2)
		ldlk_sleep(1000000);
	mutex_unlock(&device.lock);
	return NULL;
}

static void the_reaper_backs_off_when_a_notifier_would_wait(void)
{
	unsigned int step = 0;
	pthread_t thread;

	begin_with(&start_only, true);
	pthread_create(&thread, NULL, hold_the_lock, &step);
	while (!__atomic_load_n(&step, __ATOMIC_ACQUIRE))
		ldlk_sleep(1000000);
	CU_ASSERT(!oom_reap_task_mm(mm));
	ldlk_wake(&step);
	pthread_join(thread, NULL);
	CU_ASSERT(oom_reap_task_mm(mm));
	end_with();
	CU_SILENT();
}

static void a1_a_lock_over_an_allocation_that_the_reaper_waits_for_is_reported(void)
{
	begin_with(&start_only, false);
	allocate_under_lock(GFP_NOIO);
	oom_reap_task_mm(mm);
	CU_HAS(A1);
	end_with();
}

static void a1_a_trylock_in_the_reaper_is_silent(void)
{
	begin_with(&start_only, true);
	allocate_under_lock(GFP_KERNEL);
	oom_reap_task_mm(mm);
	end_with();
	CU_SILENT();
}

static void a1_nowait_under_the_reapers_lock_is_silent(void)
{
	begin_with(&start_only, false);
	allocate_under_lock(GFP_NOWAIT);
	oom_reap_task_mm(mm);
	end_with();
	CU_SILENT();
}

/* Direct reclaim calls notifiers that may block, for each of its masks. */
static void a4_a_blockable_notifiers_lock_over_an_allocation_is_reported(void)
{
	begin_with(&start_only, true);
	invalidate(0, 0x2000);
	CU_SILENT();
	allocate_under_lock(GFP_NOIO);
	CU_REPORTS(A4);
	end_with();
}

static void a4_a_blockable_notifiers_lock_over_nowait_is_silent(void)
{
	begin_with(&start_only, true);
	invalidate(0, 0x2000);
	allocate_under_lock(GFP_ATOMIC);
	end_with();
	CU_SILENT();
}

static void a11_a_notifiers_declared_lock_over_an_allocation_is_reported(void)
{
	begin_with(&start_only, true);
	mmu_notifier_might_lock(&device.notifier, &device.lock);
	allocate_under_lock(GFP_NOIO);
	CU_REPORTS(A1);
	end_with();
}

static void a11_a_notifiers_declared_lock_over_nowait_is_silent(void)
{
	begin_with(&start_only, true);
	mmu_notifier_might_lock(&device.notifier, &device.lock);
	allocate_under_lock(GFP_NOWAIT);
	end_with();
	CU_SILENT();
}

static void a7_a_lock_for_a_range_of_no_interest_is_reported(void)
{
	begin_with(&start_only, true);
	mmu_notifier_interest(&device.notifier, "device", device.start, device.end);
	oom_reap_range(mm, 0x8000, 0x9000);
	CU_REPORTS(A7);
	end_with();
}

static void a7_an_early_return_for_such_a_range_is_silent(void)
{
	begin_with(&start_only, true);
	device.looks_at_range = true;
	mmu_notifier_interest(&device.notifier, "device", device.start, device.end);
	oom_reap_range(mm, 0x8000, 0x9000);
	oom_reap_range(mm, 0x4000, 0x9000);
	end_with();
	CU_SILENT();
}

static void a8_a_notifier_that_always_refuses_is_reported(void)
{
	begin_with(&start_only, true);
	device.refuses = true;
	CU_ASSERT(!oom_reap_task_mm(mm));
	CU_REPORTS(A8);
	end_with();
}

static void a8_a_notifier_that_tries_first_is_silent(void)
{
	begin_with(&start_only, true);
	CU_ASSERT(oom_reap_task_mm(mm));
	end_with();
	CU_SILENT();
}

static void a9_an_allocation_on_the_optimistic_path_is_reported(void)
{
	begin_with(&start_only, true);
	device.allocates = true;
	oom_reap_task_mm(mm);
	CU_HAS(A9);
	end_with();
}

static void a9_a_path_that_only_detaches_is_silent(void)
{
	begin_with(&start_only, true);
	oom_reap_task_mm(mm);
	end_with();
	CU_SILENT();
}

static void l14_a_notifier_with_an_end_must_not_refuse(void)
{
	begin_with(&both_ends, true);
	invalidate(0, 0x2000);
	device.refuses = true;
	CU_ASSERT(!oom_reap_task_mm(mm));
	CU_HAS(MISUSE);
	end_with();
}

static void l1_unregistering_under_the_notifiers_lock_is_reported(void)
{
	begin_with(&start_only, true);
	invalidate(0, 0x2000);
	mutex_lock(&device.lock);
	end_with();
	mutex_unlock(&device.lock);
	CU_HAS(ORDER);
}

static bool device_invalidate(struct mmu_interval_notifier *interval,
	const struct mmu_notifier_range *range, unsigned long seq)
{
	struct device *of = container_of(interval, struct device, interval);

	of->started++;
	if (mmu_notifier_range_blockable(range))
		mutex_lock(&of->lock);
	else if (!mutex_trylock(&of->lock))
		return false;
	mmu_interval_set_seq(interval, seq);
	mutex_unlock(&of->lock);
	return true;
}

static const struct mmu_interval_notifier_ops interval_ops = {.invalidate = device_invalidate};

static void begin_with_interval(void)
{
	memory_begin();
	memset(&device, 0, sizeof(device));
	mutex_init(&device.lock);
	mm = mm_alloc();
	CU_ASSERT_EQUAL(
		mmu_interval_notifier_insert(&device.interval, mm, 0x1000, 0x4000, &interval_ops),
		0);
}

static void end_with_interval(void)
{
	mmu_interval_notifier_remove(&device.interval);
	free(mm);
}

static void an_interval_is_called_for_ranges_that_meet_it(void)
{
	unsigned long seq;

	begin_with_interval();
	seq = mmu_interval_read_begin(&device.interval);
	invalidate(0, 0x1000);
	invalidate(0x5000, ~0ul);
	CU_ASSERT_EQUAL(device.started, 0);
	CU_ASSERT(!mmu_interval_read_retry(&device.interval, seq));
	invalidate(0x4fff, 0x5000);
	CU_ASSERT_EQUAL(device.started, 1);
	CU_ASSERT(mmu_interval_read_retry(&device.interval, seq));
	seq = mmu_interval_read_begin(&device.interval);
	CU_ASSERT(!mmu_interval_read_retry(&device.interval, seq));
	CU_ASSERT(oom_reap_task_mm(mm));
	CU_ASSERT_EQUAL(mmu_interval_notifier_insert(&device.interval, mm, 1, 0, &interval_ops),
		-EOVERFLOW);
	end_with_interval();
	CU_SILENT();
}

static void *invalidate_slowly(void *step)
{
	struct mmu_notifier_range range;

	mmu_notifier_range_init(&range, MMU_NOTIFY_CLEAR, 0, mm, 0x2000, 0x3000);
	mmu_notifier_invalidate_range_start(&range);
	ldlk_wake(step);
	ldlk_sleep(20000000);
	ldlk_wake(step);
	mmu_notifier_invalidate_range_end(&range);
	return NULL;
}

static void a_reader_waits_for_the_end_of_an_invalidation(void)
{
	unsigned int step = 0;
	unsigned long seq;
	pthread_t thread;

	begin_with_interval();
	pthread_create(&thread, NULL, invalidate_slowly, &step);
	while (!__atomic_load_n(&step, __ATOMIC_ACQUIRE))
		ldlk_sleep(1000000);
	seq = mmu_interval_read_begin(&device.interval);
	CU_ASSERT_EQUAL(__atomic_load_n(&step, __ATOMIC_ACQUIRE), 2);
	CU_ASSERT(!mmu_interval_read_retry(&device.interval, seq));
	pthread_join(thread, NULL);
	end_with_interval();
	CU_SILENT();
}

static void l11_reading_under_the_lock_that_the_notifier_takes_is_reported(void)
{
	begin_with_interval();
	mutex_lock(&device.lock);
	mmu_interval_read_begin(&device.interval);
	mutex_unlock(&device.lock);
	CU_SILENT();
	invalidate(0, 0x2000);
	CU_HAS(EVENT);
	end_with_interval();
}

static void l11_reading_without_it_is_silent(void)
{
	begin_with_interval();
	mmu_interval_read_begin(&device.interval);
	mutex_lock(&device.lock);
	mutex_unlock(&device.lock);
	invalidate(0, 0x2000);
	end_with_interval();
	CU_SILENT();
}

LDL_SUITE(kernel_memory_notifier)
{
	LDL_TEST(a_notifier_is_told_of_both_ends);
	LDL_TEST(the_reaper_backs_off_when_a_notifier_would_wait);
	LDL_TEST(a1_a_lock_over_an_allocation_that_the_reaper_waits_for_is_reported);
	LDL_TEST(a1_a_trylock_in_the_reaper_is_silent);
	LDL_TEST(a1_nowait_under_the_reapers_lock_is_silent);
	LDL_TEST(a4_a_blockable_notifiers_lock_over_an_allocation_is_reported);
	LDL_TEST(a4_a_blockable_notifiers_lock_over_nowait_is_silent);
	LDL_TEST(a11_a_notifiers_declared_lock_over_an_allocation_is_reported);
	LDL_TEST(a11_a_notifiers_declared_lock_over_nowait_is_silent);
	LDL_TEST(a7_a_lock_for_a_range_of_no_interest_is_reported);
	LDL_TEST(a7_an_early_return_for_such_a_range_is_silent);
	LDL_TEST(a8_a_notifier_that_always_refuses_is_reported);
	LDL_TEST(a8_a_notifier_that_tries_first_is_silent);
	LDL_TEST(a9_an_allocation_on_the_optimistic_path_is_reported);
	LDL_TEST(a9_a_path_that_only_detaches_is_silent);
	LDL_TEST(l14_a_notifier_with_an_end_must_not_refuse);
	LDL_TEST(l1_unregistering_under_the_notifiers_lock_is_reported);
	LDL_TEST(an_interval_is_called_for_ranges_that_meet_it);
	LDL_TEST(a_reader_waits_for_the_end_of_an_invalidation);
	LDL_TEST(l11_reading_under_the_lock_that_the_notifier_takes_is_reported);
	LDL_TEST(l11_reading_without_it_is_silent);
}
