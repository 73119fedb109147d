/* Runs the measured processes several times and takes medians: each process has its own layout in
 * memory, and a noisy minute spoils one of them only. */
#include "bench.h"
#include "core/format.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RUNS        5
#define ROWS_MAX    64
#define EDGE_MEMORY ":memory=512M" /* 200,000 classes do not fit into the default's share */

struct merged_row {
	char name[BENCH_NAME_MAX];
	struct bench_sample samples[RUNS];
	int count;
};

static struct merged_row rows[ROWS_MAX];

static void merge_line(const char *line)
{
	char name[BENCH_NAME_MAX];
	struct bench_sample sample;

	if (!bench_row_read(line, name, &sample)) {
		fputs(line, stdout);
		return;
	}
	for (int i = 0; i < ROWS_MAX; i++) {
		struct merged_row *row = &rows[i];

		if (row->count > 0 && strcmp(row->name, name) != 0)
			continue;
		if (row->count == RUNS)
			return;
		memcpy(row->name, name, sizeof(name));
		row->samples[row->count++] = sample;
		return;
	}
}

/* The median over the runs of one member of their samples. */
static double median_of(const struct merged_row *row, size_t offset)
{
	double values[RUNS];

	for (int i = 0; i < row->count; i++)
		memcpy(&values[i], (const char *)&row->samples[i] + offset, sizeof(values[i]));
	return bench_median(values, row->count);
}

static void print_merged(void)
{
	for (int i = 0; i < ROWS_MAX && rows[i].count > 0; i++) {
		const struct merged_row *row = &rows[i];
		struct bench_sample sample = {
			.ratio = median_of(row, offsetof(struct bench_sample, ratio)),
			.low = row->samples[0].low,
			.median = median_of(row, offsetof(struct bench_sample, median)),
			.high = row->samples[0].high,
			.bare_ns = median_of(row, offsetof(struct bench_sample, bare_ns)),
			.ours_ns = median_of(row, offsetof(struct bench_sample, ours_ns)),
		};

		for (int run = 1; run < row->count; run++) {
			if (row->samples[run].low < sample.low)
				sample.low = row->samples[run].low;
			if (row->samples[run].high > sample.high)
				sample.high = row->samples[run].high;
		}
		bench_row_print(row->name, "", &sample);
	}
	memset(rows, 0, sizeof(rows));
}

/* What the run left in the arena's own counters: was everything seen that was measured? */
static void report_arena(const struct bench_setting *setting, const char *what)
{
	struct ldl_header header;
	char path[128];
	int file;

	snprintf(path, sizeof(path), "%s/run.ldl", setting->directory);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return;
	if (pread(file, &header, sizeof(header), 0) == (ssize_t)sizeof(header) &&
		header.magic == LDL_MAGIC) {
		const struct ldl_table *edges = &header.tables[LDL_TABLE_EDGES];
		const struct ldl_table *classes = &header.tables[LDL_TABLE_CLASSES];
		unsigned long long dropped = 0;

		for (int table = 0; table < LDL_TABLE_COUNT; table++)
			dropped += header.tables[table].dropped;
		printf("bench.note %s: %u classes, %u edges, %u findings, %llu dropped\n", what,
			classes->used - 1, edges->used - 1,
			header.tables[LDL_TABLE_FINDINGS].used - 1, dropped);
	}
	close(file);
}

static void run_once(const struct bench_setting *setting, char *const *argv, const char *more,
	const char *report_as)
{
	struct bench_child child = {argv, true, "run.ldl", more, -1, -1, -1};
	int from_child[2];
	char line[256];
	FILE *lines;
	pid_t pid;

	if (pipe2(from_child, O_CLOEXEC) != 0)
		return;
	child.out = from_child[1];
	pid = bench_spawn(setting, &child);
	close(from_child[1]);
	lines = fdopen(from_child[0], "r");
	while (lines && fgets(line, sizeof(line), lines))
		if (report_as || strncmp(line, "bench.note", 10) != 0)
			merge_line(line);
	if (lines)
		fclose(lines);
	if (bench_reap(pid) != 0)
		fprintf(stderr, "bench: %s: the measured process failed\n", argv[1]);
	if (report_as)
		report_arena(setting, report_as);
	bench_forget_arena(setting, "run.ldl");
}

void bench_rows_calls(const struct bench_setting *setting)
{
	char *argv[] = {(char *)setting->self, "calls", NULL};

	for (int run = 0; run < RUNS; run++)
		run_once(setting, argv, "", run == 0 ? "calls" : NULL);
	print_merged();
}

void bench_rows_of_alloc(const struct bench_setting *setting)
{
	struct bench_setting with_alloc = *setting;
	char *argv[] = {(char *)setting->self, "alloc", NULL};

	with_alloc.preload = setting->alloc;
	for (int run = 0; run < RUNS; run++)
		run_once(&with_alloc, argv, "", run == 0 ? "alloc" : NULL);
	print_merged();
}

void bench_rows_edges(const struct bench_setting *setting)
{
	char *sparse[] = {(char *)setting->self, "edges", "sparse", NULL};
	char *dense[] = {(char *)setting->self, "edges", "dense", NULL};

	for (int run = 0; run < RUNS; run++) {
		run_once(setting, sparse, EDGE_MEMORY, run == 0 ? "edges, sparse" : NULL);
		run_once(setting, dense, EDGE_MEMORY, run == 0 ? "edges, dense" : NULL);
	}
	print_merged();
}
