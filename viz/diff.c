/* Compares two lots of findings. See diff.h. */
#include "diff.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json_writer.h"
#include "words.h"

static const struct viz_record *shown(const struct viz_difference *difference)
{
	return difference->after ? difference->after : difference->before;
}

static int compare(const void *one, const void *other)
{
	const struct viz_difference *a = one, *b = other;
	const struct viz_record *x = shown(a), *y = shown(b);
	unsigned int x_order = viz_verdict_rank(x->verdict);
	unsigned int y_order = viz_verdict_rank(y->verdict);

	if (a->change != b->change)
		return a->change < b->change ? -1 : 1;
	if (x->severity != y->severity)
		return x->severity > y->severity ? -1 : 1;
	if (x_order != y_order)
		return x_order < y_order ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static bool is_hidden(const struct viz_record *record)
{
	return !record || viz_verdict_is_hidden(record->verdict);
}

/* One id: in one lot, or in both. */
static void add(
	struct viz_diff *diff, const struct viz_record *before, const struct viz_record *after)
{
	struct viz_difference difference = {.before = before, .after = after};
	bool is_error = after && after->severity == LDL_SEVERITY_ERROR;

	if (is_hidden(before) && is_hidden(after))
		return;
	if (before && after && before->verdict == after->verdict &&
		before->severity == after->severity) {
		diff->same++;
		return;
	}
	difference.change = !before ? VIZ_CHANGE_NEW : after ? VIZ_CHANGE_VERDICT : VIZ_CHANGE_GONE;
	diff->errors += is_error && (!before || before->severity < LDL_SEVERITY_ERROR);
	diff->counts[difference.change]++;
	diff->list[diff->count++] = difference;
}

bool viz_diff_make(
	struct viz_diff *diff, const struct viz_records *before, const struct viz_records *after)
{
	size_t i = 0, j = 0;

	memset(diff, 0, sizeof(*diff));
	diff->list = calloc(before->count + after->count + 1, sizeof(*diff->list));
	if (!diff->list)
		return false;
	while (i < before->count || j < after->count) {
		const struct viz_record *old = i < before->count ? &before->list[i] : NULL;
		const struct viz_record *new = j < after->count ? &after->list[j] : NULL;

		if (old && new && old->id != new->id) {
			if (old->id < new->id)
				new = NULL;
			else
				old = NULL;
		}
		add(diff, old, new);
		i += old != NULL;
		j += new != NULL;
	}
	if (diff->count)
		qsort(diff->list, diff->count, sizeof(*diff->list), compare);
	return true;
}

void viz_diff_free(struct viz_diff *diff)
{
	free(diff->list);
	memset(diff, 0, sizeof(*diff));
}

/* "error, predicted"; "error" alone where there is nothing to weigh. */
static void print_state(FILE *out, const struct viz_record *record)
{
	fprintf(out, "%s", viz_severity_name(record->severity));
	if (record->verdict != LDL_VERDICT_NONE)
		fprintf(out, ", %s", viz_verdict_name(record->verdict));
}

void viz_diff_text(FILE *out, const struct viz_diff *diff)
{
	static const char *const words[VIZ_CHANGE_COUNT] = {"new:    ", "changed:", "gone:   "};

	for (size_t i = 0; i < diff->count; i++) {
		const struct viz_difference *difference = &diff->list[i];
		const struct viz_record *record = shown(difference);

		fprintf(out, "%s %016" PRIx64 " ", words[difference->change], record->id);
		if (difference->change == VIZ_CHANGE_VERDICT) {
			fprintf(out, "from ");
			print_state(out, difference->before);
			fprintf(out, " to ");
		}
		print_state(out, record);
		fprintf(out, ": %s\n", record->title);
	}
	fprintf(out, "%zu new, %zu changed, %zu gone, %zu as before; %zu new error%s\n",
		diff->counts[VIZ_CHANGE_NEW], diff->counts[VIZ_CHANGE_VERDICT],
		diff->counts[VIZ_CHANGE_GONE], diff->same, diff->errors,
		diff->errors == 1 ? "" : "s");
}

static void print_member(FILE *out, const char *key, const char *text, const char *end)
{
	fprintf(out, "\"%s\": ", key);
	viz_json_string(out, text);
	fputs(end, out);
}

static void print_record(FILE *out, const struct viz_difference *difference)
{
	const struct viz_record *record = shown(difference);

	fprintf(out, "      {\"id\": \"%016" PRIx64 "\", ", record->id);
	print_member(out, "kind", record->kind, ", ");
	print_member(out, "rule", record->rule, ", ");
	print_member(out, "severity", viz_severity_name(record->severity), ", ");
	print_member(out, "verdict", viz_verdict_name(record->verdict), ", ");
	if (difference->change == VIZ_CHANGE_VERDICT) {
		const struct viz_record *before = difference->before;

		print_member(out, "old_severity", viz_severity_name(before->severity), ", ");
		print_member(out, "old_verdict", viz_verdict_name(before->verdict), ", ");
	}
	print_member(out, "title", record->title, "}");
}

void viz_diff_json(
	FILE *out, const struct viz_diff *diff, const char *before_path, const char *after_path)
{
	static const char *const keys[VIZ_CHANGE_COUNT] = {"new", "changed", "gone"};
	size_t at = 0;

	fprintf(out, "{\n  ");
	print_member(out, "version", LDL_VERSION, ",\n  ");
	print_member(out, "old", before_path, ",\n  ");
	print_member(out, "new", after_path, ",\n  ");
	fprintf(out, "\"differences\": {");
	for (unsigned int change = 0; change < VIZ_CHANGE_COUNT; change++) {
		bool is_first = true;

		fprintf(out, "%s\n    \"%s\": [", change ? "," : "", keys[change]);
		for (; at < diff->count && diff->list[at].change == change; at++) {
			fprintf(out, "%s\n", is_first ? "" : ",");
			print_record(out, &diff->list[at]);
			is_first = false;
		}
		fprintf(out, "%s]", is_first ? "" : "\n    ");
	}
	fprintf(out, "\n  },\n  \"same\": %zu,\n  \"new_errors\": %zu\n}\n", diff->same,
		diff->errors);
}
