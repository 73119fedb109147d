/* libFuzzer's door to the read side: the input is a file, or a list of changes to a valid arena.
 *
 * A valid arena is a megabyte, mostly zeros, and a mutator would rarely hit a word that matters.
 * So an input that does not begin like an arena is read as records {table, place, length, bytes
 * …}: each writes its bytes into that table (or, past the last table, into the header); a length
 * of 0 cuts the file at the record's place in pages. What is promised is in
 * tests/support/snapshot_walk.h. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/support/sample_arena.h"
#include "tests/support/snapshot_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct change {
	uint8_t table;
	uint8_t len;
	uint8_t place[2]; /* little end first */
};

static unsigned char *pristine, *spoiled;

static void make_arenas(void)
{
	struct ldl_arena arena;

	pristine = ldl_sample_make(&arena);
	spoiled = malloc(LDL_SAMPLE_SIZE);
	if (!pristine || !spoiled)
		abort();
}

/* Applies one change and returns the file's new length. */
static size_t apply(const struct change *change, const uint8_t *bytes, size_t len)
{
	const struct ldl_header *header = (const struct ldl_header *)pristine;
	size_t place = change->place[0] | (size_t)change->place[1] << 8;
	size_t base = 0;

	if (change->len == 0)
		return place * LDL_PAGE < len ? place * LDL_PAGE : len;
	if (change->table < LDL_TABLE_COUNT)
		base = header->tables[change->table].offset;
	if (base + place + change->len <= LDL_SAMPLE_SIZE)
		memcpy(spoiled + base + place, bytes, change->len);
	return len;
}

static size_t spoil(const uint8_t *data, size_t size)
{
	size_t len = LDL_SAMPLE_SIZE;
	struct change change;

	memcpy(spoiled, pristine, LDL_SAMPLE_SIZE);
	while (size >= sizeof(change)) {
		memcpy(&change, data, sizeof(change));
		data += sizeof(change);
		size -= sizeof(change);
		if (change.len > size)
			break;
		len = apply(&change, data, len);
		data += change.len;
		size -= change.len;
	}
	return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t magic = LDL_MAGIC;
	const char *broken;
	uint64_t repairs;
	ldl_status status;

	if (!pristine)
		make_arenas();
	if (size >= sizeof(magic) && memcmp(data, &magic, sizeof(magic)) == 0)
		broken = ldl_walk_bytes(data, size, &status, &repairs);
	else
		broken = ldl_walk_bytes(spoiled, spoil(data, size), &status, &repairs);
	if (!broken)
		return 0;
	fprintf(stderr, "fuzz-snapshot: broken promise: %s\n", broken);
	abort();
}
