/* The engine's own cost and state, in words. See self.h. */
#include "self.h"

#include <inttypes.h>

#include "core/breaker.h"
#include "core/compiler.h"
#include "counters.h"

static const char *const levels[] = {"nothing", "evidence", "stacks", "edges"};

_Static_assert(ldl_array_len(levels) == LDL_SHED_LEVELS, "every level has a name");

const char *viz_self_level(unsigned int level)
{
	return level < LDL_SHED_LEVELS ? levels[level] : "unknown";
}

static double percent(uint32_t ppm)
{
	return ppm / 1e4;
}

static double seconds(uint64_t ns)
{
	return (double)ns / 1e9;
}

const char *viz_self_cost(const struct ldl_header *header, char *text, size_t size)
{
	const struct ldl_governor_record *record = &header->governor;

	text[0] = '\0';
	if (record->budget_ppm)
		snprintf(text, size,
			"own time: %.2f %% of a processor (budget %g %%, most %.2f %%), "
			"gives up %s",
			percent(record->share_ppm), percent(record->budget_ppm),
			percent(record->share_max_ppm), viz_self_level(record->level));
	return text;
}

void viz_self_print_shed(FILE *out, const struct ldl_header *header)
{
	static const char *const what[] = {"", "more evidence", "stacks", "all that was new"};
	const struct ldl_governor_record *record = &header->governor;
	const char *before = "  given up to keep within the budget: ";

	for (unsigned int i = LDL_SHED_EVIDENCE; i < LDL_SHED_LEVELS; i++) {
		if (!record->level_ns[i])
			continue;
		fprintf(out, "%s%s for %.1f s", before, what[i], seconds(record->level_ns[i]));
		before = ", ";
	}
	if (before[0] == ',')
		fprintf(out, "\n");
}

const char *viz_self_breaker(const struct ldl_header *header, char *text, size_t size)
{
	const struct ldl_breaker_record *record = &header->breaker;
	char where[48] = "";

	text[0] = '\0';
	if (!record->code)
		return text;
	if (record->code >= LDL_TRIP_SLOT && record->code <= LDL_TRIP_HASH)
		snprintf(where, sizeof(where), " of %s", viz_table_name(record->where));
	snprintf(text, size, "switched itself off for good after %.1f s: %s (%" PRIu64 "%s)",
		seconds(record->time_ns), ldl_breaker_text(record->code), record->value, where);
	return text;
}

void viz_self_json(struct viz_json *json, const struct ldl_header *header)
{
	const struct ldl_governor_record *record = &header->governor;
	char text[200];

	viz_json_open(json, "engine", '{');
	viz_json_number(json, "budget_ppm", record->budget_ppm);
	viz_json_number(json, "share_ppm", record->share_ppm);
	viz_json_number(json, "share_max_ppm", record->share_max_ppm);
	viz_json_number(json, "own_ns", record->own_ns);
	viz_json_text(json, "gives_up", viz_self_level(record->level));
	viz_json_open(json, "gave_up_ns", '{');
	for (unsigned int i = LDL_SHED_EVIDENCE; i < LDL_SHED_LEVELS; i++)
		viz_json_number(json, viz_self_level(i), record->level_ns[i]);
	viz_json_close(json, '}');
	viz_json_text(json, "broken", viz_self_breaker(header, text, sizeof(text)));
	viz_json_close(json, '}');
}
