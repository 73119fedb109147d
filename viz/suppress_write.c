/* Writes a suppression for a finding, ready to be kept. See suppress.h. */
#include <inttypes.h>
#include <string.h>

#include "frame.h"
#include "suppress.h"

#define FRAMES_WRITTEN 12u /* of a stack: what lies further out may be as it likes */

/* A name as a pattern that fits nothing else. */
static void write_literally(FILE *out, const char *name)
{
	for (; *name; name++) {
		if (strchr("*?[]\\", *name))
			fputc('\\', out);
		fputc(*name, out);
	}
	fputc('\n', out);
}

/* From the frame that reports name: a runtime's wrappers differ from one release to the next. */
static void write_stack(FILE *out, const struct viz_stack *stack)
{
	size_t first = stack->site, past = stack->count;

	if (past > first + FRAMES_WRITTEN)
		past = first + FRAMES_WRITTEN;
	while (past > first + 1 && viz_frame_is_startup(&stack->frames[past - 1]))
		past--;
	for (size_t i = first; i < past; i++) {
		const struct viz_frame *frame = &stack->frames[i];

		fprintf(out, frame->function ? "   fun:" : "   obj:");
		if (frame->function || *frame->module)
			write_literally(out,
				frame->function ? frame->function : viz_path_base(frame->module));
		else
			fprintf(out, "*\n");
	}
}

/* A stack that the one before it repeats, or that was not kept, is left out. */
static void write_stacks(FILE *out, struct viz_run *run, ldl_finding_id id)
{
	uint32_t count;
	const struct ldl_path_step *steps = ldl_snapshot_path(viz_run_snapshot(run), id, &count);
	bool is_first = true;

	for (uint32_t i = 0; i < count; i++) {
		ldl_witness_id witness = viz_step_witness(run, &steps[i]);
		struct viz_stack stack = viz_witness_to(run, witness);

		if (!stack.count)
			stack = viz_witness_from(run, witness);
		if (!stack.count)
			continue;
		if (!is_first)
			fprintf(out, "   --\n");
		write_stack(out, &stack);
		is_first = false;
	}
}

void viz_suppression_write(FILE *out, struct viz_run *run, ldl_finding_id id)
{
	const struct ldl_finding *finding = ldl_snapshot_finding(viz_run_snapshot(run), id);
	char title[1200];

	if (!finding)
		return;
	fprintf(out, "{\n   %s\n   %s\n", viz_finding_title(run, id, title, sizeof(title)),
		viz_rule_id(finding->rule));
	fprintf(out,
		"   # This finding alone. Without the id, all whose waits have these stacks:\n"
		"   id:%016" PRIx64 "\n",
		finding->id);
	write_stacks(out, run, id);
	fprintf(out, "}\n");
}
