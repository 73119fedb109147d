/* A module with static locks of its own, for dlopen() and dlclose(); built with -DCONSTRUCTOR it is
 * a library whose constructor runs threads and takes locks before main. */
#define _GNU_SOURCE
#include "turns.h"

static pthread_mutex_t module_a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t module_b = PTHREAD_MUTEX_INITIALIZER;

static void module_nest(pthread_mutex_t *first, pthread_mutex_t *second)
{
	pthread_mutex_lock(first);
	pthread_mutex_lock(second);
	pthread_mutex_unlock(second);
	pthread_mutex_unlock(first);
}

__attribute__((visibility("default"))) void module_a_then_b(int index);
__attribute__((visibility("default"))) void module_b_then_a(int index);

void module_a_then_b(int index)
{
	module_nest(&module_a, &module_b);
}

void module_b_then_a(int index)
{
	module_nest(&module_b, &module_a);
}

#ifdef CONSTRUCTOR
__attribute__((constructor)) static void before_main(void)
{
	turns_two(module_a_then_b, module_b_then_a);
}
#endif
