/* SPDX-License-Identifier: MIT
 *
 * The exclusive lock in one word that mutexes, spin locks and their kin are made of.
 *
 * A part of <lockdep_lite/kernel.h>; checks nothing. Spins a little, then sleeps: a spin lock whose
 * holder was put off its CPU would otherwise burn ours. Not fair. */
#ifndef LOCKDEP_LITE_KERNEL_GATE_H
#define LOCKDEP_LITE_KERNEL_GATE_H

#include <lockdep_lite/kernel/futex.h>

enum { LDLK_GATE_FREE = 0, LDLK_GATE_HELD = 1, LDLK_GATE_AWAITED = 2 };
#define LDLK_GATE_SPINS 100

struct ldlk_gate {
	unsigned int word; /* AWAITED: held, and somebody may be asleep */
};

static inline bool ldlk_gate_try(struct ldlk_gate *gate)
{
	unsigned int seen = LDLK_GATE_FREE;

	return __atomic_compare_exchange_n(
		&gate->word, &seen, LDLK_GATE_HELD, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline bool ldlk_gate_is_held(const struct ldlk_gate *gate)
{
	return __atomic_load_n(&gate->word, __ATOMIC_RELAXED) != LDLK_GATE_FREE;
}

/* 0, -EINTR or -ETIMEDOUT. */
LDLK_SLOW int ldlk_gate_wait(struct ldlk_gate *gate, enum ldlk_patience patience, u64 deadline_ns)
{
	int result;

	if (lockdep_no_block)
		return 0;
	for (int i = 0; i < LDLK_GATE_SPINS; i++) {
		if (ldlk_gate_try(gate))
			return 0;
		cpu_relax();
	}
	while (__atomic_exchange_n(&gate->word, LDLK_GATE_AWAITED, __ATOMIC_ACQUIRE) !=
		LDLK_GATE_FREE) {
		result = ldlk_futex_wait_patiently(
			&gate->word, LDLK_GATE_AWAITED, patience, deadline_ns);
		if (result)
			return result;
	}
	return 0;
}

static inline int ldlk_gate_lock_until(
	struct ldlk_gate *gate, enum ldlk_patience patience, u64 deadline_ns)
{
	return likely(ldlk_gate_try(gate)) ? 0 : ldlk_gate_wait(gate, patience, deadline_ns);
}

static inline void ldlk_gate_lock(struct ldlk_gate *gate)
{
	if (unlikely(!ldlk_gate_try(gate)))
		(void)ldlk_gate_wait(gate, LDLK_UNINTERRUPTIBLE, LDLK_FOREVER);
}

/* Of a free gate: no effect. */
static inline void ldlk_gate_unlock(struct ldlk_gate *gate)
{
	if (__atomic_exchange_n(&gate->word, LDLK_GATE_FREE, __ATOMIC_RELEASE) == LDLK_GATE_AWAITED)
		ldlk_futex_wake(&gate->word, 1);
}

#endif
