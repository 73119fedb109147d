/* The inside of an observer: observer.c polls, observer_source.c looks and remembers,
 * observer_judge.c judges, observer_proof.c makes sure. */
#ifndef VIZ_OBSERVER_PARTS_H
#define VIZ_OBSERVER_PARTS_H

#include "maps.h"
#include "observer.h"

#define VIZ_SECOND_NS 1000000000ull

/* A thread's wish as it was at the last poll. */
struct viz_wish {
	uint32_t serial; /* of the thread; 0: no wish */
	uint32_t depth;
	struct ldl_held entry;
	uint64_t wait_addr;
	uint64_t since_ns, until_ns; /* first and last seen */
	uint32_t seen;               /* polls in a row */
	bool is_counted;             /* in the figures of contention */
	bool is_told;                /* as a stall */
};

#define VIZ_HOLDS 8u /* of a thread's held entries whose age is known: the outermost */

/* A held entry as it has been since it was first seen so. */
struct viz_hold {
	struct ldl_held entry;
	uint32_t serial; /* of the thread */
	uint64_t since_ns;
};

struct viz_source {
	const void *id;
	int fd;
	bool is_frozen;
	bool is_attached; /* header.pid is its process, in our namespace */
	bool has_maps;    /* `maps` is of this poll */
	bool was_looked_at;
	bool was_judged;             /* after it was frozen */
	uint64_t checked_ns;         /* when it was last asked whether it is */
	struct viz_look look, again; /* of the poll; to make sure */
	struct viz_wish *wishes;     /* by slot */
	uint32_t wish_count;
	struct viz_hold *holds; /* VIZ_HOLDS for each slot, where is_whole */
	uint32_t hold_slots;
	struct viz_contention *contention; /* by class */
	uint32_t class_count;
	uint64_t resets;
	struct viz_maps maps;
	uint32_t first_party; /* of its threads in observer->parties */
};

enum viz_gone { VIZ_GONE_NOT_ASKED = 0, VIZ_GONE_NO, VIZ_GONE_YES };

struct viz_observer {
	struct viz_observer_events events;
	bool is_whole;
	struct viz_source **sources;
	size_t source_count;
	uint64_t now_ns;
	bool is_suspicious, is_in_doubt;
	struct viz_wait_party *parties;
	size_t party_count, party_room;
	unsigned char *is_done; /* by party: a cycle through it was dealt with in this poll */
	unsigned char *gone; /* by party: viz_gone, as far as the kernel was asked in this poll */
	struct viz_wait_graph *graph;
	uint64_t *told; /* hashes of deadlocks */
	size_t told_count;
};

void viz_source_free(struct viz_source *source);

/* Takes a look; of a process that has ended, only once. */
void viz_source_look(struct viz_source *source, bool is_light);

/* Whether some wish is what it was at the last poll; or the process has ended since. */
bool viz_source_is_suspicious(struct viz_source *source);

/* Asks, once a second at most, whether the process has ended. */
void viz_source_check_end(struct viz_observer *observer, struct viz_source *source);

/* Compares the wishes of the look with those that are remembered, and remembers these. */
void viz_source_remember(struct viz_observer *observer, struct viz_source *source);

/* The wish of a party that was remembered; never NULL. */
const struct viz_wish *viz_observer_wish_of(const struct viz_observer *observer, uint32_t party);

struct viz_source *viz_observer_source_of(const struct viz_observer *observer, uint32_t party);

/* Looks at the cycles and the long waits of the poll. observer_judge.c */
void viz_observer_judge(struct viz_observer *observer);

/* Whether a cycle is real, and whether a thread is gone. observer_proof.c */
bool viz_observer_proves(
	struct viz_observer *observer, const struct viz_wait_block *blocks, size_t count);
bool viz_observer_proves_gone(
	struct viz_observer *observer, uint32_t waiter, const struct viz_wait_block *holder);
/* Whether the waiter still waits as it did, without having run. */
bool viz_observer_proves_wait(struct viz_observer *observer, uint32_t waiter);

#endif
