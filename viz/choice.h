/* Whether the options of this environment (LOCKDEP_LITE, config file) let a program be watched. */
#ifndef VIZ_CHOICE_H
#define VIZ_CHOICE_H

#include <stdbool.h>

#include "core/options.h"

struct viz_choice {
	struct ldl_options options; /* as the program would have them */
	char text[2 *
		  LDL_OPTIONS_LIST_MAX]; /* why it is left out: "exclude=sh leaves it out"; "" */
};

/* Looks at the options that the program at `binary`, an ELF file, would find if it was started in
 * this environment; `is_run`: by `lockdep-lite run`, which leaves out the config file unless
 * LOCKDEP_LITE names one. True when it is watched. */
bool viz_choice_make(struct viz_choice *choice, const char *binary, bool is_run);

#endif
