/* lockdep-lite graph: a picture of an arena's dependency graph. */
#include "cmd.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "graph.h"
#include "live.h"
#include "view.h"

#define ERROR_MAX      1024u
#define DEPTH_MAX      1000u
#define TIME_LIMIT_MAX 86400u

static const char help[] =
	"usage: lockdep-lite graph FILE -o OUT.{svg,png,pdf,dot} [options]\n"
	"\n"
	"Draws the lock order that was seen: A -> B says that B was waited for while A was\n"
	"held. Cycles are bold, red and numbered, timed waits dashed. Point at a box or an\n"
	"arrow of an SVG to see threads and places.\n"
	"\n"
	"  -o, --output=OUT      write to OUT, by its ending; - writes DOT to stdout\n"
	"      --cycles          the cycles with their next neighbours (default)\n"
	"      --all             everything, also cycles that cannot happen\n"
	"      --strict          red and bold also what only this run kept apart (ordered,\n"
	"                        single-thread)\n"
	"      --focus=CLASS     what is near CLASS: a name, a glob, part of a name, or the\n"
	"                        id of a finding\n"
	"      --depth=N         with --focus: N steps away from it (default 1)\n"
	"      --suppressions=FILE, --baseline=FILE\n"
	"                        leave the cycles unmarked that FILE suppresses, or knows\n"
	"      --finding=ID      mark only this cycle; the start of the id is enough\n"
	"      --time-limit=SEC  for each layout (default 30); then another one is tried\n"
	"  -h, --help            this text\n"
	"\n"
	"Exit status: 0 drawn, 2 bad input or no picture.\n";

struct arguments {
	struct viz_graph_options options;
	struct viz_filter *filter; /* NULL: every cycle is marked */
	const char *file, *out;
	struct viz_view view;
	bool is_help, has_depth;
};

enum {
	OPTION_CYCLES = 256,
	OPTION_ALL,
	OPTION_STRICT,
	OPTION_FOCUS,
	OPTION_DEPTH,
	OPTION_FINDING,
	OPTION_LIMIT,
	OPTION_SUPPRESSIONS,
	OPTION_BASELINE
};

static const struct option long_options[] = {
	{"output", required_argument, NULL, 'o'},
	{"cycles", no_argument, NULL, OPTION_CYCLES},
	{"all", no_argument, NULL, OPTION_ALL},
	{"strict", no_argument, NULL, OPTION_STRICT},
	{"focus", required_argument, NULL, OPTION_FOCUS},
	{"depth", required_argument, NULL, OPTION_DEPTH},
	{"finding", required_argument, NULL, OPTION_FINDING},
	{"suppressions", required_argument, NULL, OPTION_SUPPRESSIONS},
	{"baseline", required_argument, NULL, OPTION_BASELINE},
	{"time-limit", required_argument, NULL, OPTION_LIMIT},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static int fail(const char *what, const char *where, const char *mend)
{
	fprintf(stderr, "lockdep-lite: %s: %s: %s\n", what, where, mend);
	return VIZ_EXIT_BAD_INPUT;
}

/* A whole number from 1 to `max`; 0 when `text` is none. */
static unsigned int number(const char *text, unsigned int max)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || value > max)
		return 0;
	return (unsigned int)value;
}

static int take_filter(struct arguments *arguments, bool is_baseline)
{
	char error[ERROR_MAX];

	if (is_baseline ? viz_filter_baseline(&arguments->filter, optarg, error, sizeof(error))
			: viz_filter_suppress(&arguments->filter, optarg, error, sizeof(error)))
		return 0;
	fprintf(stderr, "lockdep-lite: %s\n", error);
	return VIZ_EXIT_BAD_INPUT;
}

static int take_option(struct arguments *arguments, int option)
{
	switch (option) {
	case 'o':
		arguments->out = optarg;
		return 0;
	case 'h':
		arguments->is_help = true;
		return 0;
	case OPTION_CYCLES:
		arguments->options.scope = VIZ_GRAPH_CYCLES;
		return 0;
	case OPTION_ALL:
		arguments->options.scope = VIZ_GRAPH_ALL;
		return 0;
	case OPTION_STRICT:
		arguments->view.strict = true;
		return 0;
	case OPTION_FOCUS:
		arguments->options.scope = VIZ_GRAPH_FOCUS;
		arguments->options.focus = optarg;
		return 0;
	case OPTION_FINDING:
		arguments->options.finding = optarg;
		return 0;
	case OPTION_DEPTH:
		arguments->has_depth = true;
		arguments->options.depth = number(optarg, DEPTH_MAX);
		if (arguments->options.depth == 0)
			return fail("bad --depth", optarg, "give a number from 1 to 1000");
		return 0;
	case OPTION_SUPPRESSIONS:
	case OPTION_BASELINE:
		return take_filter(arguments, option == OPTION_BASELINE);
	case OPTION_LIMIT:
		arguments->options.time_limit = number(optarg, TIME_LIMIT_MAX);
		if (arguments->options.time_limit == 0)
			return fail("bad --time-limit", optarg, "give seconds, from 1 to 86400");
		return 0;
	default:
		return VIZ_EXIT_BAD_INPUT;
	}
}

static int bad_option(char **argv, int option)
{
	const char *text = argv[optind > 1 ? optind - 1 : 1];

	return fail(option == ':' ? "option needs a value" : "unknown option", text,
		"see lockdep-lite graph --help");
}

static int parse(struct arguments *arguments, int argc, char **argv)
{
	int option, status;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":o:h", long_options, NULL)) != -1) {
		if (option == ':' || option == '?')
			return bad_option(argv, option);
		status = take_option(arguments, option);
		if (status)
			return status;
		if (arguments->is_help)
			return 0;
	}
	if (optind >= argc)
		return fail("no file", "graph", "name the .ldl file that run or -o made");
	arguments->file = argv[optind++];
	if (optind < argc)
		return fail("more than one file", argv[optind], "draw one at a time");
	if (!arguments->out)
		return fail("no output", "graph", "add -o OUT.svg (or .png, .pdf, .dot)");
	if (arguments->has_depth && arguments->options.scope != VIZ_GRAPH_FOCUS)
		return fail("--depth without --focus", "graph", "add --focus=CLASS");
	return 0;
}

static int draw(const struct arguments *arguments)
{
	char error[ERROR_MAX] = "";
	struct viz_run *run;
	int status = VIZ_EXIT_BAD_INPUT;

	if (viz_run_open(&run, arguments->file, error, sizeof(error)) == LDL_OK) {
		viz_live_look(&run, 1);
		viz_run_set_view(run, arguments->view);
		viz_run_set_filter(run, arguments->filter);
		status = viz_graph_write(
			run, &arguments->options, arguments->out, error, sizeof(error));
	}
	if (status)
		fprintf(stderr, "lockdep-lite: %s\n", error);
	viz_run_close(run);
	viz_filter_free(arguments->filter);
	return status;
}

int viz_cmd_graph(int argc, char **argv)
{
	struct arguments arguments = {.options = {.notes = stderr}};
	int status = parse(&arguments, argc, argv);

	if (status)
		return status;
	if (arguments.is_help)
		return fputs(help, stdout) < 0 || fflush(stdout) ? VIZ_EXIT_BAD_INPUT
								 : VIZ_EXIT_CLEAN;
	return draw(&arguments);
}
