/* Policy findings of the instrumentation. See engine_policy.h. */
#include "engine_policy.h"

#include "engine_state.h"
#include "policy.h"

void ldl_engine_unmarked_io(const void *ip)
{
	struct ldl_thread *thread = ldl_engine_enter();
	struct ldl_acquisition acquisition = {
		.ip = (uint64_t)(uintptr_t)ip, .gfp_asked = LDL_GFP_KERNEL};
	struct ldl_judgement judgement;

	if (!thread)
		return;
	acquisition.gfp = ldl_context_mask(thread->context.scope, acquisition.gfp_asked);
	if (acquisition.gfp & LDL_GFP_IO) {
		acquisition.class = ldl_engine_site_class(&acquisition);
		if (ldl_engine_judge_start(&judgement, thread, &acquisition)) {
			ldl_policy_add(&judgement,
				&(struct ldl_policy_breach){LDL_RULE_D17, LDL_SEVERITY_WARNING,
					NULL,
					"mark the thread: prctl(PR_SET_IO_FLUSHER), or a noio "
					"scope"});
			ldl_engine_judge_end(&judgement);
		}
	}
	ldl_engine_leave(thread);
}
