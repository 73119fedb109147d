/* The lives of threads, twice: as core/segment.h keeps them, and as a naive model that knows all
 * that happened before each single act. For tests that compare the two. */
#ifndef LDL_TEST_LIVES_H
#define LDL_TEST_LIVES_H

#include "core/segment.h"
#include "tests/support/random.h"

#define LIVES_THREADS 24u
#define LIVES_ACTS    256u

/* Thread 0 is the first one, which no other creates. */
struct lives_thread {
	struct ldl_thread engine;
	struct ldl_thread_record record;
	uint32_t parent;
	uint32_t created; /* the act of the parent that created it */
	uint32_t last;    /* its latest act; before its first one: `created` */
	bool is_over;
	bool has_news; /* left evidence, created a thread, or joined one that has news */
};

/* Acts are numbered from 1 in the order of time. */
struct lives_act {
	uint32_t thread;
	bool is_evidence;
	ldl_segment_id segment;       /* of evidence, as the engine gave it */
	bool came_before[LIVES_ACTS]; /* the model: by act */
};

struct lives {
	struct ldl_arena *arena;
	uint32_t thread_count, act_count; /* act 0 is none */
	struct lives_thread threads[LIVES_THREADS];
	struct lives_act acts[LIVES_ACTS];
};

/* One thread, in an arena that knows no segments yet. NULL: no memory. Free it with free(). */
struct lives *lives_make(struct ldl_arena *arena);

bool lives_are_full(const struct lives *lives);

/* The thread leaves evidence: the act. */
uint32_t lives_act(struct lives *lives, uint32_t thread);

/* The thread creates another one, whose number is returned. */
uint32_t lives_create(struct lives *lives, uint32_t thread);

/* `joiner` joins `joined`, which acts no more. One without news is no link to what came before its
 * creation: joining it costs nothing, so nothing is kept of it. */
void lives_join(struct lives *lives, uint32_t joiner, uint32_t joined);

/* One of the three, of threads that can. Returns the act if it was evidence, else 0. */
uint32_t lives_step(struct lives *lives, struct ldl_random *random);

/* The model's answer: the threads of two acts are different, one of them is an ancestor of the
 * other, and acted before it created the other, or its ancestor, or after it knew of its end by
 * joins. */
bool lives_are_ordered(const struct lives *lives, uint32_t one, uint32_t other);

#endif
