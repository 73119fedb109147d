/* What `lockdep-lite run` says: each finding once, in whichever process it was met first, and lines
 * about the run. Text is put together in memory and written whole, so that it does not mix with the
 * program's own output more than lines must. */
#ifndef VIZ_RUN_REPORT_H
#define VIZ_RUN_REPORT_H

#include <stdio.h>

#include "core/compiler.h"
#include "model.h"

struct viz_run_report {
	int fd; /* stderr, or the log */
	bool is_log;
	bool colour, quiet;
	uint64_t *seen; /* ids of the findings told so far */
	size_t seen_count, seen_size;
};

/* `log` NULL: stderr. A log that cannot be opened is said in one line and stderr used instead. */
void viz_run_report_open(
	struct viz_run_report *report, const char *log, const char *colour, bool quiet);

/* Prints the findings of `run` that no process had before (quiet: only remembers them) and returns
 * how many they were. Those that cannot happen are left out. */
size_t viz_run_report_news(struct viz_run_report *report, struct viz_run *run);

/* The summary of one process; "no locks were taken" when there is nothing to sum up. */
void viz_run_report_summary(struct viz_run_report *report, struct viz_run *run);

/* A line of its own: "lockdep-lite: …". */
void viz_run_report_line(struct viz_run_report *report, const char *format, ...) LDL_PRINTF(2, 3);

/* Text as it is. */
void viz_run_report_text(struct viz_run_report *report, const char *text, size_t len);

/* The commands to type next for the arena kept at `path`. */
void viz_run_report_next(struct viz_run_report *report, const char *path, bool has_cycle);

void viz_run_report_close(struct viz_run_report *report);

#endif
