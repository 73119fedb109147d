/* What a forked child keeps of what its thread was in: scopes, elements, callbacks. That it keeps
 * locks is in test_engine.c. */
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <lockdep_lite.h>
#include "core/arena.h"
#include "core/engine.h"
#include "tests/support/breach.h"
#include "tests/support/lockstep.h"
#include "tests/support/suite.h"

#define ERROR LDL_SEVERITY_ERROR

static char a, pool, element, other_element, notifier;

static void make_classes(void)
{
	ldl_lock_init(&a, ldl_class("a", LDL_CLASS_STRICT), 0);
}

static void lock(const void *which)
{
	ldl_lock_acquire(which, LDL_EXCLUSIVE);
	ldl_lock_acquired(which, LDL_EXCLUSIVE);
}

/* A child by the kernel's own call when `is_raw`, which libc's hooks know nothing of. */
static int in_child(int (*body)(void), bool is_raw)
{
	int status = 0;
	pid_t child = is_raw ? (pid_t)syscall(SYS_fork) : fork();

	if (child == 0)
		_exit(body());
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int sleep_in_child(void)
{
	ldl_might_sleep();
	ldl_alloc_used(1);
	return (int)ldl_finding_count();
}

static void a_child_that_libc_knows_nothing_of_may_sleep(void)
{
#ifdef __SANITIZE_THREAD__
	ldl_skip("the thread sanitizer knows nothing of such children either");
	return;
#endif
	make_classes();
	lock(&a);
	ldl_lock_release(&a);
	CU_ASSERT_EQUAL(in_child(sleep_in_child, true), 0);
}

static unsigned int saved_scope;

static int close_scope_in_child(void)
{
	unsigned int mask;

	lock(&a);
	ldl_lock_release(&a);
	mask = ldl_alloc_mask(LDL_GFP_KERNEL);
	ldl_nofs_restore(saved_scope);
	return ldl_finding_count() || mask != LDL_GFP_NOFS ||
	       ldl_alloc_mask(LDL_GFP_KERNEL) != LDL_GFP_KERNEL;
}

static void a_forked_child_keeps_its_threads_scopes(void)
{
	make_classes();
	saved_scope = ldl_nofs_save();
	CU_ASSERT_EQUAL(in_child(close_scope_in_child, false), 0);
	ldl_nofs_restore(saved_scope);
	CU_ASSERT(breach_is_silent());
}

static void get(const void *from, const void *what)
{
	ldl_mempool_alloc(from, LDL_GFP_KERNEL);
	ldl_mempool_taken(from, what, LDL_MEMPOOL_BACKING);
}

static int take_another_in_child(void)
{
	get(&pool, &other_element);
	return !breach_is_alone(LDL_RULE_C1, ERROR, NULL);
}

static void c1_a_forked_child_keeps_its_threads_elements(void)
{
	ldl_mempool_create(&pool, "pool", 1, 1);
	get(&pool, &element);
	CU_ASSERT_EQUAL(in_child(take_another_in_child, false), 0);
	ldl_mempool_free(&pool, &element);
}

static int end_callback_in_child(void)
{
	ldl_shrinker_scan_end(&notifier, 1);
	lock(&a);
	ldl_might_alloc(LDL_GFP_KERNEL);
	ldl_lock_release(&a);
	return (int)ldl_finding_count();
}

static void a_callback_that_forks_ends_in_the_child_too(void)
{
	make_classes();
	ldl_shrinker_scan_begin(&notifier, LDL_GFP_KERNEL);
	CU_ASSERT_EQUAL(in_child(end_callback_in_child, false), 0);
	ldl_shrinker_scan_end(&notifier, 1);
}

/* The records before it are of pools that are gone. */
static int give_back_in_child(void)
{
	const struct ldl_reserve *reserve;
	bool is_low;

	lock(&a); /* its first event: the child's arena is made */
	ldl_lock_release(&a);
	reserve = ldl_reserve_at(ldl_engine_arena(), 1);
	is_low = reserve->min_nr == 3 && reserve->level == 2 && reserve->used == 1;
	ldl_mempool_free(&pool, &element);
	return !is_low || reserve->level != 3 || reserve->used != 0 || ldl_finding_count();
}

static void c7_a_forked_child_knows_its_reserves_and_is_silent(void)
{
	make_classes();
	ldl_mempool_create(&pool, "pool", 1, 1);
	ldl_mempool_destroy(&pool);
	ldl_mempool_create(&pool, "pool", 3, 3);
	ldl_mempool_alloc(&pool, LDL_GFP_KERNEL);
	ldl_mempool_taken(&pool, &element, LDL_MEMPOOL_RESERVE);
	CU_ASSERT_EQUAL(in_child(give_back_in_child, false), 0);
	ldl_mempool_free(&pool, &element);
}

static int notify_off_range_in_child(void)
{
	ldl_notifier_begin(&notifier, 0x5000, 0x6000, 0);
	lock(&a);
	ldl_lock_release(&a);
	ldl_notifier_end(&notifier, 0);
	return !breach_is_alone(LDL_RULE_A7, LDL_SEVERITY_WARNING, NULL);
}

static int notify_in_range_in_child(void)
{
	ldl_notifier_begin(&notifier, 0x1000, 0x2000, 0);
	lock(&a);
	ldl_lock_release(&a);
	ldl_notifier_end(&notifier, 0);
	return !breach_is_silent();
}

static void a7_a_forked_child_knows_ranges_and_what_is_off_them_is_reported(void)
{
	make_classes();
	ldl_notifier_register(&notifier, "notifier", 0x1000, 0x2000);
	CU_ASSERT_EQUAL(in_child(notify_off_range_in_child, false), 0);
	CU_ASSERT_EQUAL(in_child(notify_in_range_in_child, false), 0);
}

static int end_busy_callback_in_child(void)
{
	lock(&a);
	ldl_lock_release(&a);
	ldl_notifier_end(&notifier, 0);
	return !breach_is_alone(LDL_RULE_A7, LDL_SEVERITY_WARNING, NULL);
}

static void a7_a_notifier_that_forks_goes_on_in_the_child_and_is_reported(void)
{
	make_classes();
	ldl_notifier_register(&notifier, "notifier", 0x1000, 0x2000);
	ldl_notifier_begin(&notifier, 0x5000, 0x6000, 0);
	CU_ASSERT_EQUAL(in_child(end_busy_callback_in_child, false), 0);
	ldl_notifier_end(&notifier, 0);
	CU_ASSERT(breach_is_silent());
}

static char queue, done;

static void wake(void *event)
{
	ldl_wake(event);
}

static void wake_under_a(void *event)
{
	lock(&a);
	ldl_wake(event);
	ldl_lock_release(&a);
}

static void wait_under_a(void *event)
{
	lock(&a);
	ldl_might_wait(event);
	ldl_lock_release(&a);
}

static int wait_and_wake_in_child(void)
{
	ldl_might_wait(&queue);
	ldl_wake(&done);
	lockstep_call(1, wake_under_a, &queue);
	lockstep_call(2, wait_under_a, &done);
	return !breach_is_alone(LDL_RULE_EVENT, ERROR, NULL);
}

/* That the queue was woken before: else the wait would have been for what was there. */
static void l11_a_forked_child_knows_its_events_and_is_reported(void)
{
	make_classes();
	ldl_event_init(&queue, "queue");
	ldl_event_init(&done, "done");
	lockstep_call(1, wake, &queue);
	lockstep_stop();
	CU_ASSERT_EQUAL(in_child(wait_and_wake_in_child, false), 0);
	CU_ASSERT(breach_is_silent());
}

LDL_SUITE(upkeep_fork)
{
	LDL_TEST(a_child_that_libc_knows_nothing_of_may_sleep);
	LDL_TEST(a_forked_child_keeps_its_threads_scopes);
	LDL_TEST(c1_a_forked_child_keeps_its_threads_elements);
	LDL_TEST(a_callback_that_forks_ends_in_the_child_too);
	LDL_TEST(c7_a_forked_child_knows_its_reserves_and_is_silent);
	LDL_TEST(a7_a_forked_child_knows_ranges_and_what_is_off_them_is_reported);
	LDL_TEST(a7_a_notifier_that_forks_goes_on_in_the_child_and_is_reported);
	LDL_TEST(l11_a_forked_child_knows_its_events_and_is_reported);
}
