/* Findings of a run: their order in a report, their titles, and how one is asked for. */
#include "run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TITLE_NAMES 4u /* lock classes that a title lists */

/* What one should look at first: smaller is earlier. */
static const unsigned char verdict_order[LDL_VERDICT_COUNT] = {
	[LDL_VERDICT_DEADLOCKED] = 0,
	[LDL_VERDICT_CONFIRMED] = 1,
	[LDL_VERDICT_NONE] = 2,
	[LDL_VERDICT_PREDICTED] = 3,
	[LDL_VERDICT_POTENTIAL] = 4,
	[LDL_VERDICT_BOUNDED] = 5,
	[LDL_VERDICT_ORDERED] = 6,
	[LDL_VERDICT_SINGLE_THREAD] = 7,
	[LDL_VERDICT_GATED] = 8,
};

static int compare_numbers(uint64_t one, uint64_t other)
{
	return (one > other) - (one < other);
}

static int compare_findings(const void *one, const void *other, void *context)
{
	const struct ldl_snapshot *snapshot = context;
	ldl_finding_id a_id = *(const ldl_finding_id *)one, b_id = *(const ldl_finding_id *)other;
	const struct ldl_finding *a = ldl_snapshot_finding(snapshot, a_id);
	const struct ldl_finding *b = ldl_snapshot_finding(snapshot, b_id);
	int order = compare_numbers(b->severity, a->severity);

	if (order == 0)
		order = compare_numbers(verdict_order[a->verdict % LDL_VERDICT_COUNT],
			verdict_order[b->verdict % LDL_VERDICT_COUNT]);
	if (order == 0)
		order = compare_numbers(a->time_ns, b->time_ns);
	return order ? order : compare_numbers(a_id, b_id);
}

const ldl_finding_id *viz_run_findings(struct viz_run *run, size_t *count)
{
	struct viz_derived *derived = &run->derived;
	uint32_t end = ldl_snapshot_count(&run->snapshot, LDL_TABLE_FINDINGS);

	if (!derived->findings) {
		derived->finding_count = 0;
		derived->findings =
			viz_pool_alloc(&derived->pool, ((size_t)end + 1) * sizeof(ldl_finding_id));
		for (ldl_finding_id id = 1; derived->findings && id < end; id++) {
			const struct ldl_finding *finding =
				ldl_snapshot_finding(&run->snapshot, id);

			if (viz_finding_is_whole(finding))
				derived->findings[derived->finding_count++] = id;
		}
		if (derived->finding_count)
			qsort_r(derived->findings, derived->finding_count, sizeof(ldl_finding_id),
				compare_findings, &run->snapshot);
	}
	*count = derived->finding_count;
	return derived->findings;
}

ldl_witness_id viz_step_witness(const struct viz_run *run, const struct ldl_path_step *step)
{
	const struct ldl_edge *edge;

	if (ldl_snapshot_witness(&run->snapshot, step->witness))
		return step->witness;
	edge = ldl_snapshot_edge(&run->snapshot, step->edge);
	return edge && ldl_snapshot_witness(&run->snapshot, edge->witness_first)
		       ? edge->witness_first
		       : 0;
}

const char *viz_thread_text(
	struct viz_run *run, const struct ldl_witness *witness, char *text, size_t size)
{
	const char *name = ldl_snapshot_string(&run->snapshot, witness->thread_name);

	snprintf(text, size, "%s (tid %u, thread #%u)",
		*name ? viz_pool_text(&run->derived.pool, name) : "?", witness->tid,
		witness->thread_serial);
	return text;
}

/* "A and B", "A, B and C", "A, B, C, D … (20 locks)". */
static void list_names(struct viz_run *run, const struct ldl_path_step *steps, uint32_t count,
	char *text, size_t size)
{
	uint32_t shown = count < TITLE_NAMES ? count : TITLE_NAMES;
	size_t used = 0;

	for (uint32_t i = 0; i < shown && used < size; i++) {
		const char *joint = i == 0 ? "" : i + 1 == count ? " and " : ", ";

		used += (size_t)snprintf(text + used, size - used, "%s%s", joint,
			viz_class_name(run, steps[i].from));
	}
	if (shown < count && used < size)
		snprintf(text + used, size - used, " … (%u locks)", count);
}

static const char *title_prefix(unsigned int verdict)
{
	switch (verdict) {
	case LDL_VERDICT_DEADLOCKED:
	case LDL_VERDICT_CONFIRMED:
		return "deadlock: ";
	case LDL_VERDICT_BOUNDED:
		return "possible stall: ";
	case LDL_VERDICT_GATED:
	case LDL_VERDICT_ORDERED:
	case LDL_VERDICT_SINGLE_THREAD:
		return "";
	default:
		return "possible deadlock: ";
	}
}

/* What happened, with %s for the lock's class: rules whose finding is no cycle of classes. */
static const char *const rule_titles[LDL_RULE_COUNT] = {
	[LDL_RULE_SELF_DEADLOCK] = "deadlock: %s is waited for by the thread that holds it",
	[LDL_RULE_SAME_CLASS] = "possible deadlock: two locks of class %s nested",
	[LDL_RULE_UNLOCK_UNHELD] = "misuse: %s released while nobody holds it",
	[LDL_RULE_UNLOCK_FOREIGN] = "misuse: %s released by a thread that does not hold it",
	[LDL_RULE_INIT_HELD] = "misuse: %s initialised while held",
	[LDL_RULE_DESTROY_HELD] = "misuse: %s destroyed while held",
	[LDL_RULE_NOT_HELD] = "misuse: an assertion on who holds %s failed",
};

static void title_by_rule(const char *title, const char *name, char *text, size_t size)
{
	const char *hole = strstr(title, "%s");

	snprintf(text, size, "%.*s%s%s", (int)(hole - title), title, name, hole + 2);
}

static void title_cycle(const struct ldl_finding *finding, const char *names, uint32_t count,
	char *text, size_t size)
{
	const char *prefix = title_prefix(finding->verdict);

	if (finding->rule == LDL_RULE_DECLARED_ORDER)
		snprintf(text, size, "%sdeclared order of %s inverted", prefix, names);
	else if (finding->rule == LDL_RULE_INSTANCE_ORDER)
		snprintf(text, size, "%slocks of class %s nested in contradicting orders", prefix,
			names);
	else if (count == 1)
		snprintf(text, size, "%s%s taken while it is held", prefix, names);
	else if (count == 2)
		snprintf(text, size, "%slock order inversion between %s", prefix, names);
	else
		snprintf(text, size, "%slock order cycle through %s", prefix, names);
}

const char *viz_finding_title(struct viz_run *run, ldl_finding_id id, char *text, size_t size)
{
	const struct ldl_finding *finding = ldl_snapshot_finding(&run->snapshot, id);
	const struct ldl_path_step *steps;
	uint32_t count = 0;
	char names[1024] = "?";

	steps = ldl_snapshot_path(&run->snapshot, id, &count);
	if (steps && count && finding && finding->rule == LDL_RULE_INSTANCE_ORDER)
		list_names(run, steps, 1, names, sizeof(names));
	else if (steps && count)
		list_names(run, steps, count, names, sizeof(names));
	if (!finding)
		snprintf(text, size, "?");
	else if (finding->rule < LDL_RULE_COUNT && rule_titles[finding->rule])
		title_by_rule(rule_titles[finding->rule],
			steps && count
				? viz_class_name(run, steps[0].from ? steps[0].from : steps[0].to)
				: "?",
			text, size);
	else
		title_cycle(finding, names, count, text, size);
	return text;
}

ldl_status viz_finding_lookup(const struct viz_run *run, const char *prefix, ldl_finding_id *out)
{
	uint32_t end = ldl_snapshot_count(&run->snapshot, LDL_TABLE_FINDINGS);
	size_t len = strlen(prefix);
	char digits[24];

	*out = 0;
	for (ldl_finding_id id = 1; id < end; id++) {
		const struct ldl_finding *finding = ldl_snapshot_finding(&run->snapshot, id);

		if (!viz_finding_is_whole(finding))
			continue;
		snprintf(digits, sizeof(digits), "%016" PRIx64, finding->id);
		if (len == 0 || len > 16 || strncasecmp(digits, prefix, len) != 0)
			continue;
		if (*out)
			return LDL_BUSY;
		*out = id;
	}
	return *out ? LDL_OK : LDL_NOT_FOUND;
}
