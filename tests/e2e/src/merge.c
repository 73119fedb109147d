/* One order of static locks in each run: merge ORDER, where ORDER is two letters of "abc", or three
 * with a lock around both first. */
#define _GNU_SOURCE
#include "turns.h"

static pthread_mutex_t locks[3] = {
	PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};
static const char *order;

static void *take(void *unused)
{
	for (const char *name = order; *name; name++)
		pthread_mutex_lock(&locks[*name - 'a']);
	for (const char *name = order; *name; name++)
		pthread_mutex_unlock(&locks[*name - 'a']);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	order = argc > 1 ? argv[1] : "ab";
	pthread_create(&thread, NULL, take, NULL);
	pthread_join(thread, NULL);
	return 0;
}
