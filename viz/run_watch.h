/* The watch that `lockdep-lite run` keeps over its processes: deadlocks as they happen, long waits,
 * and what is to be done about them.
 *
 * Costs a few calls of pread() a process, four times a second; nothing for the processes. */
#ifndef VIZ_RUN_WATCH_H
#define VIZ_RUN_WATCH_H

#include "observer.h"
#include "run_process.h"
#include "run_report.h"

struct viz_run_watch {
	struct viz_observer *observer; /* NULL: no memory, nothing is watched */
	struct viz_run_report *report;
	int signal; /* for deadlocked processes; 0: none */
	uint64_t next_ns;
};

/* `stall_s` 0: long waits are not told. */
void viz_run_watch_open(struct viz_run_watch *watch, struct viz_run_report *report, int signal,
	unsigned int stall_s);

/* A process that is to be watched; it has to live until its end was told. */
void viz_run_watch_add(struct viz_run_watch *watch, struct viz_run_process *process);

/* Looks, when it is time for that. */
void viz_run_watch_poll(struct viz_run_watch *watch);

/* The process has ended: its last state is looked at. */
void viz_run_watch_end(struct viz_run_watch *watch, struct viz_run_process *process);

void viz_run_watch_close(struct viz_run_watch *watch);

#endif
