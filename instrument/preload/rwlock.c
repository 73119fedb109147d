/* pthread rwlocks and spin locks. */
#include "instrument/preload/event.h"
#include "instrument/preload/real.h"

static uint32_t rwlock_flags(const void *lock)
{
	const pthread_rwlock_t *rwlock = lock;
	uint32_t flags = 0;

	/* Only this kind makes readers wait behind a waiting writer. */
	if (rwlock->__data.__flags == PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP)
		flags |= LDL_INSTANCE_FAIR;
	if (rwlock->__data.__shared)
		flags |= LDL_INSTANCE_SHARED;
	return flags;
}

/* A word of padding that libc keeps for later. */
static uint64_t *rwlock_mark(const void *lock)
{
	pthread_rwlock_t *rwlock = (pthread_rwlock_t *)lock;

	return rwlock->__data.__shared ? NULL : (uint64_t *)&rwlock->__data.__pad2;
}

const struct ldl_lock_type ldl_rwlock_type = {
	.kind = LDL_KIND_RWLOCK, .flags = rwlock_flags, .mark = rwlock_mark};
const struct ldl_lock_type ldl_spin_type = {.kind = LDL_KIND_SPIN};

LDL_EXPORT int pthread_rwlock_init(pthread_rwlock_t *lock, const pthread_rwlockattr_t *attributes)
{
	int result = ldl_real.pthread_rwlock_init(lock, attributes);

	if (result == 0)
		ldl_engine_init(lock, &ldl_rwlock_type, 0, 0, LDL_CALLER);
	return result;
}

LDL_EXPORT int pthread_rwlock_destroy(pthread_rwlock_t *lock)
{
	int result = ldl_real.pthread_rwlock_destroy(lock);

	if (result == 0 || result == EBUSY)
		ldl_engine_destroy(lock, result == 0, LDL_CALLER);
	return result;
}

LDL_EXPORT int pthread_rwlock_rdlock(pthread_rwlock_t *lock)
{
	if (ldl_unlikely(!ldl_engine_acquire_fast(lock, LDL_MODE_READER, LDL_CALLER)))
		return ldl_event_lock_slow(lock, &ldl_rwlock_type, LDL_MODE_READER, LDL_CALLER,
			(int (*)(void *))ldl_real.pthread_rwlock_rdlock);
	return ldl_event_done(ldl_real.pthread_rwlock_rdlock(lock));
}

LDL_EXPORT int pthread_rwlock_tryrdlock(pthread_rwlock_t *lock)
{
	return ldl_event_tried(lock, &ldl_rwlock_type, LDL_MODE_READER,
		ldl_real.pthread_rwlock_tryrdlock(lock), LDL_CALLER);
}

LDL_EXPORT int pthread_rwlock_timedrdlock(pthread_rwlock_t *lock, const struct timespec *until)
{
	struct ldl_thread *thread = ldl_engine_acquire(
		lock, &ldl_rwlock_type, LDL_MODE_READER | LDL_MODE_TIMED, LDL_CALLER);

	return ldl_event_settle(thread, lock, ldl_real.pthread_rwlock_timedrdlock(lock, until));
}

LDL_EXPORT int pthread_rwlock_clockrdlock(
	pthread_rwlock_t *lock, clockid_t clock, const struct timespec *until)
{
	struct ldl_thread *thread = ldl_engine_acquire(
		lock, &ldl_rwlock_type, LDL_MODE_READER | LDL_MODE_TIMED, LDL_CALLER);

	return ldl_event_settle(
		thread, lock, ldl_real.pthread_rwlock_clockrdlock(lock, clock, until));
}

LDL_EXPORT int pthread_rwlock_wrlock(pthread_rwlock_t *lock)
{
	if (ldl_unlikely(!ldl_engine_acquire_fast(lock, LDL_MODE_EXCLUSIVE, LDL_CALLER)))
		return ldl_event_lock_slow(lock, &ldl_rwlock_type, LDL_MODE_EXCLUSIVE, LDL_CALLER,
			(int (*)(void *))ldl_real.pthread_rwlock_wrlock);
	return ldl_event_done(ldl_real.pthread_rwlock_wrlock(lock));
}

LDL_EXPORT int pthread_rwlock_trywrlock(pthread_rwlock_t *lock)
{
	return ldl_event_tried(lock, &ldl_rwlock_type, LDL_MODE_EXCLUSIVE,
		ldl_real.pthread_rwlock_trywrlock(lock), LDL_CALLER);
}

LDL_EXPORT int pthread_rwlock_timedwrlock(pthread_rwlock_t *lock, const struct timespec *until)
{
	struct ldl_thread *thread =
		ldl_engine_acquire(lock, &ldl_rwlock_type, LDL_MODE_TIMED, LDL_CALLER);

	return ldl_event_settle(thread, lock, ldl_real.pthread_rwlock_timedwrlock(lock, until));
}

LDL_EXPORT int pthread_rwlock_clockwrlock(
	pthread_rwlock_t *lock, clockid_t clock, const struct timespec *until)
{
	struct ldl_thread *thread =
		ldl_engine_acquire(lock, &ldl_rwlock_type, LDL_MODE_TIMED, LDL_CALLER);

	return ldl_event_settle(
		thread, lock, ldl_real.pthread_rwlock_clockwrlock(lock, clock, until));
}

LDL_EXPORT int pthread_rwlock_unlock(pthread_rwlock_t *lock)
{
	int result;

	if (ldl_likely(ldl_engine_release_fast(lock)))
		return ldl_real.pthread_rwlock_unlock(lock);
	result = ldl_real.pthread_rwlock_unlock(lock);
	if (result == 0)
		ldl_engine_release_slow(lock, LDL_CALLER);
	return result;
}

LDL_EXPORT int pthread_spin_init(pthread_spinlock_t *lock, int shared)
{
	int result = ldl_real.pthread_spin_init(lock, shared);

	if (result == 0)
		ldl_engine_init((const void *)lock, &ldl_spin_type, 0,
			shared == PTHREAD_PROCESS_SHARED ? LDL_INSTANCE_SHARED : 0, LDL_CALLER);
	return result;
}

LDL_EXPORT int pthread_spin_destroy(pthread_spinlock_t *lock)
{
	int result = ldl_real.pthread_spin_destroy(lock);

	ldl_engine_destroy((const void *)lock, true, LDL_CALLER);
	return result;
}

LDL_EXPORT int pthread_spin_lock(pthread_spinlock_t *lock)
{
	if (ldl_unlikely(
		    !ldl_engine_acquire_fast((const void *)lock, LDL_MODE_EXCLUSIVE, LDL_CALLER)))
		return ldl_event_lock_slow((const void *)lock, &ldl_spin_type, LDL_MODE_EXCLUSIVE,
			LDL_CALLER, (int (*)(void *))ldl_real.pthread_spin_lock);
	return ldl_event_done(ldl_real.pthread_spin_lock(lock));
}

LDL_EXPORT int pthread_spin_trylock(pthread_spinlock_t *lock)
{
	return ldl_event_tried((const void *)lock, &ldl_spin_type, LDL_MODE_EXCLUSIVE,
		ldl_real.pthread_spin_trylock(lock), LDL_CALLER);
}

LDL_EXPORT int pthread_spin_unlock(pthread_spinlock_t *lock)
{
	int result;

	if (ldl_likely(ldl_engine_release_fast((const void *)lock)))
		return ldl_real.pthread_spin_unlock(lock);
	result = ldl_real.pthread_spin_unlock(lock);
	if (result == 0)
		ldl_engine_release_slow((const void *)lock, LDL_CALLER);
	return result;
}
