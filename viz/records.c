/* Findings as records. See records.h. */
#include "records.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "identity.h"
#include "paths.h"
#include "run.h"

bool viz_records_add(struct viz_records *records, const struct viz_record *record)
{
	struct viz_record *added;

	if (records->count == records->capacity) {
		size_t capacity = records->capacity ? 2 * records->capacity : 64;
		void *grown = reallocarray(records->list, capacity, sizeof(*records->list));

		if (!grown)
			return false;
		records->list = grown;
		records->capacity = capacity;
	}
	added = &records->list[records->count++];
	*added = *record;
	added->kind = viz_pool_text(&records->pool, record->kind);
	added->rule = viz_pool_text(&records->pool, record->rule);
	added->title = viz_pool_text(&records->pool, record->title);
	return true;
}

bool viz_records_add_run(struct viz_records *records, struct viz_run *run)
{
	const struct ldl_snapshot *snapshot = viz_run_snapshot(run);
	uint32_t end = ldl_snapshot_count(snapshot, LDL_TABLE_FINDINGS);

	for (ldl_finding_id id = 1; id < end; id++) {
		const struct ldl_finding *finding = ldl_snapshot_finding(snapshot, id);
		char title[1200];

		if (!viz_finding_is_whole(finding) ||
			viz_finding_fate(run, id) == VIZ_FATE_SUPPRESSED)
			continue;
		if (!viz_records_add(records,
			    &(struct viz_record){
				    .id = finding->id,
				    .severity = finding->severity,
				    .verdict = finding->verdict,
				    .kind = viz_finding_kind_name(finding->kind),
				    .rule = viz_rule_id(finding->rule),
				    .title = viz_finding_title(run, id, title, sizeof(title)),
			    }))
			return false;
		records->is_of_one_build |= !viz_finding_is_by_names(run, id);
	}
	return true;
}

/* By id; of one id the worst comes first. */
static int compare(const void *one, const void *other)
{
	const struct viz_record *a = one, *b = other;
	unsigned int a_order = viz_verdict_rank(a->verdict);
	unsigned int b_order = viz_verdict_rank(b->verdict);

	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;
	if (a_order != b_order)
		return a_order < b_order ? -1 : 1;
	return strcmp(a->title, b->title);
}

void viz_records_sort(struct viz_records *records)
{
	size_t kept = 0;

	if (records->count)
		qsort(records->list, records->count, sizeof(*records->list), compare);
	for (size_t i = 0; i < records->count; i++) {
		if (kept == 0 || records->list[i].id != records->list[kept - 1].id)
			records->list[kept++] = records->list[i];
	}
	records->count = kept;
}

const struct viz_record *viz_records_find(const struct viz_records *records, uint64_t id)
{
	size_t low = 0, high = records->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (records->list[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < records->count && records->list[low].id == id ? &records->list[low] : NULL;
}

void viz_records_free(struct viz_records *records)
{
	viz_pool_free(&records->pool);
	free(records->list);
	memset(records, 0, sizeof(*records));
}

enum viz_source viz_records_source(const char *path)
{
	enum viz_source source = VIZ_SOURCE_TEXT;
	struct stat status;
	uint64_t magic = 0;
	FILE *file;
	int byte;

	/* A pipe is read but once, and of these a list alone can be. What else is no plain file is
	 * for the reader of arenas to refuse. */
	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
		return S_ISFIFO(status.st_mode) ? VIZ_SOURCE_TEXT : VIZ_SOURCE_ARENA;
	file = fopen(path, "re");
	if (!file)
		return VIZ_SOURCE_NONE;
	if (fread(&magic, sizeof(magic), 1, file) == 1 &&
		(magic == LDL_MAGIC || magic == __builtin_bswap64(LDL_MAGIC)))
		source = VIZ_SOURCE_ARENA;
	rewind(file);
	while ((byte = fgetc(file)) != EOF && isspace(byte))
		;
	if (byte == '{')
		source = VIZ_SOURCE_JSON;
	fclose(file);
	return source;
}

static bool add_arena(struct viz_records *records, const char *path, struct viz_filter *filter,
	char *error, size_t error_size)
{
	struct viz_run *run;
	bool is_good = false;

	if (viz_run_open(&run, path, error, error_size) != LDL_OK)
		return false;
	viz_run_set_filter(run, filter);
	if (viz_run_snapshot(run)->repairs && !ldl_snapshot_is_live(viz_run_snapshot(run)))
		snprintf(error, error_size, "damaged arena: %s: copy it again, or take a new one",
			path);
	else if (!viz_records_add_run(records, run))
		snprintf(error, error_size, "out of memory: %s: compare fewer files", path);
	else
		is_good = true;
	viz_run_close(run);
	return is_good;
}

bool viz_records_read(struct viz_records *records, const char *path, struct viz_filter *filter,
	char *error, size_t error_size)
{
	struct viz_paths paths = {0};
	bool is_good;

	if (viz_records_source(path) == VIZ_SOURCE_JSON)
		return viz_records_add_json(records, path, error, error_size);
	is_good = viz_paths_add(&paths, path, error, error_size);
	for (size_t i = 0; is_good && i < paths.count; i++)
		is_good = add_arena(records, paths.list[i], filter, error, error_size);
	viz_paths_free(&paths);
	return is_good;
}
