/* A finding as text, in the shape of the kernel's reports: title, why, chain, stacks, table. */
#include <inttypes.h>
#include <string.h>

#include "core/compiler.h"
#include "seen.h"
#include "text_parts.h"
#include "view.h"

#define EDGES_SHOWN    12u /* of a longer cycle only its ends are shown */
#define ENDS_FIRST     6u
#define ENDS_LAST      5u
#define LINE_MAX_WIDTH 100u
#define ALSO_SHOWN     6u  /* other held locks of one witness */
#define COLUMN_MAX     48u /* of a step's words, to which the shorter ones are filled up */

const char *viz_text_tint(const struct viz_text *text, enum viz_tint tint)
{
	static const char *const words[] = {
		[VIZ_TINT_ERROR] = "\033[1;31m",
		[VIZ_TINT_WARNING] = "\033[1;33m",
		[VIZ_TINT_INFO] = "\033[1;36m",
		[VIZ_TINT_STRONG] = "\033[1m",
		[VIZ_TINT_OFF] = "\033[0m",
	};

	return text->options->colour ? words[tint] : "";
}

const char *viz_text_label(
	const struct viz_text *text, uint32_t index, bool is_to, char label[VIZ_LABEL_MAX])
{
	const struct ldl_path_step *step = &text->steps[index];
	const char *name = viz_class_short_name(text->run, is_to ? step->to : step->from);
	const struct ldl_witness *witness = ldl_snapshot_witness(
		viz_run_snapshot(text->run), viz_step_witness(text->run, step));

	if (witness && text->finding->rule == LDL_RULE_INSTANCE_ORDER)
		snprintf(label, VIZ_LABEL_MAX, "%s@0x%" PRIx64, name,
			is_to ? witness->to_addr : witness->from_addr);
	else
		snprintf(label, VIZ_LABEL_MAX, "%s", name);
	return label;
}

void viz_text_gap(const struct viz_text *text, uint32_t *first, uint32_t *past)
{
	*first = *past = text->count;
	if (text->options->is_full || text->count <= EDGES_SHOWN)
		return;
	*first = ENDS_FIRST;
	*past = text->count - ENDS_LAST;
}

void viz_text_print_gap(const struct viz_text *text, uint32_t steps)
{
	fprintf(text->out, "    … %u more edges (--full shows them)\n", steps);
}

const struct ldl_witness *viz_text_witness(const struct viz_text *text, uint32_t index)
{
	return ldl_snapshot_witness(
		viz_run_snapshot(text->run), viz_step_witness(text->run, &text->steps[index]));
}

/* "  intro sentence", broken between words, its further lines indented. */
static void print_sentence(FILE *out, const char *what, const char *name, const char *sentence)
{
	size_t column = (size_t)fprintf(out, "  %s%s%s:", what, *name ? " " : "", name);

	while (*sentence) {
		size_t len = strcspn(sentence, " ");

		if (column + 1 + len > LINE_MAX_WIDTH) {
			fprintf(out, "\n   ");
			column = 3;
		}
		column += (size_t)fprintf(out, " %.*s", (int)len, sentence);
		sentence += len;
		sentence += strspn(sentence, " ");
	}
	fprintf(out, "\n");
}

static void print_head(const struct viz_text *text, ldl_finding_id id)
{
	const struct ldl_finding *finding = text->finding;
	const char *note = viz_finding_note(text->run, id);
	unsigned int severity = viz_finding_severity(text->run, id);
	enum viz_tint tint = severity == LDL_SEVERITY_ERROR     ? VIZ_TINT_ERROR
			     : severity == LDL_SEVERITY_WARNING ? VIZ_TINT_WARNING
								: VIZ_TINT_INFO;
	char title[1200], digits[VIZ_ID_MAX];

	fprintf(text->out, "%s%s%s\n", viz_text_tint(text, tint),
		viz_finding_title(text->run, id, title, sizeof(title)),
		viz_text_tint(text, VIZ_TINT_OFF));
	fprintf(text->out, "  finding %s: %s, %s, seen %u time%s\n",
		viz_finding_id(text->run, id, digits), viz_severity_name(severity),
		viz_finding_kind_name(finding->kind), finding->count,
		finding->count == 1 ? "" : "s");
	print_sentence(
		text->out, "rule", viz_rule_id(finding->rule), viz_rule_sentence(finding->rule));
	if (finding->verdict != LDL_VERDICT_NONE)
		print_sentence(text->out, "verdict", viz_verdict_name(finding->verdict),
			viz_finding_means(text->run, id));
	if (*note)
		print_sentence(text->out, "note", "", note);
}

void viz_text_thread(const struct viz_text *text, const struct ldl_witness *witness)
{
	char thread[256];

	if (witness)
		fprintf(text->out, "%s",
			viz_thread_text(text->run, witness, thread, sizeof(thread)));
	else
		fprintf(text->out, "a thread whose witness was dropped");
}

/* What was done, and where: two lines below one another, in columns unless one is too wide. */
static void print_halves(
	const struct viz_text *text, const char *const words[2], const char *const places[2])
{
	static const char *const joints[2][2] = {{"from", "in"}, {"from", "in  "}};
	size_t widths[2] = {viz_text_width(words[0]), viz_text_width(words[1])};
	size_t width = widths[widths[1] > widths[0]];
	bool has_columns = width <= COLUMN_MAX;

	for (size_t i = 0; i < 2; i++) {
		size_t blanks = has_columns ? width - widths[i] : 0;
		size_t all =
			6 + widths[i] + 2 + strlen(joints[0][i]) + 1 + viz_text_width(places[i]);

		fprintf(text->out, "      %s%*s%s%s %s\n", words[i], (int)blanks, "",
			all > LINE_MAX_WIDTH ? "\n        " : "  ", joints[has_columns][i],
			places[i]);
	}
}

static void print_edge_line(const struct viz_text *text, uint32_t index)
{
	ldl_witness_id id = viz_step_witness(text->run, &text->steps[index]);
	struct viz_stack from = viz_witness_from(text->run, id);
	struct viz_stack to = viz_witness_to(text->run, id);
	struct viz_hop hop = viz_hop_of(text->run, &text->steps[index]);
	char one[VIZ_LABEL_MAX], other[VIZ_LABEL_MAX];
	char words[2][VIZ_HOP_MAX], places[2][512], seen[512];

	viz_stack_tell_apart(&from, &to);
	fprintf(text->out, "    %s%s -> %s%s  %sby ", viz_text_tint(text, VIZ_TINT_STRONG),
		viz_text_label(text, index, false, one), viz_text_label(text, index, true, other),
		viz_text_tint(text, VIZ_TINT_OFF), hop.is_indirect ? "(indirect) " : "");
	viz_text_thread(text, viz_text_witness(text, index));
	fprintf(text->out, "\n");
	if (viz_text_is_declared(viz_text_witness(text, index))) {
		fprintf(text->out, "      declared in %s\n",
			viz_stack_text(to.count ? &to : &from, places[0], sizeof(places[0])));
		return;
	}
	print_halves(text,
		(const char *const[]){
			viz_hop_first(&hop, VIZ_HOP_NOW, one, words[0], sizeof(words[0])),
			viz_hop_second(&hop, VIZ_HOP_NOW, other, words[1], sizeof(words[1]))},
		(const char *const[]){viz_stack_text(&from, places[0], sizeof(places[0])),
			viz_stack_text(&to, places[1], sizeof(places[1]))});
	if (*viz_seen_text(text->run, &text->steps[index], seen, sizeof(seen)))
		fprintf(text->out, "      %s\n", seen);
}

static void print_chain(const struct viz_text *text)
{
	uint32_t gap_first, gap_past;

	viz_text_gap(text, &gap_first, &gap_past);
	fprintf(text->out, "\n  the chain (%u edge%s):\n", text->count,
		text->count == 1 ? "" : "s");
	for (uint32_t i = 0; i < text->count; i++) {
		if (i == gap_first && gap_past > gap_first) {
			viz_text_print_gap(text, gap_past - gap_first);
			i = gap_past;
		}
		print_edge_line(text, i);
	}
}

void viz_text_stack(const struct viz_text *text, const struct viz_stack *stack)
{
	size_t shown = text->options->is_full ? stack->count : viz_stack_shown(stack);
	char line[1024];

	if (stack->count == 0)
		fprintf(text->out, "      (no stack was kept)\n");
	for (size_t i = 0; i < shown; i++) {
		viz_frame_text(&stack->frames[i], text->options->is_full, line, sizeof(line));
		fprintf(text->out, "      #%zu %s%s\n", i, line,
			stack->frames[i].is_inlined ? " [inlined]" : "");
	}
}

/* What else the thread held: where one looks for a lock that keeps the threads apart. */
void viz_text_also_held(const struct viz_text *text, ldl_witness_id id)
{
	const struct ldl_witness *witness = ldl_snapshot_witness(viz_run_snapshot(text->run), id);
	const struct ldl_also_held *also;
	uint32_t count = 0, shown = 0;
	char place[512];

	also = ldl_snapshot_also_held(viz_run_snapshot(text->run), id, &count);
	for (uint32_t i = 0; also && i < count; i++) {
		if (also[i].instance == witness->from_instance ||
			also[i].instance == witness->to_instance || also[i].class == 0)
			continue;
		if (shown++ == ALSO_SHOWN && !text->options->is_full) {
			fprintf(text->out, "    and more (--full shows them)\n");
			return;
		}
		fprintf(text->out, "    holding also %s  from %s\n",
			viz_class_name(text->run, also[i].class),
			viz_address_text(text->run, also[i].frame, place, sizeof(place)));
	}
}

/* "name (what it is)"; what it is alone when that bears the name. */
static const char *thing_text(
	const struct viz_text *text, uint32_t index, bool is_to, char thing[VIZ_THING_MAX])
{
	const struct ldl_path_step *step = &text->steps[index];
	const char *phrase = viz_class_phrase(text->run, is_to ? step->to : step->from);
	char label[VIZ_LABEL_MAX];

	viz_text_label(text, index, is_to, label);
	if (strstr(phrase, viz_class_name(text->run, is_to ? step->to : step->from)))
		snprintf(thing, VIZ_THING_MAX, "%s", phrase);
	else
		snprintf(thing, VIZ_THING_MAX, "%s (%s)", label, phrase);
	return thing;
}

static void print_first(const struct viz_text *text, uint32_t index, const struct viz_hop *hop)
{
	char thing[VIZ_THING_MAX], words[VIZ_THING_MAX + 64];

	thing_text(text, index, false, thing);
	if (ldl_kind_is_lock(hop->from_kind))
		fprintf(text->out, "    took %s, %s, at 0x%" PRIx64 ", here:\n", thing,
			viz_mode_name(hop->witness->from_mode), hop->witness->from_addr);
	else
		fprintf(text->out, "    %s, here:\n",
			viz_hop_first(hop, VIZ_HOP_BEFORE, thing, words, sizeof(words)));
}

static void print_second(const struct viz_text *text, uint32_t index, const struct viz_hop *hop)
{
	char thing[VIZ_THING_MAX], words[VIZ_HOP_MAX + VIZ_THING_MAX];

	thing_text(text, index, true, thing);
	if (!ldl_kind_is_lock(hop->to_kind))
		fprintf(text->out, "    and %s, here:\n",
			viz_hop_second(hop, VIZ_HOP_BEFORE, thing, words, sizeof(words)));
	else
		fprintf(text->out, "    and %s %s, %s, at 0x%" PRIx64 ", here:\n",
			hop->from_kind == LDL_KIND_EVENT ? "only after it took" : "then asked for",
			thing, viz_mode_name(hop->witness->to_mode), hop->witness->to_addr);
}

static void print_edge_stacks(const struct viz_text *text, uint32_t index)
{
	ldl_witness_id id = viz_step_witness(text->run, &text->steps[index]);
	const struct ldl_witness *witness = viz_text_witness(text, index);
	struct viz_stack from = viz_witness_from(text->run, id);
	struct viz_stack to = viz_witness_to(text->run, id);
	struct viz_hop hop = viz_hop_of(text->run, &text->steps[index]);
	const char *strong = viz_text_tint(text, VIZ_TINT_STRONG);
	const char *off = viz_text_tint(text, VIZ_TINT_OFF);
	char one[VIZ_LABEL_MAX], other[VIZ_LABEL_MAX];

	fprintf(text->out, "\n  %s%s -> %s%s%s, by ", strong,
		viz_text_label(text, index, false, one), viz_text_label(text, index, true, other),
		off, hop.is_indirect ? " (indirect)" : "");
	viz_text_thread(text, witness);
	if (!witness) {
		fprintf(text->out, "\n");
		return;
	}
	if (viz_text_is_declared(witness)) {
		fprintf(text->out, ":\n    declared this order%s here:\n",
			hop.from_kind == LDL_KIND_RECLAIM ? "" : " with ldl_order()");
		viz_text_stack(text, to.count ? &to : &from);
		return;
	}
	fprintf(text->out, ":\n");
	print_first(text, index, &hop);
	viz_text_stack(text, &from);
	print_second(text, index, &hop);
	viz_text_stack(text, &to);
	viz_text_also_held(text, id);
}

static void print_cycle(const struct viz_text *text)
{
	uint32_t gap_first, gap_past;

	print_chain(text);
	viz_text_gap(text, &gap_first, &gap_past);
	for (uint32_t i = 0; i < text->count; i++) {
		if (i == gap_first && gap_past > gap_first) {
			fprintf(text->out, "\n");
			viz_text_print_gap(text, gap_past - gap_first);
			i = gap_past;
		}
		print_edge_stacks(text, i);
	}
	viz_text_table(text);
}

void viz_text_finding(
	FILE *out, struct viz_run *run, ldl_finding_id id, const struct viz_text_options *options)
{
	const struct ldl_snapshot *snapshot = viz_run_snapshot(run);
	struct viz_text text = {.out = out, .run = run, .options = options};
	char title[1200], digits[VIZ_ID_MAX];

	text.finding = ldl_snapshot_finding(snapshot, id);
	if (!text.finding)
		return;
	text.steps = ldl_snapshot_path(snapshot, id, &text.count);
	if (viz_finding_shown(run, id) == VIZ_SHOWN_BRIEF) {
		fprintf(out, "%s: %s (finding %s, --all shows it)\n",
			viz_verdict_name(text.finding->verdict),
			viz_finding_title(run, id, title, sizeof(title)),
			viz_finding_id(run, id, digits));
		return;
	}
	print_head(&text, id);
	if (!text.steps || text.count == 0)
		return;
	if (text.count == 1 && text.steps[0].edge == 0)
		viz_text_breach(&text);
	else
		print_cycle(&text);
}

void viz_text_run(FILE *out, struct viz_run *run, const struct viz_text_options *options)
{
	size_t count;
	const ldl_finding_id *findings = viz_run_findings(run, &count);

	for (size_t i = 0; i < count; i++) {
		if (viz_finding_shown(run, findings[i]) == VIZ_SHOWN_NOT)
			continue;
		viz_text_finding(out, run, findings[i], options);
		fprintf(out, "\n");
	}
	viz_text_summary(out, run);
}
