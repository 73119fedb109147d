/* core/verdict against all combinations of witnesses, one by one: small random cycles, with random
 * threads, locks, types, limits and gates. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/class.h"
#include "core/edge.h"
#include "core/instance.h"
#include "core/verdict.h"
#include "tests/support/lives.h"
#include "tests/support/suite.h"

enum { EDGES = 4, WITNESSES = 8, GATES = 3, LOCKS = 3 };

/* A cycle of classes in an arena, beside the lives of threads. */
struct cycle {
	struct lives *lives;
	uint32_t count; /* of edges, and vertices */
	struct ldl_path_step steps[EDGES];
	ldl_instance_id locks[EDGES][LOCKS]; /* of each vertex */
	uint32_t lock_counts[EDGES];
	ldl_instance_id gates[GATES];
	bool has_open_gate;
};

/* One witness for each edge. */
struct combination {
	const struct ldl_witness *picked[EDGES];
};

static struct ldl_arena arena;
static uint64_t next_address;

static ldl_class_id make_class(uint64_t key, uint32_t flags)
{
	struct ldl_class class = {.key = key, .kind = LDL_KIND_MUTEX, .flags = (uint8_t)flags};

	return ldl_class_make(&arena, &class);
}

static ldl_instance_id make_lock(ldl_class_id class)
{
	ldl_class_at(&arena, class)->instances++;
	return ldl_instance_make(&arena, next_address += 64, class, 0, 1, LDL_PATIENCE_SLEEP);
}

/* Vertices first, then the edges in a ring. */
static void make_ring(struct cycle *cycle, struct ldl_random *random)
{
	uint32_t flags = ldl_random_one_in(random, 8) ? LDL_CLASS_DECLARED : 0;
	ldl_node_id nodes[EDGES];

	for (uint32_t i = 0; i < cycle->count; i++) {
		ldl_class_id class = make_class(100 + i, flags);

		nodes[i] = ldl_node_of_class(&arena, class);
		cycle->steps[i].from = class;
		cycle->lock_counts[i] = 1 + ldl_random_below(random, LOCKS);
		for (uint32_t k = 0; k < cycle->lock_counts[i]; k++)
			cycle->locks[i][k] = make_lock(class);
	}
	for (uint32_t i = 0; i < cycle->count; i++) {
		uint32_t next = (i + 1) % cycle->count;

		cycle->steps[i].to = cycle->steps[next].from;
		cycle->steps[i].edge = ldl_edge_insert(&arena, nodes[i], nodes[next]);
	}
	for (uint32_t i = 0; i < GATES; i++)
		cycle->gates[i] = make_lock(make_class(200 + i, 0));
}

static ldl_instance_id any_lock(
	const struct cycle *cycle, uint32_t vertex, struct ldl_random *random)
{
	return cycle->locks[vertex][ldl_random_below(random, cycle->lock_counts[vertex])];
}

static void hold(struct ldl_witness *witness, ldl_instance_id instance, uint32_t mode)
{
	uint32_t slot = ldl_table_take(&arena, LDL_TABLE_ALSO_HELD, 1);

	if (!witness->also_count++)
		witness->also_first = slot;
	*ldl_also_held_at(&arena, slot) = (struct ldl_also_held){
		.class = ldl_instance_at(&arena, instance)->class,
		.instance = instance,
		.generation = ldl_instance_info_at(&arena, instance)->generation,
		.mode = mode,
	};
}

/* Gates, of which the first may keep nobody out; now and then another lock of a vertex. */
static void hold_around(
	struct ldl_witness *witness, const struct cycle *cycle, struct ldl_random *random)
{
	for (uint32_t i = 0; i < GATES; i++) {
		uint32_t mode = ldl_random_one_in(random, 4) ? LDL_MODE_SHARED : 0;

		if (ldl_random_one_in(random, 4))
			hold(witness, cycle->gates[i],
				i == 0 && cycle->has_open_gate ? mode | LDL_ALSO_NO_GATE : mode);
	}
	if (ldl_random_one_in(random, 4))
		hold(witness, any_lock(cycle, ldl_random_below(random, cycle->count), random), 0);
}

static void add_witness(struct cycle *cycle, uint32_t edge, struct ldl_random *random)
{
	bool is_shared = ldl_random_one_in(random, 3), overtakes = ldl_random_one_in(random, 4);
	ldl_witness_id id = ldl_table_take(&arena, LDL_TABLE_WITNESSES, 1);
	struct ldl_witness *witness = ldl_witness_at(&arena, id);
	struct ldl_edge *record = ldl_edge_at(&arena, cycle->steps[edge].edge);
	const struct lives *lives = cycle->lives;
	uint32_t act = 0;

	while (!act)
		act = lives_step(cycle->lives, random);
	witness->time_ns = act;
	witness->thread_serial = lives->acts[act].thread + 1;
	witness->thread_start_ns = lives->threads[lives->acts[act].thread].created;
	witness->segment = lives->acts[act].segment;
	witness->type = ldl_edge_type(is_shared, overtakes, ldl_random_one_in(random, 4));
	witness->from_instance = any_lock(cycle, edge, random);
	witness->to_instance = any_lock(cycle, (edge + 1) % cycle->count, random);
	hold_around(witness, cycle, random);
	hold(witness, witness->from_instance, is_shared ? LDL_MODE_SHARED : 0);
	witness->next = record->witness_first;
	record->witness_first = id;
	record->types |= witness->type;
}

static void make_cycle(struct cycle *cycle, struct ldl_random *random)
{
	uint32_t witnesses = 1 + ldl_random_below(random, WITNESSES);
	void *bytes = calloc(1, LDL_ARENA_MIN);

	CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
	CU_ASSERT_EQUAL_FATAL(ldl_arena_init(&arena, bytes, LDL_ARENA_MIN), LDL_OK);
	*cycle = (struct cycle){.lives = lives_make(&arena)};
	CU_ASSERT_PTR_NOT_NULL_FATAL(cycle->lives);
	cycle->count = 2 + ldl_random_below(random, EDGES - 1);
	cycle->has_open_gate = ldl_random_one_in(random, 3);
	arena.header->thread_serial = LIVES_THREADS;
	make_ring(cycle, random);
	for (uint32_t i = 0; i < cycle->count * witnesses; i++)
		add_witness(cycle, i < cycle->count ? i : ldl_random_below(random, cycle->count),
			random);
}

static void end_cycle(struct cycle *cycle)
{
	free(cycle->lives);
	free(arena.base);
	memset(&arena, 0, sizeof(arena));
}

/* The act of a witness: they have one each. */
static uint32_t act_of(const struct ldl_witness *witness)
{
	return (uint32_t)witness->time_ns;
}

static bool is_vertex(const struct cycle *cycle, ldl_class_id class)
{
	for (uint32_t i = 0; i < cycle->count; i++)
		if (cycle->steps[i].from == class)
			return true;
	return false;
}

static bool excludes(const struct cycle *cycle, const struct ldl_also_held *one,
	const struct ldl_also_held *other)
{
	if (one->instance != other->instance || (one->mode & other->mode & LDL_MODE_SHARED) ||
		(one->mode & LDL_ALSO_NO_GATE) || (other->mode & LDL_ALSO_NO_GATE))
		return false;
	return !is_vertex(cycle, one->class) || ldl_class_at(&arena, one->class)->instances == 1;
}

static bool have_gate(
	const struct cycle *cycle, const struct ldl_witness *one, const struct ldl_witness *other)
{
	for (uint32_t i = 0; i < one->also_count; i++)
		for (uint32_t k = 0; k < other->also_count; k++)
			if (excludes(cycle, ldl_also_held_at(&arena, one->also_first + i),
				    ldl_also_held_at(&arena, other->also_first + k)))
				return true;
	return false;
}

/* What is true of a combination. */
struct truth {
	bool is_strong, is_timed, is_gated, is_ordered, is_by_several, is_by_different, is_closed,
		lived_together;
};

static void look_at_pair(const struct cycle *cycle, const struct ldl_witness *one,
	const struct ldl_witness *other, struct truth *truth)
{
	truth->is_gated |= have_gate(cycle, one, other);
	if (one->thread_serial == other->thread_serial) {
		truth->is_by_different = false;
		return;
	}
	truth->is_by_several = true;
	truth->is_ordered |= lives_are_ordered(cycle->lives, act_of(one), act_of(other));
	truth->lived_together &=
		one->thread_start_ns <= other->time_ns && other->thread_start_ns <= one->time_ns;
}

static struct truth look(const struct cycle *cycle, const struct combination *combination)
{
	struct truth truth = {.is_strong = true,
		.is_by_different = true,
		.is_closed = true,
		.lived_together = true};

	for (uint32_t i = 0; i < cycle->count; i++) {
		const struct ldl_witness *at = combination->picked[i];
		const struct ldl_witness *next = combination->picked[(i + 1) % cycle->count];
		bool arrives_by_reader = at->type & (LDL_EDGE_ER | LDL_EDGE_SR);

		truth.is_strong &=
			!arrives_by_reader || !(next->type & (LDL_EDGE_SN | LDL_EDGE_SR));
		truth.is_timed |= !(at->type >> LDL_EDGE_UNTIMED_SHIFT);
		truth.is_closed &= at->to_instance == next->from_instance;
		for (uint32_t k = 0; k < i; k++)
			look_at_pair(cycle, combination->picked[k], at, &truth);
	}
	return truth;
}

/* verdict.h's table, for one combination. */
static enum ldl_verdict verdict_of(const struct cycle *cycle, const struct truth *truth)
{
	bool is_declared = ldl_class_at(&arena, cycle->steps[0].from)->flags & LDL_CLASS_DECLARED;

	if (!truth->is_strong)
		return LDL_VERDICT_NONE;
	if (truth->is_gated)
		return LDL_VERDICT_GATED;
	if (!is_declared && !truth->is_by_several)
		return LDL_VERDICT_SINGLE_THREAD;
	if (!is_declared && truth->is_ordered)
		return LDL_VERDICT_ORDERED;
	if (truth->is_timed)
		return LDL_VERDICT_BOUNDED;
	return truth->is_closed && truth->is_by_different && truth->lived_together &&
			       !truth->is_ordered
		       ? LDL_VERDICT_PREDICTED
		       : LDL_VERDICT_POTENTIAL;
}

/* A higher number is the stronger claim. */
static int strength(enum ldl_verdict verdict)
{
	static const enum ldl_verdict rising[] = {LDL_VERDICT_NONE, LDL_VERDICT_GATED,
		LDL_VERDICT_SINGLE_THREAD, LDL_VERDICT_ORDERED, LDL_VERDICT_BOUNDED,
		LDL_VERDICT_POTENTIAL, LDL_VERDICT_PREDICTED};
	int i = 0;

	while (rising[i] != verdict)
		i++;
	return i;
}

/* The strongest that any combination has; a combination that is strong is left in *shown. */
static enum ldl_verdict try_all(const struct cycle *cycle, struct combination *tried, uint32_t step,
	struct combination *shown)
{
	enum ldl_verdict best = LDL_VERDICT_NONE, one;
	struct truth truth;
	ldl_witness_id id;

	if (step == cycle->count) {
		truth = look(cycle, tried);
		best = verdict_of(cycle, &truth);
		if (best != LDL_VERDICT_NONE)
			*shown = *tried;
		return best;
	}
	id = ldl_edge_at(&arena, cycle->steps[step].edge)->witness_first;
	for (; id; id = ldl_witness_at(&arena, id)->next) {
		tried->picked[step] = ldl_witness_at(&arena, id);
		one = try_all(cycle, tried, step + 1, shown);
		if (strength(one) > strength(best))
			best = one;
	}
	return best;
}

/* The engine's verdict is the best one, and the witnesses that it shows have it. */
static bool agrees(struct cycle *cycle, enum ldl_verdict best)
{
	enum ldl_verdict verdict = ldl_verdict_of_cycle(&arena, cycle->steps, cycle->count);
	struct combination shown;
	struct truth truth;

	for (uint32_t i = 0; i < cycle->count; i++) {
		shown.picked[i] = ldl_witness_at(&arena, cycle->steps[i].witness);
		if (!(shown.picked[i]->type & cycle->steps[i].type))
			return false;
	}
	truth = look(cycle, &shown);
	if (verdict == best && (verdict == LDL_VERDICT_GATED || verdict_of(cycle, &truth) == best))
		return true;
	printf("%u edges: verdict %u, shown %u, should be %u ", cycle->count, verdict,
		verdict_of(cycle, &truth), best);
	return false;
}

static void verdict_is_that_of_the_best_combination(void)
{
	struct ldl_random random = ldl_random_make(0x76657264);
	uint32_t counts[LDL_VERDICT_COUNT] = {0};
	bool good = true;

	for (unsigned int round = 0; good && round < 2000 * ldl_random_effort(); round++) {
		struct combination tried, shown;
		enum ldl_verdict best;
		struct cycle cycle;

		make_cycle(&cycle, &random);
		best = try_all(&cycle, &tried, 0, &shown);
		counts[best]++;
		if (best != LDL_VERDICT_NONE) { /* else there is no cycle, and nobody asks */
			for (uint32_t i = 0; i < cycle.count; i++)
				cycle.steps[i].type = shown.picked[i]->type & LDL_EDGE_TYPES;
			good = agrees(&cycle, best);
		}
		end_cycle(&cycle);
	}
	CU_ASSERT(good);
	for (enum ldl_verdict v = LDL_VERDICT_POTENTIAL; v < LDL_VERDICT_COUNT; v++)
		CU_ASSERT(
			counts[v] > 0 || v == LDL_VERDICT_CONFIRMED || v == LDL_VERDICT_DEADLOCKED);
}

LDL_SUITE(verdict_search)
{
	LDL_TEST(verdict_is_that_of_the_best_combination);
}
