/* Follows everything that an opened arena offers, as its most curious reader would. */
#ifndef LDL_TEST_SNAPSHOT_WALK_H
#define LDL_TEST_SNAPSHOT_WALK_H

#include "core/snapshot.h"

/* NULL, or what the read side promises and this snapshot does not keep: each record, range and
 * text lies inside the copy, each id in a record leads to a record, each list ends and is its
 * owner's. */
const char *ldl_walk_snapshot(const struct ldl_snapshot *snapshot);

/* The same for a file of these bytes, whatever they are: it is opened, walked, and its checked
 * copy is opened again, which must need no repair. `*repairs` is set; an error is no broken
 * promise but must be one line. */
const char *ldl_walk_bytes(const void *bytes, size_t len, ldl_status *status, uint64_t *repairs);

#endif
