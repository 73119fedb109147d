/* Looks up libc's own functions. See real.h. */
#include "instrument/preload/real.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <string.h>

#pragma weak dlvsym

/* Before glibc 2.36 an unversioned look-up gave the oldest pthread_cond_*, another ABI that hangs.
 * So the version that programs of today are linked against is preferred. */
#if defined(__x86_64__)
#define COND_VERSION "GLIBC_2.3.2"
#else
#define COND_VERSION "GLIBC_2.17"
#endif

bool ldl_real_is_glibc(void)
{
	return dlvsym != NULL;
}

static void *look_up(const char *name)
{
	void *next = dlsym(RTLD_NEXT, name), *exact = NULL;
	Dl_info of_next, of_exact;

	if (ldl_real_is_glibc() && strncmp(name, "pthread_cond_", 13) == 0)
		exact = dlvsym(RTLD_NEXT, name, COND_VERSION);
	/* A sanitizer's runtime in between has no versions, and must not be passed by. */
	if (next && exact && dladdr(next, &of_next) && dladdr(exact, &of_exact) &&
		of_next.dli_fbase != of_exact.dli_fbase)
		return next;
	return exact ? exact : next;
}

/* Until they are resolved, entries lead here. */
#define X(result, name, parameters, arguments)                                                     \
	static result first_##name parameters                                                      \
	{                                                                                          \
		ldl_real_resolve();                                                                \
		return ldl_real.name arguments;                                                    \
	}
LDL_REAL_FUNCTIONS(X)
#undef X

static void first_mtx_destroy(mtx_t *mutex)
{
	ldl_real_resolve();
	ldl_real.mtx_destroy(mutex);
}

__attribute__((noreturn)) static void first_pthread_exit(void *result)
{
	ldl_real_resolve();
	ldl_real.pthread_exit(result);
}

__attribute__((noreturn)) static void first_thrd_exit(int result)
{
	ldl_real_resolve();
	ldl_real.thrd_exit(result);
}

struct ldl_real ldl_real = {
#define X(result, name, parameters, arguments) .name = first_##name,
	LDL_REAL_FUNCTIONS(X)
#undef X
		.mtx_destroy = first_mtx_destroy,
	.pthread_exit = first_pthread_exit,
	.thrd_exit = first_thrd_exit,
};

/* An entry keeps its first value only when libc has no such function; then nobody can call it. */
static void resolve(void *entry, const char *name)
{
	void *found = look_up(name);

	if (found)
		memcpy(entry, &found, sizeof(found));
}

void ldl_real_resolve(void)
{
#define X(result, name, parameters, arguments) resolve(&ldl_real.name, #name);
	LDL_REAL_FUNCTIONS(X)
#undef X
	resolve(&ldl_real.mtx_destroy, "mtx_destroy");
	resolve(&ldl_real.pthread_exit, "pthread_exit");
	resolve(&ldl_real.thrd_exit, "thrd_exit");
	resolve(&ldl_real.libc_start_main, "__libc_start_main");
}

/* Hidden: core's calls come here, in place of libc's function of that name. */
int backtrace(void **frames, int count)
{
	return ldl_real.backtrace(frames, count);
}
