/* Wait/wound mutexes: what a context does after it was sent back with EDEADLK. It has to let go of
 * all that it holds, then to wait for the object that it was sent back from, and for no other: ten
 * cases, in the first two of which it does. */
#include <errno.h>
#include "tests/selftest/selftest.h"
#include "tests/selftest/ww.h"

/* Holds `o`, and was sent back from `o2`, which an elder context holds; and `more`, if given. */
static void be_sent_back(struct ww_mutex *more)
{
	elder_takes(&o2, more);
	ww_acquire_init(&t, &ww_lockdep);
	selftest_require(!ww_mutex_lock(&o, &t), "a free object was not locked");
	selftest_require(ww_mutex_lock(&o2, &t) == -EDEADLK, "not sent back by an elder context");
}

static void normal(const struct selftest_variant *variant)
{
	be_sent_back(NULL);
	elder_leaves();
	ww_mutex_unlock(&o);
	selftest_require(!ww_mutex_lock(&o2, &t), "not locked after backing off");
}

static void normal_slow(const struct selftest_variant *variant)
{
	be_sent_back(NULL);
	elder_leaves();
	ww_mutex_unlock(&o);
	ww_mutex_lock_slow(&o2, &t);
}

static void no_unlock(const struct selftest_variant *variant)
{
	be_sent_back(NULL);
	elder_leaves();
	ww_mutex_lock(&o2, &t);
}

static void no_unlock_slow(const struct selftest_variant *variant)
{
	be_sent_back(NULL);
	elder_leaves();
	ww_mutex_lock_slow(&o2, &t);
}

static void acquire_more(const struct selftest_variant *variant)
{
	be_sent_back(NULL);
	ww_mutex_lock(&o3, &t);
}

static void acquire_more_slow(const struct selftest_variant *variant)
{
	be_sent_back(NULL);
	ww_mutex_lock_slow(&o3, &t);
}

static void acquire_more_edeadlk(const struct selftest_variant *variant)
{
	be_sent_back(&o3);
	selftest_require(ww_mutex_lock(&o3, &t) == -EDEADLK, "not sent back for the second time");
}

static void acquire_more_edeadlk_slow(const struct selftest_variant *variant)
{
	be_sent_back(&o3);
	ww_mutex_lock_slow(&o3, &t);
}

static void acquire_wrong(const struct selftest_variant *variant)
{
	be_sent_back(NULL);
	ww_mutex_unlock(&o);
	ww_mutex_lock(&o3, &t);
}

static void acquire_wrong_slow(const struct selftest_variant *variant)
{
	be_sent_back(NULL);
	ww_mutex_unlock(&o);
	ww_mutex_lock_slow(&o3, &t);
}

static void add(const char *name, uint64_t rules, selftest_event event)
{
	selftest_add_cell(NULL, 0, name, rules, event);
}

void selftest_add_back_off_cases(void)
{
	static const char *const columns[] = {"", NULL};

	selftest_add_section("wait/wound: sent back", columns, false);
	add("ww_test_edeadlk_normal", SILENT, normal);
	add("ww_test_edeadlk_normal_slow", SILENT, normal_slow);
	add("ww_test_edeadlk_no_unlock", RULE_MISUSE, no_unlock);
	add("ww_test_edeadlk_no_unlock_slow", RULE_MISUSE, no_unlock_slow);
	add("ww_test_edeadlk_acquire_more", RULE_MISUSE, acquire_more);
	add("ww_test_edeadlk_acquire_more_slow", RULE_MISUSE, acquire_more_slow);
	add("ww_test_edeadlk_acquire_more_edeadlk", RULE_MISUSE, acquire_more_edeadlk);
	add("ww_test_edeadlk_acquire_more_edeadlk_slow", RULE_MISUSE, acquire_more_edeadlk_slow);
	add("ww_test_edeadlk_acquire_wrong", RULE_MISUSE, acquire_wrong);
	add("ww_test_edeadlk_acquire_wrong_slow", RULE_MISUSE, acquire_wrong_slow);
}
