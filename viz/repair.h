/* What to do about a broken rule. */
#ifndef VIZ_REPAIR_H
#define VIZ_REPAIR_H

/* A sentence that begins with a verb, for who stands at the place where the ldl_rule was broken.
 * Never NULL; "" for LDL_RULE_NONE and for numbers that are no rule. */
const char *viz_rule_repair(unsigned int rule);

#endif
