/* SPDX-License-Identifier: MIT
 *
 * RCU: readers that must not sleep, in three flavours, and those who wait for them.
 *
 * A part of <lockdep_lite/kernel.h>. The three are one domain, as in today's kernel; what tells
 * them apart is what may be waited for inside (rule L13): in rcu_read_lock() and rcu_read_lock_bh()
 * spin locks, in rcu_read_lock_sched() raw ones only. Callbacks of call_rcu() run in a thread of
 * their own, one after the other. */
#ifndef LOCKDEP_LITE_KERNEL_RCUPDATE_H
#define LOCKDEP_LITE_KERNEL_RCUPDATE_H

#include <pthread.h>

#include <lockdep_lite/kernel/irqflags.h>
#include <lockdep_lite/kernel/srcu.h>

enum ldlk_rcu_flavour { LDLK_RCU, LDLK_RCU_BH, LDLK_RCU_SCHED };

LDLK_GLOBAL struct srcu_struct ldlk_rcu_domain =
	LDLK_SRCU_INIT(rcu_read_lock, LD_WAIT_CONFIG, LD_WAIT_FREE);
LDLK_GLOBAL struct lockdep_map rcu_bh_lock_map =
	LDLK_MAP_INIT("rcu_read_lock_bh", NULL, LD_WAIT_CONFIG, LD_WAIT_FREE, LD_LOCK_NORMAL);
LDLK_GLOBAL struct lockdep_map rcu_sched_lock_map =
	LDLK_MAP_INIT("rcu_read_lock_sched", NULL, LD_WAIT_SPIN, LD_WAIT_FREE, LD_LOCK_NORMAL);
#define rcu_lock_map (ldlk_rcu_domain.dep_map)

static __always_inline int ldlk_rcu_depth(void)
{
	return ldlk_thread.rcu_depth[LDLK_RCU] + ldlk_thread.rcu_depth[LDLK_RCU_BH] +
	       ldlk_thread.rcu_depth[LDLK_RCU_SCHED];
}

static __always_inline void ldlk_rcu_enter(struct lockdep_map *map, enum ldlk_rcu_flavour flavour)
{
	if (ldlk_rcu_depth() == 0)
		ldlk_thread.rcu_index = ldlk_srcu_begin(&ldlk_rcu_domain);
	ldlk_thread.rcu_depth[flavour]++;
	ldlk_acquire(map, LDL_SHARED_RECURSIVE, 0);
	ldlk_acquired(map, LDL_SHARED_RECURSIVE);
}

static __always_inline void ldlk_rcu_exit(struct lockdep_map *map, enum ldlk_rcu_flavour flavour)
{
	ldlk_release(map);
	if (ldlk_thread.rcu_depth[flavour] == 0)
		return;
	ldlk_thread.rcu_depth[flavour]--;
	if (ldlk_rcu_depth() == 0)
		ldlk_srcu_end(&ldlk_rcu_domain, ldlk_thread.rcu_index);
}

static __always_inline void rcu_read_lock(void)
{
	ldlk_rcu_enter(&rcu_lock_map, LDLK_RCU);
}

static __always_inline void rcu_read_unlock(void)
{
	ldlk_rcu_exit(&rcu_lock_map, LDLK_RCU);
}

static __always_inline void rcu_read_lock_bh(void)
{
	local_bh_disable();
	ldlk_rcu_enter(&rcu_bh_lock_map, LDLK_RCU_BH);
}

static __always_inline void rcu_read_unlock_bh(void)
{
	ldlk_rcu_exit(&rcu_bh_lock_map, LDLK_RCU_BH);
	local_bh_enable();
}

static __always_inline void rcu_read_lock_sched(void)
{
	preempt_disable();
	ldlk_rcu_enter(&rcu_sched_lock_map, LDLK_RCU_SCHED);
}

static __always_inline void rcu_read_unlock_sched(void)
{
	ldlk_rcu_exit(&rcu_sched_lock_map, LDLK_RCU_SCHED);
	preempt_enable();
}

/* For readers of one's own kind. */
#define rcu_lock_acquire(map) lock_acquire_shared_recursive(map, 0, 0, NULL, _THIS_IP_)
#define rcu_lock_release(map) lock_release(map, _THIS_IP_)

#define rcu_read_lock_held()       (ldlk_thread.rcu_depth[LDLK_RCU] > 0)
#define rcu_read_lock_bh_held()    (ldlk_thread.rcu_depth[LDLK_RCU_BH] > 0 || in_softirq())
#define rcu_read_lock_sched_held() (ldlk_thread.rcu_depth[LDLK_RCU_SCHED] > 0 || !preemptible())
#define rcu_read_lock_any_held()   (ldlk_rcu_depth() > 0 || !preemptible())

/* Waits until all readers that read now have ended. A finding inside one of them. */
static __always_inline void synchronize_rcu(void)
{
	might_sleep();
	lock_sync(&rcu_lock_map, 0, 0, 1, NULL, _THIS_IP_);
	lock_sync(&rcu_bh_lock_map, 0, 0, 1, NULL, _THIS_IP_);
	lock_sync(&rcu_sched_lock_map, 0, 0, 1, NULL, _THIS_IP_);
	ldlk_srcu_wait(&ldlk_rcu_domain);
}
#define synchronize_rcu_expedited() synchronize_rcu()
#define synchronize_net()           synchronize_rcu()

#define RCU_LOCKDEP_WARN(condition, what) ldlk_assert(!(condition), NULL, what)

#define RCU_INITIALIZER(pointer)              (pointer)
#define RCU_INIT_POINTER(variable, pointer)   WRITE_ONCE(variable, pointer)
#define rcu_assign_pointer(variable, pointer) smp_store_release(&(variable), pointer)
#define rcu_access_pointer(variable)          READ_ONCE(variable)
#define rcu_dereference_raw(variable)         smp_load_acquire(&(variable))

/* The pointer, and a finding where no reader nor `condition` protects it. */
#define rcu_dereference_check(variable, condition)                                                 \
	({                                                                                         \
		ldlk_assert((condition) || rcu_read_lock_held(), NULL,                             \
			"rcu_dereference() of " #variable " without protection");                  \
		rcu_dereference_raw(variable);                                                     \
	})
#define rcu_dereference(variable)       rcu_dereference_check(variable, 0)
#define rcu_dereference_bh(variable)    rcu_dereference_check(variable, rcu_read_lock_bh_held())
#define rcu_dereference_sched(variable) rcu_dereference_check(variable, rcu_read_lock_sched_held())
#define rcu_dereference_protected(variable, condition)                                             \
	({                                                                                         \
		ldlk_assert(condition, NULL,                                                       \
			"rcu_dereference_protected() of " #variable " without protection");        \
		READ_ONCE(variable);                                                               \
	})

/* Callbacks in the order of their calls; `called` and `done` count them. */
struct ldlk_rcu_callbacks {
	struct ldlk_gate gate;
	bool has_thread;
	struct rcu_head *first, **end;
	unsigned int called, done;
};
LDLK_GLOBAL struct ldlk_rcu_callbacks ldlk_rcu_callbacks;

static inline struct rcu_head *ldlk_rcu_take_callbacks(void)
{
	struct rcu_head *first;

	ldlk_gate_lock(&ldlk_rcu_callbacks.gate);
	first = ldlk_rcu_callbacks.first;
	ldlk_rcu_callbacks.first = NULL;
	ldlk_gate_unlock(&ldlk_rcu_callbacks.gate);
	return first;
}

LDLK_SLOW void *ldlk_rcu_thread(void *unused)
{
	struct rcu_head *head, *next;
	unsigned int seen;

	for (;;) {
		seen = __atomic_load_n(&ldlk_rcu_callbacks.called, __ATOMIC_ACQUIRE);
		head = ldlk_rcu_take_callbacks();
		if (head)
			ldlk_srcu_wait(&ldlk_rcu_domain);
		else
			ldlk_futex_wait(&ldlk_rcu_callbacks.called, seen, LDLK_FOREVER);
		for (; head; head = next) {
			next = head->next;
			local_bh_disable();
			head->func(head);
			local_bh_enable();
			__atomic_fetch_add(&ldlk_rcu_callbacks.done, 1, __ATOMIC_SEQ_CST);
			ldlk_futex_wake(&ldlk_rcu_callbacks.done, INT_MAX);
		}
	}
	return unused;
}

/* `func` is called when all readers that read now have ended. Does not wait. */
LDLK_SLOW void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	struct ldlk_rcu_callbacks *callbacks = &ldlk_rcu_callbacks;
	pthread_t thread;

	head->next = NULL;
	head->func = func;
	ldlk_gate_lock(&callbacks->gate);
	if (!callbacks->first)
		callbacks->end = &callbacks->first;
	*callbacks->end = head;
	callbacks->end = &head->next;
	__atomic_fetch_add(&callbacks->called, 1, __ATOMIC_RELEASE);
	if (!callbacks->has_thread && !pthread_create(&thread, NULL, ldlk_rcu_thread, NULL)) {
		callbacks->has_thread = true;
		pthread_detach(thread);
	}
	ldlk_gate_unlock(&callbacks->gate);
	ldlk_futex_wake(&callbacks->called, 1);
}

/* Waits until all callbacks that were asked for so far have run. */
static inline void rcu_barrier(void)
{
	unsigned int target = __atomic_load_n(&ldlk_rcu_callbacks.called, __ATOMIC_ACQUIRE);
	unsigned int done;

	might_sleep();
	while (!lockdep_no_block) {
		done = __atomic_load_n(&ldlk_rcu_callbacks.done, __ATOMIC_SEQ_CST);
		if ((int)(target - done) <= 0)
			break;
		ldlk_futex_wait(&ldlk_rcu_callbacks.done, done, LDLK_FOREVER);
	}
}

#define list_add_rcu(entry, head)      list_add_tail_rcu_at(entry, head, (head)->next)
#define list_add_tail_rcu(entry, head) list_add_tail_rcu_at(entry, (head)->prev, head)
#define list_for_each_entry_rcu(entry, head, member)                                               \
	for ((entry) = list_entry(                                                                 \
		     rcu_dereference_raw((head)->next), __typeof__(*(entry)), member);             \
		!list_entry_is_head(entry, head, member);                                          \
		(entry) = list_entry(                                                              \
			rcu_dereference_raw((entry)->member.next), __typeof__(*(entry)), member))

static inline void list_add_tail_rcu_at(
	struct list_head *entry, struct list_head *prev, struct list_head *next)
{
	entry->next = next;
	entry->prev = prev;
	smp_store_release(&prev->next, entry);
	next->prev = entry;
}

/* Readers that are at the entry find their way on. */
static inline void list_del_rcu(struct list_head *entry)
{
	entry->next->prev = entry->prev;
	WRITE_ONCE(entry->prev->next, entry->next);
}

#endif
