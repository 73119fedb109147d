/* Findings and summaries as text, in the shape of the kernel's reports. */
#ifndef VIZ_TEXT_H
#define VIZ_TEXT_H

#include <stdio.h>

#include "model.h"

struct viz_text_options {
	bool colour;  /* see viz_colour_wanted() */
	bool is_full; /* wide cycles are not elided, stacks not cut, paths not shortened */
};

/* One finding: title, rule, verdict, chain, both stacks of every edge, "could hang like this"; one
 * line for those that the run's view shows so. */
void viz_text_finding(
	FILE *out, struct viz_run *run, ldl_finding_id id, const struct viz_text_options *options);

/* What was seen and what was not: locks, classes, edges, chains, threads, findings, drops. */
void viz_text_summary(FILE *out, struct viz_run *run);

/* The whole run: every finding that the view shows, worst first, then the summary. */
void viz_text_run(FILE *out, struct viz_run *run, const struct viz_text_options *options);

/* Whether `out` gets colour. `choice`: "always", "never", "auto" or NULL (not given). The first two
 * beat NO_COLOR, which beats CLICOLOR_FORCE, which beats whether `out` is a terminal. */
bool viz_colour_wanted(const char *choice, FILE *out);

#endif
