/* core/fmt: text into fixed buffers comes out as printf's, and never past the buffer. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include "core/fmt.h"
#include "tests/support/random.h"
#include "tests/support/suite.h"

/* Formats by both and compares. */
#define CHECK_LIKE_PRINTF(...)                                                                     \
	do {                                                                                       \
		char ours[256], theirs[256];                                                       \
		size_t len = ldl_fmt(ours, sizeof(ours), __VA_ARGS__);                             \
		snprintf(theirs, sizeof(theirs), __VA_ARGS__);                                     \
		CU_ASSERT_STRING_EQUAL(ours, theirs);                                              \
		CU_ASSERT_EQUAL(len, strlen(theirs));                                              \
	} while (0)

static void text_and_numbers_come_out_as_printf_has_them(void)
{
	CHECK_LIKE_PRINTF("%s", "");
	CHECK_LIKE_PRINTF("plain");
	CHECK_LIKE_PRINTF("%s and %s%c", "one", "two", '!');
	CHECK_LIKE_PRINTF("100%% of %d", 7);
	CHECK_LIKE_PRINTF("%d %d %d", 0, -1, INT_MAX);
	CHECK_LIKE_PRINTF("%d", INT_MIN);
	CHECK_LIKE_PRINTF("%u %x", UINT_MAX, UINT_MAX);
	CHECK_LIKE_PRINTF("%lu %lx", ULONG_MAX, ULONG_MAX);
	CHECK_LIKE_PRINTF("%lu %lx", 0ul, 0ul);
}

static void widths_are_filled_with_blanks_or_zeros(void)
{
	CHECK_LIKE_PRINTF("%5d|%05d|%2d", 42, 42, 4242);
	CHECK_LIKE_PRINTF("%8x|%016lx", 0xbeefu, 0xbeeful);
	CHECK_LIKE_PRINTF("%5d|%05d", -42, -42);
}

static void random_numbers_come_out_as_printf_has_them(void)
{
	struct ldl_random random = ldl_random_make(0x666d74);
	unsigned int i;

	for (i = 0; i < 2000; i++) {
		unsigned long wide = ldl_random_next(&random) >> ldl_random_below(&random, 64);
		int narrow = (int)(ldl_random_next(&random) >> 32);

		CHECK_LIKE_PRINTF("%lu %lx %d %x %10u", wide, wide, narrow, (unsigned int)narrow,
			(unsigned int)wide);
	}
}

static void a_full_buffer_is_cut_and_ended(void)
{
	char buffer[8];
	size_t size;

	for (size = 1; size <= sizeof(buffer); size++) {
		memset(buffer, '#', sizeof(buffer));
		CU_ASSERT_EQUAL(ldl_fmt(buffer, size, "%s%d", "abcd", 123456), size - 1);
		CU_ASSERT_EQUAL(strlen(buffer), size - 1);
		CU_ASSERT_EQUAL(memcmp(buffer, "abcd123", size - 1), 0);
		CU_ASSERT_TRUE(size == sizeof(buffer) || buffer[size] == '#');
	}
}

static void appended_text_follows_what_is_there(void)
{
	char buffer[12];
	size_t len = 0;

	ldl_fmt_append(buffer, sizeof(buffer), &len, "%s", "one");
	ldl_fmt_append(buffer, sizeof(buffer), &len, " %u", 2u);
	CU_ASSERT_EQUAL(len, 5);
	CU_ASSERT_STRING_EQUAL(buffer, "one 2");
	ldl_fmt_append(buffer, sizeof(buffer), &len, "%s", " and many more");
	CU_ASSERT_EQUAL(len, sizeof(buffer) - 1);
	CU_ASSERT_STRING_EQUAL(buffer, "one 2 and m");
	ldl_fmt_append(buffer, sizeof(buffer), &len, "%s", "past the end");
	CU_ASSERT_EQUAL(len, sizeof(buffer) - 1);
	CU_ASSERT_STRING_EQUAL(buffer, "one 2 and m");
}

/* Hides from the compiler what it would warn of. */
static const char *hidden(const char *volatile text)
{
	return text;
}

static void a_missing_text_and_a_broken_format_do_no_harm(void)
{
	char buffer[32];

	ldl_fmt(buffer, sizeof(buffer), "<%s>", hidden(NULL));
	CU_ASSERT_STRING_EQUAL(buffer, "<(null)>");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	ldl_fmt(buffer, sizeof(buffer), hidden("half %"));
#pragma GCC diagnostic pop
	CU_ASSERT_STRING_EQUAL(buffer, "half ");
}

LDL_SUITE(fmt)
{
	LDL_TEST(text_and_numbers_come_out_as_printf_has_them);
	LDL_TEST(widths_are_filled_with_blanks_or_zeros);
	LDL_TEST(random_numbers_come_out_as_printf_has_them);
	LDL_TEST(a_full_buffer_is_cut_and_ended);
	LDL_TEST(appended_text_follows_what_is_there);
	LDL_TEST(a_missing_text_and_a_broken_format_do_no_harm);
}
