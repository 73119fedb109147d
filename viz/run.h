/* The inside of an opened run, for the files that make up the model: model.c (opening, sums),
 * name.c (class names), stack.c (stacks), finding.c (order), view.c (what is shown). */
#ifndef VIZ_RUN_H
#define VIZ_RUN_H

#include "model.h"
#include "pool.h"
#include "symbol.h"
#include "view.h"

/* What is derived from one reading of the file; freed and made anew when it is read again. */
struct viz_derived {
	struct viz_pool pool;
	const char **class_names;   /* by class id, class_count of them; NULL: not made yet */
	const char **class_phrases; /* the same */
	uint32_t class_count;
	uint64_t *class_identities; /* by class id; 0: not made yet. NULL: none was */
	struct viz_stack *stacks;   /* by site id, stack_count of them; NULL: none made yet */
	uint32_t stack_count;       /* a stack with frames NULL is not made yet */
	ldl_finding_id *findings;   /* in the order of the report; NULL: not sorted yet */
	size_t finding_count;
	unsigned char *fates; /* viz_fate by finding id; NULL: all are shown */
	uint32_t fate_count;  /* of `fates` */
};

struct viz_filter;

struct viz_run {
	struct ldl_snapshot snapshot;
	struct viz_symbolizer *symbolizer; /* kept when the file is read again */
	struct viz_derived derived;
	struct viz_filter *filter; /* kept too; NULL: none */
	struct viz_view view;
	struct viz_pool grafts; /* tables of the snapshot that were moved: see graft.h */
	char *path;             /* as given */
	const char *program;    /* in derived.pool, like all texts */
	const char *command;
	const char *shown_path;
};

/* Forgets what was derived from the snapshot, whose records have changed. */
void viz_run_forget(struct viz_run *run);

/* The lines of a single frame; count 0 only when memory is out. */
const struct viz_frame *viz_run_lines(struct viz_run *run, ldl_frame frame, size_t *count);

/* What the place is by the name of its symbol; false: it has none. See symbol.h. */
bool viz_run_anchor(struct viz_run *run, ldl_frame frame, bool is_code, uint64_t *identity);

/* The variable at an address of the watched process; NULL when it is in no module's, or has no
 * name. */
const char *viz_run_variable_at(struct viz_run *run, uint64_t address);

/* False for the record of a finding that was only begun when the file was read. */
static inline bool viz_finding_is_whole(const struct ldl_finding *finding)
{
	return finding && finding->kind && finding->id;
}

/* The variable at a data address, "module+0x12" when it has no name. */
const char *viz_run_variable(struct viz_run *run, ldl_frame frame);

#endif
