/* Starts the program and stands in for it: signals, terminal, exit status.
 *
 * Signals that a person types reach the program without us, since the terminal sends them to the
 * whole process group; what other processes send to the launcher it passes on. */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SHELL "/bin/sh"

/* 0: not started, or gone. Its store is one word, so the handler may read it at any time. */
static volatile sig_atomic_t child;
static struct sigaction inherited[NSIG];
static sigset_t inherited_mask;

/* Limits that a program may run under but that would hinder a reader of large sparse files. */
static const int raised[] = {RLIMIT_NOFILE, RLIMIT_FSIZE, RLIMIT_AS, RLIMIT_DATA};
static struct rlimit inherited_limits[ldl_array_len(raised)];

static bool is_fault(int signal)
{
	return signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL ||
	       signal == SIGTRAP || signal == SIGSYS;
}

/* Which signals the launcher passes on. Not: what cannot be caught, faults of our own, the end of
 * the child, and the stop signals, which stop launcher and program alike. */
static bool is_forwarded(int signal)
{
	return signal != SIGKILL && signal != SIGSTOP && signal != SIGCHLD && signal != SIGTSTP &&
	       signal != SIGTTIN && signal != SIGTTOU && signal != SIGPIPE && signal != SIGXFSZ &&
	       !is_fault(signal);
}

static bool is_ours(int signal)
{
	return signal == SIGPIPE || signal == SIGXFSZ || signal == SIGCHLD || is_forwarded(signal);
}

/* Passes a signal on, with its value. One from the kernel (the terminal, the end of the session)
 * went to the program as well, and one from the program it has sent to its whole group. */
static void forward(int signal, siginfo_t *info, void *context)
{
	int saved_errno = errno;
	pid_t pid = (pid_t)child;
	bool is_sent = info->si_code <= 0 && info->si_code != SI_ASYNCIO;
	bool is_own = info->si_pid == pid || info->si_pid == getpid();
	if (pid > 0 && is_sent && !is_own) {
		if (info->si_code == SI_QUEUE)
			sigqueue(pid, signal, info->si_value);
		else
			kill(pid, signal);
	}
	errno = saved_errno;
}

static void note_child(int signal)
{
}

void launch_stdio_hold(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR | O_CLOEXEC) < 0)
			return; /* no /dev/null: nothing better to hold the place with */
	}
}

static void prepare_signals(void)
{
	sigset_t child_set, none;
	struct sigaction action = {.sa_flags = SA_RESTART};
	child = 0;
	for (int signal = 1; signal < NSIG; signal++)
		sigaction(signal, NULL, &inherited[signal]);
	sigemptyset(&action.sa_mask);
	for (int signal = 1; signal < NSIG; signal++) {
		action.sa_flags = SA_RESTART | SA_SIGINFO;
		action.sa_sigaction = forward;
		if (is_forwarded(signal))
			sigaction(signal, &action, NULL);
	}
	action.sa_flags = 0;
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
	sigaction(SIGXFSZ, &action, NULL);
	/* A handler, since an ignored SIGCHLD would throw the exit status away. */
	action.sa_handler = note_child;
	sigaction(SIGCHLD, &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, &inherited_mask);
	sigemptyset(&child_set);
	sigaddset(&child_set, SIGCHLD); /* taken by sigtimedwait() */
	sigprocmask(SIG_BLOCK, &child_set, NULL);
}

static void raise_limits(void)
{
	for (size_t i = 0; i < ldl_array_len(raised); i++) {
		struct rlimit limit;
		if (getrlimit(raised[i], &limit) != 0)
			limit = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
		inherited_limits[i] = limit;
		limit.rlim_cur = limit.rlim_max;
		setrlimit(raised[i], &limit);
	}
}

void launch_prepare(void)
{
	prepare_signals();
	raise_limits();
}

static void restore_dispositions(void)
{
	for (int signal = 1; signal < NSIG; signal++) {
		if (is_ours(signal))
			sigaction(signal, &inherited[signal], NULL);
	}
}

void launch_signals_restore(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	restore_dispositions();
	sigaction(
		SIGPIPE, &ignore, NULL); /* a reader that went away must not cost the exit status */
	sigaction(SIGXFSZ, &ignore, NULL);
	sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
	sigprocmask(SIG_SETMASK, &inherited_mask, NULL);
}

int launch_exit_status(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return LAUNCH_EXIT_NOT_FOUND;
	case EAGAIN:
	case ENOMEM:
	case EMFILE:
	case ENFILE:
		return LAUNCH_EXIT_OWN_FAILURE;
	default:
		return LAUNCH_EXIT_NOT_EXECUTABLE;
	}
}

/* In the child, all signals blocked: everything as the launcher itself was given it. */
static void exec_program(const char *path, char *const argv[], char *const envp[], int report)
{
	restore_dispositions();
	for (size_t i = 0; i < ldl_array_len(raised); i++)
		setrlimit(raised[i], &inherited_limits[i]);
	sigprocmask(SIG_SETMASK, &inherited_mask, NULL);
	execve(path, argv, envp);
	int error = errno;
	if (error == ENOEXEC) {
		size_t count = 0;
		while (argv[count] != NULL)
			count++;
		char **shell_argv = calloc(count + 2, sizeof *shell_argv);
		if (shell_argv != NULL && count > 0) {
			shell_argv[0] = argv[0];
			shell_argv[1] = (char *)path;
			memcpy(shell_argv + 2, argv + 1, (count - 1) * sizeof *argv);
			execve(SHELL, shell_argv, envp);
		}
	}
	ssize_t put = write(report, &error, sizeof error);
	(void)put; /* without a pipe the exit status alone has to say it */
	_exit(launch_exit_status(error));
}

/* The errno that a child sent before it gave up; 0 when its exec succeeded and closed the pipe. */
static int read_report(int fd)
{
	int error = 0;
	ssize_t got;
	do
		got = read(fd, &error, sizeof error);
	while (got < 0 && errno == EINTR);
	return got == (ssize_t)sizeof error ? error : 0;
}

pid_t launch_spawn(const char *path, char *const argv[], char *const envp[])
{
	int report[2];
	sigset_t all, before;
	if (pipe2(report, O_CLOEXEC) != 0)
		report[0] = report[1] = -1; /* no file is left to open: then without */
	/* No handler runs in the child before it has its own dispositions, and none here before the
	 * pid is known: a signal that arrives meanwhile is passed on afterwards. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid_t pid = fork();
	if (pid == 0) {
		close(report[0]);
		exec_program(path, argv, envp, report[1]);
	}
	int error = errno;
	close(report[1]);
	if (pid > 0) {
		error = read_report(report[0]);
		if (error != 0)
			while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
				;
		child = error == 0 ? pid : 0;
	}
	close(report[0]);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid > 0 && error == 0)
		return pid;
	errno = error;
	return -1;
}

/* True when the shell that started us waits for its terminal: the program, in the foreground with
 * us, has stopped itself as if ^Z had been typed. */
static bool must_stop_too(int status)
{
	if (WSTOPSIG(status) != SIGTSTP)
		return false;
	int terminal = open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (terminal < 0)
		return false;
	bool is_foreground = tcgetpgrp(terminal) == getpgrp();
	close(terminal);
	return is_foreground;
}

/* True when the program is gone. */
static bool reap(pid_t pid, int *status)
{
	int raw;
	pid_t got = waitpid(pid, &raw, WNOHANG | WUNTRACED);
	if (got < 0 && errno == ECHILD) {
		/* Somebody else took the status; nobody should. */
		*status = LAUNCH_EXIT_OWN_FAILURE;
		return true;
	}
	if (got != pid)
		return false;
	if (WIFSTOPPED(raw)) {
		if (must_stop_too(raw)) {
			raise(SIGSTOP);
			kill(pid, SIGCONT);
		}
		return false;
	}
	child = 0;
	*status = WIFSIGNALED(raw) ? LAUNCH_EXIT_SIGNAL + WTERMSIG(raw) : WEXITSTATUS(raw);
	return true;
}

bool launch_wait(pid_t pid, int timeout_ms, int *status)
{
	sigset_t child_set;
	struct timespec timeout = {timeout_ms / 1000, (timeout_ms % 1000) * 1000000L};
	if (reap(pid, status))
		return true;
	sigemptyset(&child_set);
	sigaddset(&child_set, SIGCHLD);
	if (sigtimedwait(&child_set, NULL, &timeout) < 0)
		return false; /* the time is over, or another signal was passed on */
	return reap(pid, status);
}
