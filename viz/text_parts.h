/* The inside of the text report, for the files that print it: text.c (a finding), text_table.c
 * (how it could hang), summary.c (the sums). */
#ifndef VIZ_TEXT_PARTS_H
#define VIZ_TEXT_PARTS_H

#include "gfp.h"
#include "hop.h"
#include "text.h"

#define VIZ_LABEL_MAX 256u
#define VIZ_HEAD_MAX  (VIZ_LABEL_MAX + 32u)             /* who it is */
#define VIZ_THING_MAX 1024u                             /* a name and what it is */
#define VIZ_HOP_MAX   (VIZ_LABEL_MAX + 2 * VIZ_GFP_MAX) /* half of a step, in words */

/* A finding on its way out. */
struct viz_text {
	FILE *out;
	struct viz_run *run;
	const struct viz_text_options *options;
	const struct ldl_finding *finding;
	const struct ldl_path_step *steps;
	uint32_t count; /* of steps */
};

/* The lock that step `index` goes from, or to: its class's name, with its address where the cycle
 * is one of locks of one class. Returns `label`. */
const char *viz_text_label(
	const struct viz_text *text, uint32_t index, bool is_to, char label[VIZ_LABEL_MAX]);

/* Characters of UTF-8 text, each taken for one cell of the terminal. */
size_t viz_text_width(const char *text);

/* The evidence of step `index`; NULL: none was kept. */
const struct ldl_witness *viz_text_witness(const struct viz_text *text, uint32_t index);

/* Print who it was; a stack, indented; what else was held. */
void viz_text_thread(const struct viz_text *text, const struct ldl_witness *witness);
void viz_text_stack(const struct viz_text *text, const struct viz_stack *stack);
void viz_text_also_held(const struct viz_text *text, ldl_witness_id id);

/* A broken rule that is no cycle. */
void viz_text_breach(const struct viz_text *text);

/* True for the witness of an edge that ldl_order() declared: nobody took anything yet. */
static inline bool viz_text_is_declared(const struct ldl_witness *witness)
{
	return witness && witness->edge && !witness->from_instance;
}

/* Steps [*first, *past) that are left out of a long cycle; empty when all are shown. */
void viz_text_gap(const struct viz_text *text, uint32_t *first, uint32_t *past);

/* "… 8 more edges (--full shows them)", indented. */
void viz_text_print_gap(const struct viz_text *text, uint32_t steps);

/* Who makes step `index`, if it comes to the worst: "abba #3", "reclaim.fs (any thread that
 * allocates)", "who wakes event 'done'". Returns `head`. */
const char *viz_text_head(const struct viz_text *text, uint32_t index, char head[VIZ_HEAD_MAX]);

/* The table "could hang like this", one column per thread, or one line where it is too wide. */
void viz_text_table(const struct viz_text *text);

enum viz_tint { VIZ_TINT_ERROR, VIZ_TINT_WARNING, VIZ_TINT_INFO, VIZ_TINT_STRONG, VIZ_TINT_OFF };

/* The terminal's words for a tint; "" without colour. */
const char *viz_text_tint(const struct viz_text *text, enum viz_tint tint);

#endif
