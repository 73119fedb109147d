/* A picture's heading: which program, what is shown of how much, and what the signs mean. */
#ifndef VIZ_DOT_TITLE_H
#define VIZ_DOT_TITLE_H

#include <stdio.h>

#include "picture.h"

/* The heading, an HTML label. */
void viz_dot_put_title(FILE *to, const struct viz_picture *picture);

/* The heading's two facts without markup, for a picture's tooltip: plain. */
void viz_dot_put_summary(FILE *to, const struct viz_picture *picture);

/* Text of the only box in a picture that has nothing else to show: plain. */
void viz_dot_put_nothing(FILE *to, const struct viz_picture *picture);

#endif
