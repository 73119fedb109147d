/* Runs, packed and laid out again. See merge_leaf.h. */
#include "merge_leaf.h"

#include <stdlib.h>
#include <string.h>

/* Tables that a run is told without: what finds things for its writer, chains, and who held what
 * when it ended. */
static bool is_left_out(unsigned int table)
{
	switch (table) {
	case LDL_TABLE_SITE_HASH:
	case LDL_TABLE_CLASS_HASH:
	case LDL_TABLE_INSTANCE_HASH:
	case LDL_TABLE_EDGE_HASH:
	case LDL_TABLE_ALLOC_HASH:
	case LDL_TABLE_CHAINS:
	case LDL_TABLE_HELD:
		return true;
	default:
		return false;
	}
}

/* The arena that every table's slots have the right size in. */
static const struct ldl_table *plan(void)
{
	static struct ldl_header header;

	if (!header.tables[0].slot_size)
		ldl_arena_plan(&header, LDL_ARENA_MIN);
	return header.tables;
}

static size_t round_up(size_t size, size_t to)
{
	return (size + to - 1) / to * to;
}

/* Slots that are in use, slot 0 included; INSTANCE_INFO goes by the other table's ids. */
static size_t slots_of(const struct ldl_header *header, unsigned int table)
{
	if (is_left_out(table))
		return 0;
	return header->tables[table == LDL_TABLE_INSTANCE_INFO ? LDL_TABLE_INSTANCES : table].used;
}

static size_t bytes_of(const struct ldl_header *header, unsigned int table)
{
	return slots_of(header, table) * plan()[table].slot_size;
}

static size_t packed_size(const struct ldl_header *header)
{
	size_t size = LDL_PAGE;

	for (unsigned int i = 0; i < LDL_TABLE_COUNT; i++)
		size += round_up(bytes_of(header, i), 8);
	return size;
}

/* What a header says of the moment, and of the places in its file, is not the run's. */
static void make_plain(struct ldl_header *header)
{
	header->control = LDL_RUN_FULL;
	header->writer = header->instance_lock = 0;
	for (unsigned int i = 0; i < LDL_TABLE_COUNT; i++) {
		struct ldl_table *table = &header->tables[i];

		table->offset = 0;
		table->capacity = 0;
		table->slot_size = plan()[i].slot_size;
		table->free_head = 0;
		/* How many chains there were is all that is told of them. */
		if (is_left_out(i) && i != LDL_TABLE_CHAINS)
			table->used = 0;
	}
}

/* Where what a thread held would be is not in the pack. */
static void make_threads_plain(struct ldl_thread_record *threads, size_t count)
{
	for (size_t id = 1; id < count; id++) {
		threads[id].held_first = threads[id].held_capacity = threads[id].depth = 0;
		threads[id].next_free = 0;
		threads[id].wait_addr = 0;
	}
}

bool viz_leaf_pack(struct viz_leaf *leaf, const struct ldl_snapshot *snapshot, const char *name)
{
	const struct ldl_header *header = snapshot->arena.header;
	size_t at = LDL_PAGE;

	leaf->size = packed_size(header);
	leaf->bytes = calloc(1, leaf->size);
	leaf->name = strdup(name);
	if (!leaf->bytes || !leaf->name) {
		viz_leaf_free(leaf);
		return false;
	}
	memcpy(leaf->bytes, header, sizeof(*header));
	for (unsigned int i = 0; i < LDL_TABLE_COUNT; i++) {
		size_t len = bytes_of(header, i);

		if (len)
			memcpy(leaf->bytes + at, snapshot->arena.table[i], len);
		if (i == LDL_TABLE_THREADS)
			make_threads_plain((struct ldl_thread_record *)(leaf->bytes + at),
				slots_of(header, i));
		at += round_up(len, 8);
	}
	make_plain((struct ldl_header *)leaf->bytes);
	return true;
}

/* Gives each table a place of its own, as large as it is used; returns the bytes of the whole. */
static size_t lay_out(struct ldl_header *header)
{
	size_t at = LDL_PAGE;

	for (unsigned int i = 0; i < LDL_TABLE_COUNT; i++) {
		struct ldl_table *table = &header->tables[i];
		size_t slots = slots_of(header, i);

		table->capacity = (uint32_t)slots;
		table->offset = slots ? at : 0;
		if (!slots)
			table->used = 0;
		at += round_up(slots * table->slot_size, LDL_PAGE);
	}
	header->size = at;
	return at;
}

/* Whether the bytes are as many as their header says, and its slots are ours. */
static bool is_whole(const struct viz_leaf *leaf)
{
	const struct ldl_header *header = viz_leaf_header(leaf);

	if (leaf->size < LDL_PAGE || header->magic != LDL_MAGIC ||
		header->version != LDL_FORMAT_VERSION || header->table_count != LDL_TABLE_COUNT)
		return false;
	for (unsigned int i = 0; i < LDL_TABLE_COUNT; i++) {
		if (header->tables[i].slot_size != plan()[i].slot_size)
			return false;
	}
	return packed_size(header) == leaf->size;
}

bool viz_leaf_open(const struct viz_leaf *leaf, struct ldl_snapshot *snapshot)
{
	struct ldl_header *header;
	unsigned char *bytes;
	size_t size, at = LDL_PAGE;
	bool is_good;

	if (!is_whole(leaf))
		return false;
	header = calloc(1, LDL_PAGE);
	if (!header)
		return false;
	memcpy(header, leaf->bytes, LDL_PAGE);
	size = lay_out(header);
	bytes = size <= LDL_ARENA_MAX ? calloc(1, size) : NULL;
	for (unsigned int i = 0; bytes && i < LDL_TABLE_COUNT; i++) {
		size_t len = bytes_of(viz_leaf_header(leaf), i);

		if (len)
			memcpy(bytes + header->tables[i].offset, leaf->bytes + at, len);
		at += round_up(len, 8);
	}
	if (bytes)
		memcpy(bytes, header, LDL_PAGE);
	is_good = bytes && ldl_snapshot_from_bytes(snapshot, bytes, size) == LDL_OK;
	free(bytes);
	free(header);
	if (is_good && snapshot->repairs) {
		ldl_snapshot_close(snapshot);
		return false;
	}
	return is_good;
}

static int compare_numbers(uint64_t one, uint64_t other)
{
	return (one > other) - (one < other);
}

int viz_leaf_compare(const struct viz_leaf *one, const struct viz_leaf *other)
{
	const struct ldl_header *a = viz_leaf_header(one), *b = viz_leaf_header(other);
	int order = compare_numbers(a->start_realtime, b->start_realtime);

	if (order == 0)
		order = compare_numbers(a->start_ns, b->start_ns);
	return order ? order : compare_numbers(a->pid, b->pid);
}

bool viz_leaf_is_later(const struct viz_leaf *one, const struct viz_leaf *other)
{
	if (one->size != other->size)
		return one->size > other->size;
	return memcmp(one->bytes, other->bytes, one->size) > 0;
}

void viz_leaf_free(struct viz_leaf *leaf)
{
	free(leaf->name);
	free(leaf->bytes);
	memset(leaf, 0, sizeof(*leaf));
}
