/* The mode is switched from outside, while threads hold locks and wait for them: what is not
 * watched is not reported, and nothing that was missed is held against anybody afterwards. */
#include <lockdep_lite.h>
#include <stdint.h>
#include "core/engine.h"
#include "tests/support/lockstep.h"
#include "tests/support/suite.h"

static char a, b, c;

/* As `lockdep-lite ctl` does it: the mode, and another epoch. */
static void switch_to(uint32_t mode)
{
	uint32_t *control = &ldl_engine_arena()->header->control;

	ldl_store_relaxed(control,
		((ldl_load_relaxed(control) & ~(uint32_t)LDL_RUN_MASK) + LDL_RUN_EPOCH) | mode);
}

static void lock(const void *which)
{
	ldl_lock_acquire(which, LDL_EXCLUSIVE);
	ldl_lock_acquired(which, LDL_EXCLUSIVE);
}

static void in_order(const void *first, const void *second)
{
	lock(first);
	lock(second);
	ldl_lock_release(second);
	ldl_lock_release(first);
}

static void make_locks(void)
{
	ldl_lock_init(&a, ldl_class("first", LDL_CLASS_STRICT), 0);
	ldl_lock_init(&b, ldl_class("second", LDL_CLASS_STRICT), 0);
	ldl_lock_init(&c, ldl_class("third", LDL_CLASS_STRICT), 0);
}

static uint32_t depth(void)
{
	return ldl_thread_depth(ldl_thread_known());
}

/* Nothing is held, and nothing that passed by is waited for. */
static void expect_nothing_open(void)
{
	CU_ASSERT_EQUAL(depth(), 0);
	CU_ASSERT_EQUAL(ldl_thread_known()->unseen, 0);
}

static void check_not_watched(uint32_t mode)
{
	make_locks();
	in_order(&a, &b);
	switch_to(mode);
	in_order(&b, &a);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	expect_nothing_open();
	switch_to(LDL_RUN_FULL);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	in_order(&b, &a);
	CU_ASSERT_EQUAL(ldl_finding_count(), 1);
}

static void while_it_is_off_no_order_is_learned(void)
{
	check_not_watched(LDL_RUN_OFF);
}

static void nor_while_only_sections_are_watched(void)
{
	check_not_watched(LDL_RUN_NONBLOCK);
}

/* Each of these takes and releases in different modes. */
static void check_release_of_unseen(uint32_t mode)
{
	make_locks();
	switch_to(mode);
	lock(&a);
	lock(&b);
	switch_to(LDL_RUN_FULL);
	ldl_lock_release(&b);
	lock(&c);
	ldl_lock_release(&a);
	ldl_lock_release(&c);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	expect_nothing_open();
}

static void a_release_of_what_was_taken_unseen_is_no_finding(void)
{
	check_release_of_unseen(LDL_RUN_OFF);
	ldl_reset();
	check_release_of_unseen(LDL_RUN_NONBLOCK);
}

static void check_unseen_release(uint32_t mode)
{
	make_locks();
	lock(&a);
	lock(&b);
	switch_to(mode);
	ldl_lock_release(&a);
	ldl_lock_release(&b);
	expect_nothing_open();
	switch_to(LDL_RUN_FULL);
	in_order(&a, &b);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
}

static void what_was_released_unseen_is_not_held_any_more(void)
{
	check_unseen_release(LDL_RUN_OFF);
	ldl_reset();
	check_unseen_release(LDL_RUN_NONBLOCK);
}

static void release_a(void *ignored)
{
	ldl_lock_release(&a);
}

static void what_another_thread_released_unseen_is_not_held_any_more(void)
{
	make_locks();
	lock(&a);
	switch_to(LDL_RUN_OFF);
	lockstep_call(1, release_a, NULL);
	switch_to(LDL_RUN_FULL);
	in_order(&a, &b);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	CU_ASSERT_EQUAL(depth(), 0);
	lockstep_stop();
}

static void a_wait_that_ends_after_the_switch_is_settled(void)
{
	make_locks();
	lock(&a);
	ldl_lock_acquire(&b, LDL_EXCLUSIVE);
	switch_to(LDL_RUN_OFF);
	ldl_lock_acquired(&b, LDL_EXCLUSIVE);
	CU_ASSERT_EQUAL(depth(), 2);
	ldl_lock_release(&b);
	ldl_lock_release(&a);
	expect_nothing_open();
	ldl_lock_acquire(&b, LDL_EXCLUSIVE);
	switch_to(LDL_RUN_FULL);
	ldl_lock_acquired(&b, LDL_EXCLUSIVE);
	ldl_lock_release(&b);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	expect_nothing_open();
}

static void check_new_tenant(uint32_t mode)
{
	make_locks();
	in_order(&a, &b);
	switch_to(mode);
	ldl_lock_destroy(&a);
	ldl_lock_init(&a, 0, 0);
	switch_to(LDL_RUN_FULL);
	in_order(&b, &a);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	CU_ASSERT_NOT_EQUAL(ldl_lock_class(&a), ldl_class("first", LDL_CLASS_STRICT));
}

static void a_lock_that_was_made_anew_unseen_is_another_lock(void)
{
	check_new_tenant(LDL_RUN_OFF);
	ldl_reset();
	check_new_tenant(LDL_RUN_NONBLOCK);
}

static void what_was_destroyed_while_it_was_off_is_no_finding(void)
{
	make_locks();
	lock(&a);
	switch_to(LDL_RUN_OFF);
	ldl_lock_destroy(&a);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	CU_ASSERT_EQUAL(depth(), 0);
	switch_to(LDL_RUN_FULL);
	ldl_lock_init(&a, ldl_class("first", LDL_CLASS_STRICT), 0);
	lock(&a);
	ldl_lock_destroy(&a);
	CU_ASSERT_EQUAL(ldl_finding_count(), 1);
}

LDL_SUITE(modes)
{
	LDL_TEST(while_it_is_off_no_order_is_learned);
	LDL_TEST(nor_while_only_sections_are_watched);
	LDL_TEST(a_release_of_what_was_taken_unseen_is_no_finding);
	LDL_TEST(what_was_released_unseen_is_not_held_any_more);
	LDL_TEST(what_another_thread_released_unseen_is_not_held_any_more);
	LDL_TEST(a_wait_that_ends_after_the_switch_is_settled);
	LDL_TEST(a_lock_that_was_made_anew_unseen_is_another_lock);
	LDL_TEST(what_was_destroyed_while_it_was_off_is_no_finding);
}
