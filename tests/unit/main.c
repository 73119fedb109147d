/* The unit runner: takes every suite that linked itself in, prints CUnit's summary and the seed. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <CUnit/Basic.h>
#include <lockdep_lite.h>
#include "tests/support/random.h"
#include "tests/support/scenario.h"
#include "tests/support/suite.h"

/* The engine reads its options before main(), so the runner starts itself anew with these. */
#define RUNNER_OPTIONS "mode=check:quiet:memory=16M"

struct runner_options {
	const char *suite; /* NULL: all */
	const char *test;
	bool list;
};

static const char usage[] =
	"usage: unit [--seed=N] [--effort=N] [--soak] [--suite=NAME] [--test=NAME] [--list]\n";

static struct ldl_suite *suites;
static unsigned int skips;

void ldl_suite_link(struct ldl_suite *suite)
{
	struct ldl_suite **place = &suites;

	while (*place && strcmp((*place)->name, suite->name) < 0)
		place = &(*place)->next;
	suite->next = *place;
	*place = suite;
}

struct ldl_suite *ldl_suite_list(void)
{
	return suites;
}

void ldl_skip(const char *why)
{
	skips++;
	printf("SKIPPED: %s ", why);
}

unsigned int ldl_skip_count(void)
{
	return skips;
}

static void reset_engine(void)
{
	ldl_reset();
}

static bool add_suites(const char *only)
{
	struct ldl_suite *suite;

	for (suite = ldl_suite_list(); suite; suite = suite->next) {
		CU_pSuite added;

		if (only && strcmp(only, suite->name))
			continue;
		added = CU_add_suite_with_setup_and_teardown(
			suite->name, NULL, NULL, reset_engine, NULL);
		if (!added)
			return false;
		suite->add_tests(added);
	}
	return CU_get_error() == CUE_SUCCESS;
}

static void list_tests(void)
{
	CU_pSuite suite;
	CU_pTest test;

	for (suite = CU_get_registry()->pSuite; suite; suite = suite->pNext)
		for (test = suite->pTest; test; test = test->pNext)
			printf("%s %s\n", suite->pName, test->pName);
}

/* Leaves only the test of this name active. False: there is none. */
static bool choose_test(const char *name)
{
	bool found = false;
	CU_pSuite suite;
	CU_pTest test;

	for (suite = CU_get_registry()->pSuite; suite; suite = suite->pNext) {
		for (test = suite->pTest; test; test = test->pNext) {
			test->fActive = !strcmp(test->pName, name);
			found |= test->fActive;
		}
	}
	CU_set_fail_on_inactive(CU_FALSE);
	return found;
}

static bool read_options(struct runner_options *options, int argc, char **argv)
{
	static const struct option known[] = {
		{"seed", required_argument, NULL, 's'},
		{"effort", required_argument, NULL, 'e'},
		{"soak", no_argument, NULL, 'k'},
		{"suite", required_argument, NULL, 'u'},
		{"test", required_argument, NULL, 't'},
		{"list", no_argument, NULL, 'l'},
		{NULL, 0, NULL, 0},
	};
	unsigned int effort = 1;
	bool soak = false;
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 's':
			ldl_random_set_seed(strtoull(optarg, NULL, 0));
			break;
		case 'e':
			effort = (unsigned int)strtoul(optarg, NULL, 0);
			break;
		case 'k':
			soak = true;
			break;
		case 'u':
			options->suite = optarg;
			break;
		case 't':
			options->test = optarg;
			break;
		case 'l':
			options->list = true;
			break;
		default:
			return false;
		}
	}
	ldl_random_set_effort(effort, soak);
	return optind == argc;
}

static int run(const struct runner_options *options)
{
	unsigned int failed;

	if (CU_initialize_registry() != CUE_SUCCESS || !add_suites(options->suite) ||
		(options->test && !choose_test(options->test))) {
		fprintf(stderr, "unit: cannot register the tests: %s\n", CU_get_error_msg());
		return 2;
	}
	if (options->list) {
		list_tests();
		return 0;
	}
	printf("seed %llu (repeat with --seed=)\n", (unsigned long long)ldl_random_seed());
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	ldl_scenario_stop();
	failed = CU_get_number_of_tests_failed() + CU_get_number_of_suites_failed();
	printf("unit: %u tests, %u failed, %u skipped, seed %llu\n", CU_get_number_of_tests_run(),
		failed, ldl_skip_count(), (unsigned long long)ldl_random_seed());
	if (!CU_get_number_of_tests_run()) {
		fprintf(stderr, "unit: no test ran\n");
		failed = 1;
	}
	CU_cleanup_registry();
	return failed != 0;
}

int main(int argc, char **argv)
{
	struct runner_options options = {NULL, NULL, false};
	const char *set = getenv("LOCKDEP_LITE");

	if (!set || strcmp(set, RUNNER_OPTIONS)) {
		setenv("LOCKDEP_LITE", RUNNER_OPTIONS, 1);
		execv("/proc/self/exe", argv);
		perror("unit: cannot start anew with the engine's options");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	ldl_random_set_seed((uint64_t)time(NULL) * 1000003u + (uint64_t)getpid());
	if (!read_options(&options, argc, argv)) {
		fputs(usage, stderr);
		return 2;
	}
	return run(&options);
}
