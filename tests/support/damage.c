/* Damage aims at words: a random bit somewhere in a megabyte of zeros would hit nothing. */
#include "tests/support/damage.h"

#include <string.h>
#include "core/format.h"

/* Values that are wrong in interesting ways. */
static uint64_t odd_value(struct ldl_random *random, uint64_t old, const struct ldl_table *table)
{
	switch (ldl_random_below(random, 10)) {
	case 0:
		return 0;
	case 1:
		return UINT64_MAX;
	case 2:
		return table->used;
	case 3:
		return table->capacity;
	case 4:
		return ldl_random_below(random, 6);
	case 5:
		return old + 1;
	case 6:
		return old - 1;
	case 7:
		return 1ull << ldl_random_below(random, 64);
	case 8:
		return table->offset;
	default:
		return old ^ (ldl_random_next(random) >> ldl_random_below(random, 64));
	}
}

/* Writes a strange word of 1 to 8 bytes into [offset, offset + len). */
static void spoil(struct ldl_random *random, unsigned char *bytes, uint64_t offset, uint64_t len,
	const struct ldl_table *table)
{
	uint32_t width = 1u << ldl_random_below(random, 4);
	uint64_t at, value = 0;

	if (len < width)
		return;
	at = offset + ldl_random_below(random, (uint32_t)(len / width)) * (uint64_t)width;
	memcpy(&value, bytes + at, width);
	value = odd_value(random, value, table);
	memcpy(bytes + at, &value, width);
}

size_t ldl_damage_bytes(struct ldl_random *random, unsigned char *bytes, size_t size)
{
	struct ldl_header whole;
	uint32_t count = 1 + ldl_random_below(random, 20);

	memcpy(&whole, bytes, sizeof(whole));
	for (uint32_t i = 0; i < count; i++) {
		uint32_t id = ldl_random_below(random, LDL_TABLE_COUNT);
		const struct ldl_table *table = &whole.tables[id];

		if (ldl_random_one_in(random, 8)) /* where the tables are, not the magic */
			spoil(random, bytes, offsetof(struct ldl_header, tables),
				sizeof(whole.tables), table);
		else if (ldl_random_one_in(random, 60))
			spoil(random, bytes, 0, sizeof(whole), table);
		else
			spoil(random, bytes, table->offset,
				(uint64_t)table->used * table->slot_size, table);
	}
	if (!ldl_random_one_in(random, 10))
		return size;
	return ldl_random_below(random, ldl_random_one_in(random, 4) ? LDL_PAGE : (uint32_t)size);
}
