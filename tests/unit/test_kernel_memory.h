/* What the tests of the kernel-style header's memory half share. */
#ifndef LDL_TEST_KERNEL_MEMORY_H
#define LDL_TEST_KERNEL_MEMORY_H

#include <stdio.h>
#include "tests/support/lockstep.h"
#include "tests/support/scenario.h"
#include "tests/support/suite.h"
#include <lockdep_lite/kernel.h>

/* Whether there is exactly one finding, of this rule; prints what there is when not. */
static inline bool memory_reports(enum ldl_rule rule)
{
	const struct ldl_scenario_result *result = ldl_scenario_findings();

	if (result->count == 1 && result->findings[0].rule == rule)
		return true;
	printf("expected one finding of rule %u, got %u:", rule, result->count);
	for (unsigned int i = 0; i < result->count && i < LDL_SCENARIO_FINDINGS; i++)
		printf(" [rule %u: %s]", result->findings[i].rule, result->findings[i].path);
	printf("\n");
	return false;
}

/* Whether there is a finding of this rule, among others. */
static inline bool memory_has(enum ldl_rule rule)
{
	const struct ldl_scenario_result *result = ldl_scenario_findings();

	for (unsigned int i = 0; i < result->count && i < LDL_SCENARIO_FINDINGS; i++)
		if (result->findings[i].rule == rule)
			return true;
	return memory_reports(rule);
}

static inline bool memory_is_silent(void)
{
	return !ldl_finding_count() || memory_reports(LDL_RULE_NONE);
}

#define CU_REPORTS(rule) CU_ASSERT(memory_reports(LDL_RULE_##rule))
#define CU_HAS(rule)     CU_ASSERT(memory_has(LDL_RULE_##rule))
#define CU_SILENT()      CU_ASSERT(memory_is_silent())

/* Requests that a hook of ldlk_faults lets fail: the next `fail_next` ones. */
static unsigned int fail_next;

static inline bool is_next_to_fail(void)
{
	unsigned int left = __atomic_load_n(&fail_next, __ATOMIC_RELAXED);

	while (left && !__atomic_compare_exchange_n(&fail_next, &left, left - 1, false,
			       __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	return left;
}

static inline bool fail_slab(struct kmem_cache *cache, size_t size, gfp_t gfp)
{
	return is_next_to_fail();
}

static inline bool fail_page(gfp_t gfp, unsigned int order)
{
	return is_next_to_fail();
}

static inline void fail_requests(unsigned int count)
{
	fail_next = count;
	ldlk_faults.should_failslab = count ? fail_slab : NULL;
	ldlk_faults.should_fail_alloc_page = count ? fail_page : NULL;
}

/* Each test begins with this. */
static inline void memory_begin(void)
{
	lockdep_reset();
	fail_requests(0);
	ldlk_memory_limit(0);
}

#endif
