/* Titles of findings: what happened, in one line, with the names of what takes part. */
#include <stdio.h>
#include <string.h>

#include "core/compiler.h"
#include "hop.h"
#include "run.h"

#define TITLE_NAMES 4u /* lock classes that a title lists */
#define NAMES_MAX   1024u

/* A finding, and its path. */
struct titled {
	struct viz_run *run;
	ldl_finding_id id;
	const struct ldl_finding *finding;
	const struct ldl_path_step *steps;
	uint32_t count; /* never 0 */
};

/* "A and B", "A, B and C", "A, B, C, D … (20 locks)". */
static void list_names(const struct titled *titled, uint32_t count, char *text, size_t size)
{
	uint32_t shown = count < TITLE_NAMES ? count : TITLE_NAMES;
	size_t used = 0;

	for (uint32_t i = 0; i < shown && used < size; i++) {
		const char *joint = i == 0 ? "" : i + 1 == count ? " and " : ", ";

		used += (size_t)snprintf(text + used, size - used, "%s%s", joint,
			viz_class_name(titled->run, titled->steps[i].from));
	}
	if (shown < count && used < size)
		snprintf(text + used, size - used, " … (%u locks)", count);
}

static const char *title_prefix(unsigned int verdict)
{
	switch (verdict) {
	case LDL_VERDICT_DEADLOCKED:
	case LDL_VERDICT_CONFIRMED:
		return "deadlock: ";
	case LDL_VERDICT_BOUNDED:
		return "possible stall: ";
	case LDL_VERDICT_GATED:
	case LDL_VERDICT_ORDERED:
	case LDL_VERDICT_SINGLE_THREAD:
		return "";
	default:
		return "possible deadlock: ";
	}
}

static unsigned int kind_of(const struct titled *titled, ldl_class_id id)
{
	const struct ldl_class *class = ldl_snapshot_class(viz_run_snapshot(titled->run), id);

	return class ? class->kind : LDL_KIND_NONE;
}

static unsigned int kind_from(const struct titled *titled, uint32_t index)
{
	return kind_of(titled, titled->steps[index % titled->count].from);
}

/* What a cycle is about besides locks: its first node of that kind. */
struct pivot {
	const char *name;    /* "" : there is none */
	const char *before;  /* what is held when it is waited for */
	const char *after;   /* what it needs */
	bool is_one;         /* both are the same */
	struct viz_hop wait; /* the step that waits for it, */
	struct viz_hop hold; /* and the one that leaves it */
};

static struct pivot find_pivot(const struct titled *titled, enum ldl_kind kind)
{
	struct pivot pivot = {.name = "", .before = "", .after = ""};

	for (uint32_t i = 0; i < titled->count; i++) {
		uint32_t before = (i + titled->count - 1) % titled->count;

		if (kind_from(titled, i) != kind)
			continue;
		pivot.name = viz_class_name(titled->run, titled->steps[i].from);
		pivot.before = viz_class_name(titled->run, titled->steps[before].from);
		pivot.after = viz_class_name(titled->run, titled->steps[i].to);
		pivot.is_one = titled->steps[before].from == titled->steps[i].to;
		pivot.wait = viz_hop_of(titled->run, &titled->steps[before]);
		pivot.hold = viz_hop_of(titled->run, &titled->steps[i]);
		return pivot;
	}
	return pivot;
}

static void title_nonblock(const struct titled *titled, char *text, size_t size)
{
	struct pivot context = find_pivot(titled, LDL_KIND_NONBLOCK);

	if (context.is_one)
		snprintf(text, size,
			"%s waits for %s, which is held over an allocation that may sleep",
			context.name, context.after);
	else
		snprintf(text, size,
			"%s waits for %s, and so in the end for an allocation that may sleep under "
			"%s",
			context.name, context.after, context.before);
}

/* What a lock is held over when reclaim is waited for. */
static const char *wait_words(const struct viz_hop *wait)
{
	return wait->is_retry ? "a wait to try an allocation again"
			      : "an allocation that may reclaim";
}

static void title_reclaim(const struct titled *titled, char *text, size_t size)
{
	struct pivot reclaim = find_pivot(titled, LDL_KIND_RECLAIM);
	const char *words = wait_words(&reclaim.wait);
	const char *runner = reclaim.hold.runner ? reclaim.hold.runner : reclaim.name;

	if (!reclaim.wait.is_retry && !(reclaim.wait.witness && reclaim.wait.witness->gfp))
		snprintf(text, size, "%s is held over a wait for %s, which needs %s",
			reclaim.before, reclaim.name, reclaim.is_one ? "it" : reclaim.after);
	else if (reclaim.is_one)
		snprintf(text, size, "%s is held over %s, and %s takes it", reclaim.before, words,
			runner);
	else
		snprintf(text, size,
			"%s is held over %s, and %s waits for %s, which leads back "
			"to it",
			reclaim.before, words, runner, reclaim.after);
}

static void title_reserve(const struct titled *titled, char *text, size_t size)
{
	struct pivot pool = find_pivot(titled, LDL_KIND_RESERVE);
	char names[NAMES_MAX];

	if (titled->finding->rule != LDL_RULE_C2)
		snprintf(text, size,
			"%s is held across a wait for %s, and freeing an element needs %s",
			pool.before, pool.name, pool.is_one ? "it" : pool.after);
	else if (titled->count == 1)
		snprintf(text, size, "elements of %s are held while waiting for more of them",
			pool.name);
	else {
		list_names(titled, titled->count, names, sizeof(names));
		snprintf(text, size, "%s wait for each other's elements", names);
	}
}

static void title_event(const struct titled *titled, char *text, size_t size)
{
	struct pivot event = find_pivot(titled, LDL_KIND_EVENT);

	snprintf(text, size, "%s is held across a wait for %s, whose waker needs %s", event.before,
		event.name, event.is_one ? "it" : event.after);
}

static void title_interrupt(const struct titled *titled, char *text, size_t size)
{
	struct pivot handler = find_pivot(titled, LDL_KIND_INTERRUPT);

	if (handler.is_one)
		snprintf(text, size, "%s takes %s, which is also held where it may come in",
			handler.name, handler.after);
	else
		snprintf(text, size,
			"%s takes %s, and %s, which leads there, is held where it may come in",
			handler.name, handler.after, handler.before);
}

static void title_locks(const struct titled *titled, char *text, size_t size)
{
	bool is_of_instances = titled->finding->rule == LDL_RULE_INSTANCE_ORDER;
	char names[NAMES_MAX];

	list_names(titled, is_of_instances ? 1 : titled->count, names, sizeof(names));
	if (titled->finding->rule == LDL_RULE_DECLARED_ORDER)
		snprintf(text, size, "declared order of %s inverted", names);
	else if (is_of_instances)
		snprintf(text, size, "locks of class %s nested in contradicting orders", names);
	else if (titled->count == 1)
		snprintf(text, size, "%s taken while it is held", names);
	else if (titled->count == 2)
		snprintf(text, size, "lock order inversion between %s", names);
	else
		snprintf(text, size, "lock order cycle through %s", names);
}

/* What happened, with %s for the lock's class: rules whose finding is no cycle of classes. */
static const char *const rule_titles[LDL_RULE_COUNT] = {
	[LDL_RULE_SELF_DEADLOCK] = "deadlock: %s is waited for by the thread that holds it",
	[LDL_RULE_HOLDER_GONE] = "deadlock: %s is waited for, and whoever took it has ended",
	[LDL_RULE_SAME_CLASS] = "possible deadlock: two locks of class %s nested",
	[LDL_RULE_UNLOCK_UNHELD] = "misuse: %s released while nobody holds it",
	[LDL_RULE_UNLOCK_FOREIGN] = "misuse: %s released by a thread that does not hold it",
	[LDL_RULE_INIT_HELD] = "misuse: %s initialised while held",
	[LDL_RULE_DESTROY_HELD] = "misuse: %s destroyed while held",
	[LDL_RULE_NOT_HELD] = "misuse: an assertion on who holds %s failed",
};

/* Whether an allocation broke the rule. */
static bool has_mask(const struct titled *titled)
{
	struct viz_hop hop = viz_hop_of(titled->run, titled->steps);

	return hop.witness && (hop.witness->gfp | hop.witness->gfp_asked);
}

/* A broken rule: its own words with the lock in them, or the catalogue's and then the place. */
static void title_breach(const struct titled *titled, char *text, size_t size)
{
	unsigned int rule = titled->finding->rule % LDL_RULE_COUNT;
	const struct ldl_path_step *step = titled->steps;
	const char *title = rule_titles[rule];
	const char *hole = title ? strstr(title, "%s") : NULL;
	const char *note = viz_finding_note(titled->run, titled->id);
	const char *name = viz_class_name(titled->run, step->from ? step->from : step->to);

	if (hole)
		snprintf(text, size, "%.*s%s%s", (int)(hole - title), title, name, hole + 2);
	else if (rule == LDL_RULE_MISUSE && note[0])
		snprintf(text, size, "misuse: %s: %s", note, name);
	else if (rule == LDL_RULE_A4)
		snprintf(text, size, "possible deadlock: %s %s", name,
			has_mask(titled) ? "allocates with a mask that makes it run again"
					 : "waits for itself");
	else if (rule == LDL_RULE_D16 && step->to && ldl_kind_is_lock(kind_of(titled, step->to)))
		snprintf(text, size,
			"a lock is dropped for an allocation, and what it protects not looked at "
			"again: %s",
			viz_class_name(titled->run, step->to));
	else if (step->from && step->to && step->from != step->to)
		snprintf(text, size, "%s: %s, %s %s", viz_rule_title(rule),
			viz_class_name(titled->run, step->to),
			ldl_kind_is_lock(kind_from(titled, 0)) ? "under" : "in", name);
	else
		snprintf(text, size, "%s: %s", viz_rule_title(rule),
			viz_class_name(titled->run, step->to ? step->to : step->from));
}

static void title_cycle(const struct titled *titled, char *text, size_t size)
{
	int len = snprintf(text, size, "%s", title_prefix(titled->finding->verdict));

	if (len < 0 || (size_t)len >= size)
		return;
	text += len;
	size -= (size_t)len;
	if (*find_pivot(titled, LDL_KIND_NONBLOCK).name)
		title_nonblock(titled, text, size);
	else if (*find_pivot(titled, LDL_KIND_RECLAIM).name)
		title_reclaim(titled, text, size);
	else if (*find_pivot(titled, LDL_KIND_RESERVE).name)
		title_reserve(titled, text, size);
	else if (*find_pivot(titled, LDL_KIND_INTERRUPT).name)
		title_interrupt(titled, text, size);
	else if (*find_pivot(titled, LDL_KIND_EVENT).name)
		title_event(titled, text, size);
	else
		title_locks(titled, text, size);
}

const char *viz_finding_title(struct viz_run *run, ldl_finding_id id, char *text, size_t size)
{
	struct titled titled = {.run = run, .id = id};

	titled.finding = ldl_snapshot_finding(&run->snapshot, id);
	titled.steps = ldl_snapshot_path(&run->snapshot, id, &titled.count);
	if (!titled.finding || !titled.steps || titled.count == 0)
		snprintf(text, size, "?");
	else if (rule_titles[titled.finding->rule % LDL_RULE_COUNT] ||
		 (titled.steps[0].edge == 0 && titled.count == 1))
		title_breach(&titled, text, size);
	else
		title_cycle(&titled, text, size);
	return text;
}
