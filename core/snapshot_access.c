/* Records of a checked copy by id. The check made what a record says safe to follow; these look
 * only at the id that the caller brings. */
#include "snapshot_parts.h"

#include <string.h>

uint32_t ldl_arena_id_count(const struct ldl_arena *arena, enum ldl_table_id table)
{
	switch (table) {
	case LDL_TABLE_SITE_HASH:
	case LDL_TABLE_CLASS_HASH:
	case LDL_TABLE_INSTANCE_HASH:
	case LDL_TABLE_EDGE_HASH:
	case LDL_TABLE_CHAINS:
	case LDL_TABLE_ALLOC_HASH:
	case LDL_TABLE_COUNT:
		return 0;
	case LDL_TABLE_INSTANCE_INFO: { /* under the same ids; `used` is the other table's */
		uint32_t used = ldl_arena_table(arena, LDL_TABLE_INSTANCES)->used;
		uint32_t capacity = ldl_arena_table(arena, table)->capacity;

		return used < capacity ? used : capacity;
	}
	default:
		return ldl_arena_table(arena, table)->used;
	}
}

bool ldl_arena_has_string(const struct ldl_arena *arena, ldl_string_id id)
{
	const unsigned char *pool = arena->table[LDL_TABLE_STRINGS];
	uint32_t used = ldl_arena_id_count(arena, LDL_TABLE_STRINGS);
	uint16_t len;

	if (id == 0 || id % 2 != 0 || used < 3 || id > used - 3)
		return false;
	memcpy(&len, pool + id, sizeof(len));
	return len <= LDL_STRING_MAX && len <= used - 3 - id && pool[id + 2 + len] == 0;
}

uint32_t ldl_snapshot_count(const struct ldl_snapshot *snapshot, enum ldl_table_id table)
{
	return snapshot->arena.base ? ldl_arena_id_count(&snapshot->arena, table) : 0;
}

static bool has_id(const struct ldl_snapshot *snapshot, enum ldl_table_id table, uint32_t id)
{
	return id != 0 && id < ldl_snapshot_count(snapshot, table);
}

#define RECORD(TABLE, at, id)                                                                      \
	(has_id(snapshot, LDL_TABLE_##TABLE, (id)) ? at(&snapshot->arena, (id)) : NULL)

const struct ldl_module *ldl_snapshot_module(const struct ldl_snapshot *snapshot, ldl_module_id id)
{
	return RECORD(MODULES, ldl_module_at, id);
}

const struct ldl_site *ldl_snapshot_site(const struct ldl_snapshot *snapshot, ldl_site_id id)
{
	return RECORD(SITES, ldl_site_at, id);
}

const struct ldl_class *ldl_snapshot_class(const struct ldl_snapshot *snapshot, ldl_class_id id)
{
	return RECORD(CLASSES, ldl_class_at, id);
}

const struct ldl_instance *ldl_snapshot_instance(
	const struct ldl_snapshot *snapshot, ldl_instance_id id)
{
	return RECORD(INSTANCES, ldl_instance_at, id);
}

const struct ldl_instance_info *ldl_snapshot_instance_info(
	const struct ldl_snapshot *snapshot, ldl_instance_id id)
{
	return RECORD(INSTANCE_INFO, ldl_instance_info_at, id);
}

const struct ldl_node *ldl_snapshot_node(const struct ldl_snapshot *snapshot, ldl_node_id id)
{
	return RECORD(NODES, ldl_node_at, id);
}

const struct ldl_edge *ldl_snapshot_edge(const struct ldl_snapshot *snapshot, ldl_edge_id id)
{
	return RECORD(EDGES, ldl_edge_at, id);
}

const struct ldl_witness *ldl_snapshot_witness(
	const struct ldl_snapshot *snapshot, ldl_witness_id id)
{
	return RECORD(WITNESSES, ldl_witness_at, id);
}

const struct ldl_thread_record *ldl_snapshot_thread(
	const struct ldl_snapshot *snapshot, ldl_thread_id id)
{
	return RECORD(THREADS, ldl_thread_at, id);
}

const struct ldl_finding *ldl_snapshot_finding(
	const struct ldl_snapshot *snapshot, ldl_finding_id id)
{
	const struct ldl_finding *finding = RECORD(FINDINGS, ldl_finding_at, id);

	/* Of kind none: cleared by the check, or not written yet when it was copied. */
	return finding && finding->kind != LDL_FINDING_NONE ? finding : NULL;
}

const ldl_frame *ldl_snapshot_frames(
	const struct ldl_snapshot *snapshot, ldl_site_id id, uint32_t *frame_count)
{
	const struct ldl_site *site = ldl_snapshot_site(snapshot, id);

	*frame_count = site ? site->frame_count : 0;
	return *frame_count ? ldl_frame_at(&snapshot->arena, site->frame_first) : NULL;
}

const struct ldl_path_step *ldl_snapshot_path(
	const struct ldl_snapshot *snapshot, ldl_finding_id id, uint32_t *step_count)
{
	const struct ldl_finding *finding = ldl_snapshot_finding(snapshot, id);

	*step_count = finding ? finding->path_count : 0;
	return *step_count ? ldl_path_step_at(&snapshot->arena, finding->path_first) : NULL;
}

const struct ldl_also_held *ldl_snapshot_also_held(
	const struct ldl_snapshot *snapshot, ldl_witness_id id, uint32_t *count)
{
	const struct ldl_witness *witness = ldl_snapshot_witness(snapshot, id);

	*count = witness ? witness->also_count : 0;
	return *count ? ldl_also_held_at(&snapshot->arena, witness->also_first) : NULL;
}

const struct ldl_alloc *ldl_snapshot_alloc(const struct ldl_snapshot *snapshot, ldl_alloc_id id)
{
	return RECORD(ALLOCS, ldl_alloc_at, id);
}

const struct ldl_also_held *ldl_snapshot_alloc_held(
	const struct ldl_snapshot *snapshot, ldl_alloc_id id, uint32_t *count)
{
	const struct ldl_alloc *alloc = ldl_snapshot_alloc(snapshot, id);

	*count = alloc ? alloc->also_count : 0;
	return *count ? ldl_also_held_at(&snapshot->arena, alloc->also_first) : NULL;
}

const struct ldl_reserve *ldl_snapshot_reserve(
	const struct ldl_snapshot *snapshot, ldl_reserve_id id)
{
	return RECORD(RESERVES, ldl_reserve_at, id);
}

const struct ldl_callback *ldl_snapshot_callback(const struct ldl_snapshot *snapshot, uint32_t id)
{
	return RECORD(CALLBACKS, ldl_callback_at, id);
}

const struct ldl_held *ldl_snapshot_held(
	const struct ldl_snapshot *snapshot, ldl_thread_id id, uint32_t *count, bool *wanted)
{
	const struct ldl_thread_record *thread = ldl_snapshot_thread(snapshot, id);

	*count = thread ? thread->depth & LDL_DEPTH_MASK : 0;
	*wanted = *count && (thread->depth & LDL_WANTED);
	return *count ? ldl_held_at(&snapshot->arena, thread->held_first) : NULL;
}

const char *ldl_snapshot_string(const struct ldl_snapshot *snapshot, ldl_string_id id)
{
	if (!snapshot->arena.base || !ldl_arena_has_string(&snapshot->arena, id))
		return "";
	return (const char *)snapshot->arena.table[LDL_TABLE_STRINGS] + id + sizeof(uint16_t);
}

const struct ldl_segment *ldl_snapshot_segment(
	const struct ldl_snapshot *snapshot, ldl_segment_id id)
{
	return RECORD(SEGMENTS, ldl_segment_at, id);
}

const struct ldl_turn *ldl_snapshot_turn(const struct ldl_snapshot *snapshot, ldl_turn_id id)
{
	return RECORD(TURNS, ldl_turn_at, id);
}
