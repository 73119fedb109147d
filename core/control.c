/* Copies of the control word. See control.h. */
#include "control.h"

static const struct ldl_header *known;
static struct ldl_thread_record *slots;
static uint32_t slot_count;

void ldl_control_begin(
	const struct ldl_header *header, struct ldl_thread_record *records, uint32_t capacity)
{
	known = header;
	slots = records;
	slot_count = capacity;
}

void ldl_control_spread(const struct ldl_header *header)
{
	uint32_t control, used;

	if (!header || header != known)
		return;
	do {
		ldl_fence_full(); /* see ldl_control_follow() */
		control = ldl_load_relaxed(&header->control);
		used = ldl_load_relaxed(&header->tables[LDL_TABLE_THREADS].used);
		for (uint32_t id = 1; id < used && id < slot_count; id++)
			ldl_store_relaxed(&slots[id].control, control);
		/* Another change came meanwhile: what its writer spread may be written over. */
		ldl_fence_full();
	} while (ldl_load_relaxed(&header->control) != control);
}
