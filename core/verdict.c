/* Weighs the evidence of a cycle: a search over combinations of witnesses. See verdict.h. */
#include "verdict.h"

#include "evidence.h"

/* What a combination is asked for. Each demand is about pairs of its witnesses. */
enum demand {
	ON_SAME_LOCKS = 1,  /* each waits for the lock that the next one holds */
	BY_DIFFERENT = 2,   /* pairwise different threads */
	BY_SEVERAL = 4,     /* not all of one thread */
	ALIVE_TOGETHER = 8, /* those of different threads */
	WITHOUT_GATE = 16,  /* between any two */
	WITHOUT_ORDER = 32, /* between those of different threads */
};

struct search {
	struct ldl_arena *arena;
	struct ldl_path_step *steps;
	uint32_t count;
	uint32_t demands;
	uint32_t left; /* comparisons until it gives up */
	bool gave_up;
};

static const struct ldl_witness *picked(const struct search *search, uint32_t step)
{
	return ldl_witness_at(search->arena, search->steps[step].witness);
}

static bool agree(
	struct search *search, const struct ldl_witness *one, const struct ldl_witness *other)
{
	bool is_one_thread = one->thread_serial == other->thread_serial;

	if (search->left == 0) {
		search->gave_up = true;
		return false;
	}
	search->left--;
	if ((search->demands & BY_DIFFERENT) && is_one_thread)
		return false;
	if ((search->demands & ALIVE_TOGETHER) && !is_one_thread &&
		!ldl_evidence_lived_together(search->arena, one, other))
		return false;
	if ((search->demands & WITHOUT_GATE) &&
		ldl_evidence_is_gated(search->arena, search->steps, search->count, one, other))
		return false;
	return !(search->demands & WITHOUT_ORDER) ||
	       !ldl_evidence_is_ordered(search->arena, one, other);
}

static bool is_closed(const struct search *search, uint32_t step)
{
	if (!(search->demands & ON_SAME_LOCKS))
		return true;
	if (step > 0 && !ldl_evidence_meets(picked(search, step - 1), picked(search, step)))
		return false;
	return step + 1 < search->count ||
	       ldl_evidence_meets(picked(search, step), picked(search, 0));
}

static bool is_by_several(const struct search *search)
{
	for (uint32_t i = 1; i < search->count; i++) {
		if (picked(search, i)->thread_serial != picked(search, 0)->thread_serial)
			return true;
	}
	return false;
}

/* Whether the witness picked for a step agrees with those of the steps before it. */
static bool fits(struct search *search, uint32_t step)
{
	if (!is_closed(search, step))
		return false;
	for (uint32_t i = 0; i < step; i++) {
		if (!agree(search, picked(search, i), picked(search, step)))
			return false;
	}
	return !(search->demands & BY_SEVERAL) || step + 1 < search->count || is_by_several(search);
}

/* The next witness of a step, after the picked one, that is of the step's type; 0: no more. */
static ldl_witness_id next_of(const struct search *search, uint32_t step)
{
	const struct ldl_path_step *at = &search->steps[step];
	ldl_witness_id id = at->witness ? ldl_witness_at(search->arena, at->witness)->next
					: ldl_edge_at(search->arena, at->edge)->witness_first;

	while (id && !(ldl_witness_at(search->arena, id)->type & at->type))
		id = ldl_witness_at(search->arena, id)->next;
	return id;
}

/* Depth first, newest witnesses first; the picked ones are the stack. */
static bool find(struct search *search, uint32_t demands)
{
	uint32_t step = 0;

	search->demands = demands;
	search->left = LDL_VERDICT_STEPS;
	search->steps[0].witness = 0;
	while (!search->gave_up) {
		search->steps[step].witness = next_of(search, step);
		if (!search->steps[step].witness) {
			if (step-- == 0)
				return false;
		} else if (fits(search, step)) {
			if (++step == search->count)
				return true;
			search->steps[step].witness = 0;
		}
	}
	return false;
}

/* Without evidence that agrees, each step shows its newest. */
static void show_newest(struct search *search)
{
	for (uint32_t i = 0; i < search->count; i++) {
		search->steps[i].witness = 0;
		search->steps[i].witness = next_of(search, i);
	}
}

/* Whether each edge has a witness at all: a declared order has none of the kind. */
static bool has_evidence(struct search *search)
{
	for (uint32_t i = 0; i < search->count; i++) {
		search->steps[i].witness = 0;
		if (!next_of(search, i))
			return false;
	}
	return true;
}

static bool is_of_locks_alone(const struct search *search)
{
	for (uint32_t i = 0; i < search->count; i++) {
		if (!ldl_kind_is_lock(ldl_class_at(search->arena, search->steps[i].from)->kind))
			return false;
	}
	return true;
}

/* By the annotation API, or the kernel-style header, which calls it. */
static bool is_declared(const struct search *search)
{
	for (uint32_t i = 0; i < search->count; i++) {
		const struct ldl_path_step *step = &search->steps[i];
		const struct ldl_class *class = ldl_class_at(search->arena, step->from);

		if (class->kind == LDL_KIND_CUSTOM || (class->flags & LDL_CLASS_DECLARED) ||
			(ldl_edge_at(search->arena, step->edge)->types & LDL_EDGE_DECLARED))
			return true;
	}
	return false;
}

static bool is_bounded(const struct search *search)
{
	for (uint32_t i = 0; i < search->count; i++) {
		if (!(ldl_edge_at(search->arena, search->steps[i].edge)->types &
			    search->steps[i].type << LDL_EDGE_UNTIMED_SHIFT))
			return true;
	}
	return false;
}

/* A cycle of more threads than were seen has no combination of different ones: not searched for. */
static bool may_be_different(const struct search *search)
{
	return search->count <= search->arena->header->thread_serial;
}

/* A thread in a context may wait for itself. */
static enum ldl_verdict weigh_contexts(struct search *search)
{
	if (find(search, ON_SAME_LOCKS | BY_SEVERAL | ALIVE_TOGETHER | WITHOUT_GATE))
		return LDL_VERDICT_PREDICTED;
	show_newest(search);
	return LDL_VERDICT_POTENTIAL;
}

/* As far as evidence goes, without a look at how long the waits last. */
static enum ldl_verdict weigh(struct search *search)
{
	uint32_t possible = WITHOUT_GATE | WITHOUT_ORDER;
	bool needs_several = !is_declared(search);

	if (!has_evidence(search)) {
		show_newest(search);
		return LDL_VERDICT_POTENTIAL;
	}
	if (!is_of_locks_alone(search))
		return weigh_contexts(search);
	if (may_be_different(search) &&
		find(search, possible | ON_SAME_LOCKS | BY_DIFFERENT | ALIVE_TOGETHER))
		return LDL_VERDICT_PREDICTED;
	search->gave_up = false;
	if (find(search, possible | ON_SAME_LOCKS | BY_SEVERAL) ||
		find(search, needs_several ? possible | BY_SEVERAL : WITHOUT_GATE))
		return LDL_VERDICT_POTENTIAL;
	if (find(search, WITHOUT_GATE | BY_SEVERAL))
		return LDL_VERDICT_ORDERED;
	if (find(search, WITHOUT_GATE))
		return LDL_VERDICT_SINGLE_THREAD;
	show_newest(search);
	return search->gave_up ? LDL_VERDICT_POTENTIAL : LDL_VERDICT_GATED;
}

enum ldl_verdict ldl_verdict_of_cycle(
	struct ldl_arena *arena, struct ldl_path_step *steps, uint32_t count)
{
	struct search search = {.arena = arena, .steps = steps, .count = count};
	enum ldl_verdict verdict = weigh(&search);

	if ((verdict == LDL_VERDICT_PREDICTED || verdict == LDL_VERDICT_POTENTIAL) &&
		is_bounded(&search))
		return LDL_VERDICT_BOUNDED;
	return verdict;
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
