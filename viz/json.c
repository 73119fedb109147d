/* Runs as JSON: the shape that scripts may rely on is told in `lockdep-lite report --help`. */
#include "json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clean.h"
#include "gfp.h"
#include "hop.h"
#include "inventory.h"
#include "seen.h"
#include "view.h"

/* Where in the document one is: what separates the next member from the one before. */
struct json {
	FILE *out;
	unsigned int depth;
	bool has_member;
};

static void print_escaped(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte == '"' || byte == '\\')
			fprintf(out, "\\%c", byte);
		else if (byte < 0x20)
			fprintf(out, "\\u%04x", byte);
		else
			fputc(byte, out);
	}
	fputc('"', out);
}

void viz_json_string(FILE *out, const char *text)
{
	char *clean = viz_clean_dup(text);

	if (!text)
		fprintf(out, "null");
	else
		print_escaped(out, clean ? clean : "?");
	free(clean);
}

/* Begins the next member of the current object, or of the array when `key` is NULL. */
static void begin_member(struct json *json, const char *key)
{
	fprintf(json->out, "%s\n%*s", json->has_member ? "," : "", (int)json->depth * 2, "");
	json->has_member = true;
	if (key) {
		print_escaped(json->out, key);
		fprintf(json->out, ": ");
	}
}

static void open_bracket(struct json *json, const char *key, char bracket)
{
	if (json->depth || key)
		begin_member(json, key);
	fputc(bracket, json->out);
	json->depth++;
	json->has_member = false;
}

static void close_bracket(struct json *json, char bracket)
{
	json->depth--;
	if (json->has_member)
		fprintf(json->out, "\n%*s", (int)json->depth * 2, "");
	fputc(bracket, json->out);
	json->has_member = true;
}

static void add_text(struct json *json, const char *key, const char *text)
{
	begin_member(json, key);
	viz_json_string(json->out, text);
}

static void add_number(struct json *json, const char *key, uint64_t number)
{
	begin_member(json, key);
	fprintf(json->out, "%" PRIu64, number);
}

static void add_hex(struct json *json, const char *key, uint64_t number)
{
	begin_member(json, key);
	fprintf(json->out, "\"0x%" PRIx64 "\"", number);
}

static void add_truth(struct json *json, const char *key, bool truth)
{
	begin_member(json, key);
	fprintf(json->out, truth ? "true" : "false");
}

static void add_stack(struct json *json, const char *key, const struct viz_stack *stack)
{
	open_bracket(json, key, '[');
	for (size_t i = 0; i < stack->count; i++) {
		const struct viz_frame *frame = &stack->frames[i];

		open_bracket(json, NULL, '{');
		add_text(json, "function", frame->function);
		add_text(json, "file", frame->file);
		add_number(json, "line", frame->line);
		add_text(json, "module", frame->module);
		add_hex(json, "offset", frame->offset);
		add_truth(json, "inlined", frame->is_inlined);
		if (frame->note)
			add_text(json, "note", frame->note);
		close_bracket(json, '}');
	}
	close_bracket(json, ']');
}

static void add_witness(struct json *json, struct viz_run *run, ldl_witness_id id)
{
	const struct ldl_witness *witness = ldl_snapshot_witness(viz_run_snapshot(run), id);
	struct viz_stack from = viz_witness_from(run, id);
	struct viz_stack to = viz_witness_to(run, id);
	char text[512];

	viz_stack_tell_apart(&from, &to);
	add_text(
		json, "thread", witness ? viz_thread_text(run, witness, text, sizeof(text)) : NULL);
	add_text(json, "from_site", from.count ? viz_stack_text(&from, text, sizeof(text)) : NULL);
	add_text(json, "to_site", to.count ? viz_stack_text(&to, text, sizeof(text)) : NULL);
	add_stack(json, "stack", &to);
	add_stack(json, "from_stack", &from);
	if (!witness)
		return;
	add_number(json, "tid", witness->tid);
	add_number(json, "thread_serial", witness->thread_serial);
	add_hex(json, "from_lock", witness->from_addr);
	add_hex(json, "to_lock", witness->to_addr);
	add_text(json, "from_mode", viz_mode_name(witness->from_mode));
	add_text(json, "to_mode", viz_mode_name(witness->to_mode));
}

/* What the step is besides an order of two locks. */
static void add_hop(struct json *json, struct viz_run *run, const struct ldl_path_step *step)
{
	struct viz_hop hop = viz_hop_of(run, step);
	char text[4 * VIZ_GFP_MAX];

	add_text(json, "from_kind", step->from ? viz_kind_name(hop.from_kind) : NULL);
	add_text(json, "to_kind", step->to ? viz_kind_name(hop.to_kind) : NULL);
	if (step->edge) {
		add_truth(json, "indirect", hop.is_indirect);
		add_text(json, "relation",
			viz_hop_relation(&hop, viz_class_name(run, step->to), text, sizeof(text)));
	}
	if (!hop.witness || !(hop.witness->gfp | hop.witness->gfp_asked))
		return;
	add_text(json, "gfp", viz_gfp_text(hop.witness->gfp, text, sizeof(text)));
	add_text(json, "gfp_asked",
		viz_gfp_text(hop.witness->gfp_asked & ~LDL_GFP_RETRY_WAIT, text, sizeof(text)));
}

/* How often, and by which threads. */
static void add_seen(struct json *json, struct viz_run *run, const struct ldl_path_step *step)
{
	struct viz_seen seen = viz_seen_of(run, step);
	char text[64];

	if (!step->edge)
		return;
	add_number(json, "seen", seen.count);
	add_truth(json, "declared", seen.is_declared);
	open_bracket(json, "threads", '[');
	for (uint32_t i = 0; i < seen.thread_count; i++)
		add_text(json, NULL, viz_thread_label(run, seen.threads[i], text, sizeof(text)));
	close_bracket(json, ']');
}

static void add_edges(struct json *json, struct viz_run *run, ldl_finding_id id)
{
	uint32_t count;
	const struct ldl_path_step *steps = ldl_snapshot_path(viz_run_snapshot(run), id, &count);

	open_bracket(json, "edges", '[');
	for (uint32_t i = 0; steps && i < count; i++) {
		open_bracket(json, NULL, '{');
		add_text(json, "from", viz_class_name(run, steps[i].from));
		add_text(json, "to", viz_class_name(run, steps[i].to));
		add_text(json, "type", viz_edge_type_name(steps[i].type));
		add_hop(json, run, &steps[i]);
		add_seen(json, run, &steps[i]);
		add_witness(json, run, viz_step_witness(run, &steps[i]));
		close_bracket(json, '}');
	}
	close_bracket(json, ']');
}

/* The classes on the finding's path, each once: a cycle visits none twice but for locks of one
 * class, so comparing with the step before is enough there. */
static void add_classes(struct json *json, struct viz_run *run, ldl_finding_id id, bool is_phrase)
{
	uint32_t count;
	const struct ldl_path_step *steps = ldl_snapshot_path(viz_run_snapshot(run), id, &count);

	open_bracket(json, is_phrase ? "class_descriptions" : "classes", '[');
	for (uint32_t i = 0; steps && i < count; i++) {
		ldl_class_id class = steps[i].from ? steps[i].from : steps[i].to;

		if (i && class == steps[i - 1].from)
			continue;
		add_text(json, NULL,
			is_phrase ? viz_class_phrase(run, class) : viz_class_name(run, class));
	}
	close_bracket(json, ']');
}

static void add_finding(struct json *json, struct viz_run *run, ldl_finding_id id)
{
	const struct ldl_finding *finding = ldl_snapshot_finding(viz_run_snapshot(run), id);
	char text[1200];

	open_bracket(json, NULL, '{');
	add_text(json, "id", viz_finding_id(run, id, text));
	add_text(json, "kind", viz_finding_kind_name(finding->kind));
	add_text(json, "rule", viz_rule_id(finding->rule));
	add_text(json, "severity", viz_severity_name(viz_finding_severity(run, id)));
	add_text(json, "verdict", viz_verdict_name(finding->verdict));
	add_number(json, "count", finding->count);
	add_text(json, "title", viz_finding_title(run, id, text, sizeof(text)));
	add_text(json, "why", viz_rule_sentence(finding->rule));
	add_text(json, "verdict_means", viz_verdict_meaning(finding->kind, finding->verdict));
	if (finding->note)
		add_text(json, "note", viz_finding_note(run, id));
	add_classes(json, run, id, false);
	add_classes(json, run, id, true);
	add_edges(json, run, id);
	close_bracket(json, '}');
}

/* What was not seen: one member for each number that is not 0. */
static void add_drops(struct json *json, const struct ldl_header *header)
{
	open_bracket(json, "drops", '{');
	for (unsigned int table = 0; table < LDL_TABLE_COUNT; table++) {
		if (header->tables[table].dropped)
			add_number(json, viz_table_name(table), header->tables[table].dropped);
	}
	for (unsigned int counter = 0; counter < LDL_COUNT_MAX; counter++) {
		if (viz_counter_is_loss(counter) && header->counters[counter])
			add_number(json, viz_counter_name(counter), header->counters[counter]);
	}
	close_bracket(json, '}');
}

static void add_totals(struct json *json, struct viz_run *run)
{
	const struct ldl_snapshot *snapshot = viz_run_snapshot(run);
	const struct ldl_header *header = snapshot->arena.header;
	struct viz_totals totals;

	viz_run_totals(run, &totals);
	add_number(json, "locks", totals.locks);
	add_number(json, "classes", totals.classes);
	add_number(json, "edges", totals.edges);
	add_number(json, "chains", totals.chains);
	add_number(json, "threads", totals.threads);
	add_number(json, "repairs", snapshot->repairs);
	add_truth(json, "live", ldl_snapshot_is_live(snapshot));
	add_text(json, "command", viz_run_command(run));
	add_text(json, "uncovered", ldl_snapshot_string(snapshot, header->uncovered));
	open_bracket(json, "counters", '{');
	for (unsigned int counter = 0; counter < LDL_COUNT_MAX; counter++) {
		if (header->counters[counter])
			add_number(json, viz_counter_name(counter), header->counters[counter]);
	}
	close_bracket(json, '}');
}

/* How many findings are not listed, by the verdict that keeps them out. */
static void add_hidden(struct json *json, struct viz_run *run)
{
	static const unsigned char verdicts[] = {
		LDL_VERDICT_GATED, LDL_VERDICT_ORDERED, LDL_VERDICT_SINGLE_THREAD};

	open_bracket(json, "hidden", '{');
	for (size_t i = 0; i < sizeof(verdicts); i++)
		add_number(json, viz_verdict_name(verdicts[i]),
			viz_run_shown_count(run, verdicts[i], VIZ_SHOWN_NOT) +
				viz_run_shown_count(run, verdicts[i], VIZ_SHOWN_BRIEF));
	close_bracket(json, '}');
}

static void add_findings(struct json *json, struct viz_run *run)
{
	size_t count;
	const ldl_finding_id *findings = viz_run_findings(run, &count);

	add_hidden(json, run);
	open_bracket(json, "findings", '[');
	for (size_t i = 0; i < count; i++) {
		if (viz_finding_shown(run, findings[i]) == VIZ_SHOWN_FULL)
			add_finding(json, run, findings[i]);
	}
	close_bracket(json, ']');
}

static void add_alloc(struct json *json, struct viz_run *run, ldl_alloc_id id)
{
	const struct ldl_alloc *alloc = ldl_snapshot_alloc(viz_run_snapshot(run), id);
	uint32_t count;
	const struct ldl_also_held *also =
		ldl_snapshot_alloc_held(viz_run_snapshot(run), id, &count);
	unsigned int marks = viz_inventory_marks(run, id);
	char text[VIZ_GFP_MAX];

	open_bracket(json, NULL, '{');
	add_text(json, "class", viz_class_name(run, alloc->class));
	add_text(json, "place", viz_alloc_place(run, alloc, text, sizeof(text)));
	add_text(json, "gfp", viz_gfp_text(alloc->gfp, text, sizeof(text)));
	add_text(json, "gfp_asked", viz_gfp_text(alloc->gfp_asked, text, sizeof(text)));
	add_text(json, "scopes", viz_scope_text(alloc->scope, text, sizeof(text)));
	add_number(json, "requests", viz_alloc_requests(alloc));
	add_number(json, "failures", alloc->failures);
	add_number(json, "fallbacks", alloc->fallbacks);
	add_number(json, "retries", alloc->retries);
	add_number(json, "gave_up", alloc->gave_up);
	add_number(json, "warnings", alloc->warned);
	add_number(json, "order_max", alloc->order_max);
	add_truth(json, "may_reclaim", viz_alloc_may_reclaim(alloc));
	add_truth(json, "nofail", marks & VIZ_ALLOC_NOFAIL);
	add_text(json, "rules", viz_inventory_rules(run, alloc->class, text, sizeof(text)));
	open_bracket(json, "held", '[');
	for (uint32_t i = 0; also && i < count; i++)
		add_text(json, NULL, viz_class_name(run, also[i].class));
	close_bracket(json, ']');
	close_bracket(json, '}');
}

static void add_reserve(struct json *json, struct viz_run *run, const struct ldl_reserve *reserve)
{
	open_bracket(json, NULL, '{');
	add_text(json, "name", viz_class_name(run, reserve->class));
	add_number(json, "min_nr", reserve->min_nr);
	add_number(json, "level", reserve->level);
	add_number(json, "level_min", reserve->level_min);
	add_number(json, "used", reserve->used);
	add_number(json, "used_max", reserve->used_max);
	add_truth(json, "alive", viz_reserve_is_alive(run, reserve));
	close_bracket(json, '}');
}

static void add_inventory(struct json *json, struct viz_run *run)
{
	const struct ldl_snapshot *snapshot = viz_run_snapshot(run);
	size_t count;
	const ldl_alloc_id *ids = viz_inventory_allocs(run, &count);

	open_bracket(json, "inventory", '{');
	open_bracket(json, "allocations", '[');
	for (size_t i = 0; i < count; i++)
		add_alloc(json, run, ids[i]);
	close_bracket(json, ']');
	open_bracket(json, "reserves", '[');
	for (ldl_reserve_id id = 1; id < ldl_snapshot_count(snapshot, LDL_TABLE_RESERVES); id++)
		add_reserve(json, run, ldl_snapshot_reserve(snapshot, id));
	close_bracket(json, ']');
	close_bracket(json, '}');
}

static void add_run(struct json *json, struct viz_run *run, const struct viz_json_options *options)
{
	const struct ldl_header *header = viz_run_snapshot(run)->arena.header;

	open_bracket(json, NULL, '{');
	add_text(json, "version", LDL_VERSION);
	add_text(json, "file", viz_run_path(run));
	add_text(json, "program", viz_run_program(run));
	add_number(json, "pid", header->pid);
	add_text(json, "mode", viz_run_mode(run));
	add_totals(json, run);
	add_drops(json, header);
	add_findings(json, run);
	if (options->inventory)
		add_inventory(json, run);
	close_bracket(json, '}');
}

void viz_json_run(FILE *out, struct viz_run *run, const struct viz_json_options *options)
{
	struct json json = {.out = out};

	add_run(&json, run, options);
	fputc('\n', out);
}

void viz_json_runs(FILE *out, struct viz_run *const *runs, size_t count,
	const struct viz_json_options *options)
{
	struct json json = {.out = out};

	open_bracket(&json, NULL, '{');
	add_text(&json, "version", LDL_VERSION);
	open_bracket(&json, "runs", '[');
	for (size_t i = 0; i < count; i++)
		add_run(&json, runs[i], options);
	close_bracket(&json, ']');
	close_bracket(&json, '}');
	fputc('\n', out);
}
