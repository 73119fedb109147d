/* core/instance: the address → instance table against a plain list, when crowded, and when full. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/hash.h"
#include "core/instance.h"
#include "core/sys.h"
#include "tests/support/random.h"
#include "tests/support/suite.h"

#define ADDRESSES 3000
#define ROUNDS    60000

static struct ldl_arena arena;

static void make_arena(void)
{
	void *bytes = calloc(1, LDL_ARENA_MIN);

	CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
	CU_ASSERT_EQUAL_FATAL(ldl_arena_init(&arena, bytes, LDL_ARENA_MIN), LDL_OK);
}

static void end_arena(void)
{
	free(arena.base);
	memset(&arena, 0, sizeof(arena));
}

static ldl_instance_id make(uint64_t addr, ldl_class_id class)
{
	return ldl_instance_make(&arena, addr, class, 0, 1, LDL_PATIENCE_SLEEP);
}

static uint32_t generation(ldl_instance_id id)
{
	return ldl_instance_info_at(&arena, id)->generation;
}

/* Every overflow count of the lookup table, summed up. */
static uint64_t overflows(void)
{
	const struct ldl_bucket *buckets = (void *)arena.table[LDL_TABLE_INSTANCE_HASH];
	uint32_t i, count = ldl_arena_table(&arena, LDL_TABLE_INSTANCE_HASH)->capacity;
	uint64_t sum = 0;

	for (i = 0; i < count; i++)
		sum += buckets[i].overflow;
	return sum;
}

static void a_lock_is_found_by_its_address_until_it_ends(void)
{
	ldl_instance_id id, other;

	make_arena();
	CU_ASSERT_EQUAL(ldl_instance_find(&arena, 0x1000), 0);
	id = ldl_instance_make(&arena, 0x1000, 7, LDL_INSTANCE_FAIR, 3, LDL_PATIENCE_SLEEP);
	CU_ASSERT_NOT_EQUAL_FATAL(id, 0);
	CU_ASSERT_EQUAL(ldl_instance_find(&arena, 0x1000), id);
	CU_ASSERT_EQUAL(ldl_instance_find(&arena, 0x1001), 0);
	CU_ASSERT_EQUAL(ldl_instance_at(&arena, id)->class, 7);
	CU_ASSERT_EQUAL(ldl_instance_at(&arena, id)->flags, LDL_INSTANCE_FAIR | LDL_INSTANCE_LIVE);
	CU_ASSERT_EQUAL(ldl_instance_info_at(&arena, id)->maker, 3);
	other = make(0x2000, 7);
	CU_ASSERT_NOT_EQUAL(other, id);
	CU_ASSERT_EQUAL(ldl_instance_unmake(&arena, id, LDL_PATIENCE_SLEEP), LDL_OK);
	CU_ASSERT_EQUAL(ldl_instance_find(&arena, 0x1000), 0);
	CU_ASSERT_EQUAL(ldl_instance_at(&arena, id)->addr, 0);
	CU_ASSERT_EQUAL(ldl_instance_find(&arena, 0x2000), other);
	CU_ASSERT_EQUAL(ldl_instance_unmake(&arena, id, LDL_PATIENCE_SLEEP), LDL_NOT_FOUND);
	end_arena();
}

static void an_address_is_one_lock_at_a_time(void)
{
	ldl_instance_id id;

	make_arena();
	id = make(0x1000, 7);
	CU_ASSERT_EQUAL(make(0x1000, 8), id);
	CU_ASSERT_EQUAL(ldl_instance_at(&arena, id)->class, 7);
	end_arena();
}

static void a_record_that_is_used_again_is_a_new_generation(void)
{
	ldl_instance_id id, again;
	uint32_t before;

	make_arena();
	id = make(0x1000, 7);
	before = generation(id);
	CU_ASSERT_EQUAL(ldl_instance_unmake(&arena, id, LDL_PATIENCE_SLEEP), LDL_OK);
	again = make(0x1000, 9);
	CU_ASSERT_EQUAL(again, id);
	CU_ASSERT_NOT_EQUAL(generation(again), before);
	CU_ASSERT_EQUAL(ldl_instance_at(&arena, again)->class, 9);
	end_arena();
}

/* known[i]: the instance at address i, 0 for none. */
static bool step_is_as_in_the_list(
	struct ldl_random *random, ldl_instance_id known[ADDRESSES], bool used[])
{
	uint32_t i = ldl_random_below(random, ADDRESSES);
	uint64_t addr = 0x7f0000000000 + i * 40;
	ldl_instance_id id;

	if (ldl_instance_find(&arena, addr) != known[i])
		return false;
	if (known[i] && ldl_random_one_in(random, 2)) {
		id = known[i];
		used[id] = false;
		known[i] = 0;
		return ldl_instance_unmake(&arena, id, LDL_PATIENCE_SLEEP) == LDL_OK &&
		       ldl_instance_find(&arena, addr) == 0;
	}
	id = make(addr, i + 1);
	if (!id || (known[i] ? id != known[i] : used[id]))
		return false;
	used[id] = true;
	known[i] = id;
	return ldl_instance_at(&arena, id)->class == i + 1 && ldl_instance_find(&arena, addr) == id;
}

static void random_lives_are_those_of_a_plain_list(void)
{
	static ldl_instance_id known[ADDRESSES];
	static bool used[1u << 16];
	struct ldl_random random = ldl_random_make(0x696e7374);
	unsigned int i, live = 0, rounds = ROUNDS * ldl_random_effort();
	bool good = true;

	make_arena();
	memset(known, 0, sizeof(known));
	memset(used, 0, sizeof(used));
	for (i = 0; i < rounds && good; i++)
		good = step_is_as_in_the_list(&random, known, used);
	CU_ASSERT(good);
	for (i = 0; i < ADDRESSES; i++) {
		live += known[i] != 0;
		CU_ASSERT_EQUAL(ldl_instance_find(&arena, 0x7f0000000000 + i * 40), known[i]);
	}
	CU_ASSERT_EQUAL(ldl_arena_table(&arena, LDL_TABLE_INSTANCE_HASH)->used, live);
	CU_ASSERT_EQUAL(ldl_arena_table(&arena, LDL_TABLE_INSTANCES)->dropped, 0);
	for (i = 0; i < ADDRESSES; i++)
		if (known[i])
			CU_ASSERT_EQUAL(
				ldl_instance_unmake(&arena, known[i], LDL_PATIENCE_SLEEP), LDL_OK);
	CU_ASSERT_EQUAL(ldl_arena_table(&arena, LDL_TABLE_INSTANCE_HASH)->used, 0);
	CU_ASSERT_EQUAL(overflows(), 0);
	end_arena();
}

/* Addresses that all have their home in the last bucket, so that they run round the table's end. */
static unsigned int collect_neighbours(uint64_t *addresses, unsigned int count)
{
	uint32_t mask = ldl_arena_table(&arena, LDL_TABLE_INSTANCE_HASH)->capacity - 1;
	unsigned int found = 0;
	uint64_t addr;

	for (addr = 16; found < count && addr < 1u << 26; addr += 16)
		if (((ldl_hash_strong(addr) >> 32) & mask) == mask)
			addresses[found++] = addr;
	return found;
}

static void a_crowded_bucket_overflows_and_recovers(void)
{
	enum { ROOM = LDL_BUCKET_SLOTS * LDL_BUCKET_PROBES };
	uint64_t addresses[ROOM + 1];
	unsigned int turn, i;

	make_arena();
	CU_ASSERT_EQUAL_FATAL(collect_neighbours(addresses, ROOM + 1), ROOM + 1);
	for (turn = 0; turn < 3; turn++) {
		for (i = 0; i < ROOM; i++)
			CU_ASSERT_NOT_EQUAL(make(addresses[i], 1), 0);
		CU_ASSERT_EQUAL(make(addresses[ROOM], 1), 0);
		CU_ASSERT_EQUAL(
			ldl_arena_table(&arena, LDL_TABLE_INSTANCE_HASH)->dropped, turn + 1);
		/* Every other one, from the front: those behind must stay in sight. */
		for (i = 0; i < ROOM; i += 2)
			ldl_instance_unmake(&arena, ldl_instance_find(&arena, addresses[i]),
				LDL_PATIENCE_SLEEP);
		for (i = 0; i < ROOM; i++)
			CU_ASSERT_EQUAL(ldl_instance_find(&arena, addresses[i]) != 0, i % 2 == 1);
		for (i = 1; i < ROOM; i += 2)
			ldl_instance_unmake(&arena, ldl_instance_find(&arena, addresses[i]),
				LDL_PATIENCE_SLEEP);
		CU_ASSERT_EQUAL(overflows(), 0);
	}
	end_arena();
}

static void a_full_table_says_so_and_has_room_again_later(void)
{
	struct ldl_table *table;
	uint64_t addr = 4096;
	ldl_instance_id id, last = 0;

	make_arena();
	table = ldl_arena_table(&arena, LDL_TABLE_INSTANCES);
	while ((id = make(addr, 1))) {
		last = id;
		addr += 64;
	}
	CU_ASSERT_EQUAL(table->used, table->capacity);
	CU_ASSERT_TRUE(table->dropped > 0);
	CU_ASSERT_EQUAL(ldl_instance_find(&arena, addr), 0);
	CU_ASSERT_EQUAL(ldl_instance_unmake(&arena, last, LDL_PATIENCE_SLEEP), LDL_OK);
	CU_ASSERT_EQUAL(make(addr, 1), last);
	CU_ASSERT_EQUAL(ldl_instance_find(&arena, addr), last);
	end_arena();
}

static void a_busy_table_is_not_waited_for_where_that_is_forbidden(void)
{
	ldl_instance_id id;

	make_arena();
	id = make(0x1000, 1);
	arena.header->instance_lock = ldl_sys_own_tid(); /* a thread that lives */
	CU_ASSERT_EQUAL(ldl_instance_make(&arena, 0x2000, 1, 0, 1, LDL_PATIENCE_NONE), 0);
	CU_ASSERT_EQUAL(ldl_instance_unmake(&arena, id, LDL_PATIENCE_NONE), LDL_BUSY);
	/* Not found any more, though its record could not be freed … */
	CU_ASSERT_EQUAL(ldl_instance_find(&arena, 0x1000), 0);
	arena.header->instance_lock = 0;
	/* … which the next one to need a place there does. */
	CU_ASSERT_EQUAL(make(0x1000, 2), id);
	CU_ASSERT_EQUAL(ldl_instance_find(&arena, 0x1000), id);
	CU_ASSERT_EQUAL(ldl_arena_table(&arena, LDL_TABLE_INSTANCE_HASH)->used, 1);
	end_arena();
}

static void *end_inside(void *unused)
{
	arena.header->instance_lock = ldl_sys_own_tid();
	return NULL;
}

static void check_died_inside(enum ldl_patience patience, unsigned int tries)
{
	pthread_t thread;
	ldl_instance_id id = 0;

	make_arena();
	make(0x1000, 1);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, end_inside, NULL), 0);
	pthread_join(thread, NULL);
	/* Joined a moment before the kernel forgets it. */
	while (ldl_sys_tgkill(ldl_sys_getpid(), (int)arena.header->instance_lock, 0) == 0)
		;
	while (!id && tries-- > 0)
		id = ldl_instance_make(&arena, 0x2000, 1, 0, 1, patience);
	CU_ASSERT_NOT_EQUAL(id, 0);
	CU_ASSERT_EQUAL(arena.header->instance_lock, 0);
	end_arena();
}

static void a_thread_that_died_inside_stops_nobody(void)
{
	check_died_inside(LDL_PATIENCE_SPIN, 1);
	check_died_inside(LDL_PATIENCE_SLEEP, 1);
	check_died_inside(LDL_PATIENCE_NONE, LDL_BUSY_ASKED);
}

static void *churn(void *base)
{
	uintptr_t wrong = 0;
	unsigned int i;

	for (i = 0; i < 20000; i++) {
		uint64_t addr = (uint64_t)(uintptr_t)base + (i % 200) * 16;
		ldl_instance_id id = make(addr, 1);

		wrong += !id || ldl_instance_find(&arena, addr) != id;
		if (i % 3)
			wrong += ldl_instance_unmake(&arena, id, LDL_PATIENCE_SLEEP) != LDL_OK ||
				 ldl_instance_find(&arena, addr) != 0;
	}
	return (void *)wrong;
}

static void threads_do_not_disturb_one_anothers_locks(void)
{
	pthread_t threads[4];
	uintptr_t i;
	void *wrong;

	make_arena();
	for (i = 0; i < 4; i++)
		CU_ASSERT_EQUAL_FATAL(
			pthread_create(&threads[i], NULL, churn, (void *)((i + 1) << 20)), 0);
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], &wrong);
		CU_ASSERT_PTR_NULL(wrong);
	}
	end_arena();
}

LDL_SUITE(instance)
{
	LDL_TEST(a_lock_is_found_by_its_address_until_it_ends);
	LDL_TEST(an_address_is_one_lock_at_a_time);
	LDL_TEST(a_record_that_is_used_again_is_a_new_generation);
	LDL_TEST(random_lives_are_those_of_a_plain_list);
	LDL_TEST(a_crowded_bucket_overflows_and_recovers);
	LDL_TEST(a_full_table_says_so_and_has_room_again_later);
	LDL_TEST(a_busy_table_is_not_waited_for_where_that_is_forbidden);
	LDL_TEST(a_thread_that_died_inside_stops_nobody);
	LDL_TEST(threads_do_not_disturb_one_anothers_locks);
}
