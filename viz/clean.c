/* Foreign text made safe to show. The one place where UTF-8 is taken apart. */
#include "clean.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

size_t viz_clean_character(const char *bytes, uint32_t *code)
{
	const unsigned char *text = (const unsigned char *)bytes;
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len;

	if (text[0] < 0x80) {
		*code = text[0];
		return 1;
	}
	if (text[0] < 0xc2 || text[0] > 0xf4)
		return 0;
	len = text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
	*code = text[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (text[i] & 0x3f);
	}
	if (*code < smallest[len] || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000))
		return 0;
	return len;
}

/* What steers a terminal or the direction of text instead of showing something. */
static int is_steering(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x061c ||
	       (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2060 && code <= 0x206f) || code == 0xfeff;
}

size_t viz_clean_copy(char *out, size_t size, const char *text)
{
	size_t used = 0;

	while (*text) {
		const char *piece = text;
		uint32_t code = 0;
		size_t taken = viz_clean_character(text, &code);
		size_t len = taken;

		if (!taken) {
			piece = REPLACEMENT;
			taken = 1;
			len = 3;
		} else if (is_steering(code)) {
			piece = "?";
			len = 1;
		}
		if (used + len >= size)
			break;
		memcpy(out + used, piece, len);
		used += len;
		text += taken;
	}
	out[used] = 0;
	return used;
}

char *viz_clean_dup(const char *text)
{
	size_t size;
	char *copy;

	if (!text)
		return NULL;
	size = 3 * strlen(text) + 1;
	copy = malloc(size);
	if (copy)
		viz_clean_copy(copy, size, text);
	return copy;
}
