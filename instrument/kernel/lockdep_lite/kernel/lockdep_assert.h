/* SPDX-License-Identifier: MIT
 *
 * Asking what is held, and asserting it: lockdep_assert_held() and its kin, pins, and the state of
 * the checker as a whole.
 *
 * A part of <lockdep_lite/kernel.h>. An assertion that fails is a finding: rule L10 when the lock
 * is or is not held, rule L14 for the rest. */
#ifndef LOCKDEP_LITE_KERNEL_LOCKDEP_ASSERT_H
#define LOCKDEP_LITE_KERNEL_LOCKDEP_ASSERT_H

#include <lockdep_lite/kernel/lockdep.h>

#define LOCK_STATE_UNKNOWN  (-1)
#define LOCK_STATE_NOT_HELD 0
#define LOCK_STATE_HELD     1

/* One of the three above. `read`: 0 exclusively, 1 for reading, -1 either. */
static __always_inline int lock_is_held_type(const struct lockdep_map *map, int read)
{
	int is_held;

	if (ldlk_map_is_mine(map))
		return read != 1;
	if (!ldlk_map_is_watched(map))
		return LOCK_STATE_UNKNOWN;
	is_held = ldl_is_held(map);
	return is_held == 1 ? read != 0 : is_held;
}

static __always_inline int lock_is_held(const struct lockdep_map *map)
{
	return lock_is_held_type(map, -1);
}

#define lockdep_is_held(lock)            lock_is_held(&(lock)->dep_map)
#define lockdep_is_held_type(lock, read) lock_is_held_type(&(lock)->dep_map, (read))

/* A claim about `map` (or NULL) is false: a finding. */
#define ldlk_assert(claim, map, what)                                                              \
	do {                                                                                       \
		if (unlikely(!(claim)))                                                            \
			ldl_misuse(map, what);                                                     \
	} while (0)

static __always_inline void ldlk_assert_held(struct lockdep_map *map, bool is_held)
{
	if (!ldlk_map_is_watched(map))
		return;
	ldlk_map_know(map);
	if (is_held)
		ldl_assert_held(map);
	else
		ldl_assert_not_held(map);
}

static __always_inline void ldlk_assert_held_as(struct lockdep_map *map, int read)
{
	if (lock_is_held(map) == LOCK_STATE_NOT_HELD)
		ldlk_assert_held(map, true);
	else if (lock_is_held_type(map, read) == LOCK_STATE_NOT_HELD)
		ldl_misuse(map, read ? "held for writing where it is to be held for reading"
				     : "held for reading where it is to be held for writing");
}

#define lockdep_assert_held(lock)       ldlk_assert_held(&(lock)->dep_map, true)
#define lockdep_assert_not_held(lock)   ldlk_assert_held(&(lock)->dep_map, false)
#define lockdep_assert_held_write(lock) ldlk_assert_held_as(&(lock)->dep_map, 0)
#define lockdep_assert_held_read(lock)  ldlk_assert_held_as(&(lock)->dep_map, 1)
/* The same finding is counted once anyway. */
#define lockdep_assert_held_once(lock) lockdep_assert_held(lock)
#define lockdep_assert_none_held_once()                                                            \
	ldlk_assert(ldlk_thread.lockdep_depth == 0, NULL, "no lock is to be held here")
#define lockdep_assert(claim)      ldlk_assert(claim, NULL, "lockdep_assert: " #claim)
#define lockdep_assert_once(claim) lockdep_assert(claim)

#define lockdep_depth(task)     ((void)(task), ldlk_thread.lockdep_depth)
#define lockdep_recursing(task) ((void)(task), ldlk_thread.lockdep_off)

/* Until the pins are off, releasing the lock is a finding. */
struct pin_cookie {
	unsigned int val;
};
#define NIL_COOKIE                                                                                 \
	(struct pin_cookie)                                                                        \
	{                                                                                          \
		0                                                                                  \
	}

static __always_inline struct pin_cookie lock_pin_lock(struct lockdep_map *map)
{
	ldlk_assert(lock_is_held(map) != LOCK_STATE_NOT_HELD, map, "pinned while it is not held");
	map->pin_count++;
	return (struct pin_cookie){1};
}

static __always_inline void lock_repin_lock(struct lockdep_map *map, struct pin_cookie cookie)
{
	ldlk_assert(lock_is_held(map) != LOCK_STATE_NOT_HELD, map, "pinned while it is not held");
	map->pin_count += cookie.val;
}

static __always_inline void lock_unpin_lock(struct lockdep_map *map, struct pin_cookie cookie)
{
	ldlk_assert(map->pin_count >= cookie.val, map, "unpinned more often than pinned");
	map->pin_count -= min(map->pin_count, cookie.val);
}

#define lockdep_pin_lock(lock)           lock_pin_lock(&(lock)->dep_map)
#define lockdep_repin_lock(lock, cookie) lock_repin_lock(&(lock)->dep_map, (cookie))
#define lockdep_unpin_lock(lock, cookie) lock_unpin_lock(&(lock)->dep_map, (cookie))

/* The kernel's flag: 1 until there is a finding. Checking goes on afterwards; setting it to 1 says
 * that what has been found so far is known. */
LDLK_GLOBAL int ldlk_debug_locks = 1;
LDLK_GLOBAL unsigned int ldlk_findings_seen;

static inline int *ldlk_debug_locks_now(void)
{
	unsigned int count = ldl_finding_count();

	if (count > ldlk_findings_seen)
		ldlk_debug_locks = 0;
	ldlk_findings_seen = count;
	return &ldlk_debug_locks;
}
#define debug_locks (*ldlk_debug_locks_now())

/* 1 when the flag was set until now. */
static inline int debug_locks_off(void)
{
	int was_on = debug_locks;

	debug_locks = 0;
	return was_on;
}

/* A claim of the kernel's about its own locking data: a finding when it is true. */
#define DEBUG_LOCKS_WARN_ON(condition)                                                             \
	({                                                                                         \
		bool ldlk_is_wrong = !!(condition);                                                \
		if (unlikely(ldlk_is_wrong))                                                       \
			ldl_misuse(NULL, #condition);                                              \
		ldlk_is_wrong;                                                                     \
	})

/* Forgets all classes, locks, orders and findings, and what the calling thread holds and is in.
 * For test suites: no other thread may be in a call. */
static inline void lockdep_reset(void)
{
	struct task_struct *task = ldlk_thread.task;

	ldl_reset();
	ldlk_generation++;
	ldlk_findings_seen = 0;
	ldlk_debug_locks = 1;
	ldlk_thread = (struct ldlk_thread){.task = task};
}

static inline void lockdep_init(void)
{
}

/* Nothing to do here: an object's locks are forgotten when they are initialised again. */
#define debug_check_no_locks_freed(from, length) ((void)(from), (void)(length))
#define debug_check_no_locks_held()              lockdep_assert_none_held_once()

#endif
