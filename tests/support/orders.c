/* All orders of the steps of threads, depth first. See orders.h. */
#include <lockdep_lite.h>
#include <stdio.h>
#include "tests/support/lockstep.h"
#include "tests/support/orders.h"

static void run(struct play *play, unsigned int length)
{
	ldl_reset();
	play->begin();
	for (unsigned int i = 0; i < length; i++)
		lockstep_call(
			play->order_who[i], play->order[i]->function, play->order[i]->argument);
	play->count++;
	if (play->is_expected())
		return;
	play->has_failed = true;
	printf("    in this order of threads:");
	for (unsigned int i = 0; i < length; i++)
		printf(" %u", play->order_who[i]);
	printf("\n");
}

/* A thread's next step, if it may come now: what it waits for has happened. */
static const struct step *next_of(const struct play *play, unsigned int who)
{
	const struct step *step;
	unsigned int round;

	if (!play->lengths[who])
		return NULL;
	round = play->at[who] / play->lengths[who];
	step = &play->steps[who][play->at[who] % play->lengths[who]];
	if (round == play->rounds)
		return NULL;
	if (step->who && play->at[step->who] < round * play->lengths[step->who] + step->count)
		return NULL;
	return step;
}

static void try_orders(struct play *play, unsigned int length)
{
	bool is_end = true;

	for (unsigned int who = 1; who <= ORDERS_THREADS && !play->has_failed; who++) {
		const struct step *step = next_of(play, who);

		if (!step)
			continue;
		is_end = false;
		play->order[length] = step;
		play->order_who[length] = who;
		play->at[who]++;
		try_orders(play, length + 1);
		play->at[who]--;
	}
	if (is_end)
		run(play, length);
}

bool orders_are_as_expected(struct play *play)
{
	for (unsigned int who = 1; who <= ORDERS_THREADS; who++) {
		while (play->steps[who][play->lengths[who]].function)
			play->lengths[who]++;
	}
	try_orders(play, 0);
	lockstep_stop();
	return play->count > 1 && !play->has_failed;
}
