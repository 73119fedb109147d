/* SPDX-License-Identifier: MIT
 *
 * alloc_pages() and its relatives: blocks of 2^order pages of the memory in memory_map.h.
 *
 * The order of each request is told, whether or not it is served at once (rule B6). */
#ifndef LOCKDEP_LITE_KERNEL_PAGE_ALLOC_H
#define LOCKDEP_LITE_KERNEL_PAGE_ALLOC_H

#include <lockdep_lite/kernel/memory_map.h>

/* The smallest order that holds `size` bytes. */
static inline unsigned int get_order(unsigned long size)
{
	unsigned int order = 0;

	while (size > PAGE_SIZE << order)
		order++;
	return order;
}

static __always_inline struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	unsigned int attempt = 0;
	struct page *page;

	ldlk_announce(gfp, PAGE_SIZE << (order & 31));
	if (unlikely(order > MAX_PAGE_ORDER || should_fail_alloc_page(gfp, order))) {
		ldlk_alloc_fails(gfp);
		return NULL;
	}
	while (!(page = ldlk_pages_take(order))) {
		if (!ldlk_try_again(gfp, attempt++)) {
			ldlk_alloc_fails(gfp);
			return NULL;
		}
	}
	ldl_alloc_used(PAGE_SIZE << order);
	if (gfp & __GFP_ZERO)
		memset(page_address(page), 0, PAGE_SIZE << order);
	return page;
}

#define alloc_page(gfp)                       alloc_pages(gfp, 0)
#define alloc_pages_node(node, gfp, order)    ((void)(node), alloc_pages(gfp, order))
#define __alloc_pages(gfp, order, node, mask) ((void)(node), (void)(mask), alloc_pages(gfp, order))
#define __alloc_pages_node(node, gfp, order)  ((void)(node), alloc_pages(gfp, order))
#define __get_free_page(gfp)                  __get_free_pages(gfp, 0)
#define __get_dma_pages(gfp, order)           __get_free_pages((gfp) | GFP_DMA, order)
#define get_zeroed_page(gfp)                  __get_free_pages((gfp) | __GFP_ZERO, 0)

static __always_inline void __free_pages(struct page *page, unsigned int order)
{
	if (!page)
		return;
	ldl_alloc_freed(PAGE_SIZE << order);
	ldlk_pages_give(page, order);
}

/* Takes a reference; the last put_page() frees the block. */
static inline void get_page(struct page *page)
{
	__atomic_add_fetch(&page->_refcount, 1, __ATOMIC_RELAXED);
}

static __always_inline void put_page(struct page *page)
{
	if (__atomic_sub_fetch(&page->_refcount, 1, __ATOMIC_ACQ_REL) == 0)
		__free_pages(page, page->ldlk_order);
}

/* The address of such a block, or 0. */
static __always_inline unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_pages(gfp & ~__GFP_HIGHMEM, order);

	return page ? (unsigned long)page_address(page) : 0;
}

static __always_inline void free_pages(unsigned long address, unsigned int order)
{
	if (address)
		__free_pages(virt_to_page((void *)address), order);
}

#define __free_page(page)  __free_pages(page, 0)
#define free_page(address) free_pages(address, 0)

/* Exactly as many pages as `size` needs: the rest of the block is given back at once. */
static __always_inline void *alloc_pages_exact(size_t size, gfp_t gfp)
{
	unsigned int order = get_order(size);
	unsigned long needed = PAGE_ALIGN(size) >> PAGE_SHIFT;
	struct page *page = alloc_pages(gfp, order);

	if (!page)
		return NULL;
	split_page(page, order);
	for (unsigned long i = needed; i < 1ul << order; i++)
		__free_pages(page + i, 0);
	return page_address(page);
}

static __always_inline void free_pages_exact(void *address, size_t size)
{
	for (unsigned long i = 0; i < PAGE_ALIGN(size) >> PAGE_SHIFT; i++)
		__free_pages(virt_to_page(address) + i, 0);
}

/* Fills the empty places of an array with single pages; how many places are filled now. */
static __always_inline unsigned long alloc_pages_bulk(
	gfp_t gfp, unsigned long count, struct page **pages)
{
	unsigned long filled = 0;

	for (unsigned long i = 0; i < count; i++) {
		if (!pages[i])
			pages[i] = alloc_pages(gfp, 0);
		if (!pages[i])
			break;
		filled++;
	}
	return filled;
}

#endif
