/* The slow half of acquire and release: where everything comes together, in order. */
#include "engine_state.h"

#include "instance.h"

/* Leaves only entries that are still held: others were released by another thread. */
static uint32_t purge_stolen(struct ldl_thread *thread, uint32_t depth)
{
	for (uint32_t at = depth; at-- > 0;) {
		if (!ldl_held_is_stolen(&thread->held[at]))
			continue;
		ldl_held_remove(thread->held, depth, at);
		depth--;
	}
	ldl_store_relaxed(&thread->record->depth, depth);
	return depth;
}

void ldl_engine_purge(struct ldl_thread *thread)
{
	uint32_t word = ldl_load_relaxed(&thread->record->depth);

	if (!(word & LDL_WANTED))
		(void)purge_stolen(thread, word);
}

/* Moves the held stack to a larger run. The old run is copied before the record names the new one,
 * so an observer sees the one or the other. */
static bool grow(struct ldl_thread *thread)
{
	struct ldl_thread_record *record = thread->record;
	uint32_t size = 0, first, old_first = record->held_first, old_size = record->held_capacity;

	if (!ldl_engine_lock())
		return false;
	first = ldl_held_take_run(&ldl_engine.arena, old_size + 1, &size);
	if (first) {
		struct ldl_held *run = ldl_held_at(&ldl_engine.arena, first);

		ldl_held_copy(run, thread->held, old_size);
		thread->held = run;
		/* Release: pairs with the acquires in steal_from(), in engine_steal.c. */
		ldl_store_release(&record->held_first, first);
		ldl_store_relaxed(&record->held_capacity, size);
		ldl_held_vacate(ldl_held_at(&ldl_engine.arena, old_first), run, old_size);
		thread->limit = size;
		ldl_held_give_run(&ldl_engine.arena, old_first, old_size);
	}
	ldl_engine_unlock();
	return first != 0;
}

/* An acquisition that a signal handler interrupted is pending: what the handler takes is passed
 * through. A handler that jumped out leaves the wish behind; after many calls it is dropped. */
static bool is_interrupted(struct ldl_thread *thread, uint32_t word)
{
	uint32_t depth = word & LDL_DEPTH_MASK;

	if (!(word & LDL_WANTED)) {
		thread->stuck = 0;
		return false;
	}
	thread->unseen++;
	ldl_engine_count(LDL_COUNT_IN_GUARD);
	if (++thread->stuck < LDL_STUCK_MAX || depth == 0)
		return true;
	thread->stuck = 0;
	ldl_store_relaxed(&thread->record->depth, depth - 1);
	return false;
}

/* Room for one more entry. False: passed through, and counted. */
static bool make_room(struct ldl_thread *thread)
{
	uint32_t word = ldl_load_relaxed(&thread->record->depth), depth;

	if (is_interrupted(thread, word))
		return false;
	depth = purge_stolen(thread, ldl_load_relaxed(&thread->record->depth));
	if (depth < thread->limit || grow(thread))
		return true;
	ldl_engine_count(LDL_COUNT_HELD_OVERFLOW);
	thread->record->overflow++;
	return false;
}

static uint32_t effective_mode(uint32_t mode, uint32_t flags)
{
	if ((flags & LDL_INSTANCE_FAIR) || ldl_engine.options.portable)
		mode &= ~(uint32_t)LDL_MODE_RECURSIVE;
	return mode;
}

static void describe(struct ldl_acquisition *acquisition, ldl_instance_id id, const void *lock,
	uint32_t mode, const void *ip)
{
	const struct ldl_instance *instance = ldl_instance_at(&ldl_engine.arena, id);
	uint32_t subclass = (mode & LDL_MODE_SUBCLASS_MASK) >> LDL_MODE_SUBCLASS_SHIFT;
	uint32_t flags = ldl_load_relaxed(&instance->flags);

	*acquisition = (struct ldl_acquisition){
		.addr = (uint64_t)(uintptr_t)lock,
		.ip = (uint64_t)(uintptr_t)ip,
		.instance = id,
		.class = ldl_engine_subclass(ldl_load_relaxed(&instance->class), subclass),
		.flags = flags,
		.mode = effective_mode(mode & ~(uint32_t)LDL_MODE_SUBCLASS_MASK, flags),
	};
}

/* What the thread's next wake may depend on; until there are more than can be kept. */
static void remember_work(struct ldl_thread *thread, const struct ldl_held *entry)
{
	if (ldl_held_mode(entry) & LDL_MODE_TRY)
		return;
	ldl_context_remember(&thread->context, entry,
		ldl_load_relaxed(&ldl_engine.arena.header->event_clock), 0);
	if (thread->context.past_count > 2 * LDL_HISTORY)
		thread->armed &= ~(uint32_t)LDL_ARMED_WORK;
}

static void write_entry(struct ldl_held *entry, const struct ldl_held *pushed)
{
	ldl_engine_write(entry, pushed->addr, pushed->ip, pushed->key,
		pushed->instance | (uint64_t)pushed->class_mode << 32);
}

/* Checks and pushes. A relock that does not block pushes nothing: the entry counts it. */
static void acquire(struct ldl_thread *thread, struct ldl_acquisition *acquisition, uint32_t mode)
{
	uint32_t depth = thread->record->depth;
	uint32_t class_mode = acquisition->class << LDL_MODE_BITS | mode;
	int held_at = ldl_held_find(thread->held, depth, acquisition->addr);
	struct ldl_held *relocked = held_at >= 0 ? &thread->held[held_at] : NULL;
	bool is_fresh = false;
	uint64_t key;

	if (relocked && !ldl_rules_relock_blocks(acquisition, relocked)) {
		if (!ldl_held_relock(relocked))
			thread->unseen++;
		return;
	}
	key = ldl_engine_check_chain(thread, acquisition, class_mode, relocked, &is_fresh);
	ldl_engine_wish(thread->record, depth);
	write_entry(&thread->held[depth],
		&(struct ldl_held){
			.addr = acquisition->addr,
			.ip = acquisition->ip | (is_fresh ? LDL_HELD_FRESH : 0),
			.key = key,
			.instance = acquisition->instance,
			.class_mode = class_mode,
		});
	if (acquisition->nested && !relocked)
		ldl_engine_take_turn(thread, acquisition);
	if (thread->armed & LDL_ARMED_WORK)
		remember_work(thread, &thread->held[depth]);
}

/* The lock that should keep others of this class apart is not held. */
static void say_outer_is_not_held(struct ldl_thread *thread, struct ldl_acquisition *acquisition)
{
	ldl_engine_say(thread, acquisition,
		&(struct ldl_breach){LDL_FINDING_MISUSE, LDL_RULE_MISUSE, LDL_SEVERITY_ERROR, NULL,
			"nested inside a lock that is not held"});
}

static void observe_acquire(struct ldl_thread *thread, const struct ldl_acquisition *acquisition)
{
	struct ldl_judgement judgement = ldl_engine_judge(thread, acquisition);

	if (!ldl_kind_is_lock(ldl_class_at(&ldl_engine.arena, acquisition->class)->kind))
		return;
	ldl_engine_observe(
		&judgement, &(struct ldl_observed){
				    .kind = acquisition->mode & LDL_MODE_TRY ? LDL_OBSERVED_TRY
									     : LDL_OBSERVED_ACQUIRE,
				    .addr = acquisition->addr,
				    .class = acquisition->class,
			    });
}

/* Inside the guard: checks, and pushes as wanted. False: not tracked. */
static bool acquire_as(struct ldl_thread *thread, const void *lock,
	const struct ldl_lock_type *type, uint32_t mode, const void *outer, const void *ip)
{
	struct ldl_acquisition acquisition;
	ldl_instance_id id;

	ldl_engine_count(LDL_COUNT_SLOW_PATHS);
	if (!make_room(thread))
		return false;
	id = ldl_engine_instance(thread, lock, type, ip);
	if (!id) {
		thread->unseen++;
		return false;
	}
	*ldl_engine_cached_instance(thread, lock) = id;
	if (type->mark)
		ldl_engine_show_mark(id, lock, type);
	describe(&acquisition, id, lock, mode, ip);
	if (!acquisition.class) {
		thread->unseen++;
		return false;
	}
	acquisition.outer = (uint64_t)(uintptr_t)outer;
	if (outer && ldl_held_find(thread->held, thread->record->depth, acquisition.outer) < 0)
		say_outer_is_not_held(thread, &acquisition);
	if (type->mark)
		ldl_engine_check_tenants(thread, acquisition.class, type);
	acquire(thread, &acquisition, mode);
	if (thread->armed)
		observe_acquire(thread, &acquisition);
	return true;
}

/* Counted, so that its release finds nothing missing. False: the thread is new, or forked. */
static bool pass_through(void)
{
	struct ldl_thread *thread = ldl_thread_known();

	if (!thread || !thread->record)
		return false;
	thread->unseen++;
	return true;
}

static struct ldl_thread *acquire_slow(const void *lock, const struct ldl_lock_type *type,
	uint32_t mode, const void *outer, const void *ip)
{
	struct ldl_thread *thread;
	bool is_tracked;

	/* While locks are not watched each one comes here: nothing else is to be done. */
	if (ldl_engine_has_no_graph() && pass_through())
		return NULL;
	if (ldl_engine_refuses_lock(lock, ip)) {
		(void)pass_through();
		return NULL;
	}
	thread = ldl_engine_enter();
	if (!thread) {
		(void)pass_through();
		return NULL;
	}
	is_tracked = acquire_as(thread, lock, type, mode, outer, ip);
	ldl_engine_leave(thread);
	return is_tracked ? thread : NULL;
}

LDL_NOINLINE struct ldl_thread *ldl_engine_acquire_slow(
	const void *lock, const struct ldl_lock_type *type, uint32_t mode, const void *ip)
{
	if (ldl_unlikely(!ldl_engine.is_ready)) /* a program that is left out */
		return NULL;
	return acquire_slow(lock, type, mode, NULL, ip);
}

struct ldl_thread *ldl_engine_acquire_nested(const void *lock, const struct ldl_lock_type *type,
	uint32_t mode, const void *outer, const void *ip)
{
	return acquire_slow(lock, type, mode | LDL_MODE_INSIDE, outer, ip);
}

/* What is no lock and was passed through is not released like one: it does not count as unseen. */
static bool passed_through(struct ldl_thread *thread, uint32_t unseen, uint32_t overflow)
{
	thread->unseen = unseen;
	thread->record->overflow = overflow;
	return false;
}

bool ldl_engine_push_entry(struct ldl_thread *thread, const struct ldl_held *entry)
{
	uint32_t unseen = thread->unseen, overflow = thread->record->overflow, depth;

	if (!make_room(thread))
		return passed_through(thread, unseen, overflow);
	depth = thread->record->depth;
	ldl_engine_wish(thread->record, depth);
	write_entry(&thread->held[depth], entry);
	ldl_engine_acquired();
	return true;
}

bool ldl_engine_acquire_inside(struct ldl_thread *thread, const void *lock,
	const struct ldl_lock_type *type, uint32_t mode, const void *ip)
{
	uint32_t unseen = thread->unseen, overflow = thread->record->overflow;

	if (!acquire_as(thread, lock, type, mode, NULL, ip))
		return passed_through(thread, unseen, overflow);
	ldl_engine_acquired();
	return true;
}

void ldl_engine_try_failed(const void *lock, const void *ip)
{
	struct ldl_thread *thread = ldl_engine_enter();
	struct ldl_acquisition acquisition = {.ip = (uint64_t)(uintptr_t)ip};
	struct ldl_judgement judgement;

	if (!thread)
		return;
	judgement = ldl_engine_judge(thread, &acquisition);
	ldl_engine_observe(&judgement, &(struct ldl_observed){.kind = LDL_OBSERVED_TRY_FAILED,
					       .addr = (uint64_t)(uintptr_t)lock});
	ldl_engine_leave(thread);
}

LDL_NOINLINE void ldl_engine_failed(struct ldl_thread *thread, const void *lock)
{
	uint32_t word, depth;
	int at;

	if (!thread->record) /* forked by a signal handler during the real call */
		return;
	word = ldl_load_relaxed(&thread->record->depth);
	depth = word & LDL_DEPTH_MASK;
	if ((word & LDL_WANTED) && depth) {
		ldl_signal_fence();
		ldl_store_relaxed(&thread->record->depth, depth - 1);
		return;
	}
	/* A relock that did not happen after all. */
	at = ldl_held_find(thread->held, depth, (uint64_t)(uintptr_t)lock);
	if (at >= 0)
		(void)ldl_held_unrelock(&thread->held[at]);
}

/* Whether every acquisition of this process was seen: else a release without one proves nothing. */
static bool saw_everything(void)
{
	static const enum ldl_counter gaps[] = {LDL_COUNT_HELD_OVERFLOW, LDL_COUNT_IN_GUARD,
		LDL_COUNT_THREADS_UNWATCHED, LDL_COUNT_WRITER_BUSY, LDL_COUNT_NO_MEMORY,
		LDL_COUNT_MODULES_UNWATCHED, LDL_COUNT_LOCKS_REFUSED, LDL_COUNT_THREADS_REFUSED,
		LDL_COUNT_EVENTS_REFUSED};
	const struct ldl_arena *arena = &ldl_engine.arena;

	for (size_t i = 0; i < ldl_array_len(gaps); i++) {
		if (ldl_load_relaxed(&arena->header->counters[gaps[i]]))
			return false;
	}
	return !ldl_engine.is_child && !ldl_arena_table(arena, LDL_TABLE_INSTANCES)->dropped &&
	       !ldl_arena_table(arena, LDL_TABLE_INSTANCE_HASH)->dropped &&
	       !ldl_arena_table(arena, LDL_TABLE_CLASSES)->dropped;
}

/* A release of a lock that this thread was not seen to take. Reported when it is certain: the lock
 * is known, nothing was passed through, and nobody outside can hold it. */
static void release_unknown(struct ldl_thread *thread, const void *lock, const void *ip)
{
	ldl_instance_id id = ldl_instance_find(&ldl_engine.arena, (uint64_t)(uintptr_t)lock);
	struct ldl_acquisition acquisition;
	struct ldl_judgement judgement;
	bool is_foreign;

	if (thread->record->overflow) {
		thread->record->overflow--;
		return;
	}
	if (thread->unseen) {
		thread->unseen--;
		return;
	}
	is_foreign = id && ldl_engine_steal(thread, (uint64_t)(uintptr_t)lock);
	ldl_engine_count(is_foreign ? LDL_COUNT_UNLOCK_FOREIGN : LDL_COUNT_UNLOCK_UNKNOWN);
	if (!id || !ip || !saw_everything() ||
		(ldl_instance_at(&ldl_engine.arena, id)->flags & LDL_INSTANCE_SHARED))
		return;
	describe(&acquisition, id, lock, 0, ip);
	if (!ldl_engine_judge_start(&judgement, thread, &acquisition))
		return;
	ldl_rules_misuse(
		&judgement, is_foreign ? LDL_RULE_UNLOCK_FOREIGN : LDL_RULE_UNLOCK_UNHELD, NULL);
	ldl_engine_judge_end(&judgement);
}

/* Takes an entry out. Under a wish (a handler releases what the interrupted code holds) entries
 * must not move: it is marked instead, and purged later. */
void ldl_engine_drop(struct ldl_thread *thread, uint32_t at)
{
	uint32_t word = ldl_load_relaxed(&thread->record->depth);
	uint32_t depth = word & LDL_DEPTH_MASK;

	if (word & LDL_WANTED) {
		ldl_or_relaxed(&thread->held[at].addr, LDL_HELD_STOLEN);
		return;
	}
	ldl_held_remove(thread->held, depth, at);
	ldl_store_relaxed(&thread->record->depth, depth - 1);
	if (depth == 1)
		thread->record->overflow = 0;
}

/* One hold less; the last one takes the entry out. */
static void release_entry(struct ldl_thread *thread, uint32_t at, const void *ip)
{
	const struct ldl_held *entry = &thread->held[at];
	struct ldl_acquisition released = {
		.addr = ldl_held_addr(entry),
		.ip = (uint64_t)(uintptr_t)ip,
		.instance = entry->instance,
		.class = ldl_held_class(entry),
		.mode = ldl_held_mode(entry),
	};

	if (ldl_held_unrelock(&thread->held[at]))
		return;
	ldl_engine_drop(thread, at);
	if (thread->armed &&
		ldl_kind_is_lock(ldl_class_at(&ldl_engine.arena, released.class)->kind)) {
		struct ldl_judgement judgement = ldl_engine_judge(thread, &released);

		ldl_engine_observe(&judgement, &(struct ldl_observed){
						       .kind = LDL_OBSERVED_RELEASE,
						       .addr = released.addr,
						       .class = released.class,
					       });
	}
}

/* As its acquisition was. */
static void pass_release_through(void)
{
	struct ldl_thread *thread = ldl_thread_known();

	if (thread && thread->unseen)
		thread->unseen--;
}

/* Whether a release must be looked at: while locks are not watched, only what was taken before that
 * is left, and most threads hold none of it. A thread that passed nothing through releases what
 * another one holds. */
static bool may_be_held(void)
{
	const struct ldl_thread *thread = ldl_thread_known();

	return !ldl_engine_has_no_graph() || ldl_load_relaxed(&ldl_self.record->depth) || !thread ||
	       !thread->unseen;
}

/* Needs no guard: nothing is looked up. */
static bool release_below(const void *lock)
{
	struct ldl_thread *thread = LDL_SELF(thread);

	/* control 0: the guard, a fork, an armed thread, no thread yet. */
	if (!thread->control || !ldl_engine_pop_below(thread, lock))
		return false;
	ldl_fence_full();
	ldl_engine_moved_down(thread);
	return true;
}

static void release_slow(const void *lock, const void *ip)
{
	struct ldl_thread *thread;
	uint32_t depth;
	int at;

	if (ldl_engine_release_refused(lock))
		return;
	thread = may_be_held() ? ldl_engine_enter_end() : NULL;
	if (!thread) {
		pass_release_through();
		return;
	}
	depth = ldl_thread_depth(thread);
	at = ldl_held_find(thread->held, depth, (uint64_t)(uintptr_t)lock);
	if (at >= 0)
		release_entry(thread, (uint32_t)at, ip);
	else if (ldl_engine_has_no_graph() && thread->unseen)
		pass_release_through();
	else if (ldl_engine_has_no_graph())
		(void)ldl_engine_steal(thread, (uint64_t)(uintptr_t)lock);
	else
		release_unknown(thread, lock, ip);
	ldl_engine_leave(thread);
}

LDL_NOINLINE void ldl_engine_release_slow(const void *lock, const void *ip)
{
	if (ldl_likely(ldl_engine.is_ready) && !release_below(lock))
		release_slow(lock, ip);
}
