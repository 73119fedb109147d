/* What a command is pointed at, PID or FILE, as the file of an arena.
 *
 * Of a process it is the file that it has mapped: found in its maps, opened by the path that stands
 * there, by the process's own root, or by its map_files (root only), and used only if it is the
 * very file that is mapped. So nobody else's file can take its place, whatever the path leads to
 * now. */
#ifndef VIZ_TARGET_H
#define VIZ_TARGET_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct viz_target {
	char path[PATH_MAX + 64]; /* where it can be opened */
	uint32_t pid;             /* 0: a FILE was named */
	dev_t device;             /* of the file that the process has mapped */
	ino_t inode;
};

/* Finds what `word` names: a number is a process, if there is one; all else is a file, which is not
 * looked at yet. False, with one line (what: where: mend) in `error`. */
bool viz_target_find(struct viz_target *target, const char *word, char *error, size_t error_size);

/* Opens it with `flags` (O_RDONLY or O_RDWR); never waits, follows no link in the last place, and
 * opens plain files only. -1, with one line in `error`. */
int viz_target_open(const struct viz_target *target, int flags, char *error, size_t error_size);

#endif
