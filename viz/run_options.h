/* The options of `lockdep-lite run`: parsed and checked, before anything is started. */
#ifndef VIZ_RUN_OPTIONS_H
#define VIZ_RUN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "output.h"
#include "view.h"

struct viz_filter;

struct viz_run_options {
	const char *out; /* -o: template of the arena's name; NULL: see DEFAULT in cmd_run.c */
	const char *log, *graph;               /* file names; NULL: not wanted */
	const char *reports[VIZ_FORMAT_COUNT]; /* the same: --json and its like */
	const char *colour;                    /* always, never, auto; NULL: not given */
	bool quiet;                            /* no findings while it runs, the summary only */
	struct viz_view view;                  /* --all, --strict */
	bool no_children;
	bool portable;
	bool alloc;                            /* allocations are events too */
	bool gen_suppressions;                 /* after each finding, a suppression of it */
	struct viz_filter *filter;             /* what is not shown; NULL: everything is */
	const char *mode;                      /* --mode; NULL: not given */
	int error_exitcode;                    /* -1: not given */
	int deadlock_signal;                   /* --on-deadlock: SIGKILL, SIGABRT; 0: none */
	unsigned int stall_s;                  /* --stall; 0: not given */
	uint64_t memory;                       /* bytes; 0: not given */
	unsigned int class_depth, stack_depth; /* 0: not given */
	char **program;                        /* PROG and its arguments, NULL at the end */
};

/* Parses; options end at the first word that is none. Returns -1 to go on, else the exit status: 0
 * after --help (printed), 125 after one line on stderr. */
int viz_run_options_parse(struct viz_run_options *options, int argc, char **argv);

/* Whether a file is to be written that names its source. */
bool viz_run_options_have_files(const struct viz_run_options *options);

/* What LOCKDEP_LITE is to say to the watched processes: what was asked for, nothing else. `dir` is
 * where their arenas go, "" nowhere. */
void viz_run_options_print(
	const struct viz_run_options *options, const char *dir, char *text, size_t size);

#endif
