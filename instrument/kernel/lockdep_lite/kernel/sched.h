/* SPDX-License-Identifier: MIT
 *
 * Tasks: `current`, sleeping, and waking up.
 *
 * A part of <lockdep_lite/kernel.h>. Each thread that asks is a task. It goes to sleep in two
 * steps, set_current_state() and schedule(), so that a wake in between is not lost. */
#ifndef LOCKDEP_LITE_KERNEL_SCHED_H
#define LOCKDEP_LITE_KERNEL_SCHED_H

#include <sys/prctl.h>

#include <lockdep_lite/kernel/event.h>

#define TASK_RUNNING         0u
#define TASK_INTERRUPTIBLE   1u
#define TASK_UNINTERRUPTIBLE 2u
#define TASK_WAKEKILL        0x100u
#define TASK_NOLOAD          0x400u
#define TASK_IDLE            (TASK_UNINTERRUPTIBLE | TASK_NOLOAD)
#define TASK_KILLABLE        (TASK_UNINTERRUPTIBLE | TASK_WAKEKILL)
#define TASK_NORMAL          (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)
#define TASK_COMM_LEN        16

struct task_struct {
	unsigned int __state; /* what its sleep waits to change */
	unsigned int flags;
	pid_t pid;
	char comm[TASK_COMM_LEN];
	bool is_interrupted; /* a signal's handler ended its sleep */
	struct ldlk_kthread *kthread;
};

LDLK_GLOBAL __thread struct task_struct ldlk_own_task;

static inline struct task_struct *ldlk_current(void)
{
	struct task_struct *task = ldlk_thread.task;

	if (likely(task))
		return task;
	task = &ldlk_own_task;
	task->pid = (pid_t)syscall(SYS_gettid);
	prctl(PR_GET_NAME, task->comm);
	ldlk_thread.task = task;
	return task;
}
#define current ldlk_current()

#define task_pid_nr(task)          ((task)->pid)
#define signal_pending(task)       ((task)->is_interrupted)
#define fatal_signal_pending(task) ((void)(task), false)
#define flush_signals(task)        ((void)((task)->is_interrupted = false))

/* What comes after it in the program happens after it: whoever makes the condition true and then
 * wakes either sees the state, or has its condition seen. */
#define set_current_state(state)                                                                   \
	do {                                                                                       \
		WRITE_ONCE(current->__state, state);                                               \
		smp_mb();                                                                          \
	} while (0)
#define __set_current_state(state) WRITE_ONCE(current->__state, state)
#define get_current_state()        READ_ONCE(current->__state)
#define task_is_running(task)      (READ_ONCE((task)->__state) == TASK_RUNNING)

/* Wakes a task that sleeps in one of these states; 1 when it did. The task's memory is not touched
 * once it can go on. */
LDLK_SLOW int wake_up_state(struct task_struct *task, unsigned int states)
{
	unsigned int seen;

	smp_mb(); /* pairs with set_current_state()'s */
	seen = __atomic_load_n(&task->__state, __ATOMIC_SEQ_CST);
	do {
		if (!(seen & states))
			return 0;
	} while (!__atomic_compare_exchange_n(
		&task->__state, &seen, TASK_RUNNING, true, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
	ldlk_futex_wake(&task->__state, 1);
	return 1;
}

static inline int wake_up_process(struct task_struct *task)
{
	return wake_up_state(task, TASK_NORMAL);
}

/* Sleeps until the task's state is changed, or the deadline. The checker is not told. */
LDLK_SLOW void ldlk_sleep_until(u64 deadline_ns)
{
	struct task_struct *task = current;
	unsigned int state = __atomic_load_n(&task->__state, __ATOMIC_SEQ_CST);
	int result = 0;

	if (state == TASK_RUNNING)
		sched_yield();
	while (!result && state != TASK_RUNNING && !lockdep_no_block) {
		result = ldlk_futex_wait(&task->__state, state, deadline_ns);
		if (result == -EINTR && !(state & TASK_INTERRUPTIBLE))
			result = 0;
		state = __atomic_load_n(&task->__state, __ATOMIC_SEQ_CST);
	}
	task->is_interrupted |= result == -EINTR;
	set_current_state(TASK_RUNNING);
}

/* Until it is woken, or, when its state is TASK_RUNNING, until the others had their turn. */
static __always_inline void schedule(void)
{
	might_sleep();
	ldlk_sleep_until(LDLK_FOREVER);
}

/* The ticks that were left when it was woken; 0: they are over. */
static __always_inline long schedule_timeout(long ticks)
{
	u64 deadline = ldlk_deadline(ticks);

	might_sleep();
	ldlk_sleep_until(deadline);
	return ldlk_ticks_left(deadline);
}

static __always_inline long schedule_timeout_interruptible(long ticks)
{
	set_current_state(TASK_INTERRUPTIBLE);
	return schedule_timeout(ticks);
}

static __always_inline long schedule_timeout_uninterruptible(long ticks)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	return schedule_timeout(ticks);
}

#define schedule_timeout_killable(ticks) schedule_timeout_uninterruptible(ticks)
#define schedule_timeout_idle(ticks)     schedule_timeout_uninterruptible(ticks)
#define io_schedule()                    schedule()
#define io_schedule_timeout(ticks)       schedule_timeout(ticks)
#define yield()                          schedule()

/* Without a state: nobody can wake it. Nanoseconds that are left, when `patience` allows any. */
LDLK_SLOW u64 ldlk_pause(u64 ns, enum ldlk_patience patience)
{
	struct timespec length = {
		.tv_sec = (time_t)(ns / LDLK_NS_PER_SECOND),
		.tv_nsec = (long)(ns % LDLK_NS_PER_SECOND),
	};
	int saved = errno, result = 0;

	while (!lockdep_no_block) {
		result = nanosleep(&length, &length);
		if (!result || patience == LDLK_INTERRUPTIBLE)
			break;
	}
	errno = saved;
	return result ? (u64)length.tv_sec * LDLK_NS_PER_SECOND + (u64)length.tv_nsec : 0;
}

static __always_inline void msleep(unsigned int milliseconds)
{
	might_sleep();
	(void)ldlk_pause(milliseconds * 1000000ull, LDLK_UNINTERRUPTIBLE);
}

/* Milliseconds that were left when a signal's handler ran. */
static __always_inline unsigned long msleep_interruptible(unsigned int milliseconds)
{
	might_sleep();
	return (unsigned long)((ldlk_pause(milliseconds * 1000000ull, LDLK_INTERRUPTIBLE) +
				       999999) /
			       1000000);
}

static __always_inline void usleep_range(unsigned long least, unsigned long most)
{
	(void)most;
	might_sleep();
	(void)ldlk_pause(least * 1000ull, LDLK_UNINTERRUPTIBLE);
}

#define ssleep(seconds)      msleep((seconds)*1000u)
#define fsleep(microseconds) usleep_range(microseconds, microseconds)

/* Waiting without sleeping: allowed everywhere. */
static inline void ndelay(unsigned long nanoseconds)
{
	u64 end = ktime_get_ns() + nanoseconds;

	while (ktime_get_ns() < end)
		cpu_relax();
}
#define udelay(microseconds) ndelay((microseconds)*1000ul)
#define mdelay(milliseconds) ndelay((milliseconds)*1000000ul)

#endif
