/* fork: the child gets its own arena, with the nouns of the parent's and this thread's held stack.
 *
 * The child's slots and caches were wiped by the kernel, so its first event comes here, however it
 * was forked. What fork() itself announced (prepare) was written down in private memory: how far
 * each append-only table was filled, and what this thread held. The parent goes on writing behind
 * those marks, never before them. A child of _Fork() or raw clone() starts with nothing. */
#include "engine_place.h"

#include "class.h"
#include "control.h"
#include "instance.h"
#include "sys.h"

#include <string.h>

/* Written by prepare, read by the child: private memory that fork() copies. */
static struct {
	bool is_valid;
	const struct ldl_self *owner; /* of the thread that forks: others may prepare forks too */
	uint32_t used[LDL_TABLE_COUNT];
	uint32_t depth, overflow, unseen;
	struct ldl_context context;
	struct ldl_callbacks callbacks;
	uint64_t running[LDL_CALLBACKS];      /* addresses of what runs; 0: not known */
	struct ldl_held held[LDL_HELD_LARGE]; /* key: the address of the instance instead */
} saved;

/* What runs has another record in the child. */
static void save_callbacks(const struct ldl_thread *thread)
{
	const struct ldl_arena *arena = &ldl_engine.arena;

	saved.callbacks = thread->callbacks;
	for (uint32_t i = 0; i < LDL_CALLBACKS; i++)
		saved.running[i] = ldl_instance_addr(arena,
			ldl_callback_at(arena, thread->callbacks.running[i].record)->instance);
}

void ldl_engine_fork_prepare(void)
{
	struct ldl_thread *thread = ldl_engine_enter_end();

	if (!thread)
		return;
	if (ldl_engine_lock()) {
		for (unsigned int i = 0; i < LDL_TABLE_COUNT; i++)
			saved.used[i] = ldl_arena_table(&ldl_engine.arena, i)->used;
		saved.depth = ldl_thread_depth(thread);
		saved.overflow = thread->record->overflow;
		saved.unseen = thread->unseen;
		saved.context = thread->context;
		save_callbacks(thread);
		memcpy(saved.held, thread->held, saved.depth * sizeof(saved.held[0]));
		for (uint32_t i = 0; i < saved.depth; i++)
			saved.held[i].key = ldl_load_relaxed(
				&ldl_instance_at(&ldl_engine.arena, saved.held[i].instance)->addr);
		saved.owner = &ldl_self;
		saved.is_valid = true;
		ldl_engine_unlock();
	}
	ldl_engine_leave(thread);
}

void ldl_engine_fork_parent(void)
{
	saved.is_valid = false;
}

/* Right after the fork, and nothing but that: the parent's arena must not be written any more. The
 * rest waits for the first event: most children call exec. */
void ldl_engine_fork_early_child(void)
{
	if (ldl_engine.alive)
		*ldl_engine.alive = 0; /* as the kernel did, where it knows how */
	ldl_thread_become(&ldl_thread_none);
}

static bool copy_table(const struct ldl_arena *from, enum ldl_table_id id)
{
	struct ldl_arena *to = &ldl_engine.arena;
	struct ldl_table *table = ldl_arena_table(to, id);
	size_t bytes = (size_t)saved.used[id] * table->slot_size;

	if (saved.used[id] > table->capacity || !ldl_arena_back(to, to->table[id], bytes))
		return false;
	memcpy(to->table[id], from->table[id], bytes);
	table->used = saved.used[id];
	return true;
}

/* Puts an id that was not in the set yet into the first free slot. */
static void put_back(enum ldl_table_id set, uint64_t hash, uint32_t id)
{
	struct ldl_probe probe;
	uint32_t *slot;

	ldl_probe_start(&probe, &ldl_engine.arena, set, hash);
	while ((slot = ldl_probe_next(&probe)) && *slot)
		;
	if (slot)
		ldl_probe_store(&probe, set, slot, id);
}

static void rebuild_sets(void)
{
	struct ldl_arena *arena = &ldl_engine.arena;

	for (ldl_site_id id = 1; id < ldl_arena_table(arena, LDL_TABLE_SITES)->used; id++)
		put_back(LDL_TABLE_SITE_HASH, ldl_site_at(arena, id)->hash, id);
	for (ldl_class_id id = 1; id < ldl_arena_table(arena, LDL_TABLE_CLASSES)->used; id++) {
		struct ldl_class *class = ldl_class_at(arena, id);

		class->node = 0; /* the graph starts anew: `merge` joins it with the parent's */
		class->instances = 0;
		put_back(LDL_TABLE_CLASS_HASH, class->key, id);
	}
}

/* Live locks keep their classes; and an event, that it was woken before. Records may be changing
 * under our eyes: what makes no sense is left out. */
static void copy_instances(const struct ldl_arena *from)
{
	struct ldl_arena *to = &ldl_engine.arena;

	for (ldl_instance_id id = 1; id < saved.used[LDL_TABLE_INSTANCES]; id++) {
		const struct ldl_instance *old = ldl_instance_at(from, id);
		uint64_t addr = ldl_load_acquire(&old->addr);
		ldl_class_id class = ldl_load_relaxed(&old->class);
		ldl_instance_id copy;

		if (!addr || !class || class >= saved.used[LDL_TABLE_CLASSES])
			continue;
		copy = ldl_instance_make(to, addr, class, ldl_load_relaxed(&old->flags), 1, true);
		ldl_class_at(to, class)->instances += copy != 0;
		if (copy && ldl_class_at(to, class)->kind == LDL_KIND_EVENT)
			ldl_instance_info_at(to, copy)->request =
				ldl_load_relaxed(&ldl_instance_info_at(from, id)->request) &
				LDL_REQUEST_WOKEN;
	}
}

/* The child's instance for one of the parent's that lives on; 0: it has ended, or is not there. */
static ldl_instance_id counterpart(
	const struct ldl_arena *from, ldl_instance_id id, uint32_t generation)
{
	if (!id || id >= saved.used[LDL_TABLE_INSTANCES] ||
		ldl_instance_generation(from, id) != generation || !ldl_instance_addr(from, id))
		return 0;
	return ldl_instance_find(&ldl_engine.arena, ldl_instance_addr(from, id));
}

/* Live pools keep their levels. */
static void copy_reserves(const struct ldl_arena *from)
{
	struct ldl_arena *to = &ldl_engine.arena;

	for (ldl_reserve_id id = 1; id < saved.used[LDL_TABLE_RESERVES]; id++) {
		const struct ldl_reserve *old = ldl_reserve_at(from, id);
		ldl_instance_id instance = counterpart(from, old->instance, old->generation);
		ldl_reserve_id copy = instance ? ldl_table_take(to, LDL_TABLE_RESERVES, 1) : 0;

		if (!copy)
			continue;
		*ldl_reserve_at(to, copy) = *old;
		ldl_reserve_at(to, copy)->instance = instance;
		ldl_reserve_at(to, copy)->generation = ldl_instance_generation(to, instance);
		ldl_instance_info_at(to, instance)->reserve = copy;
	}
}

/* So do shrinkers and notifiers their ranges and counts. */
static void copy_callbacks(const struct ldl_arena *from)
{
	struct ldl_arena *to = &ldl_engine.arena;

	for (ldl_callback_id id = 1; id < saved.used[LDL_TABLE_CALLBACKS]; id++) {
		const struct ldl_callback *old = ldl_callback_at(from, id);
		ldl_instance_id instance = counterpart(from, old->instance, old->generation);
		ldl_callback_id copy = instance ? ldl_table_take(to, LDL_TABLE_CALLBACKS, 1) : 0;

		if (!copy)
			continue;
		*ldl_callback_at(to, copy) = *old;
		ldl_callback_at(to, copy)->instance = instance;
		ldl_callback_at(to, copy)->generation = ldl_instance_generation(to, instance);
		ldl_instance_info_at(to, instance)->callback = copy;
	}
}

/* The child has described itself already: its texts are where the parent's are now. */
static bool copy_strings(const struct ldl_arena *from)
{
	struct ldl_header *header = ldl_engine.arena.header;

	if (!copy_table(from, LDL_TABLE_STRINGS))
		return false;
	header->program = from->header->program;
	header->command = from->header->command;
	return true;
}

static bool copy_nouns(const struct ldl_arena *from)
{
	/* The same options give the same plan, unless memory got scarce. */
	if (from->size != ldl_engine.arena.size || !copy_strings(from) ||
		!copy_table(from, LDL_TABLE_MODULES) || !copy_table(from, LDL_TABLE_FRAMES) ||
		!copy_table(from, LDL_TABLE_SITES) || !copy_table(from, LDL_TABLE_CLASSES))
		return false;
	rebuild_sets();
	ldl_engine.arena.header->has_events = from->header->has_events;
	ldl_engine.arena.header->event_classes = from->header->event_classes;
	copy_instances(from);
	copy_reserves(from);
	copy_callbacks(from);
	return true;
}

/* Gives the one thread of the child what it held in the parent. */
static void restore_held(struct ldl_thread *thread)
{
	struct ldl_thread_record *record = thread->record;
	uint32_t classes = ldl_arena_table(&ldl_engine.arena, LDL_TABLE_CLASSES)->used;
	uint32_t size, depth = 0;

	if (saved.depth >= thread->limit) {
		uint32_t first = ldl_held_take_run(&ldl_engine.arena, saved.depth + 1, &size);

		if (!first)
			return;
		record->held_first = first;
		record->held_capacity = size;
		thread->held = ldl_held_at(&ldl_engine.arena, first);
		thread->limit = size;
	}
	for (uint32_t i = 0; i < saved.depth; i++) {
		struct ldl_held *entry = &thread->held[depth];

		*entry = saved.held[i];
		/* An element's instance is its pool, which has another address. */
		entry->instance = ldl_instance_find(&ldl_engine.arena, entry->key);
		if (!entry->instance || ldl_held_class(entry) >= classes)
			continue;
		entry->key = ldl_chain_mix(
			ldl_held_key(thread->held, depth), entry->class_mode, ldl_held_ip(entry));
		depth++;
	}
	record->depth = depth;
	record->overflow = saved.overflow;
	thread->unseen = saved.unseen;
}

/* And what it is in. What it had waited for has no ids here. */
static void restore_context(struct ldl_thread *thread)
{
	struct ldl_arena *arena = &ldl_engine.arena;

	thread->context = saved.context;
	ldl_context_forget(&thread->context);
	thread->context.own_wait_count = 0;
	thread->callbacks = saved.callbacks;
	for (uint32_t i = 0; i < LDL_CALLBACKS; i++) {
		ldl_instance_id id =
			saved.running[i] ? ldl_instance_find(arena, saved.running[i]) : 0;

		thread->callbacks.running[i].record =
			id ? ldl_instance_info_at(arena, id)->callback : 0;
	}
	ldl_callback_rearm(thread);
	ldl_engine_reopen(thread);
}

void ldl_engine_fork_child(void)
{
	struct ldl_arena parent = ldl_engine.arena;
	bool may_watch = parent.may_syscall && !ldl_engine.options.no_children;
	uint32_t serial = parent.header->pid;

	if (saved.owner != &ldl_self)
		saved.is_valid = false;
	ldl_engine.is_ready = false;
	ldl_engine_control = &ldl_engine_no_control;
	ldl_control_begin(NULL, NULL, 0);
	memset(&ldl_engine.arena, 0, sizeof(ldl_engine.arena));
	ldl_engine.is_child = true;
	ldl_thread_become(&ldl_thread_none);
	ldl_sys_forget_own_tid();
	ldl_thread_forget_all();
	ldl_held_forget_runs();
	ldl_joins_forget();
	ldl_work_unmap(&ldl_engine.work);
	if (may_watch && ldl_engine_open_arena(serial)) {
		if (saved.is_valid && copy_nouns(&parent)) {
			ldl_module_after_fork();
			ldl_engine_find_places();
		} else {
			ldl_module_forget();
		}
		ldl_module_refresh(&ldl_engine.arena);
		ldl_engine.is_ready = true;
	}
	*ldl_engine.alive = 1;
	ldl_arena_unmap(&parent);
	if (ldl_engine.is_ready && saved.is_valid) {
		struct ldl_thread *thread = ldl_engine_attach();

		if (thread) {
			restore_held(thread);
			restore_context(thread);
		}
	}
	saved.is_valid = false;
}
