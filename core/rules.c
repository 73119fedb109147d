/* What breaks a rule. See rules.h. */
#include "rules.h"

#include "edge.h"

/* The steps of the cycle at hand; under the writer lock, and too large for small thread stacks. */
static struct ldl_cycle_step steps[LDL_CYCLE_MAX];

static void remember(struct ldl_judgement *judgement, int64_t finding)
{
	if (finding > 0 && judgement->fresh_count < LDL_FRESH_MAX)
		judgement->fresh[judgement->fresh_count++] = (ldl_finding_id)finding;
}

static void look_for_cycle(struct ldl_judgement *judgement, ldl_edge_id edge, uint32_t types)
{
	/* A type that was known as timed only is searched again when it is met without a limit. */
	uint32_t plain = (types | types >> LDL_EDGE_UNTIMED_SHIFT) & LDL_EDGE_TYPES;
	uint32_t count = ldl_cycle_find(
		judgement->arena, judgement->work, edge, plain, steps, LDL_CYCLE_MAX);

	if (count)
		remember(judgement, ldl_finding_add_cycle(judgement->arena, steps, count,
					    judgement->thread->record->serial));
}

/* Adds a dependency with its evidence; looks for a cycle when it brings something new. */
static void depend(struct ldl_judgement *judgement, ldl_node_id from, ldl_node_id to,
	const struct ldl_held *entry, uint32_t type)
{
	struct ldl_arena *arena = judgement->arena;
	const struct ldl_acquisition *acquisition = judgement->acquisition;
	ldl_edge_id id = from && to ? ldl_edge_find(arena, from, to) : 0;
	bool is_new = !id, may_close;
	struct ldl_edge *edge;
	uint32_t news;

	if (is_new)
		id = from && to ? ldl_edge_insert(arena, from, to) : 0;
	if (!id)
		return;
	edge = ldl_edge_at(arena, id);
	edge->seen++;
	news = type & ~edge->types;
	if (ldl_witness_is_news(arena, id, judgement->thread->record->serial,
		    entry ? entry->instance : 0, acquisition->instance, type)) {
		ldl_witness_id witness =
			ldl_witness_make(arena, judgement->thread, entry, acquisition, id, type);

		if (witness)
			ldl_witness_link(arena, id, witness);
		may_close = true;
	} else {
		may_close = news != 0;
	}
	edge->types |= type | (entry ? 0 : LDL_EDGE_DECLARED);
	if (is_new)
		may_close = ldl_order_insert(arena, judgement->work, from, to);
	else
		may_close =
			may_close && ldl_node_at(arena, from)->rank == ldl_node_at(arena, to)->rank;
	if (may_close)
		look_for_cycle(judgement, id, is_new ? type : news ? news : type);
}

static bool is_class_held(const struct ldl_thread *thread, ldl_class_id class)
{
	uint32_t depth = thread->record->depth & LDL_DEPTH_MASK;

	for (uint32_t i = 0; i < depth; i++) {
		if (ldl_held_class(&thread->held[i]) == class)
			return true;
	}
	return false;
}

static void add_rule(struct ldl_judgement *judgement, enum ldl_finding_kind kind,
	enum ldl_rule rule, enum ldl_severity severity, const struct ldl_held *entry)
{
	const struct ldl_acquisition *acquisition = judgement->acquisition;
	int64_t finding = ldl_finding_add_rule(judgement->arena, kind, rule, severity,
		entry ? ldl_held_class(entry) : 0, acquisition->class,
		judgement->thread->record->serial);

	if (finding > 0)
		ldl_finding_set_witness(judgement->arena, finding,
			ldl_witness_make(
				judgement->arena, judgement->thread, entry, acquisition, 0, 0));
	remember(judgement, finding);
}

/* Two locks of one class. Declared classes: an error, unless a nest is declared. Others: their
 * order is learned lock by lock, in the same graph. */
static void same_class(struct ldl_judgement *judgement, const struct ldl_held *entry, uint32_t type)
{
	struct ldl_arena *arena = judgement->arena;
	const struct ldl_acquisition *acquisition = judgement->acquisition;
	const struct ldl_class *class = ldl_class_at(arena, acquisition->class);
	bool both_read = (acquisition->mode & LDL_MODE_RECURSIVE) &&
			 (ldl_held_mode(entry) & LDL_MODE_SHARED);

	if (class->nest_outer && is_class_held(judgement->thread, class->nest_outer))
		return;
	if ((class->flags & LDL_CLASS_DECLARED) && !(class->flags & LDL_CLASS_LEARNED)) {
		if (!both_read)
			add_rule(judgement, LDL_FINDING_RECURSION, LDL_RULE_SAME_CLASS,
				LDL_SEVERITY_ERROR, entry);
		return;
	}
	depend(judgement, ldl_node_of_instance(arena, entry->instance),
		ldl_node_of_instance(arena, acquisition->instance), entry, type);
}

void ldl_rules_acquire(struct ldl_judgement *judgement)
{
	const struct ldl_acquisition *acquisition = judgement->acquisition;
	const struct ldl_thread *thread = judgement->thread;
	uint32_t at = thread->record->depth & LDL_DEPTH_MASK;
	struct ldl_arena *arena = judgement->arena;

	if (acquisition->mode & LDL_MODE_TRY)
		return;
	/* From every held entry, not just the last: one in the middle may be destroyed later. */
	while (at-- > 0) {
		const struct ldl_held *entry = &thread->held[at];
		ldl_class_id from = ldl_held_class(entry);
		uint32_t type = ldl_edge_type(ldl_held_mode(entry) & LDL_MODE_SHARED,
			acquisition->mode & LDL_MODE_RECURSIVE, acquisition->mode & LDL_MODE_TIMED);

		if (ldl_held_is_stolen(entry) || ldl_held_addr(entry) == acquisition->addr)
			continue;
		if (from == acquisition->class)
			same_class(judgement, entry, type);
		else
			depend(judgement, ldl_node_of_class(arena, from),
				ldl_node_of_class(arena, acquisition->class), entry, type);
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
	/* libc knows a rwlock's writer, and answers EDEADLK; of readers it knows nothing. */
	bool is_own_write =
		ldl_class_at(judgement->arena, acquisition->class)->kind == LDL_KIND_RWLOCK &&
		!(ldl_held_mode(entry) & LDL_MODE_SHARED);
	bool ends = (acquisition->flags & LDL_INSTANCE_ERRORCHECK) ||
		    (acquisition->mode & LDL_MODE_TIMED) || is_own_write;

	add_rule(judgement, LDL_FINDING_RECURSION, LDL_RULE_SELF_DEADLOCK,
		ends ? LDL_SEVERITY_WARNING : LDL_SEVERITY_ERROR, entry);
}

void ldl_rules_misuse(
	struct ldl_judgement *judgement, enum ldl_rule rule, const struct ldl_held *entry)
{
	const struct ldl_class *class =
		ldl_class_at(judgement->arena, judgement->acquisition->class);
	bool is_declared = class->flags & LDL_CLASS_DECLARED;

	add_rule(judgement, LDL_FINDING_MISUSE, rule,
		is_declared || rule == LDL_RULE_NOT_HELD ? LDL_SEVERITY_ERROR
							 : LDL_SEVERITY_WARNING,
		entry);
}

ldl_status ldl_rules_declare(
	struct ldl_judgement *judgement, ldl_class_id outer, ldl_class_id inner)
{
	struct ldl_arena *arena = judgement->arena;
	ldl_node_id from = ldl_node_of_class(arena, outer), to = ldl_node_of_class(arena, inner);

	if (!from || !to)
		return LDL_FULL;
	/* No lock was held: an edge without a held entry is a declared one. */
	depend(judgement, from, to, NULL, ldl_edge_type(false, false, false));
	return ldl_edge_find(arena, from, to) ? LDL_OK : LDL_FULL;
}
