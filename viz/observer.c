/* Looks at processes, a few times a second. See observer.h. */
#include "observer_parts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ENDED_MAX 64u /* processes that have ended and held what is shared */

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * VIZ_SECOND_NS + (uint64_t)now.tv_nsec;
}

struct viz_observer *viz_observer_new(const struct viz_observer_events *events, bool is_whole)
{
	struct viz_observer *observer = calloc(1, sizeof(*observer));

	if (!observer)
		return NULL;
	observer->events = *events;
	observer->is_whole = is_whole;
	return observer;
}

static void free_parties(struct viz_observer *observer)
{
	free(observer->parties);
	free(observer->is_done);
	free(observer->gone);
	observer->parties = NULL;
	observer->is_done = observer->gone = NULL;
	observer->party_room = observer->party_count = 0;
}

void viz_observer_free(struct viz_observer *observer)
{
	if (!observer)
		return;
	for (size_t i = 0; i < observer->source_count; i++)
		viz_source_free(observer->sources[i]);
	viz_wait_graph_free(observer->graph);
	free(observer->sources);
	free_parties(observer);
	free(observer->told);
	free(observer);
}

static struct viz_source *find_source(const struct viz_observer *observer, const void *id)
{
	for (size_t i = 0; i < observer->source_count; i++) {
		if (observer->sources[i]->id == id)
			return observer->sources[i];
	}
	return NULL;
}

bool viz_observer_has(const struct viz_observer *observer, const void *id)
{
	return find_source(observer, id) != NULL;
}

bool viz_observer_add(struct viz_observer *observer, const void *id, int fd)
{
	struct viz_source **grown = reallocarray(
		observer->sources, observer->source_count + 1, sizeof(struct viz_source *));
	struct viz_source *source;

	if (!grown)
		return false;
	observer->sources = grown;
	source = calloc(1, sizeof(*source));
	if (!source)
		return false;
	source->id = id;
	source->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (source->fd < 0) {
		free(source);
		return false;
	}
	observer->sources[observer->source_count++] = source;
	return true;
}

static bool make_parties(struct viz_observer *observer)
{
	size_t count = 0;

	for (size_t i = 0; i < observer->source_count; i++)
		count += observer->sources[i]->look.thread_count;
	if (count > observer->party_room) {
		free_parties(observer);
		observer->party_room = count + count / 2;
		observer->parties = calloc(observer->party_room, sizeof(*observer->parties));
		observer->is_done = calloc(observer->party_room, 1);
		observer->gone = calloc(observer->party_room, 1);
	}
	if (count && (!observer->parties || !observer->is_done || !observer->gone)) {
		free_parties(observer);
		return false;
	}
	if (count) {
		memset(observer->is_done, 0, count);
		memset(observer->gone, 0, count);
	}
	return true;
}

static void add_parties(struct viz_observer *observer, uint32_t index)
{
	struct viz_source *source = observer->sources[index];

	source->first_party = (uint32_t)observer->party_count;
	for (size_t i = 0; i < source->look.thread_count; i++) {
		const struct viz_look_thread *thread = &source->look.threads[i];
		bool is_remembered =
			thread->slot < source->wish_count && source->wishes[thread->slot].seen > 1;

		observer->parties[observer->party_count++] =
			(struct viz_wait_party){thread, index, source->is_frozen || is_remembered};
	}
}

/* A lock in shared memory is one for all processes that map it; others are their process's own. */
static struct viz_wait_key key_of(void *context, uint32_t process, uint64_t address)
{
	struct viz_observer *observer = context;
	struct viz_source *source = observer->sources[process];
	struct viz_wait_key own = {process, address};
	const struct viz_mapping *mapping;

	if (observer->source_count < 2 || !source->is_attached)
		return own;
	if (!source->has_maps)
		(void)viz_maps_read(&source->maps, (long)source->look.header.pid);
	source->has_maps = true;
	mapping = viz_maps_find(&source->maps, address);
	if (!mapping)
		return own;
	return (struct viz_wait_key){
		1ull << 63 | ((uint64_t)mapping->device << 40 ^ mapping->inode),
		mapping->offset + (address - mapping->start)};
}

/* It points into the looks of the poll that it was made in. */
static void drop_graph(struct viz_observer *observer)
{
	viz_wait_graph_free(observer->graph);
	observer->graph = NULL;
}

static void build_graph(struct viz_observer *observer)
{
	observer->party_count = 0;
	if (!make_parties(observer))
		return;
	for (uint32_t i = 0; i < observer->source_count; i++)
		add_parties(observer, i);
	observer->graph =
		viz_wait_graph_new(observer->parties, observer->party_count, key_of, observer);
}

void viz_observer_poll(struct viz_observer *observer)
{
	bool is_whole = observer->is_whole;

	drop_graph(observer);
	observer->now_ns = clock_ns();
	observer->is_suspicious = observer->is_in_doubt = false;
	for (size_t i = 0; i < observer->source_count; i++) {
		viz_source_look(observer->sources[i], !is_whole);
		observer->sources[i]->has_maps = false;
		observer->is_suspicious |= viz_source_is_suspicious(observer->sources[i]);
	}
	is_whole |= observer->is_suspicious;
	for (size_t i = 0; i < observer->source_count; i++) {
		if (is_whole && !observer->is_whole)
			viz_source_look(observer->sources[i], false);
		if (observer->is_suspicious)
			viz_source_check_end(observer, observer->sources[i]);
		viz_source_remember(observer, observer->sources[i]);
	}
	if (!is_whole)
		return;
	build_graph(observer);
	if (observer->graph)
		viz_observer_judge(observer);
}

static void remove_source(struct viz_observer *observer, struct viz_source *source)
{
	size_t at = 0;

	while (observer->sources[at] != source)
		at++;
	memmove(&observer->sources[at], &observer->sources[at + 1],
		(observer->source_count - at - 1) * sizeof(struct viz_source *));
	observer->source_count--;
	viz_source_free(source);
}

/* Whether a process has taken a lock to its grave that others may wait for. */
static bool holds_shared(const struct viz_source *source)
{
	for (size_t i = 0; i < source->look.thread_count; i++) {
		const struct viz_look_thread *thread = &source->look.threads[i];

		for (uint32_t at = 0; at < viz_look_depth(thread); at++) {
			if (viz_look_flags(&source->look, source->fd, &thread->held[at]) &
				LDL_INSTANCE_SHARED)
				return true;
		}
	}
	return false;
}

/* Of the processes that have ended a few are kept, the last ones. */
static void keep_ended(struct viz_observer *observer, struct viz_source *source)
{
	struct viz_source *oldest = NULL;
	size_t count = 0;

	for (size_t i = observer->source_count; i-- > 0;) {
		if (observer->sources[i]->id)
			continue;
		oldest = observer->sources[i];
		count++;
	}
	if (count >= ENDED_MAX)
		remove_source(observer, oldest);
	source->id = NULL;
}

void viz_observer_end(struct viz_observer *observer, const void *id)
{
	struct viz_source *source = find_source(observer, id);
	size_t held = 0;

	if (!source)
		return;
	drop_graph(observer);
	source->is_frozen = true;
	source->was_judged = true;
	source->was_looked_at = viz_look_take(&source->look, source->fd, false);
	for (size_t i = 0; i < source->look.thread_count; i++)
		held += viz_look_depth(&source->look.threads[i]);
	if (held) {
		build_graph(observer);
		if (observer->graph)
			viz_observer_judge(observer);
		drop_graph(observer);
	}
	if (held && holds_shared(source))
		keep_ended(observer, source);
	else
		remove_source(observer, source);
}

bool viz_observer_is_suspicious(const struct viz_observer *observer)
{
	return observer->is_suspicious;
}

bool viz_observer_is_in_doubt(const struct viz_observer *observer)
{
	return observer->is_in_doubt;
}

struct viz_source *viz_observer_source_of(const struct viz_observer *observer, uint32_t party)
{
	return observer->sources[observer->parties[party].process];
}

const struct viz_wish *viz_observer_wish_of(const struct viz_observer *observer, uint32_t party)
{
	static const struct viz_wish none;
	const struct viz_source *source = viz_observer_source_of(observer, party);
	ldl_thread_id slot = observer->parties[party].thread->slot;

	return slot < source->wish_count ? &source->wishes[slot] : &none;
}

const struct viz_look *viz_observer_look(const struct viz_observer *observer, const void *id)
{
	const struct viz_source *source = find_source(observer, id);

	return source && source->was_looked_at ? &source->look : NULL;
}

uint64_t viz_observer_wait_ns(
	const struct viz_observer *observer, const void *id, ldl_thread_id slot)
{
	const struct viz_source *source = find_source(observer, id);

	if (!source || slot >= source->wish_count || source->wishes[slot].seen < 1)
		return 0;
	if (source->is_frozen)
		return 1;
	if (source->wishes[slot].seen < 2)
		return 0;
	return observer->now_ns - source->wishes[slot].since_ns;
}

uint64_t viz_observer_held_ns(
	const struct viz_observer *observer, const void *id, ldl_thread_id slot, uint32_t at)
{
	const struct viz_source *source = find_source(observer, id);
	const struct viz_hold *hold;

	if (!source || slot >= source->hold_slots || at >= VIZ_HOLDS || source->is_frozen)
		return 0;
	hold = &source->holds[(size_t)slot * VIZ_HOLDS + at];
	return hold->since_ns ? observer->now_ns - hold->since_ns : 0;
}

struct viz_contention viz_observer_contention(
	const struct viz_observer *observer, const void *id, ldl_class_id class)
{
	const struct viz_source *source = find_source(observer, id);

	if (!source || class >= source->class_count)
		return (struct viz_contention){0, 0, 0};
	return source->contention[class];
}

struct telling {
	const struct viz_observer *observer;
	bool (*tell)(void *context, const struct viz_observer_blocker *blocker);
	void *context;
};

static bool tell_blocker(void *context, const struct viz_wait_block *block)
{
	struct telling *telling = context;
	struct viz_observer_blocker blocker = {
		.process = viz_observer_source_of(telling->observer, block->party)->id,
		.thread = telling->observer->parties[block->party].thread,
		.is_queued = block->is_queued,
	};

	return telling->tell(telling->context, &blocker);
}

void viz_observer_blockers(const struct viz_observer *observer, const void *id, ldl_thread_id slot,
	bool (*tell)(void *context, const struct viz_observer_blocker *blocker), void *context)
{
	struct telling telling = {observer, tell, context};
	const struct viz_source *source = find_source(observer, id);

	for (size_t i = 0; source && observer->graph && i < source->look.thread_count; i++) {
		if (source->look.threads[i].slot == slot)
			(void)viz_wait_graph_blockers(observer->graph,
				source->first_party + (uint32_t)i, tell_blocker, &telling);
	}
}
