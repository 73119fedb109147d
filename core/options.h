/* What the user asked for: the words of the environment variable LOCKDEP_LITE, and of the config
 * file (config.h), which says the same in lines. Alone reads the environment. The variable is a
 * list of words separated by ':', each `name` or `name=value`. */
#ifndef LDL_OPTIONS_H
#define LDL_OPTIONS_H

#include "compiler.h"
#include "types.h"

#define LDL_OPTIONS_PATH_MAX 1024u
#define LDL_OPTIONS_LIST_MAX 1024u

/* Patterns of programs, comma-separated; see programs.h. */
struct ldl_options_list {
	char text[LDL_OPTIONS_LIST_MAX];
	bool is_older; /* said by an earlier source, which the next word for this list replaces */
};

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
	uint32_t budget_ppm;            /* the engine's own share of a processor; 0: as it comes */
	char out[LDL_OPTIONS_PATH_MAX]; /* template of the arena's name; empty: memfd */
	uint64_t keep;                  /* files that one template leaves behind; 0: no limit */
	uint64_t keep_size;             /* and their bytes altogether; 0: no limit */
	struct ldl_options_list include, exclude; /* programs that are watched, and that are not */
	bool has_config;                          /* `config` was said */
	char config[LDL_OPTIONS_PATH_MAX]; /* the config file; empty, but said: there is to be none
					    */
	char problem[400]; /* the first thing that made no sense, as one line; empty: none */
};

/* Several sources, one after the other, each stronger than the one before: the defaults, the config
 * file, the variable; then what follows from them. A list that a source names replaces the older
 * sources' list; named again by the same source, it grows. All pure. */
void ldl_options_begin(struct ldl_options *options);
void ldl_options_next_source(struct ldl_options *options);
void ldl_options_end(struct ldl_options *options);

/* One word, `len` bytes of it. False: unknown, or a value out of range; nothing was done. */
bool ldl_options_word(struct ldl_options *options, const char *word, size_t len) LDL_MUST_USE;

/* The words of the variable: a source. What makes no sense is left out and named in `problem`. */
void ldl_options_words(struct ldl_options *options, const char *text);

/* The variable as the only source. */
void ldl_options_parse(struct ldl_options *options, const char *text);

/* Keeps the first problem: "what: where: mend". `text` of any length is cut. */
void ldl_options_complain(struct ldl_options *options, const char *where, const char *text,
	size_t len, const char *mend);

/* The environment to read until libc has set up `environ`: a library that is initialised before
 * libc gets it as its constructor's third argument only. */
void ldl_options_early_environment(char **variables);

/* The variable's value in this process's environment, or "". A process with privileges that its
 * user does not have (AT_SECURE) listens to no variable. */
const char *ldl_options_text(void);
bool ldl_options_is_secure(void);

/* Writes the arena's file name: `pattern` with %e program, %p pid, %h host, %t seconds since 1970,
 * %n `serial`, %q{VAR} a variable, %% a percent sign. Slashes inside an expansion become '_'.
 * False when it does not fit. */
bool ldl_options_expand(char *path, size_t size, const char *pattern, const char *program, int pid,
	uint32_t serial);

#endif
