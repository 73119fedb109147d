/* SPDX-License-Identifier: MIT
 *
 * kmalloc() and its relatives: kernel allocations that work, on libc's memory.
 *
 * Each is announced with its mask and size before it is tried. A request that finds no memory does
 * what its mask says: it reclaims (shrinkers run), tries again, loops, or fails. Sizes that are
 * powers of two are aligned to themselves, as in the kernel. */
#ifndef LOCKDEP_LITE_KERNEL_KMALLOC_H
#define LOCKDEP_LITE_KERNEL_KMALLOC_H

#include <malloc.h>
#include <lockdep_lite/kernel/shrinker.h>

#ifndef PAGE_SHIFT
#define PAGE_SHIFT 12
#endif
#ifndef PAGE_SIZE
#define PAGE_SIZE (1ul << PAGE_SHIFT)
#endif
#define PAGE_ALIGN(size) (((size) + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1))

#define MAX_PAGE_ORDER          10
#define PAGE_ALLOC_COSTLY_ORDER 3
#define KMALLOC_MAX_SIZE        (1ul << (MAX_PAGE_ORDER + PAGE_SHIFT))
#define ARCH_KMALLOC_MINALIGN   16u

/* What a request for no bytes gets: not NULL, and not to be touched. */
#define ZERO_SIZE_PTR            ((void *)16)
#define ZERO_OR_NULL_PTR(object) ((unsigned long)(object) <= (unsigned long)ZERO_SIZE_PTR)

static inline size_t ldlk_natural_alignment(size_t size)
{
	bool is_power = !(size & (size - 1));

	return is_power && size > ARCH_KMALLOC_MINALIGN ? size : ARCH_KMALLOC_MINALIGN;
}

/* One try: libc's memory, or NULL. The request was told with its own mask already. */
static inline void *ldlk_memory_take(size_t size, size_t align, gfp_t gfp)
{
	void *object = NULL;

	ldl_alloc_hide();
	if (align <= ARCH_KMALLOC_MINALIGN)
		object = malloc(size);
	else if (posix_memalign(&object, align, size))
		object = NULL;
	ldl_alloc_show();
	if (object && (gfp & __GFP_ZERO)) {
		/* All of it, so that krealloc() finds zeroes behind the end too. */
		object = ldlk_hide(object);
		memset(object, 0, malloc_usable_size(object));
	}
	return object;
}

/* The present request failed. Where the kernel would have printed, that is told. */
static __always_inline void *ldlk_alloc_fails(gfp_t gfp)
{
	ldl_alloc_failed();
	if (!(current_gfp_context(gfp) & __GFP_NOWARN))
		ldl_alloc_warned();
	return NULL;
}

/* Memory for a request that was announced, by all that its mask allows. */
static __always_inline void *ldlk_slab_take(size_t size, size_t align, gfp_t gfp)
{
	unsigned int attempt = 0;
	void *object;

	while (!(object = ldlk_memory_take(size, align, gfp)))
		if (!ldlk_try_again(gfp, attempt++))
			return ldlk_alloc_fails(gfp);
	ldl_alloc_used(malloc_usable_size(object));
	return object;
}

static __always_inline void *kmalloc(size_t size, gfp_t gfp)
{
	ldlk_announce(gfp, size);
	if (unlikely(size == 0))
		return ldlk_hide(ZERO_SIZE_PTR);
	if (unlikely(size > KMALLOC_MAX_SIZE || should_failslab(NULL, size, gfp)))
		return ldlk_alloc_fails(gfp);
	return ldlk_slab_take(size, ldlk_natural_alignment(size), gfp);
}

static __always_inline void *kzalloc(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp | __GFP_ZERO);
}

static __always_inline void *kmalloc_array(size_t count, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (unlikely(__builtin_mul_overflow(count, size, &bytes)))
		return NULL;
	return kmalloc(bytes, gfp);
}

static __always_inline void *kcalloc(size_t count, size_t size, gfp_t gfp)
{
	return kmalloc_array(count, size, gfp | __GFP_ZERO);
}

/* There is one node. */
#define kmalloc_node(size, gfp, node)              ((void)(node), kmalloc(size, gfp))
#define kzalloc_node(size, gfp, node)              ((void)(node), kzalloc(size, gfp))
#define kcalloc_node(count, size, gfp, node)       ((void)(node), kcalloc(count, size, gfp))
#define kmalloc_array_node(count, size, gfp, node) ((void)(node), kmalloc_array(count, size, gfp))
#define kmalloc_track_caller(size, gfp)            kmalloc(size, gfp)

/* How many bytes may be used: at least those that were asked for. */
static __always_inline size_t ksize(const void *object)
{
	return ZERO_OR_NULL_PTR(object) ? 0 : malloc_usable_size((void *)object);
}

static __always_inline void kfree(const void *object)
{
	if (ZERO_OR_NULL_PTR(object))
		return;
	ldl_alloc_freed(ksize(object));
	free(ldlk_hide((void *)object));
}

/* Overwrites what is in it first. */
static __always_inline void kfree_sensitive(const void *object)
{
	if (ZERO_OR_NULL_PTR(object))
		return;
	explicit_bzero(ldlk_hide((void *)object), ksize(object));
	kfree(object);
}

static __always_inline void kfree_bulk(size_t count, void **objects)
{
	for (size_t i = 0; i < count; i++)
		kfree(objects[i]);
}

static __always_inline void *krealloc(const void *object, size_t size, gfp_t gfp)
{
	size_t usable = ksize(object);
	void *other;

	if (unlikely(size == 0)) {
		kfree(object);
		return ldlk_hide(ZERO_SIZE_PTR);
	}
	if (size <= usable)
		return (void *)object;
	other = kmalloc(size, gfp);
	if (other && usable) {
		memcpy(ldlk_hide(other), object, usable);
		kfree(object);
	}
	return other;
}

static __always_inline void *krealloc_array(
	const void *object, size_t count, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (unlikely(__builtin_mul_overflow(count, size, &bytes)))
		return NULL;
	return krealloc(object, bytes, gfp);
}

static __always_inline void *kmemdup(const void *source, size_t size, gfp_t gfp)
{
	void *copy = kmalloc(size, gfp);

	return copy && size ? memcpy(copy, source, size) : copy;
}

static __always_inline void *kmemdup_array(const void *source, size_t count, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (unlikely(__builtin_mul_overflow(count, size, &bytes)))
		return NULL;
	return kmemdup(source, bytes, gfp);
}

static __always_inline char *kmemdup_nul(const char *text, size_t size, gfp_t gfp)
{
	char *copy = (char *)kmalloc(size + 1, gfp);

	if (copy) {
		memcpy(copy, text, size);
		copy[size] = '\0';
	}
	return copy;
}

static __always_inline char *kstrdup(const char *text, gfp_t gfp)
{
	return text ? kmemdup_nul(text, strlen(text), gfp) : NULL;
}

static __always_inline char *kstrndup(const char *text, size_t size, gfp_t gfp)
{
	return text ? kmemdup_nul(text, strnlen(text, size), gfp) : NULL;
}

#define kstrdup_const(text, gfp) ((const char *)kstrdup(text, gfp))
#define kfree_const(text)        kfree(text)

/* A text in memory that fits it. */
static __always_inline __printf(2, 0) char *kvasprintf(
	gfp_t gfp, const char *format, va_list arguments)
{
	va_list again;
	char *text;
	int size;

	va_copy(again, arguments);
	size = vsnprintf(NULL, 0, format, again);
	va_end(again);
	text = size < 0 ? NULL : (char *)kmalloc((size_t)size + 1, gfp);
	if (text)
		vsnprintf(text, (size_t)size + 1, format, arguments);
	return text;
}

/* A macro, since a function with "..." is never inlined and would stand for its callers. */
#define kasprintf(gfp, ...)                                                                        \
	({                                                                                         \
		int ldlk_size = snprintf(NULL, 0, __VA_ARGS__);                                    \
		char *ldlk_text =                                                                  \
			ldlk_size < 0 ? NULL : (char *)kmalloc((size_t)ldlk_size + 1, gfp);        \
		if (ldlk_text)                                                                     \
			snprintf(ldlk_text, (size_t)ldlk_size + 1, __VA_ARGS__);                   \
		ldlk_text;                                                                         \
	})

#endif
