/* Memory that is used again by locks that no call began or ended: each life is another lock. */
#define _GNU_SOURCE
#include "verdicts.h"
#include <sys/mman.h>

/* A lock is taken inside a, or around it. */
__attribute__((noinline)) static void inside_a(pthread_mutex_t *lock)
{
	pthread_mutex_lock(&lock_a);
	pthread_mutex_lock(lock);
	pthread_mutex_unlock(lock);
	pthread_mutex_unlock(&lock_a);
}

__attribute__((noinline)) static void around_a(pthread_mutex_t *lock)
{
	pthread_mutex_lock(lock);
	pthread_mutex_lock(&lock_a);
	pthread_mutex_unlock(&lock_a);
	pthread_mutex_unlock(lock);
}

/* As static initialisers and C++ do it: nobody is told. */
static pthread_mutex_t *begin(void *memory)
{
	pthread_mutex_t *lock = (pthread_mutex_t *)memory;

	*lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	return lock;
}

static void *lives[2];

/* Else the case would prove nothing. */
static void was_used_again(void)
{
	if (lives[0] != lives[1]) {
		printf("%p and %p are two addresses\n", lives[0], lives[1]);
		exit(4);
	}
}

static void inside_a_0(int index)
{
	inside_a((pthread_mutex_t *)lives[0]);
}

static void around_a_0(int index)
{
	around_a((pthread_mutex_t *)lives[0]);
}

static void around_a_1(int index)
{
	around_a((pthread_mutex_t *)lives[1]);
}

/* Larger than what threads keep for themselves, and kept apart from what is free behind it. */
enum { BLOCK = 4000 };

static void *block(void)
{
	void *memory = malloc(BLOCK);

	return malloc(64) ? memory : NULL;
}

/* The first life has ended, but the thread that saw it has not. */
static void heap_reuse(void)
{
	struct live first, second;

	lives[0] = begin(block());
	live_begin(&first, inside_a_0);
	free(lives[0]);
	lives[1] = begin(malloc(BLOCK));
	live_begin(&second, around_a_1);
	live_end(&first);
	live_end(&second);
	was_used_again();
}

static void heap_no_reuse(void)
{
	lives[0] = begin(block());
	turns_two(inside_a_0, around_a_0);
}

/* What realloc() cuts off is given back, too. */
static void heap_reuse_by_realloc(void)
{
	struct live first, second;
	void *memory = block();

	lives[0] = begin((char *)memory + 2016);
	live_begin(&first, inside_a_0);
	memory = realloc(memory, 2000);
	lives[1] = begin(malloc(1900));
	live_begin(&second, around_a_1);
	live_end(&first);
	live_end(&second);
	was_used_again();
	free(memory);
}

/* Nodes of one class, parent before child, whichever address is the parent's. */
static void *low, *high;

static void low_then_high(int index)
{
	TAKE((pthread_mutex_t *)low, (pthread_mutex_t *)high);
}

static void high_then_low(int index)
{
	TAKE((pthread_mutex_t *)high, (pthread_mutex_t *)low);
}

static void heap_reuse_by_nodes(void)
{
	struct live first, second;

	lives[0] = low = begin(block());
	high = begin(block());
	live_begin(&first, low_then_high);
	free(low);
	free(high);
	lives[1] = low = begin(malloc(BLOCK));
	high = begin(malloc(BLOCK));
	live_begin(&second, high_then_low);
	live_end(&first);
	live_end(&second);
	was_used_again();
}

static void heap_nodes_no_reuse(void)
{
	low = begin(block());
	high = begin(block());
	turns_two(low_then_high, high_then_low);
}

static void nothing(int index)
{
}

/* A frame is used again by the next call; the other thread sees the lock while it lasts. */
__attribute__((noinline)) static void frame(int life)
{
	pthread_mutex_t lock;

	lives[life] = begin(&lock);
	if (life)
		around_a(&lock);
	else
		in_a_thread(inside_a_0);
}

static void stack_reuse(void)
{
	struct live idle;

	live_begin(&idle, nothing);
	for (volatile int life = 0; life < 2; life++)
		frame(life);
	live_end(&idle);
	was_used_again();
}

/* By one thread: silent even for those who want to hear of that. */
__attribute__((noinline)) static void frame_alone(int life)
{
	pthread_mutex_t lock;

	lives[life] = begin(&lock);
	(life ? around_a : inside_a)(&lock);
}

static void two_frames(int index)
{
	for (volatile int life = 0; life < 2; life++)
		frame_alone(life);
}

static void stack_reuse_by_one_thread(void)
{
	in_a_thread(two_frames);
	was_used_again();
}

static void stack_no_reuse(void)
{
	pthread_mutex_t lock;

	lives[0] = begin(&lock);
	turns_two(inside_a_0, around_a_0);
}

/* The next thread gets the stack of the one before. */
static void first_on_thread_stack(int index)
{
	pthread_mutex_t lock;

	lives[0] = begin(&lock);
	inside_a(&lock);
}

static void second_on_thread_stack(int index)
{
	pthread_mutex_t lock;

	lives[1] = begin(&lock);
	around_a(&lock);
}

static void thread_stack_reuse(void)
{
	in_a_thread(first_on_thread_stack);
	in_a_thread(second_on_thread_stack);
	was_used_again();
}

/* Pages go and come again at their old address. */
static void *map(void *where, int flags)
{
	return mmap(
		where, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

static void mapping_reuse(void)
{
	struct live first, second;

	lives[0] = begin(map(NULL, 0));
	live_begin(&first, inside_a_0);
	munmap(lives[0], 4096);
	lives[1] = begin(map(lives[0], MAP_FIXED_NOREPLACE));
	live_begin(&second, around_a_1);
	live_end(&first);
	live_end(&second);
	was_used_again();
}

static void mapping_no_reuse(void)
{
	lives[0] = begin(map(NULL, 0));
	turns_two(inside_a_0, around_a_0);
}

/* A mapping laid over the old one, which no munmap() ended. */
static void mapping_over_mapping(void)
{
	struct live first, second;

	lives[0] = begin(map(NULL, 0));
	live_begin(&first, inside_a_0);
	lives[1] = begin(map(lives[0], MAP_FIXED));
	live_begin(&second, around_a_1);
	live_end(&first);
	live_end(&second);
	was_used_again();
}

const struct turns_case reuse_cases[] = {
	CASE(heap_reuse),
	CASE(heap_no_reuse),
	CASE(heap_reuse_by_realloc),
	CASE(heap_reuse_by_nodes),
	CASE(heap_nodes_no_reuse),
	CASE(stack_reuse),
	CASE(stack_reuse_by_one_thread),
	CASE(stack_no_reuse),
	CASE(thread_stack_reuse),
	CASE(mapping_reuse),
	CASE(mapping_no_reuse),
	CASE(mapping_over_mapping),
	{NULL, NULL},
};
