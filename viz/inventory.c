/* What the inventory knows of a site: its place, marks and rank. See inventory.h. */
#include "inventory.h"

#include <lockdep_lite/gfp.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

uint64_t viz_alloc_requests(const struct ldl_alloc *alloc)
{
	return alloc->count ? alloc->count : 1;
}

bool viz_alloc_may_reclaim(const struct ldl_alloc *alloc)
{
	return (alloc->gfp & LDL_GFP_DIRECT_RECLAIM) && !(alloc->gfp & LDL_GFP_NOLOCKDEP);
}

const char *viz_alloc_place(
	struct viz_run *run, const struct ldl_alloc *alloc, char *text, size_t size)
{
	const struct ldl_class *class = ldl_snapshot_class(&run->snapshot, alloc->class);
	struct viz_stack stack = viz_site_stack(run, class ? class->site : 0);

	if (stack.count)
		return viz_stack_text(&stack, text, size);
	snprintf(text, size, "%s", viz_class_name(run, alloc->class));
	return text;
}

const char *viz_inventory_rules(struct viz_run *run, ldl_class_id class, char *text, size_t size)
{
	uint32_t end = ldl_snapshot_count(&run->snapshot, LDL_TABLE_FINDINGS), count;
	bool is_broken[LDL_RULE_COUNT] = {false};
	size_t used = 0;

	text[0] = 0;
	for (ldl_finding_id id = 1; class && id < end; id++) {
		const struct ldl_finding *finding = ldl_snapshot_finding(&run->snapshot, id);
		const struct ldl_path_step *steps = ldl_snapshot_path(&run->snapshot, id, &count);

		if (viz_finding_is_whole(finding) && steps && steps->to == class)
			is_broken[finding->rule % LDL_RULE_COUNT] = true;
	}
	for (unsigned int rule = 0; rule < LDL_RULE_COUNT && used < size; rule++) {
		if (is_broken[rule])
			used += (size_t)snprintf(text + used, size - used, "%s%s", used ? " " : "",
				viz_rule_id(rule));
	}
	return text;
}

unsigned int viz_inventory_marks(struct viz_run *run, ldl_alloc_id id)
{
	const struct ldl_alloc *alloc = ldl_snapshot_alloc(&run->snapshot, id);
	unsigned int marks = 0;
	char rules[8];

	if (!alloc)
		return 0;
	if (*viz_inventory_rules(run, alloc->class, rules, sizeof(rules)))
		marks |= VIZ_ALLOC_HAS_FINDINGS;
	if (viz_alloc_may_reclaim(alloc) && alloc->also_count)
		marks |= VIZ_ALLOC_UNDER_LOCK;
	if (alloc->gfp & LDL_GFP_NOFAIL)
		marks |= VIZ_ALLOC_NOFAIL;
	if (alloc->retries)
		marks |= VIZ_ALLOC_RETRIES;
	if (alloc->failures || alloc->gave_up)
		marks |= VIZ_ALLOC_FAILED;
	return marks;
}

struct ranked {
	ldl_alloc_id id;
	unsigned int marks;
	uint64_t count;
};

static int compare_ranked(const void *one, const void *other)
{
	const struct ranked *a = one, *b = other;

	if (a->marks != b->marks)
		return a->marks > b->marks ? -1 : 1;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

const ldl_alloc_id *viz_inventory_allocs(struct viz_run *run, size_t *count)
{
	uint32_t end = ldl_snapshot_count(&run->snapshot, LDL_TABLE_ALLOCS);
	struct ranked *ranked = calloc((size_t)end + 1, sizeof(*ranked));
	ldl_alloc_id *ids = viz_pool_alloc(&run->derived.pool, ((size_t)end + 1) * sizeof(*ids));

	*count = 0;
	for (ldl_alloc_id id = 1; ranked && ids && id < end; id++) {
		const struct ldl_alloc *alloc = ldl_snapshot_alloc(&run->snapshot, id);

		if (alloc->key == 0)
			continue; /* only begun when the file was read */
		ranked[(*count)++] = (struct ranked){
			id, viz_inventory_marks(run, id), viz_alloc_requests(alloc)};
	}
	if (*count)
		qsort(ranked, *count, sizeof(*ranked), compare_ranked);
	for (size_t i = 0; i < *count; i++)
		ids[i] = ranked[i].id;
	free(ranked);
	return ids;
}

bool viz_reserve_is_alive(const struct viz_run *run, const struct ldl_reserve *reserve)
{
	const struct ldl_instance *instance =
		ldl_snapshot_instance(&run->snapshot, reserve->instance);
	const struct ldl_instance_info *info =
		ldl_snapshot_instance_info(&run->snapshot, reserve->instance);

	return instance && info && instance->addr && info->generation == reserve->generation;
}

uint32_t viz_reserve_size(const struct viz_run *run, ldl_class_id class)
{
	uint32_t end = ldl_snapshot_count(&run->snapshot, LDL_TABLE_RESERVES), size = 0;

	for (ldl_reserve_id id = 1; id < end; id++) {
		const struct ldl_reserve *reserve = ldl_snapshot_reserve(&run->snapshot, id);

		if (reserve->class == class && reserve->min_nr > size)
			size = reserve->min_nr;
	}
	return size;
}
