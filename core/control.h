/* The control word, and its copies. header->control says what is watched and how old caches may
 * be; whoever changes it, in this process or by `lockdep-lite ctl`, writes it there first, and then
 * into the record of each thread. For there the fast path of plain mutexes looks: it needs the
 * record's line anyway, while the header's is one more, that events write to, in one more page
 * (0.7 % of memcached's time).
 *
 * No copy stays behind for good: whoever spread a word looks whether it still is the header's, and
 * if not spreads that; a thread renews its own in each slow path, and one that is not the thread's
 * leads off the fast path. */
#ifndef LDL_CONTROL_H
#define LDL_CONTROL_H

#include "atomic.h"
#include "compiler.h"
#include "format.h"

/* From now on copies of this arena's control word are kept, in `capacity` records. NULL: of none,
 * which is how a reader begins. */
void ldl_control_begin(
	const struct ldl_header *header, struct ldl_thread_record *records, uint32_t capacity);

/* After header->control was changed: every thread comes to know it. Any thread, at any time, in
 * signal handlers too; a pass over the slots in use. */
void ldl_control_spread(const struct ldl_header *header);

/* Makes the calling thread's copy what `control`, the header's word, is: returns it. */
LDL_INLINE uint32_t ldl_control_follow(struct ldl_thread_record *record, const uint32_t *control)
{
	uint32_t seen = ldl_load_relaxed(control);

	while (ldl_unlikely(ldl_load_relaxed(&record->control) != seen)) {
		ldl_store_relaxed(&record->control, seen);
		/* Pairs with the one in ldl_control_spread() and with a writer's own: either it
		 * finds this slot in use and writes later than us, or we see its word now. */
		ldl_fence_full();
		seen = ldl_load_relaxed(control);
	}
	return seen;
}

#endif
