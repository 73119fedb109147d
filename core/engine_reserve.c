/* Reserves: pools of elements, each with a guarantee. Rules C1 to C4 and C6 to C8.
 *
 * Waiting for a pool is a momentary acquisition of its node. An element that was taken is a held
 * entry of its own, known by the element's address, of the pool's instance; so that it can be given
 * back in any order, and by another thread. A pool whose reserve is filled does not wait for
 * memory: one whose reserve is empty waits for reclaim as well. */
#include "engine_place.h"

#include "chain.h"
#include "hash.h"
#include "instance.h"

/* The pool's record; slot 0, which nobody reads, when it has none, or when the address is no pool's
 * but, say, a lock's. */
static struct ldl_reserve *record_at(ldl_instance_id id)
{
	struct ldl_arena *arena = &ldl_engine.arena;
	ldl_reserve_id reserve = ldl_load_relaxed(&ldl_instance_info_at(arena, id)->reserve);

	/* Acquire: pairs with the release in make_record(). The id may be another record's, or none
	 * at all, when somebody else ends the pool just now. */
	if (reserve >= ldl_load_relaxed(&ldl_arena_table(arena, LDL_TABLE_RESERVES)->used) ||
		ldl_load_acquire(&ldl_reserve_at(arena, reserve)->instance) != id)
		reserve = 0;
	return ldl_reserve_at(arena, reserve);
}

/* A record for a pool that was met just now; slot 0, which nobody reads, when there is no room. */
static void make_record(ldl_instance_id id, uint32_t min_nr, uint32_t filled)
{
	struct ldl_arena *arena = &ldl_engine.arena;
	ldl_reserve_id reserve = ldl_table_take(arena, LDL_TABLE_RESERVES, 1), none = 0;
	struct ldl_reserve *record = ldl_reserve_at(arena, reserve);

	if (reserve) {
		record->class = ldl_instance_class(arena, id);
		record->min_nr = min_nr;
		record->level = filled;
		record->level_min = filled;
		record->generation = ldl_instance_generation(arena, id);
		/* Release: pairs with the acquire in record_at(). */
		ldl_store_release(&record->instance, id);
	}
	/* Not 0: another thread met the pool, too, or has ended it. */
	(void)ldl_cas_acq_rel(&ldl_instance_info_at(arena, id)->reserve, &none, reserve);
}

static const void *place_of(const void *pool)
{
	return (const void *)(uintptr_t)LDL_PLACE_OF(LDL_KIND_RESERVE, pool);
}

/* The pool's instance. One that was never announced is made when it is met, by its place. */
static ldl_instance_id pool_at(struct ldl_thread *thread, const void *pool, const void *ip)
{
	static const struct ldl_lock_type type = {
		.kind = LDL_KIND_RESERVE, .class_flags = LDL_CLASS_LEARNED};
	ldl_instance_id id =
		ldl_instance_find(&ldl_engine.arena, (uint64_t)(uintptr_t)place_of(pool));

	if (id)
		return id;
	id = ldl_engine_instance(thread, place_of(pool), &type, ip);
	if (id)
		make_record(id, 0, 0);
	return id;
}

static void say(struct ldl_thread *thread, ldl_instance_id id, enum ldl_rule rule, const char *note,
	const void *ip)
{
	struct ldl_acquisition acquisition = ldl_engine_about(id, LDL_MODE_EXCLUSIVE, ip);

	ldl_engine_say(thread, &acquisition,
		&(struct ldl_breach){LDL_FINDING_RESERVE, rule, LDL_SEVERITY_WARNING, NULL, note});
}

void ldl_engine_pool_create(
	const void *pool, const char *name, uint32_t min_nr, uint32_t filled, const void *ip)
{
	const struct ldl_lock_type type = {
		.kind = LDL_KIND_RESERVE, .name = name, .class_flags = LDL_CLASS_LEARNED};
	struct ldl_thread *thread = pool ? ldl_engine_enter() : NULL;
	ldl_instance_id id;

	if (!thread)
		return;
	ldl_engine_end_place((uint64_t)(uintptr_t)place_of(pool));
	id = ldl_engine_instance(thread, place_of(pool), &type, ip);
	if (id) {
		make_record(id, min_nr, filled);
		if (min_nr == 0)
			say(thread, id, LDL_RULE_C4, "a reserve of zero guarantees nothing", ip);
		else if (filled < min_nr)
			say(thread, id, LDL_RULE_C4,
				"the reserve is not filled at creation: fill it, or let creation "
				"fail",
				ip);
	}
	ldl_engine_leave(thread);
}

static uint64_t element_address(const void *element)
{
	return (uint64_t)(uintptr_t)element | LDL_PLACE_ELEMENT;
}

/* What makes two requests at one place, holding the same, different: the pools, this one and those
 * of its class that elements are held of, the mask, and whether the reserve can serve it. */
static uint64_t key_of(
	const struct ldl_thread *thread, const struct ldl_held *entry, uint32_t gfp, bool is_empty)
{
	uint32_t depth = ldl_thread_depth(thread);
	uint64_t key = ldl_hash_add(
		ldl_hash_add(entry->key, entry->instance), (uint64_t)is_empty << 32 | gfp);

	for (uint32_t at = 0; at < depth; at++) {
		if (ldl_held_class(&thread->held[at]) == ldl_held_class(entry))
			key = ldl_hash_add(key, thread->held[at].instance);
	}
	return key ? key : 1;
}

static void check(
	struct ldl_thread *thread, struct ldl_acquisition *acquisition, uint64_t key, bool is_empty)
{
	struct ldl_judgement judgement;

	ldl_engine_need_domains(thread);
	if (!ldl_engine_judge_start(&judgement, thread, acquisition))
		return;
	ldl_rules_reserve(&judgement, is_empty);
	(void)ldl_chain_insert(&ldl_engine.arena, key, acquisition->site, 1);
	ldl_engine_judge_end(&judgement);
}

static void wait_for_pool(
	struct ldl_thread *thread, ldl_instance_id id, uint32_t gfp, const void *ip)
{
	struct ldl_acquisition acquisition = ldl_engine_about(id, LDL_MODE_EXCLUSIVE, ip);
	const struct ldl_reserve *reserve = record_at(id);
	struct ldl_held entry = ldl_engine_as_entry(thread, &acquisition);
	bool is_empty = reserve->min_nr && !ldl_load_relaxed(&reserve->level);
	uint64_t key;

	acquisition.gfp_asked = gfp;
	acquisition.gfp = ldl_context_mask(thread->context.scope, gfp);
	if (!ldl_context_may_reclaim(acquisition.gfp))
		return;
	key = key_of(thread, &entry, acquisition.gfp, is_empty);
	if (!ldl_chain_find(&ldl_engine.arena, key))
		check(thread, &acquisition, key, is_empty);
	if (ldl_load_relaxed(&ldl_engine.arena.header->has_events))
		ldl_context_remember(&thread->context, &entry,
			ldl_load_relaxed(&ldl_engine.arena.header->event_clock), 0);
	if (thread->armed)
		ldl_engine_observe_wait(thread, &acquisition);
}

void ldl_engine_pool_alloc(const void *pool, uint32_t gfp, const void *ip)
{
	struct ldl_thread *thread = pool ? ldl_engine_enter() : NULL;
	ldl_instance_id id;

	if (!thread)
		return;
	ldl_engine_purge(thread);
	id = pool_at(thread, pool, ip);
	if (id)
		wait_for_pool(thread, id, gfp & LDL_GFP_BITS, ip);
	ldl_engine_leave(thread);
}

static void lower_level(struct ldl_reserve *reserve, bool is_from_reserve)
{
	uint32_t used = ldl_add_relaxed(&reserve->used, 1) + 1;
	uint32_t level = ldl_load_relaxed(&reserve->level);

	if (used > ldl_load_relaxed(&reserve->used_max))
		ldl_store_relaxed(&reserve->used_max, used);
	if (!is_from_reserve || level == 0)
		return;
	ldl_store_relaxed(&reserve->level, --level);
	if (level < ldl_load_relaxed(&reserve->level_min))
		ldl_store_relaxed(&reserve->level_min, level);
}

static void raise_level(struct ldl_reserve *reserve)
{
	uint32_t level = ldl_load_relaxed(&reserve->level);

	if (ldl_load_relaxed(&reserve->used))
		ldl_sub_relaxed(&reserve->used, 1);
	if (level < reserve->min_nr)
		ldl_store_relaxed(&reserve->level, level + 1);
}

/* A waiter that was woken by a free claims the element now: rule C8 when it dropped its lock in
 * between, since the element may have been taken by somebody else. */
static void check_claim(struct ldl_thread *thread, ldl_instance_id id, const void *ip)
{
	struct ldl_woken *woken = &thread->callbacks.woken;

	if (woken->pool != ldl_instance_addr(&ldl_engine.arena, id))
		return;
	if (woken->is_dropped)
		say(thread, id, LDL_RULE_C8,
			"the lock was dropped between the wake and the claim: the element may be "
			"gone",
			ip);
	*woken = (struct ldl_woken){0};
	ldl_callback_rearm(thread);
}

void ldl_engine_pool_taken(
	const void *pool, const void *element, bool is_from_reserve, const void *ip)
{
	struct ldl_thread *thread = pool && element ? ldl_engine_enter() : NULL;
	struct ldl_acquisition acquisition;
	struct ldl_held entry;
	ldl_instance_id id;

	if (!thread)
		return;
	ldl_engine_purge(thread);
	id = pool_at(thread, pool, ip);
	if (id) {
		lower_level(record_at(id), is_from_reserve);
		check_claim(thread, id, ip);
		acquisition = ldl_engine_about(id, LDL_MODE_EXCLUSIVE, ip);
		entry = ldl_engine_as_entry(thread, &acquisition);
		entry.addr = element_address(element);
		if (!ldl_chain_find(&ldl_engine.arena, entry.key)) {
			ldl_engine_take_site(&acquisition);
			(void)ldl_chain_insert(&ldl_engine.arena, entry.key, acquisition.site, 1);
		}
		(void)ldl_engine_push_entry(thread, &entry);
	}
	ldl_engine_leave(thread);
}

void ldl_engine_pool_failed(const void *pool)
{
	struct ldl_thread *thread = pool ? ldl_engine_enter() : NULL;

	if (!thread)
		return;
	if (thread->callbacks.woken.pool == (uint64_t)(uintptr_t)place_of(pool)) {
		thread->callbacks.woken = (struct ldl_woken){0};
		ldl_callback_rearm(thread);
	}
	ldl_engine_leave(thread);
}

/* What another thread holds that gives the element back, the pool waits for. What it waited for
 * before is not known to have been for this element's sake. */
static void depend_on_freer(struct ldl_thread *thread, ldl_instance_id id, const void *ip)
{
	struct ldl_acquisition acquisition = ldl_engine_about(id, LDL_MODE_EXCLUSIVE, ip);
	struct ldl_held woken = ldl_engine_as_entry(thread, &acquisition);
	uint64_t key = ldl_hash_add(woken.key, LDL_FINDING_RESERVE);
	uint32_t never = ldl_load_relaxed(&ldl_engine.arena.header->event_clock) + 2;
	struct ldl_judgement judgement;

	woken.key = 0; /* it has no chain of its own */
	if (!ldl_thread_depth(thread) || ldl_engine_has_no_graph() ||
		ldl_chain_find(&ldl_engine.arena, key) ||
		!ldl_engine_judge_start(&judgement, thread, &acquisition))
		return;
	ldl_rules_wake(&judgement, &woken, never, 0);
	(void)ldl_chain_insert(&ldl_engine.arena, key, acquisition.site, 1);
	ldl_engine_judge_end(&judgement);
}

void ldl_engine_pool_free(const void *pool, const void *element, const void *ip)
{
	struct ldl_thread *thread = pool && element ? ldl_engine_enter_end() : NULL;
	ldl_instance_id id;

	if (!thread)
		return;
	id = pool_at(thread, pool, ip);
	if (id) {
		/* What its own holder took since has its edge from the pool already. */
		if (!ldl_engine_pop_place(thread, element_address(element))) {
			(void)ldl_engine_steal(thread, element_address(element));
			depend_on_freer(thread, id, ip);
		}
		raise_level(record_at(id));
	}
	ldl_engine_leave(thread);
}

void ldl_engine_pool_backing(const void *pool, uint32_t gfp, const void *ip)
{
	const uint32_t wanted = LDL_GFP_NORETRY | LDL_GFP_NOMEMALLOC | LDL_GFP_NOWARN;
	struct ldl_thread *thread = pool && (gfp & wanted) != wanted ? ldl_engine_enter() : NULL;
	ldl_instance_id id;

	if (!thread)
		return;
	id = pool_at(thread, pool, ip);
	if (id)
		say(thread, id, LDL_RULE_C6,
			"ask the backing allocator with NORETRY, NOMEMALLOC, NOWARN: the reserve "
			"is there for when it fails",
			ip);
	ldl_engine_leave(thread);
}

void ldl_engine_pool_woken(const void *pool)
{
	struct ldl_thread *thread = pool ? ldl_engine_enter() : NULL;
	uint32_t at;

	if (!thread)
		return;
	at = ldl_thread_depth(thread);
	while (at-- > 0) {
		const struct ldl_held *entry = &thread->held[at];

		if (!ldl_kind_is_lock(ldl_class_at(&ldl_engine.arena, ldl_held_class(entry))->kind))
			continue;
		thread->callbacks.woken = (struct ldl_woken){
			.pool = (uint64_t)(uintptr_t)place_of(pool),
			.lock = ldl_held_addr(entry),
			.patience = LDL_LADDER_PATIENCE,
		};
		ldl_callback_rearm(thread);
		break;
	}
	ldl_engine_leave(thread);
}
