/* What one step of a finding says of itself, by what its two ends are: a lock is held while another
 * one is waited for, an allocation may reclaim, an event is woken only after something else …
 *
 * Names go in from outside (`name`: viz_class_name(), or a label with an address). */
#ifndef VIZ_HOP_H
#define VIZ_HOP_H

#include "model.h"

struct viz_hop {
	unsigned int from_kind, to_kind;   /* ldl_kind */
	const struct ldl_witness *witness; /* NULL: none was kept */
	/* Somebody else must get `to` before who waits for `from` goes on: steps that leave a
	 * reclaim domain, a reserve or an event. */
	bool is_indirect;
	bool is_retry;      /* no request, but the wait before it is made again (rule B9) */
	const char *runner; /* the shrinker through which reclaim was run; NULL: not known */
};

struct viz_hop viz_hop_of(struct viz_run *run, const struct ldl_path_step *step);

/* When a thread does, or did, its part of a step. */
enum viz_hop_tense { VIZ_HOP_NOW, VIZ_HOP_BEFORE };

/* What the thread does with the first: "holds A", "runs shrinker 'inodes' (reclaim.fs)", "wakes
 * event 'done'". */
const char *viz_hop_first(const struct viz_hop *hop, enum viz_hop_tense tense, const char *name,
	char *text, size_t size);

/* And then with the second: "wants B", "allocates with GFP_NOIO, which may reclaim", "only after it
 * took B". What the request was before scopes narrowed it is told of what was done only. */
const char *viz_hop_second(const struct viz_hop *hop, enum viz_hop_tense tense, const char *name,
	char *text, size_t size);

/* The step as one phrase whose subject is the first: "is held while B is waited for". */
const char *viz_hop_relation(const struct viz_hop *hop, const char *name, char *text, size_t size);

/* A step that an allocation made: its masks in words; "" for others. */
const char *viz_hop_mask(const struct viz_hop *hop, char *text, size_t size);

#endif
