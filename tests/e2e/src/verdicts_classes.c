/* Locks of one class: made at one place, they are told apart by instance; and classes whose cycle
 * no two instances close. */
#define _GNU_SOURCE
#include "verdicts.h"

enum { NODES = 64 };

static pthread_mutex_t *nodes[NODES];

static void make_nodes(void)
{
	for (int i = 0; i < NODES; i++) {
		nodes[i] = (pthread_mutex_t *)malloc(sizeof(*nodes[i]));
		pthread_mutex_init(nodes[i], NULL);
	}
}

static void nest(int first, int second)
{
	TAKE(nodes[first], nodes[second]);
}

/* Any two, in the order of their addresses. */
static void nest_by_address(int one, int other)
{
	if (nodes[one] < nodes[other])
		nest(one, other);
	else if (nodes[one] > nodes[other])
		nest(other, one);
}

static void pairs_by_address(int index)
{
	nest_by_address(0, 1);
	for (int i = 0; i < 500; i++)
		nest_by_address(rand() % NODES, rand() % NODES);
}

static void by_address(void)
{
	make_nodes();
	turns_take(3, NULL, pairs_by_address);
}

static void one_pair_against_address(int index)
{
	int one = nodes[0] < nodes[1] ? 1 : 0;

	nest(one, 1 - one);
}

static void by_address_except_once(void)
{
	make_nodes();
	turns_two(pairs_by_address, one_pair_against_address);
}

static void pairs_by_index(int index)
{
	for (int i = 0; i < NODES; i++)
		for (int k = i + 1; k < NODES; k += 1 + i)
			nest(i, k);
}

static void by_index(void)
{
	make_nodes();
	turns_two(pairs_by_index, pairs_by_index);
}

/* A tree in memory that has no order: the parent of node i is node (i - 1) / 2. */
static void shuffle(void)
{
	for (int i = NODES - 1; i > 0; i--) {
		int k = rand() % (i + 1);
		pthread_mutex_t *node = nodes[i];

		nodes[i] = nodes[k];
		nodes[k] = node;
	}
}

static void walk_down(int index)
{
	for (int leaf = NODES / 2; leaf < NODES; leaf++) {
		int path[8], count = 0;

		for (int at = leaf; at > 0; at = (at - 1) / 2)
			path[count++] = at;
		pthread_mutex_lock(nodes[0]);
		for (int i = count; i-- > 0;)
			pthread_mutex_lock(nodes[path[i]]);
		for (int i = 0; i < count; i++)
			pthread_mutex_unlock(nodes[path[i]]);
		pthread_mutex_unlock(nodes[0]);
	}
}

static void by_tree(void)
{
	make_nodes();
	shuffle();
	turns_two(walk_down, walk_down);
}

static void leaf_then_parent(int index)
{
	nest(NODES - 1, (NODES - 2) / 2);
}

static void tree_upwards_once(void)
{
	make_nodes();
	shuffle();
	turns_two(walk_down, leaf_then_parent);
}

static void hand_over_hand_walk(int index)
{
	pthread_mutex_lock(nodes[0]);
	for (int i = 1; i < NODES; i++) {
		pthread_mutex_lock(nodes[i]);
		pthread_mutex_unlock(nodes[i - 1]);
	}
	pthread_mutex_unlock(nodes[NODES - 1]);
}

static void hand_over_hand(void)
{
	make_nodes();
	shuffle();
	turns_two(hand_over_hand_walk, hand_over_hand_walk);
}

/* Around the end of the list and on at its begin. */
static void hand_over_hand_round(int index)
{
	pthread_mutex_lock(nodes[NODES - 1]);
	pthread_mutex_lock(nodes[0]);
	pthread_mutex_unlock(nodes[NODES - 1]);
	pthread_mutex_unlock(nodes[0]);
}

static void hand_over_hand_in_a_ring(void)
{
	make_nodes();
	turns_two(hand_over_hand_walk, hand_over_hand_round);
}

static int ring_size;

static void take_next(int index)
{
	nest(index, (index + 1) % ring_size);
}

static void take_next_in_order(int index)
{
	if (index + 1 < ring_size)
		nest(index, index + 1);
	else
		nest(0, index);
}

static void in_a_ring(int size, turns_act act)
{
	make_nodes();
	ring_size = size;
	turns_take(size, NULL, act);
}

static void pair_both_ways(void)
{
	in_a_ring(2, take_next);
}

static void three_accounts(void)
{
	in_a_ring(3, take_next);
}

static void five_philosophers(void)
{
	in_a_ring(5, take_next);
}

static void take_next_a_thousand_times(int index)
{
	for (int i = 0; i < 1000; i++)
		take_next(index);
}

/* In turn, as it happens. */
static void five_philosophers_one_after_the_other(void)
{
	in_a_ring(5, take_next_a_thousand_times);
}

static void five_with_a_left_hander(void)
{
	in_a_ring(5, take_next_in_order);
}

static void all_seats(int index)
{
	for (int i = 0; i < ring_size; i++)
		take_next(i);
}

static void one_philosopher(void)
{
	make_nodes();
	ring_size = 5;
	in_a_thread(all_seats);
}

/* At most four sit down: a waiter's lock is around each seat that is taken. */
static void take_next_by_the_waiter(int index)
{
	pthread_mutex_lock(&gate);
	take_next(index);
	pthread_mutex_unlock(&gate);
}

static void philosophers_and_waiter(void)
{
	in_a_ring(5, take_next_by_the_waiter);
}

static void pair_one_after_the_other(void)
{
	make_nodes();
	ring_size = 2;
	take_next(0);
	turns_take(2, NULL, take_next_in_order);
	take_next(1);
}

/* A parent of their own class keeps children apart. */
static void children(int index)
{
	TAKE(nodes[0], nodes[1 + index], nodes[2 - index]);
}

static void children_under_a_parent(void)
{
	make_nodes();
	turns_take(2, NULL, children);
}

static void children_of_others(int index)
{
	TAKE(nodes[3 + index], nodes[1 + index], nodes[2 - index]);
}

static void children_under_two_parents(void)
{
	make_nodes();
	turns_take(2, NULL, children_of_others);
}

/* Two classes, by instances that never meet. */
static pthread_mutex_t lefts[2], rights[2];

static void make_lefts_and_rights(void)
{
	/* A loop that the compiler may unroll would be two places, so two classes. */
	for (volatile int i = 0; i < 2; i++)
		pthread_mutex_init(&lefts[i], NULL);
	for (volatile int i = 0; i < 2; i++)
		pthread_mutex_init(&rights[i], NULL);
}

static void left_0_right_0(int index)
{
	TAKE(&lefts[0], &rights[0]);
}

static void right_1_left_1(int index)
{
	TAKE(&rights[1], &lefts[1]);
}

static void right_0_left_0(int index)
{
	TAKE(&rights[0], &lefts[0]);
}

static void left_1_right_1(int index)
{
	TAKE(&lefts[1], &rights[1]);
}

static void disjoint_instances(void)
{
	make_lefts_and_rights();
	turns_two(left_0_right_0, right_1_left_1);
}

static void disjoint_instances_one_order(void)
{
	make_lefts_and_rights();
	turns_two(left_0_right_0, left_1_right_1);
}

static void disjoint_instances_meet_later(void)
{
	const turns_act acts[] = {left_0_right_0, right_1_left_1, right_0_left_0};

	make_lefts_and_rights();
	turns_take(3, acts, NULL);
}

static void both_disjoint(int index)
{
	left_0_right_0(index);
	right_1_left_1(index);
}

static void disjoint_instances_one_thread(void)
{
	make_lefts_and_rights();
	in_a_thread(both_disjoint);
}

static void disjoint_instances_joined_before(void)
{
	make_lefts_and_rights();
	in_a_thread(right_1_left_1);
	left_0_right_0(0);
}

/* A lock ends, and another one begins in its place. */
static pthread_mutex_t reborn;

static void make_reborn(void)
{
	pthread_mutex_init(&reborn, NULL);
}

static void a_reborn(int index)
{
	TAKE(&lock_a, &reborn);
}

static void reborn_a(int index)
{
	TAKE(&reborn, &lock_a);
}

static void another_life_then_reborn_a(int index)
{
	pthread_mutex_destroy(&reborn);
	pthread_mutex_init(&reborn, NULL);
	reborn_a(index);
}

static void same_life(void)
{
	make_reborn();
	turns_two(a_reborn, reborn_a);
}

static void another_life_of_another_class(void)
{
	make_reborn();
	turns_two(a_reborn, another_life_then_reborn_a);
}

static void lives_of_one_class(void)
{
	for (volatile int i = 0; i < 2; i++) {
		make_reborn();
		in_a_thread(i ? reborn_a : a_reborn);
		pthread_mutex_destroy(&reborn);
	}
}

static void lives_of_one_class_one_order(void)
{
	for (volatile int i = 0; i < 2; i++) {
		make_reborn();
		in_a_thread(a_reborn);
		pthread_mutex_destroy(&reborn);
	}
}

/* What was held around it stays when the lock in the middle ends. */
static void a_b_c_and_no_b(int index)
{
	TAKE(&lock_a, &lock_b, &lock_c);
	pthread_mutex_destroy(&lock_b);
}

ACT(c_a, &lock_c, &lock_a)
ACT(a_c, &lock_a, &lock_c)

static void middle_lock_destroyed(void)
{
	turns_two(a_b_c_and_no_b, c_a);
}

static void middle_lock_destroyed_one_order(void)
{
	turns_two(a_b_c_and_no_b, a_c);
}

/* A hundred thousand locks of one class, in one order that no address tells. */
enum { CROWD = 100000 };

static void nest_in_a_crowd(int index)
{
	pthread_mutex_t *crowd = (pthread_mutex_t *)calloc(CROWD, sizeof(*crowd));
	int *rank = (int *)calloc(CROWD, sizeof(*rank));

	for (int i = 0; i < CROWD; i++) {
		pthread_mutex_init(&crowd[i], NULL);
		rank[i] = i;
	}
	for (int i = CROWD - 1; i > 0; i--) {
		int k = rand() % (i + 1), kept = rank[i];

		rank[i] = rank[k];
		rank[k] = kept;
	}
	for (int i = 0; i < CROWD; i++) {
		int k = rand() % CROWD;

		if (i != k)
			TAKE(&crowd[rank[i] < rank[k] ? i : k], &crowd[rank[i] < rank[k] ? k : i]);
	}
	free(rank);
}

static void crowd_in_random_order(void)
{
	in_a_thread(nest_in_a_crowd);
}

const struct turns_case class_cases[] = {
	CASE(by_address),
	CASE(by_address_except_once),
	CASE(by_index),
	CASE(by_tree),
	CASE(tree_upwards_once),
	CASE(hand_over_hand),
	CASE(hand_over_hand_in_a_ring),
	CASE(pair_both_ways),
	CASE(three_accounts),
	CASE(five_philosophers),
	CASE(five_philosophers_one_after_the_other),
	CASE(five_with_a_left_hander),
	CASE(one_philosopher),
	CASE(philosophers_and_waiter),
	CASE(pair_one_after_the_other),
	CASE(children_under_a_parent),
	CASE(children_under_two_parents),
	CASE(disjoint_instances),
	CASE(disjoint_instances_one_order),
	CASE(disjoint_instances_meet_later),
	CASE(disjoint_instances_one_thread),
	CASE(disjoint_instances_joined_before),
	CASE(same_life),
	CASE(another_life_of_another_class),
	CASE(lives_of_one_class),
	CASE(lives_of_one_class_one_order),
	CASE(middle_lock_destroyed),
	CASE(middle_lock_destroyed_one_order),
	CASE(crowd_in_random_order),
	{NULL, NULL},
};
