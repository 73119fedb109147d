/* The order that creating and joining threads makes. See segment.h. */
#include "segment.h"

#include "joins.h"

/* A new segment of the thread, after its latest one and after `other`. */
static ldl_segment_id begin(
	struct ldl_arena *arena, struct ldl_thread *thread, ldl_segment_id other)
{
	ldl_segment_id id = ldl_table_take(arena, LDL_TABLE_SEGMENTS, 1);

	if (id)
		*ldl_segment_at(arena, id) = (struct ldl_segment){
			.before = thread->segment ? thread->segment : thread->created_in,
			.joined = other,
			.thread_serial = thread->record->serial,
		};
	thread->segment = id;
	thread->segment_is_over = false;
	ldl_joins_note(thread->handle, thread->record->serial, id);
	return id;
}

/* What is known to the thread's caches was seen in a segment that is over: it is looked at again,
 * for evidence of the new one. */
static void look_again(struct ldl_thread *thread)
{
	thread->saved_control = 0;
}

void ldl_segment_create(
	struct ldl_arena *arena, struct ldl_thread *thread, struct ldl_thread *child)
{
	if (!thread->segment)
		(void)begin(arena, thread, 0);
	thread->segment_is_over = true;
	child->created_in = thread->segment;
	if (thread->has_evidence)
		look_again(thread);
	thread->has_evidence = false;
}

void ldl_segment_join(struct ldl_arena *arena, struct ldl_thread *thread, ldl_segment_id last)
{
	if (!last)
		return;
	(void)begin(arena, thread, last);
	look_again(thread);
	thread->has_evidence = false;
}

ldl_segment_id ldl_segment_now(struct ldl_arena *arena, struct ldl_thread *thread)
{
	thread->has_evidence = true;
	if (thread->segment && !thread->segment_is_over)
		return thread->segment;
	return begin(arena, thread, 0);
}

bool ldl_segment_is_left(const struct ldl_thread *thread, ldl_segment_id id)
{
	return thread->segment_is_over || thread->segment != id;
}

/* Whether the thread of `later` was created, over any number of threads in between, after `id`. */
static bool is_before_creation(
	const struct ldl_arena *arena, ldl_segment_id id, ldl_segment_id later)
{
	while (later > id)
		later = ldl_segment_at(arena, later)->before;
	return later == id;
}

/* Whether an ancestor of the segment's thread is, or was, the thread of this serial. */
static bool descends_from(const struct ldl_arena *arena, ldl_segment_id id, uint32_t serial)
{
	for (; id; id = ldl_segment_at(arena, id)->before) {
		if (ldl_segment_at(arena, id)->thread_serial == serial)
			return true;
	}
	return false;
}

/* Breadth first, backwards in time, over what came before `later`; the queue runs through the
 * segments themselves, which are marked with the number of the search. */
static bool is_reached(struct ldl_arena *arena, ldl_segment_id id, ldl_segment_id later)
{
	static uint32_t search;
	ldl_segment_id last = later;

	search++;
	ldl_segment_at(arena, later)->mark = search;
	ldl_segment_at(arena, later)->queued = 0;
	for (; later; later = ldl_segment_at(arena, later)->queued) {
		const ldl_segment_id from[] = {
			ldl_segment_at(arena, later)->before, ldl_segment_at(arena, later)->joined};

		for (uint32_t i = 0; i < ldl_array_len(from); i++) {
			struct ldl_segment *next = ldl_segment_at(arena, from[i]);

			if (from[i] < id || next->mark == search)
				continue;
			if (from[i] == id)
				return true;
			next->mark = search;
			next->queued = 0;
			ldl_segment_at(arena, last)->queued = from[i];
			last = from[i];
		}
	}
	return false;
}

bool ldl_segment_is_ordered(struct ldl_arena *arena, ldl_segment_id one, ldl_segment_id other)
{
	ldl_segment_id earlier = one < other ? one : other;
	ldl_segment_id later = one < other ? other : one;

	if (!earlier || earlier == later)
		return false;
	if (is_before_creation(arena, earlier, later))
		return true;
	/* Joined: the later one's thread is the ancestor. */
	return descends_from(arena, earlier, ldl_segment_at(arena, later)->thread_serial) &&
	       is_reached(arena, earlier, later);
}
