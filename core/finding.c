/* Findings, deduplicated. See finding.h. */
#include "finding.h"

#include "atomic.h"
#include "control.h"
#include "edge.h"
#include "hash.h"
#include "sys.h"
#include "turn.h"

#include <string.h>
#include <time.h>

static uint64_t key_of(const struct ldl_arena *arena, ldl_class_id class)
{
	return class ? ldl_class_at(arena, class)->key : 0;
}

static ldl_class_id class_of(const struct ldl_arena *arena, ldl_node_id node)
{
	return ldl_node_at(arena, node)->class;
}

/* The id is a sum over the cycle's edges, so it does not matter where the cycle is entered. */
static uint64_t cycle_id(const struct ldl_arena *arena, struct ldl_cycle_rule rule,
	const struct ldl_cycle_step *steps, uint32_t count)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct ldl_edge *edge = ldl_edge_at(arena, steps[i].edge);

		sum += ldl_hash_add(key_of(arena, class_of(arena, edge->from)),
			key_of(arena, class_of(arena, edge->to)));
	}
	return ldl_hash_add((uint64_t)rule.kind << 8 | rule.rule, sum + count);
}

static ldl_finding_id find(const struct ldl_arena *arena, uint64_t id)
{
	uint32_t used = ldl_arena_table(arena, LDL_TABLE_FINDINGS)->used;

	for (ldl_finding_id at = 1; at < used; at++) {
		if (ldl_finding_at(arena, at)->id == id)
			return at;
	}
	return 0;
}

static void announce(struct ldl_arena *arena)
{
	/* Release: an observer that sees the new serial sees what it announces. */
	ldl_store_release(&arena->header->finding_serial, arena->header->finding_serial + 1);
}

/* A lower number is a stronger claim; kept by the finding for good. */
static uint32_t weight(enum ldl_verdict verdict)
{
	static const uint8_t weights[LDL_VERDICT_COUNT] = {
		[LDL_VERDICT_DEADLOCKED] = 1,
		[LDL_VERDICT_CONFIRMED] = 2,
		[LDL_VERDICT_PREDICTED] = 3,
		[LDL_VERDICT_POTENTIAL] = 4,
		[LDL_VERDICT_BOUNDED] = 5,
		[LDL_VERDICT_ORDERED] = 6,
		[LDL_VERDICT_SINGLE_THREAD] = 7,
		[LDL_VERDICT_GATED] = 8,
	};

	return weights[verdict];
}

static void fill_path(struct ldl_arena *arena, struct ldl_path_step *path,
	const struct ldl_cycle_step *steps, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct ldl_edge *edge = ldl_edge_at(arena, steps[i].edge);

		path[i] = (struct ldl_path_step){
			.edge = steps[i].edge,
			.from = class_of(arena, edge->from),
			.to = class_of(arena, edge->to),
			.type = steps[i].type,
		};
	}
}

/* The edges of a path that a finding keeps are not handed out again. */
static void mark_shown(struct ldl_arena *arena, const struct ldl_path_step *path, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		ldl_edge_at(arena, path[i].edge)->types |= LDL_EDGE_SHOWN;
}

/* Whatever is known of these chains, it is looked at again, with all that is held around. */
static void watch(struct ldl_arena *arena, const struct ldl_finding *finding)
{
	const struct ldl_path_step *path = ldl_path_step_at(arena, finding->path_first);

	if (finding->kind != LDL_FINDING_LOCK_ORDER || finding->verdict == LDL_VERDICT_PREDICTED)
		return;
	for (uint32_t i = 0; i < finding->path_count; i++)
		ldl_edge_watch(arena, path[i].edge);
	/* Every thread flushes its caches. */
	ldl_add_relaxed(&arena->header->control, LDL_RUN_EPOCH);
	ldl_control_spread(arena->header);
}

/* Fresh path steps and a fresh record; 0 when one of the tables is full. */
static ldl_finding_id make(
	struct ldl_arena *arena, uint64_t id, uint32_t steps, uint32_t *path_first)
{
	ldl_finding_id at;

	*path_first = ldl_table_take(arena, LDL_TABLE_PATHS, steps);
	if (!*path_first)
		return 0;
	/* Published by `used` before it is filled in: readers pass over records without an id. */
	at = ldl_table_take(arena, LDL_TABLE_FINDINGS, 1);
	if (at)
		ldl_finding_at(arena, at)->time_ns =
			ldl_sys_clock_ns(CLOCK_MONOTONIC) - arena->header->start_ns;
	return at;
}

/* A known cycle is weighed aside, so that nobody reads a path that is half the one and half the
 * other for longer than a copy takes. */
static struct ldl_path_step aside[LDL_CYCLE_MAX];

/* Shows the path that is aside. True: it can happen, and could not before. */
static bool show(struct ldl_arena *arena, struct ldl_finding *finding, enum ldl_verdict verdict)
{
	bool was_harmless = finding->severity == LDL_SEVERITY_INFO;
	uint32_t count = finding->path_count;

	memcpy(ldl_path_step_at(arena, finding->path_first), aside, count * sizeof(aside[0]));
	mark_shown(arena, aside, count);
	finding->verdict = (uint8_t)verdict;
	finding->severity = (uint8_t)ldl_verdict_severity(verdict);
	watch(arena, finding);
	announce(arena);
	return was_harmless && finding->severity != LDL_SEVERITY_INFO;
}

/* The same when its evidence is stronger than what is shown. */
static bool rise(struct ldl_arena *arena, struct ldl_finding *finding)
{
	enum ldl_verdict verdict = ldl_verdict_of_cycle(arena, aside, finding->path_count);

	return weight(verdict) < weight(finding->verdict) && show(arena, finding, verdict);
}

/* A known cycle, seen again, maybe by other instances of its classes. */
static bool strengthen(struct ldl_arena *arena, ldl_finding_id id,
	const struct ldl_cycle_step *steps, uint32_t count)
{
	struct ldl_finding *finding = ldl_finding_at(arena, id);

	ldl_store_relaxed(&finding->count, finding->count + 1);
	if (finding->path_count != count || finding->verdict == LDL_VERDICT_PREDICTED)
		return false;
	fill_path(arena, aside, steps, count);
	return rise(arena, finding);
}

static bool shows(
	const struct ldl_arena *arena, const struct ldl_finding *finding, ldl_edge_id edge)
{
	const struct ldl_path_step *path = ldl_path_step_at(arena, finding->path_first);

	for (uint32_t i = 0; i < finding->path_count; i++) {
		if (path[i].edge == edge)
			return true;
	}
	return false;
}

uint32_t ldl_finding_weigh_again(struct ldl_arena *arena, ldl_edge_id edge, bool is_more,
	ldl_finding_id *risen, uint32_t most)
{
	uint32_t used = ldl_arena_table(arena, LDL_TABLE_FINDINGS)->used, count = 0;

	for (ldl_finding_id at = 1; at < used; at++) {
		struct ldl_finding *finding = ldl_finding_at(arena, at);

		if (!finding->id || finding->verdict == LDL_VERDICT_PREDICTED ||
			!shows(arena, finding, edge))
			continue;
		memcpy(aside, ldl_path_step_at(arena, finding->path_first),
			finding->path_count * sizeof(aside[0]));
		if (is_more)
			watch(arena, finding);
		if (rise(arena, finding) && count < most)
			risen[count++] = at;
	}
	return count;
}

/* Whether it is a cycle of nestings inside the class. */
static bool is_inside(
	const struct ldl_arena *arena, const struct ldl_finding *finding, ldl_class_id class)
{
	const struct ldl_path_step *path = ldl_path_step_at(arena, finding->path_first);

	for (uint32_t i = 0; i < finding->path_count; i++) {
		if (!path[i].edge || path[i].from != class)
			return false;
	}
	return true;
}

/* Whether an edge of the path that is aside has gone with its lock, and its evidence. */
static bool has_gone(const struct ldl_arena *arena, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!ldl_edge_at(arena, aside[i].edge)->to)
			return true;
	}
	return false;
}

/* The verdict of the path that is aside. What has gone keeps its own; where it lay in turns that
 * were broken since, nothing is left to say what else there was. */
static enum ldl_verdict weigh_aside(
	struct ldl_arena *arena, const struct ldl_finding *finding, ldl_class_id class)
{
	if (!has_gone(arena, finding->path_count))
		return ldl_verdict_of_cycle(arena, aside, finding->path_count);
	if (!aside[0].turns || ldl_turn_kept(arena, class, finding->path_count))
		return finding->verdict;
	aside[0].turns = 0;
	return LDL_VERDICT_POTENTIAL;
}

uint32_t ldl_finding_weigh_turn(
	struct ldl_arena *arena, ldl_class_id class, ldl_finding_id *risen, uint32_t most)
{
	uint32_t used = ldl_arena_table(arena, LDL_TABLE_FINDINGS)->used, count = 0;

	for (ldl_finding_id at = 1; at < used; at++) {
		struct ldl_finding *finding = ldl_finding_at(arena, at);
		const struct ldl_path_step *path = ldl_path_step_at(arena, finding->path_first);
		enum ldl_verdict verdict;

		if (!finding->id || !is_inside(arena, finding, class))
			continue;
		memcpy(aside, path, finding->path_count * sizeof(aside[0]));
		verdict = weigh_aside(arena, finding, class);
		if (aside[0].turns != path[0].turns && show(arena, finding, verdict) &&
			count < most)
			risen[count++] = at;
	}
	return count;
}

bool ldl_finding_is_harmless(const struct ldl_arena *arena, int64_t finding)
{
	ldl_finding_id at = (ldl_finding_id)(finding < 0 ? -finding : finding);

	return at && ldl_finding_at(arena, at)->severity == LDL_SEVERITY_INFO;
}

int64_t ldl_finding_add_cycle(struct ldl_arena *arena, const struct ldl_cycle_step *steps,
	uint32_t count, uint32_t thread_serial)
{
	struct ldl_cycle_rule broken = ldl_cycle_rule_of(arena, steps, count);
	struct ldl_finding *finding;
	enum ldl_verdict verdict;
	uint32_t path_first;
	ldl_finding_id at;
	uint64_t id;

	id = cycle_id(arena, broken, steps, count);
	at = find(arena, id);
	if (at)
		return strengthen(arena, at, steps, count) ? (int64_t)at : -(int64_t)at;
	at = make(arena, id, count, &path_first);
	if (!at)
		return 0;
	fill_path(arena, ldl_path_step_at(arena, path_first), steps, count);
	mark_shown(arena, ldl_path_step_at(arena, path_first), count);
	verdict = ldl_verdict_of_cycle(arena, ldl_path_step_at(arena, path_first), count);
	finding = ldl_finding_at(arena, at);
	finding->kind = (uint8_t)broken.kind;
	finding->rule = (uint8_t)broken.rule;
	finding->verdict = (uint8_t)verdict;
	finding->severity = (uint8_t)ldl_verdict_severity(verdict);
	finding->count = 1;
	finding->path_first = path_first;
	finding->path_count = count;
	finding->thread_serial = thread_serial;
	watch(arena, finding);
	/* Release: the id comes last, so that a live reader sees all or nothing. */
	ldl_store_release(&finding->id, id);
	announce(arena);
	return finding->severity == LDL_SEVERITY_INFO ? -(int64_t)at : (int64_t)at;
}

int64_t ldl_finding_add_rule(struct ldl_arena *arena, enum ldl_finding_kind kind,
	enum ldl_rule rule, enum ldl_severity severity, ldl_class_id from, ldl_class_id to,
	uint64_t told_apart, uint32_t thread_serial)
{
	uint64_t id = ldl_hash_add((uint64_t)kind << 8 | rule,
		ldl_hash_add(key_of(arena, from), key_of(arena, to)) + told_apart);
	ldl_finding_id at = find(arena, id);
	struct ldl_finding *finding = ldl_finding_at(arena, at);
	uint32_t path_first;

	if (at) {
		ldl_store_relaxed(&finding->count, finding->count + 1);
		return -(int64_t)at;
	}
	at = make(arena, id, 1, &path_first);
	if (!at)
		return 0;
	*ldl_path_step_at(arena, path_first) = (struct ldl_path_step){.from = from, .to = to};
	finding = ldl_finding_at(arena, at);
	finding->kind = (uint8_t)kind;
	finding->rule = (uint8_t)rule;
	finding->severity = (uint8_t)severity;
	finding->count = 1;
	finding->path_first = path_first;
	finding->path_count = 1;
	finding->thread_serial = thread_serial;
	/* Release: as above. The witness follows before the announcement. */
	ldl_store_release(&finding->id, id);
	return at;
}

void ldl_finding_set_witness(struct ldl_arena *arena, int64_t finding, ldl_witness_id witness)
{
	if (finding <= 0)
		return;
	ldl_path_step_at(arena, ldl_finding_at(arena, (uint32_t)finding)->path_first)->witness =
		witness;
	announce(arena);
}

uint32_t ldl_finding_shown(const struct ldl_arena *arena)
{
	uint32_t used = ldl_load_acquire(&ldl_arena_table(arena, LDL_TABLE_FINDINGS)->used);
	uint32_t shown = 0;

	for (ldl_finding_id at = 1; at < used; at++) {
		const struct ldl_finding *finding = ldl_finding_at(arena, at);

		shown += ldl_load_acquire(&finding->id) && finding->verdict != LDL_VERDICT_GATED &&
			 finding->verdict != LDL_VERDICT_ORDERED &&
			 finding->verdict != LDL_VERDICT_SINGLE_THREAD;
	}
	return shown;
}
