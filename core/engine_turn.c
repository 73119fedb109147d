/* Locks of one class inside one another: are they passed on in turn? See turn.h. */
#include "engine_state.h"

#include "class.h"
#include "turn.h"

void ldl_engine_take_turn(struct ldl_thread *thread, const struct ldl_acquisition *acquisition)
{
	struct ldl_judgement judgement = ldl_engine_judge(thread, acquisition);
	struct ldl_arena *arena = &ldl_engine.arena;

	if ((acquisition->mode & LDL_MODE_TRY) ||
		!ldl_kind_is_lock(ldl_class_at(arena, acquisition->class)->kind) ||
		!ldl_turn_take(arena, thread, acquisition, ldl_engine_patience()) ||
		!ldl_engine_lock())
		return;
	ldl_turn_settle(arena, acquisition->class);
	judgement.fresh_count =
		ldl_finding_weigh_turn(arena, acquisition->class, judgement.fresh, LDL_FRESH_MAX);
	ldl_engine_judge_end(&judgement);
}
