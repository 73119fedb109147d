/* Where arenas live while programs run: a private directory in memory. */
#include "outdir.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* The directory's name stands in options that are separated by ':' and expand '%'. */
#define UNFIT_CHARACTERS ":% \t\n"
#define PREFIX           "lockdep-lite."
#define PARENT_COUNT     6
#define SWEEP_AGE        60 /* seconds: a younger directory may not be locked yet */

/* `here` keeps the last of them. */
static void list_parents(const char *parents[PARENT_COUNT], char here[PATH_MAX])
{
	parents[0] = "/dev/shm";
	parents[1] = getenv("XDG_RUNTIME_DIR");
	parents[2] = getenv("TMPDIR");
	parents[3] = "/tmp";
	parents[4] = "/var/tmp";
	parents[5] = getcwd(here, PATH_MAX);
	for (int i = 0; i < PARENT_COUNT; i++) {
		if (parents[i] != NULL &&
			(parents[i][0] != '/' || strpbrk(parents[i], UNFIT_CHARACTERS) != NULL))
			parents[i] = NULL;
	}
}

static bool make_in(const char *parent, uint64_t room, struct launch_outdir *dir)
{
	struct statvfs space;
	int len = snprintf(dir->path, sizeof dir->path, "%s/" PREFIX "XXXXXX", parent);
	if (len >= (int)sizeof dir->path || statvfs(parent, &space) != 0)
		return false;
	if ((uint64_t)space.f_bavail * space.f_frsize < room || mkdtemp(dir->path) == NULL)
		return false;
	dir->fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	/* mkdtemp obeys the umask, which may take even the owner's rights. */
	if (dir->fd >= 0 && fchmod(dir->fd, geteuid() == 0 ? 01733 : 0700) == 0 &&
		flock(dir->fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	rmdir(dir->path);
	if (dir->fd >= 0)
		close(dir->fd);
	return false;
}

bool launch_outdir_make(struct launch_outdir *dir, uint64_t room)
{
	const char *parents[PARENT_COUNT];
	char here[PATH_MAX];
	list_parents(parents, here);
	for (int wants_room = 1; wants_room >= 0; wants_room--) {
		for (int i = 0; i < PARENT_COUNT; i++) {
			if (parents[i] != NULL && make_in(parents[i], wants_room ? room : 0, dir))
				return true;
		}
	}
	dir->path[0] = '\0';
	dir->fd = -1;
	return false;
}

static void remove_files(int fd)
{
	DIR *stream = fdopendir(dup(fd));
	if (stream == NULL)
		return;
	struct dirent *entry;
	rewinddir(stream);
	while ((entry = readdir(stream)) != NULL)
		unlinkat(fd, entry->d_name, 0);
	closedir(stream);
}

void launch_outdir_remove(struct launch_outdir *dir)
{
	if (dir->path[0] == '\0')
		return;
	remove_files(dir->fd);
	rmdir(dir->path);
	close(dir->fd);
	dir->path[0] = '\0';
	dir->fd = -1;
}

/* True when a program that outlived its launcher still writes there. */
static bool is_written(int fd)
{
	DIR *stream = fdopendir(dup(fd));
	if (stream == NULL)
		return true;
	bool is_free = true;
	struct dirent *entry;
	while (is_free && (entry = readdir(stream)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		int file =
			openat(fd, entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		is_free = file >= 0 && launch_file_has_no_writer(file);
		if (file >= 0)
			close(file);
	}
	closedir(stream);
	return !is_free;
}

static void sweep_one(int parent, const char *name)
{
	struct stat status;
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	if (fstat(fd, &status) == 0 && status.st_uid == geteuid() &&
		time(NULL) - status.st_mtime > SWEEP_AGE && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
		!is_written(fd)) {
		remove_files(fd);
		unlinkat(parent, name, AT_REMOVEDIR);
	}
	close(fd);
}

void launch_outdir_sweep(void)
{
	const char *parents[PARENT_COUNT];
	char here[PATH_MAX];
	list_parents(parents, here);
	for (int i = 0; i < PARENT_COUNT - 1; i++) {
		DIR *stream = parents[i] != NULL ? opendir(parents[i]) : NULL;
		if (stream == NULL)
			continue;
		struct dirent *entry;
		while ((entry = readdir(stream)) != NULL) {
			if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0)
				sweep_one(dirfd(stream), entry->d_name);
		}
		closedir(stream);
	}
}
