/* core/turn against a model of threads that really exclude one another. What it promises: no more
 * of them wait inside a ring than it has batons, for as long as it calls the ring in turn. */
#include <stdio.h>
#include <lockdep_lite.h>
#include "core/class.h"
#include "core/engine_state.h"
#include "core/turn.h"
#include "tests/support/lockstep.h"
#include "tests/support/random.h"
#include "tests/support/suite.h"

enum { LOCKS = 5, THREADS = 6, TRIALS = 150, STEPS = 120 };

static char locks[LOCKS];

/* A thread holds `outer` and waits for the next lock, or has both; -1: neither. */
struct actor {
	int outer;
	bool waits, had_it;
};

struct ring {
	struct ldl_random random;
	ldl_class_t class;
	struct actor actors[THREADS];
	int holder[LOCKS]; /* thread; -1: none */
	int current;       /* where the latest nesting ended */
	int mover;         /* whose it was */
};

static void wish(void *argument)
{
	int outer = *(int *)argument;

	ldl_lock_acquire(&locks[outer], LDL_EXCLUSIVE);
	ldl_lock_acquired(&locks[outer], LDL_EXCLUSIVE);
	ldl_lock_acquire(&locks[(outer + 1) % LOCKS], LDL_EXCLUSIVE);
}

static void wish_again(void *argument)
{
	int inner = (*(int *)argument + 1) % LOCKS;

	ldl_lock_release(&locks[inner]);
	ldl_lock_acquire(&locks[inner], LDL_EXCLUSIVE);
}

static void get(void *argument)
{
	ldl_lock_acquired(&locks[(*(int *)argument + 1) % LOCKS], LDL_EXCLUSIVE);
}

static void leave(void *argument)
{
	int outer = *(int *)argument;

	ldl_lock_release(&locks[outer]);
	ldl_lock_release(&locks[(outer + 1) % LOCKS]);
}

static void leave_inner(void *argument)
{
	ldl_lock_release(&locks[(*(int *)argument + 1) % LOCKS]);
}

static void leave_outer(void *argument)
{
	ldl_lock_release(&locks[*(int *)argument]);
}

/* One who has both locks lets them go; or one of them and goes for it again, or does so later. */
static void go_on(struct ring *ring, int thread)
{
	struct actor *actor = &ring->actors[thread];
	int inner = (actor->outer + 1) % LOCKS;

	if (ldl_random_one_in(&ring->random, 6)) {
		lockstep_call((unsigned int)thread + 1, wish_again, &actor->outer);
		actor->waits = true;
		ring->holder[inner] = -1;
		return;
	}
	lockstep_call((unsigned int)thread + 1, leave, &actor->outer);
	ring->holder[inner] = -1;
	ring->holder[actor->outer] = -1;
	actor->outer = -1;
}

/* Mostly in turn, and then not before the latest one had its lock. */
static void begin_nesting(struct ring *ring, int thread)
{
	struct actor *actor = &ring->actors[thread];
	const struct actor *mover = &ring->actors[ring->mover];
	bool is_wild = ldl_random_one_in(&ring->random, 200);
	int outer = is_wild ? (int)ldl_random_below(&ring->random, LOCKS) : ring->current;

	if (ring->holder[outer] >= 0 ||
		(!is_wild && mover->outer >= 0 && mover->waits && !mover->had_it))
		return;
	actor->outer = outer;
	actor->waits = true;
	actor->had_it = false;
	ring->mover = thread;
	ring->holder[outer] = thread;
	ring->current = (outer + 1) % LOCKS;
	lockstep_call((unsigned int)thread + 1, wish, &actor->outer);
}

static void step(struct ring *ring)
{
	int thread = (int)ldl_random_below(&ring->random, THREADS);
	struct actor *actor = &ring->actors[thread];
	int *inner = &ring->holder[(actor->outer + 1) % LOCKS];

	if (actor->outer < 0) {
		begin_nesting(ring, thread);
	} else if (!actor->waits) {
		go_on(ring, thread);
	} else if (*inner < 0) {
		*inner = thread;
		actor->waits = false;
		actor->had_it = true;
		lockstep_call((unsigned int)thread + 1, get, &actor->outer);
	}
}

static const struct ldl_turn *turn_of(const struct ring *ring)
{
	return ldl_turn_at(&ldl_engine.arena, ldl_class_at(&ldl_engine.arena, ring->class)->turn);
}

/* False: it is out of turn, and promises nothing any more. */
static bool keeps_its_promise(const struct ring *ring)
{
	uint32_t state = turn_of(ring)->state, waiting = 0;

	for (int i = 0; i < THREADS; i++)
		waiting += ring->actors[i].waits;
	if (state & LDL_TURN_BROKEN)
		return false;
	CU_ASSERT(waiting <= (state & LDL_TURN_FORKED ? LDL_BATONS : 1));
	return true;
}

static void begin(struct ring *ring, unsigned int number)
{
	char name[32];

	snprintf(name, sizeof(name), "ring %u", number);
	ring->class = ldl_class(name, LDL_CLASS_BY_INSTANCE);
	ring->current = 0;
	ring->mover = 0;
	for (int i = 0; i < LOCKS; i++) {
		ldl_lock_init(&locks[i], ring->class, 0);
		ring->holder[i] = -1;
	}
	for (int i = 0; i < THREADS; i++)
		ring->actors[i] = (struct actor){.outer = -1};
}

static void end(struct ring *ring)
{
	for (int i = 0; i < THREADS; i++) {
		struct actor *actor = &ring->actors[i];

		if (actor->outer < 0)
			continue;
		if (actor->waits)
			lockstep_call((unsigned int)i + 1, get, &actor->outer);
		lockstep_call((unsigned int)i + 1, leave_inner, &actor->outer);
		lockstep_call((unsigned int)i + 1, leave_outer, &actor->outer);
	}
	for (int i = 0; i < LOCKS; i++)
		ldl_lock_destroy(&locks[i]);
}

static void no_more_wait_than_there_are_batons(void)
{
	struct ring ring = {.random = ldl_random_make(0x7412)};
	unsigned int kept = 0, forked = 0;

	for (unsigned int trial = 0; trial < TRIALS * ldl_random_effort(); trial++) {
		int steps = 0;

		begin(&ring, trial);
		do
			step(&ring);
		while (keeps_its_promise(&ring) && ++steps < STEPS);
		kept += turn_of(&ring)->passed >= 2 * LOCKS;
		forked += !!(turn_of(&ring)->state & LDL_TURN_FORKED);
		end(&ring);
	}
	lockstep_stop();
	CU_ASSERT(kept > 0);
	CU_ASSERT(forked > TRIALS / 20);
}

LDL_SUITE(turn_model)
{
	LDL_TEST(no_more_wait_than_there_are_batons);
}
