/* Findings of runs, in the union, and those that only the union has. See merge_union.h. */
#include <string.h>

#include "core/finding.h"
#include "core/text.h"
#include "merge_union.h"
#include "model.h"
#include "words.h"

#define NOTE_MORE "no single run saw it: its steps are from different runs"
#define NOTE_WORSE                                                                                 \
	"no single run saw it so: in each of them something kept it from happening, but not the "  \
	"same in all"

static void enter_steps(struct viz_entry *entry, uint32_t to, uint32_t from, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct ldl_path_step *step = ldl_path_step_at(&entry->whole->arena, to + i);
		const struct ldl_path_step *known = ldl_path_step_at(&entry->run->arena, from + i);

		*step = *known;
		step->edge = entry->edges[known->edge];
		step->witness = viz_entry_witness(entry, known->witness);
		step->from = entry->classes[known->from];
		step->to = entry->classes[known->to];
		if (step->edge)
			ldl_edge_at(&entry->whole->arena, step->edge)->types |= LDL_EDGE_SHOWN;
	}
}

static ldl_finding_id make(struct viz_entry *entry, const struct ldl_finding *finding)
{
	struct ldl_arena *arena = &entry->whole->arena;
	uint32_t path = ldl_table_take(arena, LDL_TABLE_PATHS, finding->path_count);
	ldl_finding_id id = path ? ldl_table_take(arena, LDL_TABLE_FINDINGS, 1) : 0;
	struct ldl_finding *made = ldl_finding_at(arena, id);

	if (!id)
		return 0;
	*made = *finding;
	made->path_first = path;
	made->time_ns = entry->whole->time_base_ns + finding->time_ns;
	made->thread_serial = entry->whole->thread_base + finding->thread_serial;
	made->note = viz_entry_string(entry, finding->note);
	enter_steps(entry, path, finding->path_first, finding->path_count);
	viz_map_put(&entry->whole->findings, finding->id, id);
	return id;
}

static bool is_worse(const struct ldl_finding *one, const struct ldl_finding *other)
{
	if (one->severity != other->severity)
		return one->severity > other->severity;
	return viz_verdict_rank(one->verdict) < viz_verdict_rank(other->verdict);
}

/* The same finding in another run: counted, and shown as that run has it if that is worse. */
static void add_to_finding(
	struct viz_entry *entry, struct ldl_finding *known, const struct ldl_finding *finding)
{
	uint32_t count = known->count > UINT32_MAX - finding->count ? UINT32_MAX
								    : known->count + finding->count;

	if (is_worse(finding, known) && finding->path_count == known->path_count) {
		enter_steps(entry, known->path_first, finding->path_first, finding->path_count);
		known->verdict = finding->verdict;
		known->severity = finding->severity;
		known->thread_serial = entry->whole->thread_base + finding->thread_serial;
		known->note = viz_entry_string(entry, finding->note);
	}
	known->count = count;
}

void viz_entry_findings(struct viz_entry *entry)
{
	for (ldl_finding_id id = 1; id < viz_entry_count(entry, LDL_TABLE_FINDINGS); id++) {
		const struct ldl_finding *finding = ldl_snapshot_finding(entry->run, id);
		ldl_finding_id known =
			finding ? viz_map_get(&entry->whole->findings, finding->id) : 0;

		if (!finding || !finding->id)
			continue;
		if (known)
			add_to_finding(entry, ldl_finding_at(&entry->whole->arena, known), finding);
		else
			(void)make(entry, finding);
	}
}

/* The newest of the evidence that a path shows. */
static uint64_t time_of(const struct ldl_arena *arena, const struct ldl_finding *finding)
{
	uint64_t time_ns = 0;

	for (uint32_t i = 0; i < finding->path_count; i++) {
		ldl_witness_id witness = ldl_path_step_at(arena, finding->path_first + i)->witness;
		uint64_t then_ns = witness ? ldl_witness_at(arena, witness)->time_ns : 0;

		time_ns = then_ns > time_ns ? then_ns : time_ns;
	}
	return time_ns;
}

/* Threads of different runs never met, so the verdict claims no more than that the orders
 * contradict one another. */
static enum ldl_verdict bounded_verdict(enum ldl_verdict verdict)
{
	return viz_verdict_rank(verdict) < viz_verdict_rank(LDL_VERDICT_POTENTIAL)
		       ? LDL_VERDICT_POTENTIAL
		       : verdict;
}

static void set_verdict(struct ldl_finding *finding, enum ldl_verdict verdict)
{
	finding->verdict = (uint8_t)bounded_verdict(verdict);
	finding->severity = (uint8_t)ldl_verdict_severity(finding->verdict);
}

/* Whether some run has all of the cycle after all, by the types that its verdict rests on. */
static bool is_seen_whole(const struct viz_union *whole, const struct ldl_finding *finding)
{
	static struct ldl_cycle_step steps[LDL_CYCLE_MAX];
	const struct ldl_path_step *path = ldl_path_step_at(&whole->arena, finding->path_first);

	for (uint32_t i = 0; i < finding->path_count && i < LDL_CYCLE_MAX; i++)
		steps[i] = (struct ldl_cycle_step){path[i].edge, path[i].type};
	return viz_union_is_of_one_run(whole, steps, finding->path_count);
}

static void find_candidate(struct viz_union *whole, const struct viz_candidate *candidate)
{
	struct ldl_arena *arena = &whole->arena;
	const struct ldl_table *findings = ldl_arena_table(arena, LDL_TABLE_FINDINGS);
	uint32_t known = findings->used;
	int64_t id = ldl_finding_add_cycle(arena, candidate->steps, candidate->count, 0);
	struct ldl_finding *finding = ldl_finding_at(arena, id > 0 ? id : -id);

	if (!id)
		return;
	if (findings->used == known) {
		finding->count--; /* a run has it, and its count is told */
		return;
	}
	set_verdict(finding, finding->verdict);
	finding->time_ns = time_of(arena, finding);
	if (!is_seen_whole(whole, finding))
		finding->note = ldl_text_add(arena, NOTE_MORE, strlen(NOTE_MORE));
}

/* Whether several runs have steps of the path. */
static bool is_of_several(
	const struct viz_union *whole, const struct ldl_path_step *steps, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (viz_union_runs_of(whole, steps[i].edge) > 1)
			return true;
	}
	return false;
}

/* What kept a cycle from happening in one run, a lock around it or a limit on its waits, may be
 * missing in another that has but a part of the cycle. (That threads come one after the other is
 * true of each run that shows it.) */
static void weigh_again(struct viz_union *whole, struct ldl_finding *finding)
{
	static struct ldl_path_step aside[LDL_CYCLE_MAX];
	struct ldl_arena *arena = &whole->arena;
	struct ldl_path_step *steps = ldl_path_step_at(arena, finding->path_first);
	enum ldl_verdict verdict;

	if ((finding->verdict != LDL_VERDICT_GATED && finding->verdict != LDL_VERDICT_BOUNDED) ||
		finding->path_count > LDL_CYCLE_MAX ||
		!is_of_several(whole, steps, finding->path_count))
		return;
	memcpy(aside, steps, finding->path_count * sizeof(*steps));
	verdict = bounded_verdict(ldl_verdict_of_cycle(arena, aside, finding->path_count));
	if (viz_verdict_rank(verdict) >= viz_verdict_rank(finding->verdict))
		return;
	memcpy(steps, aside, finding->path_count * sizeof(*steps));
	set_verdict(finding, verdict);
	finding->note = ldl_text_add(arena, NOTE_WORSE, strlen(NOTE_WORSE));
}

void viz_union_find_more(struct viz_union *whole)
{
	uint32_t own = ldl_arena_table(&whole->arena, LDL_TABLE_FINDINGS)->used;

	for (ldl_finding_id id = 1; id < own; id++)
		weigh_again(whole, ldl_finding_at(&whole->arena, id));
	for (size_t i = 0; i < whole->candidate_count; i++) {
		const struct viz_candidate *candidate = &whole->candidates[i];

		/* Perhaps a later run has all of it. */
		if (!viz_union_is_of_one_run(whole, candidate->steps, candidate->count))
			find_candidate(whole, candidate);
	}
}
