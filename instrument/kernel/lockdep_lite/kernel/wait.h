/* SPDX-License-Identifier: MIT
 *
 * Wait queues: waiting until a condition holds that somebody else makes true.
 *
 * A part of <lockdep_lite/kernel.h>. To the checker the queue is an event: who waits in it depends
 * on who wakes it, and on what that thread needs to get there. */
#ifndef LOCKDEP_LITE_KERNEL_WAIT_H
#define LOCKDEP_LITE_KERNEL_WAIT_H

#include <lockdep_lite/kernel/gate.h>
#include <lockdep_lite/kernel/sched.h>
#include <lockdep_lite/kernel/spinlock.h>

typedef struct wait_queue_head {
	struct ldlk_gate lock; /* of the list; held for some instructions, and while waking */
	struct list_head head;
} wait_queue_head_t;

typedef struct wait_queue_entry wait_queue_entry_t;
typedef int (*wait_queue_func_t)(
	struct wait_queue_entry *entry, unsigned int mode, int flags, void *key);

/* `func` wakes, and says whether it did. */
struct wait_queue_entry {
	unsigned int flags;
	void *private;
	wait_queue_func_t func;
	struct list_head entry;
};

#define WQ_FLAG_EXCLUSIVE 1u

#define __WAIT_QUEUE_HEAD_INITIALIZER(name)                                                        \
	{                                                                                          \
		.head = LIST_HEAD_INIT((name).head)                                                \
	}
#define DECLARE_WAIT_QUEUE_HEAD(name) wait_queue_head_t name = __WAIT_QUEUE_HEAD_INITIALIZER(name)

#define DECLARE_WAIT_QUEUE_HEAD_ONSTACK(name) DECLARE_WAIT_QUEUE_HEAD(name)

static __always_inline void ldlk_waitqueue_init(wait_queue_head_t *queue, const char *name)
{
	queue->lock.word = LDLK_GATE_FREE;
	INIT_LIST_HEAD(&queue->head);
	ldlk_event_init(queue, name);
}
#define init_waitqueue_head(queue) ldlk_waitqueue_init(queue, LDLK_EVENT_NAME(queue))

LDLK_SLOW int default_wake_function(
	struct wait_queue_entry *entry, unsigned int mode, int flags, void *key)
{
	(void)flags;
	(void)key;
	return wake_up_state((struct task_struct *)entry->private, mode);
}

/* Off the list before the task runs: afterwards its entry, which is on its stack, may be gone. */
LDLK_SLOW int autoremove_wake_function(
	struct wait_queue_entry *entry, unsigned int mode, int flags, void *key)
{
	struct task_struct *task = (struct task_struct *)entry->private;

	(void)flags;
	(void)key;
	if (!(READ_ONCE(task->__state) & mode))
		return 0;
	list_del_init(&entry->entry);
	return wake_up_state(task, mode);
}

#define DEFINE_WAIT_FUNC(name, function)                                                           \
	struct wait_queue_entry name = {                                                           \
		.private = current,                                                                \
		.func = (function),                                                                \
		.entry = LIST_HEAD_INIT((name).entry),                                             \
	}
#define DEFINE_WAIT(name) DEFINE_WAIT_FUNC(name, autoremove_wake_function)
#define DECLARE_WAITQUEUE(name, task)                                                              \
	struct wait_queue_entry name = {                                                           \
		.private = (task),                                                                 \
		.func = default_wake_function,                                                     \
		.entry = LIST_HEAD_INIT((name).entry),                                             \
	}

static inline void init_waitqueue_entry(struct wait_queue_entry *entry, struct task_struct *task)
{
	*entry = (struct wait_queue_entry){.private = task, .func = default_wake_function};
	INIT_LIST_HEAD(&entry->entry);
}

static inline void init_waitqueue_func_entry(
	struct wait_queue_entry *entry, wait_queue_func_t function)
{
	*entry = (struct wait_queue_entry){.func = function};
	INIT_LIST_HEAD(&entry->entry);
}

/* Exclusive ones stand behind all others, so that these are all woken. */
LDLK_SLOW void ldlk_wait_enqueue(wait_queue_head_t *queue, struct wait_queue_entry *entry)
{
	ldlk_gate_lock(&queue->lock);
	if (list_empty(&entry->entry) && (entry->flags & WQ_FLAG_EXCLUSIVE))
		list_add_tail(&entry->entry, &queue->head);
	else if (list_empty(&entry->entry))
		list_add(&entry->entry, &queue->head);
	ldlk_gate_unlock(&queue->lock);
}

static inline void add_wait_queue(wait_queue_head_t *queue, struct wait_queue_entry *entry)
{
	entry->flags &= ~WQ_FLAG_EXCLUSIVE;
	ldlk_wait_enqueue(queue, entry);
}

static inline void add_wait_queue_exclusive(
	wait_queue_head_t *queue, struct wait_queue_entry *entry)
{
	entry->flags |= WQ_FLAG_EXCLUSIVE;
	ldlk_wait_enqueue(queue, entry);
}

static inline void remove_wait_queue(wait_queue_head_t *queue, struct wait_queue_entry *entry)
{
	ldlk_gate_lock(&queue->lock);
	list_del_init(&entry->entry);
	ldlk_gate_unlock(&queue->lock);
}

/* The first step of a wait: from here on wakes count. */
static inline void ldlk_wait_prepare(
	wait_queue_head_t *queue, struct wait_queue_entry *entry, unsigned int state)
{
	ldlk_wait_enqueue(queue, entry);
	set_current_state(state);
}

static __always_inline void prepare_to_wait(
	wait_queue_head_t *queue, struct wait_queue_entry *entry, unsigned int state)
{
	ldlk_event_wait(queue, MAX_SCHEDULE_TIMEOUT);
	entry->flags &= ~WQ_FLAG_EXCLUSIVE;
	ldlk_wait_prepare(queue, entry, state);
}

static __always_inline void prepare_to_wait_exclusive(
	wait_queue_head_t *queue, struct wait_queue_entry *entry, unsigned int state)
{
	ldlk_event_wait(queue, MAX_SCHEDULE_TIMEOUT);
	entry->flags |= WQ_FLAG_EXCLUSIVE;
	ldlk_wait_prepare(queue, entry, state);
}

/* Always through the lock: who wakes may still be at the entry. */
static inline void finish_wait(wait_queue_head_t *queue, struct wait_queue_entry *entry)
{
	set_current_state(TASK_RUNNING);
	remove_wait_queue(queue, entry);
}

/* Whether anybody waits. After smp_mb(), when the condition was changed without a lock. */
static inline int waitqueue_active(const wait_queue_head_t *queue)
{
	return !list_empty(&queue->head);
}

static inline bool wq_has_sleeper(const wait_queue_head_t *queue)
{
	smp_mb();
	return waitqueue_active(queue);
}

LDLK_SLOW void ldlk_wake_queue(
	wait_queue_head_t *queue, unsigned int mode, int exclusive, void *key)
{
	struct wait_queue_entry *entry, *next;
	unsigned int flags;

	ldlk_gate_lock(&queue->lock);
	list_for_each_entry_safe(entry, next, &queue->head, entry)
	{
		flags = entry->flags;
		if (entry->func(entry, mode, 0, key) && (flags & WQ_FLAG_EXCLUSIVE) &&
			--exclusive == 0)
			break;
	}
	ldlk_gate_unlock(&queue->lock);
}

/* Wakes all that wait, of the exclusive ones `exclusive` (0: these too). */
static __always_inline void __wake_up(
	wait_queue_head_t *queue, unsigned int mode, int exclusive, void *key)
{
	ldlk_event_wake(queue);
	smp_mb();
	ldlk_wake_queue(queue, mode, exclusive, key);
}

#define wake_up(queue)                     __wake_up(queue, TASK_NORMAL, 1, NULL)
#define wake_up_nr(queue, nr)              __wake_up(queue, TASK_NORMAL, nr, NULL)
#define wake_up_all(queue)                 __wake_up(queue, TASK_NORMAL, 0, NULL)
#define wake_up_sync(queue)                wake_up(queue)
#define wake_up_interruptible(queue)       __wake_up(queue, TASK_INTERRUPTIBLE, 1, NULL)
#define wake_up_interruptible_nr(queue, n) __wake_up(queue, TASK_INTERRUPTIBLE, n, NULL)
#define wake_up_interruptible_all(queue)   __wake_up(queue, TASK_INTERRUPTIBLE, 0, NULL)
#define wake_up_interruptible_sync(queue)  wake_up_interruptible(queue)

/* An exclusive waiter that was woken and gave up nevertheless hands the wake on. */
static inline long ldlk_wait_finish(
	wait_queue_head_t *queue, struct wait_queue_entry *entry, long result)
{
	bool was_woken = list_empty(&entry->entry);

	finish_wait(queue, entry);
	if (result && was_woken && (entry->flags & WQ_FLAG_EXCLUSIVE))
		ldlk_wake_queue(queue, TASK_NORMAL, 1, NULL);
	return result;
}

/* What a waiter has to give up for, before it sleeps: 0, -ERESTARTSYS or -ETIMEDOUT. */
static inline long ldlk_wait_verdict(unsigned int state, u64 deadline_ns)
{
	if ((state & TASK_INTERRUPTIBLE) && signal_pending(current))
		return -ERESTARTSYS;
	return deadline_ns && ktime_get_ns() >= deadline_ns ? -ETIMEDOUT : 0;
}

/* The loop of all that follow; `unlock` and `relock` are statements around each sleep. */
#define ldlk_wait_loop(queue, condition, state, wait_flags, deadline, unlock, relock)              \
	({                                                                                         \
		DEFINE_WAIT(ldlk_entry);                                                           \
		long ldlk_result = 0;                                                              \
		ldlk_entry.flags = (wait_flags);                                                   \
		current->is_interrupted = false;                                                   \
		for (;;) {                                                                         \
			ldlk_wait_prepare(queue, &ldlk_entry, state);                              \
			if ((condition) || lockdep_no_block)                                       \
				break;                                                             \
			ldlk_result = ldlk_wait_verdict(state, deadline);                          \
			if (ldlk_result)                                                           \
				break;                                                             \
			unlock;                                                                    \
			ldlk_sleep_until(deadline);                                                \
			relock;                                                                    \
		}                                                                                  \
		ldlk_wait_finish(queue, &ldlk_entry, ldlk_result);                                 \
	})

#define ldlk_wait_event(queue, condition, state, wait_flags, unlock, relock)                       \
	({                                                                                         \
		long ldlk_got = 0;                                                                 \
		ldlk_event_wait(&(queue), MAX_SCHEDULE_TIMEOUT);                                   \
		if (!(condition))                                                                  \
			ldlk_got = ldlk_wait_loop(&(queue), condition, state, wait_flags,          \
				LDLK_FOREVER, unlock, relock);                                     \
		ldlk_got;                                                                          \
	})

static inline long ldlk_wait_ticks(long result, u64 deadline_ns)
{
	if (result)
		return result == -ETIMEDOUT ? 0 : result;
	return max(ldlk_ticks_left(deadline_ns), 1L);
}

/* The ticks that were left, at least 1; 0: they are over; or -ERESTARTSYS. */
#define ldlk_wait_event_timed(queue, condition, state, ticks)                                      \
	({                                                                                         \
		long ldlk_ticks = (long)(ticks), ldlk_got = 0;                                     \
		u64 ldlk_end = ldlk_deadline(ldlk_ticks);                                          \
		ldlk_event_wait(&(queue), ldlk_ticks);                                             \
		if (!(condition))                                                                  \
			ldlk_got = ldlk_wait_loop(                                                 \
				&(queue), condition, state, 0, ldlk_end, (void)0, (void)0);        \
		ldlk_wait_ticks(ldlk_got, ldlk_end);                                               \
	})

#define wait_event(queue, condition)                                                               \
	((void)ldlk_wait_event(queue, condition, TASK_UNINTERRUPTIBLE, 0, (void)0, (void)0))
#define io_wait_event(queue, condition)   wait_event(queue, condition)
#define wait_event_idle(queue, condition) wait_event(queue, condition)
#define wait_event_exclusive_cmd(queue, condition, unlock, relock)                                 \
	((void)ldlk_wait_event(                                                                    \
		queue, condition, TASK_UNINTERRUPTIBLE, WQ_FLAG_EXCLUSIVE, unlock, relock))
#define wait_event_cmd(queue, condition, unlock, relock)                                           \
	((void)ldlk_wait_event(queue, condition, TASK_UNINTERRUPTIBLE, 0, unlock, relock))
#define wait_event_idle_exclusive(queue, condition)                                                \
	wait_event_exclusive_cmd(queue, condition, (void)0, (void)0)

/* A result that need not be looked at. */
static __always_inline int ldlk_as_int(long result)
{
	return (int)result;
}

/* 0, or -ERESTARTSYS when a signal's handler ran. */
#define wait_event_interruptible(queue, condition)                                                 \
	ldlk_as_int(ldlk_wait_event(queue, condition, TASK_INTERRUPTIBLE, 0, (void)0, (void)0))
#define wait_event_interruptible_exclusive(queue, condition)                                       \
	ldlk_as_int(ldlk_wait_event(                                                               \
		queue, condition, TASK_INTERRUPTIBLE, WQ_FLAG_EXCLUSIVE, (void)0, (void)0))
#define wait_event_killable(queue, condition)                                                      \
	ldlk_as_int(ldlk_wait_event(queue, condition, TASK_KILLABLE, 0, (void)0, (void)0))
#define wait_event_killable_exclusive(queue, condition)                                            \
	ldlk_as_int(ldlk_wait_event(                                                               \
		queue, condition, TASK_KILLABLE, WQ_FLAG_EXCLUSIVE, (void)0, (void)0))

#define wait_event_timeout(queue, condition, ticks)                                                \
	ldlk_wait_event_timed(queue, condition, TASK_UNINTERRUPTIBLE, ticks)
#define wait_event_idle_timeout(queue, condition, ticks) wait_event_timeout(queue, condition, ticks)
#define wait_event_interruptible_timeout(queue, condition, ticks)                                  \
	ldlk_wait_event_timed(queue, condition, TASK_INTERRUPTIBLE, ticks)
#define wait_event_killable_timeout(queue, condition, ticks)                                       \
	ldlk_wait_event_timed(queue, condition, TASK_KILLABLE, ticks)

/* The condition is looked at with the spin lock held, which is dropped to sleep. */
#define wait_event_lock_irq(queue, condition, lock)                                                \
	ldlk_wait_event_locked(queue, condition, &(lock), TASK_UNINTERRUPTIBLE)
#define wait_event_interruptible_lock_irq(queue, condition, lock)                                  \
	ldlk_as_int(ldlk_wait_event_locked(queue, condition, &(lock), TASK_INTERRUPTIBLE))
#define ldlk_wait_event_locked(queue, condition, lock, state)                                      \
	({                                                                                         \
		long ldlk_got = 0;                                                                 \
		if (!(condition)) {                                                                \
			spin_unlock_irq(lock);                                                     \
			ldlk_event_wait(&(queue), MAX_SCHEDULE_TIMEOUT);                           \
			spin_lock_irq(lock);                                                       \
			ldlk_got = ldlk_wait_loop(&(queue), condition, state, 0, LDLK_FOREVER,     \
				spin_unlock_irq(lock), spin_lock_irq(lock));                       \
		}                                                                                  \
		ldlk_got;                                                                          \
	})

#endif
