/* What a process has mapped and shares with others: from /proc/PID/maps, which needs the right to
 * read the process (the same user's), not to stop it.
 *
 * A place in shared memory has one name in all processes that map it: the file's device and inode,
 * and the offset in it. */
#ifndef VIZ_MAPS_H
#define VIZ_MAPS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct viz_mapping {
	uint64_t start, end; /* addresses in the process */
	uint64_t offset;     /* of the start, in the file */
	dev_t device;
	uint64_t inode;
};

struct viz_maps {
	struct viz_mapping *mappings; /* shared ones, by address */
	size_t count;
};

/* A line of the file: a mapping and its path as the process names it. */
struct viz_maps_line {
	struct viz_mapping mapping;
	bool is_shared, is_writable;
	char path[PATH_MAX];
};

/* Calls `tell` for each line until it says false. False: nothing could be read. */
bool viz_maps_each(
	long pid, bool (*tell)(void *context, const struct viz_maps_line *line), void *context);

/* Fills `maps` anew. False: nothing could be read; it is empty then. */
bool viz_maps_read(struct viz_maps *maps, long pid);

/* The shared mapping at an address; NULL: none. */
const struct viz_mapping *viz_maps_find(const struct viz_maps *maps, uint64_t address);

void viz_maps_free(struct viz_maps *maps);

#endif
