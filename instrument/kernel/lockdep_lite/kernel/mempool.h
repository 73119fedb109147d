/* SPDX-License-Identifier: MIT
 *
 * Mempools: a reserve of ready elements, so that who may wait always gets one in the end.
 *
 * A request first asks the backing allocator lightly, then the reserve, then the backing allocator
 * with its whole mask, and then waits until somebody frees an element. Each step is told to the
 * checker, which knows the pool as a node with a capacity (rules C1 to C8). */
#ifndef LOCKDEP_LITE_KERNEL_MEMPOOL_H
#define LOCKDEP_LITE_KERNEL_MEMPOOL_H

#include <lockdep_lite/kernel/page_alloc.h>
#include <lockdep_lite/kernel/slab.h>

typedef void *(mempool_alloc_t)(gfp_t gfp, void *pool_data);
typedef void(mempool_free_t)(void *element, void *pool_data);

/* Invariant, under the lock: curr_nr <= min_nr, and elements[0 … curr_nr) are the reserve. */
typedef struct mempool {
	unsigned int ldlk_lock;
	unsigned int ldlk_freed; /* changes with each free that may end a wait */
	int min_nr;
	int curr_nr;
	void **elements; /* NULL: the pool does not exist */
	void *pool_data;
	mempool_alloc_t *alloc;
	mempool_free_t *free;
	const char *ldlk_name; /* a string constant */
} mempool_t;

#define LDLK_MEMPOOL_WAIT_NS 5000000000ul /* then it looks again, whether or not it was woken */

/* What every request to the backing allocator adds, so that it fails early and silently. */
#define LDLK_MEMPOOL_MASK (__GFP_NOMEMALLOC | __GFP_NORETRY | __GFP_NOWARN)

#define LDLK_PLACE_1(line) #line
#define LDLK_PLACE_2(line) LDLK_PLACE_1(line)
#define LDLK_MEMPOOL_NAME  "mempool at " __FILE_NAME__ ":" LDLK_PLACE_2(__LINE__)

/* The usual backing allocators. */
static __always_inline void *mempool_alloc_slab(gfp_t gfp, void *pool_data)
{
	return kmem_cache_alloc((struct kmem_cache *)pool_data, gfp);
}

static __always_inline void mempool_free_slab(void *element, void *pool_data)
{
	kmem_cache_free((struct kmem_cache *)pool_data, element);
}

static __always_inline void *mempool_kmalloc(gfp_t gfp, void *pool_data)
{
	return kmalloc((size_t)pool_data, gfp);
}

static __always_inline void mempool_kfree(void *element, void *pool_data)
{
	(void)pool_data;
	kfree(element);
}

static __always_inline void *mempool_alloc_pages(gfp_t gfp, void *pool_data)
{
	return alloc_pages(gfp, (unsigned int)(size_t)pool_data);
}

static __always_inline void mempool_free_pages(void *element, void *pool_data)
{
	__free_pages((struct page *)element, (unsigned int)(size_t)pool_data);
}

/* Puts an element into the reserve if there is room for it; false: there is none. */
static inline bool ldlk_mempool_put(mempool_t *pool, void *element)
{
	bool is_kept;

	ldlk_lock(&pool->ldlk_lock);
	is_kept = pool->curr_nr < pool->min_nr;
	if (is_kept)
		pool->elements[pool->curr_nr++] = element;
	ldlk_unlock(&pool->ldlk_lock);
	return is_kept;
}

/* Takes `count` elements out of the reserve, all or none. */
static inline bool ldlk_mempool_take(mempool_t *pool, void **elements, unsigned int count)
{
	bool is_enough;

	ldlk_lock(&pool->ldlk_lock);
	is_enough = pool->curr_nr >= (int)count;
	for (unsigned int i = 0; is_enough && i < count; i++)
		elements[i] = pool->elements[--pool->curr_nr];
	ldlk_unlock(&pool->ldlk_lock);
	return is_enough;
}

/* The reserve's elements go back to the backing allocator; the pool may be initialised again. */
static __always_inline void mempool_exit(mempool_t *pool)
{
	if (!pool->elements)
		return;
	ldl_mempool_destroy(pool);
	while (pool->curr_nr)
		pool->free(pool->elements[--pool->curr_nr], pool->pool_data);
	free(pool->elements);
	pool->elements = NULL;
}

/* Fills the reserve; what is in it goes back when that fails. */
static __always_inline int ldlk_mempool_fill(mempool_t *pool, gfp_t gfp)
{
	for (int i = 0; i < pool->min_nr; i++) {
		pool->elements[i] = pool->alloc(gfp, pool->pool_data);
		if (!pool->elements[i]) {
			while (i-- > 0)
				pool->free(pool->elements[i], pool->pool_data);
			return -ENOMEM;
		}
	}
	pool->curr_nr = pool->min_nr;
	return 0;
}

/* Makes a pool that its owner has memory for; the mask is that of filling it. */
static __always_inline int ldlk_mempool_init(mempool_t *pool, int min_nr, mempool_alloc_t *alloc,
	mempool_free_t *free_element, void *pool_data, gfp_t gfp, const char *name)
{
	*pool = (mempool_t){
		.min_nr = min_nr > 0 ? min_nr : 0,
		.alloc = alloc,
		.free = free_element,
		.pool_data = pool_data,
		.ldlk_name = name,
	};
	might_alloc(gfp);
	pool->elements = (void **)calloc((size_t)pool->min_nr + 1, sizeof(void *));
	if (!pool->elements)
		return -ENOMEM;
	if (ldlk_mempool_fill(pool, gfp)) {
		free(pool->elements);
		pool->elements = NULL;
		return -ENOMEM;
	}
	ldl_mempool_create(pool, name, (unsigned int)pool->min_nr, (unsigned int)pool->curr_nr);
	return 0;
}

static __always_inline mempool_t *ldlk_mempool_create(int min_nr, mempool_alloc_t *alloc,
	mempool_free_t *free_element, void *pool_data, gfp_t gfp, const char *name)
{
	mempool_t *pool = (mempool_t *)calloc(1, sizeof(*pool));

	if (pool && ldlk_mempool_init(pool, min_nr, alloc, free_element, pool_data, gfp, name)) {
		free(pool);
		return NULL;
	}
	return pool;
}

/* A pool is called by its expression, or by the place that made it. */
#define mempool_init(pool, min_nr, alloc, free, data)                                              \
	ldlk_mempool_init(pool, min_nr, alloc, free, (void *)(data), GFP_KERNEL, #pool)
#define mempool_init_node(pool, min_nr, alloc, free, data, gfp, node)                              \
	((void)(node), ldlk_mempool_init(pool, min_nr, alloc, free, (void *)(data), gfp, #pool))
#define mempool_init_slab_pool(pool, min_nr, cache)                                                \
	mempool_init(pool, min_nr, mempool_alloc_slab, mempool_free_slab, cache)
#define mempool_init_kmalloc_pool(pool, min_nr, size)                                              \
	mempool_init(pool, min_nr, mempool_kmalloc, mempool_kfree, size)
#define mempool_init_page_pool(pool, min_nr, order)                                                \
	mempool_init(pool, min_nr, mempool_alloc_pages, mempool_free_pages, (size_t)(order))
#define mempool_create(min_nr, alloc, free, data)                                                  \
	ldlk_mempool_create(min_nr, alloc, free, (void *)(data), GFP_KERNEL, LDLK_MEMPOOL_NAME)
#define mempool_create_node(min_nr, alloc, free, data, gfp, node)                                  \
	((void)(node),                                                                             \
		ldlk_mempool_create(min_nr, alloc, free, (void *)(data), gfp, LDLK_MEMPOOL_NAME))
#define mempool_create_slab_pool(min_nr, cache)                                                    \
	mempool_create(min_nr, mempool_alloc_slab, mempool_free_slab, cache)
#define mempool_create_kmalloc_pool(min_nr, size)                                                  \
	mempool_create(min_nr, mempool_kmalloc, mempool_kfree, size)
#define mempool_create_page_pool(min_nr, order)                                                    \
	mempool_create(min_nr, mempool_alloc_pages, mempool_free_pages, (size_t)(order))

static __always_inline void mempool_destroy(mempool_t *pool)
{
	if (!pool)
		return;
	mempool_exit(pool);
	free(pool);
}

static inline bool mempool_initialized(mempool_t *pool)
{
	return pool->elements;
}

static inline bool mempool_is_saturated(mempool_t *pool)
{
	return __atomic_load_n(&pool->curr_nr, __ATOMIC_RELAXED) >= pool->min_nr;
}

/* Waits until somebody frees an element after `seen` was read. */
static __always_inline void ldlk_mempool_wait(mempool_t *pool, unsigned int seen)
{
	ldlk_futex_wait(&pool->ldlk_freed, seen, ktime_get_ns() + LDLK_MEMPOOL_WAIT_NS);
	if (__atomic_load_n(&pool->ldlk_freed, __ATOMIC_ACQUIRE) != seen)
		ldl_mempool_woken(pool);
}

/* Gets elements[got … count) for one request that was announced; how many there are then: fewer
 * than `count` only if the mask may not block. */
static __always_inline unsigned int ldlk_mempool_serve(
	mempool_t *pool, void **elements, unsigned int got, unsigned int count, gfp_t gfp)
{
	gfp_t whole = gfp | LDLK_MEMPOOL_MASK;
	gfp_t mask = whole & ~(__GFP_DIRECT_RECLAIM | __GFP_IO);

	for (;;) {
		unsigned int seen = __atomic_load_n(&pool->ldlk_freed, __ATOMIC_ACQUIRE);

		ldl_mempool_backing(pool, mask);
		while (got < count && (elements[got] = pool->alloc(mask, pool->pool_data))) {
			ldl_mempool_taken(pool, elements[got], LDL_MEMPOOL_BACKING);
			got++;
		}
		if (got == count)
			return got;
		if (ldlk_mempool_take(pool, elements + got, count - got)) {
			ldl_alloc_fallback();
			for (; got < count; got++)
				ldl_mempool_taken(pool, elements[got], LDL_MEMPOOL_RESERVE);
			return got;
		}
		if (mask != whole) {
			mask = whole;
			continue;
		}
		if (!gfpflags_allow_blocking(current_gfp_context(gfp)))
			return got;
		ldl_alloc_fallback();
		ldlk_mempool_wait(pool, seen);
	}
}

/* An element; NULL only for a mask that may not block. */
static __always_inline void *mempool_alloc(mempool_t *pool, gfp_t gfp)
{
	void *element = NULL;

	ldl_mempool_alloc(pool, gfp);
	if (!ldlk_mempool_serve(pool, &element, 0, 1, gfp))
		ldl_mempool_failed(pool);
	return element;
}

/* An element out of the reserve, or NULL: never sleeps. */
static __always_inline void *mempool_alloc_preallocated(mempool_t *pool)
{
	void *element = NULL;

	ldl_mempool_alloc(pool, GFP_NOWAIT);
	if (ldlk_mempool_take(pool, &element, 1))
		ldl_mempool_taken(pool, element, LDL_MEMPOOL_RESERVE);
	else
		ldl_mempool_failed(pool);
	return element;
}

/* Gives an element back: to the reserve when it lacks one, else to the backing allocator. */
static __always_inline void mempool_free(void *element, mempool_t *pool)
{
	if (!element)
		return;
	ldl_mempool_free(pool, element);
	if (ldlk_mempool_put(pool, element))
		ldlk_wake(&pool->ldlk_freed);
	else
		pool->free(element, pool->pool_data);
}

static __always_inline unsigned int mempool_free_bulk(
	mempool_t *pool, void **elements, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		mempool_free(elements[i], pool);
	return count;
}

/* All of elements[allocated … count) in one request, so that none of them is held while waiting for
 * another (rule C1). `count` may not exceed the reserve. 0; -ENOMEM, and none of them, when a scope
 * forbids to wait. */
static __always_inline int mempool_alloc_bulk(
	mempool_t *pool, void **elements, unsigned int count, unsigned int allocated)
{
	unsigned int got;

	if ((int)count > pool->min_nr)
		return -EINVAL;
	ldl_mempool_alloc(pool, GFP_KERNEL);
	got = ldlk_mempool_serve(pool, elements, allocated, count, GFP_KERNEL);
	if (got == count)
		return 0;
	ldl_mempool_failed(pool);
	mempool_free_bulk(pool, elements + allocated, got - allocated);
	return -ENOMEM;
}

/* Makes room for a larger reserve. */
static inline int ldlk_mempool_make_room(mempool_t *pool, int min_nr)
{
	void **elements = (void **)calloc((size_t)min_nr, sizeof(void *)), **old;

	if (!elements)
		return -ENOMEM;
	ldlk_lock(&pool->ldlk_lock);
	old = pool->elements;
	memcpy(elements, old, (size_t)pool->curr_nr * sizeof(void *));
	pool->elements = elements;
	pool->min_nr = min_nr;
	ldlk_unlock(&pool->ldlk_lock);
	free(old);
	return 0;
}

/* Gives back what a smaller reserve has no room for. */
static __always_inline void ldlk_mempool_lower(mempool_t *pool, int min_nr)
{
	void *element;

	ldlk_lock(&pool->ldlk_lock);
	pool->min_nr = min_nr;
	ldlk_unlock(&pool->ldlk_lock);
	while (__atomic_load_n(&pool->curr_nr, __ATOMIC_RELAXED) > min_nr &&
		ldlk_mempool_take(pool, &element, 1))
		pool->free(element, pool->pool_data);
}

/* Another size of the reserve, which is filled anew; may sleep. Not to be called for one pool by
 * two threads at a time. */
static __always_inline int mempool_resize(mempool_t *pool, int min_nr)
{
	void *element;

	if (min_nr <= 0)
		return -EINVAL;
	might_alloc(GFP_KERNEL);
	if (min_nr <= pool->min_nr)
		ldlk_mempool_lower(pool, min_nr);
	else if (ldlk_mempool_make_room(pool, min_nr))
		return -ENOMEM;
	while (!mempool_is_saturated(pool) && (element = pool->alloc(GFP_KERNEL, pool->pool_data)))
		if (!ldlk_mempool_put(pool, element))
			pool->free(element, pool->pool_data);
	ldl_mempool_create(
		pool, pool->ldlk_name, (unsigned int)min_nr, (unsigned int)pool->curr_nr);
	ldlk_wake(&pool->ldlk_freed);
	return 0;
}

#endif
