/* mode=prod: no thread of the program waits for a lock of the engine's. Each is tried once, what
 * was to be done under it is put off and counted, and nothing is lost but time. */
#include <lockdep_lite.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include "core/engine_state.h"
#include "core/instance.h"
#include "core/sys.h"
#include "tests/support/lockstep.h"
#include "tests/support/nesting.h"
#include "tests/support/suite.h"

#define LOCKS 64
#define TURNS 1000

static char locks[LOCKS];

static void begin(void)
{
	ldl_engine.options.prod = true;
	for (unsigned int i = 0; i < LOCKS; i++)
		ldl_lock_init(&locks[i], ldl_class(i % 2 ? "odd" : "even", LDL_CLASS_STRICT), 0);
}

static void end(void)
{
	ldl_engine.options.prod = false;
	lockstep_stop();
}

/* How often this thread went to sleep so far. */
static long sleeps(void)
{
	struct rusage usage;

	CU_ASSERT_EQUAL(getrusage(RUSAGE_THREAD, &usage), 0);
	return usage.ru_nvcsw;
}

/* One try leaves no trace; a wait would announce itself in the word, and sleep. */
static void expect_nobody_waited(const uint32_t *word, uint32_t seen, long slept)
{
	CU_ASSERT_EQUAL(ldl_load_relaxed(word), seen);
	CU_ASSERT_EQUAL(sleeps(), slept);
}

static void a_chain_is_put_off_while_another_thread_writes(void)
{
	uint32_t *word = &ldl_engine.arena.header->writer, seen;
	uint64_t busy;
	long slept;

	begin();
	nesting_lock(&locks[0]);
	ldl_lock_release(&locks[0]);
	lockstep_hold(1, word);
	seen = ldl_load_relaxed(word);
	busy = nesting_counted(LDL_COUNT_WRITER_BUSY);
	slept = sleeps();
	for (unsigned int i = 0; i < TURNS; i++)
		nesting_in_order(&locks[0], &locks[1]);
	expect_nobody_waited(word, seen, slept);
	/* The first lock's chain is known; each of the second's found it taken, and tried once. */
	CU_ASSERT_EQUAL(nesting_counted(LDL_COUNT_WRITER_BUSY) - busy, TURNS);
	CU_ASSERT_EQUAL(ldl_arena_table(&ldl_engine.arena, LDL_TABLE_EDGES)->used, 1);
	lockstep_give_back(1, word);
	nesting_in_order(&locks[0], &locks[1]);
	nesting_in_order(&locks[1], &locks[0]);
	CU_ASSERT_EQUAL(nesting_counted(LDL_COUNT_WRITER_BUSY) - busy, TURNS);
	CU_ASSERT_EQUAL(ldl_finding_count(), 1);
	end();
}

static void no_lock_is_waited_for_while_locks_are_made_and_end(void)
{
	uint32_t *word = &ldl_engine.arena.header->instance_lock, seen;
	long slept;

	begin();
	lockstep_hold(1, word);
	seen = ldl_load_relaxed(word);
	slept = sleeps();
	for (unsigned int i = 0; i < TURNS; i++) {
		ldl_lock_destroy(&locks[i % LOCKS]);
		ldl_lock_init(&locks[i % LOCKS], ldl_class("even", 0), 0);
		nesting_in_order(&locks[i % LOCKS], &locks[(i + 1) % LOCKS]);
	}
	expect_nobody_waited(word, seen, slept);
	CU_ASSERT_TRUE(nesting_counted(LDL_COUNT_WRITER_BUSY) > 0);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	lockstep_give_back(1, word);
	/* Not known so far, and met at their next use. */
	nesting_in_order(&locks[0], &locks[1]);
	CU_ASSERT_NOT_EQUAL(
		ldl_instance_find(&ldl_engine.arena, (uint64_t)(uintptr_t)&locks[0]), 0);
	CU_ASSERT_EQUAL(ldl_thread_depth(ldl_thread_known()), 0);
	end();
}

static void *take_and_release(void *unused)
{
	nesting_in_order(&locks[0], &locks[1]);
	return NULL;
}

/* What threads do at their begin and end, and what the program declares. */
static void nor_for_classes_threads_and_declarations(void)
{
	uint32_t *word = &ldl_engine.arena.header->writer, seen;
	struct ldl_thread *slot;
	uint32_t threads;
	pthread_t thread;

	begin();
	slot = ldl_engine_thread_prepare(NULL, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(slot);
	threads = ldl_arena_table(&ldl_engine.arena, LDL_TABLE_THREADS)->used;
	lockstep_hold(1, word);
	threads++; /* lockstep's own may have got its slot meanwhile, or will */
	seen = ldl_load_relaxed(word);
	CU_ASSERT_EQUAL(ldl_class("new", 0), 0);
	ldl_nest(&locks[1], &locks[0]);
	ldl_order(&locks[0], &locks[1]);
	CU_ASSERT_PTR_NULL(ldl_engine_thread_prepare(NULL, NULL));
	ldl_engine_thread_cancel(slot); /* pthread_create() failed */
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, take_and_release, NULL), 0);
	pthread_join(thread, NULL);
	CU_ASSERT_EQUAL(ldl_load_relaxed(word), seen);
	lockstep_give_back(1, word);
	CU_ASSERT_NOT_EQUAL(ldl_class("new", 0), 0);
	/* The slot that could not be given back is found by the next thread. */
	slot = ldl_engine_thread_prepare(NULL, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(slot);
	CU_ASSERT_TRUE(ldl_arena_table(&ldl_engine.arena, LDL_TABLE_THREADS)->used <= threads);
	ldl_engine_thread_cancel(slot);
	end();
}

/* To take a level for the class itself would be a finding that is none. */
static void a_level_that_cannot_be_made_now_is_no_recursion(void)
{
	uint32_t *word = &ldl_engine.arena.header->writer;

	begin();
	nesting_lock(&locks[0]);
	lockstep_hold(1, word);
	ldl_lock_acquire_nested(&locks[2], LDL_EXCLUSIVE, 1);
	ldl_lock_acquired(&locks[2], LDL_EXCLUSIVE);
	lockstep_give_back(1, word);
	ldl_lock_release(&locks[2]);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
	ldl_lock_acquire(&locks[2], LDL_EXCLUSIVE);
	ldl_lock_acquired(&locks[2], LDL_EXCLUSIVE);
	CU_ASSERT_EQUAL(ldl_finding_count(), 1);
	ldl_lock_release(&locks[2]);
	ldl_lock_release(&locks[0]);
	end();
}

/* The twin: in mode=check a thread waits, and learns what production puts off. */
static void *write_for_a_moment(void *word)
{
	CU_ASSERT_TRUE(ldl_spin_try(word));
	ldl_store_relaxed(&locks[LOCKS - 1], 1);
	ldl_sys_futex_wait(&(uint32_t){0}, 0, 30 * 1000 * 1000);
	ldl_spin_unlock(word);
	return NULL;
}

static void in_mode_check_the_chain_is_waited_for(void)
{
	uint32_t *word = &ldl_engine.arena.header->writer;
	pthread_t thread;

	begin();
	ldl_engine.options.prod = false;
	nesting_in_order(&locks[2], &locks[4 + 1]);
	locks[LOCKS - 1] = 0;
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, write_for_a_moment, word), 0);
	while (!ldl_load_relaxed(&locks[LOCKS - 1]))
		;
	nesting_lock(&locks[0]);
	ldl_lock_release(&locks[0]);
	nesting_in_order(&locks[1], &locks[0]);
	pthread_join(thread, NULL);
	CU_ASSERT_EQUAL(nesting_counted(LDL_COUNT_WRITER_BUSY), 0);
	CU_ASSERT_EQUAL(ldl_finding_count(), 1);
	end();
}

LDL_SUITE(never_wait)
{
	LDL_TEST(a_chain_is_put_off_while_another_thread_writes);
	LDL_TEST(no_lock_is_waited_for_while_locks_are_made_and_end);
	LDL_TEST(nor_for_classes_threads_and_declarations);
	LDL_TEST(a_level_that_cannot_be_made_now_is_no_recursion);
	LDL_TEST(in_mode_check_the_chain_is_waited_for);
}
