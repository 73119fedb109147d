/* The inventory's records, by key. See alloc.h. */
#include "alloc.h"

#include "atomic.h"
#include "hash.h"

uint64_t ldl_alloc_key(uint64_t ip, uint32_t gfp_asked, uint32_t scope)
{
	uint64_t key = ldl_hash_add(ip, (uint64_t)scope << 32 | gfp_asked);

	return key ? key : 1;
}

static ldl_alloc_id probe_alloc(
	struct ldl_arena *arena, struct ldl_probe *probe, uint64_t key, uint32_t **slot)
{
	ldl_probe_start(probe, arena, LDL_TABLE_ALLOC_HASH, key);
	while ((*slot = ldl_probe_next(probe)) != NULL) {
		/* Acquire: pairs with the release in ldl_probe_store(). */
		ldl_alloc_id id = ldl_load_acquire(*slot);

		if (id == 0)
			return 0;
		if (ldl_alloc_at(arena, id)->key == key)
			return id;
	}
	return 0;
}

ldl_alloc_id ldl_alloc_find(struct ldl_arena *arena, uint64_t key)
{
	struct ldl_probe probe;
	uint32_t *slot;

	return probe_alloc(arena, &probe, key, &slot);
}

ldl_alloc_id ldl_alloc_make(struct ldl_arena *arena, const struct ldl_alloc *model)
{
	struct ldl_probe probe;
	uint32_t *slot;
	ldl_alloc_id id = probe_alloc(arena, &probe, model->key, &slot);

	if (id)
		return id;
	if (!slot) {
		ldl_table_drop(arena, LDL_TABLE_ALLOC_HASH);
		return 0;
	}
	id = ldl_table_take(arena, LDL_TABLE_ALLOCS, 1);
	if (!id)
		return 0;
	*ldl_alloc_at(arena, id) = *model;
	ldl_probe_store(&probe, LDL_TABLE_ALLOC_HASH, slot, id);
	return id;
}

void ldl_alloc_add(struct ldl_arena *arena, ldl_alloc_id id, uint32_t count)
{
	if (id && count)
		ldl_add_relaxed(&ldl_alloc_at(arena, id)->count, count);
}
