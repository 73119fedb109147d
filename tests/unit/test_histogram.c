/* tests/support/histogram, by which the soak judges latencies, against a sorted list of values. */
#include <stdlib.h>
#include <string.h>
#include "tests/support/histogram.h"
#include "tests/support/random.h"
#include "tests/support/suite.h"

#define VALUES 5000u

static struct histogram histogram, other;
static uint64_t values[VALUES];

static void clear(void)
{
	memset(&histogram, 0, sizeof(histogram));
	memset(&other, 0, sizeof(other));
}

static int compare_values(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

/* Of any size up to what has a bucket: as many small ones as large ones. */
static uint64_t draw(struct ldl_random *random)
{
	return ldl_random_next(random) >> (24 + ldl_random_below(random, 40));
}

/* The quantile of the list: the first value that so many do not pass. */
static uint64_t naive_quantile(double share)
{
	unsigned int at = 0;

	while ((double)(at + 1) < share * VALUES)
		at++;
	return values[at];
}

static void check_quantile(double share)
{
	double exact = (double)naive_quantile(share), got = histogram_quantile(&histogram, share);

	CU_ASSERT_TRUE(got >= exact * 0.995 && got <= exact * 1.005);
}

static void quantiles_are_those_of_the_sorted_values(void)
{
	struct ldl_random random = ldl_random_make(0x4157);

	clear();
	for (unsigned int i = 0; i < VALUES; i++) {
		values[i] = draw(&random);
		histogram_add(i % 3 ? &histogram : &other, values[i]);
	}
	histogram_merge(&histogram, &other);
	qsort(values, VALUES, sizeof(values[0]), compare_values);
	CU_ASSERT_EQUAL(histogram.total, VALUES);
	for (unsigned int permille = 0; permille <= 1000; permille++)
		check_quantile(permille / 1000.0);
}

static void two_values_a_percent_apart_are_told_apart(void)
{
	for (uint64_t value = 200; value >> HISTOGRAM_TOP_BITS == 0; value = value * 5 / 3) {
		double low, high;

		clear();
		histogram_add(&histogram, value);
		histogram_add(&other, value + value / 100);
		low = histogram_quantile(&histogram, 0.5);
		high = histogram_quantile(&other, 0.5);
		CU_ASSERT_TRUE(low < high);
	}
}

static void an_empty_one_and_a_huge_value_are_no_trouble(void)
{
	clear();
	CU_ASSERT_EQUAL(histogram_quantile(&histogram, 0.99), 0);
	histogram_add(&histogram, UINT64_MAX);
	CU_ASSERT_TRUE(histogram_quantile(&histogram, 0.99) > 1e12);
}

LDL_SUITE(histogram)
{
	LDL_TEST(quantiles_are_those_of_the_sorted_values);
	LDL_TEST(two_values_a_percent_apart_are_told_apart);
	LDL_TEST(an_empty_one_and_a_huge_value_are_no_trouble);
}
