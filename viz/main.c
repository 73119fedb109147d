/* The command `lockdep-lite`: finds the subcommand and hands over to it. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"

static const struct subcommand {
	const char *name;
	int (*run)(int argc, char **argv);
	int own_failure; /* exit status when its output could not be written */
	const char *synopsis;
	const char *does;
} subcommands[] = {
	{"run", viz_cmd_run, 0, "[options] [--] PROG [ARG...]",
		"watch PROG and its children; report at the end"},
	{"report", viz_cmd_report, VIZ_EXIT_BAD_INPUT, "FILE|DIR...",
		"the findings of earlier runs, as text or for other programs"},
	{"graph", viz_cmd_graph, VIZ_EXIT_BAD_INPUT, "FILE -o OUT.{svg,png,pdf,dot}",
		"draw the cycles, or a part of the graph"},
	{"top", viz_cmd_top, VIZ_EXIT_BAD_INPUT, "PID|FILE",
		"live: what threads hold and wait for, since when, contention"},
	{"ctl", viz_cmd_ctl, VIZ_EXIT_BAD_INPUT, "PID|FILE status|off|nonblock|full|reset",
		"switch a process while it runs"},
	{"merge", viz_cmd_merge, VIZ_EXIT_BAD_INPUT, "-o OUT FILE|DIR...",
		"the union of runs, processes, hosts"},
	{"diff", viz_cmd_diff, VIZ_EXIT_BAD_INPUT, "OLD NEW", "new and gone findings, for CI"},
	{"doctor", viz_cmd_doctor, VIZ_EXIT_BAD_INPUT, "[PID|PROG|FILE...]",
		"can this program be watched, and how well; is a FILE sound"},
};

#define SUBCOMMAND_COUNT (sizeof(subcommands) / sizeof(subcommands[0]))

static void print_help(FILE *out)
{
	fprintf(out,
		"lockdep-lite finds the deadlocks that a program could have, from runs in which "
		"it had none.\n\nusage: lockdep-lite SUBCOMMAND [ARGUMENTS]\n\n");
	for (size_t i = 0; i < SUBCOMMAND_COUNT; i++)
		fprintf(out, "  %-8s%s\n          %s\n", subcommands[i].name,
			subcommands[i].synopsis, subcommands[i].does);
	fprintf(out,
		"\n  --help, -h        this text; `lockdep-lite SUBCOMMAND --help` tells more\n"
		"  --version, -V     the version\n\n"
		"Begin with:  lockdep-lite run -- PROG ARGS\n");
}

static const struct subcommand *find_subcommand(const char *name)
{
	for (size_t i = 0; i < SUBCOMMAND_COUNT; i++) {
		if (strcmp(subcommands[i].name, name) == 0)
			return &subcommands[i];
	}
	return NULL;
}

/* Output that could not be written (a full disk, a closed pipe) must not look like success. */
static int finish(int status, int own_failure)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (own_failure == 0)
		return status;
	fprintf(stderr,
		"lockdep-lite: cannot write: standard output: make room or mend the pipe\n");
	return own_failure;
}

static int run_subcommand(const struct subcommand *subcommand, int argc, char **argv)
{
	optind = 0;
	return finish(subcommand->run(argc, argv), subcommand->own_failure);
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	const struct subcommand *subcommand = find_subcommand(word);
	static char help[] = "--help";

	if (subcommand)
		return run_subcommand(subcommand, argc - 1, argv + 1);
	if (strcmp(word, "help") == 0 && argc > 2 && (subcommand = find_subcommand(argv[2]))) {
		char *arguments[] = {argv[2], help, NULL};

		return run_subcommand(subcommand, 2, arguments);
	}
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
		print_help(stdout);
		return finish(0, VIZ_EXIT_BAD_INPUT);
	}
	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
		printf("lockdep-lite " LDL_VERSION "\n");
		return finish(0, VIZ_EXIT_BAD_INPUT);
	}
	if (*word)
		fprintf(stderr, "lockdep-lite: no such subcommand: %s: see `lockdep-lite --help`\n",
			word);
	else
		print_help(stderr);
	return VIZ_EXIT_BAD_INPUT;
}
