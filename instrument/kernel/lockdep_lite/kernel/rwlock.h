/* SPDX-License-Identifier: MIT
 *
 * rwlock_t: spinning readers and writers.
 *
 * A part of <lockdep_lite/kernel.h>. As in the kernel, a reader waits behind a waiting writer,
 * except in an interrupt, which cannot wait for what it may have interrupted. */
#ifndef LOCKDEP_LITE_KERNEL_RWLOCK_H
#define LOCKDEP_LITE_KERNEL_RWLOCK_H

#include <lockdep_lite/kernel/irqflags.h>
#include <lockdep_lite/kernel/readers.h>

typedef struct rwlock {
	struct lockdep_map dep_map;
	struct ldlk_readers readers;
} rwlock_t;

#define LDLK_RWLOCK_INIT(name)                                                                     \
	{                                                                                          \
		.dep_map = LDLK_MAP_INIT(#name, NULL, LD_WAIT_CONFIG, LD_WAIT_INV, LD_LOCK_NORMAL) \
	}
#define __RW_LOCK_UNLOCKED(name) (rwlock_t) LDLK_RWLOCK_INIT(name)
#define DEFINE_RWLOCK(name)      rwlock_t name = LDLK_RWLOCK_INIT(name)

static __always_inline void __rwlock_init(
	rwlock_t *lock, const char *name, struct lock_class_key *key)
{
	lockdep_init_map_wait(&lock->dep_map, name, key, 0, LD_WAIT_CONFIG);
	lock->readers.word = 0;
}

#define rwlock_init(lock)                                                                          \
	do {                                                                                       \
		static struct lock_class_key ldlk_key;                                             \
		__rwlock_init(lock, #lock, &ldlk_key);                                             \
	} while (0)

static __always_inline bool read_lock_is_recursive(void)
{
	return force_read_lock_recursive || in_interrupt();
}

static __always_inline unsigned int ldlk_read_mode(void)
{
	return read_lock_is_recursive() ? LDL_SHARED_RECURSIVE : LDL_SHARED;
}

static __always_inline void read_lock(rwlock_t *lock)
{
	bool recursive = read_lock_is_recursive();

	ldlk_spin_begin();
	if (recursive)
		ldlk_acquire(&lock->dep_map, LDL_SHARED_RECURSIVE, 0);
	else
		ldlk_acquire(&lock->dep_map, LDL_SHARED, 0);
	(void)ldlk_readers_lock(&lock->readers, recursive ? LDLK_READ_OVERTAKING : LDLK_READ_FAIR,
		LDLK_UNINTERRUPTIBLE);
	ldlk_acquired(&lock->dep_map, recursive ? LDL_SHARED_RECURSIVE : LDL_SHARED);
}

static __always_inline void write_lock_nested(rwlock_t *lock, unsigned int subclass)
{
	ldlk_spin_begin();
	ldlk_acquire(&lock->dep_map, LDL_EXCLUSIVE, subclass);
	(void)ldlk_readers_lock(&lock->readers, LDLK_WRITE, LDLK_UNINTERRUPTIBLE);
	ldlk_acquired(&lock->dep_map, LDL_EXCLUSIVE);
}

static __always_inline void write_lock(rwlock_t *lock)
{
	write_lock_nested(lock, 0);
}

static __always_inline void read_unlock(rwlock_t *lock)
{
	ldlk_release(&lock->dep_map);
	ldlk_readers_unlock_read(&lock->readers);
	ldlk_spin_end();
}

static __always_inline void write_unlock(rwlock_t *lock)
{
	ldlk_release(&lock->dep_map);
	ldlk_readers_end_write(&lock->readers, 0);
	ldlk_spin_end();
}

/* The forms that both sides have. */
#define LDLK_RWLOCK_OPERATIONS(side, mode, how)                                                    \
	static __always_inline int side##_trylock(rwlock_t *lock)                                  \
	{                                                                                          \
		ldlk_spin_begin();                                                                 \
		if (ldlk_tried(&lock->dep_map, mode, ldlk_readers_try(&lock->readers, how)))       \
			return 1;                                                                  \
		ldlk_spin_end();                                                                   \
		return 0;                                                                          \
	}                                                                                          \
	static __always_inline int ldlk_##side##_trylock_save(                                     \
		rwlock_t *lock, unsigned long *flags)                                              \
	{                                                                                          \
		*flags = ldlk_irq_save();                                                          \
		if (side##_trylock(lock))                                                          \
			return 1;                                                                  \
		ldlk_irq_restore(*flags);                                                          \
		return 0;                                                                          \
	}                                                                                          \
	static __always_inline void side##_lock_irq(rwlock_t *lock)                                \
	{                                                                                          \
		local_irq_disable();                                                               \
		side##_lock(lock);                                                                 \
	}                                                                                          \
	static __always_inline void side##_lock_bh(rwlock_t *lock)                                 \
	{                                                                                          \
		local_bh_disable();                                                                \
		side##_lock(lock);                                                                 \
	}                                                                                          \
	static __always_inline unsigned long ldlk_##side##_lock_save(rwlock_t *lock)               \
	{                                                                                          \
		unsigned long flags = ldlk_irq_save();                                             \
		side##_lock(lock);                                                                 \
		return flags;                                                                      \
	}                                                                                          \
	static __always_inline void side##_unlock_irq(rwlock_t *lock)                              \
	{                                                                                          \
		side##_unlock(lock);                                                               \
		local_irq_enable();                                                                \
	}                                                                                          \
	static __always_inline void side##_unlock_bh(rwlock_t *lock)                               \
	{                                                                                          \
		side##_unlock(lock);                                                               \
		local_bh_enable();                                                                 \
	}                                                                                          \
	static __always_inline void side##_unlock_irqrestore(rwlock_t *lock, unsigned long flags)  \
	{                                                                                          \
		side##_unlock(lock);                                                               \
		ldlk_irq_restore(flags);                                                           \
	}                                                                                          \
	struct ldlk_nothing

LDLK_RWLOCK_OPERATIONS(read, ldlk_read_mode(), LDLK_READ_OVERTAKING);
LDLK_RWLOCK_OPERATIONS(write, LDL_EXCLUSIVE, LDLK_WRITE);

#define read_lock_irqsave(lock, flags)     ((flags) = ldlk_read_lock_save(lock))
#define write_lock_irqsave(lock, flags)    ((flags) = ldlk_write_lock_save(lock))
#define read_trylock_irqsave(lock, flags)  ldlk_read_trylock_save(lock, &(flags))
#define write_trylock_irqsave(lock, flags) ldlk_write_trylock_save(lock, &(flags))

#define rwlock_is_contended(lock) (!!((lock)->readers.word & LDLK_AWAITED))

#endif
