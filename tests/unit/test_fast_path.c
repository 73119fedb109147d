/* core/engine_fast: what the thread's caches know takes no slow path. */
#include <lockdep_lite.h>
#include "core/engine_state.h"
#include "tests/support/suite.h"

#define PLACES 4096

static const struct ldl_lock_type type = {.kind = LDL_KIND_CUSTOM};
static char lock;
static const char places[PLACES]; /* in the program that nobody calls from */

static uint64_t slow_paths(void)
{
	return ldl_engine.arena.header->counters[LDL_COUNT_SLOW_PATHS];
}

/* Acquires, releases; the chain's key. */
static uint64_t use(const void *ip)
{
	uint64_t key;

	CU_ASSERT_PTR_NOT_NULL_FATAL(ldl_engine_acquire(&lock, &type, LDL_MODE_EXCLUSIVE, ip));
	ldl_engine_acquired();
	key = ldl_held_key(ldl_self.thread->held, ldl_thread_depth(ldl_self.thread));
	ldl_engine_release(&lock, ip);
	return key;
}

/* Another place whose chain has the same one in the cache. */
static const void *rival_of(const void *ip, uint32_t class_mode)
{
	uint64_t key = ldl_chain_mix(0, class_mode, (uint64_t)(uintptr_t)ip);

	for (int i = 0; i < PLACES; i++) {
		uint64_t other = ldl_chain_mix(0, class_mode, (uint64_t)(uintptr_t)&places[i]);

		if (other != key && ldl_engine_cached_chain(ldl_self.thread, other) ==
					    ldl_engine_cached_chain(ldl_self.thread, key))
			return &places[i];
	}
	CU_FAIL_FATAL("of so many places none shares one");
	return NULL;
}

static void a_chain_is_checked_once(void)
{
	uint64_t before;

	ldl_lock_init(&lock, ldl_class("one", LDL_CLASS_STRICT), 0);
	(void)use(&places[0]);
	before = slow_paths();
	for (int i = 0; i < 100; i++)
		(void)use(&places[0]);
	CU_ASSERT_EQUAL(slow_paths(), before);
	(void)use(&places[1]);
	CU_ASSERT_EQUAL(slow_paths(), before + 1);
}

static void two_chains_that_share_a_place_are_both_known(void)
{
	uint32_t class_mode = ldl_class("one", LDL_CLASS_STRICT) << LDL_MODE_BITS;
	const void *rival;
	uint64_t before, key;

	ldl_lock_init(&lock, ldl_class("one", LDL_CLASS_STRICT), 0);
	key = use(&places[0]);
	CU_ASSERT_EQUAL_FATAL(key, ldl_chain_mix(0, class_mode, (uint64_t)(uintptr_t)&places[0]));
	rival = rival_of(&places[0], class_mode);
	(void)use(rival);
	before = slow_paths();
	for (int i = 0; i < 100; i++) {
		(void)use(&places[0]);
		(void)use(rival);
	}
	CU_ASSERT_EQUAL(slow_paths(), before);
}

LDL_SUITE(fast_path)
{
	LDL_TEST(a_chain_is_checked_once);
	LDL_TEST(two_chains_that_share_a_place_are_both_known);
}
