/* What a report shows of a run's findings, and as what: at length, in one line, or as a count.
 *
 * The one place that decides it, so that all formats, pictures and exit statuses agree. A view
 * belongs to its run and stays when that is read again. */
#ifndef VIZ_VIEW_H
#define VIZ_VIEW_H

#include "model.h"

struct viz_view {
	bool all;    /* everything at length, also what cannot happen */
	bool strict; /* what kept a cycle apart in this run (ordered, single-thread) is no excuse:
			such findings are errors */
};

void viz_run_set_view(struct viz_run *run, struct viz_view view);

enum viz_shown {
	VIZ_SHOWN_NOT = 0, /* only counted */
	VIZ_SHOWN_BRIEF,   /* one line */
	VIZ_SHOWN_FULL,
};

/* How a finding is shown; VIZ_SHOWN_NOT for ids that are none. */
enum viz_shown viz_finding_shown(const struct viz_run *run, ldl_finding_id id);

/* Its ldl_severity in this view; LDL_SEVERITY_INFO for ids that are none. */
unsigned int viz_finding_severity(const struct viz_run *run, ldl_finding_id id);

/* Number of findings of an ldl_verdict that are shown as `shown`. */
size_t viz_run_shown_count(struct viz_run *run, unsigned int verdict, enum viz_shown shown);

/* "3 gated, 1 ordered": findings that are only counted; "" when there is none. Returns `text`. */
const char *viz_run_hidden_text(struct viz_run *run, char *text, size_t size);

#endif
