/* What makes a program start watched: the preload library's path and environment variables. */
#ifndef LAUNCH_ENVIRONMENT_H
#define LAUNCH_ENVIRONMENT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/compiler.h"

/* Finds the preload library: $LOCKDEP_LITE_PRELOAD, the command's own directory (a build tree),
 * ../lib beside it, the installation's libdir. `alloc`: the one in which allocations are events
 * too, beside the plain one. False with one line (what: where: mend) in `error`: there is none, or
 * its path has a character that LD_PRELOAD cannot express. */
bool launch_preload_find(
	bool alloc, char path[PATH_MAX], char *error, size_t error_size) LDL_MUST_USE;

/* A copy of `envp` in which LD_PRELOAD begins with `library` (what was there follows) and
 * LOCKDEP_LITE has `options` (separated by ':', `name` or `name=value`) after those options it had
 * before that `options` does not name. ASAN_OPTIONS lets programs with AddressSanitizer start
 * although a library comes before its runtime. NULL when memory is short. The caller frees it with
 * launch_environment_free(). */
char **launch_environment_make(char *const envp[], const char *library, const char *options);

void launch_environment_free(char **environment);

#endif
