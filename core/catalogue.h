/* The catalogue of rules: what each is called, and why it is one, in one sentence.
 *
 * The only place for these words: the report of the watched process, the command's text, JSON and
 * pictures all take them from here. Static texts, no cost, safe anywhere. */
#ifndef LDL_CATALOGUE_H
#define LDL_CATALOGUE_H

#include "format.h"

struct ldl_catalogue_entry {
	const char *id;    /* "A1", "L4": as RULES.md and the tests spell it */
	const char *title; /* what is the matter, in a line without its end */
	const char *why;   /* a sentence, under 380 bytes so that it fits the engine's own lines */
};

/* The entry of an ldl_rule; "-" for LDL_RULE_NONE, "unknown" for numbers that are no rule. Never
 * NULL, nor is any of its texts. */
const struct ldl_catalogue_entry *ldl_catalogue_entry(unsigned int rule);

#endif
