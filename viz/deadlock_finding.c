/* Makes a finding of a deadlock. See deadlock_finding.h. */
#include "deadlock_finding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/hash.h"
#include "graft.h"
#include "identity.h"

#define NS_PER_SECOND 1000000000ull

/* The work under way. */
struct making {
	struct viz_run *run;
	const struct viz_deadlock *deadlock;
	viz_deadlock_run_of *run_of;
	void *context;
};

static struct viz_run *run_of(const struct making *making, const struct viz_deadlock_step *step)
{
	struct viz_run *run =
		step->process ? making->run_of(making->context, step->process) : making->run;

	return run ? run : making->run;
}

/* The class of an entry of a step's process, as one of the run. Of an ended process there may be no
 * run: then its ids mean nothing. */
static ldl_class_id class_of(const struct making *making, const struct viz_deadlock_step *step,
	const struct ldl_held *entry)
{
	return viz_graft_class_of(making->run, run_of(making, step), ldl_held_class(entry));
}

/* Looks take ids as they come; records have checked ones. */
static ldl_instance_id instance_of(const struct making *making, const struct ldl_held *entry)
{
	return ldl_snapshot_instance(&making->run->snapshot, entry->instance) ? entry->instance : 0;
}

static ldl_site_id site_of(const struct making *making, const struct viz_deadlock_step *step,
	const struct ldl_held *entry)
{
	struct viz_run *from = run_of(making, step);

	return entry->addr ? viz_graft_site_of(making->run, from, viz_graft_site(from, entry)) : 0;
}

static ldl_string_id thread_name(const struct making *making, const struct viz_deadlock_step *step)
{
	char text[64];

	if (step->pid == making->deadlock->steps[0].pid)
		return step->thread.name[0] ? viz_graft_string(making->run, step->thread.name) : 0;
	snprintf(text, sizeof(text), "%s of process %u",
		step->thread.name[0] ? step->thread.name : "a thread", step->pid);
	return viz_graft_string(making->run, text);
}

static void fill_also_held(const struct making *making, const struct viz_deadlock_step *step,
	struct ldl_witness *witness)
{
	struct ldl_arena *arena = &making->run->snapshot.arena;

	witness->also_first = 0;
	witness->also_count = 0;
	if (!step->held_count || run_of(making, step) != making->run)
		return;
	witness->also_first = viz_graft(making->run, LDL_TABLE_ALSO_HELD, step->held_count);
	for (uint32_t i = 0; witness->also_first && i < step->held_count; i++) {
		*ldl_also_held_at(arena, witness->also_first + i) = (struct ldl_also_held){
			.class = class_of(making, step, &step->held[i]),
			.instance = instance_of(making, &step->held[i]),
			.mode = ldl_held_mode(&step->held[i]),
			.frame = viz_graft_frame(making->run, ldl_held_ip(&step->held[i])),
		};
		witness->also_count++;
	}
}

static uint32_t type_of(const struct ldl_held *from, const struct ldl_held *to)
{
	bool is_shared = ldl_held_mode(from) & LDL_MODE_SHARED;
	bool is_recursive = ldl_held_mode(to) & LDL_MODE_RECURSIVE;

	if (is_shared)
		return is_recursive ? LDL_EDGE_SR : LDL_EDGE_SN;
	return is_recursive ? LDL_EDGE_ER : LDL_EDGE_EN;
}

/* Holding `from`, which may be another process's step, `step` waits for what it wants. */
static ldl_witness_id make_witness(const struct making *making,
	const struct viz_deadlock_step *from, const struct viz_deadlock_step *step)
{
	struct ldl_arena *arena = &making->run->snapshot.arena;
	struct ldl_witness witness = {
		.thread_start_ns = step->thread.start_ns,
		.thread_serial = step->thread.serial,
		.tid = step->thread.tid,
		.thread_name = thread_name(making, step),
		.type = type_of(&from->holds, &step->wants),
		.from_site = site_of(making, from, &from->holds),
		.to_site = site_of(making, step, &step->wants),
		.from_addr = from->holds.addr & LDL_HELD_ADDR_MASK,
		.to_addr = step->wants.addr & LDL_HELD_ADDR_MASK,
		.from_instance = instance_of(making, &from->holds),
		.to_instance = instance_of(making, &step->wants),
		.from_mode = ldl_held_mode(&from->holds),
		.to_mode = ldl_held_mode(&step->wants),
	};
	ldl_witness_id id;

	fill_also_held(making, step, &witness);
	id = viz_graft(making->run, LDL_TABLE_WITNESSES, 1);
	if (id)
		*ldl_witness_at(arena, id) = witness;
	return id;
}

/* The edge between two classes that the engine has; 0: none. */
static ldl_edge_id edge_of(const struct ldl_snapshot *snapshot, ldl_class_id from, ldl_class_id to)
{
	uint32_t end = ldl_snapshot_count(snapshot, LDL_TABLE_EDGES);

	for (ldl_edge_id id = 1; id < end; id++) {
		const struct ldl_edge *edge = ldl_snapshot_edge(snapshot, id);
		const struct ldl_node *one = edge ? ldl_snapshot_node(snapshot, edge->from) : NULL;
		const struct ldl_node *other = edge ? ldl_snapshot_node(snapshot, edge->to) : NULL;

		if (one && other && one->class == from && other->class == to)
			return id;
	}
	return 0;
}

/* Who the next step's thread is, in words. */
static const char *who(const struct viz_deadlock_step *step, char *text, size_t size)
{
	snprintf(text, size, "%s (tid %u, thread #%u)",
		step->thread.name[0] ? step->thread.name : "a thread", step->thread.tid,
		step->thread.serial);
	return text;
}

static ldl_string_id make_note(const struct making *making)
{
	const struct viz_deadlock *deadlock = making->deadlock;
	const struct viz_deadlock_step *last = &deadlock->steps[deadlock->count - 1];
	char text[512], thread[80];
	size_t len = 0;

	if (deadlock->is_process_gone)
		len = (size_t)snprintf(text, sizeof(text),
			"it is held by process %u, which has ended without releasing it; ",
			last->pid);
	else if (deadlock->is_gone)
		len = (size_t)snprintf(text, sizeof(text),
			"it was taken by %s, which has ended without releasing it; ",
			who(last, thread, sizeof(thread)));
	else if (deadlock->behind[0])
		len = (size_t)snprintf(text, sizeof(text),
			"the reader waits behind a writer that waits already, %s; ",
			deadlock->behind);
	if (deadlock->is_frozen)
		snprintf(text + len, sizeof(text) - len, "so it was when the process ended.");
	else if (deadlock->wait_ns < NS_PER_SECOND / 10)
		snprintf(text + len, sizeof(text) - len,
			"seen from outside, without progress between two looks.");
	else
		snprintf(text + len, sizeof(text) - len,
			"seen from outside, without progress for %u.%u s so far.",
			(unsigned int)(deadlock->wait_ns / NS_PER_SECOND),
			(unsigned int)(deadlock->wait_ns / (NS_PER_SECOND / 10) % 10));
	return viz_graft_string(making->run, text);
}

/* The kind and the rule of the finding, as the engine has them, and the id that it has in every
 * run: it is the one that the engine found already, if it did. */
struct identity {
	enum ldl_finding_kind kind;
	enum ldl_rule rule;
	uint64_t id;
};

static struct identity identify(
	const struct making *making, const struct ldl_path_step *path, uint32_t count)
{
	struct identity identity = {LDL_FINDING_LOCK_ORDER, LDL_RULE_INSTANCE_ORDER, 0};

	for (uint32_t i = 0; i < count; i++) {
		if (path[i].from != path[0].from)
			identity.rule = LDL_RULE_ORDER;
	}
	if (making->deadlock->is_gone)
		identity = (struct identity){LDL_FINDING_MISUSE, LDL_RULE_HOLDER_GONE, 0};
	else if (count == 1)
		identity = (struct identity){LDL_FINDING_RECURSION, LDL_RULE_SELF_DEADLOCK, 0};
	identity.id =
		viz_path_identity(making->run, identity.kind, identity.rule, path, count, NULL);
	return identity;
}

static ldl_finding_id find(const struct making *making, const struct identity *identity)
{
	const struct ldl_snapshot *snapshot = &making->run->snapshot;
	uint32_t end = ldl_snapshot_count(snapshot, LDL_TABLE_FINDINGS);

	for (ldl_finding_id id = 1; id < end; id++) {
		const struct ldl_finding *finding = ldl_snapshot_finding(snapshot, id);

		if (finding && finding->id == identity->id)
			return id;
	}
	return 0;
}

/* Fills the steps of the path; the count of them. */
static uint32_t make_path(const struct making *making, uint32_t first)
{
	const struct viz_deadlock *deadlock = making->deadlock;
	struct ldl_arena *arena = &making->run->snapshot.arena;
	uint32_t count = deadlock->is_gone ? 1 : (uint32_t)deadlock->count;

	for (uint32_t i = 0; i < count; i++) {
		const struct viz_deadlock_step *step = &deadlock->steps[i];
		/* Of one that waits for a thread that has ended, that one's hold is shown. */
		const struct viz_deadlock_step *holder = deadlock->is_gone ? step + 1 : step;
		const struct viz_deadlock_step *before =
			&deadlock->steps[(i + deadlock->count - 1) % deadlock->count];
		struct ldl_path_step made = {
			.to = class_of(making, step, &step->wants),
			.type = type_of(&holder->holds, &step->wants),
		};

		/* A lock has one name, whichever process waits for it. */
		made.from = deadlock->is_gone ? made.to : class_of(making, before, &before->wants);
		made.witness = make_witness(making, holder, step);
		if (count > 1)
			made.edge = edge_of(&making->run->snapshot, made.from, made.to);
		*ldl_path_step_at(arena, first + i) = made;
	}
	return count;
}

static uint64_t time_of(const struct viz_run *run)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec -
	       run->snapshot.arena.header->start_ns;
}

static ldl_finding_id add(const struct making *making)
{
	struct ldl_arena *arena = &making->run->snapshot.arena;
	uint32_t first = viz_graft(making->run, LDL_TABLE_PATHS, (uint32_t)making->deadlock->count);
	struct identity identity;
	struct ldl_finding *finding;
	ldl_string_id note;
	ldl_finding_id id;
	uint32_t count;

	if (!first)
		return 0;
	count = make_path(making, first);
	note = make_note(making);
	identity = identify(making, ldl_path_step_at(arena, first), count);
	id = find(making, &identity);
	if (!id)
		id = viz_graft(making->run, LDL_TABLE_FINDINGS, 1);
	if (!id)
		return 0;
	finding = ldl_finding_at(arena, id);
	if (!finding->id)
		*finding = (struct ldl_finding){
			.id = identity.id, .time_ns = time_of(making->run), .count = 1};
	finding->kind = (uint8_t)identity.kind;
	finding->rule = (uint8_t)identity.rule;
	finding->severity = LDL_SEVERITY_ERROR;
	finding->verdict = LDL_VERDICT_DEADLOCKED;
	finding->path_first = first;
	finding->path_count = count;
	finding->thread_serial = making->deadlock->steps[0].thread.serial;
	finding->note = note;
	return id;
}

ldl_finding_id viz_deadlock_add(struct viz_run *run, const struct viz_deadlock *deadlock,
	viz_deadlock_run_of *of_process, void *context)
{
	struct making making = {run, deadlock, of_process, context};
	ldl_finding_id id = deadlock->count ? add(&making) : 0;

	viz_graft_end(run);
	return id;
}

struct viz_deadlock *viz_deadlock_copy(const struct viz_deadlock *deadlock)
{
	size_t size = sizeof(*deadlock) + deadlock->count * sizeof(deadlock->steps[0]);
	struct viz_deadlock *copy = malloc(size);

	if (copy)
		memcpy(copy, deadlock, size);
	return copy;
}
