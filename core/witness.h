/* Witnesses: the evidence of an edge, or of a broken rule. Under the writer lock. */
#ifndef LDL_WITNESS_H
#define LDL_WITNESS_H

#include "thread.h"

/* An acquisition that is being checked: all that the judgement needs to know of it. */
struct ldl_acquisition {
	uint64_t addr;
	uint64_t ip; /* return address of the call */
	ldl_instance_id instance;
	ldl_class_id class; /* of the instance, or its subclass */
	uint32_t mode;      /* as it counts: RECURSIVE only when it really overtakes writers */
	uint32_t flags;     /* ldl_instance_flags */
	ldl_site_id site;   /* its stack; 0 when the table was full */
};

/* Records that `thread`, holding `entry` (NULL: nothing in particular), met `acquisition`. Keeps
 * what else it held. `edge` 0 when no edge is concerned. 0: the table is full (counted). */
ldl_witness_id ldl_witness_make(struct ldl_arena *arena, struct ldl_thread *thread,
	const struct ldl_held *entry, const struct ldl_acquisition *acquisition, ldl_edge_id edge,
	uint32_t type);

/* Links a witness to its edge. */
void ldl_witness_link(struct ldl_arena *arena, ldl_edge_id edge, ldl_witness_id witness);

/* Whether one more witness of this kind would tell something new about the edge: another type,
 * other instances or another thread than those that are kept. */
bool ldl_witness_is_news(const struct ldl_arena *arena, ldl_edge_id edge, uint32_t thread_serial,
	ldl_instance_id from, ldl_instance_id to, uint32_t type);

#endif
