/* core/config: the lines of a config file, how the variable wins over them, and which files are
 * listened to. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/config.h"
#include "core/limits.h"
#include "tests/support/random.h"
#include "tests/support/suite.h"

static struct ldl_options options;

static void parse(const char *text)
{
	ldl_options_begin(&options);
	ldl_config_parse(&options, text, strlen(text), "/etc/x.conf");
	ldl_options_end(&options);
}

static void lines_say_what_words_say(void)
{
	parse("mode=prod\nout=/tmp/%e:%p.ldl\nmemory=8M\nclass-depth=5\nstack-depth=32\nportable\n"
	      "quiet\nno-children\nkeep=7\nkeep-size=3G");
	CU_ASSERT_TRUE(options.prod && options.portable && options.quiet && options.no_children);
	CU_ASSERT_STRING_EQUAL(options.out, "/tmp/%e:%p.ldl");
	CU_ASSERT_EQUAL(options.memory, 8u << 20);
	CU_ASSERT_EQUAL(options.class_depth, 5);
	CU_ASSERT_EQUAL(options.stack_depth, 32);
	CU_ASSERT_EQUAL(options.keep, 7);
	CU_ASSERT_EQUAL(options.keep_size, 3ull << 30);
	CU_ASSERT_STRING_EQUAL(options.problem, "");
}

static void blanks_comments_and_empty_lines_are_nothing(void)
{
	parse("# a comment\n\n   \t\n  mode = prod  # left on\r\n\tquiet\t\n#portable\nout=/a#b");
	CU_ASSERT_TRUE(options.prod && options.quiet);
	CU_ASSERT_FALSE(options.portable);
	CU_ASSERT_STRING_EQUAL(options.out, "/a#b");
	CU_ASSERT_STRING_EQUAL(options.problem, "");
	parse("");
	CU_ASSERT_STRING_EQUAL(options.problem, "");
}

static void a_bad_line_costs_itself_and_is_named_with_its_number(void)
{
	parse("quiet\n\nloud # very\nportable\nmemory=1\n");
	CU_ASSERT_TRUE(options.quiet && options.portable);
	CU_ASSERT_EQUAL(options.memory, LDL_ARENA_CHECK);
	CU_ASSERT_PTR_NOT_NULL(strstr(options.problem, "'loud': /etc/x.conf:3: "));
	CU_ASSERT_PTR_NULL(strchr(options.problem, '\n'));
	parse("config=/etc/other.conf\nquiet");
	CU_ASSERT_TRUE(options.quiet);
	CU_ASSERT_FALSE(options.has_config);
	CU_ASSERT_PTR_NOT_NULL(strstr(options.problem, "x.conf:1: "));
}

static void the_variable_wins_over_the_file(void)
{
	parse("mode=prod\nmemory=8M\nquiet\nexclude=a,b\ninclude=c\ninclude=d\nkeep=5");
	CU_ASSERT_STRING_EQUAL(options.include.text, "c,d");
	ldl_options_words(&options, "mode=check:quiet=no:exclude=x:exclude=y:keep=0");
	CU_ASSERT_FALSE(options.prod || options.quiet);
	CU_ASSERT_EQUAL(options.memory, 8u << 20);
	CU_ASSERT_EQUAL(options.keep, 0);
	/* A list that it names replaces the file's; one that it does not stays. */
	CU_ASSERT_STRING_EQUAL(options.exclude.text, "x,y");
	CU_ASSERT_STRING_EQUAL(options.include.text, "c,d");
	ldl_options_words(&options, "include=");
	CU_ASSERT_STRING_EQUAL(options.include.text, "");
}

static void a_list_that_is_too_long_is_named(void)
{
	char text[4096];

	memset(text, 'x', sizeof(text));
	memcpy(text, "exclude=", 8);
	text[8 + LDL_OPTIONS_LIST_MAX] = '\0';
	parse(text);
	CU_ASSERT_STRING_EQUAL(options.exclude.text, "");
	CU_ASSERT_PTR_NOT_NULL(strstr(options.problem, "x.conf:1: "));
	text[8 + LDL_OPTIONS_LIST_MAX - 2] = '\0';
	parse(text);
	CU_ASSERT_EQUAL(strlen(options.exclude.text), LDL_OPTIONS_LIST_MAX - 2);
	CU_ASSERT_STRING_EQUAL(options.problem, "");
}

static void no_bytes_break_the_parser(void)
{
	static const char letters[] =
		"mode=prodquiet\n\n#= \t\rexclude,include*memory64M:config\x80%";
	struct ldl_random random = ldl_random_make(0x636f6e66);
	char text[128];

	for (unsigned int round = 0; round < 5000; round++) {
		unsigned int len = ldl_random_below(&random, sizeof(text));

		for (unsigned int i = 0; i < len; i++)
			text[i] = letters[ldl_random_below(&random, sizeof(letters))];
		ldl_options_begin(&options);
		ldl_config_parse(&options, text, len, "x");
		ldl_options_end(&options);
		CU_ASSERT_TRUE(options.memory >= LDL_ARENA_MIN && options.memory <= LDL_ARENA_MAX);
		CU_ASSERT_FALSE(options.has_config);
	}
}

static char file[] = "/tmp/ldl-config-XXXXXX";
static char *variable_before;

static void begin_file(const char *text, size_t len, mode_t mode)
{
	char variable[128];
	int fd;

	strcpy(file, "/tmp/ldl-config-XXXXXX");
	fd = mkstemp(file);
	CU_ASSERT_FATAL(fd >= 0 && write(fd, text, len) == (ssize_t)len && fchmod(fd, mode) == 0);
	close(fd);
	variable_before = strdup(getenv("LOCKDEP_LITE") ? getenv("LOCKDEP_LITE") : "");
	snprintf(variable, sizeof(variable), "portable:config=%s:mode=check", file);
	setenv("LOCKDEP_LITE", variable, 1);
}

static void end_file(void)
{
	setenv("LOCKDEP_LITE", variable_before, 1);
	free(variable_before);
	unlink(file);
}

/* The variable's own words count, whatever becomes of the file. */
static void load(void)
{
	ldl_config_load(&options);
	CU_ASSERT_TRUE(options.portable);
	CU_ASSERT_FALSE(options.prod);
}

static void the_file_that_the_variable_names_is_read(void)
{
	begin_file("mode=prod\nquiet\n", 16, 0600);
	load();
	CU_ASSERT_TRUE(options.quiet);
	CU_ASSERT_STRING_EQUAL(options.config, file);
	CU_ASSERT_STRING_EQUAL(options.problem, "");
	end_file();
}

static void check_refused(const char *why)
{
	load();
	CU_ASSERT_FALSE(options.quiet);
	CU_ASSERT_STRING_EQUAL(options.config, "");
	CU_ASSERT_PTR_NOT_NULL(strstr(options.problem, file));
	CU_ASSERT_PTR_NOT_NULL(strstr(options.problem, why));
	CU_ASSERT_PTR_NULL(strchr(options.problem, '\n'));
}

static void a_file_that_others_may_write_is_refused(void)
{
	static const mode_t modes[] = {0620, 0602, 0666};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		begin_file("quiet\n", 6, modes[i]);
		check_refused("others may write");
		end_file();
	}
}

static void a_file_that_is_none_is_refused(void)
{
	begin_file("quiet\n", 6, 0600);
	unlink(file);
	check_refused("not there");
	CU_ASSERT_EQUAL(mkdir(file, 0700), 0);
	check_refused("no regular file");
	rmdir(file);
	CU_ASSERT_EQUAL(mkfifo(file, 0600), 0);
	check_refused("no regular file"); /* at once: nobody ever writes into it */
	end_file();
}

static void a_file_that_is_too_large_is_refused(void)
{
	static char text[LDL_CONFIG_MAX + 1];

	memset(text, '\n', sizeof(text));
	memcpy(text, "quiet", 5);
	begin_file(text, sizeof(text), 0600);
	check_refused("too large");
	end_file();
	begin_file(text, sizeof(text) - 1, 0600);
	load();
	CU_ASSERT_TRUE(options.quiet);
	end_file();
}

static void another_users_file_is_refused(void)
{
	if (geteuid() != 0) {
		ldl_skip("only root can give a file away");
		return;
	}
	begin_file("quiet\n", 6, 0644);
	CU_ASSERT_EQUAL(chown(file, 65534, 65534), 0);
	check_refused("another user");
	end_file();
}

static void an_empty_name_means_no_file(void)
{
	begin_file("", 0, 0600);
	setenv("LOCKDEP_LITE", "portable:config=", 1);
	load();
	CU_ASSERT_STRING_EQUAL(options.config, "");
	CU_ASSERT_STRING_EQUAL(options.problem, "");
	end_file();
}

LDL_SUITE(config)
{
	LDL_TEST(lines_say_what_words_say);
	LDL_TEST(blanks_comments_and_empty_lines_are_nothing);
	LDL_TEST(a_bad_line_costs_itself_and_is_named_with_its_number);
	LDL_TEST(the_variable_wins_over_the_file);
	LDL_TEST(a_list_that_is_too_long_is_named);
	LDL_TEST(no_bytes_break_the_parser);
	LDL_TEST(the_file_that_the_variable_names_is_read);
	LDL_TEST(a_file_that_others_may_write_is_refused);
	LDL_TEST(a_file_that_is_none_is_refused);
	LDL_TEST(a_file_that_is_too_large_is_refused);
	LDL_TEST(another_users_file_is_refused);
	LDL_TEST(an_empty_name_means_no_file);
}
