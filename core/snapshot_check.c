/* One pass over a copied arena that clears what makes no sense: afterwards each id in a record
 * leads into its table or is 0, each range lies in its table, each list ends.
 *
 * Every step reads a record that is inside its table, whatever its bytes say, and writes only to
 * that record. A record that is still all zeros (its id was visible before it was) passes as it
 * is. */
#include "include/lockdep_lite/gfp.h"
#include "snapshot_parts.h"
#include "sys.h"

#include <string.h>
#include <sys/mman.h>

#define WAIT_TYPES 5u /* ldl_wait_type in lockdep_lite/context.h */

/* The work under way, with the number of ids of each table at hand. */
struct check {
	struct ldl_arena *arena;
	uint32_t ids[LDL_TABLE_COUNT];
	uint64_t repairs;
};

static void check_id(struct check *check, uint32_t *id, enum ldl_table_id table)
{
	if (*id == 0 || *id < check->ids[table])
		return;
	*id = 0;
	check->repairs++;
}

static void check_string(struct check *check, ldl_string_id *id)
{
	if (*id == 0 || ldl_arena_has_string(check->arena, *id))
		return;
	*id = 0;
	check->repairs++;
}

static void check_frame(struct check *check, ldl_frame *frame)
{
	ldl_module_id module = ldl_frame_module(*frame);

	if (module == 0 || module < check->ids[LDL_TABLE_MODULES])
		return;
	*frame = 0;
	check->repairs++;
}

/* Bits that nobody defined are dropped. */
static void check_bits(struct check *check, uint32_t *bits, uint32_t known)
{
	if ((*bits & ~known) == 0)
		return;
	*bits &= known;
	check->repairs++;
}

static void check_below(struct check *check, uint8_t *value, uint8_t bound)
{
	if (*value < bound)
		return;
	*value = 0;
	check->repairs++;
}

/* A run of `count` slots from `first`, at most `count_max`; slot 0 is in no run. */
static void check_run(struct check *check, uint32_t *first, uint32_t *count, uint32_t count_max,
	enum ldl_table_id table)
{
	uint32_t ids = check->ids[table];

	if (*count == 0 && *first <= ids)
		return;
	if (*first != 0 && *first < ids && *count <= count_max && *count <= ids - *first)
		return;
	*first = 0;
	*count = 0;
	check->repairs++;
}

static void check_header(struct check *check)
{
	struct ldl_header *header = check->arena->header;

	check_string(check, &header->program);
	check_string(check, &header->command);
	check_string(check, &header->uncovered);
	if (header->state > LDL_STATE_EXITED) {
		header->state = LDL_STATE_STARTING;
		check->repairs++;
	}
	if (header->governor.level >= LDL_SHED_LEVELS) {
		header->governor.level = LDL_SHED_NOTHING;
		check->repairs++;
	}
	check_bits(check, &header->prod, 1);
	check_bits(check, &header->has_events, 1);
	if (header->nonblock_count > LDL_NONBLOCK_MAX) {
		header->nonblock_count = LDL_NONBLOCK_MAX;
		check->repairs++;
	}
	for (uint32_t i = 0; i < LDL_NONBLOCK_MAX; i++)
		check_id(check, &header->nonblock[i], LDL_TABLE_INSTANCES);
	for (uint32_t i = 0; i < LDL_DOMAINS; i++)
		check_id(check, &header->domains[i], LDL_TABLE_INSTANCES);
	for (uint32_t i = 0; i < LDL_IRQS; i++)
		check_id(check, &header->interrupts[i], LDL_TABLE_INSTANCES);
}

static void check_module(struct check *check, uint32_t id)
{
	struct ldl_module *module = ldl_module_at(check->arena, id);

	check_string(check, &module->path);
	if (module->build_id_len > sizeof(module->build_id)) {
		module->build_id_len = 0;
		check->repairs++;
	}
	if (module->start > module->end) {
		module->start = 0;
		module->end = 0;
		check->repairs++;
	}
}

static void check_frame_word(struct check *check, uint32_t id)
{
	check_frame(check, ldl_frame_at(check->arena, id));
}

static void check_site(struct check *check, uint32_t id)
{
	struct ldl_site *site = ldl_site_at(check->arena, id);

	check_run(check, &site->frame_first, &site->frame_count, LDL_STACK_MAX, LDL_TABLE_FRAMES);
}

static void check_class(struct check *check, uint32_t id)
{
	struct ldl_class *class = ldl_class_at(check->arena, id);

	check_below(check, &class->identity, LDL_IDENTITY_FIRST + 1);
	check_below(check, &class->kind, LDL_KIND_COUNT);
	check_below(check, &class->subclass, LDL_SUBCLASS_MAX);
	check_below(check, &class->wait_outer, WAIT_TYPES);
	check_below(check, &class->wait_inner, WAIT_TYPES);
	check_id(check, &class->parent, LDL_TABLE_CLASSES);
	check_id(check, &class->nest_outer, LDL_TABLE_CLASSES);
	check_string(check, &class->name);
	check_id(check, &class->site, LDL_TABLE_SITES);
	check_id(check, &class->first_site, LDL_TABLE_SITES);
	check_id(check, &class->node, LDL_TABLE_NODES);
	check_id(check, &class->turn, LDL_TABLE_TURNS);
	check_frame(check, &class->object);
}

/* A class has a parent, but no grandparent: so no walk upwards can go round. */
static void check_class_parent(struct check *check, uint32_t id)
{
	struct ldl_class *class = ldl_class_at(check->arena, id);

	if (class->parent == 0 || ldl_class_at(check->arena, class->parent)->parent == 0)
		return;
	class->parent = 0;
	check->repairs++;
}

static void check_instance(struct check *check, uint32_t id)
{
	check_id(check, &ldl_instance_at(check->arena, id)->class, LDL_TABLE_CLASSES);
}

/* Whether the list of free records or its maker stands in its last word depends on the instance. A
 * process that was killed between freeing one and linking its record left something else there:
 * that is no damage, so it is not counted. */
static void check_instance_info(struct check *check, uint32_t id)
{
	struct ldl_instance_info *info = ldl_instance_info_at(check->arena, id);

	if (ldl_instance_at(check->arena, id)->addr == 0 &&
		info->next_free >= check->ids[LDL_TABLE_INSTANCES])
		info->next_free = 0;
	check_id(check, &info->node, LDL_TABLE_NODES);
}

static void check_node(struct check *check, uint32_t id)
{
	struct ldl_node *node = ldl_node_at(check->arena, id);

	if (node->kind > LDL_NODE_INSTANCE) {
		memset(node, 0, sizeof(*node));
		check->repairs++;
		return;
	}
	if (node->kind == LDL_NODE_FREE) {
		memset(node, 0, sizeof(*node)); /* what a free slot holds is the engine's affair */
		return;
	}
	check_id(check, &node->out_first, LDL_TABLE_EDGES);
	check_id(check, &node->in_first, LDL_TABLE_EDGES);
	check_id(check, &node->class, LDL_TABLE_CLASSES);
	check_id(check, &node->ref,
		node->kind == LDL_NODE_CLASS ? LDL_TABLE_CLASSES : LDL_TABLE_INSTANCES);
}

static bool node_is_used(struct check *check, ldl_node_id id)
{
	return id != 0 && ldl_node_at(check->arena, id)->kind != LDL_NODE_FREE;
}

static void check_edge(struct check *check, uint32_t id)
{
	struct ldl_edge *edge = ldl_edge_at(check->arena, id);

	if (edge->to == 0) {
		memset(edge, 0, sizeof(*edge)); /* free */
		return;
	}
	check_id(check, &edge->from, LDL_TABLE_NODES);
	check_id(check, &edge->to, LDL_TABLE_NODES);
	check_id(check, &edge->next_out, LDL_TABLE_EDGES);
	check_id(check, &edge->next_in, LDL_TABLE_EDGES);
	check_id(check, &edge->witness_first, LDL_TABLE_WITNESSES);
	if (edge->types & ~LDL_EDGE_BITS) {
		edge->types &= LDL_EDGE_BITS;
		check->repairs++;
	}
	if (!node_is_used(check, edge->from) || !node_is_used(check, edge->to))
		memset(edge, 0, sizeof(*edge));
}

static void check_witness(struct check *check, uint32_t id)
{
	struct ldl_witness *witness = ldl_witness_at(check->arena, id);

	check_id(check, &witness->edge, LDL_TABLE_EDGES);
	check_id(check, &witness->next, LDL_TABLE_WITNESSES);
	check_id(check, &witness->segment, LDL_TABLE_SEGMENTS);
	check_id(check, &witness->thread, LDL_TABLE_THREADS);
	check_string(check, &witness->thread_name);
	check_bits(check, &witness->type, 0xff);
	check_id(check, &witness->from_site, LDL_TABLE_SITES);
	check_id(check, &witness->to_site, LDL_TABLE_SITES);
	check_frame(check, &witness->from_frame);
	check_id(check, &witness->from_instance, LDL_TABLE_INSTANCES);
	check_id(check, &witness->to_instance, LDL_TABLE_INSTANCES);
	check_bits(check, &witness->from_mode, (1u << LDL_MODE_BITS) - 1);
	check_bits(check, &witness->to_mode, (1u << LDL_MODE_BITS) - 1);
	check_run(check, &witness->also_first, &witness->also_count, LDL_HELD_LARGE,
		LDL_TABLE_ALSO_HELD);
	check_bits(check, &witness->gfp, LDL_GFP_BITS);
	check_bits(check, &witness->gfp_asked, LDL_GFP_BITS | LDL_GFP_RETRY_WAIT);
}

/* Both come before it, so that no walk back goes round. */
static void check_segment(struct check *check, uint32_t id)
{
	struct ldl_segment *segment = ldl_segment_at(check->arena, id);

	if (segment->before >= id || segment->joined >= id) {
		segment->before = 0;
		segment->joined = 0;
		check->repairs++;
	}
	segment->mark = 0;
	segment->queued = 0;
}

static void check_turn(struct check *check, uint32_t id)
{
	struct ldl_turn *turn = ldl_turn_at(check->arena, id);

	check_bits(check, &turn->state, LDL_TURN_STATES);
	for (uint32_t i = 0; i < LDL_BATONS; i++)
		check_id(check, &turn->batons[i].thread, LDL_TABLE_THREADS);
}

static void check_also_held(struct check *check, uint32_t id)
{
	struct ldl_also_held *also = ldl_also_held_at(check->arena, id);

	check_id(check, &also->class, LDL_TABLE_CLASSES);
	check_id(check, &also->instance, LDL_TABLE_INSTANCES);
	check_bits(check, &also->mode, (LDL_ALSO_NO_GATE << 1) - 1);
	check_frame(check, &also->frame);
}

static void check_thread(struct check *check, uint32_t id)
{
	struct ldl_thread_record *thread = ldl_thread_at(check->arena, id);

	if (thread->state > LDL_THREAD_EXITING) {
		memset(thread, 0, sizeof(*thread));
		check->repairs++;
		return;
	}
	check_run(
		check, &thread->held_first, &thread->held_capacity, LDL_HELD_LARGE, LDL_TABLE_HELD);
	if ((thread->depth & LDL_DEPTH_MASK) > thread->held_capacity) {
		thread->depth = thread->held_capacity;
		check->repairs++;
	}
	if (thread->name[sizeof(thread->name) - 1] != 0) {
		thread->name[sizeof(thread->name) - 1] = 0;
		check->repairs++;
	}
	check_id(check, &thread->next_free, LDL_TABLE_THREADS);
}

static void check_held(struct check *check, uint32_t id)
{
	struct ldl_held *held = ldl_held_at(check->arena, id);

	check_id(check, &held->instance, LDL_TABLE_INSTANCES);
	if (held->class_mode >> LDL_MODE_BITS == 0 ||
		held->class_mode >> LDL_MODE_BITS < check->ids[LDL_TABLE_CLASSES])
		return;
	held->class_mode &= (1u << LDL_MODE_BITS) - 1;
	check->repairs++;
}

/* A finding without a path is none. */
static void check_finding(struct check *check, uint32_t id)
{
	struct ldl_finding *finding = ldl_finding_at(check->arena, id);

	if (finding->kind == LDL_FINDING_NONE)
		return;
	check_run(check, &finding->path_first, &finding->path_count, UINT32_MAX, LDL_TABLE_PATHS);
	if (finding->kind >= LDL_FINDING_KIND_COUNT || finding->path_count == 0) {
		memset(finding, 0, sizeof(*finding));
		check->repairs++;
		return;
	}
	check_below(check, &finding->rule, LDL_RULE_COUNT);
	check_below(check, &finding->severity, LDL_SEVERITY_ERROR + 1);
	check_below(check, &finding->verdict, LDL_VERDICT_COUNT);
	check_string(check, &finding->note);
}

static void check_path_step(struct check *check, uint32_t id)
{
	struct ldl_path_step *step = ldl_path_step_at(check->arena, id);

	check_id(check, &step->edge, LDL_TABLE_EDGES);
	check_id(check, &step->witness, LDL_TABLE_WITNESSES);
	check_id(check, &step->from, LDL_TABLE_CLASSES);
	check_id(check, &step->to, LDL_TABLE_CLASSES);
	check_bits(check, &step->type, 0xff);
}

static void check_alloc(struct check *check, uint32_t id)
{
	struct ldl_alloc *alloc = ldl_alloc_at(check->arena, id);

	check_id(check, &alloc->class, LDL_TABLE_CLASSES);
	check_bits(check, &alloc->gfp_asked, LDL_GFP_BITS);
	check_bits(check, &alloc->gfp, LDL_GFP_BITS);
	check_bits(check, &alloc->scope, LDL_SCOPE_BITS);
	check_run(
		check, &alloc->also_first, &alloc->also_count, LDL_HELD_LARGE, LDL_TABLE_ALSO_HELD);
}

static void check_reserve(struct check *check, uint32_t id)
{
	struct ldl_reserve *reserve = ldl_reserve_at(check->arena, id);

	check_id(check, &reserve->class, LDL_TABLE_CLASSES);
	check_id(check, &reserve->instance, LDL_TABLE_INSTANCES);
}

static void check_callback(struct check *check, uint32_t id)
{
	struct ldl_callback *callback = ldl_callback_at(check->arena, id);

	check_id(check, &callback->class, LDL_TABLE_CLASSES);
	check_id(check, &callback->instance, LDL_TABLE_INSTANCES);
}

/* In this order: edges look at nodes, parents at parents. */
static const struct {
	enum ldl_table_id table;
	void (*record)(struct check *check, uint32_t id);
} passes[] = {
	{LDL_TABLE_MODULES, check_module},
	{LDL_TABLE_FRAMES, check_frame_word},
	{LDL_TABLE_SITES, check_site},
	{LDL_TABLE_CLASSES, check_class},
	{LDL_TABLE_CLASSES, check_class_parent},
	{LDL_TABLE_INSTANCES, check_instance},
	{LDL_TABLE_INSTANCE_INFO, check_instance_info},
	{LDL_TABLE_NODES, check_node},
	{LDL_TABLE_EDGES, check_edge},
	{LDL_TABLE_WITNESSES, check_witness},
	{LDL_TABLE_ALSO_HELD, check_also_held},
	{LDL_TABLE_THREADS, check_thread},
	{LDL_TABLE_HELD, check_held},
	{LDL_TABLE_FINDINGS, check_finding},
	{LDL_TABLE_PATHS, check_path_step},
	{LDL_TABLE_ALLOCS, check_alloc},
	{LDL_TABLE_RESERVES, check_reserve},
	{LDL_TABLE_CALLBACKS, check_callback},
	{LDL_TABLE_SEGMENTS, check_segment},
	{LDL_TABLE_TURNS, check_turn},
};

ldl_status ldl_snapshot_check(struct ldl_snapshot *snapshot)
{
	struct check check = {.arena = &snapshot->arena};
	size_t marks_size = ldl_snapshot_marks_size(check.arena);
	unsigned char *marks = ldl_sys_mmap(
		NULL, marks_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, NULL);

	if (!marks)
		return LDL_SYSTEM;
	for (unsigned int i = 0; i < LDL_TABLE_COUNT; i++)
		check.ids[i] = ldl_arena_id_count(check.arena, i);
	check_header(&check);
	for (size_t i = 0; i < ldl_array_len(passes); i++) {
		for (uint32_t id = 1; id < check.ids[passes[i].table]; id++)
			passes[i].record(&check, id);
	}
	snapshot->repairs += check.repairs + ldl_snapshot_repair_links(check.arena, marks);
	ldl_sys_munmap(marks, marks_size);
	return LDL_OK;
}
