/* SPDX-License-Identifier: MIT
 *
 * gfp_t and the kernel's names for masks: the same bits as <lockdep_lite/gfp.h>.
 *
 * With LDL_SEED_ERA defined, the compositions are those of 2018 to 2021: __GFP_ATOMIC is a bit of
 * its own there, which GFP_ATOMIC carries and rule D9 looks at, and GFP_NOWAIT warns. */
#ifndef LOCKDEP_LITE_KERNEL_GFP_H
#define LOCKDEP_LITE_KERNEL_GFP_H

#include <stdbool.h>
#include <stddef.h>
#include <lockdep_lite.h>
#include <lockdep_lite/kernel/types.h>

typedef unsigned int gfp_t;

#define __GFP_DIRECT_RECLAIM LDL_GFP_DIRECT_RECLAIM
#define __GFP_KSWAPD_RECLAIM LDL_GFP_KSWAPD_RECLAIM
#define __GFP_RECLAIM        LDL_GFP_RECLAIM
#define __GFP_IO             LDL_GFP_IO
#define __GFP_FS             LDL_GFP_FS
#define __GFP_HIGH           LDL_GFP_HIGH
#define __GFP_MEMALLOC       LDL_GFP_MEMALLOC
#define __GFP_NOMEMALLOC     LDL_GFP_NOMEMALLOC
#define __GFP_NOFAIL         LDL_GFP_NOFAIL
#define __GFP_NORETRY        LDL_GFP_NORETRY
#define __GFP_RETRY_MAYFAIL  LDL_GFP_RETRY_MAYFAIL
#define __GFP_NOWARN         LDL_GFP_NOWARN
#define __GFP_HARDWALL       LDL_GFP_HARDWALL
#define __GFP_THISNODE       LDL_GFP_THISNODE
#define __GFP_ZERO           LDL_GFP_ZERO
#define __GFP_ACCOUNT        LDL_GFP_ACCOUNT
#define __GFP_MOVABLE        LDL_GFP_MOVABLE
#define __GFP_RECLAIMABLE    LDL_GFP_RECLAIMABLE
#define __GFP_COMP           LDL_GFP_COMP
#define __GFP_WRITE          LDL_GFP_WRITE
#define __GFP_HIGHMEM        LDL_GFP_HIGHMEM
#define __GFP_DMA            LDL_GFP_DMA
#define __GFP_DMA32          LDL_GFP_DMA32
#define __GFP_NOLOCKDEP      LDL_GFP_NOLOCKDEP
#define __GFP_BITS_MASK      LDL_GFP_BITS

/* Bits that mean something to kernels only. */
#define __GFP_NOTRACK    0u
#define __GFP_ZEROTAGS   0u
#define __GFP_SKIP_ZERO  0u
#define __GFP_SKIP_KASAN 0u
#define __GFP_NO_OBJ_EXT 0u

#ifdef LDL_SEED_ERA
#define __GFP_ATOMIC LDL_GFP_SEED_ATOMIC
#define GFP_ATOMIC   (__GFP_HIGH | __GFP_ATOMIC | __GFP_KSWAPD_RECLAIM)
#define GFP_NOWAIT   __GFP_KSWAPD_RECLAIM
#else
#define GFP_ATOMIC LDL_GFP_ATOMIC
#define GFP_NOWAIT LDL_GFP_NOWAIT
#endif

#define GFP_KERNEL           LDL_GFP_KERNEL
#define GFP_KERNEL_ACCOUNT   (GFP_KERNEL | __GFP_ACCOUNT)
#define GFP_NOIO             LDL_GFP_NOIO
#define GFP_NOFS             LDL_GFP_NOFS
#define GFP_USER             LDL_GFP_USER
#define GFP_DMA              __GFP_DMA
#define GFP_DMA32            __GFP_DMA32
#define GFP_HIGHUSER         (GFP_USER | __GFP_HIGHMEM)
#define GFP_HIGHUSER_MOVABLE (GFP_HIGHUSER | __GFP_MOVABLE | __GFP_SKIP_KASAN)
#define GFP_TRANSHUGE_LIGHT  LDL_GFP_TRANSHUGE_LIGHT
#define GFP_TRANSHUGE        LDL_GFP_TRANSHUGE
#define GFP_RECLAIM_MASK                                                                           \
	(__GFP_RECLAIM | __GFP_HIGH | __GFP_IO | __GFP_FS | __GFP_NOWARN | __GFP_RETRY_MAYFAIL |   \
		__GFP_NOFAIL | __GFP_NORETRY | __GFP_MEMALLOC | __GFP_NOMEMALLOC |                 \
		__GFP_NOLOCKDEP)

#define NUMA_NO_NODE (-1)

/* The one question that decides whether a request may sleep. */
static __always_inline bool gfpflags_allow_blocking(gfp_t gfp)
{
	return gfp & __GFP_DIRECT_RECLAIM;
}

/* Whether the allocator may take locks that spin; only a request without any reclaim may not. */
static __always_inline bool gfpflags_allow_spinning(gfp_t gfp)
{
	return gfp & __GFP_RECLAIM;
}

static __always_inline bool gfp_has_io_fs(gfp_t gfp)
{
	return (gfp & (__GFP_IO | __GFP_FS)) == (__GFP_IO | __GFP_FS);
}

static __always_inline bool gfp_compaction_allowed(gfp_t gfp)
{
	return gfp & __GFP_IO;
}

/* The mask for what an allocator allocates for itself while it serves `gfp` (rule D13). */
static __always_inline gfp_t gfp_nested_mask(gfp_t gfp)
{
	return (gfp & (GFP_KERNEL | GFP_ATOMIC | __GFP_NOLOCKDEP)) | __GFP_NORETRY |
	       __GFP_NOMEMALLOC | __GFP_NOWARN;
}

#endif
