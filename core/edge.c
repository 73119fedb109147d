/* Vertices and edges in the arena. See edge.h. */
#include "edge.h"

#include "atomic.h"
#include "class.h"
#include "hash.h"
#include "instance.h"

/* Records given back, linked through their first word (edges: `from`; nodes: `ref`). */
static uint32_t reuse(struct ldl_arena *arena, enum ldl_table_id id, uint32_t *link_of_head)
{
	struct ldl_table *table = ldl_arena_table(arena, id);
	uint32_t head = table->free_head;

	if (head)
		table->free_head = *link_of_head;
	return head;
}

static ldl_node_id take_node(struct ldl_arena *arena)
{
	uint32_t head = ldl_arena_table(arena, LDL_TABLE_NODES)->free_head;

	head = head ? reuse(arena, LDL_TABLE_NODES, &ldl_node_at(arena, head)->ref) : 0;
	return head ? head : ldl_table_take(arena, LDL_TABLE_NODES, 1);
}

static ldl_node_id make_node(struct ldl_arena *arena, uint32_t kind, uint32_t ref,
	uint32_t generation, ldl_class_id class)
{
	ldl_node_id id = take_node(arena);

	if (id) {
		*ldl_node_at(arena, id) = (struct ldl_node){
			.rank = ++arena->header->rank_back, /* no edges yet: any rank will do */
			.ref = ref,
			.generation = generation,
			.class = class,
			.kind = kind,
		};
	}
	return id;
}

ldl_node_id ldl_node_of_class(struct ldl_arena *arena, ldl_class_id class)
{
	struct ldl_class *record = ldl_class_at(arena, class);

	if (!record->node)
		record->node = make_node(arena, LDL_NODE_CLASS, class, 0, class);
	return record->node;
}

ldl_node_id ldl_node_of_instance(struct ldl_arena *arena, ldl_instance_id id)
{
	struct ldl_instance_info *info = ldl_instance_info_at(arena, id);

	/* Left over from the record's last tenant, whose end found the writer busy. */
	if (info->node && ldl_node_at(arena, info->node)->generation != info->generation) {
		ldl_node_remove(arena, info->node);
		info->node = 0;
	}
	if (!info->node)
		info->node = make_node(arena, LDL_NODE_INSTANCE, id, info->generation,
			ldl_instance_class(arena, id));
	return info->node;
}

static uint64_t hash_pair(ldl_node_id from, ldl_node_id to)
{
	return ldl_hash_strong((uint64_t)from << 32 | to);
}

/* The edge table is linear probing with backward-shift deletion: the writer alone uses it, so no
 * other thread can see entries move. The walk is not bounded by LDL_PROBE_MAX, since deleting needs
 * whole runs; the table is never more than 4/5 full. */
static uint32_t *edge_slots(struct ldl_arena *arena, uint32_t *mask)
{
	*mask = arena->capacity[LDL_TABLE_EDGE_HASH] - 1;
	return (uint32_t *)arena->table[LDL_TABLE_EDGE_HASH];
}

static uint32_t home_of(struct ldl_arena *arena, ldl_edge_id id, uint32_t mask)
{
	const struct ldl_edge *edge = ldl_edge_at(arena, id);

	return (uint32_t)(hash_pair(edge->from, edge->to) >> 32) & mask;
}

/* The slot that holds the edge, or the free one where it belongs; NULL: no page to be had. */
static uint32_t *edge_slot(struct ldl_arena *arena, ldl_node_id from, ldl_node_id to)
{
	uint32_t mask, *slots = edge_slots(arena, &mask);
	uint32_t at = (uint32_t)(hash_pair(from, to) >> 32) & mask;

	for (uint32_t looks = 0; looks <= mask; looks++, at = (at + 1) & mask) {
		const struct ldl_edge *edge;

		if (!ldl_arena_back(arena, &slots[at], sizeof(slots[at])))
			return NULL;
		if (!slots[at])
			return &slots[at];
		edge = ldl_edge_at(arena, slots[at]);
		if (edge->from == from && edge->to == to)
			return &slots[at];
	}
	ldl_arena_trip(arena, LDL_TRIP_HASH, LDL_TABLE_EDGE_HASH, mask);
	return NULL;
}

ldl_edge_id ldl_edge_find(struct ldl_arena *arena, ldl_node_id from, ldl_node_id to)
{
	uint32_t *slot = edge_slot(arena, from, to);

	return slot ? *slot : 0;
}

static ldl_edge_id take_edge(struct ldl_arena *arena)
{
	uint32_t head = ldl_arena_table(arena, LDL_TABLE_EDGES)->free_head;

	head = head ? reuse(arena, LDL_TABLE_EDGES, &ldl_edge_at(arena, head)->next_out) : 0;
	return head ? head : ldl_table_take(arena, LDL_TABLE_EDGES, 1);
}

ldl_edge_id ldl_edge_insert(struct ldl_arena *arena, ldl_node_id from, ldl_node_id to)
{
	uint32_t *slot = edge_slot(arena, from, to);
	ldl_edge_id id = slot ? take_edge(arena) : 0;
	struct ldl_node *tail = ldl_node_at(arena, from), *head = ldl_node_at(arena, to);

	if (!id)
		return 0;
	*ldl_edge_at(arena, id) = (struct ldl_edge){
		.from = from,
		.to = to,
		.next_out = tail->out_first,
		.next_in = head->in_first,
	};
	/* Release: a live reader that follows a list finds a whole edge. */
	ldl_store_release(&tail->out_first, id);
	ldl_store_release(&head->in_first, id);
	*slot = id;
	ldl_arena_table(arena, LDL_TABLE_EDGE_HASH)->used++;
	return id;
}

static void forget_slot(struct ldl_arena *arena, const struct ldl_edge *edge)
{
	uint32_t mask, *slots = edge_slots(arena, &mask);
	uint32_t *slot = edge_slot(arena, edge->from, edge->to);
	uint32_t hole, at, looks = 0;

	if (!slot || !*slot)
		return;
	hole = (uint32_t)(slot - slots);
	for (at = (hole + 1) & mask;
		looks++ <= mask && ldl_arena_back(arena, &slots[at], sizeof(slots[at])) &&
		slots[at];
		at = (at + 1) & mask) {
		uint32_t home = home_of(arena, slots[at], mask);

		/* Move it into the hole unless its home lies behind the hole. */
		if (((at - home) & mask) >= ((at - hole) & mask)) {
			slots[hole] = slots[at];
			hole = at;
		}
	}
	slots[hole] = 0;
	ldl_arena_table(arena, LDL_TABLE_EDGE_HASH)->used--;
}

/* Takes the edge out of the list that begins at `link`; `next` is where its entries go on. False:
 * it is not there, and nothing was done. */
static bool unlink_edge(struct ldl_arena *arena, uint32_t *link, ldl_edge_id id, size_t next)
{
	uint32_t steps = 0;

	while (*link && *link != id && ldl_arena_step(arena, LDL_TABLE_EDGES, &steps))
		link = (uint32_t *)((char *)ldl_edge_at(arena, *link) + next);
	if (*link != id) {
		ldl_arena_trip(arena, LDL_TRIP_LINK, LDL_TABLE_EDGES, id);
		return false;
	}
	*link = *(uint32_t *)((char *)ldl_edge_at(arena, id) + next);
	return true;
}

static bool unlink_both(struct ldl_arena *arena, ldl_edge_id id)
{
	const struct ldl_edge *edge = ldl_edge_at(arena, id);

	return unlink_edge(arena, &ldl_node_at(arena, edge->from)->out_first, id,
		       offsetof(struct ldl_edge, next_out)) &&
	       unlink_edge(arena, &ldl_node_at(arena, edge->to)->in_first, id,
		       offsetof(struct ldl_edge, next_in));
}

/* The evidence goes with the edge, unless a finding shows it. */
static void forget_witnesses(struct ldl_arena *arena, const struct ldl_edge *edge)
{
	struct ldl_table *table = ldl_arena_table(arena, LDL_TABLE_WITNESSES);
	ldl_witness_id id = edge->witness_first;
	uint32_t steps = 0;

	while (id && ldl_arena_step(arena, LDL_TABLE_WITNESSES, &steps)) {
		ldl_witness_id next = ldl_witness_at(arena, id)->next;

		ldl_witness_at(arena, id)->next = table->free_head;
		table->free_head = id;
		id = next;
	}
}

/* False: it cannot be, and the lists are left as they are. */
static bool remove_edge(struct ldl_arena *arena, ldl_edge_id id)
{
	struct ldl_edge *edge = ldl_edge_at(arena, id);
	struct ldl_table *table = ldl_arena_table(arena, LDL_TABLE_EDGES);
	bool is_shown = edge->types & LDL_EDGE_SHOWN;

	if (!unlink_both(arena, id))
		return false;
	forget_slot(arena, edge);
	if (!is_shown)
		forget_witnesses(arena, edge);
	*edge = (struct ldl_edge){.next_out = is_shown ? 0 : table->free_head};
	if (!is_shown)
		table->free_head = id;
	return true;
}

void ldl_node_remove(struct ldl_arena *arena, ldl_node_id id)
{
	struct ldl_node *node = ldl_node_at(arena, id);
	struct ldl_table *table = ldl_arena_table(arena, LDL_TABLE_NODES);

	while (node->out_first && remove_edge(arena, node->out_first))
		;
	while (node->in_first && remove_edge(arena, node->in_first))
		;
	if (node->out_first || node->in_first)
		return; /* the breaker is open: nothing is built upon it any more */
	*node = (struct ldl_node){.ref = table->free_head};
	table->free_head = id;
}

void ldl_edge_watch(struct ldl_arena *arena, ldl_edge_id id)
{
	struct ldl_edge *edge = ldl_edge_at(arena, id);

	edge->looks = LDL_WATCH_LOOKS;
	ldl_class_mark(ldl_class_at(arena, ldl_node_at(arena, edge->to)->class), LDL_CLASS_WATCHED);
}

static bool is_watched_into(const struct ldl_arena *arena, ldl_node_id node)
{
	ldl_edge_id id = ldl_node_at(arena, node)->in_first;
	uint32_t steps = 0;

	while (id && !ldl_edge_at(arena, id)->looks &&
		ldl_arena_step(arena, LDL_TABLE_EDGES, &steps))
		id = ldl_edge_at(arena, id)->next_in;
	return id;
}

bool ldl_edge_look(struct ldl_arena *arena, ldl_edge_id id)
{
	struct ldl_edge *edge = ldl_edge_at(arena, id);
	const struct ldl_node *to = ldl_node_at(arena, edge->to);

	if (--edge->looks)
		return true;
	/* Other instances of the class may have watched edges of their own: those end early. */
	if (!is_watched_into(arena, edge->to))
		ldl_class_unmark(ldl_class_at(arena, to->class), LDL_CLASS_WATCHED);
	return false;
}
