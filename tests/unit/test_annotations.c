/* The annotation API call by call: what a scenario's line cannot say. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <lockdep_lite.h>
#include "core/arena.h"
#include "core/engine.h"
#include "tests/support/lockstep.h"
#include "tests/support/scenario.h"
#include "tests/support/suite.h"

static char a, b, c;

static void lock(const void *which)
{
	ldl_lock_acquire(which, LDL_EXCLUSIVE);
	ldl_lock_acquired(which, LDL_EXCLUSIVE);
}

static void make_two_classes(void)
{
	ldl_lock_init(&a, ldl_class("first", LDL_CLASS_STRICT), 0);
	ldl_lock_init(&b, ldl_class("second", LDL_CLASS_STRICT), 0);
}

/* The program may hang in the very call that comes next. */
static void a_deadlock_is_reported_before_the_wait_that_makes_it(void)
{
	make_two_classes();
	lock(&a);
	lock(&b);
	ldl_lock_release(&b);
	ldl_lock_release(&a);
	lock(&b);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	ldl_lock_acquire(&a, LDL_EXCLUSIVE);
	CU_ASSERT_EQUAL(ldl_finding_count(), 1);
	ldl_lock_acquired(&a, LDL_EXCLUSIVE);
	CU_ASSERT_EQUAL(ldl_finding_count(), 1);
	ldl_lock_release(&a);
	ldl_lock_release(&b);
}

static void a_name_is_one_class(void)
{
	char name[1100];

	CU_ASSERT_NOT_EQUAL(ldl_class("first", LDL_CLASS_STRICT), 0);
	CU_ASSERT_EQUAL(ldl_class("first", LDL_CLASS_STRICT), ldl_class("first", 0));
	CU_ASSERT_NOT_EQUAL(ldl_class("first", 0), ldl_class("second", 0));
	CU_ASSERT_NOT_EQUAL(ldl_class("first", 0), ldl_class("firs", 0));
	memset(name, 'n', sizeof(name));
	name[1023] = '\0';
	CU_ASSERT_NOT_EQUAL(ldl_class(name, 0), 0);
	CU_ASSERT_EQUAL(ldl_class(name, 0), ldl_class(name, 0));
}

static void ask_for_a(void *answer)
{
	*(int *)answer = ldl_is_held(&a);
}

static void only_the_holder_holds_a_lock(void)
{
	int elsewhere = 2;

	make_two_classes();
	CU_ASSERT_EQUAL(ldl_is_held(&a), 0);
	lock(&a);
	CU_ASSERT_EQUAL(ldl_is_held(&a), 1);
	CU_ASSERT_EQUAL(ldl_is_held(&b), 0);
	lockstep_call(1, ask_for_a, &elsewhere);
	CU_ASSERT_EQUAL(elsewhere, 0);
	ldl_lock_release(&a);
	CU_ASSERT_EQUAL(ldl_is_held(&a), 0);
	ldl_lock_acquired(&a, LDL_EXCLUSIVE | LDL_TRY);
	CU_ASSERT_EQUAL(ldl_is_held(&a), 1);
	ldl_lock_release(&a);
	ldl_lock_acquire(&a, LDL_EXCLUSIVE);
	CU_ASSERT_EQUAL(ldl_is_held(&a), 0);
	ldl_lock_failed(&a);
	CU_ASSERT_EQUAL(ldl_is_held(&a), 0);
}

static void a_read_lock_is_held_as_often_as_it_was_taken(void)
{
	ldl_lock_init(&a, ldl_class("first", LDL_CLASS_STRICT), 0);
	ldl_lock_acquire(&a, LDL_SHARED_RECURSIVE);
	ldl_lock_acquired(&a, LDL_SHARED_RECURSIVE);
	ldl_lock_acquire(&a, LDL_SHARED_RECURSIVE);
	ldl_lock_acquired(&a, LDL_SHARED_RECURSIVE);
	ldl_lock_release(&a);
	CU_ASSERT_EQUAL(ldl_is_held(&a), 1);
	ldl_lock_release(&a);
	CU_ASSERT_EQUAL(ldl_is_held(&a), 0);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
}

static void errno_is_left_alone(void)
{
	errno = 4711;
	make_two_classes();
	lock(&a);
	lock(&b);
	ldl_lock_release(&b);
	ldl_lock_release(&a);
	lock(&b);
	lock(&a);
	ldl_lock_release(&a);
	ldl_lock_release(&b);
	ldl_lock_release(&b);
	ldl_lock_destroy(&a);
	CU_ASSERT_EQUAL(errno, 4711);
	CU_ASSERT_EQUAL(ldl_finding_count(), 2);
}

static void a_reset_forgets_everything(void)
{
	make_two_classes();
	lock(&a);
	lock(&b);
	ldl_lock_release(&b);
	ldl_reset();
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	CU_ASSERT_EQUAL(ldl_is_held(&a), 0);
	make_two_classes();
	lock(&b);
	lock(&a);
	ldl_lock_release(&a);
	ldl_lock_release(&b);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	lock(&a);
	lock(&b);
	CU_ASSERT_EQUAL(ldl_finding_count(), 1);
	ldl_lock_release(&b);
	ldl_lock_release(&a);
}

/* Without ldl_lock_init(): static locks are told apart by their addresses. */
static void static_locks_need_no_declaration(void)
{
	lock(&a);
	lock(&b);
	ldl_lock_release(&b);
	lock(&c);
	ldl_lock_release(&c);
	ldl_lock_release(&a);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	lock(&b);
	lock(&a);
	ldl_lock_release(&a);
	ldl_lock_release(&b);
	CU_ASSERT_EQUAL(ldl_finding_count(), 1);
	CU_ASSERT_EQUAL(ldl_scenario_findings()->findings[0].rule, LDL_RULE_ORDER);
}

static void hold_and_release_c(int number)
{
	lock(&c);
	ldl_lock_release(&c);
}

static void a_signal_handler_may_lock(void)
{
	struct sigaction action = {.sa_handler = hold_and_release_c}, before;

	make_two_classes();
	ldl_lock_init(&c, ldl_class("third", LDL_CLASS_STRICT), 0);
	sigaction(SIGUSR1, &action, &before);
	lock(&a);
	raise(SIGUSR1);
	CU_ASSERT_EQUAL(ldl_is_held(&a), 1);
	CU_ASSERT_EQUAL(ldl_is_held(&c), 0);
	ldl_lock_release(&a);
	sigaction(SIGUSR1, &before, NULL);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
}

static void a_witness_says_who_held_what(void)
{
	const struct ldl_arena *arena = ldl_engine_arena();
	const struct ldl_path_step *steps;
	const struct ldl_witness *witness;

	make_two_classes();
	lock(&a);
	lock(&b);
	ldl_lock_release(&b);
	ldl_lock_release(&a);
	lock(&b);
	lock(&a);
	CU_ASSERT_EQUAL_FATAL(ldl_finding_count(), 1);
	steps = ldl_path_step_at(arena, ldl_finding_at(arena, 1)->path_first);
	CU_ASSERT_NOT_EQUAL_FATAL(steps[0].witness, 0);
	witness = ldl_witness_at(arena, steps[0].witness);
	CU_ASSERT_EQUAL(witness->edge, steps[0].edge);
	CU_ASSERT_NOT_EQUAL(witness->from_site, 0);
	CU_ASSERT_NOT_EQUAL(witness->to_site, 0);
	CU_ASSERT_NOT_EQUAL(witness->from_frame, 0);
	CU_ASSERT_TRUE(witness->from_addr == (uintptr_t)&a || witness->from_addr == (uintptr_t)&b);
	CU_ASSERT_EQUAL(witness->to_addr,
		witness->from_addr == (uintptr_t)&a ? (uintptr_t)&b : (uintptr_t)&a);
	CU_ASSERT_EQUAL(witness->also_count, 1);
	CU_ASSERT_NOT_EQUAL(witness->thread_serial, 0);
	ldl_lock_release(&a);
	ldl_lock_release(&b);
}

LDL_SUITE(annotations)
{
	LDL_TEST(a_deadlock_is_reported_before_the_wait_that_makes_it);
	LDL_TEST(a_name_is_one_class);
	LDL_TEST(only_the_holder_holds_a_lock);
	LDL_TEST(a_read_lock_is_held_as_often_as_it_was_taken);
	LDL_TEST(errno_is_left_alone);
	LDL_TEST(a_reset_forgets_everything);
	LDL_TEST(static_locks_need_no_declaration);
	LDL_TEST(a_signal_handler_may_lock);
	LDL_TEST(a_witness_says_who_held_what);
}
