/* The in-process report. See report.h. */
#include "report.h"

#include "catalogue.h"
#include "fmt.h"
#include "sys.h"
#include "text.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MAX    400u
#define STEPS_MAX   12u /* of a long cycle; the file has them all */
#define WRITE_TRIES 8u  /* for one line, of which each puts out a part, or is interrupted */

/* Bytes of one finding at most: its head and, for each step, two stacks and three lines more. */
#define FINDING_MAX (LINE_MAX * (4 + STEPS_MAX * (2 * LDL_STACK_MAX + 3)))

/* What file descriptor 2 was at the start. A program that closed it and opened a file of its own
 * gets no report into that file. */
static struct stat original;

void ldl_report_start(void)
{
	if (ldl_sys_fstat(2, &original) < 0)
		original.st_ino = 0;
}

/* A file that must not grow so far would have SIGXFSZ sent to the program. */
static bool may_grow(const struct stat *now, size_t len)
{
	uint64_t limit = S_ISREG(now->st_mode) ? ldl_sys_rlimit(RLIMIT_FSIZE) : UINT64_MAX;
	int64_t at = limit == UINT64_MAX ? 0 : ldl_sys_lseek(2, 0, SEEK_CUR);

	if (at < now->st_size)
		at = now->st_size; /* it may be one that is appended to */
	return limit == UINT64_MAX || (uint64_t)at + len <= limit;
}

static bool may_write(size_t len)
{
	struct stat now;

	return ldl_sys_fstat(2, &now) == 0 && now.st_ino && now.st_ino == original.st_ino &&
	       now.st_dev == original.st_dev && may_grow(&now, len) && ldl_sys_can_write(2);
}

static void write_line(char line[LINE_MAX], size_t len)
{
	if (len > LINE_MAX - 2)
		len = LINE_MAX - 2;
	line[len++] = '\n';
	for (size_t done = 0, tries = 0; done < len && tries < WRITE_TRIES; tries++) {
		int64_t got = ldl_sys_write(2, line + done, len - done);

		if (got < 0 && got != -EINTR)
			break;
		done += got > 0 ? (size_t)got : 0;
	}
}

void ldl_report_line(const char *text)
{
	char line[LINE_MAX];

	if (may_write(LINE_MAX))
		write_line(line, ldl_fmt(line, sizeof(line), "lockdep-lite: %s", text));
}

static void append_frame(char *line, size_t *len, const struct ldl_arena *arena, ldl_frame frame)
{
	ldl_module_id module = ldl_frame_module(frame);
	const char *path = module ? ldl_text_at(arena, ldl_module_at(arena, module)->path) : "?";
	const char *slash = strrchr(path, '/');

	ldl_fmt_append(line, LINE_MAX, len, "%s+0x%lx", slash ? slash + 1 : path,
		(unsigned long)ldl_frame_offset(frame));
}

static void append_class(char *line, size_t *len, const struct ldl_arena *arena, ldl_class_id id)
{
	const struct ldl_class *class = ldl_class_at(arena, id);

	if (class->name)
		ldl_fmt_append(line, LINE_MAX, len, "%s", ldl_text_at(arena, class->name));
	else if (class->object)
		append_frame(line, len, arena, class->object);
	else if (class->site)
		append_frame(line, len, arena,
			*ldl_frame_at(arena, ldl_site_at(arena, class->site)->frame_first));
	if (class->subclass)
		ldl_fmt_append(line, LINE_MAX, len, "/%u", class->subclass);
}

static void print_stack(const struct ldl_arena *arena, const char *what, ldl_site_id id)
{
	const struct ldl_site *site = ldl_site_at(arena, id);
	char line[LINE_MAX];
	size_t len;

	len = ldl_fmt(line, sizeof(line), "    %s:", what);
	write_line(line, len);
	for (uint32_t i = 0; id && i < site->frame_count; i++) {
		len = ldl_fmt(line, sizeof(line), "      #%u ", i);
		append_frame(line, &len, arena, *ldl_frame_at(arena, site->frame_first + i));
		write_line(line, len);
	}
}

static bool is_lock(const struct ldl_arena *arena, ldl_class_id id)
{
	return ldl_kind_is_lock(ldl_class_at(arena, id)->kind);
}

/* Locks, and elements of pools; contexts and handlers are what runs. */
static bool is_held(const struct ldl_arena *arena, ldl_class_id id)
{
	return is_lock(arena, id) || ldl_class_at(arena, id)->kind == LDL_KIND_RESERVE;
}

/* What the two stacks of a step show. A broken rule that is no cycle has one place, and what was
 * held there, if anything. */
static void print_stacks(const struct ldl_arena *arena, const struct ldl_path_step *step,
	const struct ldl_witness *witness)
{
	if (witness->from_site)
		print_stack(arena,
			is_held(arena, step->from ? step->from : step->to) ? "held since" : "since",
			witness->from_site);
	if (witness->to_site)
		print_stack(arena,
			!step->edge                ? "here"
			: is_lock(arena, step->to) ? "then taken at"
						   : "then waited for at",
			witness->to_site);
}

static void print_step(const struct ldl_arena *arena, const struct ldl_path_step *step)
{
	const struct ldl_witness *witness = ldl_witness_at(arena, step->witness);
	char line[LINE_MAX];
	size_t len = ldl_fmt(line, sizeof(line), "  ");

	if (step->from) {
		append_class(line, &len, arena, step->from);
		ldl_fmt_append(line, sizeof(line), &len, " -> ");
	}
	append_class(line, &len, arena, step->to);
	if (step->witness)
		ldl_fmt_append(line, sizeof(line), &len, "  [thread %s, tid %u]",
			ldl_text_at(arena, witness->thread_name), witness->tid);
	write_line(line, len);
	if (step->witness)
		print_stacks(arena, step, witness);
}

static const char *severity_name(unsigned int severity)
{
	if (severity == LDL_SEVERITY_ERROR)
		return "error";
	return severity == LDL_SEVERITY_WARNING ? "warning" : "info";
}

/* What is the matter, why that is so, and what is special here. */
static void print_head(const struct ldl_arena *arena, const struct ldl_finding *finding)
{
	const struct ldl_catalogue_entry *rule = ldl_catalogue_entry(finding->rule);
	char line[LINE_MAX];

	write_line(line, ldl_fmt(line, sizeof(line), "lockdep-lite: %s: %s: %s (pid %u)",
				 severity_name(finding->severity), rule->id, rule->title,
				 arena->header->pid));
	write_line(line, ldl_fmt(line, sizeof(line), "  why: %s", rule->why));
	if (finding->note)
		write_line(line, ldl_fmt(line, sizeof(line), "  note: %s",
					 ldl_text_at(arena, finding->note)));
}

void ldl_report_finding(const struct ldl_arena *arena, ldl_finding_id id)
{
	const struct ldl_finding *finding = ldl_finding_at(arena, id);
	const struct ldl_path_step *path = ldl_path_step_at(arena, finding->path_first);
	char line[LINE_MAX];

	if (!may_write(FINDING_MAX))
		return;
	print_head(arena, finding);
	for (uint32_t i = 0; i < finding->path_count && i < STEPS_MAX; i++)
		print_step(arena, &path[i]);
	if (finding->path_count > STEPS_MAX)
		write_line(line, ldl_fmt(line, sizeof(line), "  and %u more",
					 finding->path_count - STEPS_MAX));
}
