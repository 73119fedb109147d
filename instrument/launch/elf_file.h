/* Reads from an ELF file what the launcher wants to know of it, by pread and without trust. */
#ifndef LAUNCH_ELF_FILE_H
#define LAUNCH_ELF_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct launch_elf {
	bool is_elf;    /* the first four bytes are ELF's; nothing else is known when false */
	bool is_native; /* this machine's architecture, word size and byte order */
	bool is_broken; /* its tables point outside the file; what follows may be incomplete */
	bool is_loader; /* it is the dynamic loader itself, run as a program */
	bool is_go;     /* carries a Go note */
	bool has_build_id, has_symbols, has_debug_info;
	bool needs_asan, needs_tsan, needs_msan;          /* by a shared runtime */
	bool contains_asan, contains_tsan, contains_msan; /* by a runtime inside the file */
	uint16_t machine;
	uint8_t bits;
	uint8_t build_id_len;
	uint8_t build_id[20];
	char loader[PATH_MAX]; /* PT_INTERP; "" when there is none */
};

/* Fills `elf` from the open file; never fails: what cannot be read is "no". */
void launch_elf_read(int fd, struct launch_elf *elf);

#endif
