/* Locks that begin their life without a call: std::mutex, a static initialiser's value stored into
 * memory that was another lock before (a heap block that was freed, a stack frame that was left).
 *
 * Each such lock gets a mark, in a word that libc leaves alone and every initialiser clears: a lock
 * at a known address without the mark is a new tenant. That is looked for in the slow path only: a
 * new tenant that does just what the old one did, at the same places, is of the same class; what
 * else it does is a new chain. Static storage has one tenant, and is never marked. */
#include "engine_state.h"

#include "class.h"
#include "hash.h"
#include "instance.h"

static uint64_t mark_of(const void *lock)
{
	return ldl_hash_strong((uint64_t)(uintptr_t)lock ^ LDL_MAGIC);
}

/* Where the mark of this instance belongs; NULL: it has none. */
static uint64_t *place_of_mark(
	const struct ldl_class *class, const void *lock, const struct ldl_lock_type *type)
{
	uint64_t *mark = type->mark ? type->mark(lock) : NULL;

	if (class->identity != LDL_IDENTITY_INIT && class->identity != LDL_IDENTITY_FIRST)
		return NULL;
	return (uintptr_t)mark % sizeof(*mark) == 0 ? mark : NULL;
}

bool ldl_engine_is_new_tenant(
	ldl_class_id class, const void *lock, const struct ldl_lock_type *type)
{
	const uint64_t *mark = place_of_mark(ldl_class_at(&ldl_engine.arena, class), lock, type);

	return mark && ldl_load_relaxed(mark) != mark_of(lock);
}

bool ldl_engine_move_in(ldl_class_id class, const void *lock, const struct ldl_lock_type *type)
{
	uint64_t *mark = place_of_mark(ldl_class_at(&ldl_engine.arena, class), lock, type);
	uint64_t found = mark ? ldl_load_relaxed(mark) : 0;

	/* Of two threads that meet the new tenant at one time, one is the first. */
	return mark && found != mark_of(lock) && ldl_cas_acq_rel(mark, &found, mark_of(lock));
}

ldl_instance_id ldl_engine_renew(
	struct ldl_thread *thread, ldl_instance_id id, ldl_class_id class, uint32_t flags)
{
	struct ldl_arena *arena = &ldl_engine.arena;

	if (!class)
		return id;
	ldl_instance_renew(arena, id, class, flags, thread->record->serial,
		ldl_engine.options.prod ? LDL_PATIENCE_NONE : LDL_PATIENCE_SPIN);
	ldl_add_relaxed(&ldl_class_at(arena, class)->instances, 1);
	return id;
}

void ldl_engine_check_tenants(
	struct ldl_thread *thread, ldl_class_id class, const struct ldl_lock_type *type)
{
	uint32_t depth = ldl_thread_depth(thread);

	for (uint32_t i = 0; i < depth; i++) {
		struct ldl_held *entry = &thread->held[i];
		const void *lock = (const void *)(uintptr_t)ldl_held_addr(entry);

		/* Held, so it is still there. */
		if (ldl_held_class(entry) == class && !ldl_held_is_stolen(entry) &&
			ldl_engine_move_in(class, lock, type))
			(void)ldl_engine_renew(thread, entry->instance, class,
				type->flags ? type->flags(lock) : 0);
	}
}
