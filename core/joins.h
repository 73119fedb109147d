/* The last segments of threads, found by the handle that whoever joins them has.
 *
 * A handle (pthread_t) may be used again as soon as its thread was joined, so what is looked up
 * before the join counts only when it still stands there afterwards. Private memory, lock-free; the
 * words of a handle are one, and stored with release by its thread alone, and loaded with acquire.
 * Where the table is full a thread is not found: it is then ordered with nobody. */
#ifndef LDL_JOINS_H
#define LDL_JOINS_H

#include "types.h"

/* A thread as its joiner finds it: its serial above, the id of its latest segment below. */
typedef uint64_t ldl_join;

/* A thread begins, or goes on in another segment. Handle 0: not known, nothing is done. */
void ldl_joins_note(uint64_t handle, uint32_t serial, ldl_segment_id segment);

/* What is noted for a handle; 0: nothing. */
ldl_join ldl_joins_find(uint64_t handle);

/* The thread was joined: `before` is what was found for it before the join. Its last segment, 0
 * when it left no evidence, or is not known. */
ldl_segment_id ldl_joins_end(uint64_t handle, ldl_join before);

#endif
