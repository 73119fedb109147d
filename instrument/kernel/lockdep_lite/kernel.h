/* SPDX-License-Identifier: MIT
 *
 * The locks, contexts and allocations of the Linux kernel, by their names, for programs.
 *
 * They work for real, on C11 atomics and futexes, and are checked by the same engine, through the
 * annotation API, by the kernel's own rules: classes by place of initialisation, nesting inside a
 * class only where it is declared, interrupts, wait types, reclaim. All a program needs is
 *
 *	#include <lockdep_lite/kernel.h>		and	-llockdep_lite -lpthread
 *
 * (`pkg-config --cflags --libs lockdep-lite`). LDL_DISABLE and LDL_WEAK mean what they mean in
 * <lockdep_lite.h>: the locks still lock, nothing is checked, or only under `lockdep-lite run`.
 *
 * Header only: everything is inlined, so that a finding names the program's own functions. Include
 * it after the system's headers: it defines the kernel's short names, `current` and `min` among
 * them, as macros. C11 with GNU extensions; no C++.
 *
 * What is there, each in a header of its own below kernel/:
 *
 *	mutex.h spinlock.h rwlock.h rwsem.h rtmutex.h ww_mutex.h semaphore.h seqlock.h local_lock.h
 *				the locks, in all their forms
 *	completion.h wait.h kthread.h sched.h
 *				events, threads, sleeping: waiting for what others do
 *	rcupdate.h srcu.h	readers that never wait, and who waits for them
 *	cleanup.h		guard() and scoped_guard()
 *	irqflags.h preempt.h	interrupts, soft interrupts, and where sleeping is forbidden
 *	lockdep.h lockdep_map.h lockdep_assert.h
 *				lock_acquire() and the rest, for locks of one's own; assertions
 *	gfp.h slab.h page_alloc.h contig.h mempool.h sched_mm.h
 *				allocations, their masks and their scopes
 *	shrinker.h mmu_notifier.h dma_fence.h
 *				what allocations may have to wait for
 *	types.h compiler.h bug.h list.h atomic.h time.h
 *				the words of kernel C
 *
 * What differs from the kernel
 *   - A thread plays the CPU: per-CPU variables are thread-local. Nothing interrupts it, and
 *     disabling interrupts or preemption is a promise that is checked, not a fact.
 *   - _interruptible waits end with -EINTR (-ERESTARTSYS) when a handler of the program's ran.
 *     _killable ones never fail.
 *   - Checking goes on after a finding. debug_locks is 0 once there is one.
 *   - A tick is a millisecond (HZ is 1000).
 *   - Locks that are initialised statically are known from their first use on. Memory that held
 *     locks may be freed without telling; initialising a lock there again begins a new life.
 *
 * For test suites: lockdep_reset() forgets everything; lockdep_no_block, when set, makes every
 * acquisition succeed at once, so that a sequence that would hang its thread can be checked. */
#ifndef LOCKDEP_LITE_KERNEL_H
#define LOCKDEP_LITE_KERNEL_H

#include <lockdep_lite/kernel/types.h>
#include <lockdep_lite/kernel/lockdep.h>
#include <lockdep_lite/kernel/lockdep_assert.h>
#include <lockdep_lite/kernel/preempt.h>
#include <lockdep_lite/kernel/irqflags.h>
#include <lockdep_lite/kernel/mutex.h>
#include <lockdep_lite/kernel/spinlock.h>
#include <lockdep_lite/kernel/rwlock.h>
#include <lockdep_lite/kernel/rwsem.h>
#include <lockdep_lite/kernel/rtmutex.h>
#include <lockdep_lite/kernel/local_lock.h>
#include <lockdep_lite/kernel/ww_mutex.h>
#include <lockdep_lite/kernel/seqlock.h>
#include <lockdep_lite/kernel/semaphore.h>
#include <lockdep_lite/kernel/completion.h>
#include <lockdep_lite/kernel/sched.h>
#include <lockdep_lite/kernel/wait.h>
#include <lockdep_lite/kernel/kthread.h>
#include <lockdep_lite/kernel/srcu.h>
#include <lockdep_lite/kernel/rcupdate.h>
#include <lockdep_lite/kernel/cleanup.h>
#include <lockdep_lite/kernel/time.h>
#include <lockdep_lite/kernel/gfp.h>
#include <lockdep_lite/kernel/sched_mm.h>
#include <lockdep_lite/kernel/shrinker.h>
#include <lockdep_lite/kernel/slab.h>
#include <lockdep_lite/kernel/page_alloc.h>
#include <lockdep_lite/kernel/contig.h>
#include <lockdep_lite/kernel/mempool.h>
#include <lockdep_lite/kernel/mmu_notifier.h>
#include <lockdep_lite/kernel/dma_fence.h>

#endif
