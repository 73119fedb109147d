/* Rules that look at a request's mask: parts B and D of the catalogue. */
#include <lockdep_lite.h>
#include <string.h>
#include "core/engine_policy.h"
#include "core/gfp_text.h"
#include "tests/support/breach.h"
#include "tests/support/suite.h"

#define ERROR   LDL_SEVERITY_ERROR
#define WARNING LDL_SEVERITY_WARNING
#define INFO    LDL_SEVERITY_INFO

static void b1_nofail_by_a_scope_is_reported(void)
{
	unsigned int saved = ldl_scope_save(LDL_SCOPE_NOFAIL);

	CU_ASSERT(breach_is_alone(LDL_RULE_B1, WARNING, "in each call"));
	CU_ASSERT_EQUAL(ldl_alloc_mask(LDL_GFP_KERNEL), LDL_GFP_KERNEL);
	ldl_scope_restore(saved);
}

static void b1_nofail_by_a_call_is_silent(void)
{
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_NOFAIL);
	CU_ASSERT(breach_is_silent());
}

static void b3_nofail_without_direct_reclaim_is_reported(void)
{
	ldl_might_alloc(LDL_GFP_NOWAIT | LDL_GFP_NOFAIL);
	CU_ASSERT(breach_is_alone(LDL_RULE_B3, ERROR, "NOWAIT|NOFAIL"));
}

static void b3_nofail_inside_a_nowait_scope_is_reported(void)
{
	unsigned int saved = ldl_scope_save(LDL_SCOPE_NOWAIT);

	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_NOFAIL);
	CU_ASSERT(breach_is_alone(LDL_RULE_B3, ERROR, "mask KERNEL|NOFAIL, in effect "));
	ldl_scope_restore(saved);
}

static void b3_nofail_with_direct_reclaim_is_silent(void)
{
	unsigned int saved = ldl_noio_save();

	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_NOFAIL);
	ldl_might_alloc(LDL_GFP_NOIO | LDL_GFP_NOFAIL);
	ldl_noio_restore(saved);
	CU_ASSERT(breach_is_silent());
}

static void b4_nofail_and_noretry_in_one_call_is_reported(void)
{
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_NOFAIL | LDL_GFP_NORETRY);
	CU_ASSERT(breach_is_alone(LDL_RULE_B4, ERROR, NULL));
}

static void b4_nofail_and_retry_mayfail_in_one_call_is_reported(void)
{
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_NOFAIL | LDL_GFP_RETRY_MAYFAIL);
	CU_ASSERT(breach_is_alone(LDL_RULE_B4, ERROR, NULL));
}

static void b4_a_call_that_narrows_its_scope_is_silent(void)
{
	unsigned int outer = ldl_scope_save(LDL_SCOPE_RETRY_MAYFAIL), inner;

	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_NORETRY);
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_NOFAIL);
	inner = ldl_scope_save(LDL_SCOPE_NORETRY);
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_NOFAIL);
	ldl_scope_restore(inner);
	ldl_scope_restore(outer);
	CU_ASSERT(breach_is_silent());
}

static void b6_nofail_above_order_1_is_reported(void)
{
	ldl_might_alloc_size(LDL_GFP_KERNEL | LDL_GFP_NOFAIL, 2 * 4096 + 1);
	CU_ASSERT(breach_is_alone(LDL_RULE_B6, WARNING, "kvmalloc"));
}

__attribute__((noinline)) static void ask_pages(unsigned long pages)
{
	ldl_might_alloc_size(LDL_GFP_KERNEL | LDL_GFP_NOFAIL, pages * 4096);
}

/* The order is looked at each time, not with the first request of a place only. */
static void b6_nofail_that_grows_is_reported(void)
{
	for (unsigned long pages = 1; pages <= 4; pages *= 2)
		ask_pages(pages);
	CU_ASSERT(breach_is_alone(LDL_RULE_B6, WARNING, NULL));
	CU_ASSERT_EQUAL(breach_inventory(LDL_GFP_KERNEL | LDL_GFP_NOFAIL)->order_max, 2);
}

static void b6_nofail_up_to_order_1_is_silent(void)
{
	ldl_might_alloc_size(LDL_GFP_KERNEL | LDL_GFP_NOFAIL, 1);
	ldl_might_alloc_size(LDL_GFP_KERNEL | LDL_GFP_NOFAIL, 2 * 4096);
	CU_ASSERT(breach_is_silent());
}

/* As kvmalloc does: the large try may fail, what cannot is page by page. */
static void b6_nofail_in_pieces_is_silent(void)
{
	ldl_might_alloc_size(LDL_GFP_KERNEL | LDL_GFP_NORETRY | LDL_GFP_NOWARN, 16 * 4096);
	for (int i = 0; i < 16; i++)
		ldl_might_alloc_size(LDL_GFP_KERNEL | LDL_GFP_NOFAIL, 4096);
	CU_ASSERT(breach_is_silent());
}

static void b11_nofail_with_a_boost_is_reported(void)
{
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_NOFAIL | LDL_GFP_HIGH);
	CU_ASSERT(breach_is_alone(LDL_RULE_B11, WARNING, NULL));
}

static void b11_nofail_with_the_reserves_is_reported(void)
{
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_NOFAIL | LDL_GFP_MEMALLOC);
	CU_ASSERT(breach_is_alone(LDL_RULE_B11, WARNING, "MEMALLOC"));
}

static void b11_plain_nofail_is_silent(void)
{
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_NOFAIL);
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_NOFAIL | LDL_GFP_MEMALLOC | LDL_GFP_NOMEMALLOC);
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_MEMALLOC);
	CU_ASSERT(breach_is_silent());
}

/* One place, however the loop around it is compiled: what follows keeps the call from becoming a
 * jump. */
__attribute__((noinline)) static void ask(unsigned int gfp)
{
	ldl_might_alloc(gfp);
	__asm__ volatile("");
}

/* Not a finding: a line of the inventory, of severity "information". */
static void b12_a_nofail_site_and_a_retry_site_are_reported_in_the_inventory(void)
{
	const struct ldl_alloc *retried;

	for (int i = 0; i < 2; i++) {
		ask(LDL_GFP_KERNEL | LDL_GFP_ZERO);
		if (i == 0) {
			ldl_alloc_failed();
			ldl_alloc_retry_wait(LDL_GFP_KERNEL);
		}
	}
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_NOFAIL);
	CU_ASSERT_PTR_NOT_NULL(breach_inventory(LDL_GFP_KERNEL | LDL_GFP_NOFAIL));
	retried = breach_inventory(LDL_GFP_KERNEL | LDL_GFP_ZERO);
	CU_ASSERT_PTR_NOT_NULL_FATAL(retried);
	CU_ASSERT_EQUAL(retried->failures, 1);
	CU_ASSERT_EQUAL(retried->retries, 1);
	CU_ASSERT(breach_is_silent());
}

static void b12_a_site_without_either_is_silent(void)
{
	for (int i = 0; i < 2; i++)
		ask(LDL_GFP_KERNEL | LDL_GFP_ZERO);
	CU_ASSERT_EQUAL(breach_inventory(LDL_GFP_KERNEL | LDL_GFP_ZERO)->retries, 0);
	CU_ASSERT_PTR_NULL(breach_inventory(LDL_GFP_KERNEL | LDL_GFP_NOFAIL));
	CU_ASSERT(breach_is_silent());
}

static void d3_noretry_and_retry_mayfail_together_is_reported(void)
{
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_NORETRY | LDL_GFP_RETRY_MAYFAIL);
	CU_ASSERT(breach_is_alone(LDL_RULE_D3, ERROR, NULL));
}

static void d3_the_one_replaced_by_the_other_is_silent(void)
{
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_NORETRY);
	ldl_alloc_failed();
	ldl_alloc_fallback();
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_RETRY_MAYFAIL);
	CU_ASSERT(breach_is_silent());
}

static void d4_a_retry_mode_without_reclaim_is_reported(void)
{
	ldl_might_alloc(LDL_GFP_ATOMIC | LDL_GFP_NORETRY);
	CU_ASSERT(breach_is_alone(LDL_RULE_D4, INFO, "ATOMIC|NORETRY"));
}

static void d4_a_retry_mode_with_reclaim_is_silent(void)
{
	unsigned int saved = ldl_scope_save(LDL_SCOPE_NOWAIT);

	ldl_might_alloc(LDL_GFP_NOIO | LDL_GFP_NORETRY);
	ldl_scope_restore(saved);
	ldl_might_alloc(LDL_GFP_DIRECT_RECLAIM | LDL_GFP_RETRY_MAYFAIL);
	CU_ASSERT(breach_is_silent());
}

static void d6_noretry_against_the_oom_killer_is_reported(void)
{
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_NORETRY | LDL_GFP_AVOID_OOM);
	CU_ASSERT(breach_is_alone(LDL_RULE_D6, WARNING, "RETRY_MAYFAIL instead"));
}

static void d6_retry_mayfail_against_the_oom_killer_is_silent(void)
{
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_RETRY_MAYFAIL | LDL_GFP_AVOID_OOM);
	CU_ASSERT(breach_is_silent());
}

static void d7_noretry_in_initialisation_is_reported(void)
{
	ldl_context_enter(LDL_CTX_INIT);
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_NORETRY);
	ldl_context_exit(LDL_CTX_INIT);
	CU_ASSERT(breach_is_alone(LDL_RULE_D7, WARNING, "GFP_KERNEL"));
}

static void d7_kernel_in_initialisation_is_silent(void)
{
	ldl_context_enter(LDL_CTX_INIT);
	ldl_might_alloc(LDL_GFP_KERNEL);
	ldl_context_exit(LDL_CTX_INIT);
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_NORETRY);
	CU_ASSERT(breach_is_silent());
}

static void d9_atomic_without_high_is_reported(void)
{
	ldl_might_alloc(LDL_GFP_SEED_ATOMIC | LDL_GFP_KSWAPD_RECLAIM);
	CU_ASSERT(breach_is_alone(LDL_RULE_D9, ERROR, "SEED_ATOMIC"));
}

static void d9_high_with_kswapd_reclaim_is_silent(void)
{
	ldl_might_alloc(LDL_GFP_SEED_ATOMIC | LDL_GFP_HIGH | LDL_GFP_KSWAPD_RECLAIM);
	ldl_might_alloc(LDL_GFP_ATOMIC);
	CU_ASSERT(breach_is_silent());
}

static void d14_the_hard_mode_at_first_is_reported(void)
{
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_HARD);
	CU_ASSERT(breach_is_alone(LDL_RULE_D14, INFO, "fast, then normal"));
}

static void d14_an_escalation_is_silent(void)
{
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_NORETRY);
	ldl_alloc_failed();
	ldl_might_alloc(LDL_GFP_KERNEL);
	ldl_alloc_failed();
	ldl_might_alloc(LDL_GFP_KERNEL | LDL_GFP_HARD);
	CU_ASSERT(breach_is_silent());
}

/* Its mask allows I/O, which may have to wait for this very thread: A4 says so too. */
static void d17_an_unmarked_thread_on_the_io_path_is_reported(void)
{
	ldl_context_enter(LDL_CTX_IO_HANDLER);
	ldl_might_alloc(LDL_GFP_KERNEL);
	ldl_context_exit(LDL_CTX_IO_HANDLER);
	CU_ASSERT(breach_is_reported(LDL_RULE_D17));
	CU_ASSERT(breach_is_reported(LDL_RULE_A4));
}

/* As the preload library says of a FUSE daemon's thread. */
static void d17_what_the_instrumentation_sees_is_reported(void)
{
	unsigned int saved = ldl_noio_save();

	ldl_engine_unmarked_io(__builtin_return_address(0));
	CU_ASSERT(breach_is_silent());
	ldl_noio_restore(saved);
	ldl_engine_unmarked_io(__builtin_return_address(0));
	CU_ASSERT(breach_is_alone(LDL_RULE_D17, WARNING, "PR_SET_IO_FLUSHER"));
}

static void d17_a_marked_thread_on_the_io_path_is_silent(void)
{
	unsigned int saved = ldl_noio_save();

	ldl_context_enter(LDL_CTX_IO_HANDLER);
	ldl_might_alloc(LDL_GFP_KERNEL);
	ldl_context_exit(LDL_CTX_IO_HANDLER);
	ldl_noio_restore(saved);
	ldl_might_alloc(LDL_GFP_KERNEL);
	CU_ASSERT(breach_is_silent());
}

static void e1_noio_taken_for_may_fail_is_reported(void)
{
	ldl_alloc_may_fail(LDL_GFP_NOIO);
	CU_ASSERT(breach_is_alone(LDL_RULE_E1, WARNING, "NORETRY, RETRY_MAYFAIL"));
}

static void e1_nofs_taken_for_may_fail_is_reported(void)
{
	ldl_alloc_may_fail(LDL_GFP_NOFS);
	CU_ASSERT(breach_is_alone(LDL_RULE_E1, WARNING, NULL));
}

static void e1_what_may_fail_by_its_own_words_is_silent(void)
{
	unsigned int saved = ldl_noio_save();

	ldl_alloc_may_fail(LDL_GFP_NOIO | LDL_GFP_NORETRY);
	ldl_alloc_may_fail(LDL_GFP_NOIO | LDL_GFP_RETRY_MAYFAIL);
	ldl_alloc_may_fail(LDL_GFP_NOWAIT);
	ldl_alloc_may_fail(LDL_GFP_KERNEL); /* narrowed by the scope, not by the caller */
	ldl_noio_restore(saved);
	CU_ASSERT(breach_is_silent());
}

static const char *words(uint32_t mask)
{
	static char text[LDL_GFP_TEXT_MAX];

	return ldl_gfp_text(text, sizeof(text), mask);
}

static void masks_are_named_as_they_are_written(void)
{
	char cut[8];

	CU_ASSERT_STRING_EQUAL(words(LDL_GFP_KERNEL | LDL_GFP_NOFAIL), "KERNEL|NOFAIL");
	CU_ASSERT_STRING_EQUAL(words(LDL_GFP_USER), "USER");
	CU_ASSERT_STRING_EQUAL(words(LDL_GFP_NOIO | LDL_GFP_NORETRY), "NOIO|NORETRY");
	CU_ASSERT_STRING_EQUAL(words(LDL_GFP_NOWAIT), "NOWAIT");
	CU_ASSERT_STRING_EQUAL(words(LDL_GFP_ATOMIC | LDL_GFP_ZERO), "ATOMIC|ZERO");
	CU_ASSERT_STRING_EQUAL(words(LDL_GFP_DIRECT_RECLAIM), "DIRECT_RECLAIM");
	CU_ASSERT_STRING_EQUAL(words(LDL_GFP_TRANSHUGE), "TRANSHUGE");
	CU_ASSERT_STRING_EQUAL(
		words(LDL_GFP_TRANSHUGE_LIGHT | LDL_GFP_NORETRY), "TRANSHUGE_LIGHT|NORETRY");
	CU_ASSERT_STRING_EQUAL(words(0), "0");
	CU_ASSERT_STRING_EQUAL(words(1u << 31), "0x80000000");
	CU_ASSERT(strlen(words(~0u)) < LDL_GFP_TEXT_MAX - 1);
	CU_ASSERT_STRING_EQUAL(
		ldl_gfp_text(cut, sizeof(cut), LDL_GFP_KERNEL | LDL_GFP_ZERO), "KERNEL|");
	CU_ASSERT_STRING_EQUAL(ldl_scope_text(cut, sizeof(cut), LDL_SCOPE_NOFS), "NOFS");
}

LDL_SUITE(policy_masks)
{
	LDL_TEST(b1_nofail_by_a_scope_is_reported);
	LDL_TEST(b1_nofail_by_a_call_is_silent);
	LDL_TEST(b3_nofail_without_direct_reclaim_is_reported);
	LDL_TEST(b3_nofail_inside_a_nowait_scope_is_reported);
	LDL_TEST(b3_nofail_with_direct_reclaim_is_silent);
	LDL_TEST(b4_nofail_and_noretry_in_one_call_is_reported);
	LDL_TEST(b4_nofail_and_retry_mayfail_in_one_call_is_reported);
	LDL_TEST(b4_a_call_that_narrows_its_scope_is_silent);
	LDL_TEST(b6_nofail_above_order_1_is_reported);
	LDL_TEST(b6_nofail_that_grows_is_reported);
	LDL_TEST(b6_nofail_up_to_order_1_is_silent);
	LDL_TEST(b6_nofail_in_pieces_is_silent);
	LDL_TEST(b11_nofail_with_a_boost_is_reported);
	LDL_TEST(b11_nofail_with_the_reserves_is_reported);
	LDL_TEST(b11_plain_nofail_is_silent);
	LDL_TEST(b12_a_nofail_site_and_a_retry_site_are_reported_in_the_inventory);
	LDL_TEST(b12_a_site_without_either_is_silent);
	LDL_TEST(d3_noretry_and_retry_mayfail_together_is_reported);
	LDL_TEST(d3_the_one_replaced_by_the_other_is_silent);
	LDL_TEST(d4_a_retry_mode_without_reclaim_is_reported);
	LDL_TEST(d4_a_retry_mode_with_reclaim_is_silent);
	LDL_TEST(d6_noretry_against_the_oom_killer_is_reported);
	LDL_TEST(d6_retry_mayfail_against_the_oom_killer_is_silent);
	LDL_TEST(d7_noretry_in_initialisation_is_reported);
	LDL_TEST(d7_kernel_in_initialisation_is_silent);
	LDL_TEST(d9_atomic_without_high_is_reported);
	LDL_TEST(d9_high_with_kswapd_reclaim_is_silent);
	LDL_TEST(d14_the_hard_mode_at_first_is_reported);
	LDL_TEST(d14_an_escalation_is_silent);
	LDL_TEST(d17_an_unmarked_thread_on_the_io_path_is_reported);
	LDL_TEST(d17_what_the_instrumentation_sees_is_reported);
	LDL_TEST(d17_a_marked_thread_on_the_io_path_is_silent);
	LDL_TEST(e1_noio_taken_for_may_fail_is_reported);
	LDL_TEST(e1_nofs_taken_for_may_fail_is_reported);
	LDL_TEST(e1_what_may_fail_by_its_own_words_is_silent);
	LDL_TEST(masks_are_named_as_they_are_written);
}
