/* Baselines: the findings that are known, so that only new ones count.
 *
 * Made to be kept beside the sources: text, sorted, a line for each finding, with its id, its
 * severity and its title. Only the first two mean something; without the second, it is known
 * however bad it is. Empty lines and those that begin with # are left out. An arena, a folder of
 * arenas or a JSON report will do as well. */
#ifndef VIZ_BASELINE_H
#define VIZ_BASELINE_H

#include "records.h"

/* Adds what the file, or folder, has. False, with one line in `error`, when it makes no sense. */
bool viz_baseline_read(
	struct viz_records *known, const char *path, char *error, size_t error_size) LDL_MUST_USE;

/* Writes sorted records as a baseline, over what is there. */
bool viz_baseline_write(const struct viz_records *records, const char *path, char *error,
	size_t error_size) LDL_MUST_USE;

#endif
