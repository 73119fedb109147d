/* The shrinkers and notifiers that a thread runs, and the pool that it was woken for.
 *
 * While one runs the thread is armed (observe.h), so that what the callback does is seen event by
 * event. Everything is the owning thread's own. Rules A7 to A10, A12 and C8. */
#ifndef LDL_CALLBACK_H
#define LDL_CALLBACK_H

#include "format.h"
#include "observe.h"

struct ldl_judgement;
struct ldl_thread;

enum ldl_callback_kind {
	LDL_CALLBACK_COUNT = 1, /* a shrinker's, which only looks: it must not block */
	LDL_CALLBACK_SCAN,      /* a shrinker's, for an allocation's mask */
	LDL_CALLBACK_NOTIFIER,  /* blockable or out of its range: nothing else is asked of it */
	LDL_CALLBACK_NOTIFIER_NONBLOCK, /* in range, and must not block */
	LDL_CALLBACK_NOTIFIER_OFF,      /* called for a range that is none of its business */
};

/* One run of a callback. */
struct ldl_running {
	enum ldl_callback_kind kind;
	uint32_t record;  /* in LDL_TABLE_CALLBACKS */
	uint32_t gfp;     /* SCAN: the mask of the allocation that it runs for */
	uint32_t locks;   /* acquisitions so far, tries included */
	uint32_t tries;   /* tries that failed or succeeded */
	uint32_t was_got; /* is_got before the latest try */
	uint32_t is_got;  /* a try succeeded: the optimistic path */
	uint64_t section; /* held meanwhile: a domain's or a context's address; or 0 */
};

/* A waiter for a pool that was woken by a free (rule C8). */
struct ldl_woken {
	uint64_t pool; /* 0: none */
	uint64_t lock; /* what it held, innermost, when it was woken */
	uint32_t is_dropped;
	uint32_t patience; /* events left until it counts as one that gave up */
};

struct ldl_callbacks {
	struct ldl_woken woken;
	uint32_t count; /* of running ones; those above LDL_CALLBACKS are not watched */
	uint32_t unused;
	struct ldl_running running[LDL_CALLBACKS];
};

/* The innermost callback that runs; NULL: none, or none that is watched. */
struct ldl_running *ldl_callback_running(struct ldl_callbacks *callbacks);

/* Arms the thread while something is to be watched, and disarms it when nothing is any more. */
void ldl_callback_rearm(struct ldl_thread *thread);

/* An event of a thread that is armed with LDL_ARMED_CALLBACKS. */
void ldl_callback_observe(struct ldl_judgement *judgement, const struct ldl_observed *observed);

#endif
