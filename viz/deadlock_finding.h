/* Makes a finding of a deadlock: in the run's private copy of the arena, so that text, JSON and
 * pictures show it like any other. The file itself is not changed.
 *
 * A cycle that the engine has found already becomes *deadlocked*, with the witnesses of now; else
 * it is a new finding, under the id that the engine would have given it. */
#ifndef VIZ_DEADLOCK_FINDING_H
#define VIZ_DEADLOCK_FINDING_H

#include "deadlock.h"
#include "model.h"

/* The run of a process that takes part; NULL: it cannot be read any more. */
typedef struct viz_run *viz_deadlock_run_of(void *context, const void *process);

/* Adds the deadlock to `run`, the first step's; what steps of other processes name is brought over.
 * Texts of the run that were asked for before are gone. 0: no memory. To be called again after the
 * run was read again. */
ldl_finding_id viz_deadlock_add(struct viz_run *run, const struct viz_deadlock *deadlock,
	viz_deadlock_run_of *run_of, void *context);

/* A copy; NULL: no memory. To be freed by free(). */
struct viz_deadlock *viz_deadlock_copy(const struct viz_deadlock *deadlock);

#endif
