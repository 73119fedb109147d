/* SPDX-License-Identifier: MIT
 *
 * Kernel threads: kthread_run(), kthread_stop(), on POSIX threads.
 *
 * A part of <lockdep_lite/kernel.h>. A thread's end is an event that kthread_stop() waits for, so
 * that stopping a thread with a lock held that the thread takes is found (rule L11). A task lives
 * until kthread_stop(), also when its function has returned before; one that is never stopped stays
 * in a list. */
#ifndef LOCKDEP_LITE_KERNEL_KTHREAD_H
#define LOCKDEP_LITE_KERNEL_KTHREAD_H

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <lockdep_lite/kernel/gate.h>
#include <lockdep_lite/kernel/sched.h>

struct ldlk_kthread {
	struct task_struct task;
	int (*function)(void *data);
	void *data;
	int result;
	unsigned int must_stop, must_park;
	unsigned int is_parked, has_ended; /* futexes */
	pthread_t thread;
	struct list_head list;
};

struct ldlk_kthreads {
	struct ldlk_gate lock;
	struct list_head list; /* a ring once it is used */
};
LDLK_GLOBAL struct ldlk_kthreads ldlk_kthreads;

#define to_ldlk_kthread(one) ((one)->kthread)

static inline void ldlk_kthread_wait_word(unsigned int *word)
{
	while (!lockdep_no_block && !__atomic_load_n(word, __ATOMIC_ACQUIRE))
		ldlk_futex_wait(word, 0, LDLK_FOREVER);
}

static inline void ldlk_kthread_set_word(unsigned int *word)
{
	__atomic_store_n(word, 1, __ATOMIC_RELEASE);
	ldlk_futex_wake(word, INT_MAX);
}

/* Does nothing until it is woken for the first time; not even then when it has been stopped. */
LDLK_SLOW void *ldlk_kthread_start(void *argument)
{
	struct ldlk_kthread *kthread = (struct ldlk_kthread *)argument;

	ldlk_thread.task = &kthread->task;
	kthread->task.pid = (pid_t)syscall(SYS_gettid);
	prctl(PR_SET_NAME, kthread->task.comm);
	if (__atomic_load_n(&kthread->task.__state, __ATOMIC_SEQ_CST) != TASK_RUNNING)
		ldlk_sleep_until(LDLK_FOREVER);
	kthread->result = -EINTR;
	if (!READ_ONCE(kthread->must_stop))
		kthread->result = kthread->function(kthread->data);
	ldlk_event_wake(&kthread->has_ended);
	ldlk_kthread_set_word(&kthread->has_ended);
	return NULL;
}

static inline void ldlk_kthread_enlist(struct ldlk_kthread *kthread)
{
	ldlk_gate_lock(&ldlk_kthreads.lock);
	if (!ldlk_kthreads.list.next)
		INIT_LIST_HEAD(&ldlk_kthreads.list);
	list_add(&kthread->list, &ldlk_kthreads.list);
	ldlk_gate_unlock(&ldlk_kthreads.lock);
}

static inline void ldlk_kthread_free(struct ldlk_kthread *kthread)
{
	ldlk_gate_lock(&ldlk_kthreads.lock);
	list_del(&kthread->list);
	ldlk_gate_unlock(&ldlk_kthreads.lock);
	free(kthread);
}

/* A thread that waits for wake_up_process(). ERR_PTR(-ENOMEM) or ERR_PTR(-EAGAIN) when there is
 * none to be had. */
__printf(3, 4) LDLK_SLOW struct task_struct *kthread_create(
	int (*function)(void *data), void *data, const char *name, ...)
{
	struct ldlk_kthread *kthread = (struct ldlk_kthread *)calloc(1, sizeof(*kthread));
	va_list arguments;

	if (!kthread)
		return (struct task_struct *)ERR_PTR(-ENOMEM);
	va_start(arguments, name);
	vsnprintf(kthread->task.comm, sizeof(kthread->task.comm), name, arguments);
	va_end(arguments);
	kthread->function = function;
	kthread->data = data;
	kthread->task.kthread = kthread;
	kthread->task.__state = TASK_UNINTERRUPTIBLE;
	/* Threads that are called alike are one class: the name as it is in the source. */
	ldlk_event_init(&kthread->has_ended, name);
	ldlk_kthread_enlist(kthread);
	if (!pthread_create(&kthread->thread, NULL, ldlk_kthread_start, kthread))
		return &kthread->task;
	ldlk_kthread_free(kthread);
	return (struct task_struct *)ERR_PTR(-EAGAIN);
}

#define kthread_run(function, data, name, ...)                                                     \
	({                                                                                         \
		struct task_struct *ldlk_new =                                                     \
			kthread_create(function, data, name, ##__VA_ARGS__);                       \
		if (!IS_ERR(ldlk_new))                                                             \
			wake_up_process(ldlk_new);                                                 \
		ldlk_new;                                                                          \
	})

/* For the thread: whether kthread_stop() was called. */
static inline bool kthread_should_stop(void)
{
	struct ldlk_kthread *kthread = to_ldlk_kthread(current);

	return kthread && READ_ONCE(kthread->must_stop);
}

static inline bool kthread_should_park(void)
{
	struct ldlk_kthread *kthread = to_ldlk_kthread(current);

	return kthread && READ_ONCE(kthread->must_park);
}

/* Tells the thread to end, waits for that, and returns what its function returned. The task is gone
 * afterwards. */
static __always_inline int kthread_stop(struct task_struct *task)
{
	struct ldlk_kthread *kthread = to_ldlk_kthread(task);
	int result;

	WRITE_ONCE(kthread->must_stop, 1);
	WRITE_ONCE(kthread->must_park, 0);
	wake_up_process(task);
	ldlk_event_wait(&kthread->has_ended, MAX_SCHEDULE_TIMEOUT);
	ldlk_kthread_wait_word(&kthread->has_ended);
	pthread_join(kthread->thread, NULL);
	result = kthread->result;
	ldl_event_destroy(&kthread->has_ended);
	ldlk_kthread_free(kthread);
	return result;
}

/* For the thread, when it should park: sleeps until kthread_unpark() or kthread_stop(). */
static __always_inline void kthread_parkme(void)
{
	struct ldlk_kthread *kthread = to_ldlk_kthread(current);

	might_sleep();
	ldlk_event_wake(&kthread->is_parked);
	ldlk_kthread_set_word(&kthread->is_parked);
	set_current_state(TASK_UNINTERRUPTIBLE);
	while (READ_ONCE(kthread->must_park)) {
		ldlk_sleep_until(LDLK_FOREVER);
		set_current_state(TASK_UNINTERRUPTIBLE);
	}
	set_current_state(TASK_RUNNING);
	WRITE_ONCE(kthread->is_parked, 0);
}

/* Waits until the thread has parked itself. */
static __always_inline int kthread_park(struct task_struct *task)
{
	struct ldlk_kthread *kthread = to_ldlk_kthread(task);

	WRITE_ONCE(kthread->must_park, 1);
	wake_up_process(task);
	ldlk_event_wait(&kthread->is_parked, MAX_SCHEDULE_TIMEOUT);
	ldlk_kthread_wait_word(&kthread->is_parked);
	return 0;
}

static inline void kthread_unpark(struct task_struct *task)
{
	WRITE_ONCE(to_ldlk_kthread(task)->must_park, 0);
	wake_up_process(task);
}

#endif
