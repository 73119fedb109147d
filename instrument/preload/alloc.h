/* What the wrappers of `run --alloc` share: the event of an allocation.
 *
 * A program's own allocation may wait for memory in every way that there is, so its mask is
 * LDL_GFP_KERNEL; what a scope forbids the thread (PR_SET_IO_FLUSHER, ldl_noio_save()) is taken off
 * by the engine. These files are in liblockdep_lite_preload_alloc.so only: without --alloc no
 * allocation is slower. */
#ifndef LDL_PRELOAD_ALLOC_H
#define LDL_PRELOAD_ALLOC_H

#include "core/engine.h"

#include "instrument/preload/alloc_real.h"
#include "instrument/preload/fuse.h"

/* A place that is new under what is held. */
LDL_INLINE void ldl_alloc_event_slow(const void *caller)
{
	ldl_engine_alloc_slow(LDL_GFP_KERNEL, 0, caller);
	ldl_fuse_note_alloc(caller);
}

/* Before the real call, which may be the one that waits. Where nothing is held: one test. */
LDL_INLINE void ldl_alloc_event(const void *caller)
{
	uint32_t depth = ldl_engine_alloc_depth();

	if (ldl_unlikely(depth) && !ldl_engine_alloc_is_known(depth, caller))
		ldl_alloc_event_slow(caller);
}

/* The stack of a thread that is about to be created: thread.c calls it where it is linked. */
void ldl_alloc_stack(const void *caller) LDL_HIDDEN;

#endif
