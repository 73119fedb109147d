/* Shrinkers and notifiers: known by their addresses, bracketed while they run. Rules A7 to A12 and
 * B10; what they do while they run is watched in callback.c. */
#include "engine_place.h"

#include "instance.h"

#include <errno.h>

static const void *place_of(const void *callback)
{
	return (const void *)(uintptr_t)LDL_PLACE_OF(LDL_KIND_CONTEXT, callback);
}

/* The callback's instance, named when it is registered, else by where it is met. */
static ldl_instance_id callback_at(
	struct ldl_thread *thread, const void *address, const char *name, const void *ip)
{
	const struct ldl_lock_type type = {.kind = LDL_KIND_CONTEXT, .name = name};
	ldl_instance_id id =
		ldl_instance_find(&ldl_engine.arena, (uint64_t)(uintptr_t)place_of(address));
	uint32_t record, none = 0;

	if (id)
		return id;
	id = ldl_engine_instance(thread, place_of(address), &type, ip);
	record = id ? ldl_table_take(&ldl_engine.arena, LDL_TABLE_CALLBACKS, 1) : 0;
	if (record) {
		struct ldl_callback *callback = ldl_callback_at(&ldl_engine.arena, record);

		callback->class = ldl_instance_class(&ldl_engine.arena, id);
		callback->generation = ldl_instance_generation(&ldl_engine.arena, id);
		/* Release: pairs with the acquire in record_of(). */
		ldl_store_release(&callback->instance, id);
	}
	/* Not 0: another thread met it, too, or has ended it. */
	if (id)
		(void)ldl_cas_acq_rel(
			&ldl_instance_info_at(&ldl_engine.arena, id)->callback, &none, record);
	return id;
}

/* The callback's record; slot 0, of which nothing but `runs` is written, when it has none. */
static ldl_callback_id record_of(ldl_instance_id id)
{
	struct ldl_arena *arena = &ldl_engine.arena;
	ldl_callback_id record = ldl_load_relaxed(&ldl_instance_info_at(arena, id)->callback);

	/* Acquire: pairs with the release in callback_at(). */
	if (record >= ldl_load_relaxed(&ldl_arena_table(arena, LDL_TABLE_CALLBACKS)->used) ||
		ldl_load_acquire(&ldl_callback_at(arena, record)->instance) != id)
		return 0;
	return record;
}

void ldl_engine_callback_register(const void *address, const char *name, bool is_notifier,
	uint64_t start, uint64_t end, const void *ip)
{
	struct ldl_thread *thread = address ? ldl_engine_enter() : NULL;
	ldl_instance_id id;
	ldl_callback_id at;

	if (!thread)
		return;
	ldl_engine_end_place((uint64_t)(uintptr_t)place_of(address));
	id = callback_at(thread, address, name, ip);
	at = id ? record_of(id) : 0;
	if (at) {
		struct ldl_callback *record = ldl_callback_at(&ldl_engine.arena, at);

		record->is_notifier = is_notifier;
		record->start = start;
		record->end = end;
	}
	ldl_engine_leave(thread);
}

/* Rule A11: what the callback will hold, and the lock that it will take, before it ever runs. */
void ldl_engine_callback_lock(bool is_notifier, const void *lock, const void *ip)
{
	static const struct ldl_lock_type type = {.kind = LDL_KIND_CUSTOM};
	struct ldl_thread *thread = lock ? ldl_engine_enter() : NULL;
	struct ldl_acquisition acquisition;
	struct ldl_judgement judgement;
	ldl_instance_id id, outer;

	if (!thread)
		return;
	id = ldl_engine_instance(thread, lock, &type, ip);
	outer = is_notifier ? ldl_engine_context_at(thread, LDL_CTX_MMU_NOTIFIER)
			    : ldl_engine_domain(thread, LDL_RECLAIM_FS);
	if (id && outer) {
		acquisition = ldl_engine_about(id, LDL_MODE_EXCLUSIVE, ip);
		if (ldl_engine_judge_start(&judgement, thread, &acquisition)) {
			(void)ldl_rules_declare(&judgement,
				ldl_instance_class(&ldl_engine.arena, outer), acquisition.class);
			ldl_engine_judge_end(&judgement);
		}
	}
	ldl_engine_leave(thread);
}

/* Enters what the run holds: a context, or a domain: that is a wait for it, unless it is held. */
static void enter_section(struct ldl_thread *thread, struct ldl_running *running,
	const void *domain, uint32_t context, const void *ip)
{
	static const struct ldl_lock_type type = {.kind = LDL_KIND_RECLAIM};
	uint32_t depth = ldl_thread_depth(thread);
	ldl_instance_id id =
		domain ? ldl_engine_domain(thread, domain) : ldl_engine_context_at(thread, context);
	uint64_t addr = id ? ldl_instance_addr(&ldl_engine.arena, id) : 0;
	bool is_held = addr && ldl_held_find(thread->held, depth, addr) >= 0;

	if (!addr)
		return;
	running->section = addr;
	if (!domain || is_held)
		(void)ldl_engine_push_place(thread, addr, ip);
	else
		(void)ldl_engine_acquire_inside(
			thread, (const void *)(uintptr_t)addr, &type, LDL_MODE_EXCLUSIVE, ip);
}

/* A place on the thread's stack of running callbacks. */
static struct ldl_running *push(
	struct ldl_thread *thread, enum ldl_callback_kind kind, ldl_instance_id id, const void *ip)
{
	struct ldl_running *running;

	ldl_add_relaxed(&ldl_callback_at(&ldl_engine.arena, record_of(id))->runs, 1);
	/* Held while it runs, so that what it takes can name it; an end of no edge. */
	if (id)
		(void)ldl_engine_push_place(thread, ldl_instance_addr(&ldl_engine.arena, id), ip);
	thread->callbacks.count++;
	running = ldl_callback_running(&thread->callbacks);
	if (running)
		*running = (struct ldl_running){.kind = kind, .record = record_of(id)};
	ldl_callback_rearm(thread);
	return running;
}

void ldl_engine_count_begin(const void *shrinker, const void *ip)
{
	struct ldl_thread *thread = shrinker ? ldl_engine_enter() : NULL;
	ldl_instance_id id;

	if (!thread)
		return;
	id = callback_at(thread, shrinker, NULL, ip);
	(void)push(thread, LDL_CALLBACK_COUNT, id, ip);
	ldl_engine_leave(thread);
}

/* A reclaimer that is called for a mask is reached by each request whose mask contains that one. */
static const void *domain_of(uint32_t gfp)
{
	return gfp & LDL_GFP_FS ? LDL_RECLAIM_FS : gfp & LDL_GFP_IO ? LDL_RECLAIM_IO : LDL_RECLAIM;
}

void ldl_engine_scan_begin(const void *shrinker, uint32_t gfp, const void *ip)
{
	struct ldl_thread *thread = shrinker ? ldl_engine_enter() : NULL;
	struct ldl_running *running;
	ldl_instance_id id;

	if (!thread)
		return;
	id = callback_at(thread, shrinker, NULL, ip);
	running = push(thread, LDL_CALLBACK_SCAN, id, ip);
	if (running) {
		running->gfp = ldl_context_mask(thread->context.scope, gfp & LDL_GFP_BITS);
		enter_section(thread, running, domain_of(running->gfp), 0, ip);
	}
	ldl_engine_leave(thread);
}

static void say(struct ldl_thread *thread, const struct ldl_running *running,
	const struct ldl_breach *breach, const void *ip)
{
	const struct ldl_callback *record = ldl_callback_at(&ldl_engine.arena, running->record);
	struct ldl_acquisition acquisition = {.ip = (uint64_t)(uintptr_t)ip,
		.instance = record->instance,
		.class = record->class};

	if (!ldl_engine_has_no_graph())
		ldl_engine_say(thread, &acquisition, breach);
}

/* Rule B10: nothing freed, again and again, while a request that cannot fail waits. */
static void check_idle(struct ldl_thread *thread, const struct ldl_running *running, uint64_t freed,
	const void *ip)
{
	struct ldl_callback *record = ldl_callback_at(&ldl_engine.arena, running->record);
	uint32_t clock = ldl_load_relaxed(&ldl_engine.arena.header->nofail_clock);
	bool is_wanted =
		(running->gfp & LDL_GFP_NOFAIL) || clock != ldl_load_relaxed(&record->nofail);

	if (!running->record) /* shared by all that have none */
		return;
	ldl_store_relaxed(&record->nofail, clock);
	if (freed)
		ldl_store_relaxed(&record->idle, 0);
	else if (is_wanted && ldl_add_relaxed(&record->idle, 1) + 1 == LDL_IDLE_MAX)
		say(thread, running,
			&(struct ldl_breach){LDL_FINDING_POLICY, LDL_RULE_B10, LDL_SEVERITY_WARNING,
				NULL,
				"nothing was freed in three runs, and a NOFAIL request waits"},
			ip);
}

/* Takes the innermost callback off the stack, and out of its section. */
static void pop(struct ldl_thread *thread, const void *callback, const void *ip)
{
	const struct ldl_running *running = ldl_callback_running(&thread->callbacks);

	if (running && running->section)
		ldl_engine_leave_section(thread, running->section, ip);
	ldl_engine_leave_section(thread, (uint64_t)(uintptr_t)place_of(callback), ip);
	if (thread->callbacks.count)
		thread->callbacks.count--;
	ldl_callback_rearm(thread);
}

void ldl_engine_shrinker_end(const void *shrinker, uint64_t freed, const void *ip)
{
	struct ldl_thread *thread = shrinker ? ldl_engine_enter_end() : NULL;
	const struct ldl_running *running;

	if (!thread)
		return;
	running = ldl_callback_running(&thread->callbacks);
	if (running && running->kind == LDL_CALLBACK_SCAN)
		check_idle(thread, running, freed, ip);
	pop(thread, shrinker, ip);
	ldl_engine_leave(thread);
}

static enum ldl_callback_kind kind_of_call(
	const struct ldl_callback *record, uint64_t start, uint64_t end, bool may_block)
{
	bool is_everything = !record->start && !record->end;

	if (!is_everything && (start >= record->end || end <= record->start))
		return LDL_CALLBACK_NOTIFIER_OFF;
	return may_block ? LDL_CALLBACK_NOTIFIER : LDL_CALLBACK_NOTIFIER_NONBLOCK;
}

/* Reclaim unmaps pages and so calls notifiers, for every mask; the OOM reaper does it without
 * blocking. */
void ldl_engine_notifier_begin(
	const void *notifier, uint64_t start, uint64_t end, bool may_block, const void *ip)
{
	struct ldl_thread *thread = notifier ? ldl_engine_enter() : NULL;
	struct ldl_running *running;
	struct ldl_callback *record;
	ldl_instance_id id;

	if (!thread)
		return;
	id = callback_at(thread, notifier, NULL, ip);
	record = ldl_callback_at(&ldl_engine.arena, record_of(id));
	if (record_of(id))
		ldl_store_relaxed(&record->is_notifier, 1);
	running = push(thread, kind_of_call(record, start, end, may_block), id, ip);
	if (running)
		enter_section(
			thread, running, may_block ? LDL_RECLAIM : NULL, LDL_CTX_MMU_NOTIFIER, ip);
	ldl_engine_leave(thread);
}

static void judge_result(
	struct ldl_thread *thread, const struct ldl_running *running, int result, const void *ip)
{
	struct ldl_callback *record = ldl_callback_at(&ldl_engine.arena, running->record);
	bool is_refusal = result == -EAGAIN || result == EAGAIN;
	uint32_t calls, refusals;

	if (running->kind == LDL_CALLBACK_NOTIFIER_OFF && is_refusal)
		say(thread, running,
			&(struct ldl_breach){LDL_FINDING_NONBLOCK, LDL_RULE_A7,
				LDL_SEVERITY_WARNING, NULL,
				"the range is none of its business: return 0, not EAGAIN"},
			ip);
	if (running->kind != LDL_CALLBACK_NOTIFIER_NONBLOCK || !running->record)
		return;
	calls = ldl_add_relaxed(&record->calls, 1) + 1;
	is_refusal &= !running->tries;
	refusals = ldl_add_relaxed(&record->refusals, is_refusal) + is_refusal;
	if (refusals == calls)
		say(thread, running,
			&(struct ldl_breach){LDL_FINDING_NONBLOCK, LDL_RULE_A8,
				LDL_SEVERITY_WARNING, NULL,
				"try the lock, and return EAGAIN only when that fails"},
			ip);
}

void ldl_engine_notifier_end(const void *notifier, int result, const void *ip)
{
	struct ldl_thread *thread = notifier ? ldl_engine_enter_end() : NULL;
	const struct ldl_running *running;

	if (!thread)
		return;
	running = ldl_callback_running(&thread->callbacks);
	if (running)
		judge_result(thread, running, result, ip);
	pop(thread, notifier, ip);
	ldl_engine_leave(thread);
}
