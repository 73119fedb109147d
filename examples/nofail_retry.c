/* Four ways to insist on memory, and what is wrong with each.
 *
 * Source: rules B6 to B9; the mails of October 2021 on __GFP_NOFAIL and on loops around
 * allocations: no large blocks that must not fail, and one way to wait before another try.
 *
 *	make_table()	wants 64 KiB in one piece that must not fail		B6
 *	start_thread()	asks again at once, each time it fails			B7
 *	start_timer()	the same with a mask that does not let it sleep		B8
 *	grow_log()	waits for memory with the lock that freeing needs	B9
 *
 * expect: warning B6 make_table
 * expect: warning B7 start_thread
 * expect: error B8 start_timer
 * expect: error B9 grow_log shrink_log
 * expect (--repaired): clean
 * picture: octagon reclaim.fs
 *
 * Failures are put in here, three for each request, since memory does not run short on demand. The
 * repaired twin takes the table from kvmalloc(), and between two tries goes through
 * memalloc_retry_wait(), with no lock held. */
#include <stdio.h>
#include <string.h>

#include <lockdep_lite/kernel.h>

enum { TABLE_SIZE = 65536, THREAD_SIZE = 700, TIMER_SIZE = 60, LOG_SIZE = 900, FAILURES = 3 };

static DEFINE_MUTEX(log_lock); /* of the log */
static void *log_tail;         /* what is not written yet */
static int failures_left;
static bool is_repaired;

static bool fail_some(struct kmem_cache *cache, size_t size, gfp_t gfp)
{
	return failures_left && failures_left--;
}

static void *make_table(void)
{
	if (is_repaired)
		return kvmalloc(TABLE_SIZE, GFP_KERNEL);
	return kmalloc(TABLE_SIZE, GFP_KERNEL | __GFP_NOFAIL);
}

static void *start_thread(void)
{
	void *thread;

	while (!(thread = kmalloc(THREAD_SIZE, GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN))) {
		if (is_repaired)
			memalloc_retry_wait(GFP_KERNEL | __GFP_NORETRY);
	}
	return thread;
}

static void *start_timer(void)
{
	void *timer;

	while (!(timer = kmalloc(TIMER_SIZE, GFP_NOWAIT))) {
		if (is_repaired)
			memalloc_retry_wait(GFP_NOWAIT);
	}
	return timer;
}

/* The log's lock must be held from the look at its end to its growth. */
static void grow_log(void)
{
	void *piece;

	mutex_lock(&log_lock);
	while (!(piece = kmalloc(LOG_SIZE, GFP_NOWAIT))) {
		if (is_repaired)
			mutex_unlock(&log_lock);
		memalloc_retry_wait(GFP_KERNEL);
		if (is_repaired)
			mutex_lock(&log_lock);
	}
	kfree(log_tail);
	log_tail = piece;
	mutex_unlock(&log_lock);
}

static unsigned long count_log(struct shrinker *shrinker, struct shrink_control *sc)
{
	return READ_ONCE(log_tail) != NULL;
}

/* Written logs can go when memory is short. */
static unsigned long shrink_log(struct shrinker *shrinker, struct shrink_control *sc)
{
	unsigned long freed;

	mutex_lock(&log_lock);
	freed = log_tail != NULL;
	kfree(log_tail);
	log_tail = NULL;
	mutex_unlock(&log_lock);
	return freed;
}

static void *with_failures(void *(*request)(void))
{
	failures_left = FAILURES;
	return request();
}

int main(int argc, char **argv)
{
	struct shrinker *shrinker = shrinker_alloc(0, "log");
	void *table, *thread, *timer;

	is_repaired = argc > 1 && !strcmp(argv[1], "--repaired");
	if (!shrinker)
		return 1;
	shrinker->count_objects = count_log;
	shrinker->scan_objects = shrink_log;
	shrinker_register(shrinker);
	ldlk_faults.should_failslab = fail_some;

	table = make_table();
	thread = with_failures(start_thread);
	timer = with_failures(start_timer);
	failures_left = 0;
	grow_log();
	drop_slab(); /* somebody else is short of memory */
	failures_left = FAILURES;
	grow_log();

	puts("all that had to be there is there");
	kvfree(table);
	kfree(thread);
	kfree(timer);
	shrinker_free(shrinker);
	return 0;
}
