/* Who waits for whom: what is a cycle among threads, and what only looks like one. */
#include "tests/support/suite.h"

#include <stdio.h>
#include <string.h>

#include "viz/wait_graph.h"

#define THREADS 8

/* Threads of a process, each a word: "A" holds lock A, "a" holds it as a reader; the last after "+"
 * is wanted: "A+B". A "!" at the end: in vain for a while (timed); "?": not seen before. */
static struct {
	struct ldl_held held[THREADS][8];
	struct viz_look_thread threads[THREADS];
	struct viz_wait_party parties[THREADS];
	size_t count;
} stage;

static struct viz_wait_key key_of(void *context, uint32_t process, uint64_t address)
{
	/* Z is shared by all processes. */
	return (struct viz_wait_key){address == 0x1000 + 'Z' ? 0 : process + 1, address};
}

static void enter(uint32_t process, const char *word, uint32_t flags)
{
	size_t at = stage.count++;
	struct viz_look_thread *thread = &stage.threads[at];

	*thread = (struct viz_look_thread){
		.slot = (uint32_t)at + 1, .held = stage.held[at], .flags = flags};
	stage.parties[at] = (struct viz_wait_party){thread, process, true};
	for (; *word; word++) {
		struct ldl_held *entry = &stage.held[at][thread->count];

		switch (*word) {
		case '+':
			thread->is_wanting = true;
			break;
		case '!':
			entry[-1].class_mode |= LDL_MODE_TIMED;
			break;
		case '?':
			stage.parties[at].is_lasting = false;
			break;
		default:
			entry->addr = 0x1000u + (uint32_t)(*word & ~0x20);
			entry->class_mode = *word & 0x20 ? LDL_MODE_SHARED : 0;
			thread->count++;
		}
	}
}

/* Puts the words of a line on the stage, one process: "A+B B+A". */
static void set(const char *line, uint32_t flags)
{
	char word[32];
	int len;

	memset(&stage, 0, sizeof(stage));
	for (; sscanf(line, " %31s%n", word, &len) == 1; line += len)
		enter(0, word, flags);
}

/* The cycle through a party as "0 1": the numbers of its threads; "" for none. */
static const char *cycle_through(uint32_t party)
{
	static char text[64];
	struct viz_wait_graph *graph = viz_wait_graph_new(stage.parties, stage.count, key_of, NULL);
	struct viz_wait_cycle cycle;

	text[0] = 0;
	CU_ASSERT_PTR_NOT_NULL_FATAL(graph);
	if (viz_wait_graph_cycle(graph, party, &cycle)) {
		for (size_t i = 0; i < cycle.count; i++)
			sprintf(text + strlen(text), "%s%u%s", i ? " " : "", cycle.blocks[i].party,
				cycle.blocks[i].is_queued ? "q" : "");
	}
	viz_wait_graph_free(graph);
	return text;
}

#define CYCLE(line, flags, expected)                                                               \
	do {                                                                                       \
		set(line, flags);                                                                  \
		CU_ASSERT_STRING_EQUAL(cycle_through(0), expected);                                \
	} while (0)

static void two_threads_that_wait_for_each_other_are_a_cycle(void)
{
	CYCLE("A+B B+A", 0, "0 1");
	CYCLE("AX+B YB+A", 0, "0 1");
	CYCLE("A+B B+C C+A", 0, "0 1 2");
	CYCLE("A+A", 0, "0");
}

static void a_wait_that_leads_to_no_waiter_is_none(void)
{
	CYCLE("A+B B", 0, "");
	CYCLE("A+B C+A", 0, "");
	CYCLE("A+B B+C C", 0, "");
	CYCLE("+A A+B B", 0, "");
}

static void a_waiter_outside_a_cycle_is_not_in_it(void)
{
	CYCLE("+A A+B B+A", 0, "");
	CU_ASSERT_STRING_EQUAL(cycle_through(1), "1 2");
	CU_ASSERT_STRING_EQUAL(cycle_through(2), "2 1");
}

static void a_wish_that_ends_or_is_new_closes_no_cycle(void)
{
	CYCLE("A+B! B+A", 0, "");
	CYCLE("A+B B+A!", 0, "");
	CYCLE("A+B? B+A", 0, "");
	CYCLE("A+B B+A?", 0, "");
}

static void a_writer_waits_for_readers_and_a_reader_for_a_writer(void)
{
	CYCLE("a+B B+A", 0, "0 1");
	CYCLE("A+B B+a", 0, "0 1");
	CYCLE("a+A", 0, "0");
	CYCLE("+A a+C a+B B+A", 0, "");
	CU_ASSERT_STRING_EQUAL(cycle_through(2), "2 3");
}

static void readers_do_not_wait_for_readers(void)
{
	CYCLE("a+b b+a", 0, "");
	CYCLE("a+b B+a", 0, "");
}

static void a_reader_waits_behind_a_writer_only_where_the_lock_is_fair(void)
{
	CYCLE("a+a +A", LDL_INSTANCE_FAIR, "0 1q");
	CYCLE("a+a +A", 0, "");
	CYCLE("a+a +A!", LDL_INSTANCE_FAIR, "");
	CYCLE("B+a +A a+B", LDL_INSTANCE_FAIR, "0 1q 2");
	CYCLE("B+a +A a+B", 0, "");
}

static void of_several_cycles_the_shortest_is_found(void)
{
	/* 0 waits for the readers 1 (which leads back by 2) and 3 (which leads back at once). */
	CYCLE("X+A aY+Z Z+X a+X", 0, "0 3");
}

static void locks_of_other_processes_are_other_locks(void)
{
	memset(&stage, 0, sizeof(stage));
	enter(0, "A+B", 0);
	enter(1, "B+A", 0);
	CU_ASSERT_STRING_EQUAL(cycle_through(0), "");
	memset(&stage, 0, sizeof(stage));
	enter(0, "A+Z", 0);
	enter(1, "Z+B", 0);
	enter(1, "B+Z", 0);
	CU_ASSERT_STRING_EQUAL(cycle_through(0), "");
	CU_ASSERT_STRING_EQUAL(cycle_through(1), "1 2");
}

static void contexts_and_stolen_entries_are_no_locks(void)
{
	set("A+B B+A", 0);
	stage.held[1][0].addr |= LDL_HELD_STOLEN;
	CU_ASSERT_STRING_EQUAL(cycle_through(0), "");
	set("A+B B+A", 0);
	stage.held[1][0].addr |= (uint64_t)LDL_KIND_RECLAIM << 56;
	stage.held[0][1].addr |= (uint64_t)LDL_KIND_RECLAIM << 56;
	CU_ASSERT_STRING_EQUAL(cycle_through(0), "");
	set("A+B B+A", 0);
	stage.held[1][0].addr |= LDL_HELD_RECURSED;
	CU_ASSERT_STRING_EQUAL(cycle_through(0), "0 1");
}

static bool is_torn(uint32_t party)
{
	struct viz_wait_graph *graph = viz_wait_graph_new(stage.parties, stage.count, key_of, NULL);
	bool torn = viz_wait_graph_is_torn(graph, party);

	viz_wait_graph_free(graph);
	return torn;
}

static void a_lock_with_two_holders_shows_that_the_look_was_torn(void)
{
	set("GA+B GB+A", 0);
	CU_ASSERT_TRUE(is_torn(0));
	set("gA+B gB+A", 0);
	CU_ASSERT_FALSE(is_torn(0));
	set("A+B B+A", 0);
	CU_ASSERT_FALSE(is_torn(0));
}

LDL_SUITE(wait_graph)
{
	LDL_TEST(two_threads_that_wait_for_each_other_are_a_cycle);
	LDL_TEST(a_wait_that_leads_to_no_waiter_is_none);
	LDL_TEST(a_waiter_outside_a_cycle_is_not_in_it);
	LDL_TEST(a_wish_that_ends_or_is_new_closes_no_cycle);
	LDL_TEST(a_writer_waits_for_readers_and_a_reader_for_a_writer);
	LDL_TEST(readers_do_not_wait_for_readers);
	LDL_TEST(a_reader_waits_behind_a_writer_only_where_the_lock_is_fair);
	LDL_TEST(of_several_cycles_the_shortest_is_found);
	LDL_TEST(locks_of_other_processes_are_other_locks);
	LDL_TEST(contexts_and_stolen_entries_are_no_locks);
	LDL_TEST(a_lock_with_two_holders_shows_that_the_look_was_torn);
}
