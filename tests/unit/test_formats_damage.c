/* Every format on damaged files: whatever the bytes are, it ends, and JSON stays JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "tests/support/damage.h"
#include "tests/support/samples.h"
#include "tests/support/suite.h"
#include "tests/support/waits.h"
#include "viz/explain.h"
#include "viz/output.h"
#include "viz/view.h"

#define DAMAGES 20u /* of each sample */

static unsigned char bytes[LDL_ARENA_MIN];

/* The arena that was laid down last, damaged, as a run; NULL when that is no arena any more. */
static struct viz_run *open_damaged(struct ldl_random *random)
{
	int file = memfd_create("damaged", MFD_CLOEXEC);
	struct viz_run *run = NULL;
	char path[64], error[400];
	size_t size;

	memcpy(bytes, ldl_waits_arena()->base, sizeof(bytes));
	size = ldl_damage_bytes(random, bytes, sizeof(bytes));
	CU_ASSERT_EQUAL_FATAL(write(file, bytes, size), (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	if (viz_run_open(&run, path, error, sizeof(error)) != LDL_OK)
		run = NULL;
	close(file);
	return run;
}

/* Whether brackets close as they were opened, outside of strings that end. */
static bool is_balanced(const char *text)
{
	char open[64];
	size_t depth = 0;

	for (; *text; text++) {
		if (*text == '"') {
			while (*++text && *text != '"')
				text += *text == '\\' && text[1];
			if (!*text)
				return false;
		} else if (*text == '{' || *text == '[') {
			if (depth == sizeof(open))
				return false;
			open[depth++] = *text == '{' ? '}' : ']';
		} else if (*text == '}' || *text == ']') {
			if (depth == 0 || open[--depth] != *text)
				return false;
		}
	}
	return depth == 0;
}

static void print_all(struct viz_run *run)
{
	const struct viz_output output = {.runs = &run, .count = 1, .has_inventory = true};

	for (unsigned int format = 0; format < VIZ_FORMAT_COUNT; format++) {
		char *text = NULL;
		size_t len;
		FILE *out = open_memstream(&text, &len);

		CU_ASSERT_PTR_NOT_NULL_FATAL(out);
		viz_output_print(out, format, &output);
		fclose(out);
		CU_ASSERT_EQUAL(strlen(text), len);
		CU_ASSERT_TRUE(format == VIZ_FORMAT_JUNIT || is_balanced(text));
		free(text);
	}
}

static void explain_all(struct viz_run *run)
{
	const struct viz_text_options options = {.is_full = false};
	size_t count;
	const ldl_finding_id *ids = viz_run_findings(run, &count);
	FILE *out = fopen("/dev/null", "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	for (size_t i = 0; i < count; i++)
		viz_explain(out, run, ids[i], &options);
	viz_text_run(out, run, &options);
	fclose(out);
}

static void damaged_files_are_reported_in_every_format(void)
{
	struct ldl_random random = ldl_random_make(0xf0a7);
	unsigned int opened = 0;

	for (size_t sample = 0; sample < ldl_sample_count; sample++) {
		ldl_samples[sample].fill();
		for (unsigned int i = 0; i < DAMAGES * ldl_random_effort(); i++) {
			struct viz_run *run = open_damaged(&random);

			if (!run)
				continue;
			opened++;
			viz_run_set_view(run, (struct viz_view){.all = i % 2, .strict = i % 3});
			print_all(run);
			explain_all(run);
			viz_run_close(run);
		}
	}
	CU_ASSERT_TRUE(opened > 0);
}

LDL_SUITE(formats_damage)
{
	LDL_TEST(damaged_files_are_reported_in_every_format);
}
