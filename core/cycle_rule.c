/* Rules of cycles. See cycle_rule.h. */
#include "cycle_rule.h"

/* What was met on the path: one bit for each ldl_kind, and whether an edge was declared and all
 * nodes were instances. */
struct path {
	uint32_t kinds;
	bool is_declared, is_of_instances;
	bool is_retry; /* reclaim is waited for by waits before a retry alone */
};

static bool is_retry_wait(const struct ldl_arena *arena, const struct ldl_edge *edge)
{
	ldl_witness_id id = edge->witness_first;
	uint32_t steps = 0;

	for (; id && ldl_arena_step(arena, LDL_TABLE_WITNESSES, &steps);
		id = ldl_witness_at(arena, id)->next) {
		if (!(ldl_witness_at(arena, id)->gfp_asked & LDL_GFP_RETRY_WAIT))
			return false;
	}
	return edge->witness_first;
}

static struct path look(
	const struct ldl_arena *arena, const struct ldl_cycle_step *steps, uint32_t count)
{
	struct path path = {.is_of_instances = true};

	for (uint32_t i = 0; i < count; i++) {
		const struct ldl_edge *edge = ldl_edge_at(arena, steps[i].edge);
		const struct ldl_node *node = ldl_node_at(arena, edge->from);

		path.is_retry |= is_retry_wait(arena, edge);
		path.kinds |= 1u << ldl_class_at(arena, node->class)->kind;
		path.is_declared |= edge->types & LDL_EDGE_DECLARED;
		path.is_of_instances &= node->kind == LDL_NODE_INSTANCE;
	}
	return path;
}

static bool has(const struct path *path, enum ldl_kind kind)
{
	return path->kinds & 1u << kind;
}

static struct ldl_cycle_rule rule_of_locks(const struct path *path)
{
	if (path->is_declared)
		return (struct ldl_cycle_rule){LDL_FINDING_LOCK_ORDER, LDL_RULE_DECLARED_ORDER};
	return (struct ldl_cycle_rule){LDL_FINDING_LOCK_ORDER,
		path->is_of_instances ? LDL_RULE_INSTANCE_ORDER : LDL_RULE_ORDER};
}

struct ldl_cycle_rule ldl_cycle_rule_of(
	const struct ldl_arena *arena, const struct ldl_cycle_step *steps, uint32_t count)
{
	struct path path = look(arena, steps, count);
	bool is_indirect = has(&path, LDL_KIND_EVENT) || has(&path, LDL_KIND_RESERVE);

	if (path.is_retry)
		return (struct ldl_cycle_rule){LDL_FINDING_RECLAIM, LDL_RULE_B9};
	if (has(&path, LDL_KIND_NONBLOCK))
		return (struct ldl_cycle_rule){
			LDL_FINDING_NONBLOCK, is_indirect ? LDL_RULE_A5 : LDL_RULE_A1};
	if (has(&path, LDL_KIND_RECLAIM))
		return (struct ldl_cycle_rule){LDL_FINDING_RECLAIM, LDL_RULE_A4};
	if (has(&path, LDL_KIND_RESERVE))
		return (struct ldl_cycle_rule){LDL_FINDING_RESERVE,
			path.kinds == 1u << LDL_KIND_RESERVE ? LDL_RULE_C2 : LDL_RULE_C3};
	if (has(&path, LDL_KIND_INTERRUPT))
		return (struct ldl_cycle_rule){LDL_FINDING_SIGNAL, LDL_RULE_INTERRUPT};
	if (has(&path, LDL_KIND_EVENT))
		return (struct ldl_cycle_rule){LDL_FINDING_EVENT, LDL_RULE_EVENT};
	return rule_of_locks(&path);
}
