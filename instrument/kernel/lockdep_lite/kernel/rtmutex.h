/* SPDX-License-Identifier: MIT
 *
 * struct rt_mutex: a mutex whose holder inherits the priority of who waits for it.
 *
 * A part of <lockdep_lite/kernel.h>. Checked as the kernel's; priorities are left as they are. */
#ifndef LOCKDEP_LITE_KERNEL_RTMUTEX_H
#define LOCKDEP_LITE_KERNEL_RTMUTEX_H

#include <lockdep_lite/kernel/gate.h>
#include <lockdep_lite/kernel/lockdep_assert.h>

struct rt_mutex {
	struct lockdep_map dep_map;
	struct ldlk_gate gate;
};

#define __RT_MUTEX_INITIALIZER(name)                                                               \
	{                                                                                          \
		.dep_map = LDLK_MAP_INIT(#name, NULL, LD_WAIT_SLEEP, LD_WAIT_INV, LD_LOCK_NORMAL)  \
	}
#define DEFINE_RT_MUTEX(name) struct rt_mutex name = __RT_MUTEX_INITIALIZER(name)

static __always_inline void __rt_mutex_init(
	struct rt_mutex *lock, const char *name, struct lock_class_key *key)
{
	lockdep_init_map_wait(&lock->dep_map, name, key, 0, LD_WAIT_SLEEP);
	lock->gate.word = LDLK_GATE_FREE;
}

#define rt_mutex_init(mutex)                                                                       \
	do {                                                                                       \
		static struct lock_class_key ldlk_key;                                             \
		__rt_mutex_init(mutex, #mutex, &ldlk_key);                                         \
	} while (0)

static __always_inline void rt_mutex_destroy(struct rt_mutex *lock)
{
	ldlk_map_destroy(&lock->dep_map);
}

static __always_inline int ldlk_rt_mutex_take(struct rt_mutex *lock, enum ldlk_patience patience)
{
	return ldlk_settled(&lock->dep_map, LDL_EXCLUSIVE,
		ldlk_gate_lock_until(&lock->gate, patience, LDLK_FOREVER));
}

static __always_inline void rt_mutex_lock_nested(struct rt_mutex *lock, unsigned int subclass)
{
	ldlk_acquire(&lock->dep_map, LDL_EXCLUSIVE, subclass);
	(void)ldlk_rt_mutex_take(lock, LDLK_UNINTERRUPTIBLE);
}

static __always_inline void rt_mutex_lock(struct rt_mutex *lock)
{
	rt_mutex_lock_nested(lock, 0);
}

static __always_inline void _rt_mutex_lock_nest_lock(
	struct rt_mutex *lock, struct lockdep_map *outer)
{
	ldlk_acquire_inside(&lock->dep_map, LDL_EXCLUSIVE, outer);
	(void)ldlk_rt_mutex_take(lock, LDLK_UNINTERRUPTIBLE);
}
#define rt_mutex_lock_nest_lock(lock, outer) _rt_mutex_lock_nest_lock(lock, &(outer)->dep_map)

/* 0, or -EINTR when a signal's handler ran while it waited. */
static __always_inline int __must_check rt_mutex_lock_interruptible(struct rt_mutex *lock)
{
	ldlk_acquire(&lock->dep_map, LDL_EXCLUSIVE, 0);
	return ldlk_rt_mutex_take(lock, LDLK_INTERRUPTIBLE);
}

static __always_inline int __must_check rt_mutex_lock_killable(struct rt_mutex *lock)
{
	ldlk_acquire(&lock->dep_map, LDL_EXCLUSIVE, 0);
	return ldlk_rt_mutex_take(lock, LDLK_UNINTERRUPTIBLE);
}

/* 1: taken. */
static __always_inline int rt_mutex_trylock(struct rt_mutex *lock)
{
	return ldlk_tried(&lock->dep_map, LDL_EXCLUSIVE, ldlk_gate_try(&lock->gate));
}

static __always_inline void rt_mutex_unlock(struct rt_mutex *lock)
{
	ldlk_release(&lock->dep_map);
	ldlk_gate_unlock(&lock->gate);
}

static __always_inline bool rt_mutex_is_locked(const struct rt_mutex *lock)
{
	return ldlk_gate_is_held(&lock->gate);
}

#endif
