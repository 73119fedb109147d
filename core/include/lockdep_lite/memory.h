/* SPDX-License-Identifier: MIT
 *
 * Allocations and scopes: what may sleep, and what a thread has forbidden itself for a while.
 *
 * A part of the annotation API: include <lockdep_lite.h>. An allocator, or a wrapper around malloc,
 * calls ldl_might_alloc() with the mask of each request; the rules that need to know how the
 * request went on (did it fail, did a fallback run, was it tried again) get it from the calls
 * below it, each made by the thread of the request. Masks: <lockdep_lite/gfp.h>. */
#ifndef LOCKDEP_LITE_MEMORY_H
#define LOCKDEP_LITE_MEMORY_H

#include <lockdep_lite/api.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(LDL_DISABLE)

#define ldl_might_alloc(gfp)                 ((void)(gfp))
#define ldl_might_alloc_size(gfp, size)      ((void)(gfp), (void)(size))
#define ldl_alloc_hide()                     ((void)0)
#define ldl_alloc_show()                     ((void)0)
#define ldl_alloc_mask(gfp)                  (gfp)
#define ldl_scope_save(scope)                ((void)(scope), 0u)
#define ldl_scope_restore(saved)             ((void)(saved))
#define ldl_nofs_save()                      (0u)
#define ldl_nofs_restore(saved)              ((void)(saved))
#define ldl_noio_save()                      (0u)
#define ldl_noio_restore(saved)              ((void)(saved))
#define ldl_noreclaim_save()                 (0u)
#define ldl_noreclaim_restore(saved)         ((void)(saved))
#define ldl_boundary_enter(name)             ((void)(name), 0u)
#define ldl_boundary_clear()                 (0u)
#define ldl_boundary_restore(saved)          ((void)(saved))
#define ldl_boundary_exit(entered, is_error) ((void)(entered), (void)(is_error))
#define ldl_alloc_begin(gfp, supported)      ((void)(gfp), (void)(supported))
#define ldl_alloc_end(is_failed)             ((void)(is_failed))
#define ldl_alloc_failed()                   ((void)0)
#define ldl_alloc_fallback()                 ((void)0)
#define ldl_alloc_gave_up()                  ((void)0)
#define ldl_alloc_warned()                   ((void)0)
#define ldl_alloc_retry_wait(gfp)            ((void)(gfp))
#define ldl_alloc_may_fail(gfp)              ((void)(gfp))
#define ldl_alloc_used(bytes)                ((void)(bytes))
#define ldl_alloc_freed(bytes)               ((void)(bytes))
#define ldl_oom_handler()                    ((void)0)
#define ldl_lock_contended(lock)             ((void)(lock))
#define ldl_revalidated(lock)                ((void)(lock))

#else

/* This place may allocate with mask `gfp` (LDL_GFP_ bits). What counts is the effective mask: the
 * request less the thread's scopes. With DIRECT_RECLAIM, all that is held waits for reclaim from
 * now on (rule A4) and for every non-blocking context (rules A1 to A3). It is what it may do that
 * counts, not what it does: no memory pressure is needed. Kernel: might_alloc(). Steady state: at
 * most 2 ns, no shared write. */
LDL_API void ldl_might_alloc(unsigned int gfp);

/* The same for a request of `size` bytes (0: not known): its order is checked too (rule B6). */
LDL_API void ldl_might_alloc_size(unsigned int gfp, unsigned long size);

/* Around the calls of malloc() and its like that an annotated allocator makes for a request that it
 * announced already, with the mask of that: `lockdep-lite run --alloc` does not take them for
 * requests of their own. Pairs nest; nothing is done when malloc is not watched. */
LDL_API void ldl_alloc_hide(void);
LDL_API void ldl_alloc_show(void);

/* The effective mask of a request: `gfp` less this thread's scopes. Kernel: current_gfp_context().
 */
LDL_API unsigned int ldl_alloc_mask(unsigned int gfp);

/* Opens a scope (LDL_SCOPE_ bits) and returns what the matching restore wants back; last in, first
 * out (rule E2). Restoring clears only what its save newly set. Kernel: memalloc_nofs_save() and
 * its siblings. */
LDL_API unsigned int ldl_scope_save(unsigned int scope);
LDL_API void ldl_scope_restore(unsigned int saved);
LDL_API unsigned int ldl_nofs_save(void);
LDL_API void ldl_nofs_restore(unsigned int saved);
LDL_API unsigned int ldl_noio_save(void);
LDL_API void ldl_noio_restore(unsigned int saved);
LDL_API unsigned int ldl_noreclaim_save(void);
LDL_API void ldl_noreclaim_restore(unsigned int saved);

/* A boundary between subsystems with an error path of their own (filesystem and block layer). To
 * enter it with the caller's scope still open is a finding (rule B5), unless the caller's scopes
 * were taken off with ldl_boundary_clear() and are put back with ldl_boundary_restore() afterwards.
 * ldl_boundary_exit(): `entered` as enter returned it; an allocation that failed inside while no
 * error comes back is a finding (rule E4). */
LDL_API unsigned int ldl_boundary_enter(const char *name);
LDL_API void ldl_boundary_exit(unsigned int entered, int is_error);
LDL_API unsigned int ldl_boundary_clear(void);
LDL_API void ldl_boundary_restore(unsigned int saved);

/* Around the body of an allocator that was asked for `gfp` and understands the bits `supported`
 * (LDL_GFP_BITS: all): what it allocates itself must not be wider than its caller's mask (rule
 * D13), it must not block for a caller that may not (D11), not accept what it does not understand
 * (D12), not boost NOFAIL (B11). Calls nest. */
LDL_API void ldl_alloc_begin(unsigned int gfp, unsigned int supported);
LDL_API void ldl_alloc_end(int is_failed);

/* How this thread's last ldl_might_alloc() went on: it failed; the code that copes without it runs
 * (its own requests follow); the operation ends with an error because of it; a warning was printed
 * for it. */
LDL_API void ldl_alloc_failed(void);
LDL_API void ldl_alloc_fallback(void);
LDL_API void ldl_alloc_gave_up(void);
LDL_API void ldl_alloc_warned(void);

/* Waits as one should before trying again; counts as a wait for reclaim (rules B7 to B9). Kernel:
 * memalloc_retry_wait(). */
LDL_API void ldl_alloc_retry_wait(unsigned int gfp);

/* The code here counts on a failure of `gfp` being possible (it has a path for it), or treats it so
 * (rule E1: NOIO and NOFS say nothing about failure). */
LDL_API void ldl_alloc_may_fail(unsigned int gfp);

/* Bytes taken and given back by the calling thread: a scope that opens the reserves must free more
 * than it uses (rule C5). */
LDL_API void ldl_alloc_used(unsigned long bytes);
LDL_API void ldl_alloc_freed(unsigned long bytes);

/* An out-of-memory or kill handler runs for the present request (rule D15). */
LDL_API void ldl_oom_handler(void);

/* The lock was found taken; and: what it protects was looked at again after it was dropped for an
 * allocation and retaken (rule D16). */
LDL_API void ldl_lock_contended(const void *lock);
LDL_API void ldl_revalidated(const void *lock);

#ifdef LDL_WEAK
#define ldl_might_alloc(gfp) (ldl_might_alloc ? ldl_might_alloc(gfp) : (void)0)
#define ldl_might_alloc_size(gfp, size)                                                            \
	(ldl_might_alloc_size ? ldl_might_alloc_size(gfp, size) : (void)0)
#define ldl_alloc_hide()         (ldl_alloc_hide ? ldl_alloc_hide() : (void)0)
#define ldl_alloc_show()         (ldl_alloc_show ? ldl_alloc_show() : (void)0)
#define ldl_alloc_mask(gfp)      (ldl_alloc_mask ? ldl_alloc_mask(gfp) : (gfp))
#define ldl_scope_save(scope)    (ldl_scope_save ? ldl_scope_save(scope) : 0u)
#define ldl_scope_restore(saved) (ldl_scope_restore ? ldl_scope_restore(saved) : (void)0)
#define ldl_nofs_save()          (ldl_nofs_save ? ldl_nofs_save() : 0u)
#define ldl_nofs_restore(saved)  (ldl_nofs_restore ? ldl_nofs_restore(saved) : (void)0)
#define ldl_noio_save()          (ldl_noio_save ? ldl_noio_save() : 0u)
#define ldl_noio_restore(saved)  (ldl_noio_restore ? ldl_noio_restore(saved) : (void)0)
#define ldl_noreclaim_save()     (ldl_noreclaim_save ? ldl_noreclaim_save() : 0u)
#define ldl_noreclaim_restore(saved)                                                               \
	(ldl_noreclaim_restore ? ldl_noreclaim_restore(saved) : (void)0)
#define ldl_boundary_enter(name)      (ldl_boundary_enter ? ldl_boundary_enter(name) : 0u)
#define ldl_boundary_exit(entered, e) (ldl_boundary_exit ? ldl_boundary_exit(entered, e) : (void)0)
#define ldl_boundary_clear()          (ldl_boundary_clear ? ldl_boundary_clear() : 0u)
#define ldl_boundary_restore(saved)   (ldl_boundary_restore ? ldl_boundary_restore(saved) : (void)0)
#define ldl_alloc_begin(gfp, supported)                                                            \
	(ldl_alloc_begin ? ldl_alloc_begin(gfp, supported) : (void)0)
#define ldl_alloc_end(is_failed)  (ldl_alloc_end ? ldl_alloc_end(is_failed) : (void)0)
#define ldl_alloc_failed()        (ldl_alloc_failed ? ldl_alloc_failed() : (void)0)
#define ldl_alloc_fallback()      (ldl_alloc_fallback ? ldl_alloc_fallback() : (void)0)
#define ldl_alloc_gave_up()       (ldl_alloc_gave_up ? ldl_alloc_gave_up() : (void)0)
#define ldl_alloc_warned()        (ldl_alloc_warned ? ldl_alloc_warned() : (void)0)
#define ldl_alloc_retry_wait(gfp) (ldl_alloc_retry_wait ? ldl_alloc_retry_wait(gfp) : (void)0)
#define ldl_alloc_may_fail(gfp)   (ldl_alloc_may_fail ? ldl_alloc_may_fail(gfp) : (void)0)
#define ldl_alloc_used(bytes)     (ldl_alloc_used ? ldl_alloc_used(bytes) : (void)0)
#define ldl_alloc_freed(bytes)    (ldl_alloc_freed ? ldl_alloc_freed(bytes) : (void)0)
#define ldl_oom_handler()         (ldl_oom_handler ? ldl_oom_handler() : (void)0)
#define ldl_lock_contended(lock)  (ldl_lock_contended ? ldl_lock_contended(lock) : (void)0)
#define ldl_revalidated(lock)     (ldl_revalidated ? ldl_revalidated(lock) : (void)0)
#endif

#endif /* LDL_DISABLE */

#ifdef __cplusplus
}
#endif
#endif
