/* SPDX-License-Identifier: MIT
 *
 * guard() and scoped_guard(): locks that are released where their scope ends.
 *
 * A part of <lockdep_lite/kernel.h>.
 *
 *	guard(mutex)(&lock);			until the end of the block
 *	scoped_guard(spinlock_irqsave, &lock) {	until the end of this one
 *	}
 *
 * A guard of one's own: DEFINE_GUARD(name, type, take, drop), where the statements call the object
 * _T. Also __free(name), for pointers, with DEFINE_FREE(name, type, drop). */
#ifndef LOCKDEP_LITE_KERNEL_CLEANUP_H
#define LOCKDEP_LITE_KERNEL_CLEANUP_H

#include <lockdep_lite/kernel/local_lock.h>
#include <lockdep_lite/kernel/mutex.h>
#include <lockdep_lite/kernel/rcupdate.h>
#include <lockdep_lite/kernel/rwlock.h>
#include <lockdep_lite/kernel/rwsem.h>
#include <lockdep_lite/kernel/spinlock.h>

#define __cleanup(function) __attribute__((__cleanup__(function)))

#define DEFINE_FREE(name, type, drop)                                                              \
	static __always_inline void __free_##name(void *ldlk_pointer)                              \
	{                                                                                          \
		type _T = *(type *)ldlk_pointer;                                                   \
		drop;                                                                              \
	}                                                                                          \
	struct ldlk_nothing
#define __free(name) __cleanup(__free_##name)

/* Hands a pointer on: its __free() has nothing to do any more. */
#define no_free_ptr(pointer)                                                                       \
	({                                                                                         \
		__typeof__(pointer) ldlk_kept = (pointer);                                         \
		(pointer) = NULL;                                                                  \
		ldlk_kept;                                                                         \
	})
#define return_ptr(pointer) return no_free_ptr(pointer)

#define DEFINE_GUARD(name, type, take, drop)                                                       \
	typedef type class_##name##_t;                                                             \
	static __always_inline void class_##name##_destructor(type *ldlk_object)                   \
	{                                                                                          \
		type _T = *ldlk_object;                                                            \
		if (_T) {                                                                          \
			drop;                                                                      \
		}                                                                                  \
	}                                                                                          \
	static __always_inline type class_##name##_constructor(type _T)                            \
	{                                                                                          \
		take;                                                                              \
		return _T;                                                                         \
	}                                                                                          \
	struct ldlk_nothing

/* The same for a lock that leaves flags to be restored. */
#define DEFINE_LOCK_GUARD_FLAGS(name, type, take, drop)                                            \
	typedef struct {                                                                           \
		type *lock;                                                                        \
		unsigned long flags;                                                               \
	} class_##name##_t;                                                                        \
	static __always_inline void class_##name##_destructor(class_##name##_t *_T)                \
	{                                                                                          \
		drop;                                                                              \
	}                                                                                          \
	static __always_inline class_##name##_t class_##name##_constructor(type *lock)             \
	{                                                                                          \
		class_##name##_t ldlk_guard = {.lock = lock, .flags = 0}, *_T = &ldlk_guard;       \
		take;                                                                              \
		return ldlk_guard;                                                                 \
	}                                                                                          \
	struct ldlk_nothing

/* The same for what has no object. */
#define DEFINE_LOCK_GUARD_0(name, take, drop)                                                      \
	typedef int class_##name##_t;                                                              \
	static __always_inline void class_##name##_destructor(int *ldlk_object)                    \
	{                                                                                          \
		(void)ldlk_object;                                                                 \
		drop;                                                                              \
	}                                                                                          \
	static __always_inline int class_##name##_constructor(void)                                \
	{                                                                                          \
		take;                                                                              \
		return 1;                                                                          \
	}                                                                                          \
	struct ldlk_nothing

#define CLASS(name, variable)                                                                      \
	class_##name##_t variable __maybe_unused __cleanup(class_##name##_destructor) =            \
		class_##name##_constructor
#define guard(name) CLASS(name, __UNIQUE_ID(guard))
/* As many as there are in a function have names of their own. */
#define scoped_guard(name, ...) ldlk_scoped_guard(name, __UNIQUE_ID(done), __VA_ARGS__)
#define ldlk_scoped_guard(name, done, ...)                                                         \
	for (int done = 0; !done; done = 1)                                                        \
		for (CLASS(name, __UNIQUE_ID(scope))(__VA_ARGS__); !done; done = 1)

DEFINE_GUARD(mutex, struct mutex *, mutex_lock(_T), mutex_unlock(_T));
DEFINE_GUARD(rwsem_read, struct rw_semaphore *, down_read(_T), up_read(_T));
DEFINE_GUARD(rwsem_write, struct rw_semaphore *, down_write(_T), up_write(_T));
DEFINE_GUARD(spinlock, spinlock_t *, spin_lock(_T), spin_unlock(_T));
DEFINE_GUARD(spinlock_irq, spinlock_t *, spin_lock_irq(_T), spin_unlock_irq(_T));
DEFINE_GUARD(spinlock_bh, spinlock_t *, spin_lock_bh(_T), spin_unlock_bh(_T));
DEFINE_GUARD(raw_spinlock, raw_spinlock_t *, raw_spin_lock(_T), raw_spin_unlock(_T));
DEFINE_GUARD(raw_spinlock_irq, raw_spinlock_t *, raw_spin_lock_irq(_T), raw_spin_unlock_irq(_T));
DEFINE_GUARD(read_lock, rwlock_t *, read_lock(_T), read_unlock(_T));
DEFINE_GUARD(write_lock, rwlock_t *, write_lock(_T), write_unlock(_T));
DEFINE_GUARD(local_lock, local_lock_t *, local_lock(_T), local_unlock(_T));
DEFINE_LOCK_GUARD_FLAGS(spinlock_irqsave, spinlock_t, spin_lock_irqsave(_T->lock, _T->flags),
	spin_unlock_irqrestore(_T->lock, _T->flags));
DEFINE_LOCK_GUARD_FLAGS(raw_spinlock_irqsave, raw_spinlock_t,
	raw_spin_lock_irqsave(_T->lock, _T->flags),
	raw_spin_unlock_irqrestore(_T->lock, _T->flags));
DEFINE_LOCK_GUARD_FLAGS(srcu, struct srcu_struct,
	_T->flags = (unsigned long)srcu_read_lock(_T->lock),
	srcu_read_unlock(_T->lock, (int)_T->flags));
DEFINE_LOCK_GUARD_0(preempt, preempt_disable(), preempt_enable());
DEFINE_LOCK_GUARD_0(irq, local_irq_disable(), local_irq_enable());
DEFINE_LOCK_GUARD_0(rcu, rcu_read_lock(), rcu_read_unlock());

#endif
