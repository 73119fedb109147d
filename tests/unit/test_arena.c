/* core/arena and core/table: the plan fits, slots are handed out once, full tables say so. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "core/arena.h"
#include "core/table.h"
#include "tests/support/suite.h"

static const enum ldl_table_id hash_sets[] = {LDL_TABLE_SITE_HASH, LDL_TABLE_CLASS_HASH,
	LDL_TABLE_INSTANCE_HASH, LDL_TABLE_EDGE_HASH, LDL_TABLE_CHAINS};

static struct ldl_arena arena;

static void make_arena(size_t size)
{
	void *bytes = calloc(1, size);

	CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
	CU_ASSERT_EQUAL_FATAL(ldl_arena_init(&arena, bytes, size), LDL_OK);
}

static void end_arena(void)
{
	free(arena.base);
	memset(&arena, 0, sizeof(arena));
}

static void check_plan(size_t size)
{
	struct ldl_header header = {.size = size};
	uint64_t end = LDL_PAGE;
	unsigned int i;

	ldl_arena_plan(&header, size);
	for (i = 0; i < LDL_TABLE_COUNT; i++) {
		const struct ldl_table *table = &header.tables[i];

		CU_ASSERT_EQUAL(table->offset % LDL_PAGE, 0);
		CU_ASSERT_TRUE(table->offset >= end);
		CU_ASSERT_TRUE(table->capacity >= 32);
		end = table->offset + (uint64_t)table->capacity * table->slot_size;
		CU_ASSERT_TRUE(end <= size);
	}
	for (i = 0; i < sizeof(hash_sets) / sizeof(hash_sets[0]); i++) {
		uint32_t capacity = header.tables[hash_sets[i]].capacity;

		CU_ASSERT_EQUAL(capacity & (capacity - 1), 0);
	}
	/* Little is wasted: the plan is there to use the memory that was asked for. */
	CU_ASSERT_TRUE(end > size / 2);
}

static void every_plan_fits_its_region(void)
{
	size_t size;

	for (size = LDL_ARENA_MIN; size <= LDL_ARENA_MAX; size *= 2) {
		check_plan(size);
		if (size < LDL_ARENA_MAX)
			check_plan(size + size / 3 / LDL_PAGE * LDL_PAGE);
	}
}

static void an_arena_has_room_for_a_real_program(void)
{
	struct ldl_header header = {.size = LDL_ARENA_CHECK};
	const struct ldl_table *tables = header.tables;

	ldl_arena_plan(&header, LDL_ARENA_CHECK);
	CU_ASSERT_TRUE(tables[LDL_TABLE_INSTANCES].capacity > 100000);
	CU_ASSERT_TRUE(tables[LDL_TABLE_EDGES].capacity > 100000);
	CU_ASSERT_TRUE(tables[LDL_TABLE_CLASSES].capacity > 8192);
	CU_ASSERT_TRUE(tables[LDL_TABLE_CHAINS].capacity > 65536);
	CU_ASSERT_EQUAL(
		tables[LDL_TABLE_INSTANCE_INFO].capacity, tables[LDL_TABLE_INSTANCES].capacity);
	/* Each thread can have a small held stack. */
	CU_ASSERT_TRUE(tables[LDL_TABLE_HELD].capacity / LDL_HELD_SMALL > 1000);
}

static void a_fresh_arena_tells_what_it_is(void)
{
	make_arena(LDL_ARENA_MIN);
	CU_ASSERT_EQUAL(arena.header->magic, LDL_MAGIC);
	CU_ASSERT_EQUAL(arena.header->byte_order, LDL_BYTE_ORDER);
	CU_ASSERT_EQUAL(arena.header->version, LDL_FORMAT_VERSION);
	CU_ASSERT_EQUAL(arena.header->size, LDL_ARENA_MIN);
	CU_ASSERT_NOT_EQUAL(arena.header->control, 0);
	end_arena();
	CU_ASSERT_EQUAL(ldl_arena_init(&arena, NULL, LDL_ARENA_MIN - 1), LDL_BROKEN);
}

static void slots_are_handed_out_in_rows_and_only_once(void)
{
	uint32_t first, second;

	make_arena(LDL_ARENA_MIN);
	first = ldl_table_take(&arena, LDL_TABLE_EDGES, 1);
	second = ldl_table_take(&arena, LDL_TABLE_EDGES, 5);
	CU_ASSERT_EQUAL(first, 1);
	CU_ASSERT_EQUAL(second, 2);
	CU_ASSERT_EQUAL(ldl_table_take(&arena, LDL_TABLE_EDGES, 1), 7);
	CU_ASSERT_EQUAL(ldl_arena_table(&arena, LDL_TABLE_EDGES)->used, 8);
	CU_ASSERT_EQUAL(ldl_table_take(&arena, LDL_TABLE_NODES, 1), 1);
	end_arena();
}

static void a_full_table_counts_what_it_turns_down(void)
{
	struct ldl_table *table;
	uint32_t taken = 0;

	make_arena(LDL_ARENA_MIN);
	table = ldl_arena_table(&arena, LDL_TABLE_NODES);
	while (ldl_table_take(&arena, LDL_TABLE_NODES, 1))
		taken++;
	CU_ASSERT_EQUAL(taken, table->capacity - 1);
	CU_ASSERT_EQUAL(table->used, table->capacity);
	CU_ASSERT_EQUAL(table->dropped, 1);
	CU_ASSERT_EQUAL(ldl_table_take(&arena, LDL_TABLE_NODES, 1), 0);
	CU_ASSERT_EQUAL(table->dropped, 2);
	CU_ASSERT_EQUAL(ldl_table_take(&arena, LDL_TABLE_EDGES, UINT32_MAX), 0);
	CU_ASSERT_EQUAL(ldl_table_take(&arena, LDL_TABLE_EDGES, 1), 1);
	end_arena();
}

static void *take_many(void *sum)
{
	unsigned int i;

	for (i = 0; i < 400; i++)
		*(uint64_t *)sum += ldl_table_take(&arena, LDL_TABLE_EDGES, 1 + i % 2);
	return NULL;
}

static void threads_take_different_slots(void)
{
	pthread_t threads[4];
	uint64_t sums[4] = {0}, sum = 0, n = 4 * 600;
	unsigned int i;

	make_arena(16 * LDL_ARENA_MIN);
	for (i = 0; i < 4; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, take_many, &sums[i]), 0);
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		sum += sums[i];
	}
	CU_ASSERT_EQUAL(ldl_arena_table(&arena, LDL_TABLE_EDGES)->used, n + 1);
	/* Of two in a row only the first one's id was added. */
	CU_ASSERT_TRUE(sum > 0 && sum < n * (n + 1) / 2);
	end_arena();
}

static uint32_t *find(struct ldl_probe *probe, uint64_t hash, uint32_t id)
{
	uint32_t *slot;

	ldl_probe_start(probe, &arena, LDL_TABLE_CLASS_HASH, hash);
	while ((slot = ldl_probe_next(probe)) && *slot && *slot != id)
		;
	return slot;
}

static void an_id_is_found_where_its_hash_leads(void)
{
	struct ldl_probe probe;
	uint32_t id, *slot;

	make_arena(LDL_ARENA_MIN);
	for (id = 1; id <= 40; id++) {
		/* All of one hash: they line up. */
		slot = find(&probe, 7, id);
		CU_ASSERT_PTR_NOT_NULL_FATAL(slot);
		CU_ASSERT_EQUAL(*slot, 0);
		ldl_probe_store(&probe, LDL_TABLE_CLASS_HASH, slot, id);
	}
	for (id = 1; id <= 40; id++) {
		slot = find(&probe, 7, id);
		CU_ASSERT_TRUE(slot && *slot == id);
	}
	slot = find(&probe, 7, 99);
	CU_ASSERT_TRUE(slot && *slot == 0);
	CU_ASSERT_EQUAL(ldl_arena_table(&arena, LDL_TABLE_CLASS_HASH)->used, 40);
	end_arena();
}

static void a_search_in_a_crowded_set_ends(void)
{
	struct ldl_probe probe;
	unsigned int looked = 0;

	make_arena(LDL_ARENA_MIN);
	ldl_probe_start(&probe, &arena, LDL_TABLE_CLASS_HASH, 1ull << 63);
	while (ldl_probe_next(&probe))
		looked++;
	CU_ASSERT_EQUAL(looked, LDL_PROBE_MAX);
	end_arena();
}

static void a_named_arena_is_private_and_never_overwrites(void)
{
	char path[] = "/tmp/ldl-unit-XXXXXX";
	struct stat about;
	int error = 0, fd = mkstemp(path);

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	close(fd);
	unlink(path);
	CU_ASSERT_EQUAL_FATAL(ldl_arena_create(&arena, path, LDL_ARENA_MIN, &error), LDL_OK);
	CU_ASSERT_EQUAL(error, 0);
	CU_ASSERT_EQUAL_FATAL(stat(path, &about), 0);
	CU_ASSERT_EQUAL(about.st_mode & 07777, 0600);
	CU_ASSERT_EQUAL(about.st_size, LDL_ARENA_MIN);
	/* Sparse: what was not written takes no room. */
	CU_ASSERT_TRUE(about.st_blocks * 512 < (off_t)LDL_ARENA_MIN / 2);
	CU_ASSERT_NOT_EQUAL(ldl_table_take(&arena, LDL_TABLE_EDGES, 1), 0);
	ldl_arena_unmap(&arena);
	CU_ASSERT_PTR_NULL(arena.base);
	CU_ASSERT_EQUAL(ldl_arena_create(&arena, path, LDL_ARENA_MIN, &error), LDL_OK);
	CU_ASSERT_EQUAL(error, EEXIST);
	ldl_arena_unmap(&arena);
	unlink(path);
}

static void without_a_place_for_the_file_memory_serves(void)
{
	int error = 0;

	CU_ASSERT_EQUAL_FATAL(
		ldl_arena_create(&arena, "/nowhere/at/all.ldl", LDL_ARENA_MIN, &error), LDL_OK);
	CU_ASSERT_EQUAL(error, ENOENT);
	CU_ASSERT_EQUAL(ldl_table_take(&arena, LDL_TABLE_EDGES, 1), 1);
	ldl_arena_unmap(&arena);
}

/* In a child, since limits cannot be taken back: 0 when the arena is smaller, and works. */
static int create_under_limit(int resource, rlim_t bytes)
{
	struct rlimit limit = {bytes, bytes};
	pid_t child = fork();
	int error, status = -1;

	if (child == 0) {
		if (setrlimit(resource, &limit))
			_exit(1);
		if (ldl_arena_create(&arena, NULL, 64u << 20, &error) != LDL_OK)
			_exit(2);
		if (arena.size > bytes || arena.header->size != arena.size)
			_exit(3);
		_exit(ldl_table_take(&arena, LDL_TABLE_EDGES, 1) == 1 ? 0 : 4);
	}
	waitpid(child, &status, 0);
	return status;
}

static void a_limit_on_file_sizes_makes_a_smaller_arena(void)
{
	CU_ASSERT_EQUAL(create_under_limit(RLIMIT_FSIZE, 5u << 20), 0);
}

LDL_SUITE(arena)
{
	LDL_TEST(every_plan_fits_its_region);
	LDL_TEST(an_arena_has_room_for_a_real_program);
	LDL_TEST(a_fresh_arena_tells_what_it_is);
	LDL_TEST(slots_are_handed_out_in_rows_and_only_once);
	LDL_TEST(a_full_table_counts_what_it_turns_down);
	LDL_TEST(threads_take_different_slots);
	LDL_TEST(an_id_is_found_where_its_hash_leads);
	LDL_TEST(a_search_in_a_crowded_set_ends);
	LDL_TEST(a_named_arena_is_private_and_never_overwrites);
	LDL_TEST(without_a_place_for_the_file_memory_serves);
	LDL_TEST(a_limit_on_file_sizes_makes_a_smaller_arena);
}
