/* Reports for other programs, on their way out. See output.h. */
#include "output.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "json.h"
#include "junit.h"
#include "sarif.h"
#include "save.h"

static void print_json(FILE *out, const struct viz_output *output)
{
	const struct viz_json_options options = {.inventory = output->has_inventory};

	if (output->count == 1 && !output->is_list)
		viz_json_run(out, output->runs[0], &options);
	else
		viz_json_runs(out, output->runs, output->count, &options);
}

static void print_sarif(FILE *out, const struct viz_output *output)
{
	viz_sarif_print(out, output->runs, output->count);
}

static void print_junit(FILE *out, const struct viz_output *output)
{
	viz_junit_print(out, output->runs, output->count);
}

void viz_output_print(FILE *out, enum viz_format format, const struct viz_output *output)
{
	static void (*const printers[VIZ_FORMAT_COUNT])(FILE *, const struct viz_output *) = {
		[VIZ_FORMAT_JSON] = print_json,
		[VIZ_FORMAT_SARIF] = print_sarif,
		[VIZ_FORMAT_JUNIT] = print_junit,
	};

	printers[format](out, output);
}

/* The text is made in memory first, so that a full disk leaves no half of it. */
bool viz_output_save(const char *path, enum viz_format format, const struct viz_output *output,
	char *error, size_t error_size)
{
	int fd = memfd_create("report", MFD_CLOEXEC);
	FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
	bool is_good = false;

	if (out)
		viz_output_print(out, format, output);
	if (out && fflush(out) == 0 && !ferror(out))
		is_good = viz_save_file(fd, path, error, error_size);
	else
		snprintf(error, error_size, "cannot write (%s): %s: close other programs",
			strerror(errno), path);
	if (out)
		fclose(out);
	else if (fd >= 0)
		close(fd);
	return is_good;
}
