/* Off for good. See breaker.h. */
#include "breaker.h"

#include "atomic.h"
#include "compiler.h"
#include "control.h"
#include "sys.h"

#include <time.h>

#define TRIES 8u /* against others who write the control word at this moment */

static const char *const texts[] = {
	[LDL_TRIP_NONE] = "nothing",
	[LDL_TRIP_SLOT] = "an id past the end of its table",
	[LDL_TRIP_TABLE] = "a table with more slots in use than it has",
	[LDL_TRIP_LIST] = "a list that has no end",
	[LDL_TRIP_LINK] = "a list without an entry that belongs in it",
	[LDL_TRIP_HASH] = "a hash table without a free slot",
	[LDL_TRIP_HELD] = "more locks held than there is room for",
	[LDL_TRIP_OWNER] = "a lock of the engine's given back by who has not got it",
};

_Static_assert(ldl_array_len(texts) == LDL_TRIPS, "every reason has a text");

const char *ldl_breaker_text(uint32_t code)
{
	return code < LDL_TRIPS ? texts[code] : "an unknown reason";
}

bool ldl_breaker_is_open(const struct ldl_header *header)
{
	return ldl_load_relaxed(&header->breaker.code) != LDL_TRIP_NONE;
}

void ldl_breaker_hold(struct ldl_header *header)
{
	uint32_t control = ldl_load_relaxed(&header->control);

	for (uint32_t tries = 0; tries < TRIES && (control & LDL_RUN_MASK) != LDL_RUN_OFF; tries++)
		if (ldl_cas_acq_rel(&header->control, &control,
			    ((control & ~(uint32_t)LDL_RUN_MASK) + LDL_RUN_EPOCH) | LDL_RUN_OFF)) {
			ldl_control_spread(header);
			break;
		}
}

void ldl_breaker_trip(struct ldl_header *header, enum ldl_trip code, uint32_t where, uint64_t value)
{
	uint32_t none = LDL_TRIP_NONE;

	if (ldl_cas_acq_rel(&header->breaker.code, &none, code)) {
		ldl_store_relaxed(&header->breaker.where, where);
		ldl_store_relaxed(&header->breaker.value, value);
		ldl_store_relaxed(&header->breaker.time_ns,
			ldl_sys_clock_ns(CLOCK_MONOTONIC) - header->start_ns);
	}
	ldl_breaker_hold(header);
}
