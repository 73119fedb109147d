/* The ids that reports have for findings of laid down arenas: a reader makes them from names. */
#include "tests/support/waits.h"
#include "viz/model.h"

const char *ldl_waits_id(ldl_finding_id id)
{
	static char text[VIZ_ID_MAX];
	struct viz_run *run;
	char error[400];

	text[0] = '\0';
	if (viz_run_open(&run, ldl_waits_path(), error, sizeof(error)) == LDL_OK) {
		viz_finding_id(run, id, text);
		viz_run_close(run);
	}
	return text;
}
