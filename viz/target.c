/* Finds the arena of a process. See target.h. */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clean.h"
#include "core/snapshot_parts.h"
#include "maps.h"

#define MEMFD_NAME "/memfd:lockdep-lite"
#define BUSY_TRIES 50u
#define BUSY_US    2000u

/* A line of an error whose `where` may be anybody's words. */
static bool fail(char *error, size_t size, const char *what, const char *where, const char *mend)
{
	char clean[PATH_MAX + 64];

	viz_clean_copy(clean, sizeof(clean), where);
	snprintf(error, size, "%s: %s: %s", what, clean, mend);
	return false;
}

/* A plain file is opened, nothing else: a device's opening may have an effect. */
static int open_plain(const char *path, int flags, struct stat *about)
{
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	bool is_plain = fd >= 0 && fstat(fd, about) == 0 && S_ISREG(about->st_mode);
	bool is_there = fd >= 0;

	if (is_there)
		close(fd);
	if (!is_plain) {
		errno = is_there ? EINVAL : errno;
		return -1;
	}
	fd = open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	/* A reader that asks whether anybody writes it holds a lease, for a moment. */
	for (unsigned int tries = 0; fd < 0 && errno == EWOULDBLOCK && tries < BUSY_TRIES;
		tries++) {
		usleep(BUSY_US);
		fd = open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	}
	if (fd >= 0 && (fstat(fd, about) != 0 || !S_ISREG(about->st_mode))) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	return fd;
}

/* A search through the maps of a process. */
struct search {
	struct viz_target *target;
	bool is_found;
	bool has_memfd; /* it has an arena, which cannot be opened */
};

static bool is_arena(int fd, uint32_t *pid)
{
	union {
		struct ldl_header header;
		unsigned char bytes[LDL_PAGE];
	} page = {0};
	struct ldl_snapshot ignored;
	ssize_t len = pread(fd, &page, sizeof(page), 0);

	*pid = page.header.pid;
	return len == (ssize_t)sizeof(page) &&
	       ldl_snapshot_judge_header(&ignored, &page.header, (size_t)len, "") == LDL_OK;
}

/* map_files has links, which lead to the file itself. */
static bool is_mapped_file(const char *path, const struct viz_mapping *mapping, uint32_t *pid)
{
	struct stat about;
	int fd = open_plain(path, O_RDONLY, &about);
	bool is_it;

	if (fd < 0 && strstr(path, "/map_files/")) {
		fd = open(path, O_PATH | O_CLOEXEC);
		is_it = fd >= 0 && fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
		if (fd >= 0)
			close(fd);
		fd = is_it ? open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1;
	}
	if (fd < 0)
		return false;
	is_it = about.st_ino == mapping->inode && about.st_dev == mapping->device &&
		is_arena(fd, pid);
	close(fd);
	return is_it;
}

static bool take(struct search *search, const char *path, const struct viz_mapping *mapping)
{
	struct viz_target *target = search->target;
	uint32_t pid = 0;

	if (!is_mapped_file(path, mapping, &pid))
		return false;
	/* The process may read another one's arena; in another namespace its number is another. */
	if (search->is_found && pid != target->pid)
		return true;
	snprintf(target->path, sizeof(target->path), "%s", path);
	target->device = mapping->device;
	target->inode = mapping->inode;
	search->is_found = true;
	return true;
}

static bool look_at(void *context, const struct viz_maps_line *line)
{
	struct search *search = context;
	const struct viz_mapping *mapping = &line->mapping;
	char path[PATH_MAX + 64];

	if (!line->is_shared || !line->is_writable || mapping->offset || !mapping->inode)
		return true;
	if (line->path[0] == '/' && take(search, line->path, mapping))
		return true;
	snprintf(path, sizeof(path), "/proc/%u/root%s", search->target->pid, line->path);
	if (line->path[0] == '/' && take(search, path, mapping))
		return true;
	snprintf(path, sizeof(path), "/proc/%u/map_files/%lx-%lx", search->target->pid,
		(unsigned long)mapping->start, (unsigned long)mapping->end);
	if (!take(search, path, mapping))
		search->has_memfd |= strncmp(line->path, MEMFD_NAME, strlen(MEMFD_NAME)) == 0;
	return true;
}

static bool find_process(struct viz_target *target, char *error, size_t size)
{
	struct search search = {.target = target};
	char where[32];

	snprintf(where, sizeof(where), "process %u", target->pid);
	errno = 0;
	if (!viz_maps_each((long)target->pid, look_at, &search))
		return fail(error, size,
			errno == EACCES || errno == EPERM
				? "cannot look into another user's process"
				: "nothing is mapped there, a kernel thread or an ended process",
			where, "check the pid; be its owner, or root");
	if (search.is_found)
		return true;
	if (search.has_memfd)
		return fail(error, size, "its arena is in memory only, and only root can open it",
			where, "start it with lockdep-lite run, or with out=FILE");
	return fail(error, size, "not watched", where, "start it with lockdep-lite run");
}

static bool is_number(const char *word, uint32_t *number)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(word, &end, 10);
	*number = (uint32_t)value;
	return word[0] >= '0' && word[0] <= '9' && *end == 0 && errno == 0 && value > 0 &&
	       value <= INT_MAX;
}

bool viz_target_find(struct viz_target *target, const char *word, char *error, size_t error_size)
{
	char path[32];

	memset(target, 0, sizeof(*target));
	if (!is_number(word, &target->pid)) {
		target->pid = 0;
		snprintf(target->path, sizeof(target->path), "%s", word);
		return true;
	}
	snprintf(path, sizeof(path), "/proc/%u", target->pid);
	if (access(path, F_OK) == 0)
		return find_process(target, error, error_size);
	if (access(word, F_OK) != 0)
		return fail(error, error_size, "no such process", word,
			"check the pid, or name the file of its arena");
	target->pid = 0;
	snprintf(target->path, sizeof(target->path), "%s", word);
	return true;
}

static const char *reason_of(int error)
{
	switch (error) {
	case EINVAL:
		return "not a plain file";
	case ELOOP:
		return "a symbolic link";
	default:
		return strerror(error);
	}
}

static const char *mend_of(int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
		return "be its owner, or root";
	case ELOOP:
		return "name the file that it leads to";
	case EINVAL:
		return "name the file of an arena";
	default:
		return "check the name";
	}
}

int viz_target_open(const struct viz_target *target, int flags, char *error, size_t error_size)
{
	struct stat about;
	char what[160];
	int fd = open_plain(target->path, flags, &about);

	/* Its own link, in /proc, is followed: it was compared with the mapping, and is again. */
	if (fd < 0 && target->inode && strstr(target->path, "/map_files/"))
		fd = open(target->path, flags | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		bool is_link = errno == EINVAL && S_ISLNK(about.st_mode);
		int reason = is_link ? ELOOP : errno;

		snprintf(what, sizeof(what), "cannot open (%s)", reason_of(reason));
		(void)fail(error, error_size, what, target->path, mend_of(reason));
		return -1;
	}
	if (target->inode && (fstat(fd, &about) != 0 || about.st_ino != target->inode ||
				     about.st_dev != target->device)) {
		(void)fail(error, error_size, "another file has taken its place", target->path,
			"do not use it");
		close(fd);
		return -1;
	}
	return fd;
}
