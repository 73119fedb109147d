/* Starts and stops the servers that the load client drives. */
#include "live.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define START_TRIES 500 /* of 10 ms */

bool bench_live_is_installed(const struct bench_server *server)
{
	char command[128];

	snprintf(command, sizeof(command), "command -v %s >/dev/null 2>&1", server->argv[0]);
	return system(command) == 0;
}

/* -u names whom memcached runs as when root starts it; for others it would be an error. */
static void fill_arguments(const struct bench_setting *setting, const struct bench_server *server,
	struct bench_live *live, char **argv)
{
	int count = 0;

	for (int i = 0; server->argv[i]; i++) {
		if (strcmp(server->argv[i], "-u") == 0 && geteuid() != 0)
			i++;
		else if (strcmp(server->argv[i], "SOCKET") == 0)
			argv[count++] = live->socket;
		else if (strcmp(server->argv[i], "DIRECTORY") == 0)
			argv[count++] = (char *)setting->directory;
		else
			argv[count++] = server->argv[i];
	}
	argv[count] = NULL;
}

static void spawn(const struct bench_setting *setting, const struct bench_server *server,
	struct bench_live *live)
{
	char *argv[BENCH_ARRAY_LEN(server->argv)];
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct bench_child child = {argv, live->watched, live->arena, live->more, null,
		live->out >= 0 ? live->out : null, live->err};

	fill_arguments(setting, server, live, argv);
	bench_pin(server->spins ? -1 : 1);
	live->pid = bench_spawn(setting, &child);
	bench_pin(server->spins ? -1 : 0);
	close(null);
}

bool bench_live_start(const struct bench_setting *setting, const struct bench_server *server,
	struct bench_live *live)
{
	const struct bench_client client = {live->socket, &live->dialogue, 1, NULL};

	snprintf(live->socket, sizeof(live->socket), "%s/%s.%s.sock", setting->directory,
		server->name, live->watched ? "ours" : "bare");
	snprintf(live->arena, sizeof(live->arena), "%s.ldl", server->name);
	live->dialogue.protocol = server->protocol;
	live->dialogue.seed = 99;
	spawn(setting, server, live);
	for (int i = 0; live->pid > 0 && i < START_TRIES; i++) {
		if (bench_client_fill(&client))
			return true;
		usleep(10000);
	}
	fprintf(stderr, "bench: %s%s: did not start\n", server->name,
		live->watched ? ", watched" : "");
	return false;
}

double bench_live_cpu_ns(const struct bench_live *live)
{
	struct timespec used;
	clockid_t clock;

	if (clock_getcpuclockid(live->pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
		return 0;
	return (double)used.tv_sec * 1e9 + (double)used.tv_nsec;
}

int bench_live_stop(struct bench_live *live)
{
	int status;

	if (live->pid <= 0)
		return -1;
	kill(live->pid, SIGTERM);
	status = bench_reap(live->pid);
	unlink(live->socket);
	return status;
}
