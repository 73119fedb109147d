/* viz/suppress: which lines are understood, what is said of those that are not, what fits what. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tests/support/sample_arena.h"
#include "tests/support/suite.h"
#include "viz/filter.h"
#include "viz/suppress.h"

static char folder[] = "/tmp/ldl-suppress-XXXXXX";
static char arena_path[64], list_path[64], error[400];
static struct viz_run *run;

static void write_list(const char *text)
{
	FILE *file = fopen(list_path, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	fputs(text, file);
	fclose(file);
}

static void begin(void)
{
	struct ldl_arena sample;
	FILE *file;

	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	snprintf(arena_path, sizeof(arena_path), "%s/sample.ldl", folder);
	snprintf(list_path, sizeof(list_path), "%s/list", folder);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ldl_sample_make(&sample));
	file = fopen(arena_path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT_EQUAL(fwrite(sample.base, LDL_SAMPLE_SIZE, 1, file), 1);
	fclose(file);
	free(sample.base);
	CU_ASSERT_EQUAL_FATAL(viz_run_open(&run, arena_path, error, sizeof(error)), LDL_OK);
}

static void end(void)
{
	viz_run_close(run);
	unlink(list_path);
	unlink(arena_path);
	CU_ASSERT_EQUAL(rmdir(folder), 0);
}

/* How many of the sample's two findings these suppressions hide. */
static size_t hides(const char *text)
{
	struct viz_filter *filter = NULL;
	size_t hidden, shown;

	write_list(text);
	if (!viz_filter_suppress(&filter, list_path, error, sizeof(error))) {
		printf("refused: %s ", error);
		CU_FAIL("a good list was refused");
		viz_filter_free(filter);
		return 99;
	}
	viz_run_set_filter(run, filter);
	hidden = viz_run_hidden(run, VIZ_FATE_SUPPRESSED);
	viz_run_findings(run, &shown);
	CU_ASSERT_EQUAL(hidden + shown, 2);
	CU_ASSERT_EQUAL(viz_run_finding_count(run, LDL_SEVERITY_ERROR), shown);
	viz_run_set_filter(run, NULL);
	viz_filter_free(filter);
	return hidden;
}

/* The list is refused for what it says in `line`, in these words. */
static void refuses(const char *text, unsigned int line, const char *what)
{
	struct viz_suppressions list = {0};
	char start[200];

	write_list(text);
	CU_ASSERT_FALSE(viz_suppressions_read(&list, list_path, error, sizeof(error)));
	snprintf(start, sizeof(start), "%s: %s:%u: ", what, list_path, line);
	if (strncmp(error, start, strlen(start)) != 0 || strchr(error, '\n')) {
		printf("said: %s ", error);
		CU_FAIL("another complaint was expected");
	}
	viz_suppressions_free(&list);
}

static void one_line_hides_what_has_the_pattern_anywhere(void)
{
	begin();
	CU_ASSERT_EQUAL(hides(""), 0);
	CU_ASSERT_EQUAL(hides("# nothing\n\n  \t\n"), 0);
	CU_ASSERT_EQUAL(hides("any:*"), 2);
	CU_ASSERT_EQUAL(hides("any:sample\n"), 2);
	CU_ASSERT_EQUAL(hides("any:/usr/bin/sample\n"), 2);
	CU_ASSERT_EQUAL(hides("any:sampl\n"), 0);
	CU_ASSERT_EQUAL(hides("any:samp?e\n"), 2);
	CU_ASSERT_EQUAL(hides("any:/usr/*\n"), 2);
	CU_ASSERT_EQUAL(hides("any:sample+0x1100\n"), 2);
	CU_ASSERT_EQUAL(hides("any:sample+0x1200\n"), 1);
	end();
}

static void kinds_and_rules_keep_suppressions_apart(void)
{
	begin();
	CU_ASSERT_EQUAL(hides("deadlock:*\n"), 1); /* not the misuse */
	CU_ASSERT_EQUAL(hides("lock-order:*\r\n"), 1);
	CU_ASSERT_EQUAL(hides("  misuse : *  \n"), 1);
	CU_ASSERT_EQUAL(hides("reclaim:*\n"), 0);
	CU_ASSERT_EQUAL(hides("L1:*\n"), 1);
	CU_ASSERT_EQUAL(hides("L6:*\n"), 1);
	CU_ASSERT_EQUAL(hides("L2:*\n"), 0);
	CU_ASSERT_EQUAL(hides("L1:*\nL6:*\n"), 2);
	end();
}

static void an_id_hides_one_finding(void)
{
	const struct ldl_finding *cycle;
	char text[64];

	begin();
	cycle = ldl_snapshot_finding(viz_run_snapshot(run), LDL_SAMPLE_CYCLE);
	snprintf(text, sizeof(text), "id:%016llx\n", (unsigned long long)cycle->id);
	CU_ASSERT_EQUAL(hides(text), 1);
	snprintf(text, sizeof(text), "id:%016llx\n", (unsigned long long)cycle->id ^ 1);
	CU_ASSERT_EQUAL(hides(text), 0);
	end();
}

#define BLOCK(kind, lines) "{\n name\n " kind "\n" lines "}\n"

static void a_block_hides_what_has_its_stacks_and_locks(void)
{
	begin();
	CU_ASSERT_EQUAL(hides(BLOCK("any", "obj:sample\n")), 2);
	CU_ASSERT_EQUAL(hides(BLOCK("any", "obj:*/sample\nobj:sample\nobj:sample\n")), 2);
	CU_ASSERT_EQUAL(hides(BLOCK("any", "obj:*\nobj:*\nobj:*\nobj:*\n")), 0); /* too deep */
	CU_ASSERT_EQUAL(hides(BLOCK("any", "...\nobj:sample\n")), 2);
	CU_ASSERT_EQUAL(hides(BLOCK("any", "...\nobj:libc.so.6\n")), 0);
	CU_ASSERT_EQUAL(hides(BLOCK("any", "obj:sample\n--\nobj:sample\n")), 2);
	CU_ASSERT_EQUAL(hides(BLOCK("any", "obj:sample\n--\nobj:libc.so.6\n")), 0);
	CU_ASSERT_EQUAL(hides(BLOCK("any", "fun:*\n")), 2);
	CU_ASSERT_EQUAL(hides(BLOCK("any", "fun:main\n")), 0);
	CU_ASSERT_EQUAL(hides(BLOCK("any", "src:main.c\n")), 0);
	CU_ASSERT_EQUAL(hides(BLOCK("any", "lock:sample+0x1100\n")), 2);
	CU_ASSERT_EQUAL(hides(BLOCK("L1", "lock:sample+0x1100\n")), 1);
	CU_ASSERT_EQUAL(hides(BLOCK("any", "lock:sample+0x1100\nlock:sample+0x1200\n")), 1);
	CU_ASSERT_EQUAL(hides(BLOCK("any", "lock:no\nobj:sample\n")), 0);
	end();
}

static void a_line_that_makes_no_sense_is_named(void)
{
	begin();
	refuses("any:*\nlock-order\n", 2, "suppression without a pattern");
	refuses("any:\n", 1, "suppression without a pattern");
	refuses("\n#\nlockorder:x\n", 3, "suppression of no known kind");
	refuses("Z9:x\n", 1, "suppression of no known kind");
	refuses("id:12\n", 1, "bad finding id");
	refuses("id:000000000000000g\n", 1, "bad finding id");
	refuses("id:0000000000000000\n", 1, "bad finding id");
	refuses("{\n}\n", 2, "suppression without a kind");
	refuses("{\n name\n}\n", 3, "suppression without a kind");
	refuses("{\n name\n fun:f\n}\n", 3, "suppression of no known kind");
	refuses("any:*\n{\n name\n any\n fun:f\n", 2, "suppression without an end");
	refuses("{", 1, "suppression without an end");
	refuses("{\n name\n any\n}", 4, "suppression of everything");
	refuses("{\n name\n any\n ...\n --\n ...\n}\n", 7, "suppression of everything");
	refuses("{\n name\n any\n fun\n}\n", 4, "line that means nothing in a suppression");
	refuses("{\n name\n any\n fun:\n}\n", 4, "line that means nothing in a suppression");
	refuses("{\n name\n any\n id:x\n}\n", 4, "bad finding id");
	unlink(list_path);
	CU_ASSERT_FALSE(viz_suppressions_read(
		&(struct viz_suppressions){0}, list_path, error, sizeof(error)));
	CU_ASSERT_EQUAL(strncmp(error, "cannot read (No such file or directory): ", 41), 0);
	CU_ASSERT_FALSE(
		viz_suppressions_read(&(struct viz_suppressions){0}, folder, error, sizeof(error)));
	CU_ASSERT_EQUAL(strncmp(error, "cannot read (Is a directory): ", 30), 0);
	end();
}

/* What the filter has to say at the end, after the run was looked at. */
static const char *leftovers(const char *text)
{
	static char said[2000];
	struct viz_filter *filter = NULL;
	FILE *out = fmemopen(said, sizeof(said), "w");

	memset(said, 0, sizeof(said));
	write_list(text);
	CU_ASSERT_TRUE_FATAL(viz_filter_suppress(&filter, list_path, error, sizeof(error)));
	viz_run_set_filter(run, filter);
	viz_filter_leftovers(filter, "> ", out);
	viz_run_set_filter(run, NULL);
	viz_filter_free(filter);
	fclose(out);
	return said;
}

static void what_fits_nothing_is_told(void)
{
	char expected[400];

	begin();
	CU_ASSERT_STRING_EQUAL(leftovers("any:*\nL1:*\n"), "");
	snprintf(expected, sizeof(expected),
		"> unused suppression: %s:2: reclaim:*\n> unused suppression: %s:3: a name\n",
		list_path, list_path);
	CU_ASSERT_STRING_EQUAL(
		leftovers("any:*\nreclaim:*\n{\na name\nany\nfun:nobody\n}\n"), expected);
	end();
}

static void what_is_written_for_a_finding_hides_that_one(void)
{
	static char text[1 << 14];

	begin();
	for (ldl_finding_id id = 1; id <= 2; id++) {
		FILE *out = fmemopen(text, sizeof(text), "w");

		memset(text, 0, sizeof(text));
		viz_suppression_write(out, run, id);
		fclose(out);
		CU_ASSERT_EQUAL(hides(text), 1);
		memcpy(strstr(text, "   id:"), "   # ", 5); /* the stacks alone fit it too */
		CU_ASSERT_EQUAL(hides(text), 1);
	}
	end();
}

LDL_SUITE(suppress)
{
	LDL_TEST(one_line_hides_what_has_the_pattern_anywhere);
	LDL_TEST(kinds_and_rules_keep_suppressions_apart);
	LDL_TEST(an_id_hides_one_finding);
	LDL_TEST(a_block_hides_what_has_its_stacks_and_locks);
	LDL_TEST(a_line_that_makes_no_sense_is_named);
	LDL_TEST(what_fits_nothing_is_told);
	LDL_TEST(what_is_written_for_a_finding_hides_that_one);
}
