/* Reads suppressions: each line is understood, or the file is refused. See suppress.h. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/compiler.h"
#include "suppress.h"

#define ALL_KINDS ((1u << LDL_FINDING_KIND_COUNT) - 2u)
/* A broken policy or a misuse hangs nobody. */
#define DEADLOCKS (ALL_KINDS & ~(1u << LDL_FINDING_POLICY | 1u << LDL_FINDING_MISUSE))

/* A file on its way in. */
struct reader {
	struct viz_suppressions *suppressions;
	FILE *file;
	const char *path;
	char *line; /* trimmed */
	size_t size;
	unsigned int number;
	char *error;
	size_t error_size;
};

static bool fail(struct reader *reader, const char *what, const char *mend)
{
	snprintf(reader->error, reader->error_size, "%s: %s:%u: %s", what, reader->path,
		reader->number, mend);
	return false;
}

/* The next line that says something, in reader->line; false at the end. */
static bool next_line(struct reader *reader)
{
	ssize_t len;

	while ((len = getline(&reader->line, &reader->size, reader->file)) >= 0) {
		char *first = reader->line;

		reader->number++;
		while (len > 0 && isspace((unsigned char)first[len - 1]))
			first[--len] = 0;
		while (isspace((unsigned char)*first))
			first++;
		memmove(reader->line, first, strlen(first) + 1);
		if (reader->line[0] && reader->line[0] != '#')
			return true;
	}
	return false;
}

static bool take_kind(struct viz_suppression *suppression, const char *word)
{
	suppression->kinds = ALL_KINDS;
	if (strcmp(word, "any") == 0)
		return true;
	if (strcmp(word, "deadlock") == 0) {
		suppression->kinds = DEADLOCKS;
		return true;
	}
	for (unsigned int kind = 1; kind < LDL_FINDING_KIND_COUNT; kind++) {
		if (strcmp(word, viz_finding_kind_name(kind)) != 0)
			continue;
		suppression->kinds = 1u << kind;
		return true;
	}
	for (unsigned int rule = 1; rule < LDL_RULE_COUNT; rule++) {
		if (strcmp(word, viz_rule_id(rule)) != 0)
			continue;
		suppression->rule = rule;
		return true;
	}
	return false;
}

static bool refuse_kind(struct reader *reader)
{
	return fail(reader, "suppression of no known kind",
		"take deadlock, any, id, a kind (lock-order, reclaim, …) or a rule (L1, A4, …)");
}

static bool take_id(struct reader *reader, struct viz_suppression *suppression, const char *text)
{
	if (strlen(text) != 16 || strspn(text, "0123456789abcdefABCDEF") != 16)
		return fail(reader, "bad finding id", "give the 16 hex digits that reports print");
	suppression->id = strtoull(text, NULL, 16);
	if (suppression->id == 0)
		return fail(reader, "bad finding id", "no finding has the id 0");
	return true;
}

static bool add_pattern(struct reader *reader, struct viz_suppression *suppression,
	enum viz_pattern_kind kind, const char *glob)
{
	struct viz_pattern *pattern = viz_pool_alloc(&reader->suppressions->pool, sizeof(*pattern));
	struct viz_pattern **place = &suppression->patterns;

	if (!pattern)
		return fail(reader, "out of memory", "suppress less at once");
	while (*place)
		place = &(*place)->next;
	pattern->kind = kind;
	pattern->glob = viz_pool_text(&reader->suppressions->pool, glob);
	*place = pattern;
	return true;
}

/* The colon that ends a line's first word. Rule ids and kinds have none. */
static char *split(char *line)
{
	char *colon = strchr(line, ':');
	char *end = colon;

	if (!colon)
		return NULL;
	while (end > line && isspace((unsigned char)end[-1]))
		end--;
	*end = 0;
	colon++;
	while (isspace((unsigned char)*colon))
		colon++;
	return colon;
}

static bool take_line(struct reader *reader, struct viz_suppression *suppression)
{
	char *pattern;

	suppression->name = viz_pool_text(&reader->suppressions->pool, reader->line);
	pattern = split(reader->line);
	if (!pattern || !*pattern)
		return fail(reader, "suppression without a pattern",
			"write KIND:PATTERN, or a block in { and }");
	if (strcmp(reader->line, "id") == 0) {
		suppression->kinds = ALL_KINDS;
		return take_id(reader, suppression, pattern);
	}
	if (!take_kind(suppression, reader->line))
		return refuse_kind(reader);
	return add_pattern(reader, suppression, VIZ_PATTERN_ANYWHERE, pattern);
}

/* A line of a block behind its kind. */
static bool take_condition(struct reader *reader, struct viz_suppression *suppression)
{
	static const struct {
		const char *word;
		enum viz_pattern_kind kind;
	} words[] = {
		{"fun", VIZ_PATTERN_FUNCTION},
		{"obj", VIZ_PATTERN_MODULE},
		{"src", VIZ_PATTERN_SOURCE},
		{"lock", VIZ_PATTERN_LOCK},
	};
	char *pattern;

	if (strcmp(reader->line, "...") == 0)
		return add_pattern(reader, suppression, VIZ_PATTERN_FRAMES, "");
	if (strcmp(reader->line, "--") == 0)
		return add_pattern(reader, suppression, VIZ_PATTERN_STACK, "");
	pattern = split(reader->line);
	if (pattern && strcmp(reader->line, "id") == 0)
		return take_id(reader, suppression, pattern);
	for (size_t i = 0; pattern && *pattern && i < ldl_array_len(words); i++) {
		if (strcmp(reader->line, words[i].word) == 0)
			return add_pattern(reader, suppression, words[i].kind, pattern);
	}
	return fail(reader, "line that means nothing in a suppression",
		"write fun:, obj:, src:, lock: or id: with a pattern, ... or --");
}

/* What would fit everything was meant otherwise. */
static bool has_condition(const struct viz_suppression *suppression)
{
	const struct viz_pattern *pattern = suppression->patterns;

	while (pattern &&
		(pattern->kind == VIZ_PATTERN_FRAMES || pattern->kind == VIZ_PATTERN_STACK))
		pattern = pattern->next;
	return suppression->id || pattern;
}

static bool take_block(struct reader *reader, struct viz_suppression *suppression)
{
	bool is_open = next_line(reader);

	if (is_open && strcmp(reader->line, "}") != 0) {
		suppression->name = viz_pool_text(&reader->suppressions->pool, reader->line);
		is_open = next_line(reader);
		if (is_open && strcmp(reader->line, "}") != 0) {
			if (!take_kind(suppression, reader->line))
				return refuse_kind(reader);
			is_open = next_line(reader);
		}
	}
	for (; is_open && strcmp(reader->line, "}") != 0; is_open = next_line(reader)) {
		if (!take_condition(reader, suppression))
			return false;
	}
	reader->number = is_open ? reader->number : suppression->line;
	if (!is_open)
		return fail(reader, "suppression without an end", "close it with a line }");
	if (!suppression->kinds)
		return fail(reader, "suppression without a kind",
			"begin it with a line for its name and one for its kind");
	if (!has_condition(suppression))
		return fail(reader, "suppression of everything",
			"add a frame, a lock: or an id: to it");
	return true;
}

static bool take_all(struct reader *reader)
{
	while (next_line(reader)) {
		struct viz_suppressions *list = reader->suppressions;
		struct viz_suppression *suppression =
			viz_pool_alloc(&list->pool, sizeof(*suppression));

		if (!suppression)
			return fail(reader, "out of memory", "suppress less at once");
		suppression->file = viz_pool_text(&list->pool, reader->path);
		suppression->line = reader->number;
		if (strcmp(reader->line, "{") == 0 ? !take_block(reader, suppression)
						   : !take_line(reader, suppression))
			return false;
		if (list->last)
			list->last->next = suppression;
		else
			list->first = suppression;
		list->last = suppression;
	}
	return true;
}

bool viz_suppressions_read(
	struct viz_suppressions *suppressions, const char *path, char *error, size_t error_size)
{
	struct reader reader = {.suppressions = suppressions,
		.file = fopen(path, "re"),
		.path = path,
		.error = error,
		.error_size = error_size};
	bool is_good = reader.file && take_all(&reader);

	if (!reader.file || ferror(reader.file)) {
		snprintf(error, error_size, "cannot read (%s): %s: name a file of suppressions",
			strerror(errno), path);
		is_good = false;
	}
	if (reader.file)
		fclose(reader.file);
	free(reader.line);
	return is_good;
}

void viz_suppressions_free(struct viz_suppressions *suppressions)
{
	viz_pool_free(&suppressions->pool);
	suppressions->first = suppressions->last = NULL;
}
