/* One run as merges carry it along: all that its arena says, without the room for more.
 *
 * A merged file is an arena with the union of its runs, and behind that arena's end the runs
 * themselves. So a merge is a function of the set of its runs, however they came together: of
 * files, or of earlier merges; and a run that comes in twice counts once. */
#ifndef VIZ_MERGE_LEAF_H
#define VIZ_MERGE_LEAF_H

#include "core/snapshot.h"

struct viz_leaf {
	char *name;           /* of the file that it came from */
	unsigned char *bytes; /* header page, then the used slots of each table that is kept */
	size_t size;
};

/* Packs a run. `name` is copied. False: out of memory. */
bool viz_leaf_pack(
	struct viz_leaf *leaf, const struct ldl_snapshot *snapshot, const char *name) LDL_MUST_USE;

/* Lays it out as an arena again, and checks it. False: it makes no sense, or memory is out. */
bool viz_leaf_open(const struct viz_leaf *leaf, struct ldl_snapshot *snapshot) LDL_MUST_USE;

/* The packed header. */
static inline const struct ldl_header *viz_leaf_header(const struct viz_leaf *leaf)
{
	return (const struct ldl_header *)leaf->bytes;
}

/* By when the run began; 0: the same run, perhaps looked at at two times. */
int viz_leaf_compare(const struct viz_leaf *one, const struct viz_leaf *other);

/* Of the same run: whether `one` knows more. A total order. */
bool viz_leaf_is_later(const struct viz_leaf *one, const struct viz_leaf *other);

void viz_leaf_free(struct viz_leaf *leaf);

/* What stands behind the arena in a merged file: this, then for each run a viz_leaf_head, its name
 * and its bytes, each filled up to 8 bytes with zeros. Integers have the arena's byte order. */
struct viz_leaf_list {
	uint64_t magic;
	uint32_t version, count;
	uint64_t size; /* bytes that follow */
};

struct viz_leaf_head {
	uint64_t size;
	uint32_t name_len;
	uint32_t unused;
};

#define VIZ_LEAF_MAGIC   0x736e75722d6c646cull /* "ldl-runs" in the file, little end first */
#define VIZ_LEAF_VERSION 1u

/* Reads the runs behind an arena of `arena_size` bytes in the file `fd`. *count 0: there are none.
 * False: they make no sense; then there is nothing to free. */
bool viz_leaves_read(
	int fd, uint64_t arena_size, struct viz_leaf **leaves, size_t *count) LDL_MUST_USE;

/* Writes them from the file's present place on. False, and errno, when that fails. */
bool viz_leaves_write(int fd, const struct viz_leaf *leaves, size_t count) LDL_MUST_USE;

#endif
