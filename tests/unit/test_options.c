/* core/options: the words of LOCKDEP_LITE, and the arena's file name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/limits.h"
#include "core/options.h"
#include "tests/support/random.h"
#include "tests/support/suite.h"

static struct ldl_options options;

static void parse(const char *text)
{
	ldl_options_parse(&options, text);
}

static void nothing_said_means_the_defaults_of_check(void)
{
	parse("");
	CU_ASSERT_FALSE(options.prod || options.off || options.portable || options.quiet);
	CU_ASSERT_FALSE(options.no_children);
	CU_ASSERT_EQUAL(options.memory, LDL_ARENA_CHECK);
	CU_ASSERT_EQUAL(options.class_depth, LDL_CLASS_DEPTH);
	CU_ASSERT_EQUAL(options.stack_depth, LDL_STACK_DEFAULT);
	CU_ASSERT_STRING_EQUAL(options.out, "");
	CU_ASSERT_STRING_EQUAL(options.problem, "");
}

static void every_word_is_understood(void)
{
	parse("mode=prod:out=/tmp/%e.ldl:memory=8M:class-depth=5:stack-depth=32:portable:quiet:"
	      "no-children:launched");
	CU_ASSERT_TRUE(options.prod && options.portable && options.quiet && options.no_children);
	CU_ASSERT_FALSE(options.off);
	CU_ASSERT_STRING_EQUAL(options.out, "/tmp/%e.ldl");
	CU_ASSERT_EQUAL(options.memory, 8u << 20);
	CU_ASSERT_EQUAL(options.class_depth, 5);
	CU_ASSERT_EQUAL(options.stack_depth, 32);
	CU_ASSERT_STRING_EQUAL(options.problem, "");
	parse("mode=off");
	CU_ASSERT_TRUE(options.off);
	parse("keep=100:keep-size=2G:config=/etc/x:include=a,b:exclude=c");
	CU_ASSERT_EQUAL(options.keep, 100);
	CU_ASSERT_EQUAL(options.keep_size, 2ull << 30);
	CU_ASSERT_STRING_EQUAL(options.config, "/etc/x");
	CU_ASSERT_STRING_EQUAL(options.include.text, "a,b");
	CU_ASSERT_STRING_EQUAL(options.exclude.text, "c");
	CU_ASSERT_STRING_EQUAL(options.problem, "");
	parse("quiet:portable:quiet=no:portable=yes");
	CU_ASSERT_TRUE(options.portable);
	CU_ASSERT_FALSE(options.quiet);
}

static void check_budget(const char *text, uint32_t ppm)
{
	parse(text);
	CU_ASSERT_EQUAL(options.budget_ppm, ppm);
	CU_ASSERT_STRING_EQUAL(options.problem, "");
}

static void the_budget_is_a_share_of_a_processor(void)
{
	static const char *const bad[] = {"budget=", "budget=%", "budget=.5", "budget=1.2.3",
		"budget=101%", "budget=-1", "budget=1x", "budget=0.00001", "budget=99999999999"};

	check_budget("mode=check", 0);
	check_budget("budget=1%:mode=prod", 10000);
	check_budget("mode=prod:budget=0.25%", 2500);
	check_budget("budget=100", 1000000);
	check_budget("budget=0.0001%", 1);
	check_budget("budget=0%:mode=prod", 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		parse(bad[i]);
		CU_ASSERT_EQUAL(options.budget_ppm, 0);
		CU_ASSERT_NOT_EQUAL(options.problem[0], '\0');
	}
	parse("stack-depth=9:mode=prod");
	CU_ASSERT_EQUAL(options.stack_depth, 9);
}

static void production_takes_less_memory_unless_told(void)
{
	parse("mode=prod");
	CU_ASSERT_EQUAL(options.memory, LDL_ARENA_PROD);
	CU_ASSERT_EQUAL(options.stack_depth, LDL_STACK_SHORT);
	CU_ASSERT_EQUAL(options.budget_ppm, LDL_BUDGET_PPM);
	parse("memory=32M:mode=prod");
	CU_ASSERT_EQUAL(options.memory, 32u << 20);
	CU_ASSERT_TRUE(options.prod);
}

static void sizes_have_units(void)
{
	parse("memory=2048K");
	CU_ASSERT_EQUAL(options.memory, 2048u << 10);
	parse("memory=1g");
	CU_ASSERT_EQUAL(options.memory, 1u << 30);
	parse("memory=1048576");
	CU_ASSERT_EQUAL(options.memory, 1u << 20);
	CU_ASSERT_STRING_EQUAL(options.problem, "");
}

/* One bad word must cost no more than itself. */
static void check_left_out(const char *word)
{
	char text[2048];

	snprintf(text, sizeof(text), "quiet:%s:portable", word);
	parse(text);
	CU_ASSERT_TRUE(options.quiet && options.portable);
	CU_ASSERT_FALSE(options.prod || options.off);
	CU_ASSERT_EQUAL(options.memory, LDL_ARENA_CHECK);
	CU_ASSERT_EQUAL(options.class_depth, LDL_CLASS_DEPTH);
	CU_ASSERT_EQUAL(options.stack_depth, LDL_STACK_DEFAULT);
	CU_ASSERT_STRING_EQUAL(options.out, "");
	CU_ASSERT_PTR_NOT_NULL(strstr(options.problem, "LOCKDEP_LITE"));
	CU_ASSERT_PTR_NULL(strchr(options.problem, '\n'));
}

static void words_that_make_no_sense_are_left_out_and_named(void)
{
	static const char *const words[] = {"loud", "mode=wild", "mode=", "memory=", "memory=1",
		"memory=2G", "memory=64X", "memory=64MM", "memory=-1", "memory= 64M",
		"memory=99999999999999999999999", "class-depth=0", "class-depth=9",
		"class-depth=81", "keep=", "keep=-1", "keep=5000000000", "keep=all",
		"keep-size=2000000G", "keep-size=18446744073709551616G", "keep-size=1T",
		"class-depth=two", "stack-depth=33", "out=", "=", "quiet=1", "Quiet"};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		check_left_out(words[i]);
		CU_ASSERT_PTR_NOT_NULL(strstr(options.problem, words[i]));
	}
}

static void a_bad_word_does_not_undo_a_good_one(void)
{
	parse("mode=prod:mode=wild");
	CU_ASSERT_TRUE(options.prod);
	parse("memory=8M:memory=8Q");
	CU_ASSERT_EQUAL(options.memory, 8u << 20);
	parse("loud:louder");
	CU_ASSERT_PTR_NOT_NULL(strstr(options.problem, "'loud'"));
}

static void a_path_that_is_too_long_is_left_out(void)
{
	char word[LDL_OPTIONS_PATH_MAX + 64];

	memset(word, 'x', sizeof(word));
	memcpy(word, "out=", 4);
	word[sizeof(word) - 1] = '\0';
	check_left_out(word);
	word[4 + LDL_OPTIONS_PATH_MAX - 1] = '\0';
	parse(word);
	CU_ASSERT_EQUAL(strlen(options.out), LDL_OPTIONS_PATH_MAX - 1);
}

static void empty_words_are_nothing(void)
{
	parse("::quiet::");
	CU_ASSERT_TRUE(options.quiet);
	CU_ASSERT_STRING_EQUAL(options.problem, "");
}

static void no_text_breaks_the_parser(void)
{
	static const char letters[] =
		"mode=prodcheckquiet:::memory=64M===out%class-depth019\x80\xff ";
	struct ldl_random random = ldl_random_make(0x6f7074);
	unsigned int round, i;
	char text[96];

	for (round = 0; round < 5000; round++) {
		unsigned int len = ldl_random_below(&random, sizeof(text));

		for (i = 0; i < len; i++)
			text[i] = letters[ldl_random_below(&random, sizeof(letters) - 1)];
		text[len] = '\0';
		parse(text);
		CU_ASSERT_TRUE(options.memory >= LDL_ARENA_MIN && options.memory <= LDL_ARENA_MAX);
		CU_ASSERT_TRUE(
			options.class_depth >= 1 && options.class_depth <= LDL_CLASS_DEPTH_MAX);
		CU_ASSERT_TRUE(options.stack_depth >= 1 && options.stack_depth <= LDL_STACK_MAX);
	}
}

static void the_environment_is_read_by_name(void)
{
	CU_ASSERT_STRING_EQUAL(ldl_options_text(), getenv("LOCKDEP_LITE"));
}

static void a_pattern_becomes_a_file_name(void)
{
	char path[256], host[128], expected[256];

	CU_ASSERT_TRUE(
		ldl_options_expand(path, sizeof(path), "/run/%e.%p.%n.ldl", "prog", 4711, 3));
	CU_ASSERT_STRING_EQUAL(path, "/run/prog.4711.3.ldl");
	CU_ASSERT_TRUE(ldl_options_expand(path, sizeof(path), "%%e-%z%", "prog", 1, 0));
	CU_ASSERT_STRING_EQUAL(path, "%e-%z%");
	gethostname(host, sizeof(host));
	snprintf(expected, sizeof(expected), "on-%s", host);
	CU_ASSERT_TRUE(ldl_options_expand(path, sizeof(path), "on-%h", "prog", 1, 0));
	CU_ASSERT_STRING_EQUAL(path, expected);
	CU_ASSERT_TRUE(ldl_options_expand(path, sizeof(path), "%t", "prog", 1, 0));
	CU_ASSERT_TRUE(strtoul(path, NULL, 10) > 1600000000);
}

static void what_is_filled_in_cannot_leave_the_directory(void)
{
	char path[256];

	setenv("LDL_UNIT_VARIABLE", "../../etc/passwd", 1);
	CU_ASSERT_TRUE(ldl_options_expand(
		path, sizeof(path), "/tmp/%e/%q{LDL_UNIT_VARIABLE}.ldl", "a/b", 1, 0));
	CU_ASSERT_STRING_EQUAL(path, "/tmp/a_b/.._.._etc_passwd.ldl");
	unsetenv("LDL_UNIT_VARIABLE");
	CU_ASSERT_TRUE(
		ldl_options_expand(path, sizeof(path), "<%q{LDL_UNIT_VARIABLE}>", "a", 1, 0));
	CU_ASSERT_STRING_EQUAL(path, "<>");
}

static void a_name_that_does_not_fit_is_refused(void)
{
	char path[16];

	CU_ASSERT_FALSE(ldl_options_expand(path, sizeof(path), "/a/long/directory/%p", "p", 1, 0));
	CU_ASSERT_FALSE(ldl_options_expand(path, sizeof(path), "/%e", "a-long-program-name", 1, 0));
	CU_ASSERT_FALSE(ldl_options_expand(path, sizeof(path), "/tmp/abcdef.%p", "p", 123456, 0));
	CU_ASSERT_TRUE(ldl_options_expand(path, sizeof(path), "/tmp/%e", "short", 1, 0));
}

LDL_SUITE(options)
{
	LDL_TEST(nothing_said_means_the_defaults_of_check);
	LDL_TEST(every_word_is_understood);
	LDL_TEST(the_budget_is_a_share_of_a_processor);
	LDL_TEST(production_takes_less_memory_unless_told);
	LDL_TEST(sizes_have_units);
	LDL_TEST(words_that_make_no_sense_are_left_out_and_named);
	LDL_TEST(a_bad_word_does_not_undo_a_good_one);
	LDL_TEST(a_path_that_is_too_long_is_left_out);
	LDL_TEST(empty_words_are_nothing);
	LDL_TEST(no_text_breaks_the_parser);
	LDL_TEST(the_environment_is_read_by_name);
	LDL_TEST(a_pattern_becomes_a_file_name);
	LDL_TEST(what_is_filled_in_cannot_leave_the_directory);
	LDL_TEST(a_name_that_does_not_fit_is_refused);
}
