/* Hashes: of words (tables, caches, chain keys) and of bytes (names). No state, no tables. */
#ifndef LDL_HASH_H
#define LDL_HASH_H

#include "compiler.h"
#include "types.h"

#define LDL_HASH_ODD 0x9e3779b97f4a7c15ull /* 2^64 / golden ratio: spreads runs of equal strides */

/* An address, for small tables: 32 bits are enough, and need no constant of ten bytes. The upper
 * bits are the good ones: shift right by 32 - log2(slots). */
LDL_INLINE uint32_t ldl_hash_address(uint64_t address)
{
	return (uint32_t)address * 0x9e3779b1u;
}

/* Good in all bits: Stafford's mix 13, the finisher of splitmix64. */
LDL_INLINE uint64_t ldl_hash_strong(uint64_t word)
{
	word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9ull;
	word = (word ^ (word >> 27)) * 0x94d049bb133111ebull;
	return word ^ (word >> 31);
}

LDL_INLINE uint64_t ldl_hash_add(uint64_t hash, uint64_t word)
{
	return ldl_hash_strong(hash ^ (word + LDL_HASH_ODD + (hash << 6) + (hash >> 2)));
}

/* FNV-1a over bytes, finished strongly. */
LDL_INLINE uint64_t ldl_hash_bytes(const void *bytes, size_t len)
{
	const unsigned char *at = bytes;
	uint64_t hash = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ at[i]) * 0x100000001b3ull;
	return ldl_hash_strong(hash);
}

#endif
