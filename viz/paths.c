/* The files that a command line names. See paths.h. */
#include "paths.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ENDING ".ldl"

static bool fail(char *error, size_t size, const char *what, const char *where, const char *mend)
{
	snprintf(error, size, "%s: %s: %s", what, where, mend);
	return false;
}

/* Takes `path` over, which is NULL when memory is out. */
static bool add(struct viz_paths *paths, char *path, char *error, size_t error_size)
{
	char **grown = path ? realloc(paths->list, (paths->count + 1) * sizeof(char *)) : NULL;

	if (!grown) {
		free(path);
		return fail(error, error_size, "out of memory", "files", "name fewer");
	}
	paths->list = grown;
	paths->list[paths->count++] = path;
	return true;
}

static int is_arena_name(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > strlen(ENDING) && strcmp(entry->d_name + len - strlen(ENDING), ENDING) == 0;
}

static bool add_directory(struct viz_paths *paths, const char *path, char *error, size_t error_size)
{
	struct dirent **entries;
	int count = scandir(path, &entries, is_arena_name, versionsort);
	bool is_good = count > 0;

	paths->has_directory = true;
	if (count < 0)
		return fail(error, error_size, strerror(errno), path,
			"check the name and its permissions");
	if (count == 0)
		fail(error, error_size, "no *.ldl file in it", path,
			"name the files, or another directory");
	for (int i = 0; i < count; i++) {
		char *file = NULL;

		if (is_good && asprintf(&file, "%s/%s", path, entries[i]->d_name) < 0)
			file = NULL;
		is_good = is_good && add(paths, file, error, error_size);
		free(entries[i]);
	}
	free(entries);
	return is_good;
}

bool viz_paths_add(struct viz_paths *paths, const char *path, char *error, size_t error_size)
{
	struct stat status;

	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		return add_directory(paths, path, error, error_size);
	return add(paths, strdup(path), error, error_size);
}

void viz_paths_free(struct viz_paths *paths)
{
	for (size_t i = 0; i < paths->count; i++)
		free(paths->list[i]);
	free(paths->list);
	paths->list = NULL;
	paths->count = 0;
}
