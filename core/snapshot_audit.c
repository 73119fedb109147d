/* The laws of a finished arena. See snapshot_audit.h. */
#include "snapshot_audit.h"

#include "snapshot_parts.h"
#include "sys.h"

#include <string.h>
#include <sys/mman.h>

/* A byte for each record of a table, of what led to it. */
enum mark { ON_OUT_LIST = 1, ON_IN_LIST = 2, LOOKED_UP = 4 };

struct work {
	const struct ldl_snapshot *snapshot;
	const struct ldl_arena *arena;
	unsigned char *marks[LDL_TABLE_COUNT]; /* NULL: of no interest */
	bool has_lookup; /* a merged file has no tables for looking things up */
};

static uint32_t count_of(const struct work *work, enum ldl_table_id table)
{
	return ldl_arena_id_count(work->arena, table);
}

static uint64_t dropped(const struct work *work, enum ldl_table_id table)
{
	return ldl_arena_table(work->arena, table)->dropped +
	       work->arena->header->counters[LDL_COUNT_NO_MEMORY];
}

static bool is_used_edge(const struct work *work, ldl_edge_id id)
{
	return ldl_edge_at(work->arena, id)->to != 0;
}

static bool is_marked(const struct work *work, enum ldl_table_id table, uint32_t id, uint8_t marks)
{
	return (work->marks[table][id] & marks) == marks;
}

static bool is_looked_up(
	const struct work *work, enum ldl_table_id table, uint32_t id, enum ldl_table_id set)
{
	return !work->has_lookup || dropped(work, set) || is_marked(work, table, id, LOOKED_UP);
}

static bool edge_is_listed(const struct work *work, uint32_t id)
{
	return !is_used_edge(work, id) ||
	       is_marked(work, LDL_TABLE_EDGES, id, ON_OUT_LIST | ON_IN_LIST);
}

static bool edge_is_found(const struct work *work, uint32_t id)
{
	return !is_used_edge(work, id) ||
	       is_looked_up(work, LDL_TABLE_EDGES, id, LDL_TABLE_EDGE_HASH);
}

/* Without memory for searches there are no ranks either; each edge is counted as one given up. */
static bool edge_goes_upwards(const struct work *work, uint32_t id)
{
	const struct ldl_edge *edge = ldl_edge_at(work->arena, id);

	return !is_used_edge(work, id) || !work->has_lookup ||
	       work->arena->header->counters[LDL_COUNT_SEARCH_GAVE_UP] ||
	       ldl_node_at(work->arena, edge->from)->rank <=
		       ldl_node_at(work->arena, edge->to)->rank;
}

static bool edge_has_evidence(const struct work *work, uint32_t id)
{
	const struct ldl_edge *edge = ldl_edge_at(work->arena, id);

	return !is_used_edge(work, id) || edge->witness_count ||
	       (edge->types & LDL_EDGE_DECLARED) || dropped(work, LDL_TABLE_WITNESSES);
}

static bool class_has_its_vertex(const struct work *work, uint32_t id)
{
	ldl_node_id node = ldl_class_at(work->arena, id)->node;

	return !node || (ldl_node_at(work->arena, node)->kind == LDL_NODE_CLASS &&
				ldl_node_at(work->arena, node)->ref == id);
}

static bool class_is_found(const struct work *work, uint32_t id)
{
	return !ldl_class_at(work->arena, id)->key ||
	       is_looked_up(work, LDL_TABLE_CLASSES, id, LDL_TABLE_CLASS_HASH);
}

static bool site_is_found(const struct work *work, uint32_t id)
{
	return !ldl_site_at(work->arena, id)->frame_count ||
	       is_looked_up(work, LDL_TABLE_SITES, id, LDL_TABLE_SITE_HASH);
}

static bool node_is_its_owners(const struct work *work, uint32_t id)
{
	const struct ldl_node *node = ldl_node_at(work->arena, id);

	if (node->kind == LDL_NODE_CLASS)
		return ldl_class_at(work->arena, node->ref)->node == id;
	/* A merge keeps no locks. */
	return node->kind == LDL_NODE_FREE || !work->has_lookup ||
	       (node->ref < count_of(work, LDL_TABLE_INSTANCE_INFO) &&
		       ldl_instance_info_at(work->arena, node->ref)->node == id);
}

static bool instance_has_class(const struct work *work, uint32_t id)
{
	const struct ldl_instance *instance = ldl_instance_at(work->arena, id);

	return !instance->addr || instance->class;
}

static bool instance_is_found(const struct work *work, uint32_t id)
{
	return !ldl_instance_at(work->arena, id)->addr ||
	       is_looked_up(work, LDL_TABLE_INSTANCES, id, LDL_TABLE_INSTANCE_HASH);
}

/* Edges that a finding shows may be gone; those that are there are the ones it is about. */
static bool step_is_its_edge(const struct work *work, uint32_t id)
{
	const struct ldl_path_step *step = ldl_path_step_at(work->arena, id);
	const struct ldl_edge *edge = ldl_edge_at(work->arena, step->edge);

	return !step->edge || !is_used_edge(work, step->edge) ||
	       (ldl_node_at(work->arena, edge->from)->class == step->from &&
		       ldl_node_at(work->arena, edge->to)->class == step->to);
}

static bool thread_holds_locks(const struct work *work, uint32_t id)
{
	uint32_t count = 0;
	bool wanted;
	const struct ldl_held *held = ldl_snapshot_held(work->snapshot, id, &count, &wanted);

	for (uint32_t i = 0; held && i < count; i++) {
		if (!(held[i].addr & LDL_HELD_ADDR_MASK) || !held[i].instance ||
			!(held[i].class_mode >> LDL_MODE_BITS))
			return false;
	}
	return true;
}

/* Which lock keeps the records of a law together. */
enum keeper { NOBODY, WRITER, INSTANCES };
#define ANY UINT32_MAX

static const struct law {
	const char *text;
	enum ldl_table_id table;
	bool (*holds)(const struct work *work, uint32_t id);
	enum keeper keeper;
	uint32_t unfinished; /* records that one unfinished step of the keeper may leave so */
} laws[] = {
	{"an edge is on the lists of both its vertices", LDL_TABLE_EDGES, edge_is_listed, WRITER,
		1},
	{"an edge is in the table of edges", LDL_TABLE_EDGES, edge_is_found, WRITER, 1},
	{"an edge goes upwards in rank", LDL_TABLE_EDGES, edge_goes_upwards, WRITER, ANY},
	{"an edge has a witness", LDL_TABLE_EDGES, edge_has_evidence, WRITER, 1},
	{"a class has its own vertex", LDL_TABLE_CLASSES, class_has_its_vertex, WRITER, 0},
	{"a class is in the table of classes", LDL_TABLE_CLASSES, class_is_found, WRITER, 1},
	{"a stack is in the table of stacks", LDL_TABLE_SITES, site_is_found, WRITER, 1},
	{"a vertex is its owner's", LDL_TABLE_NODES, node_is_its_owners, WRITER, 1},
	{"a lock has a class", LDL_TABLE_INSTANCES, instance_has_class, INSTANCES, 0},
	{"a lock is in the table of locks", LDL_TABLE_INSTANCES, instance_is_found, INSTANCES, 1},
	{"a step of a finding is the edge that it names", LDL_TABLE_PATHS, step_is_its_edge, WRITER,
		0},
	{"a thread holds locks that are known", LDL_TABLE_THREADS, thread_holds_locks, NOBODY, 0},
};

static bool is_cut_off(const struct work *work, enum keeper keeper)
{
	const struct ldl_header *header = work->arena->header;

	return (keeper == WRITER && header->writer) ||
	       (keeper == INSTANCES && header->instance_lock);
}

static void break_law(struct ldl_audit *audit, const char *text, uint32_t id, uint64_t count)
{
	if (!audit->law) {
		audit->law = text;
		audit->id = id;
	}
	audit->broken += count;
}

static void audit_law(const struct work *work, struct ldl_audit *audit, const struct law *law)
{
	uint32_t unfinished = is_cut_off(work, law->keeper) ? law->unfinished : 0;
	uint32_t ids = count_of(work, law->table), broken = 0, first = 0;

	for (uint32_t id = 1; id < ids; id++) {
		if (law->holds(work, id))
			continue;
		first = first ? first : id;
		broken++;
	}
	audit->records += ids;
	if (broken > unfinished)
		break_law(audit, law->text, first, broken);
}

/* What a set says that it holds, and what it does hold; `slack`: of those at work in it. */
static void audit_used(const struct work *work, struct ldl_audit *audit, enum ldl_table_id set,
	uint64_t entries, uint64_t slack)
{
	uint64_t used = ldl_arena_table(work->arena, set)->used;

	if (work->has_lookup && (used > entries + slack || entries > used + slack))
		break_law(audit, "a set has as many entries as it counts", set, 1);
}

static void mark_lists(struct work *work)
{
	unsigned char *marks = work->marks[LDL_TABLE_EDGES];
	const struct ldl_arena *arena = work->arena;

	/* Opening the file has seen to it that each list ends. */
	for (ldl_node_id id = 1; id < count_of(work, LDL_TABLE_NODES); id++) {
		const struct ldl_node *node = ldl_node_at(arena, id);

		for (ldl_edge_id at = node->out_first; at; at = ldl_edge_at(arena, at)->next_out)
			marks[at] |= ON_OUT_LIST;
		for (ldl_edge_id at = node->in_first; at; at = ldl_edge_at(arena, at)->next_in)
			marks[at] |= ON_IN_LIST;
	}
}

/* A set of plain ids. Returns how many it holds. */
static uint64_t mark_set(struct work *work, enum ldl_table_id set, enum ldl_table_id table)
{
	const uint32_t *slots = (const uint32_t *)work->arena->table[set];
	uint64_t entries = 0;

	for (uint32_t i = 0; i < ldl_arena_table(work->arena, set)->capacity; i++) {
		entries += slots[i] != 0;
		if (slots[i] && slots[i] < count_of(work, table))
			work->marks[table][slots[i]] |= LOOKED_UP;
	}
	return entries;
}

static void mark_instances(struct work *work)
{
	const struct ldl_bucket *buckets =
		(const struct ldl_bucket *)work->arena->table[LDL_TABLE_INSTANCE_HASH];
	uint32_t ids = count_of(work, LDL_TABLE_INSTANCES);

	for (uint32_t i = 0; i < ldl_arena_table(work->arena, LDL_TABLE_INSTANCE_HASH)->capacity;
		i++) {
		for (uint32_t slot = 0; slot < LDL_BUCKET_SLOTS; slot++) {
			uint32_t id = buckets[i].slots[slot] & LDL_BUCKET_ID_MASK;

			if (id && id < ids)
				work->marks[LDL_TABLE_INSTANCES][id] |= LOOKED_UP;
		}
	}
}

static void audit_sets(struct work *work, struct ldl_audit *audit)
{
	uint64_t threads = count_of(work, LDL_TABLE_THREADS), chains = 0;
	bool is_writing = is_cut_off(work, WRITER);

	audit_used(work, audit, LDL_TABLE_EDGE_HASH,
		mark_set(work, LDL_TABLE_EDGE_HASH, LDL_TABLE_EDGES), 2 * is_writing);
	audit_used(work, audit, LDL_TABLE_CLASS_HASH,
		mark_set(work, LDL_TABLE_CLASS_HASH, LDL_TABLE_CLASSES), is_writing);
	audit_used(work, audit, LDL_TABLE_SITE_HASH,
		mark_set(work, LDL_TABLE_SITE_HASH, LDL_TABLE_SITES), is_writing);
	for (uint32_t i = 0; i < ldl_arena_table(work->arena, LDL_TABLE_CHAINS)->capacity; i++)
		chains += ldl_chain_at(work->arena, i)->key != 0;
	audit_used(work, audit, LDL_TABLE_CHAINS, chains, threads);
	mark_instances(work);
}

static const enum ldl_table_id marked[] = {
	LDL_TABLE_EDGES, LDL_TABLE_CLASSES, LDL_TABLE_SITES, LDL_TABLE_INSTANCES};

ldl_status ldl_snapshot_audit(const struct ldl_snapshot *snapshot, struct ldl_audit *audit)
{
	struct work work = {.snapshot = snapshot, .arena = &snapshot->arena};
	unsigned char *marks, *at;
	size_t size = 0;

	memset(audit, 0, sizeof(*audit));
	for (size_t i = 0; i < ldl_array_len(marked); i++)
		size += count_of(&work, marked[i]) + 1;
	marks = ldl_sys_mmap(
		NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, NULL);
	if (!marks)
		return LDL_SYSTEM;
	at = marks;
	for (size_t i = 0; i < ldl_array_len(marked); i++) {
		work.marks[marked[i]] = at;
		at += count_of(&work, marked[i]) + 1;
	}
	work.has_lookup = snapshot->arena.header->pid != 0;
	audit->is_cut_off = is_cut_off(&work, WRITER) || is_cut_off(&work, INSTANCES);
	mark_lists(&work);
	audit_sets(&work, audit);
	for (size_t i = 0; i < ldl_array_len(laws); i++)
		audit_law(&work, audit, &laws[i]);
	ldl_sys_munmap(marks, size);
	return LDL_OK;
}
