/* core/report: what a watched process itself prints of a finding. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <lockdep_lite.h>
#include "core/catalogue.h"
#include "core/engine.h"
#include "core/report.h"
#include "tests/support/scenario.h"
#include "tests/support/suite.h"

static char text[65536];

/* What `print` wrote to file descriptor 2, into `text`. */
static void capture(void (*print)(void))
{
	int file = memfd_create("captured", MFD_CLOEXEC), kept = dup(2);
	ssize_t len;

	CU_ASSERT_TRUE_FATAL(file >= 0 && kept >= 0);
	fflush(stderr);
	dup2(file, 2);
	ldl_report_start();
	print();
	dup2(kept, 2);
	ldl_report_start();
	close(kept);
	len = pread(file, text, sizeof(text) - 1, 0);
	text[len > 0 ? len : 0] = '\0';
	close(file);
}

/* A program that closed its standard error and opened a file gets no report into that file. */
static void a_file_that_took_the_place_of_standard_error_stays_clean(void)
{
	int file, kept = dup(2);
	char byte;

	CU_ASSERT_TRUE_FATAL(kept >= 0);
	ldl_report_start();
	close(2);
	file = memfd_create("data", MFD_CLOEXEC);
	CU_ASSERT_EQUAL(file, 2);
	ldl_report_line("into nobody's file");
	CU_ASSERT_EQUAL(pread(file, &byte, 1, 0), 0);
	CU_ASSERT_EQUAL(dup2(kept, 2), 2);
	close(kept);
}

static void print_first_finding(void)
{
	ldl_report_finding(ldl_engine_arena(), 1);
}

static unsigned int count_of(const char *word)
{
	const char *at = text;
	unsigned int count = 0;

	while ((at = strstr(at, word))) {
		at += strlen(word);
		count++;
	}
	return count;
}

static void a_cycle_is_printed_with_both_stacks_of_each_step(void)
{
	char pid[32];

	ldl_scenario_run(NULL, "T1: AB; T2: BA");
	capture(print_first_finding);
	snprintf(pid, sizeof(pid), "pid %d", (int)getpid());
	CU_ASSERT_EQUAL(strncmp(text, "lockdep-lite: error: L1", 23), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, pid));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "A -> B"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "B -> A"));
	CU_ASSERT_EQUAL(count_of("held since"), 2);
	CU_ASSERT_EQUAL(count_of("then taken at"), 2);
	CU_ASSERT_TRUE(count_of("#0 ") == 4 && count_of("+0x") >= 4);
	CU_ASSERT_EQUAL(text[strlen(text) - 1], '\n');
}

static void the_rules_sentence_is_printed_with_it(void)
{
	ldl_scenario_run(NULL, "T1: AB; T2: BA");
	capture(print_first_finding);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n  why: "));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, ldl_catalogue_entry(LDL_RULE_ORDER)->why));
	CU_ASSERT_PTR_NULL(strstr(text, "note: "));
}

static void a_note_is_printed_with_its_finding(void)
{
	static const char lock;

	ldl_lock_init(&lock, ldl_class("noted", LDL_CLASS_STRICT), 0);
	ldl_misuse(&lock, "used after it was done");
	CU_ASSERT_EQUAL_FATAL(ldl_finding_count(), 1);
	capture(print_first_finding);
	CU_ASSERT_EQUAL(strncmp(text, "lockdep-lite: error: L14", 24), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n  note: used after it was done\n"));
}

/* A broken rule has a place where it was broken; nothing was "taken" there. */
static void a_broken_rule_says_here(void)
{
	static const char lock;

	ldl_lock_init(&lock, ldl_class("noted", LDL_CLASS_STRICT), 0);
	ldl_misuse(&lock, "used after it was done");
	capture(print_first_finding);
	CU_ASSERT_EQUAL(count_of("    here:\n"), 1);
	CU_ASSERT_EQUAL(count_of("then taken at"), 0);
}

static void a_bounded_cycle_is_a_warning(void)
{
	ldl_scenario_run(NULL, "T1: A timed(B); T2: BA");
	capture(print_first_finding);
	CU_ASSERT_EQUAL(strncmp(text, "lockdep-lite: warning: ", 23), 0);
}

static void a_long_cycle_is_cut_and_says_so(void)
{
	ldl_scenario_run(NULL, "AB, BC, CD, DE, EF, FG, GH, HI, IJ, JK, KL, LM, MN, NO, OP, PA");
	capture(print_first_finding);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "and 4 more"));
	CU_ASSERT_EQUAL(count_of(" -> "), 12);
}

static void a_very_long_name_breaks_no_line(void)
{
	static const char locks[2];
	char name[1024], *line;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		memset(name, 'x', sizeof(name) - 1);
		name[0] = (char)('a' + i);
		name[sizeof(name) - 1] = '\0';
		ldl_lock_init(&locks[i], ldl_class(name, LDL_CLASS_STRICT), 0);
	}
	for (i = 0; i < 2; i++) {
		ldl_lock_acquire(&locks[i], LDL_EXCLUSIVE);
		ldl_lock_acquired(&locks[i], LDL_EXCLUSIVE);
		ldl_lock_acquire(&locks[1 - i], LDL_EXCLUSIVE);
		ldl_lock_acquired(&locks[1 - i], LDL_EXCLUSIVE);
		ldl_lock_release(&locks[1 - i]);
		ldl_lock_release(&locks[i]);
	}
	CU_ASSERT_EQUAL_FATAL(ldl_finding_count(), 1);
	capture(print_first_finding);
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		CU_ASSERT_TRUE(strlen(line) < 512);
}

static void print_line(void)
{
	ldl_report_line("one thing: one place: one mend");
}

static void a_line_says_who_speaks(void)
{
	capture(print_line);
	CU_ASSERT_STRING_EQUAL(text, "lockdep-lite: one thing: one place: one mend\n");
}

static void where_nothing_can_be_written_nothing_is(void)
{
	int kept = dup(2);

	ldl_scenario_run(NULL, "AB, BA");
	close(2);
	print_first_finding();
	print_line();
	CU_ASSERT_EQUAL(dup2(kept, 2), 2);
	close(kept);
	CU_ASSERT_EQUAL(ldl_finding_count(), 1);
}

LDL_SUITE(report)
{
	LDL_TEST(a_cycle_is_printed_with_both_stacks_of_each_step);
	LDL_TEST(the_rules_sentence_is_printed_with_it);
	LDL_TEST(a_note_is_printed_with_its_finding);
	LDL_TEST(a_broken_rule_says_here);
	LDL_TEST(a_bounded_cycle_is_a_warning);
	LDL_TEST(a_long_cycle_is_cut_and_says_so);
	LDL_TEST(a_very_long_name_breaks_no_line);
	LDL_TEST(a_line_says_who_speaks);
	LDL_TEST(a_file_that_took_the_place_of_standard_error_stays_clean);
	LDL_TEST(where_nothing_can_be_written_nothing_is);
}
