/* Writes a finished result to its place: temporary file in the same directory, then rename. */
#include "save.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(char *error, size_t size, const char *path, int reason)
{
	const char *mend = reason == ENOSPC || reason == EDQUOT    ? "make room on that disk"
			   : reason == EISDIR                      ? "name a file, not a directory"
			   : reason == ENOENT || reason == ENOTDIR ? "create that directory first"
			   : reason == EFBIG ? "raise the file size limit (ulimit -f)"
					     : "choose another place with -o";

	snprintf(error, size, "cannot write (%s): %s: %s", strerror(reason), path, mend);
	return false;
}

static void directory_of(const char *path, char *directory, size_t size)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;

	if (!slash)
		snprintf(directory, size, ".");
	else
		snprintf(directory, size, "%.*s", len ? (int)len : 1, path);
}

/* What there is at `path`: a kind of file (S_IFMT bits), or 0 for nothing. */
static mode_t kind_at(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? status.st_mode & S_IFMT : 0;
}

bool viz_save_is_possible(const char *path, char *error, size_t error_size)
{
	char directory[PATH_MAX];
	mode_t kind = kind_at(path);
	int reason;

	if (kind == S_IFDIR)
		return fail(error, error_size, path, EISDIR);
	directory_of(path, directory, sizeof(directory));
	if (kind && kind != S_IFREG)
		return access(path, W_OK) == 0 || fail(error, error_size, path, errno);
	if (access(directory, W_OK | X_OK) == 0)
		return true;
	reason = errno;
	if (reason == EACCES && kind_at(directory) == S_IFREG)
		reason = ENOTDIR;
	return fail(error, error_size, path, reason);
}

/* Returns 0 or the errno of what went wrong. */
static int copy_all(int from, int to)
{
	char bytes[1 << 16];
	ssize_t got;

	if (lseek(from, 0, SEEK_SET) < 0)
		return errno;
	while ((got = read(from, bytes, sizeof(bytes))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno;
		for (ssize_t at = 0; at < got;) {
			ssize_t put = write(to, bytes + at, (size_t)(got - at));

			if (put < 0 && errno != EINTR)
				return errno;
			at += put > 0 ? put : 0;
		}
	}
	return 0;
}

static int copy_onto(int fd, const char *path)
{
	int to = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	int reason;

	if (to < 0)
		return errno;
	reason = copy_all(fd, to);
	if (close(to) != 0 && !reason)
		reason = errno;
	return reason;
}

static int replace(int fd, const char *path)
{
	char temporary[PATH_MAX + 16];
	mode_t mask = umask(0);
	int to, reason;

	umask(mask);
	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= (int)sizeof(temporary))
		return ENAMETOOLONG;
	to = mkostemp(temporary, O_CLOEXEC);
	if (to < 0)
		return errno;
	reason = copy_all(fd, to);
	if (!reason && fchmod(to, 0666 & ~mask) != 0)
		reason = errno;
	if (close(to) != 0 && !reason)
		reason = errno;
	if (!reason && rename(temporary, path) != 0)
		reason = errno;
	if (reason)
		unlink(temporary);
	return reason;
}

bool viz_save_file(int fd, const char *path, char *error, size_t error_size)
{
	char resolved[PATH_MAX];
	mode_t kind = kind_at(path);
	sigset_t all, before;
	int reason;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	if (kind == S_IFDIR)
		reason = EISDIR;
	else if (kind && kind != S_IFREG)
		reason = copy_onto(fd, path);
	else
		reason = replace(fd, kind && realpath(path, resolved) ? resolved : path);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return reason ? fail(error, error_size, path, reason) : true;
}
