/* What makes a program start watched: the preload library's path and environment variables. */
#include "environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef LDL_LIBDIR
#define LDL_LIBDIR ""
#endif

#define LIBRARY       "liblockdep_lite_preload.so"
#define ALLOC_LIBRARY "liblockdep_lite_preload_alloc.so"
#define VARIABLE      "LOCKDEP_LITE"

/* A program whose AddressSanitizer is a shared library refuses to start when another library comes
 * first, unless told otherwise; the user's own options stand behind ours and win. */
#define ASAN_VARIABLE "ASAN_OPTIONS"
#define ASAN_OPTION   "verify_asan_link_order=0"

/* Separators of LD_PRELOAD, and what the loader expands in it. */
#define UNFIT_CHARACTERS " :$\t\n"

static bool is_readable(const char *dir, const char *below, char path[PATH_MAX])
{
	char candidate[PATH_MAX], real[PATH_MAX];
	int len = snprintf(candidate, sizeof candidate, "%s/%s", dir, below);
	if (len >= (int)sizeof candidate || realpath(dir, real) == NULL ||
		access(candidate, R_OK) != 0)
		return false;
	len = snprintf(path, PATH_MAX, "%s/%s", real, below);
	return len < PATH_MAX;
}

static bool find_beside_command(const char *library, char path[PATH_MAX])
{
	char dir[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", dir, sizeof dir - 1);
	if (len <= 0)
		return false;
	dir[len] = '\0';
	char *slash = strrchr(dir, '/');
	if (slash == NULL)
		return false;
	*slash = '\0';
	if (is_readable(dir, library, path))
		return true;
	char lib[PATH_MAX + 8];
	snprintf(lib, sizeof lib, "%s/../lib", dir);
	return is_readable(lib, library, path);
}

/* The library for allocations lies beside the plain one, wherever that is. */
static bool is_beside(const char *chosen, const char *library, char path[PATH_MAX])
{
	char real[PATH_MAX];
	if (realpath(chosen, real) == NULL)
		return false;
	char *slash = strrchr(real, '/');
	*slash = '\0';
	return is_readable(real, library, path);
}

bool launch_preload_find(bool alloc, char path[PATH_MAX], char *error, size_t error_size)
{
	const char *library = alloc ? ALLOC_LIBRARY : LIBRARY;
	const char *chosen = getenv("LOCKDEP_LITE_PRELOAD");
	bool is_found = false;
	if (chosen != NULL && chosen[0] != '\0') {
		is_found = alloc ? is_beside(chosen, library, path)
				 : realpath(chosen, path) != NULL && access(path, R_OK) == 0;
		if (!is_found) {
			snprintf(error, error_size,
				"cannot read the preload library: %s%s: correct or unset "
				"LOCKDEP_LITE_PRELOAD",
				alloc ? ALLOC_LIBRARY " beside " : "", chosen);
			return false;
		}
	}
	if (!is_found)
		is_found = find_beside_command(library, path);
	if (!is_found && LDL_LIBDIR[0] != '\0')
		is_found = is_readable(LDL_LIBDIR, library, path);
	if (!is_found) {
		snprintf(error, error_size,
			"the preload library is missing: %s: install it, or name it in "
			"LOCKDEP_LITE_PRELOAD",
			library);
		return false;
	}
	if (strpbrk(path, UNFIT_CHARACTERS) == NULL)
		return true;
	snprintf(error, error_size,
		"LD_PRELOAD cannot express blanks, ':' or '$': %s: move the library to a plain "
		"path and name it in LOCKDEP_LITE_PRELOAD",
		path);
	return false;
}

static bool is_variable(const char *entry, const char *name)
{
	size_t len = strlen(name);
	return strncmp(entry, name, len) == 0 && entry[len] == '=';
}

static const char *value_of(char *const envp[], const char *name)
{
	for (size_t i = 0; envp[i] != NULL; i++) {
		if (is_variable(envp[i], name))
			return envp[i] + strlen(name) + 1;
	}
	return "";
}

/* True when one of `options` has the name that `option`, `len` bytes long, begins with. */
static bool is_named(const char *options, const char *option, size_t len)
{
	const char *equals = memchr(option, '=', len);
	size_t name_len = equals != NULL ? (size_t)(equals - option) : len;
	for (const char *at = options; *at != '\0';) {
		size_t at_len = strcspn(at, ":");
		if (strcspn(at, ":=") == name_len && strncmp(at, option, name_len) == 0)
			return true;
		at += at_len + (at[at_len] == ':');
	}
	return false;
}

/* "LOCKDEP_LITE=" with the older options that stay, then ours. */
static char *merge_options(const char *older, const char *options)
{
	size_t size = sizeof VARIABLE + strlen(older) + strlen(options) + 3;
	char *entry = malloc(size);
	if (entry == NULL)
		return NULL;
	char *end = stpcpy(entry, VARIABLE "=");
	for (const char *at = older; *at != '\0';) {
		size_t len = strcspn(at, ":");
		if (len > 0 && !is_named(options, at, len)) {
			end = mempcpy(end, at, len);
			*end++ = ':';
		}
		at += len + (at[len] == ':');
	}
	strcpy(end, options);
	return entry;
}

/* "NAME=first" and, behind `separator`, the value that NAME had. */
static char *put_before(char *const envp[], const char *name, const char *first, char separator)
{
	const char *older = value_of(envp, name);
	char *entry = malloc(strlen(name) + strlen(first) + strlen(older) + 3);
	if (entry == NULL)
		return NULL;
	char *end = stpcpy(stpcpy(stpcpy(entry, name), "="), first);
	if (older[0] != '\0')
		*end++ = separator;
	strcpy(end, older);
	return entry;
}

static bool is_replaced(const char *entry)
{
	return is_variable(entry, "LD_PRELOAD") || is_variable(entry, VARIABLE) ||
	       is_variable(entry, ASAN_VARIABLE);
}

char **launch_environment_make(char *const envp[], const char *library, const char *options)
{
	size_t count = 0, made = 0;
	while (envp[count] != NULL)
		count++;
	char **environment = calloc(count + 4, sizeof *environment);
	if (environment == NULL)
		return NULL;
	environment[made++] = put_before(envp, "LD_PRELOAD", library, ':');
	environment[made++] = put_before(envp, ASAN_VARIABLE, ASAN_OPTION, ':');
	environment[made++] = merge_options(value_of(envp, VARIABLE), options);
	bool is_complete =
		environment[0] != NULL && environment[1] != NULL && environment[2] != NULL;
	for (size_t i = 0; is_complete && i < count; i++) {
		if (is_replaced(envp[i]))
			continue;
		environment[made] = strdup(envp[i]);
		is_complete = environment[made++] != NULL;
	}
	if (is_complete)
		return environment;
	for (size_t i = 0; i < made; i++)
		free(environment[i]);
	free(environment);
	return NULL;
}

void launch_environment_free(char **environment)
{
	if (environment == NULL)
		return;
	for (size_t i = 0; environment[i] != NULL; i++)
		free(environment[i]);
	free(environment);
}
