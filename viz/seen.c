/* How often an edge was seen, and by whom. See seen.h. */
#include "seen.h"

#include <stdio.h>
#include <string.h>

#define NAMES_SHOWN 4u

/* Into its place by serial, unless that thread is there. */
static void add_thread(struct viz_seen *seen, const struct ldl_witness *witness)
{
	uint32_t at = seen->thread_count;

	while (at > 0 && seen->threads[at - 1]->thread_serial > witness->thread_serial)
		at--;
	if (at > 0 && seen->threads[at - 1]->thread_serial == witness->thread_serial)
		return;
	memmove(&seen->threads[at + 1], &seen->threads[at],
		(seen->thread_count - at) * sizeof(seen->threads[0]));
	seen->threads[at] = witness;
	seen->thread_count++;
}

struct viz_seen viz_seen_of(const struct viz_run *run, const struct ldl_path_step *step)
{
	const struct ldl_snapshot *snapshot = viz_run_snapshot(run);
	const struct ldl_edge *edge = ldl_snapshot_edge(snapshot, step->edge);
	struct viz_seen seen = {0};
	const struct ldl_witness *witness;
	ldl_witness_id id = edge ? edge->witness_first : 0;

	if (!edge)
		return seen;
	seen.count = edge->seen;
	seen.is_cut = edge->witness_count >= LDL_WITNESS_MAX && edge->seen > edge->witness_count;
	seen.is_declared = edge->types & LDL_EDGE_DECLARED;
	/* The list is as long as it says, also in a broken file: the snapshot counted it. */
	for (uint32_t i = 0; i < edge->witness_count; i++, id = witness->next) {
		witness = ldl_snapshot_witness(snapshot, id);
		if (!witness || seen.thread_count + 1 == VIZ_SEEN_THREADS)
			break;
		if (seen.is_declared && !witness->from_instance)
			continue;
		seen.is_declared = false;
		add_thread(&seen, witness);
	}
	return seen;
}

const char *viz_seen_text(
	struct viz_run *run, const struct ldl_path_step *step, char *text, size_t size)
{
	struct viz_seen seen = viz_seen_of(run, step);
	uint32_t shown = seen.thread_count < NAMES_SHOWN ? seen.thread_count : NAMES_SHOWN;
	size_t used;
	char label[64];

	text[0] = 0;
	if (seen.count == 0 || seen.is_declared)
		return text;
	used = (size_t)snprintf(
		text, size, seen.count == 1 ? "seen once" : "seen %u times", seen.count);
	for (uint32_t i = 0; i < shown && used < size; i++) {
		bool is_last = i + 1 == seen.thread_count && !seen.is_cut;

		used += (size_t)snprintf(text + used, size - used, "%s%s",
			i == 0    ? ", by "
			: is_last ? " and "
				  : ", ",
			viz_thread_label(run, seen.threads[i], label, sizeof(label)));
	}
	if (used < size && shown < seen.thread_count)
		snprintf(text + used, size - used, " and %u more%s", seen.thread_count - shown,
			seen.is_cut ? " or others" : "");
	else if (used < size && seen.is_cut && shown)
		snprintf(text + used, size - used, " and perhaps others");
	return text;
}
