/* What the engine says of itself: what it cost, what it gave up for its budget, and whether it
 * switched itself off. See format_governor.h. */
#ifndef VIZ_SELF_H
#define VIZ_SELF_H

#include <stdbool.h>
#include <stdio.h>

#include "core/format.h"
#include "json_writer.h"

/* "nothing", "evidence", "stacks", "edges": what is given up at a level. */
const char *viz_self_level(unsigned int level);

/* "own time: 0.31 % of a processor (budget 1 %, most 2.10 %), gives up nothing"; "" where there is
 * no budget. */
const char *viz_self_cost(const struct ldl_header *header, char *text, size_t size);

/* What was given up, and for how long: one line; nothing when nothing was. */
void viz_self_print_shed(FILE *out, const struct ldl_header *header);

/* "switched itself off for good after 1.2 s: …"; "" when it did not. */
const char *viz_self_breaker(const struct ldl_header *header, char *text, size_t size);

/* The member "engine". */
void viz_self_json(struct viz_json *json, const struct ldl_header *header);

#endif
