/* Programs that allocate, for alloc.sh: alloc CASE. With --alloc their requests are events.
 *
 * The reclaimer is the program's own: a cache whose eviction takes the cache's lock, declared
 * through weak symbols, so that the program runs alone as well. */
#define _GNU_SOURCE
#define LDL_WEAK
#include <lockdep_lite.h>

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t cache_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t other_lock = PTHREAD_MUTEX_INITIALIZER;
static void *volatile sink;

/* What runs when memory is short: it needs the cache's lock. */
static void evict_for(const void *domain)
{
	ldl_reclaim_enter(domain);
	pthread_mutex_lock(&cache_lock);
	pthread_mutex_unlock(&cache_lock);
	ldl_reclaim_exit(domain);
}

static void evict(void)
{
	evict_for(LDL_RECLAIM);
}

static void by_malloc(void)
{
	sink = malloc(100);
	free(sink);
}

static void by_calloc(void)
{
	sink = calloc(10, 10);
	free(sink);
}

static void *volatile grown;

static void by_realloc(void)
{
	grown = realloc(grown, 1000);
}

static void by_reallocarray(void)
{
	grown = reallocarray(grown, 10, 100);
}

static void by_posix_memalign(void)
{
	void *block = NULL;

	if (posix_memalign(&block, 64, 100) == 0)
		free(block);
}

static void by_aligned_alloc(void)
{
	sink = aligned_alloc(64, 128);
	free(sink);
}

static void by_memalign(void)
{
	sink = memalign(64, 128);
	free(sink);
}

static void by_valloc(void)
{
	sink = valloc(100);
	free(sink);
}

static void by_pvalloc(void)
{
	sink = pvalloc(100);
	free(sink);
}

static void by_mmap(void)
{
	sink = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(sink, 4096);
}

static void *mapping;

static void by_mremap(void)
{
	mapping = mremap(mapping, 4096, 8192, MREMAP_MAYMOVE);
}

static void by_sbrk(void)
{
	sink = sbrk(4096);
}

static void by_brk(void)
{
	if (brk((char *)sbrk(0) + 4096) != 0)
		puts("brk failed");
}

static void *nothing(void *unused)
{
	return NULL;
}

static void by_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, nothing, NULL);
	pthread_join(thread, NULL);
}

static void by_free(void)
{
	free(sink);
	sink = NULL;
}

static const struct way {
	const char *name;
	void (*allocate)(void);
} ways[] = {
	{"malloc", by_malloc},
	{"calloc", by_calloc},
	{"realloc", by_realloc},
	{"reallocarray", by_reallocarray},
	{"posix_memalign", by_posix_memalign},
	{"aligned_alloc", by_aligned_alloc},
	{"memalign", by_memalign},
	{"valloc", by_valloc},
	{"pvalloc", by_pvalloc},
	{"mmap", by_mmap},
	{"mremap", by_mremap},
	{"sbrk", by_sbrk},
	{"brk", by_brk},
	{"thread", by_thread},
	{"free", by_free},
};

static void under(pthread_mutex_t *lock, void (*allocate)(void))
{
	pthread_mutex_lock(lock);
	allocate();
	pthread_mutex_unlock(lock);
}

/* The eviction needs another lock than the one that is held: no harm. */
static void case_other(void)
{
	evict();
	under(&other_lock, by_malloc);
}

/* A lock is held over malloc, and there is no reclaimer. */
static void case_plain(void)
{
	for (int i = 0; i < 100; i++)
		under(&cache_lock, by_malloc);
}

/* The thread may not start I/O, and the eviction is only run for those that may. */
static void flush(int is_marked)
{
	if (is_marked && prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0) != 0)
		puts("not allowed to be a flusher");
	evict_for(LDL_RECLAIM_IO);
	under(&cache_lock, by_malloc);
}

static void case_flusher(void)
{
	flush(1);
	printf("flusher: %d\n", prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0));
}

static void case_no_flusher(void)
{
	flush(0);
}

/* Marked, and no more: the mark is taken off again. */
static void case_former_flusher(void)
{
	prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0);
	prctl(PR_SET_IO_FLUSHER, 0, 0, 0, 0);
	flush(0);
}

static void *allocate_locked(void *unused)
{
	under(&cache_lock, by_malloc);
	return NULL;
}

/* The kernel hands the mark on to threads. */
static void case_flusher_thread(void)
{
	pthread_t thread;

	prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0);
	evict_for(LDL_RECLAIM_IO);
	pthread_create(&thread, NULL, allocate_locked, NULL);
	pthread_join(thread, NULL);
}

/* A child allocates under the lock; the eviction ran in the parent. */
static void case_fork(void)
{
	pid_t pid;

	under(&cache_lock, by_malloc);
	pid = fork();
	if (pid == 0) {
		evict();
		under(&cache_lock, by_malloc);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void handle(int signal)
{
	by_malloc();
}

/* The handler interrupts no malloc(): the program raises its signal itself. */
static void case_signal(void)
{
	signal(SIGUSR1, handle);
	evict();
	pthread_mutex_lock(&cache_lock);
	raise(SIGUSR1);
	pthread_mutex_unlock(&cache_lock);
}

/* Handlers that allocate come in at any time, and threads come and go: nothing may break. */
static void *churn(void *unused)
{
	void *blocks[64] = {NULL};

	for (int i = 0; i < 200000; i++) {
		free(blocks[i % 64]);
		blocks[i % 64] = malloc((size_t)(i * 37 % 3000));
		if (i % 16 == 0)
			under(&other_lock, by_calloc);
	}
	for (int i = 0; i < 64; i++)
		free(blocks[i]);
	return NULL;
}

static void case_churn(void)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, churn, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	puts("churned");
}

/* What an allocator may be asked, and says. */
static void case_answers(void)
{
	volatile size_t huge = ~(size_t)0 / 2;
	char *block = malloc(10);
	void *aligned;

	strcpy(block, "kept");
	block = realloc(block, 100000);
	printf("%s %d\n", block, malloc_usable_size(block) >= 100000);
	printf("%d\n", realloc(NULL, 0) != NULL);
	printf("%p %m\n", malloc(huge));
	printf("%p %m\n", reallocarray(NULL, huge, 16));
	printf("%d\n", posix_memalign(&aligned, 3, 10));
	printf("%d\n", mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	free(block);
	free(NULL);
}

__attribute__((constructor)) static void allocate_early(void)
{
	void *block;

	if (posix_memalign(&block, 4096, 10000) == 0) {
		memset(block, 1, 10000);
		free(block);
	}
	under(&other_lock, by_malloc);
}

static const struct test {
	const char *name;
	void (*run)(void);
} tests[] = {
	{"other", case_other},
	{"plain", case_plain},
	{"flusher", case_flusher},
	{"no_flusher", case_no_flusher},
	{"former_flusher", case_former_flusher},
	{"flusher_thread", case_flusher_thread},
	{"fork", case_fork},
	{"signal", case_signal},
	{"churn", case_churn},
	{"answers", case_answers},
};

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	mapping = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(ways[i].name, name) != 0)
			continue;
		under(&cache_lock, ways[i].allocate);
		evict();
		return 0;
	}
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		if (strcmp(tests[i].name, name) != 0)
			continue;
		tests[i].run();
		return 0;
	}
	printf("%s: no such case\n", name);
	return 2;
}
