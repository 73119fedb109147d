/* Gates: locks held around both sides of a cycle, and what only looks like one. */
#define _GNU_SOURCE
#include "verdicts.h"
#include <errno.h>
#include <time.h>

ACT(g_a_b, &gate, &lock_a, &lock_b)
ACT(g_b_a, &gate, &lock_b, &lock_a)
ACT(a_b, &lock_a, &lock_b)
ACT(b_a, &lock_b, &lock_a)
ACT(h_b_a, &other_gate, &lock_b, &lock_a)

static void gate_always(void)
{
	turns_two(g_a_b, g_b_a);
}

/* Once is enough, whether it comes first, between or last. */
static void gate_except_first(void)
{
	const turns_act acts[] = {b_a, g_a_b, g_b_a};

	turns_take(3, acts, NULL);
}

static void both_with_gate_then_both_without(int index)
{
	(index ? g_b_a : g_a_b)(index);
	(index ? b_a : a_b)(index);
}

static void gate_except_last(void)
{
	turns_take(2, NULL, both_with_gate_then_both_without);
}

static void gate_on_one_side(void)
{
	turns_two(g_a_b, b_a);
}

static void gate_differs(void)
{
	turns_two(g_a_b, h_b_a);
}

ACT(g_h_a_b, &gate, &other_gate, &lock_a, &lock_b)

static void gates_overlap(void)
{
	turns_two(g_h_a_b, h_b_a);
}

/* Three edges: any two of them that exclude each other are enough. */
ACT(b_c, &lock_b, &lock_c)
ACT(c_a, &lock_c, &lock_a)
ACT(g_b_c, &gate, &lock_b, &lock_c)

static void gate_over_two_of_three(void)
{
	const turns_act acts[] = {g_a_b, g_b_c, c_a};

	turns_take(3, acts, NULL);
}

static void gate_over_one_of_three(void)
{
	const turns_act acts[] = {g_a_b, b_c, c_a};

	turns_take(3, acts, NULL);
}

/* The short way round has a gate, the long one has none. */
ACT(a_c, &lock_a, &lock_c)
ACT(c_b, &lock_c, &lock_b)

static void gate_on_the_short_way(void)
{
	const turns_act acts[] = {a_c, c_b, g_a_b, g_b_a};

	turns_take(4, acts, NULL);
}

ACT(g_a_c, &gate, &lock_a, &lock_c)
ACT(g_c_b, &gate, &lock_c, &lock_b)

static void gate_on_both_ways(void)
{
	const turns_act acts[] = {g_a_c, g_c_b, g_a_b, g_b_a};

	turns_take(4, acts, NULL);
}

/* A gate must be outside: taken after the first lock it is a part of cycles itself. */
ACT(a_g_b, &lock_a, &gate, &lock_b)
ACT(b_g_a, &lock_b, &gate, &lock_a)

static void gate_in_the_middle(void)
{
	turns_two(a_g_b, b_g_a);
}

ACT(a_g, &lock_a, &gate)

static void gate_and_its_own_inversion(void)
{
	const turns_act acts[] = {g_a_b, g_b_a, a_g};

	turns_take(3, acts, NULL);
}

static void release_early(pthread_mutex_t *first, pthread_mutex_t *second)
{
	pthread_mutex_lock(&gate);
	pthread_mutex_lock(first);
	pthread_mutex_unlock(&gate);
	pthread_mutex_lock(second);
	pthread_mutex_unlock(second);
	pthread_mutex_unlock(first);
}

static void early_a_b(int index)
{
	release_early(&lock_a, &lock_b);
}

static void early_b_a(int index)
{
	release_early(&lock_b, &lock_a);
}

static void gate_released_early(void)
{
	turns_two(early_a_b, early_b_a);
}

static void gate_released_early_on_one_side(void)
{
	turns_two(g_a_b, early_b_a);
}

static pthread_mutex_t recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

static void under_recursive(int locks, int unlocks, turns_act act)
{
	for (int i = 0; i < locks; i++)
		pthread_mutex_lock(&recursive);
	for (int i = 0; i < unlocks; i++)
		pthread_mutex_unlock(&recursive);
	act(0);
	for (int i = unlocks; i < locks; i++)
		pthread_mutex_unlock(&recursive);
}

static void recursed_a_b(int index)
{
	under_recursive(3, 2, a_b);
}

static void recursed_b_a(int index)
{
	under_recursive(2, 1, b_a);
}

static void recursed_all_released_b_a(int index)
{
	under_recursive(2, 2, b_a);
}

static void recursive_gate(void)
{
	turns_two(recursed_a_b, recursed_b_a);
}

static void recursive_gate_all_released(void)
{
	turns_two(recursed_a_b, recursed_all_released_b_a);
}

static pthread_spinlock_t spin;

static void spin_act(int index)
{
	pthread_spin_lock(&spin);
	(index ? b_a : a_b)(index);
	pthread_spin_unlock(&spin);
}

static void spin_gate(void)
{
	pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
	turns_take(2, NULL, spin_act);
}

static void spin_on_one_side(void)
{
	pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
	turns_two(spin_act, b_a);
}

/* Tried or waited for: held is held. */
static void try_gate_a_b(int index)
{
	int got = pthread_mutex_trylock(&gate);

	printf("trylock: %s\n", got == 0 ? "held" : "busy");
	a_b(index);
	if (got == 0)
		pthread_mutex_unlock(&gate);
}

static void trylock_gate(void)
{
	turns_two(try_gate_a_b, g_b_a);
}

static void trylock_gate_that_was_busy(void)
{
	pthread_mutex_lock(&gate);
	in_a_thread(try_gate_a_b);
	pthread_mutex_unlock(&gate);
	turns_two(g_b_a, g_b_a);
}

static void timed_gate_a_b(int index)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 30;
	if (pthread_mutex_timedlock(&gate, &until) != 0)
		exit(3);
	a_b(index);
	pthread_mutex_unlock(&gate);
}

static void timed_gate(void)
{
	turns_two(timed_gate_a_b, g_b_a);
}

/* Readers come in together; a writer keeps all others out. */
static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;

static void under_table(int (*take)(pthread_rwlock_t *), turns_act act)
{
	take(&table);
	act(0);
	pthread_rwlock_unlock(&table);
}

static void read_a_b(int index)
{
	under_table(pthread_rwlock_rdlock, a_b);
}

static void read_b_a(int index)
{
	under_table(pthread_rwlock_rdlock, b_a);
}

static void write_a_b(int index)
{
	under_table(pthread_rwlock_wrlock, a_b);
}

static void write_b_a(int index)
{
	under_table(pthread_rwlock_wrlock, b_a);
}

static void try_write_b_a(int index)
{
	under_table(pthread_rwlock_trywrlock, b_a);
}

static void readers_gate(void)
{
	turns_two(read_a_b, read_b_a);
}

static void reader_and_writer_gate(void)
{
	turns_two(read_a_b, write_b_a);
}

static void writers_gate(void)
{
	turns_two(write_a_b, write_b_a);
}

static void reader_and_trying_writer_gate(void)
{
	turns_two(read_a_b, try_write_b_a);
}

static void readers_and_writers_gate(void)
{
	const turns_act acts[] = {write_a_b, write_b_a, read_a_b, read_b_a};

	turns_take(4, acts, NULL);
}

/* A wait lets the mutex go: what is held meanwhile was not taken under one gate. */
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;

static void wait_a_little(pthread_mutex_t *mutex)
{
	struct timespec until = {.tv_sec = 1}; /* long ago */

	printf("wait: %d\n", pthread_cond_timedwait(&never, mutex, &until) == ETIMEDOUT);
}

static void g_a_wait_b(int index)
{
	pthread_mutex_lock(&gate);
	pthread_mutex_lock(&lock_a);
	wait_a_little(&gate);
	pthread_mutex_lock(&lock_b);
	pthread_mutex_unlock(&lock_b);
	pthread_mutex_unlock(&lock_a);
	pthread_mutex_unlock(&gate);
}

static void wait_in_the_middle_of_the_gate(void)
{
	turns_two(g_b_a, g_a_wait_b);
}

static void g_wait_a_b(int index)
{
	pthread_mutex_lock(&gate);
	wait_a_little(&gate);
	a_b(index);
	pthread_mutex_unlock(&gate);
}

static void wait_before_the_order(void)
{
	turns_two(g_b_a, g_wait_a_b);
}

/* Another life of the gate, or another lock of its class, is another lock. */
static pthread_mutex_t made_gates[2];

static void make_gate(int index)
{
	pthread_mutex_init(&made_gates[index], NULL);
}

static void made_0_a_b(int index)
{
	TAKE(&made_gates[0], &lock_a, &lock_b);
}

static void made_0_b_a(int index)
{
	TAKE(&made_gates[0], &lock_b, &lock_a);
}

static void made_1_b_a(int index)
{
	TAKE(&made_gates[1], &lock_b, &lock_a);
}

static void gate_made(void)
{
	make_gate(0);
	turns_two(made_0_a_b, made_0_b_a);
}

static void gates_of_one_class(void)
{
	for (volatile int i = 0; i < 2; i++)
		make_gate(i);
	turns_two(made_0_a_b, made_1_b_a);
}

static void remade_b_a(int index)
{
	pthread_mutex_destroy(&made_gates[0]);
	make_gate(0);
	made_0_b_a(index);
}

static void gate_made_anew(void)
{
	make_gate(0);
	turns_two(made_0_a_b, remade_b_a);
}

/* Twenty-nine more locks between the gate and the two. */
static pthread_mutex_t filling[29];

static void deep(int index)
{
	pthread_mutex_lock(&gate);
	for (int i = 0; i < 29; i++)
		pthread_mutex_lock(&filling[i]);
	(index ? b_a : a_b)(index);
	for (int i = 29; i-- > 0;)
		pthread_mutex_unlock(&filling[i]);
	pthread_mutex_unlock(&gate);
}

static void gate_far_below(void)
{
	turns_take(2, NULL, deep);
}

/* The writers of the table have a gate, its reader has none. */
static void table_b(int (*take)(pthread_rwlock_t *))
{
	take(&table);
	TAKE(&lock_b);
	pthread_rwlock_unlock(&table);
}

static void g_write_table_b(int index)
{
	pthread_mutex_lock(&gate);
	table_b(pthread_rwlock_wrlock);
	pthread_mutex_unlock(&gate);
}

static void read_table_b(int index)
{
	table_b(pthread_rwlock_rdlock);
}

static void g_b_write_table(int index)
{
	pthread_mutex_lock(&gate);
	pthread_mutex_lock(&lock_b);
	pthread_rwlock_wrlock(&table);
	pthread_rwlock_unlock(&table);
	pthread_mutex_unlock(&lock_b);
	pthread_mutex_unlock(&gate);
}

static void gate_of_the_writers(void)
{
	turns_two(g_write_table_b, g_b_write_table);
}

static void reader_without_the_gate_of_the_writers(void)
{
	const turns_act acts[] = {g_write_table_b, read_table_b, g_b_write_table};

	turns_take(3, acts, NULL);
}

const struct turns_case gate_cases[] = {
	CASE(gate_always),
	CASE(gate_except_first),
	CASE(gate_except_last),
	CASE(gate_on_one_side),
	CASE(gate_differs),
	CASE(gates_overlap),
	CASE(gate_over_two_of_three),
	CASE(gate_over_one_of_three),
	CASE(gate_on_the_short_way),
	CASE(gate_on_both_ways),
	CASE(gate_in_the_middle),
	CASE(gate_and_its_own_inversion),
	CASE(gate_released_early),
	CASE(gate_released_early_on_one_side),
	CASE(recursive_gate),
	CASE(recursive_gate_all_released),
	CASE(spin_gate),
	CASE(spin_on_one_side),
	CASE(trylock_gate),
	CASE(trylock_gate_that_was_busy),
	CASE(timed_gate),
	CASE(readers_gate),
	CASE(reader_and_writer_gate),
	CASE(writers_gate),
	CASE(reader_and_trying_writer_gate),
	CASE(readers_and_writers_gate),
	CASE(wait_in_the_middle_of_the_gate),
	CASE(wait_before_the_order),
	CASE(gate_made),
	CASE(gates_of_one_class),
	CASE(gate_made_anew),
	CASE(gate_far_below),
	CASE(gate_of_the_writers),
	CASE(reader_without_the_gate_of_the_writers),
	{NULL, NULL},
};
