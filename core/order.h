/* Incremental topological order: keeps rank(from) <= rank(to) for every edge, so that a new edge
 * which goes upwards needs no search at all.
 *
 * The algorithm is Pearce and Kelly's (A dynamic topological sort algorithm for directed acyclic
 * graphs, JEA 2006), extended to graphs with cycles as in their work on online cycle detection:
 * the vertices of a strongly connected component share one rank and move as one. Two short cuts
 * make the common cases O(1): a vertex that nothing enters may go to the very front, one that
 * nothing leaves to the very back. An insertion costs O(affected region), never a walk over the
 * graph.
 *
 * Invariant, after each call, for all edges u → v: rank(u) <= rank(v); and if u and v lie on a
 * cycle, rank(u) == rank(v). The converse need not hold after edges were removed: equal ranks only
 * mean "search".
 *
 * Knows vertices and edges, nothing of types or cycles' meaning. Under the writer lock. */
#ifndef LDL_ORDER_H
#define LDL_ORDER_H

#include "table.h"

/* Scratch memory for the walks of order.c and cycle.c, by node id; outside the arena. */
struct ldl_work {
	uint32_t capacity; /* nodes; 0: could not be mapped */
	uint32_t epoch;    /* marks of earlier walks are older than this */
	uint32_t *mark;    /* one word for each node */
	uint32_t *mark_twin;
	uint32_t *list; /* node ids; two lists, or one queue of states */
	uint32_t *list_twin;
	int64_t *ranks;
	uint32_t *parent; /* cycle.c: two edges for each node, one for each way to arrive */
};

/* Maps the scratch memory for an arena; only touched pages cost. False: no memory, and then every
 * insertion reports "search". */
bool ldl_work_map(struct ldl_work *work, const struct ldl_arena *arena) LDL_MUST_USE;
void ldl_work_unmap(struct ldl_work *work);

/* The edge from → to was just inserted: repairs the ranks. True: from and to now share a rank, so
 * the edge may close a cycle. */
bool ldl_order_insert(struct ldl_arena *arena, struct ldl_work *work, ldl_node_id from,
	ldl_node_id to) LDL_MUST_USE;

#endif
