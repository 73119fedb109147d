/* Threads in /proc. See task.h. */
#include "task.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STATUS_MAX 4096

/* The text behind "NAME:" at the beginning of a line; NULL: there is no such line. */
static const char *field(const char *status, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = status; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, len) == 0 && line[len] == ':')
			return line + len + 1;
	}
	return NULL;
}

/* Length of the text, or -errno. */
static ssize_t read_status(uint32_t pid, uint32_t tid, char text[STATUS_MAX])
{
	char path[64];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/task/%u/status", pid, tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read(fd, text, STATUS_MAX - 1);
	if (len < 0)
		len = -errno;
	close(fd);
	if (len >= 0)
		text[len] = 0;
	return len;
}

/* Whether the process shows its threads at all: else a missing one proves nothing. */
static bool is_process_there(uint32_t pid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%u/task", pid);
	return access(path, R_OK | X_OK) == 0;
}

struct viz_task viz_task_look(uint32_t pid, uint32_t tid)
{
	struct viz_task task = {VIZ_TASK_UNKNOWN, 0, 0};
	const char *state, *voluntary, *other;
	char text[STATUS_MAX];
	ssize_t len = pid && tid ? read_status(pid, tid, text) : -EINVAL;

	if (len == -ENOENT || len == -ESRCH) {
		task.presence = is_process_there(pid) ? VIZ_TASK_GONE : VIZ_TASK_UNKNOWN;
		return task;
	}
	if (len <= 0)
		return task;
	state = field(text, "State");
	voluntary = field(text, "voluntary_ctxt_switches");
	other = field(text, "nonvoluntary_ctxt_switches");
	task.presence = VIZ_TASK_THERE;
	if (!state)
		return task;
	state += strspn(state, " \t");
	if (*state == 'Z' || *state == 'X')
		task.presence = VIZ_TASK_GONE;
	else if (voluntary && other) {
		task.state = *state;
		task.switches = strtoull(voluntary, NULL, 10) + strtoull(other, NULL, 10);
	}
	return task;
}

bool viz_task_name(uint32_t pid, uint32_t tid, char name[16])
{
	char path[64], text[17];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/task/%u/comm", pid, tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return false;
	text[len] = 0;
	text[strcspn(text, "\n")] = 0;
	snprintf(name, 16, "%.15s", text);
	return true;
}

bool viz_task_slept(const struct viz_task *before, const struct viz_task *after)
{
	return before->presence == VIZ_TASK_THERE && after->presence == VIZ_TASK_THERE &&
	       before->state && after->state && before->state != 'R' && after->state != 'R' &&
	       before->switches == after->switches;
}
