/* Small programs, each a case with a verdict of its own: tests/e2e/verdicts.sh has the table. This
 * file has what they share, and runs the case that is asked for. */
#include "verdicts.h"

pthread_mutex_t lock_a = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t lock_b = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t lock_c = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t lock_d = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t other_gate = PTHREAD_MUTEX_INITIALIZER;

void take_all(pthread_mutex_t *const *locks)
{
	int count = 0;

	while (locks[count])
		pthread_mutex_lock(locks[count++]);
	while (count > 0)
		pthread_mutex_unlock(locks[--count]);
}

static void *act_and_end(void *argument)
{
	turns_act act = *(turns_act *)argument;

	act(0);
	return NULL;
}

void in_a_thread(turns_act act)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, act_and_end, &act) != 0)
		exit(3);
	pthread_join(thread, NULL);
}

static void *act_and_stay(void *argument)
{
	struct live *live = (struct live *)argument;

	live->act(0);
	sem_post(&live->has_acted);
	sem_wait(&live->may_leave);
	return NULL;
}

void live_begin(struct live *live, turns_act act)
{
	live->act = act;
	sem_init(&live->has_acted, 0, 0);
	sem_init(&live->may_leave, 0, 0);
	if (pthread_create(&live->thread, NULL, act_and_stay, live) != 0)
		exit(3);
	sem_wait(&live->has_acted);
}

void live_end(struct live *live)
{
	sem_post(&live->may_leave);
	pthread_join(live->thread, NULL);
}

void live_for_ever(turns_act act)
{
	struct live *live = (struct live *)malloc(sizeof(*live));

	live_begin(live, act);
	pthread_detach(live->thread);
}

static const struct turns_case *find(const struct turns_case *table, const char *name)
{
	for (; table->name; table++)
		if (strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

int main(int argc, char **argv)
{
	static const struct turns_case *const tables[] = {gate_cases, thread_cases, evidence_cases,
		join_cases, class_cases, reuse_cases, ring_cases};
	const struct turns_case *found = NULL;

	for (size_t i = 0; !found && i < sizeof(tables) / sizeof(tables[0]); i++)
		found = find(tables[i], argc > 1 ? argv[1] : "");
	return turns_main(argc, argv, found, found ? 1 : 0);
}
