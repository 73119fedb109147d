/* Events: what is waited for until somebody wakes it, and what the waker needs for that.
 *
 * A wait is a momentary acquisition. A wake makes the event depend on what the waker holds, and on
 * what it had to wait for since the event's request began: its initialisation, its last wake, or
 * the waker's own last wait, whichever came last. Requests are told apart by a clock that ticks at
 * inits and wakes, so that what a thread remembers need not be tied to any one event. What was
 * waited for before the request was no part of the work that it asks for; nor is what the waker
 * held already when it waited for the same event (a semaphore that it took and gives back).
 *
 * A wait is made with what its thread has woken before: these are the requests that it waits for
 * the reply to. The search for cycles (cycle.c) leads such a wait to no event among them. */
#include "engine_place.h"

#include "chain.h"
#include "class.h"
#include "hash.h"
#include "instance.h"

static const struct ldl_lock_type event_type = {
	.kind = LDL_KIND_EVENT, .class_flags = LDL_CLASS_LEARNED};

#define TICK 2u /* of the event clock: below it is a bit of an event's request */

static uint32_t tick(void)
{
	struct ldl_header *header = ldl_engine.arena.header;

	ldl_store_relaxed(&header->has_events, 1);
	return ldl_add_relaxed(&header->event_clock, TICK) + TICK;
}

static uint32_t now(void)
{
	return ldl_load_relaxed(&ldl_engine.arena.header->event_clock);
}

static uint32_t request_of(ldl_instance_id id)
{
	return ldl_load_relaxed(&ldl_instance_info_at(&ldl_engine.arena, id)->request);
}

/* A new request begins, by a wake or with the event: what is done from here on counts for the next
 * wake. Unless another thread has ended the event since its request was `last`: the word is not the
 * event's any more. */
static void begin_request(ldl_instance_id id, uint32_t last, bool is_woken)
{
	(void)ldl_cas_acq_rel(&ldl_instance_info_at(&ldl_engine.arena, id)->request, &last,
		tick() | (is_woken ? LDL_REQUEST_WOKEN : 0));
}

static ldl_instance_id event_at(
	struct ldl_thread *thread, const void *event, const char *name, const void *ip)
{
	const struct ldl_lock_type type = {
		.kind = LDL_KIND_EVENT, .name = name, .class_flags = LDL_CLASS_LEARNED};
	uint64_t addr = LDL_PLACE_OF(LDL_KIND_EVENT, event);
	ldl_instance_id id = ldl_instance_find(&ldl_engine.arena, addr);

	if (!id)
		id = ldl_instance_find(&ldl_engine.arena, LDL_PLACE_OF(LDL_KIND_RECLAIM, event));
	if (id)
		return id;
	if ((uint64_t)(uintptr_t)event <= LDL_DOMAINS)
		return ldl_engine_domain(thread, event);
	/* One that nobody initialised: its request, 0, may have begun any time before. */
	(void)tick();
	return ldl_engine_instance(
		thread, (const void *)(uintptr_t)addr, name ? &type : &event_type, ip);
}

void ldl_engine_event_init(const void *event, const char *name, const void *ip)
{
	struct ldl_thread *thread = event ? ldl_engine_enter() : NULL;
	ldl_instance_id id;

	if (!thread)
		return;
	ldl_engine_end_place(LDL_PLACE_OF(LDL_KIND_EVENT, event));
	id = event_at(thread, event, name, ip);
	if (id)
		begin_request(id, request_of(id), false);
	ldl_engine_leave(thread);
}

/* Judges a chain that is new. */
static void check_wait(struct ldl_thread *thread, struct ldl_acquisition *acquisition, uint64_t key,
	uint64_t limit_ns)
{
	struct ldl_judgement judgement;

	if (!ldl_engine_judge_start(&judgement, thread, acquisition))
		return;
	if (ldl_engine_has_no_graph())
		ldl_rules_wait_in_context(&judgement, limit_ns);
	else
		ldl_rules_wait(&judgement, limit_ns);
	(void)ldl_chain_insert(&ldl_engine.arena, key, acquisition->site, 1);
	ldl_engine_judge_end(&judgement);
}

/* The locks of the API are remembered when they are got; POSIX locks, whose fast path has no time
 * for that, while the thread is armed: for its work after the first waits at a place that is new,
 * and after some of the later ones. */
static void watch_work(struct ldl_thread *thread, bool is_new)
{
	bool is_sampled = thread->context.ask_count % LDL_WORK_SAMPLED == 0;

	if (is_new)
		thread->work_left = LDL_WORK_WATCHED;
	thread->armed &= ~(uint32_t)LDL_ARMED_WORK;
	if ((thread->work_left || is_sampled) && !ldl_engine_has_no_graph() &&
		ldl_engine.has_posix_locks)
		thread->armed |= LDL_ARMED_WORK;
	if (thread->work_left)
		thread->work_left--;
}

/* Of an event: a stall until a domain has freed something is no reply to anybody. */
static uint32_t asked_before(struct ldl_thread *thread, ldl_class_id class)
{
	bool is_event = ldl_class_at(&ldl_engine.arena, class)->kind == LDL_KIND_EVENT;

	return is_event ? ldl_context_ask(&thread->context, class) : 0;
}

static void note_own(struct ldl_thread *thread, ldl_instance_id id)
{
	ldl_context_note_wait(&thread->context, ldl_instance_word(&ldl_engine.arena, id),
		thread->held, ldl_thread_depth(thread));
}

void ldl_engine_sees_posix_locks(bool does)
{
	ldl_engine.has_posix_locks = does;
}

void ldl_engine_wait(const void *event, uint64_t limit_ns, const void *ip)
{
	struct ldl_thread *thread = event ? ldl_engine_enter_any() : NULL;
	struct ldl_acquisition acquisition;
	struct ldl_held entry;
	ldl_instance_id id;
	uint64_t key;
	bool is_new;

	if (!thread)
		return;
	ldl_engine_purge(thread);
	id = event_at(thread, event, NULL, ip);
	if (id) {
		acquisition =
			ldl_engine_about(id, limit_ns ? LDL_MODE_TIMED : LDL_MODE_EXCLUSIVE, ip);
		acquisition.asked = asked_before(thread, acquisition.class);
		entry = ldl_engine_as_entry(thread, &acquisition);
		key = ldl_engine_key_of_mode(
			acquisition.asked ? ldl_hash_add(entry.key, acquisition.asked) : entry.key);
		is_new = !ldl_chain_find(&ldl_engine.arena, key);
		if (is_new || thread->context.budget_ns)
			check_wait(thread, &acquisition, key, limit_ns);
		/* What came before this wait is over: only the wait itself is needed now. */
		ldl_context_forget(&thread->context);
		ldl_context_remember(&thread->context, &entry, now(), 0);
		note_own(thread, id);
		watch_work(thread, is_new);
		if (thread->armed)
			ldl_engine_observe_wait(thread, &acquisition);
	}
	ldl_engine_leave(thread);
}

/* Got without waiting: to be given back, it may be, under what was held before. */
void ldl_engine_event_taken(const void *event, const void *ip)
{
	struct ldl_thread *thread = event ? ldl_engine_enter() : NULL;
	ldl_instance_id id;

	if (!thread)
		return;
	ldl_engine_purge(thread);
	id = event_at(thread, event, NULL, ip);
	if (id)
		note_own(thread, id);
	ldl_engine_leave(thread);
}

/* The wake's key: the event, the place, and all that it would depend on. */
static uint64_t key_of_wake(const struct ldl_judgement *judgement, const struct ldl_held *woken,
	uint32_t request, uint32_t before)
{
	const struct ldl_context *context = &judgement->thread->context;
	uint32_t count = ldl_context_past_kept(context);
	uint64_t key = ldl_hash_add(ldl_hash_add(woken->key, woken->ip), before);

	for (uint32_t i = 0; i < count; i++) {
		if (ldl_rules_counts(judgement, &context->past[i], woken, request))
			key += ldl_hash_strong(context->past[i].entry.key ^ context->asked);
	}
	return key ? key : 1;
}

/* Judges a wake that is new. */
static void check_wake(struct ldl_thread *thread, struct ldl_acquisition *acquisition,
	const struct ldl_held *woken, uint32_t request)
{
	uint32_t before = ldl_context_held_before(&thread->context,
		ldl_instance_word(&ldl_engine.arena, woken->instance), thread->held,
		ldl_thread_depth(thread));
	struct ldl_judgement judgement = ldl_engine_judge(thread, acquisition);
	uint64_t key = key_of_wake(&judgement, woken, request, before);
	struct ldl_held alone = *woken;

	alone.key = 0; /* it has no chain of its own */
	if (ldl_chain_find(&ldl_engine.arena, key) ||
		!ldl_engine_judge_start(&judgement, thread, acquisition))
		return;
	ldl_rules_wake(&judgement, &alone, request, before);
	(void)ldl_chain_insert(&ldl_engine.arena, key, acquisition->site, 1);
	ldl_engine_judge_end(&judgement);
}

void ldl_engine_wake(const void *event, const void *ip)
{
	struct ldl_thread *thread = event ? ldl_engine_enter() : NULL;
	struct ldl_acquisition acquisition;
	struct ldl_held woken;
	uint32_t request;
	ldl_instance_id id;

	if (!thread)
		return;
	ldl_engine_purge(thread);
	id = event_at(thread, event, NULL, ip);
	if (id) {
		acquisition = ldl_engine_about(id, LDL_MODE_EXCLUSIVE, ip);
		woken = ldl_engine_as_entry(thread, &acquisition);
		request = request_of(id);
		check_wake(thread, &acquisition, &woken, request);
		ldl_context_note_wake(&thread->context, ldl_instance_word(&ldl_engine.arena, id),
			ldl_class_event_bit(ldl_class_at(&ldl_engine.arena, acquisition.class)));
		begin_request(id, request, true);
	}
	ldl_engine_leave(thread);
}

void ldl_engine_remember(struct ldl_thread *thread)
{
	uint32_t depth;

	if (!ldl_load_relaxed(&ldl_engine.arena.header->has_events) || thread->guard ||
		!thread->record)
		return;
	depth = ldl_thread_depth(thread);
	if (depth)
		ldl_context_remember(&thread->context, &thread->held[depth - 1], now(), 0);
}

void ldl_engine_sleep(const void *ip)
{
	struct ldl_thread *thread = ldl_thread_known();
	struct ldl_acquisition acquisition = {.ip = (uint64_t)(uintptr_t)ip};
	struct ldl_judgement judgement;

	/* Nothing is held, as in a child that was forked just now: a sleep breaks nothing. */
	if (!thread || !thread->record ||
		(!thread->armed && !ldl_load_relaxed(&thread->record->depth)))
		return;
	thread = ldl_engine_enter_any();
	if (!thread)
		return;
	judgement = ldl_engine_judge(thread, &acquisition);
	if (ldl_rules_held_kind(&judgement, LDL_KIND_NONBLOCK) ||
		ldl_rules_may_not_sleep(&judgement)) {
		acquisition = ldl_engine_here(ip);
		if (ldl_engine_judge_start(&judgement, thread, &acquisition)) {
			ldl_rules_sleep(&judgement);
			ldl_engine_judge_end(&judgement);
		}
	}
	if (thread->armed)
		ldl_engine_observe(&judgement, &(struct ldl_observed){.kind = LDL_OBSERVED_SLEEP});
	ldl_engine_leave(thread);
}

void ldl_engine_misuse(const void *lock, const char *what, const void *ip)
{
	struct ldl_thread *thread = ldl_engine_enter();
	struct ldl_acquisition acquisition;
	ldl_instance_id id;

	if (!thread)
		return;
	id = lock ? ldl_instance_find(&ldl_engine.arena, (uint64_t)(uintptr_t)lock) : 0;
	acquisition = id ? ldl_engine_about(id, LDL_MODE_EXCLUSIVE, ip) : ldl_engine_here(ip);
	acquisition.addr = (uint64_t)(uintptr_t)lock;
	ldl_engine_say(thread, &acquisition,
		&(struct ldl_breach){
			LDL_FINDING_MISUSE, LDL_RULE_MISUSE, LDL_SEVERITY_ERROR, NULL, what});
	ldl_engine_leave(thread);
}
