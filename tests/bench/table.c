/* The table of the README: one line for each row, with what was promised for it. */
#include "bench.h"

#include <stdio.h>
#include <string.h>

#define TITLE_WIDTH 39
#define RANGE_WIDTH 24

enum promise { NONE, RATIO_MOST, RATIO_LEAST, ADDED_MOST };

/* What a row's two figures count: nanoseconds, shown as such or as µs, ms, or operations a second;
 * or bytes. */
enum unit { NS, US, MS, PER_SECOND, BYTES };

struct row_spec {
	const char *name, *title;
	enum unit unit;
	enum promise promise;
	double bound; /* ADDED_MOST: in the unit shown */
};

static const struct row_spec specs[] = {
	{"depth1", "1 mutex", NS, RATIO_MOST, 1.15},
	{"depth2", "2 nested", NS, RATIO_MOST, 1.15},
	{"depth3", "3 nested", NS, RATIO_MOST, 1.15},
	{"depth8", "8 nested", NS, RATIO_MOST, 1.20},
	{"turn1024", "1024 mutexes in turn", NS, RATIO_MOST, 1.35},
	{"trylock", "trylock", NS, NONE, 0},
	{"read", "rwlock, read", NS, NONE, 0},
	{"write", "rwlock, write", NS, NONE, 0},
	{"spin", "spin lock", NS, NONE, 0},
	{"churn", "init, lock, unlock, destroy", NS, NONE, 0},
	{"readers2", "2 threads reading one rwlock", NS, RATIO_MOST, 1.10},
	{"pairs.warm", "2 threads, pairs of 1000 mutexes, warm", NS, NONE, 0},
	{"pairs.class", "the same, all of one class", NS, NONE, 0},
	{"pairs.cold", "the same, cold: each pair new", NS, NONE, 0},
	{"pairs.all", "the same, 31,000 known pairs", NS, NONE, 0},
	{"malloc", "malloc and free, run --alloc", NS, RATIO_MOST, 1.10},
	{"malloc.locked", "the same, a mutex held", NS, RATIO_MOST, 1.15},
	{"malloc.mixed", "the same, 10 blocks of mixed sizes", NS, NONE, 0},
	{"might-alloc", "ldl_might_alloc(), against a bare call", NS, ADDED_MOST, 2},
	{"might-alloc.locked", "the same, a mutex held", NS, ADDED_MOST, 2},
	{"cond", "signal and wait, 2 threads", NS, NONE, 0},
	{"edge.sparse.1k", "new edge, sparse graph, at 1k edges", NS, NONE, 0},
	{"edge.sparse.10k", "… at 10k (ratio: to 1k)", NS, NONE, 0},
	{"edge.sparse.100k", "… at 100k (ratio: to 1k)", NS, RATIO_MOST, 3},
	{"edge.dense.1k", "new edge, 1000 locks, at 1k edges", NS, NONE, 0},
	{"edge.dense.10k", "… at 10k (ratio: to 1k)", NS, NONE, 0},
	{"edge.dense.100k", "… at 100k (ratio: to 1k)", NS, RATIO_MOST, 3},
	{"class.1k", "new class, at 2k classes", NS, NONE, 0},
	{"class.10k", "… at 20k (ratio: to 2k)", NS, NONE, 0},
	{"class.100k", "… at 200k (ratio: to 2k)", NS, NONE, 0},
	{"start", "start of a trivial program, ms", MS, ADDED_MOST, 5},
	{"memory.rss", "its memory, RSS, KiB", BYTES, ADDED_MOST, 3072},
	{"memory.pss", "its memory, PSS, KiB", BYTES, ADDED_MOST, 3072},
	{"memory.arena", "its arena, on tmpfs, KiB", BYTES, NONE, 0},
	{"storm", "all new all the time, mode=prod, ms", MS, RATIO_MOST, 2},
	{"memcached.throughput", "memcached -t 2, operations/s", PER_SECOND, RATIO_LEAST, 0.97},
	{"memcached.cpu", "its CPU time, µs/operation", US, NONE, 0},
	{"memcached-batch.throughput", "the same, 16 requests at a time", PER_SECOND, NONE, 0},
	{"memcached-batch.cpu", "its CPU time, µs/operation", US, NONE, 0},
	{"redis.throughput", "redis-server, operations/s", PER_SECOND, RATIO_LEAST, 0.97},
	{"redis.cpu", "its CPU time, µs/operation", US, NONE, 0},
	{"redis-io.throughput", "redis --io-threads 2, operations/s", PER_SECOND, RATIO_LEAST,
		0.97},
	{"redis-io.cpu", "its CPU time, µs/operation", US, NONE, 0},
};

struct row {
	bool is_there;
	struct bench_sample sample;
};

static struct row rows[BENCH_ARRAY_LEN(specs)], rows_alone[BENCH_ARRAY_LEN(specs)];

void bench_table_add(const char *line)
{
	struct row row = {.is_there = true};
	char name[BENCH_NAME_MAX], *alone;

	if (!bench_row_read(line, name, &row.sample))
		return;
	alone = strstr(name, "/alone");
	if (alone)
		*alone = 0;
	for (size_t i = 0; i < BENCH_ARRAY_LEN(specs); i++)
		if (strcmp(specs[i].name, name) == 0)
			*(alone ? &rows_alone[i] : &rows[i]) = row;
}

static double shown(enum unit unit, double figure)
{
	switch (unit) {
	case NS:
		return figure;
	case US:
		return figure / 1e3;
	case MS:
		return figure / 1e6;
	case PER_SECOND:
		return figure > 0 ? 1e9 / figure : 0;
	case BYTES:
		return figure / 1024;
	}
	return figure;
}

static const char *figure_text(enum unit unit, double figure, char *text, size_t len)
{
	double value = shown(unit, figure);

	snprintf(text, len, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value);
	return text;
}

/* "≤ 1.15", with a mark when the figure is on the wrong side of it. */
static const char *promise_text(
	const struct row_spec *spec, const struct bench_sample *sample, char *text, size_t len)
{
	double added = shown(spec->unit, sample->ours_ns) - shown(spec->unit, sample->bare_ns);
	bool is_kept = true;

	text[0] = 0;
	if (spec->promise == RATIO_MOST) {
		is_kept = sample->ratio <= spec->bound;
		snprintf(text, len, "≤ %.2f%s", spec->bound, is_kept ? "" : " MISSED");
	} else if (spec->promise == RATIO_LEAST) {
		is_kept = sample->ratio >= spec->bound;
		snprintf(text, len, "≥ %.2f%s", spec->bound, is_kept ? "" : " MISSED");
	} else if (spec->promise == ADDED_MOST) {
		is_kept = added <= spec->bound;
		snprintf(
			text, len, "%+.3g ≤ +%.0f%s", added, spec->bound, is_kept ? "" : " MISSED");
	}
	return text;
}

/* printf pads by bytes; the table has letters of more than one. */
static void print_cell(const char *text, int width, bool to_right)
{
	int letters = 0;

	for (const char *at = text; *at; at++)
		letters += (*at & 0xc0) != 0x80;
	if (to_right)
		printf("| %*s%s ", width - letters, "", text);
	else
		printf("| %s%*s ", text, width - letters, "");
}

static void print_line(
	const struct row_spec *spec, const struct bench_sample *sample, const struct row *alone)
{
	char text[64];

	print_cell(spec->title, TITLE_WIDTH, false);
	snprintf(text, sizeof(text), "%.2f", sample->ratio);
	print_cell(sample->ratio > 0 ? text : "", 6, true);
	print_cell(figure_text(spec->unit, sample->bare_ns, text, sizeof(text)), 8, true);
	print_cell(figure_text(spec->unit, sample->ours_ns, text, sizeof(text)), 8, true);
	print_cell(promise_text(spec, sample, text, sizeof(text)), 18, false);
	snprintf(text, sizeof(text), "%.2f / %.2f / %.2f", sample->low, sample->median,
		sample->high);
	print_cell(sample->low < sample->high ? text : "", RANGE_WIDTH, true);
	snprintf(text, sizeof(text), "%.2f", alone->sample.ratio);
	print_cell(alone->is_there ? text : "", 12, true);
	printf("|\n");
}

void bench_table_print(void)
{
	static const struct {
		const char *title;
		int width;
		bool to_right;
	} columns[] = {
		{"ns an operation, unless named", TITLE_WIDTH, false},
		{"ratio", 6, true},
		{"bare", 8, true},
		{"watched", 8, true},
		{"promised", 18, false},
		{"min / median / max", RANGE_WIDTH, true},
		{"thread alone", 12, true},
	};

	printf("\n");
	for (size_t i = 0; i < BENCH_ARRAY_LEN(columns); i++)
		print_cell(columns[i].title, columns[i].width, columns[i].to_right);
	printf("|\n");
	for (size_t i = 0; i < BENCH_ARRAY_LEN(columns); i++)
		printf("|%.*s%s", columns[i].width + 1, "----------------------------------------",
			columns[i].to_right ? ":" : "-");
	printf("|\n");
	for (size_t i = 0; i < BENCH_ARRAY_LEN(specs); i++)
		if (rows[i].is_there)
			print_line(&specs[i], &rows[i].sample, &rows_alone[i]);
	printf("\nRatio: watched to bare, the median of blocks that alternate in one process,\n"
	       "over the "
	       "quarter of them that ran the fastest; min / median / max: over all of them. For\n"
	       "operations a second, more is better. A second thread is alive; in the last column\n"
	       "there is none.\n");
}
