/* Whether the options of this environment let a program be watched. See choice.h. */
#include "choice.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config.h"
#include "core/programs.h"

bool viz_choice_make(struct viz_choice *choice, const char *binary, bool is_run)
{
	struct ldl_options *options = &choice->options;
	char real[PATH_MAX];
	size_t len;
	choice->text[0] = '\0';
	ldl_options_parse(options, ldl_options_text());
	if (!is_run || options->has_config)
		ldl_config_load(options);
	/* The kernel tells the program's path without symlinks. */
	if (realpath(binary, real) == NULL)
		snprintf(real, sizeof real, "%s", binary);
	if (ldl_programs_is_watched(options, real))
		return true;
	const char *pattern = ldl_programs_find(&options->exclude, real, &len);
	if (pattern != NULL)
		snprintf(choice->text, sizeof choice->text, "exclude=%.*s leaves it out", (int)len,
			pattern);
	else
		snprintf(choice->text, sizeof choice->text,
			"include= leaves it out: none of %s fits", options->include.text);
	return false;
}
