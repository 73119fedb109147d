/* Whether an acquisition's chain is known, and what is done when it is not. */
#include "engine_state.h"

#include "class.h"
#include "instance.h"

/* How an acquisition is known: the chain's key; the key under which it counts as checked, which
 * with another lock of its class below names the instances too, since their order is what matters
 * then. That one is kept in the thread's cache, where the fast path may look, but never for it. */
struct known {
	uint64_t key, checked;
};

static struct known know(struct ldl_thread *thread, struct ldl_acquisition *acquisition,
	uint32_t depth, uint32_t class_mode)
{
	uint64_t below = ldl_held_key(thread->held, depth);
	struct known known = {.key = ldl_chain_mix(below, class_mode, acquisition->ip)};

	known.checked = known.key;
	for (uint32_t i = 0; i < depth; i++) {
		if (ldl_held_class(&thread->held[i]) != acquisition->class)
			continue;
		acquisition->nested++;
		acquisition->nested_in = thread->held[i].instance;
		known.checked = ldl_hash_add(known.checked,
			ldl_instance_word(&ldl_engine.arena, thread->held[i].instance));
	}
	if (acquisition->nested)
		known.checked = ldl_hash_add(
			known.checked, ldl_instance_word(&ldl_engine.arena, acquisition->instance));
	return known;
}

/* Whether a chain that is known is to be looked at again: an edge into its end is watched, or this
 * thread may add its own evidence. */
static bool is_wanted_again(struct ldl_thread *thread, const struct ldl_acquisition *acquisition,
	const struct known *known, const struct ldl_chain *chain)
{
	if (!ldl_thread_depth(thread) || (acquisition->mode & LDL_MODE_TRY) ||
		ldl_governor_sheds(LDL_SHED_EVIDENCE))
		return false;
	return ldl_class_has(
		       ldl_class_at(&ldl_engine.arena, acquisition->class), LDL_CLASS_WATCHED) ||
	       (ldl_thread_pass(thread, known->checked) &&
		       ldl_chain_may_pass(&ldl_engine.arena, chain, ldl_thread_who(thread)));
}

/* A new chain: edges, cycles, findings; then it is published as seen. False: not now. */
static bool check(struct ldl_thread *thread, struct ldl_acquisition *acquisition,
	const struct known *known, const struct ldl_held *relocked)
{
	struct ldl_judgement judgement;
	const struct ldl_table *chains = ldl_arena_table(&ldl_engine.arena, LDL_TABLE_CHAINS);
	uint32_t length = (thread->record->depth & LDL_DEPTH_MASK) + 1;

	if (!ldl_engine_judge_start(&judgement, thread, acquisition))
		return false; /* stays unseen: tried again next time */
	if (relocked)
		ldl_rules_self_deadlock(&judgement, relocked);
	else
		ldl_rules_acquire(&judgement);
	if (!relocked) {
		(void)ldl_chain_insert(&ldl_engine.arena, known->key, acquisition->site, length);
		/* Pairs of single locks never end: they get half of the set, chains the rest. */
		if (known->checked != known->key &&
			ldl_load_relaxed(&chains->used) < chains->capacity / 2)
			(void)ldl_chain_insert(
				&ldl_engine.arena, known->checked, acquisition->site, length);
		(void)ldl_thread_pass(thread, known->checked);
		if (!judgement.is_watched || judgement.is_sparing)
			ldl_engine_cache_chain(thread, known->checked);
	}
	ldl_engine_judge_end(&judgement);
	return true;
}

uint64_t ldl_engine_check_chain(struct ldl_thread *thread, struct ldl_acquisition *acquisition,
	uint32_t class_mode, const struct ldl_held *relocked, bool *is_fresh)
{
	struct known known =
		know(thread, acquisition, thread->record->depth & LDL_DEPTH_MASK, class_mode);
	const struct ldl_chain *chain;

	*is_fresh = false;
	if (relocked) {
		acquisition->is_last = !(acquisition->flags & LDL_INSTANCE_ERRORCHECK) &&
				       !(acquisition->mode & LDL_MODE_TIMED);
		(void)check(thread, acquisition, &known, relocked);
	} else if (!ldl_engine_is_cached(thread, known.checked)) {
		chain = ldl_chain_find(&ldl_engine.arena, known.checked);
		if (chain && !is_wanted_again(thread, acquisition, &known, chain))
			ldl_engine_cache_chain(thread, known.checked);
		else
			*is_fresh = check(thread, acquisition, &known, NULL) && !chain;
	}
	return known.key;
}
