/* SPDX-License-Identifier: MIT
 *
 * Scopes, might_alloc(), the reclaim annotations and non-blocking sections, by the kernel's names.
 */
#ifndef LOCKDEP_LITE_KERNEL_SCHED_MM_H
#define LOCKDEP_LITE_KERNEL_SCHED_MM_H

#include <lockdep_lite/kernel/backing.h>
#include <lockdep_lite/kernel/gfp.h>
#include <lockdep_lite/kernel/preempt.h>

/* For memalloc_flags_save(). */
#define PF_MEMALLOC      0x00000800u
#define PF_MEMALLOC_NOFS 0x00040000u
#define PF_MEMALLOC_NOIO 0x00080000u
#define PF_MEMALLOC_PIN  0x10000000u

/* The one scope that is no matter of reclaim, and so is kept here: pages may not be movable. */
LDLK_GLOBAL __thread bool ldlk_is_pinning;

/* What a save newly set of it: a bit that is no scope's, in what the save returns. */
#define LDLK_PIN_SAVED 0x80u
_Static_assert(!(LDL_SCOPE_BITS & LDLK_PIN_SAVED), "the engine's scopes use the pin bit");

/* The mask that a request has in the scopes of its thread. */
static __always_inline gfp_t current_gfp_context(gfp_t gfp)
{
	gfp = ldl_alloc_mask(gfp);
	return ldlk_is_pinning ? gfp & ~__GFP_MOVABLE : gfp;
}

/* A request of `size` bytes (0: not known), before it is tried. What counts is what the mask
 * allows, not what will happen; one that may sleep has no place where sleeping is forbidden. */
static __always_inline void ldlk_announce(gfp_t gfp, unsigned long size)
{
	ldl_might_alloc_size(gfp, size);
	if (gfpflags_allow_blocking(gfp) && unlikely(!ldlk_may_sleep()) &&
		gfpflags_allow_blocking(current_gfp_context(gfp)))
		ldlk_check_sleep();
}

/* This place may allocate. */
static __always_inline void might_alloc(gfp_t gfp)
{
	ldlk_announce(gfp, 0);
}

static __always_inline unsigned int memalloc_nofs_save(void)
{
	return ldl_nofs_save();
}

static __always_inline void memalloc_nofs_restore(unsigned int flags)
{
	ldl_nofs_restore(flags);
}

static __always_inline unsigned int memalloc_noio_save(void)
{
	return ldl_noio_save();
}

static __always_inline void memalloc_noio_restore(unsigned int flags)
{
	ldl_noio_restore(flags);
}

static __always_inline unsigned int memalloc_noreclaim_save(void)
{
	return ldl_noreclaim_save();
}

static __always_inline void memalloc_noreclaim_restore(unsigned int flags)
{
	ldl_noreclaim_restore(flags);
}

static __always_inline unsigned int memalloc_pin_save(void)
{
	unsigned int newly = ldlk_is_pinning ? 0 : LDLK_PIN_SAVED;

	ldlk_is_pinning = true;
	return newly;
}

static __always_inline void memalloc_pin_restore(unsigned int flags)
{
	if (flags & LDLK_PIN_SAVED)
		ldlk_is_pinning = false;
}

/* Several at once; flags: PF_MEMALLOC and its kin. */
static __always_inline unsigned int memalloc_flags_save(unsigned int flags)
{
	unsigned int scope = (flags & PF_MEMALLOC ? LDL_SCOPE_NORECLAIM : 0) |
			     (flags & PF_MEMALLOC_NOFS ? LDL_SCOPE_NOFS : 0) |
			     (flags & PF_MEMALLOC_NOIO ? LDL_SCOPE_NOIO : 0);
	unsigned int saved = flags & PF_MEMALLOC_PIN ? memalloc_pin_save() : 0;

	return ldl_scope_save(scope) | saved;
}

static __always_inline void memalloc_flags_restore(unsigned int flags)
{
	ldl_scope_restore(flags & ~LDLK_PIN_SAVED);
	memalloc_pin_restore(flags);
}

/* What a loop over an allocation does between two tries: a short wait when the allocation itself
 * has slept already, a longer one when it gave up early. */
static __always_inline void memalloc_retry_wait(gfp_t gfp)
{
	bool slept = (gfp & __GFP_DIRECT_RECLAIM) && !(gfp & __GFP_NORETRY);

	ldl_alloc_retry_wait(gfp);
	ldlk_sleep(slept ? 100000 : 2000000);
}

/* The domain that a reclaimer called for this mask holds. */
static __always_inline const void *ldlk_domain(gfp_t gfp)
{
	if (gfp & __GFP_FS)
		return LDL_RECLAIM_FS;
	return gfp & __GFP_IO ? LDL_RECLAIM_IO : LDL_RECLAIM;
}

static __always_inline bool ldlk_may_reclaim(gfp_t gfp)
{
	return (gfp & __GFP_DIRECT_RECLAIM) && !(gfp & __GFP_NOLOCKDEP);
}

/* The calling thread reclaims as an allocation with this mask would: nothing without
 * DIRECT_RECLAIM; else it waits for what every such request waits for, the notifiers among it, and
 * then holds the domain that the mask reaches. */
static __always_inline void fs_reclaim_acquire(gfp_t gfp)
{
	gfp = current_gfp_context(gfp);
	if (!ldlk_may_reclaim(gfp))
		return;
	ldl_might_alloc(__GFP_DIRECT_RECLAIM);
	ldl_reclaim_enter(ldlk_domain(gfp));
}

static __always_inline void fs_reclaim_release(gfp_t gfp)
{
	gfp = current_gfp_context(gfp);
	if (ldlk_may_reclaim(gfp))
		ldl_reclaim_exit(ldlk_domain(gfp));
}

/* Nothing between the two may sleep, nor wait for anybody who sleeps in an allocation. */
static __always_inline void non_block_start(void)
{
	ldl_non_block_start();
}

static __always_inline void non_block_end(void)
{
	ldl_non_block_end();
}

#endif
