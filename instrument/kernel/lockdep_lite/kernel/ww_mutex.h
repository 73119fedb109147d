/* SPDX-License-Identifier: MIT
 *
 * struct ww_mutex: mutexes that are taken in any order, in an acquire context, and back off.
 *
 * A part of <lockdep_lite/kernel.h>. Contexts have ages. Of two that would wait for each other, the
 * older one goes first: in a wait-die class (DEFINE_WD_CLASS) the younger one gives up at once when
 * it finds a lock held by an older one; in a wound-wait class (DEFINE_WW_CLASS) the older one
 * wounds the holder, which gives up at its next wait. Who gives up gets -EDEADLK, releases all that
 * its context holds, takes the contended lock with ww_mutex_lock_slow(), and starts again.
 *
 * The rules that callers break, each a finding (rule L14): see ldlk_ww_check_use(). All mutexes of
 * a class share a word that those who wait for any of them sleep on: waiters are few and waits are
 * short, and ages can be compared without a lock per mutex. */
#ifndef LOCKDEP_LITE_KERNEL_WW_MUTEX_H
#define LOCKDEP_LITE_KERNEL_WW_MUTEX_H

#include <lockdep_lite/kernel/mutex.h>

struct ww_class {
	unsigned long stamp;    /* the age of the last context */
	struct ldlk_gate guard; /* of the contexts of all held mutexes of the class */
	unsigned int changes;   /* what waiters sleep on */
	unsigned int waiters;
	bool is_wait_die;
	struct lock_class_key acquire_key, mutex_key;
	const char *acquire_name, *mutex_name;
};

#define LDLK_WW_CLASS(name, wait_die)                                                              \
	{                                                                                          \
		.is_wait_die = (wait_die), .acquire_name = #name "_acquire",                       \
		.mutex_name = #name "_mutex"                                                       \
	}
#define DEFINE_WD_CLASS(name) struct ww_class name = LDLK_WW_CLASS(name, true)
#define DEFINE_WW_CLASS(name) struct ww_class name = LDLK_WW_CLASS(name, false)

struct ww_acquire_ctx {
	struct lockdep_map dep_map;
	struct ww_class *ww_class;
	unsigned long stamp;   /* less is older */
	unsigned int acquired; /* mutexes that it holds */
	unsigned int wounded;
	bool done_acquire;
	struct ww_mutex *contending_lock; /* for which it got -EDEADLK */
};

struct ww_mutex {
	struct mutex base;
	struct ww_acquire_ctx *ctx; /* of the holder; guarded by the class's guard */
	struct ww_class *ww_class;
};

#define __WW_MUTEX_INITIALIZER(name, class)                                                        \
	{                                                                                          \
		.base.dep_map = LDLK_MAP_INIT("ww_mutex", &(class)->mutex_key, LD_WAIT_SLEEP,      \
			LD_WAIT_INV, LD_LOCK_NORMAL),                                              \
		.ww_class = (class)                                                                \
	}
#define DEFINE_WD_MUTEX(name, class) struct ww_mutex name = __WW_MUTEX_INITIALIZER(name, class)
#define DEFINE_WW_MUTEX(name, class) struct ww_mutex name = __WW_MUTEX_INITIALIZER(name, class)

static __always_inline void ww_mutex_init(struct ww_mutex *lock, struct ww_class *ww_class)
{
	__mutex_init(&lock->base, ww_class->mutex_name, &ww_class->mutex_key);
	lock->ctx = NULL;
	lock->ww_class = ww_class;
}

static __always_inline void ww_mutex_destroy(struct ww_mutex *lock)
{
	mutex_destroy(&lock->base);
}

static __always_inline bool ww_mutex_is_locked(const struct ww_mutex *lock)
{
	return mutex_is_locked(&lock->base);
}

/* Begins to take locks. One context of a class at a time in a thread. */
static __always_inline void ww_acquire_init(struct ww_acquire_ctx *ctx, struct ww_class *ww_class)
{
	*ctx = (struct ww_acquire_ctx){
		.ww_class = ww_class,
		.stamp = __atomic_add_fetch(&ww_class->stamp, 1, __ATOMIC_RELAXED),
	};
	lockdep_init_map_type(&ctx->dep_map, ww_class->acquire_name, &ww_class->acquire_key, 0,
		LD_WAIT_INV, LD_WAIT_INV, LDLK_LOCK_VIRTUAL);
	mutex_acquire(&ctx->dep_map, 0, 0, _RET_IP_);
}

/* All locks are taken. May be left out. */
static __always_inline void ww_acquire_done(struct ww_acquire_ctx *ctx)
{
	ldlk_assert_held(&ctx->dep_map, true);
	ldlk_assert(!ctx->done_acquire, &ctx->dep_map, "ww_acquire_done() was called twice");
	ctx->done_acquire = true;
}

/* The context's locks are all released. */
static __always_inline void ww_acquire_fini(struct ww_acquire_ctx *ctx)
{
	mutex_release(&ctx->dep_map, _THIS_IP_);
	ldlk_assert(!ctx->acquired, &ctx->dep_map, "ww_acquire_fini() while mutexes are held");
	ctx->done_acquire = true;
}

static inline bool ldlk_ww_is_older(const struct ww_acquire_ctx *a, const struct ww_acquire_ctx *b)
{
	return (long)(a->stamp - b->stamp) < 0;
}

/* Something changed that waiters may go by. */
LDLK_SLOW void ldlk_ww_notify(struct ww_class *ww_class)
{
	__atomic_fetch_add(&ww_class->changes, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&ww_class->waiters, __ATOMIC_SEQ_CST))
		ldlk_futex_wake(&ww_class->changes, INT_MAX);
}

/* Whether `ctx` has to give up on a lock that is held. Guarded. */
static inline bool ldlk_ww_must_die(const struct ww_mutex *lock, struct ww_acquire_ctx *ctx)
{
	if (!ctx->acquired)
		return false;
	if (lock->ww_class->is_wait_die)
		return lock->ctx && ldlk_ww_is_older(lock->ctx, ctx);
	return __atomic_load_n(&ctx->wounded, __ATOMIC_RELAXED);
}

/* One try: 0 the lock is ours; -EDEADLK give up; -EAGAIN wait. `is_stale`: it was free, and yet had
 * a context. */
LDLK_SLOW int ldlk_ww_try(struct ww_mutex *lock, struct ww_acquire_ctx *ctx, bool *is_stale)
{
	struct ww_acquire_ctx *holder;
	bool wounds = false;
	int result = -EAGAIN;

	ldlk_gate_lock(&lock->ww_class->guard);
	holder = lock->ctx;
	if (ldlk_gate_try(&lock->base.gate)) {
		*is_stale = holder;
		WRITE_ONCE(lock->ctx, ctx);
		result = 0;
	} else if (ctx && ldlk_ww_must_die(lock, ctx)) {
		result = -EDEADLK;
	} else if (ctx && holder && !lock->ww_class->is_wait_die && ldlk_ww_is_older(ctx, holder)) {
		wounds = !__atomic_exchange_n(&holder->wounded, 1, __ATOMIC_RELAXED);
	}
	ldlk_gate_unlock(&lock->ww_class->guard);
	/* Another holder: who waits may have to give up, or wound it. */
	if (wounds || !result)
		ldlk_ww_notify(lock->ww_class);
	return result;
}

/* 0, -EDEADLK or -EINTR. */
LDLK_SLOW int ldlk_ww_wait(struct ww_mutex *lock, struct ww_acquire_ctx *ctx,
	enum ldlk_patience patience, bool *is_stale)
{
	struct ww_class *ww_class = lock->ww_class;
	unsigned int seen;
	int result, error = 0;

	__atomic_fetch_add(&ww_class->waiters, 1, __ATOMIC_SEQ_CST);
	do {
		seen = __atomic_load_n(&ww_class->changes, __ATOMIC_SEQ_CST);
		result = ldlk_ww_try(lock, ctx, is_stale);
		if (result == -EAGAIN && lockdep_no_block) {
			WRITE_ONCE(lock->ctx, ctx);
			result = 0;
		}
		if (result == -EAGAIN)
			error = ldlk_futex_wait_patiently(
				&ww_class->changes, seen, patience, LDLK_FOREVER);
	} while (result == -EAGAIN && !error);
	__atomic_fetch_sub(&ww_class->waiters, 1, __ATOMIC_SEQ_CST);
	return error ? error : result;
}

/* What a caller may get wrong, looked at when the lock has been taken. */
static __always_inline void ldlk_ww_check_use(
	struct ww_mutex *lock, struct ww_acquire_ctx *ctx, bool is_stale)
{
	struct lockdep_map *map = &lock->base.dep_map;

	ldlk_assert(!is_stale, map, "a free ww_mutex still had the context of a former holder");
	ldlk_assert(!ctx->done_acquire, map, "taken after ww_acquire_done()");
	ldlk_assert(ctx->ww_class == lock->ww_class, map, "taken in a context of another ww_class");
	if (!ctx->contending_lock)
		return;
	ldlk_assert(ctx->contending_lock == lock, map,
		"after -EDEADLK another mutex was taken before the contended one");
	ldlk_assert(
		!ctx->acquired, map, "after -EDEADLK not all mutexes of the context were released");
	ctx->contending_lock = NULL;
}

static __always_inline int ldlk_ww_give_up(struct ww_mutex *lock, struct ww_acquire_ctx *ctx)
{
	ldlk_assert(!ctx->contending_lock, &lock->base.dep_map,
		"after -EDEADLK another mutex was tried before the contended one was taken");
	ctx->contending_lock = lock;
	return -EDEADLK;
}

static __always_inline int ldlk_ww_lock_ctx(
	struct ww_mutex *lock, struct ww_acquire_ctx *ctx, enum ldlk_patience patience)
{
	bool is_stale = false;
	int result;

	if (READ_ONCE(lock->ctx) == ctx)
		return -EALREADY;
	if (!ctx->acquired)
		__atomic_store_n(&ctx->wounded, 0, __ATOMIC_RELAXED);
	/* To give up at once is no wait, hence no acquisition. */
	result = ldlk_ww_try(lock, ctx, &is_stale);
	if (result == -EDEADLK)
		return ldlk_ww_give_up(lock, ctx);
	ldlk_acquire_inside(&lock->base.dep_map, LDL_EXCLUSIVE, &ctx->dep_map);
	if (result == -EAGAIN)
		result = ldlk_ww_wait(lock, ctx, patience, &is_stale);
	if (ldlk_settled(&lock->base.dep_map, LDL_EXCLUSIVE, result))
		return result == -EDEADLK ? ldlk_ww_give_up(lock, ctx) : result;
	ldlk_ww_check_use(lock, ctx, is_stale);
	WRITE_ONCE(ctx->acquired, ctx->acquired + 1);
	return 0;
}

static __always_inline int ldlk_ww_lock_plain(struct ww_mutex *lock, enum ldlk_patience patience)
{
	bool is_stale;

	ldlk_acquire(&lock->base.dep_map, LDL_EXCLUSIVE, 0);
	return ldlk_settled(
		&lock->base.dep_map, LDL_EXCLUSIVE, ldlk_ww_wait(lock, NULL, patience, &is_stale));
}

/* 0; -EDEADLK: back off; -EALREADY: the context holds it. `ctx` may be NULL: a mutex like any. */
static __always_inline int ww_mutex_lock(struct ww_mutex *lock, struct ww_acquire_ctx *ctx)
{
	return ctx ? ldlk_ww_lock_ctx(lock, ctx, LDLK_UNINTERRUPTIBLE)
		   : ldlk_ww_lock_plain(lock, LDLK_UNINTERRUPTIBLE);
}

/* The same, or -EINTR when a signal's handler ran while it waited. */
static __always_inline int __must_check ww_mutex_lock_interruptible(
	struct ww_mutex *lock, struct ww_acquire_ctx *ctx)
{
	return ctx ? ldlk_ww_lock_ctx(lock, ctx, LDLK_INTERRUPTIBLE)
		   : ldlk_ww_lock_plain(lock, LDLK_INTERRUPTIBLE);
}

/* After -EDEADLK for this lock, with nothing held in the context: waits as long as it takes. */
static __always_inline void ww_mutex_lock_slow(struct ww_mutex *lock, struct ww_acquire_ctx *ctx)
{
	ldlk_assert(ctx->contending_lock, &lock->base.dep_map,
		"ww_mutex_lock_slow() without an -EDEADLK before it");
	(void)ww_mutex_lock(lock, ctx);
}

static __always_inline int __must_check ww_mutex_lock_slow_interruptible(
	struct ww_mutex *lock, struct ww_acquire_ctx *ctx)
{
	ldlk_assert(ctx->contending_lock, &lock->base.dep_map,
		"ww_mutex_lock_slow() without an -EDEADLK before it");
	return ww_mutex_lock_interruptible(lock, ctx);
}

LDLK_SLOW bool ldlk_ww_try_free(struct ww_mutex *lock, struct ww_acquire_ctx *ctx, bool *is_stale)
{
	bool is_taken;

	ldlk_gate_lock(&lock->ww_class->guard);
	is_taken = ldlk_gate_try(&lock->base.gate);
	if (is_taken) {
		*is_stale = lock->ctx;
		WRITE_ONCE(lock->ctx, ctx);
	}
	ldlk_gate_unlock(&lock->ww_class->guard);
	if (is_taken)
		ldlk_ww_notify(lock->ww_class);
	return is_taken;
}

/* 1: taken. `ctx` may be NULL. */
static __always_inline int __must_check ww_mutex_trylock(
	struct ww_mutex *lock, struct ww_acquire_ctx *ctx)
{
	bool is_stale = false;

	if (ctx && !ctx->acquired)
		__atomic_store_n(&ctx->wounded, 0, __ATOMIC_RELAXED);
	if (!ldlk_tried(&lock->base.dep_map, LDL_EXCLUSIVE, ldlk_ww_try_free(lock, ctx, &is_stale)))
		return 0;
	if (ctx) {
		ldlk_ww_check_use(lock, ctx, is_stale);
		WRITE_ONCE(ctx->acquired, ctx->acquired + 1);
	}
	return 1;
}

static __always_inline void ww_mutex_unlock(struct ww_mutex *lock)
{
	struct ww_class *ww_class = lock->ww_class;
	struct ww_acquire_ctx *ctx = READ_ONCE(lock->ctx);

	if (ctx) {
		ldlk_assert(ctx->acquired, &lock->base.dep_map,
			"released in a context that holds no mutex");
		if (ctx->acquired)
			WRITE_ONCE(ctx->acquired, ctx->acquired - 1);
	}
	ldlk_gate_lock(&ww_class->guard);
	WRITE_ONCE(lock->ctx, NULL);
	ldlk_gate_unlock(&ww_class->guard);
	mutex_unlock(&lock->base);
	ldlk_ww_notify(ww_class);
}

#endif
