/* Looks, once, whether libc's plain mutexes are what plain.h takes them for. */
#include "instrument/preload/plain.h"
#include "instrument/preload/real.h"

#include "core/engine.h"
#include "core/sys.h"

#include <errno.h>
#include <gnu/libc-version.h>
#include <stdlib.h>
#include <string.h>

#pragma weak gnu_get_libc_version

/* Releases of glibc whose mutexes were read; what comes later is left to libc. */
#define OLDEST 31
#define NEWEST 42

bool ldl_plain_is_used;

static bool is_known_release(void)
{
	const char *release = gnu_get_libc_version ? gnu_get_libc_version() : "";
	int minor = 0;

	if (strncmp(release, "2.", 2) != 0)
		return false;
	for (release += 2; *release >= '0' && *release <= '9' && minor <= NEWEST; release++)
		minor = minor * 10 + (*release - '0');
	return minor >= OLDEST && minor <= NEWEST;
}

/* Whether the function behind ours is libc's own, and no other library's that wants its calls. */
static bool is_libcs(const void *function)
{
	Dl_info of_function, of_libc;
	const char *name;

	if (!dladdr(function, &of_function) ||
		!dladdr((const void *)(uintptr_t)gnu_get_libc_version, &of_libc))
		return false;
	name = strrchr(of_function.dli_fname, '/');
	return of_function.dli_fbase == of_libc.dli_fbase ||
	       (name && strncmp(name, "/libpthread", 11) == 0); /* before 2.34 */
}

/* Lock elision takes mutexes without writing to them. */
static bool is_elided(void)
{
	const char *tunables = getenv("GLIBC_TUNABLES");

	return tunables && strstr(tunables, "elision");
}

static bool is_in_state(const pthread_mutex_t *mutex, int lock, int owner, unsigned int users)
{
	return mutex->__data.__lock == lock && mutex->__data.__owner == owner &&
	       mutex->__data.__nusers == users;
}

/* A lock by the one is a lock for the other, and leaves the same words behind. */
static bool is_as_described(int kind)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	const struct ldl_thread *self = ldl_thread_known();
	int tid = ldl_sys_gettid();
	bool is_same;

	mutex.__data.__kind = kind;
	if (!self || (int)self->tid != tid)
		return false;
	if (ldl_real.pthread_mutex_lock(&mutex) != 0)
		return false;
	is_same = is_in_state(&mutex, 1, tid, 1);
	if (ldl_real.pthread_mutex_unlock(&mutex) != 0 || !is_same)
		return false;
	return is_in_state(&mutex, 0, 0, 0) && ldl_plain_take(&mutex, self) &&
	       is_in_state(&mutex, 1, tid, 1) && ldl_real.pthread_mutex_trylock(&mutex) == EBUSY &&
	       ldl_plain_give(&mutex) && is_in_state(&mutex, 0, 0, 0) &&
	       mutex.__data.__kind == kind;
}

void ldl_plain_begin(void)
{
	static bool is_checked, is_usable;

	/* Two threads that libc made for itself may be here at once: they find the same. */
	if (ldl_likely(ldl_load_relaxed(&ldl_plain_is_used)))
		return;
	if (!is_checked)
		is_usable = is_known_release() && is_libcs((void *)ldl_real.pthread_mutex_lock) &&
			    is_libcs((void *)ldl_real.pthread_mutex_unlock) &&
			    is_libcs((void *)ldl_real.pthread_cond_wait) &&
			    is_libcs((void *)ldl_real.mtx_lock) &&
			    is_libcs((void *)ldl_real.mtx_unlock) && !is_elided() &&
			    is_as_described(0) && is_as_described(LDL_PLAIN_ADAPTIVE) &&
			    is_as_described(LDL_PLAIN_UNELIDABLE);
	is_checked = true;
	if (!is_usable)
		return;
	ldl_store_relaxed(&ldl_plain_is_used, true);
	ldl_engine_take_plain(true);
}

void ldl_plain_end(void)
{
	ldl_store_relaxed(&ldl_plain_is_used, false);
	ldl_engine_take_plain(false);
}
