/* How an arena's bytes are shared out among its tables. */
#include "arena.h"

/* Shares in 1/1024 of the region, by need seen on real programs: witnesses are the largest records,
 * chains the most numerous, held stacks bound the number of threads. Hash tables follow from what
 * they index and are planned in hash_capacity(). */
static const struct {
	uint16_t slot_size;
	uint16_t share;
	uint32_t most; /* slots; 0: no bound */
} plans[LDL_TABLE_COUNT] = {
	[LDL_TABLE_STRINGS] = {1, 16, 1u << 24},
	[LDL_TABLE_MODULES] = {sizeof(struct ldl_module), 2, LDL_MODULE_MAX},
	[LDL_TABLE_FRAMES] = {sizeof(ldl_frame), 54, 0},
	[LDL_TABLE_SITES] = {sizeof(struct ldl_site), 28, 0},
	[LDL_TABLE_SITE_HASH] = {sizeof(uint32_t), 0, 0},
	[LDL_TABLE_CLASSES] = {sizeof(struct ldl_class), 40, 1u << 23},
	[LDL_TABLE_CLASS_HASH] = {sizeof(uint32_t), 0, 0},
	[LDL_TABLE_INSTANCES] = {sizeof(struct ldl_instance), 64, 1u << 20},
	[LDL_TABLE_INSTANCE_INFO] = {sizeof(struct ldl_instance_info), 64, 1u << 20},
	[LDL_TABLE_INSTANCE_HASH] = {sizeof(struct ldl_bucket), 0, 0},
	[LDL_TABLE_NODES] = {sizeof(struct ldl_node), 64, 0},
	[LDL_TABLE_EDGES] = {sizeof(struct ldl_edge), 100, 0},
	[LDL_TABLE_EDGE_HASH] = {sizeof(uint32_t), 0, 0},
	[LDL_TABLE_WITNESSES] = {sizeof(struct ldl_witness), 190, 0},
	[LDL_TABLE_ALSO_HELD] = {sizeof(struct ldl_also_held), 64, 0},
	[LDL_TABLE_CHAINS] = {sizeof(struct ldl_chain), 0, 0},
	[LDL_TABLE_THREADS] = {sizeof(struct ldl_thread_record), 20, 1u << 15},
	[LDL_TABLE_HELD] = {sizeof(struct ldl_held), 100, 0},
	[LDL_TABLE_FINDINGS] = {sizeof(struct ldl_finding), 5, 0},
	[LDL_TABLE_PATHS] = {sizeof(struct ldl_path_step), 12, 0},
	[LDL_TABLE_ALLOCS] = {sizeof(struct ldl_alloc), 10, 0},
	[LDL_TABLE_ALLOC_HASH] = {sizeof(uint32_t), 0, 0},
	[LDL_TABLE_RESERVES] = {sizeof(struct ldl_reserve), 1, 0},
	[LDL_TABLE_CALLBACKS] = {sizeof(struct ldl_callback), 1, 0},
	[LDL_TABLE_SEGMENTS] = {sizeof(struct ldl_segment), 16, 0},
	[LDL_TABLE_TURNS] = {sizeof(struct ldl_turn), 1, 1u << 12},
};

static uint32_t power_of_two(uint64_t at_least)
{
	uint32_t slots = 64;

	while (slots < at_least)
		slots *= 2;
	return slots;
}

static uint64_t hash_capacity(const struct ldl_table *tables, unsigned int table, uint64_t size)
{
	switch (table) {
	case LDL_TABLE_SITE_HASH:
		return power_of_two(tables[LDL_TABLE_SITES].capacity * 5ull / 4);
	case LDL_TABLE_CLASS_HASH:
		return power_of_two(tables[LDL_TABLE_CLASSES].capacity * 5ull / 4);
	case LDL_TABLE_EDGE_HASH:
		return power_of_two(tables[LDL_TABLE_EDGES].capacity * 5ull / 4);
	case LDL_TABLE_ALLOC_HASH:
		return power_of_two(tables[LDL_TABLE_ALLOCS].capacity * 5ull / 4);
	case LDL_TABLE_INSTANCE_HASH:
		return power_of_two(tables[LDL_TABLE_INSTANCES].capacity / 9);
	default: /* chains: a sixteenth of the region, or up to an eighth by the rounding */
		return power_of_two(size / 16 / sizeof(struct ldl_chain));
	}
}

/* Lays the tables out for `budget` bytes; returns the bytes that they need. */
static uint64_t lay_out(struct ldl_table *tables, uint64_t budget)
{
	uint64_t at = LDL_PAGE;

	for (unsigned int i = 0; i < LDL_TABLE_COUNT; i++) {
		uint64_t capacity = budget / 1024 * plans[i].share / plans[i].slot_size;

		if (!plans[i].share)
			capacity = hash_capacity(tables, i, budget);
		if (plans[i].most && capacity > plans[i].most)
			capacity = plans[i].most;
		if (capacity < 32)
			capacity = 32;
		tables[i].slot_size = plans[i].slot_size;
		tables[i].capacity = (uint32_t)capacity;
		tables[i].offset = at;
		at += (capacity * plans[i].slot_size + LDL_PAGE - 1) / LDL_PAGE * LDL_PAGE;
	}
	return at;
}

void ldl_arena_plan(struct ldl_header *header, size_t size)
{
	uint64_t budget = size;

	/* Hash tables are rounded up to powers of two: shrink the rest until all fits. */
	while (lay_out(header->tables, budget) > size && budget > size / 4)
		budget -= budget / 32;
}
