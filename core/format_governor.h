/* What the engine says of itself, in the header: how much it gives up to keep within its budget,
 * and why it switched itself off. A part of format.h. */
#ifndef LDL_FORMAT_GOVERNOR_H
#define LDL_FORMAT_GOVERNOR_H

#include "types.h"

/* Levels: each gives up what it names and all that is named before it. */
enum ldl_shed {
	LDL_SHED_NOTHING = 0,
	LDL_SHED_EVIDENCE, /* more witnesses of edges that are known, watched ones included */
	LDL_SHED_STACKS,   /* stacks: the call alone is kept */
	LDL_SHED_EDGES,    /* all that is new: chains, locks, classes, threads */
	LDL_SHED_LEVELS,
};

/* Owner: the thread that closes a window of the governor's; the rest only reads. Shares are of one
 * processor's time, in millionths; times count from header->start_ns. */
struct ldl_governor_record {
	uint32_t budget_ppm; /* 0: none, nothing is measured */
	uint32_t level;      /* ldl_shed */
	uint32_t share_ppm;  /* our own, in the latest window that is over */
	uint32_t share_max_ppm;
	uint64_t window_ns;                 /* when that window ended */
	uint64_t own_ns;                    /* our own time so far, as far as windows are over */
	uint64_t level_ns[LDL_SHED_LEVELS]; /* spent at each level, up to window_ns */
};

/* What the engine found wrong with itself. */
enum ldl_trip {
	LDL_TRIP_NONE = 0,
	LDL_TRIP_SLOT,  /* where: the table; value: the id */
	LDL_TRIP_TABLE, /* where: the table; value: slots in use */
	LDL_TRIP_LIST,  /* where: the table of its entries; value: steps */
	LDL_TRIP_LINK,  /* where: the same; value: the id */
	LDL_TRIP_HASH,  /* where: the table */
	LDL_TRIP_HELD,  /* where: the thread's slot; value: the depth word */
	LDL_TRIP_OWNER, /* value: the word */
	LDL_TRIPS,
};

/* Why it switched itself off for good. Owner: who stores the code, once. */
struct ldl_breaker_record {
	uint32_t code; /* ldl_trip */
	uint32_t where;
	uint64_t value;
	uint64_t time_ns; /* since start_ns */
};

_Static_assert(sizeof(struct ldl_governor_record) == 64, "format");
_Static_assert(sizeof(struct ldl_breaker_record) == 24, "format");

#endif
