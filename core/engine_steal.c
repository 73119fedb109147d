/* Locks that are released by another thread than the one that holds them. */
#include "engine_state.h"

/* Takes the entry out of the thread's run; and looks again where it moved meanwhile, to another run
 * or further down: LDL_STEAL_TRIES times at most. */
static bool steal_from(const struct ldl_thread_record *record, uint64_t addr)
{
	struct ldl_arena *arena = &ldl_engine.arena;
	uint32_t used = ldl_load_relaxed(&ldl_arena_table(arena, LDL_TABLE_HELD)->used);
	bool is_found = false, may_be_elsewhere = true;

	for (uint32_t tries = 0; may_be_elsewhere && tries < LDL_STEAL_TRIES; tries++) {
		uint32_t first, depth;
		int at;

		depth = ldl_held_depth(ldl_load_relaxed(&record->depth));
		/* Acquire, here and below: pairs with the release in grow(), in engine.c. */
		first = ldl_load_acquire(&record->held_first);
		if (!first || first >= used)
			break;
		if (depth > used - first)
			depth = used - first;
		at = ldl_held_steal(ldl_held_at(arena, first), depth, addr);
		is_found |= at >= 0;
		/* Pairs with the barrier before ldl_engine_moved_down(). */
		ldl_fence_full();
		/* Moved down, or that and something else pushed in its place. */
		may_be_elsewhere =
			at >= 0 ? ldl_held_depth(ldl_load_relaxed(&record->depth)) <=
						  (uint32_t)at ||
					  ldl_load_relaxed(&ldl_held_at(arena, first)[at].addr) !=
						  (addr | LDL_HELD_STOLEN)
				: ldl_load_acquire(&record->held_first) != first;
	}
	return is_found;
}

/* Looks for the thread that holds the lock and takes the entry from it. */
bool ldl_engine_steal(const struct ldl_thread *self, uint64_t addr)
{
	struct ldl_arena *arena = &ldl_engine.arena;
	uint32_t used = ldl_arena_used(arena, LDL_TABLE_THREADS);

	for (ldl_thread_id id = 1; id < used; id++) {
		const struct ldl_thread_record *record = ldl_thread_at(arena, id);

		if (id != self->id && ldl_load_relaxed(&record->state) != LDL_THREAD_FREE &&
			steal_from(record, addr))
			return true;
	}
	return false;
}
