/* Plain mutexes, and what a program can see of them: their words, who gets them, and that all of
 * libc's other functions get on with them. Prints the same watched and bare. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>

#define ROUNDS 20000

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static long counter;
static int turn;

static void *idle(void *arg)
{
	pause();
	return arg;
}

static const struct {
	const char *name;
	int type;
} types[] = {
	{"adaptive", PTHREAD_MUTEX_ADAPTIVE_NP},
	{"normal", PTHREAD_MUTEX_NORMAL},
	{"errorcheck", PTHREAD_MUTEX_ERRORCHECK},
	{"recursive", PTHREAD_MUTEX_RECURSIVE},
};

/* Makes the mutex anew, of this type; another name: as its initialiser did. */
static void make(const char *name)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (strcmp(name, types[i].name) == 0)
			pthread_mutexattr_settype(&attributes, types[i].type);
	pthread_mutex_init(&mutex, &attributes);
}

static void second_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, idle, NULL) != 0)
		exit(1);
}

static void show(const char *when)
{
	printf("%s: lock %d, owner %s, users %u, kind %d\n", when, mutex.__data.__lock,
		mutex.__data.__owner == gettid() ? "me"
		: mutex.__data.__owner           ? "another"
						 : "nobody",
		mutex.__data.__nusers, mutex.__data.__kind);
}

static void words(void)
{
	pthread_mutex_lock(&mutex);
	show("locked");
	printf("trylock of it: %s\n", strerror(pthread_mutex_trylock(&mutex)));
	printf("destroy of it: %s\n", strerror(pthread_mutex_destroy(&mutex)));
	pthread_mutex_unlock(&mutex);
	show("unlocked");
	printf("trylock: %s\n", strerror(pthread_mutex_trylock(&mutex)));
	show("tried");
	pthread_mutex_unlock(&mutex);
	mtx_lock((mtx_t *)&mutex);
	show("mtx_lock");
	mtx_unlock((mtx_t *)&mutex);
	show("mtx_unlock");
	printf("mtx_trylock: %d\n", mtx_trylock((mtx_t *)&mutex) == thrd_success);
	mtx_unlock((mtx_t *)&mutex);
	printf("destroy: %s\n", strerror(pthread_mutex_destroy(&mutex)));
	pthread_mutex_init(&mutex, NULL);
	show("made again");
}

static void in_child(void)
{
	fflush(stdout);
	if (fork() == 0) {
		words();
		second_thread();
		words();
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
}

/* Every second thread goes past whoever stands in front of libc. */
static void *count(void *arg)
{
	void *libc = arg ? dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD) : RTLD_DEFAULT;
	int (*lock)(pthread_mutex_t *) =
		(int (*)(pthread_mutex_t *))dlsym(libc, "pthread_mutex_lock");
	int (*unlock)(pthread_mutex_t *) =
		(int (*)(pthread_mutex_t *))dlsym(libc, "pthread_mutex_unlock");

	for (int i = 0; i < ROUNDS; i++) {
		lock(&mutex);
		counter++;
		if (i % 64 == 0)
			sched_yield();
		unlock(&mutex);
	}
	return NULL;
}

static void contend(int mixed)
{
	pthread_t threads[4];

	for (long i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, count, (void *)(mixed ? i % 2 : 0));
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	printf("counted %ld\n", counter);
	show("after");
}

static void *ping(void *arg)
{
	int mine = (int)(long)arg;

	for (int i = 0; i < 500; i++) {
		pthread_mutex_lock(&mutex);
		while (turn != mine)
			pthread_cond_wait(&changed, &mutex);
		turn = !mine;
		pthread_cond_signal(&changed);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void take_turns(void)
{
	pthread_t threads[2];

	for (long i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, ping, (void *)i);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	show("after turns");
}

static int find_base(struct dl_phdr_info *info, size_t size, void *base)
{
	if (!strstr(info->dlpi_name, "lockdep_lite_preload"))
		return 0;
	*(unsigned long *)base = info->dlpi_addr;
	return 1;
}

/* What the library itself says, at this offset of it: is the short way open? */
static void say_used(const char *offset, const char *when)
{
	unsigned long base = 0;

	dl_iterate_phdr(find_base, &base);
	if (base)
		printf("%s: %d\n", when, *(_Bool *)(base + strtoul(offset, NULL, 16)));
	else
		printf("%s: not watched\n", when);
}

static void used(const char *offset)
{
	say_used(offset, "one thread");
	second_thread();
	say_used(offset, "two threads");
	fflush(stdout);
	if (fork() == 0) {
		say_used(offset, "forked");
		second_thread();
		say_used(offset, "forked, two threads");
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
}

static int (*libcs_lock)(pthread_mutex_t *);
static int (*libcs_mtx_lock)(mtx_t *);
static int libc_calls;

static int counting_lock(pthread_mutex_t *wanted)
{
	libc_calls++;
	return libcs_lock(wanted);
}

static int counting_mtx_lock(mtx_t *wanted)
{
	libc_calls++;
	return libcs_mtx_lock(wanted);
}

static void replace(void **table, void *libcs, void *counting)
{
	while (*table != libcs)
		table++;
	*table = counting;
}

/* In the library's table of libc's functions, at this offset of it, counting ones take the places
 * of pthread_mutex_lock() and mtx_lock(): which kinds still get there? */
static void kinds(const char *offset)
{
	unsigned long base = 0;
	void **table, *libc;
	mtx_t c11;

	second_thread();
	dl_iterate_phdr(find_base, &base);
	libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
	libcs_lock = (int (*)(pthread_mutex_t *))dlsym(libc, "pthread_mutex_lock");
	libcs_mtx_lock = (int (*)(mtx_t *))dlsym(libc, "mtx_lock");
	table = (void **)(base + strtoul(offset, NULL, 16));
	replace(table, (void *)libcs_lock, (void *)counting_lock);
	replace(table, (void *)libcs_mtx_lock, (void *)counting_mtx_lock);
	for (size_t i = 0; i <= sizeof(types) / sizeof(*types); i++) {
		const char *name = i ? types[i - 1].name : "plain";

		make(name);
		libc_calls = 0;
		for (int n = 0; n < 10; n++) {
			pthread_mutex_lock(&mutex);
			pthread_mutex_unlock(&mutex);
		}
		printf("%s: %d\n", name, libc_calls);
	}
	mtx_init(&c11, mtx_plain);
	libc_calls = 0;
	for (int n = 0; n < 10; n++) {
		mtx_lock(&c11);
		mtx_unlock(&c11);
	}
	printf("mtx_plain: %d\n", libc_calls);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "used") == 0 && argc > 2) {
		used(argv[2]);
		return 0;
	}
	if (strcmp(what, "kinds") == 0 && argc > 2) {
		kinds(argv[2]);
		return 0;
	}
	if (argc > 2 && strcmp(argv[2], "static") != 0)
		make(argv[2]);
	if (strcmp(what, "words") == 0) {
		words();
		second_thread();
		words();
		in_child();
	} else if (strcmp(what, "contend") == 0) {
		contend(0);
	} else if (strcmp(what, "mixed") == 0) {
		contend(1);
	} else if (strcmp(what, "turns") == 0) {
		take_turns();
	} else {
		return 2;
	}
	return 0;
}
