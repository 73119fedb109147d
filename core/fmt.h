/* Text into fixed buffers, without stdio: safe in signal handlers and inside malloc. */
#ifndef LDL_FMT_H
#define LDL_FMT_H

#include "compiler.h"
#include "types.h"

#include <stdarg.h>

/* Writes `format` into `buffer`, cut to `size` - 1 bytes and always ended by NUL (size > 0).
 * Knows %s %c %d %u %lu %x %lx %% and, for numbers, a width with or without leading 0. Returns the
 * length of what is in the buffer. */
size_t ldl_fmt(char *buffer, size_t size, const char *format, ...) LDL_PRINTF(3, 4);
size_t ldl_vfmt(char *buffer, size_t size, const char *format, va_list arguments);

/* The same, appended at `*len`, which is moved on. */
void ldl_fmt_append(char *buffer, size_t size, size_t *len, const char *format, ...)
	LDL_PRINTF(4, 5);

#endif
