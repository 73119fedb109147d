/* One ELF file to look addresses up in: opened offline, and only when it is the one recorded. */
#ifndef VIZ_MODULE_H
#define VIZ_MODULE_H

#include <elfutils/libdwfl.h>
#include <stddef.h>

#include "symbol.h"

struct viz_anchor;
struct viz_variable;

struct viz_module {
	Dwfl *dwfl; /* NULL: the file cannot be used */
	Dwfl_Module
		*module; /* of `dwfl`, at load address 0: ELF virtual addresses are its addresses */
	bool has_dwarf;
	bool has_variables; /* `variables` was filled: see variable.h, which owns it */
	struct viz_variable *variables;
	size_t variable_count;
	bool has_anchors; /* `anchors` was filled: see anchor.h, which owns it */
	struct viz_anchor *anchors;
	size_t anchor_count;
	const char *note; /* why it cannot be used; static; NULL when it can */
};

/* Opens the file that `key` names; when that is gone or another one now, the debug file that is
 * installed for the recorded build-id. What cannot be had is said in `note`. */
void viz_module_open(struct viz_module *module, const struct viz_module_key *key);

void viz_module_close(struct viz_module *module);

/* The compilation unit of an address; NULL when DWARF has none. *bias: what to
 * subtract from the address to have DWARF's. */
Dwarf_Die *viz_module_unit(struct viz_module *module, Dwarf_Addr address, Dwarf_Addr *bias);

#endif
