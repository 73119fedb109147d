/* Throughput of memcached and redis, watched and not: both servers live at once, on a unix socket
 * each, and one client drives them in turns. Two rows for each: operations a second, and the
 * server's own CPU time for an operation, which a busy machine disturbs less. Where there are two
 * CPUs the servers have one and the client the other, so that the scheduler is not measured. */
#include "bench.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SERVER_PAIRS 5  /* each process has its own layout in memory, which may be a lucky one */
#define QUADS        25 /* of each pair of servers */
#define SAMPLES      (SERVER_PAIRS * QUADS)
#define RUN_SECONDS  0.05
#define START_TRIES  500 /* of 10 ms */

struct server {
	const char *name, *package;
	const struct bench_protocol *protocol;
	int cpus_min; /* redis's I/O threads spin: with fewer CPUs only the scheduler is measured */
	char *argv[24]; /* SOCKET and DIRECTORY stand for the paths */
};

static const struct server servers[] = {
	{"memcached", "memcached", &bench_memcached, 1,
		{"memcached", "-t", "2", "-U", "0", "-m", "64", "-u", "root", "-s", "SOCKET"}},
	{"redis", "redis-server", &bench_redis, 1,
		{"redis-server", "--port", "0", "--unixsocket", "SOCKET", "--save", "",
			"--appendonly", "no", "--dir", "DIRECTORY", "--logfile", "/dev/null"}},
	{"redis-io", "redis-server", &bench_redis, 4,
		{"redis-server", "--port", "0", "--unixsocket", "SOCKET", "--save", "",
			"--appendonly", "no", "--io-threads", "2", "--dir", "DIRECTORY",
			"--logfile", "/dev/null"}},
};

struct running {
	pid_t pid;
	clockid_t clock; /* its CPU time */
	char socket[96], arena[48];
};

static bool is_installed(const char *program)
{
	char command[128];

	snprintf(command, sizeof(command), "command -v %s >/dev/null 2>&1", program);
	return system(command) == 0;
}

/* -u names whom memcached runs as when root starts it; for others it would be an error. */
static void fill_arguments(const struct bench_setting *setting, const struct server *server,
	struct running *running, char **argv)
{
	int count = 0;

	for (int i = 0; server->argv[i]; i++) {
		if (strcmp(server->argv[i], "-u") == 0 && geteuid() != 0)
			i++;
		else if (strcmp(server->argv[i], "SOCKET") == 0)
			argv[count++] = running->socket;
		else if (strcmp(server->argv[i], "DIRECTORY") == 0)
			argv[count++] = (char *)setting->directory;
		else
			argv[count++] = server->argv[i];
	}
	argv[count] = NULL;
}

static bool start_server(const struct bench_setting *setting, const struct server *server,
	bool watched, struct running *running)
{
	char *argv[BENCH_ARRAY_LEN(server->argv)];
	struct bench_child child = {argv, watched, running->arena, "", -1, -1};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	snprintf(running->socket, sizeof(running->socket), "%s/%s.%s.sock", setting->directory,
		server->name, watched ? "ours" : "bare");
	snprintf(running->arena, sizeof(running->arena), "%s.ldl", server->name);
	fill_arguments(setting, server, running, argv);
	child.in = child.out = null;
	bench_pin(1);
	running->pid = bench_spawn(setting, &child);
	bench_pin(0);
	close(null);
	if (running->pid < 0 || clock_getcpuclockid(running->pid, &running->clock) != 0)
		return false;
	for (int i = 0; i < START_TRIES; i++) {
		if (bench_client_fill(server->protocol, running->socket))
			return true;
		usleep(10000);
	}
	fprintf(stderr, "bench: %s%s: did not start\n", server->name, watched ? ", watched" : "");
	return false;
}

static void stop_server(struct running *running)
{
	if (running->pid <= 0)
		return;
	kill(running->pid, SIGTERM);
	bench_reap(running->pid);
	unlink(running->socket);
}

static double cpu_ns(const struct running *running)
{
	struct timespec used;

	if (clock_gettime(running->clock, &used) != 0)
		return 0;
	return (double)used.tv_sec * 1e9 + (double)used.tv_nsec;
}

/* One run: nanoseconds an operation, on the wall and of the server's CPU time. */
static bool drive_once(
	const struct server *server, const struct running *running, double *wall, double *cpu)
{
	double wall_start = bench_now_ns(), cpu_start = cpu_ns(running);
	double done = bench_client_run(server->protocol, running->socket, RUN_SECONDS);

	if (done <= 0) {
		fprintf(stderr, "bench: %s: stopped answering\n", server->name);
		return false;
	}
	*wall += (bench_now_ns() - wall_start) / done / 2;
	*cpu += (cpu_ns(running) - cpu_start) / done / 2;
	return true;
}

/* Nanoseconds an operation: [watched or not][sample]. */
struct figures {
	double wall[2][SAMPLES], cpu[2][SAMPLES];
	int count;
};

/* Throughput is the inverse of time: bare time to watched time. */
static void print_row(const char *name, const char *what, double (*figures)[SAMPLES], int count,
	bool is_throughput)
{
	struct bench_sample sample, turned;

	bench_summarize(figures[0], figures[1], count, &sample);
	turned = sample;
	if (is_throughput) {
		turned.ratio = 1 / sample.ratio;
		turned.low = 1 / sample.high;
		turned.median = 1 / sample.median;
		turned.high = 1 / sample.low;
	}
	bench_row_print(name, what, &turned);
}

static bool compare(
	const struct server *server, const struct running *pair, struct figures *figures)
{
	double warm_up = 0;

	for (int i = 0; i < 2; i++)
		if (!drive_once(server, &pair[i], &warm_up, &warm_up))
			return false;
	for (int quad = 0; quad < QUADS; quad++) {
		int at = figures->count;

		for (int turn = 0; turn < 4; turn++) {
			/* bare, ours, ours, bare; every other time the reverse */
			int which = (turn == 1 || turn == 2) ^ (quad % 2);

			if (!drive_once(server, &pair[which], &figures->wall[which][at],
				    &figures->cpu[which][at]))
				return false;
		}
		figures->count++;
	}
	return true;
}

static bool compare_new_pair(const struct bench_setting *setting, const struct server *server,
	bool watched_first, struct figures *figures)
{
	struct running pair[2] = {0};
	bool is_good;

	is_good = start_server(setting, server, watched_first, &pair[watched_first]) &&
		  start_server(setting, server, !watched_first, &pair[!watched_first]);
	is_good = is_good && compare(server, pair, figures);
	stop_server(&pair[0]);
	stop_server(&pair[1]);
	return is_good;
}

void bench_rows_servers(const struct bench_setting *setting)
{
	for (size_t i = 0; i < BENCH_ARRAY_LEN(servers); i++) {
		static struct figures figures;
		bool is_good = true;

		if (!is_installed(servers[i].argv[0])) {
			printf("bench.skip %s: not installed: apt-get install %s\n",
				servers[i].name, servers[i].package);
			continue;
		}
		if (sysconf(_SC_NPROCESSORS_ONLN) < servers[i].cpus_min) {
			printf("bench.skip %s: its threads spin and want %d CPUs\n",
				servers[i].name, servers[i].cpus_min);
			continue;
		}
		memset(&figures, 0, sizeof(figures));
		for (int start = 0; is_good && start < SERVER_PAIRS; start++)
			is_good = compare_new_pair(setting, &servers[i], start % 2, &figures);
		if (!is_good)
			continue;
		print_row(servers[i].name, ".throughput", figures.wall, figures.count, true);
		print_row(servers[i].name, ".cpu", figures.cpu, figures.count, false);
	}
}
