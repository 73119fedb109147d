/* The inventory of a run, and its numbers, added to the union's. See merge_union.h. */
#include "core/alloc.h"
#include "core/hash.h"
#include "merge_union.h"

static uint32_t add(uint32_t one, uint32_t other)
{
	return one > UINT32_MAX - other ? UINT32_MAX : one + other;
}

static uint32_t larger(uint32_t one, uint32_t other)
{
	return one > other ? one : other;
}

/* The same place with the same masks. The engine's key is of the process: it holds an address. */
static uint64_t key_of(const struct viz_entry *entry, const struct ldl_alloc *alloc)
{
	const struct ldl_class *class = ldl_snapshot_class(entry->run, alloc->class);
	uint64_t key = ldl_hash_add(class ? class->key : 0, alloc->gfp_asked);

	key = ldl_hash_add(key, (uint64_t)alloc->gfp << 32 | alloc->scope);
	return key ? key : 1;
}

static void enter_alloc(struct viz_entry *entry, const struct ldl_alloc *alloc)
{
	struct ldl_arena *arena = &entry->whole->arena;
	struct ldl_alloc model = {
		.key = key_of(entry, alloc),
		.class = entry->classes[alloc->class],
		.gfp_asked = alloc->gfp_asked,
		.gfp = alloc->gfp,
		.scope = alloc->scope,
	};
	ldl_alloc_id id = ldl_alloc_make(arena, &model);
	struct ldl_alloc *known = ldl_alloc_at(arena, id);

	if (!id)
		return;
	known->count += alloc->count;
	known->failures = add(known->failures, alloc->failures);
	known->fallbacks = add(known->fallbacks, alloc->fallbacks);
	known->gave_up = add(known->gave_up, alloc->gave_up);
	known->retries = add(known->retries, alloc->retries);
	known->warned = add(known->warned, alloc->warned);
	known->order_max = larger(known->order_max, alloc->order_max);
	if (!known->also_count && alloc->also_count) {
		known->also_first =
			viz_entry_also_held(entry, alloc->also_first, alloc->also_count);
		known->also_count = known->also_first ? alloc->also_count : 0;
	}
}

/* Tells the n-th thing of a class in one run from the others of that class: its own count in a map
 * of the run, and so its key in one of the union. */
static uint64_t nth_of(struct viz_entry *entry, struct viz_map *seen, ldl_class_id id)
{
	const struct ldl_class *class = ldl_snapshot_class(entry->run, id);
	uint64_t key = class ? class->key : 0;
	uint32_t nth = viz_map_get(seen, key) + 1;

	viz_map_put(seen, key, nth);
	return ldl_hash_add(key, nth);
}

/* The record with this key, a fresh one, its class set, when there is none; 0: no room. */
static uint32_t find_or_take(
	struct viz_union *whole, struct viz_map *map, uint64_t key, enum ldl_table_id table)
{
	uint32_t id = viz_map_get(map, key);

	if (id)
		return id;
	id = ldl_table_take(&whole->arena, table, 1);
	if (id)
		viz_map_put(map, key, id);
	return id;
}

/* Pools are gone with their runs. */
static void enter_reserve(
	struct viz_entry *entry, const struct ldl_reserve *reserve, struct viz_map *seen)
{
	struct viz_union *whole = entry->whole;
	uint32_t id = find_or_take(
		whole, &whole->reserves, nth_of(entry, seen, reserve->class), LDL_TABLE_RESERVES);
	struct ldl_reserve *known = ldl_reserve_at(&whole->arena, id);
	bool is_new = !known->class;

	if (!id)
		return;
	known->class = entry->classes[reserve->class];
	known->generation = 1; /* of no instance */
	known->min_nr = larger(known->min_nr, reserve->min_nr);
	known->level = larger(known->level, reserve->level);
	if (is_new || reserve->level_min < known->level_min)
		known->level_min = reserve->level_min;
	known->used = larger(known->used, reserve->used);
	known->used_max = larger(known->used_max, reserve->used_max);
}

static void enter_callback(
	struct viz_entry *entry, const struct ldl_callback *callback, struct viz_map *seen)
{
	struct viz_union *whole = entry->whole;
	uint32_t id = find_or_take(whole, &whole->callbacks, nth_of(entry, seen, callback->class),
		LDL_TABLE_CALLBACKS);
	struct ldl_callback *known = ldl_callback_at(&whole->arena, id);

	if (!id)
		return;
	known->class = entry->classes[callback->class];
	known->is_notifier = callback->is_notifier;
	known->calls = add(known->calls, callback->calls);
	known->refusals = add(known->refusals, callback->refusals);
	known->runs = add(known->runs, callback->runs);
}

void viz_entry_counts(struct viz_entry *entry)
{
	const struct ldl_header *header = entry->run->arena.header;
	struct ldl_header *whole = entry->whole->arena.header;
	struct viz_map reserves = {0}, callbacks = {0};

	for (ldl_alloc_id id = 1; id < viz_entry_count(entry, LDL_TABLE_ALLOCS); id++)
		enter_alloc(entry, ldl_snapshot_alloc(entry->run, id));
	for (ldl_reserve_id id = 1; id < viz_entry_count(entry, LDL_TABLE_RESERVES); id++)
		enter_reserve(entry, ldl_snapshot_reserve(entry->run, id), &reserves);
	for (ldl_callback_id id = 1; id < viz_entry_count(entry, LDL_TABLE_CALLBACKS); id++)
		enter_callback(entry, ldl_snapshot_callback(entry->run, id), &callbacks);
	for (unsigned int i = 0; i < LDL_COUNT_MAX; i++)
		whole->counters[i] += header->counters[i];
	for (unsigned int i = 0; i < LDL_TABLE_COUNT; i++)
		whole->tables[i].dropped += header->tables[i].dropped;
	viz_map_free(&reserves);
	viz_map_free(&callbacks);
}
