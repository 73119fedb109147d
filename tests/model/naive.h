/* A typed graph as a matrix, and the plainest exact answer to "does this edge close a strong
 * cycle": the closure of strong paths under joining, computed anew each time. The engine's
 * ranks and searches are tested against it. */
#ifndef LDL_TEST_NAIVE_H
#define LDL_TEST_NAIVE_H

#include <stdbool.h>
#include <stdint.h>

#define NAIVE_NODES 24

struct naive_graph {
	unsigned int count;                      /* nodes 0 … count - 1 */
	uint8_t types[NAIVE_NODES][NAIVE_NODES]; /* LDL_EDGE_… bits of from → to; 0: no edge */
};

/* strong[a][x][y]: the set (as bits) of nodes to which a strong path leads from a, left by x (0: E,
 * 1: S) and entered by y (0: N, 1: R). A path of one edge is strong; two join into one unless the
 * first ends in R and the second begins with S. */
struct naive_closure {
	uint32_t strong[NAIVE_NODES][2][2];
};

/* Removes every edge at the node. */
void naive_isolate(struct naive_graph *graph, unsigned int node);

void naive_close(const struct naive_graph *graph, struct naive_closure *closure);

/* Whether a strong closed walk goes through the edge from → to by this one type bit. */
bool naive_is_on_cycle(
	const struct naive_closure *closure, unsigned int from, unsigned int to, unsigned int type);

/* Edges of a shortest strong closed walk through from → to taken by this type; 0: there is none. */
unsigned int naive_shortest(
	const struct naive_graph *graph, unsigned int from, unsigned int to, unsigned int type);

/* Whether any walk (of whatever types) leads from one to the other; a node reaches itself. */
bool naive_reaches(const struct naive_graph *graph, unsigned int from, unsigned int to);

/* Whether the walk nodes[0], nodes[1] … back to nodes[0] by these types is there, and strong. */
bool naive_is_strong_walk(const struct naive_graph *graph, const unsigned int *nodes,
	const unsigned int *types, unsigned int count);

#endif
