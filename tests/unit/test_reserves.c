/* Reserves: pools that promise a number of elements. Rules C1 to C4 and C6 to C8 of the catalogue;
 * C5 is a scope's and in test_policy_bodies.c. */
#include <lockdep_lite.h>
#include "core/arena.h"
#include "core/engine.h"
#include "tests/support/breach.h"
#include "tests/support/lockstep.h"
#include "tests/support/suite.h"

#define ERROR   LDL_SEVERITY_ERROR
#define WARNING LDL_SEVERITY_WARNING

static char a, p, q, first, second;

static void make_pools(void)
{
	ldl_lock_init(&a, ldl_class("a", LDL_CLASS_STRICT), 0);
	ldl_mempool_create(&p, "p", 2, 2);
	ldl_mempool_create(&q, "q", 2, 2);
}

static void lock(const void *which)
{
	ldl_lock_acquire(which, LDL_EXCLUSIVE);
	ldl_lock_acquired(which, LDL_EXCLUSIVE);
}

static void get(const void *pool, const void *element, unsigned int gfp)
{
	ldl_mempool_alloc(pool, gfp);
	ldl_mempool_taken(pool, element, LDL_MEMPOOL_BACKING);
}

static void c1_a_second_element_while_one_is_held_is_reported(void)
{
	make_pools();
	get(&p, &first, LDL_GFP_NOIO);
	CU_ASSERT(breach_is_silent());
	get(&p, &second, LDL_GFP_NOIO);
	ldl_mempool_free(&p, &second);
	ldl_mempool_free(&p, &first);
	CU_ASSERT(breach_is_alone(LDL_RULE_C1, ERROR, NULL));
}

static void c1_the_first_given_back_before_is_silent(void)
{
	make_pools();
	get(&p, &first, LDL_GFP_NOIO);
	ldl_mempool_free(&p, &first);
	get(&p, &second, LDL_GFP_NOIO);
	ldl_mempool_free(&p, &second);
	CU_ASSERT(breach_is_silent());
}

static void c1_one_call_for_both_is_silent(void)
{
	make_pools();
	get(&p, &first, LDL_GFP_NOIO);
	ldl_mempool_taken(&p, &second, LDL_MEMPOOL_BACKING);
	ldl_mempool_free(&p, &first);
	ldl_mempool_free(&p, &second);
	CU_ASSERT(breach_is_silent());
}

static void c1_a_second_one_without_waiting_is_silent(void)
{
	make_pools();
	get(&p, &first, LDL_GFP_NOIO);
	ldl_mempool_alloc(&p, LDL_GFP_NOWAIT);
	ldl_mempool_failed(&p);
	ldl_mempool_free(&p, &first);
	CU_ASSERT(breach_is_silent());
}

/* One layer over another: an element of the outer pool is held while one of the inner is got. */
static void pass_down(const void *outer, const void *inner)
{
	get(outer, &first, LDL_GFP_NOIO);
	get(inner, &second, LDL_GFP_NOIO);
	ldl_mempool_free(inner, &second);
	ldl_mempool_free(outer, &first);
}

static void c2_pools_that_wait_for_each_other_are_reported(void)
{
	make_pools();
	pass_down(&p, &q);
	CU_ASSERT(breach_is_silent());
	pass_down(&q, &p);
	CU_ASSERT(breach_is_cycle(LDL_RULE_C2, "p -> q -> p"));
}

static void c2_one_pool_for_each_layer_is_silent(void)
{
	make_pools();
	pass_down(&p, &q);
	pass_down(&p, &q);
	get(&q, &second, LDL_GFP_NOIO);
	ldl_mempool_free(&q, &second);
	CU_ASSERT(breach_is_silent());
}

static void free_under_a(void *argument)
{
	lock(&a);
	ldl_mempool_free(&p, &first);
	ldl_lock_release(&a);
}

static void free_without_a(void *argument)
{
	ldl_mempool_free(&p, &first);
	lock(&a);
	ldl_lock_release(&a);
}

static void get_under_a(void)
{
	lock(&a);
	get(&p, &first, LDL_GFP_NOIO);
	ldl_lock_release(&a);
}

static void c3_a_lock_that_freeing_takes_is_reported(void)
{
	make_pools();
	get_under_a();
	lockstep_call(1, free_under_a, NULL);
	CU_ASSERT(breach_is_cycle(LDL_RULE_C3, "a -> p -> a"));
}

static void c3_a_free_path_without_the_lock_is_silent(void)
{
	make_pools();
	get_under_a();
	lockstep_call(1, free_without_a, NULL);
	CU_ASSERT(breach_is_silent());
}

static void c4_a_reserve_of_zero_is_reported(void)
{
	ldl_mempool_create(&p, "p", 0, 0);
	CU_ASSERT(breach_is_alone(LDL_RULE_C4, WARNING, "zero"));
}

static void c4_a_reserve_that_is_not_filled_is_reported(void)
{
	ldl_mempool_create(&p, "p", 4, 3);
	CU_ASSERT(breach_is_alone(LDL_RULE_C4, WARNING, "not filled"));
}

static void c4_a_filled_reserve_is_silent(void)
{
	ldl_mempool_create(&p, "p", 4, 4);
	CU_ASSERT(breach_is_silent());
}

static void c6_a_backing_request_that_tries_too_hard_is_reported(void)
{
	make_pools();
	ldl_mempool_backing(&p, LDL_GFP_NOIO | LDL_GFP_NORETRY | LDL_GFP_NOWARN);
	CU_ASSERT(breach_is_alone(LDL_RULE_C6, WARNING, "NOMEMALLOC"));
}

static void c6_a_masked_backing_request_is_silent(void)
{
	make_pools();
	ldl_mempool_backing(
		&p, LDL_GFP_NOIO | LDL_GFP_NORETRY | LDL_GFP_NOWARN | LDL_GFP_NOMEMALLOC);
	CU_ASSERT(breach_is_silent());
}

static const struct ldl_reserve *reserve_of_p(void)
{
	return ldl_reserve_at(ldl_engine_arena(), 1);
}

/* Not a finding: a line of the inventory, of severity "information". */
static void c7_the_high_water_mark_is_reported_in_the_inventory(void)
{
	make_pools();
	get(&p, &first, LDL_GFP_NOWAIT);
	ldl_mempool_alloc(&p, LDL_GFP_NOWAIT);
	ldl_mempool_taken(&p, &second, LDL_MEMPOOL_RESERVE);
	ldl_mempool_free(&p, &second);
	ldl_mempool_free(&p, &first);
	CU_ASSERT_EQUAL(reserve_of_p()->min_nr, 2);
	CU_ASSERT_EQUAL(reserve_of_p()->used_max, 2);
	CU_ASSERT_EQUAL(reserve_of_p()->used, 0);
	CU_ASSERT_EQUAL(reserve_of_p()->level_min, 1);
	CU_ASSERT_EQUAL(reserve_of_p()->level, 2);
	CU_ASSERT(breach_is_silent());
}

static void c7_a_pool_that_is_not_used_is_silent(void)
{
	make_pools();
	CU_ASSERT_EQUAL(reserve_of_p()->used_max, 0);
	CU_ASSERT_EQUAL(reserve_of_p()->level_min, 2);
	CU_ASSERT(breach_is_silent());
}

static void c8_a_lock_dropped_before_the_claim_is_reported(void)
{
	make_pools();
	lock(&a);
	ldl_mempool_alloc(&p, LDL_GFP_NOIO);
	ldl_mempool_woken(&p);
	ldl_lock_release(&a);
	ldl_mempool_taken(&p, &first, LDL_MEMPOOL_RESERVE);
	ldl_mempool_free(&p, &first);
	CU_ASSERT(breach_is_alone(LDL_RULE_C8, WARNING, NULL));
}

static void c8_a_claim_under_the_lock_is_silent(void)
{
	make_pools();
	lock(&a);
	ldl_mempool_alloc(&p, LDL_GFP_NOIO);
	ldl_mempool_woken(&p);
	ldl_mempool_taken(&p, &first, LDL_MEMPOOL_RESERVE);
	ldl_lock_release(&a);
	ldl_mempool_free(&p, &first);
	CU_ASSERT(breach_is_silent());
}

LDL_SUITE(reserves)
{
	LDL_TEST(c1_a_second_element_while_one_is_held_is_reported);
	LDL_TEST(c1_the_first_given_back_before_is_silent);
	LDL_TEST(c1_one_call_for_both_is_silent);
	LDL_TEST(c1_a_second_one_without_waiting_is_silent);
	LDL_TEST(c2_pools_that_wait_for_each_other_are_reported);
	LDL_TEST(c2_one_pool_for_each_layer_is_silent);
	LDL_TEST(c3_a_lock_that_freeing_takes_is_reported);
	LDL_TEST(c3_a_free_path_without_the_lock_is_silent);
	LDL_TEST(c4_a_reserve_of_zero_is_reported);
	LDL_TEST(c4_a_reserve_that_is_not_filled_is_reported);
	LDL_TEST(c4_a_filled_reserve_is_silent);
	LDL_TEST(c6_a_backing_request_that_tries_too_hard_is_reported);
	LDL_TEST(c6_a_masked_backing_request_is_silent);
	LDL_TEST(c7_the_high_water_mark_is_reported_in_the_inventory);
	LDL_TEST(c7_a_pool_that_is_not_used_is_silent);
	LDL_TEST(c8_a_lock_dropped_before_the_claim_is_reported);
	LDL_TEST(c8_a_claim_under_the_lock_is_silent);
}
