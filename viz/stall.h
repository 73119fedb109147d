/* A long wait that is no deadlock, in words: who waits for what, who holds it, and where. */
#ifndef VIZ_STALL_H
#define VIZ_STALL_H

#include <stdio.h>

#include "deadlock_finding.h"

/* Prints some lines. `run` is the waiter's; `run_of` gives the holder's. */
void viz_stall_text(FILE *out, struct viz_run *run, const struct viz_stall *stall,
	viz_deadlock_run_of *run_of, void *context);

#endif
