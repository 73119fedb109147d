/* Runs as JUnit XML, for what shows test results: one suite for each run, one failed case for each
 * finding that is an error in its view, one passed case when there is none. */
#ifndef VIZ_JUNIT_H
#define VIZ_JUNIT_H

#include <stdio.h>

#include "model.h"

/* Writes one document; write errors stay in ferror(out). */
void viz_junit_print(FILE *out, struct viz_run *const *runs, size_t count);

#endif
