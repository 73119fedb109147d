/* The naive graph itself, against all walks written out one by one. */
#include <string.h>
#include "core/format.h"
#include "tests/model/naive.h"
#include "tests/support/random.h"
#include "tests/support/suite.h"

#define NODES  4
#define GRAPHS 300

/* A strong closed walk of minimal length meets each (node, side) state at most once. */
#define WALK_MAX (2 * NODES)

static const unsigned int EN = LDL_EDGE_EN, ER = LDL_EDGE_ER, SN = LDL_EDGE_SN, SR = LDL_EDGE_SR;

struct walk {
	unsigned int nodes[WALK_MAX + 1], types[WALK_MAX + 1];
	unsigned int count;
};

/* Whether the walk can be led on to a strong closed one: tries every continuation. */
static bool can_close(const struct naive_graph *graph, struct walk *walk)
{
	unsigned int at = walk->nodes[walk->count], next, bit;

	if (at == walk->nodes[0] &&
		naive_is_strong_walk(graph, walk->nodes, walk->types, walk->count))
		return true;
	if (walk->count == WALK_MAX)
		return false;
	for (next = 0; next < graph->count; next++) {
		for (bit = LDL_EDGE_EN; bit <= LDL_EDGE_SR; bit <<= 1) {
			if (!(graph->types[at][next] & bit))
				continue;
			walk->types[walk->count] = bit;
			walk->nodes[++walk->count] = next;
			if (can_close(graph, walk))
				return true;
			walk->count--;
		}
	}
	return false;
}

static bool is_on_walk(
	const struct naive_graph *graph, unsigned int from, unsigned int to, unsigned int type)
{
	struct walk walk = {.nodes = {from, to}, .types = {type}, .count = 1};

	return can_close(graph, &walk);
}

static void compare_all_edges(const struct naive_graph *graph)
{
	struct naive_closure closure;
	unsigned int from, to, bit;

	naive_close(graph, &closure);
	for (from = 0; from < graph->count; from++)
		for (to = 0; to < graph->count; to++)
			for (bit = EN; bit <= SR; bit <<= 1)
				if (graph->types[from][to] & bit)
					CU_ASSERT_EQUAL(naive_is_on_cycle(&closure, from, to, bit),
						is_on_walk(graph, from, to, bit));
}

static void the_closure_agrees_with_every_walk_written_out(void)
{
	struct ldl_random random = ldl_random_make(0x77616c6b);
	unsigned int round, i, edges;

	for (round = 0; round < GRAPHS * ldl_random_effort(); round++) {
		struct naive_graph graph = {.count = NODES};

		edges = 2 + ldl_random_below(&random, 6);
		for (i = 0; i < edges; i++) {
			unsigned int from = ldl_random_below(&random, NODES);
			unsigned int to = ldl_random_below(&random, NODES);

			if (from != to)
				graph.types[from][to] |=
					(uint8_t)(1u << ldl_random_below(&random, 4));
		}
		compare_all_edges(&graph);
	}
}

static void a_weak_joint_breaks_a_cycle(void)
{
	const unsigned int nodes[] = {0, 1};
	struct naive_graph graph = {.count = 2};
	struct naive_closure closure;

	graph.types[0][1] = (uint8_t)ER;
	graph.types[1][0] = (uint8_t)SN;
	naive_close(&graph, &closure);
	CU_ASSERT_FALSE(naive_is_on_cycle(&closure, 0, 1, ER));
	CU_ASSERT_FALSE(naive_is_strong_walk(&graph, nodes, (const unsigned int[]){ER, SN}, 2));
	graph.types[1][0] |= (uint8_t)EN;
	naive_close(&graph, &closure);
	CU_ASSERT_TRUE(naive_is_on_cycle(&closure, 0, 1, ER));
	CU_ASSERT_FALSE(naive_is_on_cycle(&closure, 1, 0, SN));
	CU_ASSERT_TRUE(naive_is_strong_walk(&graph, nodes, (const unsigned int[]){ER, EN}, 2));
}

LDL_SUITE(naive_model)
{
	LDL_TEST(the_closure_agrees_with_every_walk_written_out);
	LDL_TEST(a_weak_joint_breaks_a_cycle);
}
