/* The file that the arena is in: its name, and what is done when there is none, or too many. */
#include "engine_state.h"

#include "fmt.h"
#include "keep.h"
#include "module.h"
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define NAME_TRIES 1000u /* .1, .2, … after a file name that is taken */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The name that the template gives, or the same with .1, .2 …, whichever is free. Another process
 * may take it meanwhile: then the next one is tried. */
static ldl_status create_free(char *path, size_t size, int *error)
{
	const struct ldl_options *options = &ldl_engine.options;
	size_t len = strlen(path);

	for (uint32_t n = 1;; n++) {
		int fd = ldl_sys_open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
		ldl_status status;

		if (fd < 0) {
			status = ldl_arena_create(&ldl_engine.arena, path, options->memory, error);
			if (status != LDL_OK || *error != EEXIST || n == NAME_TRIES)
				return status;
			ldl_arena_unmap(&ldl_engine.arena);
		} else {
			ldl_sys_close(fd);
		}
		if (n == NAME_TRIES)
			break;
		ldl_fmt(path + len, size - len, ".%u", n);
	}
	*error = EEXIST;
	return ldl_arena_create(&ldl_engine.arena, NULL, options->memory, &(int){0});
}

/* Leaves the file's name in `file`; "": there is none. */
static ldl_status create_named(uint32_t serial, char *file, size_t size, int *error)
{
	const struct ldl_options *options = &ldl_engine.options;
	ldl_status status;

	file[0] = '\0';
	if (!options->out[0])
		return ldl_arena_create(&ldl_engine.arena, NULL, options->memory, error);
	if (!ldl_options_expand(file, size - 16, options->out, base_name(ldl_module_program()),
		    ldl_engine.pid, serial)) {
		file[0] = '\0';
		*error = ENAMETOOLONG;
		return ldl_arena_create(&ldl_engine.arena, NULL, options->memory, &(int){0});
	}
	status = create_free(file, size, error);
	if (status != LDL_OK || *error)
		file[0] = '\0';
	return status;
}

static const char *why_no_file(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return "there is no such folder";
	case EACCES:
	case EPERM:
		return "this user, or its sandbox, may make no file there";
	case EROFS:
		return "the file system is read-only";
	case ENOSPC:
	case EDQUOT:
		return "there is no room";
	case EFBIG:
		return "files may not be so large (RLIMIT_FSIZE)";
	case EMFILE:
	case ENFILE:
		return "too many files are open";
	case ENAMETOOLONG:
		return "the name is too long";
	case EEXIST:
		return "all names that it may get are taken";
	default:
		return "the kernel refuses it";
	}
}

/* Once in a program's life: its children would say the same. */
static void say_no_file(int error)
{
	static bool is_said;
	char line[LDL_OPTIONS_PATH_MAX + 200];

	if (is_said)
		return;
	is_said = true;
	ldl_fmt(line, sizeof(line),
		"watching in memory only, %s (error %d): %s: name a writable folder in out=",
		why_no_file(error), error, ldl_engine.options.out);
	ldl_engine_tell(line);
}

bool ldl_engine_make_arena(uint32_t serial)
{
	const struct ldl_options *options = &ldl_engine.options;
	char file[LDL_OPTIONS_PATH_MAX + 320];
	int error = 0;

	if (create_named(serial, file, sizeof(file), &error) != LDL_OK)
		return false;
	if (error && options->out[0])
		say_no_file(error);
	/* A child that is forked later has other things to do. */
	if (file[0] && !serial)
		ldl_keep_limit(options, file);
	return true;
}
