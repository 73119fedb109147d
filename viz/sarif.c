/* Runs as SARIF 2.1.0: the log, its runs, rules and results. See sarif.h. */
#include "sarif.h"

#include <inttypes.h>

#include "core/compiler.h"
#include "repair.h"
#include "sarif_flow.h"
#include "view.h"

#define SCHEMA                                                                                     \
	"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"                      \
	"sarif-schema-2.1.0.json"
#define FINGERPRINT "lockdepLiteFinding/v1" /* what the id of a finding is called in a result */

/* The rules that a run's results name, each once: indices of its array `rules`. */
struct rules {
	unsigned char numbers[LDL_RULE_COUNT]; /* ldl_rule of each */
	uint32_t index_of[LDL_RULE_COUNT];     /* by ldl_rule; valid for those that are there */
	ldl_finding_id first[LDL_RULE_COUNT];  /* the worst finding of each */
	uint32_t count;
};

static unsigned int rule_of(const struct viz_run *run, ldl_finding_id id)
{
	return ldl_snapshot_finding(viz_run_snapshot(run), id)->rule % LDL_RULE_COUNT;
}

static void collect_rules(struct viz_run *run, struct rules *rules)
{
	size_t count;
	const ldl_finding_id *ids = viz_run_findings(run, &count);
	bool is_there[LDL_RULE_COUNT] = {false};

	rules->count = 0;
	for (size_t i = 0; i < count; i++) {
		unsigned int rule = rule_of(run, ids[i]);

		if (is_there[rule] || viz_finding_shown(run, ids[i]) != VIZ_SHOWN_FULL)
			continue;
		is_there[rule] = true;
		rules->index_of[rule] = rules->count;
		rules->first[rules->count] = ids[i];
		rules->numbers[rules->count++] = (unsigned char)rule;
	}
}

static const char *level_of(const struct viz_run *run, ldl_finding_id id)
{
	switch (viz_finding_severity(run, id)) {
	case LDL_SEVERITY_ERROR:
		return "error";
	case LDL_SEVERITY_WARNING:
		return "warning";
	default:
		return "note";
	}
}

static void add_rules(struct viz_json *json, struct viz_run *run, const struct rules *rules)
{
	viz_json_open(json, "rules", '[');
	for (uint32_t i = 0; i < rules->count; i++) {
		unsigned int rule = rules->numbers[i];

		viz_json_open(json, NULL, '{');
		viz_json_text(json, "id", viz_rule_id(rule));
		viz_sarif_message(json, "shortDescription", viz_rule_title(rule));
		viz_sarif_message(json, "fullDescription", viz_rule_sentence(rule));
		if (*viz_rule_repair(rule))
			viz_sarif_message(json, "help", viz_rule_repair(rule));
		viz_json_open(json, "defaultConfiguration", '{');
		viz_json_text(json, "level", level_of(run, rules->first[i]));
		viz_json_close(json, '}');
		viz_json_close(json, '}');
	}
	viz_json_close(json, ']');
}

static void add_tool(struct viz_json *json, struct viz_run *run, const struct rules *rules)
{
	viz_json_open(json, "tool", '{');
	viz_json_open(json, "driver", '{');
	viz_json_text(json, "name", "lockdep-lite");
	viz_json_text(json, "version", LDL_VERSION);
	viz_json_text(json, "semanticVersion", LDL_VERSION);
	add_rules(json, run, rules);
	viz_json_close(json, '}');
	viz_json_close(json, '}');
}

static void add_notification(struct viz_json *json, const char *id, const char *text)
{
	viz_json_open(json, NULL, '{');
	viz_json_open(json, "descriptor", '{');
	viz_json_text(json, "id", id);
	viz_json_close(json, '}');
	viz_json_text(json, "level", "warning");
	viz_sarif_message(json, "message", text);
	viz_json_close(json, '}');
}

/* Whatever was not seen: results may be missing. */
static void add_notifications(struct viz_json *json, struct viz_run *run)
{
	const struct ldl_snapshot *snapshot = viz_run_snapshot(run);
	const struct ldl_header *header = snapshot->arena.header;
	const char *uncovered = ldl_snapshot_string(snapshot, header->uncovered);
	char text[LDL_STRING_MAX + 64];

	viz_json_open(json, "toolExecutionNotifications", '[');
	for (unsigned int table = 0; table < LDL_TABLE_COUNT; table++) {
		if (!header->tables[table].dropped)
			continue;
		snprintf(text, sizeof(text), "dropped, the table being full: %" PRIu64 " %s",
			header->tables[table].dropped, viz_table_name(table));
		add_notification(json, viz_table_name(table), text);
	}
	for (unsigned int counter = 0; counter < LDL_COUNT_MAX; counter++) {
		if (!viz_counter_is_loss(counter) || !header->counters[counter])
			continue;
		snprintf(text, sizeof(text), "not seen: %s: %" PRIu64,
			viz_counter_sentence(counter), header->counters[counter]);
		add_notification(json, viz_counter_name(counter), text);
	}
	if (*uncovered) {
		snprintf(text, sizeof(text), "not watched: %s", uncovered);
		add_notification(json, "uncovered", text);
	}
	if (snapshot->repairs) {
		snprintf(text, sizeof(text),
			"damaged file: %" PRIu64 " ids or records made no sense, left out",
			snapshot->repairs);
		add_notification(json, "repairs", text);
	}
	viz_json_close(json, ']');
}

static void add_invocation(struct viz_json *json, struct viz_run *run)
{
	const struct ldl_snapshot *snapshot = viz_run_snapshot(run);
	const struct ldl_header *header = snapshot->arena.header;
	char text[VIZ_DATE_MAX];

	viz_json_open(json, "invocations", '[');
	viz_json_open(json, NULL, '{');
	viz_json_truth(json, "executionSuccessful",
		snapshot->repairs == 0 || ldl_snapshot_is_live(snapshot));
	viz_json_text(json, "commandLine",
		*viz_run_command(run) ? viz_run_command(run) : viz_run_program(run));
	viz_sarif_artifact(json, "executableLocation", viz_run_program(run));
	viz_json_number(json, "processId", header->pid);
	if (*viz_run_start(run, text))
		viz_json_text(json, "startTimeUtc", text);
	add_notifications(json, run);
	viz_json_close(json, '}');
	viz_json_close(json, ']');
}

/* Its first sentence, all that is shown where room is scarce, is the title. */
static void add_message(struct viz_json *json, struct viz_run *run, ldl_finding_id id)
{
	const struct ldl_finding *finding = ldl_snapshot_finding(viz_run_snapshot(run), id);
	const char *note = viz_finding_note(run, id);
	char title[1200], text[4096];

	viz_finding_title(run, id, title, sizeof(title));
	snprintf(text, sizeof(text), "%s. %s%s%s%s: %s", title, *note ? "Note: " : "", note,
		*note ? ". " : "",
		finding->verdict ? viz_verdict_name(finding->verdict) : viz_rule_id(finding->rule),
		finding->verdict ? viz_finding_means(run, id) : viz_rule_sentence(finding->rule));
	viz_sarif_message(json, "message", text);
}

static void add_properties(struct viz_json *json, struct viz_run *run, ldl_finding_id id)
{
	const struct ldl_finding *finding = ldl_snapshot_finding(viz_run_snapshot(run), id);

	viz_json_open(json, "properties", '{');
	viz_json_text(json, "verdict", viz_verdict_name(finding->verdict));
	viz_json_text(json, "findingKind", viz_finding_kind_name(finding->kind));
	viz_json_close(json, '}');
}

/* How far up in a list that is sorted by it: 0 … 100. */
static uint64_t rank_of(const struct ldl_finding *finding)
{
	static const unsigned char ranks[LDL_VERDICT_COUNT] = {
		[LDL_VERDICT_NONE] = 85,
		[LDL_VERDICT_DEADLOCKED] = 100,
		[LDL_VERDICT_CONFIRMED] = 95,
		[LDL_VERDICT_PREDICTED] = 80,
		[LDL_VERDICT_POTENTIAL] = 60,
		[LDL_VERDICT_BOUNDED] = 40,
		[LDL_VERDICT_ORDERED] = 20,
		[LDL_VERDICT_SINGLE_THREAD] = 15,
		[LDL_VERDICT_GATED] = 5,
	};

	return ranks[finding->verdict % LDL_VERDICT_COUNT];
}

static void add_result(
	struct viz_json *json, struct viz_run *run, const struct rules *rules, ldl_finding_id id)
{
	const struct ldl_finding *finding = ldl_snapshot_finding(viz_run_snapshot(run), id);
	unsigned int rule = rule_of(run, id);
	char digits[VIZ_ID_MAX];

	viz_json_open(json, NULL, '{');
	viz_json_text(json, "ruleId", viz_rule_id(rule));
	viz_json_number(json, "ruleIndex", rules->index_of[rule]);
	viz_json_text(json, "kind", "fail");
	viz_json_text(json, "level", level_of(run, id));
	add_message(json, run, id);
	viz_sarif_locations(json, run, id);
	viz_json_open(json, "partialFingerprints", '{');
	viz_json_text(json, FINGERPRINT, viz_finding_id(run, id, digits));
	viz_json_close(json, '}');
	viz_json_number(json, "occurrenceCount", finding->count ? finding->count : 1);
	viz_json_number(json, "rank", rank_of(finding));
	viz_sarif_evidence(json, run, id);
	add_properties(json, run, id);
	viz_json_close(json, '}');
}

static void add_root(struct viz_json *json)
{
	viz_json_open(json, "originalUriBaseIds", '{');
	viz_json_open(json, VIZ_SARIF_ROOT, '{');
	viz_sarif_message(json, "description",
		"where the program was compiled: its debugging information has relative paths");
	viz_json_close(json, '}');
	viz_json_close(json, '}');
}

static void add_run(struct viz_json *json, struct viz_run *run)
{
	size_t count;
	const ldl_finding_id *ids = viz_run_findings(run, &count);
	struct rules rules;
	char text[1100];

	collect_rules(run, &rules);
	viz_json_open(json, NULL, '{');
	add_tool(json, run, &rules);
	viz_json_open(json, "automationDetails", '{');
	snprintf(text, sizeof(text), "lockdep-lite/%s/%" PRIu32,
		viz_path_base(viz_run_program(run)), viz_run_snapshot(run)->arena.header->pid);
	viz_json_text(json, "id", text);
	viz_json_close(json, '}');
	add_invocation(json, run);
	add_root(json);
	viz_json_open(json, "results", '[');
	for (size_t i = 0; i < count; i++) {
		if (viz_finding_shown(run, ids[i]) == VIZ_SHOWN_FULL)
			add_result(json, run, &rules, ids[i]);
	}
	viz_json_close(json, ']');
	viz_json_close(json, '}');
}

void viz_sarif_print(FILE *out, struct viz_run *const *runs, size_t count)
{
	struct viz_json json = {.out = out};

	viz_json_open(&json, NULL, '{');
	viz_json_text(&json, "$schema", SCHEMA);
	viz_json_text(&json, "version", "2.1.0");
	viz_json_open(&json, "runs", '[');
	for (size_t i = 0; i < count; i++)
		add_run(&json, runs[i]);
	viz_json_close(&json, ']');
	viz_json_close(&json, '}');
	fputc('\n', out);
}
