/* Makes sure of what two looks made likely. See observer.h.
 *
 * A look is copied piece by piece while threads go on, so a busy program can look deadlocked, even
 * twice. Two things prove that it is: that the kernel did not let any of the threads run from
 * before a look to after it; or, of threads that spin or that the kernel does not show, that many
 * looks in a row, at odd times, say the same. */
#include "observer_parts.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "task.h"

#define SPIN_NS    (VIZ_SECOND_NS + VIZ_SECOND_NS / 10)
#define SPIN_POLLS 4u
#define BURST      24u /* looks in a row */
#define GONE_NS    (VIZ_SECOND_NS / 2)

static const struct viz_look_thread *find_again(const struct viz_source *source, ldl_thread_id slot)
{
	for (size_t i = 0; i < source->again.thread_count; i++) {
		if (source->again.threads[i].slot == slot)
			return &source->again.threads[i];
	}
	return NULL;
}

/* Whether a thread is in the second look what it is in the first. */
static bool is_unchanged(const struct viz_observer *observer, uint32_t party)
{
	const struct viz_look_thread *then = observer->parties[party].thread;
	const struct viz_look_thread *now =
		find_again(viz_observer_source_of(observer, party), then->slot);

	return now && now->record.serial == then->record.serial &&
	       now->record.depth == then->record.depth &&
	       now->record.wait_addr == then->record.wait_addr && now->count == then->count &&
	       memcmp(now->held, then->held, now->count * sizeof(*now->held)) == 0;
}

/* Takes a second look at each process that the blocks are of. */
static bool look_again(
	struct viz_observer *observer, const struct viz_wait_block *blocks, size_t count)
{
	struct viz_source *last = NULL;

	for (size_t i = 0; i < count; i++) {
		struct viz_source *source = viz_observer_source_of(observer, blocks[i].party);

		if (source != last && !viz_look_take(&source->again, source->fd, false))
			return false;
		last = source;
	}
	for (size_t i = 0; i < count; i++) {
		if (!is_unchanged(observer, blocks[i].party))
			return false;
	}
	return true;
}

static struct viz_task task_of(const struct viz_observer *observer, uint32_t party)
{
	const struct viz_source *source = viz_observer_source_of(observer, party);
	struct viz_task unknown = {VIZ_TASK_UNKNOWN, 0, 0};

	if (!source->is_attached)
		return unknown;
	return viz_task_look(source->look.header.pid, observer->parties[party].thread->record.tid);
}

/* *is_same: whether the look between shows the same, if not, the rest does not matter. */
static bool all_slept(struct viz_observer *observer, const struct viz_wait_block *blocks,
	size_t count, bool *is_same)
{
	struct viz_task *before = calloc(count, sizeof(*before));
	bool is_proof = before != NULL;

	for (size_t i = 0; is_proof && i < count; i++)
		before[i] = task_of(observer, blocks[i].party);
	*is_same = look_again(observer, blocks, count);
	for (size_t i = 0; is_proof && *is_same && i < count; i++) {
		struct viz_task after = task_of(observer, blocks[i].party);

		is_proof = viz_task_slept(&before[i], &after);
	}
	free(before);
	return is_proof && *is_same;
}

/* Many looks, at odd times from one another. */
static bool stays(struct viz_observer *observer, const struct viz_wait_block *blocks, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct viz_wish *wish = viz_observer_wish_of(observer, blocks[i].party);

		if (wish->seen < SPIN_POLLS || observer->now_ns - wish->since_ns < SPIN_NS)
			return false;
	}
	for (unsigned int i = 0; i < BURST; i++) {
		struct timespec pause = {0, 200000 + (long)(i * 7919 % 13) * 70000};

		nanosleep(&pause, NULL);
		if (!look_again(observer, blocks, count))
			return false;
	}
	return true;
}

static bool all_frozen(
	const struct viz_observer *observer, const struct viz_wait_block *blocks, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!viz_observer_source_of(observer, blocks[i].party)->is_frozen)
			return false;
	}
	return true;
}

bool viz_observer_proves(
	struct viz_observer *observer, const struct viz_wait_block *blocks, size_t count)
{
	bool is_same;

	for (size_t i = 0; i < count; i++) {
		if (viz_wait_graph_is_torn(observer->graph, blocks[i].party))
			return false;
	}
	if (all_frozen(observer, blocks, count))
		return true;
	if (all_slept(observer, blocks, count, &is_same))
		return true;
	return is_same && stays(observer, blocks, count);
}

bool viz_observer_proves_wait(struct viz_observer *observer, uint32_t waiter)
{
	struct viz_wait_block block = {.party = waiter};
	bool is_same;

	return all_slept(observer, &block, 1, &is_same);
}

/* A younger thread may have the number of one that is gone. */
static bool has_successor(const struct viz_source *source, const struct viz_look_thread *thread)
{
	for (size_t i = 0; i < source->look.thread_count; i++) {
		const struct ldl_thread_record *other = &source->look.threads[i].record;

		if (other->tid == thread->record.tid && other->serial > thread->record.serial)
			return true;
	}
	return false;
}

bool viz_observer_proves_gone(
	struct viz_observer *observer, uint32_t waiter, const struct viz_wait_block *holder)
{
	const struct viz_source *source = viz_observer_source_of(observer, holder->party);
	const struct viz_look_thread *thread = observer->parties[holder->party].thread;
	const struct viz_wish *wish = viz_observer_wish_of(observer, waiter);

	if (holder->is_queued || (observer->parties[waiter].thread->flags & LDL_INSTANCE_ROBUST))
		return false;
	/* Threads end before exit() does, which takes the others in the midst of what they do. */
	if (source->is_frozen)
		return thread->record.state == LDL_THREAD_EXITING &&
		       source->look.header.state != LDL_STATE_EXITED;
	if (!source->is_attached || observer->now_ns - wish->since_ns < GONE_NS)
		return false;
	if (observer->gone[holder->party] == VIZ_GONE_NOT_ASKED)
		observer->gone[holder->party] =
			task_of(observer, holder->party).presence == VIZ_TASK_GONE ||
					has_successor(source, thread)
				? VIZ_GONE_YES
				: VIZ_GONE_NO;
	return observer->gone[holder->party] == VIZ_GONE_YES &&
	       viz_observer_proves_wait(observer, waiter);
}
