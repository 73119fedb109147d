/* Allocations: the slow half of ldl_engine_alloc(), and the inventory's counts.
 *
 * A request is known by a chain key of its own: what is held, the scopes, the mask asked for, the
 * place. Each thread counts the requests of the chains that it knows in its own memory, and adds
 * them to the inventory every LDL_ALLOC_FLUSH times, when another chain wants the slot, and at its
 * end: so the steady state writes nothing that is shared. */
#include "engine_place.h"

#include "alloc.h"
#include "chain.h"
#include "policy.h"

#include <string.h>

static void tell(struct ldl_thread *thread, uint32_t slot)
{
	uint32_t count = LDL_ALLOC_FLUSH - thread->alloc_left[slot];

	thread->alloc_left[slot] = LDL_ALLOC_FLUSH;
	ldl_alloc_add(&ldl_engine.arena, thread->alloc_id[slot], count);
}

void ldl_engine_count_allocs(struct ldl_thread *thread)
{
	if (thread->reset != ldl_engine.resets) /* what it counted for is gone */
		return;
	for (uint32_t slot = 0; slot < LDL_ALLOC_CACHE; slot++)
		tell(thread, slot);
}

static struct ldl_acquisition describe(
	const struct ldl_thread *thread, uint32_t gfp, const void *ip)
{
	return (struct ldl_acquisition){
		.ip = (uint64_t)(uintptr_t)ip,
		.gfp_asked = gfp,
		.gfp = ldl_context_mask(thread->context.scope, gfp),
		.mode = LDL_MODE_EXCLUSIVE,
	};
}

/* The inventory's record of this place and mask, made when new; its class goes into the
 * acquisition. *is_refused: it may not be made now. */
static ldl_alloc_id record_of(
	struct ldl_thread *thread, struct ldl_acquisition *acquisition, bool *is_refused)
{
	struct ldl_arena *arena = &ldl_engine.arena;
	struct ldl_alloc model = {
		.key = ldl_alloc_key(
			acquisition->ip, acquisition->gfp_asked, thread->context.scope),
		.gfp_asked = acquisition->gfp_asked,
		.gfp = acquisition->gfp,
		.scope = thread->context.scope,
	};
	ldl_alloc_id id = ldl_alloc_find(arena, model.key);

	*is_refused = !id && !ldl_engine_admits(thread, LDL_EFFORT_LOCK, acquisition->ip);
	if (!id && !*is_refused) {
		model.class = ldl_engine_site_class(acquisition);
		if (ldl_engine_lock()) {
			id = ldl_alloc_make(arena, &model);
			ldl_engine_unlock();
		}
	}
	acquisition->class = id ? ldl_alloc_at(arena, id)->class : model.class;
	return id;
}

/* What is held over the request, kept once for the inventory. Under the writer lock. */
static void keep_held(struct ldl_thread *thread, ldl_alloc_id id)
{
	struct ldl_alloc *alloc = ldl_alloc_at(&ldl_engine.arena, id);
	uint32_t count;

	if (!alloc->also_count && ldl_thread_depth(thread)) {
		alloc->also_first = ldl_witness_keep_held(&ldl_engine.arena, thread, &count);
		alloc->also_count = count;
	}
}

/* A chain that is new: its edges, cycles, findings. False: not now. */
static bool check(struct ldl_thread *thread, struct ldl_acquisition *acquisition, ldl_alloc_id id,
	uint64_t key)
{
	struct ldl_judgement judgement;

	ldl_engine_need_domains(thread);
	if (!ldl_engine_judge_start(&judgement, thread, acquisition))
		return false;
	if (id)
		keep_held(thread, id);
	if (!ldl_engine_has_no_graph())
		ldl_policy_alloc(&judgement);
	if (ldl_context_may_reclaim(acquisition->gfp)) {
		ldl_rules_alloc_in_context(&judgement);
		if (!ldl_engine_has_no_graph())
			ldl_rules_alloc(&judgement);
	}
	(void)ldl_chain_insert(&ldl_engine.arena, key, acquisition->site, 1);
	ldl_engine_judge_end(&judgement);
	return true;
}

static uint32_t order_of(uint64_t size)
{
	uint32_t order = 0;

	while (order < 32 && (uint64_t)LDL_PAGE << order < size)
		order++;
	return order;
}

static void check_order(struct ldl_thread *thread, struct ldl_acquisition *acquisition,
	ldl_alloc_id id, uint64_t size)
{
	struct ldl_judgement judgement;
	uint32_t order = order_of(size);

	/* One page has no order to judge; as many pages as before were judged then. */
	if (!id || order == 0 || ldl_engine_has_no_graph() ||
		order <= ldl_load_relaxed(&ldl_alloc_at(&ldl_engine.arena, id)->order_max) ||
		!ldl_engine_judge_start(&judgement, thread, acquisition))
		return;
	ldl_policy_order(&judgement, id, order);
	ldl_engine_judge_end(&judgement);
}

static void observe(
	struct ldl_thread *thread, const struct ldl_acquisition *acquisition, ldl_alloc_id id)
{
	struct ldl_judgement judgement = ldl_engine_judge(thread, acquisition);

	ldl_engine_observe(&judgement, &(struct ldl_observed){
					       .kind = LDL_OBSERVED_ALLOC,
					       .class = acquisition->class,
					       .gfp = acquisition->gfp,
					       .alloc = id,
				       });
}

/* Later wakes of this thread may depend on a request that could sleep. */
static void remember(
	struct ldl_thread *thread, const struct ldl_acquisition *acquisition, uint64_t key)
{
	const struct ldl_header *header = ldl_engine.arena.header;
	struct ldl_held entry = {.addr = LDL_PLACE, .ip = acquisition->ip, .key = key};

	if (ldl_load_relaxed(&header->has_events) && ldl_context_may_reclaim(acquisition->gfp))
		ldl_context_remember(&thread->context, &entry,
			ldl_load_relaxed(&header->event_clock), acquisition->gfp);
}

void ldl_engine_retry_wait(struct ldl_thread *thread, uint32_t gfp, const void *ip)
{
	struct ldl_acquisition acquisition = describe(thread, gfp, ip);
	struct ldl_judgement judgement;

	acquisition.gfp_asked |= LDL_GFP_RETRY_WAIT;
	if (acquisition.gfp & LDL_GFP_NOFAIL)
		ldl_add_relaxed(&ldl_engine.arena.header->nofail_clock, 1);
	ldl_engine_need_domains(thread);
	acquisition.class = ldl_engine_site_class(&acquisition);
	if (!ldl_engine_judge_start(&judgement, thread, &acquisition))
		return;
	ldl_rules_alloc_in_context(&judgement);
	ldl_rules_alloc(&judgement);
	ldl_engine_judge_end(&judgement);
}

/* The latest request that the fast path knew: told to the ladder, and to later wakes. */
void ldl_engine_settle_alloc(struct ldl_thread *thread)
{
	uint32_t slot = thread->last_alloc;
	/* Its stack is the chain's. */
	struct ldl_acquisition acquisition = {.ip = LDL_HELD_FRESH};

	thread->last_alloc = LDL_ALLOC_CACHE;
	thread->ladder.last = thread->alloc_id[slot];
	acquisition.gfp = ldl_alloc_at(&ldl_engine.arena, thread->ladder.last)->gfp;
	remember(thread, &acquisition, thread->alloc_key[slot]);
}

static void request(struct ldl_thread *thread, uint32_t gfp, uint64_t size, const void *ip)
{
	uint32_t depth = ldl_load_relaxed(&thread->record->depth);
	struct ldl_acquisition acquisition = describe(thread, gfp, ip);
	uint64_t key = ldl_engine_alloc_key(
		thread, ldl_held_key(thread->held, depth), gfp, acquisition.ip);
	uint32_t slot = ldl_engine_alloc_slot(key);
	bool is_refused;
	ldl_alloc_id id = record_of(thread, &acquisition, &is_refused);
	uint64_t checked = ldl_engine_key_of_mode(key);
	bool is_checked = thread->alloc_key[slot] == key ||
			  ldl_chain_find(&ldl_engine.arena, checked) ||
			  (!is_refused && check(thread, &acquisition, id, checked));

	if (size)
		check_order(thread, &acquisition, id, size);
	tell(thread, slot);
	thread->alloc_key[slot] = is_checked ? key : 0;
	thread->alloc_id[slot] = id;
	thread->alloc_left[slot] = LDL_ALLOC_FLUSH - 1;
	thread->last_alloc = LDL_ALLOC_CACHE;
	if (is_checked && gfp == LDL_GFP_KERNEL && depth)
		*ldl_engine_alloc_memo(thread, ip) =
			ldl_engine_alloc_word(thread, &thread->held[depth - 1], ip);
	thread->ladder.last = id;
	remember(thread, &acquisition, key);
	if (thread->armed)
		observe(thread, &acquisition, id);
}

LDL_NOINLINE void ldl_engine_alloc_slow(uint32_t gfp, uint64_t size, const void *ip)
{
	struct ldl_thread *thread = ldl_engine_enter_any();

	if (!thread)
		return;
	/* Inside an acquisition that was interrupted: what is held is not certain. */
	if (!thread->context.alloc_hidden &&
		!(ldl_load_relaxed(&thread->record->depth) & LDL_WANTED)) {
		ldl_engine_purge(thread);
		request(thread, gfp & LDL_GFP_BITS, size, ip);
	}
	ldl_engine_leave(thread);
}

void ldl_engine_hide_allocs(bool is_hidden)
{
	/* To show them again ends what may have begun in another mode. */
	struct ldl_thread *thread = is_hidden ? ldl_engine_enter_any() : ldl_engine_enter_end();

	if (!thread)
		return;
	ldl_context_hide_allocs(&thread->context, is_hidden);
	ldl_engine_leave(thread);
}
