/* Wait/wound mutexes of the kernel-style header: two threads that take two of them in opposite
 * order get on, and what callers get wrong is reported (L14). */
#include <lockdep_lite/kernel.h>
#include "tests/support/scenario.h"
#include "tests/support/suite.h"

static DEFINE_WW_CLASS(wound_wait);
static DEFINE_WD_CLASS(wait_die);

static bool found(enum ldl_rule rule)
{
	const struct ldl_scenario_result *result = ldl_scenario_findings();

	return result->count == 1 && result->findings[0].rule == rule;
}

static bool found_nothing(void)
{
	return ldl_finding_count() == 0;
}

#define MUTEXES 4
#define ROUNDS  1500

static struct ww_mutex mutexes[MUTEXES];
static int values[MUTEXES];

/* Takes two, in the order given, backing off as long as it has to. */
static void lock_both(struct ww_acquire_ctx *ctx, struct ww_mutex *a, struct ww_mutex *b)
{
	struct ww_mutex *swap;
	int result = ww_mutex_lock(a, ctx);

	CU_ASSERT_EQUAL(result, 0);
	while ((result = ww_mutex_lock(b, ctx)) == -EDEADLK) {
		ww_mutex_unlock(a);
		ww_mutex_lock_slow(b, ctx);
		swap = a;
		a = b;
		b = swap;
	}
	CU_ASSERT_EQUAL(result, 0);
}

static void *move_values(void *argument)
{
	unsigned int next = (unsigned int)(uintptr_t)argument;
	struct ww_acquire_ctx ctx;
	unsigned int from, to;

	for (int i = 0; i < ROUNDS; i++) {
		next = next * 1103515245u + 12345u;
		from = next >> 16 & (MUTEXES - 1);
		to = (from + 1 + (next >> 20) % (MUTEXES - 1)) & (MUTEXES - 1);
		ww_acquire_init(&ctx, mutexes[0].ww_class);
		lock_both(&ctx, &mutexes[from], &mutexes[to]);
		ww_acquire_done(&ctx);
		values[from]--;
		if (i % 8 == 0)
			sched_yield();
		values[to]++;
		ww_mutex_unlock(&mutexes[from]);
		ww_mutex_unlock(&mutexes[to]);
		ww_acquire_fini(&ctx);
	}
	return NULL;
}

static void run_class(struct ww_class *ww_class)
{
	pthread_t threads[4];
	int sum = 0;

	lockdep_reset();
	for (int i = 0; i < MUTEXES; i++) {
		ww_mutex_init(&mutexes[i], ww_class);
		values[i] = 100;
	}
	for (uintptr_t i = 0; i < ARRAY_SIZE(threads); i++)
		CU_ASSERT_FALSE_FATAL(
			pthread_create(&threads[i], NULL, move_values, (void *)(i + 1)));
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < MUTEXES; i++)
		sum += values[i];
	CU_ASSERT_EQUAL(sum, 100 * MUTEXES);
	CU_ASSERT(found_nothing());
}

static void any_order_gets_on_in_a_wound_wait_class(void)
{
	run_class(&wound_wait);
}

static void any_order_gets_on_in_a_wait_die_class(void)
{
	run_class(&wait_die);
}

static struct ww_mutex one, two, three;
static struct ww_acquire_ctx ctx;

static void begin(void)
{
	lockdep_reset();
	ww_mutex_init(&one, &wait_die);
	ww_mutex_init(&two, &wait_die);
	ww_mutex_init(&three, &wait_die);
}

static void a_context_that_holds_a_lock_is_told_so(void)
{
	begin();
	ww_acquire_init(&ctx, &wait_die);
	CU_ASSERT_EQUAL(ww_mutex_lock(&one, &ctx), 0);
	CU_ASSERT_EQUAL(ww_mutex_lock(&one, &ctx), -EALREADY);
	CU_ASSERT_EQUAL(ww_mutex_trylock(&one, &ctx), 0);
	CU_ASSERT_EQUAL(ww_mutex_trylock(&two, &ctx), 1);
	CU_ASSERT_EQUAL(ctx.acquired, 2);
	ww_mutex_unlock(&two);
	ww_mutex_unlock(&one);
	ww_acquire_fini(&ctx);
	CU_ASSERT(found_nothing());
}

static void L5_two_without_a_context_are_reported(void)
{
	begin();
	CU_ASSERT_EQUAL(ww_mutex_lock(&one, NULL), 0);
	ww_mutex_unlock(&one);
	CU_ASSERT_EQUAL(ww_mutex_lock(&one, NULL), 0);
	CU_ASSERT_TRUE(ww_mutex_trylock(&two, NULL));
	ww_mutex_unlock(&two);
	CU_ASSERT(found_nothing());
	CU_ASSERT_EQUAL(ww_mutex_lock(&two, NULL), 0);
	ww_mutex_unlock(&two);
	ww_mutex_unlock(&one);
	CU_ASSERT(found(LDL_RULE_SAME_CLASS));
}

static void L14_a_lock_after_done_is_reported(void)
{
	begin();
	ww_acquire_init(&ctx, &wait_die);
	CU_ASSERT_EQUAL(ww_mutex_lock(&one, &ctx), 0);
	ww_acquire_done(&ctx);
	CU_ASSERT(found_nothing());
	CU_ASSERT_EQUAL(ww_mutex_lock(&two, &ctx), 0);
	CU_ASSERT(found(LDL_RULE_MISUSE));
}

static void L14_a_context_that_ends_with_a_mutex_held_is_reported(void)
{
	begin();
	ww_acquire_init(&ctx, &wait_die);
	CU_ASSERT_EQUAL(ww_mutex_lock(&one, &ctx), 0);
	ww_acquire_fini(&ctx);
	CU_ASSERT(found(LDL_RULE_MISUSE));
}

static void L14_a_slow_lock_without_need_is_reported(void)
{
	begin();
	ww_acquire_init(&ctx, &wait_die);
	ww_mutex_lock_slow(&one, &ctx);
	ww_mutex_unlock(&one);
	ww_acquire_fini(&ctx);
	CU_ASSERT(found(LDL_RULE_MISUSE));
}

/* A holder of `two` that is older than ctx, and not this thread to the checker. */
static struct ww_acquire_ctx older;

static void hold_two_for_older(void)
{
	begin();
	CU_ASSERT_TRUE(ldlk_gate_try(&two.base.gate));
	ww_acquire_init(&ctx, &wait_die);
	older = ctx;
	older.stamp--;
	two.ctx = &older;
	CU_ASSERT_EQUAL(ww_mutex_lock(&one, &ctx), 0);
	CU_ASSERT_EQUAL(ww_mutex_lock(&two, &ctx), -EDEADLK);
	two.ctx = NULL;
	ldlk_gate_unlock(&two.base.gate);
	CU_ASSERT(found_nothing());
}

static void backing_off_as_one_should_is_silent(void)
{
	hold_two_for_older();
	ww_mutex_unlock(&one);
	ww_mutex_lock_slow(&two, &ctx);
	CU_ASSERT_EQUAL(ww_mutex_lock(&one, &ctx), 0);
	ww_mutex_unlock(&one);
	ww_mutex_unlock(&two);
	ww_acquire_fini(&ctx);
	CU_ASSERT(found_nothing());
}

static void L14_going_on_without_release_is_reported(void)
{
	hold_two_for_older();
	ww_mutex_lock_slow(&two, &ctx);
	CU_ASSERT(found(LDL_RULE_MISUSE));
}

static void L14_going_on_with_another_mutex_is_reported(void)
{
	hold_two_for_older();
	ww_mutex_unlock(&one);
	CU_ASSERT_EQUAL(ww_mutex_lock(&three, &ctx), 0);
	CU_ASSERT(found(LDL_RULE_MISUSE));
}

static void L14_another_class_is_reported(void)
{
	begin();
	ww_acquire_init(&ctx, &wound_wait);
	CU_ASSERT_EQUAL(ww_mutex_lock(&one, &ctx), 0);
	CU_ASSERT(found(LDL_RULE_MISUSE));
}

LDL_SUITE(kernel_locks_ww)
{
	LDL_TEST(any_order_gets_on_in_a_wound_wait_class);
	LDL_TEST(any_order_gets_on_in_a_wait_die_class);
	LDL_TEST(a_context_that_holds_a_lock_is_told_so);
	LDL_TEST(L5_two_without_a_context_are_reported);
	LDL_TEST(L14_a_lock_after_done_is_reported);
	LDL_TEST(L14_a_context_that_ends_with_a_mutex_held_is_reported);
	LDL_TEST(L14_a_slow_lock_without_need_is_reported);
	LDL_TEST(backing_off_as_one_should_is_silent);
	LDL_TEST(L14_going_on_without_release_is_reported);
	LDL_TEST(L14_going_on_with_another_mutex_is_reported);
	LDL_TEST(L14_another_class_is_reported);
}
