/* The order part of the kernel's locking self-test, by its case names, printed as its table. */
#include <stdio.h>
#include <string.h>
#include <lockdep_lite.h>
#include "tests/support/scenario.h"
#include "tests/support/suite.h"

enum column { SPIN, WLOCK, RLOCK, MUTEX, WSEM, RSEM, RTMUTEX, COLUMNS };

/* The seven lock kinds of the table, as this checker sees them. */
static const struct ldl_scenario_kind kinds[COLUMNS] = {
	[SPIN] = {.name = "spin", .mode = LDL_EXCLUSIVE},
	[WLOCK] = {.name = "wlock", .mode = LDL_EXCLUSIVE},
	[RLOCK] = {.name = "rlock", .mode = LDL_SHARED_RECURSIVE},
	[MUTEX] = {.name = "mutex", .mode = LDL_EXCLUSIVE},
	[WSEM] = {.name = "wsem", .mode = LDL_EXCLUSIVE, .flags = LDL_LOCK_FAIR},
	[RSEM] = {.name = "rsem", .mode = LDL_SHARED, .flags = LDL_LOCK_FAIR},
	[RTMUTEX] = {.name = "rtmutex", .mode = LDL_EXCLUSIVE},
};

static unsigned int cases_good, cases_bad;

/* One case: F when `path` is given (then this is the cycle), S when not. */
static void check_case(const char *name, const struct ldl_scenario_kind *kind, const char *text,
	const char *path, enum ldl_rule rule)
{
	const struct ldl_expectation expected = {
		.kind = kind, .silent = !path, .path = path, .rule = path ? rule : LDL_RULE_NONE};
	char label[64];
	bool good;

	snprintf(label, sizeof(label), "%s%s%s", name, kind ? "_" : "", kind ? kind->name : "");
	good = ldl_scenario_check(label, 0, text, &expected);
	printf(" %s|", good ? "  ok  " : "FAILED");
	if (good)
		cases_good++;
	else
		cases_bad++;
}

static void print_title(const char *title)
{
	int column;

	printf("\n%30s |", title);
	for (column = 0; column < COLUMNS; column++)
		printf("%7s|", kinds[column].name);
}

/* A row over all kinds: F with this path and rule, but S for recursive readers. */
static void check_row(const char *name, const char *text, const char *path, enum ldl_rule rule)
{
	int column;

	printf("\n%30s |", name);
	for (column = 0; column < COLUMNS; column++)
		check_case(name, &kinds[column], text, column == RLOCK ? NULL : path, rule);
}

/* A single case with its own modes in the text. */
static void check_single(const char *name, const char *text, const char *path, enum ldl_rule rule)
{
	printf("\n%30s |", name);
	check_case(name, NULL, text, path, rule);
}

static void two_locks_of_one_class(void)
{
	print_title("");
	check_row("AA", "X1 X2", "X", LDL_RULE_SAME_CLASS);
}

static void cycles_of_two_to_four_classes(void)
{
	print_title("");
	check_row("ABBA", "AB, BA", "A -> B -> A", LDL_RULE_ORDER);
	check_row("ABBCCA", "AB, BC, CA", "A -> B -> C -> A", LDL_RULE_ORDER);
	check_row("ABCABC", "AB, CA, BC", "A -> B -> C -> A", LDL_RULE_ORDER);
	check_row("ABBCCDDA", "AB, BC, CD, DA", "A -> B -> C -> D -> A", LDL_RULE_ORDER);
	check_row("ABCDBDDA", "AB, CD, BD, DA", "A -> B -> D -> A", LDL_RULE_ORDER);
	check_row("ABCDBCDA", "AB, CD, BC, DA", "A -> B -> C -> D -> A", LDL_RULE_ORDER);
}

static void consistent_orders_are_silent(void)
{
	print_title("(in order)");
	check_row("ABAB", "AB, AB", NULL, 0);
	check_row("ABBCAC", "AB, BC, AC", NULL, 0);
	check_row("ABBCCDAD", "AB, BC, CD, AD, ABCD", NULL, 0);
}

/* Here recursive readers are no exception. */
static void misuse_is_reported_for_every_kind(void)
{
	int column;

	print_title("");
	printf("\n%30s |", "double_unlock");
	for (column = 0; column < COLUMNS; column++)
		check_case("double_unlock", &kinds[column], "A -A -A", "A", LDL_RULE_UNLOCK_UNHELD);
	printf("\n%30s |", "init_held");
	for (column = 0; column < COLUMNS; column++)
		check_case("init_held", &kinds[column], "A init(A)", "A", LDL_RULE_INIT_HELD);
	printf("\n%30s |", "(unlock once)");
	for (column = 0; column < COLUMNS; column++)
		check_case("unlock_once", &kinds[column], "A -A, A", NULL, 0);
	printf("\n%30s |", "(init when released)");
	for (column = 0; column < COLUMNS; column++)
		check_case("init_released", &kinds[column], "A -A init(A)", NULL, 0);
}

static void reading_and_writing_one_lock(void)
{
	check_single("rlock_AA1", "r(X1) r(X1)", NULL, 0);
	check_single("rlock_AA1B", "r(X1) r(X2)", NULL, 0);
	check_single("rlock_AA2", "r(X1) W(X1)", "X", LDL_RULE_SELF_DEADLOCK);
	check_single("rlock_AA3", "W(X1) r(X1)", "X", LDL_RULE_SELF_DEADLOCK);
	check_single("rsem_AA1", "R(X1) R(X1)", "X", LDL_RULE_SELF_DEADLOCK);
	check_single("rsem_AA1B", "R(X1) R(X2)", "X", LDL_RULE_SAME_CLASS);
	check_single("rsem_AA2", "R(X1) W(X1)", "X", LDL_RULE_SELF_DEADLOCK);
	check_single("rsem_AA3", "W(X1) R(X1)", "X", LDL_RULE_SELF_DEADLOCK);
}

static void readers_against_writers(void)
{
	check_single("rlock_ABBA1", "r(A) B, B W(A)", "A -> B -> A", LDL_RULE_ORDER);
	check_single("rwsem_ABBA1", "R(A) B, B W(A)", "A -> B -> A", LDL_RULE_ORDER);
	check_single("rlock_ABBA2", "r(A) B, B r(A)", NULL, 0);
	check_single("rwsem_ABBA2", "R(A) B, B R(A)", "A -> B -> A", LDL_RULE_ORDER);
	check_single("rlock_ABBA3", "W(A) B, B W(A)", "A -> B -> A", LDL_RULE_ORDER);
	check_single("rwsem_ABBA3", "W(A) B, B W(A)", "A -> B -> A", LDL_RULE_ORDER);
	check_single(
		"rlock_chaincache_ABBA1", "r(A) B, B r(A), B W(A)", "A -> B -> A", LDL_RULE_ORDER);
	check_single("(chaincache, no writer)", "r(A) B, B r(A), B r(A)", NULL, 0);
}

/* Three orders in each of their six permutations. */
static void check_permutations(const char *name, const char *const orders[3], const char *path)
{
	static const int permutations[6][3] = {
		{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	char text[128];
	int i;

	printf("\n%30s |", name);
	for (i = 0; i < 6; i++) {
		const int *p = permutations[i];

		snprintf(
			text, sizeof(text), "%s, %s, %s", orders[p[0]], orders[p[1]], orders[p[2]]);
		check_case(name, NULL, text, path, LDL_RULE_ORDER);
	}
}

static void three_lock_cycles_through_readers(void)
{
	static const char *const w1r2[] = {"W(A) r(B)", "W(B) r(C)", "W(C) r(A)"};
	static const char *const w1w2[] = {"W(A) W(B)", "r(B) r(C)", "W(C) r(A)"};
	static const char *const r3w1[] = {"W(A) r(B)", "r(B) r(C)", "W(C) W(A)"};
	static const char *const w3w1[] = {"W(A) W(B)", "r(B) r(C)", "r(C) W(A)"};

	check_permutations("W1R2_W2R3_W3R1", w1r2, "A -> B -> C -> A");
	check_permutations("W1W2_R2R3_W3R1", w1w2, "A -> B -> C -> A");
	check_permutations("W1W2_R2R3_R3W1", r3w1, NULL);
	check_permutations("W1R2_R2R3_W3W1", w3w1, NULL);
}

/* B is reached weakly at once and strongly only by way of D: a search over classes misses it. */
static void a_strong_way_behind_a_weak_one_is_found(void)
{
	check_single("strong_behind_weak", "W(A) r(B), AD, D W(B), r(B) C, CA",
		"A -> D -> B -> C -> A", LDL_RULE_ORDER);
	check_single("(weak way only)", "W(A) r(B), AD, r(B) C, CA", NULL, 0);
	check_single("(strong way cut)", "W(A) r(B), AD, D r(B), r(B) C, CA", NULL, 0);
}

static void the_table_is_complete(void)
{
	printf("\n%30s | %u good, %u failed, %u in all", "order cases", cases_good, cases_bad,
		cases_good + cases_bad);
	CU_ASSERT_EQUAL(cases_bad, 0);
}

LDL_SUITE(selftest_order)
{
	LDL_TEST(two_locks_of_one_class);
	LDL_TEST(cycles_of_two_to_four_classes);
	LDL_TEST(consistent_orders_are_silent);
	LDL_TEST(misuse_is_reported_for_every_kind);
	LDL_TEST(reading_and_writing_one_lock);
	LDL_TEST(readers_against_writers);
	LDL_TEST(three_lock_cycles_through_readers);
	LDL_TEST(a_strong_way_behind_a_weak_one_is_found);
	LDL_TEST(the_table_is_complete);
}
