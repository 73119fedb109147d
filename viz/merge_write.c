/* The union as a file: each table as large as it is used. See merge_union.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "merge_union.h"

/* The number of chains is told by a table that has none: it must have room for them, in a hole. */
#define CHAINS_MAX (1u << 20)

static bool serves_the_writer(unsigned int table)
{
	switch (table) {
	case LDL_TABLE_SITE_HASH:
	case LDL_TABLE_CLASS_HASH:
	case LDL_TABLE_INSTANCE_HASH:
	case LDL_TABLE_EDGE_HASH:
	case LDL_TABLE_ALLOC_HASH:
	case LDL_TABLE_HELD:
		return true;
	default:
		return false;
	}
}

static uint32_t slots_of(const struct viz_union *whole, unsigned int table)
{
	const struct ldl_table *tables = whole->arena.header->tables;

	if (serves_the_writer(table))
		return 0;
	if (table == LDL_TABLE_CHAINS)
		return whole->chains < CHAINS_MAX ? (uint32_t)whole->chains : CHAINS_MAX;
	return tables[table == LDL_TABLE_INSTANCE_INFO ? LDL_TABLE_INSTANCES : table].used;
}

static bool put(int fd, const void *bytes, size_t len, uint64_t at)
{
	for (size_t done = 0; done < len;) {
		ssize_t got =
			pwrite(fd, (const char *)bytes + done, len - done, (off_t)(at + done));

		if (got < 0 && errno != EINTR)
			return false;
		done += got > 0 ? (size_t)got : 0;
	}
	return true;
}

static uint64_t lay_out(const struct viz_union *whole, struct ldl_header *header)
{
	uint64_t at = LDL_PAGE;

	for (unsigned int i = 0; i < LDL_TABLE_COUNT; i++) {
		struct ldl_table *table = &header->tables[i];
		uint32_t slots = slots_of(whole, i);
		uint64_t len = (uint64_t)slots * table->slot_size;

		table->offset = slots ? at : 0;
		table->capacity = slots;
		table->used = slots;
		table->free_head = 0;
		at += (len + LDL_PAGE - 1) / LDL_PAGE * LDL_PAGE;
	}
	return at;
}

bool viz_union_write(const struct viz_union *whole, int fd)
{
	unsigned char page[LDL_PAGE] = {0};
	struct ldl_header header = *whole->arena.header;

	header.size = lay_out(whole, &header);
	memcpy(page, &header, sizeof(header));
	if (ftruncate(fd, (off_t)header.size) != 0 || !put(fd, page, sizeof(page), 0))
		return false;
	for (unsigned int i = 0; i < LDL_TABLE_COUNT; i++) {
		size_t len = (size_t)header.tables[i].capacity * header.tables[i].slot_size;

		if (i != LDL_TABLE_CHAINS && len &&
			!put(fd, whole->arena.table[i], len, header.tables[i].offset))
			return false;
	}
	return lseek(fd, (off_t)header.size, SEEK_SET) >= 0;
}
