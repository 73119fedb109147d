/* See nesting.h. */
#include <lockdep_lite.h>
#include "core/engine_state.h"
#include "tests/support/nesting.h"

LDL_NOINLINE void nesting_lock(const void *lock)
{
	ldl_lock_acquire(lock, LDL_EXCLUSIVE);
	ldl_lock_acquired(lock, LDL_EXCLUSIVE);
}

void nesting_in_order(const void *first, const void *second)
{
	nesting_lock(first);
	nesting_lock(second);
	ldl_lock_release(second);
	ldl_lock_release(first);
}

uint64_t nesting_counted(enum ldl_counter counter)
{
	return ldl_load_relaxed(&ldl_engine.arena.header->counters[counter]);
}
