/* core/spin, core/sys and core/hash: one holder at a time, waits that end, errno left alone. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include "core/hash.h"
#include "core/spin.h"
#include "core/sys.h"
#include "tests/support/random.h"
#include "tests/support/suite.h"

#define CONTENDERS 4
#define TURNS      20000

static uint32_t word;
static unsigned long turns; /* under `word` */

static void *take_turns(void *may_wait)
{
	unsigned int i, done = 0;

	for (i = 0; i < TURNS; i++) {
		if (!ldl_spin_lock(&word, may_wait ? LDL_PATIENCE_SLEEP : LDL_PATIENCE_SPIN))
			continue;
		turns++;
		done++;
		ldl_spin_unlock(&word);
	}
	return (void *)(uintptr_t)done;
}

static unsigned long contend(void *may_wait)
{
	pthread_t threads[CONTENDERS];
	unsigned long sum = 0;
	unsigned int i;
	void *done;

	turns = 0;
	for (i = 0; i < CONTENDERS; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, take_turns, may_wait), 0);
	for (i = 0; i < CONTENDERS; i++) {
		pthread_join(threads[i], &done);
		sum += (uintptr_t)done;
	}
	CU_ASSERT_EQUAL(word, 0);
	return sum;
}

static void a_private_lock_lets_one_in_at_a_time(void)
{
	CU_ASSERT_EQUAL(contend(&word), CONTENDERS * TURNS);
	CU_ASSERT_EQUAL(turns, CONTENDERS * TURNS);
	CU_ASSERT_EQUAL(contend(NULL), turns);
}

static uint64_t elapsed_ms(enum ldl_patience patience)
{
	uint64_t start = ldl_sys_clock_ns(CLOCK_MONOTONIC);

	CU_ASSERT_FALSE(ldl_spin_lock(&word, patience));
	return (ldl_sys_clock_ns(CLOCK_MONOTONIC) - start) / 1000000;
}

static void nobody_waits_for_ever_for_a_holder_that_is_gone(void)
{
	CU_ASSERT_TRUE(ldl_spin_try(&word));
	CU_ASSERT_FALSE(ldl_spin_try(&word));
	CU_ASSERT_TRUE(elapsed_ms(LDL_PATIENCE_SLEEP) < 5000);
	CU_ASSERT_TRUE(elapsed_ms(LDL_PATIENCE_SPIN) < 1000);
	ldl_spin_unlock(&word);
	CU_ASSERT_TRUE(ldl_spin_try(&word));
	ldl_spin_unlock(&word);
}

static void *leave_locked(void *unused)
{
	return ldl_spin_try(&word) ? &word : NULL;
}

static void a_lock_is_taken_from_the_dead_only(void)
{
	pthread_t thread;
	void *locked;

	CU_ASSERT_FALSE(ldl_spin_disown(&word, 0, false));
	CU_ASSERT_TRUE(ldl_spin_try(&word));
	CU_ASSERT_FALSE(ldl_spin_disown(&word, 0, false));
	CU_ASSERT_TRUE(ldl_spin_disown(&word, 0, true));
	CU_ASSERT_EQUAL(word, 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, leave_locked, NULL), 0);
	pthread_join(thread, &locked);
	CU_ASSERT_PTR_NOT_NULL(locked);
	/* Joined a moment before the kernel forgets it. */
	while (ldl_sys_tgkill(ldl_sys_getpid(), (int)word, 0) == 0)
		;
	CU_ASSERT_FALSE(ldl_spin_disown(&word, 0, true));
	CU_ASSERT_TRUE(ldl_spin_disown(&word, LDL_SPIN_CLOSED, false));
	CU_ASSERT_EQUAL(word, LDL_SPIN_CLOSED);
	CU_ASSERT_FALSE(ldl_spin_disown(&word, 0, false));
	CU_ASSERT_TRUE(elapsed_ms(LDL_PATIENCE_SLEEP) < 40); /* not one nap */
	word = 0;
}

static void *wait_for_word(void *unused)
{
	return ldl_spin_lock(&word, LDL_PATIENCE_SLEEP) ? &word : NULL;
}

/* It gave the lock back while the waiter slept, to somebody else, and ended. */
static void an_owner_that_gave_back_and_ended_is_no_dead_one(void)
{
	pthread_t owner, waiter;
	void *locked;
	uint32_t seen;

	CU_ASSERT_EQUAL_FATAL(pthread_create(&owner, NULL, leave_locked, NULL), 0);
	pthread_join(owner, &locked);
	CU_ASSERT_PTR_NOT_NULL(locked);
	seen = word;
	while (ldl_sys_tgkill(ldl_sys_getpid(), (int)seen, 0) == 0)
		;
	CU_ASSERT_EQUAL_FATAL(pthread_create(&waiter, NULL, wait_for_word, NULL), 0);
	while (ldl_load_relaxed(&word) != (seen | LDL_SPIN_SLEEPERS))
		;
	ldl_store_release(&word, ldl_sys_own_tid() | LDL_SPIN_SLEEPERS); /* and wakes nobody */
	usleep(120000);                                                  /* two naps */
	ldl_spin_unlock(&word);
	pthread_join(waiter, &locked);
	CU_ASSERT_PTR_NOT_NULL(locked);
	CU_ASSERT_TRUE(word != 0);
	word = 0;
}

static volatile sig_atomic_t signalled;

static void note_signal(int number)
{
	signalled = signalled + 1;
}

static void signals_that_are_held_come_later(void)
{
	struct sigaction action = {.sa_handler = note_signal}, before;
	uint64_t mask;

	signalled = 0;
	sigaction(SIGUSR1, &action, &before);
	mask = ldl_sys_hold_signals(true);
	raise(SIGUSR1);
	CU_ASSERT_EQUAL(signalled, 0);
	ldl_sys_give_signals(ldl_sys_hold_signals(true)); /* one inside the other */
	CU_ASSERT_EQUAL(signalled, 0);
	ldl_sys_give_signals(mask);
	usleep(1000); /* sanitizers pass signals on when the program sleeps */
	CU_ASSERT_EQUAL(signalled, 1);
	mask = ldl_sys_hold_signals(false);
	raise(SIGUSR1);
	CU_ASSERT_EQUAL(signalled, 2);
	ldl_sys_give_signals(mask);
	sigaction(SIGUSR1, &before, NULL);
}

static void an_unmapped_word_cannot_be_read(void)
{
	uint64_t *page = ldl_sys_mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(page);
	CU_ASSERT_TRUE(ldl_sys_is_readable(page));
	CU_ASSERT_EQUAL(ldl_sys_munmap(page, 4096), 0);
	CU_ASSERT_FALSE(ldl_sys_is_readable(page));
}

static void system_calls_answer_without_errno(void)
{
	char text[64] = "", name[16];
	int fd, error = 0;

	errno = 4711;
	CU_ASSERT_EQUAL(ldl_sys_open("/nowhere/at/all", O_RDONLY, 0), -ENOENT);
	CU_ASSERT_EQUAL(ldl_sys_close(-1), -EBADF);
	CU_ASSERT_EQUAL(ldl_sys_getpid(), getpid());
	CU_ASSERT_EQUAL(ldl_sys_getppid(), getppid());
	CU_ASSERT_EQUAL(ldl_sys_gettid(), gettid());
	CU_ASSERT_EQUAL(ldl_sys_thread_name(name), 0);
	fd = ldl_sys_memfd_create("unit", MFD_CLOEXEC);
	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(ldl_sys_ftruncate(fd, 8192), 0);
	CU_ASSERT_EQUAL(ldl_sys_write(fd, "some text", 9), 9);
	CU_ASSERT_EQUAL(ldl_sys_pread(fd, text, sizeof(text), 5), (int64_t)sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "text");
	CU_ASSERT_EQUAL(ldl_sys_lseek(fd, 0, SEEK_END), 8192);
	CU_ASSERT_EQUAL(ldl_sys_close(fd), 0);
	CU_ASSERT_PTR_NULL(ldl_sys_mmap(NULL, 4096, PROT_READ, MAP_SHARED, -1, &error));
	CU_ASSERT_EQUAL(error, EBADF);
	CU_ASSERT_EQUAL(errno, 4711);
}

static void mapped_memory_can_be_used_and_given_back(void)
{
	char *bytes = ldl_sys_mmap(
		NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
	memset(bytes, 1, 8192);
	CU_ASSERT_EQUAL(ldl_sys_madvise(bytes, 8192, MADV_DONTNEED), 0);
	CU_ASSERT_EQUAL(bytes[4096], 0);
	CU_ASSERT_EQUAL(ldl_sys_munmap(bytes, 8192), 0);
}

static void a_limit_is_told_or_said_to_be_none(void)
{
	struct rlimit limit;

	CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_NOFILE, &limit), 0);
	CU_ASSERT_EQUAL(ldl_sys_rlimit(RLIMIT_NOFILE),
		limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur);
}

static void a_sleeper_on_a_changed_word_does_not_sleep(void)
{
	uint32_t changed = 1;
	uint64_t start = ldl_sys_clock_ns(CLOCK_MONOTONIC);

	CU_ASSERT_EQUAL(ldl_sys_futex_wait(&changed, 0, 2000000000u), -EAGAIN);
	CU_ASSERT_EQUAL(ldl_sys_futex_wait(&changed, 1, 1000000), -ETIMEDOUT);
	CU_ASSERT_TRUE(ldl_sys_clock_ns(CLOCK_MONOTONIC) - start < 1000000000u);
}

/* Addresses of locks come in runs of equal strides: their homes must not. */
static void hashed_strides_spread_over_the_upper_bits(void)
{
	static const unsigned int strides[] = {8, 16, 32, 48, 64, 96, 112, 128, 256, 4096};
	unsigned int s, i;

	for (s = 0; s < sizeof(strides) / sizeof(strides[0]); s++) {
		unsigned int used = 0;
		bool seen[1024] = {false};

		for (i = 0; i < 1024; i++) {
			unsigned int home =
				ldl_hash_address(0x7f0000000000ull + i * strides[s]) >> 22;

			used += !seen[home];
			seen[home] = true;
		}
		/* Random homes would use 1024 * (1 - 1/e) = 647 of them. */
		CU_ASSERT_TRUE(used > 400);
	}
}

static void hashes_tell_orders_and_lengths_apart(void)
{
	CU_ASSERT_NOT_EQUAL(
		ldl_hash_add(ldl_hash_add(0, 1), 2), ldl_hash_add(ldl_hash_add(0, 2), 1));
	CU_ASSERT_NOT_EQUAL(ldl_hash_add(0, 1), ldl_hash_add(ldl_hash_add(0, 1), 0));
	CU_ASSERT_NOT_EQUAL(ldl_hash_bytes("ab", 2), ldl_hash_bytes("ab", 3));
	CU_ASSERT_NOT_EQUAL(ldl_hash_bytes("ab", 2), ldl_hash_bytes("ba", 2));
	CU_ASSERT_EQUAL(ldl_hash_bytes("ab", 2), ldl_hash_bytes("abc", 2));
}

LDL_SUITE(machine)
{
	LDL_TEST(a_private_lock_lets_one_in_at_a_time);
	LDL_TEST(nobody_waits_for_ever_for_a_holder_that_is_gone);
	LDL_TEST(a_lock_is_taken_from_the_dead_only);
	LDL_TEST(an_owner_that_gave_back_and_ended_is_no_dead_one);
	LDL_TEST(signals_that_are_held_come_later);
	LDL_TEST(an_unmapped_word_cannot_be_read);
	LDL_TEST(system_calls_answer_without_errno);
	LDL_TEST(mapped_memory_can_be_used_and_given_back);
	LDL_TEST(a_limit_is_told_or_said_to_be_none);
	LDL_TEST(a_sleeper_on_a_changed_word_does_not_sleep);
	LDL_TEST(hashed_strides_spread_over_the_upper_bits);
	LDL_TEST(hashes_tell_orders_and_lengths_apart);
}
