/* Marks: what a lock says of itself, in a word of it that libc leaves alone and every initialiser
 * clears. The fast path reads there which lock it is (ldl_engine_taken_marked()).
 *
 * And they tell of locks that begin their life without a call: std::mutex, a static initialiser's
 * value stored into memory that was another lock before (a heap block that was freed, a stack frame
 * that was left). A lock at a known address without a mark is a new tenant. That is looked for in
 * the slow path only: a new tenant that does just what the old one did, at the same places, is of
 * the same class; what else it does is a new chain. Static storage has one tenant.
 *
 * A mark is 0; or CLAIMED, by the thread that is just finding out what the new tenant is, which
 * nobody else writes over; or says which lock it is in. */
#include "engine_state.h"

#include "class.h"
#include "instance.h"
#include "sys.h"

#define CLAIMED 1u

static uint64_t *place_of_mark(const void *lock, const struct ldl_lock_type *type)
{
	uint64_t *mark = type->mark ? type->mark(lock) : NULL;

	return (uintptr_t)mark % sizeof(*mark) == 0 ? mark : NULL;
}

/* The one type whose marks the fast path believes: known once there is such a mark. */
static const struct ldl_lock_type *mutexes;

static void remember_type(const struct ldl_lock_type *type)
{
	if (type->kind == LDL_KIND_MUTEX && ldl_load_relaxed(&mutexes) != type)
		ldl_store_relaxed(&mutexes, type);
}

static uint64_t mark_of(const void *lock, ldl_instance_id id)
{
	return ldl_engine_mark(ldl_engine.mark_factor, lock,
		ldl_engine_marked(ldl_instance_class(&ldl_engine.arena, id), id));
}

/* Where the mark is of a lock whose memory may get another tenant; NULL: nowhere. */
static uint64_t *place_of_tenancy(
	ldl_instance_id id, const void *lock, const struct ldl_lock_type *type)
{
	ldl_class_id class = ldl_instance_class(&ldl_engine.arena, id);
	enum ldl_identity identity = ldl_class_at(&ldl_engine.arena, class)->identity;

	if (identity != LDL_IDENTITY_INIT && identity != LDL_IDENTITY_FIRST)
		return NULL;
	return place_of_mark(lock, type);
}

/* Whether a mark is none of this lock: none at all, or one that came along with memory that was
 * moved. A forked child knows its ancestors' marks by nothing. */
static bool is_strange(uint64_t mark, const void *lock, ldl_instance_id id)
{
	if (mark == 0)
		return true;
	return !ldl_engine.is_child && mark != CLAIMED && mark != mark_of(lock, id);
}

bool ldl_engine_is_new_tenant(
	ldl_instance_id id, const void *lock, const struct ldl_lock_type *type)
{
	const uint64_t *mark = place_of_tenancy(id, lock, type);

	return mark && is_strange(ldl_load_relaxed(mark), lock, id);
}

bool ldl_engine_move_in(ldl_instance_id id, const void *lock, const struct ldl_lock_type *type)
{
	uint64_t *mark = place_of_tenancy(id, lock, type);
	uint64_t found = mark ? ldl_load_relaxed(mark) : CLAIMED;

	/* Of two threads that meet the new tenant at one time, one is the first. */
	return mark && is_strange(found, lock, id) && ldl_cas_acq_rel(mark, &found, CLAIMED);
}

/* A mutex that has a class by annotation has no mark: see ldl_engine_clear_mark(). */
static uint64_t *place_to_show(
	ldl_instance_id id, const void *lock, const struct ldl_lock_type *type)
{
	ldl_class_id class = ldl_instance_class(&ldl_engine.arena, id);

	if (ldl_class_at(&ldl_engine.arena, class)->kind != type->kind)
		return NULL;
	return place_of_mark(lock, type);
}

void ldl_engine_settle_in(ldl_instance_id id, const void *lock, const struct ldl_lock_type *type)
{
	uint64_t *mark = place_to_show(id, lock, type);

	if (!mark)
		return;
	remember_type(type);
	/* Release, as that of the compare-and-swap below: pairs with the acquire of who reads the
	 * mark in the fast path, and then finds the instance that it names. */
	ldl_store_release(mark, mark_of(lock, id));
}

void ldl_engine_show_mark(ldl_instance_id id, const void *lock, const struct ldl_lock_type *type)
{
	uint64_t *mark = place_to_show(id, lock, type), found, wanted;

	if (!mark)
		return;
	/* Read before the class is: who changes that meanwhile has changed the mark as well.
	 * Acquire: pairs with the releases in ldl_engine_move_in(), ldl_engine_renew() and
	 * ldl_engine_settle_in(). */
	found = ldl_load_acquire(mark);
	wanted = mark_of(lock, id);
	if (found == CLAIMED || found == wanted)
		return;
	remember_type(type);
	(void)ldl_cas_acq_rel(mark, &found, wanted);
}

/* Whether so many bytes are there to be read. Where they lie in one page, the first one says it. */
static bool is_there(const void *lock, uint32_t size)
{
	uintptr_t last = ((uintptr_t)lock + size - 1) & ~(uintptr_t)7;

	return (uintptr_t)lock / LDL_PAGE == last / LDL_PAGE ||
	       (ldl_engine.arena.may_syscall && ldl_sys_is_readable((const uint64_t *)last));
}

/* What is there may be no mutex any more, since most end without a call, but a smaller lock and
 * something else of the program's behind it: only what is this mark is written over. */
__attribute__((no_sanitize("address"))) void ldl_engine_clear_mark(
	ldl_instance_id id, const void *lock)
{
	const struct ldl_lock_type *type = ldl_load_relaxed(&mutexes);
	ldl_class_id class = ldl_instance_class(&ldl_engine.arena, id);
	uint64_t *mark, found;

	if (!type || ldl_class_at(&ldl_engine.arena, class)->kind != LDL_KIND_MUTEX ||
		!is_there(lock, type->size))
		return;
	mark = place_of_mark(lock, type);
	found = mark_of(lock, id);
	if (mark && ldl_load_relaxed(mark) == found)
		(void)ldl_cas_acq_rel(mark, &found, 0);
}

bool ldl_engine_renew(struct ldl_thread *thread, ldl_instance_id id, ldl_class_id class,
	const void *lock, const struct ldl_lock_type *type)
{
	struct ldl_arena *arena = &ldl_engine.arena;

	if (!class || !ldl_instance_renew(arena, id, class, type->flags ? type->flags(lock) : 0,
			      thread->record->serial,
			      ldl_engine.options.prod ? LDL_PATIENCE_NONE : LDL_PATIENCE_SPIN)) {
		uint64_t *mark = place_of_mark(lock, type);

		/* The claim is ours. Release: as in ldl_engine_settle_in(). */
		if (mark)
			ldl_store_release(mark, 0);
		return false;
	}
	ldl_add_relaxed(&ldl_class_at(arena, class)->instances, 1);
	ldl_engine_settle_in(id, lock, type);
	return true;
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
			ldl_engine_move_in(entry->instance, lock, type))
			(void)ldl_engine_renew(thread, entry->instance, class, lock, type);
	}
}
