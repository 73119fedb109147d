/* What a report shows of a run's findings. See view.h. */
#include "view.h"

#include <stdio.h>

#include "run.h"

void viz_run_set_view(struct viz_run *run, struct viz_view view)
{
	run->view = view;
	run->derived.findings = NULL; /* what is an error now comes first */
}

/* A program that declared its classes gets these as errors: the record says so. */
static bool is_excused(const struct ldl_finding *finding)
{
	return viz_verdict_is_brief(finding->verdict) && finding->severity == LDL_SEVERITY_INFO;
}

static bool is_impossible(const struct ldl_finding *finding)
{
	return viz_verdict_is_hidden(finding->verdict) && finding->severity == LDL_SEVERITY_INFO;
}

enum viz_shown viz_finding_shown(const struct viz_run *run, ldl_finding_id id)
{
	const struct ldl_finding *finding = ldl_snapshot_finding(&run->snapshot, id);

	if (!viz_finding_is_whole(finding))
		return VIZ_SHOWN_NOT;
	if (run->view.all)
		return VIZ_SHOWN_FULL;
	if (is_impossible(finding))
		return VIZ_SHOWN_NOT;
	return is_excused(finding) && !run->view.strict ? VIZ_SHOWN_BRIEF : VIZ_SHOWN_FULL;
}

unsigned int viz_finding_severity(const struct viz_run *run, ldl_finding_id id)
{
	const struct ldl_finding *finding = ldl_snapshot_finding(&run->snapshot, id);

	if (!viz_finding_is_whole(finding))
		return LDL_SEVERITY_INFO;
	return run->view.strict && is_excused(finding) ? LDL_SEVERITY_ERROR : finding->severity;
}

size_t viz_run_shown_count(struct viz_run *run, unsigned int verdict, enum viz_shown shown)
{
	size_t count, matching = 0;
	const ldl_finding_id *ids = viz_run_findings(run, &count);

	for (size_t i = 0; i < count; i++)
		matching += ldl_snapshot_finding(&run->snapshot, ids[i])->verdict == verdict &&
			    viz_finding_shown(run, ids[i]) == shown;
	return matching;
}

const char *viz_run_hidden_text(struct viz_run *run, char *text, size_t size)
{
	size_t used = 0;

	text[0] = 0;
	for (unsigned int verdict = 0; verdict < LDL_VERDICT_COUNT; verdict++) {
		size_t count = viz_run_shown_count(run, verdict, VIZ_SHOWN_NOT);

		if (count && used < size)
			used += (size_t)snprintf(text + used, size - used, "%s%zu %s",
				used ? ", " : "", count, viz_verdict_name(verdict));
	}
	return text;
}
