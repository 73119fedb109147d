/* Witnesses: the evidence of an edge, or of a broken rule. Under the writer lock. */
#ifndef LDL_WITNESS_H
#define LDL_WITNESS_H

#include "thread.h"

/* An acquisition that is being checked: all that the judgement needs to know of it. */
struct ldl_acquisition {
	uint64_t addr;
	uint64_t ip;    /* return address of the call */
	uint64_t outer; /* MODE_INSIDE: the lock inside which nesting is wanted; else 0 */
	ldl_instance_id instance;
	ldl_class_id class; /* of the instance, or its subclass */
	uint32_t mode;      /* as it counts: RECURSIVE only when it really overtakes writers */
	uint32_t flags;     /* ldl_instance_flags */
	ldl_site_id site;   /* its stack; 0 when the table was full */
	/* 0 unless known: the stack of the from-side, when no held entry has it. */
	ldl_site_id from_site;
	uint32_t asked; /* of an event: what the thread woke before, see ldl_edge.asked */
	uint32_t
		nested; /* how many other locks of its class its thread holds: rows are looked at */
	ldl_instance_id nested_in; /* the innermost of them */
	bool is_last;            /* the thread waits for itself, for good: there is no next time */
	uint32_t gfp, gfp_asked; /* of an allocation: effective mask, and what was asked for */
	enum ldl_rule
		cycle_rule; /* what a cycle that it closes breaks; LDL_RULE_NONE: by its path */
};

/* The stack of a held, or once held, entry's acquisition: all of it when that is known for certain,
 * else its innermost frame. `now`: the stack of the present event. */
ldl_site_id ldl_witness_site(
	struct ldl_arena *arena, const struct ldl_held *entry, ldl_site_id now);

/* Records that `thread`, holding `entry` (NULL: nothing in particular), met `acquisition`. Keeps
 * what else it held. `edge` 0 when no edge is concerned. 0: the table is full (counted). */
ldl_witness_id ldl_witness_make(struct ldl_arena *arena, struct ldl_thread *thread,
	const struct ldl_held *entry, const struct ldl_acquisition *acquisition, ldl_edge_id edge,
	uint32_t type);

/* Keeps what the thread holds (the innermost LDL_ALSO_HELD_MAX) in LDL_TABLE_ALSO_HELD: the first
 * slot, and how many in *count. 0: nothing, or no room. */
uint32_t ldl_witness_keep_held(
	struct ldl_arena *arena, const struct ldl_thread *thread, uint32_t *count);

/* Links a witness to its edge. */
void ldl_witness_link(struct ldl_arena *arena, ldl_edge_id edge, ldl_witness_id witness);

/* Whether one more witness of this kind would tell something new about the edge: another type,
 * instances, thread, segment of it, or other locks held around it than those that are kept. Above
 * LDL_WITNESS_MAX a new thread is news, or that fewer locks were held than ever. Where the others
 * came before there was a suspicion, a watched edge has room of its own. */
bool ldl_witness_is_news(const struct ldl_arena *arena, ldl_edge_id edge,
	const struct ldl_thread *thread, ldl_instance_id from, ldl_instance_id to, uint32_t type);

/* Where it is no news, but for the segment: the newest witness that tells the rest becomes one of
 * the present segment. A thread that goes through many leaves room for others that way, and what
 * threads will do from now on is ordered with its latest segment if it is with any. False: there is
 * none, or it is of this segment. */
bool ldl_witness_renew(struct ldl_arena *arena, ldl_edge_id edge, struct ldl_thread *thread,
	ldl_instance_id from, ldl_instance_id to, uint32_t type);

#endif
