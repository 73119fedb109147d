/* SPDX-License-Identifier: MIT
 *
 * DMA fences, and the sections of code that have to end before a fence is signalled.
 *
 * All fences are one lock to the checker. A wait takes it for a moment; a signalling section holds
 * it, beginning one waits for nothing. So a section that waits for a fence, or for a lock that is
 * held over such a wait anywhere, is a cycle. And since fences may be waited for in MMU notifiers,
 * which every allocation that reclaims may have to wait for, so is one that allocates with more
 * than GFP_NOWAIT or GFP_ATOMIC. */
#ifndef LOCKDEP_LITE_KERNEL_DMA_FENCE_H
#define LOCKDEP_LITE_KERNEL_DMA_FENCE_H

#include <lockdep_lite/kernel/kmalloc.h>
#include <lockdep_lite/kernel/spinlock.h>
#include <lockdep_lite/kernel/time.h>

struct dma_fence;
struct dma_fence_cb;

typedef void (*dma_fence_func_t)(struct dma_fence *fence, struct dma_fence_cb *callback);

struct dma_fence_cb {
	struct list_head node;
	dma_fence_func_t func; /* called under the fence's lock, in a signalling section */
};

struct dma_fence_ops {
	const char *(*get_driver_name)(struct dma_fence *fence);
	const char *(*get_timeline_name)(struct dma_fence *fence);
	bool (*enable_signaling)(struct dma_fence *fence); /* false: it is signalled already */
	bool (*signaled)(struct dma_fence *fence);
	signed long (*wait)(struct dma_fence *fence, bool intr, signed long timeout);
	void (*release)(struct dma_fence *fence); /* NULL: kfree() */
};

enum dma_fence_flag_bits {
	DMA_FENCE_FLAG_SIGNALED_BIT,
	DMA_FENCE_FLAG_TIMESTAMP_BIT,
	DMA_FENCE_FLAG_ENABLE_SIGNAL_BIT,
	DMA_FENCE_FLAG_USER_BITS
};

struct dma_fence {
	spinlock_t *lock; /* of the list, and of who signals */
	const struct dma_fence_ops *ops;
	struct list_head cb_list;
	u64 context, seqno;
	unsigned long flags;
	refcount_t refcount;
	int error;
	unsigned int ldlk_done; /* changes when it is signalled */
};

/* Stands for all fences. */
LDLK_GLOBAL char ldlk_fence_map;
LDLK_GLOBAL u64 ldlk_fence_contexts;

/* Names it, and tells that notifiers may wait for it. Once in each life of the checker. */
static __always_inline void ldlk_fence_prime(void)
{
	if (likely(ldl_lock_class(&ldlk_fence_map)))
		return;
	ldl_lock_init(&ldlk_fence_map, ldl_class("dma_fence", LDL_CLASS_STRICT), 0);
	ldl_notifier_lock(&ldlk_fence_map, &ldlk_fence_map);
}

/* From here to the matching end is code that a fence's signal waits for. Nests; the result is for
 * the end. Where nothing can sleep nothing needs to be said. */
static __always_inline bool dma_fence_begin_signalling(void)
{
	if (in_atomic() || ldl_is_held(&ldlk_fence_map) == 1)
		return true;
	ldlk_fence_prime();
	ldl_lock_acquired(&ldlk_fence_map, LDL_SHARED | LDL_TRY);
	return false;
}

static __always_inline void dma_fence_end_signalling(bool cookie)
{
	if (!cookie)
		ldl_lock_release(&ldlk_fence_map);
}

/* This place may wait for a fence. */
static __always_inline void __dma_fence_might_wait(void)
{
	might_sleep();
	ldlk_fence_prime();
	ldl_lock_acquire(&ldlk_fence_map, LDL_EXCLUSIVE);
	ldl_lock_failed(&ldlk_fence_map);
}

/* A number of contexts, in each of which seqno says which fence comes first. */
static inline u64 dma_fence_context_alloc(unsigned int count)
{
	return __atomic_fetch_add(&ldlk_fence_contexts, count, __ATOMIC_RELAXED) + 1;
}

static inline void dma_fence_init(struct dma_fence *fence, const struct dma_fence_ops *ops,
	spinlock_t *lock, u64 context, u64 seqno)
{
	*fence = (struct dma_fence){.lock = lock, .ops = ops, .context = context, .seqno = seqno};
	INIT_LIST_HEAD(&fence->cb_list);
	refcount_set(&fence->refcount, 1);
}

static inline struct dma_fence *dma_fence_get(struct dma_fence *fence)
{
	if (fence)
		refcount_inc(&fence->refcount);
	return fence;
}

static __always_inline void dma_fence_put(struct dma_fence *fence)
{
	if (!fence || !refcount_dec_and_test(&fence->refcount))
		return;
	if (fence->ops->release)
		fence->ops->release(fence);
	else
		kfree(fence);
}

static inline bool ldlk_fence_test(const struct dma_fence *fence, int bit)
{
	return __atomic_load_n(&fence->flags, __ATOMIC_ACQUIRE) & BIT(bit);
}

/* True: the bit was set before. */
static inline bool ldlk_fence_test_and_set(struct dma_fence *fence, int bit)
{
	return __atomic_fetch_or(&fence->flags, BIT(bit), __ATOMIC_ACQ_REL) & BIT(bit);
}

/* Signals a fence whose lock is held; -EINVAL when that was done before. */
static __always_inline int dma_fence_signal_locked(struct dma_fence *fence)
{
	struct dma_fence_cb *callback;

	lockdep_assert_held(fence->lock);
	if (ldlk_fence_test_and_set(fence, DMA_FENCE_FLAG_SIGNALED_BIT))
		return -EINVAL;
	while (!list_empty(&fence->cb_list)) {
		callback = list_first_entry(&fence->cb_list, struct dma_fence_cb, node);
		list_del_init(&callback->node);
		callback->func(fence, callback);
	}
	ldlk_wake(&fence->ldlk_done);
	return 0;
}

static __always_inline int dma_fence_signal(struct dma_fence *fence)
{
	bool cookie = dma_fence_begin_signalling();
	unsigned long flags;
	int error;

	spin_lock_irqsave(fence->lock, flags);
	error = dma_fence_signal_locked(fence);
	spin_unlock_irqrestore(fence->lock, flags);
	dma_fence_end_signalling(cookie);
	return error;
}

static __always_inline bool dma_fence_is_signaled(struct dma_fence *fence)
{
	if (ldlk_fence_test(fence, DMA_FENCE_FLAG_SIGNALED_BIT))
		return true;
	if (!fence->ops->signaled || !fence->ops->signaled(fence))
		return false;
	dma_fence_signal(fence);
	return true;
}

/* Asks for the signal, once; with the lock held. False: it is there already. */
static __always_inline bool ldlk_fence_enable(struct dma_fence *fence)
{
	if (ldlk_fence_test(fence, DMA_FENCE_FLAG_SIGNALED_BIT))
		return false;
	if (ldlk_fence_test_and_set(fence, DMA_FENCE_FLAG_ENABLE_SIGNAL_BIT) ||
		!fence->ops->enable_signaling || fence->ops->enable_signaling(fence))
		return true;
	dma_fence_signal_locked(fence);
	return false;
}

static __always_inline void dma_fence_enable_sw_signaling(struct dma_fence *fence)
{
	unsigned long flags;

	spin_lock_irqsave(fence->lock, flags);
	ldlk_fence_enable(fence);
	spin_unlock_irqrestore(fence->lock, flags);
}

/* Has `func` called when the fence is signalled; -ENOENT when it is, and then it is not called. */
static __always_inline int dma_fence_add_callback(
	struct dma_fence *fence, struct dma_fence_cb *callback, dma_fence_func_t func)
{
	unsigned long flags;
	bool is_pending;

	INIT_LIST_HEAD(&callback->node);
	callback->func = func;
	spin_lock_irqsave(fence->lock, flags);
	is_pending = ldlk_fence_enable(fence);
	if (is_pending)
		list_add_tail(&callback->node, &fence->cb_list);
	spin_unlock_irqrestore(fence->lock, flags);
	return is_pending ? 0 : -ENOENT;
}

/* False: it was called, or is not on the list. */
static __always_inline bool dma_fence_remove_callback(
	struct dma_fence *fence, struct dma_fence_cb *callback)
{
	unsigned long flags;
	bool is_removed;

	spin_lock_irqsave(fence->lock, flags);
	is_removed = !list_empty(&callback->node);
	list_del_init(&callback->node);
	spin_unlock_irqrestore(fence->lock, flags);
	return is_removed;
}

/* The wait itself: ticks that were left, at least 1; 0: the time is over; -ERESTARTSYS. */
static __always_inline signed long dma_fence_default_wait(
	struct dma_fence *fence, bool intr, signed long timeout)
{
	u64 deadline = ldlk_deadline(timeout);
	unsigned int seen = __atomic_load_n(&fence->ldlk_done, __ATOMIC_ACQUIRE);

	dma_fence_enable_sw_signaling(fence);
	while (!ldlk_fence_test(fence, DMA_FENCE_FLAG_SIGNALED_BIT) && !lockdep_no_block) {
		int error = ldlk_futex_wait(&fence->ldlk_done, seen, deadline);

		if (error == -EINTR && intr)
			return -ERESTARTSYS;
		if (error == -ETIMEDOUT)
			return ldlk_fence_test(fence, DMA_FENCE_FLAG_SIGNALED_BIT);
	}
	return timeout == MAX_SCHEDULE_TIMEOUT ? timeout : max(ldlk_ticks_left(deadline), 1L);
}

static __always_inline signed long dma_fence_wait_timeout(
	struct dma_fence *fence, bool intr, signed long timeout)
{
	if (timeout < 0)
		return -EINVAL;
	__dma_fence_might_wait();
	if (timeout == 0)
		return dma_fence_is_signaled(fence);
	if (fence->ops->wait)
		return fence->ops->wait(fence, intr, timeout);
	return dma_fence_default_wait(fence, intr, timeout);
}

static __always_inline signed long dma_fence_wait(struct dma_fence *fence, bool intr)
{
	signed long result = dma_fence_wait_timeout(fence, intr, MAX_SCHEDULE_TIMEOUT);

	return result < 0 ? result : 0;
}

/* Before it is signalled: what went wrong. */
static inline void dma_fence_set_error(struct dma_fence *fence, int error)
{
	fence->error = error;
}

/* 0: not signalled; 1: well; else its error. */
static __always_inline int dma_fence_get_status(struct dma_fence *fence)
{
	if (!dma_fence_is_signaled(fence))
		return 0;
	return fence->error ? fence->error : 1;
}

static inline bool dma_fence_is_later(const struct dma_fence *a, const struct dma_fence *b)
{
	return a->seqno > b->seqno;
}

#endif
