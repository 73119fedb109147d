/* The sequence behind every picture: load, select, reduce, build, render. */
#include "graph.h"

#include <string.h>

#include "cmd.h"
#include "dot.h"
#include "picture.h"
#include "render.h"

/* What the command and the launcher leave at 0. */
static struct viz_graph_options with_defaults(const struct viz_graph_options *given)
{
	struct viz_graph_options options = *given;

	if (options.time_limit == 0)
		options.time_limit = VIZ_GRAPH_TIME_LIMIT;
	if (options.depth == 0)
		options.depth = 1;
	return options;
}

static void note_engine(const struct viz_picture *picture, FILE *notes, const char *path)
{
	if (!notes || strcmp(viz_dot_engine(picture), "dot") == 0)
		return;
	fprintf(notes,
		"lockdep-lite: %u edges are too many for dot: %s: drawn with sfdp; --cycles or "
		"--focus show less and read better\n",
		picture->arcs_shown, path);
}

static bool write_picture(
	const struct viz_picture *picture, const char *out, char *error, size_t error_size)
{
	struct viz_render_options options = {
		.format = viz_render_format_of(out),
		.engine = viz_dot_engine(picture),
		.arcs = picture->arcs_shown,
		.time_limit = picture->options->time_limit,
		.notes = picture->options->notes,
	};
	Agraph_t *graph = viz_dot_build(picture);
	bool is_written;

	if (!graph) {
		snprintf(error, error_size, "cannot draw: out of memory: show less with --focus");
		return false;
	}
	if (options.format != VIZ_RENDER_DOT && strcmp(out, "-") != 0)
		note_engine(picture, options.notes, out);
	if (strcmp(out, "-") == 0)
		is_written = viz_render_text(graph, stdout, error, error_size);
	else
		is_written = viz_render_file(graph, out, &options, error, error_size);
	agclose(graph);
	return is_written;
}

int viz_graph_write(struct viz_run *run, const struct viz_graph_options *options, const char *out,
	char *error, size_t error_size)
{
	struct viz_graph_options complete = with_defaults(options);
	struct viz_picture picture = {.run = run, .options = &complete};
	bool is_written = false;

	if (strcmp(out, "-") != 0 && viz_render_format_of(out) == VIZ_RENDER_NONE) {
		snprintf(error, error_size,
			"unknown kind of picture: %s: name it *.svg, *.png, *.pdf or *.dot, or - "
			"for DOT on stdout",
			out);
		return VIZ_EXIT_BAD_INPUT;
	}
	if (viz_picture_load(&picture, error, error_size) &&
		viz_picture_select(&picture, error, error_size)) {
		if (picture.arcs_shown > VIZ_ARCS_SMALL)
			viz_picture_reduce(&picture);
		is_written = write_picture(&picture, out, error, error_size);
	}
	viz_picture_free(&picture);
	return is_written ? VIZ_EXIT_CLEAN : VIZ_EXIT_BAD_INPUT;
}
