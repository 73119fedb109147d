/* Calls everything that the public headers offer, for check-headers: it must compile in every
 * standard and variant, and run without the library where the variant promises that. */
#include <lockdep_lite.h>

static int outer_lock, inner_lock, event, domain, pool, element, callback;

static void use_locks(void)
{
	ldl_class_t outer_class = ldl_class("outer", LDL_CLASS_STRICT);
	ldl_class_t inner_class = ldl_class_keyed(&inner_lock, "inner", LDL_CLASS_BY_INSTANCE);

	ldl_class_wait_types(outer_class, LDL_WAIT_SLEEP, LDL_WAIT_SLEEP);
	ldl_lock_init(&outer_lock, outer_class, LDL_LOCK_FAIR);
	ldl_lock_init(&inner_lock, inner_class, LDL_LOCK_RECURSIVE);
	ldl_order(&outer_lock, &inner_lock);
	ldl_nest(&inner_lock, &outer_lock);

	ldl_lock_acquire(&outer_lock, LDL_EXCLUSIVE);
	ldl_lock_acquired(&outer_lock, LDL_EXCLUSIVE);
	ldl_lock_acquire_nested(&inner_lock, LDL_SHARED | LDL_TIMED, 1);
	ldl_lock_failed(&inner_lock);
	ldl_lock_acquire_inside(&inner_lock, LDL_EXCLUSIVE, &outer_lock);
	ldl_lock_failed(&inner_lock);
	ldl_assert_held(&outer_lock);
	ldl_assert_not_held(&inner_lock);
	ldl_lock_downgrade(&outer_lock);
	ldl_lock_contended(&outer_lock);
	ldl_revalidated(&outer_lock);
	ldl_lock_release(&outer_lock);

	ldl_misuse(&inner_lock, "used in a test only");
	ldl_lock_destroy(&inner_lock);
	ldl_lock_destroy(&outer_lock);
}

static void use_contexts(void)
{
	unsigned int mixer = ldl_context("mixer", LDL_CONTEXT_NON_BLOCKING);

	ldl_context_enter(mixer);
	ldl_non_block_budget(1000);
	ldl_context_exit(mixer);
	ldl_non_block_start();
	ldl_non_block_end();
	ldl_reclaim_init(&domain, "cache");
	ldl_reclaim_enter(&domain);
	ldl_reclaim_exit(&domain);
	ldl_event_init(&event, "event");
	ldl_might_wait(&event);
	ldl_might_wait_timed(&event, 1000);
	ldl_wake(&event);
	ldl_event_taken(&event);
	ldl_event_destroy(&event);
	ldl_might_sleep();
}

static void use_interrupts(void)
{
	ldl_irq_enter(LDL_HARDIRQ, 0);
	ldl_irq_threaded(1);
	ldl_irq_exit(LDL_HARDIRQ);
	ldl_irq_disable(LDL_SOFTIRQ);
	if (ldl_irq_is_disabled(LDL_SOFTIRQ) && !ldl_in_irq(LDL_HARDIRQ))
		ldl_might_sleep();
	ldl_irq_enable(LDL_SOFTIRQ);
}

static void use_scopes(void)
{
	unsigned int nofs = ldl_nofs_save(), noio = ldl_noio_save();
	unsigned int noreclaim = ldl_noreclaim_save(), nowait = ldl_scope_save(LDL_SCOPE_NOWAIT);
	unsigned int cleared = ldl_boundary_clear(), entered = ldl_boundary_enter("block layer");

	ldl_boundary_exit(entered, 0);
	ldl_boundary_restore(cleared);
	ldl_scope_restore(nowait);
	ldl_noreclaim_restore(noreclaim);
	ldl_noio_restore(noio);
	ldl_nofs_restore(nofs);
}

static void use_allocations(void)
{
	ldl_might_alloc(ldl_alloc_mask(LDL_GFP_KERNEL));
	ldl_alloc_hide();
	ldl_alloc_show();
	ldl_might_alloc_size(LDL_GFP_NOWAIT, 4096);
	ldl_alloc_failed();
	ldl_alloc_warned();
	ldl_alloc_retry_wait(LDL_GFP_KERNEL);
	ldl_alloc_fallback();
	ldl_alloc_gave_up();
	ldl_alloc_may_fail(LDL_GFP_KERNEL | LDL_GFP_NORETRY);
	ldl_alloc_begin(LDL_GFP_NOFS, LDL_GFP_BITS);
	ldl_oom_handler();
	ldl_alloc_end(1);
	ldl_alloc_used(1);
	ldl_alloc_freed(1);
}

static void use_reserves(void)
{
	ldl_mempool_create(&pool, "pool", 2, 2);
	ldl_mempool_backing(&pool, LDL_GFP_NOIO);
	ldl_mempool_alloc(&pool, LDL_GFP_NOIO);
	ldl_mempool_woken(&pool);
	ldl_mempool_taken(&pool, &element, LDL_MEMPOOL_RESERVE);
	ldl_mempool_free(&pool, &element);
	ldl_mempool_alloc(&pool, LDL_GFP_NOWAIT);
	ldl_mempool_failed(&pool);
	ldl_mempool_destroy(&pool);
}

static void use_callbacks(void)
{
	ldl_shrinker_register(&callback, "shrinker");
	ldl_shrinker_lock(&callback, &inner_lock);
	ldl_shrinker_count_begin(&callback);
	ldl_shrinker_count_end(&callback);
	ldl_shrinker_scan_begin(&callback, LDL_GFP_KERNEL);
	ldl_shrinker_scan_end(&callback, 1);
	ldl_shrinker_unregister(&callback);
	ldl_notifier_register(&callback, "notifier", 0, 0);
	ldl_notifier_lock(&callback, &inner_lock);
	ldl_notifier_begin(&callback, 0, 4096, 1);
	ldl_notifier_end(&callback, 0);
	ldl_notifier_unregister(&callback);
}

int main(void)
{
	unsigned int findings;

	use_locks();
	use_contexts();
	use_interrupts();
	use_scopes();
	use_allocations();
	use_reserves();
	use_callbacks();
	ldl_reset();
	findings = ldl_finding_count();
	return findings != 0 || ldl_is_held(&outer_lock) == 1 || ldl_lock_class(&outer_lock) != 0;
}
