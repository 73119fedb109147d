/* The list of all cases: rows spread over kinds, interrupts and orders. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/selftest/selftest.h"

#define CASES_MAX    512
#define SECTIONS_MAX 16

struct section {
	const char *title;
	const char *const *columns;
	bool is_fair;
};

static struct section sections[SECTIONS_MAX];
static int section_count;
static struct selftest_case cases[CASES_MAX];
static unsigned int case_count;

void selftest_add_section(const char *title, const char *const *columns, bool is_fair)
{
	if (section_count == SECTIONS_MAX)
		abort();
	sections[section_count++] = (struct section){title, columns, is_fair};
}

static struct selftest_case *add_case(const char *name, const char *line, int column)
{
	struct selftest_case *it = &cases[case_count];

	if (case_count == CASES_MAX || !section_count)
		abort();
	case_count++;
	snprintf(it->name, sizeof(it->name), "%s", name);
	snprintf(it->line, sizeof(it->line), "%s", line);
	it->column = column;
	it->section = section_count - 1;
	return it;
}

struct selftest_case *selftest_add_cell(
	const char *line, int column, const char *name, uint64_t rules, selftest_event event)
{
	struct selftest_case *it = add_case(name, line ? line : name, column);

	it->rules = rules;
	it->events[0] = event;
	return it;
}

/* The orders of one, two and three events, by their numbers; NULL: no more. */
static const char *order_text(unsigned int events, unsigned int at)
{
	static const char *const orders[3][7] = {
		{""}, {"12", "21"}, {"123", "132", "213", "231", "312", "321"}};

	return orders[events - 1][at];
}

static void add_variant(const struct selftest_row *row, const struct selftest_variant *variant,
	const char *irq, const char *order)
{
	const char *kind = row->has_plain_names ? "" : selftest_kind_names[variant->kind];
	const char *before_order = *order ? "_" : "";
	char name[48], line[48];
	struct selftest_case *it;
	unsigned int i;

	snprintf(name, sizeof(name), "%s%s%s%s%s%s", row->name, irq, *kind ? "_" : "", kind,
		before_order, order);
	snprintf(line, sizeof(line), "%s%s%s%s", row->name, irq, before_order, order);
	it = add_case(name, line, (int)variant->kind);
	it->variant = *variant;
	it->rules = row->silent & KIND(variant->kind) ? SILENT : row->rules;
	it->events[0] = row->events[0];
	for (i = 0; order[i]; i++)
		it->events[i] = row->events[order[i] - '1'];
}

static void add_kinds(const struct selftest_row *row, enum selftest_irq irq, const char *irq_name,
	const char *order)
{
	struct selftest_variant variant = {.irq = irq};

	for (variant.kind = 0; variant.kind < SELFTEST_KINDS; variant.kind++)
		if (row->kinds & KIND(variant.kind))
			add_variant(row, &variant, irq_name, order);
}

void selftest_add_row(const struct selftest_row *row)
{
	unsigned int events = row->events[2] ? 3 : row->events[1] ? 2 : 1;
	const char *order;
	unsigned int i;

	for (i = 0; (order = order_text(events, i)) != NULL; i++) {
		if (row->irqs) {
			add_kinds(row, HARD, "_hard", order);
			add_kinds(row, SOFT, "_soft", order);
		} else {
			add_kinds(row, HARD, "", order);
		}
	}
}

void selftest_add_all(void)
{
	selftest_add_order_cases();
	selftest_add_reader_cases();
	selftest_add_irq_cases();
	selftest_add_ww_cases();
	selftest_add_back_off_cases();
	selftest_add_ww_mix_cases();
	selftest_add_queued_cases();
	selftest_add_reclaim_cases();
	selftest_add_wait_cases();
	selftest_add_local_cases();
	selftest_add_beyond_cases();
}

const struct selftest_case *selftest_cases(unsigned int *count)
{
	*count = case_count;
	return cases;
}

const char *selftest_section_title(int section)
{
	return sections[section].title;
}

const char *const *selftest_section_columns(int section)
{
	return sections[section].columns;
}

bool selftest_section_is_fair(int section)
{
	return sections[section].is_fair;
}
