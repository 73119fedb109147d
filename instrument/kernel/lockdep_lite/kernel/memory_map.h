/* SPDX-License-Identifier: MIT
 *
 * The machine's memory: one range of pages with a `struct page` each, given out by a buddy
 * allocator, so that page arithmetic, orders and page frame numbers mean what they do in a kernel.
 *
 * The range is mapped at its first use and costs address space only, until it is touched. Its size
 * is a limit that a program can set, to run out of memory for real: ldlk_memory_limit(). */
#ifndef LOCKDEP_LITE_KERNEL_MEMORY_MAP_H
#define LOCKDEP_LITE_KERNEL_MEMORY_MAP_H

#include <sys/mman.h>
#include <lockdep_lite/kernel/kmalloc.h>

#define LDLK_BLOCK_ORDER MAX_PAGE_ORDER /* the range is made of blocks of this order */
#define LDLK_BLOCK_PAGES (1ul << LDLK_BLOCK_ORDER)
#define LDLK_RANGE_PAGES (256ul * LDLK_BLOCK_PAGES) /* 1 GiB */

struct page {
	struct list_head lru; /* of a free block's first page: the free list; else the user's */
	unsigned long flags;
	unsigned long private;
	void *mapping;
	unsigned long index;
	int _refcount;
	unsigned char ldlk_order; /* of the first page of a free or used block */
	bool ldlk_is_free;        /* the first page of a free block */
	bool ldlk_is_used;        /* the first page of a used block */
};

/* Invariant: each page belongs to exactly one block, free or used, that is aligned to its size; no
 * two buddies of one order are free; used_pages counts those of the used blocks. */
struct ldlk_memory {
	unsigned int lock;
	char *base; /* NULL: not mapped yet */
	struct page *map;
	unsigned long limit_pages; /* 0: LDLK_RANGE_PAGES */
	unsigned long used_pages;
	struct list_head free[LDLK_BLOCK_ORDER + 1];
};
LDLK_GLOBAL struct ldlk_memory ldlk_memory;

/* How many pages may be in use at a time from here on; 0: all there are. */
static inline void ldlk_memory_limit(unsigned long pages)
{
	ldlk_lock(&ldlk_memory.lock);
	ldlk_memory.limit_pages = pages;
	ldlk_unlock(&ldlk_memory.lock);
}

static inline unsigned long ldlk_memory_used(void)
{
	return __atomic_load_n(&ldlk_memory.used_pages, __ATOMIC_RELAXED);
}

/* Page frame numbers are indices into the range. */
static inline unsigned long page_to_pfn(const struct page *page)
{
	return (unsigned long)(page - ldlk_memory.map);
}

static inline struct page *pfn_to_page(unsigned long pfn)
{
	return ldlk_memory.map + pfn;
}

static inline bool pfn_valid(unsigned long pfn)
{
	return ldlk_memory.base && pfn < LDLK_RANGE_PAGES;
}

static inline void *page_address(const struct page *page)
{
	return ldlk_memory.base + (page_to_pfn(page) << PAGE_SHIFT);
}

static inline struct page *virt_to_page(const void *address)
{
	return ldlk_memory.map + ((size_t)((const char *)address - ldlk_memory.base) >> PAGE_SHIFT);
}

static inline void ldlk_block_free(unsigned long pfn, unsigned int order)
{
	struct page *page = pfn_to_page(pfn);

	page->ldlk_is_used = false;
	page->ldlk_is_free = true;
	page->ldlk_order = (unsigned char)order;
	list_add(&page->lru, &ldlk_memory.free[order]);
}

static inline void *ldlk_map_anonymous(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

/* Maps the range if that was not done. The first block is not used, so that no page is at 0. */
static inline bool ldlk_memory_map_locked(void)
{
	char *base;

	if (ldlk_memory.base)
		return true;
	base = (char *)ldlk_map_anonymous((LDLK_RANGE_PAGES + LDLK_BLOCK_PAGES) << PAGE_SHIFT);
	if (!ldlk_memory.map)
		ldlk_memory.map =
			(struct page *)ldlk_map_anonymous(LDLK_RANGE_PAGES * sizeof(struct page));
	if (!base || !ldlk_memory.map)
		return false;
	for (unsigned int order = 0; order <= LDLK_BLOCK_ORDER; order++)
		INIT_LIST_HEAD(&ldlk_memory.free[order]);
	ldlk_memory.base = base + (-(size_t)base & ((LDLK_BLOCK_PAGES << PAGE_SHIFT) - 1));
	for (unsigned long block = LDLK_RANGE_PAGES; block > LDLK_BLOCK_PAGES;) {
		block -= LDLK_BLOCK_PAGES;
		ldlk_block_free(block, LDLK_BLOCK_ORDER);
	}
	return true;
}

static inline void ldlk_block_use(unsigned long pfn, unsigned int order)
{
	struct page *page = pfn_to_page(pfn);

	for (unsigned long i = 0; i < 1ul << order; i++) {
		page[i].flags = page[i].private = page[i].index = 0;
		page[i].mapping = NULL;
		page[i]._refcount = i == 0;
		INIT_LIST_HEAD(&page[i].lru);
	}
	page->ldlk_is_used = true;
	page->ldlk_order = (unsigned char)order;
	ldlk_memory.used_pages += 1ul << order;
}

/* Splits a free block until one of its parts is the block at `pfn` of this order; the other parts
 * stay free. */
static inline void ldlk_block_carve(struct page *block, unsigned long pfn, unsigned int order)
{
	unsigned long first = page_to_pfn(block);
	unsigned int at = block->ldlk_order;

	list_del(&block->lru);
	block->ldlk_is_free = false;
	while (at > order) {
		unsigned long half = first + (1ul << --at);

		ldlk_block_free(pfn >= half ? first : half, at);
		first = pfn >= half ? half : first;
	}
	ldlk_block_use(pfn, order);
}

/* A block of 2^order pages, their contents undefined; NULL: there is none. */
static inline struct page *ldlk_pages_take(unsigned int order)
{
	struct page *block = NULL;
	unsigned long limit;

	if (order > LDLK_BLOCK_ORDER)
		return NULL;
	ldlk_lock(&ldlk_memory.lock);
	limit = ldlk_memory.limit_pages ? ldlk_memory.limit_pages : LDLK_RANGE_PAGES;
	if (ldlk_memory_map_locked() && ldlk_memory.used_pages + (1ul << order) <= limit) {
		unsigned int at = order;

		while (at < LDLK_BLOCK_ORDER && list_empty(&ldlk_memory.free[at]))
			at++;
		if (!list_empty(&ldlk_memory.free[at])) {
			block = list_first_entry(&ldlk_memory.free[at], struct page, lru);
			ldlk_block_carve(block, page_to_pfn(block), order);
		}
	}
	ldlk_unlock(&ldlk_memory.lock);
	return block;
}

/* Frees a block and joins it with its buddies. */
static inline void ldlk_pages_give_locked(unsigned long pfn, unsigned int order)
{
	ldlk_memory.used_pages -= 1ul << order;
	pfn_to_page(pfn)->ldlk_is_used = false;
	while (order < LDLK_BLOCK_ORDER) {
		struct page *buddy = pfn_to_page(pfn ^ (1ul << order));

		if (!buddy->ldlk_is_free || buddy->ldlk_order != order)
			break;
		list_del(&buddy->lru);
		buddy->ldlk_is_free = false;
		pfn &= ~(1ul << order);
		order++;
	}
	ldlk_block_free(pfn, order);
}

static inline void ldlk_pages_give(struct page *page, unsigned int order)
{
	ldlk_lock(&ldlk_memory.lock);
	ldlk_pages_give_locked(page_to_pfn(page), order);
	ldlk_unlock(&ldlk_memory.lock);
}

/* Makes of a used block single pages that are freed one by one. */
static inline void split_page(struct page *page, unsigned int order)
{
	for (unsigned long i = 0; i < 1ul << order; i++) {
		page[i].ldlk_order = 0;
		page[i].ldlk_is_used = true;
		page[i]._refcount = 1;
	}
}

#endif
