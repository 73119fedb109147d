/* What the wrappers share: kinds of locks, and the end of an acquisition. */
#ifndef LDL_EVENT_H
#define LDL_EVENT_H

#include "core/engine.h"

#include <errno.h>
#include <pthread.h>

extern const struct ldl_lock_type ldl_mutex_type;
extern const struct ldl_lock_type ldl_rwlock_type;
extern const struct ldl_lock_type ldl_spin_type;

/* glibc's readers overtake waiting writers; the engine takes the bit away again from locks of kind
 * PREFER_WRITER_NONRECURSIVE. */
#define LDL_MODE_READER (LDL_MODE_SHARED | LDL_MODE_RECURSIVE)

/* After the real call. A robust mutex whose owner died is acquired all the same. */
LDL_INLINE int ldl_event_settle(struct ldl_thread *thread, const void *lock, int result)
{
	if (ldl_likely(thread)) {
		if (ldl_likely(result == 0) || result == EOWNERDEAD)
			ldl_engine_acquired();
		else
			ldl_engine_failed(thread, lock);
	}
	return result;
}

/* The acquisition that left the fast path, real call included: what libc's `call` says. Out of
 * line, so that the fast path saves no registers. */
LDL_NOINLINE int ldl_event_lock_slow(const void *lock, const struct ldl_lock_type *type,
	uint32_t mode, const void *caller, int (*call)(void *));

/* A lock that was free was taken, and the fast path does not know it. */
LDL_NOINLINE void ldl_event_taken_slow(
	const void *lock, const struct ldl_lock_type *type, uint32_t mode, const void *caller);

/* After a real call that the fast path announced: the lock in question is the wanted one. */
LDL_NOINLINE int ldl_event_refused(int result);

LDL_INLINE int ldl_event_done(int result)
{
	if (ldl_unlikely(result != 0))
		return ldl_event_refused(result);
	ldl_engine_acquired();
	/* As it is in its register: the compiler would set a known 0 anew. */
	__asm__("" : "+r"(result));
	return result;
}

/* After a try that failed: nothing, but for those who watch an armed thread (rule A8). */
LDL_NOINLINE void ldl_event_try_refused(
	const void *lock, const struct ldl_lock_type *type, uint32_t mode, const void *caller);

/* After a try: a success is an event, and it waited for nothing. */
LDL_INLINE int ldl_event_tried(const void *lock, const struct ldl_lock_type *type, uint32_t mode,
	int result, const void *caller)
{
	if (result == 0 || result == EOWNERDEAD) {
		struct ldl_thread *thread =
			ldl_engine_acquire(lock, type, mode | LDL_MODE_TRY, caller);

		if (thread)
			ldl_engine_acquired();
	} else {
		ldl_event_try_refused(lock, type, mode, caller);
	}
	return result;
}

/* Whether any thread of this process was ever marked as an I/O flusher. */
bool ldl_process_has_flushers(void) LDL_HIDDEN;

/* In a new thread: whoever made it may have been marked as an I/O flusher. */
void ldl_process_inherit_flusher(void) LDL_HIDDEN;

#endif
