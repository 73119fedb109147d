/* One snapshot of a process as JSON: `lockdep-lite top --json`. */
#include <inttypes.h>

#include "json_writer.h"
#include "self.h"
#include "top.h"

/* A member's name, after the comma that the ones before it need. */
static void key(FILE *out, const char *name, bool is_first)
{
	fprintf(out, "%s", is_first ? "" : ", ");
	viz_json_string(out, name);
	fprintf(out, ": ");
}

static void text(FILE *out, const char *name, const char *value, bool is_first)
{
	key(out, name, is_first);
	viz_json_string(out, value);
}

static void number(FILE *out, const char *name, uint64_t value, bool is_first)
{
	key(out, name, is_first);
	fprintf(out, "%" PRIu64, value);
}

static void seconds(FILE *out, const char *name, uint64_t ns)
{
	key(out, name, false);
	fprintf(out, "%" PRIu64 ".%03u", ns / 1000000000u, (unsigned int)(ns / 1000000u % 1000));
}

static void put_entry(FILE *out, struct viz_top *top, const struct ldl_held *entry)
{
	char place[512], address[32];

	text(out, "class", viz_top_class_name(top, entry), true);
	snprintf(address, sizeof(address), "0x%" PRIx64, (uint64_t)ldl_held_addr(entry));
	text(out, "lock", address, false);
	text(out, "mode", viz_mode_name(ldl_held_mode(entry)), false);
	text(out, "place", viz_top_place(top, entry, place, sizeof(place)), false);
}

/* The holders of a wish, one after the other. */
struct list {
	FILE *out;
	const struct viz_top *top;
	size_t count;
};

static bool put_holder(void *context, const struct viz_observer_blocker *blocker)
{
	struct list *list = context;

	fprintf(list->out, list->count++ ? ", {" : "{");
	number(list->out, "tid", blocker->thread->record.tid, true);
	number(list->out, "serial", blocker->thread->record.serial, false);
	key(list->out, "other_process", false);
	fprintf(list->out, blocker->process == list->top ? "false" : "true");
	key(list->out, "queued", false);
	fprintf(list->out, blocker->is_queued ? "true}" : "false}");
	return true;
}

static void put_wish(FILE *out, struct viz_top *top, const struct viz_top_row *row)
{
	struct list list = {out, top, 0};

	key(out, "wants", false);
	if (!row->thread->is_wanting) {
		fprintf(out, "null");
		return;
	}
	fprintf(out, "{");
	put_entry(out, top, viz_look_wish(row->thread));
	seconds(out, "seconds", row->wait_ns);
	key(out, "held_by", false);
	fprintf(out, "[");
	if (row->wait_ns)
		viz_observer_blockers(top->observer, top, row->thread->slot, put_holder, &list);
	fprintf(out, "]}");
}

static void put_thread(FILE *out, struct viz_top *top, const struct viz_top_row *row)
{
	const char state[] = {row->state, 0};
	bool is_first = true;

	fprintf(out, "{");
	number(out, "tid", row->thread->record.tid, true);
	number(out, "serial", row->thread->record.serial, false);
	text(out, "name", row->name, false);
	text(out, "state", row->state ? state : NULL, false);
	key(out, "waits_for_condition", false);
	fprintf(out, row->is_asleep ? "true" : "false");
	key(out, "holds", false);
	fprintf(out, "[");
	for (uint32_t i = 0; i < viz_look_depth(row->thread); i++) {
		if (ldl_held_is_stolen(&row->thread->held[i]))
			continue;
		fprintf(out, is_first ? "{" : ", {");
		put_entry(out, top, &row->thread->held[i]);
		seconds(out, "seconds",
			viz_observer_held_ns(top->observer, top, row->thread->slot, i));
		fprintf(out, "}");
		is_first = false;
	}
	fprintf(out, "]");
	put_wish(out, top, row);
	fprintf(out, "}");
}

static void put_threads(FILE *out, struct viz_top *top)
{
	fprintf(out, ",\n \"threads\": [");
	for (size_t i = 0; i < top->row_count; i++) {
		fprintf(out, i ? ",\n  " : "\n  ");
		put_thread(out, top, &top->rows[i]);
	}
	fprintf(out, "]");
}

static void put_contention(FILE *out, struct viz_top *top)
{
	fprintf(out, ",\n \"contention\": [");
	for (size_t i = 0; i < top->class_count; i++) {
		fprintf(out, i ? ",\n  {" : "\n  {");
		text(out, "class", viz_class_name(top->run, top->classes[i].class), true);
		number(out, "count", top->classes[i].contention.count, false);
		seconds(out, "total_seconds", top->classes[i].contention.total_ns);
		seconds(out, "longest_seconds", top->classes[i].contention.longest_ns);
		fprintf(out, "}");
	}
	fprintf(out, "]");
}

static void put_deadlocks(FILE *out, struct viz_top *top)
{
	bool is_first = true;
	char words[1200];

	fprintf(out, ",\n \"deadlocks\": [");
	for (size_t i = 0; i < top->deadlock_count; i++) {
		ldl_finding_id id = top->deadlock_findings[i];
		const struct ldl_finding *finding =
			ldl_snapshot_finding(viz_run_snapshot(top->run), id);

		if (!finding)
			continue;
		fprintf(out, is_first ? "\n  {" : ",\n  {");
		snprintf(words, sizeof(words), "%016" PRIx64, finding->id);
		text(out, "id", words, true);
		text(out, "rule", viz_rule_id(finding->rule), false);
		text(out, "verdict", viz_verdict_name(finding->verdict), false);
		text(out, "title", viz_finding_title(top->run, id, words, sizeof(words)), false);
		text(out, "note", viz_finding_note(top->run, id), false);
		fprintf(out, "}");
		is_first = false;
	}
	fprintf(out, "]");
}

static void put_cost(FILE *out, const struct viz_top *top)
{
	const struct ldl_header *header = &top->header;
	char broken[200];

	fprintf(out, ",\n \"cost\": {");
	number(out, "slow_paths", header->counters[LDL_COUNT_SLOW_PATHS], true);
	key(out, "slow_paths_per_second", false);
	fprintf(out, "%.1f", top->slow_rate);
	number(out, "put_off", header->counters[LDL_COUNT_WRITER_BUSY], false);
	number(out, "own_ppm", header->governor.share_ppm, false);
	number(out, "budget_ppm", header->governor.budget_ppm, false);
	text(out, "gives_up", viz_self_level(header->governor.level), false);
	text(out, "broken", viz_self_breaker(header, broken, sizeof(broken)), false);
	number(out, "bytes", top->bytes, false);
	number(out, "size", header->size, false);
	fprintf(out, "},\n \"findings\": {");
	number(out, "error", viz_run_finding_count(top->run, LDL_SEVERITY_ERROR), true);
	number(out, "warning", viz_run_finding_count(top->run, LDL_SEVERITY_WARNING), false);
	number(out, "info", viz_run_finding_count(top->run, LDL_SEVERITY_INFO), false);
	fprintf(out, "}");
	number(out, "not_seen", viz_counter_losses(header), false);
}

void viz_top_json(FILE *out, struct viz_top *top)
{
	fprintf(out, "{");
	text(out, "version", LDL_VERSION, true);
	text(out, "program", viz_run_program(top->run), false);
	number(out, "pid", top->header.pid, false);
	key(out, "live", false);
	fprintf(out, top->is_live ? "true" : "false");
	text(out, "watching", viz_top_watching(top), false);
	text(out, "mode", viz_run_mode(top->run), false);
	seconds(out, "sampled_seconds", top->refreshed_ns - top->began_ns);
	put_threads(out, top);
	put_contention(out, top);
	put_deadlocks(out, top);
	put_cost(out, top);
	fprintf(out, "}\n");
}
