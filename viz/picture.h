/* What one picture shows: the run's dependency graph as arrays, and which part of it is drawn.
 *
 * Made in three steps, each a file: picture.c loads the whole graph and numbers the cycles' steps,
 * picture_select.c marks what is shown, picture_reduce.c hides edges that longer paths imply.
 * dot.c then only looks. Deterministic: the same arena and options give the same picture. */
#ifndef VIZ_PICTURE_H
#define VIZ_PICTURE_H

#include "graph.h"
#include "model.h"

#define VIZ_NONE UINT32_MAX /* no vertex, arc or step */

/* Sizes at which the way of drawing changes; VIEWING.md has the measurements behind them. */
#define VIZ_ARCS_ROOMY     60u    /* up to here: labels on edges, two-line boxes */
#define VIZ_ARCS_SMALL     500u   /* up to here: dot as it is */
#define VIZ_ARCS_MIDDLE    2000u  /* up to here: dot with limits; above: sfdp */
#define VIZ_ARCS_MAX       50000u /* never more than this */
#define VIZ_VERTICES_CHECK 8192u  /* of more, implied edges are not looked for */

struct viz_vertex {
	ldl_node_id node; /* 0: the class has no edge (a finding of one lock against itself) */
	ldl_class_id class;
	ldl_instance_id instance; /* 0: the class as a whole */
	uint64_t addr;            /* of the instance; 0: not known any more */
	bool is_shown;
	bool is_focus;  /* --focus named it */
	uint8_t weight; /* viz_weight of the worst finding through it */
};

/* How strongly a finding is drawn, by its severity and verdict. */
enum viz_weight {
	VIZ_WEIGHT_NONE = 0, /* part of no finding */
	VIZ_WEIGHT_GATED,    /* cannot happen, or did not here */
	VIZ_WEIGHT_WARNING,
	VIZ_WEIGHT_ERROR,
};

struct viz_arc {
	ldl_edge_id edge;    /* 0: a finding's step that has no edge */
	uint32_t from, to;   /* vertices */
	uint32_t step_first; /* steps that run along it, first finding first; VIZ_NONE */
	bool is_shown;
	bool is_implied; /* a longer path says the same: not drawn */
	uint8_t weight;  /* viz_weight */
};

struct viz_step {
	uint32_t finding; /* index into the picture's findings */
	uint32_t number;  /* 1 … */
	uint32_t arc;
	uint32_t next; /* another step along the same arc; VIZ_NONE */
	const struct ldl_path_step *path;
};

struct viz_picture_finding {
	ldl_finding_id id;
	uint32_t step_first, step_count; /* in `steps` */
	uint32_t number;                 /* among the cycles: 1 …; 0: it is none */
	uint8_t weight;
	bool is_shown;
};

struct viz_picture {
	struct viz_run *run;
	const struct viz_graph_options *options;
	struct viz_vertex *vertices;
	struct viz_arc *arcs;
	struct viz_step *steps;
	/* What can be drawn of what the options ask for, worst first: cycles, and broken rules that
	 * name two classes. */
	struct viz_picture_finding *findings;
	uint32_t vertex_count, arc_count, step_count, finding_count, cycle_count;
	/* By viz_picture_count(): */
	uint32_t vertices_shown, classes_shown, arcs_shown, findings_shown, cycles_shown;
	uint8_t *class_marks; /* its work area, by class id */
	uint32_t arcs_implied;
	bool is_cut; /* more was asked for than a picture can hold */
};

/* Loads the whole graph of picture->run; the caller sets run and options and zeroes the rest.
 * False with one line in `error`: no such finding, or no memory. */
bool viz_picture_load(struct viz_picture *picture, char *error, size_t error_size);

/* Marks what the options ask for. False with one line in `error`: --focus matches nothing. */
bool viz_picture_select(struct viz_picture *picture, char *error, size_t error_size);

/* Hides shown arcs between strongly connected components that a longer path implies; never one of
 * a finding. Does nothing when there are more than VIZ_VERTICES_CHECK vertices. */
void viz_picture_reduce(struct viz_picture *picture);

/* Counts what is shown into the *_shown fields. */
void viz_picture_count(struct viz_picture *picture);

void viz_picture_free(struct viz_picture *picture);

#endif
