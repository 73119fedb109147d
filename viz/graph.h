/* Pictures of a run's dependency graph: choose, build, lay out, write. */
#ifndef VIZ_GRAPH_H
#define VIZ_GRAPH_H

#include <stdio.h>

#include "model.h"

enum viz_graph_scope {
	VIZ_GRAPH_CYCLES = 0, /* the findings' cycles with their next neighbours */
	VIZ_GRAPH_ALL,
	VIZ_GRAPH_FOCUS, /* what is near the classes that `focus` names */
};

struct viz_graph_options {
	enum viz_graph_scope scope;
	const char *focus;   /* VIZ_GRAPH_FOCUS: class name, glob, part of a name, or finding id */
	unsigned int depth;  /* VIZ_GRAPH_FOCUS: steps away from it */
	const char *finding; /* id, or its start: only this cycle is marked; NULL: all */
	unsigned int time_limit; /* seconds for each layout; 0: VIZ_GRAPH_TIME_LIMIT */
	FILE *notes; /* gets "lockdep-lite: …" lines on what was done instead; NULL: nobody does */
};

#define VIZ_GRAPH_TIME_LIMIT 30u /* seconds */

/* Draws the run to `out`: a file named *.svg, *.png, *.pdf or *.dot, or "-" for DOT on stdout. The
 * file appears whole or not at all. Zeroed options are the defaults. Forks for the layout, so call
 * it while there is one thread. Returns 0; else an exit status (2) and one line in `error`, without
 * program name or newline. */
int viz_graph_write(struct viz_run *run, const struct viz_graph_options *options, const char *out,
	char *error, size_t error_size) LDL_MUST_USE;

#endif
