/* The locks of the cases by kind and name, and interrupts by kind. See locks.h. */
#include "tests/selftest/locks.h"

struct selftest_locks locks;

const char *const selftest_kind_names[SELFTEST_KINDS + 1] = {
	"spin", "wlock", "rlock", "mutex", "wsem", "rsem", "rtmutex", NULL};

/* Who makes a lock tells its class: one function for each class, called once for each lock. */
#define DEFINE_MAKER(name)                                                                         \
	static void __attribute__((noinline)) make_##name(enum selftest_lock lock)                 \
	{                                                                                          \
		spin_lock_init(&locks.spin[lock]);                                                 \
		raw_spin_lock_init(&locks.raw[lock]);                                              \
		rwlock_init(&locks.rwlock[lock]);                                                  \
		mutex_init(&locks.mutex[lock]);                                                    \
		init_rwsem(&locks.rwsem[lock]);                                                    \
		rt_mutex_init(&locks.rtmutex[lock]);                                               \
	}

DEFINE_MAKER(a)
DEFINE_MAKER(b)
DEFINE_MAKER(c)
DEFINE_MAKER(d)
DEFINE_MAKER(x)
DEFINE_MAKER(y)
DEFINE_MAKER(z)

void selftest_init_locks(void)
{
	make_a(A);
	make_b(B);
	make_c(C);
	make_d(D);
	make_x(X1);
	make_x(X2);
	make_y(Y1);
	make_y(Y2);
	make_z(Z1);
	make_z(Z2);
	local_lock_init(&locks.local);
}

void take(enum selftest_kind kind, enum selftest_lock lock)
{
	switch (kind) {
	case SPIN:
		spin_lock(&locks.spin[lock]);
		break;
	case WLOCK:
		write_lock(&locks.rwlock[lock]);
		break;
	case RLOCK:
		read_lock(&locks.rwlock[lock]);
		break;
	case MUTEX:
		mutex_lock(&locks.mutex[lock]);
		break;
	case WSEM:
		down_write(&locks.rwsem[lock]);
		break;
	case RSEM:
		down_read(&locks.rwsem[lock]);
		break;
	case RTMUTEX:
	case SELFTEST_KINDS:
		rt_mutex_lock(&locks.rtmutex[lock]);
		break;
	}
}

void drop(enum selftest_kind kind, enum selftest_lock lock)
{
	switch (kind) {
	case SPIN:
		spin_unlock(&locks.spin[lock]);
		break;
	case WLOCK:
		write_unlock(&locks.rwlock[lock]);
		break;
	case RLOCK:
		read_unlock(&locks.rwlock[lock]);
		break;
	case MUTEX:
		mutex_unlock(&locks.mutex[lock]);
		break;
	case WSEM:
		up_write(&locks.rwsem[lock]);
		break;
	case RSEM:
		up_read(&locks.rwsem[lock]);
		break;
	case RTMUTEX:
	case SELFTEST_KINDS:
		rt_mutex_unlock(&locks.rtmutex[lock]);
		break;
	}
}

void remake(enum selftest_kind kind, enum selftest_lock lock)
{
	switch (kind) {
	case SPIN:
		spin_lock_init(&locks.spin[lock]);
		break;
	case WLOCK:
	case RLOCK:
		rwlock_init(&locks.rwlock[lock]);
		break;
	case MUTEX:
		mutex_init(&locks.mutex[lock]);
		break;
	case WSEM:
	case RSEM:
		init_rwsem(&locks.rwsem[lock]);
		break;
	case RTMUTEX:
	case SELFTEST_KINDS:
		rt_mutex_init(&locks.rtmutex[lock]);
		break;
	}
}

void pass(enum selftest_kind kind, enum selftest_lock lock)
{
	take(kind, lock);
	drop(kind, lock);
}

void nest(enum selftest_kind outer_kind, enum selftest_lock outer, enum selftest_kind inner_kind,
	enum selftest_lock inner)
{
	take(outer_kind, outer);
	pass(inner_kind, inner);
	drop(outer_kind, outer);
}

void enter_irq(enum selftest_irq irq)
{
	if (irq == HARD) {
		local_irq_disable();
		irq_enter();
		lockdep_hardirq_threaded();
	} else {
		local_bh_disable();
		local_irq_disable();
		lockdep_softirq_enter();
	}
}

void exit_irq(enum selftest_irq irq)
{
	if (irq == HARD) {
		irq_exit();
		local_irq_enable();
	} else {
		lockdep_softirq_exit();
		local_irq_enable();
		local_bh_enable();
	}
}

void disable_irq(enum selftest_irq irq)
{
	if (irq == HARD)
		local_irq_disable();
	else
		local_bh_disable();
}

void enable_irq(enum selftest_irq irq)
{
	if (irq == HARD)
		local_irq_enable();
	else
		local_bh_enable();
}
