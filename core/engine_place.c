/* Pseudo-locks. See engine_place.h. */
#include "engine_place.h"

#include "class.h"
#include "hash.h"
#include "instance.h"
#include "text.h"

#include <string.h>

ldl_class_id ldl_engine_named_class(const char *name, enum ldl_kind kind, uint32_t flags)
{
	struct ldl_class model = {
		.key = ldl_hash_add(ldl_class_key_named(name), kind),
		.identity = LDL_IDENTITY_ANNOTATED,
		.kind = (uint8_t)kind,
		.flags = (uint8_t)flags,
	};
	ldl_class_id id = ldl_class_find(&ldl_engine.arena, model.key);

	if (id)
		return id;
	model.name = ldl_text_add(&ldl_engine.arena, name, strlen(name));
	if (!ldl_engine_lock())
		return 0;
	id = ldl_class_make(&ldl_engine.arena, &model);
	ldl_engine_unlock();
	return id;
}

/* Whether a non-blocking context is in the header's list. */
static bool is_listed(const struct ldl_header *header, ldl_instance_id id)
{
	for (uint32_t i = 0; i < ldl_load_relaxed(&header->nonblock_count); i++) {
		if (ldl_load_relaxed(&header->nonblock[i]) == id)
			return true;
	}
	return false;
}

/* Under the writer lock. */
static void list_nonblock(struct ldl_judgement *judgement, ldl_instance_id id)
{
	struct ldl_header *header = ldl_engine.arena.header;

	if (is_listed(header, id))
		return;
	if (header->nonblock_count == LDL_NONBLOCK_MAX) {
		ldl_engine_count(LDL_COUNT_CONTEXTS_DROPPED);
		return;
	}
	ldl_store_relaxed(&header->nonblock[header->nonblock_count], id);
	ldl_store_relaxed(&header->nonblock_count, header->nonblock_count + 1);
	if (judgement)
		ldl_rules_adopt(judgement, id);
}

/* Notes what the rules must find without a search. Under the writer lock. */
static void note_place(struct ldl_judgement *judgement, ldl_instance_id id)
{
	struct ldl_header *header = ldl_engine.arena.header;
	const struct ldl_instance *instance = ldl_instance_at(&ldl_engine.arena, id);

	if (instance->addr >= 1 && instance->addr <= LDL_DOMAINS)
		ldl_store_relaxed(&header->domains[instance->addr - 1], id);
	else if (instance->addr == LDL_PLACE_HARDIRQ)
		ldl_store_relaxed(&header->interrupts[0], id);
	else if (instance->addr == LDL_PLACE_SOFTIRQ)
		ldl_store_relaxed(&header->interrupts[1], id);
	else if (ldl_class_at(&ldl_engine.arena, instance->class)->kind == LDL_KIND_NONBLOCK)
		list_nonblock(judgement, id);
}

/* Whether there is nothing to note any more: not so when the writer was busy at first. */
static bool is_noted(ldl_instance_id id)
{
	const struct ldl_header *header = ldl_engine.arena.header;
	const struct ldl_instance *instance = ldl_instance_at(&ldl_engine.arena, id);

	if (instance->addr >= 1 && instance->addr <= LDL_DOMAINS)
		return ldl_load_relaxed(&header->domains[instance->addr - 1]);
	if (instance->addr == LDL_PLACE_HARDIRQ || instance->addr == LDL_PLACE_SOFTIRQ)
		return ldl_load_relaxed(&header->interrupts[instance->addr == LDL_PLACE_SOFTIRQ]);
	return ldl_class_at(&ldl_engine.arena, instance->class)->kind != LDL_KIND_NONBLOCK ||
	       ldl_load_relaxed(&header->nonblock_count) == LDL_NONBLOCK_MAX ||
	       is_listed(header, id);
}

ldl_instance_id ldl_engine_place(struct ldl_thread *thread, uint64_t addr, ldl_class_id class)
{
	ldl_instance_id id = ldl_instance_find(&ldl_engine.arena, addr);
	struct ldl_acquisition nothing = {0};
	struct ldl_judgement judgement = ldl_engine_judge(thread, &nothing);
	bool is_new = !id && class;

	if (is_new)
		id = ldl_instance_make(&ldl_engine.arena, addr, class, 0, thread->record->serial,
			ldl_engine_patience());
	if (!id)
		return 0;
	if (is_new)
		ldl_add_relaxed(&ldl_class_at(&ldl_engine.arena, class)->instances, 1);
	if ((is_new || !is_noted(id)) && ldl_engine_lock()) {
		note_place(&judgement, id);
		ldl_engine_judge_end(&judgement);
	}
	return id;
}

void ldl_engine_end_place(uint64_t addr)
{
	ldl_instance_id id = ldl_instance_find(&ldl_engine.arena, addr);

	if (id)
		(void)ldl_instance_unmake(&ldl_engine.arena, id, ldl_engine_patience());
}

void ldl_engine_need_domains(struct ldl_thread *thread)
{
	static const char *const names[LDL_DOMAINS] = {"reclaim", "reclaim.io", "reclaim.fs"};

	for (uint32_t i = 0; i < LDL_DOMAINS; i++) {
		if (!ldl_load_relaxed(&ldl_engine.arena.header->domains[i]))
			(void)ldl_engine_place(thread, i + 1,
				ldl_engine_named_class(names[i], LDL_KIND_RECLAIM, 0));
	}
}

void ldl_engine_need_interrupts(struct ldl_thread *thread)
{
	const struct ldl_header *header = ldl_engine.arena.header;

	if (!ldl_load_relaxed(&header->interrupts[0]))
		(void)ldl_engine_place(thread, LDL_PLACE_HARDIRQ,
			ldl_engine_named_class("hardirq", LDL_KIND_INTERRUPT, 0));
	if (!ldl_load_relaxed(&header->interrupts[1]))
		(void)ldl_engine_place(thread, LDL_PLACE_SOFTIRQ,
			ldl_engine_named_class("softirq", LDL_KIND_INTERRUPT, 0));
}

void ldl_engine_find_places(void)
{
	uint32_t used = ldl_arena_table(&ldl_engine.arena, LDL_TABLE_INSTANCES)->used;

	for (ldl_instance_id id = 1; id < used; id++) {
		if (ldl_instance_at(&ldl_engine.arena, id)->addr)
			note_place(NULL, id);
	}
}

/* The type of what was made by ldl_engine_place(): never asked for, since it is known. */
static const struct ldl_lock_type known_place = {.kind = LDL_KIND_CONTEXT};

bool ldl_engine_push_place(struct ldl_thread *thread, uint64_t addr, const void *ip)
{
	return ldl_engine_acquire_inside(
		thread, (const void *)(uintptr_t)addr, &known_place, LDL_MODE_TRY, ip);
}

bool ldl_engine_pop_place(struct ldl_thread *thread, uint64_t addr)
{
	uint32_t depth = ldl_thread_depth(thread);
	int at = ldl_held_find(thread->held, depth, addr);

	if (at < 0)
		return false;
	if (!ldl_held_unrelock(&thread->held[at]))
		ldl_engine_drop(thread, (uint32_t)at);
	return true;
}
