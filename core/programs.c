/* Lists of programs, and the patterns in them. See programs.h. */
#include "programs.h"

#include <string.h>

/* Whether the set that begins after '[' at `at` has `one`; *end: behind its ']'. What has no ']' is
 * no set. */
static bool is_in_set(
	const char *pattern, size_t at, size_t len, unsigned char one, size_t *end, bool *is_set)
{
	bool is_negated = at < len && (pattern[at] == '!' || pattern[at] == '^');
	bool is_in = false;
	size_t first = at += is_negated;

	/* A ']' that comes first stands for itself. */
	for (; at < len && (pattern[at] != ']' || at == first); at++) {
		unsigned char low = (unsigned char)pattern[at], high = low;

		if (at + 2 < len && pattern[at + 1] == '-' && pattern[at + 2] != ']') {
			high = (unsigned char)pattern[at + 2];
			at += 2;
		}
		is_in |= one >= low && one <= high;
	}
	*is_set = at < len;
	*end = at + 1;
	return is_in != is_negated;
}

/* Whether the pattern's element at `at`, which is no '*', fits the character; *next: behind it. */
static bool fits_one(const char *pattern, size_t at, size_t len, char one, size_t *next)
{
	bool is_set = false, is_in;

	if (pattern[at] == '[') {
		is_in = is_in_set(pattern, at + 1, len, (unsigned char)one, next, &is_set);
		if (is_set)
			return is_in;
	}
	*next = at + 1;
	return pattern[at] == '?' || pattern[at] == one;
}

bool ldl_programs_fit(const char *pattern, size_t len, const char *text)
{
	const char *retry = NULL; /* where the text after the latest '*' was tried last */
	size_t at = 0, star = 0, next;

	while (*text) {
		if (at < len && pattern[at] == '*') {
			star = ++at;
			retry = text;
		} else if (at < len && fits_one(pattern, at, len, *text, &next)) {
			at = next;
			text++;
		} else if (retry) {
			/* What an earlier '*' stands for need not change: the latest can make up
			 * for it. */
			at = star;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (at < len && pattern[at] == '*')
		at++;
	return at == len;
}

static bool is_blank(char one)
{
	return one == ' ' || one == '\t';
}

const char *ldl_programs_find(const struct ldl_options_list *list, const char *program, size_t *len)
{
	const char *slash = strrchr(program, '/');
	const char *base = slash ? slash + 1 : program;

	for (const char *at = list->text; *at; at += at[0] == ',') {
		const char *first = at;
		size_t size;

		while (*at && *at != ',')
			at++;
		while (first < at && is_blank(*first))
			first++;
		size = (size_t)(at - first);
		while (size && is_blank(first[size - 1]))
			size--;
		*len = size;
		if (size &&
			ldl_programs_fit(first, size, memchr(first, '/', size) ? program : base))
			return first;
	}
	return NULL;
}

static bool is_empty(const struct ldl_options_list *list)
{
	for (const char *at = list->text; *at; at++) {
		if (*at != ',' && !is_blank(*at))
			return false;
	}
	return true;
}

bool ldl_programs_is_watched(const struct ldl_options *options, const char *program)
{
	size_t len;

	if (ldl_programs_find(&options->exclude, program, &len))
		return false;
	return is_empty(&options->include) || ldl_programs_find(&options->include, program, &len);
}
