/* SPDX-License-Identifier: MIT
 *
 * kmem_cache: objects of one size, which keep what their constructor made of them.
 *
 * A cache with a constructor, or one whose memory must stay objects of its type
 * (SLAB_TYPESAFE_BY_RCU), keeps freed objects for itself until it ends; the others are libc's
 * memory, so that kfree() may free their objects too. */
#ifndef LOCKDEP_LITE_KERNEL_KMEM_CACHE_H
#define LOCKDEP_LITE_KERNEL_KMEM_CACHE_H

#include <lockdep_lite/kernel/kmalloc.h>

typedef unsigned int slab_flags_t;

#define SLAB_HWCACHE_ALIGN      0x2000u
#define SLAB_PANIC              0x40000u
#define SLAB_TYPESAFE_BY_RCU    0x80000u
#define SLAB_RECLAIM_ACCOUNT    0x20000u
#define SLAB_ACCOUNT            0x4000000u
#define SLAB_NO_MERGE           0u
#define SLAB_MEM_SPREAD         0u
#define SLAB_POISON             0u
#define SLAB_CONSISTENCY_CHECKS 0u

/* How caches are made today; the older form says align and constructor in the call. */
struct kmem_cache_args {
	unsigned int align;
	unsigned int useroffset;
	unsigned int usersize;
	unsigned int freeptr_offset;
	bool use_freeptr_offset;
	void (*ctor)(void *object);
};

struct kmem_cache {
	const char *name; /* a copy */
	unsigned int size;
	unsigned int align;
	slab_flags_t flags;
	void (*ctor)(void *object);
	unsigned int ldlk_lock; /* of the list of kept objects */
	void *ldlk_kept;        /* their links lie behind their bytes */
};

static inline bool ldlk_cache_keeps(const struct kmem_cache *cache)
{
	return cache->ctor || (cache->flags & SLAB_TYPESAFE_BY_RCU);
}

static inline void **ldlk_cache_link(const struct kmem_cache *cache, void *object)
{
	size_t word = sizeof(void *);

	return (void **)((char *)object + ((cache->size + word - 1) & ~(word - 1)));
}

static inline void *ldlk_cache_reuse(struct kmem_cache *cache)
{
	void *object;

	ldlk_lock(&cache->ldlk_lock);
	object = cache->ldlk_kept;
	if (object)
		cache->ldlk_kept = *ldlk_cache_link(cache, object);
	ldlk_unlock(&cache->ldlk_lock);
	return object;
}

static inline void ldlk_cache_keep(struct kmem_cache *cache, void *object)
{
	ldlk_lock(&cache->ldlk_lock);
	*ldlk_cache_link(cache, object) = cache->ldlk_kept;
	cache->ldlk_kept = object;
	ldlk_unlock(&cache->ldlk_lock);
}

static inline struct kmem_cache *ldlk_cache_create(
	const char *name, unsigned int size, const struct kmem_cache_args *args, slab_flags_t flags)
{
	struct kmem_cache *cache = (struct kmem_cache *)calloc(1, sizeof(*cache));

	if (!cache)
		return NULL;
	cache->name = strdup(name);
	cache->size = size ? size : 1;
	cache->flags = flags;
	cache->ctor = args ? args->ctor : NULL;
	cache->align =
		args && args->align > ARCH_KMALLOC_MINALIGN ? args->align : ARCH_KMALLOC_MINALIGN;
	if ((flags & SLAB_HWCACHE_ALIGN) && size > 32 && cache->align < 64)
		cache->align = 64;
	if (!cache->name || (cache->align & (cache->align - 1))) {
		free((void *)cache->name);
		free(cache);
		return NULL;
	}
	return cache;
}

static __always_inline struct kmem_cache *ldlk_cache_create_args(
	const char *name, unsigned int size, struct kmem_cache_args *args, slab_flags_t flags)
{
	might_alloc(GFP_KERNEL);
	return ldlk_cache_create(name, size, args, flags);
}

/* The older form. A macro chooses between the two by the third argument. */
static __always_inline struct kmem_cache *ldlk_cache_create_align(const char *name,
	unsigned int size, unsigned int align, slab_flags_t flags, void (*ctor)(void *object))
{
	struct kmem_cache_args args = {.align = align, .ctor = ctor};

	might_alloc(GFP_KERNEL);
	return ldlk_cache_create(name, size, &args, flags);
}

#define kmem_cache_create(name, size, third, ...)                                                  \
	_Generic((third),                                                                          \
		struct kmem_cache_args *: ldlk_cache_create_args,                                  \
		void *: ldlk_cache_create_args,                                                    \
		default: ldlk_cache_create_align)(name, size, third, __VA_ARGS__)
#define kmem_cache_create_usercopy(name, size, align, flags, useroffset, usersize, ctor)           \
	((void)(useroffset), (void)(usersize),                                                     \
		ldlk_cache_create_align(name, size, align, flags, ctor))
#define KMEM_CACHE(type, flags)                                                                    \
	ldlk_cache_create_align(#type, sizeof(struct type), __alignof__(struct type), flags, NULL)

static __always_inline unsigned int kmem_cache_size(struct kmem_cache *cache)
{
	return cache->size;
}

/* An object, as its last user left it when the cache has a constructor. */
static __always_inline void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	bool keeps = ldlk_cache_keeps(cache);
	void *object;

	ldlk_announce(gfp, cache->size);
	if (should_failslab(cache, cache->size, gfp))
		return ldlk_alloc_fails(gfp);
	object = keeps ? ldlk_cache_reuse(cache) : NULL;
	if (object) {
		ldl_alloc_used(malloc_usable_size(object));
		if (gfp & __GFP_ZERO)
			memset(object, 0, cache->size);
		return object;
	}
	object = ldlk_slab_take(cache->size + (keeps ? 2 * sizeof(void *) : 0), cache->align, gfp);
	if (object && cache->ctor)
		cache->ctor(object);
	return object;
}

static __always_inline void *kmem_cache_zalloc(struct kmem_cache *cache, gfp_t gfp)
{
	return kmem_cache_alloc(cache, gfp | __GFP_ZERO);
}

#define kmem_cache_alloc_node(cache, gfp, node) ((void)(node), kmem_cache_alloc(cache, gfp))
#define kmem_cache_alloc_lru(cache, lru, gfp)   ((void)(lru), kmem_cache_alloc(cache, gfp))

static __always_inline void kmem_cache_free(struct kmem_cache *cache, void *object)
{
	if (!object)
		return;
	if (!ldlk_cache_keeps(cache)) {
		kfree(object);
		return;
	}
	ldl_alloc_freed(malloc_usable_size(object));
	ldlk_cache_keep(cache, object);
}

static __always_inline void kmem_cache_free_bulk(
	struct kmem_cache *cache, size_t count, void **objects)
{
	for (size_t i = 0; i < count; i++) {
		if (cache)
			kmem_cache_free(cache, objects[i]);
		else
			kfree(objects[i]);
	}
}

/* All or none: `count`, or 0. */
static __always_inline int kmem_cache_alloc_bulk(
	struct kmem_cache *cache, gfp_t gfp, size_t count, void **objects)
{
	for (size_t i = 0; i < count; i++) {
		objects[i] = kmem_cache_alloc(cache, gfp);
		if (!objects[i]) {
			kmem_cache_free_bulk(cache, i, objects);
			return 0;
		}
	}
	return (int)count;
}

/* Gives kept objects back to libc; 0 when none is left. */
static inline int kmem_cache_shrink(struct kmem_cache *cache)
{
	void *object;

	while ((object = ldlk_cache_reuse(cache)))
		free(object);
	return 0;
}

/* May sleep. Objects that are still in use stay so. */
static __always_inline void kmem_cache_destroy(struct kmem_cache *cache)
{
	if (!cache)
		return;
	might_sleep();
	kmem_cache_shrink(cache);
	free((void *)cache->name);
	free(cache);
}

#endif
