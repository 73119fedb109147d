/* Shrinkers by the kernel's names: that they really run, and what is checked of them. */
#include <pthread.h>
#include "tests/unit/test_kernel_memory.h"

/* A cache of pages behind a lock, which a shrinker empties. */
static struct {
	struct mutex lock;
	struct page *pages[64];
	unsigned int count;
	unsigned int runs;
	gfp_t gfp;      /* that the shrinker was last called with */
	bool is_locked; /* the callbacks take the lock */
} cache;

static unsigned long cache_count(struct shrinker *shrinker, struct shrink_control *sc)
{
	return READ_ONCE(cache.count);
}

static unsigned long cache_scan(struct shrinker *shrinker, struct shrink_control *sc)
{
	unsigned long freed = 0;

	cache.runs++;
	cache.gfp = sc->gfp_mask;
	if (cache.is_locked)
		mutex_lock(&cache.lock);
	while (cache.count && freed < sc->nr_to_scan) {
		__free_page(cache.pages[--cache.count]);
		freed++;
	}
	if (cache.is_locked)
		mutex_unlock(&cache.lock);
	return freed ? freed : SHRINK_STOP;
}

static struct shrinker shrinker = {
	.count_objects = cache_count, .scan_objects = cache_scan, .seeks = DEFAULT_SEEKS};

/* Fills the cache with the last pages that there are. */
static void begin_with_cache(unsigned int count, bool is_locked)
{
	memory_begin();
	mutex_init(&cache.lock);
	cache.is_locked = is_locked;
	cache.runs = 0;
	for (cache.count = 0; cache.count < count; cache.count++)
		cache.pages[cache.count] = alloc_page(GFP_KERNEL);
	CU_ASSERT_EQUAL(register_shrinker(&shrinker, "test-%s", "cache"), 0);
}

static void end_with_cache(void)
{
	unregister_shrinker(&shrinker);
	while (cache.count)
		__free_page(cache.pages[--cache.count]);
}

static void allocate_under_lock(gfp_t gfp)
{
	mutex_lock(&cache.lock);
	kfree(kmalloc(1, gfp));
	mutex_unlock(&cache.lock);
}

static void a_request_without_memory_runs_the_shrinkers(void)
{
	struct page *page;

	begin_with_cache(8, true);
	ldlk_memory_limit(ldlk_memory_used());
	CU_ASSERT_PTR_NULL(alloc_page(GFP_NOWAIT));
	CU_ASSERT_EQUAL(cache.runs, 0);
	page = alloc_page(GFP_NOFS);
	CU_ASSERT_PTR_NOT_NULL(page);
	CU_ASSERT(cache.runs > 0);
	CU_ASSERT_EQUAL(cache.gfp, GFP_NOFS);
	CU_ASSERT(cache.count < 8);
	__free_page(page);
	end_with_cache();
	CU_SILENT();
}

static void dropping_the_caches_empties_them(void)
{
	begin_with_cache(64, false);
	CU_ASSERT_EQUAL(shrink_slab(GFP_KERNEL, 0, NULL, DEF_PRIORITY), 1);
	CU_ASSERT_EQUAL(cache.count, 63);
	drop_slab();
	CU_ASSERT_EQUAL(cache.count, 0);
	end_with_cache();
	drop_slab();
	CU_SILENT();
}

static void a4_lock_over_kernel_allocation_taken_by_shrinker_is_reported(void)
{
	begin_with_cache(4, true);
	allocate_under_lock(GFP_KERNEL);
	CU_SILENT();
	shrink_slab(GFP_KERNEL, 0, NULL, 0);
	CU_REPORTS(A4);
	end_with_cache();
	CU_REPORTS(A4);
}

static void a4_lock_that_no_shrinker_takes_is_silent(void)
{
	begin_with_cache(4, false);
	allocate_under_lock(GFP_KERNEL);
	shrink_slab(GFP_KERNEL, 0, NULL, 0);
	end_with_cache();
	CU_SILENT();
}

static void a4_nowait_under_the_shrinkers_lock_is_silent(void)
{
	begin_with_cache(4, true);
	allocate_under_lock(GFP_NOWAIT);
	allocate_under_lock(GFP_ATOMIC);
	shrink_slab(GFP_KERNEL, 0, NULL, 0);
	end_with_cache();
	CU_SILENT();
}

/* What runs for FS alone is not reached by a request without. */
static void a4_nofs_under_the_lock_of_a_filesystems_shrinker_is_silent(void)
{
	unsigned int flags;

	begin_with_cache(4, true);
	allocate_under_lock(GFP_NOFS);
	flags = memalloc_nofs_save();
	allocate_under_lock(GFP_KERNEL);
	memalloc_nofs_restore(flags);
	shrink_slab(GFP_KERNEL, 0, NULL, 0);
	CU_SILENT();
	end_with_cache();
}

static void a4_noio_is_told_from_nofs(void)
{
	begin_with_cache(8, true);
	shrink_slab(GFP_NOFS, 0, NULL, DEF_PRIORITY);
	allocate_under_lock(GFP_NOIO);
	CU_SILENT();
	allocate_under_lock(GFP_NOFS);
	CU_REPORTS(A4);
	end_with_cache();
}

static void a4_every_allocator_is_seen(void)
{
	begin_with_cache(4, true);
	shrink_slab(GFP_KERNEL, 0, NULL, 0);
	mutex_lock(&cache.lock);
	__free_page(alloc_page(GFP_ATOMIC));
	CU_SILENT();
	__free_page(alloc_page(GFP_KERNEL));
	mutex_unlock(&cache.lock);
	CU_REPORTS(A4);
	end_with_cache();
}

static void a4_vmalloc_under_the_shrinkers_lock_is_reported(void)
{
	begin_with_cache(4, true);
	shrink_slab(GFP_KERNEL, 0, NULL, 0);
	mutex_lock(&cache.lock);
	vfree(vmalloc(10));
	mutex_unlock(&cache.lock);
	CU_REPORTS(A4);
	end_with_cache();
}

static void a11_a_declared_lock_needs_no_memory_pressure(void)
{
	begin_with_cache(0, true);
	shrinker_might_lock(&shrinker, &cache.lock);
	allocate_under_lock(GFP_KERNEL);
	CU_REPORTS(A4);
	end_with_cache();
}

static void a11_a_static_lock_may_be_declared_before_its_first_use(void)
{
	static DEFINE_MUTEX(unused_so_far);

	begin_with_cache(0, true);
	shrinker_might_lock(&shrinker, &unused_so_far);
	mutex_lock(&unused_so_far);
	kfree(kmalloc(1, GFP_KERNEL));
	mutex_unlock(&unused_so_far);
	CU_REPORTS(A4);
	end_with_cache();
}

static void a11_a_shrinker_without_a_lock_primes_nothing(void)
{
	begin_with_cache(0, false);
	allocate_under_lock(GFP_KERNEL);
	end_with_cache();
	CU_SILENT();
}

static unsigned long count_under_lock(struct shrinker *of, struct shrink_control *sc)
{
	unsigned long count;

	mutex_lock(&cache.lock);
	count = cache.count;
	mutex_unlock(&cache.lock);
	return count;
}

static void a10_a_count_callback_that_blocks_is_reported(void)
{
	struct shrinker *other;

	begin_with_cache(0, false);
	other = shrinker_alloc(0, "counter");
	other->count_objects = count_under_lock;
	other->scan_objects = cache_scan;
	shrinker_register(other);
	shrink_slab(GFP_KERNEL, 0, NULL, 0);
	CU_REPORTS(A10);
	shrinker_free(other);
	end_with_cache();
}

static void a10_a_count_callback_that_only_reads_is_silent(void)
{
	begin_with_cache(2, true);
	shrink_slab(GFP_KERNEL, 0, NULL, 0);
	end_with_cache();
	CU_SILENT();
}

static gfp_t mask_in_scan;

static unsigned long scan_with_helper(struct shrinker *of, struct shrink_control *sc)
{
	kfree(kmalloc(1, mask_in_scan));
	return SHRINK_STOP;
}

static unsigned long count_one(struct shrinker *of, struct shrink_control *sc)
{
	return 1;
}

static void run_helper(gfp_t called_with, gfp_t allocates_with)
{
	struct shrinker *other;

	memory_begin();
	mask_in_scan = allocates_with;
	other = shrinker_alloc(0, "helper");
	other->count_objects = count_one;
	other->scan_objects = scan_with_helper;
	shrinker_register(other);
	shrink_slab(called_with, 0, NULL, 0);
	shrinker_free(other);
}

/* It is a recursion into itself (A4) as well. */
static void a12_a_callbacks_wider_mask_is_reported(void)
{
	run_helper(GFP_NOFS, GFP_KERNEL);
	CU_HAS(A12);
	CU_HAS(A4);
}

static void a12_a_callbacks_narrower_mask_is_silent(void)
{
	run_helper(GFP_KERNEL, GFP_NOWAIT);
	CU_SILENT();
}

static void l1_unregistering_under_the_shrinkers_lock_is_reported(void)
{
	begin_with_cache(4, true);
	shrink_slab(GFP_KERNEL, 0, NULL, 0);
	CU_SILENT();
	mutex_lock(&cache.lock);
	unregister_shrinker(&shrinker);
	mutex_unlock(&cache.lock);
	CU_ASSERT_EQUAL(ldl_finding_count(), 1);
}

static void *unregister(void *done)
{
	unregister_shrinker(&shrinker);
	__atomic_store_n((bool *)done, true, __ATOMIC_RELEASE);
	return NULL;
}

static bool has_left, was_running;

static unsigned long scan_slowly(struct shrinker *of, struct shrink_control *sc)
{
	pthread_t thread;

	pthread_create(&thread, NULL, unregister, &has_left);
	pthread_detach(thread);
	ldlk_sleep(20000000);
	was_running = !__atomic_load_n(&has_left, __ATOMIC_ACQUIRE);
	return SHRINK_STOP;
}

static void unregistering_waits_for_the_run_under_way(void)
{
	begin_with_cache(1, false);
	has_left = false;
	shrinker.scan_objects = scan_slowly;
	shrink_slab(GFP_KERNEL, 0, NULL, 0);
	shrinker.scan_objects = cache_scan;
	CU_ASSERT(was_running);
	while (!__atomic_load_n(&has_left, __ATOMIC_ACQUIRE))
		ldlk_sleep(1000000);
	CU_ASSERT_EQUAL(shrink_slab(GFP_KERNEL, 0, NULL, 0), 0);
	while (cache.count)
		__free_page(cache.pages[--cache.count]);
}

LDL_SUITE(kernel_memory_reclaim)
{
	LDL_TEST(a_request_without_memory_runs_the_shrinkers);
	LDL_TEST(dropping_the_caches_empties_them);
	LDL_TEST(a4_lock_over_kernel_allocation_taken_by_shrinker_is_reported);
	LDL_TEST(a4_lock_that_no_shrinker_takes_is_silent);
	LDL_TEST(a4_nowait_under_the_shrinkers_lock_is_silent);
	LDL_TEST(a4_nofs_under_the_lock_of_a_filesystems_shrinker_is_silent);
	LDL_TEST(a4_noio_is_told_from_nofs);
	LDL_TEST(a4_every_allocator_is_seen);
	LDL_TEST(a4_vmalloc_under_the_shrinkers_lock_is_reported);
	LDL_TEST(a11_a_declared_lock_needs_no_memory_pressure);
	LDL_TEST(a11_a_static_lock_may_be_declared_before_its_first_use);
	LDL_TEST(a11_a_shrinker_without_a_lock_primes_nothing);
	LDL_TEST(a10_a_count_callback_that_blocks_is_reported);
	LDL_TEST(a10_a_count_callback_that_only_reads_is_silent);
	LDL_TEST(a12_a_callbacks_wider_mask_is_reported);
	LDL_TEST(a12_a_callbacks_narrower_mask_is_silent);
	LDL_TEST(l1_unregistering_under_the_shrinkers_lock_is_reported);
	LDL_TEST(unregistering_waits_for_the_run_under_way);
}
