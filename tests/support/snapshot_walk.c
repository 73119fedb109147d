/* The walk: one function for each kind of record; each stops at the first broken promise. */
#include "tests/support/snapshot_walk.h"

#include <lockdep_lite.h>
#include <string.h>
#include "core/snapshot_audit.h"

typedef const struct ldl_snapshot *snap;

/* A run of `count` slots that an accessor gave lies in the used part of its table. */
static bool is_inside(snap s, enum ldl_table_id id, const void *first, uint32_t count, size_t size)
{
	const struct ldl_table *table = &s->arena.header->tables[id];
	uintptr_t begin = (uintptr_t)s->arena.base + table->offset;
	uintptr_t end = begin + (uintptr_t)table->used * size;

	if (table->offset + (uint64_t)table->capacity * size > s->arena.size)
		return false;
	return (uintptr_t)first >= begin + size && (uintptr_t)first <= end &&
	       (end - (uintptr_t)first) / size >= count;
}

static bool is_id(snap s, enum ldl_table_id table, uint32_t id)
{
	return id == 0 || id < ldl_snapshot_count(s, table);
}

/* None, or a text that ends in the pool: an id that was kept leads somewhere. */
static bool is_text(snap s, ldl_string_id id)
{
	const struct ldl_table *pool = &s->arena.header->tables[LDL_TABLE_STRINGS];
	const char *text = ldl_snapshot_string(s, id);
	const char *begin = (const char *)s->arena.base + pool->offset;

	if (id == 0)
		return *text == 0;
	return text == begin + id + 2 && strlen(text) <= LDL_STRING_MAX &&
	       text + strlen(text) < begin + pool->used;
}

static bool is_mode(uint32_t mode)
{
	return mode < 1u << LDL_MODE_BITS;
}

static bool is_frame(snap s, ldl_frame frame)
{
	return is_id(s, LDL_TABLE_MODULES, ldl_frame_module(frame));
}

static const char *walk_modules_and_sites(snap s)
{
	uint32_t frame_count;

	for (uint32_t id = 1; id < ldl_snapshot_count(s, LDL_TABLE_MODULES); id++) {
		const struct ldl_module *module = ldl_snapshot_module(s, id);

		if (!module || !is_inside(s, LDL_TABLE_MODULES, module, 1, sizeof(*module)))
			return "module outside its table";
		if (!is_text(s, module->path) || module->build_id_len > sizeof(module->build_id))
			return "module's path or build id";
	}
	for (uint32_t id = 1; id < ldl_snapshot_count(s, LDL_TABLE_SITES); id++) {
		const ldl_frame *frames = ldl_snapshot_frames(s, id, &frame_count);

		if (frame_count > LDL_STACK_MAX || (frame_count != 0) != (frames != NULL))
			return "site's number of frames";
		if (frames && !is_inside(s, LDL_TABLE_FRAMES, frames, frame_count, sizeof(*frames)))
			return "site's frames outside their table";
		for (uint32_t i = 0; i < frame_count; i++) {
			if (!is_frame(s, frames[i]))
				return "frame's module";
		}
	}
	return NULL;
}

static const char *walk_classes(snap s)
{
	for (uint32_t id = 1; id < ldl_snapshot_count(s, LDL_TABLE_CLASSES); id++) {
		const struct ldl_class *class = ldl_snapshot_class(s, id);
		const struct ldl_class *parent;

		if (!class || !is_inside(s, LDL_TABLE_CLASSES, class, 1, sizeof(*class)))
			return "class outside its table";
		parent = ldl_snapshot_class(s, class->parent);
		if ((class->parent && !parent) || (parent && parent->parent))
			return "class's parent";
		if (class->identity > LDL_IDENTITY_FIRST || class->kind >= LDL_KIND_COUNT ||
			class->subclass >= LDL_SUBCLASS_MAX)
			return "class's identity, kind or subclass";
		if (class->wait_outer > LDL_WAIT_SLEEP || class->wait_inner > LDL_WAIT_SLEEP)
			return "class's wait types";
		if (!is_text(s, class->name) || !is_frame(s, class->object) ||
			!is_id(s, LDL_TABLE_SITES, class->site) ||
			!is_id(s, LDL_TABLE_SITES, class->first_site) ||
			!is_id(s, LDL_TABLE_NODES, class->node) ||
			!is_id(s, LDL_TABLE_CLASSES, class->nest_outer))
			return "class's ids";
	}
	return NULL;
}

static const char *walk_instances(snap s)
{
	for (uint32_t id = 1; id < ldl_snapshot_count(s, LDL_TABLE_INSTANCES); id++) {
		const struct ldl_instance *instance = ldl_snapshot_instance(s, id);
		const struct ldl_instance_info *info = ldl_snapshot_instance_info(s, id);

		if (!instance || !is_inside(s, LDL_TABLE_INSTANCES, instance, 1, sizeof(*instance)))
			return "instance outside its table";
		if (!is_id(s, LDL_TABLE_CLASSES, instance->class))
			return "instance's class";
		if (info && (!is_id(s, LDL_TABLE_NODES, info->node) ||
				    (instance->addr == 0 &&
					    !is_id(s, LDL_TABLE_INSTANCES, info->next_free))))
			return "instance's node or next free one";
	}
	return NULL;
}

static const char *walk_lists_of_node(snap s, ldl_node_id id, uint32_t *left)
{
	const struct ldl_node *node = ldl_snapshot_node(s, id);
	const struct ldl_edge *edge;

	for (ldl_edge_id at = node->out_first; at; at = edge->next_out) {
		edge = ldl_snapshot_edge(s, at);
		if (!edge || edge->from != id || (*left)-- == 0)
			return "list of edges that leave";
	}
	for (ldl_edge_id at = node->in_first; at; at = edge->next_in) {
		edge = ldl_snapshot_edge(s, at);
		if (!edge || edge->to != id || (*left)-- == 0)
			return "list of edges that enter";
	}
	return NULL;
}

static const char *walk_nodes(snap s)
{
	uint32_t left = 2 * ldl_snapshot_count(s, LDL_TABLE_EDGES); /* each edge is on two lists */
	const char *broken;

	for (uint32_t id = 1; id < ldl_snapshot_count(s, LDL_TABLE_NODES); id++) {
		const struct ldl_node *node = ldl_snapshot_node(s, id);

		if (!node || !is_inside(s, LDL_TABLE_NODES, node, 1, sizeof(*node)))
			return "node outside its table";
		if (node->kind > LDL_NODE_INSTANCE || !is_id(s, LDL_TABLE_CLASSES, node->class))
			return "node's kind or class";
		if (!is_id(s,
			    node->kind == LDL_NODE_CLASS ? LDL_TABLE_CLASSES : LDL_TABLE_INSTANCES,
			    node->ref))
			return "node's object";
		broken = walk_lists_of_node(s, id, &left);
		if (broken)
			return broken;
	}
	return NULL;
}

static const char *walk_edges(snap s)
{
	uint32_t edges = ldl_snapshot_count(s, LDL_TABLE_EDGES);
	const struct ldl_witness *witness;

	for (uint32_t id = 1; id < edges; id++) {
		const struct ldl_edge *edge = ldl_snapshot_edge(s, id);
		uint32_t length = 0, steps = 0;

		if (!edge || !is_inside(s, LDL_TABLE_EDGES, edge, 1, sizeof(*edge)))
			return "edge outside its table";
		if ((edge->from && !ldl_snapshot_node(s, edge->from)->kind) ||
			(edge->to && !ldl_snapshot_node(s, edge->to)->kind))
			return "edge's nodes";
		if (edge->types & ~(uint32_t)LDL_EDGE_BITS)
			return "edge's types";
		for (ldl_witness_id at = edge->witness_first; at; at = witness->next) {
			witness = ldl_snapshot_witness(s, at);
			if (!witness || witness->edge != id || length++ > edge->witness_count)
				return "edge's witnesses";
		}
		if (length != edge->witness_count)
			return "edge's number of witnesses";
		for (ldl_edge_id at = id; at; at = ldl_snapshot_edge(s, at)->next_out) {
			if (steps++ > edges)
				return "walk from any edge";
		}
	}
	return NULL;
}

static const char *walk_witnesses(snap s)
{
	uint32_t count;

	for (uint32_t id = 1; id < ldl_snapshot_count(s, LDL_TABLE_WITNESSES); id++) {
		const struct ldl_witness *witness = ldl_snapshot_witness(s, id);
		const struct ldl_also_held *also = ldl_snapshot_also_held(s, id, &count);

		if (!witness || !is_inside(s, LDL_TABLE_WITNESSES, witness, 1, sizeof(*witness)))
			return "witness outside its table";
		if (!is_text(s, witness->thread_name) || !is_frame(s, witness->from_frame) ||
			!is_id(s, LDL_TABLE_EDGES, witness->edge) ||
			!is_id(s, LDL_TABLE_SITES, witness->from_site) ||
			!is_id(s, LDL_TABLE_SITES, witness->to_site) ||
			!is_id(s, LDL_TABLE_INSTANCES, witness->from_instance) ||
			!is_id(s, LDL_TABLE_INSTANCES, witness->to_instance))
			return "witness's ids";
		if (witness->type > 0xff || !is_mode(witness->from_mode) ||
			!is_mode(witness->to_mode) || (witness->edge == 0 && witness->next != 0))
			return "witness's type, modes or list";
		if ((witness->gfp & ~LDL_GFP_BITS) ||
			(witness->gfp_asked & ~(LDL_GFP_BITS | LDL_GFP_RETRY_WAIT)))
			return "witness's masks";
		if (also && !is_inside(s, LDL_TABLE_ALSO_HELD, also, count, sizeof(*also)))
			return "witness's held locks outside their table";
		for (uint32_t i = 0; i < count; i++) {
			if (!is_id(s, LDL_TABLE_CLASSES, also[i].class) ||
				!is_id(s, LDL_TABLE_INSTANCES, also[i].instance) ||
				!is_frame(s, also[i].frame) ||
				!is_mode(also[i].mode & ~LDL_ALSO_NO_GATE))
				return "witness's held locks";
		}
	}
	return NULL;
}

static const char *walk_threads(snap s)
{
	uint32_t count;
	bool wanted;

	for (uint32_t id = 1; id < ldl_snapshot_count(s, LDL_TABLE_THREADS); id++) {
		const struct ldl_thread_record *thread = ldl_snapshot_thread(s, id);
		const struct ldl_held *held = ldl_snapshot_held(s, id, &count, &wanted);

		if (!thread || !is_inside(s, LDL_TABLE_THREADS, thread, 1, sizeof(*thread)))
			return "thread outside its table";
		if (thread->state > LDL_THREAD_EXITING || !memchr(thread->name, 0, 16) ||
			!is_id(s, LDL_TABLE_THREADS, thread->next_free))
			return "thread's state, name or next free one";
		if (held && !is_inside(s, LDL_TABLE_HELD, held, count, sizeof(*held)))
			return "thread's held locks outside their table";
		for (uint32_t i = 0; i < count; i++) {
			if (!is_id(s, LDL_TABLE_INSTANCES, held[i].instance) ||
				!is_id(s, LDL_TABLE_CLASSES, held[i].class_mode >> LDL_MODE_BITS))
				return "thread's held locks";
		}
	}
	return NULL;
}

static const char *walk_findings(snap s)
{
	uint32_t count;

	for (uint32_t id = 1; id < ldl_snapshot_count(s, LDL_TABLE_FINDINGS); id++) {
		const struct ldl_finding *finding = ldl_snapshot_finding(s, id);
		const struct ldl_path_step *path = ldl_snapshot_path(s, id, &count);

		if (!finding && (path || count))
			return "path of no finding";
		if (!finding)
			continue;
		if (!is_inside(s, LDL_TABLE_FINDINGS, finding, 1, sizeof(*finding)))
			return "finding outside its table";
		if (finding->kind >= LDL_FINDING_KIND_COUNT || finding->rule >= LDL_RULE_COUNT ||
			finding->severity > LDL_SEVERITY_ERROR ||
			finding->verdict >= LDL_VERDICT_COUNT)
			return "finding's kind, rule, severity or verdict";
		if (!is_text(s, finding->note))
			return "finding's note";
		if (count == 0 || !is_inside(s, LDL_TABLE_PATHS, path, count, sizeof(*path)))
			return "finding's path outside its table";
		for (uint32_t i = 0; i < count; i++) {
			if (!is_id(s, LDL_TABLE_EDGES, path[i].edge) ||
				!is_id(s, LDL_TABLE_WITNESSES, path[i].witness) ||
				!is_id(s, LDL_TABLE_CLASSES, path[i].from) ||
				!is_id(s, LDL_TABLE_CLASSES, path[i].to) || path[i].type > 0xff)
				return "finding's steps";
		}
	}
	return NULL;
}

static const char *walk_allocs(snap s)
{
	uint32_t count;

	for (uint32_t id = 1; id < ldl_snapshot_count(s, LDL_TABLE_ALLOCS); id++) {
		const struct ldl_alloc *alloc = ldl_snapshot_alloc(s, id);
		const struct ldl_also_held *also = ldl_snapshot_alloc_held(s, id, &count);

		if (!alloc || !is_inside(s, LDL_TABLE_ALLOCS, alloc, 1, sizeof(*alloc)))
			return "allocation site outside its table";
		if (!is_id(s, LDL_TABLE_CLASSES, alloc->class))
			return "allocation site's class";
		if ((alloc->gfp | alloc->gfp_asked) & ~LDL_GFP_BITS ||
			alloc->scope & ~LDL_SCOPE_BITS)
			return "allocation site's masks";
		if (also && !is_inside(s, LDL_TABLE_ALSO_HELD, also, count, sizeof(*also)))
			return "allocation site's held locks outside their table";
	}
	return NULL;
}

static const char *walk_reserves(snap s)
{
	for (uint32_t id = 1; id < ldl_snapshot_count(s, LDL_TABLE_RESERVES); id++) {
		const struct ldl_reserve *reserve = ldl_snapshot_reserve(s, id);

		if (!reserve || !is_inside(s, LDL_TABLE_RESERVES, reserve, 1, sizeof(*reserve)))
			return "reserve outside its table";
		if (!is_id(s, LDL_TABLE_CLASSES, reserve->class) ||
			!is_id(s, LDL_TABLE_INSTANCES, reserve->instance))
			return "reserve's ids";
	}
	return NULL;
}

static const char *walk_callbacks(snap s)
{
	for (uint32_t id = 1; id < ldl_snapshot_count(s, LDL_TABLE_CALLBACKS); id++) {
		const struct ldl_callback *callback = ldl_snapshot_callback(s, id);

		if (!callback || !is_inside(s, LDL_TABLE_CALLBACKS, callback, 1, sizeof(*callback)))
			return "callback outside its table";
		if (!is_id(s, LDL_TABLE_CLASSES, callback->class) ||
			!is_id(s, LDL_TABLE_INSTANCES, callback->instance))
			return "callback's ids";
	}
	return NULL;
}

static const char *walk_segments(snap s)
{
	for (uint32_t id = 1; id < ldl_snapshot_count(s, LDL_TABLE_SEGMENTS); id++) {
		const struct ldl_segment *segment = ldl_snapshot_segment(s, id);

		if (!segment || !is_inside(s, LDL_TABLE_SEGMENTS, segment, 1, sizeof(*segment)))
			return "segment outside its table";
		if (segment->before >= id || segment->joined >= id)
			return "segment's ids";
	}
	return NULL;
}

static bool is_header_sound(snap s)
{
	const struct ldl_header *header = s->arena.header;

	for (uint32_t i = 0; i < LDL_NONBLOCK_MAX; i++) {
		if (!is_id(s, LDL_TABLE_INSTANCES, header->nonblock[i]))
			return false;
	}
	for (uint32_t i = 0; i < LDL_DOMAINS; i++) {
		if (!is_id(s, LDL_TABLE_INSTANCES, header->domains[i]))
			return false;
	}
	for (uint32_t i = 0; i < LDL_IRQS; i++) {
		if (!is_id(s, LDL_TABLE_INSTANCES, header->interrupts[i]))
			return false;
	}
	return is_text(s, header->program) && is_text(s, header->command) &&
	       is_text(s, header->uncovered) && header->state <= LDL_STATE_EXITED &&
	       header->prod <= 1 && header->has_events <= 1 &&
	       header->nonblock_count <= LDL_NONBLOCK_MAX;
}

/* What it says of any bytes is of no interest here; but it ends, and looks at nothing else. */
static const char *audit(snap s)
{
	struct ldl_audit about;

	if (ldl_snapshot_audit(s, &about) != LDL_OK)
		return "audit without memory";
	return !about.broken != !about.law ? "audit that does not say what is broken" : NULL;
}

const char *ldl_walk_snapshot(const struct ldl_snapshot *snapshot)
{
	static const char *(*const walks[])(snap) = {
		walk_modules_and_sites,
		walk_classes,
		walk_instances,
		walk_nodes,
		walk_edges,
		walk_witnesses,
		walk_threads,
		walk_findings,
		walk_allocs,
		walk_reserves,
		walk_callbacks,
		walk_segments,
		audit,
	};

	if (!is_header_sound(snapshot))
		return "header's words";
	for (size_t i = 0; i < ldl_array_len(walks); i++) {
		const char *broken = walks[i](snapshot);

		if (broken)
			return broken;
	}
	return NULL;
}

/* A refusal says why, in one line, and leaves nothing open. */
static const char *judge_refusal(snap s)
{
	if (s->arena.base)
		return "refused, yet open";
	if (s->error[0] == 0 || !memchr(s->error, 0, sizeof(s->error)))
		return "refused without a reason";
	return strchr(s->error, '\n') ? "reason of several lines" : NULL;
}

const char *ldl_walk_bytes(const void *bytes, size_t len, ldl_status *status, uint64_t *repairs)
{
	struct ldl_snapshot snapshot, again;
	const char *broken;

	*status = ldl_snapshot_from_bytes(&snapshot, bytes, len);
	*repairs = snapshot.repairs;
	if (*status != LDL_OK)
		return judge_refusal(&snapshot);
	broken = ldl_walk_snapshot(&snapshot);
	if (!broken) {
		if (ldl_snapshot_from_bytes(&again, snapshot.arena.base, snapshot.arena.size) !=
			LDL_OK)
			broken = "checked copy refused";
		else if (again.repairs != 0)
			broken = "checked copy needs repairs";
		ldl_snapshot_close(&again);
	}
	ldl_snapshot_close(&snapshot);
	return broken;
}
