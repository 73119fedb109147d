/* Whether a suppression fits a finding. See suppress.h. */
#include "suppress.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "demangle.h"

/* A finding that is looked at. */
struct suspect {
	struct viz_run *run;
	const struct ldl_finding *finding;
	const struct ldl_path_step *steps;
	uint32_t count;
};

static bool fits(const char *glob, const char *text)
{
	return text && fnmatch(glob, text, 0) == 0;
}

static bool fits_path(const char *glob, const char *path)
{
	return path && (fits(glob, path) || fits(glob, viz_path_base(path)));
}

/* As it is, and as reports show it, without template arguments. */
static bool fits_function(const char *glob, const char *function)
{
	char *shorter;
	bool is_fit;

	if (!function || fits(glob, function) || !strchr(function, '<'))
		return fits(glob, function ? function : "");
	shorter = strdup(function);
	if (!shorter)
		return false;
	viz_demangle_shorten(shorter);
	is_fit = fits(glob, shorter);
	free(shorter);
	return is_fit;
}

static bool fits_source(const char *glob, const struct viz_frame *frame)
{
	char place[1024];

	if (fits_path(glob, frame->file))
		return true;
	if (!frame->file || !frame->line)
		return false;
	snprintf(place, sizeof(place), "%s:%u", frame->file, frame->line);
	return fits_path(glob, place);
}

static bool fits_frame(const struct viz_pattern *pattern, const struct viz_frame *frame)
{
	switch (pattern->kind) {
	case VIZ_PATTERN_FUNCTION:
		return fits_function(pattern->glob, frame->function);
	case VIZ_PATTERN_MODULE:
		return fits_path(pattern->glob, frame->module);
	case VIZ_PATTERN_SOURCE:
		return fits_source(pattern->glob, frame);
	default:
		return false;
	}
}

static bool is_frame(const struct viz_pattern *pattern)
{
	return pattern && pattern->kind >= VIZ_PATTERN_FUNCTION &&
	       pattern->kind <= VIZ_PATTERN_FRAMES;
}

/* The patterns up to the end of their stack, or to a lock. They match when the stack begins with
 * what they say: after a failure the latest `...` takes one frame more. */
static bool fits_from(const struct viz_pattern *pattern, const struct viz_stack *stack, size_t at)
{
	const struct viz_pattern *again = NULL;
	size_t again_at = 0;

	while (is_frame(pattern)) {
		if (pattern->kind == VIZ_PATTERN_FRAMES) {
			again = pattern = pattern->next;
			again_at = at;
		} else if (at < stack->count && fits_frame(pattern, &stack->frames[at])) {
			pattern = pattern->next;
			at++;
		} else if (again && again_at < stack->count) {
			pattern = again;
			at = ++again_at;
		} else {
			return false;
		}
	}
	return true;
}

/* From the innermost frame, or from the one that reports name. */
static bool fits_stack(const struct viz_pattern *pattern, const struct viz_stack *stack)
{
	return fits_from(pattern, stack, 0) ||
	       (stack->site && fits_from(pattern, stack, stack->site));
}

static bool has_stack(const struct suspect *suspect, const struct viz_pattern *pattern)
{
	for (uint32_t i = 0; i < suspect->count; i++) {
		ldl_witness_id id = viz_step_witness(suspect->run, &suspect->steps[i]);
		struct viz_stack from = viz_witness_from(suspect->run, id);
		struct viz_stack to = viz_witness_to(suspect->run, id);

		if ((from.count && fits_stack(pattern, &from)) ||
			(to.count && fits_stack(pattern, &to)))
			return true;
	}
	return false;
}

/* Cuts off what makes a name unique: "conn_new:123#2" is "conn_new:123", or "conn_new". */
static void cut_number(char *name, char mark)
{
	char *end = strrchr(name, mark);

	if (end && end[1] >= '0' && end[1] <= '9' && end[1 + strspn(end + 1, "0123456789")] == 0)
		*end = 0;
}

/* By the name that reports print, with or without its numbers, or the program's own. */
static bool fits_class(struct viz_run *run, const char *glob, ldl_class_id id)
{
	const struct ldl_snapshot *snapshot = viz_run_snapshot(run);
	const struct ldl_class *class = ldl_snapshot_class(snapshot, id);
	const char *name = viz_class_name(run, id);
	char plain[512];

	if (!class)
		return false;
	if (fits(glob, name) || fits(glob, viz_class_short_name(run, id)))
		return true;
	if (class->identity == LDL_IDENTITY_ANNOTATED)
		return fits(glob, ldl_snapshot_string(snapshot, class->name));
	snprintf(plain, sizeof(plain), "%s", name);
	cut_number(plain, '#');
	if (fits(glob, plain))
		return true;
	cut_number(plain, ':');
	return fits(glob, plain);
}

static bool has_class(const struct suspect *suspect, const char *glob)
{
	for (uint32_t i = 0; i < suspect->count; i++) {
		if (fits_class(suspect->run, glob, suspect->steps[i].from) ||
			fits_class(suspect->run, glob, suspect->steps[i].to))
			return true;
	}
	return false;
}

static bool is_in_stack(const struct viz_stack *stack, const char *glob)
{
	for (size_t i = 0; i < stack->count; i++) {
		const struct viz_frame *frame = &stack->frames[i];

		if ((frame->function && fits_function(glob, frame->function)) ||
			fits_path(glob, frame->module) || fits_source(glob, frame))
			return true;
	}
	return false;
}

/* The place that gave a class its name, and the module of a static lock. */
static bool is_in_class(struct viz_run *run, const char *glob, ldl_class_id id)
{
	const struct ldl_snapshot *snapshot = viz_run_snapshot(run);
	const struct ldl_class *class = ldl_snapshot_class(snapshot, id);
	struct viz_stack stack = viz_site_stack(run, class ? class->site : 0);
	const struct ldl_module *module =
		class ? ldl_snapshot_module(snapshot, ldl_frame_module(class->object)) : NULL;

	return is_in_stack(&stack, glob) ||
	       (module && fits_path(glob, ldl_snapshot_string(snapshot, module->path)));
}

static bool has_anywhere(const struct suspect *suspect, const char *glob)
{
	if (has_class(suspect, glob))
		return true;
	for (uint32_t i = 0; i < suspect->count; i++) {
		const struct ldl_path_step *step = &suspect->steps[i];
		ldl_witness_id id = viz_step_witness(suspect->run, step);
		struct viz_stack from = viz_witness_from(suspect->run, id);
		struct viz_stack to = viz_witness_to(suspect->run, id);

		if (is_in_stack(&from, glob) || is_in_stack(&to, glob) ||
			is_in_class(suspect->run, glob, step->from) ||
			is_in_class(suspect->run, glob, step->to))
			return true;
	}
	return false;
}

/* The next pattern that is a condition of its own: a stack is one, by its first frame. */
static const struct viz_pattern *next_condition(const struct viz_pattern *pattern)
{
	bool was_frame = is_frame(pattern);

	pattern = pattern->next;
	while (was_frame && is_frame(pattern))
		pattern = pattern->next;
	return pattern;
}

static bool is_met(const struct suspect *suspect, const struct viz_pattern *pattern)
{
	switch (pattern->kind) {
	case VIZ_PATTERN_STACK:
		return true;
	case VIZ_PATTERN_LOCK:
		return has_class(suspect, pattern->glob);
	case VIZ_PATTERN_ANYWHERE:
		return has_anywhere(suspect, pattern->glob);
	default:
		return has_stack(suspect, pattern);
	}
}

static bool matches(const struct suspect *suspect, const struct viz_suppression *suppression)
{
	const struct viz_pattern *pattern = suppression->patterns;

	if (!(suppression->kinds & 1u << suspect->finding->kind) ||
		(suppression->rule && suppression->rule != suspect->finding->rule) ||
		(suppression->id && suppression->id != suspect->finding->id))
		return false;
	while (pattern && is_met(suspect, pattern))
		pattern = next_condition(pattern);
	return !pattern;
}

bool viz_suppressions_match(
	struct viz_suppressions *suppressions, struct viz_run *run, ldl_finding_id id)
{
	const struct ldl_snapshot *snapshot = viz_run_snapshot(run);
	struct suspect suspect = {.run = run, .finding = ldl_snapshot_finding(snapshot, id)};
	bool is_match = false;

	if (!suspect.finding)
		return false;
	suspect.steps = ldl_snapshot_path(snapshot, id, &suspect.count);
	for (struct viz_suppression *at = suppressions->first; at; at = at->next) {
		if (!matches(&suspect, at))
			continue;
		at->is_used = true;
		is_match = true;
	}
	return is_match;
}
