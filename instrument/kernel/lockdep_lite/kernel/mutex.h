/* SPDX-License-Identifier: MIT
 *
 * struct mutex.
 *
 * A part of <lockdep_lite/kernel.h>. Taking one sleeps when it is held, so that it must not be
 * taken where sleeping is forbidden (rule L13); in a non-blocking section a mutex is no finding by
 * itself, but what its holders wait for may be (rule A1). */
#ifndef LOCKDEP_LITE_KERNEL_MUTEX_H
#define LOCKDEP_LITE_KERNEL_MUTEX_H

#include <lockdep_lite/kernel/gate.h>
#include <lockdep_lite/kernel/lockdep_assert.h>

struct mutex {
	struct lockdep_map dep_map;
	struct ldlk_gate gate;
};

#define __MUTEX_INITIALIZER(name)                                                                  \
	{                                                                                          \
		.dep_map = LDLK_MAP_INIT(#name, NULL, LD_WAIT_SLEEP, LD_WAIT_INV, LD_LOCK_NORMAL)  \
	}
#define DEFINE_MUTEX(name) struct mutex name = __MUTEX_INITIALIZER(name)

static __always_inline void __mutex_init(
	struct mutex *lock, const char *name, struct lock_class_key *key)
{
	lockdep_init_map_wait(&lock->dep_map, name, key, 0, LD_WAIT_SLEEP);
	lock->gate.word = LDLK_GATE_FREE;
}

/* The place of the call is the class. */
#define mutex_init(mutex)                                                                          \
	do {                                                                                       \
		static struct lock_class_key ldlk_key;                                             \
		__mutex_init(mutex, #mutex, &ldlk_key);                                            \
	} while (0)
#define mutex_init_with_key(mutex, key) __mutex_init(mutex, #mutex, key)

static __always_inline void mutex_destroy(struct mutex *lock)
{
	ldlk_map_destroy(&lock->dep_map);
}

/* After the announcement: 0, or -EINTR. */
static __always_inline int ldlk_mutex_take(struct mutex *lock, enum ldlk_patience patience)
{
	return ldlk_settled(&lock->dep_map, LDL_EXCLUSIVE,
		ldlk_gate_lock_until(&lock->gate, patience, LDLK_FOREVER));
}

static __always_inline void mutex_lock_nested(struct mutex *lock, unsigned int subclass)
{
	ldlk_acquire(&lock->dep_map, LDL_EXCLUSIVE, subclass);
	(void)ldlk_mutex_take(lock, LDLK_UNINTERRUPTIBLE);
}

static __always_inline void mutex_lock(struct mutex *lock)
{
	mutex_lock_nested(lock, 0);
}

/* 0, or -EINTR when a signal's handler ran while it waited. */
static __always_inline int __must_check mutex_lock_interruptible_nested(
	struct mutex *lock, unsigned int subclass)
{
	ldlk_acquire(&lock->dep_map, LDL_EXCLUSIVE, subclass);
	return ldlk_mutex_take(lock, LDLK_INTERRUPTIBLE);
}

static __always_inline int __must_check mutex_lock_interruptible(struct mutex *lock)
{
	return mutex_lock_interruptible_nested(lock, 0);
}

/* 0: what would kill the task ends the program here. */
static __always_inline int __must_check mutex_lock_killable_nested(
	struct mutex *lock, unsigned int subclass)
{
	ldlk_acquire(&lock->dep_map, LDL_EXCLUSIVE, subclass);
	return ldlk_mutex_take(lock, LDLK_UNINTERRUPTIBLE);
}

static __always_inline int __must_check mutex_lock_killable(struct mutex *lock)
{
	return mutex_lock_killable_nested(lock, 0);
}

static __always_inline void _mutex_lock_nest_lock(struct mutex *lock, struct lockdep_map *outer)
{
	ldlk_acquire_inside(&lock->dep_map, LDL_EXCLUSIVE, outer);
	(void)ldlk_mutex_take(lock, LDLK_UNINTERRUPTIBLE);
}

static __always_inline int _mutex_lock_killable_nest_lock(
	struct mutex *lock, struct lockdep_map *outer)
{
	ldlk_acquire_inside(&lock->dep_map, LDL_EXCLUSIVE, outer);
	return ldlk_mutex_take(lock, LDLK_UNINTERRUPTIBLE);
}

/* Locks of this lock's class that were taken since `outer` are kept apart by it. */
#define mutex_lock_nest_lock(lock, outer) _mutex_lock_nest_lock(lock, &(outer)->dep_map)
#define mutex_lock_killable_nest_lock(lock, outer)                                                 \
	_mutex_lock_killable_nest_lock(lock, &(outer)->dep_map)

/* The wait counts as one for I/O in the kernel's statistics; there are none here. */
#define mutex_lock_io(lock)                  mutex_lock(lock)
#define mutex_lock_io_nested(lock, subclass) mutex_lock_nested(lock, subclass)

/* 1: taken. */
static __always_inline int mutex_trylock(struct mutex *lock)
{
	return ldlk_tried(&lock->dep_map, LDL_EXCLUSIVE, ldlk_gate_try(&lock->gate));
}

#define mutex_trylock_nest_lock(lock, outer) ((void)(outer), mutex_trylock(lock))

static __always_inline void mutex_unlock(struct mutex *lock)
{
	ldlk_release(&lock->dep_map);
	ldlk_gate_unlock(&lock->gate);
}

static __always_inline bool mutex_is_locked(const struct mutex *lock)
{
	return ldlk_gate_is_held(&lock->gate);
}

/* Takes the mutex when the counter reaches 0 with this, and says so. */
static __always_inline int atomic_dec_and_mutex_lock(atomic_t *atomic, struct mutex *lock)
{
	if (atomic_add_unless(atomic, -1, 1))
		return 0;
	mutex_lock(lock);
	if (atomic_dec_and_test(atomic))
		return 1;
	mutex_unlock(lock);
	return 0;
}

#endif
