/* A warm program: three threads that lock, nest, wait on a condition and allocate, as they all did
 * before. Between two marks, writes to a descriptor that there is not, it makes the same system
 * calls each time that it runs: one futex() for each wait, whose deadline is over. It makes no
 * others, because nobody contends: one thread works while the others spin. `warm cold`: the first
 * mark is at the beginning. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define THREADS 3
#define TURNS   60 /* a third of them before the first mark, and between both */
#define ROUNDS  50

static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t inner = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t spin;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static atomic_int turn;
static int first = TURNS / 3; /* turn, before which the first mark is */

static void wait_in_vain(void)
{
	static const struct timespec past = {1, 0};

	pthread_cond_timedwait(&changed, &inner, &past);
	pthread_cond_signal(&changed);
}

static void work(void)
{
	void *volatile memory = malloc(100);

	pthread_mutex_lock(&outer);
	pthread_mutex_lock(&inner);
	wait_in_vain();
	memory = realloc(memory, 200);
	pthread_mutex_unlock(&inner);
	if (pthread_mutex_trylock(&recursive) == 0) {
		pthread_mutex_lock(&recursive);
		pthread_mutex_unlock(&recursive);
		pthread_mutex_unlock(&recursive);
	}
	pthread_rwlock_rdlock(&table);
	pthread_rwlock_unlock(&table);
	pthread_rwlock_wrlock(&table);
	pthread_spin_lock(&spin);
	pthread_spin_unlock(&spin);
	pthread_rwlock_unlock(&table);
	pthread_mutex_unlock(&outer);
	free(memory);
}

static void mark(const char *text)
{
	if (write(-1, text, strlen(text)) == 0)
		exit(3);
}

/* Takes every THREADS-th turn. */
static void *take_turns(void *number)
{
	int own = *(int *)number, now;

	while ((now = atomic_load(&turn)) < TURNS) {
		if (now % THREADS != own)
			continue;
		if (now == first)
			mark("warm begins\n");
		if (now == TURNS / 3 * 2)
			mark("warm ends\n");
		for (int i = 0; i < ROUNDS; i++)
			work();
		atomic_store(&turn, now + 1);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	int numbers[THREADS];
	pthread_t threads[THREADS];

	if (argc > 1 && strcmp(argv[1], "cold") == 0)
		first = 0;
	pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		if (pthread_create(&threads[i], NULL, take_turns, &numbers[i]) != 0)
			return 3;
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	puts("done");
	return 0;
}
