/* Writes the sample's records straight into the tables, without the engine: what the engine would
 * never write must stay out of the way of what the reader is asked. */
#include "tests/support/sample_arena.h"

#include <lockdep_lite.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SITE_FRAMES LDL_SAMPLE_SITE_FRAMES
#define HELD_FIRST  LDL_HELD_SMALL

/* Hands out `count` ids of a table whose next one must be `first`, so that the sample's are known.
 * */
static void claim(struct ldl_arena *arena, enum ldl_table_id table, uint32_t first, uint32_t count)
{
	struct ldl_table *place = ldl_arena_table(arena, table);

	if (first + count > place->capacity)
		abort();
	place->used = first + count;
}

static ldl_string_id put_string(struct ldl_arena *arena, const char *text)
{
	struct ldl_table *table = ldl_arena_table(arena, LDL_TABLE_STRINGS);
	uint16_t len = (uint16_t)strlen(text);
	ldl_string_id id = (table->used + 1u) & ~1u;
	unsigned char *place = arena->table[LDL_TABLE_STRINGS] + id;

	memcpy(place, &len, sizeof(len));
	memcpy(place + sizeof(len), text, len + 1u);
	table->used = id + (uint32_t)sizeof(len) + len + 1;
	return id;
}

static void fill_header(struct ldl_arena *arena)
{
	struct ldl_header *header = arena->header;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	header->pid = (uint32_t)getpid();
	header->parent_pid = (uint32_t)getppid();
	header->state = LDL_STATE_RUNNING;
	header->start_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	header->program = put_string(arena, "/usr/bin/sample");
	header->command = put_string(arena, "sample --twice");
	header->finding_serial = 2;
	header->event_clock = 0x80000001u;
	header->has_events = 1;
	header->nonblock_count = 1;
	header->nonblock[0] = LDL_SAMPLE_NONBLOCK;
}

static void fill_sites(struct ldl_arena *arena)
{
	claim(arena, LDL_TABLE_MODULES, 1, 1);
	ldl_module_at(arena, 1)->path = put_string(arena, "/usr/bin/sample");
	ldl_module_at(arena, 1)->build_id_len = 20;
	ldl_module_at(arena, 1)->start = 0x1000;
	ldl_module_at(arena, 1)->end = 0x9000;
	claim(arena, LDL_TABLE_FRAMES, 1, LDL_SAMPLE_SITES * SITE_FRAMES);
	claim(arena, LDL_TABLE_SITES, 1, LDL_SAMPLE_SITES);
	for (uint32_t id = 1; id <= LDL_SAMPLE_SITES; id++) {
		struct ldl_site *site = ldl_site_at(arena, id);

		site->hash = id;
		site->frame_first = 1 + (id - 1) * SITE_FRAMES;
		site->frame_count = SITE_FRAMES;
		for (uint32_t i = 0; i < SITE_FRAMES; i++)
			*ldl_frame_at(arena, site->frame_first + i) =
				ldl_frame_make(1, 0x1000u + id * 0x100u + i);
	}
}

/* The classes that are no locks. */
static void fill_wait_class(struct ldl_arena *arena, ldl_class_id id)
{
	static const struct {
		uint8_t kind;
		const char *name;
	} waits[] = {
		{LDL_KIND_ALLOCATION, NULL},
		{LDL_KIND_RESERVE, "pool"},
		{LDL_KIND_EVENT, "done"},
		{LDL_KIND_NONBLOCK, "oom_reaper"},
	};
	struct ldl_class *class = ldl_class_at(arena, id);

	class->kind = waits[id - LDL_SAMPLE_PLACE].kind;
	class->wait_outer = LDL_WAIT_CONFIG;
	class->wait_inner = LDL_WAIT_SLEEP;
	if (!waits[id - LDL_SAMPLE_PLACE].name)
		return;
	class->identity = LDL_IDENTITY_ANNOTATED;
	class->name = put_string(arena, waits[id - LDL_SAMPLE_PLACE].name);
	class->flags = LDL_CLASS_DECLARED | LDL_CLASS_CONTENDED | LDL_CLASS_INTERRUPTS;
	class->site = class->first_site = 0;
}

static void fill_class(struct ldl_arena *arena, ldl_class_id id)
{
	struct ldl_class *class = ldl_class_at(arena, id);

	class->key = 0x1234u + id;
	class->identity = id == LDL_SAMPLE_SUB ? LDL_IDENTITY_ANNOTATED : LDL_IDENTITY_INIT;
	class->kind = LDL_KIND_MUTEX;
	class->site = id;
	class->first_site = id;
	class->instances = 1;
	if (id >= LDL_SAMPLE_PLACE)
		fill_wait_class(arena, id);
	if (id != LDL_SAMPLE_SUB) {
		class->node = id == LDL_SAMPLE_PLACE ? 0 : id;
		return;
	}
	class->name = put_string(arena, "sample_lock");
	class->flags = LDL_CLASS_DECLARED;
	class->parent = LDL_SAMPLE_B;
	class->subclass = 1;
	class->nest_outer = LDL_SAMPLE_A;
	class->object = ldl_frame_make(1, 0x2000);
}

/* The locks, their classes and their vertices: one of each kind of lock has one. */
static void fill_locks(struct ldl_arena *arena)
{
	claim(arena, LDL_TABLE_CLASSES, 1, LDL_SAMPLE_OBJECTS);
	claim(arena, LDL_TABLE_INSTANCES, 1, LDL_SAMPLE_OBJECTS);
	claim(arena, LDL_TABLE_INSTANCE_INFO, 1, LDL_SAMPLE_OBJECTS);
	claim(arena, LDL_TABLE_NODES, 1, LDL_SAMPLE_OBJECTS);
	for (uint32_t id = 1; id <= LDL_SAMPLE_OBJECTS; id++) {
		bool nested = id == LDL_SAMPLE_SUB;

		fill_class(arena, id);
		ldl_instance_at(arena, id)->addr = 0x7000u + id * 64u;
		ldl_instance_at(arena, id)->class = nested ? LDL_SAMPLE_A : id;
		ldl_instance_at(arena, id)->flags = LDL_INSTANCE_LIVE;
		ldl_instance_info_at(arena, id)->generation = 1;
		ldl_instance_info_at(arena, id)->node = nested ? id : 0;
		ldl_instance_info_at(arena, id)->maker = 1;
		ldl_node_at(arena, id)->rank = id;
		ldl_node_at(arena, id)->ref = id;
		ldl_node_at(arena, id)->generation = nested;
		ldl_node_at(arena, id)->kind = nested ? LDL_NODE_INSTANCE : LDL_NODE_CLASS;
		ldl_node_at(arena, id)->class = nested ? LDL_SAMPLE_A : id;
	}
	ldl_instance_info_at(arena, LDL_SAMPLE_EVENT)->request = 0x80000000u;
}

/* Links a new edge in front of both its lists, as the engine does. */
static void put_edge(struct ldl_arena *arena, ldl_edge_id id, ldl_node_id from, ldl_node_id to)
{
	struct ldl_edge *edge = ldl_edge_at(arena, id);

	edge->from = from;
	edge->to = to;
	edge->next_out = ldl_node_at(arena, from)->out_first;
	edge->next_in = ldl_node_at(arena, to)->in_first;
	edge->types = LDL_EDGE_EN | LDL_EDGE_EN << LDL_EDGE_UNTIMED_SHIFT;
	edge->seen = 1;
	ldl_node_at(arena, from)->out_first = id;
	ldl_node_at(arena, to)->in_first = id;
}

static void put_witness(struct ldl_arena *arena, ldl_witness_id id, ldl_edge_id edge_id)
{
	struct ldl_witness *witness = ldl_witness_at(arena, id);

	witness->time_ns = id * 1000u;
	witness->edge = edge_id;
	witness->thread_serial = 1 + id % 2;
	witness->tid = 100 + id % 2;
	witness->thread_name = put_string(arena, "worker");
	witness->type = LDL_EDGE_EN | LDL_EDGE_EN << LDL_EDGE_UNTIMED_SHIFT;
	witness->from_site = 1 + id % LDL_SAMPLE_SITES;
	witness->to_site = 1 + (id + 1) % LDL_SAMPLE_SITES;
	witness->from_frame = ldl_frame_make(1, 0x1100);
	witness->from_instance = LDL_SAMPLE_A;
	witness->to_instance = LDL_SAMPLE_B;
	witness->also_first = id;
	witness->also_count = 1;
	ldl_also_held_at(arena, id)->class = LDL_SAMPLE_A;
	ldl_also_held_at(arena, id)->instance = LDL_SAMPLE_A;
	ldl_also_held_at(arena, id)->frame = ldl_frame_make(1, 0x1100);
	if (edge_id) {
		witness->next = ldl_edge_at(arena, edge_id)->witness_first;
		ldl_edge_at(arena, edge_id)->witness_first = id;
		ldl_edge_at(arena, edge_id)->witness_count++;
	}
}

static void fill_edges(struct ldl_arena *arena)
{
	claim(arena, LDL_TABLE_EDGES, 1, LDL_SAMPLE_EDGES);
	claim(arena, LDL_TABLE_WITNESSES, 1, LDL_SAMPLE_WITNESSES);
	claim(arena, LDL_TABLE_ALSO_HELD, 1, LDL_SAMPLE_HELD_THERE);
	put_edge(arena, LDL_SAMPLE_AB, LDL_SAMPLE_A, LDL_SAMPLE_B);
	put_edge(arena, LDL_SAMPLE_BA, LDL_SAMPLE_B, LDL_SAMPLE_A);
	put_edge(arena, LDL_SAMPLE_BI, LDL_SAMPLE_B, LDL_SAMPLE_SUB);
	put_witness(arena, 1, LDL_SAMPLE_AB);
	put_witness(arena, 2, LDL_SAMPLE_BA);
	put_witness(arena, 3, LDL_SAMPLE_AB);
	put_witness(arena, 4, LDL_SAMPLE_BI);
	put_witness(arena, 5, 0);
	ldl_witness_at(arena, 5)->gfp = LDL_GFP_NOIO;
	ldl_witness_at(arena, 5)->gfp_asked = LDL_GFP_KERNEL;
}

static void fill_inventory(struct ldl_arena *arena)
{
	claim(arena, LDL_TABLE_ALLOCS, LDL_SAMPLE_ALLOC, 1);
	claim(arena, LDL_TABLE_RESERVES, LDL_SAMPLE_RESERVE, 1);
	claim(arena, LDL_TABLE_CALLBACKS, LDL_SAMPLE_CALLBACK, 1);
	*ldl_callback_at(arena, LDL_SAMPLE_CALLBACK) = (struct ldl_callback){
		.class = LDL_SAMPLE_NONBLOCK,
		.instance = LDL_SAMPLE_NONBLOCK,
		.generation = 1,
		.calls = 2,
	};
	ldl_also_held_at(arena, LDL_SAMPLE_HELD_THERE)->class = LDL_SAMPLE_B;
	ldl_also_held_at(arena, LDL_SAMPLE_HELD_THERE)->instance = LDL_SAMPLE_B;
	ldl_also_held_at(arena, LDL_SAMPLE_HELD_THERE)->frame = ldl_frame_make(1, 0x1200);
	*ldl_alloc_at(arena, LDL_SAMPLE_ALLOC) = (struct ldl_alloc){
		.key = 0x77,
		.class = LDL_SAMPLE_PLACE,
		.gfp_asked = LDL_GFP_KERNEL,
		.gfp = LDL_GFP_NOFS,
		.scope = LDL_SCOPE_NOFS,
		.count = 12,
		.failures = 1,
		.also_first = LDL_SAMPLE_HELD_THERE,
		.also_count = 1,
	};
	*ldl_reserve_at(arena, LDL_SAMPLE_RESERVE) = (struct ldl_reserve){
		.class = LDL_SAMPLE_POOL,
		.instance = LDL_SAMPLE_POOL,
		.min_nr = 4,
		.level = 3,
		.used = 1,
		.used_max = 6,
		.generation = 1,
	};
}

static void put_held(struct ldl_arena *arena, uint32_t id, ldl_instance_id instance)
{
	struct ldl_held *held = ldl_held_at(arena, id);

	held->addr = ldl_instance_at(arena, instance)->addr;
	held->ip = 0x1100;
	held->instance = instance;
	held->class_mode = ldl_instance_at(arena, instance)->class << LDL_MODE_BITS;
}

static void fill_threads(struct ldl_arena *arena)
{
	claim(arena, LDL_TABLE_THREADS, 1, 2);
	claim(arena, LDL_TABLE_HELD, HELD_FIRST, 2 * LDL_HELD_SMALL);
	for (uint32_t id = 1; id <= 2; id++) {
		struct ldl_thread_record *thread = ldl_thread_at(arena, id);

		thread->state = LDL_THREAD_RUNNING;
		thread->tid = 100 + id;
		thread->serial = id;
		thread->creator = id - 1;
		thread->held_first = HELD_FIRST + (id - 1) * LDL_HELD_SMALL;
		thread->held_capacity = LDL_HELD_SMALL;
		thread->depth = id == LDL_SAMPLE_THREAD ? 2 | LDL_WANTED : 1;
		strcpy(thread->name, "worker");
	}
	put_held(arena, HELD_FIRST, LDL_SAMPLE_A);
	put_held(arena, HELD_FIRST + 1, LDL_SAMPLE_B);
	put_held(arena, HELD_FIRST + LDL_HELD_SMALL, LDL_SAMPLE_B);
}

static void put_step(
	struct ldl_arena *arena, uint32_t id, ldl_edge_id edge, ldl_class_id from, ldl_class_id to)
{
	struct ldl_path_step *step = ldl_path_step_at(arena, id);

	step->edge = edge;
	step->witness = edge ? ldl_edge_at(arena, edge)->witness_first : LDL_SAMPLE_WITNESSES;
	step->from = from;
	step->to = to;
	step->type = LDL_EDGE_EN;
}

static void fill_findings(struct ldl_arena *arena)
{
	struct ldl_finding *cycle = ldl_finding_at(arena, LDL_SAMPLE_CYCLE);
	struct ldl_finding *misuse = ldl_finding_at(arena, LDL_SAMPLE_MISUSE);

	claim(arena, LDL_TABLE_FINDINGS, 1, 2);
	claim(arena, LDL_TABLE_PATHS, 1, 3);
	*cycle = (struct ldl_finding){
		.id = 0xabc,
		.kind = LDL_FINDING_LOCK_ORDER,
		.rule = LDL_RULE_ORDER,
		.severity = LDL_SEVERITY_ERROR,
		.verdict = LDL_VERDICT_POTENTIAL,
		.count = 1,
		.path_first = 1,
		.path_count = 2,
		.thread_serial = 2,
	};
	*misuse = (struct ldl_finding){
		.id = 0xdef,
		.kind = LDL_FINDING_MISUSE,
		.rule = LDL_RULE_UNLOCK_UNHELD,
		.severity = LDL_SEVERITY_ERROR,
		.count = 1,
		.path_first = 3,
		.path_count = 1,
		.thread_serial = 1,
		.note = put_string(arena, "twice in a row"),
	};
	put_step(arena, 1, LDL_SAMPLE_AB, LDL_SAMPLE_A, LDL_SAMPLE_B);
	put_step(arena, 2, LDL_SAMPLE_BA, LDL_SAMPLE_B, LDL_SAMPLE_A);
	put_step(arena, 3, 0, LDL_SAMPLE_A, LDL_SAMPLE_A);
}

void ldl_sample_fill(struct ldl_arena *arena)
{
	fill_header(arena);
	fill_sites(arena);
	fill_locks(arena);
	fill_edges(arena);
	fill_inventory(arena);
	fill_threads(arena);
	fill_findings(arena);
}

unsigned char *ldl_sample_make(struct ldl_arena *arena)
{
	unsigned char *bytes = calloc(1, LDL_SAMPLE_SIZE);

	if (!bytes || ldl_arena_init(arena, bytes, LDL_SAMPLE_SIZE) != LDL_OK) {
		free(bytes);
		return NULL;
	}
	ldl_sample_fill(arena);
	return bytes;
}
