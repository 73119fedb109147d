/* Records added to the private copy of an arena. See graft.h. */
#include "graft.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/chain.h"

#define TABLE_MAX (1u << 30) /* bytes that a table may grow to */

/* Moves a table to fresh memory with room for `count` more records. */
static bool grow(struct viz_run *run, enum ldl_table_id table, uint32_t count)
{
	struct ldl_arena *arena = &run->snapshot.arena;
	struct ldl_table *place = &arena->header->tables[table];
	uint64_t capacity = (uint64_t)place->used + count + 64;
	size_t used = (size_t)place->used * place->slot_size;
	unsigned char *moved;

	if (place->slot_size == 0 || capacity * place->slot_size > TABLE_MAX)
		return false;
	moved = viz_pool_alloc(&run->grafts, capacity * place->slot_size);
	if (!moved)
		return false;
	memcpy(moved, arena->table[table], used);
	arena->table[table] = moved;
	place->capacity = (uint32_t)capacity;
	return true;
}

uint32_t viz_graft(struct viz_run *run, enum ldl_table_id table, uint32_t count)
{
	struct ldl_arena *arena = &run->snapshot.arena;
	struct ldl_table *place = &arena->header->tables[table];
	uint32_t first;

	if ((uint64_t)place->used + count > place->capacity && !grow(run, table, count))
		return 0;
	first = place->used ? place->used : 1;
	memset(arena->table[table] + (size_t)first * place->slot_size, 0,
		(size_t)count * place->slot_size);
	place->used = first + count;
	return first;
}

ldl_string_id viz_graft_string(struct viz_run *run, const char *text)
{
	struct ldl_arena *arena = &run->snapshot.arena;
	size_t len = strnlen(text, LDL_STRING_MAX);
	uint16_t short_len = (uint16_t)len;
	/* One byte more, since strings begin at even places. */
	uint32_t id = viz_graft(run, LDL_TABLE_STRINGS, (uint32_t)(sizeof(short_len) + len + 2));
	unsigned char *place;

	if (!id)
		return 0;
	id = (id + 1u) & ~1u;
	place = arena->table[LDL_TABLE_STRINGS] + id;
	memcpy(place, &short_len, sizeof(short_len));
	memcpy(place + sizeof(short_len), text, len);
	return id;
}

ldl_frame viz_graft_frame(const struct viz_run *run, uint64_t address)
{
	uint32_t end = ldl_snapshot_count(&run->snapshot, LDL_TABLE_MODULES);

	for (ldl_module_id id = 1; id < end; id++) {
		const struct ldl_module *module = ldl_snapshot_module(&run->snapshot, id);

		if (module && address >= module->start && address < module->end)
			return ldl_frame_make(
				id, (address - module->base) & ((1ull << LDL_FRAME_BITS) - 1));
	}
	return ldl_frame_make(0, address & ((1ull << LDL_FRAME_BITS) - 1));
}

static ldl_site_id add_site(struct viz_run *run, const ldl_frame *frames, uint32_t count)
{
	struct ldl_arena *arena = &run->snapshot.arena;
	uint32_t first = viz_graft(run, LDL_TABLE_FRAMES, count);
	ldl_site_id id = first ? viz_graft(run, LDL_TABLE_SITES, 1) : 0;

	if (!id)
		return 0;
	memcpy(ldl_frame_at(arena, first), frames, count * sizeof(*frames));
	*ldl_site_at(arena, id) = (struct ldl_site){.frame_first = first, .frame_count = count};
	return id;
}

/* Reads the chain set of the file, of which snapshots have no copy: the stack that was kept when a
 * chain was seen first. 0: none. */
static ldl_site_id read_chain(const struct viz_run *run, int fd, uint64_t key)
{
	const struct ldl_header *header = run->snapshot.arena.header;
	const struct ldl_table *chains = &header->tables[LDL_TABLE_CHAINS];
	struct ldl_chain chain;

	if (key == 0 || chains->capacity == 0 || (chains->capacity & (chains->capacity - 1)))
		return 0;
	for (uint32_t step = 0; step < LDL_PROBE_MAX; step++) {
		uint64_t place =
			chains->offset +
			(uint64_t)sizeof(chain) * ldl_chain_place(key, step, chains->capacity);

		if (pread(fd, &chain, sizeof(chain), (off_t)place) != (ssize_t)sizeof(chain) ||
			chain.key == 0)
			return 0;
		if (chain.key == key)
			return chain.site;
	}
	return 0;
}

static ldl_site_id chain_site(const struct viz_run *run, uint64_t key)
{
	int fd = open(run->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	ldl_site_id site = fd >= 0 ? read_chain(run, fd, key) : 0;

	if (fd >= 0)
		close(fd);
	return ldl_snapshot_site(&run->snapshot, site) ? site : 0;
}

/* Whether a stack passes through `frame` near its top, where our library's frames are. */
static bool begins_with(const struct viz_run *run, ldl_site_id site, ldl_frame frame)
{
	uint32_t count;
	const ldl_frame *frames = ldl_snapshot_frames(&run->snapshot, site, &count);

	for (uint32_t i = 0; frames && i < count && i < 4; i++) {
		if (frames[i] == frame)
			return true;
	}
	return false;
}

static uint32_t depth_of(const struct viz_run *run, ldl_site_id site)
{
	uint32_t count;

	(void)ldl_snapshot_frames(&run->snapshot, site, &count);
	return count;
}

/* Whether all stacks that were kept of this place, but for those of one frame, are this one. */
static bool is_only_way(const struct viz_run *run, ldl_site_id site, ldl_frame frame)
{
	uint32_t end = ldl_snapshot_count(&run->snapshot, LDL_TABLE_SITES);

	for (ldl_site_id id = 1; id < end; id++) {
		if (id != site && depth_of(run, id) > 1 && begins_with(run, id, frame))
			return false;
	}
	return true;
}

ldl_site_id viz_graft_site(struct viz_run *run, const struct ldl_held *entry)
{
	ldl_frame frame = viz_graft_frame(run, ldl_held_ip(entry));
	ldl_site_id site = chain_site(run, entry->key);

	if (site && begins_with(run, site, frame) &&
		((entry->ip & LDL_HELD_FRESH) || is_only_way(run, site, frame)))
		return site;
	return add_site(run, &frame, 1);
}

static bool is_same_module(const struct viz_run *run, const struct ldl_module *one,
	const struct viz_run *other_run, const struct ldl_module *other)
{
	return one->build_id_len == other->build_id_len &&
	       one->build_id_len <= sizeof(one->build_id) &&
	       memcmp(one->build_id, other->build_id, one->build_id_len) == 0 &&
	       strcmp(ldl_snapshot_string(&run->snapshot, one->path),
		       ldl_snapshot_string(&other_run->snapshot, other->path)) == 0;
}

/* The module of `from` as one of `run`; one that is brought over covers no addresses here. */
static ldl_module_id module_of(struct viz_run *run, const struct viz_run *from, ldl_module_id id)
{
	const struct ldl_module *module = ldl_snapshot_module(&from->snapshot, id);
	uint32_t end = ldl_snapshot_count(&run->snapshot, LDL_TABLE_MODULES);
	struct ldl_module copy;
	ldl_module_id added;

	for (ldl_module_id at = 1; module && at < end; at++) {
		if (is_same_module(run, ldl_snapshot_module(&run->snapshot, at), from, module))
			return at;
	}
	if (!module || end >= UINT16_MAX)
		return 0;
	copy = *module;
	copy.path = viz_graft_string(run, ldl_snapshot_string(&from->snapshot, module->path));
	copy.base = copy.start = copy.end = 0;
	added = viz_graft(run, LDL_TABLE_MODULES, 1);
	if (added)
		*ldl_module_at(&run->snapshot.arena, added) = copy;
	return added;
}

ldl_site_id viz_graft_site_of(struct viz_run *run, const struct viz_run *from, ldl_site_id id)
{
	ldl_frame moved[LDL_STACK_MAX];
	uint32_t count;
	const ldl_frame *frames = ldl_snapshot_frames(&from->snapshot, id, &count);

	if (run == from || !frames)
		return run == from ? id : 0;
	if (count > LDL_STACK_MAX)
		count = LDL_STACK_MAX;
	for (uint32_t i = 0; i < count; i++)
		moved[i] = ldl_frame_make(module_of(run, from, ldl_frame_module(frames[i])),
			ldl_frame_offset(frames[i]));
	return add_site(run, moved, count);
}

ldl_class_id viz_graft_class_of(struct viz_run *run, struct viz_run *from, ldl_class_id id)
{
	const struct ldl_class *class = ldl_snapshot_class(&from->snapshot, id);
	uint32_t end = ldl_snapshot_count(&run->snapshot, LDL_TABLE_CLASSES);
	struct ldl_class copy = {.identity = LDL_IDENTITY_ANNOTATED};
	ldl_class_id added;

	if (run == from || !class)
		return class ? id : 0;
	for (ldl_class_id at = 1; at < end; at++) {
		if (ldl_snapshot_class(&run->snapshot, at)->key == class->key)
			return at;
	}
	copy.key = class->key;
	copy.kind = class->kind;
	copy.name = viz_graft_string(run, viz_class_name(from, id));
	added = viz_graft(run, LDL_TABLE_CLASSES, 1);
	if (added)
		*ldl_class_at(&run->snapshot.arena, added) = copy;
	return added;
}

void viz_graft_end(struct viz_run *run)
{
	viz_run_forget(run);
}
