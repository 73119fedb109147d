/* The read side: a private, checked copy of an arena file.
 *
 * Opening copies the file's data (holes are skipped), so a file that is written, truncated or
 * replaced meanwhile can neither tear a record under the reader's eyes twice nor kill it by SIGBUS.
 * Then every id, offset, count and string in the copy is checked once; what points outside its
 * table is set to 0 and counted in `repairs`. After that the accessors below return NULL (or "")
 * for id 0 and for ids out of range, and never anything outside the copy. Works on a live file, on
 * one of a killed process, and on bytes that were never an arena.
 *
 * Cost: one read of the used pages plus one pass over the used records. Allocates by mmap only.
 * Synchronisation: a snapshot belongs to one thread; several snapshots are independent. */
#ifndef LDL_SNAPSHOT_H
#define LDL_SNAPSHOT_H

#include "arena.h"

struct ldl_snapshot {
	struct ldl_arena arena; /* the copy; base is NULL while closed */
	uint64_t repairs;       /* records or ids that made no sense and were cleared */
	char error[320];        /* after a failed open: one line: what, where, the mend */
};

/* Copies and checks the arena at `path` (also /proc/PID/fd/N and /proc/PID/map_files/…).
 * LDL_OK; LDL_SYSTEM: cannot be opened or read; LDL_BROKEN: not an arena, truncated before the end
 * of its header, or of another version. `error` says which in one line. */
ldl_status ldl_snapshot_open(struct ldl_snapshot *snapshot, const char *path) LDL_MUST_USE;

/* The same with the hash sets, which nobody but an audit has a use for. */
ldl_status ldl_snapshot_open_whole(struct ldl_snapshot *snapshot, const char *path) LDL_MUST_USE;

/* The same, whole, from bytes in memory, for tests and fuzzing. `bytes` may be freed afterwards. */
ldl_status ldl_snapshot_from_bytes(
	struct ldl_snapshot *snapshot, const void *bytes, size_t len) LDL_MUST_USE;

void ldl_snapshot_close(struct ldl_snapshot *snapshot);

/* Number of ids of a table: valid ids are 1 … count - 1. 0 for a hash set. */
uint32_t ldl_snapshot_count(const struct ldl_snapshot *snapshot, enum ldl_table_id table);

/* Records by id; NULL when there is no such record. A free slot's record is returned as it is
 * (node kind 0, instance addr 0, thread state 0). */
const struct ldl_module *ldl_snapshot_module(const struct ldl_snapshot *, ldl_module_id);
const struct ldl_site *ldl_snapshot_site(const struct ldl_snapshot *, ldl_site_id);
const struct ldl_class *ldl_snapshot_class(const struct ldl_snapshot *, ldl_class_id);
const struct ldl_instance *ldl_snapshot_instance(const struct ldl_snapshot *, ldl_instance_id);
const struct ldl_instance_info *ldl_snapshot_instance_info(
	const struct ldl_snapshot *, ldl_instance_id);
const struct ldl_node *ldl_snapshot_node(const struct ldl_snapshot *, ldl_node_id);
const struct ldl_edge *ldl_snapshot_edge(const struct ldl_snapshot *, ldl_edge_id);
const struct ldl_witness *ldl_snapshot_witness(const struct ldl_snapshot *, ldl_witness_id);
const struct ldl_thread_record *ldl_snapshot_thread(const struct ldl_snapshot *, ldl_thread_id);
const struct ldl_finding *ldl_snapshot_finding(const struct ldl_snapshot *, ldl_finding_id);
const struct ldl_alloc *ldl_snapshot_alloc(const struct ldl_snapshot *, ldl_alloc_id);
const struct ldl_reserve *ldl_snapshot_reserve(const struct ldl_snapshot *, ldl_reserve_id);
const struct ldl_callback *ldl_snapshot_callback(const struct ldl_snapshot *, uint32_t);
const struct ldl_segment *ldl_snapshot_segment(const struct ldl_snapshot *, ldl_segment_id);
const struct ldl_turn *ldl_snapshot_turn(const struct ldl_snapshot *, ldl_turn_id);

/* The frames of a site, innermost first, and their number; NULL and 0 when there are none. */
const ldl_frame *ldl_snapshot_frames(
	const struct ldl_snapshot *, ldl_site_id, uint32_t *frame_count);

/* The steps of a finding; the count is never 0 for a finding that was checked. */
const struct ldl_path_step *ldl_snapshot_path(
	const struct ldl_snapshot *, ldl_finding_id, uint32_t *step_count);

/* What a witness's thread held, oldest first. */
const struct ldl_also_held *ldl_snapshot_also_held(
	const struct ldl_snapshot *, ldl_witness_id, uint32_t *count);

/* What was held over an allocation site's first request that held something, oldest first. */
const struct ldl_also_held *ldl_snapshot_alloc_held(
	const struct ldl_snapshot *, ldl_alloc_id, uint32_t *count);

/* A thread's held entries, oldest first; `*wanted` tells whether the last is only waited for. */
const struct ldl_held *ldl_snapshot_held(
	const struct ldl_snapshot *, ldl_thread_id, uint32_t *count, bool *wanted);

/* Always a NUL-terminated text; "" for id 0 and for broken ids. Not necessarily UTF-8. */
const char *ldl_snapshot_string(const struct ldl_snapshot *, ldl_string_id);

/* True when pid `header->pid` is alive and started when this arena says: the file is live. */
bool ldl_snapshot_is_live(const struct ldl_snapshot *snapshot);

#endif
