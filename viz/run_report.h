/* What `lockdep-lite run` says: each finding once, in whichever process it was met first, and lines
 * about the run. Text is put together in memory and written whole, so that it does not mix with the
 * program's own output more than lines must. */
#ifndef VIZ_RUN_REPORT_H
#define VIZ_RUN_REPORT_H

#include <stdio.h>

#include "core/compiler.h"
#include "filter.h"
#include "model.h"
#include "output.h"

/* A finding that was told, and how: it is told again when there is more to say. */
struct viz_told {
	uint64_t id;
	unsigned char shown; /* viz_shown */
	unsigned char verdict;
};

struct viz_run_report {
	int fd; /* stderr, or the log */
	bool is_log;
	bool colour, quiet;
	bool gen_suppressions; /* after each finding a suppression of it; to be set by the caller */
	struct viz_told *told;
	size_t told_count, told_size;
};

/* `log` NULL: stderr. A log that cannot be opened is said in one line and stderr used instead. */
void viz_run_report_open(
	struct viz_run_report *report, const char *log, const char *colour, bool quiet);

/* Prints the findings of `run` that no process had before (quiet: only remembers them) and returns
 * how many they were. What the run's view does not show is left out. A finding that got one line is
 * printed at length when it comes to deserve it, and one line tells of a verdict that became worse
 * since, or so good that the finding is not shown any more. */
size_t viz_run_report_news(struct viz_run_report *report, struct viz_run *run);

/* Prints one finding, whether or not it was told before in a weaker form (quiet: only remembers
 * it). */
void viz_run_report_finding(struct viz_run_report *report, struct viz_run *run, ldl_finding_id id);

/* The summary of one process; "no locks were taken" when there is nothing to sum up. */
void viz_run_report_summary(struct viz_run_report *report, struct viz_run *run);

/* What the filter has that no process needed, a line each: viz_filter_leftovers(). */
void viz_run_report_leftovers(struct viz_run_report *report, const struct viz_filter *filter);

/* A line of its own: "lockdep-lite: …". */
void viz_run_report_line(struct viz_run_report *report, const char *format, ...) LDL_PRINTF(2, 3);

/* Text as it is. */
void viz_run_report_text(struct viz_run_report *report, const char *text, size_t len);

/* Writes the documents whose files are named, and says of each that cannot be written why. */
void viz_run_report_files(struct viz_run_report *report, const char *const files[VIZ_FORMAT_COUNT],
	struct viz_run *const *runs, size_t count);

/* The commands to type next for the arena kept at `path`. `id`: of its worst finding, when that is
 * an error; else "". */
void viz_run_report_next(struct viz_run_report *report, const char *path, const char *id);

void viz_run_report_close(struct viz_run_report *report);

#endif
