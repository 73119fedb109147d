/* How test cases come into the unit runner: each file lists its own, there is no central table.
 *
 * A file tests/unit/test_NAME.c (any name; the Makefile takes all of them) holds static test
 * functions `static void a_rule_as_a_sentence(void)` that use CUnit's assertions, and at its end
 *
 *	LDL_SUITE(name)
 *	{
 *		LDL_TEST(a_rule_as_a_sentence);
 *		LDL_TEST(its_silent_twin);
 *	}
 *
 * That is all: the suite links itself into a list before main() and the runner sorts it by name.
 * `name` is a C identifier, used once. The runner calls ldl_reset() before each test, so a test
 * meets an empty engine. Random tests take their numbers from random.h, whose seed the runner
 * prints; a test that cannot run here says why with ldl_skip() and returns. */
#ifndef LDL_TEST_SUITE_H
#define LDL_TEST_SUITE_H

#include <CUnit/CUnit.h>

struct ldl_suite {
	const char *name;
	void (*add_tests)(CU_pSuite suite);
	struct ldl_suite *next;
};

/* For LDL_SUITE() and the runner. */
void ldl_suite_link(struct ldl_suite *suite);
struct ldl_suite *ldl_suite_list(void);

/* Says on the output that (a part of) the running test was left out, and counts it. */
void ldl_skip(const char *why);
unsigned int ldl_skip_count(void);

#define LDL_SUITE(id)                                                                              \
	static void ldl_suite_tests_##id(CU_pSuite suite);                                         \
	static struct ldl_suite ldl_suite_##id = {#id, ldl_suite_tests_##id, NULL};                \
	__attribute__((constructor)) static void ldl_suite_link_##id(void)                         \
	{                                                                                          \
		ldl_suite_link(&ldl_suite_##id);                                                   \
	}                                                                                          \
	static void ldl_suite_tests_##id(CU_pSuite suite)

#define LDL_TEST(function)                                                                         \
	do {                                                                                       \
		if (!CU_add_test(suite, #function, function))                                      \
			CU_set_error(CUE_NOTEST);                                                  \
	} while (0)

#endif
