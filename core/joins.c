/* From the handle of a thread to its last segment. See joins.h. */
#include "joins.h"

#include "atomic.h"
#include "hash.h"
#include "limits.h"
#include "sys.h"

#include <sys/mman.h>

struct slot {
	uint64_t handle; /* 0: free; never changed back */
	uint64_t word;   /* a thread's serial above, the id of its latest segment below */
};

static struct slot *slots; /* LDL_JOINS of them; NULL: not mapped yet */

static struct slot *map(void)
{
	struct slot *mapped = ldl_load_acquire(&slots), *found = NULL;

	if (mapped)
		return mapped;
	mapped = ldl_sys_mmap(NULL, LDL_JOINS * sizeof(*mapped), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, NULL);
	if (!mapped || ldl_cas_acq_rel(&slots, &found, mapped))
		return mapped;
	ldl_sys_munmap(mapped, LDL_JOINS * sizeof(*mapped)); /* another thread was first */
	return found;
}

/* The slot of a handle; where it has none: a free one made its own, or NULL. */
static struct slot *slot_of(uint64_t handle, bool is_wanted)
{
	struct slot *all = is_wanted ? map() : ldl_load_acquire(&slots);
	uint32_t at = (uint32_t)(ldl_hash_strong(handle) >> 32);

	for (uint32_t i = 0; all && handle && i < LDL_PROBE_MAX; i++) {
		struct slot *slot = &all[(at + i) % LDL_JOINS];
		uint64_t found = ldl_load_relaxed(&slot->handle);

		if (found == handle)
			return slot;
		if (found)
			continue;
		if (!is_wanted)
			return NULL;
		if (ldl_cas_acq_rel(&slot->handle, &found, handle) || found == handle)
			return slot;
	}
	return NULL;
}

void ldl_joins_note(uint64_t handle, uint32_t serial, ldl_segment_id segment)
{
	struct slot *slot = slot_of(handle, true);

	/* Release: pairs with the acquire of whoever joins. */
	if (slot)
		ldl_store_release(&slot->word, (uint64_t)serial << 32 | segment);
}

ldl_segment_id ldl_joins_end(uint64_t handle, uint32_t serial_last)
{
	struct slot *slot = slot_of(handle, false);
	uint64_t word = slot ? ldl_load_acquire(&slot->word) : 0, noted = word;

	if (word >> 32 > serial_last)
		return 0;
	/* Joined once. Where another thread has the handle by now, its word stays. */
	if (word)
		(void)ldl_cas_acq_rel(&slot->word, &noted, 0);
	return (ldl_segment_id)word;
}

void ldl_joins_forget(void)
{
	struct slot *all = ldl_load_acquire(&slots);

	if (all)
		(void)ldl_sys_madvise(all, LDL_JOINS * sizeof(*all), MADV_DONTNEED);
}
