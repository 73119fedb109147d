/* The slow ends of the wrappers. See event.h. */
#include "instrument/preload/event.h"

int ldl_event_lock_slow(const void *lock, const struct ldl_lock_type *type, uint32_t mode,
	const void *caller, int (*call)(void *))
{
	struct ldl_thread *thread = ldl_engine_acquire_slow(lock, type, mode, caller);

	return ldl_event_settle(thread, lock, call((void *)lock));
}

int ldl_event_refused(int result)
{
	return ldl_event_settle(ldl_self.thread, NULL, result);
}
