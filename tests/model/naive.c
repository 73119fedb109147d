/* Strong paths by joining shorter ones until there are no new ones: slow, short and exact. */
#include <string.h>
#include "core/format.h"
#include "tests/model/naive.h"

static bool leaves_shared(unsigned int type)
{
	return type == LDL_EDGE_SN || type == LDL_EDGE_SR;
}

static bool enters_recursive(unsigned int type)
{
	return type == LDL_EDGE_ER || type == LDL_EDGE_SR;
}

/* R before S. */
static bool is_weak_joint(bool recursive, bool shared)
{
	return recursive && shared;
}

void naive_isolate(struct naive_graph *graph, unsigned int node)
{
	unsigned int other;

	for (other = 0; other < NAIVE_NODES; other++)
		graph->types[node][other] = graph->types[other][node] = 0;
}

static void add_edges(const struct naive_graph *graph, struct naive_closure *closure)
{
	unsigned int a, b, bit;

	for (a = 0; a < graph->count; a++)
		for (b = 0; b < graph->count; b++)
			for (bit = LDL_EDGE_EN; bit <= LDL_EDGE_SR; bit <<= 1)
				if (graph->types[a][b] & bit)
					closure->strong[a][leaves_shared(bit)]
						       [enters_recursive(bit)] |= 1u << b;
}

/* Joins what leads from `a`, left by `x`, to `middle` with what leads on from there. */
static bool join_at(
	struct naive_closure *closure, unsigned int a, unsigned int x, unsigned int middle)
{
	unsigned int in, out, y;
	bool grew = false;

	for (in = 0; in < 2; in++) {
		if (!(closure->strong[a][x][in] >> middle & 1))
			continue;
		for (out = 0; out < 2; out++) {
			if (is_weak_joint(in, out))
				continue;
			for (y = 0; y < 2; y++) {
				uint32_t more =
					closure->strong[middle][out][y] & ~closure->strong[a][x][y];

				closure->strong[a][x][y] |= more;
				grew |= more != 0;
			}
		}
	}
	return grew;
}

void naive_close(const struct naive_graph *graph, struct naive_closure *closure)
{
	unsigned int a, middle;
	bool grew = true;

	memset(closure, 0, sizeof(*closure));
	add_edges(graph, closure);
	while (grew) {
		grew = false;
		for (middle = 0; middle < graph->count; middle++)
			for (a = 0; a < graph->count; a++) {
				grew |= join_at(closure, a, 0, middle);
				grew |= join_at(closure, a, 1, middle);
			}
	}
}

bool naive_is_on_cycle(
	const struct naive_closure *closure, unsigned int from, unsigned int to, unsigned int type)
{
	unsigned int out, in;

	for (out = 0; out < 2; out++)
		for (in = 0; in < 2; in++)
			if ((closure->strong[to][out][in] >> from & 1) &&
				!is_weak_joint(enters_recursive(type), out) &&
				!is_weak_joint(in, leaves_shared(type)))
				return true;
	return false;
}

/* States after one more edge: (node, arrived by R) pairs. */
static void step_states(const struct naive_graph *graph, bool now[NAIVE_NODES][2])
{
	bool after[NAIVE_NODES][2] = {{false}};
	unsigned int node, next, bit, side;

	for (node = 0; node < graph->count; node++)
		for (side = 0; side < 2; side++)
			for (next = 0; now[node][side] && next < graph->count; next++)
				for (bit = LDL_EDGE_EN; bit <= LDL_EDGE_SR; bit <<= 1)
					if ((graph->types[node][next] & bit) &&
						!is_weak_joint(side, leaves_shared(bit)))
						after[next][enters_recursive(bit)] = true;
	memcpy(now, after, sizeof(after));
}

unsigned int naive_shortest(
	const struct naive_graph *graph, unsigned int from, unsigned int to, unsigned int type)
{
	bool now[NAIVE_NODES][2] = {{false}};
	unsigned int length, side;

	now[to][enters_recursive(type)] = true;
	for (length = 1; length <= 2 * NAIVE_NODES; length++) {
		for (side = 0; side < 2; side++)
			if (now[from][side] && !is_weak_joint(side, leaves_shared(type)))
				return length;
		step_states(graph, now);
	}
	return 0;
}

bool naive_reaches(const struct naive_graph *graph, unsigned int from, unsigned int to)
{
	bool seen[NAIVE_NODES] = {false};
	unsigned int queue[NAIVE_NODES], head = 0, tail = 0, next;

	queue[tail++] = from;
	seen[from] = true;
	while (head < tail) {
		unsigned int node = queue[head++];

		for (next = 0; next < graph->count; next++) {
			if (!graph->types[node][next] || seen[next])
				continue;
			seen[next] = true;
			queue[tail++] = next;
		}
	}
	return seen[to];
}

bool naive_is_strong_walk(const struct naive_graph *graph, const unsigned int *nodes,
	const unsigned int *types, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		unsigned int next = (i + 1) % count;

		if (!(graph->types[nodes[i]][nodes[next]] & types[i]))
			return false;
		if (is_weak_joint(enters_recursive(types[i]), leaves_shared(types[next])))
			return false;
	}
	return count > 0;
}
