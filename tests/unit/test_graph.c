/* core/edge, core/order, core/cycle and core/chain against the naive graph. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/chain.h"
#include "core/class.h"
#include "core/cycle.h"
#include "core/edge.h"
#include "core/instance.h"
#include "tests/model/naive.h"
#include "tests/support/random.h"
#include "tests/support/suite.h"

static struct ldl_arena arena;
static struct ldl_work work;

/* The graph under test beside its model: vertex i of the model is nodes[i]. */
static struct naive_graph model;
static ldl_instance_id instances[NAIVE_NODES];
static ldl_node_id nodes[NAIVE_NODES];

static void make_vertex(unsigned int i)
{
	instances[i] = ldl_instance_make(&arena, 4096 + i * 64, 1, 0, 1, LDL_PATIENCE_SLEEP);
	CU_ASSERT_NOT_EQUAL_FATAL(instances[i], 0);
	nodes[i] = ldl_node_of_instance(&arena, instances[i]);
	CU_ASSERT_NOT_EQUAL_FATAL(nodes[i], 0);
}

static void make_graph(unsigned int count)
{
	struct ldl_class class = {.key = 1};
	void *bytes = calloc(1, LDL_ARENA_MIN);
	unsigned int i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
	CU_ASSERT_EQUAL_FATAL(ldl_arena_init(&arena, bytes, LDL_ARENA_MIN), LDL_OK);
	CU_ASSERT_TRUE_FATAL(ldl_work_map(&work, &arena));
	CU_ASSERT_EQUAL_FATAL(ldl_class_make(&arena, &class), 1);
	memset(&model, 0, sizeof(model));
	model.count = count;
	for (i = 0; i < count; i++)
		make_vertex(i);
}

static void end_graph(void)
{
	ldl_work_unmap(&work);
	free(arena.base);
	memset(&arena, 0, sizeof(arena));
}

static ldl_edge_id find_edge(unsigned int from, unsigned int to)
{
	return ldl_edge_find(&arena, nodes[from], nodes[to]);
}

/* Adds types to the edge, which is made when it is new, as the engine does it. */
static ldl_edge_id add_types(unsigned int from, unsigned int to, unsigned int types)
{
	ldl_edge_id edge = find_edge(from, to);
	bool is_new = !edge;

	if (is_new)
		edge = ldl_edge_insert(&arena, nodes[from], nodes[to]);
	CU_ASSERT_NOT_EQUAL_FATAL(edge, 0);
	ldl_edge_at(&arena, edge)->types |= types;
	model.types[from][to] |= (uint8_t)types;
	if (is_new && ldl_order_insert(&arena, &work, nodes[from], nodes[to]))
		CU_ASSERT_EQUAL(ldl_node_at(&arena, nodes[from])->rank,
			ldl_node_at(&arena, nodes[to])->rank);
	return edge;
}

static void remove_vertex(unsigned int i)
{
	ldl_node_remove(&arena, nodes[i]);
	CU_ASSERT_EQUAL(ldl_instance_unmake(&arena, instances[i], LDL_PATIENCE_SLEEP), LDL_OK);
	naive_isolate(&model, i);
}

static unsigned int vertex_of(ldl_node_id node)
{
	unsigned int i;

	for (i = 0; i < model.count; i++)
		if (nodes[i] == node)
			return i;
	return NAIVE_NODES;
}

/* Both lists of every vertex hold the model's edges, each once. */
static bool lists_are_the_models(void)
{
	unsigned int from, to, out = 0, in = 0, edges = 0;
	ldl_edge_id id;

	for (from = 0; from < model.count; from++) {
		const struct ldl_node *node = ldl_node_at(&arena, nodes[from]);

		for (to = 0; to < model.count; to++) {
			id = find_edge(from, to);
			if ((id ? ldl_edge_at(&arena, id)->types : 0) != model.types[from][to])
				return false;
			edges += id != 0;
		}
		for (id = node->out_first; id; id = ldl_edge_at(&arena, id)->next_out)
			if (++out > NAIVE_NODES * NAIVE_NODES ||
				ldl_edge_at(&arena, id)->from != nodes[from])
				return false;
		for (id = node->in_first; id; id = ldl_edge_at(&arena, id)->next_in)
			if (++in > NAIVE_NODES * NAIVE_NODES ||
				ldl_edge_at(&arena, id)->to != nodes[from])
				return false;
	}
	return out == edges && in == edges &&
	       ldl_arena_table(&arena, LDL_TABLE_EDGE_HASH)->used == edges;
}

/* rank(from) <= rank(to) along every edge, and one rank along every cycle. */
static bool ranks_are_in_order(void)
{
	unsigned int from, to;

	for (from = 0; from < model.count; from++) {
		for (to = 0; to < model.count; to++) {
			int64_t low = ldl_node_at(&arena, nodes[from])->rank;
			int64_t high = ldl_node_at(&arena, nodes[to])->rank;

			if (!model.types[from][to])
				continue;
			if (low > high || (low != high && naive_reaches(&model, to, from)))
				return false;
		}
	}
	return true;
}

static bool ranks_say_search(unsigned int from, unsigned int to)
{
	return ldl_node_at(&arena, nodes[from])->rank == ldl_node_at(&arena, nodes[to])->rank;
}

/* Random edges, some against a hidden order, and a vertex that ends now and then. */
static bool grow_randomly(struct ldl_random *random, unsigned int against, unsigned int ends)
{
	unsigned int step;

	for (step = 0; step < 150; step++) {
		unsigned int from = ldl_random_below(random, model.count);
		unsigned int to = ldl_random_below(random, model.count);

		if (ends && ldl_random_one_in(random, ends)) {
			remove_vertex(from);
			make_vertex(from);
		} else if (from != to) {
			bool turn = (from > to) != ldl_random_one_in(random, against);

			add_types(turn ? to : from, turn ? from : to, LDL_EDGE_EN);
		}
		if (!ranks_are_in_order() || !lists_are_the_models())
			return false;
	}
	return true;
}

static void ranks_stay_in_order_whatever_is_inserted(void)
{
	struct ldl_random random = ldl_random_make(0x72616e6b);
	unsigned int round;
	bool good = true;

	for (round = 0; good && round < 60 * ldl_random_effort(); round++) {
		make_graph(4 + ldl_random_below(&random, NAIVE_NODES - 4));
		good = grow_randomly(&random, 2 + ldl_random_below(&random, 30), 0);
		end_graph();
	}
	CU_ASSERT(good);
}

static void ranks_stay_in_order_when_vertices_end(void)
{
	struct ldl_random random = ldl_random_make(0x656e6473);
	unsigned int round;
	bool good = true;

	for (round = 0; good && round < 60 * ldl_random_effort(); round++) {
		make_graph(4 + ldl_random_below(&random, NAIVE_NODES - 4));
		good = grow_randomly(&random, 2 + ldl_random_below(&random, 30),
			3 + ldl_random_below(&random, 20));
		end_graph();
	}
	CU_ASSERT(good);
}

static void an_edge_that_goes_upwards_needs_no_search(void)
{
	unsigned int i;

	make_graph(10);
	for (i = 0; i + 1 < 10; i++) {
		add_types(i, i + 1, LDL_EDGE_EN);
		CU_ASSERT_FALSE(ranks_say_search(i, i + 1));
	}
	add_types(0, 9, LDL_EDGE_EN);
	CU_ASSERT_FALSE(ranks_say_search(0, 9));
	add_types(9, 0, LDL_EDGE_EN);
	for (i = 0; i + 1 < 10; i++)
		CU_ASSERT_TRUE(ranks_say_search(i, i + 1));
	end_graph();
}

static void an_edge_is_found_by_its_ends(void)
{
	make_graph(3);
	CU_ASSERT_EQUAL(find_edge(0, 1), 0);
	add_types(0, 1, LDL_EDGE_EN);
	CU_ASSERT_NOT_EQUAL(find_edge(0, 1), 0);
	CU_ASSERT_EQUAL(find_edge(1, 0), 0);
	add_types(1, 2, LDL_EDGE_SN);
	CU_ASSERT_TRUE(lists_are_the_models());
	remove_vertex(1);
	CU_ASSERT_EQUAL(ldl_arena_table(&arena, LDL_TABLE_EDGE_HASH)->used, 0);
	make_vertex(1);
	CU_ASSERT_EQUAL(find_edge(0, 1), 0);
	CU_ASSERT_TRUE(lists_are_the_models());
	end_graph();
}

static void a_class_has_one_vertex(void)
{
	ldl_node_id node;

	make_graph(1);
	node = ldl_node_of_class(&arena, 1);
	CU_ASSERT_NOT_EQUAL(node, 0);
	CU_ASSERT_NOT_EQUAL(node, nodes[0]);
	CU_ASSERT_EQUAL(ldl_node_of_class(&arena, 1), node);
	CU_ASSERT_EQUAL(ldl_node_of_instance(&arena, instances[0]), nodes[0]);
	CU_ASSERT_EQUAL(ldl_node_at(&arena, node)->kind, LDL_NODE_CLASS);
	CU_ASSERT_EQUAL(ldl_node_at(&arena, nodes[0])->kind, LDL_NODE_INSTANCE);
	end_graph();
}

static void a_full_edge_table_is_counted_and_given_room_again(void)
{
	struct ldl_table *table;
	unsigned int made = 0;
	ldl_node_id hub, other = 0;

	make_graph(2);
	hub = nodes[0];
	table = ldl_arena_table(&arena, LDL_TABLE_EDGES);
	while (table->used < table->capacity) {
		other = ldl_table_take(&arena, LDL_TABLE_NODES, 1);
		if (!other)
			break;
		made += ldl_edge_insert(&arena, hub, other) != 0;
		made += ldl_edge_insert(&arena, other, hub) != 0;
		made += ldl_edge_insert(&arena, nodes[1], other) != 0;
	}
	CU_ASSERT_TRUE(made > 1000);
	while (ldl_edge_insert(&arena, other, made % table->capacity + 1) && made < 1u << 20)
		made++;
	CU_ASSERT_TRUE(table->dropped > 0);
	remove_vertex(0);
	make_vertex(0);
	CU_ASSERT_NOT_EQUAL(ldl_edge_insert(&arena, nodes[0], nodes[1]), 0);
	end_graph();
}

/* A cycle as the engine's search gives it. */
static bool is_cycle_of_the_model(
	const struct ldl_cycle_step *steps, uint32_t count, ldl_edge_id edge, unsigned int types)
{
	unsigned int path[2 * NAIVE_NODES], path_types[2 * NAIVE_NODES];
	uint32_t i;

	if (steps[0].edge != edge || !(steps[0].type & types) || count > 2 * NAIVE_NODES)
		return false;
	for (i = 0; i < count; i++) {
		const struct ldl_edge *step = ldl_edge_at(&arena, steps[i].edge);

		path[i] = vertex_of(step->from);
		path_types[i] = steps[i].type;
		if (step->to != ldl_edge_at(&arena, steps[(i + 1) % count].edge)->from)
			return false;
	}
	return naive_is_strong_walk(&model, path, path_types, count);
}

static bool search_is_exact(unsigned int from, unsigned int to, unsigned int types)
{
	struct ldl_cycle_step steps[2 * NAIVE_NODES + 1];
	ldl_edge_id edge = add_types(from, to, types);
	struct naive_closure closure;
	uint32_t count = 0;
	bool expected = false;
	unsigned int bit;

	naive_close(&model, &closure);
	for (bit = LDL_EDGE_EN; bit <= LDL_EDGE_SR; bit <<= 1)
		expected |= (types & bit) && naive_is_on_cycle(&closure, from, to, bit);
	if (ranks_say_search(from, to))
		count = ldl_cycle_find(
			&arena, &work, edge, types, NULL, steps, sizeof(steps) / sizeof(steps[0]));
	if (!count || !expected)
		return !count && !expected;
	return is_cycle_of_the_model(steps, count, edge, types) &&
	       count == naive_shortest(&model, from, to, steps[0].type);
}

static void strong_cycles_are_found_exactly(void)
{
	struct ldl_random random = ldl_random_make(0x6379636c);
	unsigned int round, step, cut = 0;
	bool good = true;

	for (round = 0; good && round < 1500 * ldl_random_effort(); round++) {
		make_graph(2 + ldl_random_below(&random, 7));
		for (step = 0; good && step < 3 * model.count; step++) {
			unsigned int from = ldl_random_below(&random, model.count);
			unsigned int to = ldl_random_below(&random, model.count);
			unsigned int type = 1u << ldl_random_below(&random, 4);

			if (from != to && !(model.types[from][to] & type))
				good = search_is_exact(from, to, type);
		}
		cut += ldl_arena_table(&arena, LDL_TABLE_EDGES)->dropped != 0;
		end_graph();
	}
	CU_ASSERT(good);
	CU_ASSERT_EQUAL(cut, 0);
}

static void strong_cycles_are_found_when_vertices_end(void)
{
	struct ldl_random random = ldl_random_make(0x63796365);
	unsigned int round, step;
	bool good = true;

	for (round = 0; good && round < 200 * ldl_random_effort(); round++) {
		make_graph(3 + ldl_random_below(&random, 12));
		for (step = 0; good && step < 6 * model.count; step++) {
			unsigned int from = ldl_random_below(&random, model.count);
			unsigned int to = ldl_random_below(&random, model.count);
			unsigned int type = 1u << ldl_random_below(&random, 4);

			if (ldl_random_one_in(&random, 6)) {
				remove_vertex(from);
				make_vertex(from);
			} else if (from != to && !(model.types[from][to] & type)) {
				good = search_is_exact(from, to, type);
			}
		}
		end_graph();
	}
	CU_ASSERT(good);
}

static void a_cycle_that_is_too_long_is_counted_and_cut(void)
{
	struct ldl_cycle_step steps[4];
	unsigned int i;
	ldl_edge_id edge = 0;

	make_graph(10);
	for (i = 0; i < 10; i++)
		edge = add_types(i, (i + 1) % 10, LDL_EDGE_EN);
	CU_ASSERT_EQUAL(ldl_cycle_find(&arena, &work, edge, LDL_EDGE_EN, NULL, steps, 4), 4);
	CU_ASSERT_EQUAL(steps[0].edge, edge);
	CU_ASSERT_EQUAL(arena.header->counters[LDL_COUNT_SEARCH_GAVE_UP], 1);
	end_graph();
}

static void without_scratch_memory_the_search_says_that_it_gave_up(void)
{
	struct ldl_cycle_step steps[4];
	struct ldl_work none = {0};

	make_graph(2);
	add_types(0, 1, LDL_EDGE_EN);
	CU_ASSERT_EQUAL(
		ldl_cycle_find(&arena, &none, find_edge(0, 1), LDL_EDGE_EN, NULL, steps, 4), 0);
	CU_ASSERT_EQUAL(arena.header->counters[LDL_COUNT_SEARCH_GAVE_UP], 1);
	end_graph();
}

static void a_chain_key_depends_on_every_entry_and_their_order(void)
{
	uint64_t a = ldl_chain_mix(0, 1 << LDL_MODE_BITS, 100);
	uint64_t b = ldl_chain_mix(0, 2 << LDL_MODE_BITS, 100);

	CU_ASSERT_NOT_EQUAL(a, b);
	CU_ASSERT_NOT_EQUAL(a, ldl_chain_mix(0, 1 << LDL_MODE_BITS | LDL_MODE_SHARED, 100));
	CU_ASSERT_NOT_EQUAL(a, ldl_chain_mix(0, 1 << LDL_MODE_BITS, 101));
	CU_ASSERT_NOT_EQUAL(ldl_chain_mix(a, 2 << LDL_MODE_BITS, 100),
		ldl_chain_mix(b, 1 << LDL_MODE_BITS, 100));
	CU_ASSERT_NOT_EQUAL(ldl_chain_mix(a, 1 << LDL_MODE_BITS, 100), a);
}

static void a_chain_is_known_once_it_was_published(void)
{
	struct ldl_random random = ldl_random_make(0x63686169);
	uint64_t keys[500];
	unsigned int i, turn;

	make_graph(1);
	for (i = 0; i < 500; i++)
		keys[i] = ldl_random_next(&random) | 1;
	for (turn = 0; turn < 2; turn++) {
		for (i = 0; i < 500; i++) {
			const struct ldl_chain *chain = ldl_chain_find(&arena, keys[i]);

			CU_ASSERT_EQUAL(chain != NULL, turn == 1);
			CU_ASSERT_TRUE(!chain || (chain->key == keys[i] && chain->site == i + 1 &&
							 chain->length == 3));
			CU_ASSERT_EQUAL(ldl_chain_insert(&arena, keys[i], i + 1, 3), LDL_OK);
		}
	}
	CU_ASSERT_EQUAL(ldl_arena_table(&arena, LDL_TABLE_CHAINS)->used, 500);
	end_graph();
}

static void a_full_chain_set_is_counted_and_stays_usable(void)
{
	struct ldl_random random = ldl_random_make(0x66756c6c);
	struct ldl_table *table;
	uint64_t first = ldl_random_next(&random) | 1;
	uint32_t i;

	make_graph(1);
	table = ldl_arena_table(&arena, LDL_TABLE_CHAINS);
	CU_ASSERT_EQUAL(ldl_chain_insert(&arena, first, 1, 1), LDL_OK);
	for (i = 0; i < 2 * table->capacity; i++)
		if (ldl_chain_insert(&arena, ldl_random_next(&random) | 1, 1, 1) == LDL_FULL)
			break;
	CU_ASSERT_TRUE(i > table->capacity / 2 && i < table->capacity);
	CU_ASSERT_EQUAL(table->dropped, 1);
	CU_ASSERT_PTR_NOT_NULL(ldl_chain_find(&arena, first));
	CU_ASSERT_PTR_NULL(ldl_chain_find(&arena, ldl_random_next(&random) | 1));
	end_graph();
}

static void *publish_chains(void *unused)
{
	uint64_t key;

	for (key = 1; key < 2000; key++)
		if (ldl_chain_insert(&arena, key * LDL_HASH_ODD, 1, 1) != LDL_OK ||
			!ldl_chain_find(&arena, key * LDL_HASH_ODD))
			return &arena;
	return NULL;
}

static void threads_publish_a_chain_only_once(void)
{
	pthread_t threads[4];
	void *failed;
	unsigned int i;

	make_graph(1);
	for (i = 0; i < 4; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, publish_chains, NULL), 0);
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], &failed);
		CU_ASSERT_PTR_NULL(failed);
	}
	CU_ASSERT_EQUAL(ldl_arena_table(&arena, LDL_TABLE_CHAINS)->used, 1999);
	end_graph();
}

LDL_SUITE(graph)
{
	LDL_TEST(an_edge_is_found_by_its_ends);
	LDL_TEST(a_class_has_one_vertex);
	LDL_TEST(a_full_edge_table_is_counted_and_given_room_again);
	LDL_TEST(an_edge_that_goes_upwards_needs_no_search);
	LDL_TEST(ranks_stay_in_order_whatever_is_inserted);
	LDL_TEST(ranks_stay_in_order_when_vertices_end);
	LDL_TEST(strong_cycles_are_found_exactly);
	LDL_TEST(strong_cycles_are_found_when_vertices_end);
	LDL_TEST(a_cycle_that_is_too_long_is_counted_and_cut);
	LDL_TEST(without_scratch_memory_the_search_says_that_it_gave_up);
	LDL_TEST(a_chain_key_depends_on_every_entry_and_their_order);
	LDL_TEST(a_chain_is_known_once_it_was_published);
	LDL_TEST(a_full_chain_set_is_counted_and_stays_usable);
	LDL_TEST(threads_publish_a_chain_only_once);
}
