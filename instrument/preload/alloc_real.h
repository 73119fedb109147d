/* The allocator behind the one that stands in front of it: libc's, or the one that the program
 * brought along (jemalloc, tcmalloc: whatever comes next in the program's own search order).
 *
 * Resolved once, by whoever comes first: our constructor, or an earlier call of the loader. What
 * the look-up itself asks for meanwhile it does not get: since glibc 2.34 it asks for nothing, and
 * before that it goes on without. Nothing that the real free() does not know is ever handed out, so
 * that free() need not be stood in front of, and costs what it costs. */
#ifndef LDL_ALLOC_REAL_H
#define LDL_ALLOC_REAL_H

#include "core/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* X(result, name, parameters, arguments) for each function that any libc has. */
#define LDL_ALLOC_FUNCTIONS(X)                                                                     \
	X(void *, malloc, (size_t size), (size))                                                   \
	X(void *, calloc, (size_t count, size_t size), (count, size))                              \
	X(void *, realloc, (void *block, size_t size), (block, size))                              \
	X(void *, reallocarray, (void *block, size_t count, size_t size), (block, count, size))    \
	X(int, posix_memalign, (void **block, size_t alignment, size_t size),                      \
		(block, alignment, size))                                                          \
	X(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size))               \
	X(void *, memalign, (size_t alignment, size_t size), (alignment, size))                    \
	X(void *, valloc, (size_t size), (size))                                                   \
	X(void *, pvalloc, (size_t size), (size))                                                  \
	X(void *, mmap, (void *at, size_t size, int access, int flags, int fd, off_t offset),      \
		(at, size, access, flags, fd, offset))                                             \
	X(void *, mmap64, (void *at, size_t size, int access, int flags, int fd, off_t offset),    \
		(at, size, access, flags, fd, offset))                                             \
	X(void *, mremap, (void *old, size_t old_size, size_t size, int flags, void *at),          \
		(old, old_size, size, flags, at))                                                  \
	X(int, brk, (void *end), (end))                                                            \
	X(void *, sbrk, (intptr_t more), (more))

struct ldl_alloc_real {
	void (*free)(void *);
#define X(result, name, parameters, arguments) result(*name) parameters;
	LDL_ALLOC_FUNCTIONS(X)
#undef X
	/* Where the allocator's own code lies: what it maps for itself is no request of the
	 * program. Empty when it is libc's, whose own calls do not come here. */
	uintptr_t own_start, own_len;
};

extern struct ldl_alloc_real ldl_alloc_real LDL_HIDDEN;

/* Looks all of them up. False: this thread is in the midst of that already. Keeps errno. */
bool ldl_alloc_resolve(void) LDL_HIDDEN;

#endif
