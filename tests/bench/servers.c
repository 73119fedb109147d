/* Throughput of memcached and redis, watched and not: both servers live at once, on a unix socket
 * each, and one client drives them in turns. Two rows for each: operations a second, and the
 * server's own CPU time for an operation, which a busy machine disturbs less. Where there are two
 * CPUs the servers have one and the client the other, so that the scheduler is not measured. */
#include "live.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SERVER_PAIRS 10 /* each process has its own layout in memory, which may be a lucky one */
#define QUADS        24 /* of each pair of servers */
#define SAMPLES      (SERVER_PAIRS * QUADS)
#define RUN_SECONDS  0.05

static const struct bench_server servers[] = {
	{"memcached", "memcached", &bench_memcached, 1, false,
		{"memcached", "-t", "2", "-U", "0", "-m", "64", "-u", "root", "-s", "SOCKET"}},
	{"redis", "redis-server", &bench_redis, 1, false,
		{"redis-server", "--port", "0", "--unixsocket", "SOCKET", "--save", "",
			"--appendonly", "no", "--dir", "DIRECTORY", "--logfile", "/dev/null"}},
	{"redis-io", "redis-server", &bench_redis, 4, true,
		{"redis-server", "--port", "0", "--unixsocket", "SOCKET", "--save", "",
			"--appendonly", "no", "--io-threads", "2", "--dir", "DIRECTORY",
			"--logfile", "/dev/null"}},
};

/* With one request at a time on a connection, as most clients have it, the server spends half of
 * its time in the kernel; with many at once it does little but what it is for. */
static const struct row {
	const char *name;
	const struct bench_server *server;
	int batch;
} rows[] = {
	{"memcached", &servers[0], 1},
	{"memcached-batch", &servers[0], BENCH_BATCH_MAX},
	{"redis", &servers[1], BENCH_BATCH_MAX},
	{"redis-io", &servers[2], BENCH_BATCH_MAX},
};

/* One run: nanoseconds an operation, on the wall and of the server's CPU time. */
static bool drive_once(struct bench_live *live, int batch, double *wall, double *cpu)
{
	const struct bench_client client = {live->socket, &live->dialogue, batch, NULL};
	double wall_start = bench_now_ns(), cpu_start = bench_live_cpu_ns(live);
	double done = bench_client_run(&client, RUN_SECONDS);

	if (done <= 0)
		return false;
	*wall += (bench_now_ns() - wall_start) / done / 2;
	*cpu += (bench_live_cpu_ns(live) - cpu_start) / done / 2;
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

static bool compare(struct bench_live *pair, int batch, struct figures *figures)
{
	double warm_up = 0;

	for (int i = 0; i < 2; i++)
		if (!drive_once(&pair[i], batch, &warm_up, &warm_up))
			return false;
	for (int quad = 0; quad < QUADS; quad++) {
		int at = figures->count;

		for (int turn = 0; turn < 4; turn++) {
			/* bare, ours, ours, bare; every other time the reverse */
			int which = (turn == 1 || turn == 2) ^ (quad % 2);

			if (!drive_once(&pair[which], batch, &figures->wall[which][at],
				    &figures->cpu[which][at]))
				return false;
		}
		figures->count++;
	}
	return true;
}

static bool compare_new_pair(const struct bench_setting *setting, const struct row *row,
	bool watched_first, struct figures *figures)
{
	static struct bench_live pair[2];
	bool is_good;

	for (int watched = 0; watched < 2; watched++)
		pair[watched] =
			(struct bench_live){.watched = watched, .more = "", .out = -1, .err = -1};
	is_good = bench_live_start(setting, row->server, &pair[watched_first]) &&
		  bench_live_start(setting, row->server, &pair[!watched_first]);
	is_good = is_good && compare(pair, row->batch, figures);
	bench_live_stop(&pair[0]);
	bench_live_stop(&pair[1]);
	return is_good;
}

static bool can_run(const struct row *row)
{
	if (!bench_live_is_installed(row->server)) {
		printf("bench.skip %s: not installed: apt-get install %s\n", row->name,
			row->server->package);
		return false;
	}
	if (sysconf(_SC_NPROCESSORS_ONLN) < row->server->cpus_min) {
		printf("bench.skip %s: its threads spin and want %d CPUs\n", row->name,
			row->server->cpus_min);
		return false;
	}
	return true;
}

void bench_rows_servers(const struct bench_setting *setting)
{
	for (size_t i = 0; i < BENCH_ARRAY_LEN(rows); i++) {
		static struct figures figures;
		bool is_good = can_run(&rows[i]);

		memset(&figures, 0, sizeof(figures));
		for (int start = 0; is_good && start < SERVER_PAIRS; start++)
			is_good = compare_new_pair(setting, &rows[i], start % 2, &figures);
		if (!is_good)
			continue;
		print_row(rows[i].name, ".throughput", figures.wall, figures.count, true);
		print_row(rows[i].name, ".cpu", figures.cpu, figures.count, false);
	}
}
