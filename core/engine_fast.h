/* The fast path: what is known is pushed and popped here, by some fifty instructions for a lock and
 * twenty-five for its release. engine.h is the door that leads to it.
 *
 * An acquisition passes when its chain, the classes and places of all that is held with this one on
 * top, was checked before. Which lock it is says the lock itself, where the instrumentation knows
 * that a word of it is nobody else's (a mark), or a cache of the thread. */
#ifndef LDL_ENGINE_FAST_H
#define LDL_ENGINE_FAST_H

#include "thread.h"

/* The control word of the arena in use; never NULL. */
extern const uint32_t *ldl_engine_control LDL_HIDDEN;

/* Where it points while there is no arena: equal to no thread's, so that every event takes the slow
 * path and is passed through there. */
extern const uint32_t ldl_engine_no_control LDL_HIDDEN;

LDL_INLINE uint32_t *ldl_engine_cached_instance(struct ldl_thread *thread, const void *lock)
{
	return &thread->instance_cache[ldl_hash_address((uint64_t)(uintptr_t)lock) >> (32 - 11)];
}

/* Where a chain is, if it is in the cache and was not driven out of there by another one. */
LDL_INLINE uint64_t *ldl_engine_cached_chain(struct ldl_thread *thread, uint64_t key)
{
	return &thread->chain_cache[key >> (64 - 11)];
}

/* Then it is next door: two chains that share a place, and are used in turns, are both known. */
LDL_INLINE uint64_t *ldl_engine_cached_aside(struct ldl_thread *thread, uint64_t key)
{
	return &thread->chain_cache[key >> (64 - 11) ^ 1];
}

LDL_INLINE bool ldl_engine_is_cached(struct ldl_thread *thread, uint64_t key)
{
	return ldl_likely(*ldl_engine_cached_chain(thread, key) == key) ||
	       *ldl_engine_cached_aside(thread, key) == key;
}

LDL_INLINE void ldl_engine_cache_chain(struct ldl_thread *thread, uint64_t key)
{
	uint64_t *place = ldl_engine_cached_chain(thread, key);

	if (*place && *place != key)
		*ldl_engine_cached_aside(thread, key) = *place;
	*place = key;
}

_Static_assert(LDL_INSTANCE_CACHE == 1u << 11 && LDL_CHAIN_CACHE == 1u << 11, "shifts");

/* The entry at `depth`; shifts in 32 bits, so that the wanted bit would fall out. */
LDL_INLINE struct ldl_held *ldl_engine_entry(struct ldl_held *held, uint32_t depth)
{
	return (struct ldl_held *)((char *)held + (uint32_t)(depth * sizeof(*held)));
}

/* The depth word goes before the entry: a signal handler that comes in between sees "wanted", so it
 * neither overwrites the entry nor believes it. Plain stores: other processes look twice, and this
 * thread's handlers need program order only. */
LDL_INLINE void ldl_engine_wish(struct ldl_thread_record *record, uint32_t depth)
{
	ldl_store_relaxed(&record->depth, depth + 1 + LDL_WANTED);
	ldl_signal_fence();
}

/* Whether the entry that was popped here last says already what is to be pushed now. Then it is not
 * written: a program that takes one lock again and again, and does little in between, would wait
 * for each store, since the lock's atomic instruction does. */
LDL_INLINE bool ldl_engine_says(
	const struct ldl_held *entry, uint64_t lock, uint64_t ip, uint64_t what)
{
	return ldl_is_acquire(&entry->addr, lock) && ldl_likely(ldl_is_acquire(&entry->ip, ip)) &&
	       ldl_likely(ldl_is_acquire((const uint64_t *)&entry->instance, what));
}

_Static_assert(offsetof(struct ldl_held, class_mode) == offsetof(struct ldl_held, instance) + 4 &&
		       __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	"one store for both");

/* `what`: instance and class_mode. Each store is drained before the lock's atomic instruction, so
 * there are but two. */
LDL_INLINE void ldl_engine_write(
	struct ldl_held *entry, uint64_t lock, uint64_t ip, uint64_t key, uint64_t what)
{
	ldl_store_pair(&entry->addr, lock, ip);
	ldl_store_pair(&entry->key, key, what);
}

/* Looks the lock and its chain up in the caches and writes the entry. False: one is not there. */
LDL_INLINE bool ldl_engine_look_up(struct ldl_thread *thread, struct ldl_held *entry,
	uint32_t depth, uint64_t lock, uint32_t mode, uint64_t ip)
{
	uint32_t id = *ldl_engine_cached_instance(thread, (const void *)(uintptr_t)lock),
		 class_mode;
	const struct ldl_instance *instance = &thread->instances[id];
	uint64_t what, key;

	/* Acquire: pairs with the release in instance.c. */
	if (ldl_unlikely(!ldl_is_acquire(&instance->addr, lock)))
		return false;
	class_mode = ldl_load_relaxed(&instance->class) << LDL_MODE_BITS | mode;
	what = id | (uint64_t)class_mode << 32;
	/* Over the same entries its chain passed, too. */
	if (ldl_likely(depth < thread->settled) && ldl_engine_says(entry, lock, ip, what))
		return true;
	key = ldl_chain_mix(entry[-1].key, class_mode, ip);
	if (ldl_unlikely(!ldl_engine_is_cached(thread, key)))
		return false;
	ldl_engine_write(entry, lock, ip, key, what);
	/* What is above stood on what was here; what is below settles only from the bottom up. */
	if (depth <= thread->settled)
		thread->settled = depth + 1;
	return true;
}

/* What the mark of a lock is made of: its class in the upper half, as in class_mode, and its
 * instance in the lower. */
LDL_INLINE uint64_t ldl_engine_marked(ldl_class_id class, ldl_instance_id id)
{
	return (uint64_t) class << (32 + LDL_MODE_BITS) | id;
}

/* The mark of a lock at this address, or what a mark there was made of: where it is another's, of
 * another arena, or none, a class that there is none. */
LDL_INLINE uint64_t ldl_engine_mark(uint64_t factor, const void *lock, uint64_t word)
{
	return (uint64_t)(uintptr_t)lock * factor ^ word;
}

/* A free lock was taken that says by its mark which one it is: then no table is looked into, and a
 * mark that is none leads to a chain that is none. True: its chain is known, and it was pushed as
 * held. Only where thread->plain: then its control is not 0, and the record is there. */
LDL_INLINE bool ldl_engine_taken_marked(
	struct ldl_thread *thread, const void *lock, uint64_t mark, uint32_t mode, const void *ip)
{
	struct ldl_thread_record *record = thread->record;
	struct ldl_held *top;
	uint64_t what, key;
	uint32_t depth;

	if (ldl_unlikely(thread->control != ldl_load_relaxed(&record->control)))
		return false;
	depth = ldl_load_relaxed(&record->depth);
	if (ldl_unlikely(depth >= thread->limit))
		return false;
	top = ldl_engine_entry(thread->held, depth);
	what = ldl_engine_mark(thread->mark_factor, lock, mark) | (uint64_t)mode << 32;
	key = ldl_chain_mix(top[-1].key, (uint32_t)(what >> 32), (uint64_t)(uintptr_t)ip);
	if (ldl_unlikely(*ldl_engine_cached_chain(thread, key) != key))
		return false;
	ldl_engine_wish(record, depth);
	if (!ldl_engine_says(top, (uint64_t)(uintptr_t)lock, (uint64_t)(uintptr_t)ip, what) ||
		ldl_unlikely(!ldl_is_acquire(&top->key, key))) {
		ldl_engine_write(
			top, (uint64_t)(uintptr_t)lock, (uint64_t)(uintptr_t)ip, key, what);
		if (ldl_unlikely(thread->settled > depth))
			thread->settled = depth;
	}
	ldl_signal_fence();
	ldl_store_relaxed(&record->depth, depth + 1);
	return true;
}

/* The fast half of an acquisition: true when the lock is known, the chain is known, and it was
 * pushed as wanted. The wish comes first, so that no handler changes the entry that is looked at.
 * (A handler that empties the caches between the last two lines is late by this one chain.) */
LDL_INLINE bool ldl_engine_acquire_as(
	struct ldl_thread *thread, const void *lock, uint32_t mode, const void *ip)
{
	struct ldl_thread_record *record;
	struct ldl_held *top;
	uint32_t depth;

	/* control: another mode, an emptied cache, the guard, a fork, no thread yet (0 never
	 * equals). */
	if (ldl_unlikely(thread->control != ldl_load_relaxed(ldl_engine_control)))
		return false;
	/* limit: the run is full, or (top bit) an acquisition was interrupted. */
	record = thread->record;
	depth = ldl_load_relaxed(&record->depth);
	if (ldl_unlikely(depth >= thread->limit))
		return false;
	top = ldl_engine_entry(thread->held, depth);
	ldl_engine_wish(record, depth);
	if (ldl_unlikely(!ldl_engine_look_up(thread, top, depth, (uint64_t)(uintptr_t)lock, mode,
		    (uint64_t)(uintptr_t)ip))) {
		ldl_store_relaxed(&record->depth, depth);
		return false;
	}
	return true;
}

LDL_INLINE bool ldl_engine_acquire_fast(const void *lock, uint32_t mode, const void *ip)
{
	return ldl_engine_acquire_as(LDL_SELF(thread), lock, mode, ip);
}

/* The wish came true. */
LDL_INLINE void ldl_engine_hold(struct ldl_thread_record *record)
{
	ldl_signal_fence();
	ldl_and_own(&record->depth, LDL_DEPTH_MASK);
}

/* For a lock that was free and is taken already: since nobody had to wait, the check may come
 * after. Pushed as held. */
LDL_INLINE bool ldl_engine_taken_fast(
	struct ldl_thread *thread, const void *lock, uint32_t mode, const void *ip)
{
	if (ldl_unlikely(!ldl_engine_acquire_as(thread, lock, mode, ip)))
		return false;
	ldl_engine_hold(thread->record);
	return true;
}

/* After the real call of a tracked acquisition succeeded. */
LDL_INLINE void ldl_engine_acquired(void)
{
	ldl_engine_hold(LDL_SELF(record));
}

/* True when the lock was the innermost one, and is popped. The thread's control is not 0. */
LDL_INLINE bool ldl_engine_pop(struct ldl_thread *thread, const void *lock)
{
	struct ldl_thread_record *record = thread->record;
	uint32_t depth = ldl_load_relaxed(&record->depth);

	/* At depth 0 this is the empty entry. Relocked and stolen entries carry a tag in their
	 * address. A wanted one matches when a handler releases what the interrupted code waits
	 * for: then that wish is lost, which ldl_held_depth() and the count of unseen holds bear.
	 */
	if (ldl_unlikely(!ldl_is_acquire(
		    &ldl_engine_entry(thread->held, depth)[-1].addr, (uint64_t)(uintptr_t)lock)))
		return false;
	ldl_store_relaxed(&record->depth, depth - 1);
	return true;
}

/* Hand over hand, which some programs do as often: true when the lock was the one below the
 * innermost. That one moves down, without an atomic instruction: a full barrier is to follow, which
 * the lock's own may be, and ldl_engine_moved_down(). A signal handler that comes in between finds
 * it in both places. The thread's control is not 0. */
LDL_INLINE bool ldl_engine_pop_below(struct ldl_thread *thread, const void *lock)
{
	struct ldl_thread_record *record = thread->record;
	uint32_t depth = ldl_load_relaxed(&record->depth);
	struct ldl_held *top, *below;

	if (depth < 2 || depth > thread->limit) /* beyond it with LDL_WANTED */
		return false;
	top = ldl_engine_entry(thread->held, depth) - 1;
	below = top - 1;
	/* Relocked and stolen ones carry a tag. */
	if (!ldl_is_acquire(&below->addr, (uint64_t)(uintptr_t)lock))
		return false;
	/* What moves down ends a chain that nobody checked. */
	if (thread->settled > depth - 2)
		thread->settled = depth - 2;
	ldl_signal_fence();
	ldl_store_relaxed(&below->ip, top->ip);
	ldl_store_relaxed(
		&below->key, ldl_chain_mix(below[-1].key, top->class_mode, ldl_held_ip(top)));
	ldl_store_relaxed((uint64_t *)&below->instance, *(uint64_t *)&top->instance);
	/* Release: pairs with the acquire in ldl_held_steal(), as in ldl_held_remove(). */
	ldl_store_release(&below->addr, ldl_load_relaxed(&top->addr));
	ldl_signal_fence();
	ldl_store_relaxed(&record->depth, depth - 1);
	return true;
}

/* Another thread may have released the lock that moved, and marked the place that it had: then
 * either the mark is seen here, after the barrier; or, after its own, that one sees that the depth
 * is another, or another entry in that place, and looks again (steal_from(), in engine_steal.c). */
LDL_INLINE void ldl_engine_moved_down(struct ldl_thread *thread)
{
	struct ldl_held *old =
		ldl_engine_entry(thread->held, ldl_load_relaxed(&thread->record->depth));

	if (ldl_unlikely(ldl_load_relaxed(&old->addr) & LDL_HELD_STOLEN))
		ldl_or_relaxed(&old[-1].addr, LDL_HELD_STOLEN);
}

/* The fast half of a release: true when the lock was the innermost one, and is popped. */
LDL_INLINE bool ldl_engine_release_fast(const void *lock)
{
	struct ldl_thread *thread = LDL_SELF(thread);

	/* Else the record is the thread's. */
	return ldl_likely(thread->control) && ldl_engine_pop(thread, lock);
}

#endif
