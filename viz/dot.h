/* A picture as a Graphviz graph: shapes, colours, order. Knows no layout, only the hints for one.
 *
 * libcgraph is not thread-safe and leaks a little; a process draws a picture or two and ends. The
 * graph's text is the same for the same picture, byte for byte. */
#ifndef VIZ_DOT_H
#define VIZ_DOT_H

#include <graphviz/cgraph.h>

#include "picture.h"

/* The graph of what `picture` shows; NULL when memory ran out. Close it with agclose(). */
Agraph_t *viz_dot_build(const struct viz_picture *picture);

/* The layout engine that copes with a picture of this size: "dot" or "sfdp". */
const char *viz_dot_engine(const struct viz_picture *picture);

/* Sets the attributes by which `engine` does its best with this many arcs. Also to change it. */
void viz_dot_set_engine(Agraph_t *graph, const char *engine, uint32_t arcs);

#endif
