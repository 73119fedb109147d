/* What two lots of findings have not in common: for CI, where only what is new should fail. */
#ifndef VIZ_DIFF_H
#define VIZ_DIFF_H

#include <stdio.h>

#include "records.h"

enum viz_change { VIZ_CHANGE_NEW, VIZ_CHANGE_VERDICT, VIZ_CHANGE_GONE, VIZ_CHANGE_COUNT };

struct viz_difference {
	enum viz_change change;
	const struct viz_record *before, *after; /* NULL: it was, or is, not there */
};

struct viz_diff {
	struct viz_difference *list; /* by change, then worst first */
	size_t count;
	size_t counts[VIZ_CHANGE_COUNT];
	size_t same;
	size_t errors; /* findings that are new and errors, or have become errors */
};

/* Compares sorted records, which must outlive the result. What the default view hides is there only
 * if it comes out of hiding or goes into it. False: out of memory. */
bool viz_diff_make(struct viz_diff *diff, const struct viz_records *before,
	const struct viz_records *after) LDL_MUST_USE;

void viz_diff_free(struct viz_diff *diff);

/* A line for each difference, and the sums. */
void viz_diff_text(FILE *out, const struct viz_diff *diff);

/* {"version", "old", "new", "differences": {"new": […], "changed": […], "gone": […]}, "same"}. */
void viz_diff_json(
	FILE *out, const struct viz_diff *diff, const char *before_path, const char *after_path);

#endif
