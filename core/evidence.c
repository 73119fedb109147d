/* Compares witnesses by pairs. See evidence.h. */
#include "evidence.h"

#include "atomic.h"
#include "segment.h"

bool ldl_evidence_meets(const struct ldl_witness *one, const struct ldl_witness *next)
{
	return one->to_instance == next->from_instance &&
	       one->to_generation == next->from_generation;
}

static bool keeps_out(const struct ldl_arena *arena, const struct ldl_also_held *gate,
	const struct ldl_witness *other)
{
	for (uint32_t i = 0; i < other->also_count; i++) {
		const struct ldl_also_held *held = ldl_also_held_at(arena, other->also_first + i);

		if (held->instance == gate->instance && held->generation == gate->generation &&
			!(held->mode & gate->mode & LDL_MODE_SHARED))
			return true;
	}
	return false;
}

/* What the cycle itself is about guards nothing: as a vertex it stands for all locks of its class,
 * and the next thread holds another one of them. Where there is no other one, it is like any lock.
 */
static bool is_vertex(const struct ldl_arena *arena, const struct ldl_path_step *steps,
	uint32_t count, const struct ldl_also_held *gate)
{
	if (ldl_load_relaxed(&ldl_class_at(arena, gate->class)->instances) == 1)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		const struct ldl_node *node =
			ldl_node_at(arena, ldl_edge_at(arena, steps[i].edge)->from);

		if (node->kind == LDL_NODE_CLASS && node->class == gate->class)
			return true;
	}
	return false;
}

/* Nothing was held: the order was declared, and goes for whatever is held around it. */
static bool is_declared(const struct ldl_witness *witness)
{
	return !witness->from_instance;
}

bool ldl_evidence_is_gated(const struct ldl_arena *arena, const struct ldl_path_step *steps,
	uint32_t count, const struct ldl_witness *one, const struct ldl_witness *other)
{
	if (is_declared(one) || is_declared(other))
		return false;
	for (uint32_t i = 0; i < one->also_count; i++) {
		const struct ldl_also_held *gate = ldl_also_held_at(arena, one->also_first + i);

		if (!(gate->mode & LDL_ALSO_NO_GATE) && keeps_out(arena, gate, other) &&
			!is_vertex(arena, steps, count, gate))
			return true;
	}
	return false;
}

bool ldl_evidence_is_ordered(
	struct ldl_arena *arena, const struct ldl_witness *one, const struct ldl_witness *other)
{
	return one->thread_serial != other->thread_serial &&
	       ldl_segment_is_ordered(arena, one->segment, other->segment);
}

/* The record of the witness's thread, while that runs; else NULL. */
static const struct ldl_thread_record *running(
	const struct ldl_arena *arena, const struct ldl_witness *witness)
{
	const struct ldl_thread_record *thread = ldl_thread_at(arena, witness->thread);

	if (!witness->thread || ldl_load_relaxed(&thread->serial) != witness->thread_serial ||
		ldl_load_relaxed(&thread->state) != LDL_THREAD_RUNNING)
		return NULL;
	return thread;
}

/* Whether a witness's thread was there at that time. One whose creation nobody saw may be older
 * than its first lock call. */
static bool had_begun(
	const struct ldl_arena *arena, const struct ldl_witness *witness, uint64_t time_ns)
{
	const struct ldl_thread_record *thread;

	if (witness->thread_start_ns <= time_ns)
		return true;
	thread = running(arena, witness);
	return thread && thread->creator == 0;
}

bool ldl_evidence_lived_together(const struct ldl_arena *arena, const struct ldl_witness *one,
	const struct ldl_witness *other)
{
	if (had_begun(arena, one, other->time_ns) && had_begun(arena, other, one->time_ns))
		return true;
	return running(arena, one) && running(arena, other);
}
