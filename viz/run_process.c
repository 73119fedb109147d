/* A watched process of `lockdep-lite run`. See run_process.h. */
#include "run_process.h"

#include <stdio.h>
#include <stdlib.h>

struct viz_run_process *viz_run_process_of(
	void **data, int fd, struct viz_view view, struct viz_filter *filter)
{
	struct viz_run_process *process = *data;

	if (!process)
		process = calloc(1, sizeof(*process));
	if (process) {
		process->fd = fd;
		process->view = view;
		process->filter = filter;
	}
	*data = process;
	return process;
}

/* Processes are the names that the observer was given. */
static struct viz_run *run_of(void *context, const void *id)
{
	struct viz_run_process *process = (struct viz_run_process *)(uintptr_t)id;

	return process->run ? process->run : viz_run_process_read(process, NULL);
}

static struct viz_run *open_run(const struct viz_run_process *process, const char *path)
{
	char own[64], error[512];
	struct viz_run *run;

	snprintf(own, sizeof(own), "/proc/self/fd/%d", process->fd);
	if (viz_run_open(&run, path ? path : own, error, sizeof(error)) != LDL_OK)
		return NULL;
	viz_run_set_view(run, process->view);
	viz_run_set_filter(run, process->filter);
	return run;
}

struct viz_run *viz_run_process_read(struct viz_run_process *process, const char *path)
{
	char error[512];
	struct viz_run *opened;

	if (process->run && !path) {
		if (viz_run_reload(process->run, error, sizeof(error)) != LDL_OK)
			return NULL;
	} else {
		opened = open_run(process, path);
		if (!opened)
			return NULL;
		viz_run_close(process->run);
		process->run = opened;
	}
	for (size_t i = 0; i < process->deadlock_count; i++)
		(void)viz_deadlock_add(process->run, process->deadlocks[i], run_of, NULL);
	return process->run;
}

ldl_finding_id viz_run_process_add(
	struct viz_run_process *process, const struct viz_deadlock *deadlock)
{
	struct viz_deadlock **grown = reallocarray(
		process->deadlocks, process->deadlock_count + 1, sizeof(struct viz_deadlock *));
	struct viz_deadlock *copy;

	if (!grown)
		return 0;
	process->deadlocks = grown;
	copy = viz_deadlock_copy(deadlock);
	/* Read again first: classes and stacks may be younger than what was read. */
	if (!copy || !viz_run_process_read(process, NULL)) {
		free(copy);
		return 0;
	}
	process->deadlocks[process->deadlock_count++] = copy;
	return viz_deadlock_add(process->run, copy, run_of, NULL);
}

void viz_run_process_free(struct viz_run_process *process)
{
	if (!process)
		return;
	viz_run_close(process->run);
	for (size_t i = 0; i < process->deadlock_count; i++)
		free(process->deadlocks[i]);
	free(process->deadlocks);
	free(process);
}
