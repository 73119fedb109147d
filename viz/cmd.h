/* The subcommands' entry points: what main.c's table knows of them.
 *
 * Each gets its own name as argv[0] and its arguments after it, may use getopt_long() (optind is 0
 * when it is called), prints its results to stdout and its errors to stderr as one line each, and
 * returns the command's exit status. `--help` prints to stdout and returns 0. */
#ifndef VIZ_CMD_H
#define VIZ_CMD_H

/* Exit statuses of report, graph and diff. Those of run are the watched program's. */
enum viz_exit {
	VIZ_EXIT_CLEAN = 0,
	VIZ_EXIT_FINDINGS = 1,  /* at least one finding is an error */
	VIZ_EXIT_BAD_INPUT = 2, /* also: bad usage, output that cannot be written */
};

int viz_cmd_run(int argc, char **argv);
int viz_cmd_report(int argc, char **argv);
int viz_cmd_graph(int argc, char **argv);
int viz_cmd_top(int argc, char **argv);
int viz_cmd_ctl(int argc, char **argv);
int viz_cmd_merge(int argc, char **argv);
int viz_cmd_diff(int argc, char **argv);
int viz_cmd_doctor(int argc, char **argv);

#endif
