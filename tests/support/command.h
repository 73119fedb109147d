/* Runs a subcommand of lockdep-lite inside the test's own process, and keeps what it prints. */
#ifndef LDL_TEST_COMMAND_H
#define LDL_TEST_COMMAND_H

/* Both texts of the last ldl_command(). */
extern char ldl_command_out[1 << 18];
extern char ldl_command_err[1 << 12];

/* `run` is viz_cmd_report() or one like it; the words of its command line follow, NULL at the end.
 * Returns its exit status. */
int ldl_command(int (*run)(int argc, char **argv), const char *word, ...) __attribute__((sentinel));

#endif
