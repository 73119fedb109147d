/* What the files of the program `verdicts` share: the locks, how they are taken, and threads that
 * act alone. Each file has a table of cases; verdicts.c runs the one that is asked for. */
#ifndef VERDICTS_H
#define VERDICTS_H

#include "turns.h"

extern pthread_mutex_t lock_a, lock_b, lock_c, lock_d, gate, other_gate;

/* Takes locks in this order, and lets them go in the other one. */
void take_all(pthread_mutex_t *const *locks);
#define TAKE(...) take_all((pthread_mutex_t *const[]){__VA_ARGS__, NULL})

/* An act of a thread that does nothing but that. */
#define ACT(name, ...)                                                                             \
	static void name(int index)                                                                \
	{                                                                                          \
		TAKE(__VA_ARGS__);                                                                 \
	}

/* Acts, and has ended when this returns: a thread that is created and joined. */
void in_a_thread(turns_act act);

/* A thread that acts at once, and then stays alive until it may leave. */
struct live {
	pthread_t thread;
	turns_act act;
	sem_t has_acted, may_leave;
};

/* Returns when the thread has acted. */
void live_begin(struct live *live, turns_act act);

/* Lets it go on to its end, and joins it. */
void live_end(struct live *live);

/* The same with a thread that nobody joins. Returns when it has acted; it never ends. */
void live_for_ever(turns_act act);

/* A line of a table. Each table ends with a case without a name. */
#define CASE(name)                                                                                 \
	{                                                                                          \
#name, name                                                                        \
	}
extern const struct turns_case gate_cases[], thread_cases[], evidence_cases[], join_cases[],
	class_cases[], reuse_cases[], ring_cases[];

#endif
