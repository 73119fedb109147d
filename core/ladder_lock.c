/* Locks that a thread drops around an allocation: rule D16, its second half. See ladder.h.
 *
 * A request failed under a lock; the lock is dropped, the request repeated in earnest, the lock
 * taken again. What the lock protects may have changed meanwhile: the thread has to look at it
 * again before it drops the lock for good. Only the first drop after the failure counts as one "for
 * the allocation". */
#include "ladder.h"

#include "observe.h"
#include "policy.h"

enum stage {
	HELD = 1,  /* since before the failure */
	DROPPED,   /* and nothing asked for yet */
	ALLOCATED, /* a request that may sleep was made meanwhile */
	RETAKEN,   /* and not looked at again */
};

static struct ldl_dropped *find(struct ldl_ladder *ladder, uint64_t addr)
{
	for (uint32_t i = 0; i < LDL_LADDER_DROPPED; i++) {
		if (ladder->dropped[i].addr == addr)
			return &ladder->dropped[i];
	}
	return NULL;
}

static void watch(struct ldl_ladder *ladder, uint64_t addr)
{
	struct ldl_dropped *lock = find(ladder, addr);

	if (!lock)
		lock = find(ladder, 0);
	if (lock)
		*lock = (struct ldl_dropped){.addr = addr, .stage = HELD};
}

void ldl_ladder_watch_locks(struct ldl_judgement *judgement)
{
	const struct ldl_thread *thread = judgement->thread;
	uint32_t depth = ldl_thread_depth(thread);

	for (uint32_t i = 0; i < depth; i++) {
		const struct ldl_held *entry = &thread->held[i];

		if (!ldl_held_is_stolen(entry) &&
			ldl_kind_is_lock(
				ldl_class_at(judgement->arena, ldl_held_class(entry))->kind))
			watch(&judgement->thread->ladder, ldl_held_addr(entry));
	}
}

/* Dropped for good, and not looked at since it was retaken. Shown are the request and the relock:
 * what is held, as if it were, is the lock, from the request on. */
static void report(struct ldl_judgement *judgement, const struct ldl_dropped *lock,
	const struct ldl_observed *observed)
{
	const struct ldl_acquisition *acquisition = judgement->acquisition;
	const struct ldl_alloc *alloc = ldl_alloc_at(judgement->arena, lock->alloc);
	struct ldl_acquisition about = *acquisition;
	struct ldl_held dropped = {
		.addr = lock->addr,
		.instance = acquisition->instance,
		.class_mode = observed->class << LDL_MODE_BITS | acquisition->mode,
	};

	about.class = observed->class;
	about.gfp = alloc->gfp;
	about.gfp_asked = alloc->gfp_asked;
	about.from_site = lock->request;
	if (lock->site)
		about.site = lock->site;
	judgement->acquisition = &about;
	ldl_rules_add(judgement,
		&(struct ldl_breach){LDL_FINDING_POLICY, LDL_RULE_D16, LDL_SEVERITY_WARNING,
			lock->request ? &dropped : NULL,
			"dropped for an allocation, retaken, and what it protects was not looked "
			"at again"});
	judgement->acquisition = acquisition;
}

static void released(struct ldl_judgement *judgement, struct ldl_dropped *lock,
	const struct ldl_observed *observed)
{
	if (lock->stage == RETAKEN) {
		report(judgement, lock, observed);
		*lock = (struct ldl_dropped){0};
	} else if (lock->stage == HELD) {
		lock->stage = DROPPED;
	}
}

static void taken(struct ldl_judgement *judgement, struct ldl_dropped *lock)
{
	if (lock->stage == ALLOCATED) {
		lock->stage = RETAKEN;
		lock->site = judgement->acquisition->site;
	} else if (lock->stage == DROPPED) {
		*lock = (struct ldl_dropped){0};
	}
}

/* A request that may sleep; of a place that was seen before its first stack is known. */
static void requested(struct ldl_judgement *judgement, const struct ldl_observed *observed)
{
	struct ldl_ladder *ladder = &judgement->thread->ladder;
	ldl_site_id site = judgement->acquisition->site;

	for (uint32_t i = 0; i < LDL_LADDER_DROPPED; i++) {
		struct ldl_dropped *lock = &ladder->dropped[i];

		if (lock->stage != DROPPED)
			continue;
		lock->stage = ALLOCATED;
		lock->request = site ? site : ldl_class_at(judgement->arena, observed->class)->site;
		lock->alloc = observed->alloc;
	}
}

void ldl_ladder_observe_locks(struct ldl_judgement *judgement, const struct ldl_observed *observed)
{
	struct ldl_ladder *ladder = &judgement->thread->ladder;
	struct ldl_dropped *lock = observed->addr ? find(ladder, observed->addr) : NULL;

	if (observed->kind == LDL_OBSERVED_ALLOC) {
		if (ldl_context_may_reclaim(observed->gfp))
			requested(judgement, observed);
	} else if (lock && observed->kind == LDL_OBSERVED_RELEASE) {
		released(judgement, lock, observed);
	} else if (lock &&
		   (observed->kind == LDL_OBSERVED_ACQUIRE || observed->kind == LDL_OBSERVED_TRY)) {
		taken(judgement, lock);
	}
}

void ldl_ladder_revalidated(struct ldl_ladder *ladder, uint64_t addr)
{
	struct ldl_dropped *lock = addr ? find(ladder, addr) : NULL;

	if (lock)
		*lock = (struct ldl_dropped){0};
}
