/* The files that a command line names: themselves, or a folder for every arena in it. */
#ifndef VIZ_PATHS_H
#define VIZ_PATHS_H

#include <stdbool.h>
#include <stddef.h>

/* Zero-initialised: none. */
struct viz_paths {
	char **list;
	size_t count;
	bool has_directory;
};

/* Adds `path`, or when that is a directory, every *.ldl file in it, by name. False, with one line
 * in `error`, when it has none. Whether a file is there is not looked at. */
bool viz_paths_add(struct viz_paths *paths, const char *path, char *error, size_t error_size);

void viz_paths_free(struct viz_paths *paths);

#endif
