/* What an address is by names: the symbol that covers it, and how far it is from its start. The
 * same after a rebuild that leaves that function or variable as it was, wherever it went.
 *
 * From the ELF symbol table alone, which files keep that were stripped of debugging information. */
#ifndef VIZ_ANCHOR_H
#define VIZ_ANCHOR_H

#include "core/compiler.h"
#include "module.h"

/* Hashes the symbol that covers `address` with the distance from its start. Code: `address` is
 * where a call returns to, so the byte before it counts. Symbols that only their source file sees
 * are told apart by that file's name, and when that has several of one name, by their order. False:
 * no symbol covers it.
 *
 * Cost: the first call for a module sorts its symbols. */
bool viz_anchor_find(
	struct viz_module *module, uint64_t address, bool is_code, uint64_t *identity) LDL_MUST_USE;

/* Frees what viz_anchor_find() keeps in the module. */
void viz_anchor_forget(struct viz_module *module);

#endif
