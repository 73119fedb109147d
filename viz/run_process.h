/* A watched process as `lockdep-lite run` knows it: its arena, what was told of it, and the
 * deadlocks that it was seen in, which its file does not hold. */
#ifndef VIZ_RUN_PROCESS_H
#define VIZ_RUN_PROCESS_H

#include "deadlock_finding.h"
#include "filter.h"
#include "view.h"

struct viz_run_process {
	struct viz_run *run; /* NULL: not opened yet */
	int fd;              /* the caller's: read-only, of the arena */
	struct viz_view view;
	struct viz_filter *filter; /* may be NULL */
	size_t news;               /* findings that were told of this process first */
	bool is_needed;            /* a deadlock of another process names what is in its file */
	struct viz_deadlock **deadlocks;
	size_t deadlock_count;
};

/* The process that `*data` holds, made when it is NULL. NULL: no memory. */
struct viz_run_process *viz_run_process_of(
	void **data, int fd, struct viz_view view, struct viz_filter *filter);

/* Opens the arena, or reads it again, from `path` when it is given (it stays open there). NULL: it
 * makes no sense (yet), or memory is short. */
struct viz_run *viz_run_process_read(struct viz_run_process *process, const char *path);

/* Keeps a deadlock, and makes a finding of it; 0: no memory. */
ldl_finding_id viz_run_process_add(
	struct viz_run_process *process, const struct viz_deadlock *deadlock);

void viz_run_process_free(struct viz_run_process *process); /* NULL is fine */

#endif
