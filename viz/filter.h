/* What is not to be shown again: suppressed findings, and those that a baseline knows.
 *
 * A run that was given a filter leaves such findings out of viz_run_findings() and of its counts,
 * so that every output does; how many they are, viz_run_hidden() tells. */
#ifndef VIZ_FILTER_H
#define VIZ_FILTER_H

#include <stdio.h>

#include "model.h"

struct viz_filter;

void viz_filter_free(struct viz_filter *filter); /* NULL is fine */

/* Adds the suppressions of a file (suppress.h), or the known findings of one (baseline.h). *filter
 * NULL: made. False, with one line in `error`, when the file makes no sense. */
bool viz_filter_suppress(
	struct viz_filter **filter, const char *path, char *error, size_t error_size) LDL_MUST_USE;
bool viz_filter_baseline(
	struct viz_filter **filter, const char *path, char *error, size_t error_size) LDL_MUST_USE;

/* Whether the run's findings are to be filtered, from now on and after each reload. The filter must
 * outlive the run; NULL: by none. */
void viz_run_set_filter(struct viz_run *run, struct viz_filter *filter);

enum viz_fate {
	VIZ_FATE_SHOWN = 0,
	VIZ_FATE_SUPPRESSED,
	VIZ_FATE_KNOWN, /* the baseline has it, and no suppression */
	VIZ_FATE_COUNT,
};

enum viz_fate viz_finding_fate(const struct viz_run *run, ldl_finding_id id);

/* Number of findings that have this fate. */
size_t viz_run_hidden(const struct viz_run *run, enum viz_fate fate);

/* The summary's line on that; nothing when none is hidden. */
void viz_filter_text(FILE *out, const struct viz_run *run);

/* After all runs: writes a line, "PREFIX…\n", for each suppression that fitted nothing, and one for
 * known findings that are gone. */
void viz_filter_leftovers(const struct viz_filter *filter, const char *prefix, FILE *out);

#endif
