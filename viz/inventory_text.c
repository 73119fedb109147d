/* The inventory as a table: a line of numbers for each site, and below it what one must know. */
#include <inttypes.h>
#include <lockdep_lite/gfp.h>
#include <string.h>

#include "gfp.h"
#include "inventory.h"

#define HELD_SHOWN    6u /* of what was held over a request */
#define ALLOC_INDENT  52 /* columns of numbers before a site's words */
#define POOL_INDENT   50
#define NUMBERS_ALLOC "  %10" PRIu64 "  %6" PRIu32 "  %9" PRIu32 "  %7" PRIu32 "  %7" PRIu32

static void print_held(FILE *out, struct viz_run *run, ldl_alloc_id id)
{
	uint32_t count, shown = 0;
	const struct ldl_also_held *also =
		ldl_snapshot_alloc_held(viz_run_snapshot(run), id, &count);

	for (uint32_t i = 0; also && i < count; i++) {
		if (also[i].class == 0)
			continue;
		if (shown == HELD_SHOWN) {
			fprintf(out, " and more");
			break;
		}
		if (shown == 0)
			fprintf(out, "%*sunder", ALLOC_INDENT, "");
		fprintf(out, "%s %s", shown++ ? "," : "", viz_class_name(run, also[i].class));
	}
	if (shown)
		fprintf(out, "\n");
}

/* Words after one another, the first on a line of its own. */
static void add_words(FILE *out, int indent, const char *words, bool *has_line)
{
	if (*has_line)
		fprintf(out, "; %s", words);
	else
		fprintf(out, "%*s%s", indent, "", words);
	*has_line = true;
}

static void print_marks(
	FILE *out, struct viz_run *run, ldl_alloc_id id, const struct ldl_alloc *alloc)
{
	unsigned int marks = viz_inventory_marks(run, id);
	bool has_line = false;
	char words[640];

	if (marks & VIZ_ALLOC_HAS_FINDINGS) {
		snprintf(words, sizeof(words), "findings: ");
		viz_inventory_rules(
			run, alloc->class, words + strlen(words), sizeof(words) - strlen(words));
		add_words(out, ALLOC_INDENT, words, &has_line);
	}
	if (marks & VIZ_ALLOC_UNDER_LOCK)
		add_words(out, ALLOC_INDENT, "may reclaim under what is held", &has_line);
	if (marks & VIZ_ALLOC_NOFAIL)
		add_words(out, ALLOC_INDENT, "NOFAIL (B12)", &has_line);
	if (marks & VIZ_ALLOC_RETRIES)
		add_words(out, ALLOC_INDENT, "tries again (B12)", &has_line);
	if (alloc->warned)
		add_words(out, ALLOC_INDENT, "warned", &has_line);
	if (alloc->order_max) {
		snprintf(words, sizeof(words), "up to %" PRIu64 " pages",
			(uint64_t)1 << (alloc->order_max & 63));
		add_words(out, ALLOC_INDENT, words, &has_line);
	}
	if (has_line)
		fprintf(out, "\n");
}

static void print_alloc(FILE *out, struct viz_run *run, ldl_alloc_id id)
{
	const struct ldl_alloc *alloc = ldl_snapshot_alloc(viz_run_snapshot(run), id);
	char words[2 * VIZ_GFP_MAX];

	fprintf(out, NUMBERS_ALLOC "  %s\n", viz_alloc_requests(alloc), alloc->failures,
		alloc->fallbacks, alloc->retries, alloc->gave_up,
		viz_alloc_place(run, alloc, words, sizeof(words)));
	fprintf(out, "%*s%s", ALLOC_INDENT, "",
		viz_gfp_request_text(alloc->gfp, alloc->gfp_asked, words, sizeof(words)));
	if (*viz_scope_text(alloc->scope, words, sizeof(words)))
		fprintf(out, ", scopes: %s", words);
	fprintf(out, "\n");
	print_held(out, run, id);
	print_marks(out, run, id, alloc);
}

static void print_allocs(FILE *out, struct viz_run *run)
{
	size_t count, reclaiming = 0, under = 0;
	const ldl_alloc_id *ids = viz_inventory_allocs(run, &count);

	for (size_t i = 0; i < count; i++) {
		reclaiming +=
			viz_alloc_may_reclaim(ldl_snapshot_alloc(viz_run_snapshot(run), ids[i]));
		under += (viz_inventory_marks(run, ids[i]) & VIZ_ALLOC_UNDER_LOCK) != 0;
	}
	fprintf(out,
		"allocation sites: %zu; %zu may reclaim, %zu of these under a lock or context\n",
		count, reclaiming, under);
	if (count)
		fprintf(out,
			"\n    requests  failed  fell back  retried  gave up  place and mask\n");
	for (size_t i = 0; i < count; i++)
		print_alloc(out, run, ids[i]);
}

static void print_reserve(FILE *out, struct viz_run *run, const struct ldl_reserve *reserve)
{
	bool has_line = false;
	char words[96];

	fprintf(out, "  %8" PRIu32 "  %6" PRIu32 "  %6" PRIu32 "  %7" PRIu32 "  %8" PRIu32 "  %s\n",
		reserve->min_nr, reserve->level, reserve->level_min, reserve->used,
		reserve->used_max, viz_class_name(run, reserve->class));
	if (reserve->used_max > reserve->min_nr) {
		snprintf(words, sizeof(words), "%" PRIu32 " more were out than it promises (C7)",
			reserve->used_max - reserve->min_nr);
		add_words(out, POOL_INDENT, words, &has_line);
	}
	if (reserve->level_min == 0)
		add_words(out, POOL_INDENT, "was empty", &has_line);
	if (!viz_reserve_is_alive(run, reserve))
		add_words(out, POOL_INDENT, "is gone", &has_line);
	if (has_line)
		fprintf(out, "\n");
}

static void print_reserves(FILE *out, struct viz_run *run)
{
	const struct ldl_snapshot *snapshot = viz_run_snapshot(run);
	uint32_t end = ldl_snapshot_count(snapshot, LDL_TABLE_RESERVES);

	fprintf(out, "reserves: %" PRIu32 "\n", end ? end - 1 : 0);
	if (end > 1)
		fprintf(out, "\n    min_nr   level  lowest  out now  most out  pool\n");
	for (ldl_reserve_id id = 1; id < end; id++)
		print_reserve(out, run, ldl_snapshot_reserve(snapshot, id));
}

void viz_inventory_text(FILE *out, struct viz_run *run)
{
	print_allocs(out, run);
	fprintf(out, "\n");
	print_reserves(out, run);
}
