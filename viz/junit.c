/* Runs as JUnit XML. See junit.h. */
#include "junit.h"

#include <inttypes.h>
#include <stdlib.h>

#include "text.h"
#include "view.h"
#include "xml.h"

static void put_number(FILE *out, const char *name, size_t number)
{
	fprintf(out, " %s=\"%zu\"", name, number);
}

static void put_counts(FILE *out, size_t tests, size_t failures)
{
	put_number(out, "tests", tests);
	put_number(out, "failures", failures);
	put_number(out, "errors", 0);
	put_number(out, "skipped", 0);
	fputs(" time=\"0\"", out);
}

static size_t failures_of(const struct viz_run *run)
{
	return viz_run_finding_count(run, LDL_SEVERITY_ERROR);
}

static size_t tests_of(const struct viz_run *run)
{
	return failures_of(run) ? failures_of(run) : 1;
}

/* Where a result viewer sorts the case in. */
static void put_class(FILE *out, struct viz_run *run)
{
	char name[1100];

	snprintf(name, sizeof(name), "lockdep-lite.%s", viz_path_base(viz_run_program(run)));
	viz_xml_attribute(out, "classname", name);
}

/* What `print` writes, escaped. */
static void put_text(FILE *out, void (*print)(FILE *, struct viz_run *, ldl_finding_id),
	struct viz_run *run, ldl_finding_id id)
{
	char *text = NULL;
	size_t len;
	FILE *memory = open_memstream(&text, &len);

	if (!memory)
		return;
	print(memory, run, id);
	if (fclose(memory) == 0)
		viz_xml_text(out, text);
	free(text);
}

static void print_finding(FILE *out, struct viz_run *run, ldl_finding_id id)
{
	const struct viz_text_options options = {.colour = false};

	viz_text_finding(out, run, id, &options);
}

static void print_summary(FILE *out, struct viz_run *run, ldl_finding_id id)
{
	viz_text_summary(out, run);
}

static void put_failure(FILE *out, struct viz_run *run, ldl_finding_id id)
{
	const struct ldl_finding *finding = ldl_snapshot_finding(viz_run_snapshot(run), id);
	char title[1200], name[1300], digits[VIZ_ID_MAX];

	viz_finding_title(run, id, title, sizeof(title));
	snprintf(name, sizeof(name), "%s [%s]", title, viz_finding_id(run, id, digits));
	fputs("    <testcase", out);
	put_class(out, run);
	viz_xml_attribute(out, "name", name);
	fputs(" time=\"0\">\n      <failure", out);
	viz_xml_attribute(out, "type", viz_rule_id(finding->rule));
	viz_xml_attribute(out, "message", title);
	fputs(">", out);
	put_text(out, print_finding, run, id);
	fputs("</failure>\n    </testcase>\n", out);
}

static void put_property(FILE *out, const char *name, const char *value)
{
	fputs("      <property", out);
	viz_xml_attribute(out, "name", name);
	viz_xml_attribute(out, "value", value);
	fputs("/>\n", out);
}

static void put_properties(FILE *out, struct viz_run *run)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%" PRIu32, viz_run_snapshot(run)->arena.header->pid);
	fputs("    <properties>\n", out);
	put_property(out, "lockdep-lite.version", LDL_VERSION);
	put_property(out, "lockdep-lite.file", viz_run_path(run));
	put_property(out, "lockdep-lite.program", viz_run_program(run));
	put_property(out, "lockdep-lite.pid", pid);
	put_property(out, "lockdep-lite.mode", viz_run_mode(run));
	fputs("    </properties>\n", out);
}

static void put_cases(FILE *out, struct viz_run *run)
{
	size_t count;
	const ldl_finding_id *ids = viz_run_findings(run, &count);

	for (size_t i = 0; i < count; i++) {
		if (viz_finding_severity(run, ids[i]) == LDL_SEVERITY_ERROR)
			put_failure(out, run, ids[i]);
	}
	if (failures_of(run))
		return;
	fputs("    <testcase", out);
	put_class(out, run);
	viz_xml_attribute(out, "name", "no error was found");
	fputs(" time=\"0\"/>\n", out);
}

static void put_suite(FILE *out, struct viz_run *run)
{
	char text[VIZ_DATE_MAX];

	fputs("  <testsuite", out);
	viz_xml_attribute(out, "name", viz_path_base(viz_run_program(run)));
	put_counts(out, tests_of(run), failures_of(run));
	if (*viz_run_start(run, text))
		viz_xml_attribute(out, "timestamp", text);
	fputs(">\n", out);
	put_properties(out, run);
	put_cases(out, run);
	fputs("    <system-out>", out);
	put_text(out, print_summary, run, 0);
	fputs("</system-out>\n  </testsuite>\n", out);
}

void viz_junit_print(FILE *out, struct viz_run *const *runs, size_t count)
{
	size_t tests = 0, failures = 0;

	for (size_t i = 0; i < count; i++) {
		tests += tests_of(runs[i]);
		failures += failures_of(runs[i]);
	}
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites", out);
	viz_xml_attribute(out, "name", "lockdep-lite");
	put_counts(out, tests, failures);
	fputs(">\n", out);
	for (size_t i = 0; i < count; i++)
		put_suite(out, runs[i]);
	fputs("</testsuites>\n", out);
}
