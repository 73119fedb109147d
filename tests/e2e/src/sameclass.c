/* Many locks made by one line: which nestings inside a class are orders, and which are cycles. */
#define _GNU_SOURCE
#include "turns.h"

enum { NODES = 16 };

struct node {
	pthread_mutex_t lock;
	int index;
};

static struct node nodes[NODES];
static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;

static void make_nodes(void)
{
	for (int i = 0; i < NODES; i++) {
		pthread_mutex_init(&nodes[i].lock, NULL);
		nodes[i].index = i;
	}
}

static void nest_nodes(int first, int second)
{
	pthread_mutex_lock(&nodes[first].lock);
	pthread_mutex_lock(&nodes[second].lock);
	pthread_mutex_unlock(&nodes[second].lock);
	pthread_mutex_unlock(&nodes[first].lock);
}

static void walk(int index)
{
	pthread_mutex_lock(&nodes[0].lock);
	for (int i = 1; i < NODES; i++) {
		pthread_mutex_lock(&nodes[i].lock);
		pthread_mutex_unlock(&nodes[i - 1].lock);
	}
	pthread_mutex_unlock(&nodes[NODES - 1].lock);
}

static void hand_over_hand(void)
{
	make_nodes();
	turns_two(walk, walk);
}

static void walk_back(int index)
{
	pthread_mutex_lock(&nodes[NODES - 1].lock);
	for (int i = NODES - 2; i >= 0; i--) {
		pthread_mutex_lock(&nodes[i].lock);
		pthread_mutex_unlock(&nodes[i + 1].lock);
	}
	pthread_mutex_unlock(&nodes[0].lock);
}

static void hand_over_hand_both_ways(void)
{
	make_nodes();
	turns_two(walk, walk_back);
}

static void pairs_by_address(int index)
{
	for (int i = 0; i < NODES; i++)
		for (int k = i + 1; k < NODES; k++)
			nest_nodes(i, k);
}

static void ordered_by_address(void)
{
	make_nodes();
	turns_two(pairs_by_address, pairs_by_address);
}

static void take_next(int index)
{
	nest_nodes(index, (index + 1) % 3);
}

static void ring_of_three(void)
{
	make_nodes();
	turns_take(3, NULL, take_next);
}

static void take_pair(int index)
{
	nest_nodes(index, 1 - index);
}

static void pair_both_ways(void)
{
	make_nodes();
	turns_take(2, NULL, take_pair);
}

/* Parents before children, in a tree whose shape changes: each life of a node is a new one. */
static void parent_then_child(int index)
{
	volatile int two = 2; /* an unrolled loop would be two places, so two classes */

	for (int life = 0; life < 50; life++) {
		pthread_mutex_t *heap = malloc(2 * sizeof(*heap));
		int parent = life % 2;

		for (int i = 0; i < two; i++)
			pthread_mutex_init(&heap[i], NULL);
		pthread_mutex_lock(&heap[parent]);
		pthread_mutex_lock(&heap[1 - parent]);
		pthread_mutex_unlock(&heap[1 - parent]);
		pthread_mutex_unlock(&heap[parent]);
		for (int i = 0; i < 2; i++)
			pthread_mutex_destroy(&heap[i]);
		free(heap);
	}
}

static void reshaped_tree(void)
{
	turns_two(parent_then_child, parent_then_child);
}

/* Between the class and another one, the class counts as a whole. */
static void list_then_node(int index)
{
	pthread_mutex_lock(&list_lock);
	pthread_mutex_lock(&nodes[0].lock);
	pthread_mutex_unlock(&nodes[0].lock);
	pthread_mutex_unlock(&list_lock);
}

static void other_node_then_list(int index)
{
	pthread_mutex_lock(&nodes[1].lock);
	pthread_mutex_lock(&list_lock);
	pthread_mutex_unlock(&list_lock);
	pthread_mutex_unlock(&nodes[1].lock);
}

static void class_against_list(void)
{
	make_nodes();
	turns_two(list_then_node, other_node_then_list);
}

static const struct turns_case cases[] = {
	{"hand_over_hand", hand_over_hand},
	{"hand_over_hand_both_ways", hand_over_hand_both_ways},
	{"ordered_by_address", ordered_by_address},
	{"ring_of_three", ring_of_three},
	{"pair_both_ways", pair_both_ways},
	{"reshaped_tree", reshaped_tree},
	{"class_against_list", class_against_list},
};

TURNS_MAIN(cases)
