/* Boundaries between subsystems, and scopes that open the reserves. See ladder.h. */
#include "ladder.h"

#include "fmt.h"
#include "gfp_text.h"
#include "policy.h"

static struct ldl_boundary *innermost(struct ldl_ladder *ladder)
{
	uint32_t count = ladder->boundary_count;

	return count && count <= LDL_BOUNDARIES ? &ladder->boundaries[count - 1] : NULL;
}

uint32_t ldl_ladder_enter(struct ldl_judgement *judgement, uint32_t scope)
{
	struct ldl_ladder *ladder = &judgement->thread->ladder;
	char words[LDL_GFP_TEXT_MAX], note[LDL_GFP_TEXT_MAX + 64];
	struct ldl_boundary *boundary;

	if (scope) {
		ldl_fmt(note, sizeof(note), "scope %s is open: ldl_boundary_clear() before it",
			ldl_scope_text(words, sizeof(words), scope));
		ldl_rules_add(judgement, &(struct ldl_breach){LDL_FINDING_POLICY, LDL_RULE_B5,
						 LDL_SEVERITY_WARNING, NULL, note});
	}
	ladder->boundary_count++;
	boundary = innermost(ladder);
	if (boundary)
		*boundary = (struct ldl_boundary){.class = judgement->acquisition->class};
	return ladder->boundary_count;
}

/* Rule E4: the boundary, after the request that failed inside. */
static void report(struct ldl_judgement *judgement, const struct ldl_boundary *boundary)
{
	const struct ldl_alloc *alloc = ldl_alloc_at(judgement->arena, boundary->vanished);
	const struct ldl_held failed = {.class_mode = alloc->class << LDL_MODE_BITS};
	const struct ldl_acquisition *acquisition = judgement->acquisition;
	struct ldl_acquisition about = *acquisition;

	about.class = boundary->class;
	about.gfp = alloc->gfp;
	about.gfp_asked = alloc->gfp_asked;
	about.from_site = ldl_class_at(judgement->arena, alloc->class)->site;
	judgement->acquisition = &about;
	ldl_policy_add(
		judgement, &(struct ldl_policy_breach){LDL_RULE_E4, LDL_SEVERITY_WARNING, &failed,
				   "it failed inside: return an error, or cope with it there"});
	judgement->acquisition = acquisition;
}

void ldl_ladder_exit(struct ldl_judgement *judgement, uint32_t entered, bool is_error)
{
	struct ldl_ladder *ladder = &judgement->thread->ladder;
	const struct ldl_boundary *boundary;

	if (!entered || entered > ladder->boundary_count)
		return;
	ladder->boundary_count = entered;
	boundary = innermost(ladder);
	if (boundary && boundary->vanished && !is_error)
		report(judgement, boundary);
	ladder->boundary_count--;
}

void ldl_ladder_failed_inside(struct ldl_ladder *ladder, ldl_alloc_id alloc)
{
	struct ldl_boundary *boundary = innermost(ladder);

	if (boundary)
		boundary->vanished = alloc;
}

void ldl_ladder_handled_inside(struct ldl_ladder *ladder)
{
	ldl_ladder_failed_inside(ladder, 0);
}

void ldl_ladder_asked_inside(struct ldl_judgement *judgement, ldl_class_id class)
{
	struct ldl_boundary *boundary = innermost(&judgement->thread->ladder);

	if (boundary && boundary->vanished &&
		ldl_alloc_at(judgement->arena, boundary->vanished)->class == class)
		boundary->vanished = 0;
}

void ldl_ladder_scope(struct ldl_judgement *judgement, uint32_t before, uint32_t after)
{
	struct ldl_ladder *ladder = &judgement->thread->ladder;
	char note[96];

	if (!((before ^ after) & LDL_SCOPE_NORECLAIM))
		return;
	if ((before & LDL_SCOPE_NORECLAIM) && ladder->used > ladder->freed) {
		ldl_fmt(note, sizeof(note), "used %lu bytes and freed %lu",
			(unsigned long)ladder->used, (unsigned long)ladder->freed);
		ldl_rules_add(judgement, &(struct ldl_breach){LDL_FINDING_RESERVE, LDL_RULE_C5,
						 LDL_SEVERITY_WARNING, NULL, note});
	}
	ladder->used = ladder->freed = 0;
}
