/* The header page of a file that may be anything: is it an arena, of ours, and where are its
 * tables? */
#include "fmt.h"
#include "snapshot_parts.h"

#include <string.h>

static const uint32_t slot_sizes[LDL_TABLE_COUNT] = {
	[LDL_TABLE_STRINGS] = 1,
	[LDL_TABLE_MODULES] = sizeof(struct ldl_module),
	[LDL_TABLE_FRAMES] = sizeof(ldl_frame),
	[LDL_TABLE_SITES] = sizeof(struct ldl_site),
	[LDL_TABLE_SITE_HASH] = sizeof(uint32_t),
	[LDL_TABLE_CLASSES] = sizeof(struct ldl_class),
	[LDL_TABLE_CLASS_HASH] = sizeof(uint32_t),
	[LDL_TABLE_INSTANCES] = sizeof(struct ldl_instance),
	[LDL_TABLE_INSTANCE_INFO] = sizeof(struct ldl_instance_info),
	[LDL_TABLE_INSTANCE_HASH] = sizeof(struct ldl_bucket),
	[LDL_TABLE_NODES] = sizeof(struct ldl_node),
	[LDL_TABLE_EDGES] = sizeof(struct ldl_edge),
	[LDL_TABLE_EDGE_HASH] = sizeof(uint32_t),
	[LDL_TABLE_WITNESSES] = sizeof(struct ldl_witness),
	[LDL_TABLE_ALSO_HELD] = sizeof(struct ldl_also_held),
	[LDL_TABLE_CHAINS] = sizeof(struct ldl_chain),
	[LDL_TABLE_THREADS] = sizeof(struct ldl_thread_record),
	[LDL_TABLE_HELD] = sizeof(struct ldl_held),
	[LDL_TABLE_FINDINGS] = sizeof(struct ldl_finding),
	[LDL_TABLE_PATHS] = sizeof(struct ldl_path_step),
	[LDL_TABLE_ALLOCS] = sizeof(struct ldl_alloc),
	[LDL_TABLE_ALLOC_HASH] = sizeof(uint32_t),
	[LDL_TABLE_RESERVES] = sizeof(struct ldl_reserve),
	[LDL_TABLE_CALLBACKS] = sizeof(struct ldl_callback),
	[LDL_TABLE_SEGMENTS] = sizeof(struct ldl_segment),
	[LDL_TABLE_TURNS] = sizeof(struct ldl_turn),
};

static const char mend_not_ours[] = "give a file that `lockdep-lite run -o FILE` wrote";
static const char mend_too_early[] = "try again when its process has started";
static const char mend_again[] = "copy it again, or take a new one";

static bool is_zero(const void *page, size_t len)
{
	const unsigned char *bytes = page;

	return bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0;
}

/* Its process was killed, or is, amid ldl_arena_init(), which stores the magic last. */
static bool is_half_written(const struct ldl_header *header)
{
	return header->magic == 0 &&
	       (header->byte_order == LDL_BYTE_ORDER || header->byte_order == 0) &&
	       (header->version == LDL_FORMAT_VERSION || header->version == 0) &&
	       (header->table_count == LDL_TABLE_COUNT || header->table_count == 0) &&
	       (header->byte_order || header->version || header->table_count);
}

static ldl_status fail_version(
	struct ldl_snapshot *snapshot, const struct ldl_header *header, const char *where)
{
	char what[80];

	ldl_fmt(what, sizeof(what), "made by format version %u, this tool reads %u",
		header->version, LDL_FORMAT_VERSION);
	return ldl_snapshot_fail(
		snapshot, LDL_BROKEN, what, where, "use the lockdep-lite that made it");
}

static ldl_status fail_size(struct ldl_snapshot *snapshot, uint64_t size, const char *where)
{
	char what[80];

	ldl_fmt(what, sizeof(what), "damaged header, claims %lu bytes", (unsigned long)size);
	return ldl_snapshot_fail(snapshot, LDL_BROKEN, what, where, mend_again);
}

/* What even a file shorter than a header page tells. */
static ldl_status judge_start(struct ldl_snapshot *snapshot, const struct ldl_header *header,
	size_t len, const char *where)
{
	if (len == 0)
		return ldl_snapshot_fail(snapshot, LDL_BROKEN, "empty file", where, mend_not_ours);
	if (len == LDL_PAGE && is_zero(header, LDL_PAGE))
		return ldl_snapshot_fail(snapshot, LDL_BROKEN, "not an arena yet, only zeros",
			where, mend_too_early);
	if (len == LDL_PAGE && is_half_written(header))
		return ldl_snapshot_fail(snapshot, LDL_BROKEN,
			"not an arena yet, its header is half written", where, mend_too_early);
	if (header->magic == __builtin_bswap64(LDL_MAGIC))
		return ldl_snapshot_fail(snapshot, LDL_BROKEN,
			"made on a machine with other byte order", where,
			"read it on such a machine");
	if (header->magic != LDL_MAGIC)
		return ldl_snapshot_fail(
			snapshot, LDL_BROKEN, "not a lockdep-lite arena", where, mend_not_ours);
	return LDL_OK;
}

ldl_status ldl_snapshot_judge_header(struct ldl_snapshot *snapshot, const struct ldl_header *header,
	size_t len, const char *where)
{
	ldl_status status = judge_start(snapshot, header, len, where);

	if (status != LDL_OK)
		return status;
	if (len >= offsetof(struct ldl_header, size) && header->version != LDL_FORMAT_VERSION)
		return fail_version(snapshot, header, where);
	if (len < LDL_PAGE)
		return ldl_snapshot_fail(snapshot, LDL_BROKEN,
			"truncated before the end of its header", where, mend_again);
	if (header->byte_order != LDL_BYTE_ORDER || header->header_size < sizeof(*header) ||
		header->header_size > LDL_PAGE || header->table_count != LDL_TABLE_COUNT)
		return ldl_snapshot_fail(snapshot, LDL_BROKEN, "damaged header", where, mend_again);
	if (header->size < LDL_PAGE || header->size > LDL_ARENA_MAX)
		return fail_size(snapshot, header->size, where);
	return LDL_OK;
}

/* All sums fit in 64 bits: 32-bit capacity times a slot of under 2^8 bytes, offset at most `size`.
 * */
static bool table_is_placed(const struct ldl_table *table, uint32_t slot_size, uint64_t size)
{
	return table->slot_size == slot_size && table->offset % LDL_PAGE == 0 &&
	       table->offset >= LDL_PAGE && table->offset <= size &&
	       (uint64_t)table->capacity * slot_size <= size - table->offset;
}

static bool tables_overlap(const struct ldl_table *a, const struct ldl_table *b)
{
	return a->offset < b->offset + (uint64_t)b->capacity * b->slot_size &&
	       b->offset < a->offset + (uint64_t)a->capacity * a->slot_size;
}

/* Two tables in one place: clearing an id of one would break the other after it was checked. */
static bool overlaps_earlier(const struct ldl_header *header, unsigned int at)
{
	for (unsigned int i = 0; i < at; i++) {
		if (tables_overlap(&header->tables[i], &header->tables[at]))
			return true;
	}
	return false;
}

/* `entries`: that one slot has room for. */
static uint64_t lower_used(struct ldl_table *table, uint64_t end, uint32_t entries)
{
	uint64_t readable = end > table->offset ? (end - table->offset) / table->slot_size : 0;
	uint64_t repairs = 0;

	readable *= entries;
	if (table->used > (uint64_t)table->capacity * entries) {
		table->used = table->capacity;
		repairs++;
	}
	if (table->used > readable)
		table->used = (uint32_t)readable; /* the missing pages are counted, not this */
	if (table->free_head >= table->capacity && table->free_head != 0) {
		table->free_head = 0;
		repairs++;
	}
	return repairs;
}

uint64_t ldl_snapshot_repair_tables(struct ldl_header *header, uint64_t end)
{
	uint64_t repairs = 0;

	for (unsigned int i = 0; i < LDL_TABLE_COUNT; i++) {
		struct ldl_table *table = &header->tables[i];

		if (table->offset == 0 && table->capacity == 0 && table->used == 0)
			continue; /* has none, or was emptied before */
		if (table_is_placed(table, slot_sizes[i], header->size) &&
			!overlaps_earlier(header, i)) {
			repairs += lower_used(
				table, end, i == LDL_TABLE_INSTANCE_HASH ? LDL_BUCKET_SLOTS : 1);
			continue;
		}
		memset(table, 0, sizeof(*table));
		repairs++;
	}
	return repairs;
}
