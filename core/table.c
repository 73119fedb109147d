/* Slots by index and id sets by hash. See table.h. */
#include "table.h"

#include "atomic.h"

void ldl_table_drop(struct ldl_arena *arena, enum ldl_table_id table)
{
	ldl_add_relaxed(&ldl_arena_table(arena, table)->dropped, 1);
}

uint32_t ldl_table_take(struct ldl_arena *arena, enum ldl_table_id id, uint32_t count)
{
	struct ldl_table *table = ldl_arena_table(arena, id);
	uint32_t first = ldl_load_relaxed(&table->used);

	do {
		if (first > arena->capacity[id])
			ldl_arena_trip(arena, LDL_TRIP_TABLE, id, first);
		if (count > arena->capacity[id] || first > arena->capacity[id] - count ||
			!ldl_arena_back(arena, arena->table[id] + (size_t)first * table->slot_size,
				(size_t)count * table->slot_size)) {
			ldl_table_drop(arena, id);
			return 0;
		}
		/* No order needed: what is in the slots is published with their ids. */
	} while (!ldl_cas_acq_rel(&table->used, &first, first + count));
	return first;
}

void ldl_probe_start(
	struct ldl_probe *probe, struct ldl_arena *arena, enum ldl_table_id table, uint64_t hash)
{
	probe->arena = arena;
	probe->slots = (uint32_t *)arena->table[table];
	probe->mask = arena->capacity[table] - 1;
	probe->at = (uint32_t)(hash >> 32) & probe->mask;
	probe->left = LDL_PROBE_MAX;
}

uint32_t *ldl_probe_next(struct ldl_probe *probe)
{
	uint32_t *slot = &probe->slots[probe->at];

	if (probe->left == 0 || !ldl_arena_back(probe->arena, slot, sizeof(*slot)))
		return NULL;
	probe->left--;
	probe->at = (probe->at + 1) & probe->mask;
	return slot;
}

void ldl_probe_store(struct ldl_probe *probe, enum ldl_table_id table, uint32_t *slot, uint32_t id)
{
	/* Release: pairs with the acquire load of whoever probes; the record is complete by now. */
	ldl_store_release(slot, id);
	ldl_add_relaxed(&ldl_arena_table(probe->arena, table)->used, 1);
}
