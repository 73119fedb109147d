/* The locks of the cases, and the interrupts that come in their way.
 *
 * Ten locks of each kind: A to D are four classes, X1 and X2 are one class, so are Y1 and Y2, Z1
 * and Z2. The kinds wlock and rlock are the two sides of one rwlock, wsem and rsem of one
 * rw_semaphore. */
#ifndef LDL_SELFTEST_LOCKS_H
#define LDL_SELFTEST_LOCKS_H

#include <lockdep_lite/kernel.h>

enum selftest_kind { SPIN, WLOCK, RLOCK, MUTEX, WSEM, RSEM, RTMUTEX, SELFTEST_KINDS };
#define KIND(kind)    (1u << (kind))
#define KINDS_ALL     (KIND(SELFTEST_KINDS) - 1)
#define KINDS_IN_IRQ  (KIND(SPIN) | KIND(WLOCK) | KIND(RLOCK))
#define KINDS_RWLOCKS (KIND(WLOCK) | KIND(RLOCK))
#define KINDS_NONE    0u

enum selftest_lock { A, B, C, D, X1, X2, Y1, Y2, Z1, Z2, SELFTEST_LOCKS };

enum selftest_irq { HARD, SOFT };

struct selftest_locks {
	spinlock_t spin[SELFTEST_LOCKS];
	raw_spinlock_t raw[SELFTEST_LOCKS];
	rwlock_t rwlock[SELFTEST_LOCKS];
	struct mutex mutex[SELFTEST_LOCKS];
	struct rw_semaphore rwsem[SELFTEST_LOCKS];
	struct rt_mutex rtmutex[SELFTEST_LOCKS];
	local_lock_t local;
};
extern struct selftest_locks locks;

extern const char *const selftest_kind_names[SELFTEST_KINDS + 1];

/* Makes all of them new; after lockdep_reset(). */
void selftest_init_locks(void);

/* One lock of a kind: taken, released, made anew. */
void take(enum selftest_kind kind, enum selftest_lock lock);
void drop(enum selftest_kind kind, enum selftest_lock lock);
void remake(enum selftest_kind kind, enum selftest_lock lock);

/* Taken and released; and one inside the other. */
void pass(enum selftest_kind kind, enum selftest_lock lock);
void nest(enum selftest_kind outer_kind, enum selftest_lock outer, enum selftest_kind inner_kind,
	enum selftest_lock inner);

/* A handler, which may sleep on a real-time kernel (threaded); and no handlers for a while. */
void enter_irq(enum selftest_irq irq);
void exit_irq(enum selftest_irq irq);
void disable_irq(enum selftest_irq irq);
void enable_irq(enum selftest_irq irq);

#endif
