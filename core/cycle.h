/* Strong cycles: the search that decides whether a new edge is a deadlock.
 *
 * Is there a path back? The answer must respect readers:
 * an S…→ edge may not follow an …→R edge (format.h, ldl_edge_type). So the search runs over states
 * (vertex, arrived only by R), not over vertices: a vertex first reached on a weak path would hide
 * a strong one (SELFTEST.md). Breadth first, so the path found is a shortest one. Exact.
 *
 * Cost: the edges among vertices that share the new edge's rank: the component it lies in. Under
 * the writer lock. Source: the kernel's check_noncircular() and its recursive-read rules. */
#ifndef LDL_CYCLE_H
#define LDL_CYCLE_H

#include "order.h"

/* One edge of a cycle, and the type by which the cycle is strong. */
struct ldl_cycle_step {
	ldl_edge_id edge;
	uint32_t type;
};

/* Edges that a search goes around. */
struct ldl_detour {
	uint32_t count;
	ldl_edge_id edges[LDL_DETOUR_EDGES];
};

/* Looks for a strong cycle through `edge` taken as one of `types` (a mask of new ldl_edge_type
 * bits), and through none of those to go around (NULL: through any). Writes its steps, `edge`
 * first, to steps[0 … most-1] and returns their number: 0 when there is no such cycle. A longer
 * cycle than `most` is counted as LDL_COUNT_SEARCH_GAVE_UP and cut. */
uint32_t ldl_cycle_find(struct ldl_arena *arena, struct ldl_work *work, ldl_edge_id edge,
	uint32_t types, const struct ldl_detour *around, struct ldl_cycle_step *steps,
	uint32_t most);

#endif
