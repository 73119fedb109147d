/* Rules about how a request goes on: retries, fallbacks, giving up. Parts B and D of the catalogue.
 */
#include <lockdep_lite.h>
#include "tests/support/breach.h"
#include "tests/support/lockstep.h"
#include "tests/support/suite.h"

#define ERROR   LDL_SEVERITY_ERROR
#define WARNING LDL_SEVERITY_WARNING
#define INFO    LDL_SEVERITY_INFO

static char a, b;

static void lock(const void *which)
{
	ldl_lock_acquire(which, LDL_EXCLUSIVE);
	ldl_lock_acquired(which, LDL_EXCLUSIVE);
}

/* One place, however the loop around it is compiled: what follows keeps the call from becoming a
 * jump. */
__attribute__((noinline)) static void ask(unsigned int gfp)
{
	ldl_might_alloc(gfp);
	__asm__ volatile("");
}

static void ask_in_vain(unsigned int gfp)
{
	ask(gfp);
	ldl_alloc_failed();
}

static void nothing(unsigned int gfp)
{
}

static void might_sleep(unsigned int gfp)
{
	ldl_might_sleep();
}

static void might_wait(unsigned int gfp)
{
	ldl_might_wait(&b);
}

static void gave_up(unsigned int gfp)
{
	ldl_alloc_gave_up();
}

static void succeed(unsigned int gfp)
{
	ask(gfp);
}

static void loop(unsigned int gfp, void (*between)(unsigned int gfp))
{
	for (int i = 0; i < 5; i++) {
		ask_in_vain(gfp);
		between(gfp);
	}
}

static void b2_nofail_with_a_fallback_is_reported(void)
{
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_NOFAIL);
	ldl_alloc_fallback();
	CU_ASSERT(breach_is_alone(LDL_RULE_B2, WARNING, "NOFAIL"));
}

static void b2_nofail_with_a_path_for_its_failure_is_reported(void)
{
	ldl_alloc_may_fail(LDL_GFP_KERNEL | LDL_GFP_NOFAIL);
	CU_ASSERT(breach_is_alone(LDL_RULE_B2, WARNING, "NOFAIL"));
}

static void b2_nofail_without_a_fallback_is_silent(void)
{
	ldl_might_alloc(LDL_GFP_KERNEL);
	ldl_alloc_failed();
	ldl_alloc_fallback();
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_NOFAIL);
	CU_ASSERT(breach_is_silent());
}

static void b7_three_failures_in_a_row_are_reported(void)
{
	for (int i = 0; i < 3; i++) {
		CU_ASSERT(breach_is_silent());
		ask_in_vain(LDL_GFP_KERNEL);
	}
	CU_ASSERT(breach_is_alone(LDL_RULE_B7, WARNING, "ldl_alloc_retry_wait"));
}

/* To sleep is not to wait as one should: nobody knows what the sleep waits for. */
static void b7_another_sleep_between_is_reported(void)
{
	loop(LDL_GFP_KERNEL, might_sleep);
	CU_ASSERT(breach_is_alone(LDL_RULE_B7, WARNING, NULL));
}

static void b7_a_retry_wait_between_is_silent(void)
{
	loop(LDL_GFP_KERNEL, ldl_alloc_retry_wait);
	CU_ASSERT(breach_is_silent());
}

static void b7_a_success_between_is_silent(void)
{
	loop(LDL_GFP_KERNEL, succeed);
	CU_ASSERT(breach_is_silent());
}

static void ask_elsewhere(unsigned int gfp)
{
	ldl_might_alloc(LDL_GFP_KERNEL);
	__asm__ volatile("");
}

/* A light try first, then in earnest at another place: that is a fallback, though nobody says so.
 */
static void b7_a_success_elsewhere_is_silent(void)
{
	loop(LDL_GFP_NOWAIT, ask_elsewhere);
	CU_ASSERT(breach_is_silent());
}

static void b7_operations_that_give_up_are_silent(void)
{
	loop(LDL_GFP_KERNEL, gave_up);
	CU_ASSERT(breach_is_silent());
}

static void b7_failures_long_ago_are_silent(void)
{
	for (int i = 0; i < 3; i++) {
		ask_in_vain(LDL_GFP_KERNEL);
		for (int other = 0; other < 400; other++) {
			lock(&a);
			ldl_lock_release(&a);
		}
	}
	CU_ASSERT(breach_is_silent());
}

static void b8_a_busy_loop_without_reclaim_is_reported(void)
{
	loop(LDL_GFP_NOWAIT, nothing);
	CU_ASSERT(breach_is_alone(LDL_RULE_B8, ERROR, "without a sleep"));
}

static void b8_a_retry_wait_between_is_silent(void)
{
	loop(LDL_GFP_NOWAIT, ldl_alloc_retry_wait);
	CU_ASSERT(breach_is_silent());
}

static void ask_elsewhere_in_vain(unsigned int gfp)
{
	ldl_might_alloc(LDL_GFP_KERNEL);
	ldl_alloc_failed();
}

static void b8_a_request_that_may_sleep_between_is_silent_but_for_b7(void)
{
	loop(LDL_GFP_NOWAIT, ask_elsewhere_in_vain);
	CU_ASSERT(breach_is_reported(LDL_RULE_B7));
	CU_ASSERT_EQUAL(ldl_finding_count(), 2); /* at both places */
}

/* No livelock then; that it is no proper wait is B7. */
static void b8_any_sleep_between_is_silent_but_for_b7(void)
{
	loop(LDL_GFP_NOWAIT, might_sleep);
	CU_ASSERT(breach_is_alone(LDL_RULE_B7, WARNING, NULL));
}

static void b8_any_wait_between_is_silent_but_for_b7(void)
{
	loop(LDL_GFP_NOWAIT, might_wait);
	CU_ASSERT(breach_is_alone(LDL_RULE_B7, WARNING, NULL));
}

static void evict(const void *which)
{
	ldl_reclaim_enter(LDL_RECLAIM_FS);
	lock(which);
	ldl_lock_release(which);
	ldl_reclaim_exit(LDL_RECLAIM_FS);
}

static void evict_a(void *argument)
{
	evict(&a);
}

static void make_classes(void)
{
	ldl_lock_init(&a, ldl_class("a", LDL_CLASS_STRICT), 0);
	ldl_lock_init(&b, ldl_class("b", LDL_CLASS_STRICT), 0);
}

static void b9_a_retry_wait_under_the_freers_lock_is_reported(void)
{
	make_classes();
	lockstep_call(1, evict_a, NULL);
	lock(&a);
	ask_in_vain(LDL_GFP_NOWAIT);
	CU_ASSERT(breach_is_silent());
	ldl_alloc_retry_wait(LDL_GFP_NOWAIT);
	ldl_lock_release(&a);
	CU_ASSERT(breach_is_alone(LDL_RULE_B9, ERROR, NULL));
}

static void b9_a_retry_wait_without_the_lock_is_silent(void)
{
	make_classes();
	lockstep_call(1, evict_a, NULL);
	lock(&a);
	ask_in_vain(LDL_GFP_NOWAIT);
	ldl_alloc_gave_up();
	ldl_lock_release(&a);
	ldl_alloc_retry_wait(LDL_GFP_NOWAIT);
	lock(&b);
	ldl_alloc_retry_wait(LDL_GFP_NOWAIT);
	ldl_lock_release(&b);
	CU_ASSERT(breach_is_silent());
}

static void b13_high_does_not_cut_an_edge_and_is_reported(void)
{
	make_classes();
	lockstep_call(1, evict_a, NULL);
	lock(&a);
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_HIGH);
	ldl_lock_release(&a);
	CU_ASSERT(breach_is_alone(LDL_RULE_A4, ERROR, NULL));
}

static void b13_high_without_reclaim_is_silent(void)
{
	make_classes();
	lockstep_call(1, evict_a, NULL);
	lock(&a);
	ldl_might_alloc(LDL_GFP_ATOMIC);
	ldl_lock_release(&a);
	CU_ASSERT(breach_is_silent());
}

/* A request, and rungs below it with these masks (0: none); each fails, and the thread gives up. */
static void climb(unsigned int first, unsigned int second, unsigned int third)
{
	ldl_might_alloc(first);
	ldl_alloc_failed();
	ldl_alloc_fallback();
	ldl_might_alloc(second);
	ldl_alloc_failed();
	if (third) {
		ldl_might_alloc(third);
		ldl_alloc_failed();
	}
	ldl_alloc_gave_up();
}

static void d2_noretry_on_every_rung_is_reported(void)
{
	climb(LDL_GFP_KERNEL | LDL_GFP_NORETRY, LDL_GFP_KERNEL | LDL_GFP_NORETRY,
		LDL_GFP_NOIO | LDL_GFP_NORETRY);
	CU_ASSERT(breach_is_alone(LDL_RULE_D2, ERROR, "last rung"));
}

static void d2_the_last_rung_without_noretry_is_silent(void)
{
	climb(LDL_GFP_KERNEL | LDL_GFP_NORETRY, LDL_GFP_KERNEL | LDL_GFP_NORETRY, LDL_GFP_KERNEL);
	CU_ASSERT(breach_is_silent());
}

/* Whether it is the last one is not known while a rung succeeds. */
static void d2_a_rung_that_succeeds_is_silent(void)
{
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_NORETRY);
	ldl_alloc_failed();
	ldl_alloc_fallback();
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_NORETRY);
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_NORETRY);
	ldl_alloc_failed();
	ldl_alloc_gave_up();
	CU_ASSERT(breach_is_silent());
}

static void d8_a_site_that_is_not_optional_is_reported(void)
{
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_NORETRY | LDL_GFP_AVOID_OOM);
	CU_ASSERT(breach_is_reported(LDL_RULE_D6));
	climb(LDL_GFP_KERNEL | LDL_GFP_NORETRY, LDL_GFP_KERNEL | LDL_GFP_NORETRY, 0);
	CU_ASSERT(breach_is_reported(LDL_RULE_D2));
}

static void d8_an_optional_site_is_silent(void)
{
	unsigned int noretry = LDL_GFP_KERNEL | LDL_GFP_NORETRY | LDL_GFP_OPTIONAL;

	ldl_might_alloc(noretry | LDL_GFP_AVOID_OOM);
	climb(noretry, noretry, 0);
	CU_ASSERT(breach_is_silent());
}

static void d5_a_warning_for_a_handled_failure_is_reported(void)
{
	ldl_might_alloc(LDL_GFP_KERNEL);
	ldl_alloc_failed();
	ldl_alloc_warned();
	CU_ASSERT(breach_is_silent());
	ldl_alloc_fallback();
	CU_ASSERT(breach_is_alone(LDL_RULE_D5, INFO, "NOWARN"));
}

static void d5_a_warning_on_the_fallback_path_is_reported(void)
{
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_NOWARN);
	ldl_alloc_failed();
	ldl_alloc_fallback();
	ldl_alloc_warned();
	CU_ASSERT(breach_is_alone(LDL_RULE_D5, INFO, "print nothing"));
}

static void d5_nowarn_is_silent(void)
{
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_NOWARN);
	ldl_alloc_failed();
	ldl_alloc_fallback();
	ldl_might_alloc(LDL_GFP_KERNEL);
	CU_ASSERT(breach_is_silent());
}

static void d5_a_warning_for_an_error_is_silent(void)
{
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_NORETRY | LDL_GFP_NOWARN);
	ldl_alloc_failed();
	ldl_alloc_fallback();
	ldl_might_alloc(LDL_GFP_KERNEL);
	ldl_alloc_failed();
	ldl_alloc_warned();
	ldl_alloc_gave_up();
	CU_ASSERT(breach_is_silent());
}

static void d15_the_oom_handler_for_retry_mayfail_is_reported(void)
{
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_RETRY_MAYFAIL);
	ldl_oom_handler();
	CU_ASSERT(breach_is_alone(LDL_RULE_D15, WARNING, "RETRY_MAYFAIL"));
}

static void d15_the_oom_handler_inside_an_allocator_is_reported(void)
{
	ldl_alloc_begin(LDL_GFP_KERNEL | LDL_GFP_NORETRY, LDL_GFP_BITS);
	ldl_oom_handler();
	ldl_alloc_end(1);
	CU_ASSERT(breach_is_alone(LDL_RULE_D15, WARNING, "NORETRY"));
}

static void d15_the_oom_handler_for_a_plain_request_is_silent(void)
{
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_RETRY_MAYFAIL);
	ldl_alloc_failed();
	ldl_might_alloc(LDL_GFP_KERNEL);
	ldl_oom_handler();
	CU_ASSERT(breach_is_silent());
}

static void d18_strict_placement_that_nobody_handles_is_reported(void)
{
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_THISNODE);
	ldl_alloc_failed();
	ldl_alloc_gave_up();
	CU_ASSERT(breach_is_alone(LDL_RULE_D18, WARNING, "without THISNODE"));
}

static void d18_a_retry_elsewhere_is_silent(void)
{
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_THISNODE);
	ldl_alloc_failed();
	ldl_might_alloc(LDL_GFP_KERNEL);
	ldl_alloc_failed();
	ldl_alloc_gave_up();
	CU_ASSERT(breach_is_silent());
}

static void counts_of_the_inventory_are_kept(void)
{
	const struct ldl_alloc *alloc;

	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_ACCOUNT);
	ldl_alloc_failed();
	ldl_alloc_warned();
	ldl_alloc_fallback();
	ldl_alloc_gave_up();
	alloc = breach_inventory(LDL_GFP_KERNEL | LDL_GFP_ACCOUNT);
	CU_ASSERT_PTR_NOT_NULL_FATAL(alloc);
	CU_ASSERT_EQUAL(alloc->failures, 1);
	CU_ASSERT_EQUAL(alloc->warned, 1);
	CU_ASSERT_EQUAL(alloc->fallbacks, 1);
	CU_ASSERT_EQUAL(alloc->gave_up, 1);
	CU_ASSERT_EQUAL(alloc->retries, 0);
}

/* Nothing was asked for: there is nothing that these could be about. */
static void what_follows_no_request_is_ignored(void)
{
	ldl_alloc_failed();
	ldl_alloc_warned();
	ldl_alloc_fallback();
	ldl_alloc_gave_up();
	ldl_oom_handler();
	ldl_alloc_end(0);
	ldl_boundary_exit(1, 0);
	ldl_revalidated(&a);
	ldl_lock_contended(&a);
	CU_ASSERT(breach_is_silent());
}

LDL_SUITE(policy_ladders)
{
	LDL_TEST(b2_nofail_with_a_fallback_is_reported);
	LDL_TEST(b2_nofail_with_a_path_for_its_failure_is_reported);
	LDL_TEST(b2_nofail_without_a_fallback_is_silent);
	LDL_TEST(b7_three_failures_in_a_row_are_reported);
	LDL_TEST(b7_another_sleep_between_is_reported);
	LDL_TEST(b7_a_retry_wait_between_is_silent);
	LDL_TEST(b7_a_success_between_is_silent);
	LDL_TEST(b7_a_success_elsewhere_is_silent);
	LDL_TEST(b7_operations_that_give_up_are_silent);
	LDL_TEST(b7_failures_long_ago_are_silent);
	LDL_TEST(b8_a_busy_loop_without_reclaim_is_reported);
	LDL_TEST(b8_a_retry_wait_between_is_silent);
	LDL_TEST(b8_any_sleep_between_is_silent_but_for_b7);
	LDL_TEST(b8_any_wait_between_is_silent_but_for_b7);
	LDL_TEST(b8_a_request_that_may_sleep_between_is_silent_but_for_b7);
	LDL_TEST(b9_a_retry_wait_under_the_freers_lock_is_reported);
	LDL_TEST(b9_a_retry_wait_without_the_lock_is_silent);
	LDL_TEST(b13_high_does_not_cut_an_edge_and_is_reported);
	LDL_TEST(b13_high_without_reclaim_is_silent);
	LDL_TEST(d2_noretry_on_every_rung_is_reported);
	LDL_TEST(d2_the_last_rung_without_noretry_is_silent);
	LDL_TEST(d2_a_rung_that_succeeds_is_silent);
	LDL_TEST(d5_a_warning_for_a_handled_failure_is_reported);
	LDL_TEST(d5_a_warning_on_the_fallback_path_is_reported);
	LDL_TEST(d5_nowarn_is_silent);
	LDL_TEST(d5_a_warning_for_an_error_is_silent);
	LDL_TEST(d8_a_site_that_is_not_optional_is_reported);
	LDL_TEST(d8_an_optional_site_is_silent);
	LDL_TEST(d15_the_oom_handler_for_retry_mayfail_is_reported);
	LDL_TEST(d15_the_oom_handler_inside_an_allocator_is_reported);
	LDL_TEST(d15_the_oom_handler_for_a_plain_request_is_silent);
	LDL_TEST(d18_strict_placement_that_nobody_handles_is_reported);
	LDL_TEST(d18_a_retry_elsewhere_is_silent);
	LDL_TEST(counts_of_the_inventory_are_kept);
	LDL_TEST(what_follows_no_request_is_ignored);
}
