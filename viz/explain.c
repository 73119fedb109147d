/* What was seen, and how it hangs: the first half of an explanation. See explain.h. */
#include "explain.h"

#include <inttypes.h>
#include <string.h>

#include "callback.h"
#include "explain_parts.h"
#include "seen.h"
#include "view.h"

static void put_title(const struct viz_story *story)
{
	const struct viz_text *text = &story->text;
	char title[1200], digits[VIZ_ID_MAX];

	fprintf(text->out, "%s%s%s\n", viz_text_tint(text, VIZ_TINT_STRONG),
		viz_finding_title(text->run, story->id, title, sizeof(title)),
		viz_text_tint(text, VIZ_TINT_OFF));
	fprintf(text->out, "  finding %s: %s, %s, rule %s%s%s\n",
		viz_finding_id(text->run, story->id, digits),
		viz_severity_name(viz_finding_severity(text->run, story->id)),
		viz_finding_kind_name(text->finding->kind), viz_rule_id(text->finding->rule),
		text->finding->verdict ? ", verdict " : "",
		text->finding->verdict ? viz_verdict_name(text->finding->verdict) : "");
}

static void put_rule(const struct viz_story *story)
{
	const char *note = viz_finding_note(story->text.run, story->id);

	viz_story_head(story, "the rule");
	viz_story_item(story, "-", "%s: %s", viz_rule_id(story->text.finding->rule),
		viz_rule_sentence(story->text.finding->rule));
	if (*note)
		viz_story_item(story, "-", "noted: %s.", note);
}

/* "; it held also gate, taken in f (a.c:1)": what may keep threads apart. Only the first one. */
static void also_text(const struct viz_story *story, uint32_t index, char *words, size_t size)
{
	struct viz_run *run = story->text.run;
	ldl_witness_id id = viz_step_witness(run, &story->text.steps[index]);
	const struct ldl_witness *witness = ldl_snapshot_witness(viz_run_snapshot(run), id);
	const struct ldl_also_held *also;
	uint32_t count = 0;
	char place[VIZ_PLACE_MAX];

	words[0] = 0;
	also = ldl_snapshot_also_held(viz_run_snapshot(run), id, &count);
	for (uint32_t i = 0; also && i < count; i++) {
		if (!also[i].class || also[i].instance == witness->from_instance ||
			also[i].instance == witness->to_instance ||
			viz_callback_is_run(run, also[i].class))
			continue;
		snprintf(words, size, "; it held also %s, from %s",
			viz_class_name(run, also[i].class),
			viz_address_text(run, also[i].frame, place, sizeof(place)));
		return;
	}
}

/* "worker (tid 12, thread #3) took a in f (a.c:1) and then asked for b in f (a.c:2); seen once". */
static void put_seen(const struct viz_story *story, uint32_t index)
{
	struct viz_scene scene;
	char mark[16], first[VIZ_HOP_MAX], second[VIZ_HOP_MAX], also[VIZ_PLACE_MAX + VIZ_LABEL_MAX];
	char thread[256] = "a thread whose witness was dropped", seen[512];

	viz_scene_fill(story, index, &scene);
	snprintf(mark, sizeof(mark), "%u.", index + 1);
	if (scene.is_declared) {
		viz_story_item(story, mark, "The program declared in %s that %s comes before %s.",
			scene.to_place, scene.from, scene.to);
		return;
	}
	if (scene.hop.witness)
		viz_thread_text(story->text.run, scene.hop.witness, thread, sizeof(thread));
	viz_hop_first(&scene.hop, VIZ_HOP_BEFORE, scene.from, first, sizeof(first));
	viz_hop_second(&scene.hop, VIZ_HOP_BEFORE, scene.to, second, sizeof(second));
	also_text(story, index, also, sizeof(also));
	viz_seen_text(story->text.run, &story->text.steps[index], seen, sizeof(seen));
	viz_story_item(story, mark, "%s %s in %s%s%s in %s%s%s%s.", thread, first, scene.from_place,
		scene.hop.from_kind == LDL_KIND_EVENT ? ", " : " and then ", second, scene.to_place,
		also, *seen ? "; " : "", seen);
}

/* Calls `put` for each step, but for those that are left out of a long cycle. */
static void for_steps(const struct viz_story *story,
	void (*put)(const struct viz_story *story, uint32_t index), uint32_t gap_first,
	uint32_t gap_past)
{
	for (uint32_t i = 0; i < story->text.count; i++) {
		if (i == gap_first && gap_past > gap_first) {
			fprintf(story->text.out, "    … %u more steps (--full shows them)\n",
				gap_past - gap_first);
			i = gap_past;
		}
		put(story, i);
	}
}

/* First everybody has what it holds. */
static void put_hold(const struct viz_story *story, uint32_t index)
{
	struct viz_scene scene;
	char first[VIZ_HOP_MAX], mark[16];

	viz_scene_fill(story, index, &scene);
	snprintf(mark, sizeof(mark), "%u.", index + 1);
	viz_hop_first(&scene.hop, VIZ_HOP_NOW, scene.from, first, sizeof(first));
	if (scene.is_declared)
		viz_story_item(story, mark, "Somebody takes %s, as declared.", scene.from);
	else if (scene.hop.from_kind == LDL_KIND_EVENT)
		viz_story_item(
			story, mark, "%s has to do that in %s.", scene.who, scene.from_place);
	else if (scene.hop.from_kind == LDL_KIND_RESERVE)
		viz_story_item(story, mark, "%s has the last element of %s, from %s.", scene.who,
			scene.from, scene.from_place);
	else
		viz_story_item(story, mark, "%s %s, from %s.", scene.who, first, scene.from_place);
}

/* How the wait for something of that kind goes on, with %s for who has it. */
static const char *wait_words(const struct viz_hop *hop)
{
	static const char *const words[LDL_KIND_COUNT] = {
		[LDL_KIND_RECLAIM] = "it waits until memory is free, and does not go on before %s "
				     "does",
		[LDL_KIND_NONBLOCK] = "it sleeps until memory is free, and %s, which must not "
				      "wait, waits for it",
		[LDL_KIND_RESERVE] = "there is none left, and it waits for %s to give one back",
		[LDL_KIND_EVENT] = "it waits for %s",
		[LDL_KIND_INTERRUPT] = "and then does not go on before %s is done",
	};
	const char *found = words[hop->to_kind % LDL_KIND_COUNT];

	return found ? found : "it waits for %s, who has it";
}

/* Then nobody gets what it wants. */
static void put_want(const struct viz_story *story, uint32_t index)
{
	struct viz_scene scene;
	char second[VIZ_HOP_MAX], next[VIZ_HEAD_MAX], mark[16], wait[VIZ_HEAD_MAX + 128];
	const char *words, *hole;

	viz_scene_fill(story, index, &scene);
	viz_text_head(&story->text, viz_story_next(story, index), next);
	words = wait_words(&scene.hop);
	hole = strstr(words, "%s");
	snprintf(wait, sizeof(wait), "%.*s%s%s", (int)(hole - words), words, next, hole + 2);
	snprintf(mark, sizeof(mark), "%u.", story->text.count + index + 1);
	viz_hop_second(&scene.hop, VIZ_HOP_NOW, scene.to, second, sizeof(second));
	if (scene.is_declared)
		viz_story_item(story, mark, "It wants %s: %s.", scene.to, wait);
	else if (scene.hop.from_kind == LDL_KIND_EVENT)
		viz_story_item(story, mark, "%s does so %s, in %s: %s.", scene.who, second,
			scene.to_place, wait);
	else
		viz_story_item(
			story, mark, "%s %s, in %s: %s.", scene.who, second, scene.to_place, wait);
}

static void put_end(const struct viz_story *story)
{
	if (story->text.finding->kind == LDL_FINDING_NONBLOCK) {
		viz_story_item(story, "=",
			"The context, which must not wait, waits as long as the "
			"allocation does: as long as memory is short.");
		return;
	}
	switch (story->text.finding->verdict) {
	case LDL_VERDICT_BOUNDED:
		viz_story_item(story, "=",
			"Nobody goes on until a time limit ends one of these "
			"waits.");
		return;
	case LDL_VERDICT_GATED:
		viz_story_item(story, "=",
			"Nobody would go on. It does not come to that, for a lock "
			"keeps the steps apart.");
		return;
	case LDL_VERDICT_ORDERED:
	case LDL_VERDICT_SINGLE_THREAD:
		viz_story_item(story, "=",
			"Nobody would go on. It could not come to that in this "
			"run.");
		return;
	default:
		viz_story_item(story, "=", "Nobody goes on, ever.");
	}
}

static void put_hang(const struct viz_story *story)
{
	uint32_t first, past;

	viz_text_gap(&story->text, &first, &past);
	viz_story_head(story, "what was seen");
	for_steps(story, put_seen, first, past);
	viz_story_head(story, "how it hangs");
	for_steps(story, put_hold, first, past);
	for_steps(story, put_want, first, past);
	put_end(story);
}

void viz_explain(
	FILE *out, struct viz_run *run, ldl_finding_id id, const struct viz_text_options *options)
{
	struct viz_story story = {.text = {.out = out, .run = run, .options = options}, .id = id};
	const struct ldl_snapshot *snapshot = viz_run_snapshot(run);

	story.text.finding = ldl_snapshot_finding(snapshot, id);
	if (!story.text.finding)
		return;
	story.text.steps = ldl_snapshot_path(snapshot, id, &story.text.count);
	story.is_cycle = story.text.steps && story.text.count && story.text.steps[0].edge;
	put_title(&story);
	put_rule(&story);
	if (story.is_cycle) {
		put_hang(&story);
		viz_story_verdict(&story);
	} else if (story.text.steps && story.text.count) {
		viz_text_breach(&story.text);
	}
	if (story.text.steps && story.text.count)
		viz_story_mend(&story);
	viz_story_harmless(&story);
}
