/* Deadlocks of opened runs. See live.h. */
#include "live.h"

#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "deadlock_finding.h"
#include "observer.h"

#define PAUSE_NS      100000000l
#define POLLS_MIN     2u  /* a wait is the same in two of them */
#define POLLS_WAITING 8u  /* where threads wait: for whom, may show later */
#define POLLS_MAX     19u /* where they seem to wait for one another */

/* What was found, in the order of finding. */
struct found {
	struct viz_deadlock **deadlocks;
	size_t count;
};

static void keep(void *context, const struct viz_deadlock *deadlock)
{
	struct found *found = context;
	struct viz_deadlock **grown =
		reallocarray(found->deadlocks, found->count + 1, sizeof(struct viz_deadlock *));

	if (!grown)
		return;
	found->deadlocks = grown;
	found->deadlocks[found->count] = viz_deadlock_copy(deadlock);
	found->count += found->deadlocks[found->count] != NULL;
}

/* Runs are the names that the observer was given. Returns whether one of them is live. */
static bool add_runs(struct viz_observer *observer, struct viz_run *const *runs, size_t count)
{
	bool is_live = false;

	for (size_t i = 0; i < count; i++) {
		int fd = open(viz_run_path(runs[i]), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

		if (fd < 0)
			continue;
		is_live |= viz_observer_add(observer, runs[i], fd) &&
			   !viz_observer_is_frozen(fd, viz_run_snapshot(runs[i])->arena.header);
		close(fd);
	}
	return is_live;
}

static void watch(struct viz_observer *observer, bool is_live)
{
	struct timespec pause = {0, PAUSE_NS};

	for (unsigned int polls = 1; polls <= POLLS_MAX; polls++) {
		viz_observer_poll(observer);
		if (!is_live || (polls >= POLLS_MIN && !viz_observer_is_suspicious(observer)) ||
			(polls >= POLLS_WAITING && !viz_observer_is_in_doubt(observer)))
			return;
		nanosleep(&pause, NULL);
	}
}

static struct viz_run *run_of(void *context, const void *id)
{
	return (struct viz_run *)(uintptr_t)id;
}

static void make_findings(const struct found *found)
{
	char error[512];

	for (size_t i = 0; i < found->count; i++) {
		struct viz_run *run =
			(struct viz_run *)(uintptr_t)found->deadlocks[i]->steps[0].process;
		bool is_first = true;

		/* What the deadlock names may be younger than what was read. */
		for (size_t before = 0; before < i; before++)
			is_first &= found->deadlocks[before]->steps[0].process != run;
		if (is_first && !found->deadlocks[i]->is_frozen &&
			viz_run_reload(run, error, sizeof(error)) != LDL_OK)
			continue;
		(void)viz_deadlock_add(run, found->deadlocks[i], run_of, NULL);
	}
}

void viz_live_look(struct viz_run *const *runs, size_t count)
{
	struct found found = {NULL, 0};
	struct viz_observer_events events = {.context = &found, .deadlocked = keep};
	struct viz_observer *observer = viz_observer_new(&events, false);

	if (!observer)
		return;
	watch(observer, add_runs(observer, runs, count));
	viz_observer_free(observer);
	make_findings(&found);
	for (size_t i = 0; i < found.count; i++)
		free(found.deadlocks[i]);
	free(found.deadlocks);
}
