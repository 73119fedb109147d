/* core/governor: rates, of all and of each; the budget, its savings, and the levels both ways. And
 * what the engine does when it is turned away: nothing is lost for good. */
#include <lockdep_lite.h>
#include <string.h>
#include <time.h>
#include "core/class.h"
#include "core/edge.h"
#include "core/engine_state.h"
#include "core/governor.h"
#include "core/instance.h"
#include "core/site.h"
#include "core/sys.h"
#include "tests/support/lockstep.h"
#include "tests/support/nesting.h"
#include "tests/support/suite.h"

#define HERE ((const void *)0x1000)

static char locks[8];

static const struct ldl_governor_record *record(void)
{
	return &ldl_engine.arena.header->governor;
}

static void begin(uint32_t budget_ppm, bool has_rates)
{
	ldl_engine.options.prod = has_rates;
	ldl_governor_start(ldl_engine.arena.header, budget_ppm, has_rates);
}

static void end(void)
{
	ldl_engine.options.prod = false;
	ldl_governor_start(ldl_engine.arena.header, 0, false);
	lockstep_stop();
}

/* Tokens that are to be had now, `most` at most. */
static uint32_t drain(enum ldl_effort effort, uint64_t key, uint32_t most)
{
	uint32_t count = 0;

	while (count < most && ldl_governor_admits(effort, key))
		count++;
	return count;
}

/* Whether there comes an end: a tick of the clock may bring some in between. */
static bool is_drained(enum ldl_effort effort, uint64_t key)
{
	for (unsigned int tries = 0; tries < 1000; tries++) {
		(void)drain(effort, key, UINT32_MAX);
		if (!ldl_governor_may_admit(effort, key))
			return true;
	}
	return false;
}

/* The same from many that share the bound of all. */
static uint32_t drain_all(enum ldl_effort effort, uint32_t burst)
{
	uint32_t count = 0;

	for (uint64_t key = 1; key < 2 * burst; key++)
		count += ldl_governor_admits(effort, key);
	return count;
}

static void make_locks(void)
{
	ldl_lock_init(&locks[0], ldl_class("first", LDL_CLASS_STRICT), 0);
	ldl_lock_init(&locks[1], ldl_class("second", LDL_CLASS_STRICT), 0);
}

static void one_class_takes_its_share_and_leaves_the_others_theirs(void)
{
	begin(0, true);
	/* What a second brings while this runs is little against the burst. */
	CU_ASSERT_TRUE(drain(LDL_EFFORT_CHAIN, 7, LDL_BURST_CHAINS) >= LDL_BURST_CHAINS / 4);
	CU_ASSERT_TRUE(is_drained(LDL_EFFORT_CHAIN, 7));
	CU_ASSERT_TRUE(drain(LDL_EFFORT_CHAIN, 8, 1000) == 1000);
	CU_ASSERT_TRUE(drain(LDL_EFFORT_LOCK, 7, 1000) == 1000); /* another kind of work */
	end();
}

static void all_of_them_together_have_a_bound_too(void)
{
	uint32_t count;

	begin(0, true);
	count = drain_all(LDL_EFFORT_CHAIN, LDL_BURST_CHAINS);
	CU_ASSERT_TRUE(count >= LDL_BURST_CHAINS);
	CU_ASSERT_TRUE(count < 2 * LDL_BURST_CHAINS - 1);
	CU_ASSERT_TRUE(is_drained(LDL_EFFORT_CHAIN, 99999));
	CU_ASSERT_TRUE(ldl_governor_may_admit(LDL_EFFORT_LOCK, 99999));
	end();
}

static void time_brings_new_ones(void)
{
	uint64_t until;

	begin(0, true);
	(void)drain(LDL_EFFORT_CHAIN, 7, LDL_BURST_CHAINS);
	until = ldl_sys_clock_ns(CLOCK_MONOTONIC) + 20000000000ull;
	while (!ldl_governor_admits(LDL_EFFORT_CHAIN, 7) &&
		ldl_sys_clock_ns(CLOCK_MONOTONIC) < until)
		;
	CU_ASSERT_TRUE(ldl_sys_clock_ns(CLOCK_MONOTONIC) < until);
	end();
}

static void in_mode_check_there_is_no_bound(void)
{
	begin(0, false);
	CU_ASSERT_EQUAL(drain(LDL_EFFORT_CHAIN, 7, 3 * LDL_BURST_CHAINS), 3 * LDL_BURST_CHAINS);
	CU_ASSERT_EQUAL(record()->level, LDL_SHED_NOTHING);
	end();
}

/* Closes a window of this length in which so much was spent. */
static uint64_t now;

static void pass(uint64_t elapsed_ns, uint64_t spent_ns)
{
	ldl_governor_spend(spent_ns);
	now += elapsed_ns;
	ldl_governor_tick(now);
}

static void begin_budget(uint32_t budget_ppm)
{
	begin(budget_ppm, false);
	/* Ahead of the clock, so that no other call closes a window. */
	now = ldl_sys_clock_ns(CLOCK_MONOTONIC) + 3600000000000ull;
	ldl_governor_tick(now);
}

static void what_is_over_budget_gives_up_one_thing_after_another(void)
{
	begin_budget(10000);
	CU_ASSERT_FALSE(ldl_governor_sheds(LDL_SHED_EVIDENCE));
	/* A process begins with ten seconds' worth: 100 ms. */
	pass(LDL_WINDOW_NS, 90000000);
	CU_ASSERT_EQUAL(record()->level, LDL_SHED_NOTHING);
	CU_ASSERT_EQUAL(record()->share_ppm, 360000);
	pass(LDL_WINDOW_NS, 20000000);
	CU_ASSERT_EQUAL(record()->level, LDL_SHED_EVIDENCE);
	CU_ASSERT_TRUE(ldl_governor_sheds(LDL_SHED_EVIDENCE));
	CU_ASSERT_FALSE(ldl_governor_sheds(LDL_SHED_STACKS));
	pass(LDL_WINDOW_NS, 3000000);
	CU_ASSERT_EQUAL(record()->level, LDL_SHED_STACKS);
	CU_ASSERT_TRUE(ldl_governor_may_admit(LDL_EFFORT_CHAIN, 1));
	pass(LDL_WINDOW_NS, 3000000);
	CU_ASSERT_EQUAL(record()->level, LDL_SHED_EDGES);
	CU_ASSERT_FALSE(ldl_governor_may_admit(LDL_EFFORT_CHAIN, 1));
	CU_ASSERT_FALSE(ldl_governor_admits(LDL_EFFORT_THREAD, 0));
	pass(LDL_WINDOW_NS, 3000000);
	CU_ASSERT_EQUAL(record()->level, LDL_SHED_EDGES);
	CU_ASSERT_EQUAL(record()->level_ns[LDL_SHED_EVIDENCE], LDL_WINDOW_NS);
	CU_ASSERT_EQUAL(record()->level_ns[LDL_SHED_EDGES], LDL_WINDOW_NS);
	CU_ASSERT_EQUAL(record()->own_ns, 119000000);
	CU_ASSERT_EQUAL(record()->share_max_ppm, 360000);
	end();
}

static void shed_everything(void)
{
	begin_budget(10000);
	for (int i = 0; i < 4; i++)
		pass(LDL_WINDOW_NS, 200000000);
	CU_ASSERT_EQUAL(record()->level, LDL_SHED_EDGES);
}

/* Everything new is turned away, whatever the clock says. */
static void shed_in_production(void)
{
	shed_everything();
	ldl_engine.options.prod = true;
}

static void calm_brings_it_back_one_by_one(void)
{
	unsigned int windows = LDL_CALM_NS / LDL_WINDOW_NS;

	shed_everything();
	for (unsigned int i = 1; i < windows; i++)
		pass(LDL_WINDOW_NS, 1000000);
	CU_ASSERT_EQUAL(record()->level, LDL_SHED_EDGES);
	pass(LDL_WINDOW_NS, 1000000);
	CU_ASSERT_EQUAL(record()->level, LDL_SHED_STACKS);
	/* Within the budget, but not well within it: as it is. */
	for (unsigned int i = 0; i < 3 * windows; i++)
		pass(LDL_WINDOW_NS, 2000000);
	CU_ASSERT_EQUAL(record()->level, LDL_SHED_STACKS);
	end();
}

static void a_program_that_was_warm_meanwhile_gets_all_back_at_once(void)
{
	shed_everything();
	pass(3 * LDL_CALM_NS, 0);
	CU_ASSERT_EQUAL(record()->level, LDL_SHED_NOTHING);
	end();
}

/* Not one window long, and far over all that was saved. */
static void a_storm_does_not_wait_for_the_end_of_the_window(void)
{
	begin_budget(10000);
	pass(LDL_WINDOW_LEAST_NS, 50000000);
	CU_ASSERT_EQUAL(record()->share_max_ppm, 0); /* the window goes on */
	pass(LDL_WINDOW_LEAST_NS, 100000000);
	CU_ASSERT_EQUAL(record()->level, LDL_SHED_EVIDENCE);
	end();
}

static void a_steady_share_within_the_budget_gives_up_nothing(void)
{
	begin_budget(10000);
	for (int i = 0; i < 1000; i++)
		pass(LDL_WINDOW_NS, 2400000);
	CU_ASSERT_EQUAL(record()->level, LDL_SHED_NOTHING);
	CU_ASSERT_EQUAL(record()->share_max_ppm, 9600);
	end();
}

/* Through the engine. */
static void a_chain_above_the_rate_is_learned_later(void)
{
	make_locks();
	shed_in_production();
	for (unsigned int i = 0; i < 3; i++)
		nesting_in_order(&locks[0], &locks[1]);
	ldl_engine_count_refused(ldl_thread_known());
	CU_ASSERT_TRUE(nesting_counted(LDL_COUNT_CHAINS_REFUSED) > 0);
	CU_ASSERT_EQUAL(ldl_thread_depth(ldl_thread_known()), 0);
	begin(0, true);
	nesting_in_order(&locks[0], &locks[1]);
	nesting_in_order(&locks[1], &locks[0]);
	CU_ASSERT_EQUAL(ldl_finding_count(), 1);
	end();
}

static void a_lock_above_the_rate_is_met_later(void)
{
	shed_in_production();
	make_locks();
	for (unsigned int i = 0; i < 10; i++)
		nesting_in_order(&locks[0], &locks[1]);
	CU_ASSERT_EQUAL(ldl_thread_known()->unseen, 0);
	CU_ASSERT_EQUAL(ldl_instance_find(&ldl_engine.arena, (uint64_t)(uintptr_t)&locks[0]), 0);
	ldl_engine_count_refused(ldl_thread_known());
	CU_ASSERT_TRUE(nesting_counted(LDL_COUNT_LOCKS_REFUSED) >= 10);
	/* Nor is what was taken unseen held against who releases it. */
	nesting_lock(&locks[0]);
	begin(0, true);
	nesting_in_order(&locks[1], &locks[0]);
	ldl_lock_release(&locks[0]);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	CU_ASSERT_EQUAL(ldl_thread_known()->unseen, 0);
	CU_ASSERT_NOT_EQUAL(
		ldl_instance_find(&ldl_engine.arena, (uint64_t)(uintptr_t)&locks[1]), 0);
	end();
}

static void lock_both(void *unused)
{
	nesting_in_order(&locks[1], &locks[0]);
	ldl_lock_destroy(&locks[1]);
}

static void a_thread_above_the_rate_is_watched_later(void)
{
	make_locks();
	nesting_in_order(&locks[0], &locks[1]);
	shed_in_production();
	lockstep_call(1, lock_both, NULL);
	ldl_engine_count_events();
	CU_ASSERT_TRUE(nesting_counted(LDL_COUNT_EVENTS_REFUSED) >= 3);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	/* That a lock is gone is known, whoever ended it. */
	CU_ASSERT_EQUAL(ldl_instance_find(&ldl_engine.arena, (uint64_t)(uintptr_t)&locks[1]), 0);
	begin(0, true);
	make_locks();
	lockstep_call(1, lock_both, NULL);
	CU_ASSERT_TRUE(ldl_finding_count() > 0);
	end();
}

/* The twin of all these: with everything saved up nothing is turned away. */
static void within_the_rates_nothing_is_turned_away(void)
{
	begin(10000, true);
	make_locks();
	for (unsigned int i = 0; i < 100; i++)
		nesting_in_order(&locks[0], &locks[1]);
	lockstep_call(1, lock_both, NULL);
	ldl_engine_count_refused(ldl_thread_known());
	ldl_engine_count_events();
	CU_ASSERT_EQUAL(ldl_finding_count(), 1);
	CU_ASSERT_EQUAL(nesting_counted(LDL_COUNT_CHAINS_REFUSED), 0);
	CU_ASSERT_EQUAL(nesting_counted(LDL_COUNT_LOCKS_REFUSED), 0);
	CU_ASSERT_EQUAL(nesting_counted(LDL_COUNT_THREADS_REFUSED), 0);
	CU_ASSERT_EQUAL(nesting_counted(LDL_COUNT_EVENTS_REFUSED), 0);
	end();
}

/* A thread that waits for itself has no next time. */
static void a_self_deadlock_is_found_in_the_worst_storm(void)
{
	make_locks();
	nesting_lock(&locks[0]);
	shed_everything();
	nesting_lock(&locks[0]);
	CU_ASSERT_EQUAL(ldl_finding_count(), 1);
	ldl_lock_release(&locks[0]);
	end();
}

static uint32_t depth_of(ldl_site_id id)
{
	return ldl_site_at(&ldl_engine.arena, id)->frame_count;
}

/* Frames of ours below, so that there is more to be kept than the short depth. */
static __attribute__((noinline)) ldl_site_id site_from(unsigned int frames, ldl_class_id class)
{
	struct ldl_acquisition acquisition = {.ip = (uint64_t)(uintptr_t)HERE, .class = class};
	ldl_site_id site;

	if (frames)
		site = site_from(frames - 1, class);
	else
		ldl_engine_take_site(&acquisition);
	__asm__ volatile("" ::: "memory");
	return frames ? site : acquisition.site;
}

static void stacks_are_short_but_where_an_edge_is_watched(void)
{
	uint32_t kept = ldl_engine.options.stack_depth;
	ldl_class_id class = ldl_class("first", 0);

	ldl_engine_libc_is_up();
	CU_ASSERT_TRUE(depth_of(site_from(20, class)) > LDL_STACK_SHORT);
	begin(10000, true);
	ldl_engine.options.stack_depth = LDL_STACK_SHORT;
	CU_ASSERT_EQUAL(ldl_engine_stack_depth(class), LDL_STACK_SHORT);
	CU_ASSERT_TRUE(depth_of(site_from(20, class)) <= LDL_STACK_SHORT);
	ldl_class_at(&ldl_engine.arena, class)->flags |= LDL_CLASS_WATCHED;
	CU_ASSERT_EQUAL(ldl_engine_stack_depth(class), LDL_STACK_DEFAULT);
	CU_ASSERT_TRUE(depth_of(site_from(20, class)) > LDL_STACK_SHORT);
	/* While stacks are given up the call alone is kept. */
	shed_in_production();
	CU_ASSERT_EQUAL(depth_of(site_from(20, class)), 1);
	ldl_engine.options.stack_depth = kept;
	end();
}

static uint32_t witnesses(void)
{
	return ldl_arena_table(&ldl_engine.arena, LDL_TABLE_WITNESSES)->used;
}

static void nest_here(void *unused)
{
	nesting_in_order(&locks[0], &locks[1]);
}

/* Another thread's evidence of a known edge is the first thing to go. */
static void check_evidence(bool is_shed)
{
	uint32_t before;

	make_locks();
	nesting_in_order(&locks[0], &locks[1]);
	begin_budget(10000);
	if (is_shed)
		pass(LDL_WINDOW_NS, 200000000);
	CU_ASSERT_EQUAL(record()->level, is_shed ? LDL_SHED_EVIDENCE : LDL_SHED_NOTHING);
	before = witnesses();
	lockstep_call(1, nest_here, NULL);
	CU_ASSERT_EQUAL(witnesses() > before, !is_shed);
	end();
}

static void evidence_is_the_first_to_go(void)
{
	check_evidence(true);
	ldl_reset();
	check_evidence(false);
}

static void our_own_time_is_sampled(void)
{
	uint64_t spent;

	begin(10000, false);
	make_locks();
	for (unsigned int i = 0; i < 3000; i++)
		ldl_lock_init(&locks[2], ldl_class("third", 0), 0);
	ldl_governor_tick(ldl_sys_clock_ns(CLOCK_MONOTONIC) + LDL_WINDOW_NS);
	spent = record()->own_ns;
	/* 6,000 slow paths, of which none is quicker than a few nanoseconds. */
	CU_ASSERT_TRUE(spent > 6000 * 2);
	CU_ASSERT_EQUAL(ldl_thread_known()->sampled_ns, 0);
	end();
}

LDL_SUITE(governor)
{
	LDL_TEST(one_class_takes_its_share_and_leaves_the_others_theirs);
	LDL_TEST(all_of_them_together_have_a_bound_too);
	LDL_TEST(time_brings_new_ones);
	LDL_TEST(in_mode_check_there_is_no_bound);
	LDL_TEST(what_is_over_budget_gives_up_one_thing_after_another);
	LDL_TEST(calm_brings_it_back_one_by_one);
	LDL_TEST(a_program_that_was_warm_meanwhile_gets_all_back_at_once);
	LDL_TEST(a_storm_does_not_wait_for_the_end_of_the_window);
	LDL_TEST(a_steady_share_within_the_budget_gives_up_nothing);
	LDL_TEST(a_chain_above_the_rate_is_learned_later);
	LDL_TEST(a_lock_above_the_rate_is_met_later);
	LDL_TEST(a_thread_above_the_rate_is_watched_later);
	LDL_TEST(within_the_rates_nothing_is_turned_away);
	LDL_TEST(a_self_deadlock_is_found_in_the_worst_storm);
	LDL_TEST(stacks_are_short_but_where_an_edge_is_watched);
	LDL_TEST(evidence_is_the_first_to_go);
	LDL_TEST(our_own_time_is_sampled);
}
