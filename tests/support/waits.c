/* Lays records into an arena by hand. See waits.h. */
#include "tests/support/waits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/verdict.h"

static struct ldl_arena arena;
static int file = -1;
static const char *thread_name; /* of later witnesses */

/* The next id of a table. */
static uint32_t take(enum ldl_table_id id)
{
	struct ldl_table *table = ldl_arena_table(&arena, id);

	if (table->used == 0)
		table->used = 1;
	if (table->used >= table->capacity)
		abort();
	return table->used++;
}

static ldl_string_id put_string(const char *text)
{
	struct ldl_table *table = ldl_arena_table(&arena, LDL_TABLE_STRINGS);
	uint16_t len = (uint16_t)strlen(text);
	ldl_string_id id = (table->used + 2u) & ~1u;
	unsigned char *place = arena.table[LDL_TABLE_STRINGS] + id;

	memcpy(place, &len, sizeof(len));
	memcpy(place + sizeof(len), text, len + 1u);
	table->used = id + (uint32_t)sizeof(len) + len + 1;
	return id;
}

/* A stack of one frame at an address that the number tells. */
static ldl_site_id put_site(uint32_t number)
{
	ldl_site_id id = take(LDL_TABLE_SITES);
	uint32_t frame = take(LDL_TABLE_FRAMES);

	*ldl_frame_at(&arena, frame) = ldl_frame_make(1, 0x1000u + number * 0x10u);
	*ldl_site_at(&arena, id) =
		(struct ldl_site){.hash = id, .frame_first = frame, .frame_count = 1};
	return id;
}

struct ldl_arena *ldl_waits_begin(void)
{
	free(arena.base);
	memset(&arena, 0, sizeof(arena));
	if (ldl_arena_init(&arena, calloc(1, LDL_ARENA_MIN), LDL_ARENA_MIN) != LDL_OK)
		abort();
	arena.header->pid = 4711;
	arena.header->state = LDL_STATE_EXITED;
	arena.header->program = put_string("/usr/bin/sample");
	ldl_module_at(&arena, take(LDL_TABLE_MODULES))->path = put_string("/nowhere/sample");
	thread_name = "worker";
	return &arena;
}

struct ldl_arena *ldl_waits_arena(void)
{
	return &arena;
}

void ldl_waits_rename(const char *program, const char *module, const char *thread)
{
	arena.header->program = put_string(program);
	ldl_module_at(&arena, 1)->path = put_string(module);
	thread_name = thread;
}

ldl_class_id ldl_waits_class(enum ldl_kind kind, const char *name)
{
	ldl_class_id id = take(LDL_TABLE_CLASSES);
	ldl_instance_id instance = take(LDL_TABLE_INSTANCES);
	struct ldl_class *class = ldl_class_at(&arena, id);

	class->key = id;
	class->kind = (uint8_t)kind;
	class->identity = name ? LDL_IDENTITY_ANNOTATED : LDL_IDENTITY_FIRST;
	class->name = name ? put_string(name) : 0;
	class->site = class->first_site = put_site(0x100 + id);
	class->instances = 1;
	ldl_instance_at(&arena, instance)->addr = 0x1000u * id;
	ldl_instance_at(&arena, instance)->class = id;
	ldl_instance_info_at(&arena, instance)->generation = 1;
	class->node = take(LDL_TABLE_NODES);
	*ldl_node_at(&arena, class->node) =
		(struct ldl_node){.rank = id, .ref = id, .kind = LDL_NODE_CLASS, .class = id};
	return id;
}

static ldl_witness_id put_witness(ldl_class_id from, ldl_class_id to, uint32_t thread)
{
	ldl_witness_id id = take(LDL_TABLE_WITNESSES);

	*ldl_witness_at(&arena, id) = (struct ldl_witness){
		.thread_serial = thread,
		.tid = 100 + thread,
		.thread_name = put_string(thread_name),
		.type = LDL_EDGE_EN | LDL_EDGE_EN << LDL_EDGE_UNTIMED_SHIFT,
		.from_site = from ? put_site(2 * id) : 0,
		.to_site = put_site(2 * id + 1),
		.from_instance = from,
		.to_instance = to,
		.from_addr = 0x1000u * from,
		.to_addr = 0x1000u * to,
	};
	return id;
}

ldl_edge_id ldl_waits_edge(
	ldl_class_id from, ldl_class_id to, uint32_t thread, uint32_t gfp, uint32_t gfp_asked)
{
	ldl_edge_id id = take(LDL_TABLE_EDGES);
	ldl_witness_id witness = put_witness(from, to, thread);
	struct ldl_node *source = ldl_node_at(&arena, ldl_class_at(&arena, from)->node);
	struct ldl_node *target = ldl_node_at(&arena, ldl_class_at(&arena, to)->node);

	*ldl_edge_at(&arena, id) = (struct ldl_edge){
		.from = ldl_class_at(&arena, from)->node,
		.to = ldl_class_at(&arena, to)->node,
		.next_out = source->out_first,
		.next_in = target->in_first,
		.witness_first = witness,
		.witness_count = 1,
		.types = LDL_EDGE_EN | LDL_EDGE_EN << LDL_EDGE_UNTIMED_SHIFT,
		.seen = 1,
	};
	source->out_first = id;
	target->in_first = id;
	ldl_witness_at(&arena, witness)->edge = id;
	ldl_witness_at(&arena, witness)->gfp = gfp;
	ldl_witness_at(&arena, witness)->gfp_asked = gfp_asked;
	return id;
}

ldl_witness_id ldl_waits_again(ldl_edge_id edge, uint32_t thread)
{
	struct ldl_edge *record = ldl_edge_at(&arena, edge);
	const struct ldl_witness *first = ldl_witness_at(&arena, record->witness_first);
	ldl_witness_id id = put_witness(first->from_instance, first->to_instance, thread);

	ldl_witness_at(&arena, id)->edge = edge;
	ldl_witness_at(&arena, id)->next = record->witness_first;
	record->witness_first = id;
	record->witness_count++;
	record->seen++;
	return id;
}

static struct ldl_finding *put_finding(enum ldl_finding_kind kind, enum ldl_rule rule)
{
	ldl_finding_id id = take(LDL_TABLE_FINDINGS);
	struct ldl_finding *finding = ldl_finding_at(&arena, id);

	*finding = (struct ldl_finding){
		.id = 0x1111u * id,
		.time_ns = id,
		.kind = (uint8_t)kind,
		.rule = (uint8_t)rule,
		.severity = LDL_SEVERITY_ERROR,
		.count = 1,
		.thread_serial = 1,
	};
	return finding;
}

ldl_finding_id ldl_waits_cycle(
	enum ldl_finding_kind kind, enum ldl_rule rule, const ldl_edge_id *edges, uint32_t count)
{
	struct ldl_finding *finding = put_finding(kind, rule);

	finding->verdict = LDL_VERDICT_POTENTIAL;
	finding->path_count = count;
	for (uint32_t i = 0; i < count; i++) {
		const struct ldl_edge *edge = ldl_edge_at(&arena, edges[i]);
		uint32_t step = take(LDL_TABLE_PATHS);

		if (edge->to != ldl_edge_at(&arena, edges[(i + 1) % count])->from)
			abort();
		finding->path_first = i == 0 ? step : finding->path_first;
		*ldl_path_step_at(&arena, step) = (struct ldl_path_step){
			.edge = edges[i],
			.witness = edge->witness_first,
			.from = ldl_node_at(&arena, edge->from)->class,
			.to = ldl_node_at(&arena, edge->to)->class,
			.type = LDL_EDGE_EN,
		};
	}
	return (ldl_finding_id)(finding - ldl_finding_at(&arena, 0));
}

void ldl_waits_move(ldl_edge_id edge, uint64_t from, uint64_t to)
{
	struct ldl_witness *witness =
		ldl_witness_at(&arena, ldl_edge_at(&arena, edge)->witness_first);

	witness->from_addr = from;
	witness->to_addr = to;
}

void ldl_waits_declare(ldl_edge_id edge)
{
	struct ldl_witness *witness =
		ldl_witness_at(&arena, ldl_edge_at(&arena, edge)->witness_first);

	ldl_edge_at(&arena, edge)->types |= LDL_EDGE_DECLARED;
	witness->from_instance = witness->to_instance = 0;
	witness->from_addr = witness->to_addr = 0;
}

void ldl_waits_verdict(ldl_finding_id finding, enum ldl_verdict verdict)
{
	ldl_finding_at(&arena, finding)->verdict = (uint8_t)verdict;
	ldl_finding_at(&arena, finding)->severity = (uint8_t)ldl_verdict_severity(verdict);
}

void ldl_waits_severity(ldl_finding_id finding, enum ldl_severity severity)
{
	ldl_finding_at(&arena, finding)->severity = (uint8_t)severity;
}

ldl_finding_id ldl_waits_breach(const struct ldl_waits_breach *breach)
{
	struct ldl_finding *finding = put_finding(breach->kind, breach->rule);
	ldl_witness_id witness = put_witness(breach->from, breach->to, 1);
	uint32_t step = take(LDL_TABLE_PATHS);

	ldl_witness_at(&arena, witness)->gfp = breach->gfp;
	ldl_witness_at(&arena, witness)->gfp_asked = breach->gfp_asked;
	finding->severity = (uint8_t)breach->severity;
	finding->note = breach->note ? put_string(breach->note) : 0;
	finding->path_first = step;
	finding->path_count = 1;
	*ldl_path_step_at(&arena, step) =
		(struct ldl_path_step){.witness = witness, .from = breach->from, .to = breach->to};
	return (ldl_finding_id)(finding - ldl_finding_at(&arena, 0));
}

ldl_alloc_id ldl_waits_alloc(const struct ldl_alloc *alloc, ldl_class_id held)
{
	ldl_alloc_id id = take(LDL_TABLE_ALLOCS);
	struct ldl_alloc *record = ldl_alloc_at(&arena, id);

	*record = *alloc;
	record->key = id;
	if (!held)
		return id;
	record->also_first = take(LDL_TABLE_ALSO_HELD);
	record->also_count = 1;
	ldl_also_held_at(&arena, record->also_first)->class = held;
	ldl_also_held_at(&arena, record->also_first)->instance = held;
	return id;
}

ldl_reserve_id ldl_waits_reserve(const struct ldl_reserve *reserve)
{
	ldl_reserve_id id = take(LDL_TABLE_RESERVES);

	*ldl_reserve_at(&arena, id) = *reserve;
	return id;
}

ldl_callback_id ldl_waits_callback(const struct ldl_callback *callback)
{
	ldl_callback_id id = take(LDL_TABLE_CALLBACKS);

	*ldl_callback_at(&arena, id) = *callback;
	return id;
}

void ldl_waits_also(ldl_edge_id edge, ldl_class_id held)
{
	struct ldl_witness *witness =
		ldl_witness_at(&arena, ldl_edge_at(&arena, edge)->witness_first);

	witness->also_first = take(LDL_TABLE_ALSO_HELD);
	witness->also_count = 1;
	ldl_also_held_at(&arena, witness->also_first)->class = held;
	ldl_also_held_at(&arena, witness->also_first)->instance = held;
}

const char *ldl_waits_path(void)
{
	static char path[64];

	if (file >= 0)
		close(file);
	file = memfd_create("waits", MFD_CLOEXEC);
	if (file < 0 || write(file, arena.base, LDL_ARENA_MIN) != (ssize_t)LDL_ARENA_MIN)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	return path;
}
