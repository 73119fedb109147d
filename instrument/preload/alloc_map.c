/* Memory that a program asks of the kernel itself: anonymous mappings, the heap's end, and the
 * stacks of new threads.
 *
 * What an allocator maps for itself is a part of the request that it serves, which was an event
 * already: its own calls are none. libc's never come here; another one's are told by their place.
 */
#include "instrument/preload/alloc.h"

#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

static void event(const void *caller)
{
	if ((uintptr_t)caller - ldl_alloc_real.own_start >= ldl_alloc_real.own_len)
		ldl_alloc_event(caller);
}

LDL_EXPORT void *mmap(void *at, size_t size, int access, int flags, int fd, off_t offset)
{
	if (flags & MAP_ANONYMOUS)
		event(LDL_CALLER);
	return ldl_alloc_real.mmap(at, size, access, flags, fd, offset);
}

LDL_EXPORT void *mmap64(void *at, size_t size, int access, int flags, int fd, off_t offset)
{
	if (flags & MAP_ANONYMOUS)
		event(LDL_CALLER);
	return ldl_alloc_real.mmap64(at, size, access, flags, fd, offset);
}

/* What kind of mapping grows is not asked: that would take a system call. */
LDL_EXPORT void *mremap(void *old, size_t old_size, size_t size, int flags, ...)
{
	va_list list;
	void *at;

	va_start(list, flags);
	at = va_arg(list, void *);
	va_end(list);
	if (size > old_size)
		event(LDL_CALLER);
	return ldl_alloc_real.mremap(old, old_size, size, flags, at);
}

/* The end may move down, which gives memory back; to know that would take a system call. */
LDL_EXPORT int brk(void *end)
{
	event(LDL_CALLER);
	return ldl_alloc_real.brk(end);
}

LDL_EXPORT void *sbrk(intptr_t more)
{
	if (more > 0)
		event(LDL_CALLER);
	return ldl_alloc_real.sbrk(more);
}

/* See thread.c. */
void ldl_alloc_stack(const void *caller)
{
	ldl_alloc_event(caller);
}
