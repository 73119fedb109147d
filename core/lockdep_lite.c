/* The annotation API over the engine, and the library's own start. See lockdep_lite.h. */
#include "include/lockdep_lite.h"

#include "engine.h"
#include "finding.h"

#include <pthread.h>

/* Defined by the preload library alone: where it is loaded, it answers the program's calls, and
 * this library's engine stays asleep. */
extern const char ldl_preloaded[] __attribute__((weak, visibility("default")));

static const struct ldl_lock_type custom = {.kind = LDL_KIND_CUSTOM};

static void start(void)
{
	if (ldl_preloaded && !ldl_engine_is_ready())
		return;
	if (ldl_engine_is_ready() || !ldl_engine_start())
		return;
	ldl_engine_libc_is_up();
	pthread_atfork(
		ldl_engine_fork_prepare, ldl_engine_fork_parent, ldl_engine_fork_early_child);
}

__attribute__((constructor)) static void start_early(void)
{
	start();
}

__attribute__((destructor)) static void finish(void)
{
	ldl_engine_exit();
}

LDL_EXPORT ldl_class_t ldl_class(const char *name, unsigned int properties)
{
	start();
	return name && name[0] ? ldl_engine_class(name, properties) : 0;
}

LDL_EXPORT void ldl_lock_init(const void *lock, ldl_class_t cls, unsigned int flags)
{
	start();
	ldl_engine_init(lock, &custom, cls,
		flags & (LDL_LOCK_RECURSIVE | LDL_LOCK_FAIR | LDL_LOCK_VIRTUAL), LDL_CALLER);
}

LDL_EXPORT ldl_class_t ldl_class_keyed(const void *key, const char *name, unsigned int properties)
{
	start();
	return key && name && name[0] ? ldl_engine_class_keyed(key, name, properties) : 0;
}

LDL_EXPORT void ldl_class_wait_types(ldl_class_t cls, unsigned int outer, unsigned int inner)
{
	if (outer <= LDL_WAIT_SLEEP && inner <= LDL_WAIT_SLEEP)
		ldl_engine_class_wait_types(cls, outer, inner);
}

LDL_EXPORT ldl_class_t ldl_lock_class(const void *lock)
{
	return ldl_engine_lock_class(lock);
}

#define MODES (LDL_SHARED_RECURSIVE | LDL_TRY | LDL_TIMED)

LDL_EXPORT void ldl_lock_acquire(const void *lock, unsigned int mode)
{
	(void)ldl_engine_acquire(lock, &custom, mode & MODES, LDL_CALLER);
}

LDL_EXPORT void ldl_lock_acquire_nested(const void *lock, unsigned int mode, unsigned int subclass)
{
	if (subclass >= LDL_SUBCLASS_MAX)
		subclass = LDL_SUBCLASS_MAX - 1;
	/* Subclasses are classes of their own, which only the slow path tells apart. */
	(void)ldl_engine_acquire_slow(
		lock, &custom, (mode & MODES) | subclass << LDL_MODE_SUBCLASS_SHIFT, LDL_CALLER);
}

LDL_EXPORT void ldl_lock_acquire_inside(const void *lock, unsigned int mode, const void *outer)
{
	(void)ldl_engine_acquire_nested(lock, &custom, mode & MODES, outer, LDL_CALLER);
}

/* The acquisition of this lock that the thread announced and that is still pending. */
static bool is_wanted(const struct ldl_thread *thread, const void *lock)
{
	uint32_t word;

	if (!thread || !thread->record)
		return false;
	word = ldl_load_relaxed(&thread->record->depth);
	return (word & LDL_WANTED) && (word & LDL_DEPTH_MASK) &&
	       ldl_held_addr(&thread->held[(word & LDL_DEPTH_MASK) - 1]) ==
		       (uint64_t)(uintptr_t)lock;
}

LDL_EXPORT void ldl_lock_acquired(const void *lock, unsigned int mode)
{
	struct ldl_thread *thread = ldl_thread_known();

	if (is_wanted(thread, lock)) {
		ldl_engine_acquired();
		if (!(mode & LDL_TRY))
			ldl_engine_remember(thread);
	} else if (mode & LDL_TRY) {
		thread = ldl_engine_acquire(lock, &custom, mode & MODES, LDL_CALLER);
		if (thread)
			ldl_engine_acquired();
	}
}

LDL_EXPORT void ldl_lock_failed(const void *lock)
{
	struct ldl_thread *thread = ldl_thread_known();

	if (thread && thread->armed)
		ldl_engine_try_failed(lock, LDL_CALLER);
	if (thread)
		ldl_engine_failed(thread, lock);
}

LDL_EXPORT void ldl_lock_release(const void *lock)
{
	ldl_engine_release(lock, LDL_CALLER);
}

LDL_EXPORT void ldl_lock_downgrade(const void *lock)
{
	ldl_engine_downgrade(lock);
}

LDL_EXPORT void ldl_lock_destroy(const void *lock)
{
	ldl_engine_destroy(lock, true, LDL_CALLER);
}

LDL_EXPORT void ldl_nest(const void *lock, const void *outer)
{
	ldl_engine_nest(lock, outer);
}

LDL_EXPORT void ldl_order(const void *outer, const void *inner)
{
	ldl_engine_order(outer, inner, LDL_CALLER);
}

LDL_EXPORT void ldl_assert_held(const void *lock)
{
	ldl_engine_assert(lock, true, LDL_CALLER);
}

LDL_EXPORT void ldl_assert_not_held(const void *lock)
{
	ldl_engine_assert(lock, false, LDL_CALLER);
}

LDL_EXPORT int ldl_is_held(const void *lock)
{
	return ldl_engine_is_held(lock);
}

LDL_EXPORT unsigned int ldl_finding_count(void)
{
	const struct ldl_arena *arena = ldl_engine_arena();

	return arena->base ? ldl_finding_shown(arena) : 0;
}

LDL_EXPORT void ldl_reset(void)
{
	ldl_engine_reset();
}
