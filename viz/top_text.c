/* One snapshot of a process as text: `lockdep-lite top --once`. */
#include <inttypes.h>
#include <string.h>

#include "clean.h"
#include "self.h"
#include "top.h"

#define CLASSES_SHOWN 20u

static const char *ending(uint64_t count)
{
	return count == 1 ? "" : "s";
}

static void print_head(FILE *out, struct viz_top *top)
{
	const struct ldl_header *header = &top->header;
	uint64_t losses = viz_counter_losses(header);
	struct viz_totals totals;
	char self[200];

	viz_run_totals(top->run, &totals);
	fprintf(out, "%s, pid %u: %s, watching: %s, mode %s\n",
		viz_path_base(viz_run_program(top->run)), header->pid,
		top->is_live ? "running" : "ended", viz_top_watching(top), viz_run_mode(top->run));
	fprintf(out, "  %zu thread%s, %" PRIu64 " locks, %" PRIu64 " classes, %" PRIu64 " edges\n",
		top->row_count, ending(top->row_count), totals.locks, totals.classes, totals.edges);
	fprintf(out, "  findings: %zu error%s, %zu warning%s; ",
		viz_run_finding_count(top->run, LDL_SEVERITY_ERROR),
		ending(viz_run_finding_count(top->run, LDL_SEVERITY_ERROR)),
		viz_run_finding_count(top->run, LDL_SEVERITY_WARNING),
		ending(viz_run_finding_count(top->run, LDL_SEVERITY_WARNING)));
	if (losses)
		fprintf(out, "%" PRIu64 " event%s not seen\n", losses, ending(losses));
	else
		fprintf(out, "nothing was dropped\n");
	fprintf(out,
		"  cost: %" PRIu64 " acquisitions checked at length (%.0f a second now), %" PRIu64
		" put off, %.1f of %.0f MiB\n",
		header->counters[LDL_COUNT_SLOW_PATHS], top->slow_rate,
		header->counters[LDL_COUNT_WRITER_BUSY], (double)top->bytes / (1 << 20),
		(double)header->size / (1 << 20));
	if (*viz_self_cost(header, self, sizeof(self)))
		fprintf(out, "  %s\n", self);
	if (*viz_self_breaker(header, self, sizeof(self)))
		fprintf(out, "  the engine %s\n", self);
}

static void print_deadlocks(FILE *out, struct viz_top *top)
{
	char title[1200];

	for (size_t i = 0; i < top->deadlock_count; i++) {
		ldl_finding_id id = top->deadlock_findings[i];

		if (!id)
			continue;
		fprintf(out, "\n%s\n  %s\n", viz_finding_title(top->run, id, title, sizeof(title)),
			viz_finding_note(top->run, id));
	}
}

static void print_entry(
	FILE *out, struct viz_top *top, const struct ldl_held *entry, const char *verb)
{
	char place[512];

	fprintf(out, "    %s %s, %s, at 0x%" PRIx64 "  %s %s", verb, viz_top_class_name(top, entry),
		viz_mode_name(ldl_held_mode(entry)), (uint64_t)ldl_held_addr(entry),
		strcmp(verb, "holds") == 0 ? "from" : "in",
		viz_top_place(top, entry, place, sizeof(place)));
}

static void print_wish(FILE *out, struct viz_top *top, const struct viz_top_row *row)
{
	const struct ldl_held *wish = viz_look_wish(row->thread);
	char holders[256];

	print_entry(out, top, wish, row->is_asleep ? "needs" : "wants");
	fprintf(out, "\n");
	if (!row->wait_ns)
		return;
	viz_top_holders(top, row, holders, sizeof(holders));
	if (holders[0])
		fprintf(out, "      held by %s\n", holders);
	else if (!row->is_asleep)
		fprintf(out, "      nobody is known to hold it\n");
}

static void print_state(FILE *out, const struct viz_top *top, const struct viz_top_row *row)
{
	char time[32];

	if (!top->is_live)
		fprintf(out, row->wait_ns ? ": waited when the process ended" : "");
	else if (row->state == 'Z')
		fprintf(out, ": has ended");
	else if (row->is_asleep)
		fprintf(out, ": waits for a condition variable at 0x%" PRIx64,
			row->thread->record.wait_addr);
	else if (row->wait_ns)
		fprintf(out, ": waits for at least %s",
			viz_top_time(row->wait_ns, time, sizeof(time)));
	else if (row->thread->is_wanting)
		fprintf(out, ": takes a lock");
	else
		fprintf(out, ": runs");
	fprintf(out, "\n");
}

static void print_thread(FILE *out, struct viz_top *top, const struct viz_top_row *row)
{
	char name[64], time[32];

	viz_clean_copy(name, sizeof(name), row->name);
	fprintf(out, "\n  %s #%u (tid %u)", name[0] ? name : "thread", row->thread->record.serial,
		row->thread->record.tid);
	print_state(out, top, row);
	for (uint32_t i = 0; i < viz_look_depth(row->thread); i++) {
		uint64_t held_ns = viz_observer_held_ns(top->observer, top, row->thread->slot, i);

		if (ldl_held_is_stolen(&row->thread->held[i]))
			continue;
		print_entry(out, top, &row->thread->held[i], "holds");
		if (held_ns)
			fprintf(out, ", for %s", viz_top_time(held_ns, time, sizeof(time)));
		fprintf(out, "\n");
	}
	if (row->thread->record.overflow)
		fprintf(out, "    and %u more that found no room\n", row->thread->record.overflow);
	if (row->thread->is_wanting)
		print_wish(out, top, row);
}

static void print_contention(FILE *out, const struct viz_top *top)
{
	char total[32], longest[32];

	if (top->class_count == 0)
		return;
	fprintf(out, "\n  waits     total   longest  for\n");
	for (size_t i = 0; i < top->class_count && i < CLASSES_SHOWN; i++) {
		const struct viz_contention *contention = &top->classes[i].contention;

		fprintf(out, "  %5" PRIu64 "  %8s  %8s  %s\n", contention->count,
			viz_top_time(contention->total_ns, total, sizeof(total)),
			viz_top_time(contention->longest_ns, longest, sizeof(longest)),
			viz_class_name(top->run, top->classes[i].class));
	}
	if (top->class_count > CLASSES_SHOWN)
		fprintf(out, "  and %zu more classes\n", top->class_count - CLASSES_SHOWN);
}

void viz_top_text(FILE *out, struct viz_top *top)
{
	size_t idle = 0;

	print_head(out, top);
	print_deadlocks(out, top);
	for (size_t i = 0; i < top->row_count; i++) {
		if (top->rows[i].thread->count || top->rows[i].thread->record.overflow)
			print_thread(out, top, &top->rows[i]);
		else
			idle++;
	}
	if (idle)
		fprintf(out, "\n  %zu thread%s hold%s nothing and want%s nothing\n", idle,
			ending(idle), idle == 1 ? "s" : "", idle == 1 ? "s" : "");
	print_contention(out, top);
}
