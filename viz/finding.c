/* Findings of a run: their order in a report, and how one is asked for. */
#include "filter.h"
#include "run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int compare_numbers(uint64_t one, uint64_t other)
{
	return (one > other) - (one < other);
}

static int compare_findings(const void *one, const void *other, void *context)
{
	const struct viz_run *run = context;
	const struct ldl_snapshot *snapshot = &run->snapshot;
	ldl_finding_id a_id = *(const ldl_finding_id *)one, b_id = *(const ldl_finding_id *)other;
	const struct ldl_finding *a = ldl_snapshot_finding(snapshot, a_id);
	const struct ldl_finding *b = ldl_snapshot_finding(snapshot, b_id);
	int order =
		compare_numbers(viz_finding_severity(run, b_id), viz_finding_severity(run, a_id));

	if (order == 0)
		order = compare_numbers(viz_verdict_rank(a->verdict), viz_verdict_rank(b->verdict));
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

			if (viz_finding_is_whole(finding) &&
				viz_finding_fate(run, id) == VIZ_FATE_SHOWN)
				derived->findings[derived->finding_count++] = id;
		}
		if (derived->finding_count)
			qsort_r(derived->findings, derived->finding_count, sizeof(ldl_finding_id),
				compare_findings, run);
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

static ldl_class_id class_of(const struct ldl_path_step *step)
{
	return step->from ? step->from : step->to;
}

bool viz_step_is_first(const struct ldl_path_step *steps, uint32_t index)
{
	for (uint32_t i = 0; i < index; i++) {
		if (class_of(&steps[i]) == class_of(&steps[index]))
			return false;
	}
	return true;
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

const char *viz_thread_label(
	struct viz_run *run, const struct ldl_witness *witness, char *text, size_t size)
{
	const char *name = ldl_snapshot_string(&run->snapshot, witness->thread_name);

	snprintf(text, size, "%s #%" PRIu32,
		*name ? viz_pool_text(&run->derived.pool, name) : "thread", witness->thread_serial);
	return text;
}

uint32_t viz_finding_turns(const struct viz_run *run, ldl_finding_id id)
{
	const struct ldl_finding *finding = ldl_snapshot_finding(&run->snapshot, id);
	uint32_t count = 0;
	const struct ldl_path_step *steps = ldl_snapshot_path(&run->snapshot, id, &count);

	return finding && finding->verdict == LDL_VERDICT_GATED && steps && count ? steps[0].turns
										  : 0;
}

const char *viz_finding_means(struct viz_run *run, ldl_finding_id id)
{
	const struct ldl_finding *finding = ldl_snapshot_finding(&run->snapshot, id);
	uint32_t turns = viz_finding_turns(run, id);
	char text[400];

	if (!finding)
		return "";
	if (!turns)
		return viz_verdict_meaning(finding->kind, finding->verdict);
	snprintf(text, sizeof(text),
		"passed on in turn: %" PRIu32 " nestings of this class each began with the lock at "
		"which an earlier one had ended, so there were never threads on the way at all of "
		"the locks, and it did not come near; a single nesting out of turn would make it "
		"an error, and one common order would settle it for good.",
		turns);
	return viz_pool_text(&run->derived.pool, text);
}

const char *viz_finding_note(struct viz_run *run, ldl_finding_id id)
{
	const struct ldl_finding *finding = ldl_snapshot_finding(&run->snapshot, id);
	const char *note = ldl_snapshot_string(&run->snapshot, finding ? finding->note : 0);

	return *note ? viz_pool_text(&run->derived.pool, note) : "";
}

const char *viz_finding_id(struct viz_run *run, ldl_finding_id id, char text[VIZ_ID_MAX])
{
	const struct ldl_finding *finding = ldl_snapshot_finding(&run->snapshot, id);

	snprintf(text, VIZ_ID_MAX, "%016" PRIx64, finding ? finding->id : 0);
	return text;
}

ldl_status viz_finding_lookup(struct viz_run *run, const char *prefix, ldl_finding_id *out)
{
	uint32_t end = ldl_snapshot_count(&run->snapshot, LDL_TABLE_FINDINGS);
	size_t len = strlen(prefix);
	char digits[VIZ_ID_MAX];

	*out = 0;
	for (ldl_finding_id id = 1; id < end; id++) {
		const struct ldl_finding *finding = ldl_snapshot_finding(&run->snapshot, id);

		if (!viz_finding_is_whole(finding))
			continue;
		viz_finding_id(run, id, digits);
		if (len == 0 || len >= VIZ_ID_MAX || strncasecmp(digits, prefix, len) != 0)
			continue;
		if (*out && ldl_snapshot_finding(&run->snapshot, *out)->id != finding->id)
			return LDL_BUSY;
		*out = *out ? *out : id;
	}
	return *out ? LDL_OK : LDL_NOT_FOUND;
}
