/* The kernel-style header's allocators: that they work. What is checked is in the files beside. */
#include <pthread.h>
#include "tests/unit/test_kernel_memory.h"

static bool is_filled(const void *memory, size_t size, unsigned char byte)
{
	for (size_t i = 0; i < size; i++)
		if (((const unsigned char *)memory)[i] != byte)
			return false;
	return true;
}

static void kmalloc_gives_memory_that_is_aligned_to_its_size(void)
{
	memory_begin();
	for (size_t size = 1; size <= 1ul << 16; size *= 2) {
		char *object = kmalloc(size, GFP_KERNEL);

		CU_ASSERT_PTR_NOT_NULL_FATAL(object);
		CU_ASSERT_EQUAL((size_t)object % size, 0);
		CU_ASSERT(ksize(object) >= size);
		memset(object, 1, size);
		kfree(object);
	}
	CU_ASSERT_PTR_NULL(kmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL));
	CU_ASSERT_PTR_EQUAL(kmalloc(0, GFP_KERNEL), ZERO_SIZE_PTR);
	kfree(ZERO_SIZE_PTR);
	kfree(NULL);
	CU_SILENT();
}

static void zeroed_memory_stays_so_when_it_grows(void)
{
	char *object;

	memory_begin();
	object = kzalloc(40, GFP_KERNEL);
	CU_ASSERT(is_filled(object, 40, 0));
	memset(object, 7, 40);
	object = krealloc(object, 5000, GFP_KERNEL | __GFP_ZERO);
	CU_ASSERT(is_filled(object, 40, 7));
	CU_ASSERT(is_filled(object + 40, 4960, 0));
	kfree_sensitive(object);
	object = kcalloc(10, 10, GFP_NOWAIT);
	CU_ASSERT(is_filled(object, 100, 0));
	kfree(object);
	CU_ASSERT_PTR_NULL(kcalloc(SIZE_MAX / 2, 3, GFP_KERNEL));
	CU_SILENT();
}

static void strings_are_copied_and_printed(void)
{
	char *text, *copy;

	memory_begin();
	text = kasprintf(GFP_KERNEL, "%s-%d", "loop", 7);
	CU_ASSERT_STRING_EQUAL(text, "loop-7");
	copy = kstrdup(text, GFP_KERNEL);
	CU_ASSERT_STRING_EQUAL(copy, text);
	kfree(copy);
	copy = kstrndup(text, 4, GFP_KERNEL);
	CU_ASSERT_STRING_EQUAL(copy, "loop");
	kfree(copy);
	copy = kmemdup(text, 7, GFP_KERNEL);
	CU_ASSERT_STRING_EQUAL(copy, text);
	kfree(copy);
	kfree(text);
	CU_ASSERT_PTR_NULL(kstrdup(NULL, GFP_KERNEL));
}

static unsigned int constructed;

static void construct(void *object)
{
	constructed++;
	memset(object, 0x5a, 24);
}

static void a_cache_keeps_what_its_constructor_made(void)
{
	struct kmem_cache *cache = kmem_cache_create("kept", 24, 0, 0, construct);
	void *object, *others[4];

	memory_begin();
	constructed = 0;
	object = kmem_cache_alloc(cache, GFP_KERNEL);
	CU_ASSERT(is_filled(object, 24, 0x5a));
	kmem_cache_free(cache, object);
	CU_ASSERT_PTR_EQUAL(kmem_cache_alloc(cache, GFP_KERNEL), object);
	CU_ASSERT(is_filled(object, 24, 0x5a));
	CU_ASSERT_EQUAL(constructed, 1);
	CU_ASSERT_EQUAL(kmem_cache_alloc_bulk(cache, GFP_KERNEL, 4, others), 4);
	CU_ASSERT_EQUAL(constructed, 5);
	kmem_cache_free_bulk(cache, 4, others);
	kmem_cache_free(cache, object);
	kmem_cache_destroy(cache);
	CU_SILENT();
}

static void caches_are_made_in_the_new_way_too(void)
{
	struct kmem_cache_args args = {.align = 256};
	struct kmem_cache *cache = kmem_cache_create("aligned", 40, &args, SLAB_HWCACHE_ALIGN);
	struct kmem_cache *plain = KMEM_CACHE(kmem_cache_args, 0);
	void *object = kmem_cache_zalloc(cache, GFP_KERNEL);

	CU_ASSERT_EQUAL((size_t)object % 256, 0);
	CU_ASSERT(is_filled(object, 40, 0));
	CU_ASSERT_EQUAL(kmem_cache_size(plain), sizeof(args));
	kmem_cache_free(cache, object);
	kmem_cache_destroy(cache);
	kmem_cache_destroy(plain);
}

static void kvmalloc_falls_back_to_pages(void)
{
	char *memory;

	memory_begin();
	fail_requests(1);
	memory = kvmalloc(100000, GFP_KERNEL | __GFP_NOFAIL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
	CU_ASSERT_EQUAL((size_t)memory % PAGE_SIZE, 0);
	CU_ASSERT_EQUAL(fail_next, 0);
	memset(memory, 1, 100000);
	memory = kvrealloc(memory, 200000, GFP_KERNEL);
	CU_ASSERT(is_filled(memory, 100000, 1));
	kvfree(memory);
	memory = vzalloc(10000);
	CU_ASSERT(is_filled(memory, 10000, 0));
	vfree(memory);
	CU_SILENT();
}

static void failures_that_are_put_in_do_not_meet_nofail(void)
{
	struct kmem_cache *cache = kmem_cache_create("failing", 8, 0, 0, NULL);
	void *object;

	memory_begin();
	fail_requests(2);
	object = kmalloc(8, GFP_KERNEL | __GFP_NOFAIL);
	CU_ASSERT_PTR_NOT_NULL(object);
	CU_ASSERT_PTR_NULL(kmalloc(8, GFP_KERNEL));
	CU_ASSERT_PTR_NULL(kmem_cache_alloc(cache, GFP_KERNEL));
	kfree(object);
	fail_requests(1);
	CU_ASSERT_PTR_NULL(alloc_page(GFP_KERNEL));
	kmem_cache_destroy(cache);
}

static void pages_lie_in_a_row_and_are_aligned_to_their_order(void)
{
	unsigned long before = ldlk_memory_used();

	memory_begin();
	for (unsigned int order = 0; order <= MAX_PAGE_ORDER; order++) {
		struct page *page = alloc_pages(GFP_KERNEL | __GFP_ZERO, order);
		char *memory;

		CU_ASSERT_PTR_NOT_NULL_FATAL(page);
		memory = page_address(page);
		CU_ASSERT_EQUAL(page_to_pfn(page) % (1ul << order), 0);
		CU_ASSERT(is_filled(memory, PAGE_SIZE << order, 0));
		memset(memory, 1, PAGE_SIZE << order);
		CU_ASSERT_PTR_EQUAL(
			virt_to_page(memory + (PAGE_SIZE << order) - 1), page + (1ul << order) - 1);
		free_pages((unsigned long)memory, order);
	}
	CU_ASSERT_PTR_NULL(alloc_pages(GFP_KERNEL, MAX_PAGE_ORDER + 1));
	CU_ASSERT_EQUAL(ldlk_memory_used(), before);
}

static void freed_pages_join_into_blocks_again(void)
{
	static struct page *pages[2 * 1024];
	unsigned long before = ldlk_memory_used();
	struct page *block;

	memory_begin();
	CU_ASSERT_EQUAL(alloc_pages_bulk(GFP_KERNEL, 2048, pages), 2048);
	CU_ASSERT_EQUAL(ldlk_memory_used(), before + 2048);
	for (unsigned int i = 0; i < 2048; i++)
		__free_page(pages[(i * 1025) % 2048]);
	CU_ASSERT_EQUAL(ldlk_memory_used(), before);
	block = alloc_pages(GFP_KERNEL, MAX_PAGE_ORDER);
	CU_ASSERT_PTR_NOT_NULL(block);
	__free_pages(block, MAX_PAGE_ORDER);
}

static void an_exact_request_gives_the_rest_back(void)
{
	unsigned long before = ldlk_memory_used();
	char *memory;

	memory_begin();
	memory = alloc_pages_exact(5 * PAGE_SIZE, GFP_KERNEL);
	CU_ASSERT_EQUAL(ldlk_memory_used(), before + 5);
	memset(memory, 1, 5 * PAGE_SIZE);
	free_pages_exact(memory, 5 * PAGE_SIZE);
	CU_ASSERT_EQUAL(ldlk_memory_used(), before);
	memory = (char *)get_zeroed_page(GFP_KERNEL);
	CU_ASSERT(is_filled(memory, PAGE_SIZE, 0));
	free_page((unsigned long)memory);
	CU_ASSERT_EQUAL(ldlk_memory_used(), before);
}

static void memory_can_run_out(void)
{
	struct page *page;

	memory_begin();
	ldlk_memory_limit(ldlk_memory_used() + 1);
	page = alloc_page(GFP_KERNEL);
	CU_ASSERT_PTR_NOT_NULL(page);
	CU_ASSERT_PTR_NULL(alloc_page(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN));
	CU_ASSERT_PTR_NULL(alloc_page(GFP_NOWAIT));
	__free_page(page);
	page = alloc_page(GFP_NOWAIT);
	CU_ASSERT_PTR_NOT_NULL(page);
	__free_page(page);
}

static void *free_later(void *page)
{
	ldlk_sleep(20000000);
	__free_page(page);
	return NULL;
}

static void nofail_waits_until_there_is_memory(void)
{
	struct page *page;
	pthread_t thread;

	memory_begin();
	ldlk_memory_limit(ldlk_memory_used() + 1);
	page = alloc_page(GFP_KERNEL);
	pthread_create(&thread, NULL, free_later, page);
	page = alloc_page(GFP_KERNEL | __GFP_NOFAIL);
	CU_ASSERT_PTR_NOT_NULL(page);
	pthread_join(thread, NULL);
	__free_page(page);
	CU_SILENT();
}

static void a_contiguous_range_is_taken_when_it_is_free(void)
{
	unsigned long start = 100 * LDLK_BLOCK_PAGES + 3, before = ldlk_memory_used();

	memory_begin();
	CU_ASSERT_EQUAL(alloc_contig_range(start, start + 1500, MIGRATE_MOVABLE, GFP_KERNEL), 0);
	CU_ASSERT_EQUAL(ldlk_memory_used(), before + 1500);
	memset(page_address(pfn_to_page(start)), 1, 1500 * PAGE_SIZE);
	CU_ASSERT_EQUAL(
		alloc_contig_range(start - 1, start + 1, MIGRATE_MOVABLE, GFP_NOWAIT), -EBUSY);
	CU_ASSERT_EQUAL(alloc_contig_range(start, start + 1, MIGRATE_MOVABLE,
				GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN),
		-EBUSY);
	CU_ASSERT_EQUAL(alloc_contig_range(start, start + 1, MIGRATE_MOVABLE, GFP_KERNEL), -EBUSY);
	free_contig_range(start, 1500);
	CU_ASSERT_EQUAL(ldlk_memory_used(), before);
}

static void areas_give_ranges_out_and_take_them_back(void)
{
	unsigned long before = ldlk_memory_used();
	struct page *pages[4];
	struct cma *area = NULL;
	size_t count;

	memory_begin();
	CU_ASSERT_EQUAL(cma_init_reserved_mem((phys_addr_t)200 * LDLK_BLOCK_PAGES << PAGE_SHIFT,
				64 * PAGE_SIZE, 0, "test", &area),
		0);
	pages[0] = cma_alloc(area, 16, 2, true);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pages[0]);
	CU_ASSERT(cma_release(area, pages[0], 16));
	CU_ASSERT_PTR_NULL(cma_alloc(area, 65, 0, true));
	CU_ASSERT_EQUAL(cma_alloc_bulk(area, 0, true, 4, 4, pages, &count), 0);
	CU_ASSERT_EQUAL(count, 4);
	for (size_t i = 0; i < count; i++)
		CU_ASSERT(cma_release(area, pages[i], 16));
	CU_ASSERT_EQUAL(ldlk_memory_used(), before);
	cma_destroy(area);
	CU_SILENT();
}

LDL_SUITE(kernel_memory)
{
	LDL_TEST(kmalloc_gives_memory_that_is_aligned_to_its_size);
	LDL_TEST(zeroed_memory_stays_so_when_it_grows);
	LDL_TEST(strings_are_copied_and_printed);
	LDL_TEST(a_cache_keeps_what_its_constructor_made);
	LDL_TEST(caches_are_made_in_the_new_way_too);
	LDL_TEST(kvmalloc_falls_back_to_pages);
	LDL_TEST(failures_that_are_put_in_do_not_meet_nofail);
	LDL_TEST(pages_lie_in_a_row_and_are_aligned_to_their_order);
	LDL_TEST(freed_pages_join_into_blocks_again);
	LDL_TEST(an_exact_request_gives_the_rest_back);
	LDL_TEST(memory_can_run_out);
	LDL_TEST(nofail_waits_until_there_is_memory);
	LDL_TEST(a_contiguous_range_is_taken_when_it_is_free);
	LDL_TEST(areas_give_ranges_out_and_take_them_back);
}
