/* Condition variables: a wait releases its mutex and takes it again, also when it is cancelled.
 *
 * A cancelled wait unwinds past the wrapper, with the mutex taken again: libc's own cleanup buffers
 * run our note of that before the program's handlers, which may unlock it. They need no C++
 * runtime, as -fexceptions would.
 *
 * A wait without a time limit is a sleep too, which a non-blocking section must not have (rule A6),
 * though nobody knows who will end it. */
#include "instrument/preload/event.h"
#include "instrument/preload/real.h"

#pragma weak __pthread_register_cancel
#pragma weak __pthread_unregister_cancel

struct wait {
	struct ldl_thread *thread;
	const void *mutex;
};

/* The mutex is released, and taken again. The second taking is checked before the wait: a thread
 * that hangs in it cannot be asked any more. */
static struct ldl_thread *wait_begin(const void *mutex, const void *condition, const void *caller)
{
	struct ldl_thread *thread;

	ldl_engine_release(mutex, NULL);
	thread = ldl_engine_acquire(mutex, &ldl_mutex_type, LDL_MODE_EXCLUSIVE, caller);
	if (thread)
		ldl_store_relaxed(&thread->record->wait_addr, (uint64_t)(uintptr_t)condition);
	return thread;
}

static void wait_end(struct ldl_thread *thread, const void *mutex, int result)
{
	/* No record: a signal handler forked during the wait, and this is the child. */
	if (!thread || !thread->record)
		return;
	ldl_store_relaxed(&thread->record->wait_addr, 0);
	/* Held again whatever came of the wait, but for a robust mutex that is lost for good, and
	 * one that was not ours to wait with. */
	if (result == ENOTRECOVERABLE || result == EPERM)
		ldl_engine_failed(thread, mutex);
	else
		ldl_engine_acquired();
}

static void cancelled(void *argument)
{
	const struct wait *wait = argument;

	wait_end(wait->thread, wait->mutex, 0);
}

/* `call` is the real wait. */
#define WAIT(condition, wait_mutex, call)                                                          \
	do {                                                                                       \
		struct wait wait = {                                                               \
			.thread = wait_begin(wait_mutex, condition, LDL_CALLER),                   \
			.mutex = wait_mutex,                                                       \
		};                                                                                 \
		int result;                                                                        \
                                                                                                   \
		if (ldl_unlikely(!ldl_real_is_glibc()))                                            \
			return call;                                                               \
		pthread_cleanup_push(cancelled, &wait);                                            \
		result = call;                                                                     \
		pthread_cleanup_pop(0);                                                            \
		wait_end(wait.thread, wait.mutex, result);                                         \
		return result;                                                                     \
	} while (0)

LDL_EXPORT int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
	ldl_engine_sleep(LDL_CALLER);
	WAIT(condition, mutex, ldl_real.pthread_cond_wait(condition, mutex));
}

LDL_EXPORT int pthread_cond_timedwait(
	pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until)
{
	WAIT(condition, mutex, ldl_real.pthread_cond_timedwait(condition, mutex, until));
}

LDL_EXPORT int pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex,
	clockid_t clock, const struct timespec *until)
{
	WAIT(condition, mutex, ldl_real.pthread_cond_clockwait(condition, mutex, clock, until));
}

LDL_EXPORT int cnd_wait(cnd_t *condition, mtx_t *mutex)
{
	ldl_engine_sleep(LDL_CALLER);
	WAIT(condition, mutex, ldl_real.cnd_wait(condition, mutex));
}

LDL_EXPORT int cnd_timedwait(cnd_t *condition, mtx_t *mutex, const struct timespec *until)
{
	WAIT(condition, mutex, ldl_real.cnd_timedwait(condition, mutex, until));
}
