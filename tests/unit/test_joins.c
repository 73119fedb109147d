/* core/joins: the last segment of a thread, found by the handle that its joiner has. */
#include "core/joins.h"
#include "core/limits.h"
#include "tests/support/suite.h"

/* Handles that no thread of this process has. */
#define HANDLE(n) (0x7000000000000000u + (uint64_t)(n)*4096)

static void a_joined_thread_is_found_by_its_handle(void)
{
	ldl_joins_forget();
	ldl_joins_note(HANDLE(1), 5, 0);
	ldl_joins_note(HANDLE(2), 6, 11);
	ldl_joins_note(HANDLE(1), 5, 12);
	CU_ASSERT_EQUAL(ldl_joins_end(HANDLE(1), 6), 12);
	CU_ASSERT_EQUAL(ldl_joins_end(HANDLE(2), 6), 11);
}

static void a_thread_is_joined_once(void)
{
	ldl_joins_forget();
	ldl_joins_note(HANDLE(1), 5, 12);
	CU_ASSERT_EQUAL(ldl_joins_end(HANDLE(1), 6), 12);
	CU_ASSERT_EQUAL(ldl_joins_end(HANDLE(1), 6), 0);
}

static void a_handle_that_nobody_noted_says_nothing(void)
{
	ldl_joins_forget();
	CU_ASSERT_EQUAL(ldl_joins_end(HANDLE(1), 100), 0);
	CU_ASSERT_EQUAL(ldl_joins_end(0, 100), 0);
	ldl_joins_note(0, 5, 12);
	CU_ASSERT_EQUAL(ldl_joins_end(0, 100), 0);
}

/* Its joiner may well be waiting before it begins. */
static void a_thread_that_begins_after_its_joiner_waits_is_found(void)
{
	uint32_t serial_last = 7; /* 6 and 7 were being made when the join began */

	ldl_joins_forget();
	ldl_joins_note(HANDLE(1), 3, 9); /* an older one, detached, had the handle before */
	ldl_joins_note(HANDLE(1), 6, 0);
	ldl_joins_note(HANDLE(1), 6, 20);
	CU_ASSERT_EQUAL(ldl_joins_end(HANDLE(1), serial_last), 20);
}

/* The handle of a thread that was joined may be another thread's before the joiner looks. */
static void the_next_thread_with_a_handle_is_not_taken_for_the_joined_one(void)
{
	ldl_joins_forget();
	ldl_joins_note(HANDLE(1), 5, 12);
	ldl_joins_note(HANDLE(1), 8, 13);
	CU_ASSERT_EQUAL(ldl_joins_end(HANDLE(1), 7), 0);
	CU_ASSERT_EQUAL(ldl_joins_end(HANDLE(1), 8), 13);
}

static void a_thread_that_left_no_evidence_has_no_segment(void)
{
	ldl_joins_forget();
	ldl_joins_note(HANDLE(1), 5, 0);
	CU_ASSERT_EQUAL(ldl_joins_end(HANDLE(1), 5), 0);
}

static void a_new_arena_knows_no_handle(void)
{
	ldl_joins_note(HANDLE(1), 5, 12);
	ldl_joins_forget();
	CU_ASSERT_EQUAL(ldl_joins_end(HANDLE(1), 5), 0);
}

/* Handles are never given back; whoever finds no room is not known, and nobody else is harmed. */
static void a_full_table_forgets_no_one_it_has(void)
{
	uint32_t known = 0, wrong = 0, n;

	ldl_joins_forget();
	for (n = 1; n <= 2 * LDL_JOINS; n++)
		ldl_joins_note(HANDLE(n), n, n);
	for (n = 1; n <= 2 * LDL_JOINS; n++) {
		ldl_segment_id last = ldl_joins_end(HANDLE(n), n);

		known += last != 0;
		wrong += last != 0 && last != n;
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_TRUE(known > LDL_JOINS / 2);
	CU_ASSERT_TRUE(known <= LDL_JOINS);
	ldl_joins_forget();
}

LDL_SUITE(joins)
{
	LDL_TEST(a_joined_thread_is_found_by_its_handle);
	LDL_TEST(a_thread_is_joined_once);
	LDL_TEST(a_handle_that_nobody_noted_says_nothing);
	LDL_TEST(a_thread_that_begins_after_its_joiner_waits_is_found);
	LDL_TEST(the_next_thread_with_a_handle_is_not_taken_for_the_joined_one);
	LDL_TEST(a_thread_that_left_no_evidence_has_no_segment);
	LDL_TEST(a_new_arena_knows_no_handle);
	LDL_TEST(a_full_table_forgets_no_one_it_has);
}
