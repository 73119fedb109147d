/* From an event to its judgement, and to the report of what it found. */
#include "engine_state.h"

#include "chain.h"
#include "class.h"
#include "report.h"
#include "site.h"

struct ldl_judgement ldl_engine_judge(
	struct ldl_thread *thread, const struct ldl_acquisition *acquisition)
{
	return (struct ldl_judgement){
		.arena = &ldl_engine.arena,
		.work = &ldl_engine.work,
		.thread = thread,
		.acquisition = acquisition,
		.is_sparing = ldl_governor_sheds(LDL_SHED_EVIDENCE),
	};
}

uint32_t ldl_engine_stack_depth(ldl_class_id class)
{
	uint32_t depth = ldl_engine.options.stack_depth;

	if (ldl_governor_sheds(LDL_SHED_STACKS))
		return 1;
	if (ldl_engine.options.prod && class && depth < LDL_STACK_DEFAULT &&
		ldl_class_has(ldl_class_at(&ldl_engine.arena, class), LDL_CLASS_WATCHED))
		return LDL_STACK_DEFAULT;
	return depth;
}

void ldl_engine_take_site(struct ldl_acquisition *acquisition)
{
	struct ldl_stack stack;

	ldl_site_take(&ldl_engine.arena, &stack, (const void *)(uintptr_t)acquisition->ip,
		ldl_engine_stack_depth(acquisition->class));
	acquisition->site = ldl_site_find(&ldl_engine.arena, &stack);
	if (acquisition->site || !ldl_engine_lock())
		return;
	acquisition->site = ldl_site_intern(&ldl_engine.arena, &stack);
	ldl_engine_unlock();
}

static void print(const struct ldl_judgement *judgement)
{
	if (ldl_engine.options.quiet || ldl_engine.options.prod || !ldl_engine.arena.may_syscall)
		return;
	for (uint32_t i = 0; i < judgement->fresh_count; i++)
		ldl_report_finding(&ldl_engine.arena, judgement->fresh[i]);
}

bool ldl_engine_judge_start(struct ldl_judgement *judgement, struct ldl_thread *thread,
	struct ldl_acquisition *acquisition)
{
	/* The class's, or the place's while there is none. What comes once only is always looked
	 * at: such a thread makes no storm. */
	if (!acquisition->is_last &&
		!ldl_engine_admits(thread, LDL_EFFORT_CHAIN,
			acquisition->class ? acquisition->class : acquisition->ip))
		return false;
	if (ldl_engine_is_busy())
		return false;
	if (!acquisition->site)
		ldl_engine_take_site(acquisition);
	*judgement = ldl_engine_judge(thread, acquisition);
	return ldl_engine_lock();
}

void ldl_engine_judge_end(const struct ldl_judgement *judgement)
{
	ldl_engine_unlock();
	print(judgement);
}

void ldl_engine_say(struct ldl_thread *thread, struct ldl_acquisition *acquisition,
	const struct ldl_breach *breach)
{
	struct ldl_judgement judgement;

	if (!ldl_engine_judge_start(&judgement, thread, acquisition))
		return;
	ldl_rules_add(&judgement, breach);
	ldl_engine_judge_end(&judgement);
}

struct ldl_acquisition ldl_engine_about(ldl_instance_id id, uint32_t mode, const void *ip)
{
	const struct ldl_instance *instance = ldl_instance_at(&ldl_engine.arena, id);

	return (struct ldl_acquisition){
		.addr = ldl_load_relaxed(&instance->addr),
		.ip = (uint64_t)(uintptr_t)ip,
		.instance = id,
		.class = ldl_load_relaxed(&instance->class),
		.mode = mode,
	};
}

struct ldl_acquisition ldl_engine_here(const void *ip)
{
	struct ldl_acquisition acquisition = {.ip = (uint64_t)(uintptr_t)ip};

	if (!ldl_governor_may_admit(LDL_EFFORT_CHAIN, acquisition.ip))
		return acquisition; /* its judgement will not begin either */
	ldl_engine_take_site(&acquisition);
	acquisition.class = ldl_engine_site_class(&acquisition);
	return acquisition;
}

struct ldl_held ldl_engine_as_entry(
	const struct ldl_thread *thread, const struct ldl_acquisition *acquisition)
{
	uint32_t class_mode = acquisition->class << LDL_MODE_BITS | acquisition->mode;

	return (struct ldl_held){
		.addr = acquisition->addr,
		.ip = acquisition->ip,
		.key = ldl_chain_mix(ldl_held_key(thread->held, ldl_thread_depth(thread)),
			class_mode, acquisition->ip),
		.instance = acquisition->instance,
		.class_mode = class_mode,
	};
}

/* Where nobody judges what is seen, it need not be seen: the thread is fast again. */
static bool may_observe(struct ldl_thread *thread)
{
	const uint64_t *lost = &ldl_engine.arena.header->counters[LDL_COUNT_WRITER_LOST];

	if (!ldl_engine_has_no_graph() && ldl_engine_lock())
		return true;
	if (ldl_engine_has_no_graph() || ldl_load_relaxed(lost))
		thread->armed = 0;
	return false;
}

void ldl_engine_observe(struct ldl_judgement *judgement, const struct ldl_observed *observed)
{
	uint32_t armed = judgement->thread->armed;

	if (!(armed & LDL_ARMED_OBSERVED) || !may_observe(judgement->thread))
		return;
	if (armed & LDL_ARMED_LADDER)
		ldl_ladder_observe(judgement, observed);
	if (armed & LDL_ARMED_CALLBACKS)
		ldl_callback_observe(judgement, observed);
	ldl_engine_judge_end(judgement);
}

void ldl_engine_observe_wait(struct ldl_thread *thread, const struct ldl_acquisition *acquisition)
{
	struct ldl_judgement judgement = ldl_engine_judge(thread, acquisition);

	ldl_engine_observe(&judgement, &(struct ldl_observed){
					       .kind = LDL_OBSERVED_WAIT,
					       .addr = acquisition->addr,
					       .class = acquisition->class,
					       .gfp = acquisition->gfp,
				       });
}
