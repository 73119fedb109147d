/* How often an edge was seen, and by whom: what the witnesses of a step tell together. */
#ifndef VIZ_SEEN_H
#define VIZ_SEEN_H

#include "model.h"

#define VIZ_SEEN_THREADS 64u /* of one edge; more are not told apart */

struct viz_seen {
	uint32_t count;   /* checks that met the edge: a chain that is known is not checked again */
	bool is_declared; /* by ldl_order(), and never made */
	bool is_cut;      /* as many witnesses as are kept: there may have been other threads */
	uint32_t thread_count;
	const struct ldl_witness *threads[VIZ_SEEN_THREADS]; /* the first of each, by serial */
};

/* All 0 for a step that is no edge. */
struct viz_seen viz_seen_of(const struct viz_run *run, const struct ldl_path_step *step);

/* "seen 3 times, by abba #2 and abba #3"; "" for a step that is no edge. Returns `text`. */
const char *viz_seen_text(
	struct viz_run *run, const struct ldl_path_step *step, char *text, size_t size);

#endif
