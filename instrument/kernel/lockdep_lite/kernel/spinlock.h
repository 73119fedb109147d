/* SPDX-License-Identifier: MIT
 *
 * spinlock_t and raw_spinlock_t.
 *
 * A part of <lockdep_lite/kernel.h>. Both spin for a moment and then sleep; what tells them apart
 * is what the checker allows: a raw one may be taken wherever the CPU may spin, the other sleeps
 * on a real-time kernel, so that it must not be taken inside a raw one (rule L13). */
#ifndef LOCKDEP_LITE_KERNEL_SPINLOCK_H
#define LOCKDEP_LITE_KERNEL_SPINLOCK_H

#include <lockdep_lite/kernel/gate.h>
#include <lockdep_lite/kernel/irqflags.h>

typedef struct spinlock {
	struct lockdep_map dep_map;
	struct ldlk_gate gate;
} spinlock_t;

typedef struct raw_spinlock {
	struct lockdep_map dep_map;
	struct ldlk_gate gate;
} raw_spinlock_t;

#define LDLK_SPIN_INIT(name, wait_type)                                                            \
	{                                                                                          \
		.dep_map = LDLK_MAP_INIT(#name, NULL, wait_type, LD_WAIT_INV, LD_LOCK_NORMAL)      \
	}
#define __SPIN_LOCK_UNLOCKED(name)     (spinlock_t) LDLK_SPIN_INIT(name, LD_WAIT_CONFIG)
#define __RAW_SPIN_LOCK_UNLOCKED(name) (raw_spinlock_t) LDLK_SPIN_INIT(name, LD_WAIT_SPIN)
#define DEFINE_SPINLOCK(name)          spinlock_t name = LDLK_SPIN_INIT(name, LD_WAIT_CONFIG)
#define DEFINE_RAW_SPINLOCK(name)      raw_spinlock_t name = LDLK_SPIN_INIT(name, LD_WAIT_SPIN)

/* All that both kinds have. Preemption is disabled while one is held; `inside` is a held lock's
 * map, NULL for none. */
#define LDLK_SPIN_OPERATIONS(spin, type, wait_type)                                                \
	static __always_inline void __##spin##_lock_init(                                          \
		type *lock, const char *name, struct lock_class_key *key)                          \
	{                                                                                          \
		lockdep_init_map_wait(&lock->dep_map, name, key, 0, wait_type);                    \
		lock->gate.word = LDLK_GATE_FREE;                                                  \
	}                                                                                          \
	static __always_inline void ldlk_##spin##_take(type *lock)                                 \
	{                                                                                          \
		ldlk_gate_lock(&lock->gate);                                                       \
		ldlk_acquired(&lock->dep_map, LDL_EXCLUSIVE);                                      \
	}                                                                                          \
	static __always_inline void spin##_lock_nested(type *lock, unsigned int subclass)          \
	{                                                                                          \
		ldlk_spin_begin();                                                                 \
		ldlk_acquire(&lock->dep_map, LDL_EXCLUSIVE, subclass);                             \
		ldlk_##spin##_take(lock);                                                          \
	}                                                                                          \
	static __always_inline void ldlk_##spin##_lock_inside(                                     \
		type *lock, struct lockdep_map *inside)                                            \
	{                                                                                          \
		ldlk_spin_begin();                                                                 \
		ldlk_acquire_inside(&lock->dep_map, LDL_EXCLUSIVE, inside);                        \
		ldlk_##spin##_take(lock);                                                          \
	}                                                                                          \
	static __always_inline void spin##_lock(type *lock)                                        \
	{                                                                                          \
		spin##_lock_nested(lock, 0);                                                       \
	}                                                                                          \
	static __always_inline void spin##_lock_irq(type *lock)                                    \
	{                                                                                          \
		local_irq_disable();                                                               \
		spin##_lock(lock);                                                                 \
	}                                                                                          \
	static __always_inline void spin##_lock_bh(type *lock)                                     \
	{                                                                                          \
		local_bh_disable();                                                                \
		spin##_lock(lock);                                                                 \
	}                                                                                          \
	static __always_inline unsigned long ldlk_##spin##_lock_save(                              \
		type *lock, unsigned int subclass)                                                 \
	{                                                                                          \
		unsigned long flags = ldlk_irq_save();                                             \
		spin##_lock_nested(lock, subclass);                                                \
		return flags;                                                                      \
	}                                                                                          \
	static __always_inline int spin##_trylock(type *lock)                                      \
	{                                                                                          \
		ldlk_spin_begin();                                                                 \
		if (ldlk_tried(&lock->dep_map, LDL_EXCLUSIVE, ldlk_gate_try(&lock->gate)))         \
			return 1;                                                                  \
		ldlk_spin_end();                                                                   \
		return 0;                                                                          \
	}                                                                                          \
	static __always_inline int spin##_trylock_irq(type *lock)                                  \
	{                                                                                          \
		local_irq_disable();                                                               \
		if (spin##_trylock(lock))                                                          \
			return 1;                                                                  \
		local_irq_enable();                                                                \
		return 0;                                                                          \
	}                                                                                          \
	static __always_inline int spin##_trylock_bh(type *lock)                                   \
	{                                                                                          \
		local_bh_disable();                                                                \
		if (spin##_trylock(lock))                                                          \
			return 1;                                                                  \
		local_bh_enable();                                                                 \
		return 0;                                                                          \
	}                                                                                          \
	static __always_inline int ldlk_##spin##_trylock_save(type *lock, unsigned long *flags)    \
	{                                                                                          \
		*flags = ldlk_irq_save();                                                          \
		if (spin##_trylock(lock))                                                          \
			return 1;                                                                  \
		ldlk_irq_restore(*flags);                                                          \
		return 0;                                                                          \
	}                                                                                          \
	static __always_inline void spin##_unlock(type *lock)                                      \
	{                                                                                          \
		ldlk_release(&lock->dep_map);                                                      \
		ldlk_gate_unlock(&lock->gate);                                                     \
		ldlk_spin_end();                                                                   \
	}                                                                                          \
	static __always_inline void spin##_unlock_irq(type *lock)                                  \
	{                                                                                          \
		spin##_unlock(lock);                                                               \
		local_irq_enable();                                                                \
	}                                                                                          \
	static __always_inline void spin##_unlock_bh(type *lock)                                   \
	{                                                                                          \
		spin##_unlock(lock);                                                               \
		local_bh_enable();                                                                 \
	}                                                                                          \
	static __always_inline void spin##_unlock_irqrestore(type *lock, unsigned long flags)      \
	{                                                                                          \
		spin##_unlock(lock);                                                               \
		ldlk_irq_restore(flags);                                                           \
	}                                                                                          \
	static __always_inline int spin##_is_locked(const type *lock)                              \
	{                                                                                          \
		return ldlk_gate_is_held(&lock->gate);                                             \
	}                                                                                          \
	static __always_inline int spin##_is_contended(const type *lock)                           \
	{                                                                                          \
		return READ_ONCE(lock->gate.word) == LDLK_GATE_AWAITED;                            \
	}                                                                                          \
	struct ldlk_nothing

LDLK_SPIN_OPERATIONS(spin, spinlock_t, LD_WAIT_CONFIG);
LDLK_SPIN_OPERATIONS(raw_spin, raw_spinlock_t, LD_WAIT_SPIN);

/* The place of the call is the class. */
#define spin_lock_init(lock)                                                                       \
	do {                                                                                       \
		static struct lock_class_key ldlk_key;                                             \
		__spin_lock_init(lock, #lock, &ldlk_key);                                          \
	} while (0)
#define raw_spin_lock_init(lock)                                                                   \
	do {                                                                                       \
		static struct lock_class_key ldlk_key;                                             \
		__raw_spin_lock_init(lock, #lock, &ldlk_key);                                      \
	} while (0)

#define spin_lock_nest_lock(lock, outer)     ldlk_spin_lock_inside(lock, &(outer)->dep_map)
#define raw_spin_lock_nest_lock(lock, outer) ldlk_raw_spin_lock_inside(lock, &(outer)->dep_map)

#define spin_lock_irqsave(lock, flags)     ((flags) = ldlk_spin_lock_save(lock, 0))
#define raw_spin_lock_irqsave(lock, flags) ((flags) = ldlk_raw_spin_lock_save(lock, 0))
#define spin_lock_irqsave_nested(lock, flags, subclass)                                            \
	((flags) = ldlk_spin_lock_save(lock, subclass))
#define raw_spin_lock_irqsave_nested(lock, flags, subclass)                                        \
	((flags) = ldlk_raw_spin_lock_save(lock, subclass))
#define spin_trylock_irqsave(lock, flags)     ldlk_spin_trylock_save(lock, &(flags))
#define raw_spin_trylock_irqsave(lock, flags) ldlk_raw_spin_trylock_save(lock, &(flags))

#define assert_spin_locked(lock)     lockdep_assert_held(lock)
#define assert_raw_spin_locked(lock) lockdep_assert_held(lock)

/* Takes the lock when the counter reaches 0 with this, and says so. */
static __always_inline int atomic_dec_and_lock(atomic_t *atomic, spinlock_t *lock)
{
	if (atomic_add_unless(atomic, -1, 1))
		return 0;
	spin_lock(lock);
	if (atomic_dec_and_test(atomic))
		return 1;
	spin_unlock(lock);
	return 0;
}

#endif
