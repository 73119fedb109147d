/* The arena's bytes, third part: what is waited for, or held, and is no lock. See format.h. */
#ifndef LDL_FORMAT_WAIT_H
#define LDL_FORMAT_WAIT_H

#include "types.h"

/* Addresses of pseudo-locks, which no object has: 1 to LDL_DOMAINS for R, R.io and R.fs; these for
 * handlers, "interrupts are disabled" (+ ldl_interrupt), and contexts (| ldl_context_id, or | what
 * ldl_context() returned). */
#define LDL_PLACE         (1ull << 60)
#define LDL_PLACE_HARDIRQ (LDL_PLACE | 1ull << 32)
#define LDL_PLACE_SOFTIRQ (LDL_PLACE | 2ull << 32)
#define LDL_PLACE_MASK    (LDL_PLACE | 3ull << 32)
/* What is no lock and has an address of the program's own, by its ldl_kind: the address may be that
 * of a lock as well, which is its first member. */
#define LDL_PLACE_OF(kind, address) ((uint64_t)(kind) << 56 | (uint64_t)(uintptr_t)(address))
#define LDL_PLACE_ADDRESS(addr)     ((addr) & ((1ull << 56) - 1))
/* Set in the address of a pool's element that is held: a lock may be the element's first member. */
#define LDL_PLACE_ELEMENT (1ull << 61)

/* In a witness's gfp_asked: no request, but the wait before it is tried again. */
#define LDL_GFP_RETRY_WAIT (1u << 31)

/* One place in the program that allocates, with one mask: a line of the inventory. Owner: writer;
 * the counts are relaxed and are lower bounds while the program runs (threads add to them now and
 * then, and when they end). */
struct ldl_alloc {
	uint64_t key;       /* of place, mask and scopes, in this process */
	ldl_class_id class; /* KIND_ALLOCATION: the place */
	uint32_t gfp_asked; /* LDL_GFP_ bits */
	uint32_t gfp;       /* effective, less the scopes */
	uint32_t scope;     /* LDL_SCOPE_ bits in force */
	uint64_t count;     /* requests */
	uint32_t failures, fallbacks, gave_up, retries, warned;
	uint32_t order_max;  /* of two: pages of the largest request; 0 also when not known */
	uint32_t also_first; /* in LDL_TABLE_ALSO_HELD: held over it, at the first request */
	uint32_t also_count; /* that held something */
};

/* A mempool, alive or gone. Owner: writer; the counts are relaxed. */
struct ldl_reserve {
	ldl_class_id class;
	ldl_instance_id instance;
	uint32_t min_nr;
	uint32_t level;      /* elements in the reserve now */
	uint32_t level_min;  /* the lowest so far */
	uint32_t used;       /* elements out now */
	uint32_t used_max;   /* high-water mark (rule C7) */
	uint32_t generation; /* of the instance: another one means that the pool is gone */
};

/* A shrinker or notifier, alive or gone. Owner: writer. */
struct ldl_callback {
	ldl_instance_id instance;
	ldl_class_id class; /* KIND_CONTEXT: its name */
	uint32_t generation;
	uint16_t idle;        /* runs that freed nothing while NOFAIL waited, in a row */
	uint16_t is_notifier; /* else a shrinker */
	uint64_t start, end;  /* the range that a notifier is interested in; 0, 0: everything */
	uint32_t calls;       /* in range, that may not block */
	uint32_t refusals;    /* of these: EAGAIN without a try */
	uint32_t nofail;      /* header->nofail_clock at its last run */
	uint32_t runs;        /* of any kind, counts and scans and calls */
};

_Static_assert(sizeof(struct ldl_alloc) == 64, "format");
_Static_assert(sizeof(struct ldl_reserve) == 32, "format");
_Static_assert(sizeof(struct ldl_callback) == 48, "format");

#endif
