/* pthread mutexes and C11 mtx_t (which libc lays out alike). */
#include "instrument/preload/event.h"
#include "instrument/preload/plain.h"
#include "instrument/preload/real.h"

/* Bits of __kind, as glibc has had them since robust mutexes came (2.4); they are part of its ABI,
 * since static initialisers store them into programs. */
enum {
	KIND_TYPE = 3,
	KIND_RECURSIVE = 1,
	KIND_ERRORCHECK = 2,
	KIND_ROBUST = 16,
	KIND_INHERIT = 32,
	KIND_PROTECT = 64,
	KIND_SHARED = 128,
};

static uint32_t mutex_flags(const void *lock)
{
	int kind = ((const pthread_mutex_t *)lock)->__data.__kind;
	uint32_t flags = 0;

	if ((kind & KIND_TYPE) == KIND_RECURSIVE)
		flags |= LDL_INSTANCE_RECURSIVE;
	if ((kind & KIND_TYPE) == KIND_ERRORCHECK)
		flags |= LDL_INSTANCE_ERRORCHECK;
	if (kind & KIND_ROBUST)
		flags |= LDL_INSTANCE_ROBUST;
	if (kind & KIND_SHARED)
		flags |= LDL_INSTANCE_SHARED;
	return flags;
}

/* The list of robust and PI mutexes runs through it; others of this process have it for nothing. */
LDL_INLINE uint64_t *mark_word(pthread_mutex_t *mutex)
{
	return (uint64_t *)&mutex->__data.__list;
}

static uint64_t *mutex_mark(const void *lock)
{
	pthread_mutex_t *mutex = (pthread_mutex_t *)lock;

	if (mutex->__data.__kind & (KIND_ROBUST | KIND_INHERIT | KIND_PROTECT | KIND_SHARED))
		return NULL;
	return mark_word(mutex);
}

const struct ldl_lock_type ldl_mutex_type = {
	.kind = LDL_KIND_MUTEX,
	.flags = mutex_flags,
	.mark = mutex_mark,
	.size = sizeof(pthread_mutex_t),
};

LDL_EXPORT int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes)
{
	int result = ldl_real.pthread_mutex_init(mutex, attributes);

	/* After: the kind is in the mutex then. */
	if (result == 0)
		ldl_engine_init(mutex, &ldl_mutex_type, 0, 0, LDL_CALLER);
	return result;
}

LDL_EXPORT int pthread_mutex_destroy(pthread_mutex_t *mutex)
{
	int result = ldl_real.pthread_mutex_destroy(mutex);

	/* After: one that is in use is refused (EBUSY) and lives on. */
	if (result == 0 || result == EBUSY)
		ldl_engine_destroy(mutex, result == 0, LDL_CALLER);
	return result;
}

/* What the short ways below end in, each by a jump, so that they themselves save no registers. */

/* A mutex that is not taken here, or not free. */
static LDL_NOINLINE int lock_wanted(pthread_mutex_t *mutex, const void *caller)
{
	if (ldl_unlikely(!ldl_engine_acquire_fast(mutex, LDL_MODE_EXCLUSIVE, caller)))
		return ldl_event_lock_slow(mutex, &ldl_mutex_type, LDL_MODE_EXCLUSIVE, caller,
			(int (*)(void *))ldl_real.pthread_mutex_lock);
	return ldl_event_done(ldl_real.pthread_mutex_lock(mutex));
}

static LDL_NOINLINE int try_wanted(pthread_mutex_t *mutex, const void *caller)
{
	return ldl_event_tried(mutex, &ldl_mutex_type, LDL_MODE_EXCLUSIVE,
		ldl_real.pthread_mutex_trylock(mutex), caller);
}

/* It was taken, and does not say which one it is, or its chain is new. */
static LDL_NOINLINE int taken_unmarked(pthread_mutex_t *mutex, uint32_t mode, const void *caller)
{
	if (!ldl_engine_taken_fast(LDL_SELF(thread), mutex, mode, caller))
		ldl_event_taken_slow(mutex, &ldl_mutex_type, mode, caller);
	return 0;
}

/* Somebody waits for it: libc wakes them. */
LDL_INLINE int give_wanted(pthread_mutex_t *mutex, int (*real)(pthread_mutex_t *))
{
	ldl_plain_keep(mutex, LDL_SELF(thread));
	return real(mutex);
}

/* What was popped is given back. */
LDL_INLINE int give_popped(pthread_mutex_t *mutex, int (*real)(pthread_mutex_t *))
{
	return ldl_likely(ldl_plain_give(mutex)) ? 0 : give_wanted(mutex, real);
}

/* Not of the plain kind, or not the innermost. */
LDL_INLINE int give_other(
	pthread_mutex_t *mutex, const void *caller, int (*real)(pthread_mutex_t *))
{
	struct ldl_thread *thread = LDL_SELF(thread);
	int result;

	if (ldl_plain_is_like(mutex, thread)) {
		if (ldl_engine_pop(thread, mutex))
			return give_popped(mutex, real);
		if (ldl_engine_pop_below(thread, mutex)) {
			bool is_given = ldl_plain_give(mutex);

			ldl_fence_after_cas();
			ldl_engine_moved_down(thread);
			return is_given ? 0 : give_wanted(mutex, real);
		}
	}
	if (ldl_engine_release_fast(mutex))
		return real(mutex);
	result = real(mutex);
	if (result == 0)
		ldl_engine_release_slow(mutex, caller);
	return result;
}

static LDL_NOINLINE int unlock_wanted(pthread_mutex_t *mutex)
{
	return give_wanted(mutex, ldl_real.pthread_mutex_unlock);
}

static LDL_NOINLINE int unlock_other(pthread_mutex_t *mutex, const void *caller)
{
	return give_other(mutex, caller, ldl_real.pthread_mutex_unlock);
}

/* Acquire: pairs with the releases in engine_tenant.c. Not by the load itself: that of eight bytes
 * traps on ARM where a packed struct has its mutex at four. */
LDL_INLINE uint64_t read_mark(pthread_mutex_t *mutex)
{
	uint64_t mark = ldl_load_relaxed(mark_word(mutex));

	ldl_fence_acquire();
	return mark;
}

/* A mutex that was free: taken, then checked, and pushed as held. */
LDL_INLINE int take(struct ldl_thread *thread, pthread_mutex_t *mutex, uint32_t mode,
	const void *caller, int (*wanted)(pthread_mutex_t *, const void *))
{
	if (ldl_unlikely(!ldl_plain_take(mutex, thread)))
		return wanted(mutex, caller);
	if (ldl_unlikely(!ldl_engine_taken_marked(thread, mutex, read_mark(mutex), mode, caller)))
		return taken_unmarked(mutex, mode, caller);
	return 0;
}

/* The short way: it is of the plain kind. */
LDL_INLINE int take_plain(pthread_mutex_t *mutex, uint32_t mode, const void *caller,
	int (*other)(pthread_mutex_t *, const void *),
	int (*wanted)(pthread_mutex_t *, const void *))
{
	struct ldl_thread *thread = LDL_SELF(thread);

	LDL_SETTLE_STACK();
	if (ldl_unlikely(!ldl_plain_is(mutex, thread)))
		return other(mutex, caller);
	return take(thread, mutex, mode, caller, wanted);
}

/* It is of another kind, which may be like the plain one. */
LDL_INLINE int take_other(pthread_mutex_t *mutex, uint32_t mode, const void *caller,
	int (*wanted)(pthread_mutex_t *, const void *))
{
	struct ldl_thread *thread = LDL_SELF(thread);

	if (!ldl_plain_is_like(mutex, thread))
		return wanted(mutex, caller);
	return take(thread, mutex, mode, caller, wanted);
}

static LDL_NOINLINE int lock_other(pthread_mutex_t *mutex, const void *caller)
{
	return take_other(mutex, LDL_MODE_EXCLUSIVE, caller, lock_wanted);
}

static LDL_NOINLINE int try_other(pthread_mutex_t *mutex, const void *caller)
{
	return take_other(mutex, LDL_MODE_EXCLUSIVE | LDL_MODE_TRY, caller, try_wanted);
}

/* The innermost lock, plain, and nobody waits for it: popped and given back. */
LDL_INLINE int give(pthread_mutex_t *mutex, const void *caller,
	int (*other)(pthread_mutex_t *, const void *), int (*wanted)(pthread_mutex_t *))
{
	struct ldl_thread *thread = LDL_SELF(thread);

	if (ldl_unlikely(!ldl_plain_is(mutex, thread)) ||
		ldl_unlikely(!ldl_engine_pop(thread, mutex)))
		return other(mutex, caller);
	if (ldl_unlikely(!ldl_plain_give(mutex)))
		return wanted(mutex);
	return 0;
}

LDL_HOT LDL_EXPORT int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	return take_plain(mutex, LDL_MODE_EXCLUSIVE, LDL_CALLER, lock_other, lock_wanted);
}

LDL_HOT LDL_EXPORT int pthread_mutex_trylock(pthread_mutex_t *mutex)
{
	return take_plain(
		mutex, LDL_MODE_EXCLUSIVE | LDL_MODE_TRY, LDL_CALLER, try_other, try_wanted);
}

LDL_EXPORT int pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *until)
{
	struct ldl_thread *thread =
		ldl_engine_acquire(mutex, &ldl_mutex_type, LDL_MODE_TIMED, LDL_CALLER);

	return ldl_event_settle(thread, mutex, ldl_real.pthread_mutex_timedlock(mutex, until));
}

LDL_EXPORT int pthread_mutex_clocklock(
	pthread_mutex_t *mutex, clockid_t clock, const struct timespec *until)
{
	struct ldl_thread *thread =
		ldl_engine_acquire(mutex, &ldl_mutex_type, LDL_MODE_TIMED, LDL_CALLER);

	return ldl_event_settle(
		thread, mutex, ldl_real.pthread_mutex_clocklock(mutex, clock, until));
}

LDL_HOT LDL_EXPORT int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	return give(mutex, LDL_CALLER, unlock_other, unlock_wanted);
}

LDL_EXPORT int mtx_init(mtx_t *mutex, int type)
{
	int result = ldl_real.mtx_init(mutex, type);

	if (result == thrd_success)
		ldl_engine_init(mutex, &ldl_mutex_type, 0, 0, LDL_CALLER);
	return result;
}

LDL_EXPORT void mtx_destroy(mtx_t *mutex)
{
	ldl_real.mtx_destroy(mutex);
	ldl_engine_destroy(mutex, true, LDL_CALLER);
}

/* thrd_success is 0, like pthread's, and every other result is no acquisition. */
static LDL_NOINLINE int mtx_lock_wanted(pthread_mutex_t *mutex, const void *caller)
{
	if (ldl_unlikely(!ldl_engine_acquire_fast(mutex, LDL_MODE_EXCLUSIVE, caller)))
		return ldl_event_lock_slow(mutex, &ldl_mutex_type, LDL_MODE_EXCLUSIVE, caller,
			(int (*)(void *))ldl_real.mtx_lock);
	return ldl_event_done(ldl_real.mtx_lock((mtx_t *)mutex));
}

static LDL_NOINLINE int mtx_try_wanted(pthread_mutex_t *mutex, const void *caller)
{
	return ldl_event_tried(mutex, &ldl_mutex_type, LDL_MODE_EXCLUSIVE,
		ldl_real.mtx_trylock((mtx_t *)mutex), caller);
}

static LDL_NOINLINE int mtx_lock_other(pthread_mutex_t *mutex, const void *caller)
{
	return take_other(mutex, LDL_MODE_EXCLUSIVE, caller, mtx_lock_wanted);
}

static LDL_NOINLINE int mtx_try_other(pthread_mutex_t *mutex, const void *caller)
{
	return take_other(mutex, LDL_MODE_EXCLUSIVE | LDL_MODE_TRY, caller, mtx_try_wanted);
}

LDL_HOT LDL_EXPORT int mtx_lock(mtx_t *mutex)
{
	return take_plain((pthread_mutex_t *)mutex, LDL_MODE_EXCLUSIVE, LDL_CALLER, mtx_lock_other,
		mtx_lock_wanted);
}

LDL_HOT LDL_EXPORT int mtx_trylock(mtx_t *mutex)
{
	return take_plain((pthread_mutex_t *)mutex, LDL_MODE_EXCLUSIVE | LDL_MODE_TRY, LDL_CALLER,
		mtx_try_other, mtx_try_wanted);
}

LDL_EXPORT int mtx_timedlock(mtx_t *mutex, const struct timespec *until)
{
	struct ldl_thread *thread =
		ldl_engine_acquire(mutex, &ldl_mutex_type, LDL_MODE_TIMED, LDL_CALLER);

	return ldl_event_settle(thread, mutex, ldl_real.mtx_timedlock(mutex, until));
}

static LDL_NOINLINE int mtx_unlock_wanted(pthread_mutex_t *mutex)
{
	return give_wanted(mutex, (int (*)(pthread_mutex_t *))(void *)ldl_real.mtx_unlock);
}

static LDL_NOINLINE int mtx_unlock_other(pthread_mutex_t *mutex, const void *caller)
{
	return give_other(mutex, caller, (int (*)(pthread_mutex_t *))(void *)ldl_real.mtx_unlock);
}

LDL_HOT LDL_EXPORT int mtx_unlock(mtx_t *mutex)
{
	return give((pthread_mutex_t *)mutex, LDL_CALLER, mtx_unlock_other, mtx_unlock_wanted);
}
