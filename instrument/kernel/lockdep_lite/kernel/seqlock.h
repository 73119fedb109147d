/* SPDX-License-Identifier: MIT
 *
 * Sequence counters and seqlock_t: readers that try again when a writer came in between.
 *
 * A part of <lockdep_lite/kernel.h>. A reader that meets a writer spins until it is done, so a
 * writer is a lock to the checker, and a reader one that takes it for a moment: a writer must not
 * be interrupted by a reader (rule L12), nor read inside. A counter that is associated with a lock
 * (seqcount_spinlock_t …) asserts that the lock is held by its writers (rule L10). */
#ifndef LOCKDEP_LITE_KERNEL_SEQLOCK_H
#define LOCKDEP_LITE_KERNEL_SEQLOCK_H

#include <lockdep_lite/kernel/mutex.h>
#include <lockdep_lite/kernel/rwlock.h>
#include <lockdep_lite/kernel/spinlock.h>

typedef struct seqcount {
	struct lockdep_map dep_map;
	unsigned int sequence; /* odd: a writer is at work */
} seqcount_t;

#define SEQCNT_ZERO(name)                                                                          \
	{                                                                                          \
		.dep_map = LDLK_MAP_INIT(#name, NULL, LD_WAIT_INV, LD_WAIT_INV, LD_LOCK_NORMAL)    \
	}

static __always_inline void __seqcount_init(
	seqcount_t *seqcount, const char *name, struct lock_class_key *key)
{
	lockdep_init_map(&seqcount->dep_map, name, key, 0);
	seqcount->sequence = 0;
}

#define seqcount_init(seqcount)                                                                    \
	do {                                                                                       \
		static struct lock_class_key ldlk_key;                                             \
		__seqcount_init(seqcount, #seqcount, &ldlk_key);                                   \
	} while (0)

/* An associated counter; usable wherever a plain one is, by its first member. */
#define LDLK_SEQCOUNT_OF(lockname, type)                                                           \
	typedef struct seqcount_##lockname {                                                       \
		seqcount_t seqcount;                                                               \
		type *lock;                                                                        \
	} seqcount_##lockname##_t
LDLK_SEQCOUNT_OF(spinlock, spinlock_t);
LDLK_SEQCOUNT_OF(raw_spinlock, raw_spinlock_t);
LDLK_SEQCOUNT_OF(rwlock, rwlock_t);
LDLK_SEQCOUNT_OF(mutex, struct mutex);

#define LDLK_SEQCOUNT_INIT(counter, its_lock)                                                      \
	do {                                                                                       \
		seqcount_init(&(counter)->seqcount);                                               \
		(counter)->lock = (its_lock);                                                      \
	} while (0)
#define seqcount_spinlock_init(counter, lock)     LDLK_SEQCOUNT_INIT(counter, lock)
#define seqcount_raw_spinlock_init(counter, lock) LDLK_SEQCOUNT_INIT(counter, lock)
#define seqcount_rwlock_init(counter, lock)       LDLK_SEQCOUNT_INIT(counter, lock)
#define seqcount_mutex_init(counter, lock)        LDLK_SEQCOUNT_INIT(counter, lock)
#define SEQCNT_SPINLOCK_ZERO(name, lock_address)                                                   \
	{                                                                                          \
		SEQCNT_ZERO(name), (lock_address)                                                  \
	}
#define SEQCNT_MUTEX_ZERO(name, lock_address)                                                      \
	{                                                                                          \
		SEQCNT_ZERO(name), (lock_address)                                                  \
	}

/* The counter of any kind, and the map of the lock it is associated with, if any. */
#define ldlk_seqcount(counter) ((seqcount_t *)(counter))
#define ldlk_seqcount_map(counter)                                                                 \
	_Generic((counter), seqcount_t *: NULL, const seqcount_t *: NULL,                          \
		default: ldlk_seqcount_lock_map(                                                   \
			(const struct seqcount_spinlock *)(const void *)(counter)))

/* A map is its lock's first member, whatever kind of lock that is. */
static inline struct lockdep_map *ldlk_seqcount_lock_map(const struct seqcount_spinlock *counter)
{
	return (struct lockdep_map *)counter->lock;
}

#define raw_read_seqcount(counter)                                                                 \
	__atomic_load_n(&ldlk_seqcount(counter)->sequence, __ATOMIC_ACQUIRE)

LDLK_SLOW unsigned int ldlk_seqcount_begin(const seqcount_t *seqcount)
{
	unsigned int sequence;

	while ((sequence = __atomic_load_n(&seqcount->sequence, __ATOMIC_ACQUIRE)) & 1) {
		if (lockdep_no_block)
			break;
		sched_yield();
	}
	return sequence & ~1u;
}

/* As if the reader took the lock for a moment; with interrupts off, since it holds nothing that a
 * handler that writes would wait for. */
static __always_inline unsigned int ldlk_read_seqcount_begin(seqcount_t *seqcount)
{
	unsigned long flags = ldlk_irq_save();

	ldlk_might_lock(&seqcount->dep_map, LDL_SHARED_RECURSIVE, 0);
	ldlk_irq_restore(flags);
	return ldlk_seqcount_begin(seqcount);
}

#define read_seqcount_begin(counter)       ldlk_read_seqcount_begin(ldlk_seqcount(counter))
#define __read_seqcount_begin(counter)     ldlk_seqcount_begin(ldlk_seqcount(counter))
#define raw_read_seqcount_begin(counter)   ldlk_seqcount_begin(ldlk_seqcount(counter))
#define raw_seqcount_begin(counter)        (raw_read_seqcount(counter) & ~1u)
#define __read_seqcount_retry(counter, at) ldlk_read_seqcount_retry(ldlk_seqcount(counter), at)
#define read_seqcount_retry(counter, at)   ldlk_read_seqcount_retry(ldlk_seqcount(counter), at)

/* What was read since read_seqcount_begin() is to be read again. */
static inline int ldlk_read_seqcount_retry(const seqcount_t *seqcount, unsigned int at)
{
	smp_rmb();
	return __atomic_load_n(&seqcount->sequence, __ATOMIC_RELAXED) != at;
}

static inline void ldlk_seqcount_step(seqcount_t *seqcount)
{
	__atomic_fetch_add(&seqcount->sequence, 1, __ATOMIC_SEQ_CST);
	smp_wmb();
}

static __always_inline void ldlk_write_seqcount_begin(
	seqcount_t *seqcount, struct lockdep_map *lock, unsigned int subclass)
{
	if (lock)
		ldlk_assert_held(lock, true);
	ldlk_acquire(&seqcount->dep_map, LDL_EXCLUSIVE, subclass);
	ldlk_acquired(&seqcount->dep_map, LDL_EXCLUSIVE);
	ldlk_seqcount_step(seqcount);
}

static __always_inline void ldlk_write_seqcount_end(seqcount_t *seqcount)
{
	ldlk_release(&seqcount->dep_map);
	ldlk_seqcount_step(seqcount);
}

/* Writers exclude each other by other means. */
#define write_seqcount_begin(counter)                                                              \
	ldlk_write_seqcount_begin(ldlk_seqcount(counter), ldlk_seqcount_map(counter), 0)
#define write_seqcount_begin_nested(counter, subclass)                                             \
	ldlk_write_seqcount_begin(ldlk_seqcount(counter), ldlk_seqcount_map(counter), subclass)
#define write_seqcount_end(counter)       ldlk_write_seqcount_end(ldlk_seqcount(counter))
#define raw_write_seqcount_begin(counter) ldlk_seqcount_step(ldlk_seqcount(counter))
#define raw_write_seqcount_end(counter)   ldlk_seqcount_step(ldlk_seqcount(counter))
#define write_seqcount_invalidate(counter)                                                         \
	((void)__atomic_fetch_add(&ldlk_seqcount(counter)->sequence, 2, __ATOMIC_SEQ_CST))

typedef struct {
	seqcount_t seqcount;
	spinlock_t lock; /* of the writers */
} seqlock_t;

#define __SEQLOCK_UNLOCKED(name)                                                                   \
	{                                                                                          \
		.seqcount = SEQCNT_ZERO(name), .lock = LDLK_SPIN_INIT(name, LD_WAIT_CONFIG)        \
	}
#define DEFINE_SEQLOCK(name) seqlock_t name = __SEQLOCK_UNLOCKED(name)
#define seqlock_init(seqlock)                                                                      \
	do {                                                                                       \
		spin_lock_init(&(seqlock)->lock);                                                  \
		seqcount_init(&(seqlock)->seqcount);                                               \
	} while (0)

#define read_seqbegin(seqlock)     read_seqcount_begin(&(seqlock)->seqcount)
#define read_seqretry(seqlock, at) read_seqcount_retry(&(seqlock)->seqcount, at)

/* Readers that keep writers away: the writers' lock alone. */
#define read_seqlock_excl(seqlock)       spin_lock(&(seqlock)->lock)
#define read_sequnlock_excl(seqlock)     spin_unlock(&(seqlock)->lock)
#define read_seqlock_excl_irq(seqlock)   spin_lock_irq(&(seqlock)->lock)
#define read_sequnlock_excl_irq(seqlock) spin_unlock_irq(&(seqlock)->lock)
#define read_seqlock_excl_bh(seqlock)    spin_lock_bh(&(seqlock)->lock)
#define read_sequnlock_excl_bh(seqlock)  spin_unlock_bh(&(seqlock)->lock)

static __always_inline void write_seqlock(seqlock_t *seqlock)
{
	spin_lock(&seqlock->lock);
	write_seqcount_begin(&seqlock->seqcount);
}

static __always_inline void write_sequnlock(seqlock_t *seqlock)
{
	write_seqcount_end(&seqlock->seqcount);
	spin_unlock(&seqlock->lock);
}

static __always_inline void write_seqlock_irq(seqlock_t *seqlock)
{
	local_irq_disable();
	write_seqlock(seqlock);
}

static __always_inline void write_sequnlock_irq(seqlock_t *seqlock)
{
	write_sequnlock(seqlock);
	local_irq_enable();
}

static __always_inline void write_seqlock_bh(seqlock_t *seqlock)
{
	local_bh_disable();
	write_seqlock(seqlock);
}

static __always_inline void write_sequnlock_bh(seqlock_t *seqlock)
{
	write_sequnlock(seqlock);
	local_bh_enable();
}

static __always_inline unsigned long ldlk_write_seqlock_save(seqlock_t *seqlock)
{
	unsigned long flags = ldlk_irq_save();

	write_seqlock(seqlock);
	return flags;
}
#define write_seqlock_irqsave(seqlock, flags) ((flags) = ldlk_write_seqlock_save(seqlock))

static __always_inline void write_sequnlock_irqrestore(seqlock_t *seqlock, unsigned long flags)
{
	write_sequnlock(seqlock);
	ldlk_irq_restore(flags);
}

#endif
