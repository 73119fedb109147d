/* Lives of threads beside their model. See lives.h. */
#include "tests/support/lives.h"

#include <stdlib.h>
#include <string.h>

static uint32_t begin_thread(struct lives *lives, uint32_t parent, uint32_t created)
{
	uint32_t number = lives->thread_count++;
	struct lives_thread *thread = &lives->threads[number];

	thread->parent = parent;
	thread->created = thread->last = created;
	thread->record.serial = number + 1;
	thread->engine.record = &thread->record;
	return number;
}

struct lives *lives_make(struct ldl_arena *arena)
{
	struct lives *lives = calloc(1, sizeof(*lives));

	if (!lives)
		return NULL;
	lives->arena = arena;
	begin_thread(lives, 0, 0);
	return lives;
}

bool lives_are_full(const struct lives *lives)
{
	return lives->act_count + 1 == LIVES_ACTS;
}

static void comes_after(struct lives *lives, uint32_t act, uint32_t earlier)
{
	struct lives_act *after = &lives->acts[act];
	const struct lives_act *before = &lives->acts[earlier];

	if (!earlier)
		return;
	after->came_before[earlier] = true;
	for (uint32_t i = 1; i < earlier; i++)
		after->came_before[i] |= before->came_before[i];
}

static uint32_t begin_act(struct lives *lives, uint32_t thread)
{
	uint32_t act = ++lives->act_count;

	lives->acts[act].thread = thread;
	comes_after(lives, act, lives->threads[thread].last);
	lives->threads[thread].last = act;
	return act;
}

uint32_t lives_act(struct lives *lives, uint32_t thread)
{
	uint32_t act = begin_act(lives, thread);

	lives->threads[thread].has_news = true;
	lives->acts[act].is_evidence = true;
	lives->acts[act].segment = ldl_segment_now(lives->arena, &lives->threads[thread].engine);
	return act;
}

uint32_t lives_create(struct lives *lives, uint32_t thread)
{
	uint32_t act = begin_act(lives, thread);
	uint32_t child = begin_thread(lives, thread, act);

	lives->threads[thread].has_news = true;
	ldl_segment_create(
		lives->arena, &lives->threads[thread].engine, &lives->threads[child].engine);
	return child;
}

void lives_join(struct lives *lives, uint32_t joiner, uint32_t joined)
{
	uint32_t act = begin_act(lives, joiner);

	if (lives->threads[joined].has_news) {
		comes_after(lives, act, lives->threads[joined].last);
		lives->threads[joiner].has_news = true;
	}
	lives->threads[joined].is_over = true;
	ldl_segment_join(lives->arena, &lives->threads[joiner].engine,
		lives->threads[joined].engine.segment);
}

uint32_t lives_step(struct lives *lives, struct ldl_random *random)
{
	uint32_t one = ldl_random_below(random, lives->thread_count);
	uint32_t other = ldl_random_below(random, lives->thread_count);

	if (lives->threads[one].is_over || lives_are_full(lives))
		return 0;
	if (lives->thread_count < LIVES_THREADS && ldl_random_one_in(random, 6))
		(void)lives_create(lives, one);
	else if (other != 0 && other != one && !lives->threads[other].is_over &&
		 ldl_random_one_in(random, 4))
		lives_join(lives, one, other);
	else
		return lives_act(lives, one);
	return 0;
}

/* The act by which `ancestor` created the thread, or an ancestor of it; 0: it is no ancestor. */
static uint32_t creation_by(const struct lives *lives, uint32_t ancestor, uint32_t thread)
{
	while (thread) {
		const struct lives_thread *at = &lives->threads[thread];

		if (at->parent == ancestor)
			return at->created;
		thread = at->parent;
	}
	return 0;
}

bool lives_are_ordered(const struct lives *lives, uint32_t one, uint32_t other)
{
	uint32_t first = one < other ? one : other, last = one < other ? other : one;
	uint32_t early = lives->acts[first].thread, late = lives->acts[last].thread;

	if (early == late)
		return false;
	return first < creation_by(lives, early, late) ||
	       (creation_by(lives, late, early) && lives->acts[last].came_before[first]);
}
