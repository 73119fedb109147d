/* core/breaker: whatever cannot be, the engine switches itself off for good and says why; the
 * program goes on. Each damage is one that a stray write of the program could do to the arena. */
#include <lockdep_lite.h>
#include <string.h>
#include "core/breaker.h"
#include "core/edge.h"
#include "core/engine_state.h"
#include "core/instance.h"
#include "core/sys.h"
#include "tests/support/suite.h"

#define MANY 0x7ffffff0u

static char locks[8];

static struct ldl_arena *arena(void)
{
	return &ldl_engine.arena;
}

static uint32_t mode(void)
{
	return ldl_load_relaxed(ldl_engine_control) & LDL_RUN_MASK;
}

static __attribute__((noinline)) void lock(unsigned int which)
{
	ldl_lock_acquire(&locks[which], LDL_EXCLUSIVE);
	ldl_lock_acquired(&locks[which], LDL_EXCLUSIVE);
}

static void nest(unsigned int outer, unsigned int inner)
{
	lock(outer);
	lock(inner);
	ldl_lock_release(&locks[inner]);
	ldl_lock_release(&locks[outer]);
}

/* Eight locks of one class that learns their order: a graph of instances, which come and go. */
static void make_graph(void)
{
	ldl_class_t class = ldl_class("learned", LDL_CLASS_BY_INSTANCE);

	for (unsigned int i = 0; i < sizeof(locks); i++)
		ldl_lock_init(&locks[i], class, 0);
	nest(0, 1);
	nest(0, 2);
	nest(1, 2);
	nest(3, 2);
}

static ldl_instance_id instance(unsigned int which)
{
	return ldl_instance_find(arena(), (uint64_t)(uintptr_t)&locks[which]);
}

static struct ldl_node *node(unsigned int which)
{
	return ldl_node_at(arena(), ldl_instance_info_at(arena(), instance(which))->node);
}

/* What a program does all day; every slow path of locks is in it. */
static void go_on(void)
{
	for (unsigned int i = 0; i + 1 < sizeof(locks); i++)
		nest(i, i + 1);
	nest(2, 3);
	nest(0, 4);
	nest(4, 1);
	for (unsigned int i = 0; i < sizeof(locks); i++)
		ldl_lock_destroy(&locks[i]);
	for (unsigned int i = 0; i < sizeof(locks); i++)
		ldl_lock_init(&locks[i], ldl_class("other", 0), 0);
	nest(5, 6);
}

/* An empty arena; the mode survives ldl_reset(), as it is the user's. */
static void begin_anew(void)
{
	ldl_reset();
	ldl_store_relaxed(&arena()->header->control, *ldl_engine_control | LDL_RUN_FULL);
}

static void check_damage(void (*damage)(void), enum ldl_trip code)
{
	begin_anew();
	make_graph();
	CU_ASSERT_FALSE(ldl_breaker_is_open(arena()->header));
	damage();
	go_on();
	CU_ASSERT_EQUAL(arena()->header->breaker.code, code);
	CU_ASSERT_EQUAL(mode(), LDL_RUN_OFF);
	/* For good: neither the program's course nor a word from outside brings it back. */
	ldl_store_relaxed(&arena()->header->control,
		((ldl_load_relaxed(ldl_engine_control) & ~(uint32_t)LDL_RUN_MASK) + LDL_RUN_EPOCH) |
			LDL_RUN_FULL);
	go_on();
	CU_ASSERT_EQUAL(mode(), LDL_RUN_OFF);
	CU_ASSERT_EQUAL(arena()->header->breaker.code, code);
}

static void damage_class_id(void)
{
	ldl_instance_at(arena(), instance(0))->class = MANY >> LDL_MODE_BITS;
	ldl_store_relaxed(&arena()->header->control, *ldl_engine_control + LDL_RUN_EPOCH);
}

static void damage_instance_node(void)
{
	ldl_instance_info_at(arena(), instance(0))->node = MANY;
}

static void damage_edge_id(void)
{
	node(0)->out_first = MANY;
}

static void damage_edge_end(void)
{
	ldl_edge_at(arena(), node(3)->out_first)->to = MANY;
}

static void damage_out_list(void)
{
	ldl_edge_id first = node(0)->out_first;

	ldl_edge_at(arena(), ldl_edge_at(arena(), first)->next_out)->next_out = first;
	/* The edge that is to be taken out is none of those that go round. */
	ldl_edge_at(arena(), node(3)->out_first)->from = ldl_edge_at(arena(), first)->from;
}

static void damage_in_list(void)
{
	ldl_edge_id first = node(2)->in_first;

	ldl_edge_at(arena(), first)->next_in = first;
}

static void damage_list_entry(void)
{
	node(3)->out_first = node(1)->out_first;
}

static void damage_witness_id(void)
{
	ldl_edge_at(arena(), node(3)->out_first)->witness_first = MANY;
}

static void damage_witness_list(void)
{
	ldl_witness_id first = ldl_edge_at(arena(), node(3)->out_first)->witness_first;

	ldl_witness_at(arena(), first)->next = first;
}

static void damage_edge_hash(void)
{
	uint32_t *slots = (uint32_t *)arena()->table[LDL_TABLE_EDGE_HASH];

	for (uint32_t i = 0; i < arena()->capacity[LDL_TABLE_EDGE_HASH]; i++)
		slots[i] = 1;
}

static void damage_edges_used(void)
{
	ldl_arena_table(arena(), LDL_TABLE_EDGES)->used = MANY;
}

static void damage_threads_used(void)
{
	uint32_t used = ldl_arena_table(arena(), LDL_TABLE_THREADS)->used;

	ldl_arena_table(arena(), LDL_TABLE_THREADS)->used = MANY;
	lock(0);
	ldl_lock_release(&locks[1]); /* looks for its holder among all threads */
	ldl_lock_release(&locks[0]);
	ldl_arena_table(arena(), LDL_TABLE_THREADS)->used = used; /* survives ldl_reset() */
}

static void damage_buckets(void)
{
	struct ldl_bucket *buckets = (void *)arena()->table[LDL_TABLE_INSTANCE_HASH];
	uint32_t count = arena()->capacity[LDL_TABLE_INSTANCE_HASH];

	for (uint32_t i = 0; i < count; i++)
		for (uint32_t n = 0; n < LDL_BUCKET_SLOTS; n++)
			buckets[i].slots[n] |= (1u << 20) - 1;
}

static void damage_depth(void)
{
	ldl_thread_known()->record->depth = ldl_thread_known()->limit + 1;
	lock(0);
	ldl_thread_known()->record->depth = 0;
}

static void damage_writer(void)
{
	CU_ASSERT_TRUE(ldl_engine_lock());
	arena()->header->writer = 1;
	ldl_engine_unlock();
}

static void damage_capacity(void)
{
	for (unsigned int i = 0; i < LDL_TABLE_COUNT; i++)
		ldl_arena_table(arena(), i)->capacity = MANY;
	ldl_arena_table(arena(), LDL_TABLE_EDGES)->used = arena()->capacity[LDL_TABLE_EDGES] + 1;
}

static void every_damage_switches_it_off_for_good(void)
{
	check_damage(damage_class_id, LDL_TRIP_SLOT);
	check_damage(damage_instance_node, LDL_TRIP_SLOT);
	check_damage(damage_edge_id, LDL_TRIP_SLOT);
	check_damage(damage_edge_end, LDL_TRIP_SLOT);
	check_damage(damage_witness_id, LDL_TRIP_SLOT);
	check_damage(damage_buckets, LDL_TRIP_SLOT);
	check_damage(damage_witness_list, LDL_TRIP_LIST);
	check_damage(damage_in_list, LDL_TRIP_LIST);
	check_damage(damage_list_entry, LDL_TRIP_LINK);
	check_damage(damage_edge_hash, LDL_TRIP_HASH);
	check_damage(damage_edges_used, LDL_TRIP_TABLE);
	check_damage(damage_threads_used, LDL_TRIP_TABLE);
	check_damage(damage_capacity, LDL_TRIP_TABLE);
	check_damage(damage_depth, LDL_TRIP_HELD);
	check_damage(damage_writer, LDL_TRIP_OWNER);
	begin_anew();
}

/* What is found first depends on where the program goes; that it ends is what counts. */
static void a_graph_that_goes_round_stops_nobody(void)
{
	make_graph();
	damage_out_list();
	go_on();
	CU_ASSERT_TRUE(ldl_breaker_is_open(arena()->header));
	CU_ASSERT_EQUAL(mode(), LDL_RUN_OFF);
	begin_anew();
}

static void an_arena_in_order_is_left_alone(void)
{
	make_graph();
	for (unsigned int i = 0; i < 100; i++)
		go_on();
	CU_ASSERT_FALSE(ldl_breaker_is_open(arena()->header));
	CU_ASSERT_EQUAL(mode(), LDL_RUN_FULL);
	CU_ASSERT_EQUAL(ldl_thread_depth(ldl_thread_known()), 0);
}

static void the_first_reason_wins(void)
{
	ldl_breaker_trip(arena()->header, LDL_TRIP_LIST, 5, 6);
	ldl_breaker_trip(arena()->header, LDL_TRIP_SLOT, 7, 8);
	CU_ASSERT_EQUAL(arena()->header->breaker.code, LDL_TRIP_LIST);
	CU_ASSERT_EQUAL(arena()->header->breaker.where, 5);
	CU_ASSERT_EQUAL(arena()->header->breaker.value, 6);
	ldl_reset();
	CU_ASSERT_EQUAL(mode(), LDL_RUN_OFF);
	begin_anew();
	CU_ASSERT_EQUAL(mode(), LDL_RUN_FULL);
}

static void every_reason_has_words(void)
{
	for (uint32_t code = 0; code < LDL_TRIPS + 5; code++)
		CU_ASSERT_TRUE(strlen(ldl_breaker_text(code)) > 0);
	CU_ASSERT_STRING_EQUAL(ldl_breaker_text(LDL_TRIPS), "an unknown reason");
}

/* A reader meets the same records in a file, and has nothing to switch off. */
static void a_reader_trips_nothing(void)
{
	struct ldl_arena reader;

	ldl_arena_adopt(&reader, arena()->base, arena()->size);
	CU_ASSERT_PTR_EQUAL(ldl_edge_at(&reader, MANY), ldl_edge_at(&reader, 0));
	CU_ASSERT_FALSE(ldl_breaker_is_open(arena()->header));
}

LDL_SUITE(breaker)
{
	LDL_TEST(every_damage_switches_it_off_for_good);
	LDL_TEST(a_graph_that_goes_round_stops_nobody);
	LDL_TEST(an_arena_in_order_is_left_alone);
	LDL_TEST(the_first_reason_wins);
	LDL_TEST(every_reason_has_words);
	LDL_TEST(a_reader_trips_nothing);
}
