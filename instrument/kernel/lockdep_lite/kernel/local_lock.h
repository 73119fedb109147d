/* SPDX-License-Identifier: MIT
 *
 * local_lock_t, and variables that each CPU has for itself.
 *
 * A part of <lockdep_lite/kernel.h>. A thread plays the CPU: a per-CPU variable is thread-local.
 * A local lock in one is never contended; a local lock that threads share is a lock like others, as
 * on a real-time kernel. An interrupt's cycle does not go through local locks (SELFTEST: 3A). */
#ifndef LOCKDEP_LITE_KERNEL_LOCAL_LOCK_H
#define LOCKDEP_LITE_KERNEL_LOCAL_LOCK_H

#include <lockdep_lite/kernel/gate.h>
#include <lockdep_lite/kernel/irqflags.h>

#define DECLARE_PER_CPU(type, name) extern __thread __typeof__(type) name
#define DEFINE_PER_CPU(type, name)  __thread __typeof__(type) name
#define this_cpu_ptr(pointer)       (pointer)
#define raw_cpu_ptr(pointer)        (pointer)
#define this_cpu_read(variable)     (variable)
#define this_cpu_write(variable, v) ((variable) = (v))
#define this_cpu_add(variable, v)   ((variable) += (v))
#define this_cpu_inc(variable)      ((variable)++)
#define this_cpu_dec(variable)      ((variable)--)
#define get_cpu_var(variable)                                                                      \
	(*({                                                                                       \
		preempt_disable();                                                                 \
		&(variable);                                                                       \
	}))
#define put_cpu_var(variable)  ((void)&(variable), preempt_enable())
#define smp_processor_id()     0
#define raw_smp_processor_id() 0

typedef struct {
	struct lockdep_map dep_map;
	struct ldlk_gate gate;
} local_lock_t;

/* The name's address is the key: a thread-local lock has many addresses. */
#define INIT_LOCAL_LOCK(name)                                                                      \
	{                                                                                          \
		.dep_map =                                                                         \
			LDLK_MAP_INIT(#name, #name, LD_WAIT_CONFIG, LD_WAIT_INV, LD_LOCK_PERCPU)   \
	}

static __always_inline void __local_lock_init(
	local_lock_t *lock, const char *name, struct lock_class_key *key)
{
	lockdep_init_map_type(
		&lock->dep_map, name, key, 0, LD_WAIT_CONFIG, LD_WAIT_INV, LD_LOCK_PERCPU);
	lock->gate.word = LDLK_GATE_FREE;
}

#define local_lock_init(lock)                                                                      \
	do {                                                                                       \
		static struct lock_class_key ldlk_key;                                             \
		__local_lock_init(lock, #lock, &ldlk_key);                                         \
	} while (0)

static __always_inline void local_lock(local_lock_t *lock)
{
	ldlk_spin_begin();
	ldlk_acquire(&lock->dep_map, LDL_EXCLUSIVE, 0);
	ldlk_gate_lock(&lock->gate);
	ldlk_acquired(&lock->dep_map, LDL_EXCLUSIVE);
}

static __always_inline int local_trylock(local_lock_t *lock)
{
	ldlk_spin_begin();
	if (ldlk_tried(&lock->dep_map, LDL_EXCLUSIVE, ldlk_gate_try(&lock->gate)))
		return 1;
	ldlk_spin_end();
	return 0;
}

static __always_inline void local_unlock(local_lock_t *lock)
{
	ldlk_release(&lock->dep_map);
	ldlk_gate_unlock(&lock->gate);
	ldlk_spin_end();
}

static __always_inline void local_lock_irq(local_lock_t *lock)
{
	local_irq_disable();
	local_lock(lock);
}

static __always_inline void local_unlock_irq(local_lock_t *lock)
{
	local_unlock(lock);
	local_irq_enable();
}

static __always_inline void local_unlock_irqrestore(local_lock_t *lock, unsigned long flags)
{
	local_unlock(lock);
	ldlk_irq_restore(flags);
}

static __always_inline unsigned long ldlk_local_lock_save(local_lock_t *lock)
{
	unsigned long flags = ldlk_irq_save();

	local_lock(lock);
	return flags;
}
#define local_lock_irqsave(lock, flags) ((flags) = ldlk_local_lock_save(lock))

static __always_inline void local_lock_nested_bh(local_lock_t *lock)
{
	lockdep_assert_in_softirq();
	local_lock(lock);
}
#define local_unlock_nested_bh(lock) local_unlock(lock)

#endif
