/* Interrupt contexts: handlers that run, and when they may come in. See rules_context.c.
 *
 * "Disabled" is held like a lock that is tried for, at an address of its own: where the chain is
 * known, disabling and enabling cost what a lock's acquisition and release do. */
#include "engine_place.h"

#include "chain.h"
#include "class.h"

static const uint64_t handlers[LDL_IRQS] = {LDL_PLACE_HARDIRQ, LDL_PLACE_SOFTIRQ};

/* A part of the entry's mode, so that chains under threaded and other handlers are different. */
static void mark_threaded(struct ldl_thread *thread, bool is_threaded)
{
	uint32_t depth = ldl_thread_depth(thread);
	int at = ldl_held_find(thread->held, depth, LDL_PLACE_HARDIRQ);

	if (at < 0)
		return;
	thread->held[at].class_mode &= ~(uint32_t)LDL_MODE_INSIDE;
	if (is_threaded)
		thread->held[at].class_mode |= LDL_MODE_INSIDE;
	ldl_held_rekey(thread->held, depth, (uint32_t)at);
}

void ldl_engine_irq_enter(uint32_t interrupt, bool is_threaded, const void *ip)
{
	struct ldl_thread *thread = interrupt < LDL_IRQS ? ldl_engine_enter() : NULL;

	if (!thread)
		return;
	ldl_engine_need_interrupts(thread);
	thread->context.irq_depth[interrupt]++;
	(void)ldl_engine_push_place(thread, handlers[interrupt], ip);
	if (interrupt == 0)
		mark_threaded(thread, is_threaded);
	ldl_engine_leave(thread);
}

void ldl_engine_irq_threaded(bool is_threaded)
{
	struct ldl_thread *thread = ldl_engine_enter();

	if (!thread)
		return;
	mark_threaded(thread, is_threaded);
	ldl_engine_leave(thread);
}

void ldl_engine_irq_exit(uint32_t interrupt)
{
	struct ldl_thread *thread = interrupt < LDL_IRQS ? ldl_engine_enter_end() : NULL;

	if (!thread)
		return;
	if (thread->context.irq_depth[interrupt]) {
		/* There may have been no room for its entry. */
		(void)ldl_engine_pop_place(thread, handlers[interrupt]);
		thread->context.irq_depth[interrupt]--;
	}
	ldl_engine_leave(thread);
}

static const void *mask_at(uint32_t interrupt)
{
	return (const void *)(uintptr_t)(LDL_PLACE_MASK + interrupt);
}

/* "Disabled" stands on the held stack, so that chains with and without it are different chains. */
static void show_mask(struct ldl_thread *thread, uint32_t interrupt, const void *ip)
{
	static const char *const names[LDL_IRQS] = {"hardirqs disabled", "softirqs disabled"};
	uint64_t addr = LDL_PLACE_MASK + interrupt;

	if (ldl_engine_place(
		    thread, addr, ldl_engine_named_class(names[interrupt], LDL_KIND_MASK, 0)))
		(void)ldl_engine_push_place(thread, addr, ip);
}

/* Soft ones nest, hard ones do not. */
static uint32_t one_more(uint32_t interrupt, uint32_t disabled)
{
	return interrupt == 0 ? 1 : disabled + 1;
}

/* Whether the thread is in no guard, and knows its mode and caches. */
static bool is_steady(const struct ldl_thread *thread)
{
	return thread->control == ldl_load_relaxed(ldl_engine_control);
}

/* The count goes before the entry: what a signal handler takes in between counts as taken with
 * interrupts disabled, and is no finding. */
static bool disable_fast(uint32_t interrupt, const void *ip)
{
	struct ldl_thread *thread = LDL_SELF(thread);
	uint32_t *disabled = &thread->context.irq_disabled[interrupt];

	if (!is_steady(thread))
		return false;
	if (*disabled) {
		*disabled = one_more(interrupt, *disabled);
		return true;
	}
	*disabled = 1;
	ldl_signal_fence();
	if (ldl_engine_acquire_fast(mask_at(interrupt), LDL_MODE_TRY, ip)) {
		ldl_engine_acquired();
		return true;
	}
	*disabled = 0;
	return false;
}

void ldl_engine_irq_disable(uint32_t interrupt, const void *ip)
{
	struct ldl_thread *thread;
	uint32_t *disabled;

	if (interrupt >= LDL_IRQS || disable_fast(interrupt, ip))
		return;
	thread = ldl_engine_enter();
	if (!thread)
		return;
	ldl_engine_need_interrupts(thread);
	disabled = &thread->context.irq_disabled[interrupt];
	if (*disabled == 0)
		show_mask(thread, interrupt, ip);
	*disabled = one_more(interrupt, *disabled);
	ldl_engine_leave(thread);
}

/* Under which it is known what is held when interrupts come on. */
static uint64_t exposed_key(const struct ldl_thread *thread)
{
	return ldl_hash_add(
		ldl_held_key(thread->held, ldl_thread_depth(thread)), LDL_KIND_INTERRUPT);
}

static void judge_exposed(struct ldl_thread *thread, uint64_t key, const void *ip)
{
	struct ldl_acquisition acquisition = {.ip = (uint64_t)(uintptr_t)ip};
	struct ldl_judgement judgement;
	uint32_t at = ldl_thread_depth(thread);

	if (!ldl_engine_judge_start(&judgement, thread, &acquisition))
		return;
	while (at-- > 0) {
		const struct ldl_held *entry = &thread->held[at];

		if (!ldl_held_is_stolen(entry) &&
			ldl_class_has(ldl_class_at(&ldl_engine.arena, ldl_held_class(entry)),
				LDL_CLASS_INTERRUPTS))
			ldl_rules_interrupts(&judgement, entry);
	}
	(void)ldl_chain_insert(&ldl_engine.arena, key, acquisition.site, 1);
	ldl_engine_judge_end(&judgement);
}

/* What is held when interrupts come on waits for their handlers from now on. */
static void expose_held(struct ldl_thread *thread, const void *ip)
{
	uint64_t key = exposed_key(thread);

	if (ldl_thread_depth(thread) == 0 || ldl_engine_has_no_graph())
		return;
	if (!ldl_chain_find(&ldl_engine.arena, key))
		judge_exposed(thread, key, ip);
	if (ldl_chain_find(&ldl_engine.arena, key))
		ldl_engine_cache_chain(thread, key);
}

/* Whether nothing that is held needs to be looked at. */
static bool is_exposed_already(struct ldl_thread *thread)
{
	uint64_t key = exposed_key(thread);

	return ldl_thread_depth(thread) == 0 || ldl_engine_is_cached(thread, key);
}

/* As disable_fast(), backwards. */
static bool enable_fast(uint32_t interrupt)
{
	struct ldl_thread *thread = LDL_SELF(thread);
	uint32_t *disabled = &thread->context.irq_disabled[interrupt];

	if (!is_steady(thread) || *disabled == 0)
		return false;
	if (*disabled > 1) {
		--*disabled;
		return true;
	}
	if (!ldl_engine_release_fast(mask_at(interrupt)))
		return false;
	ldl_signal_fence();
	*disabled = 0;
	return is_exposed_already(thread);
}

/* An entry that is left though nothing is disabled is one that a signal handler enabled past. */
void ldl_engine_irq_enable(uint32_t interrupt, const void *ip)
{
	struct ldl_thread *thread;
	uint32_t *disabled;

	if (interrupt >= LDL_IRQS || enable_fast(interrupt))
		return;
	thread = ldl_engine_enter_end();
	if (!thread)
		return;
	disabled = &thread->context.irq_disabled[interrupt];
	if (*disabled == 0 || --*disabled == 0) {
		(void)ldl_engine_pop_place(thread, LDL_PLACE_MASK + interrupt);
		expose_held(thread, ip);
	}
	ldl_engine_leave(thread);
}

static const struct ldl_context *own_context(void)
{
	struct ldl_thread *thread = ldl_thread_known();

	return thread && thread->record && thread->reset == ldl_engine.resets ? &thread->context
									      : NULL;
}

bool ldl_engine_irq_is_disabled(uint32_t interrupt)
{
	const struct ldl_context *context = own_context();

	return context && interrupt < LDL_IRQS &&
	       (context->irq_disabled[interrupt] || (interrupt == 0 && context->irq_depth[0]));
}

bool ldl_engine_irq_is_in(uint32_t interrupt)
{
	const struct ldl_context *context = own_context();

	return context && interrupt < LDL_IRQS && context->irq_depth[interrupt];
}
