/* Builds the cgraph of a picture. Shapes and colours are chosen here, texts in dot_label.c. */
#include "dot.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/compiler.h"
#include "dot_label.h"
#include "dot_title.h"

/* sfdp moves boxes apart for up to so many arcs; of more it takes longer than the layout. */
#define ARCS_UNTANGLED 5000u

struct default_attribute {
	int kind;
	const char *name, *value;
};

/* cgraph refuses to set what was not declared. A light card under the picture keeps it legible on
 * dark pages. */
static const struct default_attribute defaults[] = {
	{AGRAPH, "charset", "UTF-8"},
	{AGRAPH, "bgcolor", "#fbfbf9"},
	{AGRAPH, "fontname", VIZ_FONT_CODE},
	{AGRAPH, "fontcolor", "#1f2933"},
	{AGRAPH, "fontsize", "11"},
	{AGRAPH, "label", ""},
	{AGRAPH, "tooltip", ""},
	{AGRAPH, "labelloc", "t"},
	{AGRAPH, "labeljust", "l"},
	{AGRAPH, "linelength", "0"},
	{AGRAPH, "nodesep", "0.4"},
	{AGRAPH, "ranksep", "0.6"},
	{AGRAPH, "pad", "0.25"},
	{AGRAPH, "outputorder", "edgesfirst"},
	{AGRAPH, "layout", "dot"},
	{AGRAPH, "splines", "true"},
	{AGRAPH, "overlap", "true"},
	{AGNODE, "id", ""},
	{AGNODE, "class", ""},
	{AGNODE, "label", ""},
	{AGNODE, "tooltip", ""},
	{AGNODE, "shape", "box"},
	{AGNODE, "style", "filled"},
	{AGNODE, "peripheries", "1"},
	{AGNODE, "width", "0.75"},
	{AGNODE, "height", "0.4"},
	{AGNODE, "margin", "0.16,0.06"},
	{AGNODE, "fillcolor", "#eef1f4"},
	{AGNODE, "color", "#5b6775"},
	{AGNODE, "penwidth", "1"},
	{AGNODE, "fontname", VIZ_FONT_CODE},
	{AGNODE, "fontcolor", "#1f2933"},
	{AGNODE, "fontsize", "12"},
	{AGEDGE, "id", ""},
	{AGEDGE, "class", ""},
	{AGEDGE, "label", ""},
	{AGEDGE, "tooltip", ""},
	{AGEDGE, "style", "solid"},
	{AGEDGE, "color", "#8a96a3"},
	{AGEDGE, "penwidth", "1"},
	{AGEDGE, "arrowsize", "0.8"},
	{AGEDGE, "fontname", VIZ_FONT_CODE},
	{AGEDGE, "fontcolor", "#1f2933"},
	{AGEDGE, "fontsize", "11"},
};

/* How findings of each viz_weight look; never by colour alone. */
static const struct weight_style {
	const char *class, *line, *line_width, *arrow, *border, *fill, *border_width;
} weight_styles[] = {
	[VIZ_WEIGHT_NONE] = {"edge", "#8a96a3", "1", "0.8", "#5b6775", "#eef1f4", "1"},
	[VIZ_WEIGHT_GATED] = {"gated", "#8a96a3", "1.8", "0.9", "#5b6775", "#eef1f4", "1.4"},
	[VIZ_WEIGHT_WARNING] = {"warning", "#b26a00", "2.4", "1", "#945800", "#fdf3e3", "1.8"},
	[VIZ_WEIGHT_ERROR] = {"cycle", "#c62828", "2.6", "1", "#b3261e", "#fdeceb", "1.8"},
};

struct builder {
	const struct viz_picture *picture;
	Agraph_t *graph;
	Agnode_t **nodes;   /* by vertex; NULL: not shown */
	uint32_t *order;    /* by vertex: place among the shown, cycles first; VIZ_NONE */
	uint32_t *sorted;   /* vertices or arcs in the order of the output */
	const char **names; /* by vertex: class name, for sorting */
	bool is_failed;
};

/* A text composed by one of the dot_label functions. */
typedef void put_function(FILE *to, const struct viz_picture *picture, uint32_t index);

static void set(void *object, const char *name, const char *value)
{
	agset(object, (char *)name, (char *)value);
}

/* Finishes what open_memstream() began and sets it. */
static void set_stream(struct builder *builder, void *object, const char *name, FILE *stream,
	char **text, bool html)
{
	char *value;

	if (ferror(stream) | fclose(stream)) {
		builder->is_failed = true;
	} else {
		value = html ? agstrdup_html(builder->graph, *text) : *text;
		set(object, name, value);
		if (html)
			agstrfree(builder->graph, value);
	}
	free(*text);
}

static void set_text(struct builder *builder, void *object, const char *name, put_function *put,
	uint32_t index, bool html)
{
	char *text = NULL;
	size_t len;
	FILE *stream = open_memstream(&text, &len);

	if (!stream) {
		builder->is_failed = true;
		return;
	}
	put(stream, builder->picture, index);
	set_stream(builder, object, name, stream, &text, html);
}

static void declare(Agraph_t *graph)
{
	for (size_t i = 0; i < ldl_array_len(defaults); i++)
		agattr(graph, defaults[i].kind, (char *)defaults[i].name,
			(char *)defaults[i].value);
}

/* The shape says what a vertex is; a lock is a box. */
static void set_shape(Agnode_t *node, const struct viz_vertex *vertex, unsigned int kind)
{
	static const char *const shapes[LDL_KIND_COUNT] = {
		[LDL_KIND_RECLAIM] = "octagon",
		[LDL_KIND_NONBLOCK] = "octagon",
		[LDL_KIND_INTERRUPT] = "octagon",
		[LDL_KIND_RESERVE] = "cylinder",
		[LDL_KIND_EVENT] = "ellipse",
		[LDL_KIND_ALLOCATION] = "note",
	};
	const char *shape = shapes[kind % LDL_KIND_COUNT];

	if (shape)
		set(node, "shape", shape);
	if (vertex->instance)
		set(node, "style", "filled,dashed");
	else if (kind == LDL_KIND_CUSTOM)
		set(node, "style", "filled,rounded");
	if (kind == LDL_KIND_RWLOCK)
		set(node, "peripheries", "2");
}

static void add_node(struct builder *builder, uint32_t index, uint32_t place)
{
	const struct viz_picture *picture = builder->picture;
	const struct viz_vertex *vertex = &picture->vertices[index];
	const struct weight_style *style = &weight_styles[vertex->weight];
	const struct ldl_class *class =
		ldl_snapshot_class(viz_run_snapshot(picture->run), vertex->class);
	char name[32];
	Agnode_t *node;

	snprintf(name, sizeof(name), "n%" PRIu32, place + 1);
	node = builder->nodes[index] = agnode(builder->graph, name, 1);
	if (vertex->node)
		snprintf(name, sizeof(name), "node-%" PRIu32, vertex->node);
	else
		snprintf(name, sizeof(name), "class-%" PRIu32, vertex->class);
	set(node, "id", name);
	set(node, "class", vertex->is_focus ? "focus" : style->class);
	set_text(
		builder, node, "label", viz_dot_put_vertex_label, index, viz_dot_is_roomy(picture));
	set_text(builder, node, "tooltip", viz_dot_put_vertex_tooltip, index, false);
	set_shape(node, vertex, class ? class->kind : LDL_KIND_NONE);
	set(node, "fillcolor", style->fill);
	set(node, "color", style->border);
	set(node, "penwidth", vertex->is_focus ? "2.6" : style->border_width);
}

static void add_edge(struct builder *builder, uint32_t index)
{
	const struct viz_picture *picture = builder->picture;
	const struct viz_arc *arc = &picture->arcs[index];
	const struct weight_style *style = &weight_styles[arc->weight];
	Agedge_t *edge =
		agedge(builder->graph, builder->nodes[arc->from], builder->nodes[arc->to], NULL, 1);
	char id[32];

	if (arc->edge)
		snprintf(id, sizeof(id), "edge-%" PRIu32, arc->edge);
	else
		snprintf(id, sizeof(id), "finding-edge-%" PRIu32, index);
	set(edge, "id", id);
	set(edge, "class", arc->weight ? style->class : "dependency");
	set_text(builder, edge, "tooltip", viz_dot_put_arc_tooltip, index, false);
	if (arc->weight && viz_dot_is_roomy(picture))
		set_text(builder, edge, "label", viz_dot_put_arc_label, index, true);
	set(edge, "color", style->line);
	set(edge, "penwidth", style->line_width);
	set(edge, "arrowsize", style->arrow);
	if (viz_dot_is_bounded(picture, index))
		set(edge, "style", "dashed");
}

static int compare_vertices(const void *left, const void *right, void *context)
{
	const struct builder *builder = context;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	const struct viz_vertex *one = &builder->picture->vertices[a];
	const struct viz_vertex *other = &builder->picture->vertices[b];
	int by_name = strcmp(builder->names[a], builder->names[b]);

	if (by_name != 0)
		return by_name;
	if (one->addr != other->addr)
		return one->addr < other->addr ? -1 : 1;
	return one->node < other->node ? -1 : one->node > other->node;
}

static int compare_arcs(const void *left, const void *right, void *context)
{
	const struct builder *builder = context;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	const struct viz_arc *one = &builder->picture->arcs[a];
	const struct viz_arc *other = &builder->picture->arcs[b];
	const uint32_t *order = builder->order;

	if (one->from != other->from)
		return order[one->from] < order[other->from] ? -1 : 1;
	if (one->to != other->to)
		return order[one->to] < order[other->to] ? -1 : 1;
	return a < b ? -1 : a > b;
}

/* Cycles come first, in the order of their steps: so the layout lets each begin at its top. */
static void add_nodes(struct builder *builder)
{
	const struct viz_picture *picture = builder->picture;
	uint32_t place = 0, rest = 0;

	memset(builder->order, 0xff, (picture->vertex_count + 1u) * sizeof(*builder->order));
	for (uint32_t i = 0; i < picture->step_count; i++) {
		uint32_t vertex = picture->arcs[picture->steps[i].arc].from;

		if (!picture->vertices[vertex].is_shown || builder->order[vertex] != VIZ_NONE)
			continue;
		builder->order[vertex] = place++;
		add_node(builder, vertex, builder->order[vertex]);
	}
	for (uint32_t i = 0; i < picture->vertex_count; i++) {
		if (!picture->vertices[i].is_shown || builder->order[i] != VIZ_NONE)
			continue;
		builder->names[i] = viz_class_name(picture->run, picture->vertices[i].class);
		builder->sorted[rest++] = i;
	}
	qsort_r(builder->sorted, rest, sizeof(*builder->sorted), compare_vertices, builder);
	for (uint32_t i = 0; i < rest; i++) {
		builder->order[builder->sorted[i]] = place++;
		add_node(builder, builder->sorted[i], place - 1u);
	}
}

static bool is_drawn(const struct viz_arc *arc)
{
	return arc->is_shown && !arc->is_implied;
}

static void add_edges(struct builder *builder)
{
	const struct viz_picture *picture = builder->picture;
	uint32_t count = 0;

	for (uint32_t i = 0; i < picture->arc_count; i++)
		if (is_drawn(&picture->arcs[i]))
			builder->sorted[count++] = i;
	qsort_r(builder->sorted, count, sizeof(*builder->sorted), compare_arcs, builder);
	for (uint32_t i = 0; i < count; i++)
		add_edge(builder, builder->sorted[i]);
}

static void put_title(FILE *to, const struct viz_picture *picture, uint32_t index)
{
	(void)index;
	viz_dot_put_title(to, picture);
}

static void put_summary(FILE *to, const struct viz_picture *picture, uint32_t index)
{
	(void)index;
	viz_dot_put_summary(to, picture);
}

static void put_nothing(FILE *to, const struct viz_picture *picture, uint32_t index)
{
	(void)index;
	viz_dot_put_nothing(to, picture);
}

static void fill(struct builder *builder)
{
	const struct viz_picture *picture = builder->picture;
	Agnode_t *nothing;

	declare(builder->graph);
	set_text(builder, builder->graph, "label", put_title, 0, true);
	set_text(builder, builder->graph, "tooltip", put_summary, 0, false);
	add_nodes(builder);
	add_edges(builder);
	if (picture->vertices_shown == 0) {
		nothing = agnode(builder->graph, (char *)"nothing", 1);
		set_text(builder, nothing, "label", put_nothing, 0, false);
	}
	viz_dot_set_engine(builder->graph, viz_dot_engine(picture), picture->arcs_shown);
}

Agraph_t *viz_dot_build(const struct viz_picture *picture)
{
	size_t vertices = picture->vertex_count + 1u, arcs = picture->arc_count + 1u;
	struct builder builder = {
		.picture = picture,
		.graph = agopen((char *)"lockdep-lite", Agstrictdirected, NULL),
		.nodes = calloc(vertices, sizeof(*builder.nodes)),
		.order = calloc(vertices, sizeof(*builder.order)),
		.sorted = calloc(vertices > arcs ? vertices : arcs, sizeof(*builder.sorted)),
		.names = calloc(vertices, sizeof(*builder.names)),
	};

	builder.is_failed = !builder.graph || !builder.nodes || !builder.order || !builder.sorted ||
			    !builder.names;
	if (!builder.is_failed)
		fill(&builder);
	free(builder.nodes);
	free(builder.order);
	free(builder.sorted);
	free(builder.names);
	if (builder.is_failed && builder.graph) {
		agclose(builder.graph);
		return NULL;
	}
	return builder.graph;
}

const char *viz_dot_engine(const struct viz_picture *picture)
{
	return picture->arcs_shown <= VIZ_ARCS_MIDDLE ? "dot" : "sfdp";
}

void viz_dot_set_engine(Agraph_t *graph, const char *engine, uint32_t arcs)
{
	bool is_sfdp = strcmp(engine, "sfdp") == 0;
	bool is_limited = !is_sfdp && arcs > VIZ_ARCS_SMALL;

	set(graph, "layout", engine);
	set(graph, "splines", is_sfdp || is_limited ? "line" : "true");
	set(graph, "overlap", !is_sfdp ? "true" : arcs > ARCS_UNTANGLED ? "prism0" : "prism");
	if (!is_limited)
		return; /* the mere presence of an empty nslimit would mean 0 */
	agattr(graph, AGRAPH, (char *)"nslimit", (char *)"2");
	agattr(graph, AGRAPH, (char *)"nslimit1", (char *)"2");
	agattr(graph, AGRAPH, (char *)"mclimit", (char *)".1");
}
