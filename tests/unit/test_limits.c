/* At and past the capacities: nothing crashes, what is not seen is counted, the rest works. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <lockdep_lite.h>
#include "core/arena.h"
#include "core/engine.h"
#include "tests/support/lockstep.h"
#include "tests/support/scenario.h"
#include "tests/support/suite.h"

#define LOCKS_MAX 120000

static char locks[LOCKS_MAX][16];

static uint64_t counter(enum ldl_counter which)
{
	return ldl_engine_arena()->header->counters[which];
}

static uint64_t dropped(enum ldl_table_id table)
{
	return ldl_arena_table(ldl_engine_arena(), table)->dropped;
}

static void lock(unsigned int which)
{
	ldl_lock_acquire(locks[which], LDL_EXCLUSIVE);
	ldl_lock_acquired(locks[which], LDL_EXCLUSIVE);
}

static void lock_all(unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		lock(i);
}

static void release_all(unsigned int count)
{
	while (count)
		ldl_lock_release(locks[--count]);
}

static void init_of_own_class(unsigned int which)
{
	char name[24];

	snprintf(name, sizeof(name), "lock-%u", which);
	ldl_lock_init(locks[which], ldl_class(name, LDL_CLASS_STRICT), 0);
}

/* Locks 1 … count - 1 are of one class that may nest inside lock 0. */
static void init_nested(unsigned int count)
{
	ldl_class_t inner = ldl_class("inner", LDL_CLASS_STRICT);
	unsigned int i;

	ldl_lock_init(locks[0], ldl_class("outer", LDL_CLASS_STRICT), 0);
	for (i = 1; i < count; i++)
		ldl_lock_init(locks[i], inner, 0);
	ldl_nest(locks[1], locks[0]);
}

static void check_held_at_once(unsigned int count)
{
	unsigned int i;

	ldl_reset();
	for (i = 0; i < count; i++)
		init_of_own_class(i);
	lock_all(count);
	CU_ASSERT_EQUAL(ldl_is_held(locks[count - 1]), 1);
	release_all(count);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	lock(count - 1);
	lock(0);
	CU_ASSERT_EQUAL(ldl_finding_count(), 1);
	CU_ASSERT_STRING_EQUAL(ldl_scenario_findings()->findings[0].types, "EN EN");
	ldl_lock_release(locks[0]);
	ldl_lock_release(locks[count - 1]);
	CU_ASSERT_EQUAL(counter(LDL_COUNT_HELD_OVERFLOW), 0);
}

static void sixty_five_and_more_locks_are_held_at_once(void)
{
	check_held_at_once(33);
	check_held_at_once(65);
	check_held_at_once(129);
}

static void a_thousand_locks_are_held_at_once(void)
{
	init_nested(1000);
	lock_all(1000);
	CU_ASSERT_EQUAL(ldl_is_held(locks[0]), 1);
	CU_ASSERT_EQUAL(ldl_is_held(locks[999]), 1);
	CU_ASSERT_EQUAL(counter(LDL_COUNT_HELD_OVERFLOW), 0);
	release_all(1000);
	CU_ASSERT_EQUAL(ldl_is_held(locks[0]), 0);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
}

static void locks_past_a_full_held_stack_are_counted_and_released(void)
{
	const unsigned int count = LDL_HELD_LARGE + 100;

	init_nested(count);
	lock_all(count);
	CU_ASSERT_EQUAL(counter(LDL_COUNT_HELD_OVERFLOW), 100);
	CU_ASSERT_EQUAL(ldl_is_held(locks[0]), 1);
	release_all(count);
	CU_ASSERT_EQUAL(ldl_is_held(locks[0]), 0);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	ldl_reports("AB, BA", .path = "A -> B -> A");
}

static void a_cycle_over_a_thousand_locks_is_reported_whole(void)
{
	unsigned int i;

	for (i = 0; i < 1000; i++)
		init_of_own_class(i);
	for (i = 0; i < 1000; i++) {
		CU_ASSERT_EQUAL(ldl_finding_count(), 0);
		lock(i);
		lock((i + 1) % 1000);
		ldl_lock_release(locks[(i + 1) % 1000]);
		ldl_lock_release(locks[i]);
	}
	CU_ASSERT_EQUAL_FATAL(ldl_finding_count(), 1);
	CU_ASSERT_EQUAL(ldl_finding_at(ldl_engine_arena(), 1)->path_count, 1000);
}

static void more_locks_than_there_is_room_for_are_counted(void)
{
	const unsigned int count = LOCKS_MAX;
	ldl_class_t class = ldl_class("many", LDL_CLASS_STRICT);
	unsigned int i;

	for (i = 0; i < count; i++)
		ldl_lock_init(locks[i], class, 0);
	for (i = 0; i < count; i++) {
		lock(i);
		ldl_lock_release(locks[i]);
	}
	CU_ASSERT_TRUE(dropped(LDL_TABLE_INSTANCES) > 0);
	for (i = 0; i < count; i++)
		ldl_lock_destroy(locks[i]);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	ldl_reports("AB, BA", .path = "A -> B -> A");
}

static void locks_come_and_go_without_end(void)
{
	ldl_class_t class = ldl_class("short-lived", LDL_CLASS_STRICT);
	unsigned int i;

	for (i = 0; i < 300000; i++) {
		ldl_lock_init(locks[i % 1000], class, 0);
		lock(i % 1000);
		ldl_lock_release(locks[i % 1000]);
		ldl_lock_destroy(locks[i % 1000]);
	}
	CU_ASSERT_EQUAL(dropped(LDL_TABLE_INSTANCES), 0);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
}

/* The evidence of their order goes with them, and what was held around it. */
static void nested_locks_come_and_go_without_end(void)
{
	ldl_class_t class = ldl_class("short-lived", LDL_CLASS_BY_INSTANCE);
	unsigned int round, i;

	for (round = 0; round < 60000; round++) {
		unsigned int depth = 2 + round % 3;

		for (i = 0; i < depth; i++)
			ldl_lock_init(locks[i], class, 0);
		lock_all(depth);
		release_all(depth);
		for (i = 0; i < depth; i++)
			ldl_lock_destroy(locks[i]);
	}
	CU_ASSERT_EQUAL(dropped(LDL_TABLE_WITNESSES), 0);
	CU_ASSERT_EQUAL(dropped(LDL_TABLE_ALSO_HELD), 0);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
}

static void full_class_and_edge_tables_are_counted(void)
{
	const unsigned int count = 30000;
	unsigned int i;

	for (i = 0; i < count; i++)
		init_of_own_class(i);
	for (i = 0; i + 24 < count; i += 24) {
		unsigned int j;

		for (j = 0; j < 24; j++)
			lock(i + j);
		for (j = 0; j < 24; j++)
			ldl_lock_release(locks[i + j]);
	}
	CU_ASSERT_TRUE(dropped(LDL_TABLE_CLASSES) > 0);
	CU_ASSERT_TRUE(dropped(LDL_TABLE_EDGES) > 0);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	ldl_reports("AB, BA", .path = "A -> B -> A");
}

static void lock_pair(unsigned int outer, unsigned int inner, unsigned int mode)
{
	ldl_lock_acquire(locks[outer], mode);
	ldl_lock_acquired(locks[outer], mode);
	lock(inner);
	ldl_lock_release(locks[inner]);
	ldl_lock_release(locks[outer]);
}

static void more_findings_than_there_is_room_for_are_counted(void)
{
	const struct ldl_table *table = ldl_arena_table(ldl_engine_arena(), LDL_TABLE_FINDINGS);
	unsigned int i, pairs = table->capacity + 10;

	for (i = 0; i < 2 * pairs; i++)
		init_of_own_class(i);
	for (i = 0; i < pairs; i++) {
		lock_pair(2 * i, 2 * i + 1, LDL_EXCLUSIVE);
		lock_pair(2 * i + 1, 2 * i, LDL_EXCLUSIVE);
	}
	CU_ASSERT_EQUAL(ldl_finding_count(), table->capacity - 1);
	CU_ASSERT_EQUAL(table->dropped, 11);
}

static void more_names_than_there_is_room_for_are_counted(void)
{
	char name[1000];
	unsigned int i;

	memset(name, 'n', sizeof(name));
	for (i = 0; i < 600; i++) {
		snprintf(name, 9, "%08u", i);
		name[8] = 'n';
		name[sizeof(name) - 1] = '\0';
		ldl_lock_init(locks[i], ldl_class(name, LDL_CLASS_STRICT), 0);
	}
	CU_ASSERT_TRUE(dropped(LDL_TABLE_STRINGS) > 0);
	lock_pair(598, 599, LDL_EXCLUSIVE);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	lock_pair(599, 598, LDL_EXCLUSIVE);
	CU_ASSERT_EQUAL(ldl_finding_count(), 1);
}

/* A chain that found no room is looked at each time, and so nothing is missed. */
static void more_chains_than_there_is_room_for_are_counted(void)
{
	const unsigned int count = 300;
	unsigned int outer, inner;

	for (outer = 0; outer < count; outer++)
		init_of_own_class(outer);
	for (outer = 0; outer < count; outer++) {
		for (inner = outer + 1; inner < count; inner++) {
			lock_pair(outer, inner, LDL_EXCLUSIVE);
			lock_pair(outer, inner, LDL_SHARED);
		}
	}
	CU_ASSERT_TRUE(dropped(LDL_TABLE_CHAINS) > 0);
	CU_ASSERT_EQUAL(dropped(LDL_TABLE_EDGES), 0);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	lock_pair(count - 1, count - 2, LDL_EXCLUSIVE);
	CU_ASSERT_EQUAL(ldl_finding_count(), 1);
}

static void take_one(void *which)
{
	lock(*(unsigned int *)which);
	ldl_lock_release(locks[*(unsigned int *)which]);
}

static void threads_come_and_go_without_end(void)
{
	unsigned int i, which = 0;

	init_of_own_class(0);
	for (i = 0; i < 2000; i++) {
		lockstep_call(LOCKSTEP_THREADS - 1, take_one, &which);
		lockstep_end(LOCKSTEP_THREADS - 1);
	}
	CU_ASSERT_EQUAL(counter(LDL_COUNT_THREADS_UNWATCHED), 0);
	CU_ASSERT_EQUAL(dropped(LDL_TABLE_THREADS), 0);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
}

LDL_SUITE(limits)
{
	LDL_TEST(sixty_five_and_more_locks_are_held_at_once);
	LDL_TEST(a_thousand_locks_are_held_at_once);
	LDL_TEST(locks_past_a_full_held_stack_are_counted_and_released);
	LDL_TEST(a_cycle_over_a_thousand_locks_is_reported_whole);
	LDL_TEST(more_locks_than_there_is_room_for_are_counted);
	LDL_TEST(locks_come_and_go_without_end);
	LDL_TEST(nested_locks_come_and_go_without_end);
	LDL_TEST(full_class_and_edge_tables_are_counted);
	LDL_TEST(more_findings_than_there_is_room_for_are_counted);
	LDL_TEST(more_names_than_there_is_room_for_are_counted);
	LDL_TEST(more_chains_than_there_is_room_for_are_counted);
	LDL_TEST(threads_come_and_go_without_end);
}
