/* Judges what a poll showed: deadlocks, waits for what nobody will release, long waits. */
#include "observer_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "task.h"

static void fill_held(struct viz_deadlock_step *step, const struct viz_look_thread *thread)
{
	uint32_t depth = viz_look_depth(thread);
	uint32_t first = depth > LDL_ALSO_HELD_MAX ? depth - LDL_ALSO_HELD_MAX : 0;

	step->held_count = 0;
	for (uint32_t i = first; i < depth; i++) {
		if (!ldl_held_is_stolen(&thread->held[i]))
			step->held[step->held_count++] = thread->held[i];
	}
}

static struct viz_deadlock_step step_of(
	const struct viz_observer *observer, uint32_t party, const struct ldl_held *holds)
{
	const struct viz_source *source = viz_observer_source_of(observer, party);
	const struct viz_look_thread *thread = observer->parties[party].thread;
	const struct ldl_held *wish = viz_look_wish(thread);
	struct viz_deadlock_step step = {
		.process = source->id,
		.pid = source->look.header.pid,
		.thread = thread->record,
	};

	/* The engine notes a thread's name when it meets it, and seldom again. */
	if (source->is_attached)
		(void)viz_task_name(step.pid, step.thread.tid, step.thread.name);
	if (holds)
		step.holds = *holds;
	if (wish)
		step.wants = *wish;
	fill_held(&step, thread);
	return step;
}

static const struct ldl_held *entry_of(
	const struct viz_observer *observer, const struct viz_wait_block *block)
{
	return &observer->parties[block->party].thread->held[block->entry];
}

/* A thread that waits keeps its place, so these tell a deadlock from others. */
static uint64_t hash_of(
	const struct viz_observer *observer, const struct viz_wait_block *blocks, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		const struct viz_source *source = viz_observer_source_of(observer, blocks[i].party);
		const struct viz_look_thread *thread = observer->parties[blocks[i].party].thread;

		sum += ldl_hash_add(
			ldl_hash_add(source->look.header.pid, source->look.header.start_ns),
			(uint64_t)thread->record.serial << 32 | thread->record.depth);
	}
	return ldl_hash_add(sum, count);
}

static bool is_told(const struct viz_observer *observer, uint64_t hash)
{
	for (size_t i = 0; i < observer->told_count; i++) {
		if (observer->told[i] == hash)
			return true;
	}
	return false;
}

/* Out of memory it would be told again and again: better not at all. */
static bool remember(struct viz_observer *observer, uint64_t hash)
{
	uint64_t *grown =
		reallocarray(observer->told, observer->told_count + 1, sizeof(*observer->told));

	if (!grown)
		return false;
	observer->told = grown;
	observer->told[observer->told_count++] = hash;
	return true;
}

static uint64_t shortest_wait(
	const struct viz_observer *observer, const struct viz_wait_block *blocks, size_t count)
{
	uint64_t shortest = UINT64_MAX;

	for (size_t i = 0; i < count; i++) {
		const struct viz_wish *wish = viz_observer_wish_of(observer, blocks[i].party);
		uint64_t wait_ns = wish->serial ? observer->now_ns - wish->since_ns : 0;

		shortest = wait_ns < shortest ? wait_ns : shortest;
	}
	return shortest;
}

static void tell(struct viz_observer *observer, struct viz_deadlock *deadlock)
{
	if (remember(observer, deadlock->hash) && observer->events.deadlocked)
		observer->events.deadlocked(observer->events.context, deadlock);
}

/* A writer in the queue is no step of its own: readers wait behind it for those who hold the lock
 * now. */
static void fill_steps(const struct viz_observer *observer, struct viz_deadlock *deadlock,
	const struct viz_wait_block *blocks, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct viz_deadlock_step step =
			step_of(observer, blocks[i].party, entry_of(observer, &blocks[i]));

		if (blocks[i].is_queued)
			snprintf(deadlock->behind, sizeof(deadlock->behind),
				"%s (tid %u, thread #%u)",
				step.thread.name[0] ? step.thread.name : "a thread",
				step.thread.tid, step.thread.serial);
		else
			deadlock->steps[deadlock->count++] = step;
	}
}

/* The cycle begins with the oldest thread of the first process, wherever it was found. */
static void rotate(const struct viz_observer *observer, struct viz_wait_cycle *cycle)
{
	size_t first = 0;

	for (size_t i = 1; i < cycle->count; i++) {
		const struct viz_wait_party *party = &observer->parties[cycle->blocks[i].party];
		const struct viz_wait_party *best = &observer->parties[cycle->blocks[first].party];

		if (party->process < best->process ||
			(party->process == best->process &&
				party->thread->record.serial < best->thread->record.serial))
			first = i;
	}
	for (; first > 0; first--) {
		struct viz_wait_block moved = cycle->blocks[0];

		memmove(cycle->blocks, cycle->blocks + 1,
			(cycle->count - 1) * sizeof(*cycle->blocks));
		cycle->blocks[cycle->count - 1] = moved;
	}
}

static void judge_cycle(struct viz_observer *observer, struct viz_wait_cycle *cycle)
{
	uint64_t hash = hash_of(observer, cycle->blocks, cycle->count);
	struct viz_deadlock *deadlock;

	if (is_told(observer, hash))
		return;
	if (!viz_observer_proves(observer, cycle->blocks, cycle->count)) {
		observer->is_in_doubt = true;
		return;
	}
	rotate(observer, cycle);
	deadlock = calloc(1, sizeof(*deadlock) + cycle->count * sizeof(deadlock->steps[0]));
	if (!deadlock)
		return;
	deadlock->hash = hash;
	deadlock->is_frozen = viz_observer_source_of(observer, cycle->blocks[0].party)->is_frozen;
	deadlock->wait_ns = shortest_wait(observer, cycle->blocks, cycle->count);
	fill_steps(observer, deadlock, cycle->blocks, cycle->count);
	if (deadlock->count)
		tell(observer, deadlock);
	free(deadlock);
}

/* The first step waits for what the second one's thread has taken to its grave. */
static void judge_gone(struct viz_observer *observer, uint32_t waiter,
	const struct viz_wait_block *holder, bool is_process_gone)
{
	struct viz_wait_block pair[] = {{.party = waiter}, *holder};
	uint64_t hash = hash_of(observer, pair, 2);
	struct viz_deadlock *deadlock;

	observer->is_done[waiter] = 1;
	if (is_told(observer, hash))
		return;
	deadlock = calloc(1, sizeof(*deadlock) + 2 * sizeof(deadlock->steps[0]));
	if (!deadlock)
		return;
	deadlock->hash = hash;
	deadlock->is_gone = true;
	deadlock->is_process_gone = is_process_gone;
	deadlock->is_frozen = viz_observer_source_of(observer, waiter)->is_frozen;
	deadlock->wait_ns = shortest_wait(observer, pair, 1);
	deadlock->count = 2;
	deadlock->steps[0] = step_of(observer, waiter, NULL);
	deadlock->steps[1] = step_of(observer, holder->party, entry_of(observer, holder));
	tell(observer, deadlock);
	free(deadlock);
}

/* Who blocks a party: the first of them, one that has ended if there is one. */
struct blockers {
	struct viz_observer *observer;
	uint32_t waiter;
	size_t count;
	struct viz_wait_block first, gone;
	bool is_any_gone, is_timed;
};

static bool add_blocker(void *context, const struct viz_wait_block *block)
{
	struct blockers *blockers = context;

	if (blockers->count++ == 0)
		blockers->first = *block;
	if (blockers->is_timed ||
		!viz_observer_proves_gone(blockers->observer, blockers->waiter, block))
		return true;
	blockers->gone = *block;
	blockers->is_any_gone = true;
	return false;
}

/* Whether a lock of a process that has ended is the one that is waited for: forked processes keep
 * shared memory at one address, and where it was is not known any more. */
static bool is_inherited(const struct viz_source *dead, const struct viz_source *live)
{
	const struct ldl_header *one = &dead->look.header, *other = &live->look.header;

	return one->parent_pid == other->pid || one->pid == other->parent_pid ||
	       one->parent_pid == other->parent_pid;
}

/* Looks for the wish's lock in what ended processes held. */
static bool find_in_ended(
	const struct viz_observer *observer, uint32_t waiter, struct viz_wait_block *holder)
{
	const struct viz_source *source = viz_observer_source_of(observer, waiter);
	const struct ldl_held *wish = viz_look_wish(observer->parties[waiter].thread);

	for (uint32_t i = 0; i < observer->party_count; i++) {
		const struct viz_source *other = viz_observer_source_of(observer, i);
		const struct viz_look_thread *thread = observer->parties[i].thread;

		if (!other->is_frozen || other == source || !is_inherited(other, source))
			continue;
		for (uint32_t at = 0; at < viz_look_depth(thread); at++) {
			if (!viz_look_is_lock(&thread->held[at]) ||
				ldl_held_addr(&thread->held[at]) != ldl_held_addr(wish))
				continue;
			*holder = (struct viz_wait_block){.party = i, .entry = at};
			return true;
		}
	}
	return false;
}

/* A shared lock that no living process is known to hold. */
static void judge_ended_process(struct viz_observer *observer, uint32_t waiter)
{
	uint32_t flags = observer->parties[waiter].thread->flags;
	struct viz_wait_block holder;

	if (!(flags & LDL_INSTANCE_SHARED) || (flags & LDL_INSTANCE_ROBUST) ||
		!viz_observer_source_of(observer, waiter)->is_attached)
		return;
	if (find_in_ended(observer, waiter, &holder) && viz_observer_proves_wait(observer, waiter))
		judge_gone(observer, waiter, &holder, true);
}

/* The others that wait for the same lock are told of with the first. */
static size_t mark_same(struct viz_observer *observer, uint32_t waiter)
{
	const struct viz_wait_party *first = &observer->parties[waiter];
	uint64_t addr = ldl_held_addr(viz_look_wish(first->thread));
	struct viz_source *source = viz_observer_source_of(observer, waiter);
	size_t count = 0;

	for (uint32_t i = 0; i < observer->party_count; i++) {
		const struct viz_wait_party *party = &observer->parties[i];
		const struct ldl_held *wish = viz_look_wish(party->thread);

		if (i == waiter || !wish || !party->is_lasting ||
			party->process != first->process || ldl_held_addr(wish) != addr ||
			party->thread->record.wait_addr)
			continue;
		source->wishes[party->thread->slot].is_told = true;
		count++;
	}
	return count;
}

static void judge_stall(
	struct viz_observer *observer, uint32_t waiter, const struct blockers *blockers)
{
	struct viz_source *source = viz_observer_source_of(observer, waiter);
	struct viz_wish *wish = &source->wishes[observer->parties[waiter].thread->slot];
	struct viz_stall stall = {.wait_ns = observer->now_ns - wish->since_ns};

	if (!observer->events.stalled || wish->is_told || source->is_frozen ||
		observer->parties[waiter].thread->record.wait_addr ||
		stall.wait_ns < observer->events.stall_ns)
		return;
	wish->is_told = true;
	stall.more_waiters = mark_same(observer, waiter);
	stall.waiter = step_of(observer, waiter, NULL);
	if (blockers->count) {
		stall.holder = step_of(
			observer, blockers->first.party, entry_of(observer, &blockers->first));
		stall.is_holder_asleep = stall.holder.thread.wait_addr != 0;
		stall.is_holder_waiting = !stall.is_holder_asleep && stall.holder.wants.addr;
		stall.more_holders = blockers->count - 1;
	}
	observer->events.stalled(observer->events.context, &stall);
}

static void judge_wait(struct viz_observer *observer, uint32_t waiter)
{
	const struct ldl_held *wish = viz_look_wish(observer->parties[waiter].thread);
	struct blockers blockers = {.observer = observer, .waiter = waiter};

	if (!observer->parties[waiter].is_lasting || !wish || !viz_look_is_lock(wish))
		return;
	blockers.is_timed = ldl_held_mode(wish) & LDL_MODE_TIMED;
	(void)viz_wait_graph_blockers(observer->graph, waiter, add_blocker, &blockers);
	if (blockers.is_any_gone)
		judge_gone(observer, waiter, &blockers.gone, false);
	else if (blockers.count == 0 && !blockers.is_timed)
		judge_ended_process(observer, waiter);
	if (!observer->is_done[waiter])
		judge_stall(observer, waiter, &blockers);
}

void viz_observer_judge(struct viz_observer *observer)
{
	struct viz_wait_cycle cycle;

	for (uint32_t i = 0; i < observer->party_count; i++) {
		if (observer->is_done[i] || !viz_wait_graph_cycle(observer->graph, i, &cycle))
			continue;
		for (size_t at = 0; at < cycle.count; at++)
			observer->is_done[cycle.blocks[at].party] = 1;
		judge_cycle(observer, &cycle);
	}
	for (uint32_t i = 0; i < observer->party_count; i++) {
		if (!observer->is_done[i])
			judge_wait(observer, i);
	}
}
