/* The arena: one fixed-size, relocatable region that holds all the engine knows. Alone maps memory
 * for it. The bytes are described in format.h; the records' meaning in the modules that own them.
 *
 * Four backings, best first: a named file (readable from outside while it is written and after
 * SIGKILL), a memfd (readable through /proc/PID/map_files while the process lives), anonymous
 * memory (not readable from outside). Pages of a file are backed before their first write
 * (MADV_POPULATE_WRITE), so that a full disk or tmpfs makes a table full instead of raising SIGBUS.
 *
 * Synchronisation: mapping and unmapping are for start-up and fork children, one thread at a time.
 * ldl_arena_back() may be called by any thread at any time; it is wait-free but for the kernel. */
#ifndef LDL_ARENA_H
#define LDL_ARENA_H

#include "breaker.h"
#include "compiler.h"

struct ldl_arena {
	unsigned char *base; /* NULL: no arena */
	size_t size;
	struct ldl_header *header;             /* == base */
	unsigned char *table[LDL_TABLE_COUNT]; /* first slot of each table */
	bool backs_on_demand; /* a write to a page that ldl_arena_back() did not see may raise
				 SIGBUS */
	uint32_t capacity[LDL_TABLE_COUNT]; /* of each table, whatever the header says by now */
	bool has_breaker; /* what cannot be switches the engine off; false in readers */
	bool may_syscall; /* false once the program forbade itself system calls: no new pages then
			   */
};

/* Creates `path` (O_EXCL, 0600, symlinks not followed) or, with path NULL, a memfd, or, where that
 * fails, anonymous memory; sizes it and writes the header. Halves `size` down to LDL_ARENA_MIN when
 * the kernel refuses it (RLIMIT_AS, RLIMIT_FSIZE). LDL_SYSTEM with *error = errno when nothing
 * works. Not async-signal-safe. */
ldl_status ldl_arena_create(
	struct ldl_arena *arena, const char *path, size_t size, int *error) LDL_MUST_USE;

/* Lays a fresh arena into `bytes` of zeroed memory that the caller owns: for tests and snapshots.
 */
ldl_status ldl_arena_init(struct ldl_arena *arena, void *bytes, size_t size) LDL_MUST_USE;

/* Takes an existing region (already checked) as it is. */
void ldl_arena_adopt(struct ldl_arena *arena, void *bytes, size_t size);

/* Empties an arena of this process as if it had just been made. No other thread may use it. */
void ldl_arena_clear(struct ldl_arena *arena);

void ldl_arena_unmap(struct ldl_arena *arena);

/* Makes [offset, offset + len) writable without SIGBUS. False: the kernel will not back it. */
bool ldl_arena_back_slow(struct ldl_arena *arena, uint64_t offset, size_t len) LDL_MUST_USE;

LDL_INLINE bool ldl_arena_back(struct ldl_arena *arena, const void *first, size_t len)
{
	if (ldl_likely(!arena->backs_on_demand))
		return true;
	return ldl_arena_back_slow(
		arena, (uint64_t)((const unsigned char *)first - arena->base), len);
}

/* Bytes of a table's slots in the plan for an arena of `size` bytes; shares in arena_plan.c. */
void ldl_arena_plan(struct ldl_header *header, size_t size);

LDL_INLINE struct ldl_table *ldl_arena_table(const struct ldl_arena *arena, enum ldl_table_id table)
{
	return &arena->header->tables[table];
}

/* Something that cannot be was found: trips the breaker of an arena that has one. */
void ldl_arena_trip(
	const struct ldl_arena *arena, enum ldl_trip code, enum ldl_table_id table, uint64_t value);

/* The slots in use: no more than there are. */
uint32_t ldl_arena_used(const struct ldl_arena *arena, enum ldl_table_id table);

/* One step more along a list of a table's records. False: it has more entries than there are
 * records, so it has no end. */
LDL_INLINE bool ldl_arena_step(
	const struct ldl_arena *arena, enum ldl_table_id table, uint32_t *steps)
{
	if (ldl_likely(++*steps <= arena->capacity[table]))
		return true;
	ldl_arena_trip(arena, LDL_TRIP_LIST, table, *steps);
	return false;
}

LDL_INLINE void *ldl_arena_slot(
	const struct ldl_arena *arena, enum ldl_table_id table, size_t slot_size, uint32_t id)
{
	if (ldl_unlikely(id >= arena->capacity[table])) {
		ldl_arena_trip(arena, LDL_TRIP_SLOT, table, id);
		id = 0; /* a slot that nobody uses */
	}
	return arena->table[table] + (size_t)id * slot_size;
}

/* Typed slots. An id that the table has no slot for is none that was ever handed out: slot 0. */
#define LDL_SLOT(arena, TABLE, type, id)                                                           \
	((type *)ldl_arena_slot((arena), LDL_TABLE_##TABLE, sizeof(type), (id)))
#define ldl_module_at(a, id)        LDL_SLOT(a, MODULES, struct ldl_module, id)
#define ldl_frame_at(a, id)         LDL_SLOT(a, FRAMES, ldl_frame, id)
#define ldl_site_at(a, id)          LDL_SLOT(a, SITES, struct ldl_site, id)
#define ldl_class_at(a, id)         LDL_SLOT(a, CLASSES, struct ldl_class, id)
#define ldl_instance_at(a, id)      LDL_SLOT(a, INSTANCES, struct ldl_instance, id)
#define ldl_instance_info_at(a, id) LDL_SLOT(a, INSTANCE_INFO, struct ldl_instance_info, id)
#define ldl_node_at(a, id)          LDL_SLOT(a, NODES, struct ldl_node, id)
#define ldl_edge_at(a, id)          LDL_SLOT(a, EDGES, struct ldl_edge, id)
#define ldl_witness_at(a, id)       LDL_SLOT(a, WITNESSES, struct ldl_witness, id)
#define ldl_segment_at(a, id)       LDL_SLOT(a, SEGMENTS, struct ldl_segment, id)
#define ldl_turn_at(a, id)          LDL_SLOT(a, TURNS, struct ldl_turn, id)
#define ldl_also_held_at(a, id)     LDL_SLOT(a, ALSO_HELD, struct ldl_also_held, id)
#define ldl_chain_at(a, id)         LDL_SLOT(a, CHAINS, struct ldl_chain, id)
#define ldl_thread_at(a, id)        LDL_SLOT(a, THREADS, struct ldl_thread_record, id)
#define ldl_held_at(a, id)          LDL_SLOT(a, HELD, struct ldl_held, id)
#define ldl_finding_at(a, id)       LDL_SLOT(a, FINDINGS, struct ldl_finding, id)
#define ldl_path_step_at(a, id)     LDL_SLOT(a, PATHS, struct ldl_path_step, id)
#define ldl_alloc_at(a, id)         LDL_SLOT(a, ALLOCS, struct ldl_alloc, id)
#define ldl_reserve_at(a, id)       LDL_SLOT(a, RESERVES, struct ldl_reserve, id)
#define ldl_callback_at(a, id)      LDL_SLOT(a, CALLBACKS, struct ldl_callback, id)

#endif
