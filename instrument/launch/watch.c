/* The arenas of running programs, looked at from outside. */
#include "watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "outdir.h"

bool launch_watch_open(struct launch_watch *watch, const char *dir)
{
	memset(watch, 0, sizeof *watch);
	watch->stream = opendir(dir);
	return watch->stream != NULL;
}

bool launch_arena_header(const struct launch_arena *arena, struct ldl_header *header)
{
	return pread(arena->fd, header, sizeof *header, 0) == (ssize_t)sizeof *header &&
	       header->magic == LDL_MAGIC && header->version == LDL_FORMAT_VERSION;
}

static bool is_known(const struct launch_watch *watch, const char *file)
{
	const struct launch_arena *arena = watch->arenas;
	while (arena != NULL && strcmp(arena->file, file) != 0)
		arena = arena->next;
	return arena != NULL;
}

/* False when a file that may be an arena could not be opened for now: look again. */
static bool add_file(struct launch_watch *watch, const char *file)
{
	struct stat status;
	if (fstatat(dirfd(watch->stream), file, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
		!S_ISREG(status.st_mode) || is_known(watch, file))
		return true;
	struct launch_arena *arena = calloc(1, sizeof *arena);
	if (arena == NULL)
		return false;
	arena->fd =
		openat(dirfd(watch->stream), file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (arena->fd < 0) {
		bool is_for_now = errno == EMFILE || errno == ENFILE || errno == ENOMEM;
		free(arena);
		return !is_for_now;
	}
	strcpy(arena->file, file);
	arena->next = watch->arenas;
	watch->arenas = arena;
	return true;
}

static void read_directory(struct launch_watch *watch)
{
	struct stat status;
	if (fstat(dirfd(watch->stream), &status) != 0 ||
		(status.st_mtim.tv_sec == watch->changed.tv_sec &&
			status.st_mtim.tv_nsec == watch->changed.tv_nsec))
		return;
	bool is_complete = true;
	struct dirent *entry;
	rewinddir(watch->stream);
	while ((entry = readdir(watch->stream)) != NULL)
		is_complete &= add_file(watch, entry->d_name);
	/* Times tick coarsely: a file made in the same tick must not be missed, so the directory
	 * counts as read only when its last change is some ticks old. */
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	int64_t age_ns = (int64_t)(now.tv_sec - status.st_mtim.tv_sec) * 1000000000 +
			 (now.tv_nsec - status.st_mtim.tv_nsec);
	if (is_complete && age_ns > 40000000)
		watch->changed = status.st_mtim;
}

/* Tells of the arena's news. False when it is done with. */
static bool look_at(struct launch_arena *arena, const struct launch_watcher *watcher)
{
	/* Before the serial is read: what a writer did last is then seen for sure. */
	bool has_ended = !arena->is_ended && launch_file_has_no_writer(arena->fd);
	uint32_t serial = 0;
	if (!arena->is_ready) {
		struct ldl_header header;
		arena->is_ready = launch_arena_header(arena, &header);
		if (!arena->is_ready)
			return !has_ended; /* its process died before it was complete */
		arena->pid = (pid_t)header.pid;
		arena->start_ns = header.start_ns;
	}
	if (pread(arena->fd, &serial, sizeof serial, offsetof(struct ldl_header, finding_serial)) ==
			(ssize_t)sizeof serial &&
		serial != arena->serial) {
		arena->serial = serial;
		watcher->changed(watcher->context, arena);
	}
	if (!has_ended)
		return true;
	arena->is_ended = true;
	return !watcher->ended(watcher->context, arena);
}

void launch_watch_poll(struct launch_watch *watch, const struct launch_watcher *watcher)
{
	read_directory(watch);
	for (struct launch_arena **place = &watch->arenas; *place != NULL;) {
		struct launch_arena *arena = *place;
		if (look_at(arena, watcher)) {
			place = &arena->next;
			continue;
		}
		*place = arena->next;
		unlinkat(dirfd(watch->stream), arena->file, 0);
		close(arena->fd);
		free(arena);
	}
}

struct launch_arena *launch_watch_find(const struct launch_watch *watch, pid_t pid)
{
	struct launch_arena *found = NULL;
	for (struct launch_arena *arena = watch->arenas; arena != NULL; arena = arena->next) {
		if (arena->is_ready && arena->pid == pid &&
			(found == NULL || arena->start_ns > found->start_ns))
			found = arena;
	}
	return found;
}

void launch_watch_close(struct launch_watch *watch)
{
	while (watch->arenas != NULL) {
		struct launch_arena *arena = watch->arenas;
		watch->arenas = arena->next;
		close(arena->fd);
		free(arena);
	}
	if (watch->stream != NULL)
		closedir(watch->stream);
	watch->stream = NULL;
}
