/* An observer, on arenas that are written by hand: what it takes for a wait, a deadlock, an end. */
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "tests/support/damage.h"
#include "tests/support/random.h"
#include "tests/support/sample_arena.h"
#include "tests/support/suite.h"
#include "viz/deadlock_finding.h"
#include "viz/json.h"
#include "viz/observer.h"
#include "viz/text.h"
#include "viz/view.h"

#define DAMAGES 400u

/* The file, mapped for writing as a watched process has it; thread 1 holds A and wants B, thread 2
 * holds B. */
static struct ldl_arena arena;
static int fd; /* read-only, as observers have it */
static struct viz_observer *observer;
static struct viz_deadlock *told;
static struct viz_stall stall;
static unsigned int told_count, stall_count;

static void on_deadlock(void *context, const struct viz_deadlock *deadlock)
{
	free(told);
	told = viz_deadlock_copy(deadlock);
	told_count++;
}

static void on_stall(void *context, const struct viz_stall *found)
{
	stall = *found;
	stall_count++;
}

static void make_file(void)
{
	char path[] = "/tmp/ldl-observer-XXXXXX";
	int writer = mkstemp(path);
	void *bytes;

	CU_ASSERT_FATAL(writer >= 0 && ftruncate(writer, LDL_SAMPLE_SIZE) == 0);
	bytes = mmap(NULL, LDL_SAMPLE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, writer, 0);
	CU_ASSERT_FATAL(bytes != MAP_FAILED);
	fd = open(path, O_RDONLY);
	CU_ASSERT_FATAL(fd >= 0);
	close(writer);
	unlink(path);
	CU_ASSERT_EQUAL_FATAL(ldl_arena_init(&arena, bytes, LDL_SAMPLE_SIZE), LDL_OK);
	ldl_sample_fill(&arena);
}

/* As when the process ends. */
static void end_process(void)
{
	munmap(arena.base, LDL_SAMPLE_SIZE);
	arena.base = NULL;
}

static void begin(void)
{
	struct viz_observer_events events = {NULL, on_deadlock, on_stall, 1};

	make_file();
	told_count = stall_count = 0;
	observer = viz_observer_new(&events, false);
	CU_ASSERT_PTR_NOT_NULL_FATAL(observer);
	CU_ASSERT_TRUE_FATAL(viz_observer_add(observer, &arena, fd));
}

static void end(void)
{
	viz_observer_free(observer);
	free(told);
	told = NULL;
	if (arena.base)
		end_process();
	close(fd);
}

static struct ldl_thread_record *thread_at(ldl_thread_id id)
{
	return ldl_thread_at(&arena, id);
}

/* Thread 2 wants A, too. */
static void close_cycle(void)
{
	struct ldl_thread_record *thread = thread_at(LDL_SAMPLE_OTHER);

	*ldl_held_at(&arena, thread->held_first + 1) =
		*ldl_held_at(&arena, thread_at(LDL_SAMPLE_THREAD)->held_first);
	thread->depth = 2 | LDL_WANTED;
}

static void rest(void)
{
	nanosleep(&(struct timespec){0, 20000000}, NULL);
}

/* Threads of this process, asleep or at work: the kernel vouches for the first. */
static struct {
	pthread_t thread;
	sem_t end;
	uint32_t tid;
	bool is_busy;
	uint32_t is_over;
} actors[2];

static void *act(void *argument)
{
	size_t self = (size_t)(uintptr_t)argument;

	__atomic_store_n(&actors[self].tid, (uint32_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
	while (actors[self].is_busy && !__atomic_load_n(&actors[self].is_over, __ATOMIC_RELAXED))
		;
	if (!actors[self].is_busy)
		sem_wait(&actors[self].end);
	return NULL;
}

/* Lets real threads stand for those of the arena. */
static void start_actors(bool is_busy)
{
	memset(actors, 0, sizeof(actors));
	for (size_t i = 0; i < 2; i++) {
		actors[i].is_busy = is_busy;
		sem_init(&actors[i].end, 0, 0);
		CU_ASSERT_EQUAL_FATAL(
			pthread_create(&actors[i].thread, NULL, act, (void *)(uintptr_t)i), 0);
		while (!__atomic_load_n(&actors[i].tid, __ATOMIC_ACQUIRE))
			sched_yield();
		thread_at((ldl_thread_id)i + 1)->tid = actors[i].tid;
	}
	rest();
}

static void stop_actors(void)
{
	for (size_t i = 0; i < 2; i++) {
		__atomic_store_n(&actors[i].is_over, 1, __ATOMIC_RELAXED);
		sem_post(&actors[i].end);
		pthread_join(actors[i].thread, NULL);
	}
}

static uint64_t waits(void)
{
	return viz_observer_contention(observer, &arena, LDL_SAMPLE_B).count;
}

static void a_wish_that_is_the_same_twice_is_a_wait(void)
{
	begin();
	viz_observer_poll(observer);
	CU_ASSERT_EQUAL(viz_observer_wait_ns(observer, &arena, LDL_SAMPLE_THREAD), 0);
	CU_ASSERT_EQUAL(waits(), 0);
	rest();
	viz_observer_poll(observer);
	CU_ASSERT_TRUE(viz_observer_wait_ns(observer, &arena, LDL_SAMPLE_THREAD) >= 20000000);
	rest();
	viz_observer_poll(observer);
	CU_ASSERT_EQUAL(waits(), 1);
	CU_ASSERT_TRUE(
		viz_observer_contention(observer, &arena, LDL_SAMPLE_B).longest_ns >= 40000000);
	CU_ASSERT_EQUAL(viz_observer_contention(observer, &arena, LDL_SAMPLE_A).count, 0);
	CU_ASSERT_EQUAL(told_count, 0);
	end();
}

static void one_that_changed_in_between_is_none(void)
{
	struct ldl_held *wish;

	begin();
	wish = ldl_held_at(&arena, thread_at(LDL_SAMPLE_THREAD)->held_first + 1);
	viz_observer_poll(observer);
	wish->ip++;
	viz_observer_poll(observer);
	CU_ASSERT_EQUAL(waits(), 0);
	thread_at(LDL_SAMPLE_THREAD)->serial += 7;
	viz_observer_poll(observer);
	thread_at(LDL_SAMPLE_THREAD)->depth = 2;
	viz_observer_poll(observer);
	CU_ASSERT_EQUAL(waits(), 0);
	CU_ASSERT_FALSE(viz_observer_is_suspicious(observer));
	end();
}

static void a_wait_for_a_condition_is_no_contention(void)
{
	begin();
	thread_at(LDL_SAMPLE_THREAD)->wait_addr = 0x1000;
	viz_observer_poll(observer);
	viz_observer_poll(observer);
	CU_ASSERT_EQUAL(waits(), 0);
	CU_ASSERT_EQUAL(stall_count, 0);
	end();
}

static void figures_begin_anew_when_they_are_reset(void)
{
	begin();
	viz_observer_poll(observer);
	viz_observer_poll(observer);
	CU_ASSERT_EQUAL(waits(), 1);
	thread_at(LDL_SAMPLE_THREAD)->depth = 0;
	arena.header->counters[LDL_COUNT_RESETS]++;
	viz_observer_poll(observer);
	CU_ASSERT_EQUAL(waits(), 0);
	end();
}

static void a_long_wait_names_who_holds_the_lock(void)
{
	begin();
	viz_observer_poll(observer);
	CU_ASSERT_EQUAL(stall_count, 0);
	rest();
	viz_observer_poll(observer);
	CU_ASSERT_EQUAL_FATAL(stall_count, 1);
	CU_ASSERT_EQUAL(stall.waiter.thread.serial, 1);
	CU_ASSERT_EQUAL(stall.holder.thread.serial, 2);
	CU_ASSERT_EQUAL(stall.holder.holds.instance, LDL_SAMPLE_B);
	CU_ASSERT_FALSE(stall.is_holder_waiting);
	viz_observer_poll(observer);
	CU_ASSERT_EQUAL(stall_count, 1);
	end();
}

static void a_cycle_of_threads_that_sleep_is_a_deadlock(void)
{
	begin();
	close_cycle();
	start_actors(false);
	viz_observer_poll(observer);
	CU_ASSERT_EQUAL(told_count, 0);
	viz_observer_poll(observer);
	CU_ASSERT_EQUAL_FATAL(told_count, 1);
	CU_ASSERT_EQUAL(told->count, 2);
	CU_ASSERT_FALSE(told->is_gone);
	CU_ASSERT_FALSE(told->is_frozen);
	CU_ASSERT_EQUAL(told->steps[0].thread.serial, 1);
	CU_ASSERT_EQUAL(told->steps[0].holds.instance, LDL_SAMPLE_A);
	CU_ASSERT_EQUAL(told->steps[0].wants.instance, LDL_SAMPLE_B);
	CU_ASSERT_EQUAL(told->steps[1].holds.instance, LDL_SAMPLE_B);
	CU_ASSERT_EQUAL(told->steps[1].wants.instance, LDL_SAMPLE_A);
	viz_observer_poll(observer);
	CU_ASSERT_EQUAL(told_count, 1);
	CU_ASSERT_EQUAL(stall_count, 0);
	stop_actors();
	end();
}

/* Of threads that run, many looks must say the same. */
static void one_of_threads_that_run_is_in_doubt_for_a_while(void)
{
	unsigned int polls = 2;

	begin();
	close_cycle();
	start_actors(true);
	viz_observer_poll(observer);
	viz_observer_poll(observer);
	CU_ASSERT_EQUAL(told_count, 0);
	CU_ASSERT_TRUE(viz_observer_is_in_doubt(observer));
	for (; !told_count && polls < 200; polls++) {
		rest();
		viz_observer_poll(observer);
	}
	CU_ASSERT_EQUAL(told_count, 1);
	CU_ASSERT_FALSE(viz_observer_is_in_doubt(observer));
	stop_actors();
	end();
}

static void a_look_that_shows_two_holders_proves_nothing(void)
{
	struct ldl_held *both;

	begin();
	close_cycle();
	/* Both hold a third lock, exclusively. */
	for (ldl_thread_id id = 1; id <= 2; id++) {
		struct ldl_thread_record *thread = thread_at(id);

		both = ldl_held_at(&arena, thread->held_first);
		both[2] = both[1];
		both[1] = both[0];
		both[1].addr = 0x9000;
		thread->depth = 3 | LDL_WANTED;
	}
	start_actors(false);
	viz_observer_poll(observer);
	viz_observer_poll(observer);
	viz_observer_poll(observer);
	CU_ASSERT_EQUAL(told_count, 0);
	stop_actors();
	end();
}

static void a_process_that_has_ended_needs_one_look(void)
{
	begin();
	close_cycle();
	end_process();
	viz_observer_poll(observer);
	CU_ASSERT_EQUAL_FATAL(told_count, 1);
	CU_ASSERT_TRUE(told->is_frozen);
	end();
}

static void a_holder_that_has_ended_is_told_unless_the_process_went_on_to_its_exit(void)
{
	begin();
	thread_at(LDL_SAMPLE_OTHER)->state = LDL_THREAD_EXITING;
	end_process();
	viz_observer_poll(observer);
	CU_ASSERT_EQUAL_FATAL(told_count, 1);
	CU_ASSERT_TRUE(told->is_gone);
	CU_ASSERT_EQUAL(told->steps[1].thread.serial, 2);
	end();
	begin();
	thread_at(LDL_SAMPLE_OTHER)->state = LDL_THREAD_EXITING;
	arena.header->state = LDL_STATE_EXITED;
	end_process();
	viz_observer_poll(observer);
	CU_ASSERT_EQUAL(told_count, 0);
	end();
}

static void a_thread_that_the_kernel_does_not_know_has_ended(void)
{
	begin();
	start_actors(false);
	sem_post(&actors[1].end);
	pthread_join(actors[1].thread, NULL);
	viz_observer_poll(observer);
	for (unsigned int polls = 0; !told_count && polls < 200; polls++) {
		rest();
		viz_observer_poll(observer);
	}
	CU_ASSERT_EQUAL_FATAL(told_count, 1);
	CU_ASSERT_TRUE(told->is_gone);
	CU_ASSERT_EQUAL(told->steps[1].holds.instance, LDL_SAMPLE_B);
	sem_post(&actors[0].end);
	pthread_join(actors[0].thread, NULL);
	end();
}

static struct viz_run *run_of(void *context, const void *id)
{
	return context;
}

/* Makes a finding of what was told last, in a run that is read now, and prints it nowhere. */
static void show_told(void)
{
	char path[64], error[512], title[1200];
	FILE *nowhere = fopen("/dev/null", "w");
	struct viz_run *run;
	ldl_finding_id id;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (told && nowhere && viz_run_open(&run, path, error, sizeof(error)) == LDL_OK) {
		id = viz_deadlock_add(run, told, run_of, run);
		/* 0: a table that makes no sense was emptied, and has no room. */
		if (id)
			CU_ASSERT_NOT_EQUAL(*viz_finding_title(run, id, title, sizeof(title)), 0);
		viz_run_set_view(run, (struct viz_view){.all = true});
		viz_text_run(nowhere, run, &(struct viz_text_options){.colour = false});
		viz_json_run(nowhere, run, &(struct viz_json_options){.inventory = true});
		viz_run_close(run);
	}
	if (nowhere)
		fclose(nowhere);
	free(told);
	told = NULL;
}

/* Whatever the file holds, polls end and hurt nobody, and so do the findings that come of them; to
 * be run with the sanitizers. Half of the files are live, which needs two polls, half are not. */
static void an_observer_survives_any_content(void)
{
	struct ldl_random random = ldl_random_make(0x0b5e);
	unsigned int findings = 0;

	for (unsigned int i = 0; i < DAMAGES * ldl_random_effort(); i++) {
		begin();
		close_cycle();
		(void)ldl_damage_bytes(&random, arena.base, LDL_SAMPLE_SIZE);
		if (i % 2)
			end_process();
		for (unsigned int polls = 0; polls < 1 + i % 3; polls++)
			viz_observer_poll(observer);
		findings += told_count;
		show_told();
		end();
	}
	CU_ASSERT_TRUE(findings > 0);
}

LDL_SUITE(observer)
{
	LDL_TEST(a_wish_that_is_the_same_twice_is_a_wait);
	LDL_TEST(one_that_changed_in_between_is_none);
	LDL_TEST(a_wait_for_a_condition_is_no_contention);
	LDL_TEST(figures_begin_anew_when_they_are_reset);
	LDL_TEST(a_long_wait_names_who_holds_the_lock);
	LDL_TEST(a_cycle_of_threads_that_sleep_is_a_deadlock);
	LDL_TEST(one_of_threads_that_run_is_in_doubt_for_a_while);
	LDL_TEST(a_look_that_shows_two_holders_proves_nothing);
	LDL_TEST(a_process_that_has_ended_needs_one_look);
	LDL_TEST(a_holder_that_has_ended_is_told_unless_the_process_went_on_to_its_exit);
	LDL_TEST(a_thread_that_the_kernel_does_not_know_has_ended);
	LDL_TEST(an_observer_survives_any_content);
}
