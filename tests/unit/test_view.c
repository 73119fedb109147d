/* viz/view: which findings are shown, and as what, by default, with --all and with --strict. */
#include <lockdep_lite.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "core/compiler.h"
#include "tests/support/command.h"
#include "tests/support/suite.h"
#include "tests/support/verdicts.h"
#include "tests/support/waits.h"
#include "viz/cmd.h"
#include "viz/graph.h"
#include "viz/run_report.h"
#include "viz/seen.h"
#include "viz/view.h"

#define OUT ldl_command_out

static bool has(const char *words)
{
	if (!strstr(OUT, words))
		printf("lacks: %s\n%s", words, OUT);
	return strstr(OUT, words) != NULL;
}

static bool lacks(const char *words)
{
	if (strstr(OUT, words))
		printf("has: %s\n%s", words, OUT);
	return strstr(OUT, words) == NULL;
}

/* Whether these words come in this order. */
static bool in_order(const char *const *words, size_t count)
{
	const char *at = OUT;

	for (size_t i = 0; i < count; i++) {
		const char *next = strstr(at, words[i]);

		if (!next) {
			printf("not in its place: %s\n%s", words[i], OUT);
			return false;
		}
		at = next;
	}
	return true;
}

static int report(const char *option, const char *other)
{
	const char *words[] = {option, other, NULL};

	if (!option)
		return ldl_command(viz_cmd_report, "report", ldl_waits_path(), NULL);
	if (!other)
		return ldl_command(viz_cmd_report, "report", words[0], ldl_waits_path(), NULL);
	return ldl_command(viz_cmd_report, "report", words[0], words[1], ldl_waits_path(), NULL);
}

static void errors_come_first_then_warnings_then_one_line_each(void)
{
	static const char *const order[] = {
		"\n  verdict deadlocked: ",
		"\n  verdict confirmed: ",
		"misuse: released released by a thread that does not hold it\n",
		"\n  verdict predicted: ",
		"\n  verdict potential: ",
		"possible stall: ",
		"\n  verdict bounded: ",
		"ordered: lock order inversion between ordered_one and ordered_two (finding ",
		"single-thread: lock order inversion between single-thread_one and ",
		"  findings: 5 errors, 1 warning, 2 info\n  hidden: 1 gated; --all shows them\n",
	};

	ldl_verdicts_begin();
	CU_ASSERT_EQUAL(report(NULL, NULL), 1);
	CU_ASSERT_TRUE(in_order(order, ldl_array_len(order)));
	CU_ASSERT_TRUE(lacks("gated_one"));
	CU_ASSERT_TRUE(lacks("verdict ordered"));
	CU_ASSERT_TRUE(lacks("verdict single-thread"));
}

static void all_shows_what_cannot_happen_and_makes_it_no_error(void)
{
	ldl_verdicts_begin();
	CU_ASSERT_EQUAL(report("--all", NULL), 1);
	CU_ASSERT_TRUE(has("\n  verdict gated: "));
	CU_ASSERT_TRUE(has("    holding also gate  from "));
	CU_ASSERT_TRUE(has("\n  verdict ordered: "));
	CU_ASSERT_TRUE(has("\n  verdict single-thread: "));
	CU_ASSERT_TRUE(has("  findings: 5 errors, 1 warning, 3 info\n"));
	CU_ASSERT_TRUE(lacks("hidden:"));
	CU_ASSERT_TRUE(lacks("--all shows"));
}

static void strict_takes_no_excuse_but_a_gate(void)
{
	static const char *const order[] = {
		"\n  verdict potential: ",
		"\nlock order inversion between ordered_one and ordered_two\n  finding ",
		": error, lock-order, seen 1 time\n",
		"\n  verdict ordered: ",
		"\n  verdict single-thread: ",
		"\n  verdict bounded: ",
		"  findings: 7 errors, 1 warning, 0 info\n  hidden: 1 gated; --all shows them\n",
	};

	ldl_verdicts_begin();
	CU_ASSERT_EQUAL(report("--strict", NULL), 1);
	CU_ASSERT_TRUE(in_order(order, ldl_array_len(order)));
	CU_ASSERT_TRUE(lacks("gated_one"));
	CU_ASSERT_EQUAL(report("--strict", "--all"), 1);
	CU_ASSERT_TRUE(has("  findings: 7 errors, 1 warning, 1 info\n"));
	CU_ASSERT_TRUE(has("\n  verdict gated: "));
}

/* An arena with one cycle of this verdict and nothing else. */
static ldl_finding_id one_cycle(enum ldl_verdict verdict)
{
	ldl_class_id one, two;
	ldl_edge_id edges[2];
	ldl_finding_id finding;

	ldl_waits_begin();
	one = ldl_waits_class(LDL_KIND_MUTEX, "one");
	two = ldl_waits_class(LDL_KIND_MUTEX, "two");
	edges[0] = ldl_waits_edge(one, two, 1, 0, 0);
	edges[1] = ldl_waits_edge(two, one, 2, 0, 0);
	finding = ldl_waits_cycle(LDL_FINDING_LOCK_ORDER, LDL_RULE_ORDER, edges, 2);
	ldl_waits_verdict(finding, verdict);
	return finding;
}

static void the_exit_status_follows_the_view(void)
{
	static const struct {
		enum ldl_verdict verdict;
		int by_default, strict;
	} statuses[] = {
		{LDL_VERDICT_DEADLOCKED, 1, 1},
		{LDL_VERDICT_CONFIRMED, 1, 1},
		{LDL_VERDICT_PREDICTED, 1, 1},
		{LDL_VERDICT_POTENTIAL, 1, 1},
		{LDL_VERDICT_BOUNDED, 0, 0},
		{LDL_VERDICT_GATED, 0, 0},
		{LDL_VERDICT_ORDERED, 0, 1},
		{LDL_VERDICT_SINGLE_THREAD, 0, 1},
	};

	for (size_t i = 0; i < ldl_array_len(statuses); i++) {
		one_cycle(statuses[i].verdict);
		CU_ASSERT_EQUAL(report(NULL, NULL), statuses[i].by_default);
		CU_ASSERT_EQUAL(report("--all", NULL), statuses[i].by_default);
		CU_ASSERT_EQUAL(report("--strict", NULL), statuses[i].strict);
		CU_ASSERT_EQUAL(report("--json", "--strict"), statuses[i].strict);
	}
}

static void each_verdict_says_what_would_settle_it(void)
{
	for (unsigned int kind = 0; kind < LDL_FINDING_KIND_COUNT; kind++) {
		CU_ASSERT_STRING_EQUAL(viz_verdict_meaning(kind, LDL_VERDICT_NONE), "");
		for (unsigned int verdict = 1; verdict < LDL_VERDICT_COUNT; verdict++) {
			const char *meaning = viz_verdict_meaning(kind, verdict);

			CU_ASSERT_PTR_NOT_NULL(strstr(meaning, "settle"));
			CU_ASSERT_TRUE(strchr(meaning, '.') == meaning + strlen(meaning) - 1);
		}
	}
}

/* What a program declared is an error even if one thread did it all: the record's severity. */
static void an_error_stays_one_whatever_its_verdict(void)
{
	ldl_finding_id id = one_cycle(LDL_VERDICT_SINGLE_THREAD);
	struct viz_run *run;
	char error[400];

	ldl_waits_severity(id, LDL_SEVERITY_ERROR);
	CU_ASSERT_EQUAL(report(NULL, NULL), 1);
	CU_ASSERT_TRUE(has("\n  verdict single-thread: "));
	CU_ASSERT_EQUAL_FATAL(viz_run_open(&run, ldl_waits_path(), error, sizeof(error)), LDL_OK);
	CU_ASSERT_EQUAL(viz_finding_shown(run, id), VIZ_SHOWN_FULL);
	CU_ASSERT_EQUAL(viz_finding_shown(run, 77), VIZ_SHOWN_NOT);
	CU_ASSERT_EQUAL(viz_finding_severity(run, 77), LDL_SEVERITY_INFO);
	viz_run_close(run);
}

static void json_counts_what_it_does_not_list(void)
{
	ldl_verdicts_begin();
	CU_ASSERT_EQUAL(report("--json", NULL), 1);
	CU_ASSERT_TRUE(has("\"hidden\": {\n    \"gated\": 1,\n    \"ordered\": 1,\n"
			   "    \"single-thread\": 1,\n"));
	CU_ASSERT_TRUE(lacks("\"verdict\": \"ordered\""));
	CU_ASSERT_EQUAL(report("--json", "--strict"), 1);
	CU_ASSERT_TRUE(has("\"hidden\": {\n    \"gated\": 1,\n    \"ordered\": 0,\n"
			   "    \"single-thread\": 0,\n"));
	CU_ASSERT_TRUE(has("\"severity\": \"error\",\n      \"verdict\": \"ordered\""));
	CU_ASSERT_EQUAL(report("--json", "--all"), 1);
	CU_ASSERT_TRUE(has("\"hidden\": {\n    \"gated\": 0,"));
	CU_ASSERT_TRUE(has("\"severity\": \"info\",\n      \"verdict\": \"gated\""));
	CU_ASSERT_TRUE(has("\"severity\": \"info\",\n      \"verdict\": \"ordered\""));
}

static void one_finding_that_is_asked_for_is_shown_at_length(void)
{
	char option[64];

	one_cycle(LDL_VERDICT_ORDERED);
	snprintf(option, sizeof(option), "--finding=%s", ldl_waits_id(1));
	CU_ASSERT_EQUAL(report(option, NULL), 0);
	CU_ASSERT_TRUE(has(": info, lock-order"));
	CU_ASSERT_EQUAL(report(option, "--strict"), 1);
	CU_ASSERT_TRUE(has(": error, lock-order"));
}

static void an_edge_tells_how_often_it_was_seen_and_by_whom(void)
{
	ldl_class_id one, two;
	ldl_edge_id edges[2];

	ldl_waits_begin();
	one = ldl_waits_class(LDL_KIND_MUTEX, "one");
	two = ldl_waits_class(LDL_KIND_MUTEX, "two");
	edges[0] = ldl_waits_edge(one, two, 3, 0, 0);
	edges[1] = ldl_waits_edge(two, one, 2, 0, 0);
	ldl_waits_again(edges[0], 1);
	ldl_waits_again(edges[0], 3);
	for (uint32_t thread = 1; thread < 9; thread++)
		ldl_waits_again(edges[1], 10 + thread);
	ldl_waits_cycle(LDL_FINDING_LOCK_ORDER, LDL_RULE_ORDER, edges, 2);
	CU_ASSERT_EQUAL(report(NULL, NULL), 1);
	CU_ASSERT_TRUE(has("\n      seen 3 times, by worker #1 and worker #3\n"));
	CU_ASSERT_TRUE(has("\n      seen 9 times, by worker #2, worker #11, worker #12, worker "
			   "#13 and 5 more\n"));
	CU_ASSERT_EQUAL(report("--json", NULL), 1);
	CU_ASSERT_TRUE(has("\"seen\": 3,\n          \"declared\": false,\n"
			   "          \"threads\": [\n            \"worker #1\",\n"
			   "            \"worker #3\"\n          ],"));
}

static void an_edge_seen_once_says_so(void)
{
	one_cycle(LDL_VERDICT_PREDICTED);
	CU_ASSERT_EQUAL(report(NULL, NULL), 1);
	CU_ASSERT_TRUE(has("\n      seen once, by worker #1\n"));
	CU_ASSERT_TRUE(has("\n      seen once, by worker #2\n"));
}

/* Reads the arena as `run` would, telling what is new, into `OUT`. */
static size_t tell(struct viz_run_report *told)
{
	struct viz_run *run;
	char error[400];
	size_t news;
	ssize_t len;
	int file = memfd_create("told", MFD_CLOEXEC), kept = told->fd;

	CU_ASSERT_EQUAL_FATAL(viz_run_open(&run, ldl_waits_path(), error, sizeof(error)), LDL_OK);
	told->fd = file;
	news = viz_run_report_news(told, run);
	told->fd = kept;
	viz_run_close(run);
	len = pread(file, OUT, sizeof(OUT) - 1, 0);
	OUT[len > 0 ? len : 0] = '\0';
	close(file);
	return news;
}

static void a_verdict_that_became_worse_is_told_again(void)
{
	struct viz_run_report told;
	ldl_finding_id id = one_cycle(LDL_VERDICT_GATED);
	char words[120];

	viz_run_report_open(&told, NULL, "never", false);
	CU_ASSERT_EQUAL(tell(&told), 0);
	CU_ASSERT_STRING_EQUAL(OUT, "");
	ldl_waits_verdict(id, LDL_VERDICT_ORDERED);
	CU_ASSERT_EQUAL(tell(&told), 1);
	CU_ASSERT_TRUE(has("ordered: lock order inversion between one and two (finding "));
	ldl_waits_verdict(id, LDL_VERDICT_POTENTIAL);
	CU_ASSERT_EQUAL(tell(&told), 0);
	CU_ASSERT_TRUE(has("possible deadlock: lock order inversion between one and two\n"));
	CU_ASSERT_TRUE(has("  verdict potential: "));
	ldl_waits_verdict(id, LDL_VERDICT_PREDICTED);
	CU_ASSERT_EQUAL(tell(&told), 0);
	snprintf(words, sizeof(words),
		"lockdep-lite: finding %s is now predicted (it was potential)\n", ldl_waits_id(id));
	CU_ASSERT_STRING_EQUAL(OUT, words);
	CU_ASSERT_EQUAL(tell(&told), 0);
	CU_ASSERT_STRING_EQUAL(OUT, "");
	ldl_waits_verdict(id, LDL_VERDICT_POTENTIAL);
	CU_ASSERT_EQUAL(tell(&told), 0);
	CU_ASSERT_STRING_EQUAL(OUT, "");
	viz_run_report_close(&told);
}

static void a_verdict_that_fell_out_of_sight_is_told_once(void)
{
	struct viz_run_report told;
	ldl_finding_id id = one_cycle(LDL_VERDICT_PREDICTED);
	char words[120];

	viz_run_report_open(&told, NULL, "never", false);
	CU_ASSERT_EQUAL(tell(&told), 1);
	ldl_waits_verdict(id, LDL_VERDICT_GATED);
	CU_ASSERT_EQUAL(tell(&told), 0);
	snprintf(words, sizeof(words), "lockdep-lite: finding %s is now gated (it was predicted)\n",
		ldl_waits_id(id));
	CU_ASSERT_STRING_EQUAL(OUT, words);
	CU_ASSERT_EQUAL(tell(&told), 0);
	CU_ASSERT_STRING_EQUAL(OUT, "");
	ldl_waits_verdict(id, LDL_VERDICT_PREDICTED);
	CU_ASSERT_EQUAL(tell(&told), 0);
	CU_ASSERT_TRUE(has("  verdict predicted: "));
	viz_run_report_close(&told);
}

static void a_picture_marks_what_is_strictly_an_error(void)
{
	one_cycle(LDL_VERDICT_ORDERED);
	CU_ASSERT_EQUAL(ldl_command(viz_cmd_graph, "graph", ldl_waits_path(), "-o", "-", NULL), 0);
	CU_ASSERT_TRUE(lacks("#c62828"));
	CU_ASSERT_TRUE(has("grey, half bold"));
	CU_ASSERT_EQUAL(
		ldl_command(viz_cmd_graph, "graph", "--strict", ldl_waits_path(), "-o", "-", NULL),
		0);
	CU_ASSERT_TRUE(has("#c62828"));
	CU_ASSERT_TRUE(has("error, ordered"));
}

LDL_SUITE(view)
{
	LDL_TEST(errors_come_first_then_warnings_then_one_line_each);
	LDL_TEST(all_shows_what_cannot_happen_and_makes_it_no_error);
	LDL_TEST(strict_takes_no_excuse_but_a_gate);
	LDL_TEST(the_exit_status_follows_the_view);
	LDL_TEST(each_verdict_says_what_would_settle_it);
	LDL_TEST(an_error_stays_one_whatever_its_verdict);
	LDL_TEST(json_counts_what_it_does_not_list);
	LDL_TEST(one_finding_that_is_asked_for_is_shown_at_length);
	LDL_TEST(an_edge_tells_how_often_it_was_seen_and_by_whom);
	LDL_TEST(an_edge_seen_once_says_so);
	LDL_TEST(a_verdict_that_became_worse_is_told_again);
	LDL_TEST(a_verdict_that_fell_out_of_sight_is_told_once);
	LDL_TEST(a_picture_marks_what_is_strictly_an_error);
}
