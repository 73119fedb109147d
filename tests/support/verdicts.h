/* An arena with one finding of each verdict, for the tests of what a person or a program reads. */
#ifndef LDL_TEST_VERDICTS_H
#define LDL_TEST_VERDICTS_H

#include "core/format.h"

/* Begins an arena (waits.h) with a cycle of two locks for each verdict, "VERDICT_one" and
 * "VERDICT_two", and a lock that was released by the wrong thread. The gated one is held under
 * "gate", the bounded one's second wait is timed. Findings are not in the order of a report. */
void ldl_verdicts_begin(void);

/* The finding of a verdict; LDL_VERDICT_NONE: the wrong release. */
ldl_finding_id ldl_verdicts_finding(enum ldl_verdict verdict);

/* The edge from its first lock to its second. */
ldl_edge_id ldl_verdicts_edge(enum ldl_verdict verdict);

#endif
