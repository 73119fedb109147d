/* Ladders: failures, retries, fallbacks and ends of requests. See ladder.h. */
#include "ladder.h"

#include "include/lockdep_lite/gfp.h"
#include "observe.h"
#include "policy.h"

#include <string.h>

static struct ldl_ladder *ladder_of(const struct ldl_judgement *judgement)
{
	return &judgement->thread->ladder;
}

/* The thread is watched from here on. */
static void arm(struct ldl_judgement *judgement)
{
	judgement->thread->armed |= LDL_ARMED_LADDER;
	ladder_of(judgement)->patience = LDL_LADDER_PATIENCE;
}

/* Whether there is something left to watch for. */
static bool is_idle(const struct ldl_ladder *ladder)
{
	bool is_watching = ladder->climb.first || ladder->nested_count;

	for (uint32_t i = 0; i < LDL_LADDER_REPEATS && !is_watching; i++)
		is_watching = ladder->repeats[i].class;
	for (uint32_t i = 0; i < LDL_LADDER_DROPPED && !is_watching; i++)
		is_watching = ladder->dropped[i].addr;
	return !is_watching;
}

static void forget(struct ldl_ladder *ladder)
{
	memset(&ladder->climb, 0, sizeof(ladder->climb));
	memset(ladder->repeats, 0, sizeof(ladder->repeats));
	memset(ladder->dropped, 0, sizeof(ladder->dropped));
	ladder->nested_count = 0;
}

static ldl_class_id class_of(const struct ldl_judgement *judgement, ldl_alloc_id alloc)
{
	return alloc ? ldl_alloc_at(judgement->arena, alloc)->class : 0;
}

static struct ldl_repeat *repeat_of(struct ldl_ladder *ladder, ldl_class_id class)
{
	for (uint32_t i = 0; class && i < LDL_LADDER_REPEATS; i++) {
		if (ladder->repeats[i].class == class)
			return &ladder->repeats[i];
	}
	return NULL;
}

/* The entry of this place, else a free one; else the first one goes. */
static struct ldl_repeat *repeat_for(struct ldl_ladder *ladder, ldl_class_id class)
{
	struct ldl_repeat *repeat = repeat_of(ladder, class);

	for (uint32_t i = 0; !repeat && i < LDL_LADDER_REPEATS; i++) {
		if (!ladder->repeats[i].class)
			repeat = &ladder->repeats[i];
	}
	if (!repeat)
		repeat = &ladder->repeats[0];
	if (repeat->class != class)
		*repeat = (struct ldl_repeat){.class = class};
	return repeat;
}

static void end_repeats(struct ldl_ladder *ladder, ldl_class_id class)
{
	struct ldl_repeat *repeat = repeat_of(ladder, class);

	if (repeat)
		*repeat = (struct ldl_repeat){0};
}

/* The ladder that the thread is on; with its latest request it begins. */
static struct ldl_climb *climb_of(struct ldl_judgement *judgement)
{
	struct ldl_ladder *ladder = ladder_of(judgement);
	struct ldl_climb *climb = &ladder->climb;
	uint32_t gfp = judgement->acquisition->gfp;

	arm(judgement);
	if (!climb->first)
		*climb = (struct ldl_climb){
			.first = ladder->last,
			.latest = ladder->last,
			.is_noretry = !!(gfp & LDL_GFP_NORETRY),
			.is_strict = !!(gfp & LDL_GFP_THISNODE),
		};
	return climb;
}

/* Adds to one of the inventory's counts of this request. */
#define count(judgement, id, what)                                                                 \
	ldl_add_relaxed((id) ? &ldl_alloc_at((judgement)->arena, id)->what : &no_count, 1)

static uint32_t no_count; /* of requests that found the inventory full */

/* Rules B7 and B8: the same place asks, fails and asks again. */
static void judge_repeat(struct ldl_judgement *judgement)
{
	bool may_sleep = judgement->acquisition->gfp & LDL_GFP_DIRECT_RECLAIM;
	struct ldl_repeat *repeat = repeat_for(ladder_of(judgement), judgement->acquisition->class);

	repeat->failures++;
	repeat->spins = may_sleep ? 0 : (uint16_t)(repeat->spins + 1);
	if (repeat->spins >= LDL_RETRY_MAX)
		ldl_policy_add(judgement,
			&(struct ldl_policy_breach){LDL_RULE_B8, LDL_SEVERITY_ERROR, NULL,
				"failed three times in a row without a sleep between"});
	else if (repeat->failures >= LDL_RETRY_MAX)
		ldl_policy_add(judgement,
			&(struct ldl_policy_breach){LDL_RULE_B7, LDL_SEVERITY_WARNING, NULL,
				"failed three times in a row without ldl_alloc_retry_wait() "
				"between"});
	if (repeat->failures >= LDL_RETRY_MAX)
		repeat->failures = LDL_RETRY_MAX - 1; /* each further one counts again */
	if (repeat->spins >= LDL_RETRY_MAX)
		repeat->spins = LDL_RETRY_MAX - 1;
}

void ldl_ladder_failed(struct ldl_judgement *judgement)
{
	struct ldl_ladder *ladder = ladder_of(judgement);
	struct ldl_climb *climb = climb_of(judgement);

	count(judgement, ladder->last, failures);
	climb->latest = ladder->last;
	climb->has_failed = 1;
	climb->is_handled = 0;
	judge_repeat(judgement);
	if (judgement->acquisition->gfp & LDL_GFP_NOFAIL)
		ldl_add_relaxed(&judgement->arena->header->nofail_clock, 1);
	ldl_ladder_watch_locks(judgement);
	if (!ladder->nested_count && !(judgement->acquisition->gfp_asked & LDL_GFP_OPTIONAL))
		ldl_ladder_failed_inside(ladder, ladder->last);
}

void ldl_ladder_fallback(struct ldl_judgement *judgement)
{
	struct ldl_ladder *ladder = ladder_of(judgement);
	struct ldl_climb *climb = climb_of(judgement);

	count(judgement, climb->latest, fallbacks);
	if (judgement->acquisition->gfp & LDL_GFP_NOFAIL)
		ldl_policy_add(
			judgement, &(struct ldl_policy_breach){LDL_RULE_B2, LDL_SEVERITY_WARNING,
					   NULL, "drop NOFAIL, or the fallback"});
	if (climb->has_warned && !(judgement->acquisition->gfp & LDL_GFP_NOWARN))
		ldl_policy_add(
			judgement, &(struct ldl_policy_breach){LDL_RULE_D5, LDL_SEVERITY_INFO, NULL,
					   "add NOWARN: its fallback runs"});
	climb->has_failed = 1; /* whether it was said or not */
	climb->is_handled = 1;
	climb->has_fallback = 1;
	ldl_ladder_handled_inside(ladder);
	end_repeats(ladder, judgement->acquisition->class);
}

void ldl_ladder_warned(struct ldl_judgement *judgement)
{
	struct ldl_climb *climb = climb_of(judgement);
	uint32_t gfp = judgement->acquisition->gfp;
	bool is_harmless = (gfp & LDL_GFP_OPTIONAL) && !(gfp & LDL_GFP_NOWARN);

	count(judgement, climb->latest, warned);
	climb->has_warned = 1;
	if (climb->is_handled || is_harmless)
		ldl_policy_add(
			judgement, &(struct ldl_policy_breach){LDL_RULE_D5, LDL_SEVERITY_INFO, NULL,
					   climb->is_handled ? "its fallback runs: print nothing"
							     : "it is optional: add NOWARN"});
}

/* A finding about the request that the ladder began with. */
static void add_first(struct ldl_judgement *judgement, enum ldl_rule rule,
	enum ldl_severity severity, const char *advice)
{
	const struct ldl_acquisition *acquisition = judgement->acquisition;
	const struct ldl_alloc *first =
		ldl_alloc_at(judgement->arena, ladder_of(judgement)->climb.first);
	struct ldl_acquisition about = *acquisition;

	about.class = first->class;
	about.gfp = first->gfp;
	about.gfp_asked = first->gfp_asked;
	judgement->acquisition = &about;
	ldl_policy_add(judgement, &(struct ldl_policy_breach){rule, severity, NULL, advice});
	judgement->acquisition = acquisition;
}

void ldl_ladder_gave_up(struct ldl_judgement *judgement)
{
	struct ldl_ladder *ladder = ladder_of(judgement);
	const struct ldl_climb *climb = climb_of(judgement);
	const struct ldl_alloc *first = ldl_alloc_at(judgement->arena, climb->first);

	count(judgement, climb->first, gave_up);
	if (climb->is_noretry && climb->has_fallback && climb->rungs &&
		!(first->gfp_asked & LDL_GFP_OPTIONAL))
		add_first(judgement, LDL_RULE_D2, LDL_SEVERITY_ERROR,
			"drop NORETRY on the last rung of its fallback");
	if (climb->is_strict && !climb->has_fallback)
		add_first(judgement, LDL_RULE_D18, LDL_SEVERITY_WARNING,
			"try again without THISNODE");
	end_repeats(ladder, first->class);
	end_repeats(ladder, class_of(judgement, climb->latest));
	memset(ladder->dropped, 0, sizeof(ladder->dropped));
	ladder->climb = (struct ldl_climb){0};
	if (is_idle(ladder))
		judgement->thread->armed &= ~(uint32_t)LDL_ARMED_LADDER;
}

/* A request that may reclaim may sleep: whether it does is not known, so it is given the benefit.
 */
static bool may_sleep(const struct ldl_observed *observed)
{
	return observed->kind == LDL_OBSERVED_SLEEP || observed->kind == LDL_OBSERVED_WAIT ||
	       (observed->kind == LDL_OBSERVED_ALLOC && (observed->gfp & LDL_GFP_DIRECT_RECLAIM));
}

static void sleeps(struct ldl_ladder *ladder)
{
	for (uint32_t i = 0; i < LDL_LADDER_REPEATS; i++)
		ladder->repeats[i].spins = 0;
}

void ldl_ladder_retry_wait(struct ldl_judgement *judgement)
{
	struct ldl_ladder *ladder = ladder_of(judgement);

	ldl_ladder_observe_nested(judgement, &(struct ldl_observed){.kind = LDL_OBSERVED_SLEEP});
	sleeps(ladder);
	for (uint32_t i = 0; i < LDL_LADDER_REPEATS; i++)
		ladder->repeats[i].failures = 0;
}

void ldl_ladder_oom(struct ldl_judgement *judgement)
{
	if (judgement->acquisition->gfp & (LDL_GFP_NORETRY | LDL_GFP_RETRY_MAYFAIL))
		ldl_policy_add(
			judgement, &(struct ldl_policy_breach){LDL_RULE_D15, LDL_SEVERITY_WARNING,
					   NULL, "let it fail instead"});
}

/* The ladder ended well: whatever was repeated on it is over. */
static void succeeded(struct ldl_judgement *judgement)
{
	struct ldl_ladder *ladder = ladder_of(judgement);

	if (ladder->nested_count) { /* the callers' go on */
		end_repeats(ladder, class_of(judgement, ladder->climb.first));
		end_repeats(ladder, class_of(judgement, ladder->climb.latest));
	} else {
		memset(ladder->repeats, 0, sizeof(ladder->repeats));
	}
	ladder->climb = (struct ldl_climb){0};
}

/* A new request: the one before it succeeded unless it was said to have failed. */
static void asks(struct ldl_judgement *judgement, const struct ldl_observed *observed)
{
	struct ldl_ladder *ladder = ladder_of(judgement);
	struct ldl_climb *climb = &ladder->climb;

	ldl_ladder_asked_inside(judgement, observed->class);
	if (climb->first && !climb->has_failed)
		succeeded(judgement);
	if (repeat_of(ladder, observed->class))
		count(judgement, observed->alloc, retries);
	if (!climb->first)
		return;
	climb->latest = observed->alloc;
	climb->rungs += climb->has_fallback;
	climb->has_failed = climb->has_warned = climb->is_handled = 0;
	climb->is_noretry = climb->is_noretry && (observed->gfp & LDL_GFP_NORETRY);
	climb->is_strict = climb->is_strict && (observed->gfp & LDL_GFP_THISNODE);
}

void ldl_ladder_observe(struct ldl_judgement *judgement, const struct ldl_observed *observed)
{
	struct ldl_ladder *ladder = ladder_of(judgement);

	ldl_ladder_observe_nested(judgement, observed);
	ldl_ladder_observe_locks(judgement, observed);
	if (observed->kind == LDL_OBSERVED_ALLOC)
		asks(judgement, observed);
	if (may_sleep(observed))
		sleeps(ladder);
	if (ladder->patience == 0)
		forget(ladder);
	else
		ladder->patience--;
	if (is_idle(ladder))
		judgement->thread->armed &= ~(uint32_t)LDL_ARMED_LADDER;
}
