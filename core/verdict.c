/* Weighs the evidence of a cycle. See verdict.h. */
#include "verdict.h"

#include "atomic.h"

#include <string.h>

/* The witnesses of one step that fit the type by which the cycle is strong, newest first. */
struct choice {
	ldl_witness_id ids[LDL_WITNESS_MAX];
	uint32_t count;
};

static void collect(
	const struct ldl_arena *arena, const struct ldl_path_step *step, struct choice *choice)
{
	ldl_witness_id id = ldl_edge_at(arena, step->edge)->witness_first;

	choice->count = 0;
	for (; id && choice->count < LDL_WITNESS_MAX; id = ldl_witness_at(arena, id)->next) {
		if (ldl_witness_at(arena, id)->type & step->type)
			choice->ids[choice->count++] = id;
	}
}

static bool meets(const struct ldl_arena *arena, ldl_witness_id one, ldl_witness_id next)
{
	const struct ldl_witness *a = ldl_witness_at(arena, one), *b = ldl_witness_at(arena, next);

	return a->to_instance == b->from_instance && a->to_generation == b->from_generation;
}

static const struct ldl_witness *shown(
	const struct ldl_arena *arena, const struct ldl_path_step *step)
{
	return ldl_witness_at(arena, step->witness);
}

/* Follows the instances around the cycle from one witness of the first step, preferring a change of
 * thread at each step. Greedy: a chain of witnesses that it misses only costs a rank of verdict. */
static bool follow(const struct ldl_arena *arena, struct ldl_path_step *steps, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++) {
		ldl_witness_id before = steps[i - 1].witness, best = 0;
		struct choice choice;

		collect(arena, &steps[i], &choice);
		for (uint32_t c = 0; c < choice.count; c++) {
			if (!meets(arena, before, choice.ids[c]))
				continue;
			if (i + 1 == count && !meets(arena, choice.ids[c], steps[0].witness))
				continue;
			if (!best || ldl_witness_at(arena, choice.ids[c])->thread_serial !=
					     ldl_witness_at(arena, before)->thread_serial)
				best = choice.ids[c];
		}
		if (!best)
			return false;
		steps[i].witness = best;
	}
	return true;
}

static const struct ldl_thread_record *thread_of(const struct ldl_arena *arena, uint32_t serial)
{
	uint32_t used = ldl_load_relaxed(&ldl_arena_table(arena, LDL_TABLE_THREADS)->used);

	for (ldl_thread_id id = 1; id < used; id++) {
		if (ldl_load_relaxed(&ldl_thread_at(arena, id)->serial) == serial)
			return ldl_thread_at(arena, id);
	}
	return NULL;
}

/* Whether a witness's thread was there at that time. One whose creation nobody saw may be older
 * than its first lock call. */
static bool had_begun(
	const struct ldl_arena *arena, const struct ldl_witness *witness, uint64_t time_ns)
{
	const struct ldl_thread_record *thread;

	if (witness->thread_start_ns <= time_ns)
		return true;
	thread = thread_of(arena, witness->thread_serial);
	return thread && thread->creator == 0 &&
	       ldl_load_relaxed(&thread->state) == LDL_THREAD_RUNNING;
}

/* Each had begun when the other one made its witness. That one ended, and was joined, before the
 * other's witness is not seen here. */
static bool lived_together(
	const struct ldl_arena *arena, const struct ldl_witness *a, const struct ldl_witness *b)
{
	return had_begun(arena, a, b->time_ns) && had_begun(arena, b, a->time_ns);
}

/* At least two threads, and no two of them that may have come one after the other. */
static bool by_threads_that_met(
	const struct ldl_arena *arena, const struct ldl_path_step *steps, uint32_t count)
{
	bool is_several = false;

	for (uint32_t i = 0; i < count; i++) {
		const struct ldl_witness *one = shown(arena, &steps[i]);
		const struct ldl_witness *next = shown(arena, &steps[(i + 1) % count]);

		is_several |= one->thread_serial != next->thread_serial;
		if (!lived_together(arena, one, next))
			return false;
	}
	return is_several;
}

static bool holds(const struct ldl_arena *arena, const struct ldl_witness *witness,
	const struct ldl_also_held *gate)
{
	for (uint32_t i = 0; i < witness->also_count; i++) {
		const struct ldl_also_held *held = ldl_also_held_at(arena, witness->also_first + i);

		if (held->instance == gate->instance && held->generation == gate->generation &&
			!(held->mode & LDL_MODE_SHARED))
			return true;
	}
	return false;
}

/* A lock held around every shown edge: it may be what makes the cycle harmless. */
static bool has_common_gate(
	const struct ldl_arena *arena, const struct ldl_path_step *steps, uint32_t count)
{
	const struct ldl_witness *first = shown(arena, &steps[0]);

	for (uint32_t i = 0; i < first->also_count; i++) {
		const struct ldl_also_held *gate = ldl_also_held_at(arena, first->also_first + i);
		uint32_t covered = 0;

		/* Contexts and reclaim are no gates: many threads are in them at once. */
		if ((gate->mode & LDL_MODE_SHARED) ||
			!ldl_kind_is_lock(ldl_class_at(arena, gate->class)->kind))
			continue;
		while (covered < count && holds(arena, shown(arena, &steps[covered]), gate))
			covered++;
		if (covered == count)
			return true;
	}
	return false;
}

static bool is_bounded(
	const struct ldl_arena *arena, const struct ldl_path_step *steps, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!(ldl_edge_at(arena, steps[i].edge)->types & steps[i].type
									 << LDL_EDGE_UNTIMED_SHIFT))
			return true;
	}
	return false;
}

static void show_newest(const struct ldl_arena *arena, struct ldl_path_step *steps, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct choice choice;

		collect(arena, &steps[i], &choice);
		steps[i].witness = choice.count ? choice.ids[0] : 0;
	}
}

static bool closes_on_instances(
	const struct ldl_arena *arena, struct ldl_path_step *steps, uint32_t count)
{
	struct choice choice;

	collect(arena, &steps[0], &choice);
	for (uint32_t c = 0; c < choice.count; c++) {
		steps[0].witness = choice.ids[c];
		if (follow(arena, steps, count) && by_threads_that_met(arena, steps, count))
			return true;
	}
	return false;
}

enum ldl_verdict ldl_verdict_of_cycle(
	const struct ldl_arena *arena, struct ldl_path_step *steps, uint32_t count)
{
	bool is_closed = closes_on_instances(arena, steps, count);

	if (!is_closed)
		show_newest(arena, steps, count);
	if (is_bounded(arena, steps, count))
		return LDL_VERDICT_BOUNDED;
	if (is_closed && !has_common_gate(arena, steps, count))
		return LDL_VERDICT_PREDICTED;
	return LDL_VERDICT_POTENTIAL;
}

enum ldl_severity ldl_verdict_severity(enum ldl_verdict verdict)
{
	switch (verdict) {
	case LDL_VERDICT_BOUNDED:
		return LDL_SEVERITY_WARNING;
	case LDL_VERDICT_GATED:
	case LDL_VERDICT_ORDERED:
	case LDL_VERDICT_SINGLE_THREAD:
		return LDL_SEVERITY_INFO;
	default:
		return LDL_SEVERITY_ERROR;
	}
}
