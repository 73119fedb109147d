/* Loads the dependency graph of a run into arrays and lays the findings' steps along its arcs. */
#include "picture.h"

#include <stdlib.h>
#include <string.h>

#include "core/compiler.h"
#include "view.h"

static bool no_memory(char *error, size_t size)
{
	snprintf(
		error, size, "cannot draw: out of memory: close other programs or raise ulimit -v");
	return false;
}

/* The vertex of each node id of the arena, then of each class that got one without a node. */
struct index {
	uint32_t *of_node;
	uint32_t *of_class;
};

static uint32_t add_vertex(struct viz_picture *picture, ldl_node_id node, ldl_class_id class)
{
	struct viz_vertex *vertex = &picture->vertices[picture->vertex_count];

	*vertex = (struct viz_vertex){.node = node, .class = class};
	return picture->vertex_count++;
}

static uint32_t vertex_of_node(struct viz_picture *picture, struct index *index, ldl_node_id id)
{
	const struct ldl_snapshot *snapshot = viz_run_snapshot(picture->run);
	const struct ldl_node *node = ldl_snapshot_node(snapshot, id);
	const struct ldl_instance_info *info;
	const struct ldl_instance *instance;
	struct viz_vertex *vertex;

	if (!node || node->kind == LDL_NODE_FREE)
		return VIZ_NONE;
	if (index->of_node[id] != VIZ_NONE)
		return index->of_node[id];
	index->of_node[id] = add_vertex(picture, id, node->class);
	if (node->kind != LDL_NODE_INSTANCE)
		return index->of_node[id];
	vertex = &picture->vertices[index->of_node[id]];
	vertex->instance = node->ref;
	info = ldl_snapshot_instance_info(snapshot, node->ref);
	instance = ldl_snapshot_instance(snapshot, node->ref);
	if (info && instance && info->generation == node->generation)
		vertex->addr = instance->addr;
	return index->of_node[id];
}

static uint32_t vertex_of_class(struct viz_picture *picture, struct index *index, ldl_class_id id)
{
	const struct ldl_class *class = ldl_snapshot_class(viz_run_snapshot(picture->run), id);
	uint32_t vertex = VIZ_NONE;

	if (!class)
		return VIZ_NONE;
	if (class->node)
		vertex = vertex_of_node(picture, index, class->node);
	if (vertex != VIZ_NONE)
		return vertex;
	if (index->of_class[id] == VIZ_NONE)
		index->of_class[id] = add_vertex(picture, 0, id);
	return index->of_class[id];
}

/* Arcs are in the order of edge ids, so that one can be found again by its edge. */
static uint32_t add_arc(struct viz_picture *picture, ldl_edge_id edge, uint32_t from, uint32_t to)
{
	if (from == VIZ_NONE || to == VIZ_NONE)
		return VIZ_NONE;
	picture->arcs[picture->arc_count] =
		(struct viz_arc){.edge = edge, .from = from, .to = to, .step_first = VIZ_NONE};
	return picture->arc_count++;
}

static void load_edges(struct viz_picture *picture, struct index *index)
{
	const struct ldl_snapshot *snapshot = viz_run_snapshot(picture->run);
	uint32_t count = ldl_snapshot_count(snapshot, LDL_TABLE_EDGES);

	for (ldl_edge_id id = 1; id < count; id++) {
		const struct ldl_edge *edge = ldl_snapshot_edge(snapshot, id);
		uint32_t from = edge ? vertex_of_node(picture, index, edge->from) : VIZ_NONE;
		uint32_t to = edge ? vertex_of_node(picture, index, edge->to) : VIZ_NONE;

		add_arc(picture, id, from, to);
	}
}

static uint32_t arc_of_edge(const struct viz_picture *picture, ldl_edge_id edge, uint32_t real_arcs)
{
	uint32_t low = 0, high = real_arcs;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (picture->arcs[middle].edge < edge)
			low = middle + 1;
		else
			high = middle;
	}
	return low < real_arcs && picture->arcs[low].edge == edge ? low : VIZ_NONE;
}

static enum viz_weight finding_weight(const struct viz_run *run, ldl_finding_id id)
{
	unsigned int verdict = ldl_snapshot_finding(viz_run_snapshot(run), id)->verdict;
	unsigned int severity = viz_finding_severity(run, id);

	if (severity == LDL_SEVERITY_ERROR)
		return VIZ_WEIGHT_ERROR;
	if (viz_verdict_is_hidden(verdict) || viz_verdict_is_brief(verdict))
		return VIZ_WEIGHT_GATED;
	return VIZ_WEIGHT_WARNING;
}

/* Findings that are no cycle have nothing to draw: a lock released by the wrong thread, say. */
static bool is_drawable(const struct ldl_finding *finding)
{
	return finding->kind != LDL_FINDING_MISUSE && finding->kind != LDL_FINDING_POLICY;
}

static void add_step(struct viz_picture *picture, struct index *index, uint32_t real_arcs,
	const struct ldl_path_step *path)
{
	struct viz_picture_finding *finding = &picture->findings[picture->finding_count];
	struct viz_step *step = &picture->steps[picture->step_count];
	uint32_t arc = path->edge ? arc_of_edge(picture, path->edge, real_arcs) : VIZ_NONE;
	uint32_t *last;

	if (picture->step_count ==
		ldl_snapshot_count(viz_run_snapshot(picture->run), LDL_TABLE_PATHS))
		return; /* only in a broken file do findings share steps */
	if (arc == VIZ_NONE)
		arc = add_arc(picture, 0, vertex_of_class(picture, index, path->from),
			vertex_of_class(picture, index, path->to));
	if (arc == VIZ_NONE)
		return;
	*step = (struct viz_step){
		.finding = picture->finding_count, .arc = arc, .next = VIZ_NONE, .path = path};
	step->number = ++finding->step_count;
	for (last = &picture->arcs[arc].step_first; *last != VIZ_NONE;)
		last = &picture->steps[*last].next;
	*last = picture->step_count++;
}

static void mark_weight(struct viz_picture *picture, const struct viz_picture_finding *finding)
{
	for (uint32_t i = 0; i < finding->step_count; i++) {
		struct viz_arc *arc = &picture->arcs[picture->steps[finding->step_first + i].arc];
		struct viz_vertex *ends[] = {
			&picture->vertices[arc->from], &picture->vertices[arc->to]};

		if (arc->weight < finding->weight)
			arc->weight = finding->weight;
		for (size_t j = 0; j < ldl_array_len(ends); j++)
			if (ends[j]->weight < finding->weight)
				ends[j]->weight = finding->weight;
	}
}

/* Whether the steps lead back to where they began; else the finding is a broken rule. */
static bool is_ring(const struct viz_picture *picture, const struct viz_picture_finding *finding)
{
	const struct viz_step *steps = &picture->steps[finding->step_first];

	return picture->arcs[steps[0].arc].from ==
	       picture->arcs[steps[finding->step_count - 1].arc].to;
}

static void load_finding(
	struct viz_picture *picture, struct index *index, uint32_t real_arcs, ldl_finding_id id)
{
	const struct ldl_snapshot *snapshot = viz_run_snapshot(picture->run);
	const struct ldl_finding *found = ldl_snapshot_finding(snapshot, id);
	struct viz_picture_finding *finding = &picture->findings[picture->finding_count];
	const struct ldl_path_step *path;
	uint32_t count;

	if (!found || !is_drawable(found))
		return;
	path = ldl_snapshot_path(snapshot, id, &count);
	*finding = (struct viz_picture_finding){.id = id,
		.step_first = picture->step_count,
		.weight = finding_weight(picture->run, id)};
	for (uint32_t i = 0; path && i < count; i++)
		add_step(picture, index, real_arcs, &path[i]);
	if (finding->step_count == 0)
		return;
	mark_weight(picture, finding);
	if (is_ring(picture, finding))
		finding->number = ++picture->cycle_count;
	picture->finding_count++;
}

/* Which findings the options ask for: one by its id, else all that the default view shows, and with
 * --all the others too. False when the id names none. */
static bool load_findings(
	struct viz_picture *picture, struct index *index, char *error, size_t error_size)
{
	const char *prefix = picture->options->finding;
	uint32_t real_arcs = picture->arc_count;
	ldl_finding_id wanted = 0;
	size_t count;
	const ldl_finding_id *ids = viz_run_findings(picture->run, &count);
	ldl_status status = prefix ? viz_finding_lookup(picture->run, prefix, &wanted) : LDL_OK;

	if (status != LDL_OK) {
		snprintf(error, error_size, "%s: %s: the ids are in lockdep-lite report %s",
			status == LDL_BUSY ? "several findings have such an id"
					   : "no finding has such an id",
			prefix, viz_run_path(picture->run));
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		bool is_hidden = viz_finding_shown(picture->run, ids[i]) == VIZ_SHOWN_NOT;

		if (wanted ? ids[i] == wanted
			   : !is_hidden || picture->options->scope == VIZ_GRAPH_ALL)
			load_finding(picture, index, real_arcs, ids[i]);
	}
	if (!wanted || picture->finding_count > 0)
		return true;
	snprintf(error, error_size,
		"that finding is no cycle: %s: read it with lockdep-lite report %s", prefix,
		viz_run_path(picture->run));
	return false;
}

static bool allocate(struct viz_picture *picture, struct index *index)
{
	const struct ldl_snapshot *snapshot = viz_run_snapshot(picture->run);
	size_t nodes = ldl_snapshot_count(snapshot, LDL_TABLE_NODES) + 1u;
	size_t classes = ldl_snapshot_count(snapshot, LDL_TABLE_CLASSES) + 1u;
	size_t edges = ldl_snapshot_count(snapshot, LDL_TABLE_EDGES) + 1u;
	size_t steps = ldl_snapshot_count(snapshot, LDL_TABLE_PATHS) + 1u;
	size_t findings;

	viz_run_findings(picture->run, &findings);
	index->of_node = malloc(nodes * sizeof(*index->of_node));
	index->of_class = malloc(classes * sizeof(*index->of_class));
	picture->vertices = calloc(nodes + classes, sizeof(*picture->vertices));
	picture->arcs = calloc(edges + steps, sizeof(*picture->arcs));
	picture->steps = calloc(steps, sizeof(*picture->steps));
	picture->findings = calloc(findings + 1, sizeof(*picture->findings));
	picture->class_marks = calloc(classes, sizeof(*picture->class_marks));
	if (!picture->class_marks || !index->of_node || !index->of_class || !picture->vertices ||
		!picture->arcs || !picture->steps || !picture->findings)
		return false;
	memset(index->of_node, 0xff, nodes * sizeof(*index->of_node));
	memset(index->of_class, 0xff, classes * sizeof(*index->of_class));
	return true;
}

bool viz_picture_load(struct viz_picture *picture, char *error, size_t error_size)
{
	struct index index = {NULL, NULL};
	bool is_loaded = false;

	if (!allocate(picture, &index)) {
		no_memory(error, error_size);
	} else {
		load_edges(picture, &index);
		is_loaded = load_findings(picture, &index, error, error_size);
	}
	free(index.of_node);
	free(index.of_class);
	return is_loaded;
}

void viz_picture_count(struct viz_picture *picture)
{
	uint32_t classes = ldl_snapshot_count(viz_run_snapshot(picture->run), LDL_TABLE_CLASSES);

	picture->vertices_shown = picture->classes_shown = 0;
	picture->arcs_shown = picture->findings_shown = picture->cycles_shown = 0;
	memset(picture->class_marks, 0, classes);
	for (uint32_t i = 0; i < picture->vertex_count; i++) {
		const struct viz_vertex *vertex = &picture->vertices[i];

		picture->vertices_shown += vertex->is_shown;
		if (!vertex->is_shown || vertex->class >= classes)
			continue;
		picture->classes_shown += !picture->class_marks[vertex->class];
		picture->class_marks[vertex->class] = 1;
	}
	for (uint32_t i = 0; i < picture->arc_count; i++)
		picture->arcs_shown += picture->arcs[i].is_shown && !picture->arcs[i].is_implied;
	for (uint32_t i = 0; i < picture->finding_count; i++) {
		picture->findings_shown += picture->findings[i].is_shown;
		picture->cycles_shown +=
			picture->findings[i].is_shown && picture->findings[i].number;
	}
}

void viz_picture_free(struct viz_picture *picture)
{
	free(picture->vertices);
	free(picture->arcs);
	free(picture->steps);
	free(picture->findings);
	free(picture->class_marks);
	memset(picture, 0, sizeof(*picture));
}
