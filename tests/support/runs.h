/* Arenas of runs as files in a folder of the test's, made by scenarios, and merges of them. */
#ifndef LDL_TEST_RUNS_H
#define LDL_TEST_RUNS_H

#include <stdbool.h>
#include "core/snapshot.h"
#include "tests/support/random.h"
#include "tests/support/scenario.h"

#define RUNS_MAX 16u

/* Makes an empty folder; removes it with all that is in it. */
void ldl_runs_begin(void);
void ldl_runs_end(void);

/* Runs a scenario (scenario.h; `kind` may be NULL) and keeps the engine's arena as run `number`;
 * returns its path. */
const char *ldl_runs_make(
	unsigned int number, const struct ldl_scenario_kind *kind, const char *text);

/* A scenario of random lock orders of up to `locks` locks; with `by_instance`, some of them in a
 * class of several. Returns `text`. */
const char *ldl_runs_random(
	struct ldl_random *random, unsigned int locks, bool by_instance, char *text, size_t size);

/* Merges the files; returns the new file's path, which is another one each time. NULL: it was
 * refused, and ldl_runs_error() says why. */
const char *ldl_runs_merge(const char *const *paths, unsigned int count);
const char *ldl_runs_error(void);

/* Whether two files have the same bytes. */
bool ldl_runs_are_equal(const char *one, const char *other);

/* Opens an arena that must be whole. */
void ldl_runs_open(struct ldl_snapshot *snapshot, const char *path);

#endif
