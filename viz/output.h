/* Reports for other programs: which formats there are, and how a document gets to its place. */
#ifndef VIZ_OUTPUT_H
#define VIZ_OUTPUT_H

#include <stdio.h>

#include "model.h"

enum viz_format {
	VIZ_FORMAT_JSON = 0,
	VIZ_FORMAT_SARIF,
	VIZ_FORMAT_JUNIT,
	VIZ_FORMAT_COUNT,
};

/* What a document tells. */
struct viz_output {
	struct viz_run *const *runs;
	size_t count;
	bool is_list;       /* JSON: one object that lists the runs, also when there is but one */
	bool has_inventory; /* JSON: with the allocation sites and reserves */
};

/* Writes the document; write errors stay in ferror(out). */
void viz_output_print(FILE *out, enum viz_format format, const struct viz_output *output);

/* The same into a file, which appears whole or not at all. False with one line in `error`. */
bool viz_output_save(const char *path, enum viz_format format, const struct viz_output *output,
	char *error, size_t error_size);

#endif
