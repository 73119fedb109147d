/* Marks the part of the graph that a picture shows: cycles and what is near, all, or a focus. */
#include "callback.h"
#include "picture.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

/* Neighbours are there for orientation: so many around one lock of a cycle, each way. */
#define NEIGHBOURS_EACH_WAY 3u
#define NEIGHBOURS_LEAST    20u /* arcs besides the cycles, when those alone fill the picture */
#define CYCLE_ARCS_FEW      40u

static void show_arc(struct viz_picture *picture, uint32_t index)
{
	struct viz_arc *arc = &picture->arcs[index];

	arc->is_shown = true;
	picture->vertices[arc->from].is_shown = true;
	picture->vertices[arc->to].is_shown = true;
}

static void show_finding(struct viz_picture *picture, struct viz_picture_finding *finding)
{
	finding->is_shown = true;
	for (uint32_t i = 0; i < finding->step_count; i++)
		show_arc(picture, picture->steps[finding->step_first + i].arc);
}

/* Whole cycles, worst first, while they fit; the worst one always does. */
static uint32_t show_cycles(struct viz_picture *picture, uint32_t room)
{
	uint32_t arcs = 0;

	for (uint32_t i = 0; i < picture->finding_count; i++) {
		struct viz_picture_finding *finding = &picture->findings[i];
		uint32_t more = 0;

		for (uint32_t j = 0; j < finding->step_count; j++)
			more += !picture->arcs[picture->steps[finding->step_first + j].arc]
					 .is_shown;
		if (i > 0 && arcs + more > room) {
			picture->is_cut = true;
			continue;
		}
		show_finding(picture, finding);
		arcs += more;
	}
	return arcs;
}

struct candidate {
	uint32_t arc;
	uint32_t seen;
	bool is_chord; /* both ends are on a cycle */
};

static int compare_candidates(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	if (a->is_chord != b->is_chord)
		return a->is_chord ? -1 : 1;
	if (a->seen != b->seen)
		return a->seen > b->seen ? -1 : 1;
	return a->arc < b->arc ? -1 : a->arc > b->arc;
}

static unsigned int kind_of(const struct viz_picture *picture, uint32_t vertex)
{
	const struct ldl_class *class =
		ldl_snapshot_class(viz_run_snapshot(picture->run), picture->vertices[vertex].class);

	return class ? class->kind : LDL_KIND_NONE;
}

static bool is_section(unsigned int kind)
{
	return kind == LDL_KIND_RECLAIM || kind == LDL_KIND_NONBLOCK || kind == LDL_KIND_INTERRUPT;
}

/* Marks the vertices from which an arc leads on. */
static void mark_sources(const struct viz_picture *picture, uint8_t *is_source)
{
	for (uint32_t i = 0; i < picture->arc_count; i++)
		if (picture->arcs[i].edge)
			is_source[picture->arcs[i].from] = 1;
}

static const struct ldl_witness *witness_of(
	const struct viz_picture *picture, const struct viz_arc *arc)
{
	const struct ldl_snapshot *snapshot = viz_run_snapshot(picture->run);
	const struct ldl_edge *edge = ldl_snapshot_edge(snapshot, arc->edge);

	return edge ? ldl_snapshot_witness(snapshot, edge->witness_first) : NULL;
}

/* Whether an arc was made together with one that is part of a finding, by the same wait: then it
 * says of one more section what that arc says. */
static bool is_companion(const struct viz_picture *picture, const struct viz_arc *arc)
{
	const struct ldl_witness *mine = witness_of(picture, arc);

	for (uint32_t i = 0; mine && i < picture->step_count; i++) {
		const struct viz_arc *other = &picture->arcs[picture->steps[i].arc];
		const struct ldl_witness *its = witness_of(picture, other);

		if (other != arc && its && its->to_site == mine->to_site &&
			its->thread_serial == mine->thread_serial &&
			(other->to == arc->to || other->from == arc->from))
			return true;
	}
	return false;
}

/* What a reader of a cycle learns nothing from: sections that nobody was ever in, sections beside
 * the one that the cycle goes through, and the locks that merely say that a callback runs. */
static bool is_noise(
	const struct viz_picture *picture, const struct viz_arc *arc, const uint8_t *is_source)
{
	bool is_from_section = is_section(kind_of(picture, arc->from));
	bool is_to_section = is_section(kind_of(picture, arc->to));

	if (viz_callback_is_run(picture->run, picture->vertices[arc->from].class))
		return true;
	if (is_to_section && !is_source[arc->to])
		return true;
	return (is_from_section || is_to_section) && is_companion(picture, arc);
}

static uint32_t collect_candidates(
	const struct viz_picture *picture, const uint8_t *is_source, struct candidate *candidates)
{
	const struct ldl_snapshot *snapshot = viz_run_snapshot(picture->run);
	uint32_t count = 0;

	for (uint32_t i = 0; i < picture->arc_count; i++) {
		const struct viz_arc *arc = &picture->arcs[i];
		const struct ldl_edge *edge = ldl_snapshot_edge(snapshot, arc->edge);
		bool from = picture->vertices[arc->from].is_shown;
		bool to = picture->vertices[arc->to].is_shown;

		if (!edge || arc->is_shown || (!from && !to) || is_noise(picture, arc, is_source))
			continue;
		candidates[count++] =
			(struct candidate){.arc = i, .seen = edge->seen, .is_chord = from && to};
	}
	qsort(candidates, count, sizeof(*candidates), compare_candidates);
	return count;
}

/* Adds what leads to and from the shown vertices, the most used first, `room` arcs at most. */
static void show_neighbours(struct viz_picture *picture, uint32_t room)
{
	struct candidate *candidates = malloc((picture->arc_count + 1u) * sizeof(*candidates));
	uint8_t *used = calloc(picture->vertex_count + 1u, 2);
	uint8_t *is_source = calloc(picture->vertex_count + 1u, 1);
	uint32_t count;

	if (!candidates || !used || !is_source)
		goto out; /* a picture without neighbours */
	mark_sources(picture, is_source);
	count = collect_candidates(picture, is_source, candidates);
	for (uint32_t i = 0; i < count && room > 0; i++) {
		const struct viz_arc *arc = &picture->arcs[candidates[i].arc];
		bool leaves = picture->vertices[arc->from].weight > VIZ_WEIGHT_NONE;
		uint8_t *mine = &used[2u * (leaves ? arc->from : arc->to) + leaves];

		if (!candidates[i].is_chord && ++*mine > NEIGHBOURS_EACH_WAY) {
			*mine = NEIGHBOURS_EACH_WAY;
			continue;
		}
		show_arc(picture, candidates[i].arc);
		room--;
	}
out:
	free(candidates);
	free(used);
	free(is_source);
}

static void select_all(struct viz_picture *picture)
{
	uint32_t shown = show_cycles(picture, VIZ_ARCS_MAX);

	for (uint32_t i = 0; i < picture->arc_count; i++) {
		if (picture->arcs[i].is_shown)
			continue;
		if (shown >= VIZ_ARCS_MAX) {
			picture->is_cut = true;
			break;
		}
		show_arc(picture, i);
		shown++;
	}
}

static void select_cycles(struct viz_picture *picture)
{
	uint32_t arcs;

	if (picture->finding_count > 0) {
		arcs = show_cycles(picture, VIZ_ARCS_SMALL);
		show_neighbours(
			picture, arcs < CYCLE_ARCS_FEW ? VIZ_ARCS_ROOMY - arcs : NEIGHBOURS_LEAST);
	} else if (picture->arc_count <= VIZ_ARCS_SMALL) {
		select_all(picture);
	}
}

enum match { MATCH_EXACT, MATCH_GLOB, MATCH_PART };

static bool is_match(const char *name, const char *pattern, enum match how)
{
	if (how == MATCH_EXACT)
		return strcmp(name, pattern) == 0;
	return how == MATCH_GLOB ? fnmatch(pattern, name, 0) == 0 : strstr(name, pattern) != NULL;
}

static uint32_t mark_classes(struct viz_picture *picture, enum match how)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < picture->vertex_count; i++) {
		struct viz_vertex *vertex = &picture->vertices[i];
		const char *name = viz_class_name(picture->run, vertex->class);

		vertex->is_focus = is_match(name, picture->options->focus, how);
		count += vertex->is_focus;
	}
	return count;
}

static uint32_t mark_finding(struct viz_picture *picture)
{
	ldl_finding_id id;
	uint32_t count = 0;

	if (viz_finding_lookup(picture->run, picture->options->focus, &id) != LDL_OK)
		return 0;
	for (uint32_t i = 0; i < picture->finding_count; i++) {
		const struct viz_picture_finding *finding = &picture->findings[i];

		for (uint32_t j = 0; finding->id == id && j < finding->step_count; j++) {
			uint32_t arc = picture->steps[finding->step_first + j].arc;

			picture->vertices[picture->arcs[arc].from].is_focus = true;
			count++;
		}
	}
	return count;
}

/* What --focus names, the most exact reading first. */
static bool mark_focus(struct viz_picture *picture)
{
	return mark_classes(picture, MATCH_EXACT) || mark_classes(picture, MATCH_GLOB) ||
	       mark_finding(picture) || mark_classes(picture, MATCH_PART);
}

/* Distance from the focus, along arcs either way; VIZ_NONE: further than the options allow. Returns
 * the largest. */
static uint32_t measure_levels(const struct viz_picture *picture, uint32_t *levels)
{
	uint32_t level = 0;
	bool is_changed = true;

	for (uint32_t i = 0; i < picture->vertex_count; i++)
		levels[i] = picture->vertices[i].is_focus ? 0 : VIZ_NONE;
	for (; is_changed && level < picture->options->depth; level++) {
		is_changed = false;
		for (uint32_t i = 0; i < picture->arc_count; i++) {
			const struct viz_arc *arc = &picture->arcs[i];
			uint32_t near = levels[arc->from] == level ? arc->from : arc->to;
			uint32_t far = near == arc->from ? arc->to : arc->from;

			if (levels[near] != level || levels[far] != VIZ_NONE)
				continue;
			levels[far] = level + 1;
			is_changed = true;
		}
	}
	return level;
}

static uint32_t farther(const uint32_t *levels, const struct viz_arc *arc)
{
	uint32_t from = levels[arc->from], to = levels[arc->to];

	return from > to ? from : to;
}

/* Shows all arcs among the reached vertices, nearest first, until the picture is full. */
static void show_levels(struct viz_picture *picture, const uint32_t *levels, uint32_t last)
{
	uint32_t shown = 0;

	for (uint32_t level = 0; level <= last; level++) {
		for (uint32_t i = 0; i < picture->arc_count; i++) {
			if (farther(levels, &picture->arcs[i]) != level)
				continue;
			if (shown++ >= VIZ_ARCS_MIDDLE) {
				picture->is_cut = true;
				return;
			}
			show_arc(picture, i);
		}
	}
}

static bool select_focus(struct viz_picture *picture, char *error, size_t error_size)
{
	uint32_t *levels;

	if (!mark_focus(picture)) {
		snprintf(error, error_size,
			"no lock class in a dependency is called that: %s: the names are in a "
			"picture made with --all",
			picture->options->focus);
		return false;
	}
	levels = malloc((picture->vertex_count + 1u) * sizeof(*levels));
	if (!levels) {
		snprintf(error, error_size, "cannot draw: out of memory: choose a smaller --depth");
		return false;
	}
	for (uint32_t i = 0; i < picture->vertex_count; i++)
		picture->vertices[i].is_shown |= picture->vertices[i].is_focus;
	show_levels(picture, levels, measure_levels(picture, levels));
	free(levels);
	for (uint32_t i = 0; i < picture->finding_count; i++) {
		const struct viz_picture_finding *finding = &picture->findings[i];

		picture->findings[i].is_shown = true;
		for (uint32_t j = 0; j < finding->step_count; j++)
			if (!picture->arcs[picture->steps[finding->step_first + j].arc].is_shown)
				picture->findings[i].is_shown = false;
	}
	return true;
}

bool viz_picture_select(struct viz_picture *picture, char *error, size_t error_size)
{
	bool is_selected = true;

	if (picture->options->scope == VIZ_GRAPH_FOCUS)
		is_selected = select_focus(picture, error, error_size);
	else if (picture->options->scope == VIZ_GRAPH_ALL)
		select_all(picture);
	else
		select_cycles(picture);
	viz_picture_count(picture);
	return is_selected;
}
