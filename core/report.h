/* Prints a finding from inside the watched process, when nobody outside does. Prints, never
 * decides: no symbols here, only module+offset, which `lockdep-lite report` turns into lines. */
#ifndef LDL_REPORT_H
#define LDL_REPORT_H

#include "finding.h"

/* Notes what file descriptor 2 is. Once, before anything is printed. */
void ldl_report_start(void);

/* Writes to file descriptor 2, line by line; gives up silently when it cannot. No private lock may
 * be held. */
void ldl_report_finding(const struct ldl_arena *arena, ldl_finding_id finding);

/* One line: "lockdep-lite: " and the text. */
void ldl_report_line(const char *text);

#endif
