/* The locking self-test: 394 cases by the names of the kernel's, run against the kernel-style
 * header, each from an empty graph.
 *
 * A case is one to three events, C functions that lock and unlock, and what has to come of them:
 * nothing at all, or findings of certain rules. A row spreads one such thing over lock kinds,
 * interrupts and the orders of its events; a cell is a case of its own. Each file *_cases.c adds
 * its rows and cells, cases.c lists the files, main.c runs and prints. */
#ifndef LDL_SELFTEST_H
#define LDL_SELFTEST_H

#include <stdbool.h>
#include <stdint.h>
#include "core/format.h"
#include "tests/selftest/locks.h"

/* What an event may ask of its case. */
struct selftest_variant {
	enum selftest_kind kind;
	enum selftest_irq irq;
	int outer, inner; /* wait contexts: which one, in which one */
};

typedef void (*selftest_event)(const struct selftest_variant *variant);

/* The rules that a case breaks, as bits, each of them and no other; SILENT: none. */
#define SILENT          0ull
#define RULE(id)        (1ull << LDL_RULE_##id)
#define RULE_ORDER      RULE(ORDER)
#define RULE_SAME_CLASS RULE(SAME_CLASS)
#define RULE_INTERRUPT  RULE(INTERRUPT)
#define RULE_WAIT_TYPE  RULE(WAIT_TYPE)
#define RULE_MISUSE     RULE(MISUSE)
_Static_assert(LDL_RULE_A4 < 64, "the rules of the cases are bits of one word");

struct selftest_case {
	char name[48]; /* "ABBA_rlock": the kernel's */
	char line[48]; /* where the table shows it */
	int column;
	int section;
	bool is_beyond; /* not one of the kernel's */
	uint64_t rules; /* what has to be found, and nothing else */
	selftest_event events[3];
	struct selftest_variant variant;
};

/* Spreads over the kinds and, with `irqs`, over hard and soft ones; two or three events come in
 * every order: name[_hard|_soft]_kind[_order]. */
struct selftest_row {
	const char *name;
	unsigned int kinds;  /* KIND() bits */
	unsigned int silent; /* KIND() bits of those of which nothing may be found */
	bool irqs;
	bool has_plain_names; /* the kind is not a part of the name */
	uint64_t rules;
	selftest_event events[3];
};

/* Begins a part of the table with its own columns (NULL-terminated). `is_fair`: read_lock() is a
 * fair reader outside of interrupts, as it is in the kernel; else it is a recursive one. */
void selftest_add_section(const char *title, const char *const *columns, bool is_fair);
void selftest_add_row(const struct selftest_row *row);
/* `line`: NULL for the case's own name. The case, for what else is to be set; valid until the next
 * one is added. */
struct selftest_case *selftest_add_cell(
	const char *line, int column, const char *name, uint64_t rules, selftest_event event);

/* All of them, in the table's order. cases.c */
void selftest_add_all(void);
const struct selftest_case *selftest_cases(unsigned int *count);
const char *selftest_section_title(int section);
const char *const *selftest_section_columns(int section);
bool selftest_section_is_fair(int section);

/* For events: a call that returns what it must not fails the case. main.c */
void selftest_require(bool is_so, const char *what);

/* What is wrong with the findings that the engine has now, as one line; NULL: nothing. judge.c */
const char *selftest_judge(const struct selftest_case *it);

/* What each file has. */
void selftest_add_order_cases(void);
void selftest_add_reader_cases(void);
void selftest_add_irq_cases(void);
void selftest_add_queued_cases(void);
void selftest_add_reclaim_cases(void);
void selftest_add_wait_cases(void);
void selftest_add_local_cases(void);
void selftest_add_ww_cases(void);
void selftest_add_back_off_cases(void);
void selftest_add_ww_mix_cases(void);
void selftest_add_beyond_cases(void);

#endif
