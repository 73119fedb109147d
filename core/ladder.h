/* How a thread's present allocation goes on: it failed, was tried again, a fallback runs, the
 * thread gave up; and what the body of an allocator asks for on its caller's behalf.
 *
 * The steps of one request, from its first failure to its end, are a ladder; each request of its
 * fallback is a rung. Rules B2, B5, B7, B8, C5, D2, D5, D11 to D13, D15, D16, D18 and E4 are about
 * them. A thread with a ladder is armed (observe.h), for LDL_LADDER_PATIENCE events at most:
 * nothing here costs a thread whose requests succeed. Everything is the owning thread's own. All
 * functions run inside the guard and under the writer lock; the exported calls that lead here are
 * in memory_api.c. */
#ifndef LDL_LADDER_H
#define LDL_LADDER_H

#include "limits.h"
#include "types.h"

struct ldl_acquisition;
struct ldl_judgement;
struct ldl_observed;

/* A ladder; all zero: there is none. While its latest request has not failed, that request is under
 * way or has succeeded: the thread's next request shows which. */
struct ldl_climb {
	ldl_alloc_id first;   /* the request whose failure began it; 0: none */
	ldl_alloc_id latest;  /* the last request on it */
	uint16_t rungs;       /* requests of the fallback so far */
	uint8_t has_failed;   /* the latest request */
	uint8_t has_warned;   /* a warning was printed for it */
	uint8_t is_handled;   /* the fallback for it runs, and has asked for nothing so far */
	uint8_t has_fallback; /* one ran at any time */
	uint8_t is_noretry;   /* every request had NORETRY */
	uint8_t is_strict;    /* every request had THISNODE */
};

/* An allocator's body: between ldl_alloc_begin() and ldl_alloc_end(). */
struct ldl_nested_alloc {
	uint32_t gfp_asked; /* by the caller */
	uint32_t gfp;       /* effective */
	uint32_t supported; /* bits that the allocator understands */
	ldl_class_id class; /* the place of the begin */
	/* The caller's request, if it was announced before the begin with the same mask: the end
	 * makes it the thread's latest again. */
	ldl_alloc_id request;
	struct ldl_climb climb; /* the caller's: goes on after the end */
};

/* A place whose requests failed in this thread and are repeated. */
struct ldl_repeat {
	ldl_class_id class; /* 0: free */
	uint16_t failures;  /* in a row, without ldl_alloc_retry_wait() between */
	uint16_t spins;     /* of these, without DIRECT_RECLAIM and without any sleep between */
};

/* A lock that was held when a request failed: see ladder_lock.c. */
struct ldl_dropped {
	uint64_t addr; /* 0: free */
	uint32_t stage;
	ldl_site_id site;    /* of the relock */
	ldl_site_id request; /* of the request that was made meanwhile, and may sleep */
	ldl_alloc_id alloc;  /* its record */
};

/* A boundary that the thread is inside of. */
struct ldl_boundary {
	ldl_class_id class;
	ldl_alloc_id vanished; /* a failure inside that nobody has dealt with so far */
};

struct ldl_ladder {
	ldl_alloc_id last; /* the latest request: written by each, those of the fast path too */
	uint32_t patience; /* events left until all of this is forgotten */
	struct ldl_climb climb;
	uint32_t nested_count; /* may be above LDL_NESTED_ALLOCS: those are not watched */
	uint32_t boundary_count;
	uint64_t used, freed; /* bytes, since the reserves were opened by a scope (C5) */
	struct ldl_repeat repeats[LDL_LADDER_REPEATS];
	struct ldl_dropped dropped[LDL_LADDER_DROPPED];
	struct ldl_nested_alloc nested[LDL_NESTED_ALLOCS];
	struct ldl_boundary boundaries[LDL_BOUNDARIES];
};

_Static_assert(sizeof(struct ldl_ladder) <= 1024, "it is part of each thread");

/* An event of a thread that is armed with LDL_ARMED_LADDER. */
void ldl_ladder_observe(struct ldl_judgement *judgement, const struct ldl_observed *observed);

/* The thread's latest request failed: rules B7, B8. judgement->acquisition is about that request,
 * here and in the next three (its class and masks; the place and stack of the call that says so).
 */
void ldl_ladder_failed(struct ldl_judgement *judgement);

/* The code that copes without it runs: rules B2, D5. */
void ldl_ladder_fallback(struct ldl_judgement *judgement);

/* A warning was printed for its failure: rule D5. */
void ldl_ladder_warned(struct ldl_judgement *judgement);

/* The operation ends with an error because of it: rules D2, D18. The place where D1 and D10 will be
 * judged, once failures are injected. */
void ldl_ladder_gave_up(struct ldl_judgement *judgement);

/* The thread waits as it should before it tries again. */
void ldl_ladder_retry_wait(struct ldl_judgement *judgement);

/* An OOM or kill handler runs: rule D15. The request it runs for: the innermost allocator's, else
 * the thread's latest. */
void ldl_ladder_oom(struct ldl_judgement *judgement);

/* The body of an allocator begins, for a request of judgement->acquisition's masks and place, and
 * ends. Neither needs the writer lock. What happens inside is judged by ldl_ladder_observe(): B11,
 * D11, D13. ladder_nested.c */
void ldl_ladder_nest(struct ldl_judgement *judgement, uint32_t supported);
void ldl_ladder_unnest(struct ldl_judgement *judgement);
/* Before a begin inside another body: B11, D13, as for a request. Before an end: D12, if the body
 * was asked for what it does not support (LDL_GFP_ bits) and did not refuse. */
void ldl_ladder_judge_width(struct ldl_judgement *judgement);
uint32_t ldl_ladder_unsupported(const struct ldl_ladder *ladder);
void ldl_ladder_judge_accepted(struct ldl_judgement *judgement);
/* What the innermost allocator was asked for; false: none runs. */
bool ldl_ladder_request(const struct ldl_ladder *ladder, struct ldl_acquisition *request);
void ldl_ladder_observe_nested(
	struct ldl_judgement *judgement, const struct ldl_observed *observed);

/* Locks that are dropped around an allocation: rule D16. ladder_lock.c */
void ldl_ladder_watch_locks(struct ldl_judgement *judgement);
void ldl_ladder_observe_locks(struct ldl_judgement *judgement, const struct ldl_observed *observed);
void ldl_ladder_revalidated(struct ldl_ladder *ladder, uint64_t addr);

/* A boundary of class judgement->acquisition->class is entered under `scope` (LDL_SCOPE_ bits), and
 * left: rules B5, E4. Enter returns what exit wants back. ladder_boundary.c */
uint32_t ldl_ladder_enter(struct ldl_judgement *judgement, uint32_t scope);
void ldl_ladder_exit(struct ldl_judgement *judgement, uint32_t entered, bool is_error);
/* Inside the innermost boundary a request failed; its fallback runs; this place asks (again). */
void ldl_ladder_failed_inside(struct ldl_ladder *ladder, ldl_alloc_id alloc);
void ldl_ladder_handled_inside(struct ldl_ladder *ladder);
void ldl_ladder_asked_inside(struct ldl_judgement *judgement, ldl_class_id class);

/* The thread's scopes changed from `before` to `after`: rule C5. ladder_boundary.c */
void ldl_ladder_scope(struct ldl_judgement *judgement, uint32_t before, uint32_t after);

#endif
