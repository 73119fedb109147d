/* Arenas that show what a report can meet, each by one call: for all output formats alike. */
#ifndef LDL_TEST_SAMPLES_H
#define LDL_TEST_SAMPLES_H

#include <stddef.h>

struct ldl_sample_arena {
	const char *name;
	void (*fill)(void); /* begins an arena and lays it down, see waits.h */
};

/* verdicts: one of each verdict. rules: each rule once, as a cycle where it is one. cycles: through
 * each kind of wait. hostile: names with what every format has to escape. long: a cycle of many
 * steps, with names as long as they come. declared: one of ldl_order(). empty: nothing. */
extern const struct ldl_sample_arena ldl_samples[];
extern const size_t ldl_sample_count;

/* Lays one down by its name; aborts when there is none. */
void ldl_sample_lay(const char *name);

#endif
