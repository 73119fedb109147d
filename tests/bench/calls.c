/* The two sets of lock functions: libc's own by a handle of libc, the watched ones by name. */
#include "bench.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

struct calls bench_bare, bench_ours;

/* Condition variables exist twice in libc on x86-64; dlsym() gave the older one before 2.36. */
#if defined(__x86_64__)
#define COND_VERSION "GLIBC_2.3.2"
#else
#define COND_VERSION "GLIBC_2.17"
#endif

struct wanted_symbol {
	const char *name;
	size_t offset; /* of its pointer in struct calls */
};

static const struct wanted_symbol wanted[] = {
	{"pthread_mutex_init", offsetof(struct calls, mutex_init)},
	{"pthread_mutex_destroy", offsetof(struct calls, mutex_destroy)},
	{"pthread_mutex_lock", offsetof(struct calls, mutex_lock)},
	{"pthread_mutex_trylock", offsetof(struct calls, mutex_trylock)},
	{"pthread_mutex_unlock", offsetof(struct calls, mutex_unlock)},
	{"pthread_rwlock_rdlock", offsetof(struct calls, read_lock)},
	{"pthread_rwlock_wrlock", offsetof(struct calls, write_lock)},
	{"pthread_rwlock_unlock", offsetof(struct calls, rw_unlock)},
	{"pthread_spin_lock", offsetof(struct calls, spin_lock)},
	{"pthread_spin_unlock", offsetof(struct calls, spin_unlock)},
	{"pthread_cond_wait", offsetof(struct calls, cond_wait)},
	{"pthread_cond_signal", offsetof(struct calls, cond_signal)},
	{"malloc", offsetof(struct calls, allocate)},
	{"free", offsetof(struct calls, give_back)},
};

static __attribute__((noinline)) void do_nothing(unsigned int gfp)
{
	__asm__ volatile("" : : "r"(gfp));
}

static void *find_in(void *handle, const char *name)
{
	void *found = NULL;

	if (handle && strncmp(name, "pthread_cond_", 13) == 0)
		found = dlvsym(handle, name, COND_VERSION);
	if (handle && !found)
		found = dlsym(handle, name);
	return found;
}

bool bench_calls_find(void)
{
	void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
	/* Before glibc 2.34 the lock functions were in a library of their own. */
	void *libpthread = dlopen("libpthread.so.0", RTLD_NOW | RTLD_NOLOAD);

	for (size_t i = 0; i < BENCH_ARRAY_LEN(wanted); i++) {
		void *bare = find_in(libpthread, wanted[i].name);
		void *ours = find_in(RTLD_DEFAULT, wanted[i].name);

		if (!bare)
			bare = find_in(libc, wanted[i].name);
		/* RTLD_DEFAULT is NULL, so find_in() has refused it. */
		if (!ours)
			ours = dlsym(RTLD_DEFAULT, wanted[i].name);
		if (!bare || !ours) {
			fprintf(stderr, "bench: %s: not found in libc\n", wanted[i].name);
			return false;
		}
		memcpy((char *)&bench_bare + wanted[i].offset, &bare, sizeof(bare));
		memcpy((char *)&bench_ours + wanted[i].offset, &ours, sizeof(ours));
	}
	bench_bare.might_alloc = do_nothing;
	bench_ours.might_alloc = do_nothing;
	if (dlsym(RTLD_DEFAULT, "ldl_might_alloc"))
		*(void **)&bench_ours.might_alloc = dlsym(RTLD_DEFAULT, "ldl_might_alloc");
	return true;
}
