/* Deadlocks of runs that were opened: those that are happening now, in processes that still run,
 * and those in which processes have ended. */
#ifndef VIZ_LIVE_H
#define VIZ_LIVE_H

#include "model.h"

/* Looks at the processes, together, and makes findings of their deadlocks. Takes no time for files
 * of ended processes; two looks, a tenth of a second apart, for live ones; and up to two seconds
 * where threads wait. To be called before anything is asked of the runs. */
void viz_live_look(struct viz_run *const *runs, size_t count);

#endif
