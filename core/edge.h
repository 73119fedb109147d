/* The graph's vertices and edges: adjacency lists in the arena, and the (from, to) → edge table.
 *
 * Everything here is done under the writer lock. A reader in another process sees whole edges: an
 * edge is linked after it was filled in. Class vertices and their edges stay for ever; an
 * instance's vertex goes with the instance, and its edges with it; and their witnesses, unless a
 * finding shows them. */
#ifndef LDL_EDGE_H
#define LDL_EDGE_H

#include "table.h"

/* The vertex of a class, made when it has none yet. 0: the table is full. */
ldl_node_id ldl_node_of_class(struct ldl_arena *arena, ldl_class_id class);

/* The vertex of an instance that is nested inside its own class. 0: the table is full. */
ldl_node_id ldl_node_of_instance(struct ldl_arena *arena, ldl_instance_id id);

/* Removes an instance's vertex with all its edges. */
void ldl_node_remove(struct ldl_arena *arena, ldl_node_id node);

/* The edge from → to, 0 when there is none. */
ldl_edge_id ldl_edge_find(struct ldl_arena *arena, ldl_node_id from, ldl_node_id to);

/* Adds the edge, without types, to both lists and the table; it must not exist. 0: full. */
ldl_edge_id ldl_edge_insert(struct ldl_arena *arena, ldl_node_id from, ldl_node_id to);

/* More evidence of the edge is wanted: the next LDL_WATCH_LOOKS slow paths that meet it look for
 * some, and none of its chains counts as seen until then. The caller makes them unseen. */
void ldl_edge_watch(struct ldl_arena *arena, ldl_edge_id id);

/* One of these looks. False: it was the last. */
bool ldl_edge_look(struct ldl_arena *arena, ldl_edge_id id);

/* The type bits of a dependency: what the from-side is held in, what the to-side waits as. */
LDL_INLINE uint32_t ldl_edge_type(bool from_is_shared, bool to_overtakes, bool is_timed)
{
	uint32_t type = from_is_shared ? (to_overtakes ? LDL_EDGE_SR : LDL_EDGE_SN)
				       : (to_overtakes ? LDL_EDGE_ER : LDL_EDGE_EN);

	return is_timed ? type : type | type << LDL_EDGE_UNTIMED_SHIFT;
}

#endif
