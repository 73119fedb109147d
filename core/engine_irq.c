/* Interrupt contexts: handlers that run, and when they may come in. See rules_context.c. */
#include "engine_place.h"

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

/* "Disabled" stands on the held stack, so that chains with and without it are different chains. */
static void show_mask(struct ldl_thread *thread, uint32_t interrupt, const void *ip)
{
	static const char *const names[LDL_IRQS] = {"hardirqs disabled", "softirqs disabled"};
	uint64_t addr = LDL_PLACE_MASK + interrupt;

	if (ldl_engine_place(
		    thread, addr, ldl_engine_named_class(names[interrupt], LDL_KIND_MASK, 0)))
		(void)ldl_engine_push_place(thread, addr, ip);
}

void ldl_engine_irq_disable(uint32_t interrupt, const void *ip)
{
	struct ldl_thread *thread = interrupt < LDL_IRQS ? ldl_engine_enter() : NULL;
	uint32_t *disabled;

	if (!thread)
		return;
	ldl_engine_need_interrupts(thread);
	disabled = &thread->context.irq_disabled[interrupt];
	if (*disabled == 0)
		show_mask(thread, interrupt, ip);
	/* Soft ones nest, hard ones do not. */
	*disabled = interrupt == 0 ? 1 : *disabled + 1;
	ldl_engine_leave(thread);
}

/* What is held when interrupts come on waits for their handlers from now on. */
static void expose_held(struct ldl_thread *thread, const void *ip)
{
	struct ldl_acquisition acquisition = {.ip = (uint64_t)(uintptr_t)ip};
	struct ldl_judgement judgement;
	uint32_t at = ldl_thread_depth(thread);

	if (at == 0 || ldl_engine_has_no_graph() ||
		!ldl_engine_judge_start(&judgement, thread, &acquisition))
		return;
	while (at-- > 0) {
		const struct ldl_held *entry = &thread->held[at];

		if (!ldl_held_is_stolen(entry) &&
			(ldl_class_at(&ldl_engine.arena, ldl_held_class(entry))->flags &
				LDL_CLASS_INTERRUPTS))
			ldl_rules_interrupts(&judgement, entry);
	}
	ldl_engine_judge_end(&judgement);
}

void ldl_engine_irq_enable(uint32_t interrupt, const void *ip)
{
	struct ldl_thread *thread = interrupt < LDL_IRQS ? ldl_engine_enter_end() : NULL;
	uint32_t *disabled;

	if (!thread)
		return;
	disabled = &thread->context.irq_disabled[interrupt];
	if (*disabled && --*disabled == 0) {
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
