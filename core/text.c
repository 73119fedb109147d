/* The string pool. See text.h; the layout is told in format.h. */
#include "text.h"

#include <string.h>

ldl_string_id ldl_text_add(struct ldl_arena *arena, const char *text, size_t len)
{
	uint16_t stored = (uint16_t)(len < LDL_STRING_MAX ? len : LDL_STRING_MAX);
	ldl_string_id id;
	unsigned char *at;

	if (stored == 0)
		return 0;
	/* Length, text, NUL, and a byte where needed to keep the next one even. */
	id = ldl_table_take(arena, LDL_TABLE_STRINGS, (2u + stored + 1u + 1u) & ~1u);
	if (!id)
		return 0;
	at = arena->table[LDL_TABLE_STRINGS] + id;
	memcpy(at, &stored, sizeof(stored));
	memcpy(at + 2, text, stored);
	return id;
}
