/* Wait/wound mutexes: the interface used well and badly, and mixes of taking them with a context,
 * with a try, and like plain mutexes: 26 cases. */
#include <errno.h>
#include "tests/selftest/selftest.h"
#include "tests/selftest/ww.h"

static void lock_in(struct ww_acquire_ctx *context, struct ww_mutex *object)
{
	selftest_require(!ww_mutex_lock(object, context), "ww_mutex_lock() did not lock");
}

static void try_to_lock(struct ww_mutex *object)
{
	selftest_require(ww_mutex_trylock(object, NULL), "ww_mutex_trylock() did not lock");
}

static void fail_acquire(const struct selftest_variant *variant)
{
	ww_acquire_init(&t, &ww_lockdep);
	lock_in(&t, &o);
	selftest_require(ww_mutex_lock(&o, &t) == -EALREADY, "a second lock was not refused");
	selftest_require(!ww_mutex_trylock(&o, NULL), "a held object was locked by a try");
	selftest_require(younger_asks(&o2, &o) == -EDEADLK, "a younger context was not sent back");
	ww_mutex_unlock(&o);
	try_to_lock(&o);
	ww_mutex_unlock(&o);
	ww_acquire_fini(&t);
}

/* The calls of plain mutexes leave the context alone. */
static void normal(const struct selftest_variant *variant)
{
	struct ww_acquire_ctx *const mark = &t2;

	ww_acquire_init(&t, &ww_lockdep);
	o.ctx = mark;
	mutex_lock(&o.base);
	selftest_require(!mutex_trylock(&o.base), "a held mutex was locked by a try");
	mutex_unlock(&o.base);
	selftest_require(!mutex_lock_interruptible(&o.base), "interrupted by nobody");
	mutex_unlock(&o.base);
	selftest_require(!mutex_lock_killable(&o.base), "killed by nobody");
	mutex_unlock(&o.base);
	selftest_require(mutex_trylock(&o.base), "a free mutex was not locked by a try");
	mutex_unlock(&o.base);
	mutex_lock_nest_lock(&o.base, &t);
	mutex_unlock(&o.base);
	selftest_require(o.ctx == mark, "a plain mutex call changed the object's context");
	o.ctx = NULL;
}

/* The slow lock is for who was sent back, and holds nothing. */
static void unneeded_slow(const struct selftest_variant *variant)
{
	ww_acquire_init(&t, &ww_lockdep);
	ww_mutex_lock_slow(&o, &t);
}

static void two_contexts(const struct selftest_variant *variant)
{
	ww_acquire_init(&t, &ww_lockdep);
	ww_acquire_init(&t2, &ww_lockdep);
}

static void diff_class(const struct selftest_variant *variant)
{
	ww_acquire_init(&t, &ww_other);
	ww_mutex_lock(&o, &t);
}

static void context_done_twice(const struct selftest_variant *variant)
{
	ww_acquire_init(&t, &ww_lockdep);
	ww_acquire_done(&t);
	ww_acquire_done(&t);
	ww_acquire_fini(&t);
}

static void context_unlock_twice(const struct selftest_variant *variant)
{
	ww_acquire_init(&t, &ww_lockdep);
	ww_acquire_done(&t);
	ww_acquire_fini(&t);
	ww_acquire_fini(&t);
}

static void context_fini_early(const struct selftest_variant *variant)
{
	ww_acquire_init(&t, &ww_lockdep);
	lock_in(&t, &o);
	ww_acquire_done(&t);
	ww_acquire_fini(&t);
}

static void context_lock_after_done(const struct selftest_variant *variant)
{
	ww_acquire_init(&t, &ww_lockdep);
	ww_acquire_done(&t);
	ww_mutex_lock(&o, &t);
}

static void object_unlock_twice(const struct selftest_variant *variant)
{
	lock_in(NULL, &o);
	ww_mutex_unlock(&o);
	ww_mutex_unlock(&o);
}

/* The context's count says that it holds nothing. */
static void object_lock_unbalanced(const struct selftest_variant *variant)
{
	ww_acquire_init(&t, &ww_lockdep);
	lock_in(&t, &o);
	t.acquired = 0;
	ww_mutex_unlock(&o);
	ww_acquire_fini(&t);
}

/* A free object that still names a context. */
static void object_lock_stale_context(const struct selftest_variant *variant)
{
	ww_acquire_init(&t, &ww_lockdep);
	o.ctx = &t2;
	ww_mutex_lock(&o, &t);
}

/* What the nesting is said to be under is not held. */
static void spin_nest_unlocked(const struct selftest_variant *variant)
{
	spin_lock_nest_lock(&locks.spin[A], &o.base);
	spin_unlock(&locks.spin[A]);
}

/* X1 is held around both Ys, so that nobody can nest them the other way round meanwhile. */
static void spin_nest_lock_held(const struct selftest_variant *variant)
{
	spin_lock(&locks.spin[X1]);
	spin_lock_nest_lock(&locks.spin[Y1], &locks.spin[X1]);
	spin_lock(&locks.spin[A]);
	spin_lock_nest_lock(&locks.spin[Y2], &locks.spin[X1]);
	spin_unlock(&locks.spin[A]);
	spin_unlock(&locks.spin[Y2]);
	spin_unlock(&locks.spin[Y1]);
	spin_unlock(&locks.spin[X1]);
}

static void add(const char *name, uint64_t rules, selftest_event event)
{
	selftest_add_cell(NULL, 0, name, rules, event);
}

void selftest_add_ww_cases(void)
{
	static const char *const columns[] = {"", NULL};

	selftest_add_section("wait/wound mutexes", columns, false);
	add("ww_test_fail_acquire", SILENT, fail_acquire);
	add("ww_test_normal", SILENT, normal);
	add("ww_test_unneeded_slow", RULE_MISUSE, unneeded_slow);
	add("ww_test_two_contexts", RULE_SAME_CLASS, two_contexts);
	add("ww_test_diff_class", RULE_MISUSE, diff_class);
	add("ww_test_context_done_twice", RULE_MISUSE, context_done_twice);
	add("ww_test_context_unlock_twice", RULE(UNLOCK_UNHELD), context_unlock_twice);
	add("ww_test_context_fini_early", RULE_MISUSE, context_fini_early);
	add("ww_test_context_lock_after_done", RULE_MISUSE, context_lock_after_done);
	add("ww_test_object_unlock_twice", RULE(UNLOCK_UNHELD), object_unlock_twice);
	add("ww_test_object_lock_unbalanced", RULE_MISUSE, object_lock_unbalanced);
	add("ww_test_object_lock_stale_context", RULE_MISUSE, object_lock_stale_context);
	add("ww_test_spin_nest_unlocked", RULE_MISUSE, spin_nest_unlocked);
	add("ww_test_spin_nest_lock", SILENT, spin_nest_lock_held);
}

static void context_block(const struct selftest_variant *variant)
{
	ww_acquire_init(&t, &ww_lockdep);
	lock_in(&t, &o);
	lock_in(NULL, &o2);
}

static void context_try(const struct selftest_variant *variant)
{
	ww_acquire_init(&t, &ww_lockdep);
	lock_in(&t, &o);
	try_to_lock(&o2);
	ww_mutex_unlock(&o2);
	ww_mutex_unlock(&o);
}

static void context_context(const struct selftest_variant *variant)
{
	ww_acquire_init(&t, &ww_lockdep);
	lock_in(&t, &o);
	lock_in(&t, &o2);
	ww_mutex_unlock(&o2);
	ww_mutex_unlock(&o);
}

static void try_block(const struct selftest_variant *variant)
{
	try_to_lock(&o);
	lock_in(NULL, &o2);
	ww_mutex_unlock(&o2);
	ww_mutex_unlock(&o);
}

static void try_try(const struct selftest_variant *variant)
{
	try_to_lock(&o);
	try_to_lock(&o2);
	ww_mutex_unlock(&o2);
	ww_mutex_unlock(&o);
}

static void try_context(const struct selftest_variant *variant)
{
	try_to_lock(&o);
	ww_acquire_init(&t, &ww_lockdep);
	lock_in(&t, &o2);
}

static void block_block(const struct selftest_variant *variant)
{
	lock_in(NULL, &o);
	lock_in(NULL, &o2);
}

static void block_try(const struct selftest_variant *variant)
{
	lock_in(NULL, &o);
	try_to_lock(&o2);
}

static void block_context(const struct selftest_variant *variant)
{
	lock_in(NULL, &o);
	ww_acquire_init(&t, &ww_lockdep);
	lock_in(&t, &o2);
}

/* A spin lock inside of the object, and the object inside of it. */
static void spin_block(const struct selftest_variant *variant)
{
	lock_in(NULL, &o);
	pass(SPIN, A);
	ww_mutex_unlock(&o);

	take(SPIN, A);
	lock_in(NULL, &o);
	ww_mutex_unlock(&o);
	drop(SPIN, A);
}

static void spin_try(const struct selftest_variant *variant)
{
	try_to_lock(&o);
	pass(SPIN, A);
	ww_mutex_unlock(&o);

	take(SPIN, A);
	try_to_lock(&o);
	ww_mutex_unlock(&o);
	drop(SPIN, A);
}

static void spin_context(const struct selftest_variant *variant)
{
	ww_acquire_init(&t, &ww_lockdep);
	lock_in(&t, &o);
	pass(SPIN, A);
	ww_mutex_unlock(&o);

	take(SPIN, A);
	lock_in(&t, &o);
	ww_mutex_unlock(&o);
	drop(SPIN, A);
}

void selftest_add_ww_mix_cases(void)
{
	static const char *const columns[] = {"block", "try", "context", NULL};
	/* The context is itself taken inside of the object, and objects inside of it. */
	const uint64_t around = RULE_SAME_CLASS | RULE_ORDER;
	/* In both orders; and a mutex inside of a spin lock. */
	const uint64_t in_spin = RULE_ORDER | RULE_WAIT_TYPE;

	selftest_add_section("one held (left), then", columns, false);
	selftest_add_cell("context", 0, "ww_test_context_block", RULE_SAME_CLASS, context_block);
	selftest_add_cell("context", 1, "ww_test_context_try", SILENT, context_try);
	selftest_add_cell("context", 2, "ww_test_context_context", SILENT, context_context);
	selftest_add_cell("try", 0, "ww_test_try_block", RULE_SAME_CLASS, try_block);
	selftest_add_cell("try", 1, "ww_test_try_try", SILENT, try_try);
	selftest_add_cell("try", 2, "ww_test_try_context", around, try_context);
	selftest_add_cell("block", 0, "ww_test_block_block", RULE_SAME_CLASS, block_block);
	selftest_add_cell("block", 1, "ww_test_block_try", SILENT, block_try);
	selftest_add_cell("block", 2, "ww_test_block_context", around, block_context);
	selftest_add_cell("spin lock", 0, "ww_test_spin_block", in_spin, spin_block);
	selftest_add_cell("spin lock", 1, "ww_test_spin_try", SILENT, spin_try);
	selftest_add_cell("spin lock", 2, "ww_test_spin_context", in_spin, spin_context);
}
