/* The life of locks: how a lock gets its class, begins, ends; and what the program declares. */
#include "engine_place.h"

#include "class.h"
#include "edge.h"
#include "hash.h"
#include "instance.h"
#include "text.h"

#include <string.h>

/* The class with the model's key, made when new. 0: no room, or the writer is busy. */
static ldl_class_id class_for(const struct ldl_class *model, const struct ldl_stack *stack)
{
	ldl_class_id id = ldl_class_find(&ldl_engine.arena, model->key);
	struct ldl_class fresh = *model;

	if (id || !ldl_engine_lock())
		return id;
	if (stack)
		fresh.site = ldl_site_intern(&ldl_engine.arena, stack);
	id = ldl_class_make(&ldl_engine.arena, &fresh);
	ldl_engine_unlock();
	return id;
}

/* A lock may be met in the same place as an allocation, and an event have a lock's address. */
static uint64_t of_kind(enum ldl_kind kind, uint64_t key)
{
	return ldl_kind_is_lock(kind) ? key : ldl_hash_add(key, kind);
}

#define RUNTIME_FRAMES                                                                             \
	4u /* frames of libstdc++ and the like that may lie above the ones that count */

/* The class named by a stack: found by its innermost frames, which are cheap to take; only a new
 * class takes, and keeps, the whole of it. */
static ldl_class_id class_by_stack(struct ldl_class *model, const void *ip,
	uint64_t (*key)(const struct ldl_stack *, uint32_t))
{
	uint32_t depth = ldl_engine.options.class_depth +
			 (model->identity == LDL_IDENTITY_FIRST ? LDL_CLASS_WRAPPERS : 0);
	struct ldl_stack stack;
	ldl_class_id id;

	ldl_site_take(&ldl_engine.arena, &stack, ip, depth + RUNTIME_FRAMES);
	ldl_site_skip_runtime(&stack);
	model->key = of_kind(model->kind, key(&stack, depth));
	id = ldl_class_find(&ldl_engine.arena, model->key);
	if (id)
		return id;
	ldl_site_take(&ldl_engine.arena, &stack, ip, ldl_engine_stack_depth(0));
	ldl_site_skip_runtime(&stack);
	return class_for(model, &stack);
}

static ldl_class_id class_by_init(const struct ldl_lock_type *type, const void *ip)
{
	struct ldl_class model = {.identity = LDL_IDENTITY_INIT, .kind = (uint8_t)type->kind};

	return class_by_stack(&model, ip, ldl_class_key_init);
}

/* Rules (c) and (d): static storage, else the first acquisition's stack. */
static ldl_class_id class_by_place(
	const void *lock, const struct ldl_lock_type *type, const void *ip)
{
	uint64_t addr = LDL_PLACE_ADDRESS((uint64_t)(uintptr_t)lock);
	struct ldl_class model = {.identity = LDL_IDENTITY_FIRST, .kind = (uint8_t)type->kind};
	struct ldl_module_hit module;

	ldl_module_learn(&ldl_engine.arena, addr);
	module = ldl_module_find(addr);
	if (!module.id)
		return class_by_stack(&model, ip, ldl_class_key_first);
	model.identity = LDL_IDENTITY_STATIC;
	model.object = ldl_module_frame(addr);
	model.key = of_kind(type->kind, ldl_class_key_static(&module, addr));
	return class_for(&model, NULL);
}

ldl_class_id ldl_engine_site_class(const struct ldl_acquisition *acquisition)
{
	struct ldl_class model = {.identity = LDL_IDENTITY_FIRST, .kind = LDL_KIND_ALLOCATION};

	if (!ldl_governor_may_admit(LDL_EFFORT_CHAIN, acquisition->ip))
		return 0;
	return class_by_stack(
		&model, (const void *)(uintptr_t)acquisition->ip, ldl_class_key_first);
}

static ldl_instance_id make(
	struct ldl_thread *thread, const void *lock, ldl_class_id class, uint32_t flags)
{
	ldl_instance_id id;

	if (!class)
		return 0;
	id = ldl_instance_make(&ldl_engine.arena, (uint64_t)(uintptr_t)lock, class, flags,
		thread->record->serial, ldl_engine_patience());
	if (id)
		ldl_add_relaxed(&ldl_class_at(&ldl_engine.arena, class)->instances, 1);
	return id;
}

ldl_instance_id ldl_engine_instance(struct ldl_thread *thread, const void *lock,
	const struct ldl_lock_type *type, const void *ip)
{
	ldl_instance_id id = ldl_instance_find(&ldl_engine.arena, (uint64_t)(uintptr_t)lock);
	ldl_class_id class;

	if (id && !ldl_engine_is_new_tenant(id, lock, type))
		return id;
	/* Here it gets dear. A new tenant that may not be met now is not taken for the old. */
	if (!ldl_engine_admits(thread, LDL_EFFORT_LOCK, (uint64_t)(uintptr_t)ip))
		return 0;
	if (id && !ldl_engine_move_in(id, lock, type))
		return id;
	class = type->name ? ldl_engine_named_class(type->name, type->kind, type->class_flags)
			   : class_by_place(lock, type, ip);
	if (id)
		return ldl_engine_renew(thread, id, class, lock, type) ? id : 0;
	id = make(thread, lock, class, type->flags ? type->flags(lock) : 0);
	if (id)
		ldl_engine_settle_in(id, lock, type);
	return id;
}

ldl_class_id ldl_engine_subclass(ldl_class_id class, uint32_t subclass)
{
	const struct ldl_class *parent = ldl_class_at(&ldl_engine.arena, class);
	struct ldl_class model;
	ldl_class_id id;

	if (!subclass)
		return class;
	model = (struct ldl_class){
		.key = ldl_class_key_subclass(parent, subclass),
		.identity = parent->identity,
		.kind = parent->kind,
		.flags = parent->flags,
		.subclass = (uint8_t)subclass,
		.wait_outer = parent->wait_outer,
		.wait_inner = parent->wait_inner,
		.parent = class,
		.name = parent->name,
		.site = parent->site,
		.object = parent->object,
	};
	id = ldl_class_find(&ldl_engine.arena, model.key);
	if (id)
		return id;
	if (!ldl_engine_lock())
		return 0;
	id = ldl_class_make(&ldl_engine.arena, &model);
	ldl_engine_unlock();
	return id ? id : class;
}

/* Ends the instance: its vertex leaves the graph, its record is free. Called inside the guard. */
static void end_instance(ldl_instance_id id)
{
	struct ldl_instance_info *info = ldl_instance_info_at(&ldl_engine.arena, id);

	if (info->node && ldl_engine_lock()) {
		ldl_node_remove(&ldl_engine.arena, info->node);
		info->node = 0;
		ldl_engine_unlock();
	}
	(void)ldl_instance_unmake(&ldl_engine.arena, id, ldl_engine_patience());
}

/* Reports that the lock ends or begins while this thread holds it. */
static void misused(struct ldl_thread *thread, ldl_instance_id id, enum ldl_rule rule,
	const struct ldl_held *entry, const void *ip)
{
	struct ldl_acquisition acquisition = ldl_engine_about(id, LDL_MODE_EXCLUSIVE, ip);
	struct ldl_judgement judgement;

	if (!ldl_engine_judge_start(&judgement, thread, &acquisition))
		return;
	ldl_rules_misuse(&judgement, rule, entry);
	ldl_engine_judge_end(&judgement);
}

static struct ldl_held *held_entry(struct ldl_thread *thread, const void *lock, uint32_t *depth)
{
	int at;

	*depth = ldl_thread_depth(thread);
	at = ldl_held_find(thread->held, *depth, (uint64_t)(uintptr_t)lock);
	return at >= 0 && !ldl_held_is_stolen(&thread->held[at]) ? &thread->held[at] : NULL;
}

/* The old tenant of an address goes, in every mode: when it is watched again, another lock may be
 * there. That this thread still holds it is a finding. */
static void evict(struct ldl_thread *thread, const void *lock, enum ldl_rule rule, bool is_gone,
	const void *ip)
{
	ldl_instance_id id = ldl_instance_find(&ldl_engine.arena, (uint64_t)(uintptr_t)lock);
	struct ldl_held *entry;
	uint32_t depth;

	if (!id)
		return;
	entry = held_entry(thread, lock, &depth);
	if (entry && !ldl_engine_has_no_graph())
		misused(thread, id, rule, entry, ip);
	if (!is_gone)
		return;
	if (entry && (ldl_load_relaxed(&thread->record->depth) & LDL_WANTED)) {
		ldl_or_relaxed(&entry->addr, LDL_HELD_STOLEN); /* under a wish nothing moves */
	} else if (entry) {
		ldl_held_remove(thread->held, depth, (uint32_t)(entry - thread->held));
		ldl_store_relaxed(&thread->record->depth, depth - 1);
	}
	ldl_engine_clear_mark(id, lock);
	end_instance(id);
}

/* Outside the guard, or in a thread that has no slot: that the lock is gone must be known all the
 * same, or the next one there would be taken for it. */
static void end_unseen(const void *lock)
{
	uint64_t addr = (uint64_t)(uintptr_t)lock;
	bool is_watched = ldl_engine.is_ready && !ldl_breaker_is_open(ldl_engine.arena.header);
	ldl_instance_id id = is_watched ? ldl_instance_find(&ldl_engine.arena, addr) : 0;

	if (!id)
		return;
	ldl_engine_clear_mark(id, lock);
	ldl_instance_bury(&ldl_engine.arena, id);
}

void ldl_engine_init(const void *lock, const struct ldl_lock_type *type, ldl_class_id class,
	uint32_t flags, const void *ip)
{
	struct ldl_thread *thread;
	ldl_instance_id id;

	if (ldl_engine_refuses_lock(lock, ip))
		return;
	thread = ldl_engine_enter_end();
	if (!thread) {
		end_unseen(lock);
		return;
	}
	evict(thread, lock, LDL_RULE_INIT_HELD, true, ip);
	/* Whoever switches it on meets the lock at its first acquisition; so does who may not know
	 * it now. */
	if (ldl_engine_has_no_graph() ||
		!ldl_engine_admits(thread, LDL_EFFORT_LOCK, (uint64_t)(uintptr_t)ip)) {
		ldl_engine_leave(thread);
		return;
	}
	if (type->flags)
		flags |= type->flags(lock);
	if (class >= ldl_load_relaxed(&ldl_arena_table(&ldl_engine.arena, LDL_TABLE_CLASSES)->used))
		class = 0;
	if (!class)
		class = class_by_init(type, ip);
	id = make(thread, lock, class, flags);
	if (id)
		ldl_engine_settle_in(id, lock, type);
	ldl_engine_leave(thread);
}

void ldl_engine_destroy(const void *lock, bool is_gone, const void *ip)
{
	struct ldl_thread *thread;

	if (ldl_engine_has_no_lock(lock))
		return;
	thread = ldl_engine_enter_end();
	if (!thread) {
		if (is_gone)
			end_unseen(lock);
		return;
	}
	evict(thread, lock, LDL_RULE_DESTROY_HELD, is_gone, ip);
	ldl_engine_leave(thread);
}

#define CLASS_PROPERTIES (LDL_CLASS_LEARNED | LDL_CLASS_INTERRUPTS | LDL_CLASS_PER_CPU)

/* The declared class with this key, made when new. Called inside the guard. */
static ldl_class_id declared_class(struct ldl_thread *thread, uint64_t key, ldl_frame object,
	const char *name, uint32_t properties)
{
	struct ldl_class model = {
		.key = key,
		.identity = LDL_IDENTITY_ANNOTATED,
		.kind = LDL_KIND_CUSTOM,
		.object = object,
		.flags = (uint8_t)(LDL_CLASS_DECLARED | (properties & CLASS_PROPERTIES)),
	};
	ldl_class_id id = ldl_class_find(&ldl_engine.arena, key);

	if (!id) {
		model.name = ldl_text_add(&ldl_engine.arena, name, strlen(name));
		id = class_for(&model, NULL);
	}
	if (properties & LDL_CLASS_INTERRUPTS)
		ldl_engine_need_interrupts(thread);
	return id;
}

ldl_class_id ldl_engine_class(const char *name, uint32_t properties)
{
	struct ldl_thread *thread = ldl_engine_enter();
	ldl_class_id id;

	if (!thread)
		return 0;
	id = declared_class(thread, ldl_class_key_named(name), 0, name, properties);
	ldl_engine_leave(thread);
	return id;
}

ldl_class_id ldl_engine_class_keyed(const void *key, const char *name, uint32_t properties)
{
	struct ldl_thread *thread = ldl_engine_enter();
	uint64_t addr = (uint64_t)(uintptr_t)key;
	struct ldl_module_hit module;
	ldl_class_id id;

	if (!thread)
		return 0;
	ldl_module_learn(&ldl_engine.arena, addr);
	module = ldl_module_find(addr);
	id = declared_class(thread,
		ldl_hash_add(module.id ? ldl_class_key_static(&module, addr) : addr,
			ldl_class_key_named(name)),
		module.id ? ldl_module_frame(addr) : 0, name, properties);
	/* The kernel's style: completions that no call initialises are met at their first wake. */
	ldl_store_relaxed(&ldl_engine.arena.header->has_events, 1);
	ldl_engine_leave(thread);
	return id;
}

void ldl_engine_class_wait_types(ldl_class_id class, uint32_t outer, uint32_t inner)
{
	struct ldl_thread *thread = ldl_engine_enter();

	if (!thread)
		return;
	if (class &&
		class < ldl_load_relaxed(
				&ldl_arena_table(&ldl_engine.arena, LDL_TABLE_CLASSES)->used) &&
		ldl_engine_lock()) {
		ldl_class_at(&ldl_engine.arena, class)->wait_outer = (uint8_t)outer;
		ldl_class_at(&ldl_engine.arena, class)->wait_inner = (uint8_t)inner;
		ldl_engine_unlock();
	}
	ldl_engine_leave(thread);
}

static ldl_class_id class_at(const void *lock)
{
	ldl_instance_id id = ldl_instance_find(&ldl_engine.arena, (uint64_t)(uintptr_t)lock);

	return id ? ldl_instance_class(&ldl_engine.arena, id) : 0;
}

ldl_class_id ldl_engine_lock_class(const void *lock)
{
	struct ldl_thread *thread = ldl_engine_enter();
	ldl_class_id class;

	if (!thread)
		return 0;
	class = class_at(lock);
	ldl_engine_leave(thread);
	return class;
}

void ldl_engine_nest(const void *lock, const void *outer)
{
	struct ldl_thread *thread = ldl_engine_enter();
	ldl_class_id inner_class, outer_class;

	if (!thread)
		return;
	inner_class = class_at(lock);
	outer_class = class_at(outer);
	if (inner_class && outer_class && ldl_engine_lock()) {
		ldl_class_at(&ldl_engine.arena, inner_class)->nest_outer = outer_class;
		ldl_engine_unlock();
	}
	ldl_engine_leave(thread);
}

void ldl_engine_order(const void *outer, const void *inner, const void *ip)
{
	struct ldl_thread *thread = ldl_engine_enter();
	struct ldl_acquisition acquisition = {.ip = (uint64_t)(uintptr_t)ip};
	struct ldl_judgement judgement;
	ldl_class_id outer_class;

	if (!thread)
		return;
	outer_class = class_at(outer);
	acquisition.class = class_at(inner);
	if (outer_class && acquisition.class &&
		ldl_engine_judge_start(&judgement, thread, &acquisition)) {
		(void)ldl_rules_declare(&judgement, outer_class, acquisition.class);
		ldl_engine_judge_end(&judgement);
	}
	ldl_engine_leave(thread);
}

void ldl_engine_assert(const void *lock, bool held, const void *ip)
{
	struct ldl_thread *thread = ldl_engine_enter();
	ldl_instance_id id;
	struct ldl_held *entry;
	uint32_t depth;

	if (!thread)
		return;
	id = ldl_instance_find(&ldl_engine.arena, (uint64_t)(uintptr_t)lock);
	entry = held_entry(thread, lock, &depth);
	if (id && !!entry != held && !thread->unseen && !thread->record->overflow)
		misused(thread, id, LDL_RULE_NOT_HELD, entry, ip);
	ldl_engine_leave(thread);
}

int ldl_engine_is_held(const void *lock)
{
	struct ldl_thread *thread = ldl_engine_enter();
	uint32_t depth;
	int answer = -1;

	if (!thread)
		return -1;
	if (held_entry(thread, lock, &depth))
		answer = 1;
	else if (!thread->unseen && !thread->record->overflow)
		answer = 0;
	ldl_engine_leave(thread);
	return answer;
}

void ldl_engine_downgrade(const void *lock)
{
	struct ldl_thread *thread = ldl_engine_enter();
	struct ldl_held *entry;
	uint32_t depth;

	if (!thread)
		return;
	entry = held_entry(thread, lock, &depth);
	/* Keys from here upwards change with it: chains are checked for what is held. */
	if (entry) {
		entry->class_mode |= LDL_MODE_SHARED;
		ldl_held_rekey(thread->held, depth, (uint32_t)(entry - thread->held));
	}
	ldl_engine_leave(thread);
}
