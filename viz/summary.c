/* The end of a text report: how much was seen, what was found, what was not seen. */
#include <inttypes.h>
#include <string.h>

#include "callback.h"
#include "clean.h"
#include "filter.h"
#include "merge.h"
#include "self.h"
#include "text_parts.h"
#include "view.h"

#define IDLE_SHOWN 4u /* callbacks that never ran */

/* "1 class, " or "2 classes, ": the plural's ending is what stands before the comma or blank. */
static void print_number(FILE *out, uint64_t number, const char *noun, const char *ending)
{
	fprintf(out, "%" PRIu64 " %s%s", number, noun,
		number == 1 ? ending + strcspn(ending, ", \n") : ending);
}

static void print_totals(FILE *out, struct viz_run *run)
{
	const struct ldl_snapshot *snapshot = viz_run_snapshot(run);
	struct viz_totals totals;

	viz_run_totals(run, &totals);
	if (viz_is_merge(snapshot->arena.header))
		fprintf(out, "%s, mode %s:\n  %s\n", viz_path_base(viz_run_program(run)),
			viz_run_mode(run), viz_run_command(run));
	else
		fprintf(out, "%s, pid %u, mode %s%s:\n", viz_path_base(viz_run_program(run)),
			snapshot->arena.header->pid, viz_run_mode(run),
			ldl_snapshot_is_live(snapshot) ? ", still running" : "");
	fprintf(out, "  ");
	print_number(out, totals.locks, "lock", "s, ");
	print_number(out, totals.classes, "class", "es, ");
	print_number(out, totals.edges, "edge", "s, ");
	print_number(out, totals.chains, "chain", "s, ");
	print_number(out, totals.threads, "thread", "s\n");
}

/* What was seen besides locks; nothing when nothing was. */
static void print_waits(FILE *out, struct viz_run *run)
{
	struct viz_wait_totals totals;

	viz_run_wait_totals(run, &totals);
	if (totals.sites + totals.contexts + totals.reserves + totals.events == 0)
		return;
	fprintf(out, "  ");
	print_number(out, totals.allocations, "allocation", "s at ");
	print_number(out, totals.sites, "site", "s ");
	fprintf(out, "(%" PRIu64 " may reclaim), ", totals.reclaiming);
	print_number(out, totals.contexts, "context", "s, ");
	print_number(out, totals.reserves, "reserve", "s, ");
	print_number(out, totals.events, "event", "s\n");
}

/* Whether somebody declared a lock that reclaim or a notifier takes: it is not known for which. */
static bool has_declared(const struct ldl_snapshot *snapshot)
{
	uint32_t end = ldl_snapshot_count(snapshot, LDL_TABLE_EDGES);

	for (ldl_edge_id id = 1; id < end; id++) {
		const struct ldl_edge *edge = ldl_snapshot_edge(snapshot, id);
		const struct ldl_node *from = edge ? ldl_snapshot_node(snapshot, edge->from) : NULL;
		const struct ldl_class *class =
			from ? ldl_snapshot_class(snapshot, from->class) : NULL;

		if (class && (edge->types & LDL_EDGE_DECLARED) && !ldl_kind_is_lock(class->kind))
			return true;
	}
	return false;
}

/* Callbacks that never ran, each name once: no finding through them does not mean that there is
 * none. */
static void print_idle(FILE *out, struct viz_run *run)
{
	const struct ldl_snapshot *snapshot = viz_run_snapshot(run);
	uint32_t end = ldl_snapshot_count(snapshot, LDL_TABLE_CALLBACKS);
	uint32_t idle = 0;

	for (ldl_callback_id id = 1; id < end; id++) {
		const struct ldl_callback *callback = ldl_snapshot_callback(snapshot, id);

		if (!callback || !callback->class || viz_callback_has_run(run, callback->class) ||
			viz_callback_first(run, callback->class) != id)
			continue;
		if (idle++ < IDLE_SHOWN)
			fprintf(out,
				"  %s never ran: what it takes is %s known (run it, or "
				"declare its locks)\n",
				viz_class_name(run, callback->class),
				has_declared(snapshot) ? "only as far as it was declared" : "not");
	}
	if (idle > IDLE_SHOWN)
		fprintf(out, "  and %" PRIu32 " more shrinkers or notifiers that never ran\n",
			idle - IDLE_SHOWN);
}

static void print_findings(FILE *out, struct viz_run *run)
{
	size_t errors = viz_run_finding_count(run, LDL_SEVERITY_ERROR);
	size_t warnings = viz_run_finding_count(run, LDL_SEVERITY_WARNING);
	size_t count, infos = 0;
	const ldl_finding_id *findings = viz_run_findings(run, &count);
	char hidden[256];

	for (size_t i = 0; i < count; i++)
		infos += viz_finding_shown(run, findings[i]) != VIZ_SHOWN_NOT &&
			 viz_finding_severity(run, findings[i]) == LDL_SEVERITY_INFO;
	fprintf(out, "  findings: %zu error%s, %zu warning%s, %zu info\n", errors,
		errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s", infos);
	if (*viz_run_hidden_text(run, hidden, sizeof(hidden)))
		fprintf(out, "  hidden: %s; --all shows them\n", hidden);
}

static void print_drops(FILE *out, const struct ldl_header *header)
{
	bool is_any = false;

	for (unsigned int table = 0; table < LDL_TABLE_COUNT; table++) {
		if (!header->tables[table].dropped)
			continue;
		fprintf(out, "%s%" PRIu64 " %s",
			is_any ? ", " : "  dropped, the table being full: ",
			header->tables[table].dropped, viz_table_name(table));
		is_any = true;
	}
	if (is_any)
		fprintf(out, " (--memory makes them larger)\n");
	for (unsigned int counter = 0; counter < LDL_COUNT_MAX; counter++) {
		if (!viz_counter_is_loss(counter) || !header->counters[counter])
			continue;
		fprintf(out, "  not seen: %s: %" PRIu64 "\n", viz_counter_sentence(counter),
			header->counters[counter]);
		is_any = true;
	}
	if (!is_any)
		fprintf(out, "  nothing was dropped\n");
}

/* Numbers that are no loss but worth knowing. */
static void print_notes(FILE *out, struct viz_run *run)
{
	static const unsigned char noted[] = {
		LDL_COUNT_WRITER_BUSY, LDL_COUNT_UNLOCK_UNKNOWN, LDL_COUNT_UNLOCK_FOREIGN};
	const struct ldl_snapshot *snapshot = viz_run_snapshot(run);
	const struct ldl_header *header = snapshot->arena.header;
	const char *uncovered = ldl_snapshot_string(snapshot, header->uncovered);
	char clean[LDL_STRING_MAX + 1], broken[200];

	viz_self_print_shed(out, header);
	if (*viz_self_breaker(header, broken, sizeof(broken)))
		fprintf(out, "  the engine %s\n", broken);
	for (size_t i = 0; i < sizeof(noted); i++) {
		if (header->counters[noted[i]])
			fprintf(out, "  note: %s: %" PRIu64 "\n", viz_counter_sentence(noted[i]),
				header->counters[noted[i]]);
	}
	if (*uncovered) {
		viz_clean_copy(clean, sizeof(clean), uncovered);
		fprintf(out, "  not watched: %s\n", clean);
	}
	if (snapshot->repairs)
		fprintf(out, "  damaged file: %" PRIu64 " ids or records made no sense, left out\n",
			snapshot->repairs);
}

void viz_text_summary(FILE *out, struct viz_run *run)
{
	print_totals(out, run);
	print_waits(out, run);
	print_idle(out, run);
	print_findings(out, run);
	viz_filter_text(out, run);
	print_drops(out, viz_run_snapshot(run)->arena.header);
	print_notes(out, run);
}
