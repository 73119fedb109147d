/* Another library that wants every call of pthread_mutex_lock(): it counts them. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

static unsigned int calls;
static int (*next)(pthread_mutex_t *);

int pthread_mutex_lock(pthread_mutex_t *mutex);
int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	if (!next)
		next = (int (*)(pthread_mutex_t *))dlsym(RTLD_NEXT, "pthread_mutex_lock");
	__atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED);
	return next(mutex);
}

__attribute__((destructor)) static void tell(void)
{
	printf("%u calls came through\n", calls);
}
