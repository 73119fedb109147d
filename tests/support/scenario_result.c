/* Reads findings out of the arena as text and compares them with what a line has to lead to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <CUnit/CUnit.h>
#include "core/arena.h"
#include "core/engine.h"
#include "core/text.h"
#include "tests/support/scenario.h"

#define STEPS_MAX 2048
#define NAME_MAX  48

struct step_text {
	char from[NAME_MAX];
	char type[4];
};

static struct step_text step_texts[STEPS_MAX];
static struct ldl_scenario_result result;

static void class_name(const struct ldl_arena *arena, ldl_class_id id, char name[NAME_MAX])
{
	const struct ldl_class *class = ldl_class_at(arena, id);
	const struct ldl_class *parent =
		class->subclass ? ldl_class_at(arena, class->parent) : class;
	int len;

	if (!id)
		len = snprintf(name, NAME_MAX, "?");
	else if (parent->identity == LDL_IDENTITY_ANNOTATED)
		len = snprintf(name, NAME_MAX, "%s", ldl_text_at(arena, parent->name));
	else
		len = snprintf(name, NAME_MAX, "#%u", id);
	if (class->subclass && len < NAME_MAX)
		snprintf(name + len, NAME_MAX - (size_t)len, "/%u", class->subclass);
}

static const char *type_name(uint32_t type)
{
	switch (type & LDL_EDGE_TYPES) {
	case LDL_EDGE_EN:
		return "EN";
	case LDL_EDGE_ER:
		return "ER";
	case LDL_EDGE_SN:
		return "SN";
	case LDL_EDGE_SR:
		return "SR";
	default:
		return "??";
	}
}

/* A vertex may stand for one lock: it then has the lock's name, not the class's. */
static void step_text(
	const struct ldl_arena *arena, const struct ldl_path_step *step, struct step_text *text)
{
	const struct ldl_edge *edge = ldl_edge_at(arena, step->edge);
	const struct ldl_witness *witness = ldl_witness_at(arena, step->witness);
	const char *name = NULL;

	class_name(arena, step->from, text->from);
	snprintf(text->type, sizeof(text->type), "%s", type_name(step->type));
	if (step->edge && ldl_node_at(arena, edge->from)->kind == LDL_NODE_INSTANCE)
		name = ldl_scenario_name(witness->from_addr);
	if (name)
		snprintf(text->from, NAME_MAX, "%s", name);
}

static int compare_rotations(uint32_t a, uint32_t b, uint32_t count)
{
	uint32_t i;
	int order = 0;

	for (i = 0; i < count && !order; i++)
		order = strcmp(step_texts[(a + i) % count].from, step_texts[(b + i) % count].from);
	return order;
}

static void append(char *text, const char *before, const char *word)
{
	size_t len = strlen(text);

	snprintf(text + len, LDL_SCENARIO_PATH - len, "%s%s", before, word);
}

static void cycle_text(uint32_t count, struct ldl_scenario_finding *finding)
{
	uint32_t i, first = 0;

	for (i = 1; i < count; i++)
		if (compare_rotations(i, first, count) < 0)
			first = i;
	for (i = 0; i <= count; i++)
		append(finding->path, i ? " -> " : "", step_texts[(first + i) % count].from);
	for (i = 0; i < count; i++)
		append(finding->types, i ? " " : "", step_texts[(first + i) % count].type);
}

/* Not a cycle: the lock's class, after that of the held one where the rule is about a pair. */
static void pair_text(const struct ldl_arena *arena, const struct ldl_path_step *step,
	struct ldl_scenario_finding *finding)
{
	char name[NAME_MAX];

	if (step->from && step->from != step->to) {
		class_name(arena, step->from, name);
		append(finding->path, name, " -> ");
	}
	class_name(arena, step->to, name);
	append(finding->path, "", name);
}

static void read_finding(
	const struct ldl_arena *arena, ldl_finding_id id, struct ldl_scenario_finding *text)
{
	const struct ldl_finding *finding = ldl_finding_at(arena, id);
	const struct ldl_path_step *steps = ldl_path_step_at(arena, finding->path_first);
	uint32_t i, count = finding->path_count < STEPS_MAX ? finding->path_count : STEPS_MAX;

	memset(text, 0, sizeof(*text));
	text->kind = finding->kind;
	text->rule = finding->rule;
	text->verdict = finding->verdict;
	text->severity = finding->severity;
	text->count = finding->count;
	if (!count)
		return;
	if (!steps[0].edge) {
		pair_text(arena, &steps[0], text);
		return;
	}
	for (i = 0; i < count; i++)
		step_text(arena, &steps[i], &step_texts[i]);
	cycle_text(count, text);
}

const struct ldl_scenario_result *ldl_scenario_findings(void)
{
	const struct ldl_arena *arena = ldl_engine_arena();
	uint32_t used = ldl_arena_table(arena, LDL_TABLE_FINDINGS)->used;
	ldl_finding_id id;

	result.count = used ? used - 1 : 0;
	for (id = 1; id <= result.count && id <= LDL_SCENARIO_FINDINGS; id++)
		read_finding(arena, id, &result.findings[id - 1]);
	return &result;
}

/* The first thing that is not as expected; NULL: nothing. */
static const char *difference(
	const struct ldl_scenario_result *found, const struct ldl_expectation *expected)
{
	const struct ldl_scenario_finding *first = &found->findings[0];
	unsigned int count = expected->silent ? 0 : expected->count ? expected->count : 1;

	if (found->count != count)
		return "number of findings";
	if (!count)
		return NULL;
	if (expected->path && strcmp(expected->path, first->path))
		return "path";
	if (expected->types && strcmp(expected->types, first->types))
		return "types";
	if (expected->rule && expected->rule != first->rule)
		return "rule";
	if (expected->verdict && expected->verdict != first->verdict)
		return "verdict";
	return NULL;
}

bool ldl_scenario_check(const char *file, unsigned int line, const char *text,
	const struct ldl_expectation *expected)
{
	const struct ldl_scenario_result *found = ldl_scenario_run(expected->kind, text);
	const struct ldl_scenario_finding *first = &found->findings[0];
	const char *wrong = difference(found, expected);
	char message[1024];

	if (wrong)
		snprintf(message, sizeof(message),
			"\"%.200s\": wrong %s: %u findings%s%.200s%s%.80s, rule %d, verdict %d",
			text, wrong, found->count, found->count ? ", the first: " : "",
			found->count ? first->path : "", found->count ? " by " : "",
			found->count ? first->types : "", found->count ? (int)first->rule : 0,
			found->count ? (int)first->verdict : 0);
	else
		snprintf(message, sizeof(message), "%.200s", text);
	return CU_assertImplementation(!wrong, line, message, file, "", CU_FALSE);
}
