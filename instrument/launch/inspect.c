/* Looks at a program before it is started: can a preloaded library watch it, and if not, why
 * not. */
#include "inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "elf_file.h"
#include "script.h"

#define DEFAULT_SEARCH "/bin:/usr/bin"
#define SHELL          "/bin/sh"
#define UNWATCHABLE                                                                                \
	(LAUNCH_STATIC | LAUNCH_FOREIGN_LOADER | LAUNCH_FOREIGN_MACHINE | LAUNCH_SETID |           \
		LAUNCH_CAPABILITIES | LAUNCH_ENV_CLEARED)

/* 0 when `path` is a file that this process may execute. */
static int check_executable(const char *path)
{
	struct stat status;
	if (stat(path, &status) != 0)
		return errno;
	if (!S_ISREG(status.st_mode))
		return EACCES;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

int launch_find_program(const char *program, const char *search, char found[PATH_MAX])
{
	found[0] = '\0';
	if (program[0] == '\0')
		return ENOENT;
	if (strlen(program) >= PATH_MAX)
		return ENAMETOOLONG;
	if (strchr(program, '/') != NULL) {
		strcpy(found, program);
		return check_executable(program);
	}
	if (search == NULL)
		search = DEFAULT_SEARCH;
	int result = ENOENT;
	for (const char *end;; search = end + 1) {
		char candidate[PATH_MAX];
		end = strchrnul(search, ':');
		int dir_len = end > search ? (int)(end - search) : 1;
		const char *dir = end > search ? search : "."; /* an empty entry: here */
		int len = snprintf(candidate, sizeof candidate, "%.*s/%s", dir_len, dir, program);
		int error =
			len < (int)sizeof candidate ? check_executable(candidate) : ENAMETOOLONG;
		if (error == 0 || error == EACCES) {
			strcpy(found, candidate);
			result = error;
		}
		if (error == 0 || *end == '\0')
			return result;
	}
}

/* Does executing a file with this status change ids, so that the loader drops LD_PRELOAD? Not on a
 * nosuid mount, not after PR_SET_NO_NEW_PRIVS, not when the ids are these already. */
static bool changes_ids(const char *path)
{
	struct stat status;
	struct statvfs mount;
	if (stat(path, &status) != 0)
		return false;
	bool sets_user = (status.st_mode & S_ISUID) && status.st_uid != getuid();
	bool sets_group = (status.st_mode & S_ISGID) && (status.st_mode & S_IXGRP) &&
			  status.st_gid != getgid();
	if (!sets_user && !sets_group)
		return false;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		return false;
	return statvfs(path, &mount) != 0 || !(mount.f_flag & ST_NOSUID);
}

/* File capabilities make the loader drop LD_PRELOAD unless the real user is root. The attribute: a
 * word of version and flags, then 32-bit words of the permitted and inheritable sets in turn. */
static bool gains_capabilities(const char *path)
{
	uint32_t words[6] = {0};
	struct statvfs mount;
	if (getuid() == 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		return false;
	if (getxattr(path, "security.capability", words, sizeof words) < 12)
		return false;
	if (statvfs(path, &mount) == 0 && (mount.f_flag & ST_NOSUID))
		return false;
	return words[1] != 0 || words[3] != 0;
}

static uint32_t privilege_limits(const char *path)
{
	uint32_t limits = changes_ids(path) ? LAUNCH_SETID : 0;
	return limits | (gains_capabilities(path) ? LAUNCH_CAPABILITIES : 0);
}

static bool is_glibc_loader(const char *loader)
{
	const char *slash = strrchr(loader, '/');
	const char *name = slash != NULL ? slash + 1 : loader;
	return strncmp(name, "ld-linux", 8) == 0 || strncmp(name, "ld-lsb", 6) == 0 ||
	       strncmp(name, "ld64.so", 7) == 0;
}

static uint32_t elf_limits(const struct launch_elf *elf)
{
	uint32_t limits = 0;
	if (!elf->is_native)
		return LAUNCH_FOREIGN_MACHINE;
	if (elf->is_go)
		limits |= LAUNCH_GO;
	if (elf->loader[0] == '\0' && !elf->is_loader)
		limits |= LAUNCH_STATIC;
	if (elf->loader[0] != '\0' && !is_glibc_loader(elf->loader))
		limits |= LAUNCH_FOREIGN_LOADER;
	if (elf->needs_asan || elf->contains_asan)
		limits |= LAUNCH_ASAN;
	if (elf->needs_tsan || elf->contains_tsan)
		limits |= LAUNCH_TSAN;
	if (elf->needs_msan || elf->contains_msan)
		limits |= LAUNCH_MSAN;
	if (elf->needs_asan || elf->needs_tsan || elf->needs_msan)
		limits |= LAUNCH_RUNTIME_SHARED;
	return limits;
}

static bool fail(struct launch_inspection *inspection, int error, const char *file)
{
	inspection->error = error;
	snprintf(inspection->missing, sizeof inspection->missing, "%s", file);
	return false;
}

static void take_elf(
	const struct launch_elf *elf, const char *path, struct launch_inspection *inspection)
{
	inspection->limits |= elf_limits(elf) | privilege_limits(path);
	inspection->has_build_id = elf->has_build_id;
	inspection->has_symbols = elf->has_symbols;
	inspection->has_debug_info = elf->has_debug_info;
	inspection->machine = elf->machine;
	inspection->bits = elf->bits;
	strcpy(inspection->loader, elf->loader);
	snprintf(inspection->binary, sizeof inspection->binary, "%s", path);
}

/* Looks at one file of the chain. True when it is the last; else `next` is what runs it. */
static bool take_file(
	int fd, char path[PATH_MAX], const char *search, struct launch_inspection *inspection)
{
	struct launch_elf elf;
	struct launch_script script;
	launch_elf_read(fd, &elf);
	if (elf.is_elf) {
		take_elf(&elf, path, inspection);
		if (elf.loader[0] != '\0' && access(elf.loader, F_OK) != 0)
			fail(inspection, errno, elf.loader);
		return true;
	}
	if (!launch_script_read(fd, &script)) {
		inspection->runs_by_shell = true;
		strcpy(path, SHELL);
		return false;
	}
	if (script.clears_environment)
		inspection->limits |= LAUNCH_ENV_CLEARED;
	strcpy(path, script.interpreter);
	if (script.program[0] == '\0')
		return false;
	int error = launch_find_program(script.program, search, path);
	if (error != 0) {
		fail(inspection, error, script.program);
		return true;
	}
	return false;
}

bool launch_inspect(const char *path, const char *search, struct launch_inspection *inspection)
{
	char file[PATH_MAX];
	memset(inspection, 0, sizeof *inspection);
	if (strlen(path) >= sizeof file)
		return fail(inspection, ENAMETOOLONG, "");
	strcpy(file, path);
	strcpy(inspection->path, path);
	for (unsigned depth = 0; depth <= LAUNCH_SCRIPT_DEPTH; depth++) {
		int error = check_executable(file);
		if (error != 0)
			return fail(inspection, error, file);
		inspection->script_depth = depth;
		int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd < 0) {
			inspection->limits |= LAUNCH_UNREADABLE | privilege_limits(file);
			strcpy(inspection->binary, file);
			return true;
		}
		bool is_last = take_file(fd, file, search, inspection);
		close(fd);
		if (is_last)
			return inspection->error == 0;
	}
	return fail(inspection, ELOOP, path);
}

bool launch_can_watch(const struct launch_inspection *inspection)
{
	const uint32_t shared_tsan = LAUNCH_TSAN | LAUNCH_RUNTIME_SHARED;
	return !(inspection->limits & UNWATCHABLE) &&
	       (inspection->limits & shared_tsan) != shared_tsan;
}

static const char *limit_reason(uint32_t limits)
{
	static const struct {
		uint32_t bit;
		const char *reason;
	} reasons[] = {
		{LAUNCH_FOREIGN_MACHINE, "is built for another architecture or word size"},
		{LAUNCH_FOREIGN_LOADER, "uses another C library than glibc"},
		{LAUNCH_SETID,
			"is set-user-ID or set-group-ID, so the loader ignores LD_PRELOAD: run "
			"it as its owner"},
		{LAUNCH_CAPABILITIES,
			"has file capabilities, so the loader ignores LD_PRELOAD: run it as "
			"root, or a copy without them"},
		{LAUNCH_ENV_CLEARED, "is started by env -i, which drops LD_PRELOAD"},
		{LAUNCH_STATIC | LAUNCH_GO,
			"is a static Go program, whose locks are not pthread locks"},
		{LAUNCH_STATIC, "is statically linked, so no library can be preloaded: link it "
				"dynamically, or against liblockdep_lite"},
		{LAUNCH_TSAN | LAUNCH_RUNTIME_SHARED,
			"is built with ThreadSanitizer, whose shared runtime must see each call "
			"first: link with -static-libtsan"},
		{LAUNCH_TSAN, "is built with ThreadSanitizer: its own frames stand in stacks, "
			      "and it reports lock orders besides"},
		{LAUNCH_ASAN, "is built with AddressSanitizer: locks of its runtime are not seen"},
		{LAUNCH_MSAN, "is built with MemorySanitizer: locks of its runtime are not seen"},
		{LAUNCH_UNREADABLE, "may not be read, so nothing is known of it beforehand"},
		{LAUNCH_GO, "is made by Go: only the locks of its C code are seen"},
	};
	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
		if ((limits & reasons[i].bit) == reasons[i].bit)
			return reasons[i].reason;
	}
	return NULL;
}

void launch_limit_text(const struct launch_inspection *inspection, char *text, size_t size)
{
	const char *reason = limit_reason(inspection->limits);
	if (reason == NULL)
		text[0] = '\0';
	else if (inspection->script_depth > 0)
		snprintf(text, size, "%s, which runs %s, %s", inspection->binary, inspection->path,
			reason);
	else
		snprintf(text, size, "%s %s", inspection->binary, reason);
}
