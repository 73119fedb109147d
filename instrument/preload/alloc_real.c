/* Looks up the real allocator. See alloc_real.h. */
#include "instrument/preload/alloc_real.h"

#include "core/atomic.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <string.h>

static __thread bool is_resolving;

/* Until they are resolved, entries lead here. The look-up itself may call the first three. */
static void *first_malloc(size_t size)
{
	if (ldl_alloc_resolve())
		return ldl_alloc_real.malloc(size);
	errno = ENOMEM;
	return NULL;
}

static void *first_calloc(size_t count, size_t size)
{
	if (ldl_alloc_resolve())
		return ldl_alloc_real.calloc(count, size);
	errno = ENOMEM;
	return NULL;
}

static void *first_realloc(void *block, size_t size)
{
	if (ldl_alloc_resolve())
		return ldl_alloc_real.realloc(block, size);
	errno = ENOMEM;
	return NULL;
}

static void first_free(void *block)
{
	if (ldl_alloc_resolve())
		ldl_alloc_real.free(block);
}

/* The rest is never called by the look-up. */
#define FIRST(result, name, parameters, arguments)                                                 \
	static result first_##name parameters                                                      \
	{                                                                                          \
		(void)ldl_alloc_resolve();                                                         \
		return ldl_alloc_real.name arguments;                                              \
	}
FIRST(void *, reallocarray, (void *block, size_t count, size_t size), (block, count, size))
FIRST(int, posix_memalign, (void **block, size_t alignment, size_t size), (block, alignment, size))
FIRST(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size))
FIRST(void *, memalign, (size_t alignment, size_t size), (alignment, size))
FIRST(void *, valloc, (size_t size), (size))
FIRST(void *, pvalloc, (size_t size), (size))
FIRST(void *, mmap, (void *at, size_t size, int access, int flags, int fd, off_t offset),
	(at, size, access, flags, fd, offset))
FIRST(void *, mmap64, (void *at, size_t size, int access, int flags, int fd, off_t offset),
	(at, size, access, flags, fd, offset))
FIRST(void *, mremap, (void *old, size_t old_size, size_t size, int flags, void *at),
	(old, old_size, size, flags, at))
FIRST(int, brk, (void *end), (end))
FIRST(void *, sbrk, (intptr_t more), (more))

struct ldl_alloc_real ldl_alloc_real = {.free = first_free,
#define X(result, name, parameters, arguments) .name = first_##name,
	LDL_ALLOC_FUNCTIONS(X)
#undef X
};

/* An entry keeps its first value only when there is no such function; then nobody can call it. */
static void resolve(void *entry, const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	if (found)
		memcpy(entry, &found, sizeof(found));
}

/* Where the code of an allocator that is not libc's lies. */
static void find_own_code(void)
{
	const ElfW(Phdr) * segment;
	const ElfW(Ehdr) * header;
	Dl_info allocator, libc;
	uintptr_t end = 0;

	if (!dladdr((const void *)ldl_alloc_real.malloc, &allocator) ||
		!dladdr((const void *)ldl_alloc_real.sbrk, &libc) ||
		allocator.dli_fbase == libc.dli_fbase)
		return;
	header = allocator.dli_fbase;
	segment = (const void *)((const char *)allocator.dli_fbase + header->e_phoff);
	for (uint32_t i = 0; i < header->e_phnum; i++) {
		if (segment[i].p_type == PT_LOAD && segment[i].p_vaddr + segment[i].p_memsz > end)
			end = segment[i].p_vaddr + segment[i].p_memsz;
	}
	ldl_alloc_real.own_start = (uintptr_t)allocator.dli_fbase;
	ldl_alloc_real.own_len = end;
}

bool ldl_alloc_resolve(void)
{
	static uint32_t is_done;
	int saved_errno = errno;

	/* Acquire: pairs with the release below. */
	if (ldl_load_acquire(&is_done))
		return true;
	if (is_resolving)
		return false;
	is_resolving = true;
	resolve(&ldl_alloc_real.free, "free");
#define X(result, name, parameters, arguments) resolve(&ldl_alloc_real.name, #name);
	LDL_ALLOC_FUNCTIONS(X)
#undef X
	find_own_code();
	ldl_store_release(&is_done, 1);
	is_resolving = false;
	errno = saved_errno;
	return true;
}

__attribute__((constructor)) static void resolve_early(void)
{
	(void)ldl_alloc_resolve();
}
