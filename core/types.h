/* The engine's small types: ids, lock modes, statuses. An id is an index into a table of the arena;
 * id 0 is "none" in every table. */
#ifndef LDL_TYPES_H
#define LDL_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t ldl_string_id;   /* byte offset into the string pool; 0 is "" */
typedef uint32_t ldl_module_id;   /* one mapped ELF file */
typedef uint32_t ldl_site_id;     /* an interned stack */
typedef uint32_t ldl_class_id;    /* a lock class */
typedef uint32_t ldl_instance_id; /* one lock object in memory */
typedef uint32_t ldl_node_id;     /* a vertex of the graph */
typedef uint32_t ldl_edge_id;     /* a dependency */
typedef uint32_t ldl_witness_id;  /* the evidence of one edge */
typedef uint32_t ldl_thread_id;   /* a slot in the thread table, used again after the thread died */
typedef uint32_t ldl_segment_id;  /* what a thread did between two threads created or joined */
typedef uint32_t ldl_turn_id;     /* whether the locks of one class are passed on in turn */
typedef uint32_t ldl_finding_id;
typedef uint32_t ldl_alloc_id;    /* an allocation site with its mask */
typedef uint32_t ldl_reserve_id;  /* a mempool */
typedef uint32_t ldl_callback_id; /* a shrinker or notifier */

/* Every call that may not succeed says which way it did not. */
typedef enum ldl_status {
	LDL_OK = 0,
	LDL_NOT_FOUND, /* looked, and it is not there */
	LDL_FULL,      /* a capacity is used up: counted in the table's `dropped` */
	LDL_BUSY,      /* gave up waiting for the graph's writer: try again later */
	LDL_BROKEN,    /* bytes that make no sense (a reader), or a failed invariant (the engine) */
	LDL_SYSTEM,    /* the kernel said no: see the accompanying errno */
} ldl_status;

/* How a lock is taken: bits, kept with each held entry and mixed into the chain key.
 * The values of the first four are public (lockdep_lite.h) and part of the arena's format. */
enum ldl_mode {
	LDL_MODE_EXCLUSIVE = 0,
	LDL_MODE_SHARED = 1,    /* a reader; alone: one that waits behind a waiting writer */
	LDL_MODE_RECURSIVE = 2, /* with SHARED: a reader that overtakes a waiting writer */
	LDL_MODE_TRY = 4,       /* did not wait for it */
	LDL_MODE_TIMED = 8,     /* the wait ends by itself */
	LDL_MODE_SUBCLASS_SHIFT = 4,
	LDL_MODE_SUBCLASS_MASK = 0x70, /* subclass 0 … 7 */
	LDL_MODE_INSIDE = 0x80, /* nested on purpose, inside an outer lock that the call names */
	LDL_MODE_BITS = 8,
};

/* What a class's instances are: locks first, then what is waited for, or held, like one. Part of
 * the arena's format. */
enum ldl_kind {
	LDL_KIND_NONE = 0,
	LDL_KIND_MUTEX,
	LDL_KIND_RWLOCK,
	LDL_KIND_SPIN,
	LDL_KIND_CUSTOM,     /* the annotation API's */
	LDL_KIND_RECLAIM,    /* a reclaim domain: R, R.io, R.fs, or one that the program named */
	LDL_KIND_NONBLOCK,   /* a non-blocking context: N */
	LDL_KIND_RESERVE,    /* a mempool */
	LDL_KIND_EVENT,      /* what is woken: a completion, a future */
	LDL_KIND_INTERRUPT,  /* a handler that may run whenever it is not disabled */
	LDL_KIND_MASK,       /* "interrupts are disabled": held, but no end of any edge */
	LDL_KIND_CONTEXT,    /* any other context: held, but no end of any edge */
	LDL_KIND_ALLOCATION, /* an allocation site: names findings, no end of any edge */
	LDL_KIND_COUNT,
};

static inline bool ldl_kind_is_lock(uint32_t kind)
{
	return kind <= LDL_KIND_CUSTOM;
}

/* Whether instances of this kind are vertices of the graph. */
static inline bool ldl_kind_is_node(uint32_t kind)
{
	return kind <= LDL_KIND_INTERRUPT;
}

#endif
