/* Scopes of the calling thread, and rule E2: they are closed last in, first out, and before what
 * they were opened in ends. */
#include "engine_place.h"
#include "policy.h"

void ldl_engine_scope_broken(struct ldl_thread *thread, const void *ip, const char *how)
{
	struct ldl_acquisition acquisition;

	if (ldl_engine_has_no_graph())
		return;
	acquisition = ldl_engine_here(ip);
	ldl_engine_say(thread, &acquisition,
		&(struct ldl_breach){
			LDL_FINDING_POLICY, LDL_RULE_E2, LDL_SEVERITY_ERROR, NULL, how});
}

/* A scope that promises success to code that never asked for it (rule B1). */
static void refuse_nofail(struct ldl_thread *thread, const void *ip)
{
	struct ldl_acquisition acquisition = ldl_engine_here(ip);
	struct ldl_judgement judgement;

	if (!ldl_engine_judge_start(&judgement, thread, &acquisition))
		return;
	ldl_policy_scope(&judgement, LDL_SCOPE_NOFAIL);
	ldl_engine_judge_end(&judgement);
}

/* Tells the ladder when the reserves were opened or closed (rule C5). */
static void changed(struct ldl_thread *thread, uint32_t before, const void *ip)
{
	uint32_t after = thread->context.scope;
	struct ldl_acquisition acquisition;
	struct ldl_judgement judgement;

	if (!((before ^ after) & LDL_SCOPE_NORECLAIM) || ldl_engine_has_no_graph())
		return;
	acquisition = ldl_engine_here(ip);
	if (!ldl_engine_judge_start(&judgement, thread, &acquisition))
		return;
	ldl_ladder_scope(&judgement, before, after);
	ldl_engine_judge_end(&judgement);
}

uint32_t ldl_engine_scope_open(uint32_t scope, const void *ip)
{
	struct ldl_thread *thread = ldl_engine_enter_any();
	uint32_t cookie, before, depth;

	if (!thread)
		return 0;
	before = thread->context.scope;
	depth = ldl_thread_depth(thread);
	if ((scope & LDL_SCOPE_NOFAIL) && !ldl_engine_has_no_graph())
		refuse_nofail(thread, ip);
	cookie = ldl_context_open(&thread->context, scope & ~LDL_SCOPE_NOFAIL,
		ldl_engine_sections(thread, depth), ip);
	if (thread->context.deep_count)
		ldl_engine_count(LDL_COUNT_SCOPES_DROPPED);
	changed(thread, before, ip);
	ldl_engine_leave(thread);
	return cookie;
}

void ldl_engine_scope_close(uint32_t cookie, const void *ip)
{
	struct ldl_thread *thread = cookie ? ldl_engine_enter_end() : NULL;
	uint32_t before;

	if (!thread)
		return;
	before = thread->context.scope;
	switch (ldl_context_close(&thread->context, cookie)) {
	case LDL_OK:
		break;
	case LDL_BROKEN:
		ldl_engine_scope_broken(
			thread, ip, "closed while one that was opened later is open");
		break;
	default:
		ldl_engine_scope_broken(thread, ip, "closed, though it is not open here");
		break;
	}
	changed(thread, before, ip);
	ldl_engine_leave(thread);
}

uint32_t ldl_engine_scope_clear(void)
{
	struct ldl_thread *thread = ldl_engine_enter_any();
	uint32_t scope;

	if (!thread)
		return 0;
	scope = ldl_context_clear(&thread->context);
	ldl_engine_leave(thread);
	return scope;
}

void ldl_engine_scope_put_back(uint32_t scope)
{
	struct ldl_thread *thread = ldl_engine_enter_end();

	if (!thread)
		return;
	ldl_context_put_back(&thread->context, scope);
	ldl_engine_leave(thread);
}

uint32_t ldl_engine_mask(uint32_t gfp)
{
	const struct ldl_thread *thread = ldl_thread_known();

	return thread && thread->record ? ldl_context_mask(thread->context.scope, gfp) : gfp;
}
