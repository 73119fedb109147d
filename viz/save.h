/* Files that appear whole or not at all: written beside their place, then renamed onto it. */
#ifndef VIZ_SAVE_H
#define VIZ_SAVE_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a file can be made or replaced at `path` as far as one can tell beforehand: for costly
 * work whose result would have no place. Fills `error` ("WHAT: WHERE: MEND") when not. */
bool viz_save_is_possible(const char *path, char *error, size_t error_size);

/* Makes `path` hold all that can be read from `fd` from its start on. A symlink is followed; what
 * is there and is no plain file (a device, a FIFO) is written to as it is. Signals wait meanwhile,
 * so that no half-written file stays behind; on failure nothing does, and `error` says why. */
bool viz_save_file(int fd, const char *path, char *error, size_t error_size);

#endif
