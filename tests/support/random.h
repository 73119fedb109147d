/* Random numbers for tests: one seed for the whole run, so that any failure can be repeated. */
#ifndef LDL_TEST_RANDOM_H
#define LDL_TEST_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

/* One stream of numbers (splitmix64); streams of the same seed and salt are equal. */
struct ldl_random {
	uint64_t state;
};

/* The run's seed: from the clock, or --seed=N. The runner sets and prints it. */
void ldl_random_set_seed(uint64_t seed);
uint64_t ldl_random_seed(void);

/* How long random tests go on: 1 by default, longer by --effort=N; soak: until killed. */
void ldl_random_set_effort(unsigned int effort, bool soak);
unsigned int ldl_random_effort(void);
bool ldl_random_soak(void);

/* A stream for one test; `salt` tells the tests apart. */
struct ldl_random ldl_random_make(uint64_t salt);

uint64_t ldl_random_next(struct ldl_random *random);

/* 0 … bound - 1; bound > 0. */
uint32_t ldl_random_below(struct ldl_random *random, uint32_t bound);

/* True once in `n` on average. */
bool ldl_random_one_in(struct ldl_random *random, uint32_t n);

#endif
