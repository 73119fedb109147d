/* The words of a step. See hop.h. */
#include "hop.h"

#include <stdio.h>
#include <string.h>

#include "callback.h"
#include "core/compiler.h"
#include "gfp.h"

static unsigned int kind_of(const struct viz_run *run, ldl_class_id id)
{
	const struct ldl_class *class = ldl_snapshot_class(viz_run_snapshot(run), id);

	return class ? class->kind : LDL_KIND_NONE;
}

struct viz_hop viz_hop_of(struct viz_run *run, const struct ldl_path_step *step)
{
	struct viz_hop hop = {
		.from_kind = kind_of(run, step->from),
		.to_kind = kind_of(run, step->to),
		.witness = ldl_snapshot_witness(viz_run_snapshot(run), viz_step_witness(run, step)),
	};

	hop.is_indirect = hop.from_kind == LDL_KIND_RECLAIM || hop.from_kind == LDL_KIND_RESERVE ||
			  hop.from_kind == LDL_KIND_EVENT;
	hop.is_retry = hop.witness && (hop.witness->gfp_asked & LDL_GFP_RETRY_WAIT);
	if (hop.from_kind == LDL_KIND_RECLAIM)
		hop.runner = viz_callback_runner(run, viz_step_witness(run, step));
	return hop;
}

const char *viz_hop_mask(const struct viz_hop *hop, char *text, size_t size)
{
	text[0] = 0;
	if (hop->witness && hop->witness->gfp)
		viz_gfp_request_text(hop->witness->gfp, hop->witness->gfp_asked, text, size);
	return text;
}

/* Fills the one %s of a phrase. */
static const char *fill(const char *phrase, const char *name, char *text, size_t size)
{
	const char *hole = strstr(phrase, "%s");

	snprintf(text, size, "%.*s%s%s", (int)(hole - phrase), phrase, name, hole + 2);
	return text;
}

/* What is done, and was done, with %s. */
struct act {
	const char *now, *before;
};

static const char *in_tense(const struct act *act, enum viz_hop_tense tense)
{
	return tense == VIZ_HOP_NOW ? act->now : act->before;
}

const char *viz_hop_first(const struct viz_hop *hop, enum viz_hop_tense tense, const char *name,
	char *text, size_t size)
{
	static const struct act acts[LDL_KIND_COUNT] = {
		[LDL_KIND_RECLAIM] = {"runs %s", "ran %s"},
		[LDL_KIND_NONBLOCK] = {"is in %s", "was in %s"},
		[LDL_KIND_RESERVE] = {"holds an element of %s", "had an element of %s"},
		[LDL_KIND_EVENT] = {"wakes %s", "woke %s"},
		[LDL_KIND_INTERRUPT] = {"runs %s", "ran %s"},
		[LDL_KIND_CONTEXT] = {"is in %s", "was in %s"},
		[LDL_KIND_ALLOCATION] = {"allocates in %s", "allocated in %s"},
	};
	static const struct act lock = {"holds %s", "took %s"};
	const struct act *act = &acts[hop->from_kind % LDL_KIND_COUNT];

	if (hop->runner)
		snprintf(text, size, "%s %s (%s)", tense == VIZ_HOP_NOW ? "runs" : "ran",
			hop->runner, name);
	else
		fill(in_tense(act->now ? act : &lock, tense), name, text, size);
	return text;
}

static const struct act needs[LDL_KIND_COUNT] = {
	[LDL_KIND_RECLAIM] = {"waits for %s", "waited for %s"},
	[LDL_KIND_NONBLOCK] = {"may sleep: %s must not wait for that",
		"may have slept: %s must not wait for that"},
	[LDL_KIND_RESERVE] = {"waits for an element of %s", "waited for an element of %s"},
	[LDL_KIND_EVENT] = {"waits for %s", "waited for %s"},
	[LDL_KIND_INTERRUPT] = {"may be interrupted by %s", "could be interrupted by %s"},
	[LDL_KIND_ALLOCATION] = {"allocates: %s", "allocated: %s"},
};

/* Who holds a lock wants the next one; who runs on behalf of others takes it. */
static struct act need_of(const struct viz_hop *hop)
{
	static const struct act of_holder = {"wants %s", "asked for %s"};
	static const struct act of_owner = {"needs %s", "took %s"};
	static const struct act of_context = {"waits for %s", "waited for %s"};
	static const struct act of_others = {"takes %s", "took %s"};
	const struct act *act = &needs[hop->to_kind % LDL_KIND_COUNT];

	if (act->now)
		return *act;
	if (ldl_kind_is_lock(hop->from_kind))
		return of_holder;
	if (hop->from_kind == LDL_KIND_RESERVE)
		return of_owner;
	return hop->from_kind == LDL_KIND_NONBLOCK ? of_context : of_others;
}

/* What an allocation, or the wait before it is tried again, does to who waits for it. */
static const char *mask_consequence(const struct viz_hop *hop)
{
	if (hop->is_retry)
		return "";
	return hop->to_kind == LDL_KIND_NONBLOCK  ? ", which may sleep"
	       : hop->to_kind == LDL_KIND_RECLAIM ? ", which may reclaim"
						  : "";
}

/* `is_brief`: without what the mask was before scopes narrowed it. */
static const char *put_need(const struct viz_hop *hop, enum viz_hop_tense tense, bool is_brief,
	const char *name, char *text, size_t size)
{
	static const struct act request = {"allocates with %s", "allocated with %s"};
	static const struct act retry = {"waits to try %s again", "waited to try %s again"};
	struct act need = need_of(hop);
	char mask[2 * VIZ_GFP_MAX], act[2 * VIZ_GFP_MAX + 64];

	viz_hop_mask(hop, mask, sizeof(mask));
	if (*mask && is_brief)
		viz_gfp_text(hop->witness->gfp, mask, sizeof(mask));
	if (*mask && (hop->to_kind == LDL_KIND_NONBLOCK || hop->to_kind == LDL_KIND_RECLAIM ||
			     hop->to_kind == LDL_KIND_ALLOCATION))
		snprintf(text, size, "%s%s",
			fill(in_tense(hop->is_retry ? &retry : &request, tense), mask, act,
				sizeof(act)),
			mask_consequence(hop));
	else
		fill(in_tense(&need, tense), name, text, size);
	return text;
}

const char *viz_hop_second(const struct viz_hop *hop, enum viz_hop_tense tense, const char *name,
	char *text, size_t size)
{
	bool is_brief = tense == VIZ_HOP_NOW;
	char need[2 * VIZ_GFP_MAX + 512];

	if (hop->from_kind != LDL_KIND_EVENT)
		return put_need(hop, tense, is_brief, name, text, size);
	put_need(hop, VIZ_HOP_BEFORE, is_brief, name, need, sizeof(need));
	snprintf(text, size, "only after it %s", need);
	return text;
}

const char *viz_hop_relation(const struct viz_hop *hop, const char *name, char *text, size_t size)
{
	static const char *const leads[LDL_KIND_COUNT] = {
		[LDL_KIND_RECLAIM] = "goes on only when the thread that runs it",
		[LDL_KIND_NONBLOCK] = "is entered by a thread that",
		[LDL_KIND_RESERVE] = "gets an element back only when its holder",
		[LDL_KIND_EVENT] = "is woken only after its waker",
		[LDL_KIND_INTERRUPT] = "runs in a thread that",
	};
	const char *lead = leads[hop->from_kind % LDL_KIND_COUNT];
	char need[2 * VIZ_GFP_MAX + 512];

	if (!lead && ldl_kind_is_lock(hop->to_kind)) {
		snprintf(text, size, "is held while %s is waited for", name);
		return text;
	}
	put_need(hop, hop->from_kind == LDL_KIND_EVENT ? VIZ_HOP_BEFORE : VIZ_HOP_NOW, false, name,
		need, sizeof(need));
	snprintf(text, size, "%s %s%s", lead ? lead : "is held by a thread that", need,
		hop->is_indirect ? " (indirect)" : "");
	return text;
}
