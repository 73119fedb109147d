/* Lock orders as one line of text, run for real and judged by what the engine then knows.
 *
 *	ldl_silent("AB, AB");
 *	ldl_reports("AB, BA", .path = "A -> B -> A");
 *	ldl_reports("T1: AB; T2: BA", .path = "A -> B -> A", .types = "EN EN");
 *
 * The line is a list of steps, done in the order of the text, each by the annotation API:
 *
 *	A, X1	take lock A; X1 and X2 are two locks of class X
 *	W(A) R(A) r(A)	as writer, as reader, as recursive reader
 *	try(A) tryR(A) tryr(A)	the same without waiting
 *	timed(A) timedR(A) timedr(A)	the same with a wait that ends by itself
 *	sub1(A)	as subclass 1 (0 to 7)
 *	fail(A)	wait for it, in vain
 *	-A	release it
 *	, or ;	release all that this thread holds, youngest first
 *	T1:	the next steps are thread T1's (T1 to T19; before any of these: the caller's).
 *		A thread that is left in the midst of a group keeps its locks
 *	init(A) destroy(A) down(A) held(A) unheld(A) nest(A,B) order(A,B)
 *		the calls of that name; nest: A inside B; order: A outside B.
 *		After init and destroy nobody holds the lock
 *
 * A name before "(" is set off by a blank: "A r(B)". Each line meets an empty engine, and every
 * lock that it names was initialised beforehand, in the order of the names in the text. */
#ifndef LDL_TEST_SCENARIO_H
#define LDL_TEST_SCENARIO_H

#include <stdbool.h>
#include "core/format.h"

/* What a plain "A" means, and what A is. All zero: a mutex of a declared, strict class. */
struct ldl_scenario_kind {
	const char *name;
	unsigned int mode;       /* ldl_lock_mode of a plain "A" */
	unsigned int properties; /* ldl_class_properties of the classes */
	unsigned int flags;      /* ldl_lock_flags of the locks */
	bool undeclared;         /* no ldl_class(): the engine tells the classes apart */
};

#define LDL_SCENARIO_FINDINGS 8
#define LDL_SCENARIO_PATH     8192

/* One finding, as text. Cycles are turned so that their smallest name comes first. */
struct ldl_scenario_finding {
	enum ldl_finding_kind kind;
	enum ldl_rule rule;
	enum ldl_verdict verdict;
	enum ldl_severity severity;
	unsigned int count;
	char path[LDL_SCENARIO_PATH];  /* "A -> B -> A"; "A" for a finding that is no cycle */
	char types[LDL_SCENARIO_PATH]; /* "EN SN": the types of the path's edges */
};

struct ldl_scenario_result {
	unsigned int count; /* of findings; the first ones are in the array */
	struct ldl_scenario_finding findings[LDL_SCENARIO_FINDINGS];
};

/* What a line has to lead to. Fields that are left out are not looked at. */
struct ldl_expectation {
	const struct ldl_scenario_kind *kind; /* NULL: all zero */
	bool silent;
	unsigned int count; /* of findings; 0 means 1 */
	const char *path;   /* of the first finding */
	const char *types;
	enum ldl_rule rule;
	enum ldl_verdict verdict;
};

/* Empties the engine, runs the line, releases everything, reads the findings. The result is valid
 * until the next run. Aborts on a line that it cannot read. */
const struct ldl_scenario_result *ldl_scenario_run(
	const struct ldl_scenario_kind *kind, const char *text);

/* The engine's findings as they are now, for tests that call the API themselves. */
const struct ldl_scenario_result *ldl_scenario_findings(void);

/* The address that stands for a lock of the DSL; the name of the lock at an address, or NULL. */
const void *ldl_scenario_lock(const char *name);
const char *ldl_scenario_name(uint64_t addr);

/* Runs the line and turns the comparison into one CUnit assertion. */
bool ldl_scenario_check(const char *file, unsigned int line, const char *text,
	const struct ldl_expectation *expected);

#define ldl_reports(text, ...)                                                                     \
	ldl_scenario_check(__FILE__, __LINE__, text, &(const struct ldl_expectation){__VA_ARGS__})
#define ldl_silent(text) ldl_reports(text, .silent = true)
#define ldl_silent_as(scenario_kind, text)                                                         \
	ldl_reports(text, .silent = true, .kind = (scenario_kind))

/* Ends the threads that scenarios used. */
void ldl_scenario_stop(void);

#endif
