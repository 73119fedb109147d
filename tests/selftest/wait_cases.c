/* What may be waited for in which context, as a real-time kernel sees it: four inner ones in nine
 * outer ones, 36 cases. A raw spin lock spins, a spin lock may sleep there, a mutex always does. */
#include <stdio.h>
#include "tests/selftest/selftest.h"

enum context {
	IN_HARDIRQ,
	IN_NOTTHREADED_HARDIRQ,
	IN_SOFTIRQ,
	IN_RCU,
	IN_RCU_BH,
	IN_RCU_SCHED,
	IN_RAW_SPINLOCK,
	IN_SPINLOCK,
	IN_MUTEX,
	CONTEXTS
};

static const char *const names[CONTEXTS] = {"HARDIRQ", "NOTTHREADED_HARDIRQ", "SOFTIRQ", "RCU",
	"RCU_BH", "RCU_SCHED", "RAW_SPINLOCK", "SPINLOCK", "MUTEX"};

static const enum context inner_ones[] = {IN_RCU, IN_RAW_SPINLOCK, IN_SPINLOCK, IN_MUTEX};

static void enter(int context, enum selftest_lock lock)
{
	switch (context) {
	case IN_HARDIRQ:
		enter_irq(HARD);
		break;
	case IN_NOTTHREADED_HARDIRQ:
		local_irq_disable();
		irq_enter();
		break;
	case IN_SOFTIRQ:
		enter_irq(SOFT);
		break;
	case IN_RCU:
		rcu_read_lock();
		break;
	case IN_RCU_BH:
		rcu_read_lock_bh();
		break;
	case IN_RCU_SCHED:
		rcu_read_lock_sched();
		break;
	case IN_RAW_SPINLOCK:
		raw_spin_lock(&locks.raw[lock]);
		break;
	case IN_SPINLOCK:
		spin_lock(&locks.spin[lock]);
		break;
	case IN_MUTEX:
		mutex_lock(&locks.mutex[lock]);
		break;
	}
}

static void leave(int context, enum selftest_lock lock)
{
	switch (context) {
	case IN_HARDIRQ:
	case IN_NOTTHREADED_HARDIRQ:
		exit_irq(HARD);
		break;
	case IN_SOFTIRQ:
		exit_irq(SOFT);
		break;
	case IN_RCU:
		rcu_read_unlock();
		break;
	case IN_RCU_BH:
		rcu_read_unlock_bh();
		break;
	case IN_RCU_SCHED:
		rcu_read_unlock_sched();
		break;
	case IN_RAW_SPINLOCK:
		raw_spin_unlock(&locks.raw[lock]);
		break;
	case IN_SPINLOCK:
		spin_unlock(&locks.spin[lock]);
		break;
	case IN_MUTEX:
		mutex_unlock(&locks.mutex[lock]);
		break;
	}
}

static void inner_in_outer(const struct selftest_variant *variant)
{
	enter(variant->outer, A);
	enter(variant->inner, B);
	leave(variant->inner, B);
	leave(variant->outer, A);
}

/* Inside of what never sleeps, not even on a real-time kernel; and of what sleeps there alone. */
static bool is_allowed(enum context outer, enum context inner)
{
	bool never_sleeps = outer == IN_NOTTHREADED_HARDIRQ || outer == IN_RCU_SCHED ||
			    outer == IN_RAW_SPINLOCK;

	if (inner == IN_MUTEX)
		return outer == IN_MUTEX;
	return inner != IN_SPINLOCK || !never_sleeps;
}

void selftest_add_wait_cases(void)
{
	static const char *const columns[] = {"rcu", "raw", "spin", "mutex", NULL};
	char name[48], line[48];
	int outer, column;

	selftest_add_section("wait contexts", columns, false);
	for (outer = 0; outer < CONTEXTS; outer++) {
		snprintf(line, sizeof(line), "in %s", names[outer]);
		for (column = 0; columns[column]; column++) {
			enum context inner = inner_ones[column];
			struct selftest_case *it;

			snprintf(name, sizeof(name), "%s_in_%s", names[inner], names[outer]);
			it = selftest_add_cell(line, column, name,
				is_allowed((enum context)outer, inner) ? SILENT : RULE_WAIT_TYPE,
				inner_in_outer);
			it->variant.outer = outer;
			it->variant.inner = inner;
		}
	}
}
