/* Findings from a JSON report. Alone reads JSON. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "records.h"

/* A report on its way in. */
struct reader {
	struct viz_records *records;
	const char *path;
	char *error;
	size_t error_size;
};

static bool fail(struct reader *reader, const char *what)
{
	snprintf(reader->error, reader->error_size, "%s: %s: %s", what, reader->path,
		"give what `lockdep-lite report --json` wrote");
	return false;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* The number that `name_of` gives this name; `count` when none does. */
static unsigned int number_of(
	const char *name, const char *(*name_of)(unsigned int), unsigned int count)
{
	unsigned int number = 0;

	while (number < count && strcmp(name, name_of(number)) != 0)
		number++;
	return number;
}

static bool add_finding(struct reader *reader, const json_t *finding)
{
	const char *digits = text_of(finding, "id");
	struct viz_record record = {
		.severity = number_of(
			text_of(finding, "severity"), viz_severity_name, LDL_SEVERITY_ERROR + 1),
		.verdict =
			number_of(text_of(finding, "verdict"), viz_verdict_name, LDL_VERDICT_COUNT),
		.kind = text_of(finding, "kind"),
		.rule = text_of(finding, "rule"),
		.title = text_of(finding, "title"),
	};

	if (strlen(digits) != 16 || strspn(digits, "0123456789abcdef") != 16)
		return fail(reader, "a finding without an id of 16 hex digits");
	if (record.severity > LDL_SEVERITY_ERROR || record.verdict == LDL_VERDICT_COUNT)
		return fail(reader, "a finding of an unknown severity or verdict");
	record.id = strtoull(digits, NULL, 16);
	return viz_records_add(reader->records, &record) || fail(reader, "out of memory");
}

static bool add_findings(struct reader *reader, const json_t *run)
{
	const json_t *findings = json_object_get(run, "findings");
	const json_t *finding;
	size_t at;

	if (!json_is_array(findings))
		return fail(reader, "no findings in it");
	json_array_foreach(findings, at, finding)
	{
		if (!add_finding(reader, finding))
			return false;
	}
	return true;
}

static bool add_runs(struct reader *reader, const json_t *document)
{
	const json_t *runs = json_object_get(document, "runs");
	const json_t *run;
	size_t at;

	if (!runs)
		return add_findings(reader, document);
	if (!json_is_array(runs))
		return fail(reader, "no runs in it");
	json_array_foreach(runs, at, run)
	{
		if (!add_findings(reader, run))
			return false;
	}
	return true;
}

bool viz_records_add_json(
	struct viz_records *records, const char *path, char *error, size_t error_size)
{
	struct reader reader = {records, path, error, error_size};
	json_error_t trouble;
	json_t *document = json_load_file(path, JSON_ALLOW_NUL, &trouble);
	char what[JSON_ERROR_TEXT_LENGTH + 64];
	bool is_good;

	if (!document) {
		snprintf(what, sizeof(what), "no JSON (line %d: %s)", trouble.line, trouble.text);
		return fail(&reader, what);
	}
	is_good = add_runs(&reader, document);
	json_decref(document);
	return is_good;
}
