/* The read side of what is no lock: allocation sites, reserves, events, contexts, masks, notes. */
#include <lockdep_lite.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/catalogue.h"
#include "core/snapshot.h"
#include "tests/support/sample_arena.h"
#include "tests/support/snapshot_walk.h"
#include "tests/support/suite.h"

static struct ldl_arena sample;
static struct ldl_snapshot opened;

static void make_sample(void)
{
	CU_ASSERT_PTR_NOT_NULL_FATAL(ldl_sample_make(&sample));
}

/* Opens the sample, which must need exactly `repairs`. */
static void expect_repairs(uint64_t repairs)
{
	const char *broken;

	CU_ASSERT_EQUAL_FATAL(
		ldl_snapshot_from_bytes(&opened, sample.base, LDL_SAMPLE_SIZE), LDL_OK);
	broken = ldl_walk_snapshot(&opened);
	if (broken || opened.repairs != repairs)
		printf("broken: %s, repairs: %llu ", broken ? broken : "nothing",
			(unsigned long long)opened.repairs);
	CU_ASSERT_PTR_NULL(broken);
	CU_ASSERT_EQUAL(opened.repairs, repairs);
}

static void close_sample(void)
{
	ldl_snapshot_close(&opened);
	free(sample.base);
	memset(&sample, 0, sizeof(sample));
}

static void the_inventory_reads_back(void)
{
	const struct ldl_also_held *also;
	uint32_t count;

	make_sample();
	expect_repairs(0);
	CU_ASSERT_EQUAL(ldl_snapshot_count(&opened, LDL_TABLE_ALLOCS), 2);
	CU_ASSERT_EQUAL(ldl_snapshot_count(&opened, LDL_TABLE_ALLOC_HASH), 0);
	CU_ASSERT_EQUAL(ldl_snapshot_alloc(&opened, LDL_SAMPLE_ALLOC)->gfp, LDL_GFP_NOFS);
	CU_ASSERT_EQUAL(ldl_snapshot_alloc(&opened, LDL_SAMPLE_ALLOC)->scope, LDL_SCOPE_NOFS);
	also = ldl_snapshot_alloc_held(&opened, LDL_SAMPLE_ALLOC, &count);
	CU_ASSERT_EQUAL_FATAL(count, 1);
	CU_ASSERT_EQUAL(also->class, LDL_SAMPLE_B);
	CU_ASSERT_EQUAL(ldl_snapshot_reserve(&opened, LDL_SAMPLE_RESERVE)->used_max, 6);
	CU_ASSERT_PTR_NULL(ldl_snapshot_alloc(&opened, 0));
	CU_ASSERT_PTR_NULL(ldl_snapshot_alloc(&opened, 2));
	CU_ASSERT_PTR_NULL(ldl_snapshot_alloc_held(&opened, UINT32_MAX, &count));
	CU_ASSERT_EQUAL(count, 0);
	CU_ASSERT_PTR_NULL(ldl_snapshot_reserve(&opened, 0));
	CU_ASSERT_PTR_NULL(ldl_snapshot_reserve(&opened, 2));
	CU_ASSERT_PTR_NULL(ldl_snapshot_callback(&opened, 2));
	close_sample();
}

static void masks_and_a_note_read_back(void)
{
	make_sample();
	expect_repairs(0);
	CU_ASSERT_EQUAL(ldl_snapshot_witness(&opened, LDL_SAMPLE_WITNESSES)->gfp, LDL_GFP_NOIO);
	CU_ASSERT_EQUAL(
		ldl_snapshot_witness(&opened, LDL_SAMPLE_WITNESSES)->gfp_asked, LDL_GFP_KERNEL);
	CU_ASSERT_STRING_EQUAL(ldl_snapshot_string(&opened,
				       ldl_snapshot_finding(&opened, LDL_SAMPLE_MISUSE)->note),
		"twice in a row");
	CU_ASSERT_EQUAL(ldl_snapshot_finding(&opened, LDL_SAMPLE_CYCLE)->note, 0);
	close_sample();
}

static void ids_of_the_inventory_are_cleared_and_counted(void)
{
	uint32_t count;

	make_sample();
	ldl_alloc_at(&sample, LDL_SAMPLE_ALLOC)->class = LDL_SAMPLE_OBJECTS + 1;
	ldl_alloc_at(&sample, LDL_SAMPLE_ALLOC)->also_count = 2;
	ldl_reserve_at(&sample, LDL_SAMPLE_RESERVE)->class = UINT32_MAX;
	ldl_reserve_at(&sample, LDL_SAMPLE_RESERVE)->instance = LDL_SAMPLE_OBJECTS + 1;
	ldl_callback_at(&sample, LDL_SAMPLE_CALLBACK)->class = UINT32_MAX;
	ldl_callback_at(&sample, LDL_SAMPLE_CALLBACK)->instance = LDL_SAMPLE_OBJECTS + 1;
	expect_repairs(6);
	CU_ASSERT_EQUAL(ldl_snapshot_callback(&opened, LDL_SAMPLE_CALLBACK)->class, 0);
	CU_ASSERT_EQUAL(ldl_snapshot_callback(&opened, LDL_SAMPLE_CALLBACK)->calls, 2);
	CU_ASSERT_EQUAL(ldl_snapshot_alloc(&opened, LDL_SAMPLE_ALLOC)->class, 0);
	CU_ASSERT_PTR_NULL(ldl_snapshot_alloc_held(&opened, LDL_SAMPLE_ALLOC, &count));
	CU_ASSERT_EQUAL(ldl_snapshot_reserve(&opened, LDL_SAMPLE_RESERVE)->class, 0);
	CU_ASSERT_EQUAL(ldl_snapshot_reserve(&opened, LDL_SAMPLE_RESERVE)->min_nr, 4);
	close_sample();
}

static void masks_keep_only_bits_that_are_known(void)
{
	make_sample();
	ldl_alloc_at(&sample, LDL_SAMPLE_ALLOC)->gfp = UINT32_MAX;
	ldl_alloc_at(&sample, LDL_SAMPLE_ALLOC)->gfp_asked = LDL_GFP_BITS + 1;
	ldl_alloc_at(&sample, LDL_SAMPLE_ALLOC)->scope = LDL_SCOPE_BITS + 1;
	ldl_witness_at(&sample, 1)->gfp = UINT32_MAX;
	ldl_witness_at(&sample, 1)->gfp_asked = LDL_GFP_RETRY_WAIT | LDL_GFP_RETRY_WAIT >> 1;
	ldl_finding_at(&sample, LDL_SAMPLE_MISUSE)->note = UINT32_MAX;
	expect_repairs(6);
	CU_ASSERT_EQUAL(ldl_snapshot_alloc(&opened, LDL_SAMPLE_ALLOC)->gfp, LDL_GFP_BITS);
	CU_ASSERT_EQUAL(ldl_snapshot_witness(&opened, 1)->gfp_asked, LDL_GFP_RETRY_WAIT);
	CU_ASSERT_EQUAL(ldl_snapshot_finding(&opened, LDL_SAMPLE_MISUSE)->note, 0);
	close_sample();
}

static void contexts_in_the_header_are_bounded(void)
{
	make_sample();
	sample.header->has_events = 7;
	sample.header->nonblock_count = UINT32_MAX;
	sample.header->nonblock[LDL_NONBLOCK_MAX - 1] = LDL_SAMPLE_OBJECTS + 1;
	sample.header->domains[LDL_DOMAINS - 1] = UINT32_MAX;
	sample.header->interrupts[0] = UINT32_MAX;
	expect_repairs(5);
	CU_ASSERT_EQUAL(opened.arena.header->domains[LDL_DOMAINS - 1], 0);
	CU_ASSERT_EQUAL(opened.arena.header->interrupts[0], 0);
	CU_ASSERT_EQUAL(opened.arena.header->nonblock_count, LDL_NONBLOCK_MAX);
	CU_ASSERT_EQUAL(opened.arena.header->nonblock[0], LDL_SAMPLE_NONBLOCK);
	CU_ASSERT_EQUAL(opened.arena.header->nonblock[LDL_NONBLOCK_MAX - 1], 0);
	close_sample();
}

static void classes_of_every_kind_are_kept_and_others_cleared(void)
{
	make_sample();
	for (ldl_class_id id = 1; id <= LDL_SAMPLE_OBJECTS; id++)
		ldl_class_at(&sample, id)->kind = (uint8_t)(LDL_KIND_COUNT - id);
	ldl_class_at(&sample, LDL_SAMPLE_A)->flags = LDL_CLASS_FLAGS;
	expect_repairs(0);
	CU_ASSERT_EQUAL(ldl_snapshot_class(&opened, 1)->kind, LDL_KIND_ALLOCATION);
	CU_ASSERT_EQUAL(ldl_snapshot_class(&opened, 1)->flags, LDL_CLASS_FLAGS);
	close_sample();
	make_sample();
	ldl_class_at(&sample, LDL_SAMPLE_A)->kind = LDL_KIND_COUNT;
	ldl_class_at(&sample, LDL_SAMPLE_A)->wait_outer = LDL_WAIT_SLEEP + 1;
	ldl_class_at(&sample, LDL_SAMPLE_A)->wait_inner = UINT8_MAX;
	expect_repairs(3);
	close_sample();
}

/* The request of an event in use is no id, however large. */
static void an_events_request_is_no_list_of_free_records(void)
{
	make_sample();
	ldl_instance_info_at(&sample, LDL_SAMPLE_EVENT)->request = UINT32_MAX;
	expect_repairs(0);
	CU_ASSERT_EQUAL(ldl_snapshot_instance_info(&opened, LDL_SAMPLE_EVENT)->request, UINT32_MAX);
	close_sample();
}

/* Killed between the stores that free an event: its maker stands where the list will be. */
static void a_half_freed_event_is_no_damage(void)
{
	make_sample();
	ldl_instance_at(&sample, LDL_SAMPLE_EVENT)->addr = 0;
	ldl_instance_info_at(&sample, LDL_SAMPLE_EVENT)->maker = UINT32_MAX;
	expect_repairs(0);
	CU_ASSERT_EQUAL(ldl_snapshot_instance_info(&opened, LDL_SAMPLE_EVENT)->next_free, 0);
	close_sample();
}

static void every_rule_has_its_words(void)
{
	for (unsigned int rule = 0; rule < LDL_RULE_COUNT; rule++) {
		const struct ldl_catalogue_entry *entry = ldl_catalogue_entry(rule);
		size_t len = strlen(entry->why);

		if (strcmp(entry->id, "unknown") == 0)
			printf("rule %u has no words ", rule);
		CU_ASSERT_STRING_NOT_EQUAL(entry->id, "unknown");
		CU_ASSERT_TRUE(strlen(entry->title) > 5 && strlen(entry->title) < 80);
		CU_ASSERT_TRUE(len > 10 && len < 380 && entry->why[len - 1] == '.');
		for (unsigned int other = 0; other < rule; other++) {
			CU_ASSERT_STRING_NOT_EQUAL(entry->id, ldl_catalogue_entry(other)->id);
			CU_ASSERT_STRING_NOT_EQUAL(entry->why, ldl_catalogue_entry(other)->why);
		}
	}
}

static void rules_bear_the_ids_of_the_catalogue(void)
{
	CU_ASSERT_STRING_EQUAL(ldl_catalogue_entry(LDL_RULE_ORDER)->id, "L1");
	CU_ASSERT_STRING_EQUAL(ldl_catalogue_entry(LDL_RULE_MISUSE)->id, "L14");
	CU_ASSERT_STRING_EQUAL(ldl_catalogue_entry(LDL_RULE_A1)->id, "A1");
	CU_ASSERT_STRING_EQUAL(ldl_catalogue_entry(LDL_RULE_A13)->id, "A13");
	CU_ASSERT_STRING_EQUAL(ldl_catalogue_entry(LDL_RULE_B13)->id, "B13");
	CU_ASSERT_STRING_EQUAL(ldl_catalogue_entry(LDL_RULE_C8)->id, "C8");
	CU_ASSERT_STRING_EQUAL(ldl_catalogue_entry(LDL_RULE_D18)->id, "D18");
	CU_ASSERT_STRING_EQUAL(ldl_catalogue_entry(LDL_RULE_E4)->id, "E4");
	CU_ASSERT_STRING_EQUAL(ldl_catalogue_entry(LDL_RULE_COUNT)->id, "unknown");
	CU_ASSERT_STRING_EQUAL(ldl_catalogue_entry(UINT32_MAX)->id, "unknown");
}

LDL_SUITE(snapshot_waits)
{
	LDL_TEST(the_inventory_reads_back);
	LDL_TEST(masks_and_a_note_read_back);
	LDL_TEST(ids_of_the_inventory_are_cleared_and_counted);
	LDL_TEST(masks_keep_only_bits_that_are_known);
	LDL_TEST(contexts_in_the_header_are_bounded);
	LDL_TEST(classes_of_every_kind_are_kept_and_others_cleared);
	LDL_TEST(an_events_request_is_no_list_of_free_records);
	LDL_TEST(a_half_freed_event_is_no_damage);
	LDL_TEST(every_rule_has_its_words);
	LDL_TEST(rules_bear_the_ids_of_the_catalogue);
}
