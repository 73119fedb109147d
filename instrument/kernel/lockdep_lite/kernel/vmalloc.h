/* SPDX-License-Identifier: MIT
 *
 * vmalloc() and kvmalloc(): memory in whole pages, which need not lie together in a machine.
 *
 * The checker sees a vmalloc() as requests of single pages: its size is no order, so that it is
 * what rule B6 recommends. */
#ifndef LOCKDEP_LITE_KERNEL_VMALLOC_H
#define LOCKDEP_LITE_KERNEL_VMALLOC_H

#include <lockdep_lite/kernel/kmalloc.h>

/* One mapping under a mask. */
static __always_inline void *__vmalloc(unsigned long size, gfp_t gfp)
{
	unsigned int attempt = 0;
	void *memory;

	ldlk_announce(gfp, PAGE_SIZE);
	if (unlikely(size == 0 || size > PAGE_ALIGN(size) || ldlk_should_fail_vmalloc(size, gfp)))
		return ldlk_alloc_fails(gfp);
	while (!(memory = ldlk_memory_take(PAGE_ALIGN(size), PAGE_SIZE, gfp)))
		if (!ldlk_try_again(gfp, attempt++))
			return ldlk_alloc_fails(gfp);
	ldl_alloc_used(malloc_usable_size(memory));
	return memory;
}

static __always_inline void *vmalloc(unsigned long size)
{
	return __vmalloc(size, GFP_KERNEL);
}

static __always_inline void *vzalloc(unsigned long size)
{
	return __vmalloc(size, GFP_KERNEL | __GFP_ZERO);
}

#define vmalloc_node(size, node)          ((void)(node), vmalloc(size))
#define vzalloc_node(size, node)          ((void)(node), vzalloc(size))
#define vmalloc_user(size)                vzalloc(size)
#define vmalloc_32(size)                  __vmalloc(size, GFP_KERNEL | GFP_DMA32)
#define vmalloc_huge(size, gfp)           __vmalloc(size, gfp)
#define vmalloc_array(count, size)        ldlk_vmalloc_array(count, size, GFP_KERNEL)
#define vcalloc(count, size)              ldlk_vmalloc_array(count, size, GFP_KERNEL | __GFP_ZERO)
#define __vmalloc_array(count, size, gfp) ldlk_vmalloc_array(count, size, gfp)

static __always_inline void *ldlk_vmalloc_array(size_t count, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (unlikely(__builtin_mul_overflow(count, size, &bytes)))
		return NULL;
	return __vmalloc(bytes, gfp);
}

/* May sleep. */
static __always_inline void vfree(const void *memory)
{
	if (memory)
		might_sleep();
	kfree(memory);
}

/* How kvmalloc() asks for memory in one piece first: lightly, since it can do without. */
static __always_inline gfp_t ldlk_kvmalloc_first(size_t size, gfp_t gfp)
{
	if (size <= PAGE_SIZE)
		return gfp;
	if (!(gfp & __GFP_RETRY_MAYFAIL))
		gfp |= __GFP_NORETRY;
	return (gfp & ~__GFP_NOFAIL) | __GFP_NOWARN;
}

/* Memory in one piece if it is easily had, else in pages. */
static __always_inline void *kvmalloc(size_t size, gfp_t gfp)
{
	void *memory = kmalloc(size, ldlk_kvmalloc_first(size, gfp));

	if (memory || size <= PAGE_SIZE || size > INT_MAX)
		return memory;
	ldl_alloc_fallback();
	return __vmalloc(size, gfp);
}

static __always_inline void *kvzalloc(size_t size, gfp_t gfp)
{
	return kvmalloc(size, gfp | __GFP_ZERO);
}

static __always_inline void *kvmalloc_array(size_t count, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (unlikely(__builtin_mul_overflow(count, size, &bytes)))
		return NULL;
	return kvmalloc(bytes, gfp);
}

static __always_inline void *kvcalloc(size_t count, size_t size, gfp_t gfp)
{
	return kvmalloc_array(count, size, gfp | __GFP_ZERO);
}

#define kvmalloc_node(size, gfp, node) ((void)(node), kvmalloc(size, gfp))
#define kvzalloc_node(size, gfp, node) ((void)(node), kvzalloc(size, gfp))

static __always_inline void kvfree(const void *memory)
{
	kfree(memory);
}

static __always_inline void kvfree_sensitive(const void *memory, size_t size)
{
	if (ZERO_OR_NULL_PTR(memory))
		return;
	explicit_bzero((void *)memory, size);
	kvfree(memory);
}

static __always_inline void *kvrealloc(const void *memory, size_t size, gfp_t gfp)
{
	size_t usable = ksize(memory);
	void *other;

	if (size && size <= usable)
		return (void *)memory;
	other = size ? kvmalloc(size, gfp) : ZERO_SIZE_PTR;
	if (other && size && usable)
		memcpy(ldlk_hide(other), memory, usable);
	if (other)
		kvfree(memory);
	return other;
}

static __always_inline void *kvmemdup(const void *source, size_t size, gfp_t gfp)
{
	void *copy = kvmalloc(size, gfp);

	return copy && size ? memcpy(copy, source, size) : copy;
}

#endif
