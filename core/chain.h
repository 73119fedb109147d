/* The global set of chains that need no more checking, and the mixing of chain keys.
 *
 * A chain is the sequence of (class, mode, call site) that a thread holds. Its key is a rolling
 * hash; the call site is part of it so that the stack kept with a chain is that of this very place
 * in the code. Lookup and insertion are lock-free; nothing is taken out but by a new epoch.
 *
 * Two chains with one key would hide one of them: with a million chains the odds are 1 in 10^7. */
#ifndef LDL_CHAIN_H
#define LDL_CHAIN_H

#include "hash.h"
#include "table.h"

/* The key of a chain one entry longer: five operations, seven cycles. The rotation brings the upper
 * bits, all that a multiplication mixes well, down again. 0 stands for the empty chain; that
 * another one has it is as likely as any other collision, and harmless: it is never found. */
LDL_INLINE uint64_t ldl_chain_mix(uint64_t key, uint32_t class_mode, uint64_t ip)
{
	key = (key << 23) | (key >> 41);
	return (key ^ ip ^ ((uint64_t)class_mode << 32)) * LDL_HASH_ODD;
}

/* The slot where the search for a chain comes at its `step`th step, of a set of `capacity` slots, a
 * power of two. For readers, which look at the file and not at the set. */
LDL_INLINE uint32_t ldl_chain_place(uint64_t key, uint32_t step, uint32_t capacity)
{
	return ((uint32_t)(ldl_hash_strong(key) >> 20) + step) & (capacity - 1);
}

/* The record of a known chain; NULL: not seen yet (or not kept). */
const struct ldl_chain *ldl_chain_find(struct ldl_arena *arena, uint64_t key);

/* Whether a thread (`who`: see ldl_thread_who()) may look at a known chain again, for its own
 * evidence: the first LDL_PASSES threads may, and as often one that did so last, in other segments
 * of it. (A thread that creates many others leaves them their share.) Lock-free; two at a time may
 * count as one. */
bool ldl_chain_may_pass(struct ldl_arena *arena, const struct ldl_chain *chain, uint8_t who);

/* Publishes a chain as checked. LDL_FULL (counted): it will be looked at again next time. */
ldl_status ldl_chain_insert(
	struct ldl_arena *arena, uint64_t key, ldl_site_id site, uint32_t length);

#endif
