/* Lock instances: one record for each lock object in memory, found by its address.
 *
 * Synchronisation: ldl_instance_find() is wait-free and may run at any time. The rest takes the
 * table's own lock for some tens of nanoseconds; it may give up (LDL_BUSY or id 0).
 *
 * Invariant: a record's addr is 0 exactly while it is free; a slot of the lookup table leads to a
 * record with that address, or to one that was just given back. */
#ifndef LDL_INSTANCE_H
#define LDL_INSTANCE_H

#include "atomic.h"
#include "spin.h"
#include "table.h"

/* What a record says now. Another thread may end its instance meanwhile, and the record begin
 * another life: which one it is tells `generation`. */
LDL_INLINE uint64_t ldl_instance_addr(const struct ldl_arena *arena, ldl_instance_id id)
{
	return ldl_load_relaxed(&ldl_instance_at(arena, id)->addr);
}

LDL_INLINE ldl_class_id ldl_instance_class(const struct ldl_arena *arena, ldl_instance_id id)
{
	return ldl_load_relaxed(&ldl_instance_at(arena, id)->class);
}

LDL_INLINE uint32_t ldl_instance_generation(const struct ldl_arena *arena, ldl_instance_id id)
{
	return ldl_load_relaxed(&ldl_instance_info_at(arena, id)->generation);
}

/* The instance in this life of its record: no other one's, ever (but for 2^32 lives). */
LDL_INLINE uint64_t ldl_instance_word(const struct ldl_arena *arena, ldl_instance_id id)
{
	return (uint64_t)id << 32 | ldl_instance_generation(arena, id);
}

/* The instance at this address, 0: none known. */
ldl_instance_id ldl_instance_find(struct ldl_arena *arena, uint64_t addr);

/* Makes the instance, or returns the one that another thread made meanwhile. `maker`: serial of
 * the calling thread. 0: the table is full (counted) or its lock is busy. */
ldl_instance_id ldl_instance_make(struct ldl_arena *arena, uint64_t addr, ldl_class_id class,
	uint32_t flags, uint32_t maker, enum ldl_patience patience);

/* Another lock lives at the instance's address now: the same record, of another life and perhaps
 * another class. Its vertex goes as that of an instance that was unmade does. False: the lock is
 * busy (counted), and it stays as it was. */
bool ldl_instance_renew(struct ldl_arena *arena, ldl_instance_id id, ldl_class_id class,
	uint32_t flags, uint32_t maker, enum ldl_patience patience) LDL_MUST_USE;

/* Takes the instance out of the lookup table; its record is free for another lock. LDL_BUSY: at
 * once no longer found, its record freed later by somebody else. A vertex that it still has is
 * removed when the record's next tenant needs one (edge.c). */
ldl_status ldl_instance_unmake(
	struct ldl_arena *arena, ldl_instance_id id, enum ldl_patience patience);

/* The first half of that, for who must not take the lock: wait-free, in any context. */
void ldl_instance_bury(struct ldl_arena *arena, ldl_instance_id id);

#endif
