/* core/engine when its guarded code does not come to its end: a handler jumps out of it, or its
 * thread dies. The lock type's own function stands for the handler, since it is called there. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <time.h>
#include <lockdep_lite.h>
#include "core/engine.h"
#include "core/spin.h"
#include "tests/support/suite.h"

static char a, b, c, other;
static sigjmp_buf back;
static int nested_held;

static uint64_t counter(enum ldl_counter which)
{
	return ldl_engine_arena()->header->counters[which];
}

static void lock_both(const void *outer, const void *inner)
{
	ldl_lock_acquire(outer, LDL_EXCLUSIVE);
	ldl_lock_acquired(outer, LDL_EXCLUSIVE);
	ldl_lock_acquire(inner, LDL_EXCLUSIVE);
	ldl_lock_acquired(inner, LDL_EXCLUSIVE);
	ldl_lock_release(inner);
	ldl_lock_release(outer);
}

static void make_classes(void)
{
	ldl_lock_init(&a, ldl_class("first", LDL_CLASS_STRICT), 0);
	ldl_lock_init(&b, ldl_class("second", LDL_CLASS_STRICT), 0);
	ldl_lock_init(&c, ldl_class("third", LDL_CLASS_STRICT), 0);
}

static uint32_t jump_out(const void *lock)
{
	siglongjmp(back, 1);
}

static const struct ldl_lock_type jumping = {.kind = LDL_KIND_CUSTOM, .flags = jump_out};

/* Deeper in the stack than what comes later, by so many bytes. */
static LDL_NOINLINE void jump_from(const void *lock, size_t depth)
{
	volatile char *space = __builtin_alloca(depth + 1);

	space[depth] = 0;
	(void)ldl_engine_acquire_slow(lock, &jumping, LDL_MODE_EXCLUSIVE, LDL_CALLER);
	space[0] = 0;
}

static void jump_and_go_on(size_t depth)
{
	uint64_t before = counter(LDL_COUNT_CUT_OFF);

	make_classes();
	ldl_lock_acquire(&c, LDL_EXCLUSIVE);
	ldl_lock_acquired(&c, LDL_EXCLUSIVE);
	if (sigsetjmp(back, 1) == 0)
		jump_from(&other, depth);
	/* At once, where nothing is left of the frame; else after the bound. */
	for (unsigned int i = 0; counter(LDL_COUNT_CUT_OFF) == before && i <= LDL_STUCK_MAX; i++)
		lock_both(&a, &b);
	CU_ASSERT_EQUAL(counter(LDL_COUNT_CUT_OFF), before + 1);
	ldl_lock_release(&c); /* forgotten: no misuse */
	lock_both(&a, &b);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	lock_both(&b, &a);
	CU_ASSERT_EQUAL(ldl_finding_count(), 1);
}

static void a_handler_that_jumps_out_leaves_its_thread_watched(void)
{
	jump_and_go_on(0);
}

static void a_handler_that_jumps_far_leaves_its_thread_watched(void)
{
	jump_and_go_on(100000);
}

static void lock_in_handler(int number)
{
	lock_both(&b, &a);
	nested_held = ldl_is_held(&b);
}

static uint32_t raise_inside(const void *lock)
{
	raise(SIGUSR1);
	return 0;
}

/* The silent twin: a handler on a stack of its own does not open the guard. */
static void a_handler_on_another_stack_is_passed_through(void)
{
	static const struct ldl_lock_type raising = {
		.kind = LDL_KIND_CUSTOM, .flags = raise_inside};
	static char below[65536] __attribute__((aligned(16)));
	stack_t stack = {.ss_sp = below, .ss_size = sizeof(below)}, before;
	struct sigaction action = {.sa_handler = lock_in_handler, .sa_flags = SA_ONSTACK}, was;
	struct ldl_thread *thread;

	make_classes();
	lock_both(&a, &b);
	sigaltstack(&stack, &before);
	sigaction(SIGUSR1, &action, &was);
	thread = ldl_engine_acquire_slow(&other, &raising, LDL_MODE_EXCLUSIVE, LDL_CALLER);
	sigaction(SIGUSR1, &was, NULL);
	sigaltstack(&before, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(thread);
	ldl_engine_acquired();
	CU_ASSERT_EQUAL(nested_held, -1);
	CU_ASSERT_EQUAL(ldl_is_held(&other), 1);
	ldl_engine_release(&other, LDL_CALLER);
	CU_ASSERT_EQUAL(counter(LDL_COUNT_CUT_OFF), 0);
	CU_ASSERT_TRUE(counter(LDL_COUNT_IN_GUARD) > 0);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
}

static void *die_as_writer(void *unused)
{
	return ldl_spin_try(&ldl_engine_arena()->header->writer) ? &a : NULL;
}

static void nothing_is_built_on_what_a_dead_writer_left(void)
{
	pthread_t thread;
	void *locked;
	uint64_t start;

	make_classes();
	lock_both(&a, &b);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, die_as_writer, NULL), 0);
	pthread_join(thread, &locked);
	CU_ASSERT_PTR_NOT_NULL(locked);
	lock_both(&b, &c); /* finds it out, within a second or so */
	CU_ASSERT_EQUAL(counter(LDL_COUNT_WRITER_LOST), 1);
	start = ldl_sys_clock_ns(CLOCK_MONOTONIC);
	lock_both(&b, &a);
	CU_ASSERT_TRUE(ldl_sys_clock_ns(CLOCK_MONOTONIC) - start < 500000000);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	CU_ASSERT_EQUAL(counter(LDL_COUNT_WRITER_LOST), 1);
}

LDL_SUITE(cutoff)
{
	LDL_TEST(a_handler_that_jumps_out_leaves_its_thread_watched);
	LDL_TEST(a_handler_that_jumps_far_leaves_its_thread_watched);
	LDL_TEST(a_handler_on_another_stack_is_passed_through);
	LDL_TEST(nothing_is_built_on_what_a_dead_writer_left);
}
