/* Starts the program and stands in for it: signals go through, the terminal is left alone, the exit
 * status comes back. The program notices nothing but its parent.
 *
 * One launcher a process: signal dispositions are the process's. Not for use with threads. */
#ifndef LAUNCH_LAUNCH_H
#define LAUNCH_LAUNCH_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/compiler.h"

/* The command's own exit statuses, those of env(1) and timeout(1). */
enum launch_exit {
	LAUNCH_EXIT_OWN_FAILURE = 125,
	LAUNCH_EXIT_NOT_EXECUTABLE = 126,
	LAUNCH_EXIT_NOT_FOUND = 127,
	LAUNCH_EXIT_SIGNAL = 128, /* plus the signal's number */
};

/* Holds the places of file descriptors 0, 1 and 2 that are closed, so that no file of ours gets
 * one; they close themselves when the program starts, which finds them closed as they were. To
 * be called before anything is opened. */
void launch_stdio_hold(void);

/* Keeps the inherited signal mask and dispositions for the program, and prepares our own. Likewise
 * the limits on files, file size and memory: ours are raised as far as allowed. */
void launch_prepare(void);

/* Signals as they were inherited, once the program is gone: what comes now is meant for us. */
void launch_signals_restore(void);

/* Starts `path` with these arguments and environment: its pid, or -1 and errno of the fork or exec.
 * A file that is neither ELF nor #! is given to /bin/sh, as execvp(3) does. From here on signals
 * sent to this process reach the program. */
pid_t launch_spawn(const char *path, char *const argv[], char *const envp[]) LDL_MUST_USE;

/* Waits up to `timeout_ms` for the program to end. True when it has, with its exit status (128 +
 * the signal when killed) in `status`. Stops this process too when the program stops itself from
 * the keyboard, so that the shell gets its terminal back. */
bool launch_wait(pid_t pid, int timeout_ms, int *status) LDL_MUST_USE;

/* Exit status for an errno of launch_spawn(): 127 not found, 126 not executable, 125 our
 * failure. */
int launch_exit_status(int error);

#endif
