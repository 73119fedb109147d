/* Foreign text made safe to show: what a file or a program called something must not move a
 * terminal's cursor, reverse a line, or break an encoding. */
#ifndef VIZ_CLEAN_H
#define VIZ_CLEAN_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at `text`, which is not at its end, and its number in *code; 0 when it is
 * no well-formed UTF-8 (too long a form and surrogates included). */
size_t viz_clean_character(const char *text, uint32_t *code);

/* Copies `text` into out[0 … size-1], always NUL-terminated: control characters (C0, DEL, C1), line
 * and direction marks become '?', bytes that are no UTF-8 become U+FFFD. What does not fit is cut
 * between characters. Returns the length. `size` must not be 0. */
size_t viz_clean_copy(char *out, size_t size, const char *text);

/* The same into fresh memory. NULL when there is none (or for NULL); the caller frees it. */
char *viz_clean_dup(const char *text);

#endif
