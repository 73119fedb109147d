/* The words at boxes and arrows: labels and tooltips, escaped for Graphviz.
 *
 * "HTML" labels go through agstrdup_html(); tooltips are plain and have several lines. */
#ifndef VIZ_DOT_LABEL_H
#define VIZ_DOT_LABEL_H

#include <stdio.h>

#include "picture.h"

/* Names are code, so they stand in a fixed-width font; and then texts are equally wide in every
 * viewer, whichever font of the list it has: all are 0.6 em, bold or not. The first name, which no
 * machine has, makes Graphviz measure by its Courier table where it has no fonts to look at. */
#define VIZ_FONT_CODE                                                                              \
	"courier-metrics,DejaVu Sans Mono,Menlo,Lucida Console,Liberation Mono,monospace"
#define VIZ_FONT_PROSE "Helvetica,Arial,sans-serif"

/* Few enough arcs for labels on them and for boxes with a second line, in HTML. */
bool viz_dot_is_roomy(const struct viz_picture *picture);

/* A box's text: HTML when roomy, else plain. */
void viz_dot_put_vertex_label(FILE *to, const struct viz_picture *picture, uint32_t vertex);
void viz_dot_put_vertex_tooltip(FILE *to, const struct viz_picture *picture, uint32_t vertex);

/* "2 worker #3" and where (HTML), for an arc that is a step of a finding. */
void viz_dot_put_arc_label(FILE *to, const struct viz_picture *picture, uint32_t arc);
void viz_dot_put_arc_tooltip(FILE *to, const struct viz_picture *picture, uint32_t arc);

/* True when every wait seen along the arc ends by itself. */
bool viz_dot_is_bounded(const struct viz_picture *picture, uint32_t arc);

#endif
