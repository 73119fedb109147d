/* SPDX-License-Identifier: MIT
 *
 * lockdep-lite: finds the deadlocks that a program could have, from runs in which it had none.
 *
 * This is the annotation API: for locks that the preload library cannot see (custom spin locks,
 * futex locks, lock words in shared memory, locks of other languages through FFI), for what only
 * the program knows (which locks form one class, which order is meant, which nesting is wanted),
 * and, in the headers included at the end, for the waits that are no locks: allocations that may
 * reclaim, contexts that must not block, reserves, events.
 * Unmodified pthread and C11 programs need none of it: `lockdep-lite run -- PROGRAM`.
 *
 * Linking. `pkg-config --cflags --libs lockdep-lite` is all a build needs. Two ways to pay nothing:
 * compile with LDL_DISABLE and every call is an empty expression; or define LDL_WEAK before the
 * include and link without the library: calls are one test of a weak symbol, and come alive
 * when the program runs under `lockdep-lite run`, whose preload library answers them.
 *
 * Contexts. Unless a call says otherwise it may be used from any thread at any time: in signal
 * handlers, inside malloc, in a forked child. No call sets errno, allocates from the program's
 * heap, waits for the program's locks, or fails in a way the program must handle. What cannot be
 * tracked is counted and shown in the report.
 *
 * Cost. A lock and unlock of known chains: 1 to 2 ns and no shared write. A new class, chain or
 * edge: some microseconds, once.
 */
#ifndef LOCKDEP_LITE_H
#define LOCKDEP_LITE_H

#include <stddef.h>

#include <lockdep_lite/api.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LDL_VERSION_MAJOR 0
#define LDL_VERSION_MINOR 2

/* A lock class, as ldl_class() made it; 0 means "let the checker tell the classes apart", by the
 * place of initialisation, the lock's static address or its first acquisition. */
typedef unsigned int ldl_class_t;

/* How a lock is taken: one of the first three, with any of the others. */
enum ldl_lock_mode {
	LDL_EXCLUSIVE = 0,        /* a mutex, a spin lock, a writer */
	LDL_SHARED = 1,           /* a reader that waits behind a waiting writer (fair locks) */
	LDL_SHARED_RECURSIVE = 3, /* a reader that overtakes a waiting writer: reading again while
		       * reading cannot block. glibc's default kind, read_lock() */
	LDL_TRY = 4,              /* does not wait: nothing is ever blocked on this acquisition */
	LDL_TIMED = 8             /* the wait ends by itself: cycles through it are "bounded" */
};

/* Properties of one lock, for ldl_lock_init(). */
enum ldl_lock_flags {
	LDL_LOCK_RECURSIVE = 1, /* its holder may take it again */
	LDL_LOCK_FAIR = 4,      /* shared mode: all its readers wait behind a waiting writer */
	LDL_LOCK_VIRTUAL = 64   /* orders other locks and keeps nobody out: several threads may be
		       * inside at one time, so it makes no cycle harmless (verdict "gated") */
};

/* Properties of a class, for ldl_class(). */
enum ldl_class_properties {
	/* Nesting two locks of the class is an error unless declared (ldl_nest, subclasses), as in
	 * the kernel. The default. */
	LDL_CLASS_STRICT = 0,
	/* Which lock of the class goes inside which is learned lock by lock: any consistent order
	 * is silent (by address, by tree, by index), a cycle among locks of the class is reported.
	 */
	LDL_CLASS_BY_INSTANCE = 2,
	/* Locks of the class are checked against interrupt contexts: see ldl_irq_enter(). */
	LDL_CLASS_IRQ = 8,
	/* Each processor has its own: an interrupt's cycle does not go through the class, though
	 * other cycles do. Kernel: local_lock_t. */
	LDL_CLASS_PERCPU = 32
};

#if defined(LDL_DISABLE)

#define ldl_class(name, properties)                   ((void)(name), (void)(properties), 0u)
#define ldl_class_keyed(key, name, props)             ((void)(key), (void)(name), (void)(props), 0u)
#define ldl_class_wait_types(cls, outer, inner)       ((void)(cls), (void)(outer), (void)(inner))
#define ldl_lock_class(lock)                          ((void)(lock), 0u)
#define ldl_lock_init(lock, cls, flags)               ((void)(lock), (void)(cls), (void)(flags))
#define ldl_lock_acquire(lock, mode)                  ((void)(lock), (void)(mode))
#define ldl_lock_acquire_nested(lock, mode, subclass) ((void)(lock), (void)(mode), (void)(subclass))
#define ldl_lock_acquire_inside(lock, mode, outer)    ((void)(lock), (void)(mode), (void)(outer))
#define ldl_lock_acquired(lock, mode)                 ((void)(lock), (void)(mode))
#define ldl_lock_failed(lock)                         ((void)(lock))
#define ldl_lock_release(lock)                        ((void)(lock))
#define ldl_lock_downgrade(lock)                      ((void)(lock))
#define ldl_lock_destroy(lock)                        ((void)(lock))
#define ldl_nest(lock, outer)                         ((void)(lock), (void)(outer))
#define ldl_order(outer, inner)                       ((void)(outer), (void)(inner))
#define ldl_assert_held(lock)                         ((void)(lock))
#define ldl_assert_not_held(lock)                     ((void)(lock))
#define ldl_is_held(lock)                             ((void)(lock), -1)
#define ldl_finding_count()                           (0u)
#define ldl_reset()                                   ((void)0)

#else

/* Makes, or finds, the class called `name` (1 to 1023 bytes, any text; copied). The same name is
 * the same class in every thread, process and run. `properties`: ldl_class_properties bits; those
 * of the first call stay. 0 when the class table is full, or when checking is off: any call below
 * takes that 0. Kernel: struct lock_class_key with lockdep_init_map(). */
LDL_API ldl_class_t ldl_class(const char *name, unsigned int properties);

/* The same for a class that is known by an address in the program, not by its name alone: two keys
 * with one name are two classes. `key`: best a static object, which makes it the same class in
 * every run. Kernel: struct lock_class_key. */
LDL_API ldl_class_t ldl_class_keyed(const void *key, const char *name, unsigned int properties);

/* What taking a lock of the class may wait for (`outer`), and what may be waited for while it is
 * held (`inner`): ldl_wait_type values, 0 for "not checked"; an outer of 0 means the inner one.
 * Rule L13. Kernel: lockdep_init_map_waits(). */
LDL_API void ldl_class_wait_types(ldl_class_t cls, unsigned int outer, unsigned int inner);

/* The class of a known lock; 0: it is not known yet. */
LDL_API ldl_class_t ldl_lock_class(const void *lock);

/* Tells that a lock begins its life at address `lock` (only its address is used; it is never read).
 * `flags`: ldl_lock_flags bits. Without this call a lock is met at its first acquisition. What was
 * known of an older lock at the address is forgotten. A finding when that older lock is held by
 * this thread (rule L8). */
LDL_API void ldl_lock_init(const void *lock, ldl_class_t cls, unsigned int flags);

/* To be called before an acquisition that may wait: checks it against all that is held, so that a
 * deadlock is reported before it happens. Must be followed, in the same thread, by exactly one of
 * ldl_lock_acquired() and ldl_lock_failed(). `mode`: ldl_lock_mode bits; with LDL_TRY it waits for
 * nothing, and is not checked. */
LDL_API void ldl_lock_acquire(const void *lock, unsigned int mode);

/* The same for a lock that is taken inside another of its class on purpose: `subclass` 1 to 7
 * names the level (0 is ldl_lock_acquire). Kernel: mutex_lock_nested(). */
LDL_API void ldl_lock_acquire_nested(const void *lock, unsigned int mode, unsigned int subclass);

/* The same for a lock that is taken inside others of its class because `outer` keeps them apart:
 * those of its class that were taken after `outer` are no recursion. A finding when this thread
 * does not hold `outer` (rule L14). Kernel: mutex_lock_nest_lock(), ww_mutex. */
LDL_API void ldl_lock_acquire_inside(const void *lock, unsigned int mode, const void *outer);

/* The lock is held from here on, in `mode`. After ldl_lock_acquire(), or, with LDL_TRY, alone
 * after a try that succeeded. */
LDL_API void ldl_lock_acquired(const void *lock, unsigned int mode);

/* The acquisition that ldl_lock_acquire() announced did not happen: timeout, error, interruption.
 */
LDL_API void ldl_lock_failed(const void *lock);

/* The lock is no longer held by this thread; call it before or right after the real release. Locks
 * may be released in any order. A finding when the thread does not hold it (rules L6, L7). */
LDL_API void ldl_lock_release(const void *lock);

/* An exclusive hold becomes a shared one without being released. Kernel: downgrade_write(). */
LDL_API void ldl_lock_downgrade(const void *lock);

/* The lock's life ends; its address may be used for something else. What its class has learned
 * stays. A finding when this thread holds it (rule L9). */
LDL_API void ldl_lock_destroy(const void *lock);

/* Declares that locks of `lock`'s class may be taken inside one another in any order by a thread
 * that holds `outer` (or any lock of its class). Both must be known. Kernel:
 * mutex_lock_nest_lock(). */
LDL_API void ldl_nest(const void *lock, const void *outer);

/* Declares that `inner`'s class is taken while `outer`'s is held, never the other way round, and
 * primes the graph with it: the first acquisition against it is a finding (rule L3), even if
 * nothing ever takes them in the declared order. Kernel: might_lock_nested() at start-up, as in
 * lockdep's fs_reclaim priming. */
LDL_API void ldl_order(const void *outer, const void *inner);

/* A finding (rule L10) when this thread does not (or: does) hold the lock in any mode. */
LDL_API void ldl_assert_held(const void *lock);
LDL_API void ldl_assert_not_held(const void *lock);

/* 1: this thread holds the lock; 0: it does not; -1: not known (not watched, overflow). */
LDL_API int ldl_is_held(const void *lock);

/* Number of different findings of this process so far. */
LDL_API unsigned int ldl_finding_count(void);

/* Forgets everything: classes, locks, edges, findings; held locks are taken as released. For test
 * suites that check cases one after the other. No other thread may be inside a call, and
 * ldl_class_t values become invalid. */
LDL_API void ldl_reset(void);

#ifdef LDL_WEAK
/* Without the library the weak symbols are NULL: each call tests its own. */
#define ldl_class(name, properties) (ldl_class ? ldl_class(name, properties) : 0u)
#define ldl_class_keyed(key, name, properties)                                                     \
	(ldl_class_keyed ? ldl_class_keyed(key, name, properties) : 0u)
#define ldl_class_wait_types(cls, outer, inner)                                                    \
	(ldl_class_wait_types ? ldl_class_wait_types(cls, outer, inner) : (void)0)
#define ldl_lock_class(lock)            (ldl_lock_class ? ldl_lock_class(lock) : 0u)
#define ldl_lock_init(lock, cls, flags) (ldl_lock_init ? ldl_lock_init(lock, cls, flags) : (void)0)
#define ldl_lock_acquire(lock, mode)    (ldl_lock_acquire ? ldl_lock_acquire(lock, mode) : (void)0)
#define ldl_lock_acquire_nested(lock, mode, subclass)                                              \
	(ldl_lock_acquire_nested ? ldl_lock_acquire_nested(lock, mode, subclass) : (void)0)
#define ldl_lock_acquire_inside(lock, mode, outer)                                                 \
	(ldl_lock_acquire_inside ? ldl_lock_acquire_inside(lock, mode, outer) : (void)0)
#define ldl_lock_acquired(lock, mode) (ldl_lock_acquired ? ldl_lock_acquired(lock, mode) : (void)0)
#define ldl_lock_failed(lock)         (ldl_lock_failed ? ldl_lock_failed(lock) : (void)0)
#define ldl_lock_release(lock)        (ldl_lock_release ? ldl_lock_release(lock) : (void)0)
#define ldl_lock_downgrade(lock)      (ldl_lock_downgrade ? ldl_lock_downgrade(lock) : (void)0)
#define ldl_lock_destroy(lock)        (ldl_lock_destroy ? ldl_lock_destroy(lock) : (void)0)
#define ldl_nest(lock, outer)         (ldl_nest ? ldl_nest(lock, outer) : (void)0)
#define ldl_order(outer, inner)       (ldl_order ? ldl_order(outer, inner) : (void)0)
#define ldl_assert_held(lock)         (ldl_assert_held ? ldl_assert_held(lock) : (void)0)
#define ldl_assert_not_held(lock)     (ldl_assert_not_held ? ldl_assert_not_held(lock) : (void)0)
#define ldl_is_held(lock)             (ldl_is_held ? ldl_is_held(lock) : -1)
#define ldl_finding_count()           (ldl_finding_count ? ldl_finding_count() : 0u)
#define ldl_reset()                   (ldl_reset ? ldl_reset() : (void)0)
#endif

#endif /* LDL_DISABLE */

#include <lockdep_lite/gfp.h>

#include <lockdep_lite/context.h>
#include <lockdep_lite/memory.h>
#include <lockdep_lite/reserve.h>

#ifdef __cplusplus
}
#endif
#endif
