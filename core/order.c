/* Incremental topological order with components. See order.h. */
#include "order.h"

#include "sys.h"

#include <string.h>
#include <sys/mman.h>

#define WORDS_PER_NODE 9u /* two marks, two lists, a rank of two words, two parents, one spare */

bool ldl_work_map(struct ldl_work *work, const struct ldl_arena *arena)
{
	size_t nodes = ldl_arena_table(arena, LDL_TABLE_NODES)->capacity;
	uint32_t *words = ldl_sys_mmap(NULL, nodes * WORDS_PER_NODE * sizeof(uint32_t),
		PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, NULL);

	memset(work, 0, sizeof(*work));
	if (!words)
		return false;
	work->capacity = (uint32_t)nodes;
	work->ranks = (int64_t *)words;
	work->mark = words + 2 * nodes;
	work->mark_twin = words + 3 * nodes;
	work->list = words + 4 * nodes;
	work->list_twin = words + 5 * nodes;
	work->parent = words + 6 * nodes;
	return true;
}

void ldl_work_unmap(struct ldl_work *work)
{
	if (work->capacity)
		ldl_sys_munmap(
			work->ranks, (size_t)work->capacity * WORDS_PER_NODE * sizeof(uint32_t));
	memset(work, 0, sizeof(*work));
}

static int64_t rank_of(struct ldl_arena *arena, ldl_node_id node)
{
	return ldl_node_at(arena, node)->rank;
}

/* A vertex that there is: what the walk's own memory has room for. */
static ldl_node_id end_of(
	const struct ldl_arena *arena, const struct ldl_work *work, ldl_node_id node)
{
	if (ldl_likely(node < work->capacity))
		return node;
	ldl_arena_trip(arena, LDL_TRIP_SLOT, LDL_TABLE_NODES, node);
	return 0;
}

/* All vertices reachable from `start` without passing `limit`, into `list`; marked with the epoch.
 * The list is its own queue: each vertex enters it once. */
static uint32_t reach_forward(
	struct ldl_arena *arena, struct ldl_work *work, ldl_node_id start, int64_t limit)
{
	uint32_t count = 0, steps = 0;

	work->mark[start] = work->epoch;
	work->list[count++] = start;
	for (uint32_t at = 0; at < count; at++) {
		ldl_edge_id id = ldl_node_at(arena, work->list[at])->out_first;

		for (; id && ldl_arena_step(arena, LDL_TABLE_EDGES, &steps);
			id = ldl_edge_at(arena, id)->next_out) {
			ldl_node_id next = end_of(arena, work, ldl_edge_at(arena, id)->to);

			if (work->mark[next] == work->epoch || rank_of(arena, next) > limit)
				continue;
			work->mark[next] = work->epoch;
			work->list[count++] = next;
		}
	}
	return count;
}

static uint32_t reach_backward(
	struct ldl_arena *arena, struct ldl_work *work, ldl_node_id start, int64_t limit)
{
	uint32_t count = 0, steps = 0;

	work->mark_twin[start] = work->epoch;
	work->list_twin[count++] = start;
	for (uint32_t at = 0; at < count; at++) {
		ldl_edge_id id = ldl_node_at(arena, work->list_twin[at])->in_first;

		for (; id && ldl_arena_step(arena, LDL_TABLE_EDGES, &steps);
			id = ldl_edge_at(arena, id)->next_in) {
			ldl_node_id next = end_of(arena, work, ldl_edge_at(arena, id)->from);

			if (work->mark_twin[next] == work->epoch || rank_of(arena, next) < limit)
				continue;
			work->mark_twin[next] = work->epoch;
			work->list_twin[count++] = next;
		}
	}
	return count;
}

/* Heap sort by rank: in place, no recursion, n log n at the worst. */
static void sift(struct ldl_arena *arena, uint32_t *list, uint32_t at, uint32_t count)
{
	ldl_node_id moved = list[at];
	int64_t rank = rank_of(arena, moved);

	for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
		if (child + 1 < count &&
			rank_of(arena, list[child + 1]) > rank_of(arena, list[child]))
			child++;
		if (rank_of(arena, list[child]) <= rank)
			break;
		list[at] = list[child];
	}
	list[at] = moved;
}

static void sort_by_rank(struct ldl_arena *arena, uint32_t *list, uint32_t count)
{
	for (uint32_t at = count / 2; at-- > 0;)
		sift(arena, list, at, count);
	while (count > 1) {
		ldl_node_id largest = list[0];

		list[0] = list[--count];
		list[count] = largest;
		sift(arena, list, 0, count);
	}
}

/* The distinct ranks of both sorted lists, ascending, into work->ranks. */
static uint32_t pool_ranks(
	struct ldl_arena *arena, struct ldl_work *work, uint32_t forward, uint32_t backward)
{
	uint32_t i = 0, j = 0, count = 0;

	while (i < forward || j < backward) {
		int64_t rank;

		if (j == backward || (i < forward && rank_of(arena, work->list[i]) <=
							     rank_of(arena, work->list_twin[j])))
			rank = rank_of(arena, work->list[i++]);
		else
			rank = rank_of(arena, work->list_twin[j++]);
		if (count == 0 || work->ranks[count - 1] != rank)
			work->ranks[count++] = rank;
	}
	return count;
}

static bool is_on_cycle(const struct ldl_work *work, ldl_node_id node)
{
	return work->mark[node] == work->epoch && work->mark_twin[node] == work->epoch;
}

/* Gives the backward region the lowest ranks of the pool, in its old order; returns how many. */
static uint32_t assign_low(struct ldl_arena *arena, struct ldl_work *work, uint32_t backward)
{
	uint32_t used = 0;
	int64_t last = 0;
	bool any = false;

	for (uint32_t i = 0; i < backward; i++) {
		struct ldl_node *node = ldl_node_at(arena, work->list_twin[i]);

		if (is_on_cycle(work, work->list_twin[i]))
			continue;
		if (!any || node->rank != last)
			used++;
		any = true;
		last = node->rank;
		node->rank = work->ranks[used - 1];
	}
	return used;
}

/* Gives the forward region the highest ranks, from the end, but none below `low`. */
static void assign_high(struct ldl_arena *arena, struct ldl_work *work, uint32_t forward,
	uint32_t pool, uint32_t low)
{
	int64_t last = 0;
	bool any = false;

	for (uint32_t i = forward; i-- > 0;) {
		struct ldl_node *node = ldl_node_at(arena, work->list[i]);

		if (is_on_cycle(work, work->list[i]))
			continue;
		if (!any || node->rank != last)
			pool--;
		any = true;
		last = node->rank;
		node->rank = work->ranks[pool > low ? pool : low];
	}
}

/* The region between: vertices that leave `to` and reach `from` are one component now. They take
 * one rank, ranks[low]. Everything keeps rank(u) <= rank(v): each vertex of the backward region
 * only went down, each of the forward region only up, within the old pool, and all of the backward
 * region is at most ranks[low], all of the forward region at least that. */
static bool reorder(
	struct ldl_arena *arena, struct ldl_work *work, uint32_t forward, uint32_t backward)
{
	uint32_t pool, low, i;
	bool cycle = false;

	sort_by_rank(arena, work->list, forward);
	sort_by_rank(arena, work->list_twin, backward);
	pool = pool_ranks(arena, work, forward, backward);
	low = assign_low(arena, work, backward);
	/* Vertices of a component that was split by removals still tie, so that the pool may be
	 * short. */
	if (low == pool)
		low--;
	assign_high(arena, work, forward, pool, low);
	for (i = 0; i < forward; i++) {
		if (!is_on_cycle(work, work->list[i]))
			continue;
		ldl_node_at(arena, work->list[i])->rank = work->ranks[low];
		cycle = true;
	}
	return cycle;
}

bool ldl_order_insert(
	struct ldl_arena *arena, struct ldl_work *work, ldl_node_id from, ldl_node_id to)
{
	struct ldl_node *tail = ldl_node_at(arena, from), *head = ldl_node_at(arena, to);
	uint32_t forward, backward;

	if (tail->rank < head->rank)
		return false;
	if (tail->rank == head->rank || work->capacity == 0)
		return true;
	if (tail->in_first == 0) {
		tail->rank = --arena->header->rank_front;
		return false;
	}
	if (head->out_first == 0) {
		head->rank = ++arena->header->rank_back;
		return false;
	}
	work->epoch++;
	forward = reach_forward(arena, work, to, tail->rank);
	backward = reach_backward(arena, work, from, head->rank);
	return reorder(arena, work, forward, backward);
}
