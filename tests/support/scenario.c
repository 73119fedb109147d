/* Runs a scenario line by the annotation API, each step in its own thread, one after the other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <lockdep_lite.h>
#include "tests/support/lockstep.h"
#include "tests/support/scenario.h"
#include "tests/support/scenario_steps.h"

#define HELD_MAX 256

/* What a thread holds, as the text has it, oldest first. */
struct holder {
	unsigned int count;
	unsigned int locks[HELD_MAX];
};

struct scenario {
	const struct ldl_scenario_kind *kind;
	unsigned int count;
	struct scenario_step steps[SCENARIO_STEPS];
	struct holder holders[SCENARIO_THREADS];
	ldl_class_t classes[26];
	bool met[SCENARIO_LOCK_NUMBERS];
};

_Static_assert(SCENARIO_THREADS <= LOCKSTEP_THREADS, "each has a thread to run in");

static const struct ldl_scenario_kind plain_kind;
static struct scenario current;

/* Only the addresses matter: one "lock" for each name, a cache line apart. */
static char lock_bytes[SCENARIO_LOCK_NUMBERS][64];

static const void *lock_of(unsigned int number)
{
	return lock_bytes[number];
}

const void *ldl_scenario_lock(const char *name)
{
	return lock_of(scenario_lock_number(name[0], name[1] ? (unsigned int)(name[1] - '0') : 0));
}

const char *ldl_scenario_name(uint64_t addr)
{
	static char names[SCENARIO_LOCK_NUMBERS][4];
	uint64_t offset = addr - (uint64_t)(uintptr_t)lock_bytes;
	unsigned int number = (unsigned int)(offset / sizeof(lock_bytes[0]));

	if (offset >= sizeof(lock_bytes))
		return NULL;
	names[number][0] = (char)('A' + number / 10);
	names[number][1] = number % 10 ? (char)('0' + number % 10) : '\0';
	return names[number];
}

static ldl_class_t class_of(struct scenario *scenario, unsigned int number)
{
	unsigned int letter = number / 10;
	char name[2] = {(char)('A' + letter), '\0'};

	if (scenario->kind->undeclared)
		return 0;
	if (!scenario->classes[letter])
		scenario->classes[letter] = ldl_class(name, scenario->kind->properties);
	return scenario->classes[letter];
}

static void init_lock(struct scenario *scenario, unsigned int number)
{
	scenario->met[number] = true;
	if (scenario->kind->undeclared)
		return;
	ldl_lock_init(lock_of(number), class_of(scenario, number), scenario->kind->flags);
}

static void take(struct scenario *scenario, const struct scenario_step *step)
{
	struct holder *holder = &scenario->holders[step->thread];
	const void *lock = lock_of(step->lock);

	if (step->op == SCENARIO_NESTED)
		ldl_lock_acquire_nested(lock, step->mode, step->subclass);
	else if (!(step->mode & LDL_TRY))
		ldl_lock_acquire(lock, step->mode);
	ldl_lock_acquired(lock, step->mode);
	if (holder->count == HELD_MAX) {
		fprintf(stderr, "scenario: more than %d locks held\n", HELD_MAX);
		abort();
	}
	holder->locks[holder->count++] = step->lock;
}

/* The youngest hold of the lock, in any thread, this one first: another's may be released, too. */
static void forget_hold(struct scenario *scenario, unsigned int thread, unsigned int lock)
{
	unsigned int turn, i;

	for (turn = 0; turn < SCENARIO_THREADS; turn++) {
		struct holder *holder = &scenario->holders[(thread + turn) % SCENARIO_THREADS];

		for (i = holder->count; i--;) {
			if (holder->locks[i] != lock)
				continue;
			holder->count--;
			memmove(&holder->locks[i], &holder->locks[i + 1],
				(holder->count - i) * sizeof(holder->locks[0]));
			return;
		}
	}
}

static void release_all(struct holder *holder)
{
	while (holder->count)
		ldl_lock_release(lock_of(holder->locks[--holder->count]));
}

static void do_step(void *argument)
{
	const struct scenario_step *step = argument;
	const void *lock = lock_of(step->lock);

	switch (step->op) {
	case SCENARIO_LOCK:
	case SCENARIO_NESTED:
		take(&current, step);
		break;
	case SCENARIO_FAIL:
		ldl_lock_acquire(lock, step->mode);
		ldl_lock_failed(lock);
		break;
	case SCENARIO_UNLOCK:
		forget_hold(&current, step->thread, step->lock);
		ldl_lock_release(lock);
		break;
	case SCENARIO_RELEASE_ALL:
		release_all(&current.holders[step->thread]);
		break;
	case SCENARIO_INIT:
		forget_hold(&current, step->thread, step->lock);
		init_lock(&current, step->lock);
		break;
	case SCENARIO_DESTROY:
		forget_hold(&current, step->thread, step->lock);
		ldl_lock_destroy(lock);
		break;
	case SCENARIO_DOWNGRADE:
		ldl_lock_downgrade(lock);
		break;
	case SCENARIO_HELD:
		ldl_assert_held(lock);
		break;
	case SCENARIO_UNHELD:
		ldl_assert_not_held(lock);
		break;
	case SCENARIO_NEST:
		ldl_nest(lock, lock_of(step->other));
		break;
	case SCENARIO_ORDER:
		ldl_order(lock, lock_of(step->other));
		break;
	}
}

static bool is_named(const struct scenario_step *step)
{
	return step->op != SCENARIO_RELEASE_ALL;
}

static void init_locks(struct scenario *scenario)
{
	unsigned int i;

	for (i = 0; i < scenario->count; i++) {
		const struct scenario_step *step = &scenario->steps[i];

		if (is_named(step) && !scenario->met[step->lock])
			init_lock(scenario, step->lock);
		if ((step->op == SCENARIO_NEST || step->op == SCENARIO_ORDER) &&
			!scenario->met[step->other])
			init_lock(scenario, step->other);
	}
}

const struct ldl_scenario_result *ldl_scenario_run(
	const struct ldl_scenario_kind *kind, const char *text)
{
	unsigned int i;

	ldl_reset();
	memset(&current, 0, sizeof(current));
	current.kind = kind ? kind : &plain_kind;
	current.count = scenario_parse(text, current.kind->mode, current.steps);
	init_locks(&current);
	for (i = 0; i < current.count; i++) {
		const struct scenario_step *step = &current.steps[i];

		if (step->op == SCENARIO_RELEASE_ALL && !current.holders[step->thread].count)
			continue;
		lockstep_call(step->thread, do_step, &current.steps[i]);
	}
	return ldl_scenario_findings();
}

void ldl_scenario_stop(void)
{
	lockstep_stop();
}
