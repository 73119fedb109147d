/* The guard, the writer lock, and the way from a judgement to its report. */
#include "engine_state.h"

#include "control.h"
#include "spin.h"

#include <errno.h>

struct ldl_engine ldl_engine;

const uint32_t ldl_engine_no_control = 0xffffffffu;
const uint32_t *ldl_engine_control = &ldl_engine_no_control;

bool ldl_engine_is_ready(void)
{
	return ldl_engine.is_ready;
}

const struct ldl_arena *ldl_engine_arena(void)
{
	return &ldl_engine.arena;
}

/* The writer's steps are not made for being cut off in between: nothing is built upon them. */
static void close_graph(bool left_by_self)
{
	struct ldl_header *header = ldl_engine.arena.header;

	if (ldl_spin_disown(&header->writer, LDL_SPIN_CLOSED, left_by_self))
		ldl_engine_count(LDL_COUNT_WRITER_LOST);
}

void ldl_engine_mend(struct ldl_thread *thread)
{
	struct ldl_thread_record *record = thread->record;

	ldl_engine_count(LDL_COUNT_CUT_OFF);
	close_graph(true);
	ldl_spin_disown(&ldl_engine.arena.header->instance_lock, 0, true);
	thread->unseen += (ldl_load_relaxed(&record->depth) & LDL_DEPTH_MASK) + record->overflow;
	record->overflow = 0;
	thread->sampled_ns = 0;
	ldl_store_relaxed(&record->depth, 0);
	ldl_signal_fence();
	thread->guard = 0;
}

/* What stands in a live frame: something that nothing else in the program is likely to be. */
static uint64_t mark_at(const uint64_t *where)
{
	return (uint64_t)(uintptr_t)where ^ 0x6c646c2d67756172u;
}

/* Whether the guarded frame may still be there. Frames of this call and of its callers have put
 * something else where it was, if they are in its place. */
static bool is_alive(const struct ldl_thread *thread)
{
	const uint64_t *mark = thread->guard_mark;

	if (!mark || !ldl_engine.arena.may_syscall)
		return true;
	return ldl_sys_is_readable(mark) && ldl_load_relaxed(mark) == mark_at(mark);
}

static bool is_inside(struct ldl_thread *thread)
{
	if (ldl_likely(!thread->guard))
		return false;
	if (is_alive(thread) && ++thread->refused < LDL_STUCK_MAX)
		return true;
	ldl_engine_mend(thread);
	return false;
}

/* `modes`: one bit for each run mode in which this event counts. */
static struct ldl_thread *enter(uint32_t modes, uint64_t *mark)
{
	struct ldl_thread *thread = ldl_thread_known();
	uint32_t control;

	if (ldl_unlikely(!ldl_engine.is_ready))
		return NULL;
	if (ldl_unlikely(!ldl_load_relaxed(ldl_engine.alive))) {
		ldl_engine_fork_child();
		if (!ldl_engine.is_ready)
			return NULL;
		thread = ldl_thread_known();
	}
	if (ldl_unlikely(ldl_breaker_is_open(ldl_engine.arena.header))) {
		ldl_breaker_hold(ldl_engine.arena.header);
		return NULL;
	}
	if (!thread || thread->reset != ldl_engine.resets)
		thread = ldl_engine_attach();
	if (!thread)
		return NULL;
	if (is_inside(thread)) {
		ldl_engine_count(LDL_COUNT_IN_GUARD);
		return NULL;
	}
	if (ldl_unlikely(
		    (ldl_load_relaxed(&thread->record->depth) & LDL_DEPTH_MASK) > thread->limit)) {
		ldl_breaker_trip(
			ldl_engine.arena.header, LDL_TRIP_HELD, thread->id, thread->record->depth);
		return NULL;
	}
	control = ldl_control_follow(thread->record, ldl_engine_control);
	if (!(modes & 1u << (control & LDL_RUN_MASK)))
		return NULL;
	ldl_store_relaxed(mark, mark_at(mark));
	thread->guard_mark = mark;
	thread->refused = 0;
	ldl_signal_fence();
	thread->guard = 1;
	ldl_signal_fence();
	/* While it is off nothing is looked up. */
	if (control != thread->saved_control && (control & LDL_RUN_MASK) != LDL_RUN_OFF) {
		ldl_engine_count_allocs(thread);
		ldl_thread_flush(thread, control);
	}
	thread->plain = 0;
	thread->control = 0;
	thread->saved_errno = errno;
	if (ldl_governor_is_on() && thread->sample_left-- == 0)
		ldl_engine_sample_begin(thread);
	if (thread->last_alloc < LDL_ALLOC_CACHE)
		ldl_engine_settle_alloc(thread);
	return thread;
}

struct ldl_thread *ldl_engine_enter_marked(uint64_t *mark)
{
	return enter(1u << LDL_RUN_FULL, mark);
}

struct ldl_thread *ldl_engine_enter_any_marked(uint64_t *mark)
{
	return enter(1u << LDL_RUN_FULL | 1u << LDL_RUN_NONBLOCK, mark);
}

struct ldl_thread *ldl_engine_enter_end_marked(uint64_t *mark)
{
	return enter(1u << LDL_RUN_FULL | 1u << LDL_RUN_NONBLOCK | 1u << LDL_RUN_OFF, mark);
}

void ldl_engine_leave(struct ldl_thread *thread)
{
	if (ldl_unlikely(thread->sampled_ns))
		ldl_engine_sample_end(thread);
	errno = thread->saved_errno;
	thread->settled = 0; /* entries, or what passes, may have changed */
	thread->guard_mark = NULL;
	ldl_signal_fence();
	thread->guard = 0;
	ldl_signal_fence();
	ldl_engine_reopen(thread);
}

/* Found taken. Whether its owner lives is asked now and then by those who come often, since they
 * did not wait. */
static void writer_is_busy(enum ldl_patience patience)
{
	static uint32_t found;

	ldl_engine_count(LDL_COUNT_WRITER_BUSY);
	if (ldl_engine.arena.may_syscall &&
		(patience != LDL_PATIENCE_NONE || ldl_add_relaxed(&found, 1) % LDL_BUSY_ASKED == 0))
		close_graph(false);
}

bool ldl_engine_is_busy(void)
{
	if (ldl_engine_patience() != LDL_PATIENCE_NONE ||
		ldl_load_relaxed(&ldl_engine.arena.header->writer) == 0)
		return false;
	writer_is_busy(LDL_PATIENCE_NONE);
	return true;
}

bool ldl_engine_lock(void)
{
	enum ldl_patience patience = ldl_engine_patience();
	uint32_t *word = &ldl_engine.arena.header->writer;
	uint64_t signals;

	if (ldl_engine_is_busy())
		return false;
	signals = ldl_sys_hold_signals(ldl_engine.arena.may_syscall);
	if (ldl_spin_lock(word, patience)) {
		ldl_engine.signals = signals;
		return true;
	}
	writer_is_busy(patience);
	ldl_sys_give_signals(signals);
	return false;
}

void ldl_engine_unlock(void)
{
	uint64_t signals = ldl_engine.signals;
	uint32_t word = ldl_load_relaxed(&ldl_engine.arena.header->writer);

	if (ldl_unlikely((word & ~LDL_SPIN_SLEEPERS) != ldl_sys_own_tid()))
		ldl_arena_trip(&ldl_engine.arena, LDL_TRIP_OWNER, 0, word);
	ldl_spin_unlock(&ldl_engine.arena.header->writer);
	ldl_sys_give_signals(signals);
}
