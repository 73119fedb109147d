/* Hides edges that longer paths imply: transitive reduction between strongly connected components.
 *
 * Inside a component nothing is hidden, since that is where cycles are. Components come from
 * Tarjan's algorithm ("Depth-first search and linear graph algorithms", 1972), which numbers them
 * so that every arc between two of them leads to the smaller number; so one pass from 0 upwards
 * knows what each can reach. Cost: V² bits twice, and arcs × V / 64 steps. */
#include "picture.h"

#include <stdlib.h>
#include <string.h>

/* Work area of one reduction; arrays by vertex but where said. */
struct reduction {
	uint32_t *first_arc; /* into `sorted`; vertex_count + 1 of them */
	uint32_t *sorted;    /* shown arcs by their from-vertex */
	uint32_t *next_arc;  /* where the search goes on */
	uint32_t *visited;   /* order of the first visit, from 1; 0: not yet */
	uint32_t *lowest;    /* smallest order that the search has seen from here */
	uint32_t *component; /* VIZ_NONE while not known */
	uint32_t *path;      /* the search's stack */
	uint32_t *open;      /* vertices whose component is not known: Tarjan's stack */
	uint32_t path_len, open_len, visits, component_count;
	uint64_t *direct;   /* bit matrix by component: one arc leads there */
	uint64_t *indirect; /* two or more do */
};

static void sort_arcs(const struct viz_picture *picture, struct reduction *work)
{
	uint32_t total = 0;

	for (uint32_t i = 0; i < picture->arc_count; i++)
		if (picture->arcs[i].is_shown)
			work->first_arc[picture->arcs[i].from + 1u]++;
	for (uint32_t i = 0; i < picture->vertex_count; i++) {
		total += work->first_arc[i + 1u];
		work->first_arc[i + 1u] = total;
		work->next_arc[i] = work->first_arc[i];
	}
	for (uint32_t i = 0; i < picture->arc_count; i++)
		if (picture->arcs[i].is_shown)
			work->sorted[work->next_arc[picture->arcs[i].from]++] = i;
	for (uint32_t i = 0; i < picture->vertex_count; i++)
		work->next_arc[i] = work->first_arc[i];
}

static void enter(struct reduction *work, uint32_t vertex)
{
	work->visited[vertex] = work->lowest[vertex] = ++work->visits;
	work->path[work->path_len++] = vertex;
	work->open[work->open_len++] = vertex;
}

static void leave(struct reduction *work, uint32_t vertex)
{
	uint32_t member;

	work->path_len--;
	if (work->path_len > 0) {
		uint32_t before = work->path[work->path_len - 1u];

		if (work->lowest[vertex] < work->lowest[before])
			work->lowest[before] = work->lowest[vertex];
	}
	if (work->lowest[vertex] != work->visited[vertex])
		return;
	do {
		member = work->open[--work->open_len];
		work->component[member] = work->component_count;
	} while (member != vertex);
	work->component_count++;
}

static void search_from(const struct viz_picture *picture, struct reduction *work, uint32_t start)
{
	enter(work, start);
	while (work->path_len > 0) {
		uint32_t vertex = work->path[work->path_len - 1u];
		uint32_t to;

		if (work->next_arc[vertex] == work->first_arc[vertex + 1u]) {
			leave(work, vertex);
			continue;
		}
		to = picture->arcs[work->sorted[work->next_arc[vertex]++]].to;
		if (!work->visited[to])
			enter(work, to);
		else if (work->component[to] == VIZ_NONE &&
			 work->visited[to] < work->lowest[vertex])
			work->lowest[vertex] = work->visited[to];
	}
}

static bool bit(const uint64_t *row, uint32_t column)
{
	return row[column / 64] >> (column % 64) & 1u;
}

static void find_paths(const struct viz_picture *picture, struct reduction *work, size_t words)
{
	for (uint32_t i = 0; i < picture->arc_count; i++) {
		const struct viz_arc *arc = &picture->arcs[i];
		uint32_t from = work->component[arc->from], to = work->component[arc->to];

		if (arc->is_shown && from != to)
			work->direct[from * words + to / 64] |= 1ull << (to % 64);
	}
	for (uint32_t from = 0; from < work->component_count; from++) {
		for (uint32_t to = 0; to < from; to++) {
			if (!bit(work->direct + from * words, to))
				continue;
			for (size_t i = 0; i < words; i++)
				work->indirect[from * words + i] |= work->direct[to * words + i] |
								    work->indirect[to * words + i];
		}
	}
}

static void hide_implied(struct viz_picture *picture, const struct reduction *work, size_t words)
{
	for (uint32_t i = 0; i < picture->arc_count; i++) {
		struct viz_arc *arc = &picture->arcs[i];
		uint32_t from = work->component[arc->from], to = work->component[arc->to];

		if (!arc->is_shown || arc->weight || from == to)
			continue;
		arc->is_implied = bit(work->indirect + from * words, to);
		picture->arcs_implied += arc->is_implied;
	}
}

static bool allocate(const struct viz_picture *picture, struct reduction *work, uint32_t **block)
{
	size_t vertices = picture->vertex_count + 1u;

	*block = calloc(7 * vertices + picture->arc_count, sizeof(**block));
	if (!*block)
		return false;
	work->first_arc = *block;
	work->next_arc = work->first_arc + vertices;
	work->visited = work->next_arc + vertices;
	work->lowest = work->visited + vertices;
	work->component = work->lowest + vertices;
	work->path = work->component + vertices;
	work->open = work->path + vertices;
	work->sorted = work->open + vertices;
	memset(work->component, 0xff, vertices * sizeof(*work->component));
	return true;
}

void viz_picture_reduce(struct viz_picture *picture)
{
	struct reduction work = {.visits = 0};
	uint32_t *block;
	size_t words;

	if (picture->vertices_shown > VIZ_VERTICES_CHECK || !allocate(picture, &work, &block))
		return; /* a fuller picture, no wrong one */
	sort_arcs(picture, &work);
	for (uint32_t i = 0; i < picture->vertex_count; i++)
		if (picture->vertices[i].is_shown && !work.visited[i])
			search_from(picture, &work, i);
	words = work.component_count / 64 + 1u;
	work.direct = calloc(work.component_count * words, 2 * sizeof(*work.direct));
	if (work.direct) {
		work.indirect = work.direct + work.component_count * words;
		find_paths(picture, &work, words);
		hide_implied(picture, &work, words);
	}
	free(work.direct);
	free(block);
	viz_picture_count(picture);
}
