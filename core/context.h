/* What a thread is in, and what it may not do for a while: scopes, interrupts, and the waits that
 * are over but that its next wake depends on.
 *
 * Knows masks and bits, not the graph. Everything is the owning thread's own, and changed inside
 * the engine's guard alone. */
#ifndef LDL_CONTEXT_H
#define LDL_CONTEXT_H

#include "compiler.h"
#include "format.h"
#include "include/lockdep_lite/gfp.h"

#define LDL_OWN_BOTTOM 3u
#define LDL_OWN_WAITS  4u /* events that a thread waits for and then wakes, at the same time */
#define LDL_ASKS       8u /* classes of events that a thread waits for in turn */

/* An open scope. Scopes are closed last in, first out; rule E2 when they are not. Those inside more
 * than LDL_SCOPE_MAX others have no record: they are in force, and closed by their cookie, which
 * tells what they newly set; their order is not checked. */
struct ldl_scope {
	uint32_t cookie;   /* what its save returned */
	uint32_t newly;    /* bits that it newly set: all that its restore clears */
	uint32_t sections; /* that the thread was in when it was opened */
	uint32_t unused;
	uint64_t ip; /* where it was opened */
};

/* A wait that is over: like a held entry, with when it was. */
struct ldl_past {
	struct ldl_held entry;
	uint32_t clock; /* header->event_clock then */
	uint32_t gfp;   /* of an allocation: its effective mask; else 0 */
};

/* A wait of the thread's own for an event that it may wake itself later, or a try for it, and what
 * it held and remembered then. */
struct ldl_own_wait {
	uint64_t event; /* ldl_instance_word() */
	uint32_t depth;
	uint32_t list;                  /* of remembered waits: context->past_list */
	uint32_t past;                  /* waits that were remembered, this one included */
	uint64_t key;                   /* of the chain held */
	uint64_t below[LDL_OWN_BOTTOM]; /* of its first entries: [0] is the oldest one's */
};

/* What a thread has woken since it last waited for an event of one class: requests, it may be, that
 * the next such wait is for the reply to. Sets of classes: see ldl_class_event_bit(). */
struct ldl_asks {
	ldl_class_id class; /* 0: none yet */
	uint32_t order;     /* of that wait, among the thread's */
	uint32_t woken;
};

struct ldl_context {
	uint64_t scope_key; /* what tells an allocation's key, under these scopes, from a lock's */
	uint32_t scope;     /* LDL_SCOPE_ bits in force */
	uint32_t scope_count;
	uint32_t scope_serial; /* of cookies */
	uint32_t deep_count;   /* open scopes without a record */
	uint32_t deep_first;   /* serial of the first of these */
	uint32_t irq_disabled[LDL_IRQS];
	uint32_t irq_depth[LDL_IRQS]; /* handlers of this kind that the thread is in */
	uint32_t past_list;           /* begun so far, each by a wait */
	uint32_t past_count;          /* so far; see ldl_context_remember() for which are kept */
	uint32_t alloc_hidden;        /* an annotated allocator asks malloc(): that is no request */
	uint32_t own_wait_count;      /* so far; the ring keeps the last LDL_OWN_WAITS */
	uint64_t budget_ns;           /* a timed wait this long is all right in a non-blocking
					 context */
	uint32_t woken;     /* by the thread, ever: what its first wait may be the reply to */
	uint32_t asked;     /* the set that its latest wait for an event was made with */
	uint32_t ask_count; /* waits for events so far */
	struct ldl_asks asks[LDL_ASKS];
	struct ldl_scope scopes[LDL_SCOPE_MAX];
	struct ldl_past past[LDL_HISTORY];
	struct ldl_own_wait own_waits[LDL_OWN_WAITS];
};

/* Nothing is open, disabled or remembered. */
void ldl_context_begin(struct ldl_context *context);

/* Requests are not looked at until they are shown again; nests. */
void ldl_context_hide_allocs(struct ldl_context *context, bool is_hidden);

/* The effective mask of a request under scopes: only takes away what reclaim may do, and adds what
 * a scope says of failure unless the call says otherwise (rules A12, B4, E1). */
uint32_t ldl_context_mask(uint32_t scope, uint32_t gfp);

/* Whether an allocation with this effective mask may sleep, as far as scopes go. */
LDL_INLINE bool ldl_context_may_reclaim(uint32_t effective)
{
	return (effective & LDL_GFP_DIRECT_RECLAIM) && !(effective & LDL_GFP_NOLOCKDEP);
}

/* Opens a scope; the cookie for its close, never 0. */
uint32_t ldl_context_open(
	struct ldl_context *context, uint32_t scope, uint32_t sections, const void *ip);

/* Closes the scope with this cookie. LDL_NOT_FOUND: it is not open; LDL_BROKEN: it was, but not the
 * innermost one: closed all the same. */
ldl_status ldl_context_close(struct ldl_context *context, uint32_t cookie);

/* Takes all scopes off (a boundary), and puts back what was taken off. */
uint32_t ldl_context_clear(struct ldl_context *context);
void ldl_context_put_back(struct ldl_context *context, uint32_t scope);

/* The innermost scope with a record, if it was opened inside more than `sections` sections; NULL:
 * it was not. */
const struct ldl_scope *ldl_context_leaked(const struct ldl_context *context, uint32_t sections);

/* Whether a handler of this kind may come in now. */
LDL_INLINE bool ldl_context_irq_may_come(const struct ldl_context *context, uint32_t interrupt)
{
	bool hard = !context->irq_disabled[0] && !context->irq_depth[0];

	return interrupt == 0 ? hard : hard && !context->irq_disabled[1] && !context->irq_depth[1];
}

/* Events are named by ldl_instance_word() from here on.
 *
 * The thread wakes this event, of the class with this bit. One that it waited for itself it only
 * gives back, as one does with a semaphore that is a lock: that asks for nothing. */
void ldl_context_note_wake(struct ldl_context *context, uint64_t event, uint32_t bit);

/* The thread waits for an event of this class: what it has woken since it last did, which it need
 * not wait for any more. The same set as before when the same wait goes on, as in a loop around a
 * condition. Also kept in context->asked. */
uint32_t ldl_context_ask(struct ldl_context *context, ldl_class_id class);

/* Whether the thread waited for this event itself, lately. */
bool ldl_context_waited_for(const struct ldl_context *context, uint64_t event);

/* Keeps a wait that is over; forgets all of them. The oldest one, which is for an event where there
 * is one, and the latest LDL_HISTORY - 1 are kept. */
void ldl_context_remember(
	struct ldl_context *context, const struct ldl_held *entry, uint32_t clock, uint32_t gfp);
LDL_INLINE uint32_t ldl_context_past_kept(const struct ldl_context *context)
{
	return context->past_count < LDL_HISTORY ? context->past_count : LDL_HISTORY;
}
LDL_INLINE void ldl_context_forget(struct ldl_context *context)
{
	context->past_list++;
	context->past_count = 0;
}

/* Keeps that the thread waits for the event, or got it by a try, with `depth` entries held. */
void ldl_context_note_wait(
	struct ldl_context *context, uint64_t event, const struct ldl_held *held, uint32_t depth);

/* Whether a wait that is kept was over when the thread last waited for this event: whoever wakes it
 * next need not wait for that any more. */
bool ldl_context_is_before(
	const struct ldl_context *context, uint64_t event, const struct ldl_past *past);

/* How many of the `depth` entries, from the oldest on, were held already when the thread last
 * waited for this event: for them whoever wakes it next need not wait any more. 0: it did not wait
 * for it, or nothing is left of them. */
uint32_t ldl_context_held_before(const struct ldl_context *context, uint64_t event,
	const struct ldl_held *held, uint32_t depth);

#endif
