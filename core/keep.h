/* How much one name template leaves behind: keep= files, keep-size= bytes.
 *
 * At start, once, after this process's own file was made: the files beside it whose names the same
 * template may have given are counted, and the oldest are removed until both limits hold. Counted
 * is what is certainly ours: a regular file with this user as its owner and the arena's magic at
 * its start. Removed is of these only what nobody has open for writing or mapped so, in any
 * container of this machine: the kernel says so by granting a lease. Where it grants none (NFS,
 * some FUSE file systems) nothing is removed. Files of running programs count, and stay.
 *
 * A start removes LDL_KEEP_BATCH * LDL_KEEP_PASSES files at most; the next one goes on. */
#ifndef LDL_KEEP_H
#define LDL_KEEP_H

#include "options.h"

/* Whether `name` may have come from the last part of `template` (ldl_options_expand), or from that
 * and .1, .2 … behind it. %p, %t and %n stand for digits, the others for anything. Pure. */
bool ldl_keep_fits(const char *template, const char *name);

/* Does it: `own` is the file that was made from options->out just now. One thread only. */
void ldl_keep_limit(const struct ldl_options *options, const char *own);

#endif
