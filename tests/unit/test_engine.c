/* core/engine at its edges: fork, switched off and on, no more system calls, threads that end. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <lockdep_lite.h>
#include "core/engine.h"
#include "tests/support/scenario.h"
#include "tests/support/suite.h"

static char a, b, c;

static LDL_NOINLINE void lock(const void *which)
{
	ldl_lock_acquire(which, LDL_EXCLUSIVE);
	ldl_lock_acquired(which, LDL_EXCLUSIVE);
}

static void lock_both(const void *outer, const void *inner)
{
	lock(outer);
	lock(inner);
	ldl_lock_release(inner);
	ldl_lock_release(outer);
}

static void make_classes(void)
{
	ldl_lock_init(&a, ldl_class("first", LDL_CLASS_STRICT), 0);
	ldl_lock_init(&b, ldl_class("second", LDL_CLASS_STRICT), 0);
	ldl_lock_init(&c, ldl_class("third", LDL_CLASS_STRICT), 0);
}

/* Runs `body` in a forked child; 0 when it returned 0. */
static int in_child(int (*body)(void))
{
	pid_t child = fork();
	int status = -1;

	if (child == 0)
		_exit(body());
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* Steps are numbered by what they return, so that a failure's status names one. */
static int child_of_a_holder(void)
{
	if (ldl_is_held(&a) != 1)
		return 1;
	if (ldl_finding_count() != 0)
		return 2;
	lock(&b);
	ldl_lock_release(&b);
	ldl_lock_release(&a);
	if (ldl_is_held(&a) != 0)
		return 3;
	lock_both(&b, &a);
	return ldl_finding_count() == 1 ? 0 : 4;
}

static void a_forked_child_keeps_what_its_thread_held(void)
{
	make_classes();
	lock(&a);
	CU_ASSERT_EQUAL(in_child(child_of_a_holder), 0);
	ldl_lock_release(&a);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	lock_both(&b, &a);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
}

static int child_that_reports(void)
{
	const struct ldl_header *header;

	lock_both(&a, &b);
	lock_both(&b, &a);
	if (ldl_finding_count() != 1)
		return 1;
	header = ldl_engine_arena()->header;
	return header->pid == (uint32_t)getpid() && header->parent_pid == (uint32_t)getppid() ? 0
											      : 2;
}

static void a_childs_findings_are_its_own(void)
{
	const struct ldl_header *header = ldl_engine_arena()->header;

	make_classes();
	CU_ASSERT_EQUAL(in_child(child_that_reports), 0);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	CU_ASSERT_EQUAL(header->pid, (uint32_t)getpid());
	lock_both(&a, &b);
	lock_both(&b, &a);
	CU_ASSERT_EQUAL(ldl_finding_count(), 1);
}

static int child_that_forks(void)
{
	lock_both(&a, &b);
	return in_child(child_that_reports) ? 1 : ldl_finding_count() ? 2 : 0;
}

static void a_grandchild_is_watched_too(void)
{
	make_classes();
	CU_ASSERT_EQUAL(in_child(child_that_forks), 0);
}

static int child_without_system_calls(void)
{
	lock_both(&a, &b);
	ldl_engine_stop_syscalls();
	lock_both(&b, &a);
	return ldl_finding_count() == 1 ? 0 : 1;
}

static void a_program_without_system_calls_is_still_checked(void)
{
	make_classes();
	CU_ASSERT_EQUAL(in_child(child_without_system_calls), 0);
}

/* As a tool outside would do it: the mode and a new epoch in one word. */
static void switch_to(enum ldl_run_mode mode)
{
	uint32_t *control = &ldl_engine_arena()->header->control;

	*control = ((*control & ~(uint32_t)LDL_RUN_MASK) + LDL_RUN_EPOCH) | mode;
}

static void nothing_is_learned_while_it_is_off(void)
{
	make_classes();
	switch_to(LDL_RUN_OFF);
	lock_both(&a, &b);
	lock_both(&b, &a);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	switch_to(LDL_RUN_FULL);
	lock_both(&b, &a);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	lock_both(&a, &b);
	CU_ASSERT_EQUAL(ldl_finding_count(), 1);
}

static void *lock_in_order(void *unused)
{
	lock_both(&a, &b);
	return unused;
}

static void a_thread_that_ended_leaves_what_it_taught(void)
{
	pthread_t thread;

	make_classes();
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, lock_in_order, NULL), 0);
	pthread_join(thread, NULL);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	lock_both(&b, &a);
	CU_ASSERT_EQUAL(ldl_finding_count(), 1);
}

static void *end_while_holding(void *unused)
{
	lock(&a);
	return unused;
}

static void a_thread_that_ended_with_a_lock_held_does_no_harm(void)
{
	pthread_t thread;

	make_classes();
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, end_while_holding, NULL), 0);
	pthread_join(thread, NULL);
	lock_both(&b, &a);
	lock_both(&b, &a);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
}

static volatile sig_atomic_t handled;

static void lock_in_handler(int number)
{
	lock_both(&b, &c);
	handled = handled + 1;
}

/* The handler comes in between the announcement and the hold. */
static void a_handler_inside_an_acquisition_does_no_harm(void)
{
	struct sigaction action = {.sa_handler = lock_in_handler}, before;
	unsigned int i;

	make_classes();
	sigaction(SIGUSR1, &action, &before);
	for (i = 0; i < 10; i++) {
		ldl_lock_acquire(&a, LDL_EXCLUSIVE);
		raise(SIGUSR1);
		ldl_lock_acquired(&a, LDL_EXCLUSIVE);
		CU_ASSERT_EQUAL(ldl_is_held(&a), 1);
		ldl_lock_release(&a);
		CU_ASSERT_EQUAL(ldl_is_held(&a), 0);
	}
	sigaction(SIGUSR1, &before, NULL);
	CU_ASSERT_EQUAL(handled, 10);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	lock_both(&a, &b);
	lock_both(&b, &a);
	CU_ASSERT_EQUAL(ldl_finding_count(), 1);
}

/* Out of line: all calls have one call site, so the same locks are the same chain. */
static LDL_NOINLINE void lock_again(const void *outer, const void *inner)
{
	lock(outer);
	if (inner) {
		lock(inner);
		ldl_lock_release(inner);
	}
	ldl_lock_release(outer);
}

/* What was popped last is found again and not written anew: but only over what it stood on. */
static void an_entry_is_not_taken_for_one_over_another_lock(void)
{
	make_classes();
	lock_again(&c, &b);
	lock_again(&b, NULL);
	for (int i = 0; i < 4; i++)
		lock_again(&a, &c);
	lock_again(&b, NULL); /* over the entry of `a`, which `c` stood on */
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	lock_again(&b, &c);
	CU_ASSERT_EQUAL(ldl_finding_count(), 1);
}

static void *make_another_class(void *unused)
{
	ldl_lock_destroy(&b);
	ldl_lock_init(&b, ldl_class("fourth", LDL_CLASS_STRICT), 0);
	lock_again(&b, &a);
	return unused;
}

static void an_entry_is_not_taken_for_a_lock_of_another_life(void)
{
	pthread_t thread;

	make_classes();
	for (int i = 0; i < 4; i++)
		lock_again(&a, &b);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, make_another_class, NULL), 0);
	pthread_join(thread, NULL);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	lock_again(&a, &b);
	CU_ASSERT_EQUAL(ldl_finding_count(), 1);
}

/* The key of the chain that the thread holds now. */
static uint64_t held_key(void)
{
	return ldl_held_key(ldl_self.thread->held, ldl_self.record->depth);
}

/* As instrument/preload/mutex.c does it. */
static bool release_below(const void *which)
{
	if (!ldl_engine_pop_below(ldl_self.thread, which))
		return false;
	ldl_fence_full();
	ldl_engine_moved_down(ldl_self.thread);
	return true;
}

/* All three are there; the one at `at` goes, hand over hand or not. */
static void three_without(const void *const locks[3], int at, bool is_below)
{
	for (int i = 0; i < 3; i++)
		lock(locks[i]);
	CU_ASSERT_EQUAL(release_below(locks[at]), is_below);
	if (!is_below)
		ldl_lock_release(locks[at]);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(ldl_is_held(locks[i]), i != at);
}

static void release_below_the_innermost_leaves_what_was_never_inside_it(void)
{
	const void *const locks[3] = {&a, &b, &c};
	uint64_t key;

	make_classes();
	lock(&a);
	lock(&c);
	key = held_key();
	ldl_lock_release(&c);
	ldl_lock_release(&a);

	three_without(locks, 1, true);
	CU_ASSERT_EQUAL(ldl_self.record->depth, 2);
	CU_ASSERT_EQUAL(held_key(), key);
	CU_ASSERT_TRUE(release_below(&a));
	CU_ASSERT_EQUAL(ldl_is_held(&c), 1);
	CU_ASSERT_EQUAL(ldl_self.record->depth, 1);
	/* What was moved down is no entry that the fast path may take for checked. */
	CU_ASSERT_EQUAL(ldl_self.thread->settled, 0);
	ldl_lock_release(&c);
	CU_ASSERT_EQUAL(ldl_self.record->depth, 0);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
}

static void no_other_release_is_taken_for_one_below_the_innermost(void)
{
	const void *const locks[3] = {&a, &b, &c};

	make_classes();
	CU_ASSERT_FALSE(release_below(&a));
	three_without(locks, 0, false);
	CU_ASSERT_FALSE(release_below(&c)); /* the innermost */
	CU_ASSERT_FALSE(release_below(&a)); /* not held */
	ldl_lock_release(&c);
	CU_ASSERT_FALSE(release_below(&b)); /* alone */
	ldl_lock_release(&b);
	CU_ASSERT_EQUAL(ldl_self.record->depth, 0);
}

static void a_relocked_one_below_the_innermost_stays(void)
{
	ldl_lock_init(&a, ldl_class("first", LDL_CLASS_STRICT), LDL_LOCK_RECURSIVE);
	ldl_lock_init(&b, ldl_class("second", LDL_CLASS_STRICT), 0);
	lock(&a);
	lock(&a);
	lock(&b);
	CU_ASSERT_FALSE(release_below(&a));
	ldl_lock_release(&a);
	CU_ASSERT_EQUAL(ldl_is_held(&a), 1);
	CU_ASSERT_TRUE(release_below(&a));
	CU_ASSERT_EQUAL(ldl_is_held(&a), 0);
	ldl_lock_release(&b);
	CU_ASSERT_EQUAL(ldl_self.record->depth, 0);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
}

LDL_SUITE(engine)
{
	LDL_TEST(a_forked_child_keeps_what_its_thread_held);
	LDL_TEST(a_childs_findings_are_its_own);
	LDL_TEST(a_grandchild_is_watched_too);
	LDL_TEST(a_program_without_system_calls_is_still_checked);
	LDL_TEST(nothing_is_learned_while_it_is_off);
	LDL_TEST(a_thread_that_ended_leaves_what_it_taught);
	LDL_TEST(release_below_the_innermost_leaves_what_was_never_inside_it);
	LDL_TEST(no_other_release_is_taken_for_one_below_the_innermost);
	LDL_TEST(a_relocked_one_below_the_innermost_stays);
	LDL_TEST(a_thread_that_ended_with_a_lock_held_does_no_harm);
	LDL_TEST(a_handler_inside_an_acquisition_does_no_harm);
	LDL_TEST(an_entry_is_not_taken_for_one_over_another_lock);
	LDL_TEST(an_entry_is_not_taken_for_a_lock_of_another_life);
}
