/* Text of the watched program made safe for Graphviz: the only place where anything is escaped.
 *
 * Names come from symbol tables, thread names and annotations: any bytes. Whatever goes in, what
 * comes out is valid UTF-8 (bad bytes become U+FFFD) without control characters, and means itself:
 * Graphviz reads backslash sequences and HTML entities in every label, and a malformed HTML label
 * silently becomes the node's name. Quotes need no care here, the DOT writer doubles for them. */
#ifndef VIZ_DOT_ESCAPE_H
#define VIZ_DOT_ESCAPE_H

#include <stddef.h>
#include <stdio.h>

/* Writes the first `len` bytes of `text` for a plain label, tooltip or any other attribute that
 * Graphviz reads as an "escString". A line end in the text becomes a blank. */
void viz_dot_put_text(FILE *to, const char *text, size_t len);

/* The same for the text between the tags of an HTML label. */
void viz_dot_put_html(FILE *to, const char *text, size_t len);

/* Number of characters (not bytes) that either of them writes: for widths. */
size_t viz_dot_text_width(const char *text, size_t len);

#endif
