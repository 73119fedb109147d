/* Which ELF file an address belongs to: the map of the loaded modules.
 *
 * The map is rebuilt when an address turns up that it does not know and the loader does. Readers
 * use the old one meanwhile. It lives outside the arena: a reader needs only the modules' records.
 * Asking the loader whether it knows an address is lock-free (glibc 2.35; before, its counters are
 * read under its lock). Rebuilding takes the loader's own lock, by dl_iterate_phdr(): so not under
 * the writer lock, and seldom, since a program's callback may hold it and wait for a lock of ours.
 */
#ifndef LDL_MODULE_H
#define LDL_MODULE_H

#include "table.h"

/* One loaded module, as found. id 0: nothing there. */
struct ldl_module_hit {
	ldl_module_id id;
	bool is_runtime; /* a C or C++ runtime: its frames do not name classes */
	bool is_own;     /* this library */
	uint64_t base;
	uint64_t start;    /* its lowest address in this process */
	uint64_t identity; /* hash of the build-id, or of the file's name when it has none */
};

/* Brings the map up to date, whatever is in it. */
void ldl_module_refresh(struct ldl_arena *arena);

/* The same, only if `address` lies in a module that the map does not have. */
void ldl_module_learn(struct ldl_arena *arena, uint64_t address);

/* In a forked child whose arena has the parent's records: the map is good, a refresh that another
 * thread was in will never end. */
void ldl_module_after_fork(void);

/* Forgets the map: a new arena has no module records yet. */
void ldl_module_forget(void);

struct ldl_module_hit ldl_module_find(uint64_t address);

/* The address as an arena's frame. */
ldl_frame ldl_module_frame(uint64_t address);

/* What ldl_module_hit says of a file, told from its record: for readers of an arena. */
bool ldl_module_is_runtime(const char *path);
uint64_t ldl_module_identity(const char *path, const uint8_t *build_id, uint32_t build_id_len);

/* The path by which the executable was started, if it is an absolute one; else where it is. */
const char *ldl_module_program(void);

#endif
