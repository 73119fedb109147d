/* SPDX-License-Identifier: MIT
 *
 * Allocation masks: what an allocation may do to get its memory, in the kernel's terms.
 *
 * A program that is no kernel needs two of them: LDL_GFP_KERNEL for an allocation that may wait
 * for memory to be made free (by a cache's eviction, a garbage collector, the kernel itself), and
 * LDL_GFP_NOWAIT for one that may not. Whether an allocation may block is the one bit
 * LDL_GFP_DIRECT_RECLAIM: never compare with a whole mask. Source: RULES.md, "The masks". */
#ifndef LOCKDEP_LITE_GFP_H
#define LOCKDEP_LITE_GFP_H

/* Single bits. The last ones have no counterpart in today's kernel: what its source says in
 * comments only, a program can say here. */
#define LDL_GFP_DIRECT_RECLAIM 0x1u    /* may free memory itself, hence sleep */
#define LDL_GFP_KSWAPD_RECLAIM 0x2u    /* may wake the background reclaimer */
#define LDL_GFP_IO             0x4u    /* reclaim may start I/O */
#define LDL_GFP_FS             0x8u    /* reclaim may call into filesystems */
#define LDL_GFP_HIGH           0x10u   /* may dip into reserves a little */
#define LDL_GFP_MEMALLOC       0x20u   /* may use all reserves */
#define LDL_GFP_NOMEMALLOC     0x40u   /* may use none: beats MEMALLOC, scopes included */
#define LDL_GFP_NOFAIL         0x80u   /* loops until it succeeds */
#define LDL_GFP_NORETRY        0x100u  /* gives up after a light try */
#define LDL_GFP_RETRY_MAYFAIL  0x200u  /* tries hard, but without the OOM killer */
#define LDL_GFP_NOWARN         0x400u  /* a failure is handled: print nothing */
#define LDL_GFP_HARDWALL       0x800u  /* keeps to the task's own memory nodes */
#define LDL_GFP_THISNODE       0x1000u /* this node only, no fallback to others */
#define LDL_GFP_ZERO           0x2000u /* zeroed */
#define LDL_GFP_ACCOUNT        0x4000u /* charged to a control group */
#define LDL_GFP_MOVABLE        0x8000u
#define LDL_GFP_RECLAIMABLE    0x10000u
#define LDL_GFP_COMP           0x20000u
#define LDL_GFP_WRITE          0x40000u
#define LDL_GFP_HIGHMEM        0x80000u
#define LDL_GFP_DMA            0x100000u
#define LDL_GFP_DMA32          0x200000u
#define LDL_GFP_NOLOCKDEP      0x400000u  /* not checked: the caller knows better */
#define LDL_GFP_SEED_ATOMIC    0x800000u  /* __GFP_ATOMIC, in masks of the seeds' era (rule D9) */
#define LDL_GFP_OPTIONAL       0x1000000u /* may fail without harm: a cache, readahead (rule D8) */
#define LDL_GFP_AVOID_OOM      0x2000000u /* meant to keep the OOM killer away (rule D6) */
#define LDL_GFP_HARD           0x4000000u /* the allocator's last, disruptive mode (rule D14) */
#define LDL_GFP_BITS           0x7ffffffu

#define LDL_GFP_RECLAIM (LDL_GFP_DIRECT_RECLAIM | LDL_GFP_KSWAPD_RECLAIM)
#define LDL_GFP_KERNEL  (LDL_GFP_RECLAIM | LDL_GFP_IO | LDL_GFP_FS)
#define LDL_GFP_NOFS    (LDL_GFP_RECLAIM | LDL_GFP_IO)
#define LDL_GFP_NOIO    LDL_GFP_RECLAIM
#define LDL_GFP_NOWAIT  (LDL_GFP_KSWAPD_RECLAIM | LDL_GFP_NOWARN)
#define LDL_GFP_ATOMIC  (LDL_GFP_HIGH | LDL_GFP_KSWAPD_RECLAIM)
#define LDL_GFP_USER    (LDL_GFP_KERNEL | LDL_GFP_HARDWALL)
#define LDL_GFP_TRANSHUGE_LIGHT                                                                    \
	((LDL_GFP_USER | LDL_GFP_HIGHMEM | LDL_GFP_MOVABLE | LDL_GFP_COMP | LDL_GFP_NOMEMALLOC |   \
		 LDL_GFP_NOWARN) &                                                                 \
		~LDL_GFP_RECLAIM)
#define LDL_GFP_TRANSHUGE (LDL_GFP_TRANSHUGE_LIGHT | LDL_GFP_DIRECT_RECLAIM)

/* What a thread may not do for a while: the bits of a scope, for ldl_scope_save(). */
#define LDL_SCOPE_NOFS      0x1u  /* strips FS */
#define LDL_SCOPE_NOIO      0x2u  /* strips IO and FS */
#define LDL_SCOPE_NORECLAIM 0x4u  /* strips both kinds of reclaim and opens the reserves */
#define LDL_SCOPE_NOWAIT    0x8u  /* strips DIRECT_RECLAIM; adds NOWARN */
#define LDL_SCOPE_NOFAIL    0x10u /* is refused: a finding (rule B1) */
#define LDL_SCOPE_NORETRY   0x20u /* adds NORETRY, unless the call says NOFAIL or RETRY_MAYFAIL */
#define LDL_SCOPE_RETRY_MAYFAIL                                                                    \
	0x40u /* adds RETRY_MAYFAIL, unless the call says NOFAIL or NORETRY */
#define LDL_SCOPE_BITS 0x7fu

#endif
