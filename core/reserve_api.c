/* The annotation API's reserves, shrinkers and notifiers, over the engine. See
 * lockdep_lite/reserve.h. */
#include "include/lockdep_lite.h"

#include "engine.h"

static void forget(enum ldl_kind kind, const void *address, const void *ip)
{
	if (address)
		ldl_engine_destroy((const void *)(uintptr_t)LDL_PLACE_OF(kind, address), true, ip);
}

LDL_EXPORT void ldl_mempool_create(
	const void *pool, const char *name, unsigned int min_nr, unsigned int filled)
{
	ldl_engine_pool_create(pool, name && name[0] ? name : NULL, min_nr, filled, LDL_CALLER);
}

LDL_EXPORT void ldl_mempool_destroy(const void *pool)
{
	forget(LDL_KIND_RESERVE, pool, LDL_CALLER);
}

LDL_EXPORT void ldl_mempool_alloc(const void *pool, unsigned int gfp)
{
	ldl_engine_pool_alloc(pool, gfp, LDL_CALLER);
}

LDL_EXPORT void ldl_mempool_taken(const void *pool, const void *element, unsigned int source)
{
	ldl_engine_pool_taken(pool, element, source == LDL_MEMPOOL_RESERVE, LDL_CALLER);
}

LDL_EXPORT void ldl_mempool_failed(const void *pool)
{
	ldl_engine_pool_failed(pool);
}

LDL_EXPORT void ldl_mempool_free(const void *pool, const void *element)
{
	ldl_engine_pool_free(pool, element, LDL_CALLER);
}

LDL_EXPORT void ldl_mempool_backing(const void *pool, unsigned int gfp)
{
	ldl_engine_pool_backing(pool, gfp, LDL_CALLER);
}

LDL_EXPORT void ldl_mempool_woken(const void *pool)
{
	ldl_engine_pool_woken(pool);
}

LDL_EXPORT void ldl_shrinker_register(const void *shrinker, const char *name)
{
	ldl_engine_callback_register(
		shrinker, name && name[0] ? name : "shrinker", false, 0, 0, LDL_CALLER);
}

LDL_EXPORT void ldl_shrinker_unregister(const void *shrinker)
{
	forget(LDL_KIND_CONTEXT, shrinker, LDL_CALLER);
}

LDL_EXPORT void ldl_shrinker_lock(const void *shrinker, const void *lock)
{
	(void)shrinker;
	ldl_engine_callback_lock(false, lock, LDL_CALLER);
}

LDL_EXPORT void ldl_shrinker_count_begin(const void *shrinker)
{
	ldl_engine_count_begin(shrinker, LDL_CALLER);
}

LDL_EXPORT void ldl_shrinker_count_end(const void *shrinker)
{
	ldl_engine_shrinker_end(shrinker, 0, LDL_CALLER);
}

LDL_EXPORT void ldl_shrinker_scan_begin(const void *shrinker, unsigned int gfp)
{
	ldl_engine_scan_begin(shrinker, gfp, LDL_CALLER);
}

LDL_EXPORT void ldl_shrinker_scan_end(const void *shrinker, unsigned long freed)
{
	ldl_engine_shrinker_end(shrinker, freed, LDL_CALLER);
}

LDL_EXPORT void ldl_notifier_register(
	const void *notifier, const char *name, unsigned long start, unsigned long end)
{
	ldl_engine_callback_register(
		notifier, name && name[0] ? name : "notifier", true, start, end, LDL_CALLER);
}

LDL_EXPORT void ldl_notifier_unregister(const void *notifier)
{
	forget(LDL_KIND_CONTEXT, notifier, LDL_CALLER);
}

LDL_EXPORT void ldl_notifier_lock(const void *notifier, const void *lock)
{
	(void)notifier;
	ldl_engine_callback_lock(true, lock, LDL_CALLER);
}

LDL_EXPORT void ldl_notifier_begin(
	const void *notifier, unsigned long start, unsigned long end, int may_block)
{
	ldl_engine_notifier_begin(notifier, start, end, may_block, LDL_CALLER);
}

LDL_EXPORT void ldl_notifier_end(const void *notifier, int result)
{
	ldl_engine_notifier_end(notifier, result, LDL_CALLER);
}
