/* Stacks of a run: from interned frames to lines of source. */
#include "run.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool module_key(const struct viz_run *run, ldl_frame frame, struct viz_module_key *key)
{
	const struct ldl_module *module =
		ldl_snapshot_module(&run->snapshot, ldl_frame_module(frame));

	if (!module)
		return false;
	key->path = ldl_snapshot_string(&run->snapshot, module->path);
	key->build_id = module->build_id;
	key->build_id_len = module->build_id_len <= sizeof(module->build_id)
				    ? module->build_id_len
				    : sizeof(module->build_id);
	return key->path[0] != 0;
}

const struct viz_frame *viz_run_lines(struct viz_run *run, ldl_frame frame, size_t *count)
{
	struct viz_module_key key;
	struct viz_frame *raw;

	if (module_key(run, frame, &key))
		return viz_symbolizer_code(run->symbolizer, &key, ldl_frame_offset(frame), count);
	raw = viz_pool_alloc(&run->derived.pool, sizeof(*raw));
	*count = raw ? 1 : 0;
	if (raw) {
		raw->module = "";
		raw->offset = ldl_frame_offset(frame);
	}
	return raw;
}

bool viz_run_anchor(struct viz_run *run, ldl_frame frame, bool is_code, uint64_t *identity)
{
	struct viz_module_key key;

	return module_key(run, frame, &key) && viz_symbolizer_anchor(run->symbolizer, &key,
						       ldl_frame_offset(frame), is_code, identity);
}

const char *viz_run_variable(struct viz_run *run, ldl_frame frame)
{
	struct viz_module_key key;
	const char *name;

	if (!module_key(run, frame, &key))
		return viz_pool_format(
			&run->derived.pool, "0x%" PRIx64, (uint64_t)ldl_frame_offset(frame));
	name = viz_symbolizer_data(run->symbolizer, &key, ldl_frame_offset(frame));
	if (name)
		return name;
	return viz_pool_format(&run->derived.pool, "%s+0x%" PRIx64, viz_path_base(key.path),
		(uint64_t)ldl_frame_offset(frame));
}

const char *viz_run_variable_at(struct viz_run *run, uint64_t address)
{
	uint32_t end = ldl_snapshot_count(&run->snapshot, LDL_TABLE_MODULES);
	struct viz_module_key key;

	for (ldl_module_id id = 1; address && id < end; id++) {
		const struct ldl_module *module = ldl_snapshot_module(&run->snapshot, id);

		if (!module || address < module->start || address >= module->end)
			continue;
		if (!module_key(run, ldl_frame_make(id, 0), &key))
			return NULL;
		return viz_symbolizer_data(run->symbolizer, &key, address - module->base);
	}
	return NULL;
}

/* Whether `outer`, which calls `inner`, is what a compiler left of the same function when it split
 * it. */
static bool is_split(const struct viz_frame *inner, const struct viz_frame *outer)
{
	return outer->is_head && outer->file && inner->file && outer->function && inner->function &&
	       strcmp(outer->function, inner->function) == 0 &&
	       strcmp(outer->file, inner->file) == 0;
}

static void add_line(struct viz_stack *stack, struct viz_frame *lines, const struct viz_frame *line)
{
	if (stack->count && is_split(&lines[stack->count - 1], line))
		lines[stack->count - 1].is_inlined = line->is_inlined;
	else
		lines[stack->count++] = *line;
}

/* Copies the lines of `frames`, one after the other, into one array. */
static struct viz_stack join_lines(
	struct viz_run *run, const ldl_frame *frames, uint32_t frame_count)
{
	struct viz_stack stack = {0};
	struct viz_frame *lines;
	size_t total = 0, count;

	for (uint32_t i = 0; i < frame_count; i++) {
		viz_run_lines(run, frames[i], &count);
		total += count;
	}
	lines = viz_pool_alloc(&run->derived.pool, (total + 1) * sizeof(*lines));
	if (!lines)
		return stack;
	stack.frames = lines;
	for (uint32_t i = 0; i < frame_count; i++) {
		const struct viz_frame *from = viz_run_lines(run, frames[i], &count);

		for (size_t line = 0; line < count && stack.count < total; line++)
			add_line(&stack, lines, &from[line]);
	}
	return stack;
}

/* Leaves our own library's frames out at the top, and finds the line to name. */
static void trim_top(struct viz_stack *stack)
{
	while (stack->count > 1 && viz_frame_is_ours(&stack->frames[0])) {
		stack->frames++;
		stack->count--;
	}
	stack->site = 0;
	for (size_t i = 0; i < stack->count; i++) {
		if (!stack->frames[i].is_wrapper) {
			stack->site = i;
			return;
		}
	}
}

size_t viz_stack_shown(const struct viz_stack *stack)
{
	size_t shown = stack->count;

	while (shown > 1 && (viz_frame_is_startup(&stack->frames[shown - 1]) ||
				    stack->frames[shown - 1].is_wrapper))
		shown--;
	return shown;
}

struct viz_stack viz_site_stack(struct viz_run *run, ldl_site_id id)
{
	struct viz_derived *derived = &run->derived;
	const ldl_frame *frames;
	struct viz_stack stack = {0};
	uint32_t frame_count;

	if (!derived->stacks) {
		derived->stack_count = ldl_snapshot_count(&run->snapshot, LDL_TABLE_SITES);
		derived->stacks = viz_pool_alloc(
			&derived->pool, (derived->stack_count + 1) * sizeof(*derived->stacks));
	}
	if (!derived->stacks || id == 0 || id >= derived->stack_count)
		return stack;
	if (derived->stacks[id].frames)
		return derived->stacks[id];
	frames = ldl_snapshot_frames(&run->snapshot, id, &frame_count);
	if (frames)
		stack = join_lines(run, frames, frame_count);
	trim_top(&stack);
	derived->stacks[id] = stack;
	return stack;
}

/* Whether `frame` is one of the innermost frames of a stack: below it is only our library. */
static bool is_on_top(const ldl_frame *frames, uint32_t count, ldl_frame frame)
{
	for (uint32_t i = 0; i < count && i < 4; i++) {
		if (frames[i] == frame)
			return true;
	}
	return false;
}

struct viz_stack viz_witness_from(struct viz_run *run, ldl_witness_id id)
{
	const struct ldl_witness *witness = ldl_snapshot_witness(&run->snapshot, id);
	const ldl_frame *frames;
	struct viz_stack stack = {0};
	uint32_t count;

	if (!witness)
		return stack;
	frames = ldl_snapshot_frames(&run->snapshot, witness->from_site, &count);
	if (!witness->from_frame || is_on_top(frames, count, witness->from_frame))
		return viz_site_stack(run, witness->from_site);
	/* The stack was kept for another acquisition of the same chain: only the frame is ours. */
	stack = join_lines(run, &witness->from_frame, 1);
	trim_top(&stack);
	return stack;
}

struct viz_stack viz_witness_to(struct viz_run *run, ldl_witness_id id)
{
	const struct ldl_witness *witness = ldl_snapshot_witness(&run->snapshot, id);
	struct viz_stack none = {0};

	return witness ? viz_site_stack(run, witness->to_site) : none;
}

static bool is_same_line(const struct viz_frame *one, const struct viz_frame *other)
{
	if (one->function && other->function && strcmp(one->function, other->function) != 0)
		return false;
	if (!one->file || !other->file)
		return one->offset == other->offset && strcmp(one->module, other->module) == 0;
	return one->line == other->line && strcmp(one->file, other->file) == 0;
}

void viz_stack_tell_apart(struct viz_stack *one, struct viz_stack *other)
{
	for (size_t i = 0; one->site + i < one->count && other->site + i < other->count; i++) {
		if (is_same_line(&one->frames[one->site + i], &other->frames[other->site + i]))
			continue;
		one->site += i;
		other->site += i;
		return;
	}
}

const char *viz_stack_text(const struct viz_stack *stack, char *text, size_t size)
{
	if (stack->count == 0) {
		snprintf(text, size, "?");
		return text;
	}
	return viz_frame_text(&stack->frames[stack->site], false, text, size);
}

const char *viz_address_text(struct viz_run *run, ldl_frame frame, char *text, size_t size)
{
	struct viz_stack stack = join_lines(run, &frame, 1);

	trim_top(&stack);
	return viz_stack_text(&stack, text, size);
}
