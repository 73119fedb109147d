/* Records that are added to a run's private copy of an arena. A table that is full is moved to
 * where there is room for more. The file is not touched. */
#ifndef VIZ_GRAFT_H
#define VIZ_GRAFT_H

#include "core/held.h"
#include "run.h"

/* `count` zeroed records; the first one's id, or 0 when memory is out. Pointers into that table
 * from before are not valid any more. */
uint32_t viz_graft(struct viz_run *run, enum ldl_table_id table, uint32_t count);

ldl_string_id viz_graft_string(struct viz_run *run, const char *text);

/* The code or data address of the watched process as a frame. */
ldl_frame viz_graft_frame(const struct viz_run *run, uint64_t address);

/* The stack of a held or wanted entry. The whole of it when it is known to be this entry's, or is
 * the only one that this place was ever reached by; else its innermost frame. */
ldl_site_id viz_graft_site(struct viz_run *run, const struct ldl_held *entry);

/* What `from` has under these ids, in `run`: found there, or brought over. Both may be the same. */
ldl_site_id viz_graft_site_of(struct viz_run *run, const struct viz_run *from, ldl_site_id id);
ldl_class_id viz_graft_class_of(struct viz_run *run, struct viz_run *from, ldl_class_id id);

/* After the last one: what was derived from the run before is forgotten. */
void viz_graft_end(struct viz_run *run);

#endif
