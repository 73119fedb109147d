/* Buckets of growing width: a value's place is its highest bit and the seven bits below it. */
#include "tests/support/histogram.h"

#define STEPS (1ull << HISTOGRAM_STEP_BITS)

/* Values below 128 have a bucket each, and so have those of the next power of two. */
static unsigned int bucket_of(uint64_t value)
{
	unsigned int shift;

	if (value >> HISTOGRAM_TOP_BITS)
		return HISTOGRAM_BUCKETS - 1;
	if (value < STEPS)
		return (unsigned int)value;
	shift = 63u - (unsigned int)__builtin_clzll(value) - HISTOGRAM_STEP_BITS;
	return (unsigned int)((shift << HISTOGRAM_STEP_BITS) + (value >> shift));
}

static double middle_of(unsigned int bucket)
{
	unsigned int shift = bucket >> HISTOGRAM_STEP_BITS;
	uint64_t low = bucket;

	if (shift > 0) {
		shift--;
		low = (bucket - ((uint64_t)shift << HISTOGRAM_STEP_BITS)) << shift;
	}
	return (double)low + (double)((1ull << shift) - 1) / 2;
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
	histogram->counts[bucket_of(value)]++;
	histogram->total++;
}

void histogram_merge(struct histogram *histogram, const struct histogram *other)
{
	for (unsigned int i = 0; i < HISTOGRAM_BUCKETS; i++)
		histogram->counts[i] += other->counts[i];
	histogram->total += other->total;
}

double histogram_quantile(const struct histogram *histogram, double share)
{
	double wanted = share * (double)histogram->total;
	uint64_t seen = 0;

	for (unsigned int i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += histogram->counts[i];
		if (seen > 0 && (double)seen >= wanted)
			return middle_of(i);
	}
	return 0;
}
