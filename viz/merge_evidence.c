/* Witnesses and threads of a run, in the union. See merge_union.h. */
#include <string.h>

#include "core/witness.h"
#include "merge_union.h"

/* All of a run's times. */
static uint64_t in_order(const struct viz_entry *entry, uint64_t time_ns)
{
	return entry->whole->time_base_ns + time_ns;
}

static uint32_t own_serial(const struct viz_entry *entry, uint32_t serial)
{
	return serial ? entry->whole->thread_base + serial : 0;
}

uint32_t viz_entry_also_held(struct viz_entry *entry, uint32_t first, uint32_t count)
{
	struct ldl_arena *arena = &entry->whole->arena;
	uint32_t to = count ? ldl_table_take(arena, LDL_TABLE_ALSO_HELD, count) : 0;

	for (uint32_t i = 0; to && i < count; i++) {
		struct ldl_also_held *held = ldl_also_held_at(arena, to + i);

		*held = *ldl_also_held_at(&entry->run->arena, first + i);
		held->instance = viz_entry_instance(entry, held->instance, held->generation);
		held->generation = held->instance != 0;
		held->class = entry->classes[held->class];
		held->frame = viz_entry_frame(entry, held->frame);
	}
	return to;
}

/* All of a run's segments in a row: what was ordered stays ordered, and nothing else is. 0: no
 * room, and then none of the run's evidence is ordered. */
static ldl_segment_id enter_segments(struct viz_entry *entry)
{
	struct ldl_arena *arena = &entry->whole->arena;
	uint32_t count = viz_entry_count(entry, LDL_TABLE_SEGMENTS);
	ldl_segment_id first = count > 1 ? ldl_table_take(arena, LDL_TABLE_SEGMENTS, count - 1) : 0;

	for (ldl_segment_id id = 1; first && id < count; id++) {
		const struct ldl_segment *segment = ldl_snapshot_segment(entry->run, id);

		*ldl_segment_at(arena, first + id - 1) = (struct ldl_segment){
			.before = segment->before ? first + segment->before - 1 : 0,
			.joined = segment->joined ? first + segment->joined - 1 : 0,
			.thread_serial = own_serial(entry, segment->thread_serial),
		};
	}
	return first;
}

static ldl_segment_id segment_of(struct viz_entry *entry, ldl_segment_id id)
{
	if (id && !entry->segments)
		entry->segments = enter_segments(entry);
	return id && entry->segments ? entry->segments + id - 1 : 0;
}

static void translate(struct viz_entry *entry, struct ldl_witness *witness)
{
	witness->segment = segment_of(entry, witness->segment);
	witness->thread = 0; /* of no slot: it does not run any more */
	witness->time_ns = in_order(entry, witness->time_ns);
	witness->thread_start_ns = in_order(entry, witness->thread_start_ns);
	witness->edge = entry->edges[witness->edge];
	witness->next = 0;
	witness->thread_serial = own_serial(entry, witness->thread_serial);
	witness->thread_name = viz_entry_string(entry, witness->thread_name);
	witness->from_site = viz_entry_site(entry, witness->from_site);
	witness->to_site = viz_entry_site(entry, witness->to_site);
	witness->from_frame = viz_entry_frame(entry, witness->from_frame);
	witness->from_instance =
		viz_entry_instance(entry, witness->from_instance, witness->from_generation);
	witness->to_instance =
		viz_entry_instance(entry, witness->to_instance, witness->to_generation);
	witness->from_generation = witness->from_instance != 0;
	witness->to_generation = witness->to_instance != 0;
	witness->also_first = viz_entry_also_held(entry, witness->also_first, witness->also_count);
	witness->also_count = witness->also_first ? witness->also_count : 0;
}

ldl_witness_id viz_entry_witness(struct viz_entry *entry, ldl_witness_id id)
{
	struct ldl_arena *arena = &entry->whole->arena;
	const struct ldl_witness *witness = ldl_snapshot_witness(entry->run, id);
	struct ldl_witness copy;
	ldl_witness_id to;

	if (!witness || entry->witnesses[id])
		return witness ? entry->witnesses[id] : 0;
	to = ldl_table_take(arena, LDL_TABLE_WITNESSES, 1);
	if (!to)
		return 0;
	copy = *witness;
	translate(entry, &copy);
	*ldl_witness_at(arena, to) = copy;
	entry->witnesses[id] = to;
	return to;
}

static uint32_t types_shown(const struct ldl_arena *arena, ldl_edge_id edge)
{
	uint32_t types = 0;

	for (ldl_witness_id id = ldl_edge_at(arena, edge)->witness_first; id;
		id = ldl_witness_at(arena, id)->next)
		types |= ldl_witness_at(arena, id)->type;
	return types;
}

/* Each run that has the edge shows as many of its witnesses as its share of what one edge keeps,
 * the newest; more only for types that nobody has shown. */
static void enter_witnesses(struct viz_entry *entry, ldl_edge_id from)
{
	struct ldl_arena *arena = &entry->whole->arena;
	ldl_edge_id edge = entry->edges[from];
	uint32_t runs = viz_union_runs_of(entry->whole, edge);
	uint32_t quota = runs && runs < LDL_WITNESS_MAX ? LDL_WITNESS_MAX / runs : 1;
	ldl_witness_id id = ldl_snapshot_edge(entry->run, from)->witness_first;

	for (; id; id = ldl_snapshot_witness(entry->run, id)->next) {
		const struct ldl_witness *witness = ldl_snapshot_witness(entry->run, id);
		bool has_room = quota && ldl_edge_at(arena, edge)->witness_count < LDL_WITNESS_MAX;
		ldl_witness_id to;

		if (!has_room && !(witness->type & ~types_shown(arena, edge)))
			continue;
		quota -= quota > 0;
		to = viz_entry_witness(entry, id);
		if (to)
			ldl_witness_link(arena, edge, to);
	}
}

/* Who created whom goes on being known; who is alive does not: no thread of another run was. */
static void enter_thread(struct viz_entry *entry, const struct ldl_thread_record *thread)
{
	struct ldl_arena *arena = &entry->whole->arena;
	const struct ldl_table *table = ldl_arena_table(arena, LDL_TABLE_THREADS);
	ldl_thread_id id = thread->serial && table->used < table->capacity
				   ? ldl_table_take(arena, LDL_TABLE_THREADS, 1)
				   : 0;
	struct ldl_thread_record *known = ldl_thread_at(arena, id);

	if (!id)
		return;
	*known = *thread;
	known->state = LDL_THREAD_FREE;
	known->serial = own_serial(entry, thread->serial);
	known->creator = own_serial(entry, thread->creator);
	known->start_ns = in_order(entry, thread->start_ns);
	known->depth = known->held_first = known->held_capacity = known->next_free = 0;
}

void viz_entry_evidence(struct viz_entry *entry)
{
	for (ldl_edge_id id = 1; id < viz_entry_count(entry, LDL_TABLE_EDGES); id++) {
		if (ldl_snapshot_edge(entry->run, id)->to && entry->edges[id])
			enter_witnesses(entry, id);
	}
	for (ldl_thread_id id = 1; id < viz_entry_count(entry, LDL_TABLE_THREADS); id++)
		enter_thread(entry, ldl_snapshot_thread(entry->run, id));
}

uint64_t viz_entry_end_ns(const struct viz_entry *entry)
{
	uint64_t end_ns = 0;

	for (ldl_witness_id id = 1; id < viz_entry_count(entry, LDL_TABLE_WITNESSES); id++) {
		const struct ldl_witness *witness = ldl_snapshot_witness(entry->run, id);

		end_ns = witness->time_ns > end_ns ? witness->time_ns : end_ns;
		end_ns = witness->thread_start_ns > end_ns ? witness->thread_start_ns : end_ns;
	}
	for (ldl_thread_id id = 1; id < viz_entry_count(entry, LDL_TABLE_THREADS); id++) {
		const struct ldl_thread_record *thread = ldl_snapshot_thread(entry->run, id);

		end_ns = thread->start_ns > end_ns ? thread->start_ns : end_ns;
	}
	return end_ns + 1;
}

uint32_t viz_entry_threads_max(const struct viz_entry *entry)
{
	uint32_t most = 0;

	for (ldl_witness_id id = 1; id < viz_entry_count(entry, LDL_TABLE_WITNESSES); id++) {
		uint32_t serial = ldl_snapshot_witness(entry->run, id)->thread_serial;

		most = serial > most ? serial : most;
	}
	for (ldl_thread_id id = 1; id < viz_entry_count(entry, LDL_TABLE_THREADS); id++) {
		uint32_t serial = ldl_snapshot_thread(entry->run, id)->serial;

		most = serial > most ? serial : most;
	}
	return most;
}
