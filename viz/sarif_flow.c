/* Places, stacks and flows of a SARIF result. See sarif_flow.h. */
#include "sarif_flow.h"

#include <stdlib.h>
#include <string.h>

#include "gfp.h"
#include "hop.h"
#include "uri.h"

#define WORDS_MAX (2 * VIZ_GFP_MAX + 512)

/* One step of a path with what there is to show of it. */
struct shown_step {
	struct viz_run *run;
	const struct ldl_path_step *step;
	uint32_t index, count; /* of the path */
	struct viz_hop hop;
	struct viz_stack from, to;
	bool is_declared; /* by ldl_order(): nobody took anything */
};

static struct shown_step show_step(
	struct viz_run *run, const struct ldl_path_step *steps, uint32_t index, uint32_t count)
{
	ldl_witness_id id = viz_step_witness(run, &steps[index]);
	struct shown_step shown = {
		.run = run,
		.step = &steps[index],
		.index = index,
		.count = count,
		.hop = viz_hop_of(run, &steps[index]),
		.from = viz_witness_from(run, id),
		.to = viz_witness_to(run, id),
	};

	viz_stack_tell_apart(&shown.from, &shown.to);
	shown.is_declared =
		shown.hop.witness && shown.hop.witness->edge && !shown.hop.witness->from_instance;
	return shown;
}

/* Braces would be places to fill in: a literal one is written twice. */
static char *double_braces(const char *text)
{
	char *copy = malloc(2 * strlen(text) + 1);
	size_t used = 0;

	for (; copy && *text; text++) {
		if (*text == '{' || *text == '}')
			copy[used++] = *text;
		copy[used++] = *text;
	}
	if (copy)
		copy[used] = 0;
	return copy;
}

void viz_sarif_message(struct viz_json *json, const char *key, const char *text)
{
	char *escaped = double_braces(text);

	viz_json_open(json, key, '{');
	viz_json_text(json, "text", escaped ? escaped : "?");
	viz_json_close(json, '}');
	free(escaped);
}

void viz_sarif_artifact(struct viz_json *json, const char *key, const char *path)
{
	char *uri = viz_uri_of_path(path);

	viz_json_open(json, key, '{');
	viz_json_text(json, "uri", uri ? uri : "");
	if (path[0] != '/')
		viz_json_text(json, "uriBaseId", VIZ_SARIF_ROOT);
	viz_json_close(json, '}');
	free(uri);
}

/* Whether there is a line to show. A relative path that leads out of its root names nothing. */
static bool has_place(const struct viz_frame *frame)
{
	return frame->file && frame->line && strncmp(frame->file, "../", 3) != 0;
}

static void add_physical(struct viz_json *json, const struct viz_frame *frame)
{
	bool has_line = has_place(frame);

	viz_json_open(json, "physicalLocation", '{');
	if (has_line || *frame->module)
		viz_sarif_artifact(
			json, "artifactLocation", has_line ? frame->file : frame->module);
	viz_json_open(json, has_line ? "region" : "address", '{');
	if (has_line)
		viz_json_number(json, "startLine", frame->line);
	else
		viz_json_number(json, *frame->module ? "relativeAddress" : "absoluteAddress",
			frame->offset);
	viz_json_close(json, '}');
	viz_json_close(json, '}');
}

/* A location; `frame` NULL: the place is not known, only what happened. */
static void add_location(
	struct viz_json *json, const char *key, const struct viz_frame *frame, const char *message)
{
	viz_json_open(json, key, '{');
	if (frame)
		add_physical(json, frame);
	if (frame && frame->function) {
		viz_json_open(json, "logicalLocations", '[');
		viz_json_open(json, NULL, '{');
		viz_json_text(json, "fullyQualifiedName", frame->function);
		viz_json_text(json, "kind", "function");
		viz_json_close(json, '}');
		viz_json_close(json, ']');
	}
	if (message)
		viz_sarif_message(json, "message", message);
	viz_json_close(json, '}');
}

static const struct viz_frame *site_of(const struct viz_stack *stack)
{
	return stack->count ? &stack->frames[stack->site] : NULL;
}

static void add_stack(
	struct viz_json *json, const struct viz_stack *stack, const char *message, uint32_t tid)
{
	if (!stack->count)
		return;
	viz_json_open(json, NULL, '{');
	viz_sarif_message(json, "message", message);
	viz_json_open(json, "frames", '[');
	for (size_t i = 0; i < viz_stack_shown(stack); i++) {
		const struct viz_frame *frame = &stack->frames[i];

		viz_json_open(json, NULL, '{');
		add_location(json, "location", frame, NULL);
		if (*frame->module)
			viz_json_text(json, "module", viz_path_base(frame->module));
		viz_json_number(json, "threadId", tid);
		viz_json_close(json, '}');
	}
	viz_json_close(json, ']');
	viz_json_close(json, '}');
}

/* Words for the two halves of a step: "holds A here", "wants B here". */
static void half_words(const struct shown_step *shown, bool is_second, char words[WORDS_MAX + 16])
{
	const struct ldl_path_step *step = shown->step;
	ldl_class_id class = is_second ? step->to : step->from;
	const char *name = viz_class_name(shown->run, class ? class : step->from);
	char act[WORDS_MAX];

	if (is_second)
		viz_hop_second(&shown->hop, VIZ_HOP_NOW, name, act, sizeof(act));
	else
		viz_hop_first(&shown->hop, VIZ_HOP_NOW, name, act, sizeof(act));
	snprintf(words, WORDS_MAX + 16, "%s here", act);
}

static void add_flow_location(
	struct viz_json *json, const struct shown_step *shown, bool is_second, const char *message)
{
	const struct viz_stack *stack = is_second ? &shown->to : &shown->from;
	unsigned int kind = is_second ? shown->hop.to_kind : shown->hop.from_kind;

	viz_json_open(json, NULL, '{');
	add_location(json, "location", site_of(stack), message);
	viz_json_open(json, "kinds", '[');
	viz_json_text(json, NULL, "acquire");
	viz_json_text(json, NULL, ldl_kind_is_lock(kind) ? "lock" : "resource");
	viz_json_close(json, ']');
	viz_json_number(json, "nestingLevel", is_second);
	/* First everybody takes what it holds, then nobody gets what it wants. */
	viz_json_number(json, "executionOrder", 1 + shown->index + (is_second ? shown->count : 0));
	viz_json_text(json, "importance", "essential");
	viz_json_close(json, '}');
}

static void add_flow(struct viz_json *json, const struct shown_step *shown)
{
	const struct ldl_witness *witness = shown->hop.witness;
	char thread[256], text[320], words[WORDS_MAX + 16];

	viz_json_open(json, NULL, '{');
	snprintf(text, sizeof(text), "step %u: %s", shown->index + 1,
		shown->is_declared ? "declared"
		: witness          ? viz_thread_text(shown->run, witness, thread, sizeof(thread))
				   : "a thread whose witness was dropped");
	viz_json_text(json, "id", text);
	viz_json_open(json, "locations", '[');
	if (shown->is_declared) {
		add_flow_location(json, shown, shown->to.count != 0, "this order is declared here");
	} else {
		half_words(shown, false, words);
		if (shown->step->edge || shown->from.count)
			add_flow_location(json, shown, false, words);
		half_words(shown, true, words);
		add_flow_location(json, shown, true, words);
	}
	viz_json_close(json, ']');
	viz_json_close(json, '}');
}

static void add_stacks(struct viz_json *json, const struct shown_step *shown)
{
	const struct ldl_witness *witness = shown->hop.witness;
	char thread[256], message[WORDS_MAX + 320], words[WORDS_MAX + 16];

	if (!witness)
		return;
	viz_thread_text(shown->run, witness, thread, sizeof(thread));
	half_words(shown, false, words);
	snprintf(message, sizeof(message), "step %u: %s %s", shown->index + 1, thread, words);
	add_stack(json, &shown->from, message, witness->tid);
	half_words(shown, true, words);
	snprintf(message, sizeof(message), "step %u: %s %s", shown->index + 1, thread, words);
	add_stack(json, &shown->to, message, witness->tid);
}

static void add_graph_edge(struct viz_json *json, const struct shown_step *shown)
{
	char text[WORDS_MAX + 64];

	viz_json_open(json, NULL, '{');
	snprintf(text, sizeof(text), "step %u", shown->index + 1);
	viz_json_text(json, "id", text);
	viz_json_text(json, "sourceNodeId", viz_class_name(shown->run, shown->step->from));
	viz_json_text(json, "targetNodeId", viz_class_name(shown->run, shown->step->to));
	viz_sarif_message(json, "label",
		viz_hop_relation(&shown->hop, viz_class_name(shown->run, shown->step->to), text,
			sizeof(text)));
	viz_json_close(json, '}');
}

/* Always so but in a damaged file. */
static bool is_ring(const struct ldl_path_step *steps, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!steps[i].from || steps[i].to != steps[(i + 1) % count].from)
			return false;
	}
	return true;
}

static void add_graph(struct viz_json *json, struct viz_run *run, const struct ldl_path_step *steps,
	uint32_t count)
{
	viz_json_open(json, "graphs", '[');
	viz_json_open(json, NULL, '{');
	viz_sarif_message(json, "description", "the cycle");
	viz_json_open(json, "nodes", '[');
	for (uint32_t i = 0; i < count; i++) {
		if (!viz_step_is_first(steps, i))
			continue;
		viz_json_open(json, NULL, '{');
		viz_json_text(json, "id", viz_class_name(run, steps[i].from));
		viz_sarif_message(json, "label", viz_class_phrase(run, steps[i].from));
		viz_json_close(json, '}');
	}
	viz_json_close(json, ']');
	viz_json_open(json, "edges", '[');
	for (uint32_t i = 0; i < count; i++) {
		struct shown_step shown = show_step(run, steps, i, count);

		add_graph_edge(json, &shown);
	}
	viz_json_close(json, ']');
	viz_json_close(json, '}');
	viz_json_close(json, ']');
}

void viz_sarif_locations(struct viz_json *json, struct viz_run *run, ldl_finding_id id)
{
	uint32_t count;
	const struct ldl_path_step *steps = ldl_snapshot_path(viz_run_snapshot(run), id, &count);
	const struct viz_frame *frame = NULL;

	if (steps && count) {
		struct shown_step shown = show_step(run, steps, 0, count);

		frame = site_of(shown.to.count ? &shown.to : &shown.from);
	}
	viz_json_open(json, "locations", '[');
	if (frame) {
		add_location(json, NULL, frame, NULL);
	} else {
		viz_json_open(json, NULL, '{');
		viz_json_open(json, "physicalLocation", '{');
		viz_sarif_artifact(json, "artifactLocation", viz_run_program(run));
		viz_json_close(json, '}');
		viz_json_close(json, '}');
	}
	viz_json_close(json, ']');
}

void viz_sarif_evidence(struct viz_json *json, struct viz_run *run, ldl_finding_id id)
{
	uint32_t count;
	const struct ldl_path_step *steps = ldl_snapshot_path(viz_run_snapshot(run), id, &count);

	if (!steps || !count)
		return;
	viz_json_open(json, "codeFlows", '[');
	viz_json_open(json, NULL, '{');
	if (steps[0].edge)
		viz_sarif_message(json, "message", "could hang like this");
	viz_json_open(json, "threadFlows", '[');
	for (uint32_t i = 0; i < count; i++) {
		struct shown_step shown = show_step(run, steps, i, count);

		add_flow(json, &shown);
	}
	viz_json_close(json, ']');
	viz_json_close(json, '}');
	viz_json_close(json, ']');
	viz_json_open(json, "stacks", '[');
	for (uint32_t i = 0; i < count; i++) {
		struct shown_step shown = show_step(run, steps, i, count);

		add_stacks(json, &shown);
	}
	viz_json_close(json, ']');
	if (steps[0].edge && is_ring(steps, count))
		add_graph(json, run, steps, count);
}
