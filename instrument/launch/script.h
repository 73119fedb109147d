/* A script's first line: which file runs it. */
#ifndef LAUNCH_SCRIPT_H
#define LAUNCH_SCRIPT_H

#include <limits.h>
#include <stdbool.h>

struct launch_script {
	char interpreter[PATH_MAX]; /* the file after #! */
	char program[PATH_MAX];     /* what it starts in turn, when it is env(1); else "" */
	bool clears_environment;    /* env -i */
};

/* Reads the first line of an open file; false when it does not begin with #! and a name. */
bool launch_script_read(int fd, struct launch_script *script);

#endif
