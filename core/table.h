/* Tables of fixed slots, and sets of ids by hash. The only code that hands out ids.
 *
 * Taking a slot is lock-free and may be done by any thread. An id set is read lock-free by anyone
 * and written by the holder of the writer lock only; nothing is ever taken out of one (except by
 * edge.c, which alone reads and writes its own under the writer lock). */
#ifndef LDL_TABLE_H
#define LDL_TABLE_H

#include "arena.h"

/* `count` fresh, zeroed slots in a row: the first one's id, or 0 when the table is full (counted in
 * its `dropped`). */
uint32_t ldl_table_take(
	struct ldl_arena *arena, enum ldl_table_id table, uint32_t count) LDL_MUST_USE;

/* Counts a request that a full table turned down. */
void ldl_table_drop(struct ldl_arena *arena, enum ldl_table_id table);

/* A walk over the slots where `hash` may be: at most LDL_PROBE_MAX of them. */
struct ldl_probe {
	struct ldl_arena *arena;
	uint32_t *slots;
	uint32_t mask, at, left;
};

void ldl_probe_start(
	struct ldl_probe *probe, struct ldl_arena *arena, enum ldl_table_id table, uint64_t hash);

/* The next slot to look at; NULL: all were looked at, or the page cannot be had. The first slot
 * that holds 0 ends a search: what is looked for is not in the set, and may be stored there. */
uint32_t *ldl_probe_next(struct ldl_probe *probe);

/* Puts `id` into a slot that ldl_probe_next() gave. Under the writer lock. */
void ldl_probe_store(struct ldl_probe *probe, enum ldl_table_id table, uint32_t *slot, uint32_t id);

#endif
