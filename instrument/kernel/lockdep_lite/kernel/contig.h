/* SPDX-License-Identifier: MIT
 *
 * Contiguous ranges: alloc_contig_range() with the modes that its mask chooses, and CMA areas.
 *
 *	without DIRECT_RECLAIM	takes the range if it is free now; never sleeps
 *	__GFP_NORETRY	fast: one try, nothing is drained
 *	neither	normal: drains and tries a few times
 *	LDL_GFP_HARD	hard: reclaims all there is between many tries
 *
 * What the range allocator does not understand it rejects; NOFAIL among it (rule D12). */
#ifndef LOCKDEP_LITE_KERNEL_CONTIG_H
#define LOCKDEP_LITE_KERNEL_CONTIG_H

#include <lockdep_lite/kernel/page_alloc.h>

#define LDLK_CONTIG_MASK                                                                           \
	(GFP_KERNEL | __GFP_NORETRY | __GFP_RETRY_MAYFAIL | __GFP_NOWARN | __GFP_COMP |            \
		__GFP_ZERO | __GFP_MOVABLE | __GFP_HIGHMEM | __GFP_HARDWALL | __GFP_THISNODE |     \
		__GFP_DMA | __GFP_DMA32 | __GFP_ACCOUNT | __GFP_NOLOCKDEP | LDL_GFP_OPTIONAL |     \
		LDL_GFP_HARD)
#define LDLK_CONTIG_TRIES      5u
#define LDLK_CONTIG_HARD_TRIES 20u

#define MIGRATE_MOVABLE 1u
#define MIGRATE_CMA     3u

/* The free block that page `pfn` is in; NULL: it is in use. */
static inline struct page *ldlk_free_block_of(unsigned long pfn)
{
	for (unsigned int order = 0; order <= LDLK_BLOCK_ORDER; order++) {
		struct page *head = pfn_to_page(pfn & ~((1ul << order) - 1));

		if (head->ldlk_is_free && head->ldlk_order >= order)
			return head;
	}
	return NULL;
}

/* Takes all pages of a range, one by one, if all are free. Never sleeps. */
static inline int ldlk_range_take(unsigned long start, unsigned long end)
{
	unsigned long limit, pfn = start;
	int error = 0;

	ldlk_lock(&ldlk_memory.lock);
	limit = ldlk_memory.limit_pages ? ldlk_memory.limit_pages : LDLK_RANGE_PAGES;
	if (!ldlk_memory_map_locked() || ldlk_memory.used_pages + (end - start) > limit)
		error = -ENOMEM;
	while (!error && pfn < end && ldlk_free_block_of(pfn))
		pfn++;
	if (!error && pfn < end)
		error = -EBUSY;
	for (pfn = start; !error && pfn < end; pfn++)
		ldlk_block_carve(ldlk_free_block_of(pfn), pfn, 0);
	ldlk_unlock(&ldlk_memory.lock);
	return error;
}

/* Where a range of `count` pages may begin: at `first`, and every `step` pages up to `last`. */
struct ldlk_places {
	unsigned long first, last, step, count;
};

/* The first of the places whose range was free and is taken now; 0: none was. */
static inline unsigned long ldlk_places_take(const struct ldlk_places *places)
{
	for (unsigned long at = places->first; at <= places->last; at += places->step)
		if (!ldlk_range_take(at, at + places->count))
			return at;
	return 0;
}

/* The same, as often and with as much effort as the mask says. */
static __always_inline unsigned long ldlk_contig_try(const struct ldlk_places *places, gfp_t gfp)
{
	bool is_hard = gfp & LDL_GFP_HARD;
	unsigned int tries = is_hard ? LDLK_CONTIG_HARD_TRIES : LDLK_CONTIG_TRIES;
	unsigned long pfn = ldlk_places_take(places);

	if (!gfpflags_allow_blocking(current_gfp_context(gfp)) || (gfp & __GFP_NORETRY))
		return pfn;
	for (unsigned int i = 1; !pfn && i < tries; i++) {
		might_sleep();
		ldlk_direct_reclaim(gfp, is_hard ? 0 : DEF_PRIORITY / 2);
		ldlk_sleep(20000);
		pfn = ldlk_places_take(places);
	}
	return pfn;
}

/* One request, whatever number of places it looks at. 0 when it failed. */
static __always_inline unsigned long ldlk_contig_alloc(const struct ldlk_places *places, gfp_t gfp)
{
	unsigned long pfn;

	might_alloc(gfp);
	ldl_alloc_begin(gfp, LDLK_CONTIG_MASK);
	pfn = ldlk_contig_try(places, gfp);
	ldl_alloc_end(!pfn);
	if (!pfn) {
		ldlk_alloc_fails(gfp);
		return 0;
	}
	ldl_alloc_used(places->count << PAGE_SHIFT);
	if (gfp & __GFP_ZERO)
		memset(page_address(pfn_to_page(pfn)), 0, places->count << PAGE_SHIFT);
	return pfn;
}

/* Whether the allocator does what is asked for at all. */
static inline bool ldlk_contig_is_valid(const struct ldlk_places *places, gfp_t gfp)
{
	return !(gfp & ~LDLK_CONTIG_MASK) && places->count && places->first <= places->last &&
	       places->first >= LDLK_BLOCK_PAGES && places->count <= LDLK_RANGE_PAGES &&
	       places->last <= LDLK_RANGE_PAGES - places->count;
}

/* Takes the pages [start, end). 0; -EBUSY; -EINVAL for what it does not do. */
static __always_inline int alloc_contig_range(
	unsigned long start, unsigned long end, unsigned int migratetype, gfp_t gfp)
{
	struct ldlk_places places = {
		.first = start, .last = start, .step = 1, .count = end > start ? end - start : 0};

	(void)migratetype;
	if (!ldlk_contig_is_valid(&places, gfp))
		return -EINVAL;
	return ldlk_contig_alloc(&places, gfp) ? 0 : -EBUSY;
}

static __always_inline void free_contig_range(unsigned long pfn, unsigned long count)
{
	for (unsigned long i = 0; i < count; i++)
		__free_pages(pfn_to_page(pfn + i), 0);
}

/* A range of `count` pages anywhere. */
static __always_inline struct page *alloc_contig_pages(
	unsigned long count, gfp_t gfp, int node, const void *nodemask)
{
	struct ldlk_places places = {
		.first = LDLK_BLOCK_PAGES,
		.last = LDLK_RANGE_PAGES - (count < LDLK_RANGE_PAGES ? count : 0),
		.step = LDLK_BLOCK_PAGES,
		.count = count,
	};
	unsigned long pfn;

	(void)node;
	(void)nodemask;
	if (!ldlk_contig_is_valid(&places, gfp))
		return NULL;
	pfn = ldlk_contig_alloc(&places, gfp);
	return pfn ? pfn_to_page(pfn) : NULL;
}

/* An area that contiguous ranges are taken from. Its pages serve other requests meanwhile. */
struct cma {
	unsigned long base_pfn;
	unsigned long count;
	char name[40];
};

/* Declares [base, base + size), in bytes from the range's start, as an area. */
static inline int cma_init_reserved_mem(
	phys_addr_t base, phys_addr_t size, unsigned int order, const char *name, struct cma **area)
{
	struct cma *cma = (struct cma *)calloc(1, sizeof(*cma));

	(void)order;
	if (!cma)
		return -ENOMEM;
	cma->base_pfn = (unsigned long)base >> PAGE_SHIFT;
	cma->count = (unsigned long)size >> PAGE_SHIFT;
	snprintf(cma->name, sizeof(cma->name), "%s", name ? name : "cma");
	*area = cma;
	return 0;
}

/* The kernel's areas are for ever; those of a test are not. */
static inline void cma_destroy(struct cma *cma)
{
	free(cma);
}

/* The first free range of the area under a mask, aligned to 2^align pages. */
static __always_inline struct page *ldlk_cma_alloc(
	struct cma *cma, unsigned long count, unsigned int align, gfp_t gfp)
{
	unsigned long end = cma->base_pfn + cma->count, step = 1ul << align;
	struct ldlk_places places = {
		.first = (cma->base_pfn + step - 1) & ~(step - 1),
		.last = end - (count < end ? count : end),
		.step = step,
		.count = count,
	};
	unsigned long pfn;

	if (!ldlk_contig_is_valid(&places, gfp))
		return NULL;
	pfn = ldlk_contig_alloc(&places, gfp);
	return pfn ? pfn_to_page(pfn) : NULL;
}

static __always_inline struct page *cma_alloc(
	struct cma *cma, unsigned long count, unsigned int align, bool no_warn)
{
	return ldlk_cma_alloc(cma, count, align, GFP_KERNEL | (no_warn ? __GFP_NOWARN : 0));
}

static __always_inline bool cma_release(
	struct cma *cma, const struct page *pages, unsigned long count)
{
	unsigned long pfn = page_to_pfn(pages);

	if (!pages || pfn < cma->base_pfn || pfn + count > cma->base_pfn + cma->count)
		return false;
	free_contig_range(pfn, count);
	return true;
}

/* Up to `requests` blocks of 2^order pages; `fast`: only what is easily had. */
static __always_inline int cma_alloc_bulk(struct cma *cma, unsigned int align, bool fast,
	unsigned int order, size_t requests, struct page **pages, size_t *allocated)
{
	gfp_t gfp = GFP_KERNEL | __GFP_NOWARN | (fast ? __GFP_NORETRY : 0);
	size_t done = 0;

	while (done < requests && (pages[done] = ldlk_cma_alloc(
					   cma, 1ul << order, align > order ? align : order, gfp)))
		done++;
	*allocated = done;
	return done ? 0 : -EBUSY;
}

#endif
