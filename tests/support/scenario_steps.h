/* A scenario line, taken apart: what the text says, before anything is done. */
#ifndef LDL_TEST_SCENARIO_STEPS_H
#define LDL_TEST_SCENARIO_STEPS_H

#define SCENARIO_STEPS   4096
#define SCENARIO_THREADS 20 /* 0 is the caller */

enum scenario_op {
	SCENARIO_LOCK,
	SCENARIO_NESTED,
	SCENARIO_FAIL,
	SCENARIO_UNLOCK,
	SCENARIO_RELEASE_ALL,
	SCENARIO_INIT,
	SCENARIO_DESTROY,
	SCENARIO_DOWNGRADE,
	SCENARIO_HELD,
	SCENARIO_UNHELD,
	SCENARIO_NEST,
	SCENARIO_ORDER,
};

struct scenario_step {
	enum scenario_op op;
	unsigned int thread;
	unsigned int lock;  /* number of the lock: see scenario_lock_number() */
	unsigned int other; /* nest(), order(): the second lock */
	unsigned int mode;
	unsigned int subclass;
};

/* Locks are numbered by name: letter * 10 + digit (0 when there is none). */
#define scenario_lock_number(letter, digit) ((unsigned int)((letter) - 'A') * 10u + (digit))
#define SCENARIO_LOCK_NUMBERS               260u

/* Takes `text` apart into steps and returns their number. `plain_mode` is the mode of a lock that
 * is only named. Prints what it cannot read and aborts. */
unsigned int scenario_parse(
	const char *text, unsigned int plain_mode, struct scenario_step steps[SCENARIO_STEPS]);

#endif
