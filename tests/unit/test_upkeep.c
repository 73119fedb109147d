/* What the engine remembers of a thread stays true through the turns of its life: locks dropped
 * inside scopes, hidden requests, a mode switched from outside, a full table. */
#include <errno.h>
#include <signal.h>
#include <lockdep_lite.h>
#include "core/arena.h"
#include "core/engine.h"
#include "tests/support/breach.h"
#include "tests/support/lockstep.h"
#include "tests/support/suite.h"

#define ERROR LDL_SEVERITY_ERROR

/* At the end of a function that is not inlined: its last call is at one place for all of its
 * callers. */
#define STAY __asm__ volatile("")

static char a, b, pool, element, other_pool, other_element, notifier;

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

static void switch_to(enum ldl_run_mode mode)
{
	uint32_t *control = &ldl_engine_arena()->header->control;

	*control = ((*control & ~(uint32_t)LDL_RUN_MASK) + LDL_RUN_EPOCH) | mode;
}

static void e2_a_lock_dropped_inside_a_scope_does_not_hide_where_it_was_opened(void)
{
	unsigned int saved;

	make_classes();
	lock(&a);
	saved = ldl_nofs_save();
	ldl_lock_release(&a);
	ldl_non_block_start();
	ldl_non_block_end();
	ldl_nofs_restore(saved);
	CU_ASSERT(breach_is_silent());
}

static void e2_a_scope_of_an_outer_section_outlives_the_same_one_inside(void)
{
	unsigned int saved;

	ldl_non_block_start();
	saved = ldl_nofs_save();
	ldl_non_block_start();
	ldl_non_block_end();
	ldl_nofs_restore(saved);
	ldl_non_block_end();
	CU_ASSERT(breach_is_silent());
}

static void e2_a_scope_left_open_in_a_counting_callback_is_reported(void)
{
	ldl_shrinker_register(&notifier, "shrinker");
	ldl_shrinker_count_begin(&notifier);
	(void)ldl_nofs_save();
	ldl_shrinker_count_end(&notifier);
	CU_ASSERT(breach_is_alone(LDL_RULE_E2, ERROR, "its context ends"));
}

/* All but the last set nothing new: that one is the first for I/O. */
static void a12_a_scope_inside_many_others_is_in_force_and_silent(void)
{
	unsigned int saved[40], count = sizeof(saved) / sizeof(saved[0]);

	for (unsigned int i = 0; i + 1 < count; i++)
		saved[i] = ldl_nofs_save();
	CU_ASSERT_EQUAL(ldl_alloc_mask(LDL_GFP_KERNEL), LDL_GFP_NOFS);
	saved[count - 1] = ldl_noio_save();
	CU_ASSERT_EQUAL(ldl_alloc_mask(LDL_GFP_KERNEL), LDL_GFP_NOIO);
	ldl_noio_restore(saved[count - 1]);
	for (unsigned int i = count - 1; i-- > 0;) {
		CU_ASSERT_EQUAL(ldl_alloc_mask(LDL_GFP_KERNEL), LDL_GFP_NOFS);
		ldl_nofs_restore(saved[i]);
	}
	CU_ASSERT_EQUAL(ldl_alloc_mask(LDL_GFP_KERNEL), LDL_GFP_KERNEL);
	CU_ASSERT_EQUAL(ldl_engine_arena()->header->counters[LDL_COUNT_SCOPES_DROPPED], count - 16);
	CU_ASSERT(breach_is_silent());
	ldl_nofs_restore(saved[count - 2]);
	CU_ASSERT(breach_is_alone(LDL_RULE_E2, ERROR, "not open here"));
}

static void a6_a_budget_lasts_as_long_as_the_outermost_context(void)
{
	ldl_non_block_start();
	ldl_non_block_budget(1000);
	ldl_context_enter(LDL_CTX_INIT);
	ldl_context_exit(LDL_CTX_INIT);
	ldl_event_init(&a, "event");
	ldl_might_wait_timed(&a, 1000);
	ldl_non_block_end();
	CU_ASSERT(breach_is_silent());
}

static void b7_requests_that_are_hidden_are_not_the_latest_one(void)
{
	make_classes();
	lock(&a);
	for (int i = 0; i < 3; i++) {
		ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_NORETRY);
		ldl_alloc_hide();
		ldl_might_alloc(LDL_GFP_KERNEL);
		ldl_alloc_show();
		ldl_alloc_failed();
	}
	ldl_lock_release(&a);
	CU_ASSERT(breach_is_alone(LDL_RULE_B7, LDL_SEVERITY_WARNING, NULL));
}

static void a_lock_released_while_it_is_off_is_not_held_afterwards(void)
{
	make_classes();
	lock(&a);
	lock(&b);
	switch_to(LDL_RUN_OFF);
	ldl_lock_release(&a);
	ldl_lock_release(&b);
	switch_to(LDL_RUN_FULL);
	CU_ASSERT_EQUAL(ldl_is_held(&a), 0);
	lock(&a);
	ldl_lock_release(&a);
	CU_ASSERT(breach_is_silent());
}

static void what_ends_while_it_is_off_is_over_afterwards(void)
{
	unsigned int saved;

	make_classes();
	saved = ldl_nofs_save();
	ldl_irq_enter(LDL_HARDIRQ, 0);
	ldl_shrinker_count_begin(&notifier);
	ldl_non_block_start();
	ldl_reclaim_enter(LDL_RECLAIM);
	switch_to(LDL_RUN_OFF);
	ldl_reclaim_exit(LDL_RECLAIM);
	ldl_non_block_end();
	ldl_shrinker_count_end(&notifier);
	ldl_irq_exit(LDL_HARDIRQ);
	ldl_nofs_restore(saved);
	switch_to(LDL_RUN_FULL);
	CU_ASSERT_EQUAL(ldl_alloc_mask(LDL_GFP_KERNEL), LDL_GFP_KERNEL);
	CU_ASSERT_EQUAL(ldl_in_irq(LDL_HARDIRQ), 0);
	ldl_might_alloc(LDL_GFP_KERNEL);
	lock(&a);
	ldl_lock_release(&a);
	CU_ASSERT(breach_is_silent());
}

static void allocate_without_blocking(bool has_scope)
{
	unsigned int saved = has_scope ? ldl_noreclaim_save() : 0;

	ldl_non_block_start();
	ldl_might_alloc(LDL_GFP_KERNEL);
	ldl_non_block_end();
	if (has_scope)
		ldl_noreclaim_restore(saved);
}

static void a2_scopes_count_without_a_graph_too(void)
{
	switch_to(LDL_RUN_NONBLOCK);
	allocate_without_blocking(true);
	CU_ASSERT(breach_is_silent());
	allocate_without_blocking(false);
	switch_to(LDL_RUN_FULL);
	CU_ASSERT(breach_is_alone(LDL_RULE_A2, ERROR, NULL));
}

__attribute__((noinline)) static void allocate_oddly(void)
{
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_NOFAIL | LDL_GFP_NORETRY);
	STAY;
}

static void b4_what_was_seen_without_a_graph_is_judged_when_there_is_one(void)
{
	switch_to(LDL_RUN_NONBLOCK);
	allocate_oddly();
	switch_to(LDL_RUN_FULL);
	allocate_oddly();
	CU_ASSERT(breach_is_alone(LDL_RULE_B4, ERROR, NULL));
}

__attribute__((noinline)) static void get(const void *from, const void *what)
{
	ldl_mempool_alloc(from, LDL_GFP_KERNEL);
	ldl_mempool_taken(from, what, LDL_MEMPOOL_BACKING);
	STAY;
}

static void free_elsewhere(void *unused)
{
	(void)unused;
	ldl_mempool_free(&pool, &element);
}

static volatile bool is_given_back; /* no parameter, for which there may be a clone */

/* At one place: the request's chain is the same each time. */
__attribute__((noinline)) static void take_and_allocate(void)
{
	ldl_mempool_taken(&pool, &element, LDL_MEMPOOL_BACKING);
	if (is_given_back)
		lockstep_call(1, free_elsewhere, NULL);
	ldl_might_alloc(LDL_GFP_KERNEL);
	if (!is_given_back)
		ldl_mempool_free(&pool, &element);
}

static void c3_what_another_thread_gave_back_is_not_held_over_a_request(void)
{
	make_classes();
	ldl_mempool_create(&pool, "pool", 1, 1);
	ldl_reclaim_enter(LDL_RECLAIM);
	ldl_mempool_alloc(&pool, LDL_GFP_NOIO);
	ldl_reclaim_exit(LDL_RECLAIM);
	is_given_back = true;
	take_and_allocate();
	lock(&a);
	ldl_lock_release(&a);
	CU_ASSERT(breach_is_silent());
	is_given_back = false;
	take_and_allocate();
	CU_ASSERT(breach_is_reported(LDL_RULE_A4));
	lockstep_stop();
}

static void c1_is_told_of_each_of_the_pools_of_one_class(void)
{
	ldl_mempool_create(&pool, "pool", 1, 1);
	ldl_mempool_create(&other_pool, "pool", 1, 1);
	for (int i = 0; i < 2; i++) {
		get(i ? &other_pool : &pool, &element);
		get(&other_pool, &other_element);
		ldl_mempool_free(&other_pool, &other_element);
		ldl_mempool_free(i ? &other_pool : &pool, &element);
	}
	CU_ASSERT(breach_is_alone(LDL_RULE_C1, ERROR, NULL));
}

static void a_waiter_that_never_claims_is_forgotten(void)
{
	make_classes();
	lock(&a);
	ldl_mempool_woken(&pool);
	for (int i = 0; i < 1000; i++) {
		lock(&b);
		ldl_lock_release(&b);
	}
	CU_ASSERT_EQUAL(ldl_self.thread->armed, 0);
	ldl_lock_release(&a);
	ldl_mempool_taken(&pool, &element, LDL_MEMPOOL_BACKING);
	ldl_mempool_free(&pool, &element);
	CU_ASSERT(breach_is_silent());
}

static void a_context_that_is_none_is_not_entered(void)
{
	ldl_class_t class = ldl_class("a", LDL_CLASS_STRICT);

	ldl_context_enter(64 + class);
	CU_ASSERT_EQUAL(ldl_self.thread->record->depth, 0);
	ldl_context_exit(64 + class);
	CU_ASSERT(breach_is_silent());
}

static uint32_t fill(enum ldl_table_id id)
{
	struct ldl_table *table = ldl_arena_table(ldl_engine_arena(), id);
	uint32_t used = table->used;

	table->used = table->capacity;
	return used;
}

static void a_callback_without_room_leaves_nothing_behind(void)
{
	ldl_might_alloc(LDL_GFP_KERNEL);
	(void)fill(LDL_TABLE_INSTANCES);
	ldl_shrinker_count_begin(&notifier);
	ldl_shrinker_count_end(&notifier);
	CU_ASSERT_EQUAL(ldl_self.thread->record->depth, 0);
	CU_ASSERT_EQUAL(ldl_self.thread->armed, 0);
	ldl_irq_enter(LDL_HARDIRQ, 0);
	ldl_irq_exit(LDL_HARDIRQ);
	CU_ASSERT_EQUAL(ldl_in_irq(LDL_HARDIRQ), 0);
	CU_ASSERT(breach_is_silent());
}

static void a7_notifiers_without_room_do_not_share_a_range(void)
{
	(void)fill(LDL_TABLE_CALLBACKS);
	ldl_notifier_register(&notifier, "one", 0x1000, 0x2000);
	ldl_notifier_register(&other_pool, "two", 0x5000, 0x6000);
	ldl_notifier_begin(&notifier, 0x1000, 0x2000, 0);
	ldl_notifier_end(&notifier, -EAGAIN);
	CU_ASSERT(breach_is_silent());
}

static void a2_is_told_of_each_place_when_the_inventory_is_full(void)
{
	(void)fill(LDL_TABLE_ALLOCS);
	ldl_non_block_start();
	ldl_might_alloc(LDL_GFP_KERNEL);
	ldl_might_alloc(LDL_GFP_KERNEL);
	ldl_non_block_end();
	CU_ASSERT_EQUAL(ldl_finding_count(), 2);
}

/* A domain that was met while somebody else had the graph. */
static void a4_a_domain_met_while_the_writer_was_busy_is_known_later(void)
{
	make_classes();
	ldl_context_enter(LDL_CTX_IO_HANDLER); /* all classes are there */
	ldl_context_exit(LDL_CTX_IO_HANDLER);
	CU_ASSERT_NOT_EQUAL(ldl_engine_arena()->header->domains[2], 0);
	ldl_engine_arena()->header->domains[2] = 0; /* as if that had been when it was made */
	ldl_reclaim_enter(LDL_RECLAIM_FS);
	lock(&a);
	ldl_lock_release(&a);
	ldl_reclaim_exit(LDL_RECLAIM_FS);
	lock(&a);
	ldl_might_alloc(LDL_GFP_KERNEL);
	ldl_lock_release(&a);
	CU_ASSERT(breach_is_reported(LDL_RULE_A4));
}

static void a1_a_context_that_was_not_listed_at_first_is_waited_for_later(void)
{
	make_classes();
	ldl_non_block_start();
	lock(&a);
	ldl_lock_release(&a);
	ldl_non_block_end();
	ldl_engine_arena()->header->nonblock_count = 0; /* as if the writer had been busy */
	lock(&a);
	ldl_might_alloc(LDL_GFP_KERNEL);
	ldl_lock_release(&a);
	CU_ASSERT(breach_is_silent());
	ldl_non_block_start();
	ldl_non_block_end();
	CU_ASSERT(breach_is_reported(LDL_RULE_A1));
}

static void a_link_that_makes_no_sense_ends_the_free_list(void)
{
	const struct ldl_arena *arena = ldl_engine_arena();
	ldl_class_t class = ldl_class("a", LDL_CLASS_STRICT);

	for (int i = 0; i < 2; i++) {
		ldl_lock_init(&a, class, 0);
		ldl_lock_init(&b, class, 0);
		ldl_lock_destroy(&b);
		ldl_instance_info_at(arena, ldl_arena_table(arena, LDL_TABLE_INSTANCES)->free_head)
			->next_free = i ? 0x7fffffff : 1;
		ldl_lock_init(&b, class, 0);
		ldl_lock_init(&pool, class, 0);
		CU_ASSERT_EQUAL(ldl_lock_class(&a), class);
		CU_ASSERT_EQUAL(ldl_lock_class(&pool), class);
		lock(&pool);
		ldl_lock_release(&pool);
		ldl_lock_destroy(&pool);
		ldl_lock_destroy(&b);
	}
	CU_ASSERT(breach_is_silent());
}

static void enter_in_handler(int number)
{
	(void)number;
	ldl_irq_enter(LDL_HARDIRQ, 0);
	ldl_irq_exit(LDL_HARDIRQ);
}

/* The handler comes in between the announcement and the hold. */
static void l10_a_section_of_a_handler_that_interrupts_a_wait_is_no_unseen_lock(void)
{
	struct sigaction action = {.sa_handler = enter_in_handler}, before;

	make_classes();
	sigaction(SIGUSR1, &action, &before);
	ldl_lock_acquire(&a, LDL_EXCLUSIVE);
	raise(SIGUSR1);
	ldl_lock_acquired(&a, LDL_EXCLUSIVE);
	ldl_lock_release(&a);
	sigaction(SIGUSR1, &before, NULL);
	ldl_assert_held(&a);
	CU_ASSERT(breach_is_reported(LDL_RULE_NOT_HELD));
}

static void under(const void *outer, const void *inner)
{
	lock(outer);
	lock(inner);
	ldl_lock_release(inner);
	ldl_lock_release(outer);
}

/* per_cpu -> a closes a short cycle by way of the handler, which is none, and a longer one. */
static void l1_a_cycle_of_locks_through_a_per_cpu_class_is_found_beside_a_handlers(void)
{
	static char per_cpu, c;

	ldl_lock_init(&a, ldl_class("a", LDL_CLASS_STRICT | LDL_CLASS_IRQ), 0);
	ldl_lock_init(&b, ldl_class("b", LDL_CLASS_STRICT), 0);
	ldl_lock_init(&c, ldl_class("c", LDL_CLASS_STRICT), 0);
	ldl_lock_init(&per_cpu, ldl_class("p", LDL_CLASS_STRICT | LDL_CLASS_PERCPU), 0);
	ldl_irq_enter(LDL_HARDIRQ, 0);
	lock(&per_cpu);
	ldl_lock_release(&per_cpu);
	ldl_irq_exit(LDL_HARDIRQ);
	ldl_irq_disable(LDL_HARDIRQ);
	under(&a, &b);
	under(&b, &c);
	under(&c, &per_cpu);
	ldl_irq_enable(LDL_HARDIRQ);
	lock(&a);
	ldl_lock_release(&a);
	CU_ASSERT(breach_is_silent());
	under(&per_cpu, &a);
	CU_ASSERT(breach_is_cycle(LDL_RULE_ORDER, "a -> b -> c -> p -> a"));
}

LDL_SUITE(upkeep)
{
	LDL_TEST(e2_a_lock_dropped_inside_a_scope_does_not_hide_where_it_was_opened);
	LDL_TEST(e2_a_scope_of_an_outer_section_outlives_the_same_one_inside);
	LDL_TEST(e2_a_scope_left_open_in_a_counting_callback_is_reported);
	LDL_TEST(a12_a_scope_inside_many_others_is_in_force_and_silent);
	LDL_TEST(a6_a_budget_lasts_as_long_as_the_outermost_context);
	LDL_TEST(b7_requests_that_are_hidden_are_not_the_latest_one);
	LDL_TEST(a_lock_released_while_it_is_off_is_not_held_afterwards);
	LDL_TEST(what_ends_while_it_is_off_is_over_afterwards);
	LDL_TEST(a2_scopes_count_without_a_graph_too);
	LDL_TEST(b4_what_was_seen_without_a_graph_is_judged_when_there_is_one);
	LDL_TEST(c3_what_another_thread_gave_back_is_not_held_over_a_request);
	LDL_TEST(c1_is_told_of_each_of_the_pools_of_one_class);
	LDL_TEST(a_waiter_that_never_claims_is_forgotten);
	LDL_TEST(a_context_that_is_none_is_not_entered);
	LDL_TEST(a_callback_without_room_leaves_nothing_behind);
	LDL_TEST(a7_notifiers_without_room_do_not_share_a_range);
	LDL_TEST(a2_is_told_of_each_place_when_the_inventory_is_full);
	LDL_TEST(a4_a_domain_met_while_the_writer_was_busy_is_known_later);
	LDL_TEST(a1_a_context_that_was_not_listed_at_first_is_waited_for_later);
	LDL_TEST(a_link_that_makes_no_sense_ends_the_free_list);
	LDL_TEST(l10_a_section_of_a_handler_that_interrupts_a_wait_is_no_unseen_lock);
	LDL_TEST(l1_a_cycle_of_locks_through_a_per_cpu_class_is_found_beside_a_handlers);
}
