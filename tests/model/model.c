/* The naive checker's rules: what an acquisition adds to the graph, and what that closes. */
#include <string.h>
#include <lockdep_lite.h>
#include "core/format.h"
#include "tests/model/model.h"

static bool is_shared(unsigned int mode)
{
	return mode & LDL_SHARED;
}

static bool is_overtaking(unsigned int mode)
{
	return (mode & LDL_SHARED_RECURSIVE) == LDL_SHARED_RECURSIVE;
}

void model_start(
	struct model *model, unsigned int classes, unsigned int locks, unsigned int threads)
{
	memset(model, 0, sizeof(*model));
	model->classes = classes;
	model->locks = locks;
	model->threads = threads;
	model->graph.count = classes + locks;
}

void model_end(struct model *model, unsigned int lock)
{
	model->alive[lock] = false;
	naive_isolate(&model->graph, model->classes + lock);
}

bool model_is_free(const struct model *model, unsigned int lock, unsigned int mode)
{
	unsigned int t, i;

	for (t = 0; t < model->threads; t++) {
		const struct model_thread *thread = &model->thread[t];

		for (i = 0; i < thread->count; i++)
			if (thread->held[i].lock == lock &&
				!(is_shared(mode) && is_shared(thread->held[i].mode)))
				return false;
	}
	return true;
}

bool model_holds(const struct model *model, unsigned int thread, unsigned int lock)
{
	unsigned int i;

	for (i = 0; i < model->thread[thread].count; i++)
		if (model->thread[thread].held[i].lock == lock)
			return true;
	return false;
}

/* Same class twice: silent only for an overtaking read over any read. */
static bool is_harmless_nesting(unsigned int held_mode, unsigned int mode)
{
	return is_shared(held_mode) && is_overtaking(mode);
}

/* The lock's own holder wants it again: nothing else is learned from that. */
static void check_relock(struct model *model, const struct model_hold *hold, unsigned int mode,
	struct model_news *news)
{
	bool *known = &model->recursed[model->class_of[hold->lock]];

	news->recursion = !is_harmless_nesting(hold->mode, mode) && !*known;
	*known |= news->recursion;
}

static void check_nesting(struct model *model, const struct model_hold *hold, unsigned int mode,
	struct model_news *news)
{
	bool *known = &model->same_class[model->class_of[hold->lock]];

	if (is_harmless_nesting(hold->mode, mode) || *known)
		return;
	*known = true;
	news->same_class = true;
}

static void add_dependency(struct model *model, unsigned int from, unsigned int to,
	unsigned int type, struct model_news *news)
{
	struct model_edge *edge = &news->edges[news->count];

	edge->from = from;
	edge->to = to;
	edge->type = type;
	news->is_new[news->count++] = !(model->graph.types[from][to] & type);
	model->graph.types[from][to] |= (uint8_t)type;
}

static unsigned int dependency_type(unsigned int held_mode, unsigned int mode)
{
	if (is_shared(held_mode))
		return is_overtaking(mode) ? LDL_EDGE_SR : LDL_EDGE_SN;
	return is_overtaking(mode) ? LDL_EDGE_ER : LDL_EDGE_EN;
}

static bool closes_alone(const struct model *model, const struct model_news *news, unsigned int one)
{
	const struct model_edge *edge = &news->edges[one];
	struct naive_graph graph = model->graph;
	struct naive_closure closure;
	unsigned int i;

	for (i = 0; i < news->count; i++)
		if (i != one && news->is_new[i])
			graph.types[news->edges[i].from][news->edges[i].to] &=
				(uint8_t)~news->edges[i].type;
	naive_close(&graph, &closure);
	return naive_is_on_cycle(&closure, edge->from, edge->to, edge->type);
}

static void judge(const struct model *model, struct model_news *news)
{
	struct naive_closure closure;
	unsigned int i;

	if (!news->count)
		return;
	naive_close(&model->graph, &closure);
	for (i = 0; i < news->count; i++) {
		const struct model_edge *edge = &news->edges[i];

		news->closes[i] = news->is_new[i] &&
				  naive_is_on_cycle(&closure, edge->from, edge->to, edge->type);
		news->alone[i] = news->closes[i] && closes_alone(model, news, i);
	}
}

/* The lock is waited for while this one is held. */
static void check_hold(struct model *model, const struct model_hold *hold, unsigned int lock,
	unsigned int mode, struct model_news *news)
{
	unsigned int from = model->class_of[hold->lock], to = model->class_of[lock];
	unsigned int type = dependency_type(hold->mode, mode);

	if (from != to)
		add_dependency(model, from, to, type, news);
	else if (model->by_instance[from])
		add_dependency(
			model, model->classes + hold->lock, model->classes + lock, type, news);
	else
		check_nesting(model, hold, mode, news);
}

void model_acquire(struct model *model, unsigned int thread, unsigned int lock, unsigned int mode,
	struct model_news *news)
{
	const struct model_thread *holder = &model->thread[thread];
	unsigned int i;

	memset(news, 0, sizeof(*news));
	if (mode & LDL_TRY)
		return;
	for (i = holder->count; i--;) {
		if (holder->held[i].lock != lock)
			continue;
		check_relock(model, &holder->held[i], mode, news);
		return;
	}
	for (i = holder->count; i--;)
		check_hold(model, &holder->held[i], lock, mode, news);
	judge(model, news);
}

void model_acquired(struct model *model, unsigned int thread, unsigned int lock, unsigned int mode)
{
	struct model_thread *holder = &model->thread[thread];
	struct model_hold *hold = &holder->held[holder->count++];

	hold->lock = lock;
	hold->mode = mode;
}

void model_release(struct model *model, unsigned int thread, unsigned int lock)
{
	struct model_thread *holder = &model->thread[thread];
	unsigned int i = holder->count;

	while (i--) {
		if (holder->held[i].lock != lock)
			continue;
		holder->count--;
		memmove(&holder->held[i], &holder->held[i + 1],
			(holder->count - i) * sizeof(holder->held[0]));
		return;
	}
}
