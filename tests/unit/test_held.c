/* core/held: a thread's stack of held locks, and the chain keys that go with it. */
#include <stdlib.h>
#include <string.h>
#include "core/held.h"
#include "tests/support/random.h"
#include "tests/support/suite.h"

#define DEPTH 40

/* One more than the stack: the entry before the first is always empty. */
static struct ldl_held run[1 + DEPTH];
static struct ldl_held *const held = run + 1;
static uint32_t depth;

static void clear(void)
{
	memset(run, 0, sizeof(run));
	depth = 0;
}

static void push(uint64_t addr, uint32_t class, uint32_t mode, uint64_t ip)
{
	uint32_t class_mode = class << LDL_MODE_BITS | mode;

	held[depth] = (struct ldl_held){.addr = addr,
		.ip = ip,
		.key = ldl_chain_mix(ldl_held_key(held, depth), class_mode, ip),
		.class_mode = class_mode};
	depth++;
}

/* What the keys would be if the stack had been built up as it is now. */
static bool keys_are_those_of_the_stack(void)
{
	uint64_t expected = 0;
	uint32_t i;

	for (i = 0; i < depth; i++) {
		expected = ldl_chain_mix(expected, held[i].class_mode, ldl_held_ip(&held[i]));
		if (held[i].key != expected)
			return false;
	}
	return ldl_held_key(held, depth) == expected;
}

static void the_innermost_entry_of_a_lock_is_found(void)
{
	clear();
	push(0x100, 1, 0, 10);
	push(0x200, 2, LDL_MODE_SHARED, 20);
	push(0x100, 1, 0, 30);
	CU_ASSERT_EQUAL(ldl_held_find(held, depth, 0x100), 2);
	CU_ASSERT_EQUAL(ldl_held_find(held, 2, 0x100), 0);
	CU_ASSERT_EQUAL(ldl_held_find(held, depth, 0x300), -1);
	CU_ASSERT_EQUAL(ldl_held_find(held, 0, 0x100), -1);
	CU_ASSERT_EQUAL(ldl_held_class(&held[1]), 2);
	CU_ASSERT_EQUAL(ldl_held_mode(&held[1]), LDL_MODE_SHARED);
}

static void keys_follow_releases_in_any_order(void)
{
	struct ldl_random random = ldl_random_make(0x68656c64);
	unsigned int step;

	clear();
	for (step = 0; step < 3000; step++) {
		if (depth == DEPTH || (depth && ldl_random_one_in(&random, 2))) {
			uint32_t at = ldl_random_below(&random, depth);

			ldl_held_remove(held, depth, at);
			depth--;
		} else {
			push(0x1000 + step * 16, 1 + ldl_random_below(&random, 9),
				ldl_random_below(&random, 16), 0x400000 + step);
		}
		CU_ASSERT_TRUE(keys_are_those_of_the_stack());
	}
}

static void a_relock_is_counted_and_hides_nothing(void)
{
	clear();
	push(0x100, 1, 0, 0x7fff12345678);
	CU_ASSERT_FALSE(ldl_held_unrelock(&held[0]));
	ldl_held_relock(&held[0]);
	ldl_held_relock(&held[0]);
	CU_ASSERT_NOT_EQUAL(held[0].addr, 0x100);
	CU_ASSERT_EQUAL(ldl_held_addr(&held[0]), 0x100);
	CU_ASSERT_EQUAL(ldl_held_ip(&held[0]), 0x7fff12345678);
	CU_ASSERT_EQUAL(ldl_held_find(held, depth, 0x100), 0);
	CU_ASSERT_TRUE(keys_are_those_of_the_stack());
	CU_ASSERT_TRUE(ldl_held_unrelock(&held[0]));
	CU_ASSERT_TRUE(ldl_held_unrelock(&held[0]));
	CU_ASSERT_FALSE(ldl_held_unrelock(&held[0]));
	CU_ASSERT_EQUAL(held[0].addr, 0x100);
	CU_ASSERT_EQUAL(held[0].ip, 0x7fff12345678);
}

static void a_lock_is_stolen_once_and_only_where_it_is(void)
{
	clear();
	push(0x100, 1, 0, 10);
	CU_ASSERT_EQUAL(ldl_held_steal(&held[0], 1, 0x200), -1);
	CU_ASSERT_FALSE(ldl_held_is_stolen(&held[0]));
	CU_ASSERT_EQUAL(ldl_held_steal(&held[0], 1, 0x100), 0);
	CU_ASSERT_TRUE(ldl_held_is_stolen(&held[0]));
	CU_ASSERT_EQUAL(ldl_held_steal(&held[0], 1, 0x100), -1);
	CU_ASSERT_EQUAL(ldl_held_addr(&held[0]), 0x100);
}

static void a_mark_on_what_was_copied_already_goes_along(void)
{
	struct ldl_held other[3] = {{0}};

	clear();
	push(0x100, 1, 0, 10);
	push(0x200, 2, 0, 20);
	ldl_held_copy(other, held, depth);
	CU_ASSERT_TRUE(ldl_held_steal(held, depth, 0x200) >= 0);
	ldl_held_vacate(held, other, depth);
	CU_ASSERT_FALSE(ldl_held_is_stolen(&other[0]));
	CU_ASSERT_TRUE(ldl_held_is_stolen(&other[1]));
	CU_ASSERT_EQUAL(ldl_held_find(held, depth, 0x200), -1);
	CU_ASSERT_EQUAL(ldl_held_find(other, depth, 0x200), 1);
}

/* Who reads the depth too early must not find it a second time, above. */
static void what_moved_down_is_not_where_it_was(void)
{
	clear();
	push(0x100, 1, 0, 10);
	push(0x200, 2, 0, 20);
	ldl_held_remove(held, depth, 0);
	CU_ASSERT_TRUE(ldl_held_steal(held, depth, 0x200) >= 0);
	CU_ASSERT_TRUE(ldl_held_is_stolen(&held[0]));
}

static void runs_have_three_sizes_and_are_used_again(void)
{
	struct ldl_arena arena;
	void *bytes = calloc(1, 4 * LDL_ARENA_MIN);
	uint32_t size = 0, small, middle, large;

	CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
	CU_ASSERT_EQUAL_FATAL(ldl_arena_init(&arena, bytes, 4 * LDL_ARENA_MIN), LDL_OK);
	/* Runs given back are the process's: the engine's are of another arena. */
	ldl_held_forget_runs();
	small = ldl_held_take_run(&arena, 1, &size);
	CU_ASSERT_EQUAL(size, LDL_HELD_SMALL);
	middle = ldl_held_take_run(&arena, LDL_HELD_SMALL + 1, &size);
	CU_ASSERT_EQUAL(size, LDL_HELD_MIDDLE);
	large = ldl_held_take_run(&arena, LDL_HELD_MIDDLE + 1, &size);
	CU_ASSERT_EQUAL(size, LDL_HELD_LARGE);
	CU_ASSERT_TRUE(small && middle && large);
	CU_ASSERT_TRUE(middle >= small + LDL_HELD_SMALL && large >= middle + LDL_HELD_MIDDLE);
	CU_ASSERT_EQUAL(ldl_held_take_run(&arena, LDL_HELD_LARGE + 1, &size), 0);
	ldl_held_give_run(&arena, middle, LDL_HELD_MIDDLE);
	ldl_held_give_run(&arena, large, LDL_HELD_LARGE);
	CU_ASSERT_EQUAL(ldl_held_take_run(&arena, LDL_HELD_LARGE, &size), large);
	CU_ASSERT_EQUAL(ldl_held_take_run(&arena, LDL_HELD_MIDDLE, &size), middle);
	ldl_held_forget_runs();
	free(bytes);
}

LDL_SUITE(held)
{
	LDL_TEST(the_innermost_entry_of_a_lock_is_found);
	LDL_TEST(keys_follow_releases_in_any_order);
	LDL_TEST(a_relock_is_counted_and_hides_nothing);
	LDL_TEST(a_lock_is_stolen_once_and_only_where_it_is);
	LDL_TEST(a_mark_on_what_was_copied_already_goes_along);
	LDL_TEST(what_moved_down_is_not_where_it_was);
	LDL_TEST(runs_have_three_sizes_and_are_used_again);
}
