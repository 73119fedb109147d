/* Runs as JSON: the shape that scripts may rely on is told in `lockdep-lite report --help`. */
#include "json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "gfp.h"
#include "hop.h"
#include "inventory.h"
#include "json_writer.h"
#include "merge.h"
#include "seen.h"
#include "view.h"
#include "self.h"

static void add_stack(struct viz_json *json, const char *key, const struct viz_stack *stack)
{
	viz_json_open(json, key, '[');
	for (size_t i = 0; i < stack->count; i++) {
		const struct viz_frame *frame = &stack->frames[i];

		viz_json_open(json, NULL, '{');
		viz_json_text(json, "function", frame->function);
		viz_json_text(json, "file", frame->file);
		viz_json_number(json, "line", frame->line);
		viz_json_text(json, "module", frame->module);
		viz_json_hex(json, "offset", frame->offset);
		viz_json_truth(json, "inlined", frame->is_inlined);
		if (frame->note)
			viz_json_text(json, "note", frame->note);
		viz_json_close(json, '}');
	}
	viz_json_close(json, ']');
}

static void add_witness(struct viz_json *json, struct viz_run *run, ldl_witness_id id)
{
	const struct ldl_witness *witness = ldl_snapshot_witness(viz_run_snapshot(run), id);
	struct viz_stack from = viz_witness_from(run, id);
	struct viz_stack to = viz_witness_to(run, id);
	char text[512];

	viz_stack_tell_apart(&from, &to);
	viz_json_text(
		json, "thread", witness ? viz_thread_text(run, witness, text, sizeof(text)) : NULL);
	viz_json_text(
		json, "from_site", from.count ? viz_stack_text(&from, text, sizeof(text)) : NULL);
	viz_json_text(json, "to_site", to.count ? viz_stack_text(&to, text, sizeof(text)) : NULL);
	add_stack(json, "stack", &to);
	add_stack(json, "from_stack", &from);
	if (!witness)
		return;
	viz_json_number(json, "tid", witness->tid);
	viz_json_number(json, "thread_serial", witness->thread_serial);
	viz_json_hex(json, "from_lock", witness->from_addr);
	viz_json_hex(json, "to_lock", witness->to_addr);
	viz_json_text(json, "from_mode", viz_mode_name(witness->from_mode));
	viz_json_text(json, "to_mode", viz_mode_name(witness->to_mode));
}

/* What the step is besides an order of two locks. */
static void add_hop(struct viz_json *json, struct viz_run *run, const struct ldl_path_step *step)
{
	struct viz_hop hop = viz_hop_of(run, step);
	char text[4 * VIZ_GFP_MAX];

	viz_json_text(json, "from_kind", step->from ? viz_kind_name(hop.from_kind) : NULL);
	viz_json_text(json, "to_kind", step->to ? viz_kind_name(hop.to_kind) : NULL);
	if (step->edge) {
		viz_json_truth(json, "indirect", hop.is_indirect);
		viz_json_text(json, "relation",
			viz_hop_relation(&hop, viz_class_name(run, step->to), text, sizeof(text)));
	}
	if (!hop.witness || !(hop.witness->gfp | hop.witness->gfp_asked))
		return;
	viz_json_text(json, "gfp", viz_gfp_text(hop.witness->gfp, text, sizeof(text)));
	viz_json_text(json, "gfp_asked",
		viz_gfp_text(hop.witness->gfp_asked & ~LDL_GFP_RETRY_WAIT, text, sizeof(text)));
}

/* How often, and by which threads. */
static void add_seen(struct viz_json *json, struct viz_run *run, const struct ldl_path_step *step)
{
	struct viz_seen seen = viz_seen_of(run, step);
	char text[64];

	if (!step->edge)
		return;
	viz_json_number(json, "seen", seen.count);
	viz_json_truth(json, "declared", seen.is_declared);
	viz_json_open(json, "threads", '[');
	for (uint32_t i = 0; i < seen.thread_count; i++)
		viz_json_text(
			json, NULL, viz_thread_label(run, seen.threads[i], text, sizeof(text)));
	viz_json_close(json, ']');
}

static void add_edges(struct viz_json *json, struct viz_run *run, ldl_finding_id id)
{
	uint32_t count;
	const struct ldl_path_step *steps = ldl_snapshot_path(viz_run_snapshot(run), id, &count);

	viz_json_open(json, "edges", '[');
	for (uint32_t i = 0; steps && i < count; i++) {
		viz_json_open(json, NULL, '{');
		viz_json_text(json, "from", viz_class_name(run, steps[i].from));
		viz_json_text(json, "to", viz_class_name(run, steps[i].to));
		viz_json_text(json, "type", viz_edge_type_name(steps[i].type));
		add_hop(json, run, &steps[i]);
		add_seen(json, run, &steps[i]);
		add_witness(json, run, viz_step_witness(run, &steps[i]));
		viz_json_close(json, '}');
	}
	viz_json_close(json, ']');
}

/* The classes on the finding's path, each once. */
static void add_classes(
	struct viz_json *json, struct viz_run *run, ldl_finding_id id, bool is_phrase)
{
	uint32_t count;
	const struct ldl_path_step *steps = ldl_snapshot_path(viz_run_snapshot(run), id, &count);

	viz_json_open(json, is_phrase ? "class_descriptions" : "classes", '[');
	for (uint32_t i = 0; steps && i < count; i++) {
		ldl_class_id class = steps[i].from ? steps[i].from : steps[i].to;

		if (!viz_step_is_first(steps, i))
			continue;
		viz_json_text(json, NULL,
			is_phrase ? viz_class_phrase(run, class) : viz_class_name(run, class));
	}
	viz_json_close(json, ']');
}

static void add_finding(struct viz_json *json, struct viz_run *run, ldl_finding_id id)
{
	const struct ldl_finding *finding = ldl_snapshot_finding(viz_run_snapshot(run), id);
	char text[1200];

	viz_json_open(json, NULL, '{');
	viz_json_text(json, "id", viz_finding_id(run, id, text));
	viz_json_text(json, "kind", viz_finding_kind_name(finding->kind));
	viz_json_text(json, "rule", viz_rule_id(finding->rule));
	viz_json_text(json, "severity", viz_severity_name(viz_finding_severity(run, id)));
	viz_json_text(json, "verdict", viz_verdict_name(finding->verdict));
	viz_json_number(json, "count", finding->count);
	viz_json_text(json, "title", viz_finding_title(run, id, text, sizeof(text)));
	viz_json_text(json, "why", viz_rule_sentence(finding->rule));
	viz_json_text(json, "verdict_means", viz_finding_means(run, id));
	if (viz_finding_turns(run, id))
		viz_json_number(json, "turns", viz_finding_turns(run, id));
	if (finding->note)
		viz_json_text(json, "note", viz_finding_note(run, id));
	add_classes(json, run, id, false);
	add_classes(json, run, id, true);
	add_edges(json, run, id);
	viz_json_close(json, '}');
}

/* What was not seen: one member for each number that is not 0. */
static void add_drops(struct viz_json *json, const struct ldl_header *header)
{
	viz_json_open(json, "drops", '{');
	for (unsigned int table = 0; table < LDL_TABLE_COUNT; table++) {
		if (header->tables[table].dropped)
			viz_json_number(json, viz_table_name(table), header->tables[table].dropped);
	}
	for (unsigned int counter = 0; counter < LDL_COUNT_MAX; counter++) {
		if (viz_counter_is_loss(counter) && header->counters[counter])
			viz_json_number(json, viz_counter_name(counter), header->counters[counter]);
	}
	viz_json_close(json, '}');
}

static void add_totals(struct viz_json *json, struct viz_run *run)
{
	const struct ldl_snapshot *snapshot = viz_run_snapshot(run);
	const struct ldl_header *header = snapshot->arena.header;
	struct viz_totals totals;

	viz_run_totals(run, &totals);
	viz_json_number(json, "locks", totals.locks);
	viz_json_number(json, "classes", totals.classes);
	viz_json_number(json, "edges", totals.edges);
	viz_json_number(json, "chains", totals.chains);
	viz_json_number(json, "threads", totals.threads);
	viz_json_number(json, "repairs", snapshot->repairs);
	viz_json_truth(json, "live", ldl_snapshot_is_live(snapshot));
	viz_json_text(json, "command", viz_run_command(run));
	viz_json_text(json, "uncovered", ldl_snapshot_string(snapshot, header->uncovered));
	viz_self_json(json, header);
	viz_json_open(json, "counters", '{');
	for (unsigned int counter = 0; counter < LDL_COUNT_MAX; counter++) {
		if (header->counters[counter])
			viz_json_number(json, viz_counter_name(counter), header->counters[counter]);
	}
	viz_json_close(json, '}');
}

/* How many findings are not listed, by the verdict that keeps them out. */
static void add_hidden(struct viz_json *json, struct viz_run *run)
{
	static const unsigned char verdicts[] = {
		LDL_VERDICT_GATED, LDL_VERDICT_ORDERED, LDL_VERDICT_SINGLE_THREAD};

	viz_json_open(json, "hidden", '{');
	for (size_t i = 0; i < sizeof(verdicts); i++)
		viz_json_number(json, viz_verdict_name(verdicts[i]),
			viz_run_shown_count(run, verdicts[i], VIZ_SHOWN_NOT) +
				viz_run_shown_count(run, verdicts[i], VIZ_SHOWN_BRIEF));
	viz_json_number(json, "suppressed", viz_run_hidden(run, VIZ_FATE_SUPPRESSED));
	viz_json_number(json, "known", viz_run_hidden(run, VIZ_FATE_KNOWN));
	viz_json_close(json, '}');
}

static void add_findings(struct viz_json *json, struct viz_run *run)
{
	size_t count;
	const ldl_finding_id *findings = viz_run_findings(run, &count);

	add_hidden(json, run);
	viz_json_open(json, "findings", '[');
	for (size_t i = 0; i < count; i++) {
		if (viz_finding_shown(run, findings[i]) == VIZ_SHOWN_FULL)
			add_finding(json, run, findings[i]);
	}
	viz_json_close(json, ']');
}

static void add_alloc(struct viz_json *json, struct viz_run *run, ldl_alloc_id id)
{
	const struct ldl_alloc *alloc = ldl_snapshot_alloc(viz_run_snapshot(run), id);
	uint32_t count;
	const struct ldl_also_held *also =
		ldl_snapshot_alloc_held(viz_run_snapshot(run), id, &count);
	unsigned int marks = viz_inventory_marks(run, id);
	char text[VIZ_GFP_MAX];

	viz_json_open(json, NULL, '{');
	viz_json_text(json, "class", viz_class_name(run, alloc->class));
	viz_json_text(json, "place", viz_alloc_place(run, alloc, text, sizeof(text)));
	viz_json_text(json, "gfp", viz_gfp_text(alloc->gfp, text, sizeof(text)));
	viz_json_text(json, "gfp_asked", viz_gfp_text(alloc->gfp_asked, text, sizeof(text)));
	viz_json_text(json, "scopes", viz_scope_text(alloc->scope, text, sizeof(text)));
	viz_json_number(json, "requests", viz_alloc_requests(alloc));
	viz_json_number(json, "failures", alloc->failures);
	viz_json_number(json, "fallbacks", alloc->fallbacks);
	viz_json_number(json, "retries", alloc->retries);
	viz_json_number(json, "gave_up", alloc->gave_up);
	viz_json_number(json, "warnings", alloc->warned);
	viz_json_number(json, "order_max", alloc->order_max);
	viz_json_truth(json, "may_reclaim", viz_alloc_may_reclaim(alloc));
	viz_json_truth(json, "nofail", marks & VIZ_ALLOC_NOFAIL);
	viz_json_text(json, "rules", viz_inventory_rules(run, alloc->class, text, sizeof(text)));
	viz_json_open(json, "held", '[');
	for (uint32_t i = 0; also && i < count; i++)
		viz_json_text(json, NULL, viz_class_name(run, also[i].class));
	viz_json_close(json, ']');
	viz_json_close(json, '}');
}

static void add_reserve(
	struct viz_json *json, struct viz_run *run, const struct ldl_reserve *reserve)
{
	viz_json_open(json, NULL, '{');
	viz_json_text(json, "name", viz_class_name(run, reserve->class));
	viz_json_number(json, "min_nr", reserve->min_nr);
	viz_json_number(json, "level", reserve->level);
	viz_json_number(json, "level_min", reserve->level_min);
	viz_json_number(json, "used", reserve->used);
	viz_json_number(json, "used_max", reserve->used_max);
	viz_json_truth(json, "alive", viz_reserve_is_alive(run, reserve));
	viz_json_close(json, '}');
}

static void add_inventory(struct viz_json *json, struct viz_run *run)
{
	const struct ldl_snapshot *snapshot = viz_run_snapshot(run);
	size_t count;
	const ldl_alloc_id *ids = viz_inventory_allocs(run, &count);

	viz_json_open(json, "inventory", '{');
	viz_json_open(json, "allocations", '[');
	for (size_t i = 0; i < count; i++)
		add_alloc(json, run, ids[i]);
	viz_json_close(json, ']');
	viz_json_open(json, "reserves", '[');
	for (ldl_reserve_id id = 1; id < ldl_snapshot_count(snapshot, LDL_TABLE_RESERVES); id++)
		add_reserve(json, run, ldl_snapshot_reserve(snapshot, id));
	viz_json_close(json, ']');
	viz_json_close(json, '}');
}

/* What a merge was made of. */
static void add_merged(struct viz_json *json, struct viz_run *run)
{
	size_t count;
	struct viz_merged *runs =
		viz_merge_runs(viz_run_path(run), viz_run_snapshot(run)->arena.header, &count);

	viz_json_open(json, "merged", '[');
	for (size_t i = 0; i < count; i++) {
		viz_json_open(json, NULL, '{');
		viz_json_text(json, "file", runs[i].file);
		viz_json_number(json, "pid", runs[i].pid);
		viz_json_number(json, "start", runs[i].start);
		viz_json_close(json, '}');
		free(runs[i].file);
	}
	viz_json_close(json, ']');
	free(runs);
}

static void add_run(
	struct viz_json *json, struct viz_run *run, const struct viz_json_options *options)
{
	const struct ldl_header *header = viz_run_snapshot(run)->arena.header;

	viz_json_open(json, NULL, '{');
	viz_json_text(json, "version", LDL_VERSION);
	viz_json_text(json, "file", viz_run_path(run));
	viz_json_text(json, "program", viz_run_program(run));
	viz_json_number(json, "pid", header->pid);
	viz_json_text(json, "mode", viz_run_mode(run));
	if (viz_is_merge(header))
		add_merged(json, run);
	add_totals(json, run);
	add_drops(json, header);
	add_findings(json, run);
	if (options->inventory)
		add_inventory(json, run);
	viz_json_close(json, '}');
}

void viz_json_run(FILE *out, struct viz_run *run, const struct viz_json_options *options)
{
	struct viz_json json = {.out = out};

	add_run(&json, run, options);
	fputc('\n', out);
}

void viz_json_runs(FILE *out, struct viz_run *const *runs, size_t count,
	const struct viz_json_options *options)
{
	struct viz_json json = {.out = out};

	viz_json_open(&json, NULL, '{');
	viz_json_text(&json, "version", LDL_VERSION);
	viz_json_open(&json, "runs", '[');
	for (size_t i = 0; i < count; i++)
		add_run(&json, runs[i], options);
	viz_json_close(&json, ']');
	viz_json_close(&json, '}');
	fputc('\n', out);
}
