/* From runs to their union. See merge.h. */
#include "merge.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "identity.h"
#include "merge_union.h"
#include "run.h"

struct viz_merge {
	struct viz_leaf *leaves; /* by viz_leaf_compare(), each run once */
	size_t count;
};

struct viz_merge *viz_merge_new(void)
{
	return calloc(1, sizeof(struct viz_merge));
}

void viz_merge_free(struct viz_merge *merge)
{
	if (!merge)
		return;
	for (size_t i = 0; i < merge->count; i++)
		viz_leaf_free(&merge->leaves[i]);
	free(merge->leaves);
	free(merge);
}

size_t viz_merge_count(const struct viz_merge *merge)
{
	return merge->count;
}

/* The same run came in before: what knows more stays, under the name that comes first. */
static void settle(struct viz_leaf *known, struct viz_leaf *leaf)
{
	bool is_first_name = strcmp(leaf->name, known->name) < 0;

	if (viz_leaf_is_later(leaf, known)) {
		struct viz_leaf earlier = *known;

		*known = *leaf;
		*leaf = earlier;
		is_first_name = !is_first_name && strcmp(leaf->name, known->name) != 0;
	}
	if (is_first_name) {
		char *name = known->name;

		known->name = leaf->name;
		leaf->name = name;
	}
	viz_leaf_free(leaf);
}

/* Takes the leaf over. */
static bool add_leaf(struct viz_merge *merge, struct viz_leaf *leaf)
{
	struct viz_leaf *grown;
	size_t at = 0;

	while (at < merge->count && viz_leaf_compare(&merge->leaves[at], leaf) < 0)
		at++;
	if (at < merge->count && viz_leaf_compare(&merge->leaves[at], leaf) == 0) {
		settle(&merge->leaves[at], leaf);
		return true;
	}
	grown = reallocarray(merge->leaves, merge->count + 1, sizeof(*grown));
	if (!grown) {
		viz_leaf_free(leaf);
		return false;
	}
	merge->leaves = grown;
	memmove(&grown[at + 1], &grown[at], (merge->count - at) * sizeof(*grown));
	grown[at] = *leaf;
	merge->count++;
	return true;
}

static bool fail(char *error, size_t size, const char *what, const char *where, const char *mend)
{
	snprintf(error, size, "%s: %s: %s", what, where, mend);
	return false;
}

static bool check_leaf(const struct viz_leaf *leaf)
{
	struct ldl_snapshot snapshot = {0};

	if (!viz_leaf_open(leaf, &snapshot))
		return false;
	ldl_snapshot_close(&snapshot);
	return true;
}

/* A run by itself: its classes get to know what they are by names, while the program is there. */
static bool add_run(struct viz_merge *merge, struct viz_run *run, const char *path, char *error,
	size_t error_size)
{
	struct ldl_snapshot snapshot = {0};
	struct viz_leaf leaf = {0};
	bool is_packed;

	if (ldl_snapshot_open(&snapshot, path) != LDL_OK)
		return fail(error, error_size, "cannot read it twice", path, "try again");
	viz_identity_keep(run, snapshot.arena.base, -1);
	is_packed = viz_leaf_pack(&leaf, &snapshot, path);
	ldl_snapshot_close(&snapshot);
	if (is_packed && !check_leaf(&leaf)) {
		viz_leaf_free(&leaf);
		return fail(error, error_size, "it changed while it was read", path, "try again");
	}
	return (is_packed && add_leaf(merge, &leaf)) ||
	       fail(error, error_size, "out of memory", path, "merge fewer runs");
}

static bool add_merge(struct viz_merge *merge, uint64_t arena_size, const char *path, char *error,
	size_t error_size)
{
	struct viz_leaf *leaves;
	size_t count;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool is_good = fd >= 0 && viz_leaves_read(fd, arena_size, &leaves, &count);
	bool has_memory = true;

	if (fd >= 0)
		close(fd);
	if (!is_good || count == 0)
		return fail(error, error_size, "damaged merge, its runs cannot be read", path,
			"merge them again");
	for (size_t i = 0; i < count; i++) {
		is_good = is_good && check_leaf(&leaves[i]);
		if (is_good && has_memory)
			has_memory = add_leaf(merge, &leaves[i]);
		else
			viz_leaf_free(&leaves[i]);
	}
	free(leaves);
	if (!has_memory)
		return fail(error, error_size, "out of memory", path, "merge fewer runs");
	return is_good || fail(error, error_size, "damaged merge, a run in it makes no sense", path,
				  "merge them again");
}

bool viz_merge_add(struct viz_merge *merge, const char *path, char *error, size_t error_size)
{
	struct viz_run *run;
	const struct ldl_snapshot *snapshot;
	bool is_good;

	if (viz_run_open(&run, path, error, error_size) != LDL_OK)
		return false;
	snapshot = viz_run_snapshot(run);
	if (snapshot->repairs && !ldl_snapshot_is_live(snapshot))
		is_good = fail(
			error, error_size, "damaged arena", path, "copy it again, or leave it out");
	else if (viz_is_merge(snapshot->arena.header))
		is_good = add_merge(merge, snapshot->arena.header->size, path, error, error_size);
	else
		is_good = add_run(merge, run, path, error, error_size);
	viz_run_close(run);
	return is_good;
}

struct viz_merged *viz_merge_runs(const char *path, const struct ldl_header *header, size_t *count)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct viz_leaf *leaves = NULL;
	struct viz_merged *runs;

	*count = 0;
	if (fd < 0)
		return NULL;
	if (!viz_leaves_read(fd, header->size, &leaves, count))
		*count = 0;
	close(fd);
	runs = *count ? calloc(*count, sizeof(*runs)) : NULL;
	for (size_t i = 0; i < *count; i++) {
		if (runs) {
			runs[i] = (struct viz_merged){leaves[i].name,
				viz_leaf_header(&leaves[i])->pid,
				viz_leaf_header(&leaves[i])->start_realtime};
			leaves[i].name = NULL;
		}
		viz_leaf_free(&leaves[i]);
	}
	free(leaves);
	*count = runs ? *count : 0;
	return runs;
}

bool viz_merge_write(
	struct viz_merge *merge, int fd, const char *path, char *error, size_t error_size)
{
	struct viz_union whole;
	bool is_good = viz_union_make(&whole, merge->leaves, merge->count);

	if (!is_good)
		fail(error, error_size, "out of memory", path, "merge fewer runs");
	else if (!viz_union_write(&whole, fd) ||
		 !viz_leaves_write(fd, merge->leaves, merge->count)) {
		snprintf(error, error_size, "cannot write (%s): %s: choose another place with -o",
			strerror(errno), path);
		is_good = false;
	}
	viz_union_free(&whole);
	return is_good;
}
