/* SPDX-License-Identifier: MIT
 *
 * struct rw_semaphore: sleeping readers and writers.
 *
 * A part of <lockdep_lite/kernel.h>. Readers wait behind waiting writers, always: reading again
 * while reading can deadlock (rule L1), unlike with rwlock_t in interrupts. */
#ifndef LOCKDEP_LITE_KERNEL_RWSEM_H
#define LOCKDEP_LITE_KERNEL_RWSEM_H

#include <lockdep_lite/kernel/lockdep_assert.h>
#include <lockdep_lite/kernel/readers.h>

struct rw_semaphore {
	struct lockdep_map dep_map;
	struct ldlk_readers readers;
};

#define __RWSEM_INITIALIZER(name)                                                                  \
	{                                                                                          \
		.dep_map = LDLK_MAP_INIT(#name, NULL, LD_WAIT_SLEEP, LD_WAIT_INV, LD_LOCK_NORMAL)  \
	}
#define DECLARE_RWSEM(name) struct rw_semaphore name = __RWSEM_INITIALIZER(name)

static __always_inline void __init_rwsem(
	struct rw_semaphore *sem, const char *name, struct lock_class_key *key)
{
	lockdep_init_map_wait(&sem->dep_map, name, key, 0, LD_WAIT_SLEEP);
	sem->readers.word = 0;
}

#define init_rwsem(sem)                                                                            \
	do {                                                                                       \
		static struct lock_class_key ldlk_key;                                             \
		__init_rwsem(sem, #sem, &ldlk_key);                                                \
	} while (0)

/* After the announcement: 0, or -EINTR. `mode` is what was announced. */
static __always_inline int ldlk_rwsem_take(
	struct rw_semaphore *sem, unsigned int mode, enum ldlk_patience patience)
{
	return ldlk_settled(&sem->dep_map, mode,
		ldlk_readers_lock(
			&sem->readers, mode == LDL_SHARED ? LDLK_READ_FAIR : LDLK_WRITE, patience));
}

/* Both sides in all their forms; the interruptible ones return 0, or -EINTR when a signal's handler
 * ran while they waited. Those that are killable never fail: the signal ends the program. */
#define LDLK_RWSEM_OPERATIONS(side, mode, how)                                                     \
	static __always_inline void down_##side##_nested(                                          \
		struct rw_semaphore *sem, unsigned int subclass)                                   \
	{                                                                                          \
		ldlk_acquire(&sem->dep_map, mode, subclass);                                       \
		(void)ldlk_rwsem_take(sem, mode, LDLK_UNINTERRUPTIBLE);                            \
	}                                                                                          \
	static __always_inline void down_##side(struct rw_semaphore *sem)                          \
	{                                                                                          \
		down_##side##_nested(sem, 0);                                                      \
	}                                                                                          \
	static __always_inline int __must_check down_##side##_interruptible(                       \
		struct rw_semaphore *sem)                                                          \
	{                                                                                          \
		ldlk_acquire(&sem->dep_map, mode, 0);                                              \
		return ldlk_rwsem_take(sem, mode, LDLK_INTERRUPTIBLE);                             \
	}                                                                                          \
	static __always_inline int __must_check down_##side##_killable_nested(                     \
		struct rw_semaphore *sem, unsigned int subclass)                                   \
	{                                                                                          \
		ldlk_acquire(&sem->dep_map, mode, subclass);                                       \
		return ldlk_rwsem_take(sem, mode, LDLK_UNINTERRUPTIBLE);                           \
	}                                                                                          \
	static __always_inline int __must_check down_##side##_killable(struct rw_semaphore *sem)   \
	{                                                                                          \
		return down_##side##_killable_nested(sem, 0);                                      \
	}                                                                                          \
	static __always_inline void _down_##side##_nest_lock(                                      \
		struct rw_semaphore *sem, struct lockdep_map *outer)                               \
	{                                                                                          \
		ldlk_acquire_inside(&sem->dep_map, mode, outer);                                   \
		(void)ldlk_rwsem_take(sem, mode, LDLK_UNINTERRUPTIBLE);                            \
	}                                                                                          \
	static __always_inline int down_##side##_trylock(struct rw_semaphore *sem)                 \
	{                                                                                          \
		return ldlk_tried(&sem->dep_map, mode, ldlk_readers_try(&sem->readers, how));      \
	}                                                                                          \
	struct ldlk_nothing

LDLK_RWSEM_OPERATIONS(read, LDL_SHARED, LDLK_READ_FAIR);
LDLK_RWSEM_OPERATIONS(write, LDL_EXCLUSIVE, LDLK_WRITE);

/* Locks of this lock's class that were taken since `outer` are kept apart by it. */
#define down_write_nest_lock(sem, outer) _down_write_nest_lock(sem, &(outer)->dep_map)
#define down_read_nest_lock(sem, outer)  _down_read_nest_lock(sem, &(outer)->dep_map)

static __always_inline void up_read(struct rw_semaphore *sem)
{
	ldlk_release(&sem->dep_map);
	ldlk_readers_unlock_read(&sem->readers);
}

static __always_inline void up_write(struct rw_semaphore *sem)
{
	ldlk_release(&sem->dep_map);
	ldlk_readers_end_write(&sem->readers, 0);
}

/* The writer goes on as a reader, without anybody in between. */
static __always_inline void downgrade_write(struct rw_semaphore *sem)
{
	lock_downgrade(&sem->dep_map, _THIS_IP_);
	ldlk_readers_end_write(&sem->readers, 1);
}

/* To be released by another thread: checked as an acquisition, and then held by nobody. */
static __always_inline void down_read_non_owner(struct rw_semaphore *sem)
{
	ldlk_might_lock(&sem->dep_map, LDL_SHARED, 0);
	(void)ldlk_readers_lock(&sem->readers, LDLK_READ_FAIR, LDLK_UNINTERRUPTIBLE);
}

static __always_inline void up_read_non_owner(struct rw_semaphore *sem)
{
	ldlk_readers_unlock_read(&sem->readers);
}

static __always_inline int rwsem_is_locked(const struct rw_semaphore *sem)
{
	return ldlk_readers_is_held(&sem->readers, LDLK_READERS | LDLK_WRITER);
}

static __always_inline int rwsem_is_contended(const struct rw_semaphore *sem)
{
	return ldlk_readers_is_held(&sem->readers, LDLK_AWAITED);
}

#define rwsem_assert_held(sem)       lockdep_assert_held(sem)
#define rwsem_assert_held_write(sem) lockdep_assert_held_write(sem)

#endif
