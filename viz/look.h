/* A light look at a running process: what its threads hold and want, and the header, read from the
 * arena in a few calls of pread(). Nothing of the graph.
 *
 * A look is not taken in one instant: threads go on while it is copied, so one look proves nothing.
 * What is the same in two looks, of a thread that did not run in between, was so (observer.h).
 * Every number in it is checked against the file's size before it is used. */
#ifndef VIZ_LOOK_H
#define VIZ_LOOK_H

#include "core/held.h"
#include "core/snapshot.h"

struct viz_look_thread {
	ldl_thread_id slot;
	struct ldl_thread_record record;
	const struct ldl_held *held; /* oldest first, in the look */
	uint32_t count;              /* of them, with the wanted one */
	bool is_wanting;             /* the last one is only waited for */
	uint32_t flags;              /* ldl_instance_flags of what is wanted */
};

struct viz_look {
	struct ldl_header header;
	struct viz_look_thread *threads; /* that are not free slots */
	size_t thread_count, thread_room;
	uint32_t slots; /* of the thread table, slot 0 included */
	struct ldl_held *held;
	size_t held_count, held_room;
	void *bytes; /* what a table is read into */
	size_t bytes_room;
};

/* Takes a look through an open file; memory of the look before is used again. `is_light`: held
 * entries are read of threads that want something only. False: it is no arena, or memory is short;
 * the look is empty then. */
bool viz_look_take(struct viz_look *look, int fd, bool is_light);

/* The same look, of a snapshot that was opened before; it points into the snapshot. */
bool viz_look_of_snapshot(struct viz_look *look, const struct ldl_snapshot *snapshot);

/* The ldl_instance_flags of an entry's lock, as they are now; 0: it is another one by now. */
uint32_t viz_look_flags(const struct viz_look *look, int fd, const struct ldl_held *entry);

/* The entry that the thread waits for; NULL: it waits for none. */
static inline const struct ldl_held *viz_look_wish(const struct viz_look_thread *thread)
{
	return thread->is_wanting ? &thread->held[thread->count - 1] : NULL;
}

/* How many of its entries it holds. */
static inline uint32_t viz_look_depth(const struct viz_look_thread *thread)
{
	return thread->count - thread->is_wanting;
}

/* True for an entry that is a lock and is held, or waited for: no context, no pool's element, not
 * released by somebody else. */
static inline bool viz_look_is_lock(const struct ldl_held *entry)
{
	return !ldl_held_is_stolen(entry) && ldl_held_addr(entry) > LDL_DOMAINS &&
	       ldl_held_addr(entry) >> 56 == 0;
}

void viz_look_free(struct viz_look *look);

#endif
