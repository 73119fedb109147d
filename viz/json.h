/* Runs as JSON (DESIGN.md 7). viz/schema/report.schema.json describes each field. */
#ifndef VIZ_JSON_H
#define VIZ_JSON_H

#include <stdio.h>

#include "model.h"

struct viz_json_options {
	bool inventory; /* with the allocation sites and reserves, under "inventory" */
};

/* Writes one run as one JSON object, indented, with a newline at the end. Write errors stay in
 * ferror(out). */
void viz_json_run(FILE *out, struct viz_run *run, const struct viz_json_options *options);

/* {"version": …, "runs": […]}: several runs in one document. */
void viz_json_runs(FILE *out, struct viz_run *const *runs, size_t count,
	const struct viz_json_options *options);

#endif
