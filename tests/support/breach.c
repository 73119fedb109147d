/* Findings that are no cycles, looked up in the arena. See breach.h. */
#include <stdio.h>
#include <string.h>
#include "core/arena.h"
#include "core/catalogue.h"
#include "core/engine.h"
#include "core/text.h"
#include "tests/support/breach.h"
#include "tests/support/scenario.h"

static uint32_t finding_end(void)
{
	return ldl_arena_table(ldl_engine_arena(), LDL_TABLE_FINDINGS)->used;
}

static const char *note_of(const struct ldl_finding *finding)
{
	return ldl_text_at(ldl_engine_arena(), finding->note);
}

static void print_all(const char *wanted)
{
	printf("\n    wanted %s; found:\n", wanted);
	for (ldl_finding_id id = 1; id < finding_end(); id++) {
		const struct ldl_finding *finding = ldl_finding_at(ldl_engine_arena(), id);

		printf("      %s, severity %u: %s\n", ldl_catalogue_entry(finding->rule)->id,
			finding->severity, note_of(finding));
	}
}

bool breach_is_reported(enum ldl_rule rule)
{
	for (ldl_finding_id id = 1; id < finding_end(); id++) {
		if (ldl_finding_at(ldl_engine_arena(), id)->rule == rule)
			return true;
	}
	print_all(ldl_catalogue_entry(rule)->id);
	return false;
}

bool breach_is_alone(enum ldl_rule rule, enum ldl_severity severity, const char *note)
{
	const struct ldl_finding *finding = ldl_finding_at(ldl_engine_arena(), 1);

	if (finding_end() == 2 && finding->rule == rule && finding->severity == severity &&
		(!note || strstr(note_of(finding), note)))
		return true;
	print_all(ldl_catalogue_entry(rule)->id);
	return false;
}

bool breach_is_cycle(enum ldl_rule rule, const char *path)
{
	const struct ldl_scenario_result *result = ldl_scenario_findings();

	if (result->count == 1 && result->findings[0].rule == rule &&
		strcmp(result->findings[0].path, path) == 0)
		return true;
	print_all(ldl_catalogue_entry(rule)->id);
	for (uint32_t i = 0; i < result->count && i < LDL_SCENARIO_FINDINGS; i++)
		printf("      %s\n", result->findings[i].path);
	return false;
}

bool breach_is_silent(void)
{
	if (finding_end() <= 1)
		return true;
	print_all("silence");
	return false;
}

const struct ldl_alloc *breach_inventory(uint32_t gfp_asked)
{
	const struct ldl_alloc *found = NULL;
	uint32_t used = ldl_arena_table(ldl_engine_arena(), LDL_TABLE_ALLOCS)->used;

	for (ldl_alloc_id id = 1; id < used; id++) {
		const struct ldl_alloc *alloc = ldl_alloc_at(ldl_engine_arena(), id);

		if (alloc->gfp_asked == gfp_asked)
			found = alloc;
	}
	return found;
}
