/* The rules: what an acquisition, an allocation, a wait or a lock's end breaks. Decides, never
 * prints.
 *
 * Everything here runs under the writer lock and inside the guard. */
#ifndef LDL_RULES_H
#define LDL_RULES_H

#include "finding.h"
#include "witness.h"

struct ldl_judgement {
	struct ldl_arena *arena;
	struct ldl_work *work;
	struct ldl_thread *thread;
	const struct ldl_acquisition *acquisition;
	bool is_sparing;      /* no more evidence is wanted of what is known already: governor.h */
	bool is_watched;      /* an edge is, that the acquisition met: it is to be seen again */
	uint32_t fresh_count; /* findings that are new, for whoever prints */
	ldl_finding_id fresh[LDL_FRESH_MAX];
};

/* A broken rule that is no cycle. */
struct ldl_breach {
	enum ldl_finding_kind kind;
	enum ldl_rule rule;
	enum ldl_severity severity;
	const struct ldl_held
		*entry;   /* what was held, or NULL; its class is the finding's "from" */
	const char *note; /* one line more, copied; or NULL */
};

/* Records a broken rule about judgement->acquisition: once for each pair of classes. rules.c */
void ldl_rules_add(struct ldl_judgement *judgement, const struct ldl_breach *breach);

/* Adds a dependency with its evidence (`entry`: how `from` is held; NULL: it is declared), and
 * looks for a cycle when it brings something new. rules.c */
void ldl_rules_depend(struct ldl_judgement *judgement, ldl_node_id from, ldl_node_id to,
	const struct ldl_held *entry, uint32_t type);

/* Records the cycle that an edge closes by its new types, if it does. rules.c */
void ldl_rules_look_for_cycle(struct ldl_judgement *judgement, ldl_edge_id edge, uint32_t types);

/* The innermost held entry of this kind; NULL: none. rules.c */
const struct ldl_held *ldl_rules_held_kind(
	const struct ldl_judgement *judgement, enum ldl_kind kind);

/* The entry of a built-in context (ldl_context_id) that the thread is in; NULL: it is not. */
const struct ldl_held *ldl_rules_held_context(
	const struct ldl_judgement *judgement, uint32_t context);

/* A relock of a lock that this thread holds: is it one that blocks for good? */
bool ldl_rules_relock_blocks(
	const struct ldl_acquisition *acquisition, const struct ldl_held *entry);

/* Checks an acquisition against all that is held (rules L1 to L3, L5, L12, L13): adds the edges
 * that are new and records the cycles that they close. A try waits for nothing. rules_lock.c */
void ldl_rules_acquire(struct ldl_judgement *judgement);

/* Rule L4 (A4 for a reclaim domain): the acquisition waits for what `entry` holds. */
void ldl_rules_self_deadlock(struct ldl_judgement *judgement, const struct ldl_held *entry);

/* Rules L6 to L10: misuse of the lock named by the acquisition; `entry`: how it is held, or NULL.
 */
void ldl_rules_misuse(
	struct ldl_judgement *judgement, enum ldl_rule rule, const struct ldl_held *entry);

/* Primes the graph with a declared order, outer → inner. LDL_FULL when there is no room. */
ldl_status ldl_rules_declare(
	struct ldl_judgement *judgement, ldl_class_id outer, ldl_class_id inner);

/* Rules L12 and L13, for an acquisition; and L12 for a held lock under which interrupts were
 * enabled just now. rules_context.c */
void ldl_rules_interrupts(struct ldl_judgement *judgement, const struct ldl_held *entry);
void ldl_rules_wait_type(struct ldl_judgement *judgement, uint32_t outer);

/* Whether something here must not sleep, by its wait type. */
bool ldl_rules_may_not_sleep(struct ldl_judgement *judgement);

/* The acquisition is an allocation that may sleep (effective mask acquisition->gfp): it waits for
 * the reclaim domains that the mask reaches and for every non-blocking context. Rules A1, A4, A5,
 * B9. In a non-blocking context itself: rules A2 and A3, which need no graph. rules_wait.c */
void ldl_rules_alloc(struct ldl_judgement *judgement);
void ldl_rules_alloc_in_context(struct ldl_judgement *judgement);

/* The acquisition is a wait for an event or a reclaim domain; `limit_ns` 0: it is not timed. In a
 * non-blocking context: rule A6, which needs no graph; the first of these includes it. */
void ldl_rules_wait(struct ldl_judgement *judgement, uint64_t limit_ns);
void ldl_rules_wait_in_context(struct ldl_judgement *judgement, uint64_t limit_ns);

/* The acquisition is a wait for a reserve by an allocation that may sleep; an empty one waits for
 * reclaim as well. Rules C1 to C3, and A1 to A5. */
void ldl_rules_reserve(struct ldl_judgement *judgement, bool is_empty);

/* This place may sleep: rules A6 and L13. */
void ldl_rules_sleep(struct ldl_judgement *judgement);

/* `woken` (an event's or a reserve's entry: addr, ip, instance, class) is woken or freed here, by a
 * thread that holds what it holds and remembers waits since `request`. The API's own locks among
 * its first `before` entries do not count: it held them before it waited for `woken` itself.
 * acquisition->site: the stack of the wake. Rules A5, C3. */
void ldl_rules_wake(struct ldl_judgement *judgement, const struct ldl_held *woken, uint32_t request,
	uint32_t before);

/* Whether what the thread waited for counts for a wake of `woken` whose request began then: not
 * what came before, or before its own wait for `woken`, nor an event that it got though nobody had
 * woken that one yet. */
bool ldl_rules_counts(const struct ldl_judgement *judgement, const struct ldl_past *past,
	const struct ldl_held *woken, uint32_t request);

/* A non-blocking context is new: all that waits for reclaim waits for it too. */
void ldl_rules_adopt(struct ldl_judgement *judgement, ldl_instance_id context);

#endif
