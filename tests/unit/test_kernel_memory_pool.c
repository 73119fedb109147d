/* Mempools by the kernel's names: a reserve that is really there, and what is checked of it. */
#include <pthread.h>
#include "tests/unit/test_kernel_memory.h"

static struct mutex lock;

static void *alloc_no_more(gfp_t gfp, void *data)
{
	return fail_next ? NULL : kmalloc(16, gfp);
}

static void free_element(void *element, void *data)
{
	kfree(element);
}

/* While this is set the backing allocator gives nothing. */
static void close_backing(bool is_closed)
{
	fail_requests(is_closed ? ~0u : 0);
}

static void an_element_comes_from_the_reserve_when_memory_is_short(void)
{
	void *elements[3];
	mempool_t *pool;

	memory_begin();
	pool = mempool_create_kmalloc_pool(3, 100);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
	CU_ASSERT_EQUAL(pool->curr_nr, 3);
	elements[0] = mempool_alloc(pool, GFP_NOIO);
	CU_ASSERT_EQUAL(pool->curr_nr, 3);
	mempool_free(elements[0], pool);
	close_backing(true);
	CU_ASSERT_EQUAL(mempool_alloc_bulk(pool, elements, 3, 0), 0);
	CU_ASSERT_EQUAL(pool->curr_nr, 0);
	CU_ASSERT_PTR_NULL(mempool_alloc(pool, GFP_NOWAIT));
	memset(elements[2], 1, 100);
	mempool_free_bulk(pool, elements, 3);
	CU_ASSERT_EQUAL(pool->curr_nr, 3);
	elements[0] = mempool_alloc_preallocated(pool);
	CU_ASSERT_PTR_NOT_NULL(elements[0]);
	CU_ASSERT_EQUAL(pool->curr_nr, 2);
	mempool_free(elements[0], pool);
	close_backing(false);
	mempool_destroy(pool);
	CU_SILENT();
}

static void pools_stand_on_caches_and_pages_too(void)
{
	struct kmem_cache *cache = kmem_cache_create("pool", 64, 0, 0, NULL);
	unsigned long before = ldlk_memory_used();
	mempool_t from_cache = {0}, from_pages = {0};
	struct page *page;
	void *object;

	memory_begin();
	CU_ASSERT(!mempool_initialized(&from_cache));
	CU_ASSERT_EQUAL(mempool_init_slab_pool(&from_cache, 2, cache), 0);
	CU_ASSERT_EQUAL(mempool_init_page_pool(&from_pages, 4, 2), 0);
	CU_ASSERT(mempool_initialized(&from_cache) && mempool_is_saturated(&from_pages));
	CU_ASSERT_EQUAL(ldlk_memory_used(), before + 16);
	close_backing(true);
	object = mempool_alloc(&from_cache, GFP_KERNEL);
	page = mempool_alloc(&from_pages, GFP_KERNEL);
	memset(page_address(page), 1, 4 * PAGE_SIZE);
	mempool_free(page, &from_pages);
	mempool_free(object, &from_cache);
	close_backing(false);
	mempool_exit(&from_pages);
	mempool_exit(&from_cache);
	CU_ASSERT_EQUAL(ldlk_memory_used(), before);
	kmem_cache_destroy(cache);
	CU_SILENT();
}

static void a_pool_that_cannot_be_filled_is_not_made(void)
{
	memory_begin();
	fail_next = 1;
	CU_ASSERT_PTR_NULL(mempool_create(2, alloc_no_more, free_element, NULL));
	CU_ASSERT_PTR_NULL(mempool_create_node(
		2, alloc_no_more, free_element, NULL, GFP_KERNEL, NUMA_NO_NODE));
	fail_next = 0;
}

static void a_pool_grows_and_shrinks(void)
{
	void *elements[6];
	mempool_t *pool;

	memory_begin();
	pool = mempool_create(2, alloc_no_more, free_element, NULL);
	CU_ASSERT_EQUAL(mempool_resize(pool, 6), 0);
	CU_ASSERT_EQUAL(pool->curr_nr, 6);
	close_backing(true);
	for (int i = 0; i < 6; i++)
		elements[i] = mempool_alloc_preallocated(pool);
	CU_ASSERT_PTR_NOT_NULL(elements[5]);
	CU_ASSERT_PTR_NULL(mempool_alloc_preallocated(pool));
	CU_ASSERT_EQUAL(mempool_resize(pool, 1), 0);
	mempool_free_bulk(pool, elements, 6);
	CU_ASSERT_EQUAL(pool->curr_nr, 1);
	CU_ASSERT_EQUAL(mempool_resize(pool, 0), -EINVAL);
	close_backing(false);
	mempool_destroy(pool);
}

struct waiter {
	mempool_t *pool;
	void *element;
};

static void *wait_for_element(void *argument)
{
	struct waiter *waiter = argument;

	waiter->element = mempool_alloc(waiter->pool, GFP_NOIO);
	mempool_free(waiter->element, waiter->pool);
	return NULL;
}

static void a_wait_for_a_pool_ends_with_a_free(void)
{
	struct waiter waiter[3] = {{0}};
	pthread_t threads[3];
	void *element;

	memory_begin();
	waiter[0].pool = waiter[1].pool = waiter[2].pool = mempool_create_kmalloc_pool(1, 8);
	close_backing(true);
	element = mempool_alloc(waiter[0].pool, GFP_NOIO);
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, wait_for_element, &waiter[i]);
	ldlk_sleep(20000000);
	CU_ASSERT_PTR_NULL(waiter[0].element);
	mempool_free(element, waiter[0].pool);
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], NULL);
		CU_ASSERT_PTR_EQUAL(waiter[i].element, element);
	}
	close_backing(false);
	mempool_destroy(waiter[0].pool);
	CU_SILENT();
}

static void c1_two_elements_of_one_pool_are_reported(void)
{
	void *first, *second;
	mempool_t *pool;

	memory_begin();
	pool = mempool_create_kmalloc_pool(4, 8);
	first = mempool_alloc(pool, GFP_NOIO);
	second = mempool_alloc(pool, GFP_NOIO);
	mempool_free(second, pool);
	mempool_free(first, pool);
	mempool_destroy(pool);
	CU_REPORTS(C1);
}

static void c1_one_bulk_call_or_one_after_the_other_is_silent(void)
{
	void *elements[2];
	mempool_t *pool;

	memory_begin();
	pool = mempool_create_kmalloc_pool(4, 8);
	CU_ASSERT_EQUAL(mempool_alloc_bulk(pool, elements, 2, 0), 0);
	mempool_free_bulk(pool, elements, 2);
	elements[0] = mempool_alloc(pool, GFP_NOIO);
	mempool_free(elements[0], pool);
	elements[0] = mempool_alloc(pool, GFP_NOIO);
	elements[1] = mempool_alloc(pool, GFP_NOWAIT);
	mempool_free_bulk(pool, elements, 2);
	mempool_destroy(pool);
	CU_SILENT();
}

/* md over dm over loop: each layer takes from its own pool while it holds the upper one's. */
static void take_in_order(mempool_t *upper, mempool_t *lower)
{
	void *above = mempool_alloc(upper, GFP_NOIO), *below = mempool_alloc(lower, GFP_NOIO);

	mempool_free(below, lower);
	mempool_free(above, upper);
}

static void c2_two_pools_in_both_orders_are_reported(void)
{
	mempool_t md = {0}, dm = {0};

	memory_begin();
	mempool_init_kmalloc_pool(&md, 2, 8);
	mempool_init_kmalloc_pool(&dm, 2, 8);
	take_in_order(&md, &dm);
	CU_SILENT();
	take_in_order(&dm, &md);
	CU_REPORTS(C2);
	mempool_exit(&dm);
	mempool_exit(&md);
}

static void c2_one_pool_for_each_layer_is_silent(void)
{
	mempool_t md = {0}, dm = {0}, loop = {0};

	memory_begin();
	mempool_init_kmalloc_pool(&md, 2, 8);
	mempool_init_kmalloc_pool(&dm, 2, 8);
	mempool_init_kmalloc_pool(&loop, 2, 8);
	take_in_order(&md, &dm);
	take_in_order(&dm, &loop);
	take_in_order(&md, &loop);
	mempool_exit(&loop);
	mempool_exit(&dm);
	mempool_exit(&md);
	CU_SILENT();
}

static void c3_a_lock_over_the_wait_that_the_free_path_takes_is_reported(void)
{
	mempool_t *pool;
	void *element;

	memory_begin();
	mutex_init(&lock);
	pool = mempool_create_kmalloc_pool(2, 8);
	mutex_lock(&lock);
	element = mempool_alloc(pool, GFP_NOIO);
	mutex_unlock(&lock);
	CU_SILENT();
	mutex_lock(&lock);
	mempool_free(element, pool);
	mutex_unlock(&lock);
	CU_REPORTS(C3);
	mempool_destroy(pool);
}

static void c3_a_free_path_without_the_lock_is_silent(void)
{
	mempool_t *pool;
	void *element;

	memory_begin();
	mutex_init(&lock);
	pool = mempool_create_kmalloc_pool(2, 8);
	mutex_lock(&lock);
	element = mempool_alloc(pool, GFP_NOIO);
	mutex_unlock(&lock);
	mempool_free(element, pool);
	mempool_destroy(pool);
	CU_SILENT();
}

/* The element and its lock have one address. */
static void a_lock_that_an_element_begins_with_is_a_lock_of_its_own(void)
{
	struct request {
		spinlock_t lock;
	} * element;
	mempool_t *pool;

	memory_begin();
	pool = mempool_create_kmalloc_pool(2, sizeof(*element));
	element = mempool_alloc(pool, GFP_NOIO);
	spin_lock_init(&element->lock);
	CU_ASSERT(!lockdep_is_held(&element->lock));
	spin_lock(&element->lock);
	spin_unlock(&element->lock);
	mempool_free(element, pool);
	CU_ASSERT_EQUAL(ldl_is_held(element), 0);
	mempool_destroy(pool);
	CU_SILENT();
}

static void c4_a_reserve_of_zero_is_reported(void)
{
	memory_begin();
	mempool_destroy(mempool_create_kmalloc_pool(0, 8));
	CU_REPORTS(C4);
}

static void c4_a_filled_reserve_is_silent(void)
{
	memory_begin();
	mempool_destroy(mempool_create_kmalloc_pool(1, 8));
	CU_SILENT();
}

/* The header asks as it should, whatever its caller's mask; rule C6 is for pools of one's own. */
static gfp_t asked_with;

static void *alloc_and_note(gfp_t gfp, void *data)
{
	asked_with = gfp;
	return kmalloc(8, gfp);
}

static void c6_the_backing_allocator_is_asked_lightly(void)
{
	mempool_t *pool;

	memory_begin();
	pool = mempool_create(1, alloc_and_note, free_element, NULL);
	mempool_free(mempool_alloc(pool, GFP_KERNEL), pool);
	CU_ASSERT_EQUAL(asked_with,
		__GFP_KSWAPD_RECLAIM | __GFP_FS | __GFP_NORETRY | __GFP_NOMEMALLOC | __GFP_NOWARN);
	mempool_destroy(pool);
	CU_SILENT();
}

static void c6_a_greedy_backing_request_is_reported(void)
{
	mempool_t *pool;

	memory_begin();
	pool = mempool_create(1, alloc_and_note, free_element, NULL);
	ldl_mempool_backing(pool, GFP_NOIO);
	CU_REPORTS(C6);
	mempool_destroy(pool);
}

static void a2_an_element_of_a_filled_reserve_may_be_taken_without_blocking(void)
{
	mempool_t *pool;
	void *element;

	memory_begin();
	pool = mempool_create_kmalloc_pool(2, 8);
	close_backing(true);
	non_block_start();
	element = mempool_alloc(pool, GFP_NOWAIT);
	mempool_free(element, pool);
	non_block_end();
	CU_ASSERT_PTR_NOT_NULL(element);
	close_backing(false);
	mempool_destroy(pool);
	CU_SILENT();
}

/* Failures that the reserve makes good are no repeated tries. */
static void b7_a_reserve_that_is_used_again_and_again_is_silent(void)
{
	mempool_t *pool;

	memory_begin();
	pool = mempool_create_kmalloc_pool(2, 8);
	close_backing(true);
	for (int i = 0; i < 10; i++)
		mempool_free(mempool_alloc(pool, GFP_NOIO), pool);
	close_backing(false);
	mempool_destroy(pool);
	CU_SILENT();
}

static void b7_retries_without_a_wait_are_reported(void)
{
	void *object = NULL;

	memory_begin();
	fail_requests(5);
	for (int i = 0; i < 6; i++)
		object = kmalloc(8, GFP_KERNEL | __GFP_NOWARN);
	CU_ASSERT_PTR_NOT_NULL(object);
	kfree(object);
	CU_REPORTS(B7);
}

static void b7_retries_with_a_wait_are_silent(void)
{
	void *object = NULL;

	memory_begin();
	fail_requests(5);
	while (!(object = kmalloc(8, GFP_KERNEL | __GFP_NOWARN)))
		memalloc_retry_wait(GFP_KERNEL);
	kfree(object);
	CU_SILENT();
}

LDL_SUITE(kernel_memory_pool)
{
	LDL_TEST(an_element_comes_from_the_reserve_when_memory_is_short);
	LDL_TEST(pools_stand_on_caches_and_pages_too);
	LDL_TEST(a_pool_that_cannot_be_filled_is_not_made);
	LDL_TEST(a_pool_grows_and_shrinks);
	LDL_TEST(a_wait_for_a_pool_ends_with_a_free);
	LDL_TEST(c1_two_elements_of_one_pool_are_reported);
	LDL_TEST(c1_one_bulk_call_or_one_after_the_other_is_silent);
	LDL_TEST(c2_two_pools_in_both_orders_are_reported);
	LDL_TEST(c2_one_pool_for_each_layer_is_silent);
	LDL_TEST(c3_a_lock_over_the_wait_that_the_free_path_takes_is_reported);
	LDL_TEST(c3_a_free_path_without_the_lock_is_silent);
	LDL_TEST(a_lock_that_an_element_begins_with_is_a_lock_of_its_own);
	LDL_TEST(c4_a_reserve_of_zero_is_reported);
	LDL_TEST(c4_a_filled_reserve_is_silent);
	LDL_TEST(c6_the_backing_allocator_is_asked_lightly);
	LDL_TEST(c6_a_greedy_backing_request_is_reported);
	LDL_TEST(a2_an_element_of_a_filled_reserve_may_be_taken_without_blocking);
	LDL_TEST(b7_a_reserve_that_is_used_again_and_again_is_silent);
	LDL_TEST(b7_retries_without_a_wait_are_reported);
	LDL_TEST(b7_retries_with_a_wait_are_silent);
}
