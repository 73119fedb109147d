/* `lockdep-lite merge`: the union of runs, processes, hosts. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "merge.h"
#include "paths.h"

static const char help[] =
	"usage: lockdep-lite merge -o OUT FILE|DIR...\n"
	"\n"
	"Makes OUT the union of arenas: what all of these runs saw, and the cycles that none of\n"
	"them saw alone. A DIR stands for every *.ldl file in it; a FILE may be a merge itself.\n"
	"Which runs were merged is all that matters: not in what order, in one go or in several,\n"
	"or how often.\n"
	"\n"
	"  -o, --output=OUT  the file to make; it must not exist\n"
	"  -h, --help        this text\n"
	"\n"
	"Exit status: 0 OUT was made; 2 bad input or usage, and there is no OUT.\n";

static const struct option long_options[] = {
	{"output", required_argument, NULL, 'o'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static int fail(const char *what, const char *where, const char *mend)
{
	fprintf(stderr, "lockdep-lite: %s: %s: %s\n", what, where, mend);
	return VIZ_EXIT_BAD_INPUT;
}

static int fail_with(const char *error)
{
	fprintf(stderr, "lockdep-lite: %s\n", error);
	return VIZ_EXIT_BAD_INPUT;
}

static int fail_to_write(const char *path, int reason)
{
	char what[200];

	if (reason == EEXIST)
		return fail(
			"there is a file already", path, "name another one with -o, or remove it");
	snprintf(what, sizeof(what), "cannot write (%s)", strerror(reason));
	return fail(what, path, "choose another place with -o");
}

/* Gives the finished file its name, unless there is such a one meanwhile. */
static int publish(const char *temporary, const char *path)
{
	if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return errno;
	/* File systems that cannot do this can mostly link. */
	if (link(temporary, path) != 0)
		return errno;
	unlink(temporary);
	return 0;
}

/* The file appears whole or not at all; signals wait meanwhile. */
static int write_merge(struct viz_merge *merge, const char *path)
{
	char temporary[PATH_MAX + 16], error[400];
	sigset_t all, before;
	int fd, status = VIZ_EXIT_CLEAN, reason;

	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= (int)sizeof(temporary))
		return fail_to_write(path, ENAMETOOLONG);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0) {
		status = fail_to_write(path, errno);
	} else if (!viz_merge_write(merge, fd, path, error, sizeof(error))) {
		status = fail_with(error);
	} else if ((reason = publish(temporary, path)) != 0) {
		status = fail_to_write(path, reason);
	}
	if (fd >= 0 && close(fd) != 0 && status == VIZ_EXIT_CLEAN)
		status = fail_to_write(path, errno);
	if (fd >= 0 && status != VIZ_EXIT_CLEAN)
		unlink(temporary);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}

static int merge_paths(struct viz_merge *merge, const struct viz_paths *paths, const char *out)
{
	char error[400];

	for (size_t i = 0; i < paths->count; i++) {
		if (!viz_merge_add(merge, paths->list[i], error, sizeof(error)))
			return fail_with(error);
	}
	return write_merge(merge, out);
}

static int merge_all(char **files, int count, const char *out)
{
	struct viz_merge *merge = viz_merge_new();
	struct viz_paths paths = {0};
	int status = merge ? VIZ_EXIT_CLEAN : fail("out of memory", out, "try again");
	char error[400];

	for (int i = 0; i < count && status == VIZ_EXIT_CLEAN; i++) {
		if (!viz_paths_add(&paths, files[i], error, sizeof(error)))
			status = fail_with(error);
	}
	if (status == VIZ_EXIT_CLEAN)
		status = merge_paths(merge, &paths, out);
	viz_paths_free(&paths);
	viz_merge_free(merge);
	return status;
}

int viz_cmd_merge(int argc, char **argv)
{
	const char *out = NULL;
	struct stat there;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "o:h", long_options, NULL)) != -1) {
		switch (option) {
		case 'o':
			out = optarg;
			break;
		case 'h':
			fputs(help, stdout);
			return VIZ_EXIT_CLEAN;
		default:
			return fail("merge: unknown option, or one without its value",
				argv[optind - 1], "see `lockdep-lite merge --help`");
		}
	}
	if (!out || !*out)
		return fail("merge", "no output", "add -o OUT");
	if (optind == argc)
		return fail("merge", "no file given", "name arenas, or a directory of them");
	if (lstat(out, &there) == 0)
		return fail_to_write(out, EEXIST);
	return merge_all(argv + optind, argc - optind, out);
}
