/* The annotation API's contexts, events, interrupts, scopes and allocations, over the engine. See
 * lockdep_lite/context.h and lockdep_lite/memory.h. */
#include "include/lockdep_lite.h"

#include "engine.h"

LDL_EXPORT unsigned int ldl_context(const char *name, unsigned int properties)
{
	return name && name[0] ? ldl_engine_context(name, properties & LDL_CONTEXT_NON_BLOCKING)
			       : 0;
}

LDL_EXPORT void ldl_context_enter(unsigned int ctx)
{
	ldl_engine_context_enter(ctx, LDL_CALLER);
}

LDL_EXPORT void ldl_context_exit(unsigned int ctx)
{
	ldl_engine_context_exit(ctx, LDL_CALLER);
}

LDL_EXPORT void ldl_non_block_start(void)
{
	ldl_engine_context_enter(LDL_CTX_NON_BLOCK, LDL_CALLER);
}

LDL_EXPORT void ldl_non_block_end(void)
{
	ldl_engine_context_exit(LDL_CTX_NON_BLOCK, LDL_CALLER);
}

LDL_EXPORT void ldl_non_block_budget(unsigned long long limit_ns)
{
	ldl_engine_context_budget(limit_ns);
}

LDL_EXPORT void ldl_reclaim_init(const void *domain, const char *name)
{
	if (name && name[0])
		ldl_engine_reclaim_init(domain, name);
}

LDL_EXPORT void ldl_reclaim_enter(const void *domain)
{
	ldl_engine_reclaim_enter(domain, LDL_CALLER);
}

LDL_EXPORT void ldl_reclaim_exit(const void *domain)
{
	ldl_engine_reclaim_exit(domain, LDL_CALLER);
}

LDL_EXPORT void ldl_event_init(const void *event, const char *name)
{
	ldl_engine_event_init(event, name && name[0] ? name : NULL, LDL_CALLER);
}

LDL_EXPORT void ldl_event_destroy(const void *event)
{
	if (event)
		ldl_engine_destroy((const void *)(uintptr_t)LDL_PLACE_OF(LDL_KIND_EVENT, event),
			true, LDL_CALLER);
}

LDL_EXPORT void ldl_might_wait(const void *event)
{
	ldl_engine_wait(event, 0, LDL_CALLER);
}

LDL_EXPORT void ldl_might_wait_timed(const void *event, unsigned long long limit_ns)
{
	ldl_engine_wait(event, limit_ns ? limit_ns : 1, LDL_CALLER);
}

LDL_EXPORT void ldl_event_taken(const void *event)
{
	ldl_engine_event_taken(event, LDL_CALLER);
}

LDL_EXPORT void ldl_wake(const void *event)
{
	ldl_engine_wake(event, LDL_CALLER);
}

LDL_EXPORT void ldl_might_sleep(void)
{
	ldl_engine_sleep(LDL_CALLER);
}

LDL_EXPORT void ldl_irq_enter(unsigned int interrupt, int is_threaded)
{
	ldl_engine_irq_enter(interrupt, is_threaded, LDL_CALLER);
}

LDL_EXPORT void ldl_irq_threaded(int is_threaded)
{
	ldl_engine_irq_threaded(is_threaded);
}

LDL_EXPORT void ldl_irq_exit(unsigned int interrupt)
{
	ldl_engine_irq_exit(interrupt);
}

LDL_EXPORT void ldl_irq_disable(unsigned int interrupt)
{
	ldl_engine_irq_disable(interrupt, LDL_CALLER);
}

LDL_EXPORT void ldl_irq_enable(unsigned int interrupt)
{
	ldl_engine_irq_enable(interrupt, LDL_CALLER);
}

LDL_EXPORT int ldl_irq_is_disabled(unsigned int interrupt)
{
	return ldl_engine_irq_is_disabled(interrupt);
}

LDL_EXPORT int ldl_in_irq(unsigned int interrupt)
{
	return ldl_engine_irq_is_in(interrupt);
}

LDL_EXPORT void ldl_misuse(const void *lock, const char *what)
{
	if (what)
		ldl_engine_misuse(lock, what, LDL_CALLER);
}

LDL_EXPORT void ldl_might_alloc(unsigned int gfp)
{
	ldl_engine_alloc(gfp, LDL_CALLER);
}

LDL_EXPORT void ldl_might_alloc_size(unsigned int gfp, unsigned long size)
{
	/* One page at most has no order to judge. */
	if (size <= LDL_PAGE)
		ldl_engine_alloc(gfp, LDL_CALLER);
	else
		ldl_engine_alloc_slow(gfp, size, LDL_CALLER);
}

LDL_EXPORT void ldl_alloc_hide(void)
{
	ldl_engine_hide_allocs(true);
}

LDL_EXPORT void ldl_alloc_show(void)
{
	ldl_engine_hide_allocs(false);
}

LDL_EXPORT unsigned int ldl_alloc_mask(unsigned int gfp)
{
	return ldl_engine_mask(gfp);
}

LDL_EXPORT unsigned int ldl_scope_save(unsigned int scope)
{
	return ldl_engine_scope_open(scope, LDL_CALLER);
}

LDL_EXPORT void ldl_scope_restore(unsigned int saved)
{
	ldl_engine_scope_close(saved, LDL_CALLER);
}

LDL_EXPORT unsigned int ldl_nofs_save(void)
{
	return ldl_engine_scope_open(LDL_SCOPE_NOFS, LDL_CALLER);
}

LDL_EXPORT void ldl_nofs_restore(unsigned int saved)
{
	ldl_engine_scope_close(saved, LDL_CALLER);
}

LDL_EXPORT unsigned int ldl_noio_save(void)
{
	return ldl_engine_scope_open(LDL_SCOPE_NOIO, LDL_CALLER);
}

LDL_EXPORT void ldl_noio_restore(unsigned int saved)
{
	ldl_engine_scope_close(saved, LDL_CALLER);
}

LDL_EXPORT unsigned int ldl_noreclaim_save(void)
{
	return ldl_engine_scope_open(LDL_SCOPE_NORECLAIM, LDL_CALLER);
}

LDL_EXPORT void ldl_noreclaim_restore(unsigned int saved)
{
	ldl_engine_scope_close(saved, LDL_CALLER);
}
