/* The rules of interrupts and wait types. See rules.h.
 *
 * An interrupt handler is held while it runs (I → L for each lock that it takes); a lock that is
 * held with interrupts enabled waits for the handler that may come in (L → I). So "used in a
 * handler" against "held with interrupts enabled", on one lock or across a path, is a cycle through
 * I, and readers and writers fall out of the edges' types. Source: the kernel's irq rules
 * (SELFTEST.md); there they are usage bits and a search of their own. */
#include "edge.h"
#include "include/lockdep_lite/context.h"
#include "instance.h"
#include "rules.h"

void ldl_rules_interrupts(struct ldl_judgement *judgement, const struct ldl_held *entry)
{
	struct ldl_arena *arena = judgement->arena;
	const struct ldl_acquisition *acquisition = judgement->acquisition;
	uint32_t type = ldl_edge_type(ldl_held_mode(entry) & LDL_MODE_SHARED, false, false);

	for (uint32_t i = 0; i < LDL_IRQS; i++) {
		ldl_instance_id id = arena->header->interrupts[i];
		struct ldl_acquisition handler = *acquisition;

		if (!id || !ldl_context_irq_may_come(&judgement->thread->context, i))
			continue;
		handler.addr = ldl_instance_addr(arena, id);
		handler.instance = id;
		handler.class = ldl_instance_class(arena, id);
		handler.mode = LDL_MODE_EXCLUSIVE;
		handler.from_site = entry->key ? 0 : acquisition->site;
		judgement->acquisition = &handler;
		ldl_rules_depend(judgement, ldl_node_of_class(arena, ldl_held_class(entry)),
			ldl_node_of_class(arena, handler.class), entry, type);
		judgement->acquisition = acquisition;
	}
}

/* What may be waited for here: the strictest of all that is held, as far as the innermost handler,
 * and of that handler itself. */
static uint32_t strictest(struct ldl_judgement *judgement, const struct ldl_held **by)
{
	const struct ldl_thread *thread = judgement->thread;
	uint32_t at = ldl_thread_depth(thread);
	uint32_t inner = LDL_WAIT_SLEEP;

	*by = NULL;
	while (at-- > 0) {
		const struct ldl_held *entry = &thread->held[at];
		const struct ldl_class *class =
			ldl_class_at(judgement->arena, ldl_held_class(entry));
		uint32_t allowed = class->wait_inner;

		if (ldl_held_is_stolen(entry))
			continue;
		/* On a real-time kernel soft handlers and threaded hard ones are threads. */
		if (class->kind == LDL_KIND_INTERRUPT)
			allowed = entry->instance == judgement->arena->header->interrupts[1] ||
						  (ldl_held_mode(entry) & LDL_MODE_INSIDE)
					  ? LDL_WAIT_CONFIG
					  : LDL_WAIT_SPIN;
		if (allowed && allowed < inner) {
			inner = allowed;
			*by = entry;
		}
		if (class->kind == LDL_KIND_INTERRUPT)
			break;
	}
	return inner;
}

bool ldl_rules_may_not_sleep(struct ldl_judgement *judgement)
{
	const struct ldl_held *by;

	return strictest(judgement, &by) < LDL_WAIT_SLEEP;
}

void ldl_rules_wait_type(struct ldl_judgement *judgement, uint32_t outer)
{
	const struct ldl_held *by;

	if (outer <= strictest(judgement, &by))
		return;
	ldl_rules_add(judgement, &(struct ldl_breach){
					 .kind = LDL_FINDING_RECURSION,
					 .rule = LDL_RULE_WAIT_TYPE,
					 .severity = LDL_SEVERITY_ERROR,
					 .entry = by,
				 });
}
