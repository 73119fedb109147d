/* Which programs are watched: the lists include= and exclude=.
 *
 * A list is patterns separated by commas. A pattern with a slash is held against the program's
 * whole path, one without against its base name. In a pattern * stands for any text, slashes
 * included, ? for one character, [a-z] for one of a set and [!a-z] for one that is not in it. A
 * program is watched when no pattern of exclude fits and, unless include is empty, one of include
 * does. All pure. */
#ifndef LDL_PROGRAMS_H
#define LDL_PROGRAMS_H

#include "options.h"

/* Whether the `len` bytes of `pattern` fit the whole of `text`. Takes time len * strlen(text) at
 * most. */
bool ldl_programs_fit(const char *pattern, size_t len, const char *text);

/* The first pattern of the list that fits the program, its length in *len; NULL: none does. */
const char *ldl_programs_find(
	const struct ldl_options_list *list, const char *program, size_t *len);

/* Whether the program, by its path, is to be watched. */
bool ldl_programs_is_watched(const struct ldl_options *options, const char *program);

#endif
