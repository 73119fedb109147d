/* The inside of the SARIF report: places, stacks and flows of one finding. */
#ifndef VIZ_SARIF_FLOW_H
#define VIZ_SARIF_FLOW_H

#include "json_writer.h"
#include "model.h"

#define VIZ_SARIF_ROOT "%SRCROOT%" /* what relative paths are relative to */

/* A member with a `text`: a SARIF message. */
void viz_sarif_message(struct viz_json *json, const char *key, const char *text);

/* An artifactLocation. */
void viz_sarif_artifact(struct viz_json *json, const char *key, const char *path);

/* `locations`: where a reader should look first; the program when no place is known. */
void viz_sarif_locations(struct viz_json *json, struct viz_run *run, ldl_finding_id id);

/* `codeFlows`, `stacks` and, of a cycle, `graphs`. */
void viz_sarif_evidence(struct viz_json *json, struct viz_run *run, ldl_finding_id id);

#endif
