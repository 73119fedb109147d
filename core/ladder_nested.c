/* The bodies of allocators: what they ask for, and wait for, on their callers' behalf. See
 * ladder.h. */
#include "ladder.h"

#include "fmt.h"
#include "gfp_text.h"
#include "include/lockdep_lite/context.h"
#include "observe.h"
#include "policy.h"

/* What a request may do to get its memory: all that can be wider than a caller's mask. */
#define MAY_RECLAIM (LDL_GFP_RECLAIM | LDL_GFP_IO | LDL_GFP_FS)
#define MAY_BOOST   (LDL_GFP_HIGH | LDL_GFP_MEMALLOC)

/* Bits that describe a request to us and ask nothing of an allocator. */
#define NOTES (LDL_GFP_OPTIONAL | LDL_GFP_AVOID_OOM | LDL_GFP_NOLOCKDEP | LDL_GFP_NOWARN)

static const struct ldl_nested_alloc *innermost(const struct ldl_ladder *ladder)
{
	uint32_t count = ladder->nested_count;

	return count && count <= LDL_NESTED_ALLOCS ? &ladder->nested[count - 1] : NULL;
}

bool ldl_ladder_request(const struct ldl_ladder *ladder, struct ldl_acquisition *request)
{
	const struct ldl_nested_alloc *nested = innermost(ladder);

	if (!nested)
		return false;
	*request = (struct ldl_acquisition){
		.class = nested->class, .gfp = nested->gfp, .gfp_asked = nested->gfp_asked};
	return true;
}

/* What an allocator's own request has that its caller's had not. IO and FS say something of direct
 * reclaim only; a scope that the allocator opens for its reclaim is no wish of the request's. */
static uint32_t wider(const struct ldl_nested_alloc *caller, const struct ldl_acquisition *nested)
{
	uint32_t reclaim = nested->gfp & MAY_RECLAIM, boost = nested->gfp_asked & MAY_BOOST;

	if (!(reclaim & LDL_GFP_DIRECT_RECLAIM))
		reclaim &= ~(LDL_GFP_IO | LDL_GFP_FS);
	if (nested->gfp_asked & LDL_GFP_NOMEMALLOC)
		boost &= ~LDL_GFP_MEMALLOC;
	return (reclaim | boost) & ~caller->gfp;
}

void ldl_ladder_judge_width(struct ldl_judgement *judgement)
{
	const struct ldl_nested_alloc *caller = innermost(&judgement->thread->ladder);
	char words[LDL_GFP_TEXT_MAX], advice[LDL_GFP_TEXT_MAX + 64];
	uint32_t more = caller ? wider(caller, judgement->acquisition) : 0;

	if ((more & MAY_BOOST) && (caller->gfp_asked & LDL_GFP_NOFAIL)) {
		ldl_policy_add(judgement,
			&(struct ldl_policy_breach){LDL_RULE_B11, LDL_SEVERITY_WARNING, NULL,
				"its caller said NOFAIL, and nothing of reserves"});
		more &= ~MAY_BOOST;
	}
	if (!more)
		return;
	ldl_fmt(advice, sizeof(advice), "its caller asked with %s",
		ldl_gfp_text(words, sizeof(words), caller->gfp));
	ldl_policy_add(judgement,
		&(struct ldl_policy_breach){LDL_RULE_D13, LDL_SEVERITY_ERROR, NULL, advice});
}

/* The acquisition as one of the allocator's. */
static struct ldl_acquisition on_behalf(
	const struct ldl_judgement *judgement, const struct ldl_nested_alloc *caller)
{
	struct ldl_acquisition about = *judgement->acquisition;

	about.class = caller->class;
	about.gfp = caller->gfp;
	about.gfp_asked = caller->gfp_asked;
	return about;
}

static void add(struct ldl_judgement *judgement, const struct ldl_nested_alloc *caller,
	enum ldl_rule rule, const char *advice)
{
	const struct ldl_acquisition *acquisition = judgement->acquisition;
	struct ldl_acquisition about = on_behalf(judgement, caller);

	judgement->acquisition = &about;
	ldl_policy_add(
		judgement, &(struct ldl_policy_breach){rule, LDL_SEVERITY_ERROR, NULL, advice});
	judgement->acquisition = acquisition;
}

/* A lock blocks when its class says that taking it may sleep. Of others it is not known: a mutex
 * of a program's own may be held for a moment only. */
static bool may_sleep(const struct ldl_judgement *judgement, const struct ldl_observed *observed)
{
	const struct ldl_class *class = ldl_class_at(judgement->arena, observed->class);
	uint32_t wait = class->wait_outer ? class->wait_outer : class->wait_inner;

	if (observed->kind == LDL_OBSERVED_ACQUIRE)
		return wait >= LDL_WAIT_SLEEP || class->kind == LDL_KIND_MUTEX ||
		       class->kind == LDL_KIND_RWLOCK;
	return observed->kind == LDL_OBSERVED_SLEEP || observed->kind == LDL_OBSERVED_WAIT;
}

void ldl_ladder_observe_nested(struct ldl_judgement *judgement, const struct ldl_observed *observed)
{
	const struct ldl_nested_alloc *caller = innermost(&judgement->thread->ladder);

	if (!caller)
		return;
	if (observed->kind == LDL_OBSERVED_ALLOC)
		ldl_ladder_judge_width(judgement);
	else if (!(caller->gfp & LDL_GFP_DIRECT_RECLAIM) && may_sleep(judgement, observed))
		add(judgement, caller, LDL_RULE_D11, "skip this step, or fail");
}

void ldl_ladder_nest(struct ldl_judgement *judgement, uint32_t supported)
{
	struct ldl_ladder *ladder = &judgement->thread->ladder;
	const struct ldl_acquisition *acquisition = judgement->acquisition;
	const struct ldl_alloc *last = ldl_alloc_at(judgement->arena, ladder->last);

	judgement->thread->armed |= LDL_ARMED_LADDER;
	ladder->patience = LDL_LADDER_PATIENCE;
	if (ladder->nested_count++ >= LDL_NESTED_ALLOCS)
		return;
	ladder->nested[ladder->nested_count - 1] = (struct ldl_nested_alloc){
		.gfp_asked = acquisition->gfp_asked,
		.gfp = acquisition->gfp,
		.supported = supported,
		.class = acquisition->class,
		.request = last->gfp_asked == acquisition->gfp_asked ? ladder->last : 0,
		.climb = ladder->climb,
	};
	ladder->climb = (struct ldl_climb){0};
}

uint32_t ldl_ladder_unsupported(const struct ldl_ladder *ladder)
{
	const struct ldl_nested_alloc *nested = innermost(ladder);

	return nested ? nested->gfp_asked & ~nested->supported & ~NOTES : 0;
}

void ldl_ladder_judge_accepted(struct ldl_judgement *judgement)
{
	const struct ldl_ladder *ladder = &judgement->thread->ladder;
	uint32_t accepted = ldl_ladder_unsupported(ladder);
	char words[LDL_GFP_TEXT_MAX], advice[LDL_GFP_TEXT_MAX + 64];

	if (!accepted)
		return;
	ldl_fmt(advice, sizeof(advice), "%s is not supported: refuse it",
		ldl_gfp_text(words, sizeof(words), accepted));
	add(judgement, innermost(ladder), LDL_RULE_D12, advice);
}

void ldl_ladder_unnest(struct ldl_judgement *judgement)
{
	struct ldl_ladder *ladder = &judgement->thread->ladder;
	const struct ldl_nested_alloc *nested = innermost(ladder);

	if (nested) {
		ladder->climb = nested->climb;
		if (nested->request)
			ladder->last = nested->request;
	}
	if (ladder->nested_count)
		ladder->nested_count--;
}
