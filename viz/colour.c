/* Whether output gets colour: as the user said, else the environment, else the terminal. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

static bool is_set(const char *name)
{
	const char *value = getenv(name);

	return value && *value;
}

bool viz_colour_wanted(const char *choice, FILE *out)
{
	const char *force = getenv("CLICOLOR_FORCE");
	const char *terminal = getenv("TERM");

	if (choice && strcmp(choice, "always") == 0)
		return true;
	if (choice && strcmp(choice, "never") == 0)
		return false;
	if (is_set("NO_COLOR"))
		return false;
	if (force && *force && strcmp(force, "0") != 0)
		return true;
	return isatty(fileno(out)) && (!terminal || strcmp(terminal, "dumb") != 0);
}
