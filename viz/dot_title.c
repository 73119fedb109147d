/* Composes a picture's heading. */
#include "dot_title.h"

#include <inttypes.h>
#include <string.h>

#include "dot_escape.h"
#include "dot_label.h"
#include "view.h"

#define GREY        "#5b6775"
#define TEXT_MAX    200u
#define PROGRAM_MAX 60u /* characters of a program's name, at the least */

/* One line of the heading. Its width is claimed for the widest of common fonts: Graphviz measures a
 * narrow one, and a viewer may have none of those that were asked for. */
static void put_row(FILE *to, unsigned int points, const char *text, size_t len, bool is_bold)
{
	double em = is_bold ? 0.7 : 0.6;

	fprintf(to,
		"<tr><td align=\"left\" width=\"%.0f\"><font face=\"" VIZ_FONT_PROSE
		"\" point-size=\"%u\"%s>%s",
		em * points * (double)viz_dot_text_width(text, len), points,
		is_bold ? "" : " color=\"" GREY "\"", is_bold ? "<b>" : "");
	viz_dot_put_html(to, text, len);
	fprintf(to, "%s</font></td></tr>", is_bold ? "</b>" : "");
}

static void put_line(FILE *to, const char *text)
{
	put_row(to, 10, text, strlen(text), false);
}

static const char *program_name(const struct viz_picture *picture)
{
	const char *path = viz_run_program(picture->run);
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* "3 cycles", "2 of 3 cycles"; nothing when there is none. */
static void count_words(uint32_t shown, uint32_t count, const char *noun, char *text, size_t size)
{
	text[0] = 0;
	if (shown == count && count > 0)
		snprintf(text, size, "%" PRIu32 " %s%s", count, noun, count == 1 ? "" : "s");
	else if (count > 0)
		snprintf(text, size, "%" PRIu32 " of %" PRIu32 " %ss", shown, count, noun);
}

static void findings_words(const struct viz_picture *picture, char *text, size_t size)
{
	char cycles[56], others[64];

	count_words(picture->cycles_shown, picture->cycle_count, "cycle", cycles, sizeof(cycles));
	count_words(picture->findings_shown - picture->cycles_shown,
		picture->finding_count - picture->cycle_count,
		picture->cycle_count ? "other finding" : "finding", others, sizeof(others));
	if (picture->finding_count == 0)
		snprintf(text, size, "no cycle found");
	else
		snprintf(text, size, "%s%s%s", cycles, *cycles && *others ? ", " : "", others);
}

static unsigned int vertex_kind(const struct viz_picture *picture, const struct viz_vertex *vertex)
{
	const struct ldl_class *class =
		ldl_snapshot_class(viz_run_snapshot(picture->run), vertex->class);

	return class ? class->kind : LDL_KIND_NONE;
}

static bool is_octagon(unsigned int kind)
{
	return kind == LDL_KIND_RECLAIM || kind == LDL_KIND_NONBLOCK || kind == LDL_KIND_INTERRUPT;
}

/* Whether the picture has anything but locks. */
static bool shows_waits(const struct viz_picture *picture)
{
	for (uint32_t i = 0; i < picture->vertex_count; i++) {
		if (picture->vertices[i].is_shown &&
			!ldl_kind_is_lock(vertex_kind(picture, &picture->vertices[i])))
			return true;
	}
	return false;
}

static void shown_words(const struct viz_picture *picture, char *text, size_t size)
{
	struct viz_totals totals;
	char findings[128];

	viz_run_totals(picture->run, &totals);
	findings_words(picture, findings, sizeof(findings));
	snprintf(text, size,
		"%s: %s · showing %" PRIu32 " of %" PRIu64 " classes, %" PRIu32 " of %" PRIu32
		" edges",
		shows_waits(picture) ? "dependencies" : "lock order", findings,
		picture->classes_shown, totals.classes, picture->arcs_shown, picture->arc_count);
}

void viz_dot_put_summary(FILE *to, const struct viz_picture *picture)
{
	const char *program = program_name(picture);
	char text[TEXT_MAX];

	viz_dot_put_text(to, program, strlen(program));
	fputs(": ", to);
	shown_words(picture, text, sizeof(text));
	viz_dot_put_text(to, text, strlen(text));
}

/* One line about the finding when there is but one. */
static void put_finding(FILE *to, const struct viz_picture *picture)
{
	const struct ldl_finding *finding;
	char text[TEXT_MAX], digits[VIZ_ID_MAX];

	for (uint32_t i = 0; i < picture->finding_count && picture->findings_shown == 1; i++) {
		ldl_finding_id id = picture->findings[i].id;

		if (!picture->findings[i].is_shown)
			continue;
		finding = ldl_snapshot_finding(viz_run_snapshot(picture->run), id);
		snprintf(text, sizeof(text), "%s %s · %s%s%s · id %.8s",
			viz_finding_kind_name(finding->kind), viz_rule_id(finding->rule),
			viz_severity_name(viz_finding_severity(picture->run, id)),
			finding->verdict ? ", " : "",
			finding->verdict ? viz_verdict_name(finding->verdict) : "",
			viz_finding_id(picture->run, id, digits));
		put_line(to, text);
	}
}

/* What the signs in this picture mean, only those that occur. */
static void put_signs(FILE *to, const struct viz_picture *picture)
{
	bool has_bounded = false, has_cycle = false, has_gated = false, has_octagon = false;

	for (uint32_t i = 0; i < picture->arc_count; i++) {
		if (!picture->arcs[i].is_shown || picture->arcs[i].is_implied)
			continue;
		has_bounded |= viz_dot_is_bounded(picture, i);
		has_cycle |=
			picture->arcs[i].weight > VIZ_WEIGHT_GATED && picture->cycles_shown > 0;
		has_gated |= picture->arcs[i].weight == VIZ_WEIGHT_GATED;
	}
	for (uint32_t i = 0; i < picture->vertex_count; i++)
		has_octagon |= picture->vertices[i].is_shown &&
			       is_octagon(vertex_kind(picture, &picture->vertices[i]));
	if (picture->arcs_shown > 0)
		put_line(to, "A → B: B was waited for while A was held");
	if (has_cycle)
		put_line(to, viz_dot_is_roomy(picture) ? "bold, numbered: the steps of a cycle"
						       : "bold: a cycle");
	if (picture->findings_shown > picture->cycles_shown)
		put_line(to, viz_dot_is_roomy(picture)
				     ? "bold, with a rule's id: a finding that is no cycle"
				     : "bold: a finding");
	if (has_octagon)
		put_line(to, "octagon: reclaim, a handler, or a context that must not block");
	if (has_bounded)
		put_line(to, "dashed: the wait is timed and ends by itself");
	if (has_gated)
		put_line(to, "grey, half bold: a cycle that did not or cannot hang");
}

static void put_notes(FILE *to, const struct viz_picture *picture)
{
	char text[TEXT_MAX];

	if (picture->options->scope == VIZ_GRAPH_FOCUS) {
		snprintf(text, sizeof(text), "near %s, %u step%s", picture->options->focus,
			picture->options->depth, picture->options->depth == 1 ? "" : "s");
		put_line(to, text);
	}
	if (picture->arcs_implied > 0) {
		snprintf(text, sizeof(text),
			"%" PRIu32 " edges that longer paths imply are not drawn",
			picture->arcs_implied);
		put_line(to, text);
	}
	if (picture->is_cut)
		put_line(to, "cut: more was asked for than one picture can show");
}

void viz_dot_put_title(FILE *to, const struct viz_picture *picture)
{
	const char *program = program_name(picture);
	char text[TEXT_MAX];

	fputs("<table border=\"0\" cellborder=\"0\" cellspacing=\"0\" cellpadding=\"2\">", to);
	put_row(to, 16, program, strnlen(program, PROGRAM_MAX), true);
	shown_words(picture, text, sizeof(text));
	put_row(to, 11, text, strlen(text), false);
	put_finding(to, picture);
	put_signs(to, picture);
	put_notes(to, picture);
	fputs("<tr><td height=\"10\"></td></tr></table>", to);
}

void viz_dot_put_nothing(FILE *to, const struct viz_picture *picture)
{
	if (picture->arc_count == 0)
		fputs("no lock was taken while another was held", to);
	else
		fprintf(to,
			"no cycle found in %" PRIu32
			" edges\\nto see them: --all, or --focus CLASS",
			picture->arc_count);
}
