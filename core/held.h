/* Held stacks: what a thread holds and wants, oldest first, in the arena where observers see it.
 *
 * Knows entries, not the graph. All calls are made by the owning thread inside the engine's guard,
 * but for ldl_held_steal(). Runs have three sizes and grow on demand; runs given back are kept for
 * the next thread.
 *
 * Another thread that releases what is held here marks its entry, which may be moving. Entries move
 * towards the bottom only, or to a new run, and are looked for from the top: so none is passed by.
 * Who moves an entry swaps its old address out, and sees a mark that came after it was copied: so
 * none is lost, whichever copy got it. Both are lock-free. */
#ifndef LDL_HELD_H
#define LDL_HELD_H

#include "atomic.h"
#include "chain.h"
#include "table.h"

LDL_INLINE uint32_t ldl_held_class(const struct ldl_held *entry)
{
	return entry->class_mode >> LDL_MODE_BITS;
}

LDL_INLINE uint32_t ldl_held_mode(const struct ldl_held *entry)
{
	return entry->class_mode & ((1u << LDL_MODE_BITS) - 1);
}

LDL_INLINE uint64_t ldl_held_addr(const struct ldl_held *entry)
{
	return ldl_load_relaxed(&entry->addr) & LDL_HELD_ADDR_MASK;
}

/* The return address of its acquisition. The upper bits hold a flag and the number of relocks. */
LDL_INLINE uint64_t ldl_held_ip(const struct ldl_held *entry)
{
	return entry->ip & (LDL_HELD_FRESH - 1);
}

/* No longer held, though its thread did not release it. */
LDL_INLINE bool ldl_held_is_stolen(const struct ldl_held *entry)
{
	return ldl_load_relaxed(&entry->addr) & LDL_HELD_STOLEN;
}

/* How many entries a depth word says are held: a wanted one is not. */
LDL_INLINE uint32_t ldl_held_depth(uint32_t word)
{
	uint32_t depth = word & LDL_DEPTH_MASK;

	return depth - ((word & LDL_WANTED) && depth);
}

/* The innermost entry of this lock among the first `depth`; -1: none. */
int ldl_held_find(const struct ldl_held *held, uint32_t depth, uint64_t addr);

/* Counts one more, or one less, relock of an entry. False: it can count no further (65,535); it was
 * the last hold. */
bool ldl_held_relock(struct ldl_held *entry);
bool ldl_held_unrelock(struct ldl_held *entry);

/* The chain key of the first `depth` entries; 0 for none. */
LDL_INLINE uint64_t ldl_held_key(const struct ldl_held *held, uint32_t depth)
{
	return (held + depth)[-1].key;
}

/* Rebuilds the keys of the entries from `at` on. */
void ldl_held_rekey(struct ldl_held *held, uint32_t depth, uint32_t at);

/* Takes entry `at` out of `depth` entries and rebuilds the keys above. */
void ldl_held_remove(struct ldl_held *held, uint32_t depth, uint32_t at);

/* Another thread released this lock: marks its entry among `count`; which one, or -1: it is not
 * there. Each entry's address is loaded with acquire, so that who saw one gone from there finds it
 * further down. */
int ldl_held_steal(struct ldl_held *held, uint32_t count, uint64_t addr);

/* Copies entries to another run; and, when everybody who looks from now on looks there, empties the
 * old one, handing on the marks that it got meanwhile. */
void ldl_held_copy(struct ldl_held *to, const struct ldl_held *from, uint32_t count);
void ldl_held_vacate(struct ldl_held *from, struct ldl_held *to, uint32_t count);

/* A run for at least `capacity` entries, how many in *size; the empty entry before it is its own.
 * 0: the table is full. Under the writer lock, as is giving back. */
uint32_t ldl_held_take_run(struct ldl_arena *arena, uint32_t capacity, uint32_t *size);
void ldl_held_give_run(struct ldl_arena *arena, uint32_t first, uint32_t size);
void ldl_held_forget_runs(void);

#endif
