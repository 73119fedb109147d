/* What the user asked for: the environment variable LOCKDEP_LITE, parsed once. Alone reads the
 * environment. The text is a list of words separated by ':', each `name` or `name=value`. */
#ifndef LDL_OPTIONS_H
#define LDL_OPTIONS_H

#include "compiler.h"
#include "types.h"

#define LDL_OPTIONS_PATH_MAX 1024u

struct ldl_options {
	bool prod;                      /* mode=check | mode=prod */
	bool off;                       /* mode=off: watch nothing */
	bool nonblock;                  /* mode=nonblock: non-blocking sections only, no graph */
	bool portable;                  /* treat every reader as one that waits behind writers */
	bool quiet;                     /* print no findings from inside the process */
	bool no_children;               /* child programs are not watched */
	uint64_t memory;                /* bytes of the arena */
	uint32_t class_depth;           /* frames that name a class */
	uint32_t stack_depth;           /* frames kept of a stack */
	char out[LDL_OPTIONS_PATH_MAX]; /* template of the arena's name; empty: memfd */
	char problem[160]; /* the first word that made no sense, as one line; empty: none */
};

/* Fills in the defaults, then what `text` says. Unknown words and values out of range are left out
 * and named in `problem`. Pure. */
void ldl_options_parse(struct ldl_options *options, const char *text);

/* The environment to read until libc has set up `environ`: a library that is initialised before
 * libc gets it as its constructor's third argument only. */
void ldl_options_early_environment(char **variables);

/* The variable's value in this process's environment, or "". */
const char *ldl_options_text(void);

/* Writes the arena's file name: `pattern` with %e program, %p pid, %h host, %t seconds since 1970,
 * %n `serial`, %q{VAR} a variable, %% a percent sign. Slashes inside an expansion become '_'.
 * False when it does not fit. */
bool ldl_options_expand(char *path, size_t size, const char *pattern, const char *program, int pid,
	uint32_t serial);

#endif
