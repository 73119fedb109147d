/* The guard, the writer lock, and the way from a judgement to its report. */
#include "engine_state.h"

#include "report.h"
#include "site.h"
#include "spin.h"

#include <errno.h>

struct ldl_engine ldl_engine;

const uint32_t ldl_engine_no_control = 0xffffffffu;
const uint32_t *ldl_engine_control = &ldl_engine_no_control;

bool ldl_engine_is_ready(void)
{
	return ldl_engine.is_ready;
}

const struct ldl_arena *ldl_engine_arena(void)
{
	return &ldl_engine.arena;
}

/* `modes`: one bit for each run mode in which this event counts. */
static struct ldl_thread *enter(uint32_t modes)
{
	struct ldl_thread *thread = ldl_thread_known();
	uint32_t control;

	if (ldl_unlikely(!ldl_engine.is_ready))
		return NULL;
	if (ldl_unlikely(ldl_engine.alive && !ldl_load_relaxed(ldl_engine.alive))) {
		ldl_engine_fork_child();
		if (!ldl_engine.is_ready)
			return NULL;
		thread = ldl_thread_known();
	}
	if (!thread || thread->reset != ldl_engine.resets)
		thread = ldl_engine_attach();
	if (!thread)
		return NULL;
	if (thread->guard) {
		ldl_engine_count(LDL_COUNT_IN_GUARD);
		return NULL;
	}
	control = ldl_load_relaxed(ldl_engine_control);
	if (!(modes & 1u << (control & LDL_RUN_MASK)))
		return NULL;
	thread->guard = 1;
	ldl_signal_fence();
	if (control != thread->saved_control) {
		ldl_engine_count_allocs(thread);
		ldl_thread_flush(thread, control);
	}
	thread->control = 0;
	if (thread->last_alloc) {
		thread->ladder.last = thread->last_alloc->id;
		thread->last_alloc = NULL;
	}
	thread->saved_errno = errno;
	return thread;
}

struct ldl_thread *ldl_engine_enter(void)
{
	return enter(1u << LDL_RUN_FULL);
}

struct ldl_thread *ldl_engine_enter_any(void)
{
	return enter(1u << LDL_RUN_FULL | 1u << LDL_RUN_NONBLOCK);
}

void ldl_engine_leave(struct ldl_thread *thread)
{
	errno = thread->saved_errno;
	ldl_signal_fence();
	thread->guard = 0;
	ldl_signal_fence();
	thread->control = thread->armed ? 0 : thread->saved_control;
}

void ldl_engine_observe(struct ldl_judgement *judgement, const struct ldl_observed *observed)
{
	uint32_t armed = judgement->thread->armed;

	if (!ldl_engine_lock())
		return;
	if (armed & LDL_ARMED_LADDER)
		ldl_ladder_observe(judgement, observed);
	if (armed & LDL_ARMED_CALLBACKS)
		ldl_callback_observe(judgement, observed);
	ldl_engine_unlock();
	ldl_engine_print(judgement);
}

bool ldl_engine_lock(void)
{
	if (ldl_spin_lock(&ldl_engine.arena.header->writer, ldl_engine_may_wait()))
		return true;
	ldl_engine_count(LDL_COUNT_WRITER_BUSY);
	return false;
}

void ldl_engine_unlock(void)
{
	ldl_spin_unlock(&ldl_engine.arena.header->writer);
}

struct ldl_judgement ldl_engine_judge(
	struct ldl_thread *thread, const struct ldl_acquisition *acquisition)
{
	return (struct ldl_judgement){
		.arena = &ldl_engine.arena,
		.work = &ldl_engine.work,
		.thread = thread,
		.acquisition = acquisition,
	};
}

void ldl_engine_print(const struct ldl_judgement *judgement)
{
	if (ldl_engine.options.quiet || ldl_engine.options.prod || !ldl_engine.arena.may_syscall)
		return;
	for (uint32_t i = 0; i < judgement->fresh_count; i++)
		ldl_report_finding(&ldl_engine.arena, judgement->fresh[i]);
}

void ldl_engine_take_site(struct ldl_acquisition *acquisition)
{
	struct ldl_stack stack;

	ldl_site_take(&ldl_engine.arena, &stack, (const void *)(uintptr_t)acquisition->ip,
		ldl_engine.options.stack_depth);
	acquisition->site = ldl_site_find(&ldl_engine.arena, &stack);
	if (acquisition->site || !ldl_engine_lock())
		return;
	acquisition->site = ldl_site_intern(&ldl_engine.arena, &stack);
	ldl_engine_unlock();
}
