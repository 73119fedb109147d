/* core/chain: who may look at a known chain again, and how often. (Its set is in test_graph.c.) */
#include <stdlib.h>
#include "core/chain.h"
#include "tests/support/suite.h"

static struct ldl_arena arena;

static const struct ldl_chain *make_chain(void)
{
	void *bytes = calloc(1, LDL_ARENA_MIN);

	CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
	CU_ASSERT_EQUAL_FATAL(ldl_arena_init(&arena, bytes, LDL_ARENA_MIN), LDL_OK);
	CU_ASSERT_EQUAL_FATAL(ldl_chain_insert(&arena, 77, 1, 2), LDL_OK);
	return ldl_chain_find(&arena, 77);
}

static bool may_pass(const struct ldl_chain *chain, uint32_t thread)
{
	return ldl_chain_may_pass(&arena, chain, (uint8_t)thread);
}

static void a_few_threads_pass(void)
{
	const struct ldl_chain *chain = make_chain();
	uint32_t passed = 0;

	for (uint32_t thread = 1; thread < 32; thread++)
		passed += may_pass(chain, thread);
	CU_ASSERT_EQUAL(passed, LDL_PASSES);
	free(arena.base);
}

/* However often one thread looks at a chain again, others have their share. */
static void a_thread_with_many_segments_leaves_others_their_share(void)
{
	const struct ldl_chain *chain = make_chain();
	uint32_t own = 0, others = 0;

	for (uint32_t i = 0; i < 100; i++)
		own += may_pass(chain, 1);
	CU_ASSERT_EQUAL(own, 1 + LDL_PASSES);
	for (uint32_t thread = 2; thread < 32; thread++)
		others += may_pass(chain, thread);
	CU_ASSERT_EQUAL(others, LDL_PASSES - 1);
	free(arena.base);
}

LDL_SUITE(chain)
{
	LDL_TEST(a_few_threads_pass);
	LDL_TEST(a_thread_with_many_segments_leaves_others_their_share);
}
