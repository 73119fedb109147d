/* The lists of a copied arena: the edges that leave a node, those that enter it, the witnesses of
 * an edge. Each member names its list's owner, and no record is on two lists of a kind; so a list
 * is walked until a member that is another's or was met before, and ends there. */
#include "snapshot_parts.h"

#include <string.h>

/* A kind of list, by the places of its words in a member's record. */
struct list {
	enum ldl_table_id table;
	size_t slot_size;
	size_t next;  /* id of the next member */
	size_t owner; /* id of the record that heads the list */
};

static const struct list out_list = {LDL_TABLE_EDGES, sizeof(struct ldl_edge),
	offsetof(struct ldl_edge, next_out), offsetof(struct ldl_edge, from)};
static const struct list in_list = {LDL_TABLE_EDGES, sizeof(struct ldl_edge),
	offsetof(struct ldl_edge, next_in), offsetof(struct ldl_edge, to)};
static const struct list witness_list = {LDL_TABLE_WITNESSES, sizeof(struct ldl_witness),
	offsetof(struct ldl_witness, next), offsetof(struct ldl_witness, edge)};

struct walk {
	struct ldl_arena *arena;
	const struct list *list;
	unsigned char *marks; /* a bit for each member that is on a list */
	uint64_t repairs;
};

static uint32_t *member_word(const struct walk *walk, uint32_t id, size_t offset)
{
	unsigned char *record =
		ldl_arena_slot(walk->arena, walk->list->table, walk->list->slot_size, id);

	return (uint32_t *)(record + offset);
}

static bool is_marked(const struct walk *walk, uint32_t id)
{
	return walk->marks[id / 8] & (1u << id % 8);
}

/* Walks one list and returns its length. The whole walk meets each member at most once. */
static uint32_t end_list(struct walk *walk, uint32_t *first, uint32_t owner)
{
	uint32_t length = 0;

	for (uint32_t *link = first; *link; length++) {
		uint32_t id = *link;
		uint32_t named = *member_word(walk, id, walk->list->owner);

		if (named != owner || is_marked(walk, id)) {
			*link = 0;
			walk->repairs += named != 0; /* 0: freed, or not written yet */
			break;
		}
		walk->marks[id / 8] |= (unsigned char)(1u << id % 8);
		link = member_word(walk, id, walk->list->next);
	}
	return length;
}

/* Members on no list lead nowhere, so that no walk which starts at one can go round. */
static void unlink_unmarked(struct walk *walk)
{
	uint32_t ids = ldl_arena_id_count(walk->arena, walk->list->table);

	for (uint32_t id = 1; id < ids; id++) {
		if (!is_marked(walk, id))
			*member_word(walk, id, walk->list->next) = 0;
	}
}

static void end_lists_of_nodes(struct walk *walk, size_t first_offset)
{
	uint32_t nodes = ldl_arena_id_count(walk->arena, LDL_TABLE_NODES);

	for (uint32_t id = 1; id < nodes; id++) {
		unsigned char *node = (unsigned char *)ldl_node_at(walk->arena, id);

		end_list(walk, (uint32_t *)(node + first_offset), id);
	}
	unlink_unmarked(walk);
}

/* The count of a list is what was counted. A live writer may have linked one more, or one less. */
static void end_lists_of_edges(struct walk *walk)
{
	uint32_t edges = ldl_arena_id_count(walk->arena, LDL_TABLE_EDGES);

	for (uint32_t id = 1; id < edges; id++) {
		struct ldl_edge *edge = ldl_edge_at(walk->arena, id);
		uint32_t length = end_list(walk, &edge->witness_first, id);

		if (edge->witness_count > length + 1 || edge->witness_count + 1u < length)
			walk->repairs++;
		edge->witness_count = (uint16_t)(length < UINT16_MAX ? length : UINT16_MAX);
	}
	unlink_unmarked(walk);
}

size_t ldl_snapshot_marks_size(const struct ldl_arena *arena)
{
	uint32_t edges = ldl_arena_id_count(arena, LDL_TABLE_EDGES);
	uint32_t witnesses = ldl_arena_id_count(arena, LDL_TABLE_WITNESSES);

	return (edges > witnesses ? edges : witnesses) / 8u + 1;
}

uint64_t ldl_snapshot_repair_links(struct ldl_arena *arena, unsigned char *marks)
{
	struct walk walk = {.arena = arena, .marks = marks};
	size_t size = ldl_snapshot_marks_size(arena);

	walk.list = &out_list;
	end_lists_of_nodes(&walk, offsetof(struct ldl_node, out_first));
	memset(marks, 0, size);
	walk.list = &in_list;
	end_lists_of_nodes(&walk, offsetof(struct ldl_node, in_first));
	memset(marks, 0, size);
	walk.list = &witness_list;
	end_lists_of_edges(&walk);
	return walk.repairs;
}
