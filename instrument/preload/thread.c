/* Threads begin, end, and are joined; what else there is about them is found out at their first
 * lock. */
#include "instrument/preload/event.h"
#include "instrument/preload/plain.h"
#include "instrument/preload/real.h"

/* In the library for `run --alloc` only: a new thread's stack is memory that is asked for. */
void ldl_alloc_stack(const void *caller) __attribute__((weak, visibility("hidden")));

LDL_INLINE void stack_event(const void *caller)
{
	if (ldl_alloc_stack)
		ldl_alloc_stack(caller);
}

static void *run_thread(void *argument)
{
	struct ldl_thread *thread = argument;
	void *(*start)(void *) = thread->start;
	void *start_argument = thread->start_argument, *result;

	ldl_engine_thread_adopt(thread, (uint64_t)pthread_self());
	ldl_process_inherit_flusher();
	result = start(start_argument);
	ldl_engine_thread_exit();
	return result;
}

static int run_c11_thread(void *argument)
{
	struct ldl_thread *thread = argument;
	thrd_start_t start = (thrd_start_t)(void *)thread->start;
	void *start_argument = thread->start_argument;
	int result;

	ldl_engine_thread_adopt(thread, (uint64_t)pthread_self());
	ldl_process_inherit_flusher();
	result = start(start_argument);
	ldl_engine_thread_exit();
	return result;
}

LDL_EXPORT int pthread_create(
	pthread_t *id, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
	struct ldl_thread *thread = ldl_engine_thread_prepare(start, argument);
	int result;

	ldl_plain_begin();
	stack_event(LDL_CALLER);
	if (!thread)
		return ldl_real.pthread_create(id, attributes, start, argument);
	result = ldl_real.pthread_create(id, attributes, run_thread, thread);
	if (result != 0)
		ldl_engine_thread_cancel(thread);
	return result;
}

LDL_EXPORT int thrd_create(thrd_t *id, thrd_start_t start, void *argument)
{
	struct ldl_thread *thread =
		ldl_engine_thread_prepare((void *(*)(void *))(void *)start, argument);
	int result;

	ldl_plain_begin();
	stack_event(LDL_CALLER);
	if (!thread)
		return ldl_real.thrd_create(id, start, argument);
	result = ldl_real.thrd_create(id, run_c11_thread, thread);
	if (result != thrd_success)
		ldl_engine_thread_cancel(thread);
	return result;
}

/* What a thread did is over, for whoever joined it. */
LDL_INLINE int joined(pthread_t id, uint32_t before, int result)
{
	if (result == 0)
		ldl_engine_joined((uint64_t)id, before);
	return result;
}

LDL_EXPORT int pthread_join(pthread_t id, void **value)
{
	uint32_t before = ldl_engine_join();

	return joined(id, before, ldl_real.pthread_join(id, value));
}

LDL_EXPORT int pthread_tryjoin_np(pthread_t id, void **value)
{
	uint32_t before = ldl_engine_join();

	return joined(id, before, ldl_real.pthread_tryjoin_np(id, value));
}

LDL_EXPORT int pthread_timedjoin_np(pthread_t id, void **value, const struct timespec *until)
{
	uint32_t before = ldl_engine_join();

	return joined(id, before, ldl_real.pthread_timedjoin_np(id, value, until));
}

LDL_EXPORT int pthread_clockjoin_np(
	pthread_t id, void **value, clockid_t clock, const struct timespec *until)
{
	uint32_t before = ldl_engine_join();

	return joined(id, before, ldl_real.pthread_clockjoin_np(id, value, clock, until));
}

/* thrd_success is 0. */
LDL_EXPORT int thrd_join(thrd_t id, int *result)
{
	uint32_t before = ldl_engine_join();

	return joined(id, before, ldl_real.thrd_join(id, result));
}

/* Destructors still run, and lock; the slot is only taken over when the kernel says it is dead. */
LDL_EXPORT void pthread_exit(void *result)
{
	ldl_engine_thread_exit();
	ldl_real.pthread_exit(result);
}

LDL_EXPORT void thrd_exit(int result)
{
	ldl_engine_thread_exit();
	ldl_real.thrd_exit(result);
}
