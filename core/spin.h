/* A private lock of the engine, four bytes in the arena: 0 free, else the owner's tid and a bit for
 * sleepers.
 *
 * Who finds it taken is as patient as the mode allows: in production it goes away at once; else it
 * spins LDL_SPIN_TRIES times, then (if it may make system calls) sleeps in the kernel for at most a
 * second in all and gives up. The holder is inside the engine's guard, never
 * calls libc's allocator or the program, and so always comes back, unless it was forked away, or a
 * handler or an asynchronous cancellation cut it off. So whoever waited in vain asks whether the
 * owner is dead, and takes the lock from it, if what it guards bears that. Where it does not, the
 * holder keeps signals away. */
#ifndef LDL_SPIN_H
#define LDL_SPIN_H

#include "atomic.h"
#include "compiler.h"
#include "limits.h"
#include "sys.h"

#include <errno.h>

#define LDL_SPIN_SLEEPERS 0x80000000u
#define LDL_SPIN_CLOSED   0x7fffffffu /* owned for good, by nobody: no tid is that large */

/* What who finds the lock taken does about it. */
enum ldl_patience {
	LDL_PATIENCE_NONE,  /* goes away at once (mode=prod) */
	LDL_PATIENCE_SPIN,  /* looks LDL_SPIN_TRIES times (where no system call may be made) */
	LDL_PATIENCE_SLEEP, /* then sleeps, a second at most (mode=check) */
};

LDL_INLINE bool ldl_spin_try(uint32_t *word)
{
	uint32_t is_free = 0;

	/* Acquire: pairs with the release in ldl_spin_unlock(). */
	return ldl_cas_acq_rel(word, &is_free, ldl_sys_own_tid());
}

/* Whether an owner's thread has ended. A tid is given to a new thread only after the kernel forgot
 * the old one; then the lock stays busy, as one with a live owner does. */
static inline bool ldl_spin_is_dead(uint32_t owner)
{
	return ldl_sys_tgkill(ldl_sys_getpid(), (int)owner, 0) == -ESRCH;
}

/* False: gave up. Without patience: two instructions that read and write the word, and no loop. */
LDL_MUST_USE static inline bool ldl_spin_lock(uint32_t *word, enum ldl_patience patience)
{
	bool may_wait = patience == LDL_PATIENCE_SLEEP;

	if (patience == LDL_PATIENCE_NONE)
		return ldl_load_relaxed(word) == 0 && ldl_spin_try(word);
	for (unsigned int tries = 0; tries < LDL_SPIN_TRIES; tries++) {
		if (ldl_load_relaxed(word) == 0 && ldl_spin_try(word))
			return true;
		__asm__ volatile("" ::: "memory");
	}
	/* Only sleeps that nobody ended count as waiting in vain; the rest are lost races. */
	for (unsigned int naps = 0, races = 0; may_wait && naps < 20 && races < LDL_RACES_MAX;
		races++) {
		uint32_t seen = ldl_load_relaxed(word);
		/* Others may sleep too: who wakes up takes the lock on their behalf as well. */
		uint32_t next = (seen ? seen : ldl_sys_own_tid()) | LDL_SPIN_SLEEPERS;

		if (seen == LDL_SPIN_CLOSED)
			break;
		/* Acquire: as above; the bit tells the holder to wake somebody. */
		if (seen != next && !ldl_cas_acq_rel(word, &seen, next))
			continue;
		if (seen == 0)
			return true;
		if (ldl_sys_futex_wait(word, next, 50 * 1000 * 1000) != -ETIMEDOUT)
			continue;
		naps++;
		/* Who had it when the nap began may have given it back since, and ended. */
		if (ldl_load_relaxed(word) == next && ldl_spin_is_dead(next & ~LDL_SPIN_SLEEPERS))
			break;
	}
	return false;
}

LDL_INLINE void ldl_spin_unlock(uint32_t *word)
{
	/* Release: pairs with the acquires above. */
	if (ldl_exchange_release(word, 0) & LDL_SPIN_SLEEPERS)
		ldl_sys_futex_wake(word, 1);
}

/* Takes the lock away from an owner that left it behind for good, and stores `then`: 0, or
 * LDL_SPIN_CLOSED where half-done work must not be built upon. `left_by_self`: the caller's own
 * earlier frames held it, if anyone. False: it is free, or its owner lives. */
static inline bool ldl_spin_disown(uint32_t *word, uint32_t then, bool left_by_self)
{
	uint32_t seen = ldl_load_relaxed(word), owner = seen & ~LDL_SPIN_SLEEPERS;
	bool is_own = owner == ldl_sys_own_tid();

	/* Of owners without a name nobody knows which one it is. */
	if (owner == 0 || owner == LDL_SPIN_CLOSED || owner == LDL_TID_UNKNOWN ||
		is_own != left_by_self)
		return false;
	if (!is_own && !ldl_spin_is_dead(owner))
		return false;
	/* Acquire: what the owner wrote is done. */
	if (!ldl_cas_acq_rel(word, &seen, then))
		return false;
	if (seen & LDL_SPIN_SLEEPERS)
		ldl_sys_futex_wake(word, INT32_MAX);
	return true;
}

#endif
