/* Runs as SARIF 2.1.0, for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/.
 *
 * One SARIF run for each of ours; one result for each finding that its view shows at length; one
 * thread flow for each edge of a cycle, from "holds A here" to "wants B here", with execution
 * orders that make it hang. Places are files as the compiler named them (relative ones below
 * %SRCROOT%), or modules with an address where no line is known. */
#ifndef VIZ_SARIF_H
#define VIZ_SARIF_H

#include <stdio.h>

#include "model.h"

/* Writes one document; write errors stay in ferror(out). */
void viz_sarif_print(FILE *out, struct viz_run *const *runs, size_t count);

#endif
