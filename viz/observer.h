/* Watches processes from outside: since when their threads wait, for whom, and whether for good.
 *
 * Reads their arenas only, and a few files of /proc; the processes do nothing for it and are not
 * stopped. Call viz_observer_poll() a few times a second. Each thread's wish is compared with that
 * of the poll before; only what is the same twice counts as a wait.
 *
 * A deadlock is told when a cycle of waits was seen in two polls, and in addition either the kernel
 * says that none of its threads ran during a look (a few hundred milliseconds after it began), or,
 * of threads that spin or that the kernel does not show, the same was seen in many looks for more
 * than a second. The state of a process that has ended is final: one look is enough.
 *
 * Contention: how often threads were seen to wait for locks of a class, and for how long. Waits
 * shorter than the time between two polls are not seen.
 *
 * An observer belongs to one thread. */
#ifndef VIZ_OBSERVER_H
#define VIZ_OBSERVER_H

#include "deadlock.h"
#include "wait_graph.h"

struct viz_observer;

struct viz_observer_events {
	void *context;
	/* A deadlock, once. */
	void (*deadlocked)(void *context, const struct viz_deadlock *deadlock);
	/* A wait of `stall_ns` or more, once. NULL: not wanted. */
	void (*stalled)(void *context, const struct viz_stall *stall);
	uint64_t stall_ns;
};

/* NULL: no memory. `is_whole`: each poll reads what all threads hold, for who wants to show it;
 * else that is done only when there is a reason. */
struct viz_observer *viz_observer_new(const struct viz_observer_events *events, bool is_whole);
void viz_observer_free(struct viz_observer *observer);

/* Adds a process by the open file of its arena; the observer keeps a descriptor of its own. `id` is
 * the caller's name for it. False: no memory, or no descriptor. */
bool viz_observer_add(struct viz_observer *observer, const void *id, int fd) LDL_MUST_USE;
bool viz_observer_has(const struct viz_observer *observer, const void *id);

/* A process has ended: it is not looked at any more, but others may wait for what it held in shared
 * memory. */
void viz_observer_end(struct viz_observer *observer, const void *id);

void viz_observer_poll(struct viz_observer *observer);

/* Whether some wait was seen twice at the last poll: a reason to look again soon. */
bool viz_observer_is_suspicious(const struct viz_observer *observer);

/* Whether it looked like a deadlock at the last poll, and is not certain yet. */
bool viz_observer_is_in_doubt(const struct viz_observer *observer);

/* The last look at a process, until the next poll; NULL: none. */
const struct viz_look *viz_observer_look(const struct viz_observer *observer, const void *id);

/* For how long a thread's wish has been the same; 0: it has none, or a new one. Of a process that
 * has ended nobody knows: then it is 1. */
uint64_t viz_observer_wait_ns(
	const struct viz_observer *observer, const void *id, ldl_thread_id slot);

/* For how long the thread's held entry `at` has been the same lock, taken at the same place; 0: not
 * known. */
uint64_t viz_observer_held_ns(
	const struct viz_observer *observer, const void *id, ldl_thread_id slot, uint32_t at);

/* Who keeps a thread from what it wants, at the last poll: calls `tell` for each, until it says
 * false. */
struct viz_observer_blocker {
	const void *process;
	const struct viz_look_thread *thread;
	bool is_queued; /* a writer that waits ahead of it */
};
void viz_observer_blockers(const struct viz_observer *observer, const void *id, ldl_thread_id slot,
	bool (*tell)(void *context, const struct viz_observer_blocker *blocker), void *context);

/* What was seen of waits for locks of a class since the observer began, or since `ctl reset`. */
struct viz_contention {
	uint64_t count, total_ns, longest_ns;
};
struct viz_contention viz_observer_contention(
	const struct viz_observer *observer, const void *id, ldl_class_id class);

/* Whether the process of that pid has this very file mapped: then the file is that process's. */
bool viz_observer_is_mapped(uint32_t pid, int fd);

/* Whether nobody can write the file any more: its process has ended. `header` decides where the
 * kernel does not say. */
bool viz_observer_is_frozen(int fd, const struct ldl_header *header);

#endif
