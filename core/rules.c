/* What all rules have in common: a dependency, and a breach. See rules.h. */
#include "rules.h"

#include "edge.h"
#include "hash.h"
#include "include/lockdep_lite/context.h"
#include "text.h"

#include <string.h>

/* The steps of the cycle at hand; under the writer lock, and too large for small thread stacks. */
static struct ldl_cycle_step steps[LDL_CYCLE_MAX];

static void remember(struct ldl_judgement *judgement, int64_t finding)
{
	if (finding > 0 && judgement->fresh_count < LDL_FRESH_MAX)
		judgement->fresh[judgement->fresh_count++] = (ldl_finding_id)finding;
}

/* Ways around the cycle in `steps`: each without one more of its edges, but for the new one. */
static uint32_t branch(
	struct ldl_detour *queue, uint32_t queued, const struct ldl_detour *from, uint32_t count)
{
	if (from->count == LDL_DETOUR_EDGES)
		return queued;
	for (uint32_t i = 1; i < count && queued < LDL_DETOURS; i++) {
		queue[queued] = *from;
		queue[queued].edges[queue[queued].count++] = steps[i].edge;
		queued++;
	}
	return queued;
}

/* The shortest cycle; while what is found cannot happen, longer ones, which may. */
void ldl_rules_look_for_cycle(struct ldl_judgement *judgement, ldl_edge_id edge, uint32_t types)
{
	/* A type that was known as timed only is searched again when it is met without a limit. */
	uint32_t plain = (types | types >> LDL_EDGE_UNTIMED_SHIFT) & LDL_EDGE_TYPES;
	static struct ldl_detour queue[LDL_DETOURS]; /* the first one avoids nothing */
	uint32_t queued = 1;

	for (uint32_t at = 0; at < queued; at++) {
		uint32_t count = ldl_cycle_find(judgement->arena, judgement->work, edge, plain,
			&queue[at], steps, LDL_CYCLE_MAX);
		int64_t finding;

		if (!count)
			continue;
		finding = ldl_finding_add_cycle(
			judgement->arena, steps, count, judgement->thread->record->serial);
		remember(judgement, finding);
		if (!ldl_finding_is_harmless(judgement->arena, finding))
			return;
		queued = branch(queue, queued, &queue[at], count);
	}
}

/* What the acquisition tells of an edge is kept when it is news, and the findings that show the
 * edge are weighed again. False: it is none. */
static bool add_evidence(struct ldl_judgement *judgement, ldl_edge_id id,
	const struct ldl_held *entry, uint32_t type)
{
	struct ldl_arena *arena = judgement->arena;
	const struct ldl_acquisition *acquisition = judgement->acquisition;
	ldl_instance_id from = entry ? entry->instance : 0, to = acquisition->instance;
	bool is_news = ldl_witness_is_news(arena, id, judgement->thread, from, to, type);

	ldl_edge_at(arena, id)->types |= type | (entry ? 0 : LDL_EDGE_DECLARED);
	if (is_news) {
		ldl_witness_id witness =
			ldl_witness_make(arena, judgement->thread, entry, acquisition, id, type);

		if (witness)
			ldl_witness_link(arena, id, witness);
	} else if (!ldl_witness_renew(arena, id, judgement->thread, from, to, type)) {
		return false;
	}
	if (ldl_edge_at(arena, id)->types & LDL_EDGE_SHOWN)
		judgement->fresh_count += ldl_finding_weigh_again(arena, id, is_news,
			judgement->fresh + judgement->fresh_count,
			LDL_FRESH_MAX - judgement->fresh_count);
	return is_news;
}

void ldl_rules_depend(struct ldl_judgement *judgement, ldl_node_id from, ldl_node_id to,
	const struct ldl_held *entry, uint32_t type)
{
	struct ldl_arena *arena = judgement->arena;
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
	if (edge->looks)
		judgement->is_watched |= ldl_edge_look(arena, id);
	/* What is given up first: evidence of what is known. */
	if (is_new || news || !judgement->is_sparing)
		may_close = add_evidence(judgement, id, entry, type) || news;
	else
		may_close = false;
	/* A waiter who asked for less may close what those before him did not. */
	may_close |= !is_new && (edge->asked & ~judgement->acquisition->asked);
	edge->asked = is_new ? judgement->acquisition->asked
			     : edge->asked & judgement->acquisition->asked;
	if (is_new)
		may_close = ldl_order_insert(arena, judgement->work, from, to);
	else
		may_close =
			may_close && ldl_node_at(arena, from)->rank == ldl_node_at(arena, to)->rank;
	if (may_close)
		ldl_rules_look_for_cycle(judgement, id, is_new ? type : news ? news : type);
}

void ldl_rules_add(struct ldl_judgement *judgement, const struct ldl_breach *breach)
{
	struct ldl_arena *arena = judgement->arena;
	uint64_t told_apart = breach->rule == LDL_RULE_MISUSE && breach->note
				      ? ldl_hash_bytes(breach->note, strlen(breach->note))
				      : 0;
	int64_t finding = ldl_finding_add_rule(arena, breach->kind, breach->rule, breach->severity,
		breach->entry ? ldl_held_class(breach->entry) : 0, judgement->acquisition->class,
		told_apart, judgement->thread->record->serial);

	if (finding > 0) {
		if (breach->note)
			ldl_finding_at(arena, (ldl_finding_id)finding)->note =
				ldl_text_add(arena, breach->note, strlen(breach->note));
		ldl_finding_set_witness(arena, finding,
			ldl_witness_make(arena, judgement->thread, breach->entry,
				judgement->acquisition, 0, 0));
	}
	remember(judgement, finding);
}

const struct ldl_held *ldl_rules_held_kind(
	const struct ldl_judgement *judgement, enum ldl_kind kind)
{
	const struct ldl_thread *thread = judgement->thread;
	uint32_t at = ldl_thread_depth(thread);

	while (at-- > 0) {
		const struct ldl_held *entry = &thread->held[at];

		if (!ldl_held_is_stolen(entry) &&
			ldl_class_at(judgement->arena, ldl_held_class(entry))->kind == kind)
			return entry;
	}
	return NULL;
}

const struct ldl_held *ldl_rules_held_context(
	const struct ldl_judgement *judgement, uint32_t context)
{
	const struct ldl_thread *thread = judgement->thread;
	uint32_t depth = ldl_thread_depth(thread);
	uint64_t addr = context == LDL_CTX_IO_HANDLER ? (uint64_t)(uintptr_t)LDL_RECLAIM_IO
						      : LDL_PLACE | context;
	int at = ldl_held_find(thread->held, depth, addr);

	return at >= 0 ? &thread->held[at] : NULL;
}
