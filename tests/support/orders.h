/* Threads whose steps are run in every order in which they can run: for what must not depend on how
 * threads interleave. */
#ifndef LDL_TEST_ORDERS_H
#define LDL_TEST_ORDERS_H

#include <stdbool.h>

#define ORDERS_THREADS 3
#define ORDERS_STEPS   40 /* of all threads in all rounds */

/* One step of a thread: not before thread `who` (0: whenever it is this one's turn) has done
 * `count` steps of the same round, and all of the rounds before. */
struct step {
	void (*function)(void *argument);
	void *argument;
	unsigned int who, count;
};

#define STEP(function, argument)                                                                   \
	{                                                                                          \
		function, argument, 0, 0                                                           \
	}
#define AFTER(who, count, function, argument)                                                      \
	{                                                                                          \
		function, argument, who, count                                                     \
	}

struct play {
	unsigned int rounds;
	struct step steps[ORDERS_THREADS + 1][8]; /* by thread, from 1 on; a round ends with the
						     first that has no function */
	void (*begin)(void);                      /* before each order, with an empty engine */
	bool (*is_expected)(void);                /* after it */
	/* The order that is being made. */
	unsigned int lengths[ORDERS_THREADS + 1], at[ORDERS_THREADS + 1];
	const struct step *order[ORDERS_STEPS];
	unsigned int order_who[ORDERS_STEPS];
	unsigned int count; /* of orders so far */
	bool has_failed;
};

/* Whether it ends as expected in every order, of which there are several. The first that does not
 * is printed. */
bool orders_are_as_expected(struct play *play);

#endif
