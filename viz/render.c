/* Runs Graphviz's layouts in a child process with a time limit, and falls back when they fail. */
#include "render.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/compiler.h"
#include "dot.h"
#include "render_plugins.h"
#include "save.h"

#define SAID_MAX 160u /* of what the child wrote to stderr */

/* How a try ended; the child's exit statuses. */
enum outcome {
	DRAWN = 0,
	NO_LAYOUT = 64, /* the plugin with the engine is missing */
	NO_DEVICE,      /* the one with the file format is */
	BAD_LAYOUT,
	BAD_DRAWING,
	BROKEN, /* killed by a signal, or could not begin */
	LATE,
};

struct attempt {
	const struct viz_render_options *options;
	const char *engine;
	int picture;         /* memfd */
	char said[SAID_MAX]; /* first line of the child's stderr */
	size_t said_len;
	bool is_line_over;
};

static const struct {
	const char *extension, *device;
} formats[] = {
	[VIZ_RENDER_NONE] = {NULL, NULL},
	[VIZ_RENDER_DOT] = {".dot", NULL},
	[VIZ_RENDER_SVG] = {".svg", "svg"},
	[VIZ_RENDER_PNG] = {".png", "png"},
	[VIZ_RENDER_PDF] = {".pdf", "pdf"},
};

enum viz_render_format viz_render_format_of(const char *path)
{
	size_t len = strlen(path);

	for (size_t i = VIZ_RENDER_DOT; i < ldl_array_len(formats); i++) {
		size_t end = strlen(formats[i].extension);

		if (len > end && strcasecmp(path + len - end, formats[i].extension) == 0)
			return (enum viz_render_format)i;
	}
	return VIZ_RENDER_NONE;
}

/* In the child. Never returns: libgvc's state must not reach the parent. */
static void draw(Agraph_t *graph, const struct attempt *attempt)
{
	enum viz_render_format format = attempt->options->format;
	GVC_t *context = viz_render_context(format != VIZ_RENDER_SVG);
	FILE *to = fdopen(attempt->picture, "w");

	if (!context || !to)
		_exit(BROKEN);
	if (!viz_render_has(context, "layout", attempt->engine))
		_exit(NO_LAYOUT);
	if (!viz_render_has(context, "device", formats[format].device))
		_exit(NO_DEVICE);
	viz_dot_set_engine(graph, attempt->engine, attempt->options->arcs);
	if (format == VIZ_RENDER_PNG)
		agattr(graph, AGRAPH, (char *)"dpi", (char *)"144");
	if (gvLayout(context, graph, attempt->engine) != 0)
		_exit(BAD_LAYOUT);
	if (gvRender(context, graph, formats[format].device, to) != 0)
		_exit(BAD_DRAWING);
	if (fflush(to) != 0 || ferror(to))
		_exit(BAD_DRAWING);
	_exit(DRAWN);
}

static void enter_child(int said)
{
	const struct rlimit no_core = {0, 0};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CORE, &no_core);
	dup2(said, STDERR_FILENO);
	agseterr(AGERR);
}

static long milliseconds_left(const struct timespec *start, unsigned int limit)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long)limit * 1000 - (now.tv_sec - start->tv_sec) * 1000 -
	       (now.tv_nsec - start->tv_nsec) / 1000000;
}

/* Keeps the first line: the cause stands there, the rest is its consequence. */
static void listen_once(struct attempt *attempt, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len && !attempt->is_line_over; i++) {
		if (bytes[i] == '\n')
			attempt->is_line_over = attempt->said_len > 0;
		else if (attempt->said_len < SAID_MAX - 1 && (unsigned char)bytes[i] >= ' ')
			attempt->said[attempt->said_len++] = bytes[i];
	}
	attempt->said[attempt->said_len] = '\0';
}

/* Reads what the child says until it ends. False: its time is over. */
static bool listen(struct attempt *attempt, int said)
{
	struct timespec start;
	char bytes[512];
	ssize_t got;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (;;) {
		struct pollfd ready = {.fd = said, .events = POLLIN};
		long left = milliseconds_left(&start, attempt->options->time_limit);

		if (left <= 0)
			return false;
		if (poll(&ready, 1, left > 1000 ? 1000 : (int)left) <= 0)
			continue;
		got = read(said, bytes, sizeof(bytes));
		if (got == 0 || (got < 0 && errno != EINTR))
			return true;
		if (got > 0)
			listen_once(attempt, bytes, (size_t)got);
	}
}

static enum outcome wait_for(struct attempt *attempt, pid_t child, int said)
{
	bool is_late = !listen(attempt, said);
	int status;

	if (is_late)
		kill(child, SIGKILL);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return BROKEN;
	if (is_late)
		return LATE;
	return WIFEXITED(status) ? (enum outcome)WEXITSTATUS(status) : BROKEN;
}

/* One layout by attempt->engine into attempt->picture. */
static enum outcome try_engine(Agraph_t *graph, struct attempt *attempt)
{
	enum outcome outcome;
	int said[2];
	pid_t child;

	attempt->said_len = 0;
	attempt->said[0] = '\0';
	attempt->is_line_over = false;
	if (ftruncate(attempt->picture, 0) != 0 || lseek(attempt->picture, 0, SEEK_SET) != 0 ||
		pipe(said) != 0)
		return BROKEN;
	fflush(NULL);
	child = fork();
	if (child == 0) {
		close(said[0]);
		enter_child(said[1]);
		close(said[1]);
		draw(graph, attempt);
	}
	close(said[1]);
	outcome = child > 0 ? wait_for(attempt, child, said[0]) : BROKEN;
	close(said[0]);
	return outcome;
}

static void describe(const struct attempt *attempt, enum outcome outcome, char *text, size_t size)
{
	if (outcome == LATE)
		snprintf(text, size, "%s took more than %u s", attempt->engine,
			attempt->options->time_limit);
	else if (attempt->said_len > 0)
		snprintf(text, size, "%s failed (%s)", attempt->engine, attempt->said);
	else
		snprintf(text, size, "%s failed", attempt->engine);
}

static int new_memory_file(char *error, size_t error_size)
{
	int fd = memfd_create("lockdep-lite-picture", MFD_CLOEXEC);

	if (fd < 0)
		snprintf(error, error_size,
			"cannot draw (%s): memfd_create: write DOT to stdout with -o -",
			strerror(errno));
	return fd;
}

bool viz_render_text(Agraph_t *graph, FILE *to, char *error, size_t error_size)
{
	errno = 0;
	if (agwrite(graph, to) == 0 && fflush(to) == 0 && !ferror(to))
		return true;
	snprintf(error, error_size,
		"cannot write (%s): DOT text: make room or choose another place",
		errno ? strerror(errno) : "error");
	return false;
}

static bool save_text(Agraph_t *graph, const char *path, char *error, size_t error_size)
{
	int fd = new_memory_file(error, error_size);
	FILE *to = fd < 0 ? NULL : fdopen(fd, "w");
	bool is_saved = false;

	if (to)
		is_saved = viz_render_text(graph, to, error, error_size) &&
			   viz_save_file(fd, path, error, error_size);
	if (to)
		fclose(to);
	else if (fd >= 0)
		close(fd);
	return is_saved;
}

/* Nothing drew it: the graph itself is still worth having. Always false: there is no picture. */
static bool give_text(Agraph_t *graph, const char *path, const char *why, char *error, size_t size)
{
	char text_path[4096], reason[256];

	snprintf(text_path, sizeof(text_path), "%s.dot", path);
	if (save_text(graph, text_path, reason, sizeof(reason)))
		snprintf(error, size, "no layout (%s): %s: the graph is in %s instead", why, path,
			text_path);
	else
		snprintf(error, size,
			"no layout (%s): %s: use --time-limit, --focus, or -o OUT.dot", why, path);
	return false;
}

static bool missing(const struct attempt *attempt, enum outcome outcome, char *error, size_t size)
{
	const char *device = formats[attempt->options->format].device;

	if (outcome == NO_LAYOUT)
		snprintf(error, size,
			"Graphviz has no layout engine \"%s\": cannot draw: install the package "
			"graphviz (or run dot -c as root), or write -o OUT.dot",
			attempt->engine);
	else
		snprintf(error, size,
			"Graphviz cannot write \"%s\": cannot draw: install the package graphviz "
			"(or run dot -c as root), or write -o OUT.dot",
			device);
	return false;
}

static bool draw_file(
	Agraph_t *graph, const char *path, struct attempt *attempt, char *error, size_t error_size)
{
	static const char *const engines[] = {"dot", "sfdp"};
	char why[SAID_MAX + 64] = "";
	size_t first = strcmp(attempt->options->engine, engines[0]) == 0 ? 0 : 1;

	for (size_t i = first; i < ldl_array_len(engines); i++) {
		enum outcome outcome;

		attempt->engine = engines[i];
		if (i > first && attempt->options->notes)
			fprintf(attempt->options->notes,
				"lockdep-lite: %s: %s: drawing it with %s\n", why, path,
				attempt->engine);
		outcome = try_engine(graph, attempt);
		if (outcome == DRAWN)
			return viz_save_file(attempt->picture, path, error, error_size);
		if (outcome == NO_LAYOUT || outcome == NO_DEVICE)
			return missing(attempt, outcome, error, error_size);
		describe(attempt, outcome, why, sizeof(why));
	}
	return give_text(graph, path, why, error, error_size);
}

bool viz_render_file(Agraph_t *graph, const char *path, const struct viz_render_options *options,
	char *error, size_t error_size)
{
	struct attempt attempt = {.options = options};
	void (*file_size_action)(int);
	bool is_drawn = false;

	if (!viz_save_is_possible(path, error, error_size))
		return false;
	file_size_action = signal(SIGXFSZ, SIG_IGN); /* limits memfds too; EFBIG says it better */
	if (options->format == VIZ_RENDER_DOT) {
		is_drawn = save_text(graph, path, error, error_size);
	} else if ((attempt.picture = new_memory_file(error, error_size)) >= 0) {
		is_drawn = draw_file(graph, path, &attempt, error, error_size);
		close(attempt.picture);
	}
	signal(SIGXFSZ, file_size_action);
	return is_drawn;
}
