/* SPDX-License-Identifier: MIT
 *
 * Contexts, reclaim, events and interrupts: the waits that are no locks.
 *
 * A part of the annotation API: include <lockdep_lite.h>. Everything said there about linking,
 * contexts and cost holds here. All of these become nodes and edges of the one graph:
 *
 *	a non-blocking section, an interrupt handler	is held while it lasts
 *	a reclaimer (eviction, shrinker, collector)	is held while it runs
 *	an allocation that may reclaim	waits for the reclaimers and for every non-blocking section
 *	an event	is waited for by ldl_might_wait(); and waits for what its waker needs
 *
 * so that a cycle through any of them is found the way that lock cycles are. */
#ifndef LOCKDEP_LITE_CONTEXT_H
#define LOCKDEP_LITE_CONTEXT_H

#include <lockdep_lite/api.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Reclaim domains that are always there. An allocation waits for LDL_RECLAIM, for
 * LDL_RECLAIM_IO when its effective mask has IO, and for LDL_RECLAIM_FS when it has FS. A reclaimer
 * holds the one that says under which masks it is called: LDL_RECLAIM_FS when allocations with FS
 * alone get it to run, LDL_RECLAIM when every one does. Any other address can be a domain of the
 * program's own: a block cache, a garbage collector. */
#define LDL_RECLAIM    ((const void *)1)
#define LDL_RECLAIM_IO ((const void *)2)
#define LDL_RECLAIM_FS ((const void *)3)

/* Contexts. Those marked N must not block, directly or indirectly, on an allocation that may
 * sleep (rules A1 to A3, A5, A6). */
enum ldl_context_id {
	LDL_CTX_NON_BLOCK = 1, /* N: any section between ldl_non_block_start() and _end() */
	LDL_CTX_OOM_REAPER,    /* N */
	LDL_CTX_MMU_NOTIFIER,  /* N */
	LDL_CTX_REALTIME,      /* N: audio and control callbacks */
	LDL_CTX_GC_SAFEPOINT,  /* N */
	LDL_CTX_UFFD,          /* N: a userfaultfd handler */
	LDL_CTX_IO_HANDLER,    /* serves I/O that reclaim waits for: holds LDL_RECLAIM_IO */
	LDL_CTX_INIT,          /* initialisation code (rule D7); holds nothing */
	LDL_CTX_BUILT_IN_END
};

/* Properties of a context of the program's own. */
enum ldl_context_properties {
	LDL_CONTEXT_NON_BLOCKING = 1 /* it is an N */
};

/* Interrupt contexts, and signal handlers, which are the interrupts of user space. */
enum ldl_interrupt { LDL_HARDIRQ = 0, LDL_SOFTIRQ = 1 };

/* What a lock class may wait for, and what may be waited for while it is held: the kernel's wait
 * types, from the strictest. 0: not checked. */
enum ldl_wait_type {
	LDL_WAIT_UNCHECKED = 0,
	LDL_WAIT_FREE,   /* waits for nothing: rcu */
	LDL_WAIT_SPIN,   /* raw spin locks */
	LDL_WAIT_CONFIG, /* spin locks: sleep on a real-time kernel */
	LDL_WAIT_SLEEP   /* mutexes */
};

#if defined(LDL_DISABLE)

#define ldl_context(name, properties)         ((void)(name), (void)(properties), 0u)
#define ldl_context_enter(ctx)                ((void)(ctx))
#define ldl_context_exit(ctx)                 ((void)(ctx))
#define ldl_non_block_start()                 ((void)0)
#define ldl_non_block_end()                   ((void)0)
#define ldl_reclaim_init(domain, name)        ((void)(domain), (void)(name))
#define ldl_reclaim_enter(domain)             ((void)(domain))
#define ldl_reclaim_exit(domain)              ((void)(domain))
#define ldl_event_init(event, name)           ((void)(event), (void)(name))
#define ldl_event_destroy(event)              ((void)(event))
#define ldl_might_wait(event)                 ((void)(event))
#define ldl_might_wait_timed(event, limit_ns) ((void)(event), (void)(limit_ns))
#define ldl_event_taken(event)                ((void)(event))
#define ldl_wake(event)                       ((void)(event))
#define ldl_might_sleep()                     ((void)0)
#define ldl_non_block_budget(limit_ns)        ((void)(limit_ns))
#define ldl_irq_enter(interrupt, is_threaded) ((void)(interrupt), (void)(is_threaded))
#define ldl_irq_exit(interrupt)               ((void)(interrupt))
#define ldl_irq_threaded(is_threaded)         ((void)(is_threaded))
#define ldl_irq_disable(interrupt)            ((void)(interrupt))
#define ldl_irq_enable(interrupt)             ((void)(interrupt))
#define ldl_irq_is_disabled(interrupt)        ((void)(interrupt), 0)
#define ldl_in_irq(interrupt)                 ((void)(interrupt), 0)
#define ldl_misuse(lock, what)                ((void)(lock), (void)(what))

#else

/* Makes, or finds, the context called `name` (1 to 1023 bytes; copied). `properties`:
 * ldl_context_properties bits. 0 when the table is full or checking is off: the calls below take
 * it and do nothing. */
LDL_API unsigned int ldl_context(const char *name, unsigned int properties);

/* The calling thread is in the context until the matching exit. Contexts nest. `ctx`: an
 * ldl_context_id or what ldl_context() returned. Leaving with scopes still open that were opened
 * inside is a finding (rule E2). */
LDL_API void ldl_context_enter(unsigned int ctx);
LDL_API void ldl_context_exit(unsigned int ctx);

/* The same as entering and leaving LDL_CTX_NON_BLOCK. Kernel: non_block_start(), non_block_end().
 */
LDL_API void ldl_non_block_start(void);
LDL_API void ldl_non_block_end(void);

/* How long this thread's present non-blocking context may wait: a timed wait of at most `limit_ns`
 * nanoseconds is within its budget (rule A6). 0, the default: no wait is. Ends with the context. */
LDL_API void ldl_non_block_budget(unsigned long long limit_ns);

/* Names a reclaim domain of the program's own before its first use; `domain` is any address that
 * stands for it (the cache's, for instance). Domains that are not named are called by their
 * address. */
LDL_API void ldl_reclaim_init(const void *domain, const char *name);

/* The calling thread reclaims for `domain` until the matching exit: what it waits for meanwhile,
 * reclaim waits for. Kernel: fs_reclaim_acquire(), fs_reclaim_release(); a shrinker's body. To
 * enter while holding a lock is itself a wait for the domain, as in the kernel. Rule A4. */
LDL_API void ldl_reclaim_enter(const void *domain);
LDL_API void ldl_reclaim_exit(const void *domain);

/* Names an event: a completion, a future, a queue's state, a thread's end, whatever one thread
 * waits for until another one wakes it. `event` is any address that stands for it. A new life of an
 * event at the same address begins here: what its waker does from here on counts. */
LDL_API void ldl_event_init(const void *event, const char *name);
LDL_API void ldl_event_destroy(const void *event);

/* To be called before a wait for `event` (an event, or a reclaim domain: a stall until it has freed
 * something), whether it will block or not. All that is held then waits for the event. A finding in
 * a non-blocking context (rule A6). The timed form's wait ends by itself after `limit_ns`: cycles
 * through it are bounded. */
LDL_API void ldl_might_wait(const void *event);
LDL_API void ldl_might_wait_timed(const void *event, unsigned long long limit_ns);

/* To be called when what the event stands for was got without waiting, as by a try for a semaphore
 * that succeeded. It is no wait; but as after a wait, what the thread held already is not what its
 * next wake of this event depends on. */
LDL_API void ldl_event_taken(const void *event);

/* To be called by the waker, before or after it wakes. What it holds, and what it had to wait for
 * since the event's request (ldl_event_init(), the last wake, or this thread's last own wait), the
 * event depends on: through it the cycle is found (rule A5). Locks, allocations and waits are
 * remembered for this when they are over; of POSIX locks, which must cost nothing, those that a
 * thread takes after its first waits at a place, and after some of the later ones. A thread that
 * wakes an event and then waits for another one waits for the reply to its request: that wait does
 * not depend on the event that it has woken, whoever wakes that one else. */
LDL_API void ldl_wake(const void *event);

/* This place may sleep. A finding in a non-blocking context (rule A6) and inside an allocation that
 * may not block (rule D11). Kernel: might_sleep(). */
LDL_API void ldl_might_sleep(void);

/* Interrupt and signal contexts. While a handler runs it is held; every lock of a class that is
 * checked against interrupts (ldl_class_wait_types()) and is held with them enabled waits for it.
 * `is_threaded`: the handler may sleep on a real-time kernel. A hard interrupt disables hard
 * interrupts while it lasts. */
LDL_API void ldl_irq_enter(unsigned int interrupt, int is_threaded);
LDL_API void ldl_irq_exit(unsigned int interrupt);

/* Says of the hard handler that runs whether it is threaded. Kernel: lockdep_hardirq_threaded(). */
LDL_API void ldl_irq_threaded(int is_threaded);

/* Disabling nests for LDL_SOFTIRQ (kernel: local_bh_disable()) and does not for LDL_HARDIRQ
 * (local_irq_disable()). */
LDL_API void ldl_irq_disable(unsigned int interrupt);
LDL_API void ldl_irq_enable(unsigned int interrupt);
LDL_API int ldl_irq_is_disabled(unsigned int interrupt);
LDL_API int ldl_in_irq(unsigned int interrupt);

/* A finding of kind misuse (rule L14) about `lock` (NULL: about no lock), for interfaces built on
 * this one that find their own rules broken. `what`: one line, copied. */
LDL_API void ldl_misuse(const void *lock, const char *what);

#ifdef LDL_WEAK
#define ldl_context(name, properties) (ldl_context ? ldl_context(name, properties) : 0u)
#define ldl_context_enter(ctx)        (ldl_context_enter ? ldl_context_enter(ctx) : (void)0)
#define ldl_context_exit(ctx)         (ldl_context_exit ? ldl_context_exit(ctx) : (void)0)
#define ldl_non_block_start()         (ldl_non_block_start ? ldl_non_block_start() : (void)0)
#define ldl_non_block_end()           (ldl_non_block_end ? ldl_non_block_end() : (void)0)
#define ldl_non_block_budget(limit_ns)                                                             \
	(ldl_non_block_budget ? ldl_non_block_budget(limit_ns) : (void)0)
#define ldl_reclaim_init(domain, name) (ldl_reclaim_init ? ldl_reclaim_init(domain, name) : (void)0)
#define ldl_reclaim_enter(domain)      (ldl_reclaim_enter ? ldl_reclaim_enter(domain) : (void)0)
#define ldl_reclaim_exit(domain)       (ldl_reclaim_exit ? ldl_reclaim_exit(domain) : (void)0)
#define ldl_event_init(event, name)    (ldl_event_init ? ldl_event_init(event, name) : (void)0)
#define ldl_event_destroy(event)       (ldl_event_destroy ? ldl_event_destroy(event) : (void)0)
#define ldl_might_wait(event)          (ldl_might_wait ? ldl_might_wait(event) : (void)0)
#define ldl_might_wait_timed(event, limit_ns)                                                      \
	(ldl_might_wait_timed ? ldl_might_wait_timed(event, limit_ns) : (void)0)
#define ldl_event_taken(event)      (ldl_event_taken ? ldl_event_taken(event) : (void)0)
#define ldl_wake(event)             (ldl_wake ? ldl_wake(event) : (void)0)
#define ldl_might_sleep()           (ldl_might_sleep ? ldl_might_sleep() : (void)0)
#define ldl_irq_enter(interrupt, t) (ldl_irq_enter ? ldl_irq_enter(interrupt, t) : (void)0)
#define ldl_irq_exit(interrupt)     (ldl_irq_exit ? ldl_irq_exit(interrupt) : (void)0)
#define ldl_irq_threaded(t)         (ldl_irq_threaded ? ldl_irq_threaded(t) : (void)0)
#define ldl_irq_disable(interrupt)  (ldl_irq_disable ? ldl_irq_disable(interrupt) : (void)0)
#define ldl_irq_enable(interrupt)   (ldl_irq_enable ? ldl_irq_enable(interrupt) : (void)0)
#define ldl_irq_is_disabled(i)      (ldl_irq_is_disabled ? ldl_irq_is_disabled(i) : 0)
#define ldl_in_irq(i)               (ldl_in_irq ? ldl_in_irq(i) : 0)
#define ldl_misuse(lock, what)      (ldl_misuse ? ldl_misuse(lock, what) : (void)0)
#endif

#endif /* LDL_DISABLE */

#ifdef __cplusplus
}
#endif
#endif
