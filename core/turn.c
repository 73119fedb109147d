/* Rows of nestings, and the batons that go along them. See turn.h. */
#include "turn.h"

#include "instance.h"

_Static_assert(LDL_TURN_LATE + 1 < LDL_TURNS_RECENT, "both ends are remembered");

/* A nesting that takes place, and its turn. */
struct step {
	struct ldl_arena *arena;
	struct ldl_thread *thread;
	struct ldl_turn *turn;
	uint64_t outer, inner;
	ldl_class_id class;
};

/* The record of a class, made when it is the first time. NULL: no room. */
static struct ldl_turn *turn_of(struct ldl_arena *arena, ldl_class_id class)
{
	ldl_turn_id *place = &ldl_class_at(arena, class)->turn;
	/* Acquire: pairs with the exchange below. */
	ldl_turn_id id = ldl_load_acquire(place), made, none = 0;

	if (!id) {
		made = ldl_table_take(arena, LDL_TABLE_TURNS, 1);
		/* Release: it is all zero, and its page is there. */
		id = !made || ldl_cas_acq_rel(place, &none, made) ? made : none;
	}
	return id ? ldl_turn_at(arena, id) : NULL;
}

/* Whether above `depth` entries, one of which is the outer lock, the inner one is wanted. */
static bool is_nested(const struct ldl_held *held, uint32_t depth, const struct ldl_baton *baton)
{
	if (ldl_load_relaxed(&held[depth].instance) != (ldl_instance_id)(baton->at >> 32))
		return false;
	while (depth-- > 0) {
		if (ldl_load_relaxed(&held[depth].instance) == baton->outer)
			return true;
	}
	return false;
}

/* Whether the wait that the baton's latest nesting began with is over. The thread's wish was
 * written before the baton was; where it is changing just now, it is over. */
static bool is_over(const struct step *step, const struct ldl_baton *baton)
{
	const struct ldl_thread_record *record = ldl_thread_at(step->arena, baton->thread);
	uint32_t word, first, depth;

	if (baton->serial == step->thread->record->serial ||
		ldl_load_relaxed(&record->serial) != baton->serial)
		return true;
	word = ldl_load_acquire(&record->depth);
	first = ldl_load_acquire(&record->held_first);
	depth = ldl_held_depth(word);
	if (!(word & LDL_WANTED))
		return true;
	/* Else the two words are not of one moment, and nothing is certain. */
	return first < step->arena->capacity[LDL_TABLE_HELD] &&
	       depth < step->arena->capacity[LDL_TABLE_HELD] - first &&
	       !is_nested(ldl_held_at(step->arena, first), depth, baton);
}

/* What the nesting makes of a baton. */
static struct ldl_baton moved(const struct step *step)
{
	return (struct ldl_baton){
		.at = step->inner,
		.thread = step->thread->id,
		.serial = step->thread->record->serial,
		.outer = (ldl_instance_id)(step->outer >> 32),
	};
}

/* Whether the baton is where this very nesting was made before, and whoever made it is done. */
static bool is_same(const struct step *step, const struct ldl_baton *baton)
{
	return baton->at == step->inner && baton->outer == (ldl_instance_id)(step->outer >> 32) &&
	       is_over(step, baton);
}

static void repeat(const struct step *step, struct ldl_baton *baton)
{
	*baton = moved(step);
	baton->is_again = 1;
}

/* The baton that follows goes on. Where the one ahead is at the same place, its thread still waits,
 * and for this: from now on it follows. */
static void follow(const struct step *step)
{
	struct ldl_baton *ahead = &step->turn->batons[0], *behind = &step->turn->batons[1];

	if (ahead->at == behind->at) {
		*behind = *ahead;
		*ahead = moved(step);
		ldl_and_relaxed(&step->turn->state, ~(uint32_t)LDL_TURN_LAPPED);
		return;
	}
	*behind = moved(step);
	if (ahead->at == behind->at && is_over(step, ahead))
		behind->at = 0;
}

/* Where the baton ahead was so many nestings ago; 0: it was nowhere yet. */
static ldl_instance_id *recent(struct ldl_turn *turn, uint32_t ago)
{
	return &turn->recent[(turn->passed - ago) % LDL_TURNS_RECENT];
}

/* Whether the nesting was made by the one ahead, not long ago. */
static bool is_late(const struct step *step)
{
	for (uint32_t ago = 1; ago <= LDL_TURN_LATE; ago++) {
		if (*recent(step->turn, ago) == (ldl_instance_id)(step->inner >> 32) &&
			*recent(step->turn, ago + 1) == (ldl_instance_id)(step->outer >> 32))
			return true;
	}
	return false;
}

/* The baton ahead goes on. */
static void lead(const struct step *step)
{
	struct ldl_baton *ahead = &step->turn->batons[0];

	/* That a thread follows itself says nothing. */
	if (ahead->at && ahead->serial != step->thread->record->serial)
		step->turn->handed++;
	*ahead = moved(step);
	step->turn->passed++;
	*recent(step->turn, 0) = (ldl_instance_id)(step->inner >> 32);
	if (step->turn->batons[1].at == step->inner)
		ldl_or_relaxed(&step->turn->state, LDL_TURN_LAPPED);
}

/* Whether the two have met: only a baton that was not left behind may go, then. */
static bool may_meet(const struct step *step)
{
	struct ldl_baton *ahead = &step->turn->batons[0], *behind = &step->turn->batons[1];

	if (behind->at != step->outer || ahead->at != step->outer || !is_over(step, ahead))
		return true;
	behind->at = 0;
	return !(ldl_load_relaxed(&step->turn->state) & LDL_TURN_LAPPED);
}

/* There is no baton for the nesting yet: it makes the one that follows. */
static bool fork_off(const struct step *step, struct ldl_baton baton)
{
	if (step->turn->batons[1].at)
		return false;
	ldl_or_relaxed(&step->turn->state, LDL_TURN_FORKED);
	step->turn->batons[1] = baton;
	return true;
}

static bool fits(const struct step *step)
{
	struct ldl_baton *ahead = &step->turn->batons[0], *behind = &step->turn->batons[1];

	if (!may_meet(step))
		return false;
	if (behind->at == step->outer && is_over(step, behind)) {
		follow(step);
	} else if (is_same(step, ahead)) {
		repeat(step, ahead);
	} else if (!ahead->at || (ahead->at == step->outer && is_over(step, ahead))) {
		lead(step);
	} else if (is_same(step, behind)) {
		repeat(step, behind);
	} else if (ahead->at == step->outer) {
		/* Who has the inner lock goes on, while the one before comes back for it. */
		if (!ahead->is_again || !fork_off(step, *ahead))
			return false;
		lead(step);
	} else {
		return is_late(step) && fork_off(step, moved(step));
	}
	return true;
}

/* Notes where the thread is; and whether it is one of several that were elsewhere before. */
static void remember(const struct step *step)
{
	struct ldl_nesting *last = &step->thread->nesting;
	uint32_t serial = step->thread->record->serial;

	if (last->class == step->class && last->inner != step->inner) {
		if (!step->turn->rover)
			step->turn->rover = serial;
		else if (step->turn->rover != serial)
			ldl_or_relaxed(&step->turn->state, LDL_TURN_ROVED);
	}
	*last = (struct ldl_nesting){step->inner, step->class};
}

/* Two exclusive holds, and nothing else of the class, as far as all was seen. */
static bool is_plain(const struct ldl_thread *thread, const struct ldl_acquisition *acquisition)
{
	int outer = -1;

	for (uint32_t i = 0; i < ldl_thread_depth(thread); i++) {
		if (thread->held[i].instance == acquisition->nested_in)
			outer = (int)i;
	}
	return acquisition->nested == 1 && outer >= 0 && !thread->unseen &&
	       !thread->record->overflow && !(acquisition->mode & LDL_MODE_SHARED) &&
	       !(ldl_held_mode(&thread->held[outer]) & LDL_MODE_SHARED);
}

/* From now on it is weighed as if it had never been in turn. */
static void break_turn(struct ldl_turn *turn)
{
	ldl_or_relaxed(&turn->state, LDL_TURN_BROKEN | LDL_TURN_UNSETTLED);
}

/* The counts at which the findings are weighed again, though nothing else happened. */
static bool is_round(uint32_t handed)
{
	return handed >= LDL_TURNS_LEAST && !(handed & (handed - 1));
}

static void pass(const struct step *step)
{
	uint32_t before = step->turn->handed;

	if (!fits(step)) {
		break_turn(step->turn);
		return;
	}
	remember(step);
	if (step->turn->handed != before && is_round(step->turn->handed))
		ldl_or_relaxed(&step->turn->state, LDL_TURN_UNSETTLED);
}

bool ldl_turn_take(struct ldl_arena *arena, struct ldl_thread *thread,
	const struct ldl_acquisition *acquisition, enum ldl_patience patience)
{
	struct ldl_turn *turn = turn_of(arena, acquisition->class);
	struct step step = {
		.arena = arena,
		.thread = thread,
		.turn = turn,
		.outer = ldl_instance_word(arena, acquisition->nested_in),
		.inner = ldl_instance_word(arena, acquisition->instance),
		.class = acquisition->class,
	};

	if (!turn)
		return false;
	if (!(ldl_load_relaxed(&turn->state) & LDL_TURN_BROKEN)) {
		if (!is_plain(thread, acquisition) || !ldl_spin_lock(&turn->lock, patience)) {
			break_turn(turn);
		} else {
			pass(&step);
			ldl_spin_unlock(&turn->lock);
		}
	}
	return ldl_load_relaxed(&turn->state) & LDL_TURN_UNSETTLED;
}

void ldl_turn_settle(struct ldl_arena *arena, ldl_class_id class)
{
	ldl_turn_id id = ldl_load_acquire(&ldl_class_at(arena, class)->turn);

	if (id)
		ldl_and_relaxed(&ldl_turn_at(arena, id)->state, ~(uint32_t)LDL_TURN_UNSETTLED);
}

uint32_t ldl_turn_kept(const struct ldl_arena *arena, ldl_class_id class, uint32_t count)
{
	ldl_turn_id id = ldl_load_acquire(&ldl_class_at(arena, class)->turn);
	const struct ldl_turn *turn = ldl_turn_at(arena, id);
	uint32_t state = ldl_load_relaxed(&turn->state);
	uint32_t handed = ldl_load_relaxed(&turn->handed);

	if (!id || (state & LDL_TURN_BROKEN) || !(state & LDL_TURN_ROVED) ||
		count <= (state & LDL_TURN_FORKED ? LDL_BATONS : 1) || handed < LDL_TURNS_LEAST ||
		handed / LDL_TURNS_ROUNDS < count)
		return 0;
	return ldl_load_relaxed(&turn->passed);
}
