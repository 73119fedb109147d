/* One opened run: opening, closing, and the sums over its tables. */
#include "filter.h"
#include "identity.h"
#include "inventory.h"
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define YEAR_10000 253402300800ull /* seconds since 1970: a date of four digits is earlier */

static void name_run(struct viz_run *run)
{
	const struct ldl_header *header = run->snapshot.arena.header;
	struct viz_pool *pool = &run->derived.pool;

	run->program = viz_pool_text(pool, ldl_snapshot_string(&run->snapshot, header->program));
	run->command = viz_pool_text(pool, ldl_snapshot_string(&run->snapshot, header->command));
	run->shown_path = viz_pool_text(pool, run->path);
}

/* After each reading of the file. */
static void begin_run(struct viz_run *run)
{
	name_run(run);
	viz_identity_apply(run);
	viz_run_set_filter(run, run->filter);
}

ldl_status viz_run_open(struct viz_run **out, const char *path, char *error, size_t error_size)
{
	struct viz_run *run = calloc(1, sizeof(*run));
	ldl_status status;

	*out = NULL;
	snprintf(error, error_size, "cannot read the run: %s: out of memory", path);
	if (!run)
		return LDL_SYSTEM;
	run->path = strdup(path);
	run->symbolizer = viz_symbolizer_new();
	status =
		run->path && run->symbolizer ? ldl_snapshot_open(&run->snapshot, path) : LDL_SYSTEM;
	if (status == LDL_OK) {
		begin_run(run);
		*out = run;
		return LDL_OK;
	}
	if (run->snapshot.error[0])
		snprintf(error, error_size, "%s", run->snapshot.error);
	viz_symbolizer_free(run->symbolizer);
	free(run->path);
	free(run);
	return status;
}

void viz_run_forget(struct viz_run *run)
{
	viz_pool_free(&run->derived.pool);
	memset(&run->derived, 0, sizeof(run->derived));
	name_run(run);
	viz_run_set_filter(run, run->filter);
}

ldl_status viz_run_reload(struct viz_run *run, char *error, size_t error_size)
{
	struct ldl_snapshot fresh = {0};
	ldl_status status = ldl_snapshot_open(&fresh, run->path);

	if (status != LDL_OK) {
		snprintf(error, error_size, "%s", fresh.error);
		return status;
	}
	ldl_snapshot_close(&run->snapshot);
	run->snapshot = fresh;
	viz_pool_free(&run->grafts);
	viz_pool_free(&run->derived.pool);
	memset(&run->derived, 0, sizeof(run->derived));
	begin_run(run);
	return LDL_OK;
}

void viz_run_close(struct viz_run *run)
{
	if (!run)
		return;
	ldl_snapshot_close(&run->snapshot);
	viz_pool_free(&run->derived.pool);
	viz_pool_free(&run->grafts);
	viz_symbolizer_free(run->symbolizer);
	free(run->path);
	free(run);
}

const struct ldl_snapshot *viz_run_snapshot(const struct viz_run *run)
{
	return &run->snapshot;
}

const char *viz_run_path(const struct viz_run *run)
{
	return run->shown_path;
}

const char *viz_run_program(struct viz_run *run)
{
	return run->program[0] ? run->program : "?";
}

const char *viz_run_command(struct viz_run *run)
{
	return run->command;
}

const char *viz_run_mode(const struct viz_run *run)
{
	return run->snapshot.arena.header->prod ? "prod" : "check";
}

const char *viz_run_start(const struct viz_run *run, char text[VIZ_DATE_MAX])
{
	uint64_t seconds = run->snapshot.arena.header->start_realtime;
	time_t start = (time_t)seconds;
	struct tm utc;

	text[0] = 0;
	if (seconds && seconds < YEAR_10000 && gmtime_r(&start, &utc))
		strftime(text, VIZ_DATE_MAX, "%Y-%m-%dT%H:%M:%SZ", &utc);
	return text;
}

size_t viz_run_finding_count(const struct viz_run *run, unsigned int severity)
{
	uint32_t end = ldl_snapshot_count(&run->snapshot, LDL_TABLE_FINDINGS);
	size_t count = 0;

	for (ldl_finding_id id = 1; id < end; id++) {
		const struct ldl_finding *finding = ldl_snapshot_finding(&run->snapshot, id);

		count += viz_finding_is_whole(finding) &&
			 viz_finding_severity(run, id) == severity &&
			 viz_finding_fate(run, id) == VIZ_FATE_SHOWN;
	}
	return count;
}

static uint64_t count_records(const struct ldl_snapshot *snapshot, enum ldl_table_id table)
{
	uint32_t count = ldl_snapshot_count(snapshot, table);

	return count ? count - 1 : 0;
}

void viz_run_totals(const struct viz_run *run, struct viz_totals *totals)
{
	const struct ldl_snapshot *snapshot = &run->snapshot;
	const struct ldl_header *header = snapshot->arena.header;

	totals->locks = header->counters[LDL_COUNT_INSTANCES_MADE];
	totals->classes = count_records(snapshot, LDL_TABLE_CLASSES);
	totals->edges = count_records(snapshot, LDL_TABLE_EDGES);
	totals->chains = header->tables[LDL_TABLE_CHAINS].used;
	totals->threads = header->counters[LDL_COUNT_THREADS_MADE];
}

/* Contexts that nobody was ever in are no news: the built-in ones are made together. */
static void count_class(const struct ldl_class *class, struct viz_wait_totals *totals)
{
	switch (class->kind) {
	case LDL_KIND_NONBLOCK:
		totals->contexts++;
		break;
	case LDL_KIND_RECLAIM:
	case LDL_KIND_INTERRUPT:
		totals->contexts += class->node != 0;
		break;
	case LDL_KIND_EVENT:
		totals->events++;
		break;
	default:
		break;
	}
}

void viz_run_wait_totals(const struct viz_run *run, struct viz_wait_totals *totals)
{
	const struct ldl_snapshot *snapshot = &run->snapshot;

	memset(totals, 0, sizeof(*totals));
	for (ldl_class_id id = 1; id < ldl_snapshot_count(snapshot, LDL_TABLE_CLASSES); id++)
		count_class(ldl_snapshot_class(snapshot, id), totals);
	for (ldl_alloc_id id = 1; id < ldl_snapshot_count(snapshot, LDL_TABLE_ALLOCS); id++) {
		const struct ldl_alloc *alloc = ldl_snapshot_alloc(snapshot, id);

		totals->sites++;
		totals->allocations += viz_alloc_requests(alloc);
		totals->reclaiming += viz_alloc_may_reclaim(alloc);
	}
	totals->reserves = count_records(snapshot, LDL_TABLE_RESERVES);
}

uint64_t viz_run_losses(const struct viz_run *run)
{
	const struct ldl_header *header = run->snapshot.arena.header;
	uint64_t losses = 0;

	for (unsigned int table = 0; table < LDL_TABLE_COUNT; table++)
		losses += header->tables[table].dropped;
	for (unsigned int counter = 0; counter < LDL_COUNT_MAX; counter++)
		losses += viz_counter_is_loss(counter) ? header->counters[counter] : 0;
	return losses;
}
