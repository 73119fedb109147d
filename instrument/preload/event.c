/* The slow ends of the wrappers. See event.h. */
#include "instrument/preload/event.h"

int ldl_event_lock_slow(const void *lock, const struct ldl_lock_type *type, uint32_t mode,
	const void *caller, int (*call)(void *))
{
	struct ldl_thread *thread;

	/* A program that is left out: a jump, and no frame. */
	if (ldl_unlikely(ldl_engine_control == &ldl_engine_no_control))
		return call((void *)lock);
	thread = ldl_engine_acquire_slow(lock, type, mode, caller);
	return ldl_event_settle(thread, lock, call((void *)lock));
}

void ldl_event_taken_slow(
	const void *lock, const struct ldl_lock_type *type, uint32_t mode, const void *caller)
{
	if (ldl_engine_acquire_slow(lock, type, mode, caller))
		ldl_engine_acquired();
}

int ldl_event_refused(int result)
{
	return ldl_event_settle(ldl_self.thread, NULL, result);
}

void ldl_event_try_refused(
	const void *lock, const struct ldl_lock_type *type, uint32_t mode, const void *caller)
{
	struct ldl_thread *thread = ldl_thread_known();

	if (!thread || !thread->armed)
		return;
	thread = ldl_engine_acquire(lock, type, mode | LDL_MODE_TRY, caller);
	if (!thread)
		return;
	ldl_engine_try_failed(lock, caller);
	ldl_engine_failed(thread, lock);
}
