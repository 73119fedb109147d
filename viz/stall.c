/* Long waits in words. See stall.h. */
#include "stall.h"

#include <inttypes.h>

#include "graft.h"

static void print_thread(FILE *out, struct viz_run *run, const struct viz_deadlock_step *step)
{
	fprintf(out, "%s (tid %u, thread #%u)",
		step->thread.name[0] ? viz_pool_text(&run->derived.pool, step->thread.name) : "?",
		step->thread.tid, step->thread.serial);
}

static void print_place(FILE *out, struct viz_run *run, const struct ldl_held *entry)
{
	ldl_site_id site = viz_graft_site(run, entry);
	struct viz_stack stack;
	char line[1024];

	viz_graft_end(run);
	stack = viz_site_stack(run, site);
	if (stack.count == 0)
		fprintf(out, "      (no stack was kept)\n");
	for (size_t i = 0; i < stack.count && !viz_frame_is_startup(&stack.frames[i]); i++)
		fprintf(out, "      #%zu %s\n", i,
			viz_frame_text(&stack.frames[i], false, line, sizeof(line)));
}

static void print_holder(FILE *out, struct viz_run *run, const struct viz_stall *stall)
{
	fprintf(out, "    held by ");
	print_thread(out, run, &stall->holder);
	if (stall->holder.pid != stall->waiter.pid)
		fprintf(out, " of process %u", stall->holder.pid);
	if (stall->more_holders)
		fprintf(out, " and %zu more", stall->more_holders);
	if (stall->is_holder_asleep)
		fprintf(out, ", which waits for a condition variable");
	else if (stall->is_holder_waiting)
		fprintf(out, ", which waits for %s itself",
			viz_class_name(run, ldl_held_class(&stall->holder.wants)));
	fprintf(out, "; taken (%s) here:\n", viz_mode_name(ldl_held_mode(&stall->holder.holds)));
	print_place(out, run, &stall->holder.holds);
}

void viz_stall_text(FILE *out, struct viz_run *run, const struct viz_stall *stall,
	viz_deadlock_run_of *run_of, void *context)
{
	struct viz_run *other = NULL;

	if (stall->holder.pid)
		other = stall->holder.process ? run_of(context, stall->holder.process) : run;
	fprintf(out, "long wait: ");
	print_thread(out, run, &stall->waiter);
	fprintf(out, " has waited for %s for %u.%u s\n",
		viz_class_name(run, ldl_held_class(&stall->waiter.wants)),
		(unsigned int)(stall->wait_ns / 1000000000u),
		(unsigned int)(stall->wait_ns / 100000000u % 10));
	if (stall->more_waiters)
		fprintf(out, "    and %zu more thread%s wait%s for it\n", stall->more_waiters,
			stall->more_waiters == 1 ? "" : "s", stall->more_waiters == 1 ? "s" : "");
	fprintf(out, "    asked for (%s, at 0x%" PRIx64 ") here:\n",
		viz_mode_name(ldl_held_mode(&stall->waiter.wants)),
		(uint64_t)(stall->waiter.wants.addr & LDL_HELD_ADDR_MASK));
	print_place(out, run, &stall->waiter.wants);
	if (other)
		print_holder(out, other, stall);
	else
		fprintf(out, "    nobody is known to hold it\n");
}
