/* Reads and writes baselines. See baseline.h. */
#include "baseline.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "save.h"

static const char head[] =
	"# Known findings, for `lockdep-lite run` and `report --baseline=FILE`: id, severity, "
	"title.\n"
	"# Made by `lockdep-lite report --write-baseline=FILE`. Take out what is mended.\n";

/* "ID [SEVERITY [TITLE…]]" */
static bool take_line(struct viz_records *known, char *line)
{
	size_t digits = strspn(line, "0123456789abcdefABCDEF");
	char *severity = line + digits, *title;
	struct viz_record record = {.severity = LDL_SEVERITY_ERROR, .kind = "", .rule = ""};

	if (digits != 16 || (*severity && !isspace((unsigned char)*severity)))
		return false;
	severity += strspn(severity, " \t");
	title = severity + strcspn(severity, " \t");
	if (*title)
		*title++ = 0;
	record.id = strtoull(line, NULL, 16);
	record.title = title + strspn(title, " \t");
	for (unsigned int i = LDL_SEVERITY_INFO; i <= LDL_SEVERITY_ERROR; i++) {
		if (strcmp(severity, viz_severity_name(i)) == 0)
			record.severity = i;
	}
	if (*severity && strcmp(severity, viz_severity_name(record.severity)) != 0)
		return false;
	return viz_records_add(known, &record);
}

static bool read_list(struct viz_records *known, const char *path, char *error, size_t error_size)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	unsigned int number = 0;
	bool is_good = file;

	if (!file)
		snprintf(error, error_size,
			"cannot read (%s): %s: name a baseline, an arena or a "
			"JSON report",
			strerror(errno), path);
	while (is_good) {
		ssize_t len = getline(&line, &size, file);
		char *first = line;

		if (len < 0)
			break;
		number++;
		while (len > 0 && isspace((unsigned char)line[len - 1]))
			line[--len] = 0;
		first += strspn(first, " \t");
		is_good = !*first || *first == '#' || take_line(known, first);
	}
	if (file && !is_good)
		snprintf(error, error_size, "no known finding: %s:%u: %s", path, number,
			"a line is an id of 16 hex digits, a severity and a title");
	if (file)
		fclose(file);
	free(line);
	return is_good;
}

bool viz_baseline_read(struct viz_records *known, const char *path, char *error, size_t error_size)
{
	enum viz_source source = viz_records_source(path);
	bool is_list = source == VIZ_SOURCE_TEXT || source == VIZ_SOURCE_NONE;

	if (is_list ? !read_list(known, path, error, error_size)
		    : !viz_records_read(known, path, NULL, error, error_size))
		return false;
	viz_records_sort(known);
	return true;
}

bool viz_baseline_write(
	const struct viz_records *records, const char *path, char *error, size_t error_size)
{
	int fd = memfd_create("baseline", MFD_CLOEXEC);
	FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
	bool is_good;

	if (!out) {
		snprintf(error, error_size, "cannot write (%s): %s: try again", strerror(errno),
			path);
		if (fd >= 0)
			close(fd);
		return false;
	}
	fputs(head, out);
	for (size_t i = 0; i < records->count; i++)
		fprintf(out, "%016" PRIx64 " %-7s %s\n", records->list[i].id,
			viz_severity_name(records->list[i].severity), records->list[i].title);
	snprintf(error, error_size, "cannot write: %s: try again", path);
	is_good = fflush(out) == 0 && viz_save_file(fd, path, error, error_size);
	fclose(out);
	return is_good;
}
