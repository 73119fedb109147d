/* `lockdep-lite top`: what the threads of a running process hold and wait for, and since when.
 *
 * On a terminal live, until `q`; else one snapshot, after watching for a while. */
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "top.h"

#define POLL_NS    50000000ull
#define DEFAULT_NS 1000000000ull
#define DOUBT_NS   2000000000ull /* more, where threads seem to wait for one another */

static const char help[] =
	"usage: lockdep-lite top [OPTIONS] PID|FILE\n"
	"\n"
	"Shows what the threads of a watched process hold and wait for, and since when; how\n"
	"long was waited for locks of each class; deadlocks; what being watched costs. On a\n"
	"terminal live, else once. PID, or the FILE that the process writes.\n"
	"\n"
	"  --once              once, also on a terminal\n"
	"  --json              once, as JSON\n"
	"  --interval=SECONDS  between two pictures, or before the only one: 0.2 to 3600\n"
	"  -h, --help          this text\n"
	"\n"
	"Keys: q quits; up and down (or k and j) choose a thread, Enter shows what it holds;\n"
	"s sorts by waits, locks held, or number; c shows contention or not.\n"
	"\n"
	"Waits shorter than a twentieth of a second are not seen.\n"
	"\n"
	"Exit status: 0; 1 when it is deadlocked; 2 bad usage, or nothing to look at.\n";

static const char usage_hint[] = "see `lockdep-lite top --help`";

enum option_value { OPTION_ONCE = 256, OPTION_JSON, OPTION_INTERVAL };

struct options {
	bool is_once, is_json, is_help;
	uint64_t interval_ns;
};

static int fail(const char *what, const char *where, const char *mend)
{
	fprintf(stderr, "lockdep-lite: %s: %s: %s\n", what, where, mend);
	return VIZ_EXIT_BAD_INPUT;
}

static bool take_interval(const char *word, uint64_t *interval_ns)
{
	char *end;
	double value;

	errno = 0;
	value = strtod(word, &end);
	if (errno != 0 || end == word || *end != 0 || !(value >= 0.2 && value <= 3600))
		return false;
	*interval_ns = (uint64_t)(value * 1e9);
	return true;
}

/* 0, or the exit status after one line. */
static int read_options(struct options *options, int argc, char **argv)
{
	static const struct option long_options[] = {
		{"once", no_argument, NULL, OPTION_ONCE},
		{"json", no_argument, NULL, OPTION_JSON},
		{"interval", required_argument, NULL, OPTION_INTERVAL},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		switch (option) {
		case OPTION_ONCE:
			options->is_once = true;
			break;
		case OPTION_JSON:
			options->is_json = true;
			break;
		case OPTION_INTERVAL:
			if (!take_interval(optarg, &options->interval_ns))
				return fail("bad --interval", optarg,
					"give a number of seconds from 0.2 to 3600");
			break;
		case 'h':
			options->is_help = true;
			return 0;
		default:
			return fail("top: unknown option, or one without its value",
				argv[optind - 1], usage_hint);
		}
	}
	if (argc - optind != 1)
		return fail("top", "one process or file", usage_hint);
	return 0;
}

/* Watches for the interval, or until it is certain whether it is a deadlock. */
static void watch(struct viz_top *top, uint64_t interval_ns)
{
	struct timespec pause = {0, (long)POLL_NS};
	uint64_t waited_ns = 0;

	for (;;) {
		viz_top_poll(top);
		if (waited_ns >= interval_ns && (!viz_observer_is_in_doubt(top->observer) ||
							waited_ns >= interval_ns + DOUBT_NS))
			break;
		nanosleep(&pause, NULL);
		waited_ns += POLL_NS;
	}
	viz_top_refresh(top);
}

int viz_cmd_top(int argc, char **argv)
{
	struct options options = {.interval_ns = DEFAULT_NS};
	struct viz_top top;
	char error[512];
	int status = read_options(&options, argc, argv);

	if (status != 0)
		return status;
	if (options.is_help) {
		fputs(help, stdout);
		return 0;
	}
	setlocale(LC_CTYPE, "");
	if (!viz_top_open(&top, argv[optind], error, sizeof(error))) {
		fprintf(stderr, "lockdep-lite: %s\n", error);
		return VIZ_EXIT_BAD_INPUT;
	}
	if (!options.is_once && !options.is_json && isatty(STDOUT_FILENO) && isatty(STDIN_FILENO)) {
		status = viz_top_screen(&top, options.interval_ns) ? 0 : VIZ_EXIT_BAD_INPUT;
	} else {
		watch(&top, options.interval_ns);
		(options.is_json ? viz_top_json : viz_top_text)(stdout, &top);
	}
	if (status == 0 && top.deadlock_count)
		status = VIZ_EXIT_FINDINGS;
	viz_top_close(&top);
	return status;
}
