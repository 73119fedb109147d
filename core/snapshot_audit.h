/* Whether an arena is as its engine keeps it: more than that each id leads somewhere, which opening
 * it has seen to. Laws over several records at once: edges are on the lists of their vertices and
 * go upwards in rank, what is looked up is found, counters are what can be counted.
 *
 * A process may be killed at any moment. What it was in the middle of then is known by the locks
 * that it held, and each law says by how many records one unfinished step may break it.
 *
 * Cost: a few passes over the used records. Allocates by mmap only. */
#ifndef LDL_SNAPSHOT_AUDIT_H
#define LDL_SNAPSHOT_AUDIT_H

#include "snapshot.h"

struct ldl_audit {
	uint64_t records; /* looked at */
	uint64_t broken;  /* that break a law, but for those that an unfinished step explains */
	const char *law;  /* the first one that is broken, as a sentence; NULL: none */
	uint32_t id;      /* of the record that breaks it */
	bool is_cut_off;  /* the process ended while it wrote: its last step is unfinished */
};

/* Audits a snapshot that was opened whole. That of a process which still runs may be torn, and says
 * nothing. LDL_SYSTEM: no memory. */
ldl_status ldl_snapshot_audit(
	const struct ldl_snapshot *snapshot, struct ldl_audit *audit) LDL_MUST_USE;

#endif
