/* The read side: a whole arena reads back as it was written, and no other bytes do harm. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/snapshot.h"
#include "tests/support/damage.h"
#include "tests/support/random.h"
#include "tests/support/sample_arena.h"
#include "tests/support/snapshot_walk.h"
#include "tests/support/suite.h"

#define DAMAGES 300u /* random damages in one run */

static struct ldl_arena sample;
static struct ldl_snapshot opened;

/* A fresh sample, to be spoiled; ended by drop_sample(). */
static void make_sample(void)
{
	CU_ASSERT_PTR_NOT_NULL_FATAL(ldl_sample_make(&sample));
}

static void drop_sample(void)
{
	free(sample.base);
	memset(&sample, 0, sizeof(sample));
}

/* Opens the sample's bytes, checks all that the read side promises, and gives the repairs. */
static uint64_t open_sample(size_t len)
{
	const char *broken;

	CU_ASSERT_EQUAL_FATAL(ldl_snapshot_from_bytes(&opened, sample.base, len), LDL_OK);
	broken = ldl_walk_snapshot(&opened);
	if (broken)
		printf("broken: %s ", broken);
	CU_ASSERT_PTR_NULL(broken);
	return opened.repairs;
}

static void close_sample(void)
{
	ldl_snapshot_close(&opened);
	drop_sample();
}

/* The sample is refused as `what`. */
static void expect_refusal(size_t len, const char *what)
{
	CU_ASSERT_EQUAL(ldl_snapshot_from_bytes(&opened, sample.base, len), LDL_BROKEN);
	CU_ASSERT_PTR_NULL(opened.arena.base);
	CU_ASSERT_EQUAL(strncmp(opened.error, what, strlen(what)), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(opened.error, ": bytes in memory: "));
	if (strncmp(opened.error, what, strlen(what)) != 0)
		printf("said: %s ", opened.error);
}

static void a_whole_arena_reads_back_without_repairs(void)
{
	uint32_t count;
	bool wanted;

	make_sample();
	CU_ASSERT_EQUAL(open_sample(LDL_SAMPLE_SIZE), 0);
	drop_sample(); /* the copy is the reader's own */
	CU_ASSERT_EQUAL(ldl_snapshot_count(&opened, LDL_TABLE_CLASSES), LDL_SAMPLE_OBJECTS + 1);
	CU_ASSERT_EQUAL(ldl_snapshot_count(&opened, LDL_TABLE_CHAINS), 0);
	CU_ASSERT_STRING_EQUAL(
		ldl_snapshot_string(&opened, opened.arena.header->program), "/usr/bin/sample");
	CU_ASSERT_EQUAL(ldl_snapshot_class(&opened, LDL_SAMPLE_SUB)->parent, LDL_SAMPLE_B);
	CU_ASSERT_EQUAL(ldl_snapshot_node(&opened, LDL_SAMPLE_B)->out_first, LDL_SAMPLE_BI);
	CU_ASSERT_EQUAL(ldl_snapshot_edge(&opened, LDL_SAMPLE_BI)->next_out, LDL_SAMPLE_BA);
	CU_ASSERT_EQUAL(ldl_snapshot_edge(&opened, LDL_SAMPLE_AB)->witness_count, 2);
	CU_ASSERT_EQUAL(
		ldl_snapshot_path(&opened, LDL_SAMPLE_CYCLE, &count)[1].edge, LDL_SAMPLE_BA);
	CU_ASSERT_EQUAL(count, 2);
	CU_ASSERT_EQUAL(*ldl_snapshot_frames(&opened, 1, &count), ldl_frame_make(1, 0x1100));
	CU_ASSERT_EQUAL(count, LDL_SAMPLE_SITE_FRAMES);
	CU_ASSERT_PTR_NOT_NULL(ldl_snapshot_also_held(&opened, 1, &count));
	CU_ASSERT_EQUAL(ldl_snapshot_held(&opened, LDL_SAMPLE_THREAD, &count, &wanted)[1].instance,
		LDL_SAMPLE_B);
	CU_ASSERT_TRUE(count == 2 && wanted);
	ldl_snapshot_close(&opened);
}

static void ids_that_lead_nowhere_read_as_none(void)
{
	uint32_t count = 7;
	bool wanted = true;

	make_sample();
	open_sample(LDL_SAMPLE_SIZE);
	CU_ASSERT_PTR_NULL(ldl_snapshot_class(&opened, 0));
	CU_ASSERT_PTR_NULL(ldl_snapshot_class(&opened, LDL_SAMPLE_OBJECTS + 1));
	CU_ASSERT_PTR_NULL(ldl_snapshot_edge(&opened, UINT32_MAX));
	CU_ASSERT_PTR_NULL(ldl_snapshot_frames(&opened, UINT32_MAX, &count));
	CU_ASSERT_EQUAL(count, 0);
	CU_ASSERT_PTR_NULL(ldl_snapshot_held(&opened, 3, &count, &wanted));
	CU_ASSERT_FALSE(wanted);
	CU_ASSERT_STRING_EQUAL(ldl_snapshot_string(&opened, 0), "");
	CU_ASSERT_STRING_EQUAL(ldl_snapshot_string(&opened, 3), "");
	CU_ASSERT_STRING_EQUAL(ldl_snapshot_string(&opened, UINT32_MAX), "");
	close_sample();
	CU_ASSERT_EQUAL(ldl_snapshot_count(&opened, LDL_TABLE_CLASSES), 0);
	CU_ASSERT_PTR_NULL(ldl_snapshot_class(&opened, LDL_SAMPLE_A));
	CU_ASSERT_STRING_EQUAL(ldl_snapshot_string(&opened, 2), "");
	CU_ASSERT_FALSE(ldl_snapshot_is_live(&opened));
}

static void foreign_files_are_named_for_what_they_are(void)
{
	char newer[80];

	make_sample();
	expect_refusal(0, "empty file: ");
	expect_refusal(100, "truncated before the end of its header: ");
	expect_refusal(LDL_PAGE - 1, "truncated before the end of its header: ");
	sample.header->version = 99;
	snprintf(newer, sizeof(newer),
		"made by format version 99, this tool reads %u: ", LDL_FORMAT_VERSION);
	expect_refusal(LDL_SAMPLE_SIZE, newer);
	sample.header->magic = __builtin_bswap64(LDL_MAGIC);
	expect_refusal(LDL_SAMPLE_SIZE, "made on a machine with other byte order: ");
	memcpy(sample.base, "\177ELF\2\1\1", 8);
	expect_refusal(LDL_SAMPLE_SIZE, "not a lockdep-lite arena: ");
	expect_refusal(3, "not a lockdep-lite arena: ");
	memset(sample.base, 0, LDL_PAGE);
	expect_refusal(LDL_SAMPLE_SIZE, "not an arena yet, only zeros: ");
	drop_sample();
	make_sample(); /* the magic is written last */
	sample.header->magic = 0;
	expect_refusal(LDL_SAMPLE_SIZE, "not an arena yet, its header is half written: ");
	sample.header->version++;
	expect_refusal(LDL_SAMPLE_SIZE, "not a lockdep-lite arena: ");
	drop_sample();
}

static void headers_that_claim_the_impossible_are_refused(void)
{
	make_sample();
	sample.header->size = LDL_ARENA_MAX + 1ull;
	expect_refusal(LDL_SAMPLE_SIZE, "damaged header, claims 1073741825 bytes: ");
	sample.header->size = UINT64_MAX;
	expect_refusal(LDL_SAMPLE_SIZE, "damaged header, claims 18446744073709551615 bytes: ");
	sample.header->size = LDL_PAGE - 1;
	expect_refusal(LDL_SAMPLE_SIZE, "damaged header, claims 4095 bytes: ");
	sample.header->size = LDL_SAMPLE_SIZE;
	sample.header->table_count = LDL_TABLE_COUNT + 1;
	expect_refusal(LDL_SAMPLE_SIZE, "damaged header: ");
	sample.header->table_count = LDL_TABLE_COUNT;
	sample.header->header_size = LDL_PAGE + 1;
	expect_refusal(LDL_SAMPLE_SIZE, "damaged header: ");
	sample.header->header_size = sizeof(struct ldl_header);
	sample.header->byte_order = 0;
	expect_refusal(LDL_SAMPLE_SIZE, "damaged header: ");
	drop_sample();
}

/* Opens, and tells whether exactly `repairs` were needed. */
static void expect_repairs(uint64_t repairs)
{
	uint64_t made = open_sample(LDL_SAMPLE_SIZE);

	if (made != repairs)
		printf("repairs: %llu ", (unsigned long long)made);
	CU_ASSERT_EQUAL(made, repairs);
}

/* Spoils one table's place; the table is empty then, and the others are as they were. */
static void expect_emptied(enum ldl_table_id id, struct ldl_table place)
{
	make_sample();
	sample.header->tables[id] = place;
	CU_ASSERT_TRUE(open_sample(LDL_SAMPLE_SIZE) > 0);
	CU_ASSERT_EQUAL(opened.arena.header->tables[id].capacity, 0);
	CU_ASSERT_EQUAL(ldl_snapshot_count(&opened, id), 0);
	CU_ASSERT_EQUAL(ldl_snapshot_count(&opened, LDL_TABLE_SITES), LDL_SAMPLE_SITES + 1);
	close_sample();
}

static void tables_in_impossible_places_are_emptied(void)
{
	struct ldl_table good, place;

	make_sample();
	good = sample.header->tables[LDL_TABLE_EDGES];
	drop_sample();
	place = good;
	place.offset = 0;
	expect_emptied(LDL_TABLE_EDGES, place);
	place.offset = good.offset + 8;
	expect_emptied(LDL_TABLE_EDGES, place);
	place.offset = UINT64_MAX - LDL_PAGE + 1;
	expect_emptied(LDL_TABLE_EDGES, place);
	place.offset = LDL_SAMPLE_SIZE - LDL_PAGE;
	place.capacity = LDL_PAGE / sizeof(struct ldl_edge) + 1;
	expect_emptied(LDL_TABLE_EDGES, place);
	place = good;
	place.capacity = UINT32_MAX;
	expect_emptied(LDL_TABLE_EDGES, place);
	place = good;
	place.slot_size--;
	expect_emptied(LDL_TABLE_EDGES, place);
	place.slot_size = 0;
	expect_emptied(LDL_TABLE_EDGES, place);
	make_sample();
	place = good;
	place.offset = sample.header->tables[LDL_TABLE_SITES].offset; /* two in one place */
	drop_sample();
	expect_emptied(LDL_TABLE_EDGES, place);
	make_sample();
	sample.header->tables[LDL_TABLE_FINDINGS].slot_size++; /* nothing leads to a finding */
	expect_repairs(1);
	close_sample();
}

static void more_records_than_slots_are_clamped(void)
{
	make_sample();
	sample.header->tables[LDL_TABLE_CLASSES].used = UINT32_MAX;
	CU_ASSERT_EQUAL(open_sample(LDL_SAMPLE_SIZE), 1);
	CU_ASSERT_EQUAL(ldl_snapshot_count(&opened, LDL_TABLE_CLASSES),
		sample.header->tables[LDL_TABLE_CLASSES].capacity);
	close_sample();
}

/* Its slots are buckets, and what is counted is what lies in them. */
static void more_instances_than_buckets_are_none_too_many(void)
{
	struct ldl_table *table;

	make_sample();
	table = ldl_arena_table(&sample, LDL_TABLE_INSTANCE_HASH);
	table->used = table->capacity * LDL_BUCKET_SLOTS;
	CU_ASSERT_EQUAL(open_sample(LDL_SAMPLE_SIZE), 0);
	close_sample();
	make_sample();
	table = ldl_arena_table(&sample, LDL_TABLE_INSTANCE_HASH);
	table->used = table->capacity * LDL_BUCKET_SLOTS + 1;
	CU_ASSERT_EQUAL(open_sample(LDL_SAMPLE_SIZE), 1);
	close_sample();
}

static void a_truncated_arena_is_read_as_far_as_it_goes(void)
{
	size_t end;

	make_sample();
	CU_ASSERT_EQUAL(open_sample(LDL_PAGE), LDL_SAMPLE_SIZE / LDL_PAGE - 1 + 3);
	CU_ASSERT_EQUAL(ldl_snapshot_count(&opened, LDL_TABLE_CLASSES), 0);
	ldl_snapshot_close(&opened);
	end = sample.header->tables[LDL_TABLE_FINDINGS].offset;
	CU_ASSERT_TRUE(open_sample(end) >= (LDL_SAMPLE_SIZE - end) / LDL_PAGE);
	CU_ASSERT_EQUAL(ldl_snapshot_count(&opened, LDL_TABLE_FINDINGS), 0);
	CU_ASSERT_EQUAL(ldl_snapshot_count(&opened, LDL_TABLE_CLASSES), LDL_SAMPLE_OBJECTS + 1);
	close_sample();
}

static void ids_out_of_range_are_cleared_and_counted(void)
{
	make_sample();
	*ldl_frame_at(&sample, 1) = ldl_frame_make(900, 0x1000);
	ldl_site_at(&sample, 2)->frame_first = UINT32_MAX;
	ldl_site_at(&sample, 3)->frame_count = LDL_STACK_MAX + 1;
	ldl_class_at(&sample, LDL_SAMPLE_A)->site = 0x10000;
	ldl_class_at(&sample, LDL_SAMPLE_A)->kind = 200;
	ldl_instance_at(&sample, LDL_SAMPLE_A)->class = LDL_SAMPLE_OBJECTS + 1;
	ldl_node_at(&sample, LDL_SAMPLE_SUB)->ref = UINT32_MAX;
	ldl_witness_at(&sample, 1)->to_site = UINT32_MAX;
	ldl_witness_at(&sample, 2)->also_count = UINT32_MAX;
	ldl_also_held_at(&sample, 3)->class = UINT32_MAX;
	ldl_held_at(&sample, LDL_HELD_SMALL)->class_mode = UINT32_MAX;
	ldl_path_step_at(&sample, 1)->witness = UINT32_MAX;
	expect_repairs(12);
	CU_ASSERT_EQUAL(ldl_frame_at(&opened.arena, 1)[0], 0);
	CU_ASSERT_EQUAL(ldl_snapshot_class(&opened, LDL_SAMPLE_A)->site, 0);
	CU_ASSERT_EQUAL(ldl_snapshot_class(&opened, LDL_SAMPLE_A)->first_site, LDL_SAMPLE_A);
	CU_ASSERT_EQUAL(ldl_snapshot_witness(&opened, 1)->to_site, 0);
	close_sample();
}

static void words_out_of_range_are_cleared_and_counted(void)
{
	make_sample();
	sample.header->state = LDL_STATE_EXITED + 1;
	sample.header->prod = 2;
	sample.header->uncovered = UINT32_MAX;
	sample.header->tables[LDL_TABLE_EDGES].free_head = UINT32_MAX;
	ldl_module_at(&sample, 1)->path |= 1;
	ldl_module_at(&sample, 1)->build_id_len = 21;
	ldl_module_at(&sample, 1)->start = UINT64_MAX;
	ldl_class_at(&sample, LDL_SAMPLE_SUB)->name = UINT32_MAX - 1;
	ldl_instance_info_at(&sample, LDL_SAMPLE_A)->node = UINT32_MAX;
	ldl_edge_at(&sample, LDL_SAMPLE_AB)->types |= LDL_EDGE_BITS + 1;
	ldl_witness_at(&sample, 1)->thread_name = 3;
	ldl_witness_at(&sample, 2)->type |= 0x80000000u;
	ldl_witness_at(&sample, 2)->from_mode |= 0x100;
	ldl_witness_at(&sample, 2)->to_mode |= 0x200;
	ldl_witness_at(&sample, 4)->next = UINT32_MAX;
	ldl_also_held_at(&sample, 3)->mode = 0x200;
	ldl_thread_at(&sample, LDL_SAMPLE_THREAD)->next_free = UINT32_MAX;
	ldl_finding_at(&sample, LDL_SAMPLE_CYCLE)->rule = LDL_RULE_COUNT;
	ldl_path_step_at(&sample, 2)->type = 0x100;
	expect_repairs(19);
	CU_ASSERT_EQUAL(ldl_snapshot_finding(&opened, LDL_SAMPLE_CYCLE)->path_count, 2);
	CU_ASSERT_EQUAL(ldl_snapshot_finding(&opened, LDL_SAMPLE_CYCLE)->rule, LDL_RULE_NONE);
	close_sample();
}

static void records_of_no_known_kind_are_none(void)
{
	make_sample();
	ldl_node_at(&sample, LDL_SAMPLE_SUB)->kind = LDL_NODE_INSTANCE + 1;
	ldl_thread_at(&sample, LDL_SAMPLE_OTHER)->state = LDL_THREAD_EXITING + 1;
	ldl_finding_at(&sample, LDL_SAMPLE_MISUSE)->kind = LDL_FINDING_KIND_COUNT;
	expect_repairs(3);
	CU_ASSERT_EQUAL(ldl_snapshot_node(&opened, LDL_SAMPLE_SUB)->kind, LDL_NODE_FREE);
	CU_ASSERT_EQUAL(ldl_snapshot_edge(&opened, LDL_SAMPLE_BI)->from, 0); /* it led there */
	CU_ASSERT_EQUAL(ldl_snapshot_thread(&opened, LDL_SAMPLE_OTHER)->tid, 0);
	CU_ASSERT_PTR_NULL(ldl_snapshot_finding(&opened, LDL_SAMPLE_MISUSE));
	close_sample();
}

/* Records on no list that lead in a circle among themselves: a walk from one of them ends too. */
static void records_on_no_list_lead_nowhere(void)
{
	make_sample();
	ldl_edge_at(&sample, LDL_SAMPLE_BA)->next_out = LDL_SAMPLE_BA;
	ldl_node_at(&sample, LDL_SAMPLE_B)->out_first = 0;
	ldl_witness_at(&sample, 5)->next = 5;
	expect_repairs(0);
	CU_ASSERT_EQUAL(ldl_snapshot_edge(&opened, LDL_SAMPLE_BA)->next_out, 0);
	CU_ASSERT_EQUAL(ldl_snapshot_witness(&opened, 5)->next, 0);
	close_sample();
}

static void a_finding_without_a_path_is_none(void)
{
	uint32_t count;

	make_sample();
	ldl_finding_at(&sample, LDL_SAMPLE_CYCLE)->path_first = 3;
	expect_repairs(2);
	CU_ASSERT_PTR_NULL(ldl_snapshot_finding(&opened, LDL_SAMPLE_CYCLE));
	CU_ASSERT_PTR_NULL(ldl_snapshot_path(&opened, LDL_SAMPLE_CYCLE, &count));
	CU_ASSERT_PTR_NOT_NULL(ldl_snapshot_finding(&opened, LDL_SAMPLE_MISUSE));
	close_sample();
}

static void lists_that_go_round_end(void)
{
	make_sample();
	ldl_edge_at(&sample, LDL_SAMPLE_BA)->next_out = LDL_SAMPLE_BI; /* BI -> BA -> BI … */
	ldl_edge_at(&sample, LDL_SAMPLE_AB)->next_in = LDL_SAMPLE_AB;
	ldl_witness_at(&sample, 1)->next = 3; /* 3 -> 1 -> 3 … */
	expect_repairs(3);
	CU_ASSERT_EQUAL(ldl_snapshot_edge(&opened, LDL_SAMPLE_BA)->next_out, 0);
	CU_ASSERT_EQUAL(ldl_snapshot_edge(&opened, LDL_SAMPLE_AB)->witness_count, 2);
	close_sample();
}

static void lists_that_run_into_anothers_end(void)
{
	make_sample();
	ldl_edge_at(&sample, LDL_SAMPLE_AB)->next_out = LDL_SAMPLE_BI; /* leaves B, not A */
	ldl_witness_at(&sample, 1)->next = 2;                          /* of BA, not AB */
	ldl_edge_at(&sample, LDL_SAMPLE_BI)->witness_count = 90;
	expect_repairs(3);
	CU_ASSERT_EQUAL(ldl_snapshot_edge(&opened, LDL_SAMPLE_BI)->witness_count, 1);
	close_sample();
}

static void parents_that_go_round_end(void)
{
	make_sample();
	ldl_class_at(&sample, LDL_SAMPLE_B)->parent = LDL_SAMPLE_SUB; /* and SUB's is B */
	expect_repairs(1);
	close_sample();
	make_sample();
	ldl_class_at(&sample, LDL_SAMPLE_A)->parent = LDL_SAMPLE_A;
	expect_repairs(1);
	close_sample();
}

static void texts_without_an_end_are_dropped(void)
{
	ldl_string_id id;

	make_sample();
	id = sample.header->program;
	sample.table[LDL_TABLE_STRINGS][id + 2 + strlen("/usr/bin/sample")] = 'x';
	expect_repairs(1);
	CU_ASSERT_EQUAL(opened.arena.header->program, 0);
	CU_ASSERT_STRING_EQUAL(ldl_snapshot_string(&opened, id), "");
	close_sample();
	make_sample();
	memset(sample.table[LDL_TABLE_STRINGS] + sample.header->command, 0xff, 2);
	memset(ldl_thread_at(&sample, LDL_SAMPLE_THREAD)->name, 'n', 16);
	expect_repairs(2);
	CU_ASSERT_EQUAL(opened.arena.header->command, 0);
	CU_ASSERT_EQUAL(strlen(ldl_snapshot_thread(&opened, LDL_SAMPLE_THREAD)->name), 15);
	close_sample();
}

static void more_held_than_a_threads_room_is_clamped(void)
{
	uint32_t count;
	bool wanted;

	make_sample();
	ldl_thread_at(&sample, LDL_SAMPLE_THREAD)->depth = LDL_DEPTH_MASK | LDL_WANTED;
	ldl_thread_at(&sample, LDL_SAMPLE_OTHER)->held_first = UINT32_MAX - 4;
	expect_repairs(3);
	CU_ASSERT_PTR_NOT_NULL(ldl_snapshot_held(&opened, LDL_SAMPLE_THREAD, &count, &wanted));
	CU_ASSERT_EQUAL(count, LDL_HELD_SMALL);
	CU_ASSERT_PTR_NULL(ldl_snapshot_held(&opened, LDL_SAMPLE_OTHER, &count, &wanted));
	close_sample();
}

/* What a live writer's next records look like to a reader that came between. */
static void ids_whose_record_is_still_zero_need_no_repair(void)
{
	make_sample();
	for (unsigned int id = 0; id < LDL_TABLE_COUNT; id++)
		sample.header->tables[id].used += 8;
	ldl_node_at(&sample, LDL_SAMPLE_A)->out_first = LDL_SAMPLE_EDGES + 1;
	ldl_edge_at(&sample, LDL_SAMPLE_AB)->witness_first = LDL_SAMPLE_WITNESSES + 1;
	ldl_edge_at(&sample, LDL_SAMPLE_AB)->witness_count = 1;
	ldl_class_at(&sample, LDL_SAMPLE_A)->site = LDL_SAMPLE_SITES + 1;
	sample.header->uncovered = (sample.header->tables[LDL_TABLE_STRINGS].used - 4) & ~1u;
	expect_repairs(0);
	CU_ASSERT_PTR_NULL(ldl_snapshot_finding(&opened, LDL_SAMPLE_MISUSE + 1));
	close_sample();
}

static void random_damage_breaks_no_promise(void)
{
	struct ldl_random random = ldl_random_make(0x5a5a);
	uint64_t rounds = (uint64_t)DAMAGES * ldl_random_effort();
	uint64_t read, repaired;

	do {
		read = repaired = 0;
		for (uint64_t i = 0; i < rounds; i++) {
			uint64_t repairs;
			ldl_status status;
			const char *broken;
			size_t len;

			make_sample();
			len = ldl_damage_bytes(&random, sample.base, LDL_SAMPLE_SIZE);
			broken = ldl_walk_bytes(sample.base, len, &status, &repairs);
			if (broken)
				printf("broken: %s ", broken);
			CU_ASSERT_PTR_NULL(broken);
			drop_sample();
			read += status == LDL_OK;
			repaired += status == LDL_OK && repairs > 0;
		}
		CU_ASSERT_TRUE(read > rounds / 2 && repaired > rounds / 4); /* it did try */
	} while (ldl_random_soak());
}

LDL_SUITE(snapshot)
{
	LDL_TEST(a_whole_arena_reads_back_without_repairs);
	LDL_TEST(ids_that_lead_nowhere_read_as_none);
	LDL_TEST(foreign_files_are_named_for_what_they_are);
	LDL_TEST(headers_that_claim_the_impossible_are_refused);
	LDL_TEST(tables_in_impossible_places_are_emptied);
	LDL_TEST(more_records_than_slots_are_clamped);
	LDL_TEST(more_instances_than_buckets_are_none_too_many);
	LDL_TEST(a_truncated_arena_is_read_as_far_as_it_goes);
	LDL_TEST(ids_out_of_range_are_cleared_and_counted);
	LDL_TEST(words_out_of_range_are_cleared_and_counted);
	LDL_TEST(records_of_no_known_kind_are_none);
	LDL_TEST(records_on_no_list_lead_nowhere);
	LDL_TEST(a_finding_without_a_path_is_none);
	LDL_TEST(lists_that_go_round_end);
	LDL_TEST(lists_that_run_into_anothers_end);
	LDL_TEST(parents_that_go_round_end);
	LDL_TEST(texts_without_an_end_are_dropped);
	LDL_TEST(more_held_than_a_threads_room_is_clamped);
	LDL_TEST(ids_whose_record_is_still_zero_need_no_repair);
	LDL_TEST(random_damage_breaks_no_promise);
}
