/* The checker as it would be without any thought of speed: who holds what in lists, the graph as a
 * matrix (naive.h). Told the same events as the engine, it says what the engine must report. */
#ifndef LDL_TEST_MODEL_H
#define LDL_TEST_MODEL_H

#include "tests/model/naive.h"

#define MODEL_THREADS 4
#define MODEL_LOCKS   15
#define MODEL_HELD    24
#define MODEL_NEW     32

struct model_hold {
	unsigned int lock;
	unsigned int mode; /* ldl_lock_mode bits */
};

struct model_thread {
	unsigned int count;
	struct model_hold held[MODEL_HELD]; /* oldest first */
};

/* One dependency, of one type. */
struct model_edge {
	unsigned int from, to; /* vertices */
	unsigned int type;     /* one LDL_EDGE_… bit */
};

/* All classes are declared. Vertex c stands for class c; locks of a class whose order is learned by
 * instance have vertices of their own: classes + lock. */
struct model {
	unsigned int classes, locks, threads;
	unsigned int class_of[MODEL_LOCKS];
	bool alive[MODEL_LOCKS];
	bool by_instance[NAIVE_NODES]; /* by class; else nesting in it is an error */
	struct model_thread thread[MODEL_THREADS];
	struct naive_graph graph;
	bool recursed[NAIVE_NODES];   /* by class: a lock was taken by its own holder */
	bool same_class[NAIVE_NODES]; /* by class: two of its locks were nested */
};

/* What one acquisition teaches. */
struct model_news {
	unsigned int count; /* of dependencies, known ones included */
	struct model_edge edges[MODEL_NEW];
	bool is_new[MODEL_NEW];     /* was not in the graph before */
	bool closes[MODEL_NEW];     /* it is new, and a strong cycle goes through it */
	bool alone[MODEL_NEW];      /* … and would without the other new ones, too */
	bool recursion, same_class; /* a new finding of that kind */
};

void model_start(
	struct model *model, unsigned int classes, unsigned int locks, unsigned int threads);

/* The lock's life is over: what was learned of it alone is forgotten. */
void model_end(struct model *model, unsigned int lock);

/* Whether a real lock would let this thread in now. */
bool model_is_free(const struct model *model, unsigned int lock, unsigned int mode);

/* The check before a wait. Nothing to learn from a try. */
void model_acquire(struct model *model, unsigned int thread, unsigned int lock, unsigned int mode,
	struct model_news *news);
void model_acquired(struct model *model, unsigned int thread, unsigned int lock, unsigned int mode);

/* Forgets the youngest hold of the lock. */
void model_release(struct model *model, unsigned int thread, unsigned int lock);

bool model_holds(const struct model *model, unsigned int thread, unsigned int lock);

#endif
