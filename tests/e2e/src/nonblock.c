/* A context that must not block: each case does one thing in it, or beside it. */
#include <lockdep_lite.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
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
	else
		inside(what);
	puts("done");
	return 0;
}
