/* Weighs the evidence of a cycle: a search over combinations of witnesses. See verdict.h. */
#include "verdict.h"

#include "class.h"
#include "evidence.h"
#include "turn.h"

/* What a combination is asked for. Each demand is about pairs of its witnesses. */
enum demand {
	ON_SAME_LOCKS = 1,  /* each waits for the lock that the next one holds */
	BY_DIFFERENT = 2,   /* pairwise different threads */
	BY_SEVERAL = 4,     /* not all of one thread */
	ALIVE_TOGETHER = 8, /* those of different threads */
	WITHOUT_GATE = 16,  /* between any two */
	WITHOUT_ORDER = 32, /* between those of different threads */
	WITHOUT_LIMIT = 64, /* no wait ends by itself */
};

struct search {
	struct ldl_arena *arena;
	struct ldl_path_step *steps;
	uint32_t count;
	uint32_t demands;
	uint32_t left; /* comparisons until it gives up */
	bool gave_up;
	bool is_unsure; /* a search gave up, and none succeeded after it */
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

/* The dependency's type, without a word about how long it is waited for. */
static uint32_t type_of(const struct ldl_witness *witness)
{
	return witness->type & LDL_EDGE_TYPES;
}

/* A reader that another one may overtake does not wait for readers: see cycle.h. */
static bool blocks(const struct ldl_witness *one, const struct ldl_witness *next)
{
	return !(type_of(one) & (LDL_EDGE_ER | LDL_EDGE_SR)) ||
	       !(type_of(next) & (LDL_EDGE_SN | LDL_EDGE_SR));
}

static bool leads_on(
	const struct search *search, const struct ldl_witness *one, const struct ldl_witness *next)
{
	return blocks(one, next) &&
	       (!(search->demands & ON_SAME_LOCKS) || ldl_evidence_meets(one, next));
}

static bool is_by_several(const struct search *search)
{
	for (uint32_t i = 1; i < search->count; i++) {
		if (picked(search, i)->thread_serial != picked(search, 0)->thread_serial)
			return true;
	}
	return false;
}

/* From the step before, and back to the first one. */
static bool is_closed(const struct search *search, uint32_t step)
{
	if (step > 0 && !leads_on(search, picked(search, step - 1), picked(search, step)))
		return false;
	return step + 1 < search->count ||
	       leads_on(search, picked(search, step), picked(search, 0));
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

/* The next witness of a step, after the picked one, with one of these types; 0: no more. */
static ldl_witness_id next_of(const struct search *search, uint32_t step, uint32_t types)
{
	const struct ldl_path_step *at = &search->steps[step];
	ldl_witness_id id = at->witness ? ldl_witness_at(search->arena, at->witness)->next
					: ldl_edge_at(search->arena, at->edge)->witness_first;
	uint32_t steps = 0;

	while (id && !(ldl_witness_at(search->arena, id)->type & types) &&
		ldl_arena_step(search->arena, LDL_TABLE_WITNESSES, &steps))
		id = ldl_witness_at(search->arena, id)->next;
	return id;
}

/* The types by which the cycle is strong now are those of its witnesses. */
static bool found(struct search *search)
{
	search->is_unsure = false;
	for (uint32_t i = 0; i < search->count; i++)
		search->steps[i].type = type_of(picked(search, i));
	return true;
}

/* Depth first, newest witnesses first; the picked ones are the stack. */
static bool find(struct search *search, uint32_t demands)
{
	uint32_t types =
		demands & WITHOUT_LIMIT ? LDL_EDGE_TYPES << LDL_EDGE_UNTIMED_SHIFT : LDL_EDGE_TYPES;
	uint32_t step = 0;

	search->demands = demands;
	search->left = LDL_VERDICT_STEPS;
	search->gave_up = false;
	search->steps[0].witness = 0;
	while (!search->gave_up) {
		search->steps[step].witness = next_of(search, step, types);
		if (!search->steps[step].witness) {
			if (step-- == 0)
				return false;
		} else if (fits(search, step)) {
			if (++step == search->count)
				return found(search);
			search->steps[step].witness = 0;
		}
	}
	search->is_unsure = true;
	return false;
}

/* Without evidence that agrees, each step shows its newest. False: one has none of its type. */
static bool show_newest(struct search *search)
{
	bool has_all = true;

	for (uint32_t i = 0; i < search->count; i++) {
		search->steps[i].witness = 0;
		search->steps[i].witness = next_of(search, i, search->steps[i].type);
		has_all &= search->steps[i].witness != 0;
	}
	return has_all;
}

/* Whether more than one thread left evidence: else none need be looked for that several did. */
static bool has_several(const struct search *search)
{
	uint32_t serial = 0;

	for (uint32_t i = 0; i < search->count; i++) {
		ldl_witness_id id =
			ldl_edge_at(search->arena, search->steps[i].edge)->witness_first;
		uint32_t steps = 0;

		for (; id && ldl_arena_step(search->arena, LDL_TABLE_WITNESSES, &steps);
			id = ldl_witness_at(search->arena, id)->next) {
			uint32_t other = ldl_witness_at(search->arena, id)->thread_serial;

			if (serial && other != serial)
				return true;
			serial = other;
		}
	}
	return false;
}

/* Whether evidence was left of a wait that ends by itself. */
static bool has_limits(const struct search *search)
{
	for (uint32_t i = 0; i < search->count; i++) {
		ldl_witness_id id =
			ldl_edge_at(search->arena, search->steps[i].edge)->witness_first;
		uint32_t steps = 0;

		for (; id && ldl_arena_step(search->arena, LDL_TABLE_WITNESSES, &steps);
			id = ldl_witness_at(search->arena, id)->next) {
			if (!(ldl_witness_at(search->arena, id)->type >> LDL_EDGE_UNTIMED_SHIFT))
				return true;
		}
	}
	return false;
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

		if (class->kind == LDL_KIND_CUSTOM || ldl_class_has(class, LDL_CLASS_DECLARED) ||
			(ldl_edge_at(search->arena, step->edge)->types & LDL_EDGE_DECLARED))
			return true;
	}
	return false;
}

/* As far as the edges themselves say, for want of evidence. */
static enum ldl_verdict potential(const struct search *search)
{
	for (uint32_t i = 0; i < search->count; i++) {
		if (!(ldl_edge_at(search->arena, search->steps[i].edge)->types &
			    search->steps[i].type << LDL_EDGE_UNTIMED_SHIFT))
			return LDL_VERDICT_BOUNDED;
	}
	return LDL_VERDICT_POTENTIAL;
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
		return potential(search) == LDL_VERDICT_BOUNDED ? LDL_VERDICT_BOUNDED
								: LDL_VERDICT_PREDICTED;
	(void)show_newest(search);
	return potential(search);
}

/* What can happen, as far as evidence with these demands goes; NONE: nothing. */
static enum ldl_verdict weigh_possible(struct search *search, uint32_t demands)
{
	uint32_t possible = demands | WITHOUT_GATE | WITHOUT_ORDER;
	bool has_many = has_several(search);

	if (has_many && may_be_different(search) &&
		find(search, possible | ON_SAME_LOCKS | BY_DIFFERENT | ALIVE_TOGETHER))
		return LDL_VERDICT_PREDICTED;
	search->is_unsure = false;
	if (has_many && (find(search, possible | ON_SAME_LOCKS | BY_SEVERAL) ||
				find(search, possible | BY_SEVERAL)))
		return LDL_VERDICT_POTENTIAL;
	if (is_declared(search) && find(search, demands | WITHOUT_GATE))
		return LDL_VERDICT_POTENTIAL;
	return search->is_unsure ? LDL_VERDICT_POTENTIAL : LDL_VERDICT_NONE;
}

/* Of locks alone, with evidence of each edge. */
static enum ldl_verdict weigh(struct search *search)
{
	enum ldl_verdict verdict = weigh_possible(search, WITHOUT_LIMIT);

	if (verdict == LDL_VERDICT_NONE && has_limits(search) && weigh_possible(search, 0))
		verdict = LDL_VERDICT_BOUNDED;
	if (verdict != LDL_VERDICT_NONE) {
		if (search->is_unsure)
			(void)show_newest(search);
		return verdict;
	}
	if (has_several(search) && find(search, WITHOUT_GATE | BY_SEVERAL))
		return LDL_VERDICT_ORDERED;
	if (find(search, WITHOUT_GATE))
		return LDL_VERDICT_SINGLE_THREAD;
	(void)show_newest(search);
	return search->is_unsure ? LDL_VERDICT_ORDERED : LDL_VERDICT_GATED;
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

/* Whether all steps nest locks of one class, and none is declared. The locks may be gone. */
static bool is_of_one_class(const struct search *search)
{
	for (uint32_t i = 0; i < search->count; i++) {
		const struct ldl_path_step *step = &search->steps[i];

		if (step->from != search->steps[0].from ||
			(ldl_edge_at(search->arena, step->edge)->types & LDL_EDGE_DECLARED))
			return false;
	}
	return true;
}

/* What can happen by all evidence, but the locks are passed on in turn. */
static enum ldl_verdict weigh_turns(struct search *search, enum ldl_verdict verdict)
{
	struct ldl_path_step *first = &search->steps[0];

	if (ldl_verdict_severity(verdict) != LDL_SEVERITY_INFO && is_of_one_class(search))
		first->turns = ldl_turn_kept(search->arena, first->from, search->count);
	return first->turns ? LDL_VERDICT_GATED : verdict;
}

enum ldl_verdict ldl_verdict_of_cycle(
	struct ldl_arena *arena, struct ldl_path_step *steps, uint32_t count)
{
	struct search search = {.arena = arena, .steps = steps, .count = count};

	steps[0].turns = 0;
	if (!show_newest(&search))
		return potential(&search);
	return is_of_locks_alone(&search) ? weigh_turns(&search, weigh(&search))
					  : weigh_contexts(&search);
}
