/* `lockdep-lite diff`: which findings are new, gone, or judged otherwise. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cmd.h"
#include "diff.h"
#include "save.h"

static const char help[] =
	"usage: lockdep-lite diff [OPTIONS] OLD NEW\n"
	"\n"
	"Prints the findings that are new, those that are gone, and those whose verdict changed,\n"
	"from OLD to NEW. Each is an arena, a DIR for every *.ldl file in it, or a JSON report.\n"
	"Findings are told apart by their ids, which rebuilds do not change unless they touch the\n"
	"functions concerned.\n"
	"\n"
	"  --json[=OUT]     JSON instead of text, to OUT or to standard output\n"
	"  --suppressions=FILE\n"
	"                   leave out what FILE suppresses, of arenas; may be repeated\n"
	"  -h, --help       this text\n"
	"\n"
	"Exit status: 0 no new error findings; 1 at least one, or one has become an error; 2 bad\n"
	"input or usage.\n";

enum { OPTION_JSON = 256, OPTION_SUPPRESSIONS };

static const struct option long_options[] = {
	{"json", optional_argument, NULL, OPTION_JSON},
	{"suppressions", required_argument, NULL, OPTION_SUPPRESSIONS},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

struct arguments {
	struct viz_filter *filter; /* NULL: nothing is suppressed */
	bool is_help, is_json;
	const char *json_path; /* NULL: standard output */
	const char *before, *after;
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

static int parse(struct arguments *arguments, int argc, char **argv)
{
	char error[400];
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		switch (option) {
		case OPTION_JSON:
			arguments->is_json = true;
			arguments->json_path = optarg;
			break;
		case OPTION_SUPPRESSIONS:
			if (!viz_filter_suppress(&arguments->filter, optarg, error, sizeof(error)))
				return fail_with(error);
			break;
		case 'h':
			arguments->is_help = true;
			return 0;
		default:
			return fail("diff: unknown option, or one without its value",
				argv[optind - 1], "see `lockdep-lite diff --help`");
		}
	}
	if (argc - optind != 2)
		return fail("diff", "it compares two", "name OLD and NEW");
	arguments->before = argv[optind];
	arguments->after = argv[optind + 1];
	return 0;
}

/* The file appears whole or not at all. */
static bool save_json(const struct arguments *arguments, const struct viz_diff *diff, char *error,
	size_t error_size)
{
	int fd = memfd_create("diff", MFD_CLOEXEC);
	FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
	bool is_good;

	snprintf(error, error_size, "cannot write: %s: try again", arguments->json_path);
	if (!out) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	viz_diff_json(out, diff, arguments->before, arguments->after);
	is_good = fflush(out) == 0 && !ferror(out) &&
		  viz_save_file(fd, arguments->json_path, error, error_size);
	fclose(out);
	return is_good;
}

static int print(const struct arguments *arguments, const struct viz_diff *diff)
{
	char error[400];

	if (!arguments->is_json)
		viz_diff_text(stdout, diff);
	else if (!arguments->json_path)
		viz_diff_json(stdout, diff, arguments->before, arguments->after);
	else if (!save_json(arguments, diff, error, sizeof(error)))
		return fail_with(error);
	return diff->errors ? VIZ_EXIT_FINDINGS : VIZ_EXIT_CLEAN;
}

/* Where both have ids that are good for one build only, everything may seem new. */
static void warn(const struct viz_records *records, const char *path, const struct viz_diff *diff)
{
	if (records->is_of_one_build && diff->counts[VIZ_CHANGE_NEW] &&
		diff->counts[VIZ_CHANGE_GONE])
		fprintf(stderr,
			"lockdep-lite: some ids are good for one build only: %s: its program has "
			"no symbols, or is gone\n",
			path);
}

static int compare(const struct arguments *arguments)
{
	struct viz_records before = {0}, after = {0};
	struct viz_diff diff = {0};
	char error[400];
	int status;

	if (!viz_records_read(
		    &before, arguments->before, arguments->filter, error, sizeof(error)) ||
		!viz_records_read(
			&after, arguments->after, arguments->filter, error, sizeof(error))) {
		status = fail_with(error);
	} else {
		viz_records_sort(&before);
		viz_records_sort(&after);
		if (viz_diff_make(&diff, &before, &after)) {
			status = print(arguments, &diff);
			warn(&before, arguments->before, &diff);
			warn(&after, arguments->after, &diff);
		} else {
			status = fail("out of memory", arguments->after, "compare fewer files");
		}
	}
	viz_diff_free(&diff);
	viz_records_free(&before);
	viz_records_free(&after);
	return status;
}

int viz_cmd_diff(int argc, char **argv)
{
	struct arguments arguments = {0};
	int status = parse(&arguments, argc, argv);

	if (status == 0 && arguments.is_help) {
		fputs(help, stdout);
	} else if (status == 0) {
		status = compare(&arguments);
		viz_filter_leftovers(arguments.filter, "lockdep-lite: ", stderr);
	}
	viz_filter_free(arguments.filter);
	return status;
}
