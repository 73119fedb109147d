/* A private lock of the engine, four bytes in the arena: 0 free, 1 taken, 2 taken with sleepers.
 *
 * Blocking, but bounded: a waiter spins LDL_SPIN_TRIES times, then (if it may wait) sleeps in the
 * kernel for at most a second in all and gives up. The holder is inside the engine's guard, never
 * calls libc's allocator or the program, and so always comes back, unless it died or was forked
 * away; then waiters give up, each time, and checking narrows instead of hanging. */
#ifndef LDL_SPIN_H
#define LDL_SPIN_H

#include "atomic.h"
#include "compiler.h"
#include "limits.h"
#include "sys.h"

#include <errno.h>

LDL_INLINE bool ldl_spin_try(uint32_t *word)
{
	uint32_t is_free = 0;

	/* Acquire: pairs with the release in ldl_spin_unlock(). */
	return ldl_cas_acq_rel(word, &is_free, 1);
}

/* False: gave up. `may_wait`: sleeping is allowed (mode=check). */
LDL_MUST_USE static inline bool ldl_spin_lock(uint32_t *word, bool may_wait)
{
	for (unsigned int tries = 0; tries < LDL_SPIN_TRIES; tries++) {
		if (ldl_load_relaxed(word) == 0 && ldl_spin_try(word))
			return true;
		__asm__ volatile("" ::: "memory");
	}
	/* Only sleeps that nobody ended count as waiting in vain; the rest are lost races. */
	for (unsigned int naps = 0, races = 0; may_wait && naps < 20 && races < LDL_RACES_MAX;
		races++) {
		/* Acquire: as above; 2 tells the holder to wake somebody. */
		if (ldl_exchange_acquire(word, 2) == 0)
			return true;
		naps += ldl_sys_futex_wait(word, 2, 50 * 1000 * 1000) == -ETIMEDOUT;
	}
	return false;
}

LDL_INLINE void ldl_spin_unlock(uint32_t *word)
{
	/* Release: pairs with the acquires above. */
	if (ldl_exchange_release(word, 0) == 2)
		ldl_sys_futex_wake(word, 1);
}

#endif
