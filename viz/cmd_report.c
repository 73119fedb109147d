/* `lockdep-lite report`: the findings of one or more arenas, as text or for other programs. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baseline.h"
#include "cmd.h"
#include "explain.h"
#include "filter.h"
#include "inventory.h"
#include "live.h"
#include "output.h"
#include "paths.h"
#include "suppress.h"
#include "text.h"
#include "view.h"

static const char help[] =
	"usage: lockdep-lite report [OPTIONS] FILE|DIR...\n"
	"\n"
	"Prints the findings of the arenas that watched programs left, or are writing now.\n"
	"A DIR stands for every *.ldl file in it.\n"
	"\n"
	"  --json[=OUT]     JSON instead of text, to OUT or to standard output\n"
	"  --sarif[=OUT]    SARIF 2.1.0, for code scanning: a run for each FILE\n"
	"  --junit[=OUT]    JUnit XML, for what shows test results: a suite for each FILE\n"
	"  --all            also findings that cannot happen (gated), and those of one line\n"
	"                   (ordered, single-thread) at length\n"
	"  --strict         those of one line are errors, at length\n"
	"  --full           long cycles, stacks down to the start of their thread, and the\n"
	"                   paths of files whole\n"
	"  --inventory      instead of the findings: every allocation site with its masks, counts\n"
	"                   and what was held over it, and every reserve\n"
	"  --finding=ID     only the finding whose id begins with these hex digits\n"
	"  --explain=ID     that finding as a story: how it hangs, why it has its verdict, how to\n"
	"                   mend it, and what to do if it is harmless\n"
	"  --suppressions=FILE\n"
	"                   leave out what FILE suppresses, and count it; may be repeated\n"
	"  --gen-suppressions\n"
	"                   instead of the findings: a suppression for each, ready to be kept\n"
	"  --baseline=FILE  leave out what is known from FILE, and count it: a baseline, an\n"
	"                   arena, a DIR or a JSON report\n"
	"  --write-baseline=FILE\n"
	"                   also make FILE a baseline: what is there is known from then on\n"
	"  --color=WHEN     auto (default), always, never; beats NO_COLOR and CLICOLOR_FORCE\n"
	"  -h, --help       this text\n"
	"\n"
	"Exit status: 0 no error findings; 1 at least one; 2 bad input or usage.\n"
	"\n"
	"JSON: one FILE gives one object,\n"
	"  {\"version\", \"program\", \"pid\", \"mode\", \"drops\": {…},\n"
	"   \"hidden\": {\"gated\": N, \"ordered\": N, \"single-thread\": N, \"suppressed\": N,\n"
	"     \"known\": N},\n"
	"   \"findings\": [{\"id\", \"kind\", \"rule\", \"severity\", \"verdict\", \"count\",\n"
	"     \"title\", \"classes\": […], \"edges\": [{\"from\", \"to\", \"type\", \"thread\",\n"
	"       \"from_site\", \"to_site\", \"stack\": […], \"from_stack\": […]}]}],\n"
	"   \"locks\", \"classes\", \"edges\", \"chains\", \"threads\": counts, and more};\n"
	"several FILEs, or a DIR, give {\"version\", \"runs\": [OBJECT, …]}. `drops` has only\n"
	"the numbers that are not 0: {} means that nothing was dropped. `id` is the same\n"
	"in every run. An edge also tells `from_kind`, `to_kind`, its `relation` in words,\n"
	"whether it is `indirect`, and for an allocation `gfp` and `gfp_asked`. With\n"
	"--inventory there is {\"inventory\": {\"allocations\": […], \"reserves\": […]}} too.\n"
	"`stack` is where `to` was asked for, `from_stack` where `from` was\n"
	"taken; innermost frame first.\n";

static const char usage_hint[] = "see `lockdep-lite report --help`";

enum option_value {
	OPTION_FORMAT = 256, /* + viz_format */
	OPTION_FULL = OPTION_FORMAT + VIZ_FORMAT_COUNT,
	OPTION_ALL,
	OPTION_STRICT,
	OPTION_INVENTORY,
	OPTION_FINDING,
	OPTION_EXPLAIN,
	OPTION_SUPPRESSIONS,
	OPTION_GEN_SUPPRESSIONS,
	OPTION_BASELINE,
	OPTION_WRITE_BASELINE,
	OPTION_COLOR,
};

static const struct option long_options[] = {
	{"json", optional_argument, NULL, OPTION_FORMAT + VIZ_FORMAT_JSON},
	{"sarif", optional_argument, NULL, OPTION_FORMAT + VIZ_FORMAT_SARIF},
	{"junit", optional_argument, NULL, OPTION_FORMAT + VIZ_FORMAT_JUNIT},
	{"full", no_argument, NULL, OPTION_FULL},
	{"all", no_argument, NULL, OPTION_ALL},
	{"strict", no_argument, NULL, OPTION_STRICT},
	{"inventory", no_argument, NULL, OPTION_INVENTORY},
	{"finding", required_argument, NULL, OPTION_FINDING},
	{"explain", required_argument, NULL, OPTION_EXPLAIN},
	{"suppressions", required_argument, NULL, OPTION_SUPPRESSIONS},
	{"gen-suppressions", no_argument, NULL, OPTION_GEN_SUPPRESSIONS},
	{"baseline", required_argument, NULL, OPTION_BASELINE},
	{"write-baseline", required_argument, NULL, OPTION_WRITE_BASELINE},
	{"color", required_argument, NULL, OPTION_COLOR},
	{"colour", required_argument, NULL, OPTION_COLOR},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

struct report {
	struct viz_text_options text;
	struct viz_view view;
	bool is_wanted[VIZ_FORMAT_COUNT];    /* instead of text */
	const char *paths[VIZ_FORMAT_COUNT]; /* NULL: standard output */
	bool is_inventory;
	const char *finding;       /* NULL: all */
	const char *explained;     /* NULL: none */
	const char *colour;        /* NULL: not given */
	bool is_generating;        /* of suppressions */
	const char *new_baseline;  /* NULL: none is to be written */
	struct viz_filter *filter; /* NULL: everything is shown */
	bool has_directory;
	struct viz_run **runs;
	size_t run_count;
	bool is_bad; /* something could not be read: told already */
};

static void complain(const char *what, const char *where, const char *mend)
{
	fprintf(stderr, "lockdep-lite: %s: %s: %s\n", what, where, mend);
}

static void say(struct report *report, const char *error)
{
	fprintf(stderr, "lockdep-lite: %s\n", error);
	report->is_bad = true;
}

/* What was made of a damaged file is shown, but must not pass for a clean run. */
static void check_damage(struct report *report, const struct viz_run *run)
{
	const struct ldl_snapshot *snapshot = viz_run_snapshot(run);

	if (snapshot->repairs == 0 || ldl_snapshot_is_live(snapshot))
		return;
	complain("damaged arena, shown in part", viz_run_path(run),
		"copy it again, or take a new one");
	report->is_bad = true;
}

static void add_file(struct report *report, const char *path)
{
	struct viz_run **grown;
	struct viz_run *run;
	char error[400];

	if (viz_run_open(&run, path, error, sizeof(error)) != LDL_OK) {
		say(report, error);
		return;
	}
	grown = realloc(report->runs, (report->run_count + 1) * sizeof(struct viz_run *));
	if (!grown) {
		complain("out of memory", path, "report on fewer files");
		viz_run_close(run);
		report->is_bad = true;
		return;
	}
	viz_run_set_view(run, report->view);
	report->runs = grown;
	report->runs[report->run_count++] = run;
	viz_run_set_filter(run, report->filter);
	check_damage(report, run);
}

static void add_path(struct report *report, const char *path)
{
	struct viz_paths paths = {0};
	char error[400];

	if (!viz_paths_add(&paths, path, error, sizeof(error)))
		say(report, error);
	for (size_t i = 0; i < paths.count; i++)
		add_file(report, paths.list[i]);
	report->has_directory |= paths.has_directory;
	viz_paths_free(&paths);
}

/* An option on what is not to be shown. */
static bool take_filter(struct report *report, int option)
{
	char error[400];
	bool is_good = true;

	if (option == OPTION_SUPPRESSIONS)
		is_good = viz_filter_suppress(&report->filter, optarg, error, sizeof(error));
	else if (option == OPTION_BASELINE)
		is_good = viz_filter_baseline(&report->filter, optarg, error, sizeof(error));
	else if (option == OPTION_WRITE_BASELINE)
		report->new_baseline = optarg;
	else
		report->is_generating = true;
	if (!is_good)
		say(report, error);
	return is_good;
}

/* Returns false when the command line makes no sense, which was told. */
static bool read_options(struct report *report, int argc, char **argv, bool *is_help)
{
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		switch (option) {
		case OPTION_FORMAT + VIZ_FORMAT_JSON:
		case OPTION_FORMAT + VIZ_FORMAT_SARIF:
		case OPTION_FORMAT + VIZ_FORMAT_JUNIT:
			report->is_wanted[option - OPTION_FORMAT] = true;
			report->paths[option - OPTION_FORMAT] = optarg;
			break;
		case OPTION_FULL:
			report->text.is_full = true;
			break;
		case OPTION_ALL:
			report->view.all = true;
			break;
		case OPTION_STRICT:
			report->view.strict = true;
			break;
		case OPTION_INVENTORY:
			report->is_inventory = true;
			break;
		case OPTION_FINDING:
			report->finding = optarg;
			break;
		case OPTION_EXPLAIN:
			report->explained = optarg;
			break;
		case OPTION_SUPPRESSIONS:
		case OPTION_GEN_SUPPRESSIONS:
		case OPTION_BASELINE:
		case OPTION_WRITE_BASELINE:
			if (!take_filter(report, option))
				return false;
			break;
		case OPTION_COLOR:
			report->colour = optarg;
			break;
		case 'h':
			*is_help = true;
			return true;
		default:
			complain("report: unknown option, or one without its value",
				argv[optind - 1], usage_hint);
			return false;
		}
	}
	return true;
}

static bool has_format(const struct report *report)
{
	for (size_t i = 0; i < VIZ_FORMAT_COUNT; i++) {
		if (report->is_wanted[i])
			return true;
	}
	return false;
}

/* Standard output holds one document. */
static bool check_formats(const struct report *report)
{
	size_t printed = 0;

	for (size_t i = 0; i < VIZ_FORMAT_COUNT; i++)
		printed += report->is_wanted[i] && !report->paths[i];
	if (printed > 1)
		complain("several formats for standard output", "report",
			"give all but one a file: --sarif=OUT");
	return printed <= 1;
}

/* --finding and --explain are of one finding, in text. */
static bool check_one_finding(const struct report *report)
{
	const char *one = report->finding ? report->finding : report->explained;

	if (one && has_format(report))
		complain("--finding and --explain go with text only", one,
			"take .findings[] from the JSON by its id");
	else if (one && report->is_inventory)
		complain("--finding and --explain do not go with --inventory", one,
			"the inventory names the rules that were broken at each site");
	else if (report->finding && report->explained)
		complain("--finding and --explain do not go together", report->explained,
			"leave one of them out");
	else
		return true;
	return false;
}

static bool check_options(const struct report *report, int rest)
{
	if (report->colour && strcmp(report->colour, "auto") != 0 &&
		strcmp(report->colour, "always") != 0 && strcmp(report->colour, "never") != 0) {
		complain("--color takes auto, always or never", report->colour, usage_hint);
		return false;
	}
	if (!check_one_finding(report))
		return false;
	if (!check_formats(report))
		return false;
	if (report->is_generating && has_format(report)) {
		complain("--gen-suppressions goes with no other format", "report",
			"make the suppressions first");
		return false;
	}
	if (rest == 0) {
		complain("report", "no file given", usage_hint);
		return false;
	}
	return true;
}

static void print_formats(struct report *report)
{
	const struct viz_output output = {.runs = report->runs,
		.count = report->run_count,
		.is_list = report->has_directory,
		.has_inventory = report->is_inventory};
	char error[400];

	for (unsigned int format = 0; format < VIZ_FORMAT_COUNT; format++) {
		const char *path = report->paths[format];

		if (!report->is_wanted[format])
			continue;
		if (!path) {
			viz_output_print(stdout, format, &output);
		} else if (!viz_output_save(path, format, &output, error, sizeof(error))) {
			say(report, error);
		}
	}
}

/* One finding at length, or as a story, of each run that has it. */
static void print_one_finding(struct report *report, const char *prefix)
{
	const struct viz_view at_length = {.all = true, .strict = report->view.strict};
	size_t shown = 0;
	bool is_vague = false;

	for (size_t i = 0; i < report->run_count; i++) {
		ldl_finding_id id;
		ldl_status status = viz_finding_lookup(report->runs[i], prefix, &id);

		is_vague |= status == LDL_BUSY;
		if (status != LDL_OK)
			continue;
		viz_run_set_view(report->runs[i], at_length);
		if (report->run_count > 1)
			printf("%s==== %s\n", shown ? "\n" : "", viz_run_path(report->runs[i]));
		if (report->explained)
			viz_explain(stdout, report->runs[i], id, &report->text);
		else
			viz_text_finding(stdout, report->runs[i], id, &report->text);
		shown++;
	}
	if (shown)
		return;
	report->is_bad = true;
	if (is_vague)
		complain("several findings begin so", prefix, "give more of its digits");
	else
		complain("no such finding", prefix, "lockdep-lite report --all FILE lists the ids");
}

/* For each finding that is shown and can happen. */
static void print_suppressions(struct report *report)
{
	for (size_t i = 0; i < report->run_count; i++) {
		struct viz_run *run = report->runs[i];
		size_t count;
		const ldl_finding_id *ids = viz_run_findings(run, &count);

		for (size_t at = 0; at < count; at++) {
			if (!viz_verdict_is_hidden(
				    ldl_snapshot_finding(viz_run_snapshot(run), ids[at])->verdict))
				viz_suppression_write(stdout, run, ids[at]);
		}
	}
}

/* What is there now, known or not; not from input that was read in part. */
static void write_baseline(struct report *report)
{
	struct viz_records records = {0};
	char error[400];
	bool is_good = true;

	for (size_t i = 0; is_good && i < report->run_count; i++)
		is_good = viz_records_add_run(&records, report->runs[i]);
	viz_records_sort(&records);
	snprintf(error, sizeof(error), "out of memory: %s: try again", report->new_baseline);
	if (!is_good || !viz_baseline_write(&records, report->new_baseline, error, sizeof(error)))
		say(report, error);
	viz_records_free(&records);
}

static void print_text(struct report *report)
{
	report->text.colour = viz_colour_wanted(report->colour, stdout);
	if (report->run_count && (report->finding || report->explained)) {
		print_one_finding(report, report->finding ? report->finding : report->explained);
		return;
	}
	for (size_t i = 0; i < report->run_count; i++) {
		if (report->run_count > 1)
			printf("%s==== %s\n", i ? "\n" : "", viz_run_path(report->runs[i]));
		if (report->is_inventory)
			viz_inventory_text(stdout, report->runs[i]);
		else
			viz_text_run(stdout, report->runs[i], &report->text);
	}
}

static int close_runs(struct report *report)
{
	int status = VIZ_EXIT_CLEAN;

	for (size_t i = 0; i < report->run_count; i++) {
		if (viz_run_finding_count(report->runs[i], LDL_SEVERITY_ERROR))
			status = VIZ_EXIT_FINDINGS;
		viz_run_close(report->runs[i]);
	}
	free(report->runs);
	viz_filter_free(report->filter);
	return report->is_bad ? VIZ_EXIT_BAD_INPUT : status;
}

int viz_cmd_report(int argc, char **argv)
{
	struct report report = {0};
	bool is_help = false;

	report.is_bad = !read_options(&report, argc, argv, &is_help);
	if (is_help) {
		fputs(help, stdout);
		return 0;
	}
	if (report.is_bad || !check_options(&report, argc - optind)) {
		viz_filter_free(report.filter);
		return VIZ_EXIT_BAD_INPUT;
	}
	for (int i = optind; i < argc; i++)
		add_path(&report, argv[i]);
	viz_live_look(report.runs, report.run_count);
	if (report.is_generating)
		print_suppressions(&report);
	else if (!has_format(&report))
		print_text(&report);
	else if (report.run_count)
		print_formats(&report);
	if (report.new_baseline && !report.is_bad)
		write_baseline(&report);
	viz_filter_leftovers(report.filter, "lockdep-lite: ", stderr);
	return close_runs(&report);
}
