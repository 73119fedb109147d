/* What callbacks of reclaim do, event by event. See callback.h. */
#include "callback.h"

#include "include/lockdep_lite/gfp.h"
#include "rules.h"

struct ldl_running *ldl_callback_running(struct ldl_callbacks *callbacks)
{
	return callbacks->count && callbacks->count <= LDL_CALLBACKS
		       ? &callbacks->running[callbacks->count - 1]
		       : NULL;
}

void ldl_callback_rearm(struct ldl_thread *thread)
{
	if (thread->callbacks.woken.pool || thread->callbacks.count)
		thread->armed |= LDL_ARMED_CALLBACKS;
	else
		thread->armed &= ~(uint32_t)LDL_ARMED_CALLBACKS;
}

/* A finding that names the callback as what is held. */
static void broken(struct ldl_judgement *judgement, const struct ldl_running *running,
	enum ldl_rule rule, enum ldl_severity severity, const char *note)
{
	const struct ldl_callback *record = ldl_callback_at(judgement->arena, running->record);
	const struct ldl_held entry = {
		.instance = record->instance,
		.class_mode = record->class << LDL_MODE_BITS,
		.ip = judgement->acquisition->ip,
	};

	ldl_rules_add(judgement,
		&(struct ldl_breach){LDL_FINDING_NONBLOCK, rule, severity, &entry, note});
}

/* Whether the event may put the thread to sleep. */
static bool may_block(const struct ldl_observed *observed)
{
	switch (observed->kind) {
	case LDL_OBSERVED_ACQUIRE:
	case LDL_OBSERVED_WAIT:
	case LDL_OBSERVED_SLEEP:
		return true;
	case LDL_OBSERVED_ALLOC:
		return observed->gfp & LDL_GFP_DIRECT_RECLAIM;
	default:
		return false;
	}
}

/* Rule A12: what a callback asks for on behalf of an allocation is no wider than that one's mask.
 */
static bool is_wider(const struct ldl_running *running, const struct ldl_observed *observed)
{
	const uint32_t reach = LDL_GFP_DIRECT_RECLAIM | LDL_GFP_IO | LDL_GFP_FS;

	return observed->kind == LDL_OBSERVED_ALLOC && (observed->gfp & LDL_GFP_DIRECT_RECLAIM) &&
	       (observed->gfp & reach & ~running->gfp);
}

static void count_locks(struct ldl_running *running, const struct ldl_observed *observed)
{
	switch (observed->kind) {
	case LDL_OBSERVED_TRY:
		running->locks++;
		running->tries++;
		running->was_got = running->is_got;
		running->is_got = 1;
		break;
	case LDL_OBSERVED_TRY_FAILED: /* announced as a try before */
		running->is_got = running->was_got;
		break;
	case LDL_OBSERVED_ACQUIRE:
		running->locks++;
		break;
	default:
		break;
	}
}

static void watch(struct ldl_judgement *judgement, struct ldl_running *running,
	const struct ldl_observed *observed)
{
	switch (running->kind) {
	case LDL_CALLBACK_COUNT:
		if (may_block(observed))
			broken(judgement, running, LDL_RULE_A10, LDL_SEVERITY_ERROR,
				"a counting callback only looks: read a counter instead");
		break;
	case LDL_CALLBACK_SCAN:
		if (is_wider(running, observed))
			broken(judgement, running, LDL_RULE_A12, LDL_SEVERITY_ERROR,
				"hand the callback's own mask on to what it calls");
		break;
	case LDL_CALLBACK_NOTIFIER_NONBLOCK:
		if (running->is_got && may_block(observed))
			broken(judgement, running, LDL_RULE_A9, LDL_SEVERITY_ERROR,
				"after the try succeeded: detach, and return");
		break;
	case LDL_CALLBACK_NOTIFIER_OFF:
		if (running->locks == 0 && (observed->kind == LDL_OBSERVED_ACQUIRE ||
						   observed->kind == LDL_OBSERVED_TRY))
			broken(judgement, running, LDL_RULE_A7, LDL_SEVERITY_WARNING,
				"compare the ranges first, and return 0 without a lock");
		break;
	default:
		break;
	}
	count_locks(running, observed);
}

void ldl_callback_observe(struct ldl_judgement *judgement, const struct ldl_observed *observed)
{
	struct ldl_callbacks *callbacks = &judgement->thread->callbacks;
	struct ldl_running *running = ldl_callback_running(callbacks);
	struct ldl_woken *woken = &callbacks->woken;

	if (running)
		watch(judgement, running, observed);
	if (!woken->pool)
		return;
	if (observed->kind == LDL_OBSERVED_RELEASE && observed->addr == woken->lock)
		woken->is_dropped = 1;
	if (--woken->patience == 0) {
		*woken = (struct ldl_woken){0};
		ldl_callback_rearm(judgement->thread);
	}
}
