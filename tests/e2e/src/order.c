/* Lock orders between static mutexes: who closes a cycle, who does not, and over which path. */
#define _GNU_SOURCE
#include "turns.h"

static pthread_mutex_t lock_a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t lock_b = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t lock_c = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static pthread_mutex_t ring[1000]; /* all zero: each element is a static mutex of its own */
static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static pthread_rwlock_t other = PTHREAD_RWLOCK_INITIALIZER;
static pthread_rwlock_t fair = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
static pthread_spinlock_t spin;
static int ring_size;

static void nest(pthread_mutex_t *first, pthread_mutex_t *second)
{
	pthread_mutex_lock(first);
	pthread_mutex_lock(second);
	pthread_mutex_unlock(second);
	pthread_mutex_unlock(first);
}

__attribute__((noinline)) static void take_a_then_b(int index)
{
	pthread_mutex_lock(&lock_a);
	pthread_mutex_lock(&lock_b);
	pthread_mutex_unlock(&lock_b);
	pthread_mutex_unlock(&lock_a);
}

__attribute__((noinline)) static void take_b_then_a(int index)
{
	pthread_mutex_lock(&lock_b);
	pthread_mutex_lock(&lock_a);
	pthread_mutex_unlock(&lock_a);
	pthread_mutex_unlock(&lock_b);
}

static void abba(void)
{
	turns_two(take_a_then_b, take_b_then_a);
}

/* The same cycle met a thousand times, from many threads: one finding. */
static void abba_often(void)
{
	for (int i = 0; i < 10; i++)
		for (int k = 0; k < 20; k++)
			turns_two(take_a_then_b, take_b_then_a);
}

static void same_order(void)
{
	turns_two(take_a_then_b, take_a_then_b);
}

static void b_then_c(int index)
{
	nest(&lock_b, &lock_c);
}

static void c_then_a(int index)
{
	nest(&lock_c, &lock_a);
}

static void three_threads(void)
{
	const turns_act acts[] = {take_a_then_b, b_then_c, c_then_a};

	turns_take(3, acts, NULL);
}

static void take_ring_pair(int index)
{
	nest(&ring[index], &ring[(index + 1) % ring_size]);
}

static void ring_of_20(void)
{
	ring_size = 20;
	turns_take(ring_size, NULL, take_ring_pair);
}

static void ring_of_1000(void)
{
	ring_size = 1000;
	turns_take(ring_size, NULL, take_ring_pair);
}

static void try_a_then_b(int index)
{
	if (pthread_mutex_trylock(&lock_a) != 0)
		return;
	pthread_mutex_lock(&lock_b);
	pthread_mutex_unlock(&lock_b);
	pthread_mutex_unlock(&lock_a);
}

static void a_then_try_b(int index)
{
	pthread_mutex_lock(&lock_a);
	if (pthread_mutex_trylock(&lock_b) == 0)
		pthread_mutex_unlock(&lock_b);
	pthread_mutex_unlock(&lock_a);
}

static void trylock_first(void)
{
	turns_two(try_a_then_b, take_b_then_a);
}

static void trylock_second(void)
{
	turns_two(a_then_try_b, take_b_then_a);
}

static void read_table_then_a(int index)
{
	pthread_rwlock_rdlock(&table);
	nest(&lock_a, &lock_c);
	pthread_rwlock_unlock(&table);
}

static void a_then_write_table(int index)
{
	pthread_mutex_lock(&lock_a);
	pthread_rwlock_wrlock(&table);
	pthread_rwlock_unlock(&table);
	pthread_mutex_unlock(&lock_a);
}

static void a_then_read_table(int index)
{
	pthread_mutex_lock(&lock_a);
	pthread_rwlock_rdlock(&table);
	pthread_rwlock_unlock(&table);
	pthread_mutex_unlock(&lock_a);
}

static void writer_against_reader(void)
{
	turns_two(read_table_then_a, a_then_write_table);
}

/* The readers pass one another, so neither waits for the other's read. */
static void reader_against_reader(void)
{
	turns_two(read_table_then_a, a_then_read_table);
}

static void read_both(pthread_rwlock_t *first, pthread_rwlock_t *second)
{
	pthread_rwlock_rdlock(first);
	pthread_rwlock_rdlock(second);
	pthread_rwlock_unlock(second);
	pthread_rwlock_unlock(first);
}

static void read_table_then_other(int index)
{
	read_both(&table, &other);
}

static void read_other_then_table(int index)
{
	read_both(&other, &table);
}

static void readers_only(void)
{
	turns_two(read_table_then_other, read_other_then_table);
}

static void read_fair_then_a(int index)
{
	pthread_rwlock_rdlock(&fair);
	pthread_mutex_lock(&lock_a);
	pthread_mutex_unlock(&lock_a);
	pthread_rwlock_unlock(&fair);
}

static void a_then_read_fair(int index)
{
	pthread_mutex_lock(&lock_a);
	pthread_rwlock_rdlock(&fair);
	pthread_rwlock_unlock(&fair);
	pthread_mutex_unlock(&lock_a);
}

/* A writer that arrives between them stops the second reader: that is a deadlock. */
static void fair_readers(void)
{
	turns_two(read_fair_then_a, a_then_read_fair);
}

static void spin_then_a(int index)
{
	pthread_spin_lock(&spin);
	pthread_mutex_lock(&lock_a);
	pthread_mutex_unlock(&lock_a);
	pthread_spin_unlock(&spin);
}

static void a_then_spin(int index)
{
	pthread_mutex_lock(&lock_a);
	pthread_spin_lock(&spin);
	pthread_spin_unlock(&spin);
	pthread_mutex_unlock(&lock_a);
}

static void through_a_spin_lock(void)
{
	pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
	turns_two(spin_then_a, a_then_spin);
}

static void a_b_c_then_destroy_b(int index)
{
	pthread_mutex_lock(&lock_a);
	pthread_mutex_lock(&lock_b);
	pthread_mutex_lock(&lock_c);
	pthread_mutex_unlock(&lock_c);
	pthread_mutex_unlock(&lock_b);
	pthread_mutex_unlock(&lock_a);
	pthread_mutex_destroy(&lock_b);
}

static void destroyed_in_the_middle(void)
{
	turns_two(a_b_c_then_destroy_b, c_then_a);
}

/* Two locks one after the other at one address, made by different lines: not one lock. */
static void *reused_memory;

static void a_then_first_life(int index)
{
	pthread_mutex_t *lock = (pthread_mutex_t *)reused_memory;

	pthread_mutex_init(lock, NULL);
	nest(&lock_a, lock);
	pthread_mutex_destroy(lock);
}

static void second_life_then_a(int index)
{
	pthread_mutex_t *lock = (pthread_mutex_t *)reused_memory;

	pthread_mutex_init(lock, NULL);
	nest(lock, &lock_a);
	pthread_mutex_destroy(lock);
}

static void reused_address(void)
{
	reused_memory = malloc(sizeof(pthread_mutex_t));
	turns_two(a_then_first_life, second_life_then_a);
	free(reused_memory);
}

/* a is let go before c is taken: b -> c it is, never a -> c. */
static void chain_walk(int index)
{
	pthread_mutex_lock(&lock_a);
	pthread_mutex_lock(&lock_b);
	pthread_mutex_unlock(&lock_a);
	pthread_mutex_lock(&lock_c);
	pthread_mutex_unlock(&lock_b);
	pthread_mutex_unlock(&lock_c);
}

static void c_then_b(int index)
{
	nest(&lock_c, &lock_b);
}

static void out_of_order_unlock(void)
{
	turns_two(chain_walk, c_then_b);
}

/* b is only tried, so a -> b is no wait, and a is gone when c is waited for. */
static void a_try_b_let_a_go_then_c(int index)
{
	pthread_mutex_lock(&lock_a);
	if (pthread_mutex_trylock(&lock_b) != 0)
		exit(3);
	pthread_mutex_unlock(&lock_a);
	pthread_mutex_lock(&lock_c);
	pthread_mutex_unlock(&lock_c);
	pthread_mutex_unlock(&lock_b);
}

static void out_of_order_unlock_silent(void)
{
	turns_two(a_try_b_let_a_go_then_c, c_then_a);
}

static void relock_under_a(int index)
{
	pthread_mutex_lock(&recursive);
	pthread_mutex_lock(&lock_a);
	pthread_mutex_lock(&recursive);
	pthread_mutex_unlock(&recursive);
	pthread_mutex_unlock(&lock_a);
	pthread_mutex_unlock(&recursive);
}

static void recursive_relock(void)
{
	turns_two(relock_under_a, relock_under_a);
}

/* Released once too few, the recursive lock is still held when a is taken. */
static void a_then_recursive(int index)
{
	pthread_mutex_lock(&lock_a);
	pthread_mutex_lock(&recursive);
	pthread_mutex_unlock(&recursive);
	pthread_mutex_unlock(&lock_a);
}

static void half_released_then_a(int index)
{
	pthread_mutex_lock(&recursive);
	pthread_mutex_lock(&recursive);
	pthread_mutex_unlock(&recursive);
	pthread_mutex_lock(&lock_a);
	pthread_mutex_unlock(&lock_a);
	pthread_mutex_unlock(&recursive);
}

static void recursive_half_released(void)
{
	turns_two(a_then_recursive, half_released_then_a);
}

/* Two cycles that share one edge are two findings. */
static void a_b_then_c(int index)
{
	pthread_mutex_lock(&lock_a);
	nest(&lock_b, &lock_c);
	pthread_mutex_unlock(&lock_a);
}

static void two_cycles(void)
{
	const turns_act acts[] = {a_b_then_c, take_b_then_a, c_then_a};

	turns_take(3, acts, NULL);
}

/* All locks are taken through one function, and a is known from elsewhere before it is nested. */
__attribute__((noinline)) static void wrapped_lock(pthread_mutex_t *lock)
{
	pthread_mutex_lock(lock);
	__asm__ volatile("");
}

__attribute__((noinline)) static void other_user_of_both(int index)
{
	wrapped_lock(&lock_a);
	pthread_mutex_unlock(&lock_a);
	wrapped_lock(&lock_b);
	pthread_mutex_unlock(&lock_b);
}

__attribute__((noinline)) static void nest_a_b_wrapped(int index)
{
	wrapped_lock(&lock_a);
	wrapped_lock(&lock_b);
	pthread_mutex_unlock(&lock_b);
	pthread_mutex_unlock(&lock_a);
}

__attribute__((noinline)) static void nest_b_a_wrapped(int index)
{
	wrapped_lock(&lock_b);
	wrapped_lock(&lock_a);
	pthread_mutex_unlock(&lock_a);
	pthread_mutex_unlock(&lock_b);
}

static void wrapped(void)
{
	const turns_act acts[] = {other_user_of_both, nest_a_b_wrapped, nest_b_a_wrapped};

	turns_take(3, acts, NULL);
}

static const struct turns_case cases[] = {
	{"abba", abba},
	{"abba_often", abba_often},
	{"same_order", same_order},
	{"three_threads", three_threads},
	{"ring_of_20", ring_of_20},
	{"ring_of_1000", ring_of_1000},
	{"trylock_first", trylock_first},
	{"trylock_second", trylock_second},
	{"writer_against_reader", writer_against_reader},
	{"reader_against_reader", reader_against_reader},
	{"readers_only", readers_only},
	{"fair_readers", fair_readers},
	{"through_a_spin_lock", through_a_spin_lock},
	{"destroyed_in_the_middle", destroyed_in_the_middle},
	{"reused_address", reused_address},
	{"out_of_order_unlock", out_of_order_unlock},
	{"out_of_order_unlock_silent", out_of_order_unlock_silent},
	{"recursive_relock", recursive_relock},
	{"recursive_half_released", recursive_half_released},
	{"two_cycles", two_cycles},
	{"wrapped", wrapped},
};

TURNS_MAIN(cases)
