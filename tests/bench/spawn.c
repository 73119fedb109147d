/* Children with and without the preload library. */
#include "bench.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* The environment less what would watch the child; two places are left free at the end. */
static char **copy_environment(size_t *count)
{
	size_t len = 0;
	char **copy;

	while (environ[len])
		len++;
	copy = calloc(len + 3, sizeof(*copy));
	*count = 0;
	for (size_t i = 0; copy && i < len; i++)
		if (strncmp(environ[i], "LD_PRELOAD=", 11) &&
			strncmp(environ[i], "LOCKDEP_LITE=", 13))
			copy[(*count)++] = environ[i];
	return copy;
}

pid_t bench_spawn(const struct bench_setting *setting, const struct bench_child *child)
{
	char preload[4096], options[512];
	posix_spawn_file_actions_t actions;
	size_t count;
	char **environment = copy_environment(&count);
	pid_t pid = -1;

	if (!environment)
		return -1;
	if (child->watched && setting->preload) {
		snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", setting->preload);
		snprintf(options, sizeof(options), "LOCKDEP_LITE=mode=check:quiet:out=%s/%s%s",
			setting->directory, child->arena, child->more);
		environment[count++] = preload;
		environment[count++] = options;
	}
	posix_spawn_file_actions_init(&actions);
	if (child->in >= 0)
		posix_spawn_file_actions_adddup2(&actions, child->in, 0);
	if (child->out >= 0)
		posix_spawn_file_actions_adddup2(&actions, child->out, 1);
	if (child->err >= 0)
		posix_spawn_file_actions_adddup2(&actions, child->err, 2);
	if (posix_spawnp(&pid, child->argv[0], &actions, NULL, child->argv, environment) != 0)
		pid = -1;
	posix_spawn_file_actions_destroy(&actions);
	free(environment);
	return pid;
}

int bench_reap(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return status;
}

void bench_forget_arena(const struct bench_setting *setting, const char *arena)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", setting->directory, arena);
	unlink(path);
}
