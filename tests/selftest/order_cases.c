/* Order, recursion and misuse of plain locks, for all seven kinds: nine rows, 63 cases.
 *
 * A recursive reader waits for no other reader, so its column is silent where nobody writes. */
#include "tests/selftest/selftest.h"

static void aa(const struct selftest_variant *variant)
{
	take(variant->kind, X1);
	take(variant->kind, X2);
}

/* Two locks of the variant's kind, the second inside the first. */
static void pair(
	const struct selftest_variant *variant, enum selftest_lock outer, enum selftest_lock inner)
{
	nest(variant->kind, outer, variant->kind, inner);
}

static void abba(const struct selftest_variant *variant)
{
	pair(variant, A, B);
	pair(variant, B, A);
}

static void abbcca(const struct selftest_variant *variant)
{
	pair(variant, A, B);
	pair(variant, B, C);
	pair(variant, C, A);
}

static void abcabc(const struct selftest_variant *variant)
{
	pair(variant, A, B);
	pair(variant, C, A);
	pair(variant, B, C);
}

static void abbccdda(const struct selftest_variant *variant)
{
	pair(variant, A, B);
	pair(variant, B, C);
	pair(variant, C, D);
	pair(variant, D, A);
}

static void abcdbdda(const struct selftest_variant *variant)
{
	pair(variant, A, B);
	pair(variant, C, D);
	pair(variant, B, D);
	pair(variant, D, A);
}

static void abcdbcda(const struct selftest_variant *variant)
{
	pair(variant, A, B);
	pair(variant, C, D);
	pair(variant, B, C);
	pair(variant, D, A);
}

static void double_unlock(const struct selftest_variant *variant)
{
	pass(variant->kind, A);
	drop(variant->kind, A);
}

static void init_held(const struct selftest_variant *variant)
{
	take(variant->kind, A);
	remake(variant->kind, A);
}

static const struct selftest_row rows[] = {
	{"AA", KINDS_ALL, KIND(RLOCK), .rules = RULE_SAME_CLASS, .events = {aa}},
	{"ABBA", KINDS_ALL, KIND(RLOCK), .rules = RULE_ORDER, .events = {abba}},
	{"ABBCCA", KINDS_ALL, KIND(RLOCK), .rules = RULE_ORDER, .events = {abbcca}},
	{"ABCABC", KINDS_ALL, KIND(RLOCK), .rules = RULE_ORDER, .events = {abcabc}},
	{"ABBCCDDA", KINDS_ALL, KIND(RLOCK), .rules = RULE_ORDER, .events = {abbccdda}},
	{"ABCDBDDA", KINDS_ALL, KIND(RLOCK), .rules = RULE_ORDER, .events = {abcdbdda}},
	{"ABCDBCDA", KINDS_ALL, KIND(RLOCK), .rules = RULE_ORDER, .events = {abcdbcda}},
	{"double_unlock", KINDS_ALL, KINDS_NONE, .rules = RULE(UNLOCK_UNHELD),
		.events = {double_unlock}},
	{"init_held", KINDS_ALL, KINDS_NONE, .rules = RULE(INIT_HELD), .events = {init_held}},
};

void selftest_add_order_cases(void)
{
	unsigned int i;

	selftest_add_section("order", selftest_kind_names, false);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		selftest_add_row(&rows[i]);
}
