/* Who waits for whom. See wait_graph.h. */
#include "wait_graph.h"

#include <stdlib.h>
#include <string.h>

/* A lock that a party holds, or that it waits for as a writer. */
struct hold {
	struct viz_wait_key key;
	uint32_t party, entry;
	bool is_shared, is_wish;
};

/* How the search came to a party. */
struct visit {
	struct viz_wait_block block; /* the party itself, and what it blocks the one before by */
	uint32_t from;               /* index of that one's visit */
};

struct viz_wait_graph {
	const struct viz_wait_party *parties;
	size_t party_count;
	viz_wait_key_of *key_of;
	void *context;
	struct hold *holds; /* by key */
	size_t hold_count;
	struct visit *visits; /* of a search: a queue */
	size_t visit_count;
	uint32_t *seen; /* by party: the number of the search that came there last */
	uint32_t search;
	uint32_t work; /* left in all searches of this graph */
	struct viz_wait_block *path;
};

static int compare_keys(const struct viz_wait_key *one, const struct viz_wait_key *other)
{
	if (one->space != other->space)
		return one->space < other->space ? -1 : 1;
	return (one->offset > other->offset) - (one->offset < other->offset);
}

static int compare_holds(const void *one, const void *other)
{
	const struct hold *a = one, *b = other;
	int order = compare_keys(&a->key, &b->key);

	if (order == 0)
		order = (a->party > b->party) - (a->party < b->party);
	return order ? order : (a->entry > b->entry) - (a->entry < b->entry);
}

static bool is_shared(const struct ldl_held *entry)
{
	return ldl_held_mode(entry) & LDL_MODE_SHARED;
}

/* The wish of a party that waits for a lock; NULL: it does not. */
static const struct ldl_held *wish_of(const struct viz_wait_party *party)
{
	const struct ldl_held *wish = viz_look_wish(party->thread);

	if (!party->is_lasting || !wish || !viz_look_is_lock(wish) ||
		(ldl_held_mode(wish) & LDL_MODE_TRY))
		return NULL;
	return wish;
}

/* Whether its wait does not end by itself. */
static bool waits_for_good(const struct viz_wait_party *party)
{
	const struct ldl_held *wish = wish_of(party);

	return wish && !(ldl_held_mode(wish) & LDL_MODE_TIMED);
}

static struct viz_wait_key key_of(
	const struct viz_wait_graph *graph, uint32_t party, const struct ldl_held *entry)
{
	return graph->key_of(graph->context, graph->parties[party].process, ldl_held_addr(entry));
}

static void add_hold(struct viz_wait_graph *graph, uint32_t party, uint32_t entry, bool is_wish)
{
	const struct ldl_held *held = &graph->parties[party].thread->held[entry];

	graph->holds[graph->hold_count++] = (struct hold){
		.key = key_of(graph, party, held),
		.party = party,
		.entry = entry,
		.is_shared = is_shared(held),
		.is_wish = is_wish,
	};
}

static void add_party(struct viz_wait_graph *graph, uint32_t party)
{
	const struct viz_look_thread *thread = graph->parties[party].thread;
	const struct ldl_held *wish = wish_of(&graph->parties[party]);

	for (uint32_t i = 0; i < viz_look_depth(thread); i++) {
		if (viz_look_is_lock(&thread->held[i]))
			add_hold(graph, party, i, false);
	}
	if (waits_for_good(&graph->parties[party]) && !is_shared(wish))
		add_hold(graph, party, thread->count - 1, true);
}

struct viz_wait_graph *viz_wait_graph_new(
	const struct viz_wait_party *parties, size_t count, viz_wait_key_of *key, void *context)
{
	struct viz_wait_graph *graph = calloc(1, sizeof(*graph));
	size_t holds = 1;

	if (!graph)
		return NULL;
	for (size_t i = 0; i < count; i++)
		holds += parties[i].thread->count;
	graph->parties = parties;
	graph->party_count = count;
	graph->key_of = key;
	graph->context = context;
	graph->work = VIZ_WAIT_WORK_MAX;
	graph->holds = calloc(holds, sizeof(*graph->holds));
	graph->visits = calloc(count + 1, sizeof(*graph->visits));
	graph->path = calloc(count + 1, sizeof(*graph->path));
	graph->seen = calloc(count + 1, sizeof(*graph->seen));
	if (!graph->holds || !graph->visits || !graph->path || !graph->seen) {
		viz_wait_graph_free(graph);
		return NULL;
	}
	for (uint32_t i = 0; i < count; i++)
		add_party(graph, i);
	qsort(graph->holds, graph->hold_count, sizeof(*graph->holds), compare_holds);
	return graph;
}

void viz_wait_graph_free(struct viz_wait_graph *graph)
{
	if (!graph)
		return;
	free(graph->holds);
	free(graph->visits);
	free(graph->path);
	free(graph->seen);
	free(graph);
}

/* The holds of one lock: [*first, result). */
static size_t holds_of(
	const struct viz_wait_graph *graph, const struct viz_wait_key *key, size_t *first)
{
	size_t low = 0, high = graph->hold_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_keys(&graph->holds[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*first = low;
	while (low < graph->hold_count && compare_keys(&graph->holds[low].key, key) == 0)
		low++;
	return low;
}

/* What is true of all holds of a lock together. */
struct use {
	size_t exclusive, shared; /* holders */
};

static struct use use_of(const struct viz_wait_graph *graph, size_t first, size_t past)
{
	struct use use = {0, 0};

	for (size_t i = first; i < past; i++) {
		if (graph->holds[i].is_wish)
			continue;
		use.exclusive += !graph->holds[i].is_shared;
		use.shared += graph->holds[i].is_shared;
	}
	return use;
}

bool viz_wait_graph_blockers(const struct viz_wait_graph *graph, uint32_t party,
	bool (*tell)(void *context, const struct viz_wait_block *block), void *context)
{
	const struct ldl_held *wish = wish_of(&graph->parties[party]);
	bool is_fair = graph->parties[party].thread->flags & LDL_INSTANCE_FAIR;
	struct viz_wait_key key;
	struct use use;
	size_t first, past;

	if (!wish)
		return true;
	key = key_of(graph, party, wish);
	past = holds_of(graph, &key, &first);
	use = use_of(graph, first, past);
	for (size_t i = first; i < past; i++) {
		const struct hold *hold = &graph->holds[i];
		bool is_queue = is_shared(wish) && is_fair && use.shared && !use.exclusive;

		if (hold->is_wish ? !is_queue : is_shared(wish) && hold->is_shared)
			continue;
		if (!tell(context,
			    &(struct viz_wait_block){hold->party, hold->entry, hold->is_wish}))
			return false;
	}
	return true;
}

bool viz_wait_graph_is_torn(const struct viz_wait_graph *graph, uint32_t party)
{
	const struct viz_look_thread *thread = graph->parties[party].thread;

	for (uint32_t i = 0; i < viz_look_depth(thread); i++) {
		struct viz_wait_key key;
		size_t first, past;

		if (!viz_look_is_lock(&thread->held[i]))
			continue;
		key = key_of(graph, party, &thread->held[i]);
		past = holds_of(graph, &key, &first);
		for (size_t at = first; at < past; at++) {
			const struct hold *hold = &graph->holds[at];

			if (!hold->is_wish && hold->party != party &&
				!(hold->is_shared && is_shared(&thread->held[i])))
				return true;
		}
	}
	return false;
}

/* A search under way: from which party, and whether it came back there. */
struct search {
	struct viz_wait_graph *graph;
	uint32_t start, at;
	bool is_found;
};

static bool visit(void *context, const struct viz_wait_block *block)
{
	struct search *search = context;
	struct viz_wait_graph *graph = search->graph;

	if (graph->work == 0)
		return false;
	graph->work--;
	if (block->party == search->start) {
		graph->visits[0].block = *block;
		graph->visits[0].from = search->at;
		search->is_found = true;
		return false;
	}
	if (graph->seen[block->party] == graph->search ||
		!waits_for_good(&graph->parties[block->party]))
		return true;
	graph->seen[block->party] = graph->search;
	graph->visits[graph->visit_count++] = (struct visit){*block, search->at};
	return true;
}

bool viz_wait_graph_cycle(
	struct viz_wait_graph *graph, uint32_t party, struct viz_wait_cycle *cycle)
{
	struct search search = {.graph = graph, .start = party};
	size_t count = 0;

	if (!waits_for_good(&graph->parties[party]))
		return false;
	graph->search++;
	graph->visits[0] = (struct visit){.block = {.party = party}};
	graph->visit_count = 1;
	for (search.at = 0; search.at < graph->visit_count; search.at++) {
		if (!viz_wait_graph_blockers(
			    graph, graph->visits[search.at].block.party, visit, &search))
			break;
	}
	if (!search.is_found)
		return false;
	/* From the last one back to the first; then the other way round. */
	for (uint32_t at = graph->visits[0].from; at; at = graph->visits[at].from)
		graph->path[++count] = graph->visits[at].block;
	graph->path[0] = graph->visits[0].block;
	for (size_t i = 1, j = count; i < j; i++, j--) {
		struct viz_wait_block swapped = graph->path[i];

		graph->path[i] = graph->path[j];
		graph->path[j] = swapped;
	}
	*cycle = (struct viz_wait_cycle){graph->path, count + 1};
	return true;
}
