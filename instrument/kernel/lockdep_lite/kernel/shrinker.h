/* SPDX-License-Identifier: MIT
 *
 * Shrinkers: caches that give memory back, really called, for the mask of whoever needs it.
 *
 * They run when an allocation that may reclaim finds no memory, and when the program calls
 * shrink_slab() or drop_slab(). A running shrinker keeps its unregistration waiting, so that a lock
 * held over the latter and taken in the former is a cycle like any other. */
#ifndef LOCKDEP_LITE_KERNEL_SHRINKER_H
#define LOCKDEP_LITE_KERNEL_SHRINKER_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <lockdep_lite/kernel/lockdep_map.h>
#include <lockdep_lite/kernel/sched_mm.h>

#define SHRINK_STOP   (~0ul)      /* scan_objects: no progress possible now */
#define SHRINK_EMPTY  (~0ul - 1u) /* count_objects: nothing at all */
#define SHRINK_BATCH  128
#define DEFAULT_SEEKS 2
#define DEF_PRIORITY  12 /* shrink_slab(): one object in 2^12; 0 is all of them */

#define SHRINKER_NUMA_AWARE  (1u << 0)
#define SHRINKER_MEMCG_AWARE (1u << 1)
#define SHRINKER_NONSLAB     (1u << 2)

struct mem_cgroup;

struct shrink_control {
	gfp_t gfp_mask; /* what the caller may do: the callbacks may do no more */
	int nid;
	unsigned long nr_to_scan;
	unsigned long nr_scanned; /* scan_objects may lower it */
	struct mem_cgroup *memcg;
};

struct shrinker {
	unsigned long (*count_objects)(struct shrinker *shrinker, struct shrink_control *sc);
	unsigned long (*scan_objects)(struct shrinker *shrinker, struct shrink_control *sc);
	long batch; /* objects at a time; 0: SHRINK_BATCH */
	int seeks;  /* what an object costs to make again; 0: free */
	unsigned int flags;
	void *private_data;

	/* The header's own. */
	struct shrinker *ldlk_next;
	unsigned int ldlk_users; /* runs under way: it stays in the list until there is none */
	bool ldlk_is_leaving;    /* no further runs */
	char ldlk_name[56];
	char ldlk_running; /* stands for "a run is under way" in the checker */
};

/* All registered ones, newest first. */
struct ldlk_shrinkers {
	unsigned int lock;
	struct shrinker *first;
};
LDLK_GLOBAL struct ldlk_shrinkers ldlk_shrinkers;

static __always_inline void shrinker_register(struct shrinker *shrinker)
{
	char name[80];

	if (!shrinker)
		return;
	snprintf(name, sizeof(name), "run of shrinker %s", shrinker->ldlk_name);
	ldl_shrinker_register(shrinker, shrinker->ldlk_name);
	ldl_lock_init(&shrinker->ldlk_running, ldl_class(name, LDL_CLASS_STRICT), 0);
	ldlk_lock(&ldlk_shrinkers.lock);
	shrinker->ldlk_users = 0;
	shrinker->ldlk_is_leaving = false;
	shrinker->ldlk_next = ldlk_shrinkers.first;
	ldlk_shrinkers.first = shrinker;
	ldlk_unlock(&ldlk_shrinkers.lock);
}

/* Takes the shrinker out of the list if no run of it is under way; else keeps new ones from coming.
 * A shrinker that was never registered is out. */
static inline bool ldlk_shrinker_unlink(struct shrinker *shrinker)
{
	struct shrinker **place = &ldlk_shrinkers.first;
	bool is_idle;

	ldlk_lock(&ldlk_shrinkers.lock);
	shrinker->ldlk_is_leaving = true;
	is_idle = !__atomic_load_n(&shrinker->ldlk_users, __ATOMIC_ACQUIRE);
	while (*place && *place != shrinker)
		place = &(*place)->ldlk_next;
	if (*place && is_idle)
		*place = shrinker->ldlk_next;
	ldlk_unlock(&ldlk_shrinkers.lock);
	return is_idle;
}

/* Takes the shrinker off and waits for its runs to end. */
static __always_inline void unregister_shrinker(struct shrinker *shrinker)
{
	ldl_lock_acquire(&shrinker->ldlk_running, LDL_EXCLUSIVE);
	while (!ldlk_shrinker_unlink(shrinker))
		ldlk_sleep(100000);
	ldl_lock_acquired(&shrinker->ldlk_running, LDL_EXCLUSIVE);
	ldl_lock_release(&shrinker->ldlk_running);
	ldl_lock_destroy(&shrinker->ldlk_running);
	ldl_shrinker_unregister(shrinker);
}

static inline __attribute__((format(printf, 2, 0))) void ldlk_shrinker_name(
	struct shrinker *shrinker, const char *format, va_list arguments)
{
	vsnprintf(shrinker->ldlk_name, sizeof(shrinker->ldlk_name), format, arguments);
}

/* The old way: a shrinker of the caller's, with a name. Returns 0. */
static inline __attribute__((format(printf, 2, 3))) void ldlk_shrinker_set_name(
	struct shrinker *shrinker, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	ldlk_shrinker_name(shrinker, format, arguments);
	va_end(arguments);
}

static __always_inline int ldlk_shrinker_add(struct shrinker *shrinker)
{
	shrinker_register(shrinker);
	return 0;
}

#define register_shrinker(shrinker, ...)                                                           \
	(ldlk_shrinker_set_name(shrinker, __VA_ARGS__), ldlk_shrinker_add(shrinker))

/* The new way: the header's, filled in between shrinker_alloc() and shrinker_register(), ended by
 * shrinker_free(). */
static inline __attribute__((format(printf, 2, 3))) struct shrinker *shrinker_alloc(
	unsigned int flags, const char *format, ...)
{
	struct shrinker *shrinker = (struct shrinker *)calloc(1, sizeof(*shrinker));
	va_list arguments;

	if (!shrinker)
		return NULL;
	va_start(arguments, format);
	ldlk_shrinker_name(shrinker, format, arguments);
	va_end(arguments);
	shrinker->flags = flags;
	shrinker->seeks = DEFAULT_SEEKS;
	return shrinker;
}

static __always_inline void shrinker_free(struct shrinker *shrinker)
{
	if (!shrinker)
		return;
	unregister_shrinker(shrinker);
	free(shrinker);
}

/* Tells the checker which lock the callbacks take, so that a fault shows before they ever ran; any
 * lock of this header. Not in the kernel, where this is done by hand under fs_reclaim_acquire(). */
#define shrinker_might_lock(shrinker, lock) ldlk_shrinker_might_lock(shrinker, &(lock)->dep_map)

static __always_inline void ldlk_shrinker_might_lock(
	const struct shrinker *shrinker, struct lockdep_map *map)
{
	ldlk_map_know(map);
	ldl_shrinker_lock(shrinker, map);
}

/* How many of `freeable` objects a run at this priority looks at. */
static inline unsigned long ldlk_scan_target(
	const struct shrinker *shrinker, unsigned long freeable, int priority)
{
	unsigned long target = freeable >> priority;

	if (shrinker->seeks)
		target = target * 4 / (unsigned long)shrinker->seeks;
	else
		target = freeable / 2;
	if (target > 2 * freeable)
		target = 2 * freeable;
	return target ? target : 1;
}

/* Runs one shrinker; the number of objects that it freed. */
static __always_inline unsigned long ldlk_shrink_one(
	struct shrinker *shrinker, struct shrink_control *sc, int priority)
{
	unsigned long batch = shrinker->batch > 0 ? (unsigned long)shrinker->batch : SHRINK_BATCH;
	unsigned long freed = 0, freeable, target;

	ldl_shrinker_count_begin(shrinker);
	freeable = shrinker->count_objects(shrinker, sc);
	ldl_shrinker_count_end(shrinker);
	if (freeable == 0 || freeable == SHRINK_EMPTY)
		return 0;
	target = ldlk_scan_target(shrinker, freeable, priority);
	while (target) {
		unsigned long got;

		sc->nr_to_scan = sc->nr_scanned = target < batch ? target : batch;
		ldl_shrinker_scan_begin(shrinker, sc->gfp_mask);
		got = shrinker->scan_objects(shrinker, sc);
		ldl_shrinker_scan_end(shrinker, got == SHRINK_STOP ? 0 : got);
		if (got == SHRINK_STOP || sc->nr_scanned == 0)
			break;
		freed += got;
		target -= target < sc->nr_scanned ? target : sc->nr_scanned;
	}
	return freed;
}

/* The next registered shrinker behind `shrinker` (NULL: the first), which cannot be unregistered
 * until it is let go. */
static inline struct shrinker *ldlk_shrinker_next(struct shrinker *shrinker)
{
	struct shrinker *next;

	ldlk_lock(&ldlk_shrinkers.lock);
	next = shrinker ? shrinker->ldlk_next : ldlk_shrinkers.first;
	while (next && next->ldlk_is_leaving)
		next = next->ldlk_next;
	if (next)
		__atomic_add_fetch(&next->ldlk_users, 1, __ATOMIC_RELAXED);
	ldlk_unlock(&ldlk_shrinkers.lock);
	return next;
}

static inline void ldlk_shrinker_put(struct shrinker *shrinker)
{
	__atomic_sub_fetch(&shrinker->ldlk_users, 1, __ATOMIC_RELEASE);
}

/* Runs all shrinkers for an effective mask; the number of objects that they freed. */
static __always_inline unsigned long ldlk_shrink_all(
	gfp_t gfp, int nid, struct mem_cgroup *memcg, int priority)
{
	struct shrinker *shrinker = ldlk_shrinker_next(NULL), *next;
	unsigned long freed = 0;

	while (shrinker) {
		struct shrink_control sc = {.gfp_mask = gfp, .nid = nid, .memcg = memcg};

		/* Held, but never waited for here: only unregistering waits for it. */
		ldl_lock_acquired(&shrinker->ldlk_running, LDL_SHARED_RECURSIVE | LDL_TRY);
		freed += ldlk_shrink_one(shrinker, &sc, priority);
		ldl_lock_release(&shrinker->ldlk_running);
		next = ldlk_shrinker_next(shrinker);
		ldlk_shrinker_put(shrinker);
		shrinker = next;
	}
	return freed;
}

/* The same on behalf of an allocation with mask `gfp_mask`, to which the thread's scopes apply. */
static __always_inline unsigned long shrink_slab(
	gfp_t gfp_mask, int nid, struct mem_cgroup *memcg, int priority)
{
	return ldlk_shrink_all(current_gfp_context(gfp_mask), nid, memcg, priority);
}

/* Runs all shrinkers until they free little more: what writing 2 to drop_caches does. */
static __always_inline void drop_slab(void)
{
	unsigned int rounds = 0;

	while (shrink_slab(GFP_KERNEL, 0, NULL, 0) >> rounds > 1 && rounds < 8)
		rounds++;
}

/* Direct reclaim for a request with mask `gfp` that found no memory. Allocations in there use the
 * reserves and do not reclaim again. True when something was freed. */
static inline bool ldlk_direct_reclaim(gfp_t gfp, int priority)
{
	unsigned int flags;
	unsigned long freed;

	gfp = current_gfp_context(gfp);
	if (!(gfp & __GFP_DIRECT_RECLAIM))
		return false;
	flags = memalloc_noreclaim_save();
	freed = ldlk_shrink_all(gfp, 0, NULL, priority);
	memalloc_noreclaim_restore(flags);
	return freed != 0;
}

/* After a request failed for lack of memory for the `attempt`-th time (from 0): reclaims, and says
 * whether it is worth trying again. */
static inline bool ldlk_try_again(gfp_t gfp, unsigned int attempt)
{
	int priority = attempt < DEF_PRIORITY ? DEF_PRIORITY - (int)attempt : 0;

	gfp = current_gfp_context(gfp);
	if (!(gfp & __GFP_DIRECT_RECLAIM))
		return false;
	if (gfp & __GFP_NORETRY)
		return attempt == 0 && ldlk_direct_reclaim(gfp, 0);
	ldlk_direct_reclaim(gfp, priority);
	if (gfp & __GFP_NOFAIL) {
		memalloc_retry_wait(gfp);
		return true;
	}
	return attempt <= DEF_PRIORITY;
}

#endif
