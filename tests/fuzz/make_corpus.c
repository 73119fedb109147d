/* Writes the fuzzer's first inputs into a folder: make-corpus DIR. Some are an arena's beginning as
 * it is in a file; the others put odd values over a record of each table (see fuzz_snapshot.c). */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/support/sample_arena.h"

static const uint32_t odd_values[] = {0, 1, 2, 3, 0x7fffffff, 0x80000000, UINT32_MAX};

static bool write_input(const char *folder, const char *name, const void *bytes, size_t len)
{
	char path[4096];
	FILE *file;
	bool written;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "wb");
	if (!file)
		return false;
	written = fwrite(bytes, 1, len, file) == len;
	return fclose(file) == 0 && written;
}

/* A change for each value at a word of the table's first record. */
static bool write_changes(const char *folder, unsigned int table, unsigned int place)
{
	uint8_t input[8 * ldl_array_len(odd_values)];
	char name[64];

	for (size_t i = 0; i < ldl_array_len(odd_values); i++) {
		uint8_t *change = input + 8 * i;

		change[0] = (uint8_t)table;
		change[1] = 4;
		change[2] = (uint8_t)(place + 4 * i);
		change[3] = (uint8_t)((place + 4 * i) >> 8);
		memcpy(change + 4, &odd_values[i], 4);
	}
	snprintf(name, sizeof(name), "table-%02u-%04u", table, place);
	return write_input(folder, name, input, sizeof(input));
}

int main(int argc, char **argv)
{
	static const uint8_t cut[] = {0, 0, 7, 0};
	struct ldl_arena arena;
	unsigned char *bytes;
	bool written;

	if (argc != 2) {
		fprintf(stderr, "usage: make-corpus DIR\n");
		return 2;
	}
	bytes = ldl_sample_make(&arena);
	if (!bytes)
		return 2;
	written = write_input(argv[1], "header", bytes, LDL_PAGE) &&
		  write_input(argv[1], "pages", bytes, 2 * LDL_PAGE) &&
		  write_input(argv[1], "as-it-is", "", 0) &&
		  write_input(argv[1], "cut", cut, sizeof(cut));
	for (unsigned int id = 0; id < LDL_TABLE_COUNT && written; id++) {
		uint32_t slot = arena.header->tables[id].slot_size;

		written = write_changes(argv[1], id, slot) &&
			  write_changes(argv[1], id, 2 * slot) &&
			  write_changes(argv[1], LDL_TABLE_COUNT,
				  (unsigned int)(offsetof(struct ldl_header, tables) +
						 id * sizeof(struct ldl_table)));
	}
	for (unsigned int place = offsetof(struct ldl_header, event_clock);
		place < offsetof(struct ldl_header, counters) && written; place += 28)
		written = write_changes(argv[1], LDL_TABLE_COUNT, place);
	free(bytes);
	if (!written)
		perror("make-corpus");
	return written ? 0 : 1;
}
