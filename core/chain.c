/* The set of checked chains: open addressing, linear probing, insertion by compare-and-swap. */
#include "chain.h"

#include "atomic.h"

/* A record's two counts of passes: of other threads than the last, and of the last one itself. */
#define PASSES_MASK      15u
#define OWN_PASSES_SHIFT 4u

static struct ldl_chain *slot_at(struct ldl_arena *arena, uint64_t key, uint32_t step)
{
	uint32_t capacity = arena->capacity[LDL_TABLE_CHAINS];
	struct ldl_chain *slot = ldl_chain_at(arena, ldl_chain_place(key, step, capacity));

	return ldl_arena_back(arena, slot, sizeof(*slot)) ? slot : NULL;
}

const struct ldl_chain *ldl_chain_find(struct ldl_arena *arena, uint64_t key)
{
	for (uint32_t step = 0; step < LDL_PROBE_MAX; step++) {
		const struct ldl_chain *slot = slot_at(arena, key, step);
		/* Acquire: pairs with the compare-and-swap in ldl_chain_insert(). */
		uint64_t found = slot ? ldl_load_acquire(&slot->key) : 0;

		if (found == key)
			return slot;
		if (found == 0)
			return NULL;
	}
	return NULL;
}

bool ldl_chain_may_pass(struct ldl_arena *arena, const struct ldl_chain *chain, uint8_t who)
{
	struct ldl_chain *record = ldl_chain_at(arena, (uint32_t)(chain - ldl_chain_at(arena, 0)));
	uint8_t passes = ldl_load_relaxed(&record->passes);
	uint32_t shift = ldl_load_relaxed(&record->last) == who ? OWN_PASSES_SHIFT : 0;

	if ((passes >> shift & PASSES_MASK) >= LDL_PASSES)
		return false;
	ldl_store_relaxed(&record->passes, (uint8_t)(passes + (1u << shift)));
	ldl_store_relaxed(&record->last, who);
	return true;
}

ldl_status ldl_chain_insert(
	struct ldl_arena *arena, uint64_t key, ldl_site_id site, uint32_t length)
{
	struct ldl_table *table = ldl_arena_table(arena, LDL_TABLE_CHAINS);

	/* An eighth stays free, so that searches for unknown chains end early. */
	if (ldl_load_relaxed(&table->used) >= arena->capacity[LDL_TABLE_CHAINS] / 8 * 7) {
		ldl_table_drop(arena, LDL_TABLE_CHAINS);
		return LDL_FULL;
	}
	for (uint32_t step = 0; step < LDL_PROBE_MAX; step++) {
		struct ldl_chain *slot = slot_at(arena, key, step);
		uint64_t found = 0;

		if (!slot)
			break;
		if (ldl_cas_acq_rel(&slot->key, &found, key)) {
			/* Evidence, not identity: a reader in between sees 0, "no stack". */
			ldl_store_relaxed(&slot->site, site);
			ldl_store_relaxed(&slot->length, (uint16_t)length);
			ldl_add_relaxed(&table->used, 1);
			return LDL_OK;
		}
		if (found == key)
			return LDL_OK;
	}
	ldl_table_drop(arena, LDL_TABLE_CHAINS);
	return LDL_FULL;
}
