/* A context that must not block: each case does one thing in it, or beside it. */
#include <errno.h>
#include <lockdep_lite.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int is_signalled;
static char event;

static void nest(pthread_mutex_t *outer, pthread_mutex_t *inner)
{
	pthread_mutex_lock(outer);
	pthread_mutex_lock(inner);
	pthread_mutex_unlock(inner);
	pthread_mutex_unlock(outer);
}

/* Both orders of two locks; and a lock held over an allocation that the context wants. Each is a
 * cycle, for those who keep a graph. */
static void cycles(void)
{
	nest(&a, &b);
	nest(&b, &a);
	pthread_mutex_lock(&a);
	ldl_might_alloc(LDL_GFP_KERNEL);
	pthread_mutex_unlock(&a);
	ldl_non_block_start();
	pthread_mutex_lock(&a);
	pthread_mutex_unlock(&a);
	ldl_non_block_end();
}

static void beside(void)
{
	ldl_might_alloc(LDL_GFP_KERNEL);
	ldl_might_sleep();
	ldl_non_block_start();
	ldl_might_alloc(LDL_GFP_NOWAIT);
	ldl_non_block_end();
	ldl_might_wait(&event);
}

static void *signal_it(void *unused)
{
	pthread_mutex_lock(&a);
	is_signalled = 1;
	pthread_cond_signal(&condition);
	pthread_mutex_unlock(&a);
	return unused;
}

static void wait_for_condition(int is_inside)
{
	pthread_t thread;

	if (is_inside)
		ldl_non_block_start();
	pthread_mutex_lock(&a);
	pthread_create(&thread, NULL, signal_it, NULL);
	while (!is_signalled)
		pthread_cond_wait(&condition, &a);
	pthread_mutex_unlock(&a);
	if (is_inside)
		ldl_non_block_end();
	pthread_join(thread, NULL);
}

/* A notifier that finds its lock taken, and says so: rule A8's silent side. */
static void *call_notifier(void *unused)
{
	for (int i = 0; i < 5; i++) {
		ldl_notifier_begin(&event, 0, 1, 0);
		ldl_notifier_end(&event, pthread_mutex_trylock(&a) ? -EAGAIN : 0);
	}
	return unused;
}

static void call_busy_notifier(void)
{
	pthread_t thread;

	ldl_notifier_register(&event, "device", 0, 0);
	pthread_mutex_lock(&a);
	pthread_create(&thread, NULL, call_notifier, NULL);
	pthread_join(thread, NULL);
	pthread_mutex_unlock(&a);
}

static void inside(const char *what)
{
	ldl_non_block_start();
	if (!strcmp(what, "alloc"))
		ldl_might_alloc(LDL_GFP_KERNEL);
	else if (!strcmp(what, "noio"))
		ldl_might_alloc(LDL_GFP_NOIO);
	else if (!strcmp(what, "wait"))
		ldl_might_wait(&event);
	else if (!strcmp(what, "sleep"))
		ldl_might_sleep();
	ldl_non_block_end();
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "cycles"))
		cycles();
	else if (!strcmp(what, "beside"))
		beside();
	else if (!strcmp(what, "condition") || !strcmp(what, "no_condition"))
		wait_for_condition(!strcmp(what, "condition"));
	else if (!strcmp(what, "busy_notifier"))
		call_busy_notifier();
	else
		inside(what);
	puts("done");
	return 0;
}
