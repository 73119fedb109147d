/* The rules of locks: order, recursion, misuse. See rules.h. */
#include "edge.h"
#include "class.h"
#include "rules.h"

static bool is_class_held(const struct ldl_thread *thread, ldl_class_id class)
{
	uint32_t depth = thread->record->depth & LDL_DEPTH_MASK;

	for (uint32_t i = 0; i < depth; i++) {
		if (ldl_held_class(&thread->held[i]) == class)
			return true;
	}
	return false;
}

/* Two locks of one class. Declared classes: an error, unless a nest is declared. Others: their
 * order is learned lock by lock, in the same graph. One reserve solves one level: who holds an
 * element may not wait for another one of the same pool. */
static void same_class(struct ldl_judgement *judgement, const struct ldl_held *entry, uint32_t type)
{
	struct ldl_arena *arena = judgement->arena;
	const struct ldl_acquisition *acquisition = judgement->acquisition;
	const struct ldl_class *class = ldl_class_at(arena, acquisition->class);
	bool both_read = (acquisition->mode & LDL_MODE_RECURSIVE) &&
			 (ldl_held_mode(entry) & LDL_MODE_SHARED);

	if (class->nest_outer && is_class_held(judgement->thread, class->nest_outer))
		return;
	if (class->kind == LDL_KIND_RESERVE && entry->instance == acquisition->instance) {
		ldl_rules_add(judgement, &(struct ldl_breach){LDL_FINDING_RESERVE, LDL_RULE_C1,
						 LDL_SEVERITY_ERROR, entry, NULL});
		return;
	}
	if (ldl_class_has(class, LDL_CLASS_DECLARED) && !ldl_class_has(class, LDL_CLASS_LEARNED)) {
		if (!both_read)
			ldl_rules_add(judgement,
				&(struct ldl_breach){LDL_FINDING_RECURSION, LDL_RULE_SAME_CLASS,
					LDL_SEVERITY_ERROR, entry, NULL});
		return;
	}
	ldl_rules_depend(judgement, ldl_node_of_instance(arena, entry->instance),
		ldl_node_of_instance(arena, acquisition->instance), entry, type);
}

/* Whether the two kinds may depend on each other at all. That a non-blocking context allocates is
 * a finding of its own, and no news about anybody else. */
static bool may_depend(enum ldl_kind from, enum ldl_kind to)
{
	if (!ldl_kind_is_node(from) || !ldl_kind_is_node(to))
		return false;
	return from != LDL_KIND_NONBLOCK || (to != LDL_KIND_NONBLOCK && to != LDL_KIND_RECLAIM);
}

/* Of non-blocking contexts inside one another the outermost: it lasts longest, and what breaks it
 * need not be told once more of those inside. */
static const struct ldl_held *outermost_context(const struct ldl_judgement *judgement)
{
	const struct ldl_thread *thread = judgement->thread;
	uint32_t depth = ldl_thread_depth(thread);

	for (uint32_t at = 0; at < depth; at++) {
		if (ldl_class_at(judgement->arena, ldl_held_class(&thread->held[at]))->kind ==
			LDL_KIND_NONBLOCK)
			return &thread->held[at];
	}
	return NULL;
}

static void depend_on_held(struct ldl_judgement *judgement, const struct ldl_held *entry)
{
	struct ldl_arena *arena = judgement->arena;
	const struct ldl_acquisition *acquisition = judgement->acquisition;
	ldl_class_id from = ldl_held_class(entry);
	uint32_t type = ldl_edge_type(ldl_held_mode(entry) & LDL_MODE_SHARED,
		acquisition->mode & LDL_MODE_RECURSIVE, acquisition->mode & LDL_MODE_TIMED);

	if (from == acquisition->class)
		same_class(judgement, entry, type);
	else
		ldl_rules_depend(judgement, ldl_node_of_class(arena, from),
			ldl_node_of_class(arena, acquisition->class), entry, type);
}

/* From every held entry, not just the last: one in the middle may be destroyed later. What an
 * interrupted thread holds does not wait for its handler's locks, but a handler that takes a lock
 * of the very class waits for the thread that it interrupted. */
static void depend_on_all(struct ldl_judgement *judgement)
{
	const struct ldl_acquisition *acquisition = judgement->acquisition;
	const struct ldl_thread *thread = judgement->thread;
	uint32_t to_kind = ldl_class_at(judgement->arena, acquisition->class)->kind;
	uint32_t at = ldl_thread_depth(thread);
	const struct ldl_held *context = outermost_context(judgement);
	bool is_interrupted = false;

	while (at-- > 0) {
		const struct ldl_held *entry = &thread->held[at];
		ldl_class_id from = ldl_held_class(entry);
		uint32_t kind = ldl_class_at(judgement->arena, from)->kind;

		if (ldl_held_is_stolen(entry) || ldl_held_addr(entry) == acquisition->addr ||
			!may_depend(kind, to_kind) ||
			(kind == LDL_KIND_NONBLOCK && entry != context) ||
			(is_interrupted && from != acquisition->class))
			continue;
		depend_on_held(judgement, entry);
		is_interrupted |= kind == LDL_KIND_INTERRUPT;
	}
}

/* Whether a lock of the class is held that was taken after `outer`: the new one then brings nothing
 * new, neither recursion (`outer` keeps others away) nor order (its class is held already). */
static bool is_kept_apart(const struct ldl_judgement *judgement)
{
	const struct ldl_acquisition *acquisition = judgement->acquisition;
	const struct ldl_thread *thread = judgement->thread;
	uint32_t depth = ldl_thread_depth(thread);
	int outer =
		acquisition->outer ? ldl_held_find(thread->held, depth, acquisition->outer) : -1;

	if (outer < 0)
		return false;
	for (uint32_t at = (uint32_t)outer + 1; at < depth; at++) {
		if (ldl_held_class(&thread->held[at]) == acquisition->class &&
			!ldl_held_is_stolen(&thread->held[at]))
			return true;
	}
	return false;
}

/* The lock as it will be held: the from-side of what waits for it from now on. */
static struct ldl_held as_held(const struct ldl_acquisition *acquisition)
{
	return (struct ldl_held){
		.addr = acquisition->addr,
		.ip = acquisition->ip,
		.instance = acquisition->instance,
		.class_mode = acquisition->class << LDL_MODE_BITS | acquisition->mode,
	};
}

void ldl_rules_acquire(struct ldl_judgement *judgement)
{
	const struct ldl_acquisition *acquisition = judgement->acquisition;
	const struct ldl_class *class = ldl_class_at(judgement->arena, acquisition->class);

	if (!(acquisition->mode & LDL_MODE_TRY)) {
		if (!is_kept_apart(judgement))
			depend_on_all(judgement);
		if (class->wait_outer || class->wait_inner)
			ldl_rules_wait_type(judgement,
				class->wait_outer ? class->wait_outer : class->wait_inner);
	}
	if (ldl_class_has(class, LDL_CLASS_INTERRUPTS)) {
		struct ldl_held held = as_held(acquisition);

		ldl_rules_interrupts(judgement, &held);
	}
}

bool ldl_rules_relock_blocks(
	const struct ldl_acquisition *acquisition, const struct ldl_held *entry)
{
	if (acquisition->mode & LDL_MODE_TRY)
		return false;
	if ((acquisition->mode & LDL_MODE_RECURSIVE) && (ldl_held_mode(entry) & LDL_MODE_SHARED))
		return false;
	return !(acquisition->flags & LDL_INSTANCE_RECURSIVE);
}

void ldl_rules_self_deadlock(struct ldl_judgement *judgement, const struct ldl_held *entry)
{
	const struct ldl_acquisition *acquisition = judgement->acquisition;
	enum ldl_kind kind = ldl_class_at(judgement->arena, acquisition->class)->kind;
	bool is_reclaim = kind == LDL_KIND_RECLAIM;
	/* libc knows a rwlock's writer, and answers EDEADLK; of readers it knows nothing. */
	bool is_own_write = kind == LDL_KIND_RWLOCK && !(ldl_held_mode(entry) & LDL_MODE_SHARED);
	bool ends = (acquisition->flags & LDL_INSTANCE_ERRORCHECK) ||
		    (acquisition->mode & LDL_MODE_TIMED) || is_own_write;

	ldl_rules_add(
		judgement, &(struct ldl_breach){
				   .kind = is_reclaim ? LDL_FINDING_RECLAIM : LDL_FINDING_RECURSION,
				   .rule = is_reclaim ? LDL_RULE_A4 : LDL_RULE_SELF_DEADLOCK,
				   .severity = ends ? LDL_SEVERITY_WARNING : LDL_SEVERITY_ERROR,
				   .entry = entry,
			   });
}

void ldl_rules_misuse(
	struct ldl_judgement *judgement, enum ldl_rule rule, const struct ldl_held *entry)
{
	const struct ldl_class *class =
		ldl_class_at(judgement->arena, judgement->acquisition->class);
	bool is_declared = ldl_class_has(class, LDL_CLASS_DECLARED);

	ldl_rules_add(judgement,
		&(struct ldl_breach){
			.kind = LDL_FINDING_MISUSE,
			.rule = rule,
			.severity = is_declared || rule == LDL_RULE_NOT_HELD ? LDL_SEVERITY_ERROR
									     : LDL_SEVERITY_WARNING,
			.entry = entry,
		});
}

ldl_status ldl_rules_declare(
	struct ldl_judgement *judgement, ldl_class_id outer, ldl_class_id inner)
{
	struct ldl_arena *arena = judgement->arena;
	ldl_node_id from = ldl_node_of_class(arena, outer), to = ldl_node_of_class(arena, inner);

	if (!from || !to)
		return LDL_FULL;
	/* No lock was held: an edge without a held entry is a declared one. */
	ldl_rules_depend(judgement, from, to, NULL, ldl_edge_type(false, false, false));
	return ldl_edge_find(arena, from, to) ? LDL_OK : LDL_FULL;
}
