/* The symbolizer: from (ELF file, build-id, virtual address) to function, file and line, offline.
 *
 * Names come from DWARF, in the file or in a separate one under /usr/lib/debug, inlined calls
 * included; else from .symtab or .dynsym; else there is only the module and the offset. A file
 * whose build-id is not the one that was recorded is not used: its addresses mean something else
 * now. Nothing is ever fetched from the network.
 *
 * Cost: a module is opened when its first address is asked for; each address is looked up once. A
 * symbolizer belongs to one thread. */
#ifndef VIZ_SYMBOL_H
#define VIZ_SYMBOL_H

#include "frame.h"

struct viz_symbolizer;

/* A file as it was when it was recorded. */
struct viz_module_key {
	const char *path;
	const unsigned char *build_id;
	size_t build_id_len; /* 0: it had none */
};

/* NULL when memory is out. */
struct viz_symbolizer *viz_symbolizer_new(void);

void viz_symbolizer_free(struct viz_symbolizer *symbolizer); /* NULL is fine */

/* The lines of the code whose call returns to `address`, innermost inlined call first; at least one
 * unless memory is out. They live as long as the symbolizer. */
const struct viz_frame *viz_symbolizer_code(struct viz_symbolizer *symbolizer,
	const struct viz_module_key *key, uint64_t address, size_t *count);

/* The variable at `address`: "slabs_lock", "locks[1].lock", "locks+0x28"; NULL when no symbol
 * covers it. */
const char *viz_symbolizer_data(
	struct viz_symbolizer *symbolizer, const struct viz_module_key *key, uint64_t address);

/* What `address` is by the name of the symbol that covers it: see viz_anchor_find(). False: none
 * does, or the file cannot be used. */
bool viz_symbolizer_anchor(struct viz_symbolizer *symbolizer, const struct viz_module_key *key,
	uint64_t address, bool is_code, uint64_t *identity);

#endif
