/* core/programs: patterns, and which programs two lists leave watched. */
#include <fnmatch.h>
#include <string.h>
#include "core/programs.h"
#include "tests/support/random.h"
#include "tests/support/suite.h"

static struct ldl_options options;

static bool fits(const char *pattern, const char *text)
{
	return ldl_programs_fit(pattern, strlen(pattern), text);
}

static void patterns_stand_for_texts(void)
{
	CU_ASSERT_TRUE(fits("memcached", "memcached"));
	CU_ASSERT_FALSE(fits("memcached", "memcached2"));
	CU_ASSERT_FALSE(fits("memcached", "memcache"));
	CU_ASSERT_TRUE(fits("*", "") && fits("*", "a/b") && fits("**", "a"));
	CU_ASSERT_TRUE(fits("redis-*", "redis-server") && fits("*d", "mariadbd"));
	CU_ASSERT_FALSE(fits("redis-*", "redis"));
	CU_ASSERT_TRUE(fits("python3.1?", "python3.11"));
	CU_ASSERT_FALSE(fits("python3.1?", "python3.1"));
	CU_ASSERT_TRUE(fits("a*b*c", "a-b-b-c") && !fits("a*b*c", "a-c-b"));
	CU_ASSERT_TRUE(fits("", "") && !fits("", "a"));
}

static void sets_stand_for_one_character(void)
{
	CU_ASSERT_TRUE(fits("[abc]x", "bx") && fits("w[0-9]", "w7") && fits("[]]", "]"));
	CU_ASSERT_FALSE(fits("[abc]x", "dx") || fits("w[0-9]", "wa") || fits("[a]", ""));
	CU_ASSERT_TRUE(fits("[!a-c]", "d") && !fits("[!a-c]", "b"));
	CU_ASSERT_TRUE(fits("[", "[") && fits("[ab", "[ab")); /* no set */
}

/* Against libc's own: the same answers on anything that both take for a pattern. */
static void patterns_fit_as_libcs_do(void)
{
	static const char letters[] = "aab*?b/c";
	struct ldl_random random = ldl_random_make(0x676c6f62);
	char pattern[12], text[12];

	for (unsigned int round = 0; round < 20000; round++) {
		unsigned int pattern_len = ldl_random_below(&random, sizeof(pattern));
		unsigned int len = ldl_random_below(&random, sizeof(text));

		for (unsigned int i = 0; i < pattern_len; i++)
			pattern[i] = letters[ldl_random_below(&random, sizeof(letters) - 1)];
		for (unsigned int i = 0; i < len; i++)
			text[i] = "ab/c"[ldl_random_below(&random, 4)];
		pattern[pattern_len] = text[len] = '\0';
		CU_ASSERT_EQUAL(fits(pattern, text), fnmatch(pattern, text, FNM_NOESCAPE) == 0);
	}
}

static bool is_watched(const char *words, const char *program)
{
	ldl_options_parse(&options, words);
	CU_ASSERT_STRING_EQUAL(options.problem, "");
	return ldl_programs_is_watched(&options, program);
}

static void without_lists_all_are_watched(void)
{
	CU_ASSERT_TRUE(is_watched("", "/bin/sh") && is_watched("include=:exclude=", "/bin/sh"));
	CU_ASSERT_TRUE(is_watched("include= , ", "/bin/sh"));
	CU_ASSERT_TRUE(is_watched("", ""));
}

static void excluded_programs_are_not_watched(void)
{
	CU_ASSERT_FALSE(is_watched("exclude=sh,bash", "/bin/sh"));
	CU_ASSERT_FALSE(is_watched("exclude=x, sh ,y", "/bin/sh"));
	CU_ASSERT_FALSE(is_watched("exclude=x:exclude=sh", "/bin/sh"));
	CU_ASSERT_TRUE(is_watched("exclude=sh,bash", "/bin/dash"));
	CU_ASSERT_TRUE(is_watched("exclude=bin", "/bin/dash"));
}

static void with_include_others_are_not_watched(void)
{
	CU_ASSERT_TRUE(is_watched("include=redis-*,memcached", "/usr/bin/redis-server"));
	CU_ASSERT_FALSE(is_watched("include=redis-*,memcached", "/usr/bin/python3.11"));
	CU_ASSERT_FALSE(is_watched("include=memcached", ""));
}

static void exclude_wins(void)
{
	CU_ASSERT_FALSE(is_watched("include=redis-*:exclude=redis-cli", "/usr/bin/redis-cli"));
	CU_ASSERT_TRUE(is_watched("include=redis-*:exclude=redis-cli", "/usr/bin/redis-server"));
}

static void a_pattern_with_a_slash_is_about_the_path(void)
{
	CU_ASSERT_FALSE(is_watched("exclude=/usr/lib/*", "/usr/lib/git-core/git"));
	CU_ASSERT_TRUE(is_watched("exclude=/usr/lib/*", "/usr/bin/git"));
	CU_ASSERT_TRUE(is_watched("exclude=*/bin", "/usr/bin/git"));
}

static void the_pattern_that_fits_is_told(void)
{
	const char *pattern;
	size_t len;

	ldl_options_parse(&options, "exclude=a*, s? ,*");
	pattern = ldl_programs_find(&options.exclude, "/bin/sh", &len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pattern);
	CU_ASSERT_TRUE(len == 2 && memcmp(pattern, "s?", 2) == 0);
}

LDL_SUITE(programs)
{
	LDL_TEST(patterns_stand_for_texts);
	LDL_TEST(sets_stand_for_one_character);
	LDL_TEST(patterns_fit_as_libcs_do);
	LDL_TEST(without_lists_all_are_watched);
	LDL_TEST(excluded_programs_are_not_watched);
	LDL_TEST(with_include_others_are_not_watched);
	LDL_TEST(exclude_wins);
	LDL_TEST(a_pattern_with_a_slash_is_about_the_path);
	LDL_TEST(the_pattern_that_fits_is_told);
}
