/* One finding told as a story: who held what where, how that hangs, why it has its verdict and no
 * other, how to mend it, and what to do when it is harmless. For who does not know the program. */
#ifndef VIZ_EXPLAIN_H
#define VIZ_EXPLAIN_H

#include "text.h"

void viz_explain(
	FILE *out, struct viz_run *run, ldl_finding_id id, const struct viz_text_options *options);

#endif
