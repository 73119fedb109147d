/* Many durations in little memory: buckets whose width grows with the value, less than one percent
 * of it, so that a quantile is off by that much at most.
 *
 * Adding costs a few instructions. One thread at a time. */
#ifndef LDL_TEST_HISTOGRAM_H
#define LDL_TEST_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_STEP_BITS 7  /* 128 buckets for each power of two */
#define HISTOGRAM_TOP_BITS  40 /* what does not fit into so many bits goes to the last bucket */
#define HISTOGRAM_BUCKETS   ((HISTOGRAM_TOP_BITS - HISTOGRAM_STEP_BITS + 1) << HISTOGRAM_STEP_BITS)

/* All zero: empty. Invariant: `total` is the sum of `counts`. */
struct histogram {
	uint64_t total;
	uint64_t counts[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, uint64_t value);

/* Adds all that is in `other`. */
void histogram_merge(struct histogram *histogram, const struct histogram *other);

/* The value that a share of `share` (0 to 1) of the values does not pass: the middle of its bucket;
 * 0 when the histogram is empty. */
double histogram_quantile(const struct histogram *histogram, double share);

#endif
