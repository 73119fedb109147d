/* The inventory: one record for each place in the program that allocates with one mask.
 *
 * Finding is lock-free; making is done under the writer lock. Records are never taken back. Counts
 * are added up in the threads and arrive here now and then: see engine_alloc.c. */
#ifndef LDL_ALLOC_H
#define LDL_ALLOC_H

#include "table.h"

/* The key of a request's record: its place, mask and scopes, in this process. */
uint64_t ldl_alloc_key(uint64_t ip, uint32_t gfp_asked, uint32_t scope);

/* The record with this key; 0: none yet. Lock-free. */
ldl_alloc_id ldl_alloc_find(struct ldl_arena *arena, uint64_t key);

/* Makes the record, or returns the one that somebody else made meanwhile. `model` gives its first
 * fields. Under the writer lock. 0: the table is full (counted). */
ldl_alloc_id ldl_alloc_make(struct ldl_arena *arena, const struct ldl_alloc *model);

/* Adds requests that a thread has counted. Any thread. */
void ldl_alloc_add(struct ldl_arena *arena, ldl_alloc_id id, uint32_t count);

#endif
