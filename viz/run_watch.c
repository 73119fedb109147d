/* Deadlocks of watched processes, as they happen. See run_watch.h. */
#include "run_watch.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stall.h"

#define POLL_NS       250000000ull
#define SUSPICIOUS_NS 100000000ull /* where a wait was seen twice */
#define SECOND_NS     1000000000ull

static struct viz_run_process *process_of(const struct viz_deadlock_step *step)
{
	return (struct viz_run_process *)(uintptr_t)step->process;
}

/* Files in the directory may be anybody's, and say anything: a signal goes to a process only that
 * has the file mapped. */
static void end_processes(struct viz_run_watch *watch, const struct viz_deadlock *deadlock)
{
	uint32_t last = 0;

	for (size_t i = 0; i < deadlock->count; i++) {
		const struct viz_deadlock_step *step = &deadlock->steps[i];

		if (!step->process || step->pid == last ||
			!viz_observer_is_mapped(step->pid, process_of(step)->fd))
			continue;
		last = step->pid;
		viz_run_report_line(watch->report, "process %u is deadlocked: %s", step->pid,
			watch->signal == SIGKILL ? "killed" : "aborted, for a core file");
		kill((pid_t)step->pid, watch->signal);
	}
}

static void on_deadlock(void *context, const struct viz_deadlock *deadlock)
{
	struct viz_run_watch *watch = context;
	struct viz_run_process *process = process_of(&deadlock->steps[0]);
	ldl_finding_id id = process ? viz_run_process_add(process, deadlock) : 0;

	for (size_t i = 1; i < deadlock->count; i++) {
		if (deadlock->steps[i].process)
			process_of(&deadlock->steps[i])->is_needed = true;
	}
	if (id) {
		viz_run_report_finding(watch->report, process->run, id);
		process->news++;
	} else {
		viz_run_report_line(watch->report,
			"process %u is deadlocked, and its file cannot be read: see "
			"lockdep-lite top %u",
			deadlock->steps[0].pid, deadlock->steps[0].pid);
	}
	if (watch->signal && !deadlock->is_frozen)
		end_processes(watch, deadlock);
}

static struct viz_run *run_of(void *context, const void *id)
{
	return ((const struct viz_run_process *)id)->run;
}

static void on_stall(void *context, const struct viz_stall *stall)
{
	struct viz_run_watch *watch = context;
	struct viz_run_process *process = process_of(&stall->waiter);
	struct viz_run_process *holder = process_of(&stall->holder);
	char *text = NULL;
	size_t len = 0;
	FILE *out;

	if (watch->report->quiet || !process || !viz_run_process_read(process, NULL))
		return;
	if (holder && holder != process)
		(void)viz_run_process_read(holder, NULL);
	out = open_memstream(&text, &len);
	if (!out)
		return;
	viz_stall_text(out, process->run, stall, run_of, NULL);
	fputc('\n', out);
	if (fclose(out) == 0)
		viz_run_report_text(watch->report, text, len);
	free(text);
}

void viz_run_watch_open(struct viz_run_watch *watch, struct viz_run_report *report, int signal,
	unsigned int stall_s)
{
	struct viz_observer_events events = {
		.context = watch,
		.deadlocked = on_deadlock,
		.stalled = stall_s ? on_stall : NULL,
		.stall_ns = stall_s * SECOND_NS,
	};

	memset(watch, 0, sizeof(*watch));
	watch->report = report;
	watch->signal = signal;
	watch->observer = viz_observer_new(&events, false);
}

void viz_run_watch_add(struct viz_run_watch *watch, struct viz_run_process *process)
{
	/* Where it fails it is tried again at the next turn. */
	if (watch->observer && process && !viz_observer_has(watch->observer, process) &&
		!viz_observer_add(watch->observer, process, process->fd))
		return;
}

void viz_run_watch_poll(struct viz_run_watch *watch)
{
	struct timespec now;
	uint64_t now_ns;

	clock_gettime(CLOCK_MONOTONIC, &now);
	now_ns = (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
	if (!watch->observer || now_ns < watch->next_ns)
		return;
	viz_observer_poll(watch->observer);
	watch->next_ns =
		now_ns + (viz_observer_is_suspicious(watch->observer) ? SUSPICIOUS_NS : POLL_NS);
}

void viz_run_watch_end(struct viz_run_watch *watch, struct viz_run_process *process)
{
	viz_run_watch_add(watch, process);
	if (watch->observer && process)
		viz_observer_end(watch->observer, process);
}

void viz_run_watch_close(struct viz_run_watch *watch)
{
	viz_observer_free(watch->observer);
}
