/* Locks that nobody remembers when they are got, as those of the preload library: what a thread
 * takes between a wait and a wake is on the way to that wake (rule L11). */
#include <lockdep_lite.h>
#include "core/engine.h"
#include "tests/support/breach.h"
#include "tests/support/lockstep.h"
#include "tests/support/suite.h"

static const struct ldl_lock_type posix = {.kind = LDL_KIND_MUTEX};
static char queue, done, mutex;

static void make(void)
{
	ldl_event_init(&queue, "queue");
	ldl_event_init(&done, "done");
}

static void pass_mutex(uint32_t mode)
{
	if (ldl_engine_acquire(&mutex, &posix, mode, LDL_CALLER))
		ldl_engine_acquired();
	ldl_engine_release(&mutex, LDL_CALLER);
}

static void wait_with_mutex(void *event)
{
	if (ldl_engine_acquire(&mutex, &posix, LDL_MODE_EXCLUSIVE, LDL_CALLER))
		ldl_engine_acquired();
	ldl_might_wait(event);
	ldl_engine_release(&mutex, LDL_CALLER);
}

/* A worker's round: the lock before its wait, after it, or tried for. */
static void work_before(void *unused)
{
	pass_mutex(LDL_MODE_EXCLUSIVE);
	ldl_might_wait(&queue);
	ldl_wake(&done);
}

static void work_after(void *unused)
{
	ldl_might_wait(&queue);
	pass_mutex(LDL_MODE_EXCLUSIVE);
	ldl_wake(&done);
}

static void work_by_trying(void *unused)
{
	ldl_might_wait(&queue);
	pass_mutex(LDL_MODE_TRY);
	ldl_wake(&done);
}

/* `rounds` of it, and then one in which the lock is taken after the wait. */
static bool work_is_reported(void (*work)(void *), unsigned int rounds, unsigned int late)
{
	bool is_found;

	make();
	ldl_engine_sees_posix_locks(true);
	for (unsigned int i = 0; i < rounds; i++)
		lockstep_call(1, work, NULL);
	for (unsigned int i = 0; i < late; i++)
		lockstep_call(1, work_after, NULL);
	lockstep_call(2, wait_with_mutex, &done);
	is_found = ldl_finding_count() && breach_is_reported(LDL_RULE_EVENT);
	ldl_engine_sees_posix_locks(false);
	lockstep_stop();
	return is_found;
}

static void l11_a_posix_lock_on_the_way_to_the_wake_is_reported(void)
{
	CU_ASSERT(work_is_reported(work_after, 1, 0));
}

static void l11_a_posix_lock_before_the_wait_or_tried_for_is_silent(void)
{
	CU_ASSERT_FALSE(work_is_reported(work_before, 20, 0));
	ldl_reset();
	CU_ASSERT_FALSE(work_is_reported(work_by_trying, 20, 0));
}

/* Once the place is known the thread's locks are fast again, and looked at now and then. */
static void l11_a_posix_lock_that_comes_late_is_reported_in_the_end(void)
{
	CU_ASSERT(work_is_reported(work_before, 1000, 64));
}

static void call_work(void *work)
{
	((void (*)(void *))work)(NULL);
	CU_ASSERT_EQUAL(ldl_self.thread->armed, 0);
}

/* The first round finds nothing woken before, the others do: two places to learn. */
static void a_known_place_arms_no_thread(void)
{
	make();
	ldl_engine_sees_posix_locks(true);
	for (unsigned int i = 0; i <= LDL_WORK_WATCHED; i++)
		lockstep_call(1, work_after, NULL);
	lockstep_call(1, call_work, work_after);
	ldl_engine_sees_posix_locks(false);
	lockstep_stop();
}

LDL_SUITE(requests_posix)
{
	LDL_TEST(l11_a_posix_lock_on_the_way_to_the_wake_is_reported);
	LDL_TEST(l11_a_posix_lock_before_the_wait_or_tried_for_is_silent);
	LDL_TEST(l11_a_posix_lock_that_comes_late_is_reported_in_the_end);
	LDL_TEST(a_known_place_arms_no_thread);
}
