/* Who waits for whom: from what threads hold and want, the cycles among them.
 *
 * A thread that wants a lock waits for each one that keeps it from it, and goes on only when all of
 * them let go: so a cycle is a deadlock. A writer waits for all readers and the writer that hold
 * the lock, itself included; a reader for the writer that holds it, and, where the lock is fair to
 * writers and readers hold it, for a writer that waits already.
 *
 * Not a wish: one that does not wait (try), and one that was not seen before (a caller's choice);
 * one that ends by itself (timed) closes no cycle. A wait for a condition variable is one for its
 * mutex, since it cannot return without it, whoever wakes it.
 *
 * Knows nothing of processes, files and time. Threads of several processes meet in locks that their
 * keys make equal. Cost: holds are sorted once; a search is bounded by VIZ_WAIT_WORK_MAX. */
#ifndef VIZ_WAIT_GRAPH_H
#define VIZ_WAIT_GRAPH_H

#include "look.h"

#define VIZ_WAIT_WORK_MAX (1u << 22) /* edges followed in one search */

/* Which lock: equal for one object, in whatever process. */
struct viz_wait_key {
	uint64_t space, offset;
};

/* A thread that takes part. */
struct viz_wait_party {
	const struct viz_look_thread *thread;
	uint32_t process;
	bool is_lasting; /* its wish counts */
};

/* The key of a lock at an address of a process. */
typedef struct viz_wait_key viz_wait_key_of(void *context, uint32_t process, uint64_t address);

/* Why one thread waits for another. */
struct viz_wait_block {
	uint32_t party; /* who blocks */
	uint32_t entry; /* of its entries: the lock */
	bool is_queued; /* it does not hold the lock, but waits as a writer, ahead of readers */
};

/* A cycle: blocks[i].party waits for blocks[i + 1].party, which has blocks[i + 1].entry; the last
 * one waits for the first. */
struct viz_wait_cycle {
	struct viz_wait_block *blocks;
	size_t count;
};

struct viz_wait_graph;

/* NULL: no memory. `parties` stay the caller's, and must live as long as the graph. */
struct viz_wait_graph *viz_wait_graph_new(
	const struct viz_wait_party *parties, size_t count, viz_wait_key_of *key_of, void *context);

/* Who blocks a party, one after the other: calls `tell` until it says false. Nothing for a party
 * that waits for nothing. Returns false when `tell` did. */
bool viz_wait_graph_blockers(const struct viz_wait_graph *graph, uint32_t party,
	bool (*tell)(void *context, const struct viz_wait_block *block), void *context);

/* Whether a lock is held in ways that exclude one another: such a look was not of one instant. */
bool viz_wait_graph_is_torn(const struct viz_wait_graph *graph, uint32_t party);

/* The shortest cycle through `party`; false: none. Its blocks belong to the graph, until the next
 * search. */
bool viz_wait_graph_cycle(
	struct viz_wait_graph *graph, uint32_t party, struct viz_wait_cycle *cycle);

void viz_wait_graph_free(struct viz_wait_graph *graph);

#endif
