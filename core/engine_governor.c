/* How the engine keeps to its governor: what is turned away, how that is counted, and how our own
 * time is sampled.
 *
 * What is turned away must cost next to nothing, or a storm of it would be what the governor is to
 * prevent. So a lock that is not known and may not become known now is turned away before the
 * guard: it is one that passed through, as while locks are not watched. */
#include "engine_state.h"

#include "instance.h"
#include "sys.h"

#include <time.h>

static const enum ldl_counter refusals[LDL_EFFORTS] = {
	[LDL_EFFORT_CHAIN] = LDL_COUNT_CHAINS_REFUSED,
	[LDL_EFFORT_LOCK] = LDL_COUNT_LOCKS_REFUSED,
	[LDL_EFFORT_THREAD] = LDL_COUNT_THREADS_REFUSED,
};

void ldl_engine_count_refused(struct ldl_thread *thread)
{
	for (uint32_t i = 0; i < LDL_EFFORTS; i++) {
		uint32_t count = thread->turned_away[i];

		if (!count)
			continue;
		thread->turned_away[i] = 0;
		ldl_add_relaxed(&ldl_engine.arena.header->counters[refusals[i]], count);
		ldl_governor_spend((uint64_t)count * LDL_REFUSED_NS);
	}
}

/* Counted by the thread itself, and told the arena now and then; at once when it is the first of
 * all, since saw_everything() must not believe that there was none. */
static void refuse(struct ldl_thread *thread, enum ldl_effort effort)
{
	thread->turned_away[effort]++;
	if (thread->turned_away[effort] >= LDL_REFUSED_FLUSH ||
		!ldl_load_relaxed(&ldl_engine.arena.header->counters[refusals[effort]]))
		ldl_engine_count_refused(thread);
}

bool ldl_engine_admits(struct ldl_thread *thread, enum ldl_effort effort, uint64_t key)
{
	if (ldl_governor_admits(effort, key))
		return true;
	refuse(thread, effort);
	return false;
}

/* Threads without a slot have no place of their own to count in, and would fight for one that they
 * share: so it is a few, on a cache line each. */
static struct {
	uint32_t count;
	uint32_t unused[15];
} events[LDL_EVENT_SHARDS];

static __thread uint32_t events_passed;

void ldl_engine_count_events(void)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < LDL_EVENT_SHARDS; i++)
		sum += ldl_exchange_acquire(&events[i].count, 0);
	ldl_add_relaxed(&ldl_engine.arena.header->counters[LDL_COUNT_EVENTS_REFUSED], sum);
	ldl_governor_spend(sum * LDL_REFUSED_NS);
}

void ldl_engine_begin_counts(void)
{
	for (uint32_t i = 0; i < LDL_EVENT_SHARDS; i++)
		ldl_store_relaxed(&events[i].count, 0);
}

static void count_event(void)
{
	uint64_t *known = &ldl_engine.arena.header->counters[LDL_COUNT_EVENTS_REFUSED];
	uint32_t *shard = &events[(uintptr_t)&events_passed / LDL_PAGE % LDL_EVENT_SHARDS].count;

	/* The first of all at once, as above. */
	if (ldl_add_relaxed(shard, 1) >= LDL_EVENT_FLUSH || !ldl_load_relaxed(known))
		ldl_engine_count_events();
}

bool ldl_engine_refuses_thread(void)
{
	/* While nothing new is wanted, one of some asks if that is still so. */
	bool is_asked =
		!ldl_governor_sheds(LDL_SHED_EDGES) || events_passed++ % LDL_REFUSED_FLUSH == 0;

	if (is_asked && ldl_governor_admits(LDL_EFFORT_THREAD, 0))
		return false;
	count_event();
	return true;
}

/* Whether the guard would find nothing to do for this thread: it is attached, outside of it, of
 * this process (a forked child's is wiped), and no switch is pending. */
static bool is_settled(const struct ldl_thread *thread)
{
	return thread && thread->control == ldl_load_relaxed(ldl_engine_control) &&
	       ldl_load_relaxed(&thread->record->depth) < thread->limit;
}

bool ldl_engine_refuses_lock(const void *lock, const void *ip)
{
	struct ldl_thread *thread = ldl_thread_known();

	if (!ldl_engine.options.prod || !is_settled(thread) ||
		ldl_governor_may_admit(LDL_EFFORT_LOCK, (uint64_t)(uintptr_t)ip) ||
		ldl_instance_find(&ldl_engine.arena, (uint64_t)(uintptr_t)lock))
		return false;
	refuse(thread, LDL_EFFORT_LOCK);
	return true;
}

bool ldl_engine_has_no_lock(const void *lock)
{
	return is_settled(ldl_thread_known()) &&
	       !ldl_instance_find(&ldl_engine.arena, (uint64_t)(uintptr_t)lock);
}

bool ldl_engine_release_refused(const void *lock)
{
	struct ldl_thread *thread = ldl_thread_known();

	if (!ldl_engine.options.prod)
		return false;
	/* A thread that is not watched yet: it took the lock unseen. */
	if (!thread)
		return ldl_load_relaxed(
			&ldl_engine.arena.header->counters[LDL_COUNT_EVENTS_REFUSED]);
	if (!is_settled(thread) || !thread->unseen || thread->record->overflow ||
		ldl_held_find(thread->held, ldl_load_relaxed(&thread->record->depth),
			(uint64_t)(uintptr_t)lock) >= 0)
		return false;
	thread->unseen--;
	return true;
}

/* Pseudo-random distances, LDL_SAMPLED on average, so that no rhythm of the program's hides. */
static uint32_t next_sample(struct ldl_thread *thread)
{
	thread->sample_seed = thread->sample_seed * 1664525u + 1013904223u + thread->id;
	return thread->sample_seed >> 16 & (2 * LDL_SAMPLED - 1);
}

void ldl_engine_sample_begin(struct ldl_thread *thread)
{
	thread->sample_left = next_sample(thread);
	thread->sampled_ns = ldl_sys_clock_ns(CLOCK_MONOTONIC);
}

/* One that is very long was interrupted: what it tells is bounded. */
static uint64_t elapsed(uint64_t since_ns)
{
	uint64_t took = ldl_sys_clock_ns(CLOCK_MONOTONIC) - since_ns;

	return took < LDL_SAMPLE_MOST_NS ? took : LDL_SAMPLE_MOST_NS;
}

void ldl_engine_sample_end(struct ldl_thread *thread)
{
	ldl_governor_spend(elapsed(thread->sampled_ns) * LDL_SAMPLED);
	thread->sampled_ns = 0;
}

uint64_t ldl_engine_watch_begin(void)
{
	return ldl_governor_is_on() ? ldl_sys_clock_ns(CLOCK_MONOTONIC) : 0;
}

void ldl_engine_watch_end(uint64_t since_ns)
{
	if (since_ns)
		ldl_governor_spend(elapsed(since_ns));
}
