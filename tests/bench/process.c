/* Rows that need a process for each run: start-up time and memory. */
#include "bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STARTS      101
#define STORM_RUNS  9
#define RUNS_MAX    STARTS
#define MEMORY_RUNS 11
#define UNIT_KIBI   1024.0

static double time_start(const struct bench_setting *setting, bool watched)
{
	char *argv[] = {(char *)setting->trivial, NULL};
	const struct bench_child child = {argv, watched, "start.ldl", "", -1, -1, -1};
	double start = bench_now_ns(), took;

	bench_reap(bench_spawn(setting, &child));
	took = bench_now_ns() - start;
	if (watched)
		bench_forget_arena(setting, "start.ldl");
	return took;
}

/* A program all of whose work is new, in production: elapsed time. */
static double time_storm(const struct bench_setting *setting, bool watched)
{
	char *argv[] = {(char *)setting->storm, "15000", NULL};
	int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);
	const struct bench_child child = {argv, watched, "storm.ldl", ":mode=prod", -1, quiet, -1};
	double start = bench_now_ns(), took;

	bench_reap(bench_spawn(setting, &child));
	took = bench_now_ns() - start;
	if (quiet >= 0)
		close(quiet);
	if (watched)
		bench_forget_arena(setting, "storm.ldl");
	return took;
}

/* A row of whole runs, bare and watched in turns, each way first as often as the other. */
static void row_of_runs(const struct bench_setting *setting, const char *name, int count,
	double (*run)(const struct bench_setting *, bool watched))
{
	double bare[RUNS_MAX], ours[RUNS_MAX];
	struct bench_sample sample;

	run(setting, false);
	run(setting, true);
	for (int i = 0; i < count; i++) {
		bool watched_first = i % 2;
		double first = run(setting, watched_first);
		double second = run(setting, !watched_first);

		bare[i] = watched_first ? second : first;
		ours[i] = watched_first ? first : second;
	}
	bench_summarize(bare, ours, count, &sample);
	bench_row_print(name, "", &sample);
}

void bench_rows_storm(const struct bench_setting *setting)
{
	if (setting->storm)
		row_of_runs(setting, "storm", STORM_RUNS, time_storm);
}

struct memory {
	double rss, pss, arena; /* bytes */
};

static void read_rollup(pid_t pid, struct memory *memory)
{
	char path[64], line[256];
	unsigned long kibi;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Rss: %lu kB", &kibi) == 1)
			memory->rss = (double)kibi * UNIT_KIBI;
		else if (sscanf(line, "Pss: %lu kB", &kibi) == 1)
			memory->pss = (double)kibi * UNIT_KIBI;
	}
	if (file)
		fclose(file);
}

static bool look_at_memory(const struct bench_setting *setting, bool watched, struct memory *memory)
{
	char *argv[] = {(char *)setting->trivial, "wait", NULL};
	struct bench_child child = {argv, watched, "memory.ldl", "", -1, -1, -1};
	int to_child[2], from_child[2];
	char byte, path[128];
	struct stat status;
	bool is_ready;
	pid_t pid;

	memset(memory, 0, sizeof(*memory));
	if (pipe2(to_child, O_CLOEXEC) != 0 || pipe2(from_child, O_CLOEXEC) != 0)
		return false;
	child.in = to_child[0];
	child.out = from_child[1];
	pid = bench_spawn(setting, &child);
	close(to_child[0]);
	close(from_child[1]);
	is_ready = read(from_child[0], &byte, 1) == 1;
	if (is_ready)
		read_rollup(pid, memory);
	snprintf(path, sizeof(path), "%s/memory.ldl", setting->directory);
	if (watched && stat(path, &status) == 0)
		memory->arena = (double)status.st_blocks * 512;
	close(to_child[1]);
	close(from_child[0]);
	bench_reap(pid);
	bench_forget_arena(setting, "memory.ldl");
	return is_ready;
}

static void memory_row_print(const char *name, double *bare, double *ours)
{
	struct bench_sample sample = {0};

	sample.bare_ns = bench_median(bare, MEMORY_RUNS);
	sample.ours_ns = bench_median(ours, MEMORY_RUNS);
	sample.ratio = sample.bare_ns > 0 ? sample.ours_ns / sample.bare_ns : 0;
	sample.low = sample.median = sample.high = sample.ratio;
	bench_row_print(name, "", &sample);
}

static void rows_memory(const struct bench_setting *setting)
{
	double rss[2][MEMORY_RUNS], pss[2][MEMORY_RUNS], arena[2][MEMORY_RUNS];

	for (int i = 0; i < MEMORY_RUNS; i++) {
		for (int watched = 0; watched < 2; watched++) {
			struct memory memory;

			if (!look_at_memory(setting, watched, &memory)) {
				fprintf(stderr,
					"bench: memory: the trivial program did not start\n");
				return;
			}
			rss[watched][i] = memory.rss;
			pss[watched][i] = memory.pss;
			arena[watched][i] = memory.arena;
		}
	}
	memory_row_print("memory.rss", rss[0], rss[1]);
	memory_row_print("memory.pss", pss[0], pss[1]);
	memory_row_print("memory.arena", arena[0], arena[1]);
}

void bench_rows_process(const struct bench_setting *setting)
{
	row_of_runs(setting, "start", STARTS, time_start);
	rows_memory(setting);
}
