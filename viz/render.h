/* Lays a Graphviz graph out and writes it as a file.
 *
 * Layouts may take for ever, crash, and leak, so each runs in a forked child with a time limit; the
 * child hands the finished picture back in a memfd, and only then is the file written. When dot is
 * late or fails, sfdp tries; when that fails too, the graph is saved as DOT text instead. */
#ifndef VIZ_RENDER_H
#define VIZ_RENDER_H

#include <graphviz/cgraph.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum viz_render_format {
	VIZ_RENDER_NONE = 0,
	VIZ_RENDER_DOT, /* no layout at all */
	VIZ_RENDER_SVG,
	VIZ_RENDER_PNG,
	VIZ_RENDER_PDF,
};

struct viz_render_options {
	enum viz_render_format format;
	const char *engine;      /* to begin with: "dot" or "sfdp" */
	uint32_t arcs;           /* in the graph */
	unsigned int time_limit; /* seconds for each try */
	FILE *notes;             /* gets a line on each fallback; may be NULL */
};

/* By the end of the name, whatever its case; VIZ_RENDER_NONE: not one that we can write. */
enum viz_render_format viz_render_format_of(const char *path);

/* Writes `graph` to `path`. False with one line in `error`; then nothing was left at `path`. The
 * process must have one thread. */
bool viz_render_file(Agraph_t *graph, const char *path, const struct viz_render_options *options,
	char *error, size_t error_size);

/* Writes the graph's DOT text to a stream. */
bool viz_render_text(Agraph_t *graph, FILE *to, char *error, size_t error_size);

#endif
