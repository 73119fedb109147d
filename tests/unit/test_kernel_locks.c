/* The kernel-style header's locks as locks: they exclude each other, tries tell the truth, waits
 * end by time and by signal. What is checked about them is in the files test_kernel_locks_*. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include <lockdep_lite/kernel.h>
#include "tests/support/suite.h"

#define THREADS 4
#define TURNS   4000

static DEFINE_MUTEX(mutex);
static DEFINE_SPINLOCK(spin);
static DEFINE_RAW_SPINLOCK(raw_spin);
static DEFINE_RWLOCK(rwlock);
static DECLARE_RWSEM(rwsem);
static DEFINE_RT_MUTEX(rt_mutex);
static DEFINE_SEMAPHORE(semaphore, 1);
static DEFINE_SEQLOCK(seqlock);
static DEFINE_WW_CLASS(ww_class);
static DEFINE_WW_MUTEX(ww_mutex, &ww_class);
static local_lock_t shared_local = INIT_LOCAL_LOCK(shared_local);

/* Each of them around one step of what follows. */
struct family {
	const char *name;
	void (*lock)(void);
	void (*unlock)(void);
};

#define FAMILY(id, take, drop)                                                                     \
	static void lock_##id(void)                                                                \
	{                                                                                          \
		take;                                                                              \
	}                                                                                          \
	static void unlock_##id(void)                                                              \
	{                                                                                          \
		drop;                                                                              \
	}

static __thread unsigned long flags;

FAMILY(mutex, mutex_lock(&mutex), mutex_unlock(&mutex))
FAMILY(mutex_killable, CU_ASSERT_FALSE(mutex_lock_killable(&mutex)), mutex_unlock(&mutex))
FAMILY(spin, spin_lock(&spin), spin_unlock(&spin))
FAMILY(spin_irq, spin_lock_irq(&spin), spin_unlock_irq(&spin))
FAMILY(spin_irqsave, spin_lock_irqsave(&spin, flags), spin_unlock_irqrestore(&spin, flags))
FAMILY(spin_bh, spin_lock_bh(&spin), spin_unlock_bh(&spin))
FAMILY(raw_spin, raw_spin_lock(&raw_spin), raw_spin_unlock(&raw_spin))
FAMILY(write, write_lock(&rwlock), write_unlock(&rwlock))
FAMILY(write_irqsave, write_lock_irqsave(&rwlock, flags), write_unlock_irqrestore(&rwlock, flags))
FAMILY(rwsem, down_write(&rwsem), up_write(&rwsem))
FAMILY(rt_mutex, rt_mutex_lock(&rt_mutex), rt_mutex_unlock(&rt_mutex))
FAMILY(semaphore, down(&semaphore), up(&semaphore))
FAMILY(seqlock, write_seqlock(&seqlock), write_sequnlock(&seqlock))
FAMILY(ww_mutex, CU_ASSERT_FALSE(ww_mutex_lock(&ww_mutex, NULL)), ww_mutex_unlock(&ww_mutex))
FAMILY(local, local_lock(&shared_local), local_unlock(&shared_local))

#define ENTRY(id)                                                                                  \
	{                                                                                          \
#id, lock_##id, unlock_##id                                                        \
	}
static const struct family families[] = {
	ENTRY(mutex),
	ENTRY(mutex_killable),
	ENTRY(spin),
	ENTRY(spin_irq),
	ENTRY(spin_irqsave),
	ENTRY(spin_bh),
	ENTRY(raw_spin),
	ENTRY(write),
	ENTRY(write_irqsave),
	ENTRY(rwsem),
	ENTRY(rt_mutex),
	ENTRY(semaphore),
	ENTRY(seqlock),
	ENTRY(ww_mutex),
	ENTRY(local),
};

static int guarded[2];

static void *count_up(void *argument)
{
	const struct family *family = (const struct family *)argument;

	for (int i = 0; i < TURNS; i++) {
		family->lock();
		guarded[0]++;
		if (i % 64 == 0)
			sched_yield();
		guarded[1]++;
		family->unlock();
	}
	return NULL;
}

static void run_threads(void *(*function)(void *), const void *argument)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		CU_ASSERT_FALSE_FATAL(
			pthread_create(&threads[i], NULL, function, (void *)(uintptr_t)argument));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void each_lock_excludes_other_threads(void)
{
	lockdep_reset();
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		guarded[0] = guarded[1] = 0;
		run_threads(count_up, &families[i]);
		if (guarded[0] != THREADS * TURNS || guarded[1] != THREADS * TURNS)
			printf("%s does not exclude\n", families[i].name);
		CU_ASSERT_EQUAL(guarded[0], THREADS * TURNS);
		CU_ASSERT_EQUAL(guarded[1], THREADS * TURNS);
	}
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
}

/* Readers never see a writer's half-done work, and many of them are in at once. */
static int torn, readers_at_once_max, readers_now;

static void read_once(void)
{
	int now = __atomic_add_fetch(&readers_now, 1, __ATOMIC_SEQ_CST);

	if (now > __atomic_load_n(&readers_at_once_max, __ATOMIC_SEQ_CST))
		__atomic_store_n(&readers_at_once_max, now, __ATOMIC_SEQ_CST);
	sched_yield();
	if (guarded[0] != guarded[1])
		__atomic_store_n(&torn, 1, __ATOMIC_SEQ_CST);
	__atomic_sub_fetch(&readers_now, 1, __ATOMIC_SEQ_CST);
}

static void *read_and_write_rwlock(void *unused)
{
	for (int i = 0; i < TURNS; i++) {
		if (i % 16 == 0) {
			write_lock(&rwlock);
			guarded[0]++;
			guarded[1]++;
			write_unlock(&rwlock);
		} else {
			read_lock(&rwlock);
			read_once();
			read_unlock(&rwlock);
		}
	}
	return unused;
}

static void *read_and_write_rwsem(void *unused)
{
	for (int i = 0; i < TURNS; i++) {
		if (i % 16 == 0) {
			down_write(&rwsem);
			guarded[0]++;
			guarded[1]++;
			downgrade_write(&rwsem);
			read_once();
			up_read(&rwsem);
		} else {
			down_read(&rwsem);
			read_once();
			up_read(&rwsem);
		}
	}
	return unused;
}

static void readers_share_and_see_whole_writes(void)
{
	void *(*const functions[])(void *) = {read_and_write_rwlock, read_and_write_rwsem};

	lockdep_reset();
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		guarded[0] = guarded[1] = torn = readers_at_once_max = 0;
		run_threads(functions[i], NULL);
		CU_ASSERT_EQUAL(torn, 0);
		CU_ASSERT_EQUAL(guarded[0], THREADS * (TURNS / 16));
		CU_ASSERT(readers_at_once_max > 1);
	}
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
}

static unsigned int sequence_words[2];

static void *write_seqlocked(void *unused)
{
	for (unsigned int i = 0; i < TURNS; i++) {
		write_seqlock(&seqlock);
		WRITE_ONCE(sequence_words[0], sequence_words[0] + 1);
		WRITE_ONCE(sequence_words[1], sequence_words[1] + 1);
		write_sequnlock(&seqlock);
	}
	return unused;
}

static void *read_seqlocked(void *unused)
{
	unsigned int at, first, second;

	for (int i = 0; i < TURNS; i++) {
		do {
			at = read_seqbegin(&seqlock);
			first = READ_ONCE(sequence_words[0]);
			second = READ_ONCE(sequence_words[1]);
		} while (read_seqretry(&seqlock, at));
		if (first != second)
			__atomic_store_n(&torn, 1, __ATOMIC_SEQ_CST);
	}
	return unused;
}

static void a_sequence_reader_sees_whole_writes(void)
{
	pthread_t writer;

	lockdep_reset();
	torn = 0;
	CU_ASSERT_FALSE_FATAL(pthread_create(&writer, NULL, write_seqlocked, NULL));
	run_threads(read_seqlocked, NULL);
	pthread_join(writer, NULL);
	CU_ASSERT_EQUAL(torn, 0);
	CU_ASSERT_EQUAL(sequence_words[0], TURNS);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
}

/* In another thread, while this one holds them all. */
static void *try_all(void *expected)
{
	int is_free = *(int *)expected;

	CU_ASSERT_EQUAL(mutex_trylock(&mutex), is_free);
	CU_ASSERT_EQUAL(spin_trylock(&spin), is_free);
	CU_ASSERT_EQUAL(raw_spin_trylock(&raw_spin), is_free);
	CU_ASSERT_EQUAL(rt_mutex_trylock(&rt_mutex), is_free);
	CU_ASSERT_EQUAL(write_trylock(&rwlock), is_free);
	CU_ASSERT_EQUAL(down_write_trylock(&rwsem), is_free);
	CU_ASSERT_EQUAL(ww_mutex_trylock(&ww_mutex, NULL), is_free);
	CU_ASSERT_EQUAL(down_trylock(&semaphore), !is_free);
	CU_ASSERT_EQUAL(local_trylock(&shared_local), is_free);
	if (is_free) {
		local_unlock(&shared_local);
		up(&semaphore);
		ww_mutex_unlock(&ww_mutex);
		up_write(&rwsem);
		write_unlock(&rwlock);
		rt_mutex_unlock(&rt_mutex);
		raw_spin_unlock(&raw_spin);
		spin_unlock(&spin);
		mutex_unlock(&mutex);
	}
	return NULL;
}

static void ask_elsewhere(int expected)
{
	pthread_t thread;

	CU_ASSERT_FALSE_FATAL(pthread_create(&thread, NULL, try_all, &expected));
	pthread_join(thread, NULL);
}

static void a_try_says_whether_the_lock_was_free(void)
{
	lockdep_reset();
	ask_elsewhere(1);
	down(&semaphore);
	CU_ASSERT_FALSE(ww_mutex_lock(&ww_mutex, NULL));
	down_read(&rwsem);
	mutex_lock(&mutex);
	rt_mutex_lock(&rt_mutex);
	read_lock(&rwlock);
	local_lock(&shared_local);
	spin_lock(&spin);
	raw_spin_lock(&raw_spin);
	CU_ASSERT_TRUE(mutex_is_locked(&mutex) && spin_is_locked(&spin) && rwsem_is_locked(&rwsem));
	ask_elsewhere(0);
	raw_spin_unlock(&raw_spin);
	spin_unlock(&spin);
	local_unlock(&shared_local);
	read_unlock(&rwlock);
	rt_mutex_unlock(&rt_mutex);
	mutex_unlock(&mutex);
	up_read(&rwsem);
	ww_mutex_unlock(&ww_mutex);
	up(&semaphore);
	CU_ASSERT_FALSE(
		mutex_is_locked(&mutex) || spin_is_locked(&spin) || rwsem_is_locked(&rwsem));
	ask_elsewhere(1);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
}

static void ignore_signal(int number)
{
	(void)number;
}

static int has_given_up;

static void *wait_interruptibly(void *argument)
{
	int *results = (int *)argument;

	results[0] = mutex_lock_interruptible(&mutex);
	results[1] = down_read_interruptible(&rwsem);
	results[2] = rt_mutex_lock_interruptible(&rt_mutex);
	results[3] = down_interruptible(&semaphore);
	results[4] = down_write_interruptible(&rwsem);
	smp_store_release(&has_given_up, 1);
	return NULL;
}

static void an_interruptible_wait_ends_with_a_signal(void)
{
	struct sigaction action = {.sa_handler = ignore_signal}, before;
	int results[5] = {0};
	pthread_t thread;

	lockdep_reset();
	has_given_up = 0;
	down(&semaphore);
	down_write(&rwsem);
	mutex_lock(&mutex);
	rt_mutex_lock(&rt_mutex);
	sigaction(SIGUSR2, &action, &before);
	CU_ASSERT_FALSE_FATAL(pthread_create(&thread, NULL, wait_interruptibly, results));
	while (!smp_load_acquire(&has_given_up)) {
		pthread_kill(thread, SIGUSR2);
		usleep(1000);
	}
	pthread_join(thread, NULL);
	sigaction(SIGUSR2, &before, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(results); i++)
		CU_ASSERT_EQUAL(results[i], -EINTR);
	rt_mutex_unlock(&rt_mutex);
	mutex_unlock(&mutex);
	up_write(&rwsem);
	up(&semaphore);
	ask_elsewhere(1);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
}

static DECLARE_COMPLETION(never);
static DECLARE_WAIT_QUEUE_HEAD(queue);

static void a_timed_wait_ends_by_itself(void)
{
	unsigned long start = jiffies;

	lockdep_reset();
	down(&semaphore);
	CU_ASSERT_EQUAL(down_timeout(&semaphore, 5), -ETIME);
	CU_ASSERT_EQUAL(wait_for_completion_timeout(&never, 5), 0);
	CU_ASSERT_EQUAL(wait_event_timeout(queue, guarded[0] < 0, 5), 0);
	CU_ASSERT_EQUAL(schedule_timeout_interruptible(5), 0);
	CU_ASSERT(jiffies - start >= 20);
	up(&semaphore);
	CU_ASSERT_EQUAL(down_timeout(&semaphore, 1000), 0);
	up(&semaphore);
	complete(&never);
	CU_ASSERT(wait_for_completion_timeout(&never, 1000) > 0);
	CU_ASSERT(wait_event_timeout(queue, guarded[0] >= 0, 1000) > 0);
}

/* A sequence that would hang, with the switch for test suites: only then does this return. */
static void nothing_hangs_when_blocking_is_off(void)
{
	lockdep_reset();
	lockdep_no_block = 1;
	mutex_lock(&mutex);
	mutex_lock(&mutex);
	CU_ASSERT_EQUAL(mutex_trylock(&mutex), 0);
	down_read(&rwsem);
	down_write(&rwsem);
	wait_for_completion(&never);
	wait_event(queue, guarded[0] < 0);
	CU_ASSERT(ldl_finding_count() > 0);
	lockdep_no_block = 0;
	mutex_unlock(&mutex);
	up_read(&rwsem);
	lockdep_reset();
	ask_elsewhere(1);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
}

LDL_SUITE(kernel_locks)
{
	LDL_TEST(each_lock_excludes_other_threads);
	LDL_TEST(readers_share_and_see_whole_writes);
	LDL_TEST(a_sequence_reader_sees_whole_writes);
	LDL_TEST(a_try_says_whether_the_lock_was_free);
	LDL_TEST(an_interruptible_wait_ends_with_a_signal);
	LDL_TEST(a_timed_wait_ends_by_itself);
	LDL_TEST(nothing_hangs_when_blocking_is_off);
}
