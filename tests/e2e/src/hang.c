/* Programs that really hang, and their twins that only look so: hang CASE. A twin prints "done". */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock_a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t lock_b = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t lock_c = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static pthread_rwlock_t fair = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_spinlock_t spin_a, spin_b;
static pthread_barrier_t everybody;

static void rest(long ms)
{
	struct timespec left = {ms / 1000, ms % 1000 * 1000000};

	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		;
}

static pthread_t start(const char *name, void *(*run)(void *), void *argument)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run, argument) != 0)
		abort();
	pthread_setname_np(thread, name);
	return thread;
}

struct pair {
	pthread_mutex_t *first, *second;
};

static void *take_pair(void *argument)
{
	const struct pair *pair = argument;

	pthread_mutex_lock(pair->first);
	pthread_barrier_wait(&everybody);
	pthread_mutex_lock(pair->second);
	pthread_mutex_unlock(pair->second);
	pthread_mutex_unlock(pair->first);
	return NULL;
}

/* One thread for each pair. */
static void take_pairs(struct pair *pairs, unsigned int count)
{
	pthread_t threads[4];
	char name[16];

	pthread_barrier_init(&everybody, NULL, count);
	for (unsigned int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "taker-%u", i + 1);
		threads[i] = start(name, take_pair, &pairs[i]);
	}
	for (unsigned int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

static void abba(void)
{
	struct pair pairs[] = {{&lock_a, &lock_b}, {&lock_b, &lock_a}};

	take_pairs(pairs, 2);
}

static void three(void)
{
	struct pair pairs[] = {{&lock_a, &lock_b}, {&lock_b, &lock_c}, {&lock_c, &lock_a}};

	take_pairs(pairs, 3);
}

static void self(void)
{
	pthread_mutex_lock(&lock_a);
	pthread_mutex_lock(&lock_a);
}

/* Makes one thread wait for a lock while the other goes on with its own. */
static void *hold_b_and_write(void *argument)
{
	pthread_mutex_lock(&lock_b);
	pthread_barrier_wait(&everybody);
	pthread_rwlock_wrlock(&table);
	pthread_rwlock_unlock(&table);
	pthread_mutex_unlock(&lock_b);
	return argument;
}

static void reader_writer(void)
{
	pthread_barrier_init(&everybody, NULL, 2);
	start("writer", hold_b_and_write, NULL);
	pthread_rwlock_rdlock(&table);
	pthread_barrier_wait(&everybody);
	pthread_mutex_lock(&lock_b);
}

static void upgrade(void)
{
	pthread_rwlock_rdlock(&table);
	pthread_rwlock_wrlock(&table);
}

static void *write_to(void *argument)
{
	pthread_rwlock_wrlock(argument);
	pthread_rwlock_unlock(argument);
	return NULL;
}

/* Reads twice, with a writer in between: hangs with the kind that is fair to writers. */
static void read_twice(pthread_rwlock_t *lock)
{
	pthread_t writer;

	pthread_rwlock_rdlock(lock);
	writer = start("writer", write_to, lock);
	rest(300);
	pthread_rwlock_rdlock(lock);
	rest(1000);
	pthread_rwlock_unlock(lock);
	pthread_rwlock_unlock(lock);
	pthread_join(writer, NULL);
}

static void fair_reader(void)
{
	read_twice(&fair);
}

static void overtaking_reader(void)
{
	read_twice(&table);
}

static void *take_and_leave(void *argument)
{
	pthread_mutex_lock(argument);
	return NULL;
}

static void gone(void)
{
	pthread_join(start("forgetful", take_and_leave, &lock_a), NULL);
	pthread_mutex_lock(&lock_a);
}

static void *take_after_a_while(void *argument)
{
	rest(200);
	pthread_mutex_lock(argument);
	return NULL;
}

static void main_gone(void)
{
	pthread_mutex_lock(&lock_a);
	start("left-behind", take_after_a_while, &lock_a);
	pthread_exit(NULL);
}

static void robust(void)
{
	pthread_mutexattr_t attributes;
	pthread_mutex_t lock;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&lock, &attributes);
	pthread_join(start("forgetful", take_and_leave, &lock), NULL);
	if (pthread_mutex_lock(&lock) == EOWNERDEAD)
		pthread_mutex_consistent(&lock);
	rest(1500);
	pthread_mutex_unlock(&lock);
}

struct shared {
	pthread_mutex_t a, b;
	pthread_barrier_t both;
};

static struct shared *map_shared(void)
{
	struct shared *shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_t attributes;
	pthread_barrierattr_t of_barrier;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_barrierattr_init(&of_barrier);
	pthread_barrierattr_setpshared(&of_barrier, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&shared->a, &attributes);
	pthread_mutex_init(&shared->b, &attributes);
	pthread_barrier_init(&shared->both, &of_barrier, 2);
	return shared;
}

static void two_processes(void)
{
	struct shared *shared = map_shared();
	pid_t child = fork();

	pthread_mutex_lock(child ? &shared->a : &shared->b);
	pthread_barrier_wait(&shared->both);
	pthread_mutex_lock(child ? &shared->b : &shared->a);
}

static void process_gone(void)
{
	struct shared *shared = map_shared();
	pid_t child = fork();

	if (child == 0) {
		pthread_mutex_lock(&shared->a);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	pthread_mutex_lock(&shared->a);
}

static void two_processes_in_order(void)
{
	struct shared *shared = map_shared();
	pid_t child = fork();

	for (int i = 0; i < 4; i++) {
		pthread_mutex_lock(&shared->a);
		pthread_mutex_lock(&shared->b);
		rest(200);
		pthread_mutex_unlock(&shared->b);
		pthread_mutex_unlock(&shared->a);
	}
	if (child == 0)
		_exit(0);
	waitpid(child, NULL, 0);
}

static void *wait_for_change(void *argument)
{
	pthread_mutex_lock(&lock_b);
	pthread_mutex_lock(&lock_a);
	pthread_barrier_wait(&everybody);
	pthread_cond_wait(&changed, &lock_a);
	pthread_mutex_unlock(&lock_a);
	pthread_mutex_unlock(&lock_b);
	return argument;
}

/* The waiter keeps lock_b, and is woken by one who holds lock_a and wants lock_b. */
static void condition(void)
{
	pthread_barrier_init(&everybody, NULL, 2);
	start("waiter", wait_for_change, NULL);
	pthread_barrier_wait(&everybody);
	pthread_mutex_lock(&lock_a);
	pthread_cond_signal(&changed);
	pthread_mutex_lock(&lock_b);
}

/* The same, but the one who wants lock_b holds nothing, and a third one wakes the waiter. */
static void condition_in_time(void)
{
	pthread_t waiter, taker;

	pthread_barrier_init(&everybody, NULL, 2);
	waiter = start("waiter", wait_for_change, NULL);
	pthread_barrier_wait(&everybody);
	taker = start("taker", take_after_a_while, &lock_b);
	rest(1500);
	pthread_mutex_lock(&lock_a);
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&lock_a);
	pthread_join(waiter, NULL);
	pthread_join(taker, NULL);
}

static void *spin_b_then_a(void *argument)
{
	pthread_spin_lock(&spin_b);
	pthread_barrier_wait(&everybody);
	pthread_spin_lock(&spin_a);
	return argument;
}

static void spinning(void)
{
	pthread_barrier_init(&everybody, NULL, 2);
	pthread_spin_init(&spin_a, PTHREAD_PROCESS_PRIVATE);
	pthread_spin_init(&spin_b, PTHREAD_PROCESS_PRIVATE);
	start("spinner", spin_b_then_a, NULL);
	pthread_spin_lock(&spin_a);
	pthread_barrier_wait(&everybody);
	pthread_spin_lock(&spin_b);
}

static void *hold_for_long(void *argument)
{
	pthread_mutex_lock(&lock_a);
	pthread_barrier_wait(&everybody);
	rest(3000);
	pthread_mutex_unlock(&lock_a);
	return argument;
}

static void slow(void)
{
	pthread_t holder;

	pthread_barrier_init(&everybody, NULL, 2);
	holder = start("slow-holder", hold_for_long, NULL);
	pthread_barrier_wait(&everybody);
	pthread_mutex_lock(&lock_a);
	pthread_mutex_unlock(&lock_a);
	pthread_join(holder, NULL);
}

static void *hold_b_and_try_long(void *argument)
{
	struct timespec until;

	pthread_mutex_lock(&lock_b);
	pthread_barrier_wait(&everybody);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 2;
	if (pthread_mutex_timedlock(&lock_a, &until) == 0)
		pthread_mutex_unlock(&lock_a);
	pthread_mutex_unlock(&lock_b);
	return argument;
}

static void timed(void)
{
	pthread_t other;

	pthread_barrier_init(&everybody, NULL, 2);
	other = start("patient", hold_b_and_try_long, NULL);
	pthread_mutex_lock(&lock_a);
	pthread_barrier_wait(&everybody);
	pthread_mutex_lock(&lock_b);
	pthread_mutex_unlock(&lock_b);
	pthread_mutex_unlock(&lock_a);
	pthread_join(other, NULL);
}

/* For some seconds, both orders at full speed, under a lock that keeps them apart. */
static void *take_under_gate(void *argument)
{
	const struct pair *pair = argument;
	time_t end = time(NULL) + 4;

	while (time(NULL) < end) {
		pthread_mutex_lock(&gate);
		pthread_mutex_lock(pair->first);
		pthread_mutex_lock(pair->second);
		pthread_mutex_unlock(pair->second);
		pthread_mutex_unlock(pair->first);
		pthread_mutex_unlock(&gate);
	}
	return NULL;
}

static void busy(void)
{
	struct pair pairs[] = {{&lock_a, &lock_b}, {&lock_b, &lock_a}};
	pthread_t other = start("b-then-a", take_under_gate, &pairs[1]);

	take_under_gate(&pairs[0]);
	pthread_join(other, NULL);
}

static void in_child(void)
{
	pid_t child = fork();

	if (child == 0) {
		abba();
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	{"abba", abba},
	{"three", three},
	{"self", self},
	{"reader_writer", reader_writer},
	{"upgrade", upgrade},
	{"fair_reader", fair_reader},
	{"overtaking_reader", overtaking_reader},
	{"gone", gone},
	{"main_gone", main_gone},
	{"robust", robust},
	{"two_processes", two_processes},
	{"process_gone", process_gone},
	{"two_processes_in_order", two_processes_in_order},
	{"condition", condition},
	{"condition_in_time", condition_in_time},
	{"spinning", spinning},
	{"slow", slow},
	{"timed", timed},
	{"busy", busy},
	{"in_child", in_child},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (argc == 2 && strcmp(argv[1], cases[i].name) == 0) {
			cases[i].run();
			puts("done");
			return 0;
		}
	}
	fprintf(stderr, "usage: hang CASE\n");
	return 2;
}
