/* Merges: the union of runs, as a file that everything reads which reads arenas.
 *
 * What comes out depends on the runs that went in alone, not on their order, nor on whether some of
 * them were merged before, nor how often: see merge_leaf.h. It shows cycles that no single run saw,
 * where the steps are from different ones. */
#ifndef VIZ_MERGE_H
#define VIZ_MERGE_H

#include "core/compiler.h"
#include "core/snapshot.h"

struct viz_merge;

/* NULL when memory is out. */
struct viz_merge *viz_merge_new(void);

void viz_merge_free(struct viz_merge *merge); /* NULL is fine */

/* Adds a run, or all runs of a merge. False, with one line in `error`, when the file cannot be read
 * or is damaged. */
bool viz_merge_add(
	struct viz_merge *merge, const char *path, char *error, size_t error_size) LDL_MUST_USE;

/* Number of different runs so far. */
size_t viz_merge_count(const struct viz_merge *merge);

/* Writes the merge into the empty file `fd`. False, with one line in `error` that names `path`,
 * when that cannot be done. */
bool viz_merge_write(struct viz_merge *merge, int fd, const char *path, char *error,
	size_t error_size) LDL_MUST_USE;

/* Whether an arena is a merge's: no process has the pid 0. */
static inline bool viz_is_merge(const struct ldl_header *header)
{
	return header->pid == 0;
}

/* A run that a merge was made of. */
struct viz_merged {
	char *file; /* as it was called */
	uint32_t pid;
	uint64_t start; /* seconds since 1970 */
};

/* The runs behind the arena at `path`, in their order; to be freed, with their texts. NULL and 0
 * when there are none, or they cannot be read. */
struct viz_merged *viz_merge_runs(const char *path, const struct ldl_header *header, size_t *count);

#endif
