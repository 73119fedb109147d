/* Why a cycle has its verdict and no stronger or weaker one: what its witnesses show. The engine
 * judged when it was seen, and knew more (who created and joined whom); this repeats what is in the
 * file. */
#include <inttypes.h>
#include <string.h>

#include "explain_parts.h"

#define NAMES_MAX  600u
#define GATE_STEPS 64u /* of a long cycle that are compared with one another */

static const struct ldl_witness *witness_of(const struct viz_story *story, uint32_t index)
{
	return viz_text_witness(&story->text, index % story->text.count);
}

static double seconds(uint64_t time_ns)
{
	return (double)time_ns / 1e9;
}

/* The step whose second lock is another one than the next step's first; `count` when all meet. */
static uint32_t find_gap(const struct viz_story *story)
{
	for (uint32_t i = 0; i < story->text.count; i++) {
		const struct ldl_witness *one = witness_of(story, i);
		const struct ldl_witness *next = witness_of(story, i + 1);

		if (one && next &&
			(one->to_instance != next->from_instance ||
				one->to_generation != next->from_generation))
			return i;
	}
	return story->text.count;
}

static void tell_locks(const struct viz_story *story)
{
	uint32_t gap = find_gap(story), next;
	const struct ldl_witness *one, *other;

	if (gap == story->text.count) {
		viz_story_item(story, "-",
			"Each step waits for the very thing that the next one holds, not only for "
			"one of its class.");
		return;
	}
	next = viz_story_next(story, gap);
	one = witness_of(story, gap);
	other = witness_of(story, next);
	viz_story_item(story, "-",
		"Step %u went for %s at 0x%" PRIx64 ", step %u held the one at 0x%" PRIx64
		"%s: two of one class, so the circle closes by classes only.",
		gap + 1, viz_class_name(story->text.run, story->text.steps[gap].to), one->to_addr,
		next + 1, other->from_addr,
		one->to_addr == other->from_addr ? ", memory that held another one by then" : "");
}

/* Appends a name to a list, unless it does not fit. */
static void add_name(char *names, size_t *used, const char *name)
{
	int len = snprintf(names + *used, NAMES_MAX - *used, "%s%s", *used ? ", " : "", name);

	if (len > 0 && *used + (size_t)len < NAMES_MAX)
		*used += (size_t)len;
	else
		names[*used] = 0;
}

/* Lists the threads of the shown witnesses, each once; returns how many they are. */
static uint32_t list_threads(const struct viz_story *story, char names[NAMES_MAX])
{
	uint32_t threads = 0;
	size_t used = 0;
	char label[VIZ_LABEL_MAX];

	names[0] = 0;
	for (uint32_t i = 0; i < story->text.count; i++) {
		const struct ldl_witness *witness = witness_of(story, i);
		bool is_known = !witness;

		for (uint32_t j = 0; j < i && !is_known; j++) {
			const struct ldl_witness *before = witness_of(story, j);

			is_known = before && before->thread_serial == witness->thread_serial;
		}
		if (is_known)
			continue;
		threads++;
		add_name(names, &used,
			viz_thread_label(story->text.run, witness, label, sizeof(label)));
	}
	return threads;
}

/* A step that was made before the thread of another one was there; `count` when there is none. */
static uint32_t find_earlier(const struct viz_story *story, uint32_t *later)
{
	for (uint32_t i = 0; i < story->text.count; i++) {
		for (uint32_t j = 0; j < story->text.count; j++) {
			const struct ldl_witness *one = witness_of(story, i);
			const struct ldl_witness *other = witness_of(story, j);

			if (!one || !other || one->thread_serial == other->thread_serial ||
				one->time_ns >= other->thread_start_ns)
				continue;
			*later = j;
			return i;
		}
	}
	return story->text.count;
}

static void tell_threads(const struct viz_story *story)
{
	char names[NAMES_MAX], one[VIZ_LABEL_MAX], other[VIZ_LABEL_MAX];
	uint32_t threads = list_threads(story, names), later, earlier;

	if (threads == 0)
		return;
	if (threads == 1) {
		viz_story_item(story, "-", "One thread made all of the shown steps: %s.", names);
		return;
	}
	earlier = find_earlier(story, &later);
	if (earlier == story->text.count) {
		viz_story_item(story, "-",
			"%u threads made the %u steps, and each was there when the others made "
			"theirs: %s.",
			threads, story->text.count, names);
		return;
	}
	viz_thread_label(story->text.run, witness_of(story, earlier), one, sizeof(one));
	viz_thread_label(story->text.run, witness_of(story, later), other, sizeof(other));
	viz_story_item(story, "-",
		"%s made step %u after %.6f s; %s, which made step %u, was first seen after "
		"%.6f s.",
		one, earlier + 1, seconds(witness_of(story, earlier)->time_ns), other, later + 1,
		seconds(witness_of(story, later)->thread_start_ns));
}

/* Whether the step's thread held the lock too, and not both as readers. */
static const struct ldl_also_held *held_at(
	const struct viz_story *story, uint32_t index, const struct ldl_also_held *gate)
{
	const struct ldl_snapshot *snapshot = viz_run_snapshot(story->text.run);
	ldl_witness_id id = viz_step_witness(story->text.run, &story->text.steps[index]);
	const struct ldl_also_held *also;
	uint32_t count = 0;

	also = ldl_snapshot_also_held(snapshot, id, &count);
	for (uint32_t i = 0; also && i < count; i++) {
		if (also[i].instance == gate->instance && also[i].generation == gate->generation &&
			!(also[i].mode & gate->mode & LDL_MODE_SHARED))
			return &also[i];
	}
	return NULL;
}

/* What the cycle itself leads through guards nothing. */
static bool is_on_path(const struct viz_story *story, ldl_class_id class)
{
	for (uint32_t i = 0; i < story->text.count; i++) {
		if (story->text.steps[i].from == class)
			return true;
	}
	return false;
}

/* A lock that step `index` and a later one were made under; *other is that step. */
static const struct ldl_also_held *find_gate(
	const struct viz_story *story, uint32_t index, uint32_t *other)
{
	const struct ldl_snapshot *snapshot = viz_run_snapshot(story->text.run);
	ldl_witness_id id = viz_step_witness(story->text.run, &story->text.steps[index]);
	uint32_t steps = story->text.count < GATE_STEPS ? story->text.count : GATE_STEPS;
	const struct ldl_also_held *also;
	uint32_t count = 0;

	also = ldl_snapshot_also_held(snapshot, id, &count);
	for (uint32_t i = 0; also && i < count; i++) {
		const struct ldl_class *class = ldl_snapshot_class(snapshot, also[i].class);

		if (!class || !ldl_kind_is_lock(class->kind) || is_on_path(story, also[i].class))
			continue;
		for (*other = index + 1; *other < steps; ++*other) {
			if (held_at(story, *other, &also[i]))
				return &also[i];
		}
	}
	return NULL;
}

static void tell_gate(const struct viz_story *story)
{
	char place[VIZ_PLACE_MAX], other_place[VIZ_PLACE_MAX];

	for (uint32_t i = 0; i < story->text.count && i < GATE_STEPS; i++) {
		uint32_t other;
		const struct ldl_also_held *gate = find_gate(story, i, &other);

		if (!gate)
			continue;
		viz_story_item(story, "-",
			"%s was held at step %u, from %s, and at step %u, from %s: two threads "
			"cannot be there at one time.",
			viz_class_name(story->text.run, gate->class), i + 1,
			viz_address_text(story->text.run, gate->frame, place, sizeof(place)),
			other + 1,
			viz_address_text(story->text.run, held_at(story, other, gate)->frame,
				other_place, sizeof(other_place)));
		return;
	}
	if (story->text.finding->verdict != LDL_VERDICT_GATED)
		viz_story_item(story, "-", "No other lock was held at two of the shown steps.");
}

static void tell_limits(const struct viz_story *story)
{
	for (uint32_t i = 0; i < story->text.count; i++) {
		const struct ldl_witness *witness = witness_of(story, i);
		struct viz_scene scene;

		if (!witness || !(witness->to_mode & LDL_MODE_TIMED))
			continue;
		viz_scene_fill(story, i, &scene);
		viz_story_item(story, "-", "Step %u waits with a time limit, in %s.", i + 1,
			scene.to_place);
	}
}

/* Which threads go from lock to lock is not in the file; how often they did so is. */
static void tell_turns(const struct viz_story *story)
{
	uint32_t turns = viz_finding_turns(story->text.run, story->id);

	if (turns)
		viz_story_item(story, "-",
			"Whoever goes on from one of the %u locks to the next begins where an "
			"earlier one ended: so it was in all of the %u nestings, by several "
			"threads, which never waited at all of the locks at a time. No lock says "
			"so.",
			story->text.count, turns);
}

/* What is missing for the next stronger verdict, and why a weaker one would say too little. */
static const char *const bounds[LDL_VERDICT_COUNT][2] = {
	[LDL_VERDICT_DEADLOCKED] = {"", "It is more than confirmed: it is there now."},
	[LDL_VERDICT_CONFIRMED] = {"Deadlocked would be threads that wait for one another now.",
		"It is more than predicted: a run got there."},
	[LDL_VERDICT_PREDICTED] = {"It is not confirmed, for no run has got there yet.",
		"It is more than potential, for the locks are the same, the threads met, and "
		"nothing kept them apart."},
	[LDL_VERDICT_POTENTIAL] =
		{"Predicted would be the same locks in every step, by at least two threads that "
		 "were alive together, with no lock around all of it.",
			"It is no weaker one, for nothing was seen that keeps the steps apart for "
			"good; the order of threads does not excuse reclaim, handlers, contexts, "
			"and programs that declare their classes."},
	[LDL_VERDICT_BOUNDED] = {"It is not potential or predicted, for a wait that ends by itself "
				 "lets everybody go on.",
		"It is more than gated, for the threads do meet and stall."},
	[LDL_VERDICT_GATED] = {"Bounded or potential would be a path on which that lock is not "
			       "held.",
		"A weaker verdict there is none."},
	[LDL_VERDICT_ORDERED] = {"Potential would be a side that can run while the other one "
				 "does.",
		"It is more than gated, for the order of threads is no lock: a change of the "
		"program may undo it."},
	[LDL_VERDICT_SINGLE_THREAD] = {"Potential would be a second thread that makes one of the "
				       "steps.",
		"It is more than gated, for nothing keeps a second thread out."},
};

static const char *const turn_bounds[2] = {
	"Predicted or potential would be a nesting out of turn: one that begins elsewhere than "
	"where another one ended.",
	"A weaker verdict there is none."};

void viz_story_verdict(const struct viz_story *story)
{
	unsigned int verdict = story->text.finding->verdict;
	const char *const *bound = viz_finding_turns(story->text.run, story->id)
					   ? turn_bounds
					   : bounds[verdict % LDL_VERDICT_COUNT];

	if (verdict == LDL_VERDICT_NONE)
		return;
	viz_story_head(story, "why it is called %s", viz_verdict_name(verdict));
	viz_story_item(story, "-", "%s: %s", viz_verdict_name(verdict),
		viz_finding_means(story->text.run, story->id));
	tell_locks(story);
	tell_threads(story);
	tell_gate(story);
	tell_limits(story);
	tell_turns(story);
	for (size_t i = 0; i < 2; i++) {
		if (bound[i] && *bound[i])
			viz_story_item(story, "-", "%s", bound[i]);
	}
}
