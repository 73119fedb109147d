/* Names kept in the arena: class names, paths, thread names. */
#ifndef LDL_TEXT_H
#define LDL_TEXT_H

#include "table.h"

/* Copies `len` bytes (cut at LDL_STRING_MAX) into the string pool. 0, the empty string, when the
 * pool is full. Lock-free; two calls with the same text give two strings. */
ldl_string_id ldl_text_add(struct ldl_arena *arena, const char *text, size_t len);

/* The text behind an id that this process made. */
LDL_INLINE const char *ldl_text_at(const struct ldl_arena *arena, ldl_string_id id)
{
	return id ? (const char *)arena->table[LDL_TABLE_STRINGS] + id + 2 : "";
}

#endif
