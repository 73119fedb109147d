/* core/segment against a naive model of happens-before, and its bounds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/arena.h"
#include "tests/support/lives.h"
#include "tests/support/suite.h"

static struct ldl_arena arena;

static struct lives *make_lives(void)
{
	void *bytes = calloc(1, LDL_ARENA_MIN);
	struct lives *lives;

	CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
	CU_ASSERT_EQUAL_FATAL(ldl_arena_init(&arena, bytes, LDL_ARENA_MIN), LDL_OK);
	lives = lives_make(&arena);
	CU_ASSERT_PTR_NOT_NULL_FATAL(lives);
	return lives;
}

static void end_lives(struct lives *lives)
{
	free(lives);
	free(arena.base);
	memset(&arena, 0, sizeof(arena));
}

static uint32_t segments(void)
{
	return ldl_arena_table(&arena, LDL_TABLE_SEGMENTS)->used - 1;
}

static bool are_ordered(const struct lives *lives, uint32_t one, uint32_t other)
{
	return ldl_segment_is_ordered(&arena, lives->acts[one].segment, lives->acts[other].segment);
}

/* Every pair of acts of different threads; the engine is asked both ways round. */
static bool agree(const struct lives *lives)
{
	for (uint32_t one = 1; one <= lives->act_count; one++) {
		for (uint32_t other = 1; other < one; other++) {
			bool expected = lives_are_ordered(lives, one, other);

			if (!lives->acts[one].is_evidence || !lives->acts[other].is_evidence ||
				lives->acts[one].thread == lives->acts[other].thread)
				continue;
			if (are_ordered(lives, one, other) == expected &&
				are_ordered(lives, other, one) == expected)
				continue;
			printf("acts %u and %u of threads %u and %u: ordered should be %d ", other,
				one, lives->acts[other].thread, lives->acts[one].thread, expected);
			return false;
		}
	}
	return true;
}

static void order_is_that_of_the_model_whatever_threads_do(void)
{
	struct ldl_random random = ldl_random_make(0x7365676d);
	bool good = true;

	for (unsigned int round = 0; good && round < 200 * ldl_random_effort(); round++) {
		struct lives *lives = make_lives();
		uint32_t steps = 20 + ldl_random_below(&random, 2 * LIVES_ACTS);

		while (steps-- > 0)
			(void)lives_step(lives, &random);
		good = agree(lives);
		end_lives(lives);
	}
	CU_ASSERT(good);
}

static void what_a_thread_did_before_it_created_another_one_is_ordered(void)
{
	struct lives *lives = make_lives();
	uint32_t early = lives_act(lives, 0);
	uint32_t child = lives_create(lives, 0);
	uint32_t meanwhile = lives_act(lives, 0);
	uint32_t grandchild = lives_create(lives, child);
	uint32_t by_child = lives_act(lives, child);
	uint32_t by_grandchild = lives_act(lives, grandchild);

	CU_ASSERT_TRUE(are_ordered(lives, early, by_child));
	CU_ASSERT_TRUE(are_ordered(lives, by_grandchild, early));
	CU_ASSERT_FALSE(are_ordered(lives, meanwhile, by_child));
	CU_ASSERT_FALSE(are_ordered(lives, meanwhile, by_grandchild));
	CU_ASSERT_FALSE(are_ordered(lives, by_child, by_grandchild));
	end_lives(lives);
}

static void what_a_thread_did_is_ordered_for_ancestors_that_joined_it(void)
{
	struct lives *lives = make_lives();
	uint32_t child = lives_create(lives, 0), sibling = lives_create(lives, 0);
	uint32_t grandchild = lives_create(lives, child);
	uint32_t by_grandchild = lives_act(lives, grandchild);
	uint32_t meanwhile, after_child, by_sibling;

	lives_join(lives, child, grandchild);
	meanwhile = lives_act(lives, 0);
	lives_join(lives, 0, child);
	after_child = lives_act(lives, 0);
	by_sibling = lives_act(lives, sibling);
	CU_ASSERT_FALSE(are_ordered(lives, meanwhile, by_grandchild));
	CU_ASSERT_TRUE(are_ordered(lives, after_child, by_grandchild));
	CU_ASSERT_FALSE(are_ordered(lives, by_sibling, by_grandchild));
	end_lives(lives);
}

/* That one sibling was joined before the other one began is how it went this time. */
static void siblings_are_never_ordered(void)
{
	struct lives *lives = make_lives();
	uint32_t first = lives_create(lives, 0), by_first = lives_act(lives, first), second;

	lives_join(lives, 0, first);
	second = lives_create(lives, 0);
	CU_ASSERT_FALSE(are_ordered(lives, by_first, lives_act(lives, second)));
	end_lives(lives);
}

/* A hundred thousand threads that come and go bring nothing new, so they need nothing. */
static void threads_without_news_make_no_segments(void)
{
	struct lives *lives = make_lives();
	struct ldl_thread *creator = &lives->threads[0].engine;
	struct ldl_thread *child = &lives->threads[1].engine;

	(void)lives_act(lives, 0);
	for (uint32_t i = 0; i < 100000; i++) {
		child->segment = 0;
		ldl_segment_create(&arena, creator, child);
		ldl_segment_join(&arena, creator, child->segment);
	}
	CU_ASSERT_EQUAL(segments(), 1);
	CU_ASSERT_EQUAL(ldl_arena_table(&arena, LDL_TABLE_SEGMENTS)->dropped, 0);
	end_lives(lives);
}

/* The same for a creator that has left no evidence itself, and for whole families. */
static void families_without_news_make_one_segment_for_each_that_creates(void)
{
	struct lives *lives = make_lives();
	uint32_t child = lives_create(lives, 0);

	for (uint32_t i = 2; i < LIVES_THREADS; i++)
		lives_join(lives, child, lives_create(lives, child));
	CU_ASSERT_EQUAL(segments(), 2);
	end_lives(lives);
}

static void where_the_table_is_full_nothing_is_ordered(void)
{
	struct lives *lives = make_lives();
	struct ldl_table *table = ldl_arena_table(&arena, LDL_TABLE_SEGMENTS);
	uint32_t early = lives_act(lives, 0), child = lives_create(lives, 0);
	uint32_t by_child = lives_act(lives, child), late, by_late;
	uint64_t dropped;

	while (ldl_table_take(&arena, LDL_TABLE_SEGMENTS, 1))
		;
	dropped = table->dropped;
	late = lives_act(lives, 0);
	by_late = lives_act(lives, lives_create(lives, 0));
	lives_join(lives, 0, child);
	CU_ASSERT_EQUAL(lives->acts[late].segment, 0);
	CU_ASSERT_EQUAL(lives->acts[by_late].segment, 0);
	CU_ASSERT_TRUE(table->dropped > dropped);
	CU_ASSERT_TRUE(are_ordered(lives, early, by_child));
	CU_ASSERT_FALSE(are_ordered(lives, early, by_late));
	CU_ASSERT_FALSE(are_ordered(lives, late, by_late));
	CU_ASSERT_FALSE(are_ordered(lives, lives_act(lives, 0), by_child));
	end_lives(lives);
}

/* Without evidence between them, many threads of one creator are cut off by one segment. */
static void a_segment_is_left_at_a_cut_only(void)
{
	struct lives *lives = make_lives();
	struct ldl_thread *thread = &lives->threads[0].engine;
	ldl_segment_id first = ldl_segment_now(&arena, thread);
	uint32_t child;

	CU_ASSERT_FALSE(ldl_segment_is_left(thread, first));
	CU_ASSERT_EQUAL(ldl_segment_now(&arena, thread), first);
	child = lives_create(lives, 0);
	CU_ASSERT_TRUE(ldl_segment_is_left(thread, first));
	CU_ASSERT_NOT_EQUAL(ldl_segment_now(&arena, thread), first);
	lives_join(lives, 0, child);
	CU_ASSERT_EQUAL(segments(), 2); /* the child left no evidence */
	end_lives(lives);
}

LDL_SUITE(segment)
{
	LDL_TEST(what_a_thread_did_before_it_created_another_one_is_ordered);
	LDL_TEST(what_a_thread_did_is_ordered_for_ancestors_that_joined_it);
	LDL_TEST(siblings_are_never_ordered);
	LDL_TEST(order_is_that_of_the_model_whatever_threads_do);
	LDL_TEST(a_segment_is_left_at_a_cut_only);
	LDL_TEST(threads_without_news_make_no_segments);
	LDL_TEST(families_without_news_make_one_segment_for_each_that_creates);
	LDL_TEST(where_the_table_is_full_nothing_is_ordered);
}
