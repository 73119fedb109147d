/* What a forked child keeps of what its thread was in: scopes, elements, callbacks. That it keeps
 * locks is in test_engine.c. */
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <lockdep_lite.h>
#include "tests/support/breach.h"
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

LDL_SUITE(upkeep_fork)
{
	LDL_TEST(a_child_that_libc_knows_nothing_of_may_sleep);
	LDL_TEST(a_forked_child_keeps_its_threads_scopes);
	LDL_TEST(c1_a_forked_child_keeps_its_threads_elements);
	LDL_TEST(a_callback_that_forks_ends_in_the_child_too);
}
