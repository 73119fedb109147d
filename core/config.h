/* The config file: what LOCKDEP_LITE says in words, in lines. For what is left on for a whole
 * machine, whose programs need no more in their environment than the library.
 *
 * One option a line, `name` or `name=value`, blanks around both left out; a '#' at the start of a
 * line or after a blank begins a comment. The file that `config=` in the variable names, else
 * LDL_CONFIG_PATH; `config=` with nothing: none. It may be a symlink, but what it leads to must be
 * a regular file of root or of this process's user that nobody else may write to: who may write
 * there says where our files go.
 *
 * Read once, at start, by open, fstat and one read into a fixed buffer: one thread only. */
#ifndef LDL_CONFIG_H
#define LDL_CONFIG_H

#include "options.h"

#define LDL_CONFIG_PATH "/etc/lockdep-lite.conf"

/* A source of options: the lines in `bytes`. What makes no sense is left out and named, with `path`
 * and line, in `problem`. Pure. */
void ldl_config_parse(struct ldl_options *options, const char *bytes, size_t len, const char *path);

/* All options of this process: defaults, config file, variable. With privileges that its user does
 * not have (AT_SECURE) it gets the defaults alone. A file that cannot be used is left out and named
 * in `problem`; the one at LDL_CONFIG_PATH may be missing. The path that was read is in `config`;
 * "": none was. */
void ldl_config_load(struct ldl_options *options);

#endif
