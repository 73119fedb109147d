/* The last segments of threads, found by the handle that whoever joins them has.
 *
 * A thread notes itself when it begins, which may be after its joiner began to wait for it; and a
 * handle (pthread_t) may be used again as soon as its thread was joined. So what stands there
 * afterwards counts when it is of a thread that was being made before. Private memory, lock-free;
 * the words of a handle are one, and stored with release by its thread alone, and loaded with
 * acquire. Where the table is full a thread is not found: it is then ordered with nobody. */
#ifndef LDL_JOINS_H
#define LDL_JOINS_H

#include "types.h"

/* A thread begins, or goes on in another segment. Handle 0: not known, nothing is done. */
void ldl_joins_note(uint64_t handle, uint32_t serial, ldl_segment_id segment);

/* The thread was joined, by a join that began when `serial_last` was the serial of the latest
 * thread. Its last segment, 0 when it left no evidence, or is not known. */
ldl_segment_id ldl_joins_end(uint64_t handle, uint32_t serial_last);

/* The arena is another one, or empty: what was noted has no meaning in it. */
void ldl_joins_forget(void);

#endif
