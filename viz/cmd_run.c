/* lockdep-lite run: starts a program watched, tells its findings as they come, and sums up.
 *
 * The program and its children write their arenas into a private directory; this command reads them
 * from outside. Whatever goes wrong here, the program runs, and its exit status comes back. */
#include "cmd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "choice.h"
#include "counters.h"
#include "graph.h"
#include "identity.h"
#include "instrument/launch/environment.h"
#include "instrument/launch/inspect.h"
#include "instrument/launch/launch.h"
#include "instrument/launch/outdir.h"
#include "instrument/launch/watch.h"
#include "run_options.h"
#include "run_process.h"
#include "run_report.h"
#include "run_watch.h"

#define POLL_MS     50
#define DEFAULT_OUT "lockdep.%e.%p.ldl"
#define LATEST      "lockdep.latest.ldl"
#define RUNS_MAX    64u /* in one JSON document */

struct session {
	struct viz_run_options options;
	struct viz_run_report report;
	struct launch_outdir dir;
	struct launch_watch watch;
	struct viz_run_watch deadlocks;
	char found[PATH_MAX];  /* PROG */
	char binary[PATH_MAX]; /* what runs in the end: PROG, or a script's interpreter */
	pid_t pid;
	time_t start;
	bool is_watched; /* PROG's own process left an arena that can be read */
	bool has_error;  /* some process has an error finding */
	size_t other_count, other_locked_count, other_finding_count; /* processes beside PROG's */
	uint64_t other_losses;
	char kept[PATH_MAX];    /* the file to name in the next commands; "": none */
	char worst[VIZ_ID_MAX]; /* id of the worst finding in it; "": it has no error */
};

static struct viz_run_process *process_of(struct session *session, struct launch_arena *arena)
{
	return viz_run_process_of(
		&arena->data, arena->fd, session->options.view, session->options.filter);
}

/* Opens an arena, or reads it again. NULL when it makes no sense (yet), or memory is short. */
static struct viz_run *open_arena(struct session *session, struct launch_arena *arena)
{
	struct viz_run_process *process = process_of(session, arena);
	return process != NULL ? viz_run_process_read(process, NULL) : NULL;
}

static struct viz_run *run_of(const struct launch_arena *arena)
{
	const struct viz_run_process *process = arena->data;
	return process != NULL ? process->run : NULL;
}

static size_t news_of(const struct launch_arena *arena)
{
	const struct viz_run_process *process = arena->data;
	return process != NULL ? process->news : 0;
}

static bool is_needed(const struct launch_arena *arena)
{
	const struct viz_run_process *process = arena->data;
	return process != NULL && process->is_needed;
}

static void close_arena(struct launch_arena *arena)
{
	viz_run_process_free(arena->data);
	arena->data = NULL;
}

static bool has_errors(const struct viz_run *run)
{
	return run != NULL && viz_run_finding_count(run, LDL_SEVERITY_ERROR) > 0;
}

/* A file's place at the end: -o, for other processes with the pid behind it, or the default. */
static int create_file(
	struct session *session, const struct launch_arena *arena, char path[PATH_MAX])
{
	struct viz_run *run = run_of(arena);
	struct launch_name name = {
		run != NULL ? viz_run_program(run) : session->found, arena->pid, session->start};
	const char *template = session->options.out != NULL ? session->options.out : DEFAULT_OUT;
	char suffix[32] = "";
	if (arena->pid != session->pid && strstr(template, "%p") == NULL)
		snprintf(suffix, sizeof suffix, ".%ld", (long)arena->pid);
	return launch_file_create(template, &name, suffix, path);
}

static void note_worst(struct session *session, struct viz_run *run)
{
	size_t count;
	if (has_errors(run))
		viz_finding_id(run, *viz_run_findings(run, &count), session->worst);
}

/* Copies an arena to its final place. False after one line on why it could not be kept. */
static bool keep(struct session *session, struct launch_arena *arena)
{
	char path[PATH_MAX] = "";
	struct viz_run *run = run_of(arena) != NULL ? run_of(arena) : open_arena(session, arena);
	int fd = create_file(session, arena, path);
	int error = fd >= 0 ? launch_file_copy(arena->fd, fd) : errno;
	if (error == 0 && run != NULL)
		viz_identity_keep(run, NULL, fd);
	if (fd >= 0 && close(fd) != 0 && error == 0)
		error = errno;
	if (error != 0) {
		viz_run_report_line(&session->report,
			"cannot keep the arena (%s): %s: name another place with -o",
			strerror(error), path);
		if (fd >= 0)
			unlink(path);
		return false;
	}
	/* Results that name their source are to name the file that stays. */
	if (viz_run_options_have_files(&session->options) && run != NULL)
		viz_run_process_read(arena->data, path);
	run = run_of(arena);
	if (session->kept[0] == '\0' || (has_errors(run) && session->worst[0] == '\0')) {
		strcpy(session->kept, path);
		note_worst(session, run);
	}
	return true;
}

static void on_change(void *context, struct launch_arena *arena)
{
	struct session *session = context;
	struct viz_run *run = open_arena(session, arena);
	struct viz_run_process *process = arena->data;
	if (run == NULL)
		arena->serial--; /* it was being written: look again */
	else
		process->news += viz_run_report_news(&session->report, run);
}

/* A process beside PROG's own goes into the sums. */
static void count_other(struct session *session, struct launch_arena *arena)
{
	struct ldl_header header;
	if (!launch_arena_header(arena, &header))
		return;
	session->other_count++;
	session->other_locked_count += header.counters[LDL_COUNT_INSTANCES_MADE] > 0;
	session->other_finding_count += header.tables[LDL_TABLE_FINDINGS].used > 1;
	session->other_losses += viz_counter_losses(&header);
	session->has_error |= has_errors(run_of(arena));
}

static bool took_locks(const struct launch_arena *arena)
{
	struct ldl_header header;
	return launch_arena_header(arena, &header) && header.counters[LDL_COUNT_INSTANCES_MADE] > 0;
}

/* Processes that told nothing new are done with at once, so that a program that starts thousands
 * fills neither memory nor the table of open files. */
static bool on_end(void *context, struct launch_arena *arena)
{
	struct session *session = context;
	viz_run_watch_end(&session->deadlocks, process_of(session, arena));
	if (arena->pid == session->pid || news_of(arena) > 0 || is_needed(arena))
		return false;
	count_other(session, arena);
	if (session->options.out != NULL && took_locks(arena))
		keep(session, arena);
	close_arena(arena);
	return true;
}

static void draw(struct session *session, struct viz_run *run)
{
	char error[512] = "", *notes = NULL;
	size_t len = 0;
	struct viz_graph_options options = {.notes = open_memstream(&notes, &len)};
	if (viz_graph_write(run, &options, session->options.graph, error, sizeof error) != 0)
		viz_run_report_line(&session->report, "%s", error);
	if (options.notes == NULL || fclose(options.notes) != 0)
		return;
	if (len > 0)
		viz_run_report_text(&session->report, notes, len);
	free(notes);
}

/* --json and its like, and --graph: PROG's own process first, then others that have findings of
 * their own. */
static void write_files(struct session *session, struct launch_arena *main_arena)
{
	struct viz_run *runs[RUNS_MAX], *drawn;
	size_t count = 0;
	if (main_arena != NULL && run_of(main_arena) != NULL)
		runs[count++] = run_of(main_arena);
	for (struct launch_arena *arena = session->watch.arenas; arena != NULL;
		arena = arena->next) {
		if (arena != main_arena && news_of(arena) > 0 && count < RUNS_MAX)
			runs[count++] = run_of(arena);
	}
	if (count == 0)
		return;
	drawn = runs[0];
	for (size_t i = 1; i < count && !has_errors(drawn); i++)
		drawn = has_errors(runs[i]) ? runs[i] : drawn;
	viz_run_report_files(&session->report, session->options.reports, runs, count);
	if (session->options.graph != NULL)
		draw(session, drawn);
}

static const char *plural(size_t count, const char *ending)
{
	return count == 1 ? "" : ending;
}

static void tell_other(struct session *session, struct launch_arena *arena)
{
	struct viz_run *run = run_of(arena);
	count_other(session, arena);
	if (run != NULL && news_of(arena) > 0) {
		size_t errors = viz_run_finding_count(run, LDL_SEVERITY_ERROR);
		size_t warnings = viz_run_finding_count(run, LDL_SEVERITY_WARNING);
		viz_run_report_line(&session->report,
			"process %ld (%s): %zu error%s, %zu warning%s", (long)arena->pid,
			viz_run_program(run), errors, plural(errors, "s"), warnings,
			plural(warnings, "s"));
	}
	if (news_of(arena) > 0 || (session->options.out != NULL && took_locks(arena)))
		keep(session, arena);
}

/* One line for each other process that had something new to tell, one for all the rest. What PROG's
 * process ran before it called exec is left out unless it took locks. */
static void tell_others(struct session *session, struct launch_arena *main_arena)
{
	for (struct launch_arena *arena = session->watch.arenas; arena != NULL;
		arena = arena->next) {
		bool is_earlier = arena->pid == session->pid && !took_locks(arena);
		if (arena != main_arena && arena->is_ready && !is_earlier)
			tell_other(session, arena);
	}
	if (session->other_count > 0)
		viz_run_report_line(&session->report,
			"%zu more process%s watched: %zu took locks, %zu had findings",
			session->other_count, plural(session->other_count, "es"),
			session->other_locked_count, session->other_finding_count);
	if (session->other_losses > 0)
		viz_run_report_line(&session->report,
			"in these, %llu events were not seen: enlarge --memory",
			(unsigned long long)session->other_losses);
}

/* No arena of PROG's own process appeared. */
static void say_absence(struct session *session)
{
	struct statvfs space;
	struct viz_choice choice;
	bool is_full = fstatvfs(session->dir.fd, &space) == 0 &&
		       (uint64_t)space.f_bavail * space.f_frsize < LDL_ARENA_MIN;
	if (is_full)
		viz_run_report_line(&session->report,
			"nothing is known of %s: %s is full: make room there, or lower --memory",
			session->found, session->dir.path);
	else if (!viz_choice_make(&choice, session->binary, true))
		viz_run_report_line(
			&session->report, "not watched: %s: %s", session->found, choice.text);
	else
		viz_run_report_line(&session->report,
			"not watched: %s: its arena did not appear, the library was not loaded "
			"or could make no file: see lockdep-lite doctor",
			session->found);
}

/* PROG's own process: its summary, and its arena when there is something to see in it. */
static void tell_main(struct session *session, struct launch_arena *arena)
{
	size_t count;
	struct viz_run *run = arena != NULL ? open_arena(session, arena) : NULL;
	if (run == NULL) {
		say_absence(session);
		return;
	}
	session->is_watched = true;
	viz_run_report_news(&session->report, run);
	viz_run_report_summary(&session->report, run);
	session->has_error |= has_errors(run);
	viz_run_findings(run, &count);
	if (session->options.out != NULL || count > 0)
		keep(session, arena);
}

static void finish(struct session *session)
{
	struct launch_arena *main_arena = launch_watch_find(&session->watch, session->pid);
	tell_main(session, main_arena);
	tell_others(session, main_arena);
	write_files(session, main_arena);
	viz_run_report_leftovers(&session->report, session->options.filter);
	if (session->kept[0] != '\0') {
		if (session->options.out == NULL)
			launch_file_link_latest(session->kept, LATEST);
		viz_run_report_next(&session->report, session->kept, session->worst);
	}
	for (struct launch_arena *arena = session->watch.arenas; arena != NULL; arena = arena->next)
		close_arena(arena);
}

/* A place for arenas, watched. Without one the processes tell their findings themselves. */
static void open_directory(struct session *session)
{
	uint64_t room = session->options.memory != 0 ? session->options.memory : LDL_ARENA_CHECK;
	if (launch_outdir_make(&session->dir, room) &&
		launch_watch_open(&session->watch, session->dir.path))
		return;
	launch_outdir_remove(&session->dir);
	viz_run_report_line(&session->report,
		"no directory can be written: /dev/shm, $TMPDIR, /tmp: make one writable for a "
		"full report");
}

static int say_start_failure(const char *program, int error)
{
	int status = launch_exit_status(error);
	const char *mend =
		status == LAUNCH_EXIT_NOT_FOUND ? "check the name, its first line and PATH"
		: error == EACCES ? "it must be a file with execute permission (chmod +x)"
				  : "give a program of this machine";
	fprintf(stderr, "lockdep-lite: cannot start (%s): %s: %s\n", strerror(error), program,
		mend);
	return status;
}

/* Whoever asked for --error-exitcode asked for a verdict: that nothing was found must not be taken
 * for it when nobody looked. So PROG's status comes back from watched runs only. */
static int judge(const struct session *session, int status)
{
	if (session->options.error_exitcode < 0)
		return status;
	if (session->has_error)
		return session->options.error_exitcode;
	if (session->is_watched)
		return status;
	fprintf(stderr,
		"lockdep-lite: no verdict for --error-exitcode (PROG ended with %d): %s: it ran "
		"unwatched: see lockdep-lite doctor\n",
		status, session->found);
	return LAUNCH_EXIT_OWN_FAILURE;
}

/* Runs the program as if alone. */
static int run_unwatched(struct session *session)
{
	int status;
	session->pid = launch_spawn(session->found, session->options.program, environ);
	if (session->pid < 0)
		return say_start_failure(session->options.program[0], errno);
	while (!launch_wait(session->pid, 1000, &status))
		;
	return judge(session, status);
}

static void look_for_deadlocks(struct session *session)
{
	for (struct launch_arena *arena = session->watch.arenas; arena != NULL;
		arena = arena->next) {
		if (arena->is_ready && !arena->is_ended)
			viz_run_watch_add(&session->deadlocks, process_of(session, arena));
	}
	viz_run_watch_poll(&session->deadlocks);
}

static int run_watched(struct session *session, const char *library)
{
	int status;
	char options[PATH_MAX + 512];
	struct launch_watcher watcher = {session, on_change, on_end};
	viz_run_options_print(&session->options, session->dir.path, options, sizeof options);
	char **environment = launch_environment_make(environ, library, options);
	if (environment == NULL)
		return run_unwatched(session);
	session->pid = launch_spawn(session->found, session->options.program, environment);
	int error = errno;
	launch_environment_free(environment);
	if (session->pid < 0)
		return say_start_failure(session->options.program[0], error);
	launch_outdir_sweep();
	while (!launch_wait(session->pid, POLL_MS, &status)) {
		if (session->dir.path[0] == '\0')
			continue;
		launch_watch_poll(&session->watch, &watcher);
		look_for_deadlocks(session);
	}
	bool has_directory = session->dir.path[0] != '\0';
	if (has_directory)
		launch_watch_poll(&session->watch, &watcher);
	launch_signals_restore();
	if (has_directory)
		finish(session);
	return judge(session, status);
}

/* Follows PROG to the file that runs in the end. -1 to go on, else the exit status. */
static int find_program(struct session *session, struct launch_inspection *inspection)
{
	const char *program = session->options.program[0];
	const char *search = getenv("PATH");
	int error = launch_find_program(program, search, session->found);
	if (error != 0)
		return say_start_failure(program, error);
	if (launch_inspect(session->found, search, inspection)) {
		memcpy(session->binary, inspection->binary, sizeof session->binary);
		return -1;
	}
	return say_start_failure(inspection->missing, inspection->error);
}

int viz_cmd_run(int argc, char **argv)
{
	static struct session session;
	struct launch_inspection inspection;
	char library[PATH_MAX], text[2 * PATH_MAX + 256];
	launch_stdio_hold();
	int status = viz_run_options_parse(&session.options, argc, argv);
	if (status >= 0)
		return status;
	status = find_program(&session, &inspection);
	if (status >= 0)
		return status;
	session.start = time(NULL);
	launch_prepare();
	launch_limit_text(&inspection, text, sizeof text);
	if (!launch_can_watch(&inspection)) {
		fprintf(stderr, "lockdep-lite: not watched: %s\n", text);
		return run_unwatched(&session);
	}
	if (!launch_preload_find(session.options.alloc, library, text, sizeof text)) {
		fprintf(stderr, "lockdep-lite: %s\n", text);
		return LAUNCH_EXIT_OWN_FAILURE;
	}
	viz_run_report_open(&session.report, session.options.log, session.options.colour,
		session.options.quiet);
	session.report.gen_suppressions = session.options.gen_suppressions;
	if (text[0] != '\0')
		viz_run_report_line(&session.report, "%s", text);
	open_directory(&session);
	viz_run_watch_open(&session.deadlocks, &session.report, session.options.deadlock_signal,
		session.options.stall_s);
	status = run_watched(&session, library);
	viz_run_watch_close(&session.deadlocks);
	launch_watch_close(&session.watch);
	launch_outdir_remove(&session.dir);
	viz_run_report_close(&session.report);
	viz_filter_free(session.options.filter);
	return status;
}
