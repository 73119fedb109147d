/* Segments: what is certain about the order of threads, from their creation and their ends.
 *
 * A thread's life is cut at each thread that it creates, and at each that it joins. What it did in
 * a segment came before the life of every thread that it created after it, and after the life of
 * every thread that it joined before it. That order holds in every run, so two places that it keeps
 * apart cannot deadlock; that one thread happened to end before another one began says nothing.
 *
 * Segments are made when they are needed: the first time that a thread leaves evidence after a cut.
 * So threads that bring nothing new cost nothing, and there are no more segments than witnesses,
 * creators and joins of threads that have some. Ids grow with time: a segment's predecessors have
 * smaller ones. Id 0 is "not known": ordered with nothing.
 *
 * All calls: under the writer lock, by the thread itself. */
#ifndef LDL_SEGMENT_H
#define LDL_SEGMENT_H

#include "thread.h"

/* Before `child` is created: it begins after all that `thread` did so far. */
void ldl_segment_create(
	struct ldl_arena *arena, struct ldl_thread *thread, struct ldl_thread *child);

/* `thread` joined a thread whose last segment was `last` (0: that one left no evidence). */
void ldl_segment_join(struct ldl_arena *arena, struct ldl_thread *thread, ldl_segment_id last);

/* The segment for evidence that the thread leaves now. 0: the table is full (counted). */
ldl_segment_id ldl_segment_now(struct ldl_arena *arena, struct ldl_thread *thread);

/* Whether evidence that the thread leaves now would be of another segment than `id`. */
bool ldl_segment_is_left(const struct ldl_thread *thread, ldl_segment_id id);

/* Whether all of the one comes before, or after, all of the other, in every run: one's thread is an
 * ancestor of the other's, and had not created it yet, or had joined it. Cost: the segments between
 * them, each looked at once. */
bool ldl_segment_is_ordered(struct ldl_arena *arena, ldl_segment_id one, ldl_segment_id other);

#endif
