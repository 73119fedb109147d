/* A small arena with something in every table that a reader looks at, written by hand: two mutexes
 * taken in both orders by two threads, a lock nested in its own class, two findings, and one of
 * each thing that is no lock. */
#ifndef LDL_TEST_SAMPLE_ARENA_H
#define LDL_TEST_SAMPLE_ARENA_H

#include "core/arena.h"

/* The ids that the sample's records have, each in its own table. */
enum ldl_sample {
	LDL_SAMPLE_A = 1, /* class, instance, node of the first lock */
	LDL_SAMPLE_B,     /* the second lock's */
	LDL_SAMPLE_SUB,   /* a subclass of B; the instance and node of a second lock of A */
	LDL_SAMPLE_PLACE, /* class of an allocation site, and what the inventory says of it */
	LDL_SAMPLE_POOL,
	LDL_SAMPLE_EVENT,
	LDL_SAMPLE_NONBLOCK,
	LDL_SAMPLE_OBJECTS = 7,
	LDL_SAMPLE_ALLOC = 1,
	LDL_SAMPLE_RESERVE = 1,
	LDL_SAMPLE_CALLBACK = 1,
	LDL_SAMPLE_AB = 1, /* edge A -> B, with two witnesses; edge B -> A, with one */
	LDL_SAMPLE_BA,
	LDL_SAMPLE_BI, /* edge B -> the second lock of A */
	LDL_SAMPLE_EDGES = 3,
	LDL_SAMPLE_WITNESSES = 5, /* the last is of the finding that is no cycle */
	LDL_SAMPLE_HELD_THERE,    /* in the table of also held locks: over the allocation */
	LDL_SAMPLE_CYCLE = 1,
	LDL_SAMPLE_MISUSE,
	LDL_SAMPLE_THREAD = 1, /* holds A and waits for B; another holds B */
	LDL_SAMPLE_OTHER,
	LDL_SAMPLE_SITES = 4,
	LDL_SAMPLE_SITE_FRAMES = 3,
	LDL_SAMPLE_SIZE = LDL_ARENA_MIN,
};

/* Fills an empty arena of LDL_SAMPLE_SIZE bytes or more, as ldl_arena_init() leaves it. */
void ldl_sample_fill(struct ldl_arena *arena);

/* A filled arena in memory from calloc(); NULL when there is none. Free *arena->base. */
unsigned char *ldl_sample_make(struct ldl_arena *arena);

#endif
