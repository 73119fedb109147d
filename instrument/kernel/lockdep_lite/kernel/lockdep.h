/* SPDX-License-Identifier: MIT
 *
 * lock_acquire() and lock_release(), by all the names that the kernel has for them.
 *
 * A part of <lockdep_lite/kernel.h>: for locks of one's own making, and the means by which the
 * header's own locks are checked. An acquisition is announced before it can wait, so that a
 * deadlock is reported and not only met; then it has either happened or failed. */
#ifndef LOCKDEP_LITE_KERNEL_LOCKDEP_H
#define LOCKDEP_LITE_KERNEL_LOCKDEP_H

#include <lockdep_lite/kernel/lockdep_map.h>

#define SINGLE_DEPTH_NESTING 1

/* Where the code is; the checker finds that out by itself. */
#define _THIS_IP_ 0ul
#define _RET_IP_  ((unsigned long)__builtin_return_address(0))

/* Says that this acquisition is wanted. `mode`: LDL_EXCLUSIVE, LDL_SHARED … */
static __always_inline void ldlk_acquire(
	struct lockdep_map *map, unsigned int mode, unsigned int subclass)
{
	if (!ldlk_map_is_watched(map))
		return;
	ldlk_map_know(map);
	if (!subclass)
		subclass = map->subclass;
	if (unlikely(subclass))
		ldl_lock_acquire_nested(map, mode, subclass);
	else if (!(mode & LDL_TRY))
		ldl_lock_acquire(map, mode);
}

/* The same for a lock whose order among its class is settled by `outer`, which is held. */
static __always_inline void ldlk_acquire_inside(
	struct lockdep_map *map, unsigned int mode, struct lockdep_map *outer)
{
	if (!ldlk_map_is_watched(map))
		return;
	ldlk_map_know(map);
	if (mode & LDL_TRY)
		return;
	ldlk_map_know(outer);
	ldl_lock_acquire_inside(map, mode, outer);
}

/* The lock is held from here on. After an announcement, or, with LDL_TRY, without one. */
static __always_inline void ldlk_acquired(struct lockdep_map *map, unsigned int mode)
{
	if (!(mode & LDL_SHARED))
		ldlk_map_set_owner(map, &ldlk_thread);
	ldlk_thread.lockdep_depth++;
	if (!ldlk_map_is_watched(map))
		return;
	if (mode & LDL_TRY)
		ldlk_map_know(map);
	ldl_lock_acquired(map, mode);
}

/* The wait that was announced ended without the lock. */
static __always_inline void ldlk_failed(struct lockdep_map *map)
{
	if (ldlk_map_is_watched(map))
		ldl_lock_failed(map);
}

/* A try that found the lock taken: nothing came of it, but it was tried (rule A8). */
static __always_inline void ldlk_try_failed(struct lockdep_map *map, unsigned int mode)
{
	if (!ldlk_map_is_watched(map))
		return;
	ldlk_map_know(map);
	ldl_lock_acquire(map, mode | LDL_TRY);
	ldl_lock_failed(map);
}

/* A try's result, 1 or 0, told and handed on. */
static __always_inline int ldlk_tried(struct lockdep_map *map, unsigned int mode, bool is_taken)
{
	if (likely(is_taken))
		ldlk_acquired(map, mode | LDL_TRY);
	else
		ldlk_try_failed(map, mode);
	return is_taken;
}

/* Announced, then held or not: `result` is 0 or an error, and is handed on. */
static __always_inline int ldlk_settled(struct lockdep_map *map, unsigned int mode, int result)
{
	if (likely(!result))
		ldlk_acquired(map, mode);
	else
		ldlk_failed(map);
	return result;
}

static __always_inline void ldlk_release(struct lockdep_map *map)
{
	if (unlikely(map->pin_count))
		ldl_misuse(map, "released while it is pinned");
	if (ldlk_map_is_mine(map))
		ldlk_map_set_owner(map, NULL);
	if (ldlk_thread.lockdep_depth > 0)
		ldlk_thread.lockdep_depth--;
	if (!ldlk_map_is_watched(map))
		return;
	ldlk_map_know(map);
	ldl_lock_release(map);
}

/* The engine's mode of the kernel's `read`: 0 exclusive, 1 a reader, 2 a recursive one. */
static __always_inline unsigned int ldlk_mode(int trylock, int read)
{
	unsigned int mode = read == 2   ? LDL_SHARED_RECURSIVE
			    : read == 1 ? LDL_SHARED
					: LDL_EXCLUSIVE;

	return mode | (trylock ? LDL_TRY : 0);
}

/* Tells that a lock is acquired: checked, then held at once. `check` 0: nothing is
 * ordered before it. `nest_lock`: NULL, or what keeps locks of this class apart. */
static __always_inline void lock_acquire(struct lockdep_map *map, unsigned int subclass,
	int trylock, int read, int check, struct lockdep_map *nest_lock, unsigned long ip)
{
	unsigned int mode = ldlk_mode(trylock || !check, read);

	(void)ip;
	if (nest_lock)
		ldlk_acquire_inside(map, mode, nest_lock);
	else
		ldlk_acquire(map, mode, subclass);
	ldlk_acquired(map, mode);
}

static __always_inline void lock_release(struct lockdep_map *map, unsigned long ip)
{
	(void)ip;
	ldlk_release(map);
}

/* Waits for all who hold the lock, and does not keep it: synchronize_srcu(), a flush. */
static __always_inline void lock_sync(struct lockdep_map *map, unsigned int subclass, int read,
	int check, struct lockdep_map *nest_lock, unsigned long ip)
{
	(void)ip;
	if (!check)
		return;
	if (nest_lock)
		ldlk_acquire_inside(map, ldlk_mode(0, read), nest_lock);
	else
		ldlk_acquire(map, ldlk_mode(0, read), subclass);
	ldlk_failed(map);
}

/* Statistics in the kernel; measured elsewhere here. */
#define lock_contended(map, ip) ((void)(map))
#define lock_acquired(map, ip)  ((void)(map))

/* The held lock, taken exclusively, is a reader's from here on. */
static __always_inline void lock_downgrade(struct lockdep_map *map, unsigned long ip)
{
	(void)ip;
	ldlk_map_set_owner(map, NULL);
	if (!ldlk_map_is_watched(map))
		return;
	ldlk_map_know(map);
	ldl_lock_downgrade(map);
}

/* Gives a held lock another class: it is released and taken again, checked, as one of that class.
 */
static __always_inline void lock_set_class(struct lockdep_map *map, const char *name,
	struct lock_class_key *key, unsigned int subclass, unsigned long ip)
{
	bool is_exclusive = ldlk_map_is_mine(map);

	lock_release(map, ip);
	lockdep_init_map_type(map, name, key, (int)subclass, map->wait_type_inner,
		map->wait_type_outer, map->lock_type);
	lock_acquire(map, 0, 0, is_exclusive ? 0 : 1, 1, NULL, ip);
}

static __always_inline void lock_set_subclass(
	struct lockdep_map *map, unsigned int subclass, unsigned long ip)
{
	lock_set_class(map, map->name, (struct lock_class_key *)(uintptr_t)map->key, subclass, ip);
}

#define lock_acquire_exclusive(map, s, t, n, i)        lock_acquire(map, s, t, 0, 1, n, i)
#define lock_acquire_shared(map, s, t, n, i)           lock_acquire(map, s, t, 1, 1, n, i)
#define lock_acquire_shared_recursive(map, s, t, n, i) lock_acquire(map, s, t, 2, 1, n, i)

#define spin_acquire(map, s, t, i)         lock_acquire_exclusive(map, s, t, NULL, i)
#define spin_acquire_nest(map, s, t, n, i) lock_acquire_exclusive(map, s, t, n, i)
#define spin_release(map, i)               lock_release(map, i)
#define rwlock_acquire(map, s, t, i)       lock_acquire_exclusive(map, s, t, NULL, i)
#define rwlock_acquire_read(map, s, t, i)                                                          \
	lock_acquire(map, s, t, read_lock_is_recursive() ? 2 : 1, 1, NULL, i)
#define rwlock_release(map, i)                lock_release(map, i)
#define seqcount_acquire(map, s, t, i)        lock_acquire_exclusive(map, s, t, NULL, i)
#define seqcount_acquire_read(map, s, t, i)   lock_acquire_shared_recursive(map, s, t, NULL, i)
#define seqcount_release(map, i)              lock_release(map, i)
#define mutex_acquire(map, s, t, i)           lock_acquire_exclusive(map, s, t, NULL, i)
#define mutex_acquire_nest(map, s, t, n, i)   lock_acquire_exclusive(map, s, t, n, i)
#define mutex_release(map, i)                 lock_release(map, i)
#define rwsem_acquire(map, s, t, i)           lock_acquire_exclusive(map, s, t, NULL, i)
#define rwsem_acquire_nest(map, s, t, n, i)   lock_acquire_exclusive(map, s, t, n, i)
#define rwsem_acquire_read(map, s, t, i)      lock_acquire_shared(map, s, t, NULL, i)
#define rwsem_release(map, i)                 lock_release(map, i)
#define rtmutex_acquire(map, s, t, i)         lock_acquire_exclusive(map, s, t, NULL, i)
#define rtmutex_acquire_nest(map, s, t, n, i) lock_acquire_exclusive(map, s, t, n, i)
#define rtmutex_release(map, i)               lock_release(map, i)

#define lock_map_acquire(map)         lock_acquire_exclusive(map, 0, 0, NULL, _THIS_IP_)
#define lock_map_acquire_try(map)     lock_acquire_exclusive(map, 0, 1, NULL, _THIS_IP_)
#define lock_map_acquire_read(map)    lock_acquire_shared_recursive(map, 0, 0, NULL, _THIS_IP_)
#define lock_map_acquire_tryread(map) lock_acquire_shared_recursive(map, 0, 1, NULL, _THIS_IP_)
#define lock_map_release(map)         lock_release(map, _THIS_IP_)
#define lock_map_sync(map)            lock_sync(map, 0, 0, 1, NULL, _THIS_IP_)

/* Says that this place may take the lock, whether it will or not: rules are checked as if it did.
 */
static __always_inline void ldlk_might_lock(
	struct lockdep_map *map, unsigned int mode, unsigned int subclass)
{
	ldlk_acquire(map, mode, subclass);
	ldlk_failed(map);
}

#define might_lock(lock)                  ldlk_might_lock(&(lock)->dep_map, LDL_EXCLUSIVE, 0)
#define might_lock_read(lock)             ldlk_might_lock(&(lock)->dep_map, LDL_SHARED, 0)
#define might_lock_nested(lock, subclass) ldlk_might_lock(&(lock)->dep_map, LDL_EXCLUSIVE, subclass)

/* The checker does not hear of this thread's locks in between. What is taken before is to be
 * released after, and the other way round. */
static __always_inline void lockdep_off(void)
{
	ldlk_thread.lockdep_off++;
}

static __always_inline void lockdep_on(void)
{
	ldlk_thread.lockdep_off--;
}

#endif
