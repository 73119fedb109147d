/* The rules of waits that are no locks: allocations, events, reserves, sleeps. See rules.h. */
#include "edge.h"
#include "class.h"
#include "instance.h"
#include "include/lockdep_lite/context.h"
#include "include/lockdep_lite/gfp.h"
#include "rules.h"

/* The acquisition as a wait for another instance at the same place. What it is about itself is
 * known already, and may be gone. */
static struct ldl_acquisition aimed_at(
	const struct ldl_judgement *judgement, ldl_instance_id instance)
{
	struct ldl_acquisition target = *judgement->acquisition;

	if (instance == target.instance)
		return target;
	target.asked = 0;
	target.instance = instance;
	target.addr = ldl_instance_addr(judgement->arena, instance);
	target.class = ldl_instance_class(judgement->arena, instance);
	return target;
}

static const struct ldl_held *held_instance(
	const struct ldl_judgement *judgement, ldl_instance_id instance)
{
	const struct ldl_thread *thread = judgement->thread;
	uint32_t at = ldl_thread_depth(thread);

	while (at-- > 0) {
		if (thread->held[at].instance == instance && !ldl_held_is_stolen(&thread->held[at]))
			return &thread->held[at];
	}
	return NULL;
}

/* What an allocation waits for: the domains that its mask reaches, then every non-blocking
 * context. Returns how many. */
#define TARGETS_MAX (LDL_DOMAINS + LDL_NONBLOCK_MAX)
static uint32_t targets_of(
	const struct ldl_arena *arena, uint32_t gfp, ldl_instance_id targets[TARGETS_MAX])
{
	const struct ldl_header *header = arena->header;
	uint32_t count = 0;

	/* The widest first: that is the one to show when several close a cycle. */
	if (header->domains[2] && (gfp & LDL_GFP_FS))
		targets[count++] = header->domains[2];
	if (header->domains[1] && (gfp & LDL_GFP_IO))
		targets[count++] = header->domains[1];
	if (header->domains[0])
		targets[count++] = header->domains[0];
	for (uint32_t i = 0; i < header->nonblock_count; i++)
		targets[count++] = header->nonblock[i];
	return count;
}

/* A reclaimer that waits for its own reclaim: found in one thread, at once. */
static void recurses(struct ldl_judgement *judgement, const struct ldl_held *entry)
{
	ldl_rules_add(judgement, &(struct ldl_breach){LDL_FINDING_RECLAIM, LDL_RULE_A4,
					 LDL_SEVERITY_ERROR, entry, NULL});
}

static void wait_for(struct ldl_judgement *judgement, ldl_instance_id instance)
{
	const struct ldl_acquisition *whole = judgement->acquisition;
	struct ldl_acquisition target = aimed_at(judgement, instance);
	enum ldl_kind kind = ldl_class_at(judgement->arena, target.class)->kind;
	const struct ldl_held *held = held_instance(judgement, instance);

	judgement->acquisition = &target;
	if (!held)
		ldl_rules_acquire(judgement);
	else if (kind == LDL_KIND_RECLAIM)
		recurses(judgement, held);
	else if (kind == LDL_KIND_RESERVE)
		ldl_rules_acquire(judgement);
	judgement->acquisition = whole;
}

void ldl_rules_alloc_in_context(struct ldl_judgement *judgement)
{
	const struct ldl_held *context = ldl_rules_held_kind(judgement, LDL_KIND_NONBLOCK);
	uint32_t gfp = judgement->acquisition->gfp;
	bool is_narrow = !(gfp & LDL_GFP_FS) || !(gfp & LDL_GFP_IO);

	if (context)
		ldl_rules_add(judgement, &(struct ldl_breach){LDL_FINDING_NONBLOCK,
						 is_narrow ? LDL_RULE_A3 : LDL_RULE_A2,
						 LDL_SEVERITY_ERROR, context, NULL});
}

void ldl_rules_alloc(struct ldl_judgement *judgement)
{
	ldl_instance_id targets[TARGETS_MAX];
	uint32_t count = targets_of(judgement->arena, judgement->acquisition->gfp, targets);

	for (uint32_t i = 0; i < count; i++)
		wait_for(judgement, targets[i]);
	ldl_rules_wait_type(judgement, LDL_WAIT_SLEEP);
}

void ldl_rules_wait_in_context(struct ldl_judgement *judgement, uint64_t limit_ns)
{
	const struct ldl_held *context = ldl_rules_held_kind(judgement, LDL_KIND_NONBLOCK);

	if (context && (!limit_ns || limit_ns > judgement->thread->context.budget_ns))
		ldl_rules_add(
			judgement, &(struct ldl_breach){LDL_FINDING_NONBLOCK, LDL_RULE_A6,
					   limit_ns ? LDL_SEVERITY_WARNING : LDL_SEVERITY_ERROR,
					   context, NULL});
}

void ldl_rules_wait(struct ldl_judgement *judgement, uint64_t limit_ns)
{
	const struct ldl_acquisition *acquisition = judgement->acquisition;
	const struct ldl_header *header = judgement->arena->header;
	enum ldl_kind kind = ldl_class_at(judgement->arena, acquisition->class)->kind;

	ldl_rules_wait_in_context(judgement, limit_ns);
	wait_for(judgement, acquisition->instance);
	/* Who waits for a stall to end sleeps as an allocation does. */
	if (kind == LDL_KIND_RECLAIM) {
		for (uint32_t i = 0; i < header->nonblock_count; i++)
			wait_for(judgement, header->nonblock[i]);
	}
	ldl_rules_wait_type(judgement, LDL_WAIT_SLEEP);
}

void ldl_rules_reserve(struct ldl_judgement *judgement, bool is_empty)
{
	wait_for(judgement, judgement->acquisition->instance);
	if (is_empty) {
		ldl_rules_alloc_in_context(judgement);
		ldl_rules_alloc(judgement);
		return;
	}

	ldl_rules_wait_type(judgement, LDL_WAIT_SLEEP);
}

void ldl_rules_sleep(struct ldl_judgement *judgement)
{
	const struct ldl_held *context = ldl_rules_held_kind(judgement, LDL_KIND_NONBLOCK);

	if (context)
		ldl_rules_add(judgement, &(struct ldl_breach){LDL_FINDING_NONBLOCK, LDL_RULE_A6,
						 LDL_SEVERITY_ERROR, context, NULL});
	ldl_rules_wait_type(judgement, LDL_WAIT_SLEEP);
}

/* One thing that the waker needed: what is woken depends on it. */
static void needs(struct ldl_judgement *judgement, const struct ldl_held *woken,
	const struct ldl_held *needed, uint32_t gfp)
{
	struct ldl_arena *arena = judgement->arena;
	const struct ldl_acquisition *wake = judgement->acquisition;
	struct ldl_acquisition acquisition = {
		.addr = ldl_held_addr(needed),
		.ip = ldl_held_ip(needed),
		.instance = needed->instance,
		.class = ldl_held_class(needed),
		.mode = ldl_held_mode(needed),
		.site = ldl_witness_site(arena, needed, wake->site),
		.from_site = wake->site,
		.gfp = gfp,
		.gfp_asked = gfp,
	};
	uint32_t type = ldl_edge_type(
		false, acquisition.mode & LDL_MODE_RECURSIVE, acquisition.mode & LDL_MODE_TIMED);

	if (acquisition.class == ldl_held_class(woken))
		return;
	if (ldl_class_at(arena, acquisition.class)->kind == LDL_KIND_EVENT)
		acquisition.asked = judgement->thread->context.asked;
	judgement->acquisition = &acquisition;
	ldl_rules_depend(judgement, ldl_node_of_class(arena, ldl_held_class(woken)),
		ldl_node_of_class(arena, acquisition.class), woken, type);
	judgement->acquisition = wake;
}

static bool is_event(const struct ldl_judgement *judgement, const struct ldl_past *past)
{
	ldl_class_id class = past->gfp ? 0 : ldl_held_class(&past->entry);

	return ldl_class_at(judgement->arena, class)->kind == LDL_KIND_EVENT;
}

/* Whether a wait for an event is over though nobody has woken that one yet: a semaphore's first
 * units, or a condition that held from the beginning. */
static bool is_got_without(const struct ldl_judgement *judgement, const struct ldl_past *past)
{
	const struct ldl_arena *arena = judgement->arena;
	ldl_instance_id id = past->entry.instance;

	return is_event(judgement, past) &&
	       ldl_instance_addr(arena, id) == ldl_held_addr(&past->entry) &&
	       !(ldl_load_relaxed(&ldl_instance_info_at(arena, id)->request) & LDL_REQUEST_WOKEN);
}

bool ldl_rules_counts(const struct ldl_judgement *judgement, const struct ldl_past *past,
	const struct ldl_held *woken, uint32_t request)
{
	const struct ldl_context *context = &judgement->thread->context;
	uint64_t event = ldl_instance_word(judgement->arena, woken->instance);

	if ((int32_t)(past->clock - (request & ~LDL_REQUEST_WOKEN)) < 0 ||
		ldl_context_is_before(context, event, past))
		return false;
	/* What was a unit of a lock, or of many, when it was free is none when it is not. */
	return !is_got_without(judgement, past) || ldl_context_waited_for(context, event);
}

/* Whether the event can be woken by a thread that waited for no other one since the request: then
 * it does not depend on other events for good. In a request and its reply each side waits before it
 * wakes, but for the first time: that is what tells it from a ring of waits. Who gives back what it
 * took itself says nothing about that. */
static bool is_woken_freely(
	struct ldl_judgement *judgement, const struct ldl_held *woken, uint32_t request)
{
	struct ldl_class *class = ldl_class_at(judgement->arena, ldl_held_class(woken));
	const struct ldl_context *context = &judgement->thread->context;
	uint32_t count = ldl_context_past_kept(context);

	if (ldl_context_waited_for(context, ldl_instance_word(judgement->arena, woken->instance)))
		return ldl_class_has(class, LDL_CLASS_FREE);
	for (uint32_t i = 0; i < count; i++) {
		if (is_event(judgement, &context->past[i]) &&
			ldl_rules_counts(judgement, &context->past[i], woken, request))
			return ldl_class_has(class, LDL_CLASS_FREE);
	}
	ldl_class_mark(class, LDL_CLASS_FREE);
	return true;
}

static void needs_alloc(
	struct ldl_judgement *judgement, const struct ldl_held *woken, const struct ldl_past *past)
{
	ldl_instance_id targets[TARGETS_MAX];
	uint32_t count = targets_of(judgement->arena, past->gfp, targets);

	for (uint32_t i = 0; i < count; i++) {
		struct ldl_held needed = past->entry;
		const struct ldl_instance *target = ldl_instance_at(judgement->arena, targets[i]);

		needed.addr = target->addr;
		needed.instance = targets[i];
		needed.class_mode = target->class << LDL_MODE_BITS;
		needs(judgement, woken, &needed, past->gfp);
	}
}

void ldl_rules_wake(struct ldl_judgement *judgement, const struct ldl_held *woken, uint32_t request,
	uint32_t before)
{
	const struct ldl_thread *thread = judgement->thread;
	const struct ldl_context *context = &thread->context;
	uint32_t at = ldl_thread_depth(thread);
	uint32_t count = ldl_context_past_kept(context);
	bool is_free = is_woken_freely(judgement, woken, request);

	while (at-- > 0) {
		const struct ldl_held *entry = &thread->held[at];
		uint32_t kind = ldl_class_at(judgement->arena, ldl_held_class(entry))->kind;

		/* What was got without waiting was not waited for. */
		if (ldl_held_is_stolen(entry) || (ldl_held_mode(entry) & LDL_MODE_TRY) ||
			(!ldl_kind_is_lock(kind) && kind != LDL_KIND_RECLAIM &&
				kind != LDL_KIND_RESERVE))
			continue;
		/* Only of the API's own locks is it known that they were not taken anew. */
		if (at < before && kind == LDL_KIND_CUSTOM)
			continue;
		needs(judgement, woken, entry, 0);
	}
	for (uint32_t i = 0; i < count; i++) {
		const struct ldl_past *past = &context->past[i];

		if (!ldl_rules_counts(judgement, past, woken, request) ||
			(is_free && is_event(judgement, past)))
			continue;
		if (past->gfp)
			needs_alloc(judgement, woken, past);
		else
			needs(judgement, woken, &past->entry, 0);
	}
}

/* A copy of an edge's evidence, for another edge. */
static ldl_witness_id copy_witness(
	struct ldl_arena *arena, ldl_witness_id from, ldl_edge_id edge, ldl_instance_id to)
{
	ldl_witness_id id = from ? ldl_table_take(arena, LDL_TABLE_WITNESSES, 1) : 0;
	struct ldl_witness *copy = ldl_witness_at(arena, id);

	if (!id)
		return 0;
	*copy = *ldl_witness_at(arena, from);
	copy->edge = edge;
	copy->next = 0;
	copy->to_instance = to;
	copy->to_addr = ldl_instance_addr(arena, to);
	copy->to_generation = ldl_instance_generation(arena, to);
	return id;
}

/* A non-blocking context waits for no other one: that it allocates is a finding of its own. */
static bool may_wait_for_context(const struct ldl_arena *arena, ldl_node_id node)
{
	return ldl_class_at(arena, ldl_node_at(arena, node)->class)->kind != LDL_KIND_NONBLOCK;
}

static void adopt_edge(struct ldl_judgement *judgement, ldl_edge_id old, ldl_instance_id context)
{
	struct ldl_arena *arena = judgement->arena;
	ldl_class_id class = ldl_instance_class(arena, context);
	ldl_node_id from = ldl_edge_at(arena, old)->from, to = ldl_node_of_class(arena, class);
	ldl_witness_id witness;
	ldl_edge_id id;

	if (!to || !may_wait_for_context(arena, from) || ldl_edge_find(arena, from, to))
		return;
	id = ldl_edge_insert(arena, from, to);
	if (!id)
		return;
	witness = copy_witness(arena, ldl_edge_at(arena, old)->witness_first, id, context);
	if (witness)
		ldl_witness_link(arena, id, witness);
	ldl_edge_at(arena, id)->types = ldl_edge_at(arena, old)->types;
	ldl_edge_at(arena, id)->seen = 1;
	/* Something leaves it when it could not be listed as soon as it was met. */
	if (ldl_order_insert(arena, judgement->work, from, to))
		ldl_rules_look_for_cycle(judgement, id, ldl_edge_at(arena, id)->types);
}

void ldl_rules_adopt(struct ldl_judgement *judgement, ldl_instance_id context)
{
	struct ldl_arena *arena = judgement->arena;
	ldl_instance_id domain = arena->header->domains[0];
	ldl_node_id node =
		domain ? ldl_class_at(arena, ldl_instance_class(arena, domain))->node : 0;
	ldl_edge_id id = node ? ldl_node_at(arena, node)->in_first : 0;
	uint32_t steps = 0;

	for (; id && ldl_arena_step(arena, LDL_TABLE_EDGES, &steps);
		id = ldl_edge_at(arena, id)->next_in)
		adopt_edge(judgement, id, context);
}
