/* SPDX-License-Identifier: MIT
 *
 * Readers that never wait, and synchronize_srcu(), which waits until those that read have ended.
 *
 * A part of <lockdep_lite/kernel.h>. A domain has two counters of readers; new readers go to the
 * one that the index says. Who waits turns the index over and waits for the other counter to reach
 * zero, twice, so that a reader that read the index just before it was turned over is waited for as
 * well. To the checker a domain is a lock that is read recursively, and a wait for its readers
 * waits for the writer's side: what a reader holds or waits for must not be what the waiter holds
 * (rule L1). */
#ifndef LOCKDEP_LITE_KERNEL_SRCU_H
#define LOCKDEP_LITE_KERNEL_SRCU_H

#include <lockdep_lite/kernel/gate.h>
#include <lockdep_lite/kernel/preempt.h>
#include <lockdep_lite/kernel/time.h>

struct srcu_struct {
	struct lockdep_map dep_map;
	unsigned int index;
	unsigned int readers[2];
	struct ldlk_gate waiter; /* one waiter at a time */
};

#define LDLK_SRCU_INIT(name, inner, outer)                                                         \
	{                                                                                          \
		.dep_map = LDLK_MAP_INIT(#name, NULL, inner, outer, LD_LOCK_NORMAL)                \
	}
#define DEFINE_SRCU(name) struct srcu_struct name = LDLK_SRCU_INIT(name, LD_WAIT_INV, LD_WAIT_INV)

#define DEFINE_STATIC_SRCU(name) static DEFINE_SRCU(name)

static __always_inline int __init_srcu_struct(
	struct srcu_struct *domain, const char *name, struct lock_class_key *key)
{
	lockdep_init_map(&domain->dep_map, name, key, 0);
	domain->index = 0;
	domain->readers[0] = domain->readers[1] = 0;
	domain->waiter.word = LDLK_GATE_FREE;
	return 0;
}

#define init_srcu_struct(domain)                                                                   \
	({                                                                                         \
		static struct lock_class_key ldlk_key;                                             \
		__init_srcu_struct(domain, #domain, &ldlk_key);                                    \
	})

static __always_inline void cleanup_srcu_struct(struct srcu_struct *domain)
{
	WARN_ON(READ_ONCE(domain->readers[0]) || READ_ONCE(domain->readers[1]));
	ldlk_map_destroy(&domain->dep_map);
}

/* The unchecked halves: which counter was raised, for the end. Full ordering: what is read inside
 * is read after the counter was raised. */
static inline unsigned int ldlk_srcu_begin(struct srcu_struct *domain)
{
	unsigned int index = __atomic_load_n(&domain->index, __ATOMIC_SEQ_CST) & 1;

	__atomic_fetch_add(&domain->readers[index], 1, __ATOMIC_SEQ_CST);
	return index;
}

static inline void ldlk_srcu_end(struct srcu_struct *domain, unsigned int index)
{
	__atomic_fetch_sub(&domain->readers[index], 1, __ATOMIC_RELEASE);
}

LDLK_SLOW void ldlk_srcu_wait(struct srcu_struct *domain)
{
	const struct timespec pause = {.tv_nsec = 20000};
	unsigned int old;

	if (lockdep_no_block)
		return;
	ldlk_gate_lock(&domain->waiter);
	for (int turn = 0; turn < 2; turn++) {
		old = __atomic_fetch_xor(&domain->index, 1, __ATOMIC_SEQ_CST) & 1;
		while (__atomic_load_n(&domain->readers[old], __ATOMIC_SEQ_CST))
			nanosleep(&pause, NULL);
	}
	ldlk_gate_unlock(&domain->waiter);
}

/* Readers may sleep. The result goes to the unlock. */
static __always_inline int srcu_read_lock(struct srcu_struct *domain)
{
	ldlk_acquire(&domain->dep_map, LDL_SHARED_RECURSIVE, 0);
	ldlk_acquired(&domain->dep_map, LDL_SHARED_RECURSIVE);
	return (int)ldlk_srcu_begin(domain);
}

static __always_inline void srcu_read_unlock(struct srcu_struct *domain, int index)
{
	ldlk_srcu_end(domain, (unsigned int)index);
	ldlk_release(&domain->dep_map);
}

static __always_inline int srcu_read_lock_held(const struct srcu_struct *domain)
{
	return lock_is_held(&domain->dep_map) != LOCK_STATE_NOT_HELD;
}

/* Waits until all readers that read now have ended. */
static __always_inline void synchronize_srcu(struct srcu_struct *domain)
{
	might_sleep();
	lock_sync(&domain->dep_map, 0, 0, 1, NULL, _THIS_IP_);
	ldlk_srcu_wait(domain);
}
#define synchronize_srcu_expedited(domain) synchronize_srcu(domain)

#endif
