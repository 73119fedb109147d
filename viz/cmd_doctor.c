/* lockdep-lite doctor: can this program be watched, and how well. */
#include "cmd.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "choice.h"
#include "doctor.h"
#include "doctor_file.h"
#include "instrument/launch/environment.h"
#include "instrument/launch/inspect.h"
#include "maps.h"
#include "model.h"
#include "target.h"

#define BAD_USAGE    2
#define LIBRARY_NAME "liblockdep_lite_preload.so"
#define LINKED_NAME  "liblockdep_lite.so"

static const char help[] =
	"usage: lockdep-lite doctor [PID|PROG|FILE...]\n"
	"\n"
	"Tells whether PROG, or the program that process PID runs, can be watched, and how well; "
	"without\neither, whether this machine is fit. Of each arena FILE it tells whether it is "
	"sound.\nOne line for each thing looked at: ok, warn or no.\n\n"
	"  -h, --help            this text\n\n"
	"Exit status: 0 it can be watched, or is sound; 1 with limits; 2 not (or bad usage).\n";

static void say_loader(struct viz_doctor *doctor, const struct launch_inspection *inspection)
{
	char text[2 * PATH_MAX + 256];
	launch_limit_text(inspection, text, sizeof text);
	if (!launch_can_watch(inspection)) {
		viz_doctor_say(doctor, VIZ_MARK_NO, "%s", text);
		return;
	}
	if (text[0] != '\0')
		viz_doctor_say(doctor, VIZ_MARK_WARN, "%s", text);
	if (inspection->loader[0] != '\0')
		viz_doctor_say(doctor, VIZ_MARK_OK, "%s: dynamically linked, %u bits, loader %s",
			inspection->binary, inspection->bits, inspection->loader);
}

static void say_names(struct viz_doctor *doctor, const struct launch_inspection *inspection)
{
	if (inspection->has_build_id)
		viz_doctor_say(doctor, VIZ_MARK_OK, "build id: present");
	else
		viz_doctor_say(doctor, VIZ_MARK_WARN,
			"build id: none, a later build could be taken for this one (link with "
			"-Wl,--build-id)");
	if (inspection->has_debug_info)
		viz_doctor_say(doctor, VIZ_MARK_OK, "debug information: present");
	else if (inspection->has_symbols)
		viz_doctor_say(doctor, VIZ_MARK_WARN,
			"debug information: none, stacks show functions without lines (build "
			"with -g, or install the -dbgsym package)");
	else
		viz_doctor_say(doctor, VIZ_MARK_WARN,
			"symbols: stripped, stacks show exported functions or module+offset "
			"(build with -g, or install the -dbgsym package)");
}

static void look_at_file(struct viz_doctor *doctor, const char *path)
{
	struct launch_inspection inspection;
	if (!launch_inspect(path, getenv("PATH"), &inspection)) {
		viz_doctor_say(doctor, VIZ_MARK_NO, "%s: cannot be started: %s", inspection.missing,
			strerror(inspection.error));
		return;
	}
	if (inspection.runs_by_shell)
		viz_doctor_say(doctor, VIZ_MARK_OK, "%s: a text that /bin/sh runs", path);
	else if (inspection.script_depth > 0)
		viz_doctor_say(
			doctor, VIZ_MARK_OK, "%s: a script that %s runs", path, inspection.binary);
	say_loader(doctor, &inspection);
	if (inspection.machine != 0)
		say_names(doctor, &inspection);
}

/* What LOCKDEP_LITE and the config file, as they are now, would make of it. */
static void say_options(struct viz_doctor *doctor, const char *path)
{
	static struct viz_choice choice;
	struct launch_inspection inspection;
	const struct ldl_options *options = &choice.options;
	if (!launch_inspect(path, getenv("PATH"), &inspection))
		return;
	bool is_watched = viz_choice_make(&choice, inspection.binary, false);
	if (options->problem[0] != '\0')
		viz_doctor_say(doctor, VIZ_MARK_WARN, "options: %s", options->problem);
	if (options->config[0] != '\0')
		viz_doctor_say(doctor, VIZ_MARK_OK, "config file: %s", options->config);
	if (!is_watched)
		viz_doctor_say(
			doctor, VIZ_MARK_NO, "options: %s: %s", inspection.binary, choice.text);
	else if (options->off)
		viz_doctor_say(doctor, VIZ_MARK_WARN,
			"options: mode=off, nothing is watched until lockdep-lite ctl PID full");
	else
		viz_doctor_say(doctor, VIZ_MARK_OK, "options: it is watched, mode=%s, %s%s",
			options->prod       ? "prod"
			: options->nonblock ? "nonblock"
					    : "check",
			options->out[0] != '\0' ? "out=" : "in memory only", options->out);
}

static void look_at_program(struct viz_doctor *doctor, const char *program)
{
	char found[PATH_MAX];
	int error = launch_find_program(program, getenv("PATH"), found);
	if (error != 0) {
		viz_doctor_say(doctor, VIZ_MARK_NO, "%s: %s", program, strerror(error));
		return;
	}
	look_at_file(doctor, found);
	say_options(doctor, found);
}

/* Whether one of our libraries is mapped: the preload library, or the one for annotations. */
static bool find_library(void *context, const struct viz_maps_line *line)
{
	bool *has_library = context;
	const char *base = viz_path_base(line->path);
	*has_library = strncmp(base, LIBRARY_NAME, strlen(LIBRARY_NAME)) == 0 ||
		       strncmp(base, LINKED_NAME, strlen(LINKED_NAME)) == 0;
	return !*has_library;
}

/* A number from /proc/PID/status; -1 when it is not there. */
static long read_status(long pid, const char *name)
{
	char path[64], line[256];
	long value = -1;
	snprintf(path, sizeof path, "/proc/%ld/status", pid);
	FILE *status = fopen(path, "re");
	if (status == NULL)
		return -1;
	size_t len = strlen(name);
	while (value < 0 && fgets(line, sizeof line, status) != NULL) {
		if (strncmp(line, name, len) == 0 && line[len] == ':')
			value = strtol(line + len + 1, NULL, 10);
	}
	fclose(status);
	return value;
}

static void say_arena(struct viz_doctor *doctor, const char *pid)
{
	char error[512];
	struct viz_target target;
	struct viz_run *run;
	if (!viz_target_find(&target, pid, error, sizeof error) ||
		viz_run_open(&run, target.path, error, sizeof error) != LDL_OK) {
		viz_doctor_say(doctor, VIZ_MARK_WARN, "arena: %s", error);
		return;
	}
	const struct ldl_snapshot *snapshot = viz_run_snapshot(run);
	const char *uncovered = ldl_snapshot_string(snapshot, snapshot->arena.header->uncovered);
	unsigned long long lost = viz_run_losses(run);
	viz_doctor_say(doctor, VIZ_MARK_OK, "arena: %s", target.path);
	if (uncovered[0] != '\0')
		viz_doctor_say(doctor, VIZ_MARK_WARN, "not watched in it: %s", uncovered);
	if (lost > 0)
		viz_doctor_say(
			doctor, VIZ_MARK_WARN, "%llu events were not seen: enlarge --memory", lost);
	viz_run_close(run);
}

static void look_at_process(struct viz_doctor *doctor, const char *word, long pid)
{
	char link[64], exe[PATH_MAX];
	bool has_library = false;
	snprintf(link, sizeof link, "/proc/%ld/exe", pid);
	ssize_t len = readlink(link, exe, sizeof exe - 1);
	if (len < 0) {
		viz_doctor_say(doctor, VIZ_MARK_NO,
			errno == ENOENT ? "process %ld: a kernel thread, or gone"
					: "process %ld: another user's, look as root",
			pid);
		return;
	}
	exe[len] = '\0';
	viz_doctor_say(doctor, VIZ_MARK_OK, "process %ld runs %s", pid, exe);
	look_at_file(doctor, link);
	if (!viz_maps_each(pid, find_library, &has_library)) {
		viz_doctor_say(
			doctor, VIZ_MARK_WARN, "process %ld: another user's, look as root", pid);
		return;
	}
	if (has_library) {
		viz_doctor_say(doctor, VIZ_MARK_OK, "watched: the library is in process %ld", pid);
		say_arena(doctor, word);
	} else {
		viz_doctor_say(doctor, VIZ_MARK_WARN,
			"not watched now: a running program cannot be, start it with "
			"lockdep-lite run");
	}
	if (read_status(pid, "Seccomp") > 0)
		viz_doctor_say(doctor, VIZ_MARK_WARN,
			"seccomp: active, new memory and files may be refused: what is learned "
			"stays within what was there before");
	else
		viz_doctor_say(doctor, VIZ_MARK_OK, "seccomp: not active");
}

static bool is_process(const char *word, long *pid)
{
	char path[64], *end;
	*pid = strtol(word, &end, 10);
	if (word[0] < '0' || word[0] > '9' || *end != '\0')
		return false;
	snprintf(path, sizeof path, "/proc/%ld", *pid);
	return access(path, F_OK) == 0;
}

static int fail(const char *what, const char *where, const char *mend)
{
	fprintf(stderr, "lockdep-lite: %s: %s: %s\n", what, where, mend);
	return BAD_USAGE;
}

/* Kept files need neither the library nor the machine to be in order. */
static bool look_at_arenas(struct viz_doctor *doctor, char **words)
{
	for (char **word = words; *word != NULL; word++) {
		if (!viz_doctor_is_arena(*word))
			return false;
	}
	for (char **word = words; *word != NULL; word++)
		viz_doctor_arena(doctor, *word);
	return true;
}

int viz_cmd_doctor(int argc, char **argv)
{
	static const struct option long_options[] = {
		{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	struct viz_doctor doctor = {VIZ_MARK_OK};
	char library[PATH_MAX], error[PATH_MAX + 256];
	long pid;
	opterr = 0;
	int option = getopt_long(argc, argv, "h", long_options, NULL);
	if (option == 'h')
		return fputs(help, stdout) < 0 || fflush(stdout) != 0 ? BAD_USAGE : 0;
	if (option != -1)
		return fail("unknown option", argv[1], "see lockdep-lite doctor --help");
	if (argc > optind && look_at_arenas(&doctor, argv + optind))
		return fflush(stdout) == 0 ? (int)doctor.worst : BAD_USAGE;
	if (argc - optind > 1)
		return fail("more than one program", argv[optind + 1], "look at one at a time");
	if (argc > optind && is_process(argv[optind], &pid))
		look_at_process(&doctor, argv[optind], pid);
	else if (argc > optind)
		look_at_program(&doctor, argv[optind]);
	fflush(stdout);
	if (launch_preload_find(false, library, error, sizeof error))
		viz_doctor_library(&doctor, library);
	else
		viz_doctor_say(&doctor, VIZ_MARK_NO, "%s", error);
	viz_doctor_system(&doctor);
	return fflush(stdout) == 0 ? (int)doctor.worst : BAD_USAGE;
}
