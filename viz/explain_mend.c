/* How to mend a finding: each way names the functions and lines that it changes. A cycle is mended
 * by breaking any one of its steps. */
#include <stdlib.h>
#include <string.h>

#include "explain_parts.h"
#include "repair.h"
#include "seen.h"

#define WAYS_MAX 12u /* steps of a long cycle for which the ways are told */

/* What to do about a step, by what its ends are. Holes: %F the first end, %f where it was taken, %T
 * the second, %t where it was asked for, %N what the mask could be instead. NULL ends the list. */
struct ways {
	const char *ways[4];
};

static const struct ways of_locks = {{
	"Take them in the other order: %T before %F, in %t.",
	"Try, and back off: in %t only try %T; when it is taken, release %F and begin again before "
	"%f.",
	"Hold less: release %F, taken in %f, before %T is asked for in %t.",
}};

static const struct ways of_allocation = {{
	"Allocate first: move the request in %t to before %F is taken in %f.",
	"Ask for less: %N in %t.",
	"Hold less: release %F, taken in %f, before the request in %t, and look again at what it "
	"protects afterwards.",
}};

static const struct ways of_retry = {{
	"Wait with nothing held: release %F, taken in %f, before the wait to try again in %t.",
}};

static const struct ways of_event_wait = {{
	"Wait with nothing held: release %F, taken in %f, before the wait for %T in %t.",
	"Let the wait end: give it a time limit in %t, and cope with that.",
}};

static const struct ways of_reserve_wait = {{
	"Take the element first: move the wait for %T in %t to before %F is taken in %f.",
	"Do not wait: ask %T without leave to sleep in %t, and release %F when there is none.",
}};

static const struct ways of_interrupt = {{
	"Keep the handler out: disable %T (block the signal) while %F, taken in %f, is held.",
}};

static const struct ways of_reclaimer = {{
	"Let the reclaimer only try %T, in %t: when it is taken, leave that object alone (stop the "
	"scan) and free something else.",
}};

static const struct ways of_context = {{
	"Let the context only try %T, in %t: when it is taken, answer that it must be tried again, "
	"or leave the work to somebody who may wait.",
}};

static const struct ways of_context_wait = {{
	"Do not wait for %T in the context, in %t: have it done before, or leave the work to "
	"somebody who may wait.",
}};

static const struct ways of_context_allocation = {{
	"Do not allocate in the context: ask before it begins, or with GFP_NOWAIT in %t, or take "
	"it from a filled reserve.",
}};

static const struct ways of_needed_allocation = {{
	"Let %F not depend on an allocation: make the request in %t before, or let somebody make "
	"it that %F does not wait for.",
	"Ask for less: %N in %t.",
}};

static const struct ways of_owner = {{
	"Give elements of %F back without %T: free it before %T is asked for in %t, or let a "
	"thread free it that does not need %T.",
}};

static const struct ways of_reserves = {{
	"Give each layer a reserve of its own: what is held of %F, taken in %f, must not be needed "
	"by who gives back elements of %T.",
	"Take both in one order everywhere, or all elements in one call, in %t.",
}};

static const struct ways of_waker = {{
	"Wake without it: wake %F, in %f, before %T is asked for in %t, or by a thread that does "
	"not need it.",
}};

static const struct ways of_handler = {{
	"Keep %T out of the handler, in %t: leave that work to a thread (a work queue, a pipe to "
	"itself).",
}};

static const struct ways *ways_of(const struct viz_hop *hop)
{
	bool is_from_lock = ldl_kind_is_lock(hop->from_kind);

	if (hop->from_kind == LDL_KIND_RESERVE && hop->to_kind == LDL_KIND_RESERVE)
		return &of_reserves;
	if (hop->from_kind == LDL_KIND_NONBLOCK && hop->to_kind == LDL_KIND_RECLAIM)
		return &of_context_allocation;
	if (hop->from_kind == LDL_KIND_NONBLOCK && !ldl_kind_is_lock(hop->to_kind))
		return &of_context_wait;
	if (!is_from_lock &&
		(hop->to_kind == LDL_KIND_RECLAIM || hop->to_kind == LDL_KIND_NONBLOCK))
		return &of_needed_allocation;
	switch (is_from_lock ? hop->to_kind : hop->from_kind) {
	case LDL_KIND_RECLAIM:
		return !is_from_lock ? &of_reclaimer : hop->is_retry ? &of_retry : &of_allocation;
	case LDL_KIND_NONBLOCK:
		return is_from_lock ? &of_allocation : &of_context;
	case LDL_KIND_RESERVE:
		return is_from_lock ? &of_reserve_wait : &of_owner;
	case LDL_KIND_EVENT:
		return is_from_lock ? &of_event_wait : &of_waker;
	case LDL_KIND_INTERRUPT:
		return is_from_lock ? &of_interrupt : &of_handler;
	default:
		return is_from_lock ? &of_locks : NULL;
	}
}

/* The mask that leaves out what the cycle is about: the domain says what reclaim may not call. */
static const char *narrower_mask(const struct viz_scene *scene)
{
	if (scene->hop.to_kind == LDL_KIND_NONBLOCK)
		return "GFP_NOWAIT, or an element of a filled reserve";
	if (strstr(scene->to, ".fs"))
		return "GFP_NOFS, or a nofs scope around it (ldl_nofs_save(), "
		       "memalloc_nofs_save())";
	if (strstr(scene->to, ".io"))
		return "GFP_NOIO, or a noio scope around it (ldl_noio_save(), "
		       "memalloc_noio_save())";
	return "GFP_NOWAIT, with a way to go on without the memory";
}

static const char *filling_of(const struct viz_scene *scene, char hole)
{
	switch (hole) {
	case 'F':
		return scene->from;
	case 'f':
		return scene->from_place;
	case 'T':
		return scene->to;
	case 't':
		return scene->to_place;
	default:
		return narrower_mask(scene);
	}
}

static void tell_way(const struct viz_story *story, const char *mark, const char *way,
	const struct viz_scene *scene)
{
	char *words = NULL;
	size_t len;
	FILE *out = open_memstream(&words, &len);

	if (!out)
		return;
	for (; *way; way++) {
		if (*way == '%')
			fputs(filling_of(scene, *++way), out);
		else
			fputc(*way, out);
	}
	if (fclose(out) == 0)
		viz_story_item(story, mark, "%s", words);
	free(words);
}

static void tell_step(const struct viz_story *story, uint32_t index)
{
	struct viz_scene scene;
	const struct ways *ways;

	viz_scene_fill(story, index, &scene);
	ways = ways_of(&scene.hop);
	if (!ways || scene.is_declared)
		return;
	for (size_t i = 0; i < ldl_array_len(ways->ways) && ways->ways[i]; i++)
		tell_way(story, "-", ways->ways[i], &scene);
}

static bool is_of_locks(const struct viz_story *story)
{
	for (uint32_t i = 0; i < story->text.count; i++) {
		struct viz_hop hop = viz_hop_of(story->text.run, &story->text.steps[i]);

		if (!ldl_kind_is_lock(hop.from_kind) || !ldl_kind_is_lock(hop.to_kind))
			return false;
	}
	return true;
}

/* The step that the fewest make: the order of the others is the one to keep. */
static uint32_t rarest_step(const struct viz_story *story, bool *is_alone)
{
	uint32_t best = 0, best_weight = UINT32_MAX;

	*is_alone = false;

	for (uint32_t i = 0; i < story->text.count; i++) {
		struct viz_seen seen = viz_seen_of(story->text.run, &story->text.steps[i]);
		/* What was declared is meant so. */
		uint32_t weight = seen.is_declared ? UINT32_MAX - 1 : seen.count;

		*is_alone = weight < best_weight || (*is_alone && weight > best_weight);
		if (weight < best_weight) {
			best_weight = weight;
			best = i;
		}
	}
	return best;
}

/* Locks only: one order, and what has to change for it. */
static void mend_order(const struct viz_story *story)
{
	bool is_alone;
	uint32_t rare = rarest_step(story, &is_alone);
	struct viz_scene scene;
	char order[VIZ_LABEL_MAX * 4] = "";
	size_t used = 0;

	for (uint32_t i = 0; i < story->text.count && used < sizeof(order); i++) {
		uint32_t at = (rare + 1 + i) % story->text.count;
		char label[VIZ_LABEL_MAX];

		used += (size_t)snprintf(order + used, sizeof(order) - used, "%s%s", i ? ", " : "",
			viz_text_label(&story->text, at, false, label));
	}
	viz_scene_fill(story, rare, &scene);
	if (story->text.finding->rule == LDL_RULE_INSTANCE_ORDER)
		viz_story_item(story, "-",
			"Nest locks of this class by one rule: by address, by index, or the parent "
			"first; std::scoped_lock does it for several at once.");
	else
		viz_story_item(story, "-", "One order: %s. Step %u is the one against it%s.",
			used < sizeof(order) ? order : "that of the other steps", rare + 1,
			is_alone ? ", and the one that was seen least"
				 : "; another choice would do as well");
	tell_step(story, rare);
	if (story->text.finding->verdict != LDL_VERDICT_GATED)
		viz_story_item(story, "-",
			"Or take one more lock around all of it, before any of these, on every "
			"path.");
}

static void mend_cycle(const struct viz_story *story)
{
	if (is_of_locks(story)) {
		viz_story_head(
			story, viz_finding_turns(story->text.run, story->id)
				       ? "how to do without turns, one of these is enough"
			       : story->text.finding->verdict == LDL_VERDICT_GATED
				       ? "how to do without that lock, one of these is enough"
				       : "how to mend it, one of these is enough");
		mend_order(story);
		return;
	}
	viz_story_head(story, "how to mend it, one step that no longer waits is enough");
	for (uint32_t i = 0; i < story->text.count && i < WAYS_MAX; i++)
		tell_step(story, i);
}

static void mend_breach(const struct viz_story *story)
{
	const char *repair = viz_rule_repair(story->text.finding->rule);
	struct viz_scene scene;

	if (!*repair)
		return;
	viz_scene_fill(story, 0, &scene);
	viz_story_head(story, "how to mend it");
	viz_story_item(story, "-", "In %s: %s", scene.to_place, repair);
	if (story->text.steps[0].from && strcmp(scene.from_place, "?") != 0 &&
		strcmp(scene.from_place, scene.to_place) != 0)
		viz_story_item(story, "-", "What is held there begins in %s.", scene.from_place);
}

void viz_story_mend(const struct viz_story *story)
{
	if (story->is_cycle)
		mend_cycle(story);
	else
		mend_breach(story);
}
