/* What the engine has found, for tests of rules that are no cycles. */
#ifndef LDL_TEST_BREACH_H
#define LDL_TEST_BREACH_H

#include <stdbool.h>
#include "core/format.h"

/* Whether there is a finding of this rule; and whether it is the only finding, has this severity
 * and has this text in its note (NULL: whatever it says). What is there instead is printed. */
bool breach_is_reported(enum ldl_rule rule);
bool breach_is_alone(enum ldl_rule rule, enum ldl_severity severity, const char *note);

/* Whether the only finding is a cycle of this rule with this path, from its smallest name on:
 * "a -> reclaim.fs -> a". */
bool breach_is_cycle(enum ldl_rule rule, const char *path);

/* Whether nothing was found. What was is printed. */
bool breach_is_silent(void);

/* The inventory's record of the latest request with this mask; NULL: none. */
const struct ldl_alloc *breach_inventory(uint32_t gfp_asked);

#endif
