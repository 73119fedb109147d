/* core/control: whoever changes the control word reaches every thread's copy of it. */
#include "core/control.h"

#include "core/engine_state.h"
#include "tests/support/suite.h"

#include <lockdep_lite.h>
#include <pthread.h>
#include <string.h>

#define SLOTS   8u
#define WRITERS 2
#define READERS 3
#define CHANGES 20000

static struct ldl_header header;
static struct ldl_thread_record records[SLOTS];

static void begin(uint32_t used)
{
	memset(&header, 0, sizeof(header));
	memset(records, 0, sizeof(records));
	header.tables[LDL_TABLE_THREADS].used = used;
	header.control = LDL_RUN_FULL | LDL_RUN_EPOCH;
	ldl_control_begin(&header, records, SLOTS);
}

static void end(void)
{
	struct ldl_arena *arena = &ldl_engine.arena;

	ldl_control_begin(
		arena->header, ldl_thread_at(arena, 0), arena->capacity[LDL_TABLE_THREADS]);
}

static void slots_in_use_get_the_word(void)
{
	begin(4);
	ldl_control_spread(&header);
	for (uint32_t id = 0; id < SLOTS; id++)
		CU_ASSERT_EQUAL(records[id].control, id > 0 && id < 4 ? header.control : 0);
	end();
}

static void a_header_that_says_too_many_writes_past_no_end(void)
{
	begin(~0u);
	ldl_control_spread(&header);
	CU_ASSERT_EQUAL(records[SLOTS - 1].control, header.control);
	end();
}

static void another_arenas_word_is_none_of_these_threads(void)
{
	static struct ldl_header other;

	begin(4);
	other = header;
	ldl_control_spread(&other);
	ldl_control_spread(NULL);
	CU_ASSERT_EQUAL(records[1].control, 0);
	end();
}

static void a_thread_follows_by_itself(void)
{
	begin(4);
	CU_ASSERT_EQUAL(ldl_control_follow(&records[2], &header.control), header.control);
	CU_ASSERT_EQUAL(records[2].control, header.control);
	header.control = LDL_RUN_OFF | 2 * LDL_RUN_EPOCH;
	CU_ASSERT_EQUAL(ldl_control_follow(&records[2], &header.control), header.control);
	CU_ASSERT_EQUAL(records[2].control, header.control);
	end();
}

static uint32_t writers_left;

static void *change(void *unused)
{
	for (int i = 0; i < CHANGES; i++) {
		ldl_add_relaxed(&header.control, LDL_RUN_EPOCH);
		ldl_control_spread(&header);
	}
	ldl_add_relaxed(&writers_left, (uint32_t)-1);
	return unused;
}

/* As a watched thread does: what it last followed stands in its own memory; where its copy says
 * something else it follows again. Returns the last. */
static void *follow(void *arg)
{
	struct ldl_thread_record *record = arg;
	uint32_t seen = 0;

	while (ldl_load_relaxed(&writers_left) > 0)
		if (ldl_load_relaxed(&record->control) != seen)
			seen = ldl_control_follow(record, &header.control);
	return (void *)(uintptr_t)seen;
}

static void nobody_stays_behind_when_several_change_it_at_once(void)
{
	pthread_t writers[WRITERS], readers[READERS];

	begin(READERS + 1);
	writers_left = WRITERS;
	for (int i = 0; i < READERS; i++)
		CU_ASSERT_EQUAL_FATAL(
			pthread_create(&readers[i], NULL, follow, &records[i + 1]), 0);
	for (int i = 0; i < WRITERS; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&writers[i], NULL, change, NULL), 0);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(writers[i], NULL);
	for (int i = 0; i < READERS; i++) {
		const struct ldl_thread_record *record = &records[i + 1];
		void *seen = NULL;

		pthread_join(readers[i], &seen);
		/* It knows, or its next lock leads it to where it will. */
		CU_ASSERT((uint32_t)(uintptr_t)seen == header.control ||
			  record->control != (uint32_t)(uintptr_t)seen);
	}
	end();
}

static void whatever_changes_it_reaches_this_threads_record(void)
{
	static char outer, inner;
	struct ldl_header *real;
	uint32_t before;

	ldl_lock_acquire(&outer, LDL_EXCLUSIVE);
	ldl_lock_acquired(&outer, LDL_EXCLUSIVE);
	ldl_lock_release(&outer);
	real = ldl_engine.arena.header;
	CU_ASSERT_EQUAL(ldl_self.record->control, real->control);

	/* A finding empties every thread's caches. */
	before = real->control;
	for (int turn = 0; turn < 2; turn++) {
		char *first = turn ? &inner : &outer, *second = turn ? &outer : &inner;

		ldl_lock_acquire(first, LDL_EXCLUSIVE);
		ldl_lock_acquired(first, LDL_EXCLUSIVE);
		ldl_lock_acquire(second, LDL_EXCLUSIVE);
		ldl_lock_acquired(second, LDL_EXCLUSIVE);
		ldl_lock_release(second);
		ldl_lock_release(first);
	}
	CU_ASSERT_NOT_EQUAL(real->control, before);
	CU_ASSERT_EQUAL(ldl_self.record->control, real->control);

	/* The breaker is the last who does. */
	ldl_breaker_trip(real, LDL_TRIP_LIST, 1, 2);
	CU_ASSERT_EQUAL(real->control & LDL_RUN_MASK, LDL_RUN_OFF);
	CU_ASSERT_EQUAL(ldl_self.record->control, real->control);
	memset(&real->breaker, 0, sizeof(real->breaker));
	ldl_store_relaxed(&real->control, real->control | LDL_RUN_FULL);
}

LDL_SUITE(control)
{
	LDL_TEST(slots_in_use_get_the_word);
	LDL_TEST(a_header_that_says_too_many_writes_past_no_end);
	LDL_TEST(another_arenas_word_is_none_of_these_threads);
	LDL_TEST(a_thread_follows_by_itself);
	LDL_TEST(nobody_stays_behind_when_several_change_it_at_once);
	LDL_TEST(whatever_changes_it_reaches_this_threads_record);
}
