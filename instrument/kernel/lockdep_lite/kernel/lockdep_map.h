/* SPDX-License-Identifier: MIT
 *
 * Lock classes and lock maps: how the checker gets to know a lock.
 *
 * A part of <lockdep_lite/kernel.h>. A map stands for one lock, and is the lock's first member, so
 * that reports name the lock's own address. Its class is told by its key, an address in the
 * program: each place that initialises locks has a static one. Locks that are initialised
 * statically are their own key, and are made known at their first use. After lockdep_reset() each
 * map is made known again at its next use. */
#ifndef LOCKDEP_LITE_KERNEL_LOCKDEP_MAP_H
#define LOCKDEP_LITE_KERNEL_LOCKDEP_MAP_H

#include <sched.h>

#include <lockdep_lite/kernel/thread.h>

#define MAX_LOCKDEP_SUBCLASSES 8

struct lock_class_key {
	char subkeys[MAX_LOCKDEP_SUBCLASSES];
};

enum lockdep_wait_type {
	LD_WAIT_INV = LDL_WAIT_UNCHECKED,
	LD_WAIT_FREE = LDL_WAIT_FREE,
	LD_WAIT_SPIN = LDL_WAIT_SPIN,
	LD_WAIT_CONFIG = LDL_WAIT_CONFIG,
	LD_WAIT_SLEEP = LDL_WAIT_SLEEP,
	LD_WAIT_MAX
};

enum lockdep_lock_type { LD_LOCK_NORMAL = 0, LD_LOCK_PERCPU, LD_LOCK_WAIT_OVERRIDE, LD_LOCK_MAX };

/* A map that stands for no lock: it keeps nobody out. */
#define LDLK_LOCK_VIRTUAL LD_LOCK_MAX

struct lockdep_map {
	const void *key; /* NULL: the map itself */
	const char *name;
	const struct ldlk_thread *owner; /* who holds it exclusively, if anybody */
	unsigned int known;              /* 1 + the generation in which it was made known */
	unsigned int pin_count;
	u8 wait_type_outer, wait_type_inner, lock_type;
	u8 subclass; /* of an acquisition that names none */
};

/* A static map; `outer` 0: the same as inner. */
#define LDLK_MAP_INIT(lock_name, map_key, inner, outer, type)                                      \
	{                                                                                          \
		.key = (map_key), .name = (lock_name), .wait_type_outer = (outer),                 \
		.wait_type_inner = (inner), .lock_type = (type)                                    \
	}
#define STATIC_LOCKDEP_MAP_INIT(lock_name, map_key)                                                \
	LDLK_MAP_INIT(lock_name, map_key, LD_WAIT_INV, LD_WAIT_INV, LD_LOCK_NORMAL)

/* The key of locks that are not checked: they are held, and that is all. */
LDLK_GLOBAL struct lock_class_key __lockdep_no_validate__;

/* Read by others too, who learn that it is not they. */
static inline bool ldlk_map_is_mine(const struct lockdep_map *map)
{
	return __atomic_load_n(&map->owner, __ATOMIC_RELAXED) == &ldlk_thread;
}

static inline void ldlk_map_set_owner(struct lockdep_map *map, const struct ldlk_thread *owner)
{
	__atomic_store_n(&map->owner, owner, __ATOMIC_RELAXED);
}

static inline bool ldlk_map_is_checked(const struct lockdep_map *map)
{
	return map->key != &__lockdep_no_validate__;
}

/* The checker hears nothing of locks that are not checked, nor between lockdep_off() and _on(). */
static inline bool ldlk_map_is_watched(const struct lockdep_map *map)
{
	return likely(!ldlk_thread.lockdep_off) && likely(ldlk_map_is_checked(map));
}

static inline ldl_class_t ldlk_map_class(const struct lockdep_map *map)
{
	unsigned int properties = LDL_CLASS_STRICT | LDL_CLASS_IRQ;
	ldl_class_t cls;

	if (map->lock_type == LD_LOCK_PERCPU)
		properties |= LDL_CLASS_PERCPU;
	cls = ldl_class_keyed(
		map->key ? map->key : map, map->name ? map->name : "lock", properties);
	ldl_class_wait_types(cls, map->wait_type_outer, map->wait_type_inner);
	return cls;
}

static inline unsigned int ldlk_map_flags(const struct lockdep_map *map)
{
	return map->lock_type == LDLK_LOCK_VIRTUAL ? LDL_LOCK_VIRTUAL : 0;
}

#define LDLK_MAP_LEARNING   UINT_MAX
#define LDLK_LEARN_PATIENCE 10000

/* Makes a map known that the checker has not met in this generation. One thread does it, the others
 * wait for that; a signal handler that came in between cannot, and goes on after a while. */
LDLK_SLOW void ldlk_map_learn(struct lockdep_map *map)
{
	unsigned int now = ldlk_generation + 1;
	unsigned int seen = __atomic_load_n(&map->known, __ATOMIC_ACQUIRE);

	for (int i = 0; seen == LDLK_MAP_LEARNING && i < LDLK_LEARN_PATIENCE; i++) {
		sched_yield();
		seen = __atomic_load_n(&map->known, __ATOMIC_ACQUIRE);
	}
	if (seen == LDLK_MAP_LEARNING || seen == now ||
		!__atomic_compare_exchange_n(&map->known, &seen, LDLK_MAP_LEARNING, false,
			__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	ldl_lock_init(map, ldlk_map_class(map), ldlk_map_flags(map));
	__atomic_store_n(&map->known, now, __ATOMIC_RELEASE);
}

static __always_inline void ldlk_map_know(struct lockdep_map *map)
{
	if (unlikely(__atomic_load_n(&map->known, __ATOMIC_ACQUIRE) != ldlk_generation + 1))
		ldlk_map_learn(map);
}

/* A lock begins its life. A finding when the lock that was there before is held (rule L8). */
static __always_inline void lockdep_init_map_type(struct lockdep_map *map, const char *name,
	struct lock_class_key *key, int subclass, u8 inner, u8 outer, u8 lock_type)
{
	*map = (struct lockdep_map){
		.key = key,
		.name = name,
		.wait_type_outer = outer,
		.wait_type_inner = inner,
		.lock_type = lock_type,
		.subclass = (u8)subclass,
	};
	if (!ldlk_map_is_watched(map))
		return;
	ldl_lock_init(map, ldlk_map_class(map), ldlk_map_flags(map));
	map->known = ldlk_generation + 1;
}

static __always_inline void lockdep_init_map_waits(struct lockdep_map *map, const char *name,
	struct lock_class_key *key, int subclass, u8 inner, u8 outer)
{
	lockdep_init_map_type(map, name, key, subclass, inner, outer, LD_LOCK_NORMAL);
}

static __always_inline void lockdep_init_map_wait(struct lockdep_map *map, const char *name,
	struct lock_class_key *key, int subclass, u8 inner)
{
	lockdep_init_map_waits(map, name, key, subclass, inner, LD_WAIT_INV);
}

static __always_inline void lockdep_init_map(
	struct lockdep_map *map, const char *name, struct lock_class_key *key, int subclass)
{
	lockdep_init_map_wait(map, name, key, subclass, LD_WAIT_INV);
}

/* The end of a lock's life. A finding when this thread holds it (rule L9). */
static __always_inline void ldlk_map_destroy(struct lockdep_map *map)
{
	if (ldlk_map_is_watched(map))
		ldl_lock_destroy(map);
	map->known = 0;
}

/* Keys need no registering here: any address will do, and what a class has learned stays. */
static inline void lockdep_register_key(struct lock_class_key *key)
{
	(void)key;
}

static inline void lockdep_unregister_key(struct lock_class_key *key)
{
	(void)key;
}

/* Gives a lock another class, best right after its initialisation. */
#define lockdep_set_class_and_name(lock, key, name)                                                \
	lockdep_set_class_and_subclass_named(lock, key, name, 0)
#define lockdep_set_class(lock, key) lockdep_set_class_and_subclass_named(lock, key, #key, 0)
#define lockdep_set_class_and_subclass(lock, key, subclass)                                        \
	lockdep_set_class_and_subclass_named(lock, key, #key, subclass)
#define lockdep_set_subclass(lock, sub)                                                            \
	lockdep_set_class_and_subclass_named(lock,                                                 \
		(struct lock_class_key *)(uintptr_t)(lock)->dep_map.key, (lock)->dep_map.name,     \
		sub)
#define lockdep_set_class_and_subclass_named(lock, class_key, class_name, sub)                     \
	lockdep_init_map_type(&(lock)->dep_map, class_name, class_key, sub,                        \
		(lock)->dep_map.wait_type_inner, (lock)->dep_map.wait_type_outer,                  \
		(lock)->dep_map.lock_type)
#define lockdep_set_novalidate_class(lock)                                                         \
	lockdep_set_class_and_name(lock, &__lockdep_no_validate__, "not checked")
#define lockdep_set_notrack_class(lock) lockdep_set_novalidate_class(lock)

/* For tests: a key's memory, or a lock's, is to be used anew. */
static inline void lockdep_free_key_range(void *start, unsigned long size)
{
	(void)start;
	(void)size;
}

static inline void lockdep_reset_lock(struct lockdep_map *map)
{
	__atomic_store_n(&map->known, 0, __ATOMIC_RELEASE);
}

static inline bool lockdep_match_key(
	const struct lockdep_map *map, const struct lock_class_key *key)
{
	return (map->key ? map->key : map) == (const void *)key;
}
#define lockdep_match_class(lock, key) lockdep_match_key(&(lock)->dep_map, key)

#endif
