/* Where arenas live while programs run (a private directory in memory) and where they end up (a
 * name made from a template, never one that exists).
 *
 * Nothing here is meant for more than one thread, nor for a signal handler. */
#ifndef LAUNCH_OUTDIR_H
#define LAUNCH_OUTDIR_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "core/compiler.h"

struct launch_outdir {
	char path[PATH_MAX]; /* "": there is none */
	int fd;              /* locked while this launcher lives; see launch_outdir_sweep() */
};

/* Makes a fresh private directory on the first of /dev/shm, $XDG_RUNTIME_DIR, $TMPDIR, /tmp,
 * /var/tmp and the current directory that can be written and has `room` bytes free; when none
 * has room, on the first that can be written. Mode 0700; for root 01733, since a watched program
 * may drop to another user before it starts children. False: nowhere. */
bool launch_outdir_make(struct launch_outdir *dir, uint64_t room) LDL_MUST_USE;

/* Removes the directory with the files in it. A program that still runs keeps its mapped file. */
void launch_outdir_remove(struct launch_outdir *dir);

/* Removes what launchers that were killed left behind: private directories of this user that nobody
 * holds a lock on and in which no file has a writer any more. */
void launch_outdir_sweep(void);

/* True when no process has the open file open or mapped for writing; false also where the kernel
 * does not say (another user's file, a file system without leases). */
bool launch_file_has_no_writer(int fd) LDL_MUST_USE;

/* What the letters of a name template stand for. */
struct launch_name {
	const char *program; /* %e: its last path component is used */
	pid_t pid;           /* %p */
	time_t time;         /* %t: seconds since 1970 */
};

/* Expands %e %p %h (host) %t %q{VAR} %% of `template`. %n becomes `number`; any other letter
 * stays as it stands. False: it does not fit. */
bool launch_name_expand(const char *template, const struct launch_name *name, unsigned number,
	char *path, size_t size) LDL_MUST_USE;

#define LAUNCH_NAME_TRIES 10000u /* numbers tried for a name that does not exist yet */

/* Creates a file that did not exist, mode 0600, and leaves its name in `path`: %n is counted up, or
 * else .1, .2 … is appended. `suffix` (may be "") comes before those. Returns a file descriptor, or
 * -1 and errno. */
int launch_file_create(const char *template, const struct launch_name *name, const char *suffix,
	char path[PATH_MAX]) LDL_MUST_USE;

/* Copies the bytes of `from` that hold data to the empty file `to` and gives it the same size;
 * holes and pages of zeroes stay holes. 0 or an errno. */
int launch_file_copy(int from, int to) LDL_MUST_USE;

/* Makes the symlink `latest` point to `path`, replacing an older symlink but no other file. */
void launch_file_link_latest(const char *path, const char *latest);

#endif
