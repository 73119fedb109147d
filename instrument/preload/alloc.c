/* malloc and its family: each request is an allocation that may wait for memory.
 *
 * Event first, then a jump to the real function: when the thread holds nothing that is one load and
 * one test. free() is none of them: the program calls the real one itself. */
#include "instrument/preload/alloc.h"

#include <malloc.h>
#include <stdlib.h>

/* Out of line, so that the usual way saves no registers. */
static LDL_NOINLINE void *malloc_slow(size_t size, const void *caller)
{
	ldl_alloc_event_slow(caller);
	return ldl_alloc_real.malloc(size);
}

/* So short that its place counts: from the start of a cache line, and with one jump at its end,
 * whatever is held, it costs half of what it may cost otherwise. */
LDL_EXPORT __attribute__((aligned(64))) void *malloc(size_t size)
{
	uint32_t depth = ldl_engine_alloc_depth();

	if (ldl_likely(depth) && ldl_unlikely(!ldl_engine_alloc_is_known(depth, LDL_CALLER)))
		return malloc_slow(size, LDL_CALLER);
	return ldl_alloc_real.malloc(size);
}

LDL_EXPORT void *calloc(size_t count, size_t size)
{
	ldl_alloc_event(LDL_CALLER);
	return ldl_alloc_real.calloc(count, size);
}

/* To size 0 it is a free. */
LDL_EXPORT void *realloc(void *block, size_t size)
{
	if (ldl_likely(size != 0))
		ldl_alloc_event(LDL_CALLER);
	return ldl_alloc_real.realloc(block, size);
}

LDL_EXPORT void *reallocarray(void *block, size_t count, size_t size)
{
	ldl_alloc_event(LDL_CALLER);
	return ldl_alloc_real.reallocarray(block, count, size);
}

LDL_EXPORT int posix_memalign(void **block, size_t alignment, size_t size)
{
	ldl_alloc_event(LDL_CALLER);
	return ldl_alloc_real.posix_memalign(block, alignment, size);
}

LDL_EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
	ldl_alloc_event(LDL_CALLER);
	return ldl_alloc_real.aligned_alloc(alignment, size);
}

LDL_EXPORT void *memalign(size_t alignment, size_t size)
{
	ldl_alloc_event(LDL_CALLER);
	return ldl_alloc_real.memalign(alignment, size);
}

LDL_EXPORT void *valloc(size_t size)
{
	ldl_alloc_event(LDL_CALLER);
	return ldl_alloc_real.valloc(size);
}

LDL_EXPORT void *pvalloc(size_t size)
{
	ldl_alloc_event(LDL_CALLER);
	return ldl_alloc_real.pvalloc(size);
}
