/* Looks at a program before it is started: can a preloaded library watch it, and if not, why
 * not.
 *
 * The dynamic loader ignores LD_PRELOAD without a word in static and privileged programs, and the
 * library sleeps in a program of another libc; so the launcher reads the ELF file first.
 * Scripts are followed to the interpreter that runs them, as the kernel and env(1) would.
 *
 * Cost: a few reads of each file on the way; no file is mapped, no byte of it is trusted,
 * nothing is allocated beyond the call. Not async-signal-safe. Any thread may call any of these
 * at any time. */
#ifndef LAUNCH_INSPECT_H
#define LAUNCH_INSPECT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What stands in the way, as bits. */
enum launch_limit {
	LAUNCH_STATIC = 1 << 0, /* no dynamic loader: nothing can be preloaded */
	LAUNCH_GO = 1 << 1,     /* made by Go, whose locks are not pthread locks */
	LAUNCH_FOREIGN_LOADER =
		1 << 2, /* musl or another libc: the library watches glibc's locks only */
	LAUNCH_FOREIGN_MACHINE = 1 << 3, /* another architecture or word size */
	LAUNCH_SETID = 1 << 4, /* set-user-ID or set-group-ID, and that changes the ids here */
	LAUNCH_CAPABILITIES = 1 << 5,    /* file capabilities, and the caller is not root */
	LAUNCH_ASAN = 1 << 6,            /* built with AddressSanitizer */
	LAUNCH_TSAN = 1 << 7,            /* built with ThreadSanitizer */
	LAUNCH_MSAN = 1 << 8,            /* built with MemorySanitizer */
	LAUNCH_ENV_CLEARED = 1 << 9,     /* the script's `env -i` drops LD_PRELOAD */
	LAUNCH_UNREADABLE = 1 << 10,     /* may be executed but not read: nothing is known */
	LAUNCH_RUNTIME_SHARED = 1 << 11, /* with a sanitizer bit: its runtime is a shared library */
};

#define LAUNCH_SCRIPT_DEPTH 5   /* interpreters of interpreters, as many as the kernel follows */
#define LAUNCH_LINE_MAX     256 /* bytes of a script's first line that the kernel reads */

struct launch_inspection {
	int error;             /* 0, or the errno with which starting it would fail */
	uint32_t limits;       /* launch_limit bits; meaningful when error is 0 */
	unsigned script_depth; /* interpreters followed; 0: the file is the program itself */
	bool runs_by_shell;    /* neither ELF nor #!: /bin/sh runs it, as execvp(3) does */
	bool has_build_id, has_symbols, has_debug_info; /* of `binary` */
	uint16_t machine;       /* ELF e_machine of `binary`; 0: not an ELF file */
	uint8_t bits;           /* 32 or 64 */
	char path[PATH_MAX];    /* the file given */
	char binary[PATH_MAX];  /* the ELF file that runs in the end */
	char loader[PATH_MAX];  /* its PT_INTERP; "" when static */
	char missing[PATH_MAX]; /* with error: the file that is not there or not executable */
};

/* Finds `program` as execvp(3) does: as it is when it has a slash, else along `search` (NULL: the
 * system's default path). 0 and the file in `found`, else an errno: ENOENT when there is none,
 * EACCES when there is one that may not be executed. */
int launch_find_program(const char *program, const char *search, char found[PATH_MAX]);

/* Looks at the file `path` (no search) and, for scripts, at what runs it. `search` is where env(1)
 * looks for a script's interpreter. Always fills `inspection`; true when error is 0. */
bool launch_inspect(const char *path, const char *search, struct launch_inspection *inspection);

/* False when a preloaded library would see nothing, keep the program from starting, or (below a
 * ThreadSanitizer whose runtime is a shared library, which then misses the calls that go to libc by
 * version) make it report what is not so. */
bool launch_can_watch(const struct launch_inspection *inspection);

/* Says in one sentence part why the program cannot be watched (or what is not covered), naming the
 * file; "" when there is no limit. `text` is always ended. */
void launch_limit_text(const struct launch_inspection *inspection, char *text, size_t size);

#endif
