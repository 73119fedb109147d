/* Composes the texts of a picture from the run's names and places. */
#include "dot_label.h"

#include <inttypes.h>
#include <string.h>

#include "dot_escape.h"
#include "gfp.h"
#include "hop.h"
#include "inventory.h"

#define LINE_MAX_CHARS 36u /* of a name in a box */
#define LINES_MAX      3u
#define BREAK_WINDOW   14u  /* how far back a line may end to end well */
#define TITLE_MAX      160u /* bytes of a finding's title */
#define WORDS_MAX      40u  /* bytes of a thread's name or a place beside an arrow */
#define STEPS_TOLD     4u   /* in one tooltip */
#define NUMBERS_TOLD   2u   /* beside one arrow */
#define SITES_TOLD_MAX                                                                             \
	VIZ_ARCS_MIDDLE /* of more arcs, tooltips name no places: each costs a look-up */

#define GREY "#5b6775"

bool viz_dot_is_roomy(const struct viz_picture *picture)
{
	return picture->arcs_shown <= VIZ_ARCS_ROOMY;
}

static void put(FILE *to, bool html, const char *text, size_t len)
{
	if (html)
		viz_dot_put_html(to, text, len);
	else
		viz_dot_put_text(to, text, len);
}

static const char *vertex_name(const struct viz_picture *picture, const struct viz_vertex *vertex)
{
	return viz_class_short_name(picture->run, vertex->class);
}

/* A name in up to three lines, its middle left out when that is not enough. */
struct lines {
	const char *start[LINES_MAX];
	size_t len[LINES_MAX];
	unsigned int count;
	bool is_cut; /* before the last line */
};

static bool is_inside_character(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

static size_t line_length(const char *text, size_t len)
{
	size_t end = LINE_MAX_CHARS;

	if (len <= LINE_MAX_CHARS)
		return len;
	for (size_t i = LINE_MAX_CHARS; i > LINE_MAX_CHARS - BREAK_WINDOW; i--)
		if (strchr(":_,. /<-", text[i - 1]))
			return i;
	while (end > 1 && is_inside_character(text[end]))
		end--;
	return end;
}

static struct lines break_lines(const char *text)
{
	struct lines lines = {.count = 0};
	size_t len = strlen(text);

	while (len > 0 || lines.count == 0) {
		size_t take = line_length(text, len);

		if (lines.count == LINES_MAX - 1 && take < len) {
			lines.is_cut = true;
			take = LINE_MAX_CHARS - 1;
			while (take > 1 && is_inside_character(text[len - take]))
				take--;
			text += len - take;
			len = take;
		}
		lines.start[lines.count] = text;
		lines.len[lines.count++] = take;
		text += take;
		len -= take;
	}
	return lines;
}

static void put_name(FILE *to, const struct viz_picture *picture, uint32_t index, bool html)
{
	const struct viz_vertex *vertex = &picture->vertices[index];
	struct lines lines = break_lines(vertex_name(picture, vertex));

	for (unsigned int i = 0; i < lines.count; i++) {
		if (i > 0)
			fputs(html ? "<br/>" : "\\n", to);
		if (i == LINES_MAX - 1 && lines.is_cut)
			fputs("…", to);
		put(to, html, lines.start[i], lines.len[i]);
	}
	if (vertex->instance && vertex->addr)
		fprintf(to, "%s@ 0x%" PRIx64, html ? "<br/>" : "\\n", vertex->addr);
	else if (vertex->instance)
		fprintf(to, "%s@ a lock that is gone", html ? "<br/>" : "\\n");
}

/* "mutex", "rwlock, 256 locks": plain words, nothing to escape. */
static void detail(const struct viz_picture *picture, uint32_t index, char *text, size_t size)
{
	const struct viz_vertex *vertex = &picture->vertices[index];
	const struct ldl_class *class =
		ldl_snapshot_class(viz_run_snapshot(picture->run), vertex->class);
	const char *kind = viz_kind_name(class ? class->kind : LDL_KIND_NONE);

	if (class && class->kind == LDL_KIND_NONBLOCK)
		snprintf(text, size, "must not block");
	else if (class && class->kind == LDL_KIND_RESERVE &&
		 viz_reserve_size(picture->run, vertex->class))
		snprintf(text, size, "reserve of %" PRIu32,
			viz_reserve_size(picture->run, vertex->class));
	else if (class && !ldl_kind_is_lock(class->kind))
		snprintf(text, size, "%s", kind);
	else if (class && !vertex->instance && class->instances > 1)
		snprintf(text, size, "%s, %" PRIu32 " locks", kind, class->instances);
	else
		snprintf(text, size, "%s", kind);
}

void viz_dot_put_vertex_label(FILE *to, const struct viz_picture *picture, uint32_t vertex)
{
	bool html = viz_dot_is_roomy(picture);
	char small[64];

	if (!html) {
		put_name(to, picture, vertex, html);
		return;
	}
	detail(picture, vertex, small, sizeof(small));
	fputs("<table border=\"0\" cellborder=\"0\" cellspacing=\"0\" cellpadding=\"1\">"
	      "<tr><td><b>",
		to);
	put_name(to, picture, vertex, html);
	fputs("</b></td></tr><tr><td><font point-size=\"10\" color=\"" GREY "\">", to);
	put(to, html, small, strlen(small));
	fputs("</font></td></tr></table>", to);
}

void viz_dot_put_vertex_tooltip(FILE *to, const struct viz_picture *picture, uint32_t vertex)
{
	const char *phrase = viz_class_phrase(picture->run, picture->vertices[vertex].class);
	char small[64];

	viz_dot_put_text(to, phrase, strlen(phrase));
	detail(picture, vertex, small, sizeof(small));
	fputs("\\n", to);
	viz_dot_put_text(to, small, strlen(small));
}

static ldl_witness_id arc_witness(const struct viz_picture *picture, const struct viz_arc *arc)
{
	const struct ldl_edge *edge = ldl_snapshot_edge(viz_run_snapshot(picture->run), arc->edge);

	if (arc->step_first != VIZ_NONE)
		return viz_step_witness(picture->run, picture->steps[arc->step_first].path);
	return edge ? edge->witness_first : 0;
}

/* "1", or, when the picture has several cycles, "1.2": the cycle before the step; "A7" where the
 * arrow is no part of one. */
static int number_of(
	const struct viz_picture *picture, const struct viz_step *step, char *text, size_t size)
{
	const struct viz_picture_finding *finding = &picture->findings[step->finding];
	const struct ldl_finding *found =
		ldl_snapshot_finding(viz_run_snapshot(picture->run), finding->id);

	if (finding->number == 0)
		return snprintf(text, size, "%s", viz_rule_id(found->rule));
	if (picture->cycles_shown > 1)
		return snprintf(text, size, "%" PRIu32 ".%" PRIu32, finding->number, step->number);
	return snprintf(text, size, "%" PRIu32, step->number);
}

/* Those of all findings that run along an arc, or the first of them. */
static void numbers(
	const struct viz_picture *picture, const struct viz_arc *arc, char *text, size_t size)
{
	unsigned int told = 0;
	int len = 0;

	text[0] = 0;
	for (uint32_t i = arc->step_first; i != VIZ_NONE; i = picture->steps[i].next) {
		const struct viz_step *step = &picture->steps[i];

		if (!picture->findings[step->finding].is_shown)
			continue;
		if (told++ == NUMBERS_TOLD) {
			snprintf(text + len, size - (size_t)len, " +");
			return;
		}
		if (len)
			text[len++] = ' ';
		len += number_of(picture, step, text + len, size - (size_t)len);
	}
}

/* Puts at most WORDS_MAX bytes, so that an arrow's label stays short. */
static void put_short(FILE *to, const char *text)
{
	size_t len = strlen(text);

	if (len > WORDS_MAX) {
		for (len = WORDS_MAX; len > 1 && is_inside_character(text[len]);)
			len--;
		viz_dot_put_html(to, text, len);
		fputs("…", to);
	} else {
		viz_dot_put_html(to, text, len);
	}
}

/* Where the arrow's lock was asked for, in the fewest words: notes are for the tooltip. */
static void put_place(FILE *to, const struct viz_picture *picture, ldl_witness_id id)
{
	struct viz_stack stack = viz_witness_to(picture->run, id);
	struct viz_frame frame;
	char words[160];

	if (stack.count == 0)
		return;
	frame = stack.frames[stack.site];
	frame.note = NULL;
	fputs("<tr><td></td><td align=\"left\"><font point-size=\"9\" color=\"" GREY "\">", to);
	put_short(to, viz_frame_text(&frame, false, words, sizeof(words)));
	fputs("</font></td></tr>", to);
}

static struct viz_hop arc_hop(const struct viz_picture *picture, const struct viz_arc *arc)
{
	struct ldl_path_step step = {
		.edge = arc->edge,
		.witness = arc_witness(picture, arc),
		.from = picture->vertices[arc->from].class,
		.to = picture->vertices[arc->to].class,
	};

	return viz_hop_of(picture->run, &step);
}

/* What the step is besides an order of two locks: an allocation with its mask, an indirect step. */
static void put_sort(FILE *to, const struct viz_picture *picture, const struct viz_arc *arc)
{
	struct viz_hop hop = arc_hop(picture, arc);
	char mask[VIZ_GFP_MAX];

	if (!hop.is_indirect && !(hop.witness && hop.witness->gfp))
		return;
	fputs("<tr><td></td><td align=\"left\"><font point-size=\"9\">", to);
	if (hop.is_indirect)
		fputs(hop.runner ? "<i>indirect:</i> " : "<i>indirect</i> ", to);
	if (hop.runner)
		put_short(to, hop.runner);
	else if (hop.is_retry)
		fputs("to try again: ", to);
	if (hop.witness && hop.witness->gfp)
		put_short(to, viz_gfp_text(hop.witness->gfp, mask, sizeof(mask)));
	fputs("</font></td></tr>", to);
}

void viz_dot_put_arc_label(FILE *to, const struct viz_picture *picture, uint32_t index)
{
	const struct viz_arc *arc = &picture->arcs[index];
	ldl_witness_id id = arc_witness(picture, arc);
	const struct ldl_witness *witness =
		ldl_snapshot_witness(viz_run_snapshot(picture->run), id);
	char words[160];

	numbers(picture, arc, words, sizeof(words));
	fprintf(to,
		"<table border=\"0\" cellborder=\"0\" cellspacing=\"0\" cellpadding=\"2\"><tr>"
		"<td> <b>%s</b></td><td align=\"left\">",
		words);
	if (witness) {
		viz_thread_label(picture->run, witness, words, sizeof(words));
		put_short(to, words);
	}
	fputs("</td></tr>", to);
	if (witness)
		put_place(to, picture, id);
	put_sort(to, picture, arc);
	fputs("</table>", to);
}

static void put_line(FILE *to, const char *text)
{
	viz_dot_put_text(to, text, strlen(text));
	fputs("\\n", to);
}

static void put_steps(FILE *to, const struct viz_picture *picture, const struct viz_arc *arc)
{
	char title[TITLE_MAX], line[TITLE_MAX + 64];
	unsigned int told = 0;

	for (uint32_t i = arc->step_first; i != VIZ_NONE; i = picture->steps[i].next) {
		const struct viz_step *step = &picture->steps[i];
		const struct viz_picture_finding *finding = &picture->findings[step->finding];

		if (!finding->is_shown)
			continue;
		if (told++ == STEPS_TOLD) {
			put_line(to, "… and of more findings");
			return;
		}
		viz_finding_title(picture->run, finding->id, title, sizeof(title));
		if (finding->number)
			snprintf(line, sizeof(line), "step %" PRIu32 " of %" PRIu32 ": %s",
				step->number, finding->step_count, title);
		else
			snprintf(line, sizeof(line), "%s", title);
		put_line(to, line);
	}
}

static void put_evidence(
	FILE *to, const struct viz_picture *picture, ldl_witness_id id, const struct viz_hop *hop)
{
	const struct ldl_witness *witness =
		ldl_snapshot_witness(viz_run_snapshot(picture->run), id);
	struct viz_stack from, to_stack;
	char place[256], line[320];
	bool is_order;

	if (!witness)
		return;
	from = viz_witness_from(picture->run, id);
	to_stack = viz_witness_to(picture->run, id);
	viz_thread_text(picture->run, witness, line, sizeof(line));
	put_line(to, line);
	is_order = ldl_kind_is_lock(hop->from_kind) && ldl_kind_is_lock(hop->to_kind);
	snprintf(line, sizeof(line), "%s %s", is_order ? "took the first at" : "the first:",
		viz_stack_text(&from, place, sizeof(place)));
	put_line(to, line);
	snprintf(line, sizeof(line), "%s %s", is_order ? "asked for the second at" : "the second:",
		viz_stack_text(&to_stack, place, sizeof(place)));
	put_line(to, line);
}

void viz_dot_put_arc_tooltip(FILE *to, const struct viz_picture *picture, uint32_t index)
{
	const struct viz_arc *arc = &picture->arcs[index];
	const struct ldl_edge *edge = ldl_snapshot_edge(viz_run_snapshot(picture->run), arc->edge);
	const char *from = vertex_name(picture, &picture->vertices[arc->from]);
	const char *target = vertex_name(picture, &picture->vertices[arc->to]);
	struct viz_hop hop = arc_hop(picture, arc);
	char relation[4 * VIZ_GFP_MAX];

	viz_dot_put_text(to, from, strlen(from));
	fputs(" → ", to);
	put_line(to, target);
	if (!ldl_kind_is_lock(hop.from_kind) || !ldl_kind_is_lock(hop.to_kind))
		put_line(to, viz_hop_relation(&hop, target, relation, sizeof(relation)));
	put_steps(to, picture, arc);
	if (picture->arcs_shown <= SITES_TOLD_MAX)
		put_evidence(to, picture, arc_witness(picture, arc), &hop);
	if (edge)
		fprintf(to, "%" PRIu32 " witness%s", edge->witness_count,
			edge->witness_count == 1 ? "" : "es");
	if (viz_dot_is_bounded(picture, index))
		fputs("\\nthe wait is timed", to);
}

bool viz_dot_is_bounded(const struct viz_picture *picture, uint32_t index)
{
	const struct ldl_edge *edge =
		ldl_snapshot_edge(viz_run_snapshot(picture->run), picture->arcs[index].edge);

	return edge && (edge->types >> LDL_EDGE_UNTIMED_SHIFT & LDL_EDGE_TYPES) == 0;
}
