/* Runs the locking self-test and prints it as the kernel's table:
 *
 *	selftest             all cases, the table, what is not as expected, and a summary
 *	selftest --list      one case a line: its name, and S (silent) or F (reported)
 *	selftest --case=NAME that case alone, with the reports of what it finds
 *
 * Exit status: 0 when all is as expected, 1 when not, 2 for a wrong command line. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <lockdep_lite.h>
#include "tests/selftest/selftest.h"
#include "tests/selftest/ww.h"

/* The engine reads its options before main(), so the program starts itself anew with these. */
#define OPTIONS_OF_ALL "mode=check:quiet:memory=16M"
#define OPTIONS_OF_ONE "mode=check:memory=16M"

#define NAME_WIDTH 42

/* The kernel's cases: a case that is lost must show. */
#define CASES_SILENT   144
#define CASES_REPORTED 250

struct tally {
	unsigned int good, silent, reported;
};

/* The first call of the running case that returned what it must not. */
static const char *broken_promise;

/* What is not as expected, printed after the table. */
static char failures[512][640];
static unsigned int failure_count;

void selftest_require(bool is_so, const char *what)
{
	if (!is_so && !broken_promise)
		broken_promise = what;
}

static const char *run_case(const struct selftest_case *it)
{
	const char *wrong;
	unsigned int i;

	lockdep_reset();
	selftest_init_locks();
	selftest_init_ww();
	broken_promise = NULL;
	force_read_lock_recursive = !selftest_section_is_fair(it->section);
	for (i = 0; i < 3 && it->events[i]; i++)
		it->events[i](&it->variant);
	wrong = selftest_judge(it);
	selftest_end_ww();
	return broken_promise ? broken_promise : wrong;
}

static bool check_case(const struct selftest_case *it, struct tally *tally)
{
	const char *wrong = run_case(it);

	if (it->rules)
		tally->reported++;
	else
		tally->silent++;
	if (!wrong) {
		tally->good++;
		return true;
	}
	snprintf(failures[failure_count], sizeof(failures[0]), "%s: %s", it->name, wrong);
	failure_count++;
	return false;
}

static void print_section(int section)
{
	const char *const *column = selftest_section_columns(section);

	printf("\n\n%*s |", NAME_WIDTH, selftest_section_title(section));
	for (; *column; column++)
		printf("%7s|", *column);
}

/* The table so far ends in column `from` of a line. */
static void print_cell(const struct selftest_case *it, int from, bool is_good)
{
	for (; from < it->column; from++)
		printf("%7s|", "");
	printf(" %s|", is_good ? "  ok  " : "FAILED");
}

static void run_table(const struct selftest_case *cases, unsigned int count, struct tally *kernels,
	struct tally *beyond)
{
	const struct selftest_case *last = NULL;
	unsigned int i;

	printf("Locking self-test. ok: silent where it is due, reported where that is due.");
	for (i = 0; i < count; i++) {
		const struct selftest_case *it = &cases[i];
		bool is_new_line =
			!last || last->section != it->section || strcmp(last->line, it->line) != 0;

		if (!last || last->section != it->section)
			print_section(it->section);
		if (is_new_line)
			printf("\n%*s |", NAME_WIDTH, it->line);
		print_cell(it, is_new_line ? 0 : last->column + 1,
			check_case(it, it->is_beyond ? beyond : kernels));
		last = it;
	}
	putchar('\n');
}

static int run_all(const struct selftest_case *cases, unsigned int count)
{
	struct tally kernels = {0}, beyond = {0};
	bool is_whole;
	unsigned int i;

	run_table(cases, count, &kernels, &beyond);
	is_whole = kernels.silent == CASES_SILENT && kernels.reported == CASES_REPORTED;
	printf("\n%u cases must be silent, %u must be reported%s\n", kernels.silent,
		kernels.reported, is_whole ? "" : ": NOT THE KERNEL'S NUMBERS");
	for (i = 0; i < failure_count; i++)
		printf("NOT AS EXPECTED: %s\n", failures[i]);
	printf("good: %u of %u, and %u of %u beyond\n", kernels.good, CASES_SILENT + CASES_REPORTED,
		beyond.good, beyond.silent + beyond.reported);
	printf("%u passed, %u failed, 0 skipped\n", kernels.good + beyond.good,
		failure_count + !is_whole);
	return failure_count || !is_whole;
}

static int run_one(const struct selftest_case *cases, unsigned int count, const char *name)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (!strcmp(cases[i].name, name)) {
			const char *wrong = run_case(&cases[i]);

			printf("%s: %s\n", name, wrong ? wrong : "as expected");
			return wrong != NULL;
		}
	}
	fprintf(stderr, "selftest: there is no case \"%s\" (see --list)\n", name);
	return 2;
}

static int list(const struct selftest_case *cases, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		printf("%s %s%s\n", cases[i].name, cases[i].rules ? "F" : "S",
			cases[i].is_beyond ? " beyond" : "");
	return 0;
}

static void start_anew_with(const char *options, char **argv)
{
	const char *set = getenv("LOCKDEP_LITE");

	if (set && !strcmp(set, options))
		return;
	setenv("LOCKDEP_LITE", options, 1);
	execv("/proc/self/exe", argv);
	perror("selftest: cannot start anew with the engine's options");
	exit(2);
}

int main(int argc, char **argv)
{
	static const struct option known[] = {
		{"list", no_argument, NULL, 'l'},
		{"case", required_argument, NULL, 'c'},
		{NULL, 0, NULL, 0},
	};
	const struct selftest_case *cases;
	const char *name = NULL;
	bool is_list = false;
	unsigned int count;
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c != 'l' && c != 'c')
			return 2;
		is_list |= c == 'l';
		name = c == 'c' ? optarg : name;
	}
	selftest_add_all();
	cases = selftest_cases(&count);
	if (is_list)
		return list(cases, count);
	start_anew_with(name ? OPTIONS_OF_ONE : OPTIONS_OF_ALL, argv);
	lockdep_no_block = 1;
	return name ? run_one(cases, count, name) : run_all(cases, count);
}
