/* The graph of a run, in the union, and the cycles that come about by it. See merge_union.h. */
#include <stdlib.h>
#include <string.h>

#include "core/edge.h"
#include "core/hash.h"
#include "core/order.h"
#include "merge_union.h"

#define KEPT_TYPES ((uint32_t)(LDL_EDGE_BITS & ~LDL_EDGE_SHOWN))

static ldl_instance_id make_instance(struct viz_union *whole, ldl_class_id class)
{
	ldl_instance_id id = ldl_table_take(&whole->arena, LDL_TABLE_INSTANCES, 1);

	if (!id)
		return 0;
	ldl_instance_at(&whole->arena, id)->class = class;
	ldl_instance_info_at(&whole->arena, id)->generation = 1;
	return id;
}

/* A static lock is the same one in every run; any other is of its run alone. */
ldl_instance_id viz_entry_instance(
	struct viz_entry *entry, ldl_instance_id from, uint32_t generation)
{
	const struct ldl_instance *instance = ldl_snapshot_instance(entry->run, from);
	const struct ldl_instance_info *info = ldl_snapshot_instance_info(entry->run, from);
	uint64_t key = ldl_hash_add(from, generation);
	struct viz_map *map = &entry->instances;
	const struct ldl_class *class;
	ldl_instance_id id;

	if (!instance || !info)
		return 0;
	class = info->generation == generation ? ldl_snapshot_class(entry->run, instance->class)
					       : NULL;
	if (class && class->identity == LDL_IDENTITY_STATIC) {
		map = &entry->whole->objects;
		key = class->key;
	}
	id = viz_map_get(map, key);
	if (id)
		return id;
	id = make_instance(entry->whole, class ? entry->classes[instance->class] : 0);
	if (id)
		viz_map_put(map, key, id);
	return id;
}

static ldl_node_id enter_node(struct viz_entry *entry, const struct ldl_node *node)
{
	struct ldl_arena *arena = &entry->whole->arena;
	ldl_instance_id instance;

	if (node->kind == LDL_NODE_CLASS)
		return entry->classes[node->class]
			       ? ldl_node_of_class(arena, entry->classes[node->class])
			       : 0;
	instance = viz_entry_instance(entry, node->ref, node->generation);
	return instance && ldl_instance_at(arena, instance)->class ? ldl_node_of_instance(
									     arena, instance)
								   : 0;
}

static ldl_node_id node_of(struct viz_entry *entry, ldl_node_id id)
{
	const struct ldl_node *node = ldl_snapshot_node(entry->run, id);

	if (!node || node->kind == LDL_NODE_FREE)
		return 0;
	if (!entry->nodes[id])
		entry->nodes[id] = enter_node(entry, node);
	return entry->nodes[id];
}

/* Room for one more of an array that grows. */
static bool make_room(void **array, size_t count, size_t *size, size_t slot_size)
{
	size_t grown_size = *size ? 2 * *size : 1024;
	void *grown;

	if (count < *size)
		return true;
	grown = reallocarray(*array, grown_size, slot_size);
	if (!grown)
		return false;
	*array = grown;
	*size = grown_size;
	return true;
}

static void note_presence(struct viz_entry *entry, ldl_edge_id edge, uint32_t types)
{
	struct viz_union *whole = entry->whole;
	size_t size = whole->presence_size;

	if (!make_room((void **)&whole->presences, whole->presence_count + 1u, &size,
		    sizeof(*whole->presences)))
		return;
	whole->presence_size = (uint32_t)size;
	whole->presences[++whole->presence_count] = (struct viz_presence){
		.next = whole->presence_of[edge], .leaf = entry->leaf, .types = types};
	whole->presence_of[edge] = whole->presence_count;
}

uint32_t viz_union_runs_of(const struct viz_union *whole, ldl_edge_id edge)
{
	uint32_t count = 0, at = whole->presence_of[edge];

	for (; at && count < LDL_WITNESS_MAX; at = whole->presences[at].next)
		count++;
	return count;
}

/* Each edge's runs are linked from the last one to the first, so the lists of all steps are walked
 * down together. */
bool viz_union_is_of_one_run(
	const struct viz_union *whole, const struct ldl_cycle_step *steps, uint32_t count)
{
	static uint32_t places[LDL_CYCLE_MAX];
	uint32_t step = 0;

	for (uint32_t i = 0; i < count; i++)
		places[i] = whole->presence_of[steps[i].edge];
	while (step < count) {
		const struct viz_presence *first = &whole->presences[places[0]];
		const struct viz_presence *here = &whole->presences[places[step]];

		if (!places[0] || !places[step])
			return false;
		if (here->leaf > first->leaf) {
			places[step] = here->next;
		} else if (here->leaf == first->leaf && (here->types & steps[step].type)) {
			step++;
		} else {
			places[0] = first->next;
			step = 0;
		}
	}
	return true;
}

/* Keeps the cycle that an edge closes by these types, if it does and no run has all of it, which
 * has said then what there was to say. It is judged when all runs are in. */
static void look_for_cycle(struct viz_union *whole, ldl_edge_id edge, uint32_t types)
{
	static struct ldl_cycle_step steps[LDL_CYCLE_MAX];
	uint32_t plain = (types | types >> LDL_EDGE_UNTIMED_SHIFT) & LDL_EDGE_TYPES;
	uint32_t count = ldl_cycle_find(
		&whole->arena, &whole->work, edge, plain, NULL, steps, LDL_CYCLE_MAX);
	bool is_news = count && !viz_union_is_of_one_run(whole, steps, count);
	struct ldl_cycle_step *copy = is_news ? malloc(count * sizeof(*copy)) : NULL;

	if (!copy || !make_room((void **)&whole->candidates, whole->candidate_count,
			     &whole->candidate_size, sizeof(*whole->candidates))) {
		free(copy);
		return;
	}
	memcpy(copy, steps, count * sizeof(*copy));
	whole->candidates[whole->candidate_count++] = (struct viz_candidate){copy, count};
}

/* An edge that its run removed while a finding shows it: there is none to follow, but a path leads
 * over it. */
static ldl_edge_id enter_removed(struct viz_entry *entry)
{
	return ldl_table_take(&entry->whole->arena, LDL_TABLE_EDGES, 1);
}

static ldl_edge_id enter_edge(struct viz_entry *entry, const struct ldl_edge *edge, bool is_first)
{
	struct viz_union *whole = entry->whole;
	struct ldl_arena *arena = &whole->arena;
	ldl_node_id from = node_of(entry, edge->from), to = node_of(entry, edge->to);
	ldl_edge_id id = from && to ? ldl_edge_find(arena, from, to) : 0;
	struct ldl_edge *known = ldl_edge_at(arena, id);
	uint32_t news;
	bool may_close;

	if (!from || !to || (id && !is_first))
		return id;
	if (!id) {
		id = ldl_edge_insert(arena, from, to);
		if (!id)
			return 0;
		known = ldl_edge_at(arena, id);
		may_close = ldl_order_insert(arena, &whole->work, from, to);
	} else {
		may_close = ldl_node_at(arena, from)->rank == ldl_node_at(arena, to)->rank;
	}
	news = edge->types & KEPT_TYPES & ~known->types;
	known->types |= edge->types & KEPT_TYPES;
	known->seen = known->seen > UINT32_MAX - edge->seen ? UINT32_MAX : known->seen + edge->seen;
	note_presence(entry, id, edge->types);
	if (may_close && news)
		look_for_cycle(whole, id, news);
	return id;
}

/* Whether a finding leads over the edge, though its run removed it. */
static void enter_removed_steps(struct viz_entry *entry)
{
	for (uint32_t id = 1; id < viz_entry_count(entry, LDL_TABLE_PATHS); id++) {
		ldl_edge_id edge = ldl_path_step_at(&entry->run->arena, id)->edge;

		if (edge && !entry->edges[edge])
			entry->edges[edge] = enter_removed(entry);
	}
}

void viz_entry_graph(struct viz_entry *entry, bool is_first)
{
	for (ldl_edge_id id = 1; id < viz_entry_count(entry, LDL_TABLE_EDGES); id++) {
		const struct ldl_edge *edge = ldl_snapshot_edge(entry->run, id);

		if (edge->to)
			entry->edges[id] = enter_edge(entry, edge, is_first);
	}
	if (!is_first)
		enter_removed_steps(entry);
}
