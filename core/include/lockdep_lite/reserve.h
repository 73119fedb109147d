/* SPDX-License-Identifier: MIT
 *
 * Reserves and reclaimers: mempools, shrinkers, and notifiers that are called by reclaim.
 *
 * A part of the annotation API: include <lockdep_lite.h>. A reserve (memory pool, connection pool,
 * buffer pool) is a node of the graph: who holds an element holds it; who may wait for an element
 * waits for it (rules C1 to C8). Shrinkers and notifiers are callbacks: the calls bracket each run
 * of one, so that what it does inside is judged (rules A7 to A12, B10). Pools, shrinkers and
 * notifiers are named by any address that stands for them, which is never read. */
#ifndef LOCKDEP_LITE_RESERVE_H
#define LOCKDEP_LITE_RESERVE_H

#include <lockdep_lite/api.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where an element came from, for ldl_mempool_taken(). */
enum ldl_mempool_source {
	LDL_MEMPOOL_BACKING = 0, /* the backing allocator */
	LDL_MEMPOOL_RESERVE = 1  /* the reserve: one fewer is in it */
};

#if defined(LDL_DISABLE)

#define ldl_mempool_create(pool, name, min_nr, filled)                                             \
	((void)(pool), (void)(name), (void)(min_nr), (void)(filled))
#define ldl_mempool_destroy(pool)                ((void)(pool))
#define ldl_mempool_alloc(pool, gfp)             ((void)(pool), (void)(gfp))
#define ldl_mempool_taken(pool, element, source) ((void)(pool), (void)(element), (void)(source))
#define ldl_mempool_failed(pool)                 ((void)(pool))
#define ldl_mempool_free(pool, element)          ((void)(pool), (void)(element))
#define ldl_mempool_backing(pool, gfp)           ((void)(pool), (void)(gfp))
#define ldl_mempool_woken(pool)                  ((void)(pool))
#define ldl_shrinker_register(shrinker, name)    ((void)(shrinker), (void)(name))
#define ldl_shrinker_unregister(shrinker)        ((void)(shrinker))
#define ldl_shrinker_lock(shrinker, lock)        ((void)(shrinker), (void)(lock))
#define ldl_shrinker_count_begin(shrinker)       ((void)(shrinker))
#define ldl_shrinker_count_end(shrinker)         ((void)(shrinker))
#define ldl_shrinker_scan_begin(shrinker, gfp)   ((void)(shrinker), (void)(gfp))
#define ldl_shrinker_scan_end(shrinker, freed)   ((void)(shrinker), (void)(freed))
#define ldl_notifier_register(notifier, name, start, end)                                          \
	((void)(notifier), (void)(name), (void)(start), (void)(end))
#define ldl_notifier_unregister(notifier) ((void)(notifier))
#define ldl_notifier_lock(notifier, lock) ((void)(notifier), (void)(lock))
#define ldl_notifier_begin(notifier, start, end, may_block)                                        \
	((void)(notifier), (void)(start), (void)(end), (void)(may_block))
#define ldl_notifier_end(notifier, result) ((void)(notifier), (void)(result))

#else

/* A pool that guarantees `min_nr` elements, of which `filled` are there now. A reserve of zero, or
 * one that is not filled, is a finding (rule C4). */
LDL_API void ldl_mempool_create(
	const void *pool, const char *name, unsigned int min_nr, unsigned int filled);
LDL_API void ldl_mempool_destroy(const void *pool);

/* To be called before an element is asked for with mask `gfp`: with DIRECT_RECLAIM, all that is
 * held waits for the pool (rules C1 to C3), and when the reserve is empty for reclaim too. */
LDL_API void ldl_mempool_alloc(const void *pool, unsigned int gfp);

/* The element was got: the thread holds a piece of the pool until ldl_mempool_free(). `source`:
 * ldl_mempool_source. Several elements may be taken after one ldl_mempool_alloc() (a bulk call). */
LDL_API void ldl_mempool_taken(const void *pool, const void *element, unsigned int source);

/* No element was got. */
LDL_API void ldl_mempool_failed(const void *pool);

/* The element goes back, by any thread. What the thread holds, and had to wait for since it took
 * or was handed the element, the pool waits for. */
LDL_API void ldl_mempool_free(const void *pool, const void *element);

/* The pool asks its backing allocator with mask `gfp` (rule C6). */
LDL_API void ldl_mempool_backing(const void *pool, unsigned int gfp);

/* A thread that waited for the pool was woken by a free, and still holds what it held; it claims
 * the element with ldl_mempool_taken() before it drops that (rule C8). */
LDL_API void ldl_mempool_woken(const void *pool);

/* A shrinker is known from here on. ldl_shrinker_lock(): its body takes this lock; the graph is
 * primed with it, so that a fault shows without memory pressure (rule A11). */
LDL_API void ldl_shrinker_register(const void *shrinker, const char *name);
LDL_API void ldl_shrinker_unregister(const void *shrinker);
LDL_API void ldl_shrinker_lock(const void *shrinker, const void *lock);

/* Around its counting callback, which must not block (rule A10), and its scanning one, called for
 * an allocation with effective mask `gfp` (it holds the reclaim domain that this mask reaches, and
 * hands on no wider mask: rule A12). `freed`: what it freed; nothing, again and again, while a
 * NOFAIL request waits is a finding (rule B10). */
LDL_API void ldl_shrinker_count_begin(const void *shrinker);
LDL_API void ldl_shrinker_count_end(const void *shrinker);
LDL_API void ldl_shrinker_scan_begin(const void *shrinker, unsigned int gfp);
LDL_API void ldl_shrinker_scan_end(const void *shrinker, unsigned long freed);

/* A notifier is interested in the range [start, end); 0, 0: in everything. */
LDL_API void ldl_notifier_register(
	const void *notifier, const char *name, unsigned long start, unsigned long end);
LDL_API void ldl_notifier_unregister(const void *notifier);
LDL_API void ldl_notifier_lock(const void *notifier, const void *lock);

/* Around a call of it for [start, end); `may_block` 0: it is called in a non-blocking context
 * (LDL_CTX_MMU_NOTIFIER is entered meanwhile). `result`: what it returned, 0 or -EAGAIN. Rules A7
 * to A9. */
LDL_API void ldl_notifier_begin(
	const void *notifier, unsigned long start, unsigned long end, int may_block);
LDL_API void ldl_notifier_end(const void *notifier, int result);

#ifdef LDL_WEAK
#define ldl_mempool_create(pool, name, min_nr, filled)                                             \
	(ldl_mempool_create ? ldl_mempool_create(pool, name, min_nr, filled) : (void)0)
#define ldl_mempool_destroy(pool)    (ldl_mempool_destroy ? ldl_mempool_destroy(pool) : (void)0)
#define ldl_mempool_alloc(pool, gfp) (ldl_mempool_alloc ? ldl_mempool_alloc(pool, gfp) : (void)0)
#define ldl_mempool_taken(pool, element, source)                                                   \
	(ldl_mempool_taken ? ldl_mempool_taken(pool, element, source) : (void)0)
#define ldl_mempool_failed(pool) (ldl_mempool_failed ? ldl_mempool_failed(pool) : (void)0)
#define ldl_mempool_free(pool, element)                                                            \
	(ldl_mempool_free ? ldl_mempool_free(pool, element) : (void)0)
#define ldl_mempool_backing(pool, gfp)                                                             \
	(ldl_mempool_backing ? ldl_mempool_backing(pool, gfp) : (void)0)
#define ldl_mempool_woken(pool) (ldl_mempool_woken ? ldl_mempool_woken(pool) : (void)0)
#define ldl_shrinker_register(shrinker, name)                                                      \
	(ldl_shrinker_register ? ldl_shrinker_register(shrinker, name) : (void)0)
#define ldl_shrinker_unregister(shrinker)                                                          \
	(ldl_shrinker_unregister ? ldl_shrinker_unregister(shrinker) : (void)0)
#define ldl_shrinker_lock(shrinker, lock)                                                          \
	(ldl_shrinker_lock ? ldl_shrinker_lock(shrinker, lock) : (void)0)
#define ldl_shrinker_count_begin(shrinker)                                                         \
	(ldl_shrinker_count_begin ? ldl_shrinker_count_begin(shrinker) : (void)0)
#define ldl_shrinker_count_end(shrinker)                                                           \
	(ldl_shrinker_count_end ? ldl_shrinker_count_end(shrinker) : (void)0)
#define ldl_shrinker_scan_begin(shrinker, gfp)                                                     \
	(ldl_shrinker_scan_begin ? ldl_shrinker_scan_begin(shrinker, gfp) : (void)0)
#define ldl_shrinker_scan_end(shrinker, freed)                                                     \
	(ldl_shrinker_scan_end ? ldl_shrinker_scan_end(shrinker, freed) : (void)0)
#define ldl_notifier_register(notifier, name, start, end)                                          \
	(ldl_notifier_register ? ldl_notifier_register(notifier, name, start, end) : (void)0)
#define ldl_notifier_unregister(notifier)                                                          \
	(ldl_notifier_unregister ? ldl_notifier_unregister(notifier) : (void)0)
#define ldl_notifier_lock(notifier, lock)                                                          \
	(ldl_notifier_lock ? ldl_notifier_lock(notifier, lock) : (void)0)
#define ldl_notifier_begin(notifier, start, end, may_block)                                        \
	(ldl_notifier_begin ? ldl_notifier_begin(notifier, start, end, may_block) : (void)0)
#define ldl_notifier_end(notifier, result)                                                         \
	(ldl_notifier_end ? ldl_notifier_end(notifier, result) : (void)0)
#endif

#endif /* LDL_DISABLE */

#ifdef __cplusplus
}
#endif
#endif
