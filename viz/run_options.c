/* The options of `lockdep-lite run`: parsed and checked, before anything is started. */
#include "run_options.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "core/options.h"
#include "filter.h"

#define BAD_USAGE 125

static const char help[] =
	"usage: lockdep-lite run [options] [--] PROG [ARG...]\n"
	"\n"
	"Runs PROG, watches the locks that it and its children take, prints each possible "
	"deadlock to\n"
	"stderr as soon as it is seen, and a summary at the end. PROG need not be built anew.\n"
	"\n"
	"  -o, --output=FILE     keep what was learned in FILE (a child's in FILE.PID); the name "
	"may have\n"
	"                        %e program, %p pid, %h host, %t time, %n a new number, %q{VAR}.\n"
	"                        Without it lockdep.%e.%p.ldl is kept when there is a finding\n"
	"      --log=FILE        findings and summary go to FILE instead of stderr\n"
	"      --json=FILE       also write the report as JSON\n"
	"      --sarif=FILE      also as SARIF 2.1.0, for code scanning\n"
	"      --junit=FILE      also as JUnit XML, for what shows test results\n"
	"      --graph=FILE      also draw the cycles: FILE.svg, .png, .pdf or .dot\n"
	"  -q, --quiet           no findings while it runs, only the summary\n"
	"      --all             also what cannot happen (gated), and at length what gets one "
	"line\n"
	"                        otherwise (ordered, single-thread)\n"
	"      --strict          what gets one line otherwise is an error\n"
	"      --error-exitcode=N  exit with N when there is an error finding, with 125 when PROG "
	"could\n"
	"                        not be watched\n"
	"      --on-deadlock=ACT when threads wait for one another and none goes on: report "
	"(default),\n"
	"                        kill, or core (abort)\n"
	"      --stall=SECONDS   also tell of waits that long, and who holds what is waited for\n"
	"      --mode=MODE       check (default), prod (never lets PROG wait for the checker),\n"
	"                        or nonblock (non-blocking sections only, no graph)\n"
	"      --memory=SIZE     of what is learned by each process: 1M to 1G (default 64M)\n"
	"      --no-children     watch PROG only\n"
	"      --class-depth=N   frames that tell lock classes apart: 1 to 8 (default 3)\n"
	"      --stack-depth=N   frames kept of a stack: 1 to 32 (default 16)\n"
	"      --alloc           malloc, mmap and the like are allocations that may reclaim\n"
	"      --portable        take every reader of a rwlock for one that waits behind a writer\n"
	"      --suppressions=FILE  leave out what FILE suppresses, and count it; may be repeated\n"
	"      --gen-suppressions   after each finding a suppression of it, ready to be kept\n"
	"      --baseline=FILE   leave out what is known from FILE, and count it: a baseline, an "
	"arena,\n"
	"                        a folder of arenas or a JSON report\n"
	"      --color=WHEN      always, never or auto\n"
	"  -h, --help            this text\n"
	"\n"
	"Exit status: PROG's; 128 + signal when it was killed; 125 lockdep-lite failed, 126 PROG "
	"cannot\n"
	"be executed, 127 it was not found.\n";

enum {
	OPTION_FORMAT = 256, /* + viz_format */
	OPTION_LOG = OPTION_FORMAT + VIZ_FORMAT_COUNT,
	OPTION_GRAPH,
	OPTION_ALL,
	OPTION_STRICT,
	OPTION_EXITCODE,
	OPTION_ON_DEADLOCK,
	OPTION_STALL,
	OPTION_MODE,
	OPTION_MEMORY,
	OPTION_NO_CHILDREN,
	OPTION_CLASS_DEPTH,
	OPTION_STACK_DEPTH,
	OPTION_PORTABLE,
	OPTION_ALLOC,
	OPTION_SUPPRESSIONS,
	OPTION_GEN_SUPPRESSIONS,
	OPTION_BASELINE,
	OPTION_COLOUR,
};

static const struct option long_options[] = {
	{"output", required_argument, NULL, 'o'},
	{"log", required_argument, NULL, OPTION_LOG},
	{"json", required_argument, NULL, OPTION_FORMAT + VIZ_FORMAT_JSON},
	{"sarif", required_argument, NULL, OPTION_FORMAT + VIZ_FORMAT_SARIF},
	{"junit", required_argument, NULL, OPTION_FORMAT + VIZ_FORMAT_JUNIT},
	{"graph", required_argument, NULL, OPTION_GRAPH},
	{"quiet", no_argument, NULL, 'q'},
	{"all", no_argument, NULL, OPTION_ALL},
	{"strict", no_argument, NULL, OPTION_STRICT},
	{"error-exitcode", required_argument, NULL, OPTION_EXITCODE},
	{"on-deadlock", required_argument, NULL, OPTION_ON_DEADLOCK},
	{"stall", required_argument, NULL, OPTION_STALL},
	{"mode", required_argument, NULL, OPTION_MODE},
	{"memory", required_argument, NULL, OPTION_MEMORY},
	{"no-children", no_argument, NULL, OPTION_NO_CHILDREN},
	{"class-depth", required_argument, NULL, OPTION_CLASS_DEPTH},
	{"stack-depth", required_argument, NULL, OPTION_STACK_DEPTH},
	{"portable", no_argument, NULL, OPTION_PORTABLE},
	{"alloc", no_argument, NULL, OPTION_ALLOC},
	{"suppressions", required_argument, NULL, OPTION_SUPPRESSIONS},
	{"gen-suppressions", no_argument, NULL, OPTION_GEN_SUPPRESSIONS},
	{"baseline", required_argument, NULL, OPTION_BASELINE},
	{"color", required_argument, NULL, OPTION_COLOUR},
	{"colour", required_argument, NULL, OPTION_COLOUR},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static int fail(const char *what, const char *where, const char *mend)
{
	fprintf(stderr, "lockdep-lite: %s: %s: %s\n", what, where, mend);
	return BAD_USAGE;
}

static int take_number(const char *text, unsigned long min, unsigned long max, const char *what,
	const char *mend, unsigned int *number)
{
	char *end;
	errno = 0;
	unsigned long value = strtoul(text, &end, 10);
	if (errno != 0 || text[0] < '0' || text[0] > '9' || *end != '\0' || value < min ||
		value > max)
		return fail(what, text, mend);
	*number = (unsigned int)value;
	return -1;
}

static int take_memory(const char *text, uint64_t *memory)
{
	static const char mend[] = "give a size from 1M to 1G, such as 64M";
	char *end;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	const char *units = "KMG";
	const char *unit = *end != '\0' ? strchr(units, *end & ~0x20) : NULL;
	unsigned int shift = unit != NULL ? 10 * (unsigned int)(unit - units + 1) : 0;
	bool is_whole = end[unit != NULL] == '\0';
	if (errno != 0 || text[0] < '0' || text[0] > '9' || !is_whole ||
		value > (uint64_t)LDL_ARENA_MAX >> shift || value << shift < LDL_ARENA_MIN)
		return fail("bad --memory", text, mend);
	*memory = value << shift;
	return -1;
}

static int take_mode(struct viz_run_options *options, const char *text)
{
	options->mode = text;
	if (strcmp(text, "check") != 0 && strcmp(text, "prod") != 0 &&
		strcmp(text, "nonblock") != 0)
		return fail("bad --mode", text, "give check, prod or nonblock");
	return -1;
}

static int take_on_deadlock(struct viz_run_options *options, const char *text)
{
	options->deadlock_signal = strcmp(text, "kill") == 0   ? SIGKILL
				   : strcmp(text, "core") == 0 ? SIGABRT
							       : 0;
	if (options->deadlock_signal == 0 && strcmp(text, "report") != 0)
		return fail("bad --on-deadlock", text, "give report, kill or core");
	return -1;
}

static int take_colour(struct viz_run_options *options, const char *text)
{
	options->colour = text;
	if (strcmp(text, "always") != 0 && strcmp(text, "never") != 0 && strcmp(text, "auto") != 0)
		return fail("bad --color", text, "give always, never or auto");
	return -1;
}

/* "-" would be standard output, which is PROG's. */
static int take_file(const char **file, const char *name)
{
	*file = optarg;
	if (strcmp(optarg, "-") == 0)
		return fail("standard output belongs to PROG", name, "name the file to write");
	return optarg[0] != '\0' ? -1 : fail("no file name", name, "name the file to write");
}

static int take_filter(struct viz_run_options *options, bool is_baseline)
{
	char error[400];
	if (is_baseline ? viz_filter_baseline(&options->filter, optarg, error, sizeof error)
			: viz_filter_suppress(&options->filter, optarg, error, sizeof error))
		return -1;
	fprintf(stderr, "lockdep-lite: %s\n", error);
	return BAD_USAGE;
}

static int take_value(struct viz_run_options *options, int option)
{
	unsigned int code = 0;
	int status;
	switch (option) {
	case 'o':
		return take_file(&options->out, "-o");
	case OPTION_LOG:
		return take_file(&options->log, "--log");
	case OPTION_FORMAT + VIZ_FORMAT_JSON:
		return take_file(&options->reports[VIZ_FORMAT_JSON], "--json");
	case OPTION_FORMAT + VIZ_FORMAT_SARIF:
		return take_file(&options->reports[VIZ_FORMAT_SARIF], "--sarif");
	case OPTION_FORMAT + VIZ_FORMAT_JUNIT:
		return take_file(&options->reports[VIZ_FORMAT_JUNIT], "--junit");
	case OPTION_GRAPH:
		return take_file(&options->graph, "--graph");
	case OPTION_EXITCODE:
		status = take_number(optarg, 0, 255, "bad --error-exitcode",
			"give a status from 0 to 255", &code);
		options->error_exitcode = (int)code;
		return status;
	case OPTION_ON_DEADLOCK:
		return take_on_deadlock(options, optarg);
	case OPTION_STALL:
		return take_number(optarg, 1, 86400, "bad --stall",
			"give a number of seconds from 1 to 86400", &options->stall_s);
	case OPTION_MODE:
		return take_mode(options, optarg);
	case OPTION_MEMORY:
		return take_memory(optarg, &options->memory);
	case OPTION_SUPPRESSIONS:
	case OPTION_BASELINE:
		return take_filter(options, option == OPTION_BASELINE);
	case OPTION_CLASS_DEPTH:
		return take_number(optarg, 1, LDL_CLASS_DEPTH_MAX, "bad --class-depth",
			"give a number from 1 to 8", &options->class_depth);
	case OPTION_STACK_DEPTH:
		return take_number(optarg, 1, LDL_STACK_MAX, "bad --stack-depth",
			"give a number from 1 to 32", &options->stack_depth);
	default:
		return take_colour(options, optarg);
	}
}

static int take_option(struct viz_run_options *options, int option)
{
	switch (option) {
	case 'q':
		options->quiet = true;
		return -1;
	case OPTION_ALL:
		options->view.all = true;
		return -1;
	case OPTION_STRICT:
		options->view.strict = true;
		return -1;
	case OPTION_NO_CHILDREN:
		options->no_children = true;
		return -1;
	case OPTION_PORTABLE:
		options->portable = true;
		return -1;
	case OPTION_ALLOC:
		options->alloc = true;
		return -1;
	case OPTION_GEN_SUPPRESSIONS:
		options->gen_suppressions = true;
		return -1;
	case 'h':
		return fputs(help, stdout) < 0 || fflush(stdout) != 0 ? BAD_USAGE : 0;
	default:
		return take_value(options, option);
	}
}

bool viz_run_options_have_files(const struct viz_run_options *options)
{
	bool is_any = options->graph != NULL;
	for (unsigned int format = 0; format < VIZ_FORMAT_COUNT; format++)
		is_any |= options->reports[format] != NULL;
	return is_any;
}

/* For a short option in a cluster getopt tells the letter, for a long one only where it stood. */
static int bad_option(int option, const char *word)
{
	char letter[3] = {'-', (char)optopt, '\0'};
	bool is_letter = optopt > 0 && optopt < 256;
	return fail(option == ':' ? "option needs a value" : "unknown option",
		is_letter ? letter : word, "see lockdep-lite run --help");
}

int viz_run_options_parse(struct viz_run_options *options, int argc, char **argv)
{
	memset(options, 0, sizeof *options);
	options->error_exitcode = -1;
	opterr = 0;
	for (;;) {
		int at = optind > 0 ? optind : 1;
		int option = getopt_long(argc, argv, "+:o:qh", long_options, NULL);
		if (option == -1)
			break;
		if (option == ':' || option == '?')
			return bad_option(option, argv[at]);
		int status = take_option(options, option);
		if (status >= 0)
			return status;
	}
	if (optind >= argc)
		return fail("no program", "run",
			"name the program to watch, see lockdep-lite run --help");
	options->program = argv + optind;
	return -1;
}

/* Whatever is said in the user's own LOCKDEP_LITE but not here stays in force. Limits on files
 * would be about the launcher's, which it has yet to read. The config file is for what is left on,
 * and not for this run, unless the user names one. */
void viz_run_options_print(
	const struct viz_run_options *options, const char *dir, char *text, size_t size)
{
	static struct ldl_options of_user;
	FILE *out = fmemopen(text, size, "w");
	text[0] = '\0';
	if (out == NULL)
		return;
	ldl_options_parse(&of_user, ldl_options_text());
	if (!of_user.has_config)
		fputs("config=:", out);
	if (dir[0] != '\0')
		fprintf(out, "quiet:out=%s/%%e.%%p.ldl:keep=0:keep-size=0:", dir);
	if (options->mode != NULL)
		fprintf(out, "mode=%s:", options->mode);
	if (options->memory != 0)
		fprintf(out, "memory=%lluK:", (unsigned long long)options->memory >> 10);
	if (options->class_depth != 0)
		fprintf(out, "class-depth=%u:", options->class_depth);
	if (options->stack_depth != 0)
		fprintf(out, "stack-depth=%u:", options->stack_depth);
	if (options->portable)
		fputs("portable:", out);
	if (options->no_children)
		fputs("no-children:", out);
	fclose(out);
	size_t len = strlen(text);
	if (len > 0)
		text[len - 1] = '\0';
}
