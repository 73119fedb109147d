/* The audit of a kept arena: what the engine left is sound, one broken law is named, and what an
 * unfinished step may leave is no breach, while two of them are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "core/engine.h"
#include "core/snapshot_audit.h"
#include "tests/support/scenario.h"
#include "tests/support/suite.h"

static struct ldl_arena arena; /* a copy of the engine's, to be spoiled */
static struct ldl_audit audit;

static void make(void)
{
	const struct ldl_arena *own = ldl_engine_arena();
	void *bytes = malloc(own->size);

	ldl_reports("T1: ABCD; T2: BA", .path = "A -> B -> A");
	CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
	memcpy(bytes, own->base, own->size);
	ldl_arena_adopt(&arena, bytes, own->size);
}

/* Audits the copy as a file. */
static void judge(void)
{
	struct ldl_snapshot snapshot;
	int fd = memfd_create("audit", MFD_CLOEXEC);
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CU_ASSERT_EQUAL_FATAL(write(fd, arena.base, arena.size), (ssize_t)arena.size);
	CU_ASSERT_EQUAL_FATAL(ldl_snapshot_open_whole(&snapshot, path), LDL_OK);
	CU_ASSERT_EQUAL(snapshot.repairs, 0);
	CU_ASSERT_EQUAL_FATAL(ldl_snapshot_audit(&snapshot, &audit), LDL_OK);
	ldl_snapshot_close(&snapshot);
	close(fd);
	free(arena.base);
}

static void expect_breach(const char *law)
{
	judge();
	CU_ASSERT_PTR_NOT_NULL_FATAL(audit.law);
	CU_ASSERT_STRING_EQUAL(audit.law, law);
	if (strcmp(audit.law, law) != 0)
		printf("said: %s ", audit.law);
	CU_ASSERT(audit.broken > 0);
	CU_ASSERT(audit.id > 0);
}

static void expect_soundness(bool is_cut_off)
{
	judge();
	if (audit.law)
		printf("said: %s ", audit.law);
	CU_ASSERT_PTR_NULL(audit.law);
	CU_ASSERT_EQUAL(audit.broken, 0);
	CU_ASSERT_EQUAL(audit.is_cut_off, is_cut_off);
	CU_ASSERT(audit.records > 10);
}

/* Takes the vertex's newest edge off its list of those that leave. */
static void unlist_edge_of(ldl_node_id id)
{
	struct ldl_node *node = ldl_node_at(&arena, id);

	CU_ASSERT_NOT_EQUAL_FATAL(node->out_first, 0);
	node->out_first = ldl_edge_at(&arena, node->out_first)->next_out;
}

static void what_the_engine_leaves_is_sound(void)
{
	make();
	expect_soundness(false);
}

static void an_edge_off_its_list_is_a_breach(void)
{
	make();
	unlist_edge_of(1);
	expect_breach("an edge is on the lists of both its vertices");
}

static void an_edge_that_was_being_listed_is_none(void)
{
	make();
	unlist_edge_of(1);
	arena.header->writer = 4711;
	expect_soundness(true);
}

static void two_edges_off_their_lists_are_one_too_many(void)
{
	make();
	unlist_edge_of(1);
	unlist_edge_of(2);
	arena.header->writer = 4711;
	expect_breach("an edge is on the lists of both its vertices");
	CU_ASSERT_EQUAL(audit.broken, 2);
}

static void an_edge_that_goes_down_is_a_breach(void)
{
	make();
	ldl_node_at(&arena, ldl_edge_at(&arena, 1)->from)->rank += 1000;
	expect_breach("an edge goes upwards in rank");
}

static void ranks_that_were_being_moved_are_none(void)
{
	make();
	ldl_node_at(&arena, ldl_edge_at(&arena, 1)->from)->rank += 1000;
	arena.header->writer = 4711;
	expect_soundness(true);
}

static void a_set_that_lost_an_entry_is_a_breach(void)
{
	uint32_t *slot;

	make();
	slot = (uint32_t *)arena.table[LDL_TABLE_EDGE_HASH];
	while (!*slot)
		slot++;
	*slot = 0;
	expect_breach("a set has as many entries as it counts");
}

static void an_edge_that_is_not_found_is_a_breach(void)
{
	uint32_t *slot;

	make();
	slot = (uint32_t *)arena.table[LDL_TABLE_EDGE_HASH];
	while (!*slot)
		slot++;
	*slot = 0;
	arena.header->tables[LDL_TABLE_EDGE_HASH].used--;
	expect_breach("an edge is in the table of edges");
}

static void a_vertex_of_two_classes_is_a_breach(void)
{
	make();
	ldl_class_at(&arena, ldl_node_at(&arena, 1)->ref)->node = 2;
	arena.header->writer = 4711;
	expect_breach("a class has its own vertex");
}

static void a_lock_without_class_is_a_breach(void)
{
	make();
	ldl_instance_at(&arena, 1)->class = 0;
	expect_breach("a lock has a class");
}

static void a_finding_about_another_edge_is_a_breach(void)
{
	make();
	ldl_path_step_at(&arena, 1)->from = ldl_path_step_at(&arena, 1)->to;
	expect_breach("a step of a finding is the edge that it names");
}

static void a_thread_that_holds_nothing_known_is_a_breach(void)
{
	struct ldl_thread_record *thread;

	make();
	thread = ldl_thread_at(&arena, 1);
	thread->depth = 1;
	memset(ldl_held_at(&arena, thread->held_first), 0, sizeof(struct ldl_held));
	expect_breach("a thread holds locks that are known");
}

LDL_SUITE(audit)
{
	LDL_TEST(what_the_engine_leaves_is_sound);
	LDL_TEST(an_edge_off_its_list_is_a_breach);
	LDL_TEST(an_edge_that_was_being_listed_is_none);
	LDL_TEST(two_edges_off_their_lists_are_one_too_many);
	LDL_TEST(an_edge_that_goes_down_is_a_breach);
	LDL_TEST(ranks_that_were_being_moved_are_none);
	LDL_TEST(a_set_that_lost_an_entry_is_a_breach);
	LDL_TEST(an_edge_that_is_not_found_is_a_breach);
	LDL_TEST(a_vertex_of_two_classes_is_a_breach);
	LDL_TEST(a_lock_without_class_is_a_breach);
	LDL_TEST(a_finding_about_another_edge_is_a_breach);
	LDL_TEST(a_thread_that_holds_nothing_known_is_a_breach);
}
