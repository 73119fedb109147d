/* The words of the counters: what each table and counter of an arena is called, and what it says.
 *
 * Static texts, never NULL, for any number; the names are also the keys of the JSON output. */
#ifndef VIZ_COUNTERS_H
#define VIZ_COUNTERS_H

#include "core/format.h"

/* By ldl_table_id: "locks", "edges", "witnesses" … */
const char *viz_table_name(unsigned int table);

/* By ldl_counter: a key ("held_overflow"), and what the number counts ("locks taken above …"). */
const char *viz_counter_name(unsigned int counter);
const char *viz_counter_sentence(unsigned int counter);

/* True when a counter that is not 0 means that something was not seen. */
bool viz_counter_is_loss(unsigned int counter);

/* Everything that was not seen, added up: what tables dropped, and counters that are losses. */
uint64_t viz_counter_losses(const struct ldl_header *header);

#endif
