/* The calls of lockdep_lite/memory.h that tell how a request goes on. Each enters the guard, takes
 * its stack, and leaves the judging to ladder.c and policy.c. */
#include "include/lockdep_lite.h"

#include "class.h"
#include "engine_place.h"
#include "instance.h"
#include "policy.h"

/* What these calls are about: a request, with its masks as they count in this thread. */
static struct ldl_acquisition ask(const struct ldl_thread *thread, uint32_t gfp, const void *ip)
{
	gfp &= LDL_GFP_BITS;
	return (struct ldl_acquisition){
		.ip = (uint64_t)(uintptr_t)ip,
		.gfp_asked = gfp,
		.gfp = ldl_context_mask(thread->context.scope, gfp),
	};
}

/* The thread's latest request. False: it has made none. */
static bool is_known(
	const struct ldl_thread *thread, const void *ip, struct ldl_acquisition *latest)
{
	ldl_alloc_id id = thread->ladder.last;
	const struct ldl_alloc *alloc = ldl_alloc_at(&ldl_engine.arena, id);

	if (!id ||
		id >= ldl_load_relaxed(&ldl_arena_table(&ldl_engine.arena, LDL_TABLE_ALLOCS)->used))
		return false;
	*latest = (struct ldl_acquisition){
		.ip = (uint64_t)(uintptr_t)ip,
		.class = alloc->class,
		.gfp = alloc->gfp,
		.gfp_asked = alloc->gfp_asked,
	};
	return true;
}

/* Judges `acquisition` by `step`. */
static void judge(struct ldl_thread *thread, struct ldl_acquisition *acquisition,
	void (*step)(struct ldl_judgement *))
{
	struct ldl_judgement judgement;

	if (!ldl_engine_judge_start(&judgement, thread, acquisition))
		return;
	step(&judgement);
	ldl_engine_judge_end(&judgement);
}

/* Says how the thread's latest request went on. */
static void go_on(void (*step)(struct ldl_judgement *), const void *ip)
{
	struct ldl_thread *thread = ldl_engine_enter();
	struct ldl_acquisition latest;

	if (!thread)
		return;
	if (is_known(thread, ip, &latest))
		judge(thread, &latest, step);
	ldl_engine_leave(thread);
}

LDL_EXPORT void ldl_alloc_failed(void)
{
	go_on(ldl_ladder_failed, LDL_CALLER);
}

LDL_EXPORT void ldl_alloc_fallback(void)
{
	go_on(ldl_ladder_fallback, LDL_CALLER);
}

LDL_EXPORT void ldl_alloc_gave_up(void)
{
	go_on(ldl_ladder_gave_up, LDL_CALLER);
}

LDL_EXPORT void ldl_alloc_warned(void)
{
	go_on(ldl_ladder_warned, LDL_CALLER);
}

/* Who may not reclaim waits for others to do it, and those may do all that the thread's scopes do
 * not exclude. */
static uint32_t waits_for(uint32_t gfp)
{
	return gfp & LDL_GFP_DIRECT_RECLAIM ? gfp : gfp | LDL_GFP_KERNEL;
}

LDL_EXPORT void ldl_alloc_retry_wait(unsigned int gfp)
{
	struct ldl_thread *thread = ldl_engine_enter();
	struct ldl_acquisition acquisition;

	if (!thread)
		return;
	ldl_engine_retry_wait(thread, waits_for(gfp & LDL_GFP_BITS), LDL_CALLER);
	if (thread->armed) {
		acquisition = ask(thread, gfp, LDL_CALLER);
		judge(thread, &acquisition, ldl_ladder_retry_wait);
	}
	ldl_engine_leave(thread);
}

LDL_EXPORT void ldl_alloc_may_fail(unsigned int gfp)
{
	struct ldl_thread *thread = ldl_engine_enter();
	struct ldl_acquisition acquisition;

	if (!thread)
		return;
	acquisition = ask(thread, gfp, LDL_CALLER);
	if (ldl_policy_counts_on_failure(acquisition.gfp_asked, acquisition.gfp)) {
		acquisition.class = ldl_engine_site_class(&acquisition);
		judge(thread, &acquisition, ldl_policy_may_fail);
	}
	ldl_engine_leave(thread);
}

LDL_EXPORT void ldl_oom_handler(void)
{
	struct ldl_thread *thread = ldl_engine_enter();
	struct ldl_acquisition acquisition;

	if (!thread)
		return;
	if (ldl_ladder_request(&thread->ladder, &acquisition) ||
		is_known(thread, LDL_CALLER, &acquisition)) {
		acquisition.ip = (uint64_t)(uintptr_t)LDL_CALLER;
		judge(thread, &acquisition, ldl_ladder_oom);
	}
	ldl_engine_leave(thread);
}

LDL_EXPORT void ldl_alloc_begin(unsigned int gfp, unsigned int supported)
{
	struct ldl_thread *thread = ldl_engine_enter();
	struct ldl_acquisition acquisition;
	struct ldl_judgement judgement;

	if (!thread)
		return;
	acquisition = ask(thread, gfp, LDL_CALLER);
	acquisition.class = ldl_engine_site_class(&acquisition);
	if (thread->ladder.nested_count)
		judge(thread, &acquisition, ldl_ladder_judge_width);
	judgement = ldl_engine_judge(thread, &acquisition);
	ldl_ladder_nest(&judgement, supported);
	ldl_engine_leave(thread);
}

LDL_EXPORT void ldl_alloc_end(int is_failed)
{
	struct ldl_thread *thread = ldl_engine_enter();
	struct ldl_acquisition acquisition;
	struct ldl_judgement judgement;

	if (!thread)
		return;
	acquisition = ask(thread, 0, LDL_CALLER);
	if (!is_failed && ldl_ladder_unsupported(&thread->ladder))
		judge(thread, &acquisition, ldl_ladder_judge_accepted);
	judgement = ldl_engine_judge(thread, &acquisition);
	ldl_ladder_unnest(&judgement);
	ldl_engine_leave(thread);
}

LDL_EXPORT unsigned int ldl_boundary_enter(const char *name)
{
	struct ldl_thread *thread = ldl_engine_enter();
	struct ldl_acquisition acquisition;
	struct ldl_judgement judgement;
	uint32_t entered = 0;

	if (!thread)
		return 0;
	acquisition = ask(thread, 0, LDL_CALLER);
	acquisition.class =
		ldl_engine_named_class(name && name[0] ? name : "boundary", LDL_KIND_CONTEXT, 0);
	if (thread->context.scope)
		ldl_engine_take_site(&acquisition);
	judgement = ldl_engine_judge(thread, &acquisition);
	if (ldl_engine_lock()) {
		entered = ldl_ladder_enter(&judgement, thread->context.scope);
		ldl_engine_judge_end(&judgement);
	}
	ldl_engine_leave(thread);
	return entered;
}

LDL_EXPORT void ldl_boundary_exit(unsigned int entered, int is_error)
{
	struct ldl_thread *thread = entered ? ldl_engine_enter() : NULL;
	struct ldl_acquisition acquisition;
	struct ldl_judgement judgement;

	if (!thread)
		return;
	acquisition = ask(thread, 0, LDL_CALLER);
	if (ldl_engine_judge_start(&judgement, thread, &acquisition)) {
		ldl_ladder_exit(&judgement, entered, is_error);
		ldl_engine_judge_end(&judgement);
	}
	ldl_engine_leave(thread);
}

LDL_EXPORT unsigned int ldl_boundary_clear(void)
{
	return ldl_engine_scope_clear();
}

LDL_EXPORT void ldl_boundary_restore(unsigned int saved)
{
	ldl_engine_scope_put_back(saved);
}

/* Where the calling thread counts, when the reserves are open to it. */
static struct ldl_ladder *open_reserves(void)
{
	struct ldl_thread *thread = ldl_thread_known();

	return thread && thread->record && (thread->context.scope & LDL_SCOPE_NORECLAIM)
		       ? &thread->ladder
		       : NULL;
}

LDL_EXPORT void ldl_alloc_used(unsigned long bytes)
{
	struct ldl_ladder *ladder = open_reserves();

	if (ladder)
		ladder->used += bytes;
}

LDL_EXPORT void ldl_alloc_freed(unsigned long bytes)
{
	struct ldl_ladder *ladder = open_reserves();

	if (ladder)
		ladder->freed += bytes;
}

/* Notes that the class is contended, and judges what was seen under it so far. */
static void note_contended(struct ldl_thread *thread, ldl_class_id class, const void *ip)
{
	struct ldl_class *record = ldl_class_at(&ldl_engine.arena, class);
	struct ldl_acquisition acquisition = ask(thread, 0, ip);
	struct ldl_judgement judgement;

	if (ldl_class_has(record, LDL_CLASS_CONTENDED) ||
		!ldl_engine_judge_start(&judgement, thread, &acquisition))
		return;
	ldl_class_mark(record, LDL_CLASS_CONTENDED);
	ldl_policy_contended(&judgement, class);
	ldl_engine_judge_end(&judgement);
}

LDL_EXPORT void ldl_lock_contended(const void *lock)
{
	struct ldl_thread *thread = ldl_engine_enter();
	ldl_instance_id id;

	if (!thread)
		return;
	id = ldl_instance_find(&ldl_engine.arena, (uint64_t)(uintptr_t)lock);
	if (id)
		note_contended(thread, ldl_instance_class(&ldl_engine.arena, id), LDL_CALLER);
	ldl_engine_leave(thread);
}

LDL_EXPORT void ldl_revalidated(const void *lock)
{
	struct ldl_thread *thread = ldl_engine_enter();

	if (!thread)
		return;
	ldl_ladder_revalidated(&thread->ladder, (uint64_t)(uintptr_t)lock);
	ldl_engine_leave(thread);
}
