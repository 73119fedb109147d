/* SPDX-License-Identifier: MIT
 *
 * What the header keeps for each thread, and the switches that hold for the whole program.
 *
 * A part of <lockdep_lite/kernel.h>. A thread plays the part of a task, and of the CPU it runs on:
 * what is per CPU in the kernel is thread-local here. Nothing here is locked: each thread touches
 * its own, and the switches are set while no other thread runs. */
#ifndef LOCKDEP_LITE_KERNEL_THREAD_H
#define LOCKDEP_LITE_KERNEL_THREAD_H

#include <lockdep_lite/kernel/types.h>

#define LDLK_RCU_FLAVOURS 3

struct ldlk_thread {
	int lockdep_off;            /* lockdep_off() less lockdep_on() */
	int lockdep_depth;          /* locks held, as lock_acquire() and lock_release() count */
	int preempt_depth;          /* preempt_disable(), spin locks */
	int spin_depth;             /* of these, spin locks */
	int softirq_disabled_depth; /* local_bh_disable() */
	int hardirq_depth, softirq_depth; /* handlers that this thread is in */
	bool is_irq_disabled;             /* local_irq_disable() */
	int rcu_depth[LDLK_RCU_FLAVOURS];
	unsigned int rcu_index; /* which counter the outermost rcu_read_lock() raised */
	struct task_struct *task;
};
LDLK_GLOBAL __thread struct ldlk_thread ldlk_thread;

/* For test suites that run locking sequences in one thread that would hang it: when not 0, an
 * acquisition that would have to wait is taken as granted at once, no call waits, and only the
 * checks are real. Tries still tell whether the lock was free. Nobody else needs it. */
LDLK_GLOBAL int lockdep_no_block;

/* 1: read_lock() is a recursive reader everywhere; 0, as in the kernel: in interrupts only, and
 * elsewhere a reader waits behind a waiting writer. */
LDLK_GLOBAL int force_read_lock_recursive;

/* Which life of the checker this is: what was registered in an earlier one is not known any more.
 * Only lockdep_reset() ends one. */
LDLK_GLOBAL unsigned int ldlk_generation;

#endif
