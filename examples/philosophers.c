/* Five philosophers, five forks, one class: the order inside a class is learned fork by fork.
 *
 * expect: error lock-order of 5
 *
 * All forks are made by the same line, so they are one class, and nesting two of them is no fault
 * in itself. Here each philosopher takes the left fork first, which closes a ring of five. Run with
 * the argument `polite`, the last one takes the right fork first; that breaks the ring.
 *
 * expect (polite): clean */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

enum { SEATS = 5 };

static pthread_mutex_t forks[SEATS];
static sem_t may_eat[SEATS + 1];
static sem_t may_leave;
static int seat_of[SEATS];
static int is_polite;

static void eat(int first, int second)
{
	pthread_mutex_lock(&forks[first]);
	pthread_mutex_lock(&forks[second]);
	pthread_mutex_unlock(&forks[second]);
	pthread_mutex_unlock(&forks[first]);
}

static void *dine(void *argument)
{
	int seat = *(int *)argument;
	int left = seat, right = (seat + 1) % SEATS;

	sem_wait(&may_eat[seat]);
	if (is_polite && seat == SEATS - 1)
		eat(right, left);
	else
		eat(left, right);
	sem_post(&may_eat[seat + 1]);
	sem_wait(&may_leave);
	return NULL;
}

static void lay_table(void)
{
	for (int seat = 0; seat < SEATS; seat++) {
		pthread_mutex_init(&forks[seat], NULL);
		sem_init(&may_eat[seat], 0, 0);
		seat_of[seat] = seat;
	}
	sem_init(&may_eat[SEATS], 0, 0);
	sem_init(&may_leave, 0, 0);
}

int main(int argc, char **argv)
{
	pthread_t philosopher[SEATS];

	is_polite = argc > 1 && strcmp(argv[1], "polite") == 0;
	lay_table();
	for (int seat = 0; seat < SEATS; seat++)
		pthread_create(&philosopher[seat], NULL, dine, &seat_of[seat]);
	sem_post(&may_eat[0]);
	sem_wait(&may_eat[SEATS]);
	for (int seat = 0; seat < SEATS; seat++)
		sem_post(&may_leave);
	for (int seat = 0; seat < SEATS; seat++)
		pthread_join(philosopher[seat], NULL);
	puts("everybody has eaten");
	return 0;
}
