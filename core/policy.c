/* Rules about a single request's mask. See policy.h. */
#include "policy.h"

#include "class.h"
#include "fmt.h"
#include "gfp_text.h"
#include "include/lockdep_lite/context.h"
#include "site.h"

#define NOTE_MAX (2 * LDL_GFP_TEXT_MAX + 160u)

void ldl_policy_add(struct ldl_judgement *judgement, const struct ldl_policy_breach *breach)
{
	const struct ldl_acquisition *acquisition = judgement->acquisition;
	struct ldl_acquisition placed = *acquisition;
	struct ldl_stack stack = {.count = 1, .ips = {acquisition->ip}};
	char words[LDL_GFP_TEXT_MAX], note[NOTE_MAX];
	size_t len = ldl_fmt(note, sizeof(note), "mask %s",
		ldl_gfp_text(words, sizeof(words), acquisition->gfp_asked));

	if (acquisition->gfp != acquisition->gfp_asked)
		ldl_fmt_append(note, sizeof(note), &len, ", in effect %s",
			ldl_gfp_text(words, sizeof(words), acquisition->gfp));
	ldl_fmt_append(note, sizeof(note), &len, ": %s", breach->advice);
	if (!placed.site && placed.ip)
		placed.site = ldl_site_intern(judgement->arena, &stack);
	judgement->acquisition = &placed;
	ldl_rules_add(judgement, &(struct ldl_breach){LDL_FINDING_POLICY, breach->rule,
					 breach->severity, breach->entry, note});
	judgement->acquisition = acquisition;
}

static bool may_give_up(uint32_t gfp)
{
	return gfp & (LDL_GFP_NORETRY | LDL_GFP_RETRY_MAYFAIL);
}

/* NOMEMALLOC beats MEMALLOC. */
static bool is_boosted(uint32_t gfp)
{
	return (gfp & LDL_GFP_HIGH) || ((gfp & LDL_GFP_MEMALLOC) && !(gfp & LDL_GFP_NOMEMALLOC));
}

/* Whether the thread serves I/O that reclaim waits for: it holds that domain, and did not have to
 * wait for it, as a reclaimer would. */
static bool is_io_handler(const struct ldl_judgement *judgement)
{
	const struct ldl_held *entry = ldl_rules_held_context(judgement, LDL_CTX_IO_HANDLER);

	return entry && (ldl_held_mode(entry) & LDL_MODE_TRY);
}

static void add(struct ldl_judgement *judgement, enum ldl_rule rule, enum ldl_severity severity,
	const char *advice)
{
	ldl_policy_add(judgement, &(struct ldl_policy_breach){rule, severity, NULL, advice});
}

/* Rules B3, B4, B11. That a call's own NORETRY narrows what a scope gave breaks none: what is
 * looked at for B4 is what the call itself asks for. */
static void judge_nofail(struct ldl_judgement *judgement)
{
	uint32_t asked = judgement->acquisition->gfp_asked, gfp = judgement->acquisition->gfp;

	if (!(asked & LDL_GFP_NOFAIL))
		return;
	if (!(gfp & LDL_GFP_DIRECT_RECLAIM))
		add(judgement, LDL_RULE_B3, LDL_SEVERITY_ERROR,
			"let it reclaim (DIRECT_RECLAIM, outside NOWAIT and NORECLAIM scopes), or "
			"let it fail");
	if (may_give_up(asked))
		add(judgement, LDL_RULE_B4, LDL_SEVERITY_ERROR,
			"keep NOFAIL, or keep the other and handle the failure");
	if (is_boosted(asked))
		add(judgement, LDL_RULE_B11, LDL_SEVERITY_WARNING,
			"ask for NOFAIL alone: it may wait longer, but takes from nobody");
}

/* How a pool asks its backing allocator (rule C6): NORETRY is there whatever the caller may. */
#define BACKING (LDL_GFP_NORETRY | LDL_GFP_NOMEMALLOC | LDL_GFP_NOWARN)

/* Rules D3, D4, D6, D7; D8 where a site is marked as optional. */
static void judge_retry(struct ldl_judgement *judgement)
{
	uint32_t asked = judgement->acquisition->gfp_asked, gfp = judgement->acquisition->gfp;

	if ((asked & LDL_GFP_NORETRY) && (asked & LDL_GFP_RETRY_MAYFAIL))
		add(judgement, LDL_RULE_D3, LDL_SEVERITY_ERROR,
			"one replaces the other: clear NORETRY when RETRY_MAYFAIL is set");
	if (may_give_up(asked) && !(asked & LDL_GFP_DIRECT_RECLAIM) && (asked & BACKING) != BACKING)
		add(judgement, LDL_RULE_D4, LDL_SEVERITY_INFO,
			"drop the retry mode: it says nothing here");
	if ((asked & LDL_GFP_AVOID_OOM) && (asked & LDL_GFP_NORETRY) && !(asked & LDL_GFP_OPTIONAL))
		add(judgement, LDL_RULE_D6, LDL_SEVERITY_WARNING, "use RETRY_MAYFAIL instead");
	if ((gfp & LDL_GFP_NORETRY) && ldl_rules_held_context(judgement, LDL_CTX_INIT))
		add(judgement, LDL_RULE_D7, LDL_SEVERITY_WARNING, "use GFP_KERNEL instead");
}

/* Whether something failed already on the way to this request, here or in a caller of an allocator
 * that runs. */
static bool has_failed_before(const struct ldl_ladder *ladder)
{
	for (uint32_t i = 0; i < ladder->nested_count && i < LDL_NESTED_ALLOCS; i++) {
		if (ladder->nested[i].climb.first)
			return true;
	}
	return ladder->climb.first != 0;
}

/* Rules D9, D14, D17. */
static void judge_use(struct ldl_judgement *judgement)
{
	uint32_t asked = judgement->acquisition->gfp_asked, gfp = judgement->acquisition->gfp;

	if ((asked & LDL_GFP_SEED_ATOMIC) && !(asked & LDL_GFP_HIGH))
		add(judgement, LDL_RULE_D9, LDL_SEVERITY_ERROR,
			"add HIGH and KSWAPD_RECLAIM (today's GFP_ATOMIC)");
	if ((asked & LDL_GFP_HARD) && !has_failed_before(&judgement->thread->ladder))
		add(judgement, LDL_RULE_D14, LDL_SEVERITY_INFO, "try fast, then normal, then hard");
	if ((gfp & LDL_GFP_DIRECT_RECLAIM) && (gfp & LDL_GFP_IO) && is_io_handler(judgement))
		add(judgement, LDL_RULE_D17, LDL_SEVERITY_WARNING,
			"mark the thread: prctl(PR_SET_IO_FLUSHER), or a noio scope");
}

/* Rule D16, its first half. */
static void judge_contention(struct ldl_judgement *judgement)
{
	const struct ldl_thread *thread = judgement->thread;
	uint32_t at = ldl_thread_depth(thread);

	if (!ldl_context_may_reclaim(judgement->acquisition->gfp))
		return;
	while (at-- > 0) {
		const struct ldl_held *entry = &thread->held[at];
		const struct ldl_class *class =
			ldl_class_at(judgement->arena, ldl_held_class(entry));

		if (ldl_class_has(class, LDL_CLASS_CONTENDED) && !ldl_held_is_stolen(entry))
			ldl_policy_add(judgement,
				&(struct ldl_policy_breach){LDL_RULE_D16, LDL_SEVERITY_WARNING,
					entry, "NOWAIT first, else drop the lock meanwhile"});
	}
}

void ldl_policy_alloc(struct ldl_judgement *judgement)
{
	judge_nofail(judgement);
	judge_retry(judgement);
	judge_use(judgement);
	judge_contention(judgement);
}

void ldl_policy_order(struct ldl_judgement *judgement, ldl_alloc_id alloc, uint32_t order)
{
	struct ldl_alloc *record = ldl_alloc_at(judgement->arena, alloc);

	if (alloc && order > record->order_max)
		ldl_store_relaxed(&record->order_max, order);
	if (order > LDL_NOFAIL_ORDER_MAX && (judgement->acquisition->gfp & LDL_GFP_NOFAIL))
		add(judgement, LDL_RULE_B6, LDL_SEVERITY_WARNING,
			"use kvmalloc, which is content with single pages");
}

void ldl_policy_scope(struct ldl_judgement *judgement, uint32_t scope)
{
	if (!(scope & LDL_SCOPE_NOFAIL))
		return;
	ldl_rules_add(judgement,
		&(struct ldl_breach){LDL_FINDING_POLICY, LDL_RULE_B1, LDL_SEVERITY_WARNING, NULL,
			"the scope is refused: say NOFAIL in each call that has no fallback"});
}

enum ldl_rule ldl_policy_counts_on_failure(uint32_t asked, uint32_t effective)
{
	bool is_narrow = !(asked & LDL_GFP_IO) || !(asked & LDL_GFP_FS);

	if (asked & LDL_GFP_NOFAIL)
		return LDL_RULE_B2;
	/* Whoever asks with a narrow mask by itself, and without a word on failure, counts on the
	 * narrowness. That a scope narrows it says nothing of what the caller believes. */
	if ((effective & LDL_GFP_DIRECT_RECLAIM) && is_narrow && !may_give_up(effective))
		return LDL_RULE_E1;
	return LDL_RULE_NONE;
}

void ldl_policy_may_fail(struct ldl_judgement *judgement)
{
	const struct ldl_acquisition *acquisition = judgement->acquisition;

	switch (ldl_policy_counts_on_failure(acquisition->gfp_asked, acquisition->gfp)) {
	case LDL_RULE_B2:
		add(judgement, LDL_RULE_B2, LDL_SEVERITY_WARNING,
			"drop NOFAIL, or the path for its failure");
		break;
	case LDL_RULE_E1:
		add(judgement, LDL_RULE_E1, LDL_SEVERITY_WARNING,
			"say that it may fail: NORETRY, RETRY_MAYFAIL, or no DIRECT_RECLAIM");
		break;
	default:
		break;
	}
}

static bool was_held_over(
	const struct ldl_arena *arena, const struct ldl_alloc *alloc, ldl_class_id lock)
{
	for (uint32_t i = 0; i < alloc->also_count; i++) {
		if (ldl_also_held_at(arena, alloc->also_first + i)->class == lock)
			return true;
	}
	return false;
}

void ldl_policy_contended(struct ldl_judgement *judgement, ldl_class_id lock)
{
	const struct ldl_acquisition *acquisition = judgement->acquisition;
	uint32_t used =
		ldl_load_relaxed(&ldl_arena_table(judgement->arena, LDL_TABLE_ALLOCS)->used);
	const struct ldl_held held = {.class_mode = lock << LDL_MODE_BITS};

	for (ldl_alloc_id id = 1; id < used; id++) {
		const struct ldl_alloc *alloc = ldl_alloc_at(judgement->arena, id);
		struct ldl_acquisition earlier = *acquisition;

		if (!ldl_context_may_reclaim(alloc->gfp) ||
			!was_held_over(judgement->arena, alloc, lock))
			continue;
		earlier.class = alloc->class;
		earlier.site = ldl_class_at(judgement->arena, alloc->class)->site;
		earlier.from_site = acquisition->site; /* where the lock was found taken */
		earlier.gfp = alloc->gfp;
		earlier.gfp_asked = alloc->gfp_asked;
		judgement->acquisition = &earlier;
		ldl_policy_add(
			judgement, &(struct ldl_policy_breach){LDL_RULE_D16, LDL_SEVERITY_WARNING,
					   &held, "NOWAIT first, else drop the lock meanwhile"});
	}
	judgement->acquisition = acquisition;
}
