/* C++'s operators new and delete.
 *
 * libstdc++'s and libc++'s new is malloc(), with an exception when it fails. Where the operators
 * are such a runtime's, or where the program's search order reaches none (a C program that loads a
 * C++ plug-in), new goes to the allocator at once, and to the runtime only for its failure: so one
 * request is one event, at the place of the `new` itself. Where the program or an allocator brings
 * operators of its own, even a few of them, all calls go on to what comes next, which knows how the
 * operators build upon one another. delete does as new does, so that what the one took from the
 * allocator the other gives back to it. */
#include "instrument/preload/alloc.h"

#include <dlfcn.h>
#include <string.h>

/* The names as the Itanium C++ ABI spells them where size_t is unsigned long. The first four of
 * each: plain, nothrow, aligned, aligned and nothrow. */
#define NOTHROW "RKSt9nothrow_t"
#define ALIGNED "St11align_val_t"

enum { NEWS = 8, DELETES = 12 };

static const char *const new_names[NEWS] = {
	"_Znwm",
	"_Znwm" NOTHROW,
	"_Znwm" ALIGNED,
	"_Znwm" ALIGNED NOTHROW,
	"_Znam",
	"_Znam" NOTHROW,
	"_Znam" ALIGNED,
	"_Znam" ALIGNED NOTHROW,
};

static const char *const delete_names[DELETES] = {
	"_ZdlPv",
	"_ZdlPv" NOTHROW,
	"_ZdlPv" ALIGNED,
	"_ZdlPv" ALIGNED NOTHROW,
	"_ZdlPvm",
	"_ZdlPvm" ALIGNED,
	"_ZdaPv",
	"_ZdaPv" NOTHROW,
	"_ZdaPv" ALIGNED,
	"_ZdaPv" ALIGNED NOTHROW,
	"_ZdaPvm",
	"_ZdaPvm" ALIGNED,
};

/* Any of them can be called with three words: it looks at those that it has. */
typedef void *new_function(size_t size, size_t second, size_t third);
typedef void delete_function(void *block, size_t second, size_t third);

static bool is_passing_on; /* set before the program's first instruction */
static new_function *next_new[NEWS];
static delete_function *next_delete[DELETES];

/* The allocator said no: the runtime that the caller is linked against calls the program's handler
 * and throws. */
static LDL_NOINLINE void *fail(
	uint32_t variant, size_t size, size_t second, size_t third, const void *caller)
{
	void *found = dlsym(RTLD_NEXT, new_names[variant]), *object;
	new_function *runtime;
	Dl_info info;

	if (!found && dladdr1(caller, &info, &object, RTLD_DL_LINKMAP))
		found = dlsym(object, new_names[variant]);
	if (!found)
		return NULL;
	memcpy(&runtime, &found, sizeof(runtime));
	return runtime(size, second, third);
}

LDL_INLINE void *allocate(uint32_t variant, size_t size, size_t alignment, size_t second,
	size_t third, const void *caller)
{
	void *block;

	ldl_alloc_event(caller);
	if (ldl_unlikely(is_passing_on))
		return next_new[variant](size, second, third);
	size += size == 0;
	block = alignment ? ldl_alloc_real.aligned_alloc(
				    alignment, (size + alignment - 1) & ~(alignment - 1))
			  : ldl_alloc_real.malloc(size);
	return ldl_likely(block) ? block : fail(variant, size, second, third, caller);
}

LDL_INLINE void give_back(uint32_t variant, void *block, size_t second, size_t third)
{
	if (ldl_unlikely(is_passing_on))
		next_delete[variant](block, second, third);
	else
		ldl_alloc_real.free(block);
}

/* DELETE's third word is there for the aligned and sized forms; the others ignore it. */
#define NEW(symbol, variant, alignment)                                                            \
	LDL_EXPORT void *symbol(size_t size, size_t second, size_t third);                         \
	LDL_EXPORT void *symbol(size_t size, size_t second, size_t third)                          \
	{                                                                                          \
		return allocate(variant, size, alignment, second, third, LDL_CALLER);              \
	}
#define DELETE(symbol, variant)                                                                    \
	LDL_EXPORT void symbol(void *block, size_t second, size_t third);                          \
	LDL_EXPORT void symbol(void *block, size_t second, size_t third)                           \
	{                                                                                          \
		give_back(variant, block, second, third);                                          \
	}

NEW(_Znwm, 0, 0)
NEW(_ZnwmRKSt9nothrow_t, 1, 0)
NEW(_ZnwmSt11align_val_t, 2, second)
NEW(_ZnwmSt11align_val_tRKSt9nothrow_t, 3, second)
NEW(_Znam, 4, 0)
NEW(_ZnamRKSt9nothrow_t, 5, 0)
NEW(_ZnamSt11align_val_t, 6, second)
NEW(_ZnamSt11align_val_tRKSt9nothrow_t, 7, second)

DELETE(_ZdlPv, 0)
DELETE(_ZdlPvRKSt9nothrow_t, 1)
DELETE(_ZdlPvSt11align_val_t, 2)
DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t, 3)
DELETE(_ZdlPvm, 4)
DELETE(_ZdlPvmSt11align_val_t, 5)
DELETE(_ZdaPv, 6)
DELETE(_ZdaPvRKSt9nothrow_t, 7)
DELETE(_ZdaPvSt11align_val_t, 8)
DELETE(_ZdaPvSt11align_val_tRKSt9nothrow_t, 9)
DELETE(_ZdaPvm, 10)
DELETE(_ZdaPvmSt11align_val_t, 11)

/* Whether calls by this name come here: the executable's own operators are found first. */
static bool is_ours(const char *name, const void *own_base)
{
	void *found = dlsym(RTLD_DEFAULT, name);
	Dl_info info;

	return found && dladdr(found, &info) && info.dli_fbase == own_base;
}

/* Whether the operators that come next are a C++ runtime's, or there are none. */
static bool is_runtime(void)
{
	static const char *const runtimes[] = {"libstdc++.so", "libc++.so", "libc++abi.so"};
	void *next = dlsym(RTLD_NEXT, new_names[0]);
	const char *name;
	Dl_info info;

	if (!next)
		return true;
	if (!dladdr(next, &info) || !info.dli_fname)
		return false;
	name = strrchr(info.dli_fname, '/');
	name = name ? name + 1 : info.dli_fname;
	for (size_t i = 0; i < ldl_array_len(runtimes); i++) {
		if (strncmp(name, runtimes[i], strlen(runtimes[i])) == 0)
			return true;
	}
	return false;
}

/* Where nothing comes next (an executable that has its runtime inside and exports a part of it),
 * the simplest operator that the program has does. */
static void *next_of(const char *name, const char *simplest)
{
	void *next = dlsym(RTLD_NEXT, name);

	return next ? next : dlsym(RTLD_DEFAULT, simplest);
}

__attribute__((constructor)) static void resolve(void)
{
	Dl_info own;
	bool is_plain;

	if (!dladdr((const void *)is_ours, &own))
		return;
	is_plain = is_runtime();
	for (size_t i = 0; is_plain && i < NEWS; i++)
		is_plain = is_ours(new_names[i], own.dli_fbase);
	for (size_t i = 0; is_plain && i < DELETES; i++)
		is_plain = is_ours(delete_names[i], own.dli_fbase);
	if (is_plain)
		return;
	for (size_t i = 0; i < NEWS; i++) {
		void *next = next_of(new_names[i], "_Znwm");

		memcpy(&next_new[i], &next, sizeof(next));
	}
	for (size_t i = 0; i < DELETES; i++) {
		void *next = next_of(delete_names[i], "_ZdlPv");

		memcpy(&next_delete[i], &next, sizeof(next));
	}
	is_passing_on = true;
}
