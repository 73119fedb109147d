/* The run's seed and the streams that grow from it. */
#include "tests/support/random.h"

static uint64_t run_seed = 1;
static unsigned int run_effort = 1;
static bool run_soak;

void ldl_random_set_seed(uint64_t seed)
{
	run_seed = seed;
}

uint64_t ldl_random_seed(void)
{
	return run_seed;
}

void ldl_random_set_effort(unsigned int effort, bool soak)
{
	run_effort = effort ? effort : 1;
	run_soak = soak;
}

unsigned int ldl_random_effort(void)
{
	return run_effort;
}

bool ldl_random_soak(void)
{
	return run_soak;
}

struct ldl_random ldl_random_make(uint64_t salt)
{
	struct ldl_random random = {run_seed * 0x9e3779b97f4a7c15ull ^ salt};

	ldl_random_next(&random);
	return random;
}

uint64_t ldl_random_next(struct ldl_random *random)
{
	uint64_t z = random->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

uint32_t ldl_random_below(struct ldl_random *random, uint32_t bound)
{
	return (uint32_t)(((ldl_random_next(random) >> 32) * bound) >> 32);
}

bool ldl_random_one_in(struct ldl_random *random, uint32_t n)
{
	return ldl_random_below(random, n) == 0;
}
