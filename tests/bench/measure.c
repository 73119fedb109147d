/* The measurement: alternating blocks, one ratio for every four of them, the median of many; and
 * the line that says it. */
#include "bench.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define QUADS_MAX 1024

const char *bench_only = "";

static double clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

double bench_now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

double bench_cpu_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

static int compare_doubles(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

double bench_median(double *values, int count)
{
	if (count == 0)
		return 0;
	qsort(values, (size_t)count, sizeof(*values), compare_doubles);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* xorshift64*, by Vigna: good enough to pick locks. */
uint64_t bench_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 2685821657736338717ull;
}

/* Which of the CPUs that the process may use: a pinned thread is not moved between the two blocks
 * that are compared. */
void bench_pin(int which)
{
	static cpu_set_t allowed;
	static bool asked;
	cpu_set_t one;

	if (!asked && sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		return;
	asked = true;
	if (CPU_COUNT(&allowed) < 2)
		return;
	if (which < 0) {
		sched_setaffinity(0, sizeof(allowed), &allowed);
		return;
	}
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed) || which-- > 0)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof(one), &one);
		return;
	}
}

void bench_summarize(const double *bare, const double *ours, int count, struct bench_sample *sample)
{
	static double ratios[QUADS_MAX], totals[QUADS_MAX];
	static double quiet_ratios[QUADS_MAX], quiet_bare[QUADS_MAX], quiet_ours[QUADS_MAX];
	double limit;
	int quiet = 0;

	for (int i = 0; i < count; i++) {
		ratios[i] = ours[i] / bare[i];
		totals[i] = bare[i] + ours[i];
	}
	bench_median(totals, count);
	limit = totals[count / 4];
	for (int i = 0; i < count; i++) {
		if (bare[i] + ours[i] > limit)
			continue;
		quiet_ratios[quiet] = ratios[i];
		quiet_bare[quiet] = bare[i];
		quiet_ours[quiet++] = ours[i];
	}
	sample->ratio = bench_median(quiet_ratios, quiet);
	sample->bare_ns = bench_median(quiet_bare, quiet);
	sample->ours_ns = bench_median(quiet_ours, quiet);
	sample->median = bench_median(ratios, count);
	sample->low = ratios[0];
	sample->high = ratios[count - 1];
}

void bench_measure(const struct bench_load *load, struct bench_sample *sample)
{
	static double bare[QUADS_MAX], ours[QUADS_MAX];
	int quads = load->quads < QUADS_MAX ? load->quads : QUADS_MAX;

	for (int quad = 0; quad < quads; quad++) {
		const struct calls *outer = quad % 2 ? &bench_ours : &bench_bare;
		const struct calls *inner = quad % 2 ? &bench_bare : &bench_ours;
		double outer_ns, inner_ns, ops = 2 * (double)load->ops;

		outer_ns = load->block(outer, load->arg, load->ops, 2 * quad);
		inner_ns = load->block(inner, load->arg, load->ops, 2 * quad);
		inner_ns += load->block(inner, load->arg, load->ops, 2 * quad + 1);
		outer_ns += load->block(outer, load->arg, load->ops, 2 * quad + 1);
		bare[quad] = (quad % 2 ? inner_ns : outer_ns) / ops;
		ours[quad] = (quad % 2 ? outer_ns : inner_ns) / ops;
	}
	bench_summarize(bare, ours, quads, sample);
}

void bench_row_print(const char *name, const char *suffix, const struct bench_sample *sample)
{
	printf("bench.row %s%s %.4f %.2f %.2f %.4f %.4f %.4f\n", name, suffix, sample->ratio,
		sample->bare_ns, sample->ours_ns, sample->low, sample->median, sample->high);
	fflush(stdout);
}

bool bench_row_read(const char *line, char *name, struct bench_sample *sample)
{
	return sscanf(line, "bench.row %47s %lf %lf %lf %lf %lf %lf", name, &sample->ratio,
		       &sample->bare_ns, &sample->ours_ns, &sample->low, &sample->median,
		       &sample->high) == 7;
}

bool bench_is_wanted(const char *name)
{
	return strncmp(name, bench_only, strlen(bench_only)) == 0;
}

void bench_run(const struct bench_load *load, const char *suffix)
{
	struct bench_sample sample;

	if (!bench_is_wanted(load->name))
		return;
	bench_measure(load, &sample);
	bench_row_print(load->name, suffix, &sample);
}
