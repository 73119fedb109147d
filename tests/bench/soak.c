/* `make soak-apps`: drives one server of the distribution's, a bare and a watched one in turns,
 * with mixed requests, and tells throughput, latency and memory of both.
 *
 *	soak [--preload LIBRARY] --directory DIRECTORY --seconds N SERVER  (without: both are bare)
 *	soak --row NAME  (standard input: pairs of times, bare and watched; prints their row)
 *
 * DIRECTORY gets what the servers print (bare.out, watched.err …) and the arena, SERVER.ldl. Exit
 * status 1: a wrong answer, or a lost connection. The figures are judged by tests/soak/. */
#include "live.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define QUADS_MAX     1000
#define LEAD_SECONDS  0.15 /* not measured: redis's other I/O threads spin for 0.1 s more */
#define SLICE_SECONDS 0.6
#define WARM_UP_SHARE 0.1

static const struct bench_server servers[] = {
	{"memcached", "memcached", &bench_memcached, 1, false,
		{"memcached", "-t", "2", "-U", "0", "-m", "64", "-u", "root", "-s", "SOCKET"}},
	{"redis", "redis-server", &bench_redis, 1, true,
		{"redis-server", "--port", "0", "--unixsocket", "SOCKET", "--save", "",
			"--appendonly", "no", "--io-threads", "2", "--io-threads-do-reads", "yes",
			"--loglevel", "warning", "--dir", "DIRECTORY"}},
};

/* One request at a time, as most clients do; and as many as a client that is in a hurry. */
static const struct load {
	const char *name;
	int batch;
} loads[] = {{"single", 1}, {"batch", BENCH_BATCH_MAX}};

/* Of one load, [watched or not]: an operation's nanoseconds in each quad, on the wall and of the
 * server's CPU time; and all latencies. */
static struct figures {
	double wall[2][QUADS_MAX], cpu[2][QUADS_MAX];
	struct histogram latency[2];
	int quads;
} figures[BENCH_ARRAY_LEN(loads)];

static struct bench_live pair[2];

static const char *name_of(bool watched)
{
	return watched ? "watched" : "bare";
}

static bool drive_slice(const struct load *load, bool watched)
{
	static struct histogram latency;
	struct figures *here = &figures[load - loads];
	struct bench_live *live = &pair[watched];
	struct bench_client client = {live->socket, &live->dialogue, load->batch, NULL};
	double wall_start, cpu_start, done;

	if (bench_client_run(&client, LEAD_SECONDS) <= 0)
		return false;
	memset(&latency, 0, sizeof(latency));
	client.latency = &latency;
	wall_start = bench_now_ns();
	cpu_start = bench_live_cpu_ns(live);
	done = bench_client_run(&client, SLICE_SECONDS);
	if (done <= 0)
		return false;
	here->wall[watched][here->quads] += (bench_now_ns() - wall_start) / done / 2;
	here->cpu[watched][here->quads] += (bench_live_cpu_ns(live) - cpu_start) / done / 2;
	histogram_merge(&here->latency[watched], &latency);
	return true;
}

/* bare, ours, ours, bare; every other time the reverse. */
static bool drive_quad(const struct load *load)
{
	struct figures *here = &figures[load - loads];

	for (int turn = 0; turn < 4; turn++) {
		bool watched = (turn == 1 || turn == 2) ^ (here->quads % 2);

		if (!drive_slice(load, watched)) {
			fprintf(stderr, "soak: %s: the %s server failed\n", load->name,
				name_of(watched));
			return false;
		}
	}
	here->quads++;
	return true;
}

/* kB in all, and of private memory, files and shared memory: the arena is among the last two. */
static void print_memory(const char *when)
{
	static const char *const kinds[] = {"VmRSS", "RssAnon", "RssFile", "RssShmem"};

	for (int watched = 0; watched < 2; watched++) {
		unsigned long kibi[BENCH_ARRAY_LEN(kinds)] = {0};
		char path[64], line[128], kind[32];
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%d/status", (int)pair[watched].pid);
		file = fopen(path, "re");
		while (file && fgets(line, sizeof(line), file)) {
			unsigned long value;

			if (sscanf(line, "%31[^:]: %lu kB", kind, &value) != 2)
				continue;
			for (size_t i = 0; i < BENCH_ARRAY_LEN(kinds); i++)
				if (strcmp(kind, kinds[i]) == 0)
					kibi[i] = value;
		}
		if (file)
			fclose(file);
		printf("soak.memory %s %s %lu %lu %lu %lu\n", name_of(watched), when, kibi[0],
			kibi[1], kibi[2], kibi[3]);
	}
	fflush(stdout);
}

static bool soak(double seconds)
{
	double start = bench_now_ns(), end = start + seconds * 1e9;
	double warm = start + seconds * 1e9 * WARM_UP_SHARE;

	for (int quad = 0; bench_now_ns() < end && quad < QUADS_MAX; quad++) {
		for (size_t i = 0; i < BENCH_ARRAY_LEN(loads); i++)
			if (!drive_quad(&loads[i]))
				return false;
		if (warm > 0 && bench_now_ns() >= warm) {
			print_memory("warm");
			warm = 0;
		}
	}
	print_memory("end");
	return true;
}

static void print_row(
	const char *server, const char *load, const char *what, const struct bench_sample *sample)
{
	char name[BENCH_NAME_MAX];

	snprintf(name, sizeof(name), "%s.%s", server, load);
	bench_row_print(name, what, sample);
}

/* A throughput is the inverse of a time, and so is its ratio. */
static struct bench_sample inverted(const struct bench_sample *sample)
{
	struct bench_sample turned = *sample;

	turned.ratio = 1 / sample->ratio;
	turned.low = 1 / sample->high;
	turned.median = 1 / sample->median;
	turned.high = 1 / sample->low;
	return turned;
}

/* One ratio, of all that was answered in the soak: a slice's 99th percentile says little about that
 * of the next, since it lies where a request waits for another thread's turn on the CPU, or not. */
static void print_latency(const char *server, const char *load, struct figures *here)
{
	static const double shares[] = {0.5, 0.9, 0.99, 0.999};
	double p99[2];
	struct bench_sample sample;

	for (int watched = 0; watched < 2; watched++) {
		p99[watched] = histogram_quantile(&here->latency[watched], 0.99);
		printf("soak.latency %s.%s %s", server, load, name_of(watched));
		for (size_t i = 0; i < BENCH_ARRAY_LEN(shares); i++)
			printf(" p%g %.0f", shares[i] * 100,
				histogram_quantile(&here->latency[watched], shares[i]));
		printf(" of %llu\n", (unsigned long long)here->latency[watched].total);
	}
	bench_summarize(&p99[0], &p99[1], 1, &sample);
	print_row(server, load, ".p99", &sample);
}

static void print_figures(const char *server)
{
	for (size_t i = 0; i < BENCH_ARRAY_LEN(loads); i++) {
		struct figures *here = &figures[i];
		const char *load = loads[i].name;
		struct bench_sample sample;

		bench_summarize(here->wall[0], here->wall[1], here->quads, &sample);
		sample = inverted(&sample);
		print_row(server, load, ".throughput", &sample);
		bench_summarize(here->cpu[0], here->cpu[1], here->quads, &sample);
		print_row(server, load, ".cpu", &sample);
		print_latency(server, load, here);
	}
}

/* Where a server's output goes; -1 when it cannot be made. */
static int open_output(const struct bench_setting *setting, bool watched, const char *what)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s.%s", setting->directory, name_of(watched), what);
	return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

static int run(
	const struct bench_setting *setting, const struct bench_server *server, double seconds)
{
	bool is_good = true;

	for (int watched = 0; watched < 2; watched++) {
		struct bench_live *live = &pair[watched];

		live->watched = watched;
		live->more = ":mode=prod";
		live->dialogue.is_mixed = true;
		live->out = open_output(setting, watched, "out");
		live->err = open_output(setting, watched, "err");
		is_good = is_good && bench_live_start(setting, server, live);
	}
	is_good = is_good && soak(seconds);
	for (int watched = 0; watched < 2; watched++)
		printf("soak.status %s %d\n", name_of(watched), bench_live_stop(&pair[watched]));
	if (is_good)
		print_figures(server->name);
	return is_good ? 0 : 1;
}

static bool ends_with(const char *name, const char *end)
{
	size_t len = strlen(name), end_len = strlen(end);

	return len >= end_len && strcmp(name + len - end_len, end) == 0;
}

/* The pairs of another program's run. */
static int summarize_input(const char *name)
{
	static double bare[QUADS_MAX], ours[QUADS_MAX];
	struct bench_sample sample;
	int count = 0;

	while (count < QUADS_MAX && scanf("%lf %lf", &bare[count], &ours[count]) == 2)
		count++;
	if (count == 0)
		return 1;
	bench_summarize(bare, ours, count, &sample);
	if (ends_with(name, ".throughput"))
		sample = inverted(&sample);
	bench_row_print(name, "", &sample);
	return 0;
}

int main(int argc, char **argv)
{
	struct bench_setting setting = {0};
	double seconds = 600;
	int first = 1;

	for (; first + 1 < argc && strncmp(argv[first], "--", 2) == 0; first += 2) {
		if (strcmp(argv[first], "--row") == 0)
			return summarize_input(argv[first + 1]);
		if (strcmp(argv[first], "--preload") == 0)
			setting.preload = argv[first + 1];
		else if (strcmp(argv[first], "--seconds") == 0)
			seconds = atof(argv[first + 1]);
		else if (strcmp(argv[first], "--directory") == 0)
			snprintf(setting.directory, sizeof(setting.directory), "%s",
				argv[first + 1]);
	}
	for (size_t i = 0; setting.directory[0] && first < argc && i < BENCH_ARRAY_LEN(servers);
		i++)
		if (strcmp(servers[i].name, argv[first]) == 0)
			return run(&setting, &servers[i], seconds);
	fprintf(stderr, "soak: --directory and a server are needed: use make soak-apps\n");
	return 2;
}
