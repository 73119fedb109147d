/* A program with an allocator of its own, whose lock is a pthread mutex and which starts itself up
 * at the first call, as jemalloc does: before main, before constructors, with a mutex and fork
 * handlers. */
#define _GNU_SOURCE
#include "turns.h"
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HEAP = 64 << 20, ALIGNMENT = 16 };

static pthread_mutex_t heap_lock, start_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t lock_a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t lock_b = PTHREAD_MUTEX_INITIALIZER;
static char *heap, *heap_next;
static int is_started;

static void heap_before_fork(void)
{
	pthread_mutex_lock(&heap_lock);
}

static void heap_after_fork(void)
{
	pthread_mutex_unlock(&heap_lock);
}

static void heap_start(void)
{
	pthread_mutex_lock(&start_lock);
	if (!is_started) {
		heap = mmap(NULL, HEAP, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		heap_next = heap;
		pthread_mutex_init(&heap_lock, NULL);
		is_started = 1;
		pthread_atfork(heap_before_fork, heap_after_fork, heap_after_fork);
	}
	pthread_mutex_unlock(&start_lock);
}

/* The size stands before the block; nothing is ever given back. */
static void *heap_take(size_t size, size_t alignment)
{
	uintptr_t block;

	if (!is_started)
		heap_start();
	pthread_mutex_lock(&heap_lock);
	block = ((uintptr_t)heap_next + sizeof(size_t) + alignment - 1) & ~(alignment - 1);
	if (size > HEAP || block + size > (uintptr_t)heap + HEAP) {
		pthread_mutex_unlock(&heap_lock);
		errno = ENOMEM;
		return NULL;
	}
	((size_t *)block)[-1] = size;
	heap_next = (char *)block + size;
	pthread_mutex_unlock(&heap_lock);
	return (void *)block;
}

void *malloc(size_t size)
{
	return heap_take(size, ALIGNMENT);
}

void *calloc(size_t count, size_t size)
{
	return count && size > HEAP / count ? NULL : heap_take(count * size, ALIGNMENT);
}

void *realloc(void *old, size_t size)
{
	void *block = heap_take(size, ALIGNMENT);

	if (old && block)
		memcpy(block, old, ((size_t *)old)[-1] < size ? ((size_t *)old)[-1] : size);
	return block;
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return heap_take(size, alignment < ALIGNMENT ? ALIGNMENT : alignment);
}

void *memalign(size_t alignment, size_t size);
void *memalign(size_t alignment, size_t size)
{
	return aligned_alloc(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
	*block = aligned_alloc(alignment, size);
	return *block ? 0 : ENOMEM;
}

void free(void *block)
{
	if (block) {
		pthread_mutex_lock(&heap_lock);
		pthread_mutex_unlock(&heap_lock);
	}
}

static void allocate_under(pthread_mutex_t *first, pthread_mutex_t *second)
{
	pthread_mutex_lock(first);
	free(realloc(malloc(100), 1000));
	pthread_mutex_lock(second);
	free(calloc(10, 10));
	pthread_mutex_unlock(second);
	pthread_mutex_unlock(first);
}

static void a_then_b(int index)
{
	for (int i = 0; i < 1000; i++)
		allocate_under(&lock_a, &lock_b);
}

static void b_then_a(int index)
{
	for (int i = 0; i < 1000; i++)
		allocate_under(&lock_b, &lock_a);
}

/* Nested orders under the heap's lock are orders like any other, and here they agree. */
static void same_order(void)
{
	turns_two(a_then_b, a_then_b);
}

static void abba(void)
{
	turns_two(a_then_b, b_then_a);
}

static void forks(void)
{
	pid_t child;
	int status;

	fflush(stdout);
	child = fork();
	turns_two(a_then_b, a_then_b);
	if (child == 0)
		_exit(malloc(10) ? 4 : 5);
	waitpid(child, &status, 0);
	printf("the child says %d\n", WEXITSTATUS(status));
}

static const struct turns_case cases[] = {
	{"same_order", same_order},
	{"abba", abba},
	{"forks", forks},
};

TURNS_MAIN(cases)
