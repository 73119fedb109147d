/* What to do about a finding that is right but does no harm: declare the order, the nesting, the
 * class; or write a suppression. */
#include <string.h>

#include "explain_parts.h"

/* The line of a suppressions file that hides just this finding. */
static void tell_suppression(const struct viz_story *story)
{
	char digits[VIZ_ID_MAX];

	viz_story_item(story, "-",
		"Nobody needs to see it again: the line `id:%s` in a file for "
		"--suppressions=FILE hides it and nothing else.",
		viz_finding_id(story->text.run, story->id, digits));
}

/* Where the very same locks were seen, coarse classes are no explanation. */
static void tell_classes(const struct viz_story *story)
{
	unsigned int verdict = story->text.finding->verdict;

	if (verdict != LDL_VERDICT_POTENTIAL && verdict != LDL_VERDICT_BOUNDED)
		return;
	viz_story_item(story, "-",
		"These are never the same objects: give the locks that do not belong together "
		"classes of their own (ldl_lock_init() with a class from ldl_class()), or let more "
		"frames of the stack tell them apart (run --class-depth=N).");
}

static void tell_order(const struct viz_story *story)
{
	struct viz_scene scene;

	viz_scene_fill(story, 0, &scene);
	viz_story_item(story, "-",
		"One order is meant: declare it with ldl_order(outer, inner), here of %s and %s; "
		"the other one is then reported wherever it is met.",
		scene.from, scene.to);
}

static void tell_nesting(const struct viz_story *story)
{
	const struct ldl_path_step *step = &story->text.steps[0];
	const char *name = viz_class_name(story->text.run, step->from ? step->from : step->to);

	viz_story_item(story, "-",
		"A lock around it keeps the locks of %s apart: say so with ldl_nest(lock, outer).",
		name);
	viz_story_item(story, "-",
		"They are nested by level (a parent, then its child): name the inner level with "
		"ldl_lock_acquire_nested(lock, mode, 1), which makes it a class of its own.");
}

void viz_story_harmless(const struct viz_story *story)
{
	unsigned int rule = story->text.finding->rule;
	bool has_steps = story->text.steps && story->text.count;

	viz_story_head(story, "if it is harmless");
	if (has_steps && story->is_cycle && rule == LDL_RULE_ORDER) {
		tell_classes(story);
		tell_order(story);
	}
	if (has_steps && (rule == LDL_RULE_INSTANCE_ORDER || rule == LDL_RULE_SAME_CLASS))
		tell_nesting(story);
	tell_suppression(story);
}
