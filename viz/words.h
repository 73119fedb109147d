/* The words of the output: one name and one sentence for each number of the arena's format.
 *
 * All return static texts, never NULL; a number that the format does not know gives "unknown". Any
 * byte of a broken file may be passed. */
#ifndef VIZ_WORDS_H
#define VIZ_WORDS_H

#include "core/format.h"

/* "mutex", "rwlock", "spin lock", "lock", "reserve", "event" …: by ldl_kind. */
const char *viz_kind_name(unsigned int kind);

/* DESIGN.md's JSON kinds: "lock-order", "recursion", "misuse" …: by ldl_finding_kind. */
const char *viz_finding_kind_name(unsigned int kind);

/* "error", "warning", "info": by ldl_severity. */
const char *viz_severity_name(unsigned int severity);

/* "predicted", "single-thread" …: by ldl_verdict; "none" for a broken rule that is no cycle. */
const char *viz_verdict_name(unsigned int verdict);

/* What one should look at first: a smaller number is worse. */
unsigned int viz_verdict_rank(unsigned int verdict);

/* What the verdict means, and what would settle it; "" for LDL_VERDICT_NONE. */
const char *viz_verdict_sentence(unsigned int verdict);

/* The same for a finding of that ldl_finding_kind: cycles through contexts, reserves and events
 * have their own words. */
const char *viz_verdict_meaning(unsigned int kind, unsigned int verdict);

/* True when the default view only counts findings of that verdict (they cannot happen). */
bool viz_verdict_is_hidden(unsigned int verdict);

/* True when the default view gives findings of that verdict one line. */
bool viz_verdict_is_brief(unsigned int verdict);

/* "L1" …, what is the matter in a line, and one sentence of why the rule is one: by ldl_rule. All
 * from core/catalogue.h. */
const char *viz_rule_id(unsigned int rule);
const char *viz_rule_title(unsigned int rule);
const char *viz_rule_sentence(unsigned int rule);

/* "EN", "ER", "SN", "SR": by the lowest ldl_edge_type bit; "" for none. */
const char *viz_edge_type_name(unsigned int type);

/* How a lock was asked for: "exclusive", "shared", "shared, recursive", and "try", "timed". */
const char *viz_mode_name(unsigned int mode);

#endif
