/* Which part of a global variable lies at an address: an element, a member, both. */
#ifndef VIZ_VARIABLE_H
#define VIZ_VARIABLE_H

#include "module.h"

/* Fills `path` with what leads from the variable that begins at `start` to the object `offset`
 * bytes behind it: "[3]", ".lock", "[3].queue.lock". It stops at the lock itself, whatever that is
 * made of. False, with `path` empty, when DWARF does not tell or the offset is in no member.
 *
 * Cost: the first call for a module lists its variables: one pass over its DWARF, with a bound. */
bool viz_variable_path(
	struct viz_module *module, Dwarf_Addr start, Dwarf_Word offset, char *path, size_t size);

/* Frees what viz_variable_path() keeps in the module. */
void viz_variable_forget(struct viz_module *module);

#endif
