/* The breaker: when the engine finds its own memory in a state that cannot be, it switches itself
 * off for good, and says why in the arena. The program goes on as if it were alone.
 *
 * The first reason wins. Nothing here fails, waits, aborts or makes a system call; it may be called
 * anywhere, in signal handlers too. */
#ifndef LDL_BREAKER_H
#define LDL_BREAKER_H

#include "format.h"

/* Records the reason, unless there is one, and switches the mode off. */
void ldl_breaker_trip(
	struct ldl_header *header, enum ldl_trip code, uint32_t where, uint64_t value);

/* Whether it was ever tripped. */
bool ldl_breaker_is_open(const struct ldl_header *header);

/* Makes a switched-on mode off again: whoever wrote the control word did not ask first. */
void ldl_breaker_hold(struct ldl_header *header);

/* What was found, as the end of a sentence; never NULL, for any number. For readers as well. */
const char *ldl_breaker_text(uint32_t code);

#endif
