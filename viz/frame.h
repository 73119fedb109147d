/* One line of a stack, as a person reads it. */
#ifndef VIZ_FRAME_H
#define VIZ_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Inlined calls are lines of their own, with the address of the call that they were inlined into.
 * The texts are clean and belong to who made the frame. */
struct viz_frame {
	const char *function; /* demangled, without parameters; NULL: not known */
	const char *file;     /* source file as the compiler wrote it; NULL: not known */
	unsigned int line;    /* 0: not known */
	const char *module;   /* path of the ELF file; "" when in none */
	uint64_t offset;      /* ELF virtual address in it, of the return address */
	const char *note;     /* "file changed since" …; NULL: none */
	bool is_inlined;
	bool is_head;    /* its line is where the function begins: what is left of a split one */
	bool is_wrapper; /* part of a runtime's lock wrapper (std::lock_guard …) */
};

/* "function (file.c:12)", "function (libfoo.so+0x12)" or "libfoo.so+0x12"; paths and template
 * arguments are shown in full when `is_full`, else shortened. Cut to fit. Returns `text`. */
const char *viz_frame_text(const struct viz_frame *frame, bool is_full, char *text, size_t size);

/* The last component of a path, itself when it has only one. */
const char *viz_path_base(const char *path);

/* True for frames that are not the program's own words: C++ library headers, gthread, the lock
 * functions of common runtimes. */
bool viz_frame_is_wrapper(const struct viz_frame *frame);

/* True for what lies below main() or a thread's start routine: the same in every stack. */
bool viz_frame_is_startup(const struct viz_frame *frame);

/* True for frames inside lockdep-lite's libraries, and for its calls when they are linked in. */
bool viz_frame_is_ours(const struct viz_frame *frame);

#endif
