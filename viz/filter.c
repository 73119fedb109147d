/* Decides once for each finding whether it is shown. See filter.h. */
#include "filter.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "baseline.h"
#include "run.h"
#include "suppress.h"

struct viz_filter {
	struct viz_suppressions suppressions;
	struct viz_records known;
	bool *is_there;       /* for each of these: some run had it. NULL: none is known */
	const char *baseline; /* the last one's path, in the pool of `known` */
};

static bool make(struct viz_filter **filter, const char *path, char *error, size_t error_size)
{
	if (!*filter)
		*filter = calloc(1, sizeof(**filter));
	if (!*filter)
		snprintf(error, error_size, "out of memory: %s: try again", path);
	return *filter;
}

void viz_filter_free(struct viz_filter *filter)
{
	if (!filter)
		return;
	viz_suppressions_free(&filter->suppressions);
	viz_records_free(&filter->known);
	free(filter->is_there);
	free(filter);
}

bool viz_filter_suppress(
	struct viz_filter **filter, const char *path, char *error, size_t error_size)
{
	return make(filter, path, error, error_size) &&
	       viz_suppressions_read(&(*filter)->suppressions, path, error, error_size);
}

bool viz_filter_baseline(struct viz_filter **out, const char *path, char *error, size_t error_size)
{
	struct viz_filter *filter;

	if (!make(out, path, error, error_size))
		return false;
	filter = *out;
	if (!viz_baseline_read(&filter->known, path, error, error_size))
		return false;
	filter->baseline = viz_pool_text(&filter->known.pool, path);
	free(filter->is_there);
	filter->is_there = calloc(filter->known.count + 1, sizeof(bool));
	if (!filter->is_there)
		snprintf(error, error_size, "out of memory: %s: shorten it", path);
	return filter->is_there;
}

/* Known is what was as bad when the baseline was made: a warning that is an error now is new. */
static bool is_known(const struct viz_filter *filter, const struct ldl_finding *finding)
{
	const struct viz_record *record = viz_records_find(&filter->known, finding->id);

	if (record)
		filter->is_there[record - filter->known.list] = true;
	return record && record->severity >= finding->severity;
}

static enum viz_fate decide(struct viz_filter *filter, struct viz_run *run, ldl_finding_id id)
{
	bool known = is_known(filter, ldl_snapshot_finding(&run->snapshot, id));

	if (viz_suppressions_match(&filter->suppressions, run, id))
		return VIZ_FATE_SUPPRESSED;
	return known ? VIZ_FATE_KNOWN : VIZ_FATE_SHOWN;
}

void viz_run_set_filter(struct viz_run *run, struct viz_filter *filter)
{
	struct viz_derived *derived = &run->derived;
	uint32_t end = ldl_snapshot_count(&run->snapshot, LDL_TABLE_FINDINGS);

	run->filter = filter;
	derived->findings = NULL;
	derived->fates = filter ? viz_pool_alloc(&derived->pool, (size_t)end + 1) : NULL;
	derived->fate_count = derived->fates ? end : 0;
	for (ldl_finding_id id = 1; id < derived->fate_count; id++) {
		if (viz_finding_is_whole(ldl_snapshot_finding(&run->snapshot, id)))
			derived->fates[id] = (unsigned char)decide(filter, run, id);
	}
}

enum viz_fate viz_finding_fate(const struct viz_run *run, ldl_finding_id id)
{
	return id < run->derived.fate_count ? run->derived.fates[id] : VIZ_FATE_SHOWN;
}

size_t viz_run_hidden(const struct viz_run *run, enum viz_fate fate)
{
	size_t count = 0;

	for (ldl_finding_id id = 1; id < run->derived.fate_count; id++)
		count += run->derived.fates[id] == fate;
	return count;
}

void viz_filter_text(FILE *out, const struct viz_run *run)
{
	size_t suppressed = viz_run_hidden(run, VIZ_FATE_SUPPRESSED);
	size_t known = viz_run_hidden(run, VIZ_FATE_KNOWN);

	if (suppressed && known)
		fprintf(out, "  hidden: %zu suppressed, %zu known\n", suppressed, known);
	else if (suppressed || known)
		fprintf(out, "  hidden: %zu %s\n", suppressed + known,
			suppressed ? "suppressed" : "known");
}

static void tell_gone(const struct viz_filter *filter, const char *prefix, FILE *out)
{
	size_t gone = 0, first = 0;

	for (size_t i = filter->known.count; i-- > 0;) {
		if (!filter->is_there[i]) {
			gone++;
			first = i;
		}
	}
	if (gone == 1)
		fprintf(out, "%sa known finding is gone (%016" PRIx64 "): %s: take it out there\n",
			prefix, filter->known.list[first].id, filter->baseline);
	else if (gone)
		fprintf(out,
			"%s%zu known findings are gone (%016" PRIx64
			" and others): %s: take them out there\n",
			prefix, gone, filter->known.list[first].id, filter->baseline);
}

void viz_filter_leftovers(const struct viz_filter *filter, const char *prefix, FILE *out)
{
	if (!filter)
		return;
	for (const struct viz_suppression *at = filter->suppressions.first; at; at = at->next) {
		if (!at->is_used)
			fprintf(out, "%sunused suppression: %s:%u: %s\n", prefix, at->file,
				at->line, at->name);
	}
	if (filter->is_there)
		tell_gone(filter, prefix, out);
}
