/* The objects, contexts and other threads of the wait/wound cases. See ww.h. */
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>
#include "tests/selftest/ww.h"

DEFINE_WD_CLASS(ww_lockdep);
DEFINE_WD_CLASS(ww_other);
struct ww_mutex o, o2, o3;
struct ww_acquire_ctx t, t2;

/* The other thread; `held` and `leave` are posted once each. */
static struct {
	pthread_t thread;
	bool is_there;
	sem_t held, leave;
	struct ww_mutex *objects[2];
	int result;
} other;

void selftest_init_ww(void)
{
	ww_mutex_init(&o, &ww_lockdep);
	ww_mutex_init(&o2, &ww_lockdep);
	ww_mutex_init(&o3, &ww_lockdep);
}

static void start(void *(*body)(void *), struct ww_mutex *first, struct ww_mutex *second)
{
	sem_init(&other.held, 0, 0);
	sem_init(&other.leave, 0, 0);
	other.objects[0] = first;
	other.objects[1] = second;
	if (pthread_create(&other.thread, NULL, body, NULL))
		abort();
	other.is_there = true;
}

static void *hold(void *unused)
{
	struct ww_acquire_ctx context;
	int i, held;

	ww_acquire_init(&context, &ww_lockdep);
	for (held = 0; held < 2 && other.objects[held]; held++)
		if (ww_mutex_lock(other.objects[held], &context))
			abort();
	ww_acquire_done(&context);
	sem_post(&other.held);
	sem_wait(&other.leave);
	for (i = held; i > 0; i--)
		ww_mutex_unlock(other.objects[i - 1]);
	ww_acquire_fini(&context);
	return NULL;
}

void elder_takes(struct ww_mutex *first, struct ww_mutex *second)
{
	start(hold, first, second);
	sem_wait(&other.held);
}

void elder_leaves(void)
{
	if (!other.is_there)
		return;
	sem_post(&other.leave);
	pthread_join(other.thread, NULL);
	other.is_there = false;
}

static void *ask(void *unused)
{
	struct ww_acquire_ctx context;

	ww_acquire_init(&context, &ww_lockdep);
	if (ww_mutex_lock(other.objects[0], &context))
		abort();
	other.result = ww_mutex_lock(other.objects[1], &context);
	if (!other.result)
		ww_mutex_unlock(other.objects[1]);
	ww_mutex_unlock(other.objects[0]);
	ww_acquire_fini(&context);
	return NULL;
}

int younger_asks(struct ww_mutex *own, struct ww_mutex *wanted)
{
	start(ask, own, wanted);
	elder_leaves();
	return other.result;
}

void selftest_end_ww(void)
{
	elder_leaves();
}
