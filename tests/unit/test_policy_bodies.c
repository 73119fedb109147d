/* Rules about what is asked for on someone's behalf: inside allocators, below boundaries, under
 * scopes, and around locks that are dropped for it. Parts B, C, D and E of the catalogue. */
#include <lockdep_lite.h>
#include "core/engine.h"
#include "tests/support/breach.h"
#include "tests/support/lockstep.h"
#include "tests/support/suite.h"

#define ERROR   LDL_SEVERITY_ERROR
#define WARNING LDL_SEVERITY_WARNING

static char a, b;

static void lock(const void *which)
{
	ldl_lock_acquire(which, LDL_EXCLUSIVE);
	ldl_lock_acquired(which, LDL_EXCLUSIVE);
}

static void make_classes(void)
{
	ldl_lock_init(&a, ldl_class("a", LDL_CLASS_STRICT), 0);
	ldl_lock_init(&b, ldl_class("b", LDL_CLASS_STRICT), 0);
}

/* An allocator that passes these masks on, one after the other (0: none). */
static void allocate(unsigned int asked, unsigned int first, unsigned int second)
{
	ldl_alloc_begin(asked, LDL_GFP_BITS);
	ldl_might_alloc(first);
	if (second)
		ldl_might_alloc(second);
	ldl_alloc_end(0);
}

static void b11_an_allocator_that_boosts_nofail_is_reported(void)
{
	allocate(LDL_GFP_KERNEL | LDL_GFP_NOFAIL, LDL_GFP_KERNEL, LDL_GFP_KERNEL | LDL_GFP_HIGH);
	CU_ASSERT(breach_is_alone(LDL_RULE_B11, WARNING, "its caller said NOFAIL"));
}

static void b11_an_allocator_that_passes_nofail_on_is_silent(void)
{
	allocate(LDL_GFP_KERNEL | LDL_GFP_NOFAIL, LDL_GFP_KERNEL,
		LDL_GFP_KERNEL | LDL_GFP_NOFAIL | LDL_GFP_ZERO);
	CU_ASSERT(breach_is_silent());
}

static void d13_a_nested_mask_that_is_wider_is_reported(void)
{
	allocate(LDL_GFP_NOFS, LDL_GFP_NOFS, LDL_GFP_KERNEL);
	CU_ASSERT(breach_is_alone(LDL_RULE_D13, ERROR, "its caller asked with NOFS"));
}

static void d13_a_nested_allocator_that_is_wider_is_reported(void)
{
	ldl_alloc_begin(LDL_GFP_NOIO, LDL_GFP_BITS);
	ldl_alloc_begin(LDL_GFP_KERNEL, LDL_GFP_BITS);
	ldl_alloc_end(0);
	ldl_alloc_end(0);
	CU_ASSERT(breach_is_alone(LDL_RULE_D13, ERROR, "its caller asked with NOIO"));
}

/* The caller's effective mask counts: it asked under a scope. */
static void d13_a_nested_mask_that_is_wider_than_the_scope_is_reported(void)
{
	unsigned int saved = ldl_nofs_save();

	ldl_alloc_begin(LDL_GFP_KERNEL, LDL_GFP_BITS);
	ldl_nofs_restore(saved);
	ldl_might_alloc(LDL_GFP_KERNEL);
	ldl_alloc_end(0);
	CU_ASSERT(breach_is_alone(LDL_RULE_D13, ERROR, "its caller asked with NOFS"));
}

static void d13_a_nested_subset_is_silent(void)
{
	unsigned int saved;

	allocate(LDL_GFP_KERNEL, LDL_GFP_NOIO | LDL_GFP_NORETRY | LDL_GFP_NOMEMALLOC,
		LDL_GFP_KERNEL | LDL_GFP_COMP);
	allocate(LDL_GFP_NOWAIT, LDL_GFP_KSWAPD_RECLAIM | LDL_GFP_IO | LDL_GFP_FS, 0);
	ldl_alloc_begin(LDL_GFP_NOFS, LDL_GFP_BITS);
	saved = ldl_nofs_save();
	ldl_might_alloc(LDL_GFP_KERNEL);
	ldl_nofs_restore(saved);
	ldl_alloc_end(0);
	ldl_might_alloc(LDL_GFP_KERNEL);
	CU_ASSERT(breach_is_silent());
}

static void d11_a_nowait_request_that_sleeps_is_reported(void)
{
	ldl_alloc_begin(LDL_GFP_NOWAIT, LDL_GFP_BITS);
	ldl_might_sleep();
	ldl_alloc_end(0);
	CU_ASSERT(breach_is_alone(LDL_RULE_D11, ERROR, "skip this step"));
}

static void d11_a_nowait_request_that_waits_is_reported(void)
{
	ldl_alloc_begin(LDL_GFP_NOWAIT, LDL_GFP_BITS);
	ldl_might_wait(&b);
	ldl_alloc_end(0);
	CU_ASSERT(breach_is_alone(LDL_RULE_D11, ERROR, NULL));
}

static void d11_a_nowait_request_that_takes_a_sleeping_lock_is_reported(void)
{
	make_classes();
	ldl_class_wait_types(ldl_lock_class(&a), LDL_WAIT_SLEEP, LDL_WAIT_SLEEP);
	ldl_alloc_begin(LDL_GFP_NOWAIT, LDL_GFP_BITS);
	lock(&a);
	ldl_lock_release(&a);
	ldl_alloc_end(0);
	CU_ASSERT(breach_is_alone(LDL_RULE_D11, ERROR, NULL));
}

static void d11_a_nowait_request_that_waits_to_retry_is_reported(void)
{
	ldl_alloc_begin(LDL_GFP_NOWAIT, LDL_GFP_BITS);
	ldl_alloc_retry_wait(LDL_GFP_NOWAIT);
	ldl_alloc_end(0);
	CU_ASSERT(breach_is_alone(LDL_RULE_D11, ERROR, NULL));
}

/* The steps that sleep are there, and left out for those who may not. */
static void allocate_range(unsigned int gfp)
{
	ldl_alloc_begin(gfp, LDL_GFP_BITS);
	if (gfp & LDL_GFP_DIRECT_RECLAIM) {
		ldl_might_sleep();
		ldl_might_wait(&b);
	}
	lock(&a);
	ldl_lock_release(&a);
	ldl_alloc_end(0);
}

static void d11_a_nowait_request_that_skips_the_step_is_silent(void)
{
	make_classes();
	ldl_class_wait_types(ldl_lock_class(&a), LDL_WAIT_SPIN, LDL_WAIT_SPIN);
	allocate_range(LDL_GFP_NOWAIT);
	allocate_range(LDL_GFP_KERNEL);
	ldl_might_sleep();
	CU_ASSERT(breach_is_silent());
}

static void d12_an_unsupported_flag_that_is_accepted_is_reported(void)
{
	ldl_alloc_begin(LDL_GFP_KERNEL | LDL_GFP_NOFAIL, LDL_GFP_KERNEL | LDL_GFP_NOWARN);
	ldl_might_alloc(LDL_GFP_KERNEL);
	ldl_alloc_end(0);
	CU_ASSERT(breach_is_alone(LDL_RULE_D12, ERROR, "NOFAIL is not supported"));
}

static void d12_an_unsupported_flag_that_is_rejected_is_silent(void)
{
	ldl_alloc_begin(LDL_GFP_KERNEL | LDL_GFP_NOFAIL, LDL_GFP_KERNEL | LDL_GFP_NOWARN);
	ldl_alloc_end(1);
	ldl_alloc_begin(LDL_GFP_KERNEL | LDL_GFP_OPTIONAL, LDL_GFP_KERNEL | LDL_GFP_NOWARN);
	ldl_alloc_end(0);
	CU_ASSERT(breach_is_silent());
}

/* What an allocator tries inside is not what its caller tried. */
static void the_caller_of_an_allocator_goes_on_where_it_was(void)
{
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_THISNODE);
	ldl_alloc_begin(LDL_GFP_KERNEL | LDL_GFP_THISNODE, LDL_GFP_BITS);
	ldl_might_alloc(LDL_GFP_KERNEL);
	ldl_alloc_failed();
	ldl_alloc_end(1);
	ldl_alloc_failed();
	ldl_alloc_gave_up();
	CU_ASSERT(breach_is_alone(LDL_RULE_D18, WARNING, NULL));
	CU_ASSERT_EQUAL(breach_inventory(LDL_GFP_KERNEL)->failures, 1);
	CU_ASSERT_EQUAL(breach_inventory(LDL_GFP_KERNEL | LDL_GFP_THISNODE)->failures, 1);
}

static void bodies_nest_deeper_than_they_are_watched(void)
{
	for (int i = 0; i < 6; i++)
		ldl_alloc_begin(LDL_GFP_NOIO, LDL_GFP_BITS);
	ldl_might_alloc(LDL_GFP_KERNEL);
	for (int i = 0; i < 2; i++)
		ldl_alloc_end(0);
	CU_ASSERT(breach_is_silent());
	ldl_might_alloc(LDL_GFP_KERNEL);
	CU_ASSERT(breach_is_alone(LDL_RULE_D13, ERROR, NULL));
	for (int i = 0; i < 5; i++)
		ldl_alloc_end(0);
}

static void b5_a_boundary_under_the_callers_scope_is_reported(void)
{
	unsigned int saved = ldl_nofs_save(), entered;

	entered = ldl_boundary_enter("block layer");
	ldl_boundary_exit(entered, 0);
	ldl_nofs_restore(saved);
	CU_ASSERT(breach_is_alone(LDL_RULE_B5, WARNING, "scope NOFS is open"));
}

static void b5_a_boundary_with_the_scopes_taken_off_is_silent(void)
{
	unsigned int saved = ldl_nofs_save(), taken_off, entered;

	taken_off = ldl_boundary_clear();
	entered = ldl_boundary_enter("block layer");
	CU_ASSERT_EQUAL(ldl_alloc_mask(LDL_GFP_KERNEL), LDL_GFP_KERNEL);
	ldl_boundary_exit(entered, 0);
	ldl_boundary_restore(taken_off);
	CU_ASSERT_EQUAL(ldl_alloc_mask(LDL_GFP_KERNEL), LDL_GFP_NOFS);
	ldl_nofs_restore(saved);
	CU_ASSERT_EQUAL(ldl_alloc_mask(LDL_GFP_KERNEL), LDL_GFP_KERNEL);
	CU_ASSERT(breach_is_silent());
}

/* A boundary inside which a request fails; what is done about it, and what comes back. */
static void cross(unsigned int gfp, void (*cope)(void), int is_error)
{
	unsigned int entered = ldl_boundary_enter("block layer");

	ldl_might_alloc(gfp);
	ldl_alloc_failed();
	if (cope)
		cope();
	ldl_boundary_exit(entered, is_error);
}

static void e4_a_failure_that_vanishes_is_reported(void)
{
	cross(LDL_GFP_NOIO, NULL, 0);
	CU_ASSERT(breach_is_alone(LDL_RULE_E4, WARNING, "failed inside"));
}

static void e4_giving_up_without_an_error_is_reported(void)
{
	cross(LDL_GFP_NOIO, ldl_alloc_gave_up, 0);
	CU_ASSERT(breach_is_alone(LDL_RULE_E4, WARNING, NULL));
}

static void e4_an_error_that_comes_back_is_silent(void)
{
	cross(LDL_GFP_NOIO, NULL, -12);
	CU_ASSERT(breach_is_silent());
}

static void e4_a_fallback_is_silent(void)
{
	cross(LDL_GFP_NOIO, ldl_alloc_fallback, 0);
	CU_ASSERT(breach_is_silent());
}

static void e4_an_optional_request_is_silent(void)
{
	cross(LDL_GFP_NOIO | LDL_GFP_OPTIONAL, NULL, 0);
	CU_ASSERT(breach_is_silent());
}

static void e4_a_retry_that_succeeds_is_silent(void)
{
	unsigned int entered = ldl_boundary_enter("block layer");

	for (volatile int i = 0; i < 2; i++) {
		ldl_might_alloc(LDL_GFP_NOIO);
		if (i == 0)
			ldl_alloc_failed();
	}
	ldl_boundary_exit(entered, 0);
	CU_ASSERT(breach_is_silent());
}

static void c5_a_reserve_scope_that_uses_more_than_it_frees_is_reported(void)
{
	unsigned int saved = ldl_noreclaim_save();

	ldl_alloc_used(4096);
	ldl_alloc_freed(512);
	ldl_noreclaim_restore(saved);
	CU_ASSERT(breach_is_alone(LDL_RULE_C5, WARNING, "used 4096 bytes and freed 512"));
}

static void c5_a_reserve_scope_that_frees_more_is_silent(void)
{
	unsigned int saved = ldl_noreclaim_save();

	ldl_alloc_used(512);
	ldl_alloc_freed(4096);
	ldl_noreclaim_restore(saved);
	ldl_alloc_used(8192); /* no scope is open */
	saved = ldl_noreclaim_save();
	ldl_noreclaim_restore(saved);
	CU_ASSERT(breach_is_silent());
}

static void d16_reclaim_under_a_contended_lock_is_reported(void)
{
	make_classes();
	ldl_lock_contended(&a);
	lock(&a);
	ldl_might_alloc(LDL_GFP_NOIO);
	ldl_lock_release(&a);
	CU_ASSERT(breach_is_alone(LDL_RULE_D16, WARNING, "NOWAIT first"));
}

static void d16_a_lock_that_is_found_contended_later_is_reported(void)
{
	make_classes();
	lock(&a);
	ldl_might_alloc(LDL_GFP_NOIO);
	ldl_lock_release(&a);
	CU_ASSERT(breach_is_silent());
	ldl_lock_contended(&a);
	CU_ASSERT(breach_is_alone(LDL_RULE_D16, WARNING, "NOWAIT first"));
}

/* Asks under the lock, in vain; drops it, asks in earnest, takes it again. */
static void drop_for_a_request(void)
{
	make_classes();
	ldl_lock_contended(&a);
	lock(&a);
	ldl_might_alloc(LDL_GFP_NOWAIT);
	ldl_alloc_failed();
	ldl_lock_release(&a);
	ldl_might_alloc(LDL_GFP_NOIO);
	lock(&a);
}

static void d16_a_dropped_lock_without_another_look_is_reported(void)
{
	drop_for_a_request();
	CU_ASSERT(breach_is_silent());
	ldl_lock_release(&a);
	CU_ASSERT(breach_is_alone(LDL_RULE_D16, WARNING, "not looked at again"));
	CU_ASSERT_EQUAL(ldl_witness_at(ldl_engine_arena(), 1)->gfp, LDL_GFP_NOIO);
	CU_ASSERT_NOT_EQUAL(ldl_witness_at(ldl_engine_arena(), 1)->from_site, 0);
}

static void d16_a_dropped_lock_and_another_look_is_silent(void)
{
	drop_for_a_request();
	ldl_revalidated(&a);
	ldl_lock_release(&a);
	lock(&a);
	ldl_lock_release(&a);
	CU_ASSERT(breach_is_silent());
}

static void d16_nowait_under_a_contended_lock_is_silent(void)
{
	make_classes();
	ldl_lock_contended(&a);
	lock(&a);
	ldl_might_alloc(LDL_GFP_NOWAIT);
	ldl_lock_release(&a);
	ldl_might_alloc(LDL_GFP_NOIO);
	lock(&b);
	ldl_might_alloc(LDL_GFP_NOIO);
	ldl_lock_release(&b);
	CU_ASSERT(breach_is_silent());
}

/* The lock was not dropped for the request, but for good, and taken for something else. */
static void d16_a_lock_that_is_dropped_for_good_is_silent(void)
{
	make_classes();
	lock(&a);
	ldl_might_alloc(LDL_GFP_NOWAIT);
	ldl_alloc_failed();
	ldl_alloc_fallback();
	ldl_lock_release(&a);
	lock(&a);
	ldl_lock_release(&a);
	ldl_might_alloc(LDL_GFP_KERNEL);
	lock(&a);
	ldl_lock_release(&a);
	CU_ASSERT(breach_is_silent());
}

static void e2_scopes_that_cross_are_reported(void)
{
	unsigned int outer = ldl_noio_save(), inner = ldl_nofs_save();

	ldl_noio_restore(outer);
	ldl_nofs_restore(inner);
	CU_ASSERT(breach_is_alone(LDL_RULE_E2, ERROR, NULL));
}

static void e2_a_scope_that_outlives_its_context_is_reported(void)
{
	ldl_context_enter(LDL_CTX_INIT);
	(void)ldl_nofs_save();
	ldl_context_exit(LDL_CTX_INIT);
	CU_ASSERT(breach_is_alone(LDL_RULE_E2, ERROR, NULL));
	CU_ASSERT_EQUAL(ldl_alloc_mask(LDL_GFP_KERNEL), LDL_GFP_KERNEL);
}

static void e2_a_second_restore_is_reported(void)
{
	unsigned int saved = ldl_nofs_save();

	ldl_nofs_restore(saved);
	ldl_nofs_restore(saved);
	CU_ASSERT(breach_is_alone(LDL_RULE_E2, ERROR, NULL));
}

static void leak(void *argument)
{
	*(unsigned int *)argument = ldl_nofs_save();
}

/* As the preload library says when a thread's start routine has returned. */
static void end_thread(void *argument)
{
	ldl_engine_thread_exit();
}

static void close_scope(void *argument)
{
	ldl_nofs_restore(*(unsigned int *)argument);
}

static void e2_a_scope_that_outlives_its_thread_is_reported(void)
{
	unsigned int saved;

	lockstep_call(3, leak, &saved);
	lockstep_call(3, end_thread, NULL);
	lockstep_end(3);
	CU_ASSERT(breach_is_alone(LDL_RULE_E2, ERROR, NULL));
}

static void e2_last_in_first_out_is_silent(void)
{
	unsigned int outer = ldl_noio_save(), inner = ldl_nofs_save(), saved;

	ldl_nofs_restore(inner);
	ldl_noio_restore(outer);
	ldl_context_enter(LDL_CTX_INIT);
	inner = ldl_nofs_save();
	ldl_nofs_restore(inner);
	ldl_context_exit(LDL_CTX_INIT);
	lockstep_call(3, leak, &saved);
	lockstep_call(3, close_scope, &saved);
	lockstep_call(3, end_thread, NULL);
	lockstep_end(3);
	CU_ASSERT(breach_is_silent());
}

LDL_SUITE(policy_bodies)
{
	LDL_TEST(b5_a_boundary_under_the_callers_scope_is_reported);
	LDL_TEST(b5_a_boundary_with_the_scopes_taken_off_is_silent);
	LDL_TEST(b11_an_allocator_that_boosts_nofail_is_reported);
	LDL_TEST(b11_an_allocator_that_passes_nofail_on_is_silent);
	LDL_TEST(c5_a_reserve_scope_that_uses_more_than_it_frees_is_reported);
	LDL_TEST(c5_a_reserve_scope_that_frees_more_is_silent);
	LDL_TEST(d11_a_nowait_request_that_sleeps_is_reported);
	LDL_TEST(d11_a_nowait_request_that_waits_is_reported);
	LDL_TEST(d11_a_nowait_request_that_takes_a_sleeping_lock_is_reported);
	LDL_TEST(d11_a_nowait_request_that_waits_to_retry_is_reported);
	LDL_TEST(d11_a_nowait_request_that_skips_the_step_is_silent);
	LDL_TEST(d12_an_unsupported_flag_that_is_accepted_is_reported);
	LDL_TEST(d12_an_unsupported_flag_that_is_rejected_is_silent);
	LDL_TEST(d13_a_nested_mask_that_is_wider_is_reported);
	LDL_TEST(d13_a_nested_allocator_that_is_wider_is_reported);
	LDL_TEST(d13_a_nested_mask_that_is_wider_than_the_scope_is_reported);
	LDL_TEST(d13_a_nested_subset_is_silent);
	LDL_TEST(the_caller_of_an_allocator_goes_on_where_it_was);
	LDL_TEST(bodies_nest_deeper_than_they_are_watched);
	LDL_TEST(d16_reclaim_under_a_contended_lock_is_reported);
	LDL_TEST(d16_a_lock_that_is_found_contended_later_is_reported);
	LDL_TEST(d16_a_dropped_lock_without_another_look_is_reported);
	LDL_TEST(d16_a_dropped_lock_and_another_look_is_silent);
	LDL_TEST(d16_nowait_under_a_contended_lock_is_silent);
	LDL_TEST(d16_a_lock_that_is_dropped_for_good_is_silent);
	LDL_TEST(e2_scopes_that_cross_are_reported);
	LDL_TEST(e2_a_scope_that_outlives_its_context_is_reported);
	LDL_TEST(e2_a_second_restore_is_reported);
	LDL_TEST(e2_a_scope_that_outlives_its_thread_is_reported);
	LDL_TEST(e2_last_in_first_out_is_silent);
	LDL_TEST(e4_a_failure_that_vanishes_is_reported);
	LDL_TEST(e4_giving_up_without_an_error_is_reported);
	LDL_TEST(e4_an_error_that_comes_back_is_silent);
	LDL_TEST(e4_a_fallback_is_silent);
	LDL_TEST(e4_an_optional_request_is_silent);
	LDL_TEST(e4_a_retry_that_succeeds_is_silent);
}
