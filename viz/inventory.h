/* The inventory of a run: every allocation site with its masks, counts and what was held over it,
 * and every reserve (rules B12 and C7). The triage table of allocation sites that one would
 * otherwise make by hand. */
#ifndef VIZ_INVENTORY_H
#define VIZ_INVENTORY_H

#include <stdio.h>

#include "model.h"

/* What a site is marked with, most urgent first. */
enum viz_alloc_mark {
	VIZ_ALLOC_HAS_FINDINGS = 16, /* a rule was found broken here */
	VIZ_ALLOC_UNDER_LOCK = 8,    /* it may reclaim, and something was held over it */
	VIZ_ALLOC_NOFAIL = 4,        /* B12 */
	VIZ_ALLOC_RETRIES = 2,       /* B12 */
	VIZ_ALLOC_FAILED = 1,        /* at least once */
};

/* The sites in the order of the report: by their marks, then by requests. Belongs to the run. */
const ldl_alloc_id *viz_inventory_allocs(struct viz_run *run, size_t *count);

/* viz_alloc_mark bits of one of them. */
unsigned int viz_inventory_marks(struct viz_run *run, ldl_alloc_id id);

/* Requests that a site made, at least: a record is made by the first one, and threads add theirs
 * only now and then. */
uint64_t viz_alloc_requests(const struct ldl_alloc *alloc);

/* Whether a site's effective mask lets it reclaim, hence sleep. */
bool viz_alloc_may_reclaim(const struct ldl_alloc *alloc);

/* Where a site is: "load_index (index.c:42)". Returns `text`. */
const char *viz_alloc_place(
	struct viz_run *run, const struct ldl_alloc *alloc, char *text, size_t size);

/* Ids of the rules found broken at a class, in order: "A4 B6"; "" for none. Returns `text`. */
const char *viz_inventory_rules(struct viz_run *run, ldl_class_id class, char *text, size_t size);

/* Elements that the pools of a class promise: the most of any; 0: not known. */
uint32_t viz_reserve_size(const struct viz_run *run, ldl_class_id class);

/* True when the pool lived to the end of the run, or lives still. */
bool viz_reserve_is_alive(const struct viz_run *run, const struct ldl_reserve *reserve);

/* The whole inventory as a table. */
void viz_inventory_text(FILE *out, struct viz_run *run);

#endif
