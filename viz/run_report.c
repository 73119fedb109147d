/* What `lockdep-lite run` says: each finding once, and lines about the run. */
#include "run_report.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "suppress.h"
#include "text.h"
#include "view.h"

#define ID_DIGITS     8    /* of a finding's id: few enough to type, hardly ever the same */
#define WRITE_WAIT_MS 1000 /* for a reader that made our stderr non-blocking and is slow */

/* Gives up, without a word, when nobody can read: the exit status matters more. */
static void write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t put = write(fd, text, len);
		if (put > 0) {
			text += put;
			len -= (size_t)put;
			continue;
		}
		struct pollfd ready = {.fd = fd, .events = POLLOUT};
		if (put == 0 || (errno != EINTR && errno != EAGAIN))
			return;
		if (errno == EAGAIN && poll(&ready, 1, WRITE_WAIT_MS) == 0)
			return;
	}
}

struct page {
	FILE *out;
	char *text;
	size_t len;
};

static bool page_open(struct page *page)
{
	*page = (struct page){NULL, NULL, 0};
	page->out = open_memstream(&page->text, &page->len);
	return page->out != NULL;
}

static void page_print(struct page *page, struct viz_run_report *report)
{
	if (fclose(page->out) == 0)
		write_all(report->fd, page->text, page->len);
	free(page->text);
}

void viz_run_report_open(
	struct viz_run_report *report, const char *log, const char *colour, bool quiet)
{
	memset(report, 0, sizeof *report);
	report->fd = STDERR_FILENO;
	report->quiet = quiet;
	if (log != NULL) {
		int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
		report->is_log = fd >= 0;
		if (fd >= 0)
			report->fd = fd;
		else
			fprintf(stderr,
				"lockdep-lite: cannot write the log (%s): %s: the report goes to "
				"stderr, choose another --log\n",
				strerror(errno), log);
	}
	FILE *out = report->is_log ? fdopen(dup(report->fd), "w") : NULL;
	report->colour = viz_colour_wanted(colour, out != NULL ? out : stderr);
	if (out != NULL)
		fclose(out);
}

void viz_run_report_text(struct viz_run_report *report, const char *text, size_t len)
{
	write_all(report->fd, text, len);
}

void viz_run_report_line(struct viz_run_report *report, const char *format, ...)
{
	struct page page;
	va_list arguments;
	if (!page_open(&page))
		return;
	fputs("lockdep-lite: ", page.out);
	va_start(arguments, format);
	vfprintf(page.out, format, arguments);
	va_end(arguments);
	fputc('\n', page.out);
	page_print(&page, report);
}

static struct viz_told *find_told(const struct viz_run_report *report, uint64_t id)
{
	for (size_t i = 0; i < report->told_count; i++) {
		if (report->told[i].id == id)
			return &report->told[i];
	}
	return NULL;
}

/* Without memory the finding may be told twice. */
static void remember(struct viz_run_report *report, struct viz_told told)
{
	if (report->told_count == report->told_size) {
		size_t size = report->told_size > 0 ? 2 * report->told_size : 64;
		struct viz_told *grown = reallocarray(report->told, size, sizeof *grown);
		if (grown == NULL)
			return;
		report->told = grown;
		report->told_size = size;
	}
	report->told[report->told_count++] = told;
}

static void print_finding(struct viz_run_report *report, struct viz_run *run, ldl_finding_id id)
{
	const struct viz_text_options options = {.colour = report->colour};
	struct page page;
	if (report->quiet || !page_open(&page))
		return;
	viz_text_finding(page.out, run, id, &options);
	fputc('\n', page.out);
	if (report->gen_suppressions)
		viz_suppression_write(page.out, run, id);
	page_print(&page, report);
}

/* A finding that was told already. */
static void tell_change(struct viz_run_report *report, struct viz_run *run, ldl_finding_id id,
	struct viz_told *before, struct viz_told now)
{
	bool is_gone = now.shown == VIZ_SHOWN_NOT && before->shown != VIZ_SHOWN_NOT;
	char digits[VIZ_ID_MAX];
	if (!is_gone && viz_verdict_rank(now.verdict) >= viz_verdict_rank(before->verdict))
		return;
	if (now.shown > before->shown)
		print_finding(report, run, id);
	else if (!report->quiet)
		viz_run_report_line(report, "finding %s is now %s (it was %s)",
			viz_finding_id(run, id, digits), viz_verdict_name(now.verdict),
			viz_verdict_name(before->verdict));
	*before = now;
}

size_t viz_run_report_news(struct viz_run_report *report, struct viz_run *run)
{
	size_t count, news = 0;
	const ldl_finding_id *ids = viz_run_findings(run, &count);
	for (size_t i = 0; i < count; i++) {
		const struct ldl_finding *finding =
			ldl_snapshot_finding(viz_run_snapshot(run), ids[i]);
		enum viz_shown shown = viz_finding_shown(run, ids[i]);
		struct viz_told now = {finding->id, (unsigned char)shown, finding->verdict};
		struct viz_told *before = find_told(report, now.id);
		if (before != NULL) {
			tell_change(report, run, ids[i], before, now);
			continue;
		}
		if (shown == VIZ_SHOWN_NOT)
			continue;
		remember(report, now);
		print_finding(report, run, ids[i]);
		news++;
	}
	return news;
}

void viz_run_report_finding(struct viz_run_report *report, struct viz_run *run, ldl_finding_id id)
{
	const struct ldl_finding *finding = ldl_snapshot_finding(viz_run_snapshot(run), id);
	struct viz_told now;
	if (finding == NULL)
		return;
	now = (struct viz_told){finding->id, VIZ_SHOWN_FULL, finding->verdict};
	if (find_told(report, now.id) == NULL)
		remember(report, now);
	print_finding(report, run, id);
}

void viz_run_report_leftovers(struct viz_run_report *report, const struct viz_filter *filter)
{
	struct page page;
	if (!page_open(&page))
		return;
	viz_filter_leftovers(filter, "lockdep-lite: ", page.out);
	page_print(&page, report);
}

void viz_run_report_summary(struct viz_run_report *report, struct viz_run *run)
{
	struct viz_totals totals;
	struct page page;
	size_t finding_count;
	viz_run_totals(run, &totals);
	viz_run_findings(run, &finding_count);
	if (totals.locks == 0 && finding_count == 0 && viz_run_losses(run) == 0) {
		viz_run_report_line(report, "no locks were taken by %s", viz_run_program(run));
		return;
	}
	if (!page_open(&page))
		return;
	fputs("lockdep-lite: ", page.out);
	viz_text_summary(page.out, run);
	page_print(&page, report);
}

void viz_run_report_files(struct viz_run_report *report, const char *const files[VIZ_FORMAT_COUNT],
	struct viz_run *const *runs, size_t count)
{
	const struct viz_output output = {.runs = runs, .count = count};
	char error[512];
	for (unsigned int format = 0; format < VIZ_FORMAT_COUNT; format++) {
		if (files[format] != NULL &&
			!viz_output_save(files[format], format, &output, error, sizeof error))
			viz_run_report_line(report, "%s", error);
	}
}

/* Writes `path` so that a shell reads it as one word. */
static void quote(FILE *out, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "./_-+,:@%=";
	if (path[strspn(path, plain)] == '\0') {
		fputs(path, out);
		return;
	}
	fputc('\'', out);
	for (; *path != '\0'; path++) {
		if (*path == '\'')
			fputs("'\\''", out);
		else
			fputc(*path, out);
	}
	fputc('\'', out);
}

void viz_run_report_next(struct viz_run_report *report, const char *path, const char *id)
{
	struct page page;
	char picture[4096 + 8];
	size_t len = strlen(path);
	if (!page_open(&page))
		return;
	fputs("lockdep-lite: see more with\n  lockdep-lite report ", page.out);
	quote(page.out, path);
	if (*id != '\0') {
		fprintf(page.out, "\n  lockdep-lite report --explain %.*s ", ID_DIGITS, id);
		quote(page.out, path);
		if (len > 4 && strcmp(path + len - 4, ".ldl") == 0)
			len -= 4;
		snprintf(picture, sizeof picture, "%.*s.svg", (int)len, path);
		fputs("\n  lockdep-lite graph ", page.out);
		quote(page.out, path);
		fputs(" -o ", page.out);
		quote(page.out, picture);
	}
	fputc('\n', page.out);
	page_print(&page, report);
}

void viz_run_report_close(struct viz_run_report *report)
{
	if (report->is_log)
		close(report->fd);
	free(report->told);
}
