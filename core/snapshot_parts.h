/* What the files of the read side share: snapshot.c opens and copies, snapshot_header.c judges the
 * first page, snapshot_check.c clears what makes no sense, snapshot_links.c does so for lists. */
#ifndef LDL_SNAPSHOT_PARTS_H
#define LDL_SNAPSHOT_PARTS_H

#include "snapshot.h"

/* Writes "WHAT: WHERE: MEND" into snapshot->error and returns `status`. `where` is a path: control
 * characters are replaced and only its end is kept when it is long, so the error stays one line.
 * */
ldl_status ldl_snapshot_fail(struct ldl_snapshot *snapshot, ldl_status status, const char *what,
	const char *where, const char *mend);

/* Says whether a file's first page, of which `len` bytes are there and the others zero, is that of
 * an arena that this program reads; LDL_BROKEN with the reason in snapshot->error if not. */
ldl_status ldl_snapshot_judge_header(struct ldl_snapshot *snapshot, const struct ldl_header *header,
	size_t len, const char *where) LDL_MUST_USE;

/* Empties each table whose place or slots are not as they must be, then lowers `used` to what lies
 * before `end`, the file's length. Returns the number of repairs. Idempotent. */
uint64_t ldl_snapshot_repair_tables(struct ldl_header *header, uint64_t end);

/* Number of ids of a table, slot 0 included; 0 for a hash set. */
uint32_t ldl_arena_id_count(const struct ldl_arena *arena, enum ldl_table_id table);

/* Whether a whole string starts at `id`: length, text and NUL inside the table's used bytes. */
bool ldl_arena_has_string(const struct ldl_arena *arena, ldl_string_id id);

/* The checking pass over an adopted copy: afterwards each id in a record is 0 or inside its table,
 * each range is inside its table, and each list ends. LDL_SYSTEM: no memory for that. */
ldl_status ldl_snapshot_check(struct ldl_snapshot *snapshot) LDL_MUST_USE;

/* Its part for lists: ends each at the first record that is not its own or was met before. Call it
 * when all ids are inside their tables. Returns the number of repairs. `marks` has a zeroed bit
 * for each id of the edge table and of the witness table, whichever has more. */
size_t ldl_snapshot_marks_size(const struct ldl_arena *arena);
uint64_t ldl_snapshot_repair_links(struct ldl_arena *arena, unsigned char *marks) LDL_MUST_USE;

#endif
