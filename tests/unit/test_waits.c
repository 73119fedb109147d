/* Waits that are no locks: allocations, reclaim, contexts that must not block, events. Rules A1 to
 * A6 of the catalogue. Nothing blocks here, and all but the indirect cases are one thread's: what
 * is found need never happen. */
#include <lockdep_lite.h>
#include "tests/support/breach.h"
#include "tests/support/lockstep.h"
#include "tests/support/suite.h"

#define ERROR   LDL_SEVERITY_ERROR
#define WARNING LDL_SEVERITY_WARNING

static char a, b, done, pool, element;

static void make_classes(void)
{
	ldl_lock_init(&a, ldl_class("a", LDL_CLASS_STRICT), 0);
	ldl_lock_init(&b, ldl_class("b", LDL_CLASS_STRICT), 0);
}

static void lock(const void *which)
{
	ldl_lock_acquire(which, LDL_EXCLUSIVE);
	ldl_lock_acquired(which, LDL_EXCLUSIVE);
}

static void take(const void *which)
{
	lock(which);
	ldl_lock_release(which);
}

static void allocate_under(const void *which, unsigned int gfp)
{
	lock(which);
	ldl_might_alloc(gfp);
	ldl_lock_release(which);
}

static void reclaim_with(const void *domain, const void *which)
{
	ldl_reclaim_enter(domain);
	take(which);
	ldl_reclaim_exit(domain);
}

static void take_in(unsigned int context, const void *which)
{
	ldl_context_enter(context);
	take(which);
	ldl_context_exit(context);
}

static void take_in_reaper(void *which)
{
	take_in(LDL_CTX_OOM_REAPER, which);
}

static void a1_a_lock_held_over_an_allocation_is_reported(void)
{
	make_classes();
	allocate_under(&a, LDL_GFP_KERNEL);
	CU_ASSERT(breach_is_silent());
	lockstep_call(1, take_in_reaper, &a);
	CU_ASSERT(breach_is_cycle(LDL_RULE_A1, "a -> oom_reaper -> a"));
}

/* The context is known first; and the allocation is a NOIO one, which may sleep all the same. */
static void a1_the_other_way_round_is_reported(void)
{
	make_classes();
	lockstep_call(1, take_in_reaper, &a);
	CU_ASSERT(breach_is_silent());
	allocate_under(&a, LDL_GFP_NOIO);
	CU_ASSERT(breach_is_cycle(LDL_RULE_A1, "a -> oom_reaper -> a"));
}

static void a1_through_another_lock_is_reported(void)
{
	make_classes();
	lock(&a);
	take(&b);
	ldl_lock_release(&a);
	allocate_under(&b, LDL_GFP_NOFS);
	ldl_non_block_start();
	take(&a);
	ldl_non_block_end();
	CU_ASSERT(breach_is_cycle(LDL_RULE_A1, "a -> b -> non-blocking section -> a"));
}

static void a1_each_context_of_a_program_is_reported(void)
{
	unsigned int mixer = ldl_context("mixer", LDL_CONTEXT_NON_BLOCKING);

	make_classes();
	allocate_under(&a, LDL_GFP_KERNEL);
	take_in(mixer, &a);
	CU_ASSERT(breach_is_cycle(LDL_RULE_A1, "a -> mixer -> a"));
}

static void a1_nowait_under_the_lock_is_silent(void)
{
	make_classes();
	allocate_under(&a, LDL_GFP_NOWAIT);
	allocate_under(&a, LDL_GFP_ATOMIC);
	allocate_under(&b, LDL_GFP_KERNEL);
	take_in(LDL_CTX_OOM_REAPER, &a);
	CU_ASSERT(breach_is_silent());
}

static void a1_a_trylock_in_the_context_is_silent(void)
{
	make_classes();
	allocate_under(&a, LDL_GFP_KERNEL);
	ldl_context_enter(LDL_CTX_OOM_REAPER);
	ldl_lock_acquired(&a, LDL_TRY);
	ldl_lock_release(&a);
	ldl_context_exit(LDL_CTX_OOM_REAPER);
	CU_ASSERT(breach_is_silent());
}

static void allocate_in(unsigned int context, unsigned int gfp)
{
	ldl_context_enter(context);
	ldl_might_alloc(gfp);
	ldl_context_exit(context);
}

static void a2_an_allocation_in_the_context_is_reported(void)
{
	allocate_in(LDL_CTX_REALTIME, LDL_GFP_KERNEL);
	CU_ASSERT(breach_is_alone(LDL_RULE_A2, ERROR, NULL));
}

static void a2_nowait_in_the_context_is_silent(void)
{
	unsigned int saved;

	allocate_in(LDL_CTX_REALTIME, LDL_GFP_NOWAIT);
	ldl_context_enter(LDL_CTX_REALTIME);
	saved = ldl_noreclaim_save();
	ldl_might_alloc(LDL_GFP_KERNEL);
	ldl_noreclaim_restore(saved);
	ldl_context_exit(LDL_CTX_REALTIME);
	allocate_in(LDL_CTX_INIT, LDL_GFP_KERNEL);
	ldl_might_alloc(LDL_GFP_KERNEL);
	CU_ASSERT(breach_is_silent());
}

static void a2_an_element_of_a_filled_reserve_is_silent(void)
{
	ldl_mempool_create(&pool, "pool", 2, 2);
	ldl_context_enter(LDL_CTX_REALTIME);
	ldl_mempool_alloc(&pool, LDL_GFP_NOWAIT);
	ldl_mempool_taken(&pool, &element, LDL_MEMPOOL_RESERVE);
	ldl_mempool_free(&pool, &element);
	ldl_context_exit(LDL_CTX_REALTIME);
	CU_ASSERT(breach_is_silent());
}

static void a3_nofs_in_the_context_is_reported(void)
{
	allocate_in(LDL_CTX_MMU_NOTIFIER, LDL_GFP_NOFS);
	CU_ASSERT(breach_is_alone(LDL_RULE_A3, ERROR, NULL));
}

static void a3_noio_by_a_scope_in_the_context_is_reported(void)
{
	unsigned int saved = ldl_noio_save();

	allocate_in(LDL_CTX_MMU_NOTIFIER, LDL_GFP_KERNEL);
	ldl_noio_restore(saved);
	CU_ASSERT(breach_is_alone(LDL_RULE_A3, ERROR, NULL));
}

static void a3_nofs_in_an_ordinary_shrinker_is_silent(void)
{
	ldl_reclaim_enter(LDL_RECLAIM_FS);
	ldl_might_alloc(LDL_GFP_NOFS);
	ldl_reclaim_exit(LDL_RECLAIM_FS);
	CU_ASSERT(breach_is_silent());
}

static void a4_a_lock_held_over_reclaim_and_taken_by_it_is_reported(void)
{
	make_classes();
	allocate_under(&a, LDL_GFP_KERNEL);
	CU_ASSERT(breach_is_silent());
	reclaim_with(LDL_RECLAIM_FS, &a);
	CU_ASSERT(breach_is_cycle(LDL_RULE_A4, "a -> reclaim.fs -> a"));
}

static void a4_io_is_told_from_fs_and_is_reported(void)
{
	make_classes();
	allocate_under(&a, LDL_GFP_NOFS);
	reclaim_with(LDL_RECLAIM_IO, &a);
	CU_ASSERT(breach_is_cycle(LDL_RULE_A4, "a -> reclaim.io -> a"));
}

static void a4_a_cache_of_the_programs_own_is_reported(void)
{
	make_classes();
	ldl_reclaim_init(&pool, "block cache");
	reclaim_with(&pool, &a);
	lock(&a);
	ldl_might_wait(&pool);
	ldl_lock_release(&a);
	CU_ASSERT(breach_is_cycle(LDL_RULE_A4, "a -> block cache -> a"));
}

static void a4_an_allocation_in_its_own_reclaimer_is_reported(void)
{
	ldl_reclaim_enter(LDL_RECLAIM_FS);
	ldl_might_alloc(LDL_GFP_KERNEL);
	ldl_reclaim_exit(LDL_RECLAIM_FS);
	CU_ASSERT(breach_is_alone(LDL_RULE_A4, ERROR, NULL));
}

static void a4_an_allocation_under_a_lock_alone_is_silent(void)
{
	make_classes();
	allocate_under(&a, LDL_GFP_KERNEL);
	reclaim_with(LDL_RECLAIM_FS, &b);
	CU_ASSERT(breach_is_silent());
}

static void a4_a_mask_that_does_not_reach_the_reclaimer_is_silent(void)
{
	unsigned int saved;

	make_classes();
	allocate_under(&a, LDL_GFP_NOFS);
	reclaim_with(LDL_RECLAIM_FS, &a);
	saved = ldl_noio_save();
	allocate_under(&b, LDL_GFP_KERNEL);
	ldl_noio_restore(saved);
	reclaim_with(LDL_RECLAIM_IO, &b);
	CU_ASSERT(breach_is_silent());
}

/* A waits for T3; T3 allocates. */
static void allocate_and_wake(void *gfp)
{
	ldl_might_alloc(*(unsigned int *)gfp);
	ldl_wake(&done);
}

static void take_an_element_and_wake(void *argument)
{
	ldl_mempool_alloc(&pool, LDL_GFP_NOWAIT);
	ldl_mempool_taken(&pool, &element, LDL_MEMPOOL_RESERVE);
	ldl_mempool_free(&pool, &element);
	ldl_wake(&done);
}

static void wait_under_a(void *argument)
{
	lock(&a);
	ldl_might_wait(&done);
	ldl_lock_release(&a);
}

static void a5_a_wait_for_a_thread_that_allocates_is_reported(void)
{
	unsigned int gfp = LDL_GFP_KERNEL;

	make_classes();
	ldl_event_init(&done, "done");
	lockstep_call(1, wait_under_a, NULL);
	lockstep_call(2, allocate_and_wake, &gfp);
	CU_ASSERT(breach_is_silent());
	lockstep_call(3, take_in_reaper, &a);
	CU_ASSERT(breach_is_cycle(LDL_RULE_A5, "a -> done -> oom_reaper -> a"));
}

static void a5_a_thread_that_takes_from_its_reserve_is_silent(void)
{
	make_classes();
	ldl_event_init(&done, "done");
	ldl_mempool_create(&pool, "pool", 2, 2);
	lockstep_call(1, wait_under_a, NULL);
	lockstep_call(2, take_an_element_and_wake, NULL);
	lockstep_call(3, take_in_reaper, &a);
	CU_ASSERT(breach_is_silent());
}

static void a5_what_was_allocated_before_the_request_is_silent(void)
{
	make_classes();
	ldl_might_alloc(LDL_GFP_KERNEL);
	ldl_event_init(&done, "done");
	ldl_wake(&done);
	lockstep_call(1, wait_under_a, NULL);
	lockstep_call(3, take_in_reaper, &a);
	CU_ASSERT(breach_is_silent());
}

static void allocate_under_b(void *argument)
{
	allocate_under(&b, LDL_GFP_NOIO);
}

static void take_b_and_wake(void *argument)
{
	take(&b);
	ldl_wake(&done);
}

/* N waits for L1; L1's holder waits for a completion; its completer takes L2; L2's holder allocates
 * with NOIO. Each in a thread of its own, none of which ever blocks. */
static void a5_four_hops_from_runs_in_which_nothing_blocked_are_reported(void)
{
	make_classes();
	ldl_event_init(&done, "completion");
	lockstep_call(1, allocate_under_b, NULL);
	lockstep_call(2, wait_under_a, NULL);
	lockstep_call(3, take_b_and_wake, NULL);
	CU_ASSERT(breach_is_silent());
	lockstep_call(4, take_in_reaper, &a);
	CU_ASSERT(breach_is_cycle(LDL_RULE_A5, "a -> completion -> b -> oom_reaper -> a"));
}

static void a5_four_hops_without_the_last_are_silent(void)
{
	make_classes();
	ldl_event_init(&done, "completion");
	lock(&b);
	ldl_might_alloc(LDL_GFP_NOWAIT);
	ldl_lock_release(&b);
	lockstep_call(2, wait_under_a, NULL);
	lockstep_call(3, take_b_and_wake, NULL);
	lockstep_call(4, take_in_reaper, &a);
	CU_ASSERT(breach_is_silent());
}

static void a6_a_wait_without_a_bound_in_the_context_is_reported(void)
{
	ldl_event_init(&done, "done");
	ldl_non_block_start();
	ldl_might_wait(&done);
	ldl_non_block_end();
	CU_ASSERT(breach_is_alone(LDL_RULE_A6, ERROR, NULL));
}

static void a6_a_sleep_in_the_context_is_reported(void)
{
	ldl_non_block_start();
	ldl_might_sleep();
	ldl_non_block_end();
	CU_ASSERT(breach_is_alone(LDL_RULE_A6, ERROR, NULL));
}

/* Waits for at most `limit_ns` in a context that may wait for a microsecond. */
static void wait_for_ns(unsigned long long limit_ns)
{
	ldl_event_init(&done, "done");
	ldl_context_enter(LDL_CTX_REALTIME);
	ldl_non_block_budget(1000);
	ldl_might_wait_timed(&done, limit_ns);
	ldl_context_exit(LDL_CTX_REALTIME);
}

static void a6_a_wait_over_the_budget_is_reported(void)
{
	wait_for_ns(1001);
	CU_ASSERT(breach_is_alone(LDL_RULE_A6, WARNING, NULL));
}

static void a6_a_wait_within_the_budget_is_silent(void)
{
	wait_for_ns(1000);
	ldl_might_wait(&done);
	ldl_might_sleep();
	CU_ASSERT(breach_is_silent());
}

LDL_SUITE(waits)
{
	LDL_TEST(a1_a_lock_held_over_an_allocation_is_reported);
	LDL_TEST(a1_the_other_way_round_is_reported);
	LDL_TEST(a1_through_another_lock_is_reported);
	LDL_TEST(a1_each_context_of_a_program_is_reported);
	LDL_TEST(a1_nowait_under_the_lock_is_silent);
	LDL_TEST(a1_a_trylock_in_the_context_is_silent);
	LDL_TEST(a2_an_allocation_in_the_context_is_reported);
	LDL_TEST(a2_nowait_in_the_context_is_silent);
	LDL_TEST(a2_an_element_of_a_filled_reserve_is_silent);
	LDL_TEST(a3_nofs_in_the_context_is_reported);
	LDL_TEST(a3_noio_by_a_scope_in_the_context_is_reported);
	LDL_TEST(a3_nofs_in_an_ordinary_shrinker_is_silent);
	LDL_TEST(a4_a_lock_held_over_reclaim_and_taken_by_it_is_reported);
	LDL_TEST(a4_io_is_told_from_fs_and_is_reported);
	LDL_TEST(a4_a_cache_of_the_programs_own_is_reported);
	LDL_TEST(a4_an_allocation_in_its_own_reclaimer_is_reported);
	LDL_TEST(a4_an_allocation_under_a_lock_alone_is_silent);
	LDL_TEST(a4_a_mask_that_does_not_reach_the_reclaimer_is_silent);
	LDL_TEST(a5_a_wait_for_a_thread_that_allocates_is_reported);
	LDL_TEST(a5_a_thread_that_takes_from_its_reserve_is_silent);
	LDL_TEST(a5_what_was_allocated_before_the_request_is_silent);
	LDL_TEST(a5_four_hops_from_runs_in_which_nothing_blocked_are_reported);
	LDL_TEST(a5_four_hops_without_the_last_are_silent);
	LDL_TEST(a6_a_wait_without_a_bound_in_the_context_is_reported);
	LDL_TEST(a6_a_sleep_in_the_context_is_reported);
	LDL_TEST(a6_a_wait_over_the_budget_is_reported);
	LDL_TEST(a6_a_wait_within_the_budget_is_silent);
}
