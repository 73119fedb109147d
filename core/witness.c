/* Evidence. See witness.h. */
#include "witness.h"

#include "class.h"
#include "instance.h"
#include "segment.h"
#include "site.h"
#include "sys.h"

#include <time.h>

/* Whether a stack that was kept earlier may be this hold's: its callers must all be on the thread's
 * present stack, in the same places. Where both are cut off, as far as both go. */
static bool is_live(const struct ldl_arena *arena, ldl_site_id kept_id, ldl_site_id now_id)
{
	const struct ldl_site *kept = ldl_site_at(arena, kept_id),
			      *now = ldl_site_at(arena, now_id);
	const ldl_frame *kept_frames = ldl_frame_at(arena, kept->frame_first);
	const ldl_frame *now_frames = ldl_frame_at(arena, now->frame_first);
	uint32_t at = 0, same = 1;

	if (!kept_id || !now_id)
		return false;
	if (kept->frame_count == 1)
		return true;
	while (at < now->frame_count && now_frames[at] != kept_frames[1])
		at++;
	while (at < now->frame_count && same < kept->frame_count &&
		now_frames[at] == kept_frames[same]) {
		at++;
		same++;
	}
	return same > 1 && (same == kept->frame_count || at == now->frame_count);
}

/* The stack of a held lock's acquisition. One is kept with each chain, from the first time that it
 * was seen; its innermost frame is exact, since the call site is part of the chain's key. It is
 * shown when this very hold made it, or when its callers are still there. Else the call site is all
 * that is known for certain. */
ldl_site_id ldl_witness_site(struct ldl_arena *arena, const struct ldl_held *entry, ldl_site_id now)
{
	const struct ldl_chain *chain = entry->key ? ldl_chain_find(arena, entry->key) : NULL;
	ldl_site_id site = chain ? ldl_load_relaxed(&chain->site) : 0;
	struct ldl_stack stack = {.count = 1, .ips = {ldl_held_ip(entry)}};

	if (site && ((entry->ip & LDL_HELD_FRESH) || is_live(arena, site, now)))
		return site;
	return ldl_site_intern(arena, &stack);
}

/* As it is held: whether it keeps others out, too. Contexts and reclaim do not: many threads are in
 * them at once. Nor do the locks that each processor has one of. */
static uint32_t also_mode(const struct ldl_arena *arena, const struct ldl_held *entry)
{
	const struct ldl_class *class = ldl_class_at(arena, ldl_held_class(entry));
	bool is_gate = ldl_kind_is_lock(class->kind) && !ldl_class_has(class, LDL_CLASS_PER_CPU) &&
		       !(ldl_instance_at(arena, entry->instance)->flags & LDL_INSTANCE_VIRTUAL);

	return ldl_held_mode(entry) | (is_gate ? 0 : LDL_ALSO_NO_GATE);
}

static uint32_t kept_of(const struct ldl_thread *thread)
{
	uint32_t depth = thread->record->depth & LDL_DEPTH_MASK;

	return depth < LDL_ALSO_HELD_MAX ? depth : LDL_ALSO_HELD_MAX;
}

/* Fills `kept` slots from `first` on; returns how many of them hold a lock. */
static uint32_t fill_held(
	struct ldl_arena *arena, const struct ldl_thread *thread, uint32_t first, uint32_t kept)
{
	uint32_t depth = thread->record->depth & LDL_DEPTH_MASK, count = 0;

	/* The innermost are the ones of interest when there are too many. */
	for (uint32_t i = 0; i < kept; i++) {
		const struct ldl_held *entry = &thread->held[depth - kept + i];

		if (ldl_held_is_stolen(entry))
			continue;
		*ldl_also_held_at(arena, first + count++) = (struct ldl_also_held){
			.class = ldl_held_class(entry),
			.instance = entry->instance,
			.generation = ldl_instance_generation(arena, entry->instance),
			.mode = also_mode(arena, entry),
			.frame = ldl_module_frame(ldl_held_ip(entry)),
		};
	}
	return count;
}

uint32_t ldl_witness_keep_held(
	struct ldl_arena *arena, const struct ldl_thread *thread, uint32_t *count)
{
	uint32_t kept = kept_of(thread);
	uint32_t first = kept ? ldl_table_take(arena, LDL_TABLE_ALSO_HELD, kept) : 0;

	*count = first ? fill_held(arena, thread, first, kept) : 0;
	return first;
}

/* In the room that the record brings along, where that is enough. */
static void keep_held(
	struct ldl_arena *arena, const struct ldl_thread *thread, struct ldl_witness *witness)
{
	uint32_t kept = kept_of(thread), fresh = 0;

	if (kept > witness->also_room) {
		fresh = ldl_table_take(arena, LDL_TABLE_ALSO_HELD, kept);
		if (!fresh)
			return;
		witness->also_first = fresh;
		witness->also_room = kept;
	}
	witness->also_count = fill_held(arena, thread, witness->also_first, kept);
}

/* One that a removed edge gave back, with its room for held locks, or a fresh one. */
static ldl_witness_id take_witness(struct ldl_arena *arena)
{
	struct ldl_table *table = ldl_arena_table(arena, LDL_TABLE_WITNESSES);
	ldl_witness_id id = table->free_head;
	struct ldl_witness *witness = ldl_witness_at(arena, id);

	if (!id)
		return ldl_table_take(arena, LDL_TABLE_WITNESSES, 1);
	table->free_head = witness->next;
	*witness = (struct ldl_witness){
		.also_first = witness->also_first,
		.also_room = witness->also_room,
	};
	return id;
}

/* As the program knows it; contexts and handlers have none of its own. */
static uint64_t shown_address(uint64_t addr)
{
	return addr & LDL_PLACE ? addr : LDL_PLACE_ADDRESS(addr);
}

/* The locks that the thread holds, in whatever order. */
static uint32_t held_hash(const struct ldl_arena *arena, const struct ldl_thread *thread)
{
	uint32_t depth = ldl_thread_depth(thread);
	uint64_t sum = 0;

	for (uint32_t i = 0; i < depth; i++) {
		const struct ldl_held *entry = &thread->held[i];

		if (ldl_kind_is_lock(ldl_class_at(arena, ldl_held_class(entry))->kind))
			sum += ldl_hash_strong((uint64_t)entry->instance << 1 |
					       (ldl_held_mode(entry) & LDL_MODE_SHARED));
	}
	return (uint32_t)(sum >> 32);
}

static uint64_t now_ns(const struct ldl_arena *arena)
{
	return ldl_sys_clock_ns(CLOCK_MONOTONIC) - arena->header->start_ns;
}

ldl_witness_id ldl_witness_make(struct ldl_arena *arena, struct ldl_thread *thread,
	const struct ldl_held *entry, const struct ldl_acquisition *acquisition, ldl_edge_id edge,
	uint32_t type)
{
	ldl_witness_id id = take_witness(arena);
	struct ldl_witness *witness = ldl_witness_at(arena, id);

	if (!id)
		return 0;
	witness->time_ns = now_ns(arena);
	witness->thread_start_ns = thread->record->start_ns;
	witness->edge = edge;
	witness->thread = thread->id;
	witness->thread_serial = thread->record->serial;
	witness->segment = ldl_segment_now(arena, thread);
	witness->held_hash = held_hash(arena, thread);
	witness->tid = thread->record->tid;
	witness->thread_name = ldl_thread_name(arena, thread);
	witness->type = type;
	witness->to_site = acquisition->site;
	witness->to_addr = shown_address(acquisition->addr);
	witness->to_instance = acquisition->instance;
	witness->to_generation = ldl_instance_generation(arena, acquisition->instance);
	witness->to_mode = acquisition->mode;
	witness->gfp = acquisition->gfp;
	witness->gfp_asked = acquisition->gfp_asked;
	if (entry) {
		witness->from_site = acquisition->from_site
					     ? acquisition->from_site
					     : ldl_witness_site(arena, entry, acquisition->site);
		witness->from_frame = ldl_module_frame(ldl_held_ip(entry));
		witness->from_addr = shown_address(ldl_held_addr(entry));
		witness->from_instance = entry->instance;
		witness->from_generation = ldl_instance_generation(arena, entry->instance);
		witness->from_mode = ldl_held_mode(entry);
	}
	keep_held(arena, thread, witness);
	return id;
}

void ldl_witness_link(struct ldl_arena *arena, ldl_edge_id edge, ldl_witness_id witness)
{
	struct ldl_edge *record = ldl_edge_at(arena, edge);

	ldl_witness_at(arena, witness)->next = record->witness_first;
	/* Release: a live reader that follows the list finds a whole witness. */
	ldl_store_release(&record->witness_first, witness);
	record->witness_count++;
}

/* Whether a kept witness tells all of a new one, but for the segment. */
static bool is_like(const struct ldl_witness *kept, const struct ldl_thread *thread,
	ldl_instance_id from, ldl_instance_id to, uint32_t type, uint32_t hash)
{
	return kept->thread_serial == thread->record->serial && (kept->type & type) == type &&
	       kept->from_instance == from && kept->to_instance == to && kept->held_hash == hash;
}

/* What the witnesses that are kept say of a new one. */
struct known {
	bool is_same;    /* one tells all that it would */
	bool is_thread;  /* its thread has left one */
	uint32_t fewest; /* that were held around the edge */
};

static struct known look_through(const struct ldl_arena *arena, ldl_witness_id id,
	const struct ldl_thread *thread, ldl_instance_id from, ldl_instance_id to, uint32_t type)
{
	struct known known = {.fewest = LDL_HELD_LARGE};
	uint32_t hash = held_hash(arena, thread), steps = 0;

	for (; id && ldl_arena_step(arena, LDL_TABLE_WITNESSES, &steps);
		id = ldl_witness_at(arena, id)->next) {
		const struct ldl_witness *kept = ldl_witness_at(arena, id);

		if ((kept->type & type) != type)
			continue;
		known.is_thread |= kept->thread_serial == thread->record->serial;
		if (kept->also_count < known.fewest)
			known.fewest = kept->also_count;
		known.is_same |= is_like(kept, thread, from, to, type, hash) &&
				 !ldl_segment_is_left(thread, kept->segment);
	}
	return known;
}

bool ldl_witness_is_news(const struct ldl_arena *arena, ldl_edge_id edge,
	const struct ldl_thread *thread, ldl_instance_id from, ldl_instance_id to, uint32_t type)
{
	const struct ldl_edge *record = ldl_edge_at(arena, edge);
	struct known known;

	if (type & ~record->types)
		return true;
	if (record->witness_count >=
		LDL_WITNESS_MAX + LDL_WITNESS_MORE + (record->looks ? LDL_WITNESS_WATCH : 0))
		return false;
	known = look_through(arena, record->witness_first, thread, from, to, type);
	if (record->witness_count < LDL_WITNESS_MAX)
		return !known.is_same;
	return !known.is_thread || ldl_thread_depth(thread) < known.fewest;
}

bool ldl_witness_renew(struct ldl_arena *arena, ldl_edge_id edge, struct ldl_thread *thread,
	ldl_instance_id from, ldl_instance_id to, uint32_t type)
{
	ldl_witness_id id = ldl_edge_at(arena, edge)->witness_first;
	uint32_t hash = held_hash(arena, thread), steps = 0;
	struct ldl_witness *witness;

	while (id && ldl_arena_step(arena, LDL_TABLE_WITNESSES, &steps) &&
		!is_like(ldl_witness_at(arena, id), thread, from, to, type, hash))
		id = ldl_witness_at(arena, id)->next;
	witness = ldl_witness_at(arena, id);
	if (!id || !ldl_segment_is_left(thread, witness->segment))
		return false;
	ldl_store_relaxed(&witness->segment, ldl_segment_now(arena, thread));
	ldl_store_relaxed(&witness->time_ns, now_ns(arena));
	return true;
}
