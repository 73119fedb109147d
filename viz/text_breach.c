/* A broken rule that is no cycle, as text: where the thing was taken, and what was done with it. */
#include <inttypes.h>
#include <string.h>

#include "core/compiler.h"
#include "text_parts.h"

/* What was done in the second stack, by rule. */
static const char *act_by_rule(unsigned int rule)
{
	static const char *const acts[LDL_RULE_COUNT] = {
		[LDL_RULE_SELF_DEADLOCK] = "asked for again",
		[LDL_RULE_HOLDER_GONE] = "waited for",
		[LDL_RULE_SAME_CLASS] = "another one asked for",
		[LDL_RULE_UNLOCK_UNHELD] = "released",
		[LDL_RULE_UNLOCK_FOREIGN] = "released",
		[LDL_RULE_INIT_HELD] = "initialised",
		[LDL_RULE_DESTROY_HELD] = "destroyed",
		[LDL_RULE_NOT_HELD] = "asserted",
		[LDL_RULE_B1] = "the scope asked for",
		[LDL_RULE_B5] = "entered",
		[LDL_RULE_C1] = "another element asked for",
		[LDL_RULE_C4] = "created",
		[LDL_RULE_C5] = "the scope closed",
		[LDL_RULE_C6] = "its backing allocator asked",
		[LDL_RULE_C8] = "the element claimed",
		[LDL_RULE_D16] = "taken again",
		[LDL_RULE_E2] = "the scope closed, or left open,",
		[LDL_RULE_E4] = "left",
	};

	return acts[rule % LDL_RULE_COUNT];
}

static unsigned int kind_of(const struct viz_text *text, ldl_class_id id)
{
	const struct ldl_class *class = ldl_snapshot_class(viz_run_snapshot(text->run), id);

	return class ? class->kind : LDL_KIND_NONE;
}

/* What was done to, or with, a thing of this kind when the rule does not say. */
static const char *act_by_kind(const struct viz_text *text, unsigned int kind)
{
	switch (kind) {
	case LDL_KIND_ALLOCATION:
		return text->finding->kind == LDL_FINDING_POLICY ? "the place is" : "may sleep";
	case LDL_KIND_RECLAIM:
	case LDL_KIND_RESERVE:
	case LDL_KIND_EVENT:
		return "waited for";
	case LDL_KIND_NONBLOCK:
	case LDL_KIND_INTERRUPT:
	case LDL_KIND_CONTEXT:
		return "entered";
	default:
		return text->finding->kind == LDL_FINDING_MISUSE ? "used" : "asked for";
	}
}

/* Rules on what an allocator does with a request: the place is where it does so, and the mask that
 * of the request. */
static const char *act_on_request(unsigned int rule)
{
	switch (rule) {
	case LDL_RULE_D11:
		return "blocks";
	case LDL_RULE_D12:
		return "accepted";
	default:
		return NULL;
	}
}

/* Rule D16's second half: the first stack is a request's, made with the lock dropped, and the mask
 * belongs there. */
static bool is_dropped(const struct viz_text *text, ldl_class_id class)
{
	return text->finding->rule == LDL_RULE_D16 && ldl_kind_is_lock(kind_of(text, class));
}

static const char *second_act(const struct viz_text *text, unsigned int kind, bool has_mask)
{
	const char *act = act_by_rule(text->finding->rule);

	if (has_mask && (kind == LDL_KIND_ALLOCATION || kind == LDL_KIND_RECLAIM ||
				kind == LDL_KIND_NONBLOCK))
		return "allocated";
	return act ? act : act_by_kind(text, kind);
}

static void print_second(
	const struct viz_text *text, ldl_class_id class, const struct ldl_witness *witness)
{
	unsigned int kind = kind_of(text, class);
	bool has_mask = (witness->gfp || witness->gfp_asked) && !is_dropped(text, class);
	const char *on_request = act_on_request(text->finding->rule);
	char mask[2 * VIZ_GFP_MAX];

	viz_gfp_request_text(witness->gfp, witness->gfp_asked, mask, sizeof(mask));
	if (has_mask && on_request)
		fprintf(text->out, "    asked with %s; %s", mask, on_request);
	else
		fprintf(text->out, "    %s%s%s", second_act(text, kind, has_mask),
			has_mask ? " with " : "", has_mask ? mask : "");
	if (ldl_kind_is_lock(kind) || kind == LDL_KIND_RESERVE || kind == LDL_KIND_EVENT)
		fprintf(text->out, " (at 0x%" PRIx64 ")", witness->to_addr);
	fprintf(text->out, " here:\n");
}

/* Whether a stack is the top of another one: it tells nothing more. */
static bool is_part(const struct viz_stack *part, const struct viz_stack *whole)
{
	for (size_t i = 0; i < part->count; i++) {
		if (i >= whole->count || part->frames[i].offset != whole->frames[i].offset ||
			strcmp(part->frames[i].module, whole->frames[i].module) != 0)
			return false;
	}
	return true;
}

/* How the finding's first class was held; `has_stack` when what comes next is where. */
static void print_first(const struct viz_text *text, const struct viz_hop *hop,
	const struct ldl_witness *witness, bool has_stack)
{
	const struct ldl_path_step *step = &text->steps[0];
	bool is_same = !step->from || step->from == step->to;
	char words[VIZ_HOP_MAX];

	if (is_dropped(text, step->to)) {
		viz_gfp_request_text(witness->gfp, witness->gfp_asked, words, sizeof(words));
		fprintf(text->out, "    dropped, and allocated with %s meanwhile, here:\n", words);
		return;
	}
	if (is_same && hop->from_kind == LDL_KIND_RESERVE)
		snprintf(words, sizeof(words), "an element taken");
	else if (is_same && ldl_kind_is_lock(hop->from_kind))
		snprintf(words, sizeof(words), "taken");
	else
		viz_hop_first(hop, VIZ_HOP_NOW, viz_class_name(text->run, step->from), words,
			sizeof(words));
	fprintf(text->out, "    %s", words);
	if (ldl_kind_is_lock(hop->from_kind))
		fprintf(text->out, " (%s, at 0x%" PRIx64 ") here:\n",
			viz_mode_name(witness->from_mode), witness->from_addr);
	else
		fprintf(text->out, "%s\n", has_stack ? ", here:" : "");
}

/* "name: what it is"; a place is told by its stack, and either may say all there is. */
static void print_thing(const struct viz_text *text, ldl_class_id class)
{
	const char *name = viz_class_name(text->run, class);
	const char *phrase = viz_class_phrase(text->run, class);

	fprintf(text->out, "\n");
	if (kind_of(text, class) == LDL_KIND_ALLOCATION)
		return;
	fprintf(text->out, "  %s%s%s", viz_text_tint(text, VIZ_TINT_STRONG),
		strstr(phrase, name) ? phrase : name, viz_text_tint(text, VIZ_TINT_OFF));
	if (!strstr(phrase, name))
		fprintf(text->out, ": %s", phrase);
	fprintf(text->out, "\n");
}

/* One step, whose `from` stack is where the thing was taken. */
void viz_text_breach(const struct viz_text *text)
{
	const struct ldl_path_step *step = &text->steps[0];
	ldl_witness_id id = viz_step_witness(text->run, step);
	const struct ldl_witness *witness = viz_text_witness(text, 0);
	struct viz_hop hop = viz_hop_of(text->run, step);
	struct viz_stack from = viz_witness_from(text->run, id);
	struct viz_stack to = viz_witness_to(text->run, id);
	ldl_class_id class = step->to ? step->to : step->from;

	print_thing(text, class);
	if (!witness)
		return;
	fprintf(text->out, "  by ");
	viz_text_thread(text, witness);
	fprintf(text->out, "\n");
	if (from.count) {
		bool has_stack = ldl_kind_is_lock(hop.from_kind) || !is_part(&from, &to);

		print_first(text, &hop, witness, has_stack);
		if (has_stack)
			viz_text_stack(text, &from);
	}
	print_second(text, class, witness);
	viz_text_stack(text, &to);
	viz_text_also_held(text, id);
}
