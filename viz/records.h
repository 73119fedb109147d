/* Findings as records, from whatever holds some: an arena, a folder of arenas, a JSON report. For
 * comparing two such, and for what is known already. */
#ifndef VIZ_RECORDS_H
#define VIZ_RECORDS_H

#include "filter.h"
#include "pool.h"

struct viz_record {
	uint64_t id;
	unsigned int severity, verdict; /* ldl_severity, ldl_verdict */
	const char *kind, *rule, *title;
};

/* Zero-initialised: none. */
struct viz_records {
	struct viz_pool pool;
	struct viz_record *list; /* sorted by id, each once: the worst that was said of it */
	size_t count, capacity;
	bool is_of_one_build; /* some id is good for one build only: see identity.h */
};

/* Adds all findings of a run, those that the default view hides as well, except what is
 * suppressed. False: out of memory. */
bool viz_records_add_run(struct viz_records *records, struct viz_run *run) LDL_MUST_USE;

/* Adds one; its texts are copied. */
bool viz_records_add(struct viz_records *records, const struct viz_record *record) LDL_MUST_USE;

/* Adds what a JSON report has that `lockdep-lite report --json` wrote. records_json.c */
bool viz_records_add_json(
	struct viz_records *records, const char *path, char *error, size_t error_size) LDL_MUST_USE;

/* What a file's first bytes say it is; a directory stands for the arenas in it. */
enum viz_source { VIZ_SOURCE_ARENA, VIZ_SOURCE_JSON, VIZ_SOURCE_TEXT, VIZ_SOURCE_NONE };
enum viz_source viz_records_source(const char *path);

/* Adds the findings of an arena, of every arena of a directory, or of a JSON report. */
bool viz_records_read(struct viz_records *records, const char *path, struct viz_filter *filter,
	char *error, size_t error_size) LDL_MUST_USE;

/* After the last addition: sorts, and leaves each id once. */
void viz_records_sort(struct viz_records *records);

/* The record with this id, NULL when there is none. */
const struct viz_record *viz_records_find(const struct viz_records *records, uint64_t id);

void viz_records_free(struct viz_records *records);

#endif
