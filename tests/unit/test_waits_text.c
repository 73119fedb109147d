/* viz/text, title and hop: what a person reads of waits that are no locks. */
#include <lockdep_lite.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/support/suite.h"
#include "tests/support/waits.h"
#include "viz/gfp.h"
#include "viz/text.h"
#include "viz/view.h"

static char *printed;

/* The text of every finding of the arena, and the summary. */
static void print_all(void)
{
	const struct viz_text_options options = {.colour = false};
	struct viz_run *run;
	char error[400];
	size_t len;
	FILE *out;

	free(printed);
	printed = NULL;
	out = open_memstream(&printed, &len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_EQUAL_FATAL(viz_run_open(&run, ldl_waits_path(), error, sizeof(error)), LDL_OK);
	CU_ASSERT_EQUAL(viz_run_snapshot(run)->repairs, 0);
	viz_run_set_view(run, (struct viz_view){.all = true});
	viz_text_run(out, run, &options);
	viz_run_close(run);
	fclose(out);
}

static bool has(const char *words)
{
	if (!strstr(printed, words))
		printf("lacks: %s\n%s", words, printed);
	return strstr(printed, words) != NULL;
}

/* The lines below "the chain", to the first empty one. */
static bool no_line_of_the_chain_is_longer_than(size_t columns)
{
	const char *line = strstr(printed, "the chain (");

	for (; line && *line != '\n'; line += strcspn(line, "\n") + 1) {
		if (strcspn(line, "\n") > columns)
			return false;
	}
	return line != NULL;
}

static const char *mask(uint32_t gfp)
{
	static char text[VIZ_GFP_MAX];

	return viz_gfp_text(gfp, text, sizeof(text));
}

static void masks_read_as_their_widest_composition_and_the_rest(void)
{
	CU_ASSERT_STRING_EQUAL(mask(0), "0");
	CU_ASSERT_STRING_EQUAL(mask(LDL_GFP_KERNEL), "GFP_KERNEL");
	CU_ASSERT_STRING_EQUAL(mask(LDL_GFP_USER), "GFP_USER");
	CU_ASSERT_STRING_EQUAL(mask(LDL_GFP_NOFS | LDL_GFP_NOWARN), "GFP_NOFS|__GFP_NOWARN");
	CU_ASSERT_STRING_EQUAL(mask(LDL_GFP_NOIO | LDL_GFP_NOWARN), "GFP_NOIO|__GFP_NOWARN");
	CU_ASSERT_STRING_EQUAL(mask(LDL_GFP_ATOMIC), "GFP_ATOMIC");
	CU_ASSERT_STRING_EQUAL(mask(LDL_GFP_NOWAIT), "GFP_NOWAIT");
	CU_ASSERT_STRING_EQUAL(mask(LDL_GFP_DIRECT_RECLAIM), "__GFP_DIRECT_RECLAIM");
	CU_ASSERT_STRING_EQUAL(mask(LDL_GFP_KERNEL | LDL_GFP_NOFAIL | LDL_GFP_ZERO),
		"GFP_KERNEL|__GFP_NOFAIL|__GFP_ZERO");
	CU_ASSERT_TRUE(strlen(mask(UINT32_MAX)) < VIZ_GFP_MAX - 1);
}

static void scopes_and_requests_read_as_words(void)
{
	char text[VIZ_GFP_MAX];

	CU_ASSERT_STRING_EQUAL(viz_scope_text(0, text, sizeof(text)), "");
	CU_ASSERT_STRING_EQUAL(
		viz_scope_text(LDL_SCOPE_NOFS | LDL_SCOPE_NORECLAIM, text, sizeof(text)),
		"nofs, noreclaim");
	CU_ASSERT_STRING_EQUAL(
		viz_gfp_request_text(LDL_GFP_KERNEL, LDL_GFP_KERNEL, text, sizeof(text)),
		"GFP_KERNEL");
	CU_ASSERT_STRING_EQUAL(
		viz_gfp_request_text(LDL_GFP_NOIO, LDL_GFP_KERNEL, text, sizeof(text)),
		"GFP_NOIO (effective; asked for GFP_KERNEL)");
}

static void a_lock_over_reclaim_says_what_each_hop_is(void)
{
	ldl_class_id lock, reclaim;
	ldl_edge_id edges[2];

	ldl_waits_begin();
	lock = ldl_waits_class(LDL_KIND_MUTEX, "inode_lock");
	reclaim = ldl_waits_class(LDL_KIND_RECLAIM, "reclaim.fs");
	edges[0] = ldl_waits_edge(lock, reclaim, 1, LDL_GFP_KERNEL, LDL_GFP_KERNEL);
	edges[1] = ldl_waits_edge(reclaim, lock, 2, 0, 0);
	ldl_waits_cycle(LDL_FINDING_RECLAIM, LDL_RULE_A4, edges, 2);
	print_all();
	CU_ASSERT_TRUE(has("possible deadlock: inode_lock is held over an allocation that may "
			   "reclaim, and reclaim.fs takes it\n"));
	CU_ASSERT_TRUE(has("error, reclaim, seen 1 time\n  rule A4: the allocation may run"));
	CU_ASSERT_TRUE(
		has("      holds inode_lock                              from sample+0x1020"));
	CU_ASSERT_TRUE(
		has("      allocates with GFP_KERNEL, which may reclaim  in   sample+0x1030"));
	CU_ASSERT_TRUE(has("    reclaim.fs -> inode_lock  (indirect) by worker"));
	CU_ASSERT_TRUE(has("      runs reclaim.fs   from sample+0x1040"));
	CU_ASSERT_TRUE(has("      takes inode_lock  in   sample+0x1050"));
	CU_ASSERT_TRUE(has("reclaim.fs (any thread that allocates)\n"));
	CU_ASSERT_TRUE(has("    alloc(GFP_KERNEL)  waits\n"));
	CU_ASSERT_TRUE(has("    and allocated with GFP_KERNEL, which may reclaim, here:\n"));
}

/* The four hops of the issue: N waits for L1, whose holder waits for an event, whose waker takes
 * L2, whose holder allocates. */
static void four_indirect_hops_are_told_one_by_one(void)
{
	ldl_class_id one, two, event, context;
	ldl_edge_id edges[4];

	ldl_waits_begin();
	one = ldl_waits_class(LDL_KIND_MUTEX, "L1");
	two = ldl_waits_class(LDL_KIND_RWLOCK, "L2");
	event = ldl_waits_class(LDL_KIND_EVENT, "done");
	context = ldl_waits_class(LDL_KIND_NONBLOCK, "oom_reaper");
	edges[0] = ldl_waits_edge(context, one, 1, 0, 0);
	edges[1] = ldl_waits_edge(one, event, 2, 0, 0);
	edges[2] = ldl_waits_edge(event, two, 3, 0, 0);
	edges[3] = ldl_waits_edge(two, context, 4, LDL_GFP_NOIO, LDL_GFP_KERNEL);
	ldl_waits_cycle(LDL_FINDING_NONBLOCK, LDL_RULE_A5, edges, 4);
	print_all();
	CU_ASSERT_TRUE(
		has("possible deadlock: non-blocking context oom_reaper waits for L1, and so "
		    "in the end for an allocation that may sleep under L2\n"));
	CU_ASSERT_TRUE(has("  rule A5: "));
	CU_ASSERT_TRUE(has("    oom_reaper -> L1  by "));
	CU_ASSERT_TRUE(has("      is in oom_reaper  from "));
	CU_ASSERT_TRUE(has("      waits for L1      in   "));
	CU_ASSERT_TRUE(has("      waits for event 'done'  in   "));
	CU_ASSERT_TRUE(has("    event 'done' -> L2  (indirect) by "));
	CU_ASSERT_TRUE(has("      wakes event 'done'     from "));
	CU_ASSERT_TRUE(has("      only after it took L2  in   "));
	CU_ASSERT_TRUE(has("      holds L2                                  from "));
	CU_ASSERT_TRUE(has("      allocates with GFP_NOIO, which may sleep  in   "));
	CU_ASSERT_TRUE(
		has("    and allocated with GFP_NOIO (effective; asked for GFP_KERNEL), which "
		    "may sleep, here:\n"));
	CU_ASSERT_TRUE(has("    was in non-blocking context oom_reaper, here:\n"));
	CU_ASSERT_TRUE(has("\n    oom_reaper begins\n"));
	CU_ASSERT_TRUE(no_line_of_the_chain_is_longer_than(100));
	CU_ASSERT_TRUE(has("   who wakes event 'done'   "));
	CU_ASSERT_TRUE(has(" alloc(GFP_NOIO)  waits\n"));
	CU_ASSERT_PTR_NULL(strstr(printed, "L1 -> event 'done'  (indirect)"));
}

static void a_reserve_and_its_free_path_are_told(void)
{
	ldl_class_id lock, pool;
	ldl_edge_id edges[2];

	ldl_waits_begin();
	lock = ldl_waits_class(LDL_KIND_MUTEX, "queue_lock");
	pool = ldl_waits_class(LDL_KIND_RESERVE, "bio");
	ldl_waits_reserve(&(struct ldl_reserve){.class = pool, .min_nr = 4});
	edges[0] = ldl_waits_edge(lock, pool, 1, 0, 0);
	edges[1] = ldl_waits_edge(pool, lock, 2, 0, 0);
	ldl_waits_cycle(LDL_FINDING_RESERVE, LDL_RULE_C3, edges, 2);
	print_all();
	CU_ASSERT_TRUE(has("possible deadlock: queue_lock is held across a wait for mempool 'bio', "
			   "and freeing an element needs it\n"));
	CU_ASSERT_TRUE(has("      waits for an element of mempool 'bio'  in   "));
	CU_ASSERT_TRUE(has("    mempool 'bio' -> queue_lock  (indirect) by "));
	CU_ASSERT_TRUE(has("      needs queue_lock                   in   "));
	CU_ASSERT_TRUE(has(" has the last of 4 elements of 'bio'\n"));
	CU_ASSERT_TRUE(has(" wait('bio')  waits\n"));
	CU_ASSERT_TRUE(has("    worker #1"));
}

static void a_handler_and_a_lock_are_told(void)
{
	ldl_class_id lock, handler;
	ldl_edge_id edges[2];

	ldl_waits_begin();
	lock = ldl_waits_class(LDL_KIND_SPIN, "irq_lock");
	handler = ldl_waits_class(LDL_KIND_INTERRUPT, "hardirq");
	edges[0] = ldl_waits_edge(handler, lock, 1, 0, 0);
	edges[1] = ldl_waits_edge(lock, handler, 2, 0, 0);
	ldl_waits_cycle(LDL_FINDING_SIGNAL, LDL_RULE_INTERRUPT, edges, 2);
	print_all();
	CU_ASSERT_TRUE(has("hardirq takes irq_lock, which is also held where it may come in\n"));
	CU_ASSERT_TRUE(has("      may be interrupted by hardirq  in   "));
	CU_ASSERT_TRUE(has("hardirq (on top of the thread)"));
	CU_ASSERT_PTR_NULL(strstr(printed, "(indirect)"));
}

static void a_shrinker_is_called_by_its_name(void)
{
	ldl_class_id lock, reclaim, shrinker;
	ldl_edge_id edges[2];

	ldl_waits_begin();
	lock = ldl_waits_class(LDL_KIND_MUTEX, "inode_lock");
	reclaim = ldl_waits_class(LDL_KIND_RECLAIM, "reclaim.fs");
	shrinker = ldl_waits_class(LDL_KIND_CONTEXT, "inode cache");
	ldl_waits_callback(&(struct ldl_callback){.class = shrinker, .runs = 1});
	edges[0] = ldl_waits_edge(lock, reclaim, 1, LDL_GFP_KERNEL, LDL_GFP_KERNEL);
	edges[1] = ldl_waits_edge(reclaim, lock, 2, 0, 0);
	ldl_waits_also(edges[1], shrinker);
	ldl_waits_cycle(LDL_FINDING_RECLAIM, LDL_RULE_A4, edges, 2);
	print_all();
	CU_ASSERT_TRUE(has("may reclaim, and shrinker 'inode cache' takes it\n"));
	CU_ASSERT_TRUE(has("      runs shrinker 'inode cache' (reclaim.fs)  from "));
	CU_ASSERT_TRUE(has("    ran shrinker 'inode cache' (reclaim.fs), here:\n"));
	CU_ASSERT_TRUE(has(" shrinker 'inode cache' runs\n"));
	CU_ASSERT_PTR_NULL(strstr(printed, "never ran"));
}

/* Rule B9: nothing is allocated while one waits to try again. */
static void a_wait_to_try_again_is_no_allocation(void)
{
	ldl_class_id lock, reclaim;
	ldl_edge_id edges[2];

	ldl_waits_begin();
	lock = ldl_waits_class(LDL_KIND_MUTEX, "log_lock");
	reclaim = ldl_waits_class(LDL_KIND_RECLAIM, "reclaim.fs");
	edges[0] = ldl_waits_edge(
		lock, reclaim, 1, LDL_GFP_KERNEL, LDL_GFP_KERNEL | LDL_GFP_RETRY_WAIT);
	edges[1] = ldl_waits_edge(reclaim, lock, 2, 0, 0);
	ldl_waits_cycle(LDL_FINDING_RECLAIM, LDL_RULE_B9, edges, 2);
	print_all();
	CU_ASSERT_TRUE(has("log_lock is held over a wait to try an allocation again, and "
			   "reclaim.fs takes it\n"));
	CU_ASSERT_TRUE(has("      waits to try GFP_KERNEL again  in   "));
	CU_ASSERT_TRUE(has("    and waited to try GFP_KERNEL again, here:\n"));
	CU_ASSERT_TRUE(has(" retry(GFP_KERNEL)  waits\n"));
	CU_ASSERT_PTR_NULL(strstr(printed, "0x8000"));
	CU_ASSERT_PTR_NULL(strstr(printed, "  allocates"));
}

static void a_domain_that_waits_for_itself_allocates_nothing(void)
{
	ldl_class_id domain;
	struct ldl_waits_breach breach = {
		.kind = LDL_FINDING_RECLAIM, .rule = LDL_RULE_A4, .severity = LDL_SEVERITY_ERROR};

	ldl_waits_begin();
	domain = ldl_waits_class(LDL_KIND_RECLAIM, "block cache");
	breach.from = breach.to = domain;
	ldl_waits_breach(&breach);
	print_all();
	CU_ASSERT_TRUE(has("possible deadlock: reclaim 'block cache' waits for itself\n"));
	ldl_waits_begin();
	domain = ldl_waits_class(LDL_KIND_RECLAIM, "block cache");
	breach.gfp = breach.gfp_asked = LDL_GFP_KERNEL;
	ldl_waits_breach(&breach);
	print_all();
	CU_ASSERT_TRUE(
		has("reclaim 'block cache' allocates with a mask that makes it run again\n"));
}

static void an_allocator_is_told_what_it_was_asked(void)
{
	struct ldl_waits_breach breach = {.kind = LDL_FINDING_POLICY,
		.rule = LDL_RULE_D11,
		.severity = LDL_SEVERITY_ERROR,
		.gfp = LDL_GFP_NOWAIT,
		.gfp_asked = LDL_GFP_NOWAIT};

	ldl_waits_begin();
	breach.to = ldl_waits_class(LDL_KIND_ALLOCATION, NULL);
	ldl_waits_breach(&breach);
	breach.rule = LDL_RULE_D12;
	ldl_waits_breach(&breach);
	breach.rule = LDL_RULE_D13;
	ldl_waits_breach(&breach);
	print_all();
	CU_ASSERT_TRUE(has("    asked with GFP_NOWAIT; blocks here:\n"));
	CU_ASSERT_TRUE(has("    asked with GFP_NOWAIT; accepted here:\n"));
	CU_ASSERT_TRUE(has("    allocated with GFP_NOWAIT here:\n"));
}

/* Rule D16 has two halves: the lock is held meanwhile, or dropped and trusted afterwards. */
static void a_dropped_lock_and_a_held_one_have_titles_of_their_own(void)
{
	struct ldl_waits_breach breach = {
		.kind = LDL_FINDING_POLICY, .rule = LDL_RULE_D16, .severity = LDL_SEVERITY_WARNING};

	ldl_waits_begin();
	breach.to = ldl_waits_class(LDL_KIND_MUTEX, "bufio_lock");
	breach.from = breach.to;
	breach.gfp = breach.gfp_asked = LDL_GFP_NOIO;
	ldl_waits_breach(&breach);
	breach.to = ldl_waits_class(LDL_KIND_ALLOCATION, NULL);
	breach.gfp = breach.gfp_asked = LDL_GFP_KERNEL;
	ldl_waits_breach(&breach);
	print_all();
	CU_ASSERT_TRUE(has("a lock is dropped for an allocation, and what it protects not looked "
			   "at again: bufio_lock\n"));
	CU_ASSERT_TRUE(has("    dropped, and allocated with GFP_NOIO meanwhile, here:\n"));
	CU_ASSERT_TRUE(has("    taken again (at "));
	CU_ASSERT_TRUE(has("a contended lock, and an allocation that may reclaim: sample+0x2020, "
			   "under bufio_lock\n"));
}

static void a_notifier_is_called_one(void)
{
	struct ldl_waits_breach breach = {.kind = LDL_FINDING_NONBLOCK,
		.rule = LDL_RULE_A7,
		.severity = LDL_SEVERITY_WARNING};

	ldl_waits_begin();
	breach.from = ldl_waits_class(LDL_KIND_CONTEXT, "camera");
	breach.to = ldl_waits_class(LDL_KIND_MUTEX, "camera_lock");
	ldl_waits_callback(
		&(struct ldl_callback){.class = breach.from, .is_notifier = 1, .runs = 2});
	ldl_waits_breach(&breach);
	print_all();
	CU_ASSERT_TRUE(has("not its own: camera_lock, in notifier 'camera'\n"));
	CU_ASSERT_TRUE(has("    is in notifier 'camera'"));
}

static void callbacks_that_never_ran_are_named(void)
{
	ldl_class_id idle, busy;

	ldl_waits_begin();
	idle = ldl_waits_class(LDL_KIND_CONTEXT, "mine");
	busy = ldl_waits_class(LDL_KIND_CONTEXT, "yours");
	ldl_waits_callback(&(struct ldl_callback){.class = idle});
	ldl_waits_callback(&(struct ldl_callback){.class = idle});
	ldl_waits_callback(&(struct ldl_callback){.class = busy, .runs = 3});
	print_all();
	CU_ASSERT_TRUE(has("\n  shrinker 'mine' never ran: what it takes is not known (run it, or "
			   "declare its locks)\n"));
	CU_ASSERT_PTR_NULL(strstr(strstr(printed, "never ran") + 1, "never ran"));
	CU_ASSERT_PTR_NULL(strstr(printed, "yours"));
}

static void a_policy_finding_says_rule_place_masks_and_note(void)
{
	ldl_class_id place, lock;

	ldl_waits_begin();
	place = ldl_waits_class(LDL_KIND_ALLOCATION, NULL);
	lock = ldl_waits_class(LDL_KIND_MUTEX, "map_lock");
	ldl_waits_breach(&(struct ldl_waits_breach){
		.kind = LDL_FINDING_POLICY,
		.rule = LDL_RULE_B6,
		.severity = LDL_SEVERITY_WARNING,
		.from = lock,
		.to = place,
		.gfp = LDL_GFP_NOFS | LDL_GFP_NOFAIL,
		.gfp_asked = LDL_GFP_KERNEL | LDL_GFP_NOFAIL,
		.note = "order 3",
	});
	print_all();
	CU_ASSERT_TRUE(has("NOFAIL for a request above order 1: sample+0x2010, under "
			   "map_lock\n"));
	CU_ASSERT_TRUE(has("warning, policy, seen 1 time\n  rule B6: several contiguous pages"));
	CU_ASSERT_TRUE(has("  note: order 3\n"));
	CU_ASSERT_TRUE(has("    holds map_lock (exclusive, at 0x2000) here:\n"));
	CU_ASSERT_TRUE(has("    allocated with GFP_NOFS|__GFP_NOFAIL (effective; asked for "
			   "GFP_KERNEL|__GFP_NOFAIL) here:\n"));
	CU_ASSERT_PTR_NULL(strstr(printed, "verdict"));
}

static void an_allocation_in_a_context_names_both(void)
{
	ldl_class_id place, context;

	ldl_waits_begin();
	place = ldl_waits_class(LDL_KIND_ALLOCATION, NULL);
	context = ldl_waits_class(LDL_KIND_NONBLOCK, "realtime");
	ldl_waits_breach(&(struct ldl_waits_breach){
		.kind = LDL_FINDING_NONBLOCK,
		.rule = LDL_RULE_A2,
		.severity = LDL_SEVERITY_ERROR,
		.from = context,
		.to = place,
		.gfp = LDL_GFP_KERNEL,
		.gfp_asked = LDL_GFP_KERNEL,
	});
	print_all();
	CU_ASSERT_TRUE(has("an allocation that may sleep in a context that must not block: "
			   "sample+0x2010, in non-blocking context realtime\n"));
	CU_ASSERT_TRUE(has("    is in non-blocking context realtime, here:\n"));
	CU_ASSERT_PTR_NULL(strstr(printed, "note:"));
}

/* A cycle of locks reads as it always did: no word of reclaim, no "indirect". */
static void a_cycle_of_locks_reads_as_before(void)
{
	ldl_class_id one, two;
	ldl_edge_id edges[2];

	ldl_waits_begin();
	one = ldl_waits_class(LDL_KIND_MUTEX, "A");
	two = ldl_waits_class(LDL_KIND_MUTEX, "B");
	edges[0] = ldl_waits_edge(one, two, 1, 0, 0);
	edges[1] = ldl_waits_edge(two, one, 2, 0, 0);
	ldl_waits_cycle(LDL_FINDING_LOCK_ORDER, LDL_RULE_ORDER, edges, 2);
	print_all();
	CU_ASSERT_TRUE(has("possible deadlock: lock order inversion between A and B\n"));
	CU_ASSERT_TRUE(has("      holds A  from sample+0x1020"));
	CU_ASSERT_TRUE(has("      wants B  in   sample+0x1030"));
	CU_ASSERT_PTR_NULL(strstr(printed, "indirect"));
	CU_ASSERT_PTR_NULL(strstr(printed, "allocat"));
}

static void the_summary_counts_what_is_no_lock(void)
{
	ldl_class_id place, reclaim, lock;

	ldl_waits_begin();
	print_all();
	CU_ASSERT_PTR_NULL(strstr(printed, "allocation"));
	place = ldl_waits_class(LDL_KIND_ALLOCATION, NULL);
	reclaim = ldl_waits_class(LDL_KIND_RECLAIM, "reclaim");
	lock = ldl_waits_class(LDL_KIND_MUTEX, "A");
	ldl_waits_edge(lock, reclaim, 1, LDL_GFP_KERNEL, LDL_GFP_KERNEL);
	ldl_waits_alloc(&(struct ldl_alloc){.class = place, .gfp = LDL_GFP_KERNEL, .count = 40}, 0);
	ldl_waits_alloc(&(struct ldl_alloc){.class = place, .gfp = LDL_GFP_NOWAIT, .count = 2}, 0);
	ldl_waits_reserve(&(struct ldl_reserve){.min_nr = 4});
	print_all();
	CU_ASSERT_TRUE(has("  42 allocations at 2 sites (1 may reclaim), 1 context, 1 reserve, 0 "
			   "events\n"));
	free(printed);
	printed = NULL;
}

LDL_SUITE(waits_text)
{
	LDL_TEST(masks_read_as_their_widest_composition_and_the_rest);
	LDL_TEST(scopes_and_requests_read_as_words);
	LDL_TEST(a_lock_over_reclaim_says_what_each_hop_is);
	LDL_TEST(four_indirect_hops_are_told_one_by_one);
	LDL_TEST(a_reserve_and_its_free_path_are_told);
	LDL_TEST(a_handler_and_a_lock_are_told);
	LDL_TEST(a_shrinker_is_called_by_its_name);
	LDL_TEST(a_wait_to_try_again_is_no_allocation);
	LDL_TEST(a_domain_that_waits_for_itself_allocates_nothing);
	LDL_TEST(an_allocator_is_told_what_it_was_asked);
	LDL_TEST(a_dropped_lock_and_a_held_one_have_titles_of_their_own);
	LDL_TEST(a_notifier_is_called_one);
	LDL_TEST(callbacks_that_never_ran_are_named);
	LDL_TEST(a_policy_finding_says_rule_place_masks_and_note);
	LDL_TEST(an_allocation_in_a_context_names_both);
	LDL_TEST(a_cycle_of_locks_reads_as_before);
	LDL_TEST(the_summary_counts_what_is_no_lock);
}
