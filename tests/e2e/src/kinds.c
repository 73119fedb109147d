/* Mutex and rwlock kinds, and what their results mean: which return values are acquisitions. */
#define _GNU_SOURCE
#include "turns.h"
#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock_a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t lock_b = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t adaptive = PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP;
static pthread_mutex_t errorcheck = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static pthread_mutex_t *special; /* as a case makes it */
static pthread_mutex_t special_memory;

static void nest(pthread_mutex_t *first, pthread_mutex_t *second)
{
	pthread_mutex_lock(first);
	pthread_mutex_lock(second);
	pthread_mutex_unlock(second);
	pthread_mutex_unlock(first);
}

static struct timespec in_ms(clockid_t clock, long ms)
{
	struct timespec when;

	clock_gettime(clock, &when);
	when.tv_nsec += ms * 1000000;
	when.tv_sec += when.tv_nsec / 1000000000;
	when.tv_nsec %= 1000000000;
	return when;
}

static void special_then_a(int index)
{
	nest(special, &lock_a);
}

static void a_then_special(int index)
{
	nest(&lock_a, special);
}

static void both_orders(void)
{
	turns_two(special_then_a, a_then_special);
}

static void adaptive_abba(void)
{
	special = &adaptive;
	both_orders();
}

static void errorcheck_abba(void)
{
	special = &errorcheck;
	both_orders();
}

static void make_special(int protocol, int robust, int pshared, void *memory)
{
	pthread_mutexattr_t attr;

	special = (pthread_mutex_t *)memory;
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setprotocol(&attr, protocol);
	pthread_mutexattr_setrobust(&attr, robust);
	pthread_mutexattr_setpshared(&attr, pshared);
	printf("init says %d\n", pthread_mutex_init(special, &attr));
	pthread_mutexattr_destroy(&attr);
}

static void pi_abba(void)
{
	make_special(PTHREAD_PRIO_INHERIT, 0, 0, &special_memory);
	both_orders();
}

static void robust_abba(void)
{
	make_special(PTHREAD_PRIO_NONE, PTHREAD_MUTEX_ROBUST, 0, &special_memory);
	both_orders();
}

static void errorcheck_relock(void)
{
	pthread_mutex_lock(&errorcheck);
	printf("relock says %s\n", strerrorname_np(pthread_mutex_lock(&errorcheck)));
	pthread_mutex_unlock(&errorcheck);
	printf("unlock says %s\n", strerrorname_np(pthread_mutex_unlock(&errorcheck)));
}

/* Something else ends the hang: the program itself would not. */
static void about_to_hang(void)
{
	const char *seconds = getenv("LDL_TEST_HANG");

	alarm(seconds ? atoi(seconds) : 2);
	puts("about to hang");
	fflush(stdout);
}

static void self_deadlock(void)
{
	about_to_hang();
	pthread_mutex_lock(&lock_a);
	pthread_mutex_lock(&lock_a);
}

static pthread_barrier_t both_hold_one;

static void *grab_a_then_b(void *unused)
{
	pthread_mutex_lock(&lock_a);
	pthread_barrier_wait(&both_hold_one);
	pthread_mutex_lock(&lock_b);
	return NULL;
}

static void *grab_b_then_a(void *unused)
{
	pthread_mutex_lock(&lock_b);
	pthread_barrier_wait(&both_hold_one);
	pthread_mutex_lock(&lock_a);
	return NULL;
}

/* No rehearsal: the first time the order shows is the time it hangs. */
static void first_chance_deadlock(void)
{
	pthread_t first, second;

	about_to_hang();
	pthread_barrier_init(&both_hold_one, NULL, 2);
	pthread_create(&first, NULL, grab_a_then_b, NULL);
	pthread_create(&second, NULL, grab_b_then_a, NULL);
	pthread_join(first, NULL);
	pthread_join(second, NULL);
}

/* What timed out is not held: a -> b would be a lie. */
static void time_out_on_a_then_b(int index)
{
	struct timespec realtime = in_ms(CLOCK_REALTIME, 20);
	struct timespec monotonic = in_ms(CLOCK_MONOTONIC, 20);

	printf("timedlock says %s\n", strerrorname_np(pthread_mutex_timedlock(&lock_a, &realtime)));
	printf("clocklock says %s\n",
		strerrorname_np(pthread_mutex_clocklock(&lock_a, CLOCK_MONOTONIC, &monotonic)));
	pthread_mutex_lock(&lock_b);
	pthread_mutex_unlock(&lock_b);
}

static sem_t is_locked, may_unlock;

static void *hold_a(void *unused)
{
	pthread_mutex_lock(&lock_a);
	sem_post(&is_locked);
	sem_wait(&may_unlock);
	pthread_mutex_unlock(&lock_a);
	return NULL;
}

static void b_then_a(int index)
{
	nest(&lock_b, &lock_a);
}

static void let_go_then_b_then_a(int index)
{
	sem_post(&may_unlock);
	b_then_a(index);
}

static void timed_out(void)
{
	pthread_t holder;

	sem_init(&is_locked, 0, 0);
	sem_init(&may_unlock, 0, 0);
	pthread_create(&holder, NULL, hold_a, NULL);
	sem_wait(&is_locked);
	turns_two(time_out_on_a_then_b, let_go_then_b_then_a);
	pthread_join(holder, NULL);
}

static void b_then_timed_a(int index)
{
	struct timespec realtime = in_ms(CLOCK_REALTIME, 2000);

	pthread_mutex_lock(&lock_b);
	printf("timedlock says %d\n", pthread_mutex_timedlock(&lock_a, &realtime));
	pthread_mutex_unlock(&lock_a);
	pthread_mutex_unlock(&lock_b);
}

static void a_then_b(int index)
{
	nest(&lock_a, &lock_b);
}

/* The timed side gives up after a while: a stall, not a deadlock. */
static void timed_side(void)
{
	turns_two(a_then_b, b_then_timed_a);
}

/* A timed lock that succeeded is held like any other. */
static void clock_a_then_b(int index)
{
	struct timespec monotonic = in_ms(CLOCK_MONOTONIC, 2000);

	printf("clocklock says %d\n",
		pthread_mutex_clocklock(&lock_a, CLOCK_MONOTONIC, &monotonic));
	pthread_mutex_lock(&lock_b);
	pthread_mutex_unlock(&lock_b);
	pthread_mutex_unlock(&lock_a);
}

static void timed_first(void)
{
	turns_two(clock_a_then_b, b_then_a);
}

static void *die_with_special(void *unused)
{
	pthread_mutex_lock(special);
	return NULL;
}

static void orphan_special(void)
{
	pthread_t owner;

	make_special(PTHREAD_PRIO_NONE, PTHREAD_MUTEX_ROBUST, 0, &special_memory);
	pthread_create(&owner, NULL, die_with_special, NULL);
	pthread_join(owner, NULL);
}

static void inherit_special_then_a(int index)
{
	printf("lock says %s\n", strerrorname_np(pthread_mutex_lock(special)));
	printf("consistent says %d\n", pthread_mutex_consistent(special));
	pthread_mutex_lock(&lock_a);
	pthread_mutex_unlock(&lock_a);
	pthread_mutex_unlock(special);
}

/* EOWNERDEAD is an acquisition. */
static void owner_dead(void)
{
	orphan_special();
	turns_two(inherit_special_then_a, a_then_special);
}

static void fail_special_then_a(int index)
{
	printf("lock says %s\n", strerrorname_np(pthread_mutex_lock(special)));
	pthread_mutex_lock(&lock_a);
	pthread_mutex_unlock(&lock_a);
}

static void a_then_fail_special(int index)
{
	pthread_mutex_lock(&lock_a);
	printf("lock says %s\n", strerrorname_np(pthread_mutex_lock(special)));
	pthread_mutex_unlock(&lock_a);
}

/* ENOTRECOVERABLE is not: nothing is held, nothing waits. */
static void not_recoverable(void)
{
	orphan_special();
	printf("lock says %s\n", strerrorname_np(pthread_mutex_lock(special)));
	pthread_mutex_unlock(special);
	turns_two(fail_special_then_a, a_then_fail_special);
}

/* Both sides of a fork use one mutex; each side's arena is its own. */
static void pshared_across_fork(void)
{
	void *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t child;

	make_special(PTHREAD_PRIO_NONE, 0, PTHREAD_PROCESS_SHARED, shared);
	fflush(stdout);
	child = fork();
	for (int i = 0; i < 1000; i++)
		nest(&lock_a, special);
	if (child == 0)
		_exit(0);
	waitpid(child, &status, 0);
	printf("the child says %d\n", status);
	both_orders();
}

static void rwlock_results(void)
{
	struct timespec soon = in_ms(CLOCK_REALTIME, 20);
	struct timespec soon_monotonic = in_ms(CLOCK_MONOTONIC, 20);

	pthread_rwlock_wrlock(&table);
	printf("rdlock says %s\n", strerrorname_np(pthread_rwlock_rdlock(&table)));
	printf("tryrdlock says %s\n", strerrorname_np(pthread_rwlock_tryrdlock(&table)));
	printf("trywrlock says %s\n", strerrorname_np(pthread_rwlock_trywrlock(&table)));
	pthread_rwlock_unlock(&table);
	pthread_rwlock_rdlock(&table);
	printf("tryrdlock says %d\n", pthread_rwlock_tryrdlock(&table));
	pthread_rwlock_unlock(&table);
	printf("timedwrlock says %s\n", strerrorname_np(pthread_rwlock_timedwrlock(&table, &soon)));
	printf("clockwrlock says %s\n", strerrorname_np(pthread_rwlock_clockwrlock(
						&table, CLOCK_MONOTONIC, &soon_monotonic)));
	printf("timedrdlock says %d\n", pthread_rwlock_timedrdlock(&table, &soon));
	pthread_rwlock_unlock(&table);
	printf("clockrdlock says %d\n",
		pthread_rwlock_clockrdlock(&table, CLOCK_MONOTONIC, &soon_monotonic));
	pthread_rwlock_unlock(&table);
	pthread_rwlock_unlock(&table);
	printf("trywrlock says %d\n", pthread_rwlock_trywrlock(&table));
	pthread_rwlock_unlock(&table);
}

static void lock_a_twice_unlocked_once(int index)
{
	pthread_mutex_lock(&lock_a);
	pthread_mutex_unlock(&lock_a);
	pthread_mutex_unlock(&lock_a);
}

static void double_unlock(void)
{
	turns_two(lock_a_twice_unlocked_once, a_then_b);
}

static void only_lock_a(int index)
{
	pthread_mutex_lock(&lock_a);
}

static void only_unlock_a(int index)
{
	pthread_mutex_unlock(&lock_a);
}

static void foreign_unlock(void)
{
	turns_two(only_lock_a, only_unlock_a);
}

static void init_while_held(void)
{
	pthread_mutex_lock(&special_memory);
	pthread_mutex_init(&special_memory, NULL);
}

static void destroy_while_held(void)
{
	pthread_mutex_lock(&lock_a);
	printf("destroy says %s\n", strerrorname_np(pthread_mutex_destroy(&lock_a)));
	pthread_mutex_unlock(&lock_a);
}

static const struct turns_case cases[] = {
	{"adaptive_abba", adaptive_abba},
	{"errorcheck_abba", errorcheck_abba},
	{"pi_abba", pi_abba},
	{"robust_abba", robust_abba},
	{"errorcheck_relock", errorcheck_relock},
	{"self_deadlock", self_deadlock},
	{"first_chance_deadlock", first_chance_deadlock},
	{"timed_out", timed_out},
	{"timed_side", timed_side},
	{"timed_first", timed_first},
	{"owner_dead", owner_dead},
	{"not_recoverable", not_recoverable},
	{"pshared_across_fork", pshared_across_fork},
	{"rwlock_results", rwlock_results},
	{"double_unlock", double_unlock},
	{"foreign_unlock", foreign_unlock},
	{"init_while_held", init_while_held},
	{"destroy_while_held", destroy_while_held},
};

TURNS_MAIN(cases)
